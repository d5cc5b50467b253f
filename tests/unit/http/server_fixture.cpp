#include "server_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <future>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "gateway/native/examples.hpp"
#include "proto/codec.hpp"

namespace typhon::test {

void TestPort::submit(relay::Call& call, const proto::Request& request) {
    Seen seen{request.id,
              std::string(request.method),
              std::string(request.path),
              std::string(request.query),
              std::string(request.client),
              {},
              std::string(request.body)};
    proto::HeaderBlockReader reader(request.headers);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        seen.headers.emplace_back(name, value);
    }
    const std::lock_guard lock(mutex_);
    seen_.push_back(std::move(seen));
    if (!outcome) {
        waiting_.push_back(&call);
        return;
    }
    asio::post(loop_, [this, &call] {
        outcome(call);
        call.finish();
    });
}

void TestPort::cancel(relay::Call& call) {
    const std::lock_guard lock(mutex_);
    ++cancelled_;
    std::erase(waiting_, &call);
    asio::post(loop_, [&call] {
        call.error = proto::ErrorCode::client_left;
        call.finish();
    });
}

void TestPort::grant(relay::ReplyStream& /*stream*/, std::uint32_t bytes) {
    const std::lock_guard lock(mutex_);
    granted_ += bytes;
}

void TestPort::abandon(relay::ReplyStream& /*stream*/) {
    const std::lock_guard lock(mutex_);
    ++abandoned_;
}

relay::BodyRule TestPort::body_rule(std::string_view /*method*/, std::string_view /*path*/) const {
    return rule;
}

void TestPort::send_piece(relay::RequestStream& /*stream*/, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    pieces_ += bytes;
}

void TestPort::end_pieces(relay::RequestStream& /*stream*/, bool whole) {
    const std::lock_guard lock(mutex_);
    ends_.push_back(whole);
}

std::string TestPort::pieces() const {
    const std::lock_guard lock(mutex_);
    return pieces_;
}

std::vector<bool> TestPort::ends() const {
    const std::lock_guard lock(mutex_);
    return ends_;
}

std::uint32_t TestPort::granted() const {
    const std::lock_guard lock(mutex_);
    return granted_;
}

int TestPort::abandoned() const {
    const std::lock_guard lock(mutex_);
    return abandoned_;
}

std::vector<Seen> TestPort::seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
}

int TestPort::cancelled() const {
    const std::lock_guard lock(mutex_);
    return cancelled_;
}

void TestPort::open_waiting() {
    const std::lock_guard lock(mutex_);
    for (const relay::Call* call : waiting_) {
        asio::post(loop_, [body = call->body] { body->open(); });
    }
}

void TestPort::finish_waiting(const std::function<void(relay::Call&)>& finish) {
    const std::lock_guard lock(mutex_);
    for (relay::Call* call : waiting_) {
        asio::post(loop_, [call, finish] {
            finish(*call);
            call->finish();
        });
    }
    waiting_.clear();
}

ServerFixture::ServerFixture() {
    add_example_routes(router);
}

void ServerFixture::start() {
    pool = std::make_unique<BlockingPool>(options.blocking_threads, options.blocking_queue);
    coding = std::make_unique<BlockingPool>(options.coding_threads, options.coding_queue);
    bodies = std::make_unique<http::BodyBudget>(options.max_body_memory, options.max_body);
    bodies->on_room = [this] { asio::post(loop, [this] { server->admit_bodies(); }); };
    const http::LoopServices services{loop, router, *pool, *coding, port, ids, *bodies};
    server = std::make_unique<http::LoopServer>(services, options);
    listener_ = std::make_unique<http::Listener>(loop, "127.0.0.1", 0);
    listener_->start([this](int fd) { server->adopt(fd, tls); });
    thread_ = std::thread([this] {
        const auto work = asio::make_work_guard(loop);
        loop.run();
    });
}

ServerFixture::~ServerFixture() {
    stop();
}

void ServerFixture::stop() {
    if (!thread_.joinable()) {
        return;
    }
    on_loop([this] {
        listener_->stop();
        server->close_all();
    });
    port.finish_waiting([](relay::Call&) {});
    pool->stop();
    (void)eventually([this] { return connections() == 0; });
    loop.stop();
    thread_.join();
    bodies->on_room = nullptr;
    server.reset();
    listener_.reset();
}

void ServerFixture::on_loop(const std::function<void()>& job) {
    std::promise<void> done;
    asio::post(loop, [&] {
        job();
        done.set_value();
    });
    done.get_future().wait();
}

std::size_t ServerFixture::connections() {
    std::size_t count = 0;
    on_loop([&] { count = server->connections(); });
    return count;
}

bool eventually(const std::function<bool()>& condition) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(5);
    while (!condition()) {
        if (std::chrono::steady_clock::now() > limit) {
            return false;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return true;
}

}  // namespace typhon::test
