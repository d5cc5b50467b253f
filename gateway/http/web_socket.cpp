// One file for both directions and the end, though it is long: Boost.Beast is named nowhere else,
// and each further file that includes it costs seconds of every build.
#include "gateway/http/web_socket.hpp"

#include <array>
#include <chrono>

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <spdlog/spdlog.h>

#include "gateway/http/web_socket_transport.hpp"
#include "gateway/http/websocket_records.hpp"
#include "gateway/wake_up.hpp"
#include "proto/free_memory.hpp"
#include "proto/limits.hpp"

namespace typhon::http {

namespace {

namespace beast = boost::beast;
namespace websocket = boost::beast::websocket;

using Record = WebSocketRecord;
using State = relay::ReplyStream::State;
using Stream = websocket::stream<WebSocketTransport, false>;

constexpr std::chrono::seconds kClosePatience{5};  // for the client's side of an end
constexpr std::size_t kReserve = 256;              // credit that is kept for the record of the end
constexpr std::size_t kSmallRead = 4096;
constexpr std::size_t kLargeRead = 32U << 10;
constexpr std::uint32_t kGrantStep = proto::kStreamWindow / 4;

std::uint16_t code_of(const error_code& fault) {
    if (fault == websocket::error::message_too_big) {
        return 1009;
    }
    if (fault == websocket::error::bad_frame_payload) {
        return 1007;
    }
    return fault == websocket::condition::protocol_violation ? 1002 : 1006;
}

beast::http::request<beast::http::empty_body> handshake(std::string_view key) {
    using beast::http::field;
    beast::http::request<beast::http::empty_body> request(beast::http::verb::get, "/", 11);
    request.set(field::host, "typhon");
    request.set(field::upgrade, "websocket");
    request.set(field::connection, "upgrade");
    request.set(field::sec_websocket_version, "13");
    request.set(field::sec_websocket_key, beast::string_view(key.data(), key.size()));
    return request;
}

}  // namespace

class WebSocket::Impl {
public:
    Impl(const Ends& ends, std::size_t max_message)
        : ends_(ends), stream_(ends.socket, ends.received), credit_(ends.loop), joined_(ends.loop) {
        stream_.read_message_max(max_message);
        stream_.auto_fragment(false);
        websocket::stream_base::timeout timeout{};
        timeout.handshake_timeout = kClosePatience;
        timeout.idle_timeout = websocket::stream_base::none();
        timeout.keep_alive_pings = false;
        stream_.set_option(timeout);
    }

    Task<void> run(std::string_view key, const Fields& fields);
    void close_soon(std::uint16_t code) {
        asked_code_ = code;
        ends_.out.wake();
    }
    [[nodiscard]] bool look();
    [[nodiscard]] std::uint64_t sent() const noexcept {
        return stream_.next_layer().sent() - head_size_;
    }
    void abort() {
        ended_ = true;
        credit_.wake();
        ends_.out.wake();
    }

private:
    Task<void> exchange(std::string_view key, const Fields& fields);
    Task<bool> accept(std::string_view key, const Fields& fields);
    Task<void> read_all();
    Task<bool> wait_for_credit();
    void pass(std::size_t size);
    Task<void> write_all();
    Task<void> write_records(bool& closed);
    Task<void> write(Record record);
    Task<void> close(WebSocketClose close);
    Task<void> ping();
    [[nodiscard]] std::uint16_t code_now(State state) const noexcept;
    void grant(std::uint32_t least);
    void note_end(const error_code& fault);
    void tell_worker();

    const Ends ends_;
    Stream stream_;
    WakeUp credit_;
    WakeUp joined_;
    std::string buffer_;           // what is read of a message
    std::string record_;           // scratch
    std::string records_;          // of the worker, not written yet
    std::uint64_t head_size_ = 0;  // bytes of the answer to the handshake
    std::uint32_t ungranted_ = 0;
    std::uint16_t asked_code_ = 0;  // to close with; 0: nobody has asked
    std::uint16_t end_code_ = 0;    // how it ended; 0: it has not
    std::string end_reason_;
    bool continues_ = false;  // the next piece of the client continues a message
    bool reads_ = false;
    bool pinged_ = false;
    bool pinging_ = false;
    bool closing_ = false;
    bool writing_ = false;
    bool ended_ = false;
};

Task<void> WebSocket::Impl::run(std::string_view key, const Fields& fields) {
    ends_.in.on_change = [this] { credit_.wake(); };
    try {
        co_await exchange(key, fields);
    } catch (const std::exception& error) {
        spdlog::error("a WebSocket was ended: {}", error.what());
    }
    ended_ = true;  // the others refer to this: they end first
    while (writing_ || pinging_) {
        if (!closing_) {
            error_code ignored;
            ends_.socket.cancel(ignored);
            ends_.out.wake();
        }
        co_await joined_.wait();
    }
    ends_.in.on_change = nullptr;
    tell_worker();
}

Task<void> WebSocket::Impl::exchange(std::string_view key, const Fields& fields) {
    const bool accepted = co_await accept(key, fields);
    if (!accepted) {
        co_return;
    }
    writing_ = true;
    asio::co_spawn(ends_.loop.get_executor(), write_all(), [this](const std::exception_ptr&) {
        writing_ = false;
        ended_ = true;
        credit_.wake();
        joined_.wake();
    });
    co_await read_all();
}

Task<bool> WebSocket::Impl::accept(std::string_view key, const Fields& fields) {
    stream_.set_option(
        websocket::stream_base::decorator([&fields](websocket::response_type& response) {
            response.set(beast::http::field::server, "typhon");  // Beast would name its version
            for (const auto& [name, value] : fields) {
                response.insert(name, value);
            }
        }));
    const auto request = handshake(key);
    error_code fault;
    co_await stream_.async_accept(request, asio::redirect_error(kUseTask, fault));
    if (fault) {
        note_end(fault);
    }
    head_size_ = stream_.next_layer().sent();
    co_return !fault;
}

// ---- from the client ----

Task<void> WebSocket::Impl::read_all() {
    error_code fault;
    while (!fault && !ended_) {
        const bool may_read = co_await wait_for_credit();
        if (!may_read) {
            break;
        }
        buffer_.resize(continues_ ? kLargeRead : kSmallRead);
        reads_ = true;
        const std::size_t size = co_await stream_.async_read_some(
            asio::buffer(buffer_), asio::redirect_error(kUseTask, fault));
        reads_ = false;
        if (!fault) {
            pass(size);
        }
    }
    if (fault) {
        note_end(fault);
    }
}

/// False when nothing is to be read any more.
Task<bool> WebSocket::Impl::wait_for_credit() {
    while (!ended_ && !ends_.in.closed() && ends_.in.credit() < kLargeRead + 2 * kReserve) {
        co_await credit_.wait();
    }
    while (!ended_ && ends_.in.closed()) {
        co_await credit_.wait();  // the writer closes, and has read on then
    }
    co_return !ended_;
}

void WebSocket::Impl::pass(std::size_t size) {
    const bool fin = stream_.is_message_done();
    if (size == 0 && !fin) {
        return;
    }
    Record record;
    record.opcode = stream_.got_text() ? Record::kText : Record::kBinary;
    record.opcode = continues_ ? Record::kContinuation : record.opcode;
    record.fin = fin;
    record.payload = std::string_view(buffer_).substr(0, size);
    continues_ = !fin;
    record_.clear();
    append_record(record, record_);
    if (ends_.in.take(record_.size())) {
        ends_.port.send_piece(ends_.in, record_);
    }
    if (fin && buffer_.capacity() > kSmallRead) {
        proto::free_memory(buffer_);
    }
}

// ---- to the client ----

Task<void> WebSocket::Impl::write_all() {
    bool closed = false;
    std::string pieces;
    while (!ended_ && !closed) {
        const State state = ends_.out.take(pieces);
        const bool empty = pieces.empty();
        ungranted_ += static_cast<std::uint32_t>(pieces.size());
        records_ += pieces;
        pieces.clear();
        co_await write_records(closed);
        grant(kGrantStep);
        const std::uint16_t code = code_now(state);
        if (closed || ended_) {
            break;
        }
        if (code != 0 && (empty || state == State::running)) {
            closed = true;
            co_await close({code, {}});
        } else if (empty && state == State::running) {
            co_await ends_.out.wait();
        }
    }
}

/// 0: it stays open.
std::uint16_t WebSocket::Impl::code_now(State state) const noexcept {
    if (asked_code_ != 0) {
        return asked_code_;
    }
    if (state == State::running) {
        return ends_.out.retired() ? 1012 : 0;
    }
    return state == State::finished ? 1000 : 1011;
}

/// Sets `closed` when one of them closed it.
Task<void> WebSocket::Impl::write_records(bool& closed) {
    std::string_view rest = records_;
    bool bad = false;
    auto record = take_record(rest, bad);
    while (record && !closed && !ended_) {
        closed = record->opcode == Record::kClose;
        if (closed) {
            co_await close(read_close_payload(record->payload));
        } else {
            co_await write(*record);
        }
        record = take_record(rest, bad);
    }
    records_.erase(0, records_.size() - rest.size());
    if (bad && !closed && !ended_) {
        closed = true;
        co_await close({1011, {}});
    }
}

Task<void> WebSocket::Impl::write(Record record) {
    if (record.opcode != Record::kContinuation) {
        stream_.text(record.opcode == Record::kText);
    }
    error_code fault;
    co_await stream_.async_write_some(record.fin,
                                      asio::buffer(record.payload.data(), record.payload.size()),
                                      asio::redirect_error(kUseTask, fault));
    ended_ = ended_ || fault.failed();
    if (fault) {
        error_code ignored;
        ends_.socket.cancel(ignored);
    }
}

/// Tells the worker at once: its handler need not wait for the client's side of the end.
Task<void> WebSocket::Impl::close(WebSocketClose close) {
    closing_ = true;
    end_code_ = end_code_ == 0 ? close.code : end_code_;
    tell_worker();
    websocket::close_reason reason(static_cast<websocket::close_code>(close.code));
    reason.reason.assign(close.reason.data(), close.reason.size());
    error_code ignored;
    co_await stream_.async_close(reason, asio::redirect_error(kUseTask, ignored));
    closing_ = false;
}

void WebSocket::Impl::grant(std::uint32_t least) {
    if (ungranted_ >= least) {
        ends_.port.grant(ends_.out, std::exchange(ungranted_, 0));
    }
}

// ---- its end ----

void WebSocket::Impl::note_end(const error_code& fault) {
    if (end_code_ != 0) {
        return;
    }
    end_code_ = code_of(fault);
    if (fault == websocket::error::closed) {
        const websocket::close_reason& reason = stream_.reason();
        end_code_ = reason.code == websocket::close_code::none ? 1005 : reason.code;
        end_reason_.assign(reason.reason.data(), reason.reason.size());
    }
}

void WebSocket::Impl::tell_worker() {
    if (end_code_ == 0) {
        end_code_ = 1006;
    }
    const std::string payload = close_payload(end_code_, end_reason_);
    record_.clear();
    append_record({Record::kClose, true, payload}, record_);
    if (ends_.in.take(record_.size())) {
        ends_.port.send_piece(ends_.in, record_);
    }
    ends_.port.end_pieces(ends_.in, true);
    ends_.port.leave(ends_.out);
}

/// While nothing is read, because the handler does not, an answer to a ping could not be heard.
bool WebSocket::Impl::look() {
    if (!reads_ || closing_ || stream_.next_layer().heard()) {
        pinged_ = false;
    }
    if (pinged_) {
        return false;
    }
    if (reads_ && !closing_ && !pinging_) {
        pinged_ = true;
        pinging_ = true;
        asio::co_spawn(ends_.loop.get_executor(), ping(), [this](const std::exception_ptr&) {
            pinging_ = false;
            joined_.wake();
        });
    }
    return true;
}

Task<void> WebSocket::Impl::ping() {
    error_code ignored;
    co_await stream_.async_ping({}, asio::redirect_error(kUseTask, ignored));
}

WebSocket::WebSocket(const Ends& ends, std::size_t max_message)
    : impl_(std::make_unique<Impl>(ends, max_message)) {}

WebSocket::~WebSocket() = default;

Task<void> WebSocket::run(std::string_view key, const Fields& fields) {
    return impl_->run(key, fields);
}

void WebSocket::close_soon(std::uint16_t code) {
    impl_->close_soon(code);
}

bool WebSocket::look() {
    return impl_->look();
}

std::uint64_t WebSocket::sent() const noexcept {
    return impl_->sent();
}

void WebSocket::abort() {
    impl_->abort();
}

}  // namespace typhon::http
