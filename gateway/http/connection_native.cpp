// How a connection has native handlers answer: inline, on the blocking pool, or as a stream.
#include <memory>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "gateway/http/connection.hpp"
#include "gateway/http/content_stream.hpp"
#include "gateway/http/scoped_pointer.hpp"
#include "gateway/wake_up.hpp"
#include "proto/errors.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kMaxCopiedBody = 16U << 10;

/// A handler's call on the pool: its own request and response.
struct PoolCall {
    explicit PoolCall(asio::io_context& loop) : finished(loop) {}
    Request request;
    Response response;
    HandlerTimes times;
    WakeUp finished;
};

/// The stream of the connection, which is abandoned where this ends: its provider must not wait.
class Producing {
public:
    Producing(ContentStream*& place, ContentStream& stream) noexcept
        : noted_(place, stream), stream_(stream) {}
    ~Producing() { stream_.abandon(); }
    Producing(const Producing&) = delete;
    Producing& operator=(const Producing&) = delete;
    Producing(Producing&&) = delete;
    Producing& operator=(Producing&&) = delete;

private:
    ScopedPointer<ContentStream> noted_;
    ContentStream& stream_;
};

bool submit(const LoopServices& services,
            const std::shared_ptr<PoolCall>& call,
            const Handler& handler) {
    return services.pool.submit(
        [&loop = services.loop, call, &handler, work = asio::make_work_guard(services.loop)] {
            call->times.begun = proto::SteadyClock::now();
            run_handler(handler, call->request, call->response);
            call->times.ended = proto::SteadyClock::now();
            asio::post(loop, [call] { call->finished.wake(); });
        });
}

ErrorAnswer internal_answer() {
    return {.status = 500, .text = proto::error_info(proto::ErrorCode::internal).text};
}

ErrorAnswer busy_answer() {
    return {.status = 503,
            .text = proto::error_info(proto::ErrorCode::queue_full).text,
            .retry_after_s = 1};
}

}  // namespace

/// The fault of a form that is too large: then the handler is not called.
Fault Connection::fill_native(Request& request) {
    fill_request(request, *head_, state_->path, state_->match.params, peer_);
    if (trusted_ || secured()) {
        fill_origin(request, origin());
    }
    request.id = exchange_.id;
    request.given_id = exchange_.given_id;
    if (!body_.empty()) {
        request.body = std::move(body_);
    } else {
        request.body.assign(body_view_);
    }
    return fill_from_body(request);
}

/// The time of a handler that runs on the loop is taken for the access log alone.
void Connection::run_inline(const Handler& handler) {
    if (access_ == nullptr) {
        run_handler(handler, state_->request, state_->response);
        return;
    }
    const auto begun = proto::SteadyClock::now();
    run_handler(handler, state_->request, state_->response);
    note_handler({.begun = begun, .ended = proto::SteadyClock::now()});
}

Connection::Step Connection::serve_native() {
    const NativeRoute& route = state_->services.router.at(native_route_);
    if (route.mode == Mode::blocking) {
        return Step::blocking;
    }
    state_->request.clear();
    state_->response.clear();
    const Fault fault = fill_native(state_->request);
    if (!fault) {
        run_inline(route.handler);
    }
    state_->request.clear();  // no body or form waits here for the next request
    if (fault) {
        write_error_answer({.status = fault.status, .text = fault.text});
        return Step::answered;
    }
    return write_native_answer(state_->response);
}

/// Puts the answer into the output, or says what must be done to send it.
Connection::Step Connection::write_native_answer(Response& response) {
    if (response.has_provider()) {
        return Step::stream;
    }
    if (state_->options.compress && code_native(response)) {
        return Step::code;
    }
    return finish_native_answer(response);
}

Connection::Step Connection::finish_native_answer(Response& response) {
    if (!exchange_.cors.empty()) {
        yield_cors_to(response);
    }
    settle_keep_alive();
    std::string& out = state_->output;
    if (!begin_answer(out, exchange_, response, state_->date_line())) {
        write_error_answer(internal_answer());
        return Step::answered;
    }
    end_with_body(AnswerHead::end_of(out, exchange_, response.status), response.body.size());
    if (!sends_body(exchange_, response.status)) {
        return Step::answered;
    }
    if (response.body.size() > kMaxCopiedBody) {
        return Step::large;
    }
    out += response.body;
    return Step::answered;
}

Task<void> Connection::send_native(Step step, Response& response) {
    if (step == Step::stream) {
        co_await serve_stream(std::move(response));
    } else if (step == Step::code) {
        co_await send_coded_native(std::move(response));
    } else if (step == Step::large && !send_with(response.body)) {
        co_await write_rest();
    }
}

Task<void> Connection::serve_blocking() {
    const auto call = std::make_shared<PoolCall>(state_->services.loop);
    const Fault fault = fill_native(call->request);
    if (!flush()) {
        co_await write_rest();
    }
    release_input();
    DeadlineQueue::disarm(*this);
    if (fault) {
        write_error_answer({.status = fault.status, .text = fault.text});
        co_return;
    }
    call->times.queued = proto::SteadyClock::now();
    if (!submit(state_->services, call, state_->services.router.at(native_route_).handler)) {
        write_error_answer(busy_answer());
        co_return;
    }
    co_await call->finished.wait();
    note_handler(call->times);
    if (open()) {
        co_await send_native(write_native_answer(call->response), call->response);
    }
}

/// `response` is moved from at once.
Task<void> Connection::serve_stream(Response response) {
    auto coder = plan_stream(response);
    const bool coded = exchange_.coding != Coding::identity;
    const std::size_t length = coded ? 0 : response.content_length_;
    const bool chunked = length == 0 && !exchange_.http_1_0;
    exchange_.keep_alive = exchange_.keep_alive && (length != 0 || chunked);
    settle_keep_alive();
    if (!exchange_.cors.empty()) {
        yield_cors_to(response);
    }
    std::string& out = state_->output;
    const std::size_t start = out.size();
    if (!begin_answer(out, exchange_, response, state_->date_line())) {
        write_error_answer(internal_answer());
        co_return;
    }
    AnswerHead head = AnswerHead::end_of(out, exchange_, response.status);
    length != 0 ? head.end(length) : head.end_without_length();
    if (!sends_body(exchange_, response.status)) {
        co_return;
    }
    release_input();
    const auto stream = std::make_shared<ContentStream>(
        state_->services.loop, std::move(response), chunked, std::move(coder));
    const bool queued = state_->services.pool.submit(
        [stream, work = asio::make_work_guard(state_->services.loop)] { stream->produce(); });
    if (!queued) {
        out.resize(start);
        write_error_answer(busy_answer());
        co_return;
    }
    co_await pump(stream);
}

/// Sends what the provider makes, as fast as the client reads it.
Task<void> Connection::pump(std::shared_ptr<ContentStream> stream) {
    const auto queued = proto::SteadyClock::now();
    auto state = ContentStream::State::running;
    const Producing producing(stream_, *stream);
    if (!flush()) {
        co_await write_rest();
    }
    while (open()) {
        state = stream->take(rest_);
        if (!rest_.empty()) {
            co_await write_rest();
        } else if (state == ContentStream::State::running) {
            state_->arm(*this, DeadlineKind::look);
            co_await stream->wait();
            DeadlineQueue::disarm(*this);
        } else {
            break;
        }
    }
    if (state == ContentStream::State::finished) {
        note_handler(
            {.queued = queued, .begun = stream->begun(), .ended = proto::SteadyClock::now()});
    } else if (access_ != nullptr) {
        access_->handler.reset();  // nobody knows when it will end
    }
    cut_off_ = cut_off_ || (state == ContentStream::State::failed && open());
    open_ = open_ && state == ContentStream::State::finished;
}

}  // namespace typhon::http
