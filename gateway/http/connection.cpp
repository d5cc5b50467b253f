#include "gateway/http/connection.hpp"

#include <exception>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>

#include "proto/free_memory.hpp"

namespace typhon::http {

namespace {

constexpr std::uint16_t kMaxInARow = 64;  // then other connections get their turn

}  // namespace

Connection::Connection(std::shared_ptr<LoopState> state,
                       UniqueFd fd,
                       Fault refusal,
                       AddressLimit::Place place)
    : state_(std::move(state)),
      socket_(state_->services.loop, fd.release()),
      buffer_(state_->blocks),
      peer_(peer_of(socket_.native_handle())),
      body_share_(state_->services.bodies),
      refusal_(refusal),
      place_(std::move(place)) {
    trusted_ = peer_is_trusted();
    ++state_->connections;
    state_->refusing += refusal_ ? 1 : 0;
}

Connection::~Connection() {
    if (access_ != nullptr) {  // an exception, or the end of the loop
        open_ = false;
        cut_off_ = true;
        end_access();
    }
    state_->give_back(std::move(head_));
    --state_->connections;
    state_->refusing -= refusal_ ? 1 : 0;
    if (state_->on_connection_gone) {
        state_->on_connection_gone();
    }
}

Task<void> Connection::run(std::unique_ptr<Connection> self) {
    try {
        bool may_serve = !self->refusal_;
        if (!may_serve) {
            co_await self->refuse_fault(self->refusal_);
        } else if (self->secured()) {
            may_serve = co_await self->shake_hands();
        }
        if (may_serve) {
            co_await self->serve();
        }
    } catch (const std::exception& error) {
        spdlog::error("A connection was closed: {}", error.what());
    }
    self->close();
    self->state_->output.clear();  // what could not be sent must not reach another client
}

// One coroutine: each further one on this way would cost a frame for each request.
// NOLINTNEXTLINE(readability-function-cognitive-complexity)
Task<void> Connection::serve() {
    while (open()) {
        const Head::Status status = parse_head();
        if (status == Head::Status::incomplete) {
            if (!flush()) {
                co_await write_rest();
                continue;
            }
            if (!open()) {
                break;  // the edge that told of the client's end has been taken with its last bytes
            }
            wait_for_head();
            std::size_t size = receive_at_once();
            while (size == ReadySocket::kNothing) {
                const bool may_read = co_await socket_.readable();
                in_a_row_ = 0;
                size = may_read ? receive() : 0;
            }
            if (!take_head_bytes(size)) {
                co_await end_without_head();
                break;
            }
            continue;
        }
        if (status == Head::Status::fault) {
            co_await refuse_fault(head_->fault());
            break;
        }
        const Step step = start_request();
        if (step != Step::answered) {
            co_await do_step(step);
        }
        finish_request();
        if (!exchange_.keep_alive) {
            break;
        }
        if (++in_a_row_ == kMaxInARow) {
            co_await yield();
        }
    }
    co_await say_goodbye();
}

Head::Status Connection::parse_head() {
    if (buffer_.empty()) {
        return Head::Status::incomplete;
    }
    if (head_ == nullptr) {
        head_ = state_->take_head();
    }
    return head_->parse(buffer_.bytes(),
                        secured() || trusted_ ? state_->secured_limits : state_->limits);
}

std::size_t Connection::receive() noexcept {
    return socket_.receive(buffer_.space(), buffer_.space_size());
}

std::size_t Connection::receive_at_once() noexcept {
    return socket_.drained() ? ReadySocket::kNothing : receive();
}

/// Notes what a read brought. False when it brought nothing: the client closed or was too slow.
bool Connection::take_head_bytes(std::size_t size) noexcept {
    waiting_for_head_ = false;
    // Bytes win over the end of an idle time that came in the same turn.
    timed_out_ = timed_out_ && (size == 0 || kind == DeadlineKind::head);
    if (size == 0 || timed_out_) {
        return false;
    }
    buffer_.commit(size);
    return true;
}

void Connection::wait_for_head() {
    waiting_for_head_ = buffer_.empty();
    buffer_.make_room();
    if (waiting_for_head_ && state_->draining) {
        state_->arm(*this, DeadlineKind::quiet);
    } else if (waiting_for_head_ && served_) {
        state_->arm(*this, DeadlineKind::idle);
    } else if (kind != DeadlineKind::head || !DeadlineEntry::is_linked()) {
        state_->arm(*this, DeadlineKind::head);
    }
}

/// The read for a head brought nothing: the client closed, or its time is over.
Task<void> Connection::end_without_head() {
    if (timed_out_ && !buffer_.empty()) {
        co_await refuse_fault({408, "The request head took too long."});
    } else if (timed_out_ && kind == DeadlineKind::quiet) {
        unread_body_ = true;  // a request may be on its way: no reset while it arrives
    } else if (!timed_out_) {
        if (socket_.tls() != nullptr) {
            (void)socket_.tls()->say_end();  // some clients wait for it
        }
        open_ = false;
    }
}

Task<void> Connection::refuse_fault(Fault fault) {
    exchange_ = {};
    if (head_ != nullptr) {
        head_->rebase(buffer_.bytes().data());  // the bytes of an unfinished head may have moved
    }
    exchange_.id = state_->services.ids.next();
    exchange_.keep_alive = false;
    exchange_.is_head = head_ != nullptr && head_->method() == "HEAD";
    target_ = Target::answered;
    unread_body_ = true;
    if (state_->access != nullptr) {
        begin_access();
    }
    write_error_answer({.status = fault.status,
                        .text = fault.text,
                        .retry_after_s = fault.status == 503 || fault.status == 429 ? 1U : 0U});
    if (access_ != nullptr) {
        end_access();
    }
    co_await say_goodbye();
    open_ = false;
}

// Not a coroutine itself: GCC 12 lays out the frame of one with this many branches wrongly.
Task<void> Connection::do_step(Step step) {
    switch (step) {
        case Step::discard_body:
            return discard_body();
        case Step::read_body:
            return serve_with_body();
        case Step::blocking:
            return serve_blocking();
        case Step::python:
            return serve_python();
        case Step::websocket:
            return serve_websocket();
        case Step::upload:
            return serve_upload();
        case Step::file:
            return send_file();
        case Step::code_file:
            return send_coded_file();
        default:
            return send_native(step, state_->response);
    }
}

Task<void> Connection::serve_with_body() {
    if (co_await read_body()) {
        route_again();
        const Step step = serve_request();
        if (step != Step::answered) {
            co_await do_step(step);
        }
    }
}

/// What the request took is free again; the connection is ready for the next one.
void Connection::finish_request() {
    if (access_ != nullptr) {
        end_access();
    }
    release_input();
    body_share_.reset();
    if (kind == DeadlineKind::head) {
        DeadlineQueue::disarm(*this);  // the next head has its own time
    }
    served_ = true;
}

void Connection::release_input() {
    state_->give_back(std::move(head_));
    body_view_ = {};
    proto::free_memory(body_);
    buffer_.consume(std::exchange(request_bytes_, 0));
    buffer_.shrink();
}

Task<void> Connection::yield() {
    in_a_row_ = 0;
    if (!flush()) {
        co_await write_rest();
    }
    co_await asio::post(socket_.get_executor(), kUseTask);
}

}  // namespace typhon::http
