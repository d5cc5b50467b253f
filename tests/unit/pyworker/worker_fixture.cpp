#include "tests/unit/pyworker/worker_fixture.hpp"

#include <array>
#include <csignal>
#include <fstream>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/worker_env.hpp"

namespace typhon::tests {

namespace {

namespace env = proto::worker_env;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{20};
constexpr const char* kIdentity = "worker-under-test";
constexpr int kLedgerFd = 40;
constexpr int kLifelineFd = 41;

std::filesystem::path make_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "typhon-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::runtime_error("mkdtemp");
    }
    return name;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (std::string& text : texts) {
        list.push_back(text.data());
    }
    list.push_back(nullptr);
    return list;
}

std::string headers_of(const Sent& sent) {
    std::string block;
    const bool typed = !sent.content_type.empty();
    proto::HeaderBlockWriter writer(block, typed ? 2 : 1);
    writer.add("Host", "test");
    if (typed) {
        writer.add("Content-Type", sent.content_type);
    }
    return block;
}

Got copy_of(const proto::Reply& reply) {
    Got got{reply.id,
            reply.slot,
            reply.status,
            reply.run_us,
            std::string(reply.content_type),
            {},
            std::string(reply.body)};
    proto::HeaderBlockReader reader(reply.headers);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        got.headers.emplace_back(name, value);
    }
    return got;
}

}  // namespace

WorkerFixture::WorkerFixture()
    : directory_(make_directory()),
      app_(directory_ / "app"),
      endpoint_("ipc://" + (directory_ / "relay.sock").string()),
      ledger_(proto::Ledger::create()) {
    std::filesystem::create_directory(app_);
    router_.set(zmq::sockopt::linger, 0);
    router_.set(zmq::sockopt::sndhwm, 0);
    router_.set(zmq::sockopt::rcvhwm, 0);
    router_.set(zmq::sockopt::router_mandatory, true);
    router_.bind(endpoint_);
}

WorkerFixture::~WorkerFixture() {
    if (pid_ > 0) {
        ::kill(-pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }
    cut_lifeline();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

void WorkerFixture::write(const std::string& name, const std::string& text) {
    std::ofstream(app_ / name) << text;
}

std::vector<std::string> WorkerFixture::variables() const {
    std::map<std::string, std::string> all{
        {"PATH", "/usr/bin:/bin"},
        {env::kEndpoint, endpoint_},
        {env::kIdentity, kIdentity},
        {env::kToken, "secret"},
        {env::kLedgerFd, std::to_string(kLedgerFd)},
        {env::kLifelineFd, std::to_string(kLifelineFd)},
        {env::kApp, app_.string()},
        {env::kFramework, TYPHON_FRAMEWORK},
        {env::kPython, TYPHON_PYTHON},
        {env::kThreads, "4"},
        {env::kLogLevel, "warn"},
    };
    for (const char* passed : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"}) {
        if (const char* value = ::getenv(passed)) {  // NOLINT(concurrency-mt-unsafe)
            all[passed] = value;
        }
    }
    for (const auto& [name, value] : environment) {
        all[name] = value;
    }
    std::vector<std::string> list;
    list.reserve(all.size());
    for (const auto& [name, value] : all) {
        list.emplace_back(name).append("=").append(value);
    }
    return list;
}

void WorkerFixture::spawn() {
    std::array<int, 2> ends{-1, -1};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe2");
    }
    lifeline_ = ends[1];
    posix_spawn_file_actions_t actions{};
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ledger_.fd(), kLedgerFd);
    posix_spawn_file_actions_adddup2(&actions, ends[0], kLifelineFd);
    posix_spawnattr_t attributes{};
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
    std::vector<std::string> words{TYPHON_WORKER_BINARY};
    std::vector<std::string> texts = variables();
    const int error = ::posix_spawn(&pid_,
                                    TYPHON_WORKER_BINARY,
                                    &actions,
                                    &attributes,
                                    pointers(words).data(),
                                    pointers(texts).data());
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    ::close(ends[0]);
    if (error != 0) {
        pid_ = -1;
        throw std::runtime_error("posix_spawn of " TYPHON_WORKER_BINARY);
    }
}

const proto::Ready& WorkerFixture::start() {
    spawn();
    until([this] { return ready.has_value() || start_error.has_value(); });
    if (!ready) {
        throw std::runtime_error("the worker did not start: " + start_error->text);
    }
    return *ready;
}

std::uint64_t WorkerFixture::send(const Sent& sent) {
    return send(std::vector<Sent>{sent}).front();
}

std::vector<std::uint64_t> WorkerFixture::send(const std::vector<Sent>& batch) {
    std::vector<std::uint64_t> ids;
    std::string bytes;
    for (const Sent& sent : batch) {
        const std::string headers = headers_of(sent);
        proto::Request request;
        request.id = next_id_++;
        request.slot = slot_of(request.id);
        request.left_ms = sent.left_ms;
        request.method = sent.method;
        request.path = sent.path;
        request.query = sent.query;
        request.client = "127.0.0.1:1";
        request.headers = headers;
        request.body = sent.body;
        proto::encode(request, bytes);
        ids.push_back(request.id);
    }
    send_bytes(bytes);
    return ids;
}

void WorkerFixture::send_bytes(const std::string& bytes) {
    router_.send(zmq::buffer(std::string_view(kIdentity)), zmq::send_flags::sndmore);
    router_.send(zmq::buffer(bytes), zmq::send_flags::none);
}

Got WorkerFixture::reply(std::uint64_t id) {
    until([&] { return has_reply(id); });
    Got got = std::move(replies[id]);
    replies.erase(id);
    return got;
}

Got WorkerFixture::get(const std::string& path, const std::string& query) {
    Sent sent;
    sent.path = path;
    sent.query = query;
    return reply(send(sent));
}

Got WorkerFixture::post_json(const std::string& path, const std::string& json) {
    Sent sent;
    sent.method = "POST";
    sent.path = path;
    sent.content_type = "application/json";
    sent.body = json;
    return reply(send(sent));
}

void WorkerFixture::until(const std::function<bool()>& condition) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            throw std::runtime_error("nothing of what the test waits for came in 20 s");
        }
        receive(milliseconds(20));
    }
}

int WorkerFixture::wait_exit() {
    int status = 0;
    until([&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; });
    ::kill(-pid_, SIGKILL);
    pid_ = -1;
    while (receive(milliseconds(0))) {
    }
    return status;
}

void WorkerFixture::cut_lifeline() {
    if (lifeline_ >= 0) {
        ::close(std::exchange(lifeline_, -1));
    }
}

zmq::message_t WorkerFixture::receive_raw(milliseconds wait) {
    zmq::pollitem_t item{router_.handle(), 0, ZMQ_POLLIN, 0};
    zmq::message_t body;
    if (zmq::poll(&item, 1, wait) > 0) {
        zmq::message_t name;
        if (router_.recv(name) && router_.recv(body)) {
            return body;
        }
    }
    return {};
}

bool WorkerFixture::receive(milliseconds wait) {
    const zmq::message_t body = receive_raw(wait);
    if (body.size() == 0) {
        return false;
    }
    reader_.open({static_cast<const char*>(body.data()), body.size()});
    while (auto envelope = reader_.next()) {
        take(*envelope);
    }
    if (!reader_.fault().empty()) {
        throw std::runtime_error("the worker sent: " + std::string(reader_.fault()));
    }
    return true;
}

void WorkerFixture::take(proto::Envelope& envelope) {
    if (const auto* reply = std::get_if<proto::Reply>(&envelope)) {
        if (!replies.emplace(reply->id, copy_of(*reply)).second) {
            throw std::runtime_error("two replies for one request");
        }
    } else if (auto* said = std::get_if<proto::Ready>(&envelope)) {
        ready = std::move(*said);
    } else if (auto* failed = std::get_if<proto::StartError>(&envelope)) {
        start_error = std::move(*failed);
        say(proto::Drain{0});
    } else if (auto* alive = std::get_if<proto::Pong>(&envelope)) {
        pong = std::move(*alive);
    } else if (const auto* gone = std::get_if<proto::Bye>(&envelope)) {
        bye = *gone;
    }
}

}  // namespace typhon::tests
