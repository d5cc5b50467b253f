#include "tests/unit/relay/relay_fixture.hpp"

#include <cstdio>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>
#include <unistd.h>

#include "proto/limits.hpp"

namespace typhon::relay {

using namespace std::chrono_literals;

void Events::on_ready(const std::string& identity, const proto::Ready& /*ready*/) {
    ready.push_back(identity);
}
void Events::on_start_error(const std::string& /*identity*/, const proto::StartError& error) {
    errors.push_back(error.text);
}
void Events::on_draining(const std::string& identity) {
    draining.push_back(identity);
}
void Events::on_leaving(const std::string& identity) {
    leaving.push_back(identity);
}
void Events::on_silent(const std::string& identity, std::uint32_t /*silent_ms*/) {
    silent.push_back(identity);
}
void Events::on_hung(const std::string& identity, const HangReport& report) {
    hung.emplace_back(identity, report);
}

FakeWorker::FakeWorker(const std::string& identity, const std::string& endpoint) {
    dealer_.set(zmq::sockopt::routing_id, identity);
    dealer_.set(zmq::sockopt::linger, 0);
    dealer_.connect(endpoint);
}

void FakeWorker::say_ready(const std::string& token, std::vector<proto::RouteInfo> routes) {
    proto::Ready ready;
    ready.version = proto::kProtocolVersion;
    ready.token = token;
    ready.threads = 2;
    ready.async_capacity = 10;
    ready.routes = std::move(routes);
    say(ready);
}

void FakeWorker::answer(const Seen& seen, std::string_view body, std::uint32_t run_us) {
    proto::Reply reply;
    reply.id = seen.id;
    reply.slot = seen.slot;
    reply.run_us = run_us;
    reply.body = body;
    say(reply);
}

void FakeWorker::receive() {
    zmq::message_t frame;
    while (dealer_.recv(frame, zmq::recv_flags::dontwait)) {
        ++frames;
        reader_.open({static_cast<const char*>(frame.data()), frame.size()});
        while (auto envelope = reader_.next()) {
            take(*envelope);
        }
    }
}

void FakeWorker::take(const proto::Envelope& envelope) {
    if (const auto* request = std::get_if<proto::Request>(&envelope)) {
        requests.push_back(
            {request->id, request->slot, request->left_ms, std::string(request->path)});
    }
    drained = drained || std::holds_alternative<proto::Drain>(envelope);
    if (const auto* cancel = std::get_if<proto::Cancel>(&envelope)) {
        ++cancels;
        cancelled.push_back(cancel->id);
    }
    if (const auto* granted = std::get_if<proto::Credit>(&envelope)) {
        credit += granted->bytes;
    }
    if (const auto* recall = std::get_if<proto::Recall>(&envelope)) {
        recalled.push_back(recall->id);
    }
    if (const auto* chunk = std::get_if<proto::Chunk>(&envelope)) {
        pieces += chunk->bytes;
    }
    if (const auto* end = std::get_if<proto::End>(&envelope)) {
        ends.push_back(end->whole);
    }
    pings += std::holds_alternative<proto::Ping>(envelope) ? 1 : 0;
}

namespace {

/// A new one each time: ZeroMQ unlinks that of the test before at its leisure.
std::string socket_path() {
    static int count = 0;
    return "/tmp/typhon-relay-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count) +
           ".sock";
}

}  // namespace

RelayFixture::RelayFixture() : path_(socket_path()), endpoint_("ipc://" + path_) {
    options.request_timeout = 5s;
    options.queue_requests = 8;
}

// NOLINTNEXTLINE(bugprone-exception-escape): it ends the test, which is what it should
RelayFixture::~RelayFixture() {
    if (relay_) {
        relay_->close();
    }
    loop.restart();
    loop.poll();
    std::remove(path_.c_str());
}

Relay& RelayFixture::relay() {
    if (!relay_) {
        relay_ = std::make_unique<Relay>(std::vector<asio::io_context*>{&loop}, options, endpoint_);
        relay_->start(events);
    }
    return *relay_;
}

std::shared_ptr<proto::Ledger> RelayFixture::expect(const std::string& identity) {
    auto ledger = std::make_shared<proto::Ledger>(proto::Ledger::create());
    relay().expect(identity, "secret", ledger);
    loop.restart();
    loop.poll();  // it is done on the loop, which may otherwise read a message of the worker first
    return ledger;
}

std::shared_ptr<proto::Ledger> RelayFixture::add_worker(const std::string& identity) {
    auto ledger = expect(identity);
    workers.push_back(std::make_unique<FakeWorker>(identity, endpoint_));
    workers.back()->say_ready("secret", routes());
    const std::size_t before = events.ready.size();
    until([&] { return events.ready.size() > before; });
    return ledger;
}

std::vector<proto::RouteInfo> RelayFixture::routes() {
    proto::RouteInfo hello;
    hello.methods = {"GET", "POST"};
    hello.pattern = "/python/hello";
    hello.name = "app.hello";
    proto::RouteInfo limited = hello;
    limited.pattern = "/python/limited";
    limited.max_in_flight = 1;
    proto::RouteInfo hurried = hello;
    hurried.pattern = "/python/hurried";
    hurried.timeout_ms = 200;
    proto::RouteInfo async = hello;
    async.pattern = "/python/async";
    async.mode = proto::RouteMode::async;
    proto::RouteInfo upload = hello;
    upload.pattern = "/python/upload";
    upload.timeout_ms = 1000;
    upload.stream_body = true;
    upload.max_body = 1000;
    return {hello, limited, hurried, async, upload};
}

std::size_t RelayFixture::send(std::string path, std::string method) {
    const std::size_t index = answers.size();
    answers.emplace_back();
    calls.push_back(std::make_unique<Call>());
    calls.back()->id = index + 1;
    calls.back()->body = std::exchange(next_body_, nullptr);
    asio::co_spawn(
        loop, client(*calls.back(), index, std::move(path), std::move(method)), asio::detached);
    return index;
}

std::size_t RelayFixture::send_streamed(std::string path) {
    next_body_ = std::make_shared<RequestStream>(loop);
    return send(std::move(path), "POST");
}

Task<void> RelayFixture::client(Call& call,
                                std::size_t index,
                                std::string path,
                                std::string method) {
    proto::Request request;
    request.method = method;
    request.path = path;
    co_await relay().send(call, request);
    answers[index] =
        Answer{call.error, std::string(call.reply.body), call.allow, call.retry_after_s};
}

void RelayFixture::until(const std::function<bool()>& condition) {
    const auto deadline = proto::Deadline::after(10s);
    while (!condition()) {
        REQUIRE_FALSE(deadline.passed());
        loop.restart();
        loop.run_for(1ms);
        for (auto& worker : workers) {
            worker->receive();
        }
    }
}

}  // namespace typhon::relay
