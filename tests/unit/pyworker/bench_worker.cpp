// Requests per second of one worker, without a gateway: keeps 64 requests under way, in batches of
// what came back. `bench_worker [SECONDS [IN_FLIGHT [PATH]]]`
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tests/unit/pyworker/worker_fixture.hpp"

namespace {

using Clock = std::chrono::steady_clock;
using namespace typhon;

constexpr const char* kApp = R"(
import platform
from typhon import route

@route("/python/hello")
def hello(request):
    return {"message": "Hello from Python", "version": platform.python_version()}

@route("/python/async/hello")
async def async_hello(request):
    return {"message": "Hello from async Python"}
)";

std::string headers() {
    std::string block;
    proto::HeaderBlockWriter writer(block, 3);
    writer.add("Host", "127.0.0.1:3000");
    writer.add("User-Agent", "wrk/4.1.0");
    writer.add("Accept", "*/*");
    return block;
}

/// Sends `count` requests as one message.
void send(tests::WorkerFixture& worker, int count, std::uint64_t& id, const std::string& tail) {
    std::string bytes;
    for (int sent = 0; sent < count; ++sent) {
        ++id;
        proto::encode_request_head(id, worker.slot_of(id), 30'000, bytes);
        bytes += tail;
    }
    worker.send_bytes(bytes);
}

int count_replies(proto::BatchReader& reader, const zmq::message_t& message) {
    int count = 0;
    reader.open({static_cast<const char*>(message.data()), message.size()});
    while (auto envelope = reader.next()) {
        const auto* reply = std::get_if<proto::Reply>(&*envelope);
        count += reply != nullptr && reply->status == 200 ? 1 : 0;
    }
    return count;
}

}  // namespace

int main(int argc, char** argv) {
    const int seconds = argc > 1 ? std::atoi(argv[1]) : 3;     // NOLINT(cert-err34-c)
    const int in_flight = argc > 2 ? std::atoi(argv[2]) : 64;  // NOLINT(cert-err34-c)
    const char* path = argc > 3 ? argv[3] : "/python/hello";
    tests::WorkerFixture worker;
    worker.write("endpoints.py", kApp);
    worker.environment.insert_or_assign("TYPHON_WORKER_THREADS", "8");
    worker.start();
    std::string tail;
    const std::string block = headers();
    proto::Request request;
    request.method = "GET";
    request.path = std::string_view(path);
    request.client = "127.0.0.1:50000";
    request.headers = block;
    proto::encode_request_tail(request, tail);
    proto::BatchReader reader;
    std::uint64_t id = 0;
    std::uint64_t done = 0;
    send(worker, in_flight, id, tail);
    const auto begun = Clock::now();
    const auto end = begun + std::chrono::seconds(seconds);
    while (Clock::now() < end) {
        const int came = count_replies(reader, worker.receive_raw(std::chrono::milliseconds(1000)));
        done += static_cast<std::uint64_t>(came);
        if (came > 0) {
            send(worker, came, id, tail);
        }
    }
    const std::chrono::duration<double> took = Clock::now() - begun;
    std::printf("%.0f requests/s (%d in flight, %s)\n",
                static_cast<double>(done) / took.count(),
                in_flight,
                path);
    return 0;
}
