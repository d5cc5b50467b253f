// One client connection, from accept to close: reads heads and bodies, has requests answered,
// writes the answers in order.
//
// It does not parse (head.hpp, chunked.hpp), choose routes (native_router.hpp) or know workers
// (relay/port.hpp). One coroutine, run(), is its whole life; what can be done at once is done
// without suspending, and answers that are made meanwhile leave in one send. Loop thread only.
// Long, because it is one state, which the files connection_*.cpp share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/asio.hpp"
#include "gateway/http/access_record.hpp"
#include "gateway/http/address_limit.hpp"
#include "gateway/http/answer_head.hpp"
#include "gateway/http/body_gate.hpp"
#include "gateway/http/conditions.hpp"
#include "gateway/http/deadline_queue.hpp"
#include "gateway/http/file_answer.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/loop_state.hpp"
#include "gateway/http/native_call.hpp"
#include "gateway/http/open_file.hpp"
#include "gateway/http/origin.hpp"
#include "gateway/http/read_buffer.hpp"
#include "gateway/http/ready_socket.hpp"
#include "gateway/http/static_files.hpp"
#include "gateway/http/stream_coder.hpp"
#include "gateway/relay/body_rules.hpp"
#include "gateway/relay/call.hpp"

namespace typhon::http {

class ContentStream;
class WebSocket;
struct Upload;

class Connection final : public DeadlineEntry, public ConnectionListHook {
public:
    /// Takes ownership of `fd`, an accepted non-blocking stream socket. With a `refusal` the client
    /// is only told that.
    Connection(std::shared_ptr<LoopState> state,
               UniqueFd fd,
               Fault refusal,
               AddressLimit::Place place);
    /// Before run(): the client is to speak TLS.
    void start_tls(const TlsContext& context);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;
    Connection(Connection&&) = delete;
    Connection& operator=(Connection&&) = delete;

    /// Serves the connection until it is closed. Never throws.
    static Task<void> run(std::unique_ptr<Connection> self);

    /// The deadline that was armed has passed.
    void on_deadline();

    /// The gateway drains: an idle connection closes soon, another one after its answer.
    void begin_drain();

    /// Closes the socket now; run() ends soon.
    void close();

    /// The same, and says that it was the gateway who ended what was under way.
    void cut_off() {
        cut_off_ = true;
        close();
    }

private:
    /// What is to be done with a request whose head is complete.
    enum class Step : std::uint8_t {
        answered,      // the answer is in the output, the request is finished
        discard_body,  // the answer is in the output, the body must be dropped
        read_body,     // the body must be read first
        websocket,     // the connection may become a WebSocket
        upload,        // the body is sent to a Python handler as it arrives
        blocking,      // a native handler for the pool
        stream,        // a native answer from a content provider
        large,         // a native answer whose body is too large to be copied
        python,
        file,       // bytes of a file, behind the head in the output
        code,       // a native answer that is to be compressed
        code_file,  // a file that is to be compressed
    };

    /// Where a request goes.
    enum class Target : std::uint8_t { answered, native, healthy, python, file };

    /// A file that is to be sent, whoever named it.
    struct FileSource {
        OpenFile file;
        std::string_view content_type;
        std::string_view handler_fields{};  // a header block
        int status = 200;                   // another one: conditions and ranges do not count
        bool is_coded = false;              // its bytes are in the coding of the exchange
    };

    /// One that is being sent.
    struct FileJob {
        UniqueFd fd;
        FileAnswer answer;
        std::string handler_fields;
    };

    /// How the body of an answer goes that comes piece by piece.
    struct StreamBody {
        bool chunked = false;
        std::unique_ptr<StreamCoder> coder{};
        void append(std::string& out, std::string_view piece) const;
    };

    // connection.cpp: life, heads, writing
    Task<void> serve();
    [[nodiscard]] Head::Status parse_head();
    [[nodiscard]] std::size_t receive() noexcept;
    [[nodiscard]] std::size_t receive_at_once() noexcept;
    [[nodiscard]] bool take_head_bytes(std::size_t size) noexcept;
    Task<void> end_without_head();
    Task<void> refuse_fault(Fault fault);
    Task<void> do_step(Step step);
    Task<void> serve_with_body();
    Task<void> yield();
    void wait_for_head();
    void finish_request();
    void release_input();
    [[nodiscard]] bool open() const noexcept { return open_ && socket_.is_open(); }
    [[nodiscard]] bool secured() const noexcept { return socket_.tls() != nullptr; }

    // connection_deadline.cpp
    void look_at_client();

    // connection_tls.cpp
    Task<bool> shake_hands();
    Task<void> give_up_handshake();
    [[nodiscard]] bool send_encrypted(std::string_view body);
    Task<bool> write_rest_encrypted(Unsent::Answer& unsent);
    Task<bool> write_rest_plain(Unsent::Answer& unsent);
    Task<void> end_tls();

    // connection_write.cpp
    [[nodiscard]] bool flush();
    [[nodiscard]] bool send_with(std::string_view body);
    Task<void> send_continue();
    Task<void> write_rest();
    void end_write() noexcept;
    void drop();
    Task<void> say_goodbye();
    Task<void> linger();
    void write_error_answer(const ErrorAnswer& error);
    void settle_keep_alive() noexcept;

    // connection_body.cpp
    [[nodiscard]] bool take_body_at_hand();
    Task<Fault> reserve(std::size_t bytes);
    Task<void> drop_body(std::uint64_t left);
    Task<bool> read_body();
    void refuse_body(const Fault& fault);
    Task<Fault> read_framed_body();
    Task<Fault> reserve_body();
    Task<void> read_length_body();
    [[nodiscard]] bool make_body_room(std::size_t bytes);
    Task<Fault> read_chunked_body();
    Task<void> discard_body();
    Task<std::size_t> read_some(char* data, std::size_t size);
    [[nodiscard]] bool body_is_slow() const;
    void start_body_clock();

    // connection_route.cpp
    [[nodiscard]] Step start_request();
    [[nodiscard]] Target route();
    [[nodiscard]] Target route_beyond_native();
    [[nodiscard]] const proto::RouteMatch& match_native();
    void route_again();
    Target answer_unread(const ErrorAnswer& error);
    Target answer_options(std::string_view allow);
    Target refuse_coding();
    void settle_unread_body() noexcept;
    [[nodiscard]] bool is_too_large() const noexcept;
    [[nodiscard]] relay::BodyRule upload_rule() const;
    [[nodiscard]] bool streams_body() const;
    Target refuse_size();
    Target refuse_unready();
    [[nodiscard]] Step serve_request();
    void answer_healthy();

    // connection_origin.cpp
    [[nodiscard]] bool peer_is_trusted() const;
    [[nodiscard]] Origin origin() const;

    // connection_native.cpp
    [[nodiscard]] Step serve_native();
    void run_inline(const Handler& handler);
    [[nodiscard]] Step write_native_answer(Response& response);
    [[nodiscard]] Fault fill_native(Request& request);
    [[nodiscard]] Step finish_native_answer(Response& response);
    Task<void> send_native(Step step, Response& response);
    Task<void> serve_blocking();
    Task<void> serve_stream(Response response);
    Task<void> pump(std::shared_ptr<ContentStream> stream);

    // connection_python.cpp
    Task<void> serve_python();
    void begin_call(relay::Call& call);
    [[nodiscard]] Task<void> send_call(relay::Call& call);
    void end_call(const relay::Call& call);
    [[nodiscard]] proto::Request pack_request(const relay::Call& call, std::string& client);
    Task<void> write_reply(relay::Call& call, const Conditions* conditions);
    void write_bad_reply();
    [[nodiscard]] bool begin_reply(const proto::Reply& reply, std::size_t body_size);
    [[nodiscard]] bool client_is_gone() const;

    // connection_upload.cpp
    Task<void> serve_upload();
    void begin_upload(relay::Call& call);
    Task<void> pump_upload();
    void pass_body();
    [[nodiscard]] bool pass_piece();
    [[nodiscard]] bool receive_body();
    void send_of_length(std::string_view bytes);
    void send_decoded(std::string_view bytes);
    void end_body();
    void cut_body(Fault fault);
    void wait_for_body();
    void wake_upload();
    Task<void> answer_upload(relay::Call& call, const Conditions* conditions);
    void settle_upload() noexcept;
    Task<void> end_notification();
    Task<void> drop_upload(const Upload& upload);

    // connection_access.cpp
    void prepare();
    void begin_access();
    void note_call(const relay::Call& call);
    void note_end_of(relay::ReplyStream& stream);
    void note_handler(const HandlerTimes& times);
    void end_access();
    [[nodiscard]] access::End access_end() const noexcept;
    [[nodiscard]] std::string_view access_route() const;
    [[nodiscard]] std::uint64_t answered_bytes() const noexcept;

    // connection_websocket.cpp
    [[nodiscard]] bool wants_websocket() const;
    [[nodiscard]] relay::BodyRule websocket_rule() const;
    [[nodiscard]] Step start_websocket();
    Task<void> serve_websocket();
    Task<void> run_websocket(std::string_view key, relay::Call& call);
    void look_at_websocket();

    // connection_cors.cpp
    void negotiate();
    [[nodiscard]] bool is_preflight() const noexcept;
    Target answer_preflight();
    void yield_cors_to(const Response& response) noexcept;
    void yield_cors_to(const proto::Reply& reply) noexcept;

    // connection_coding.cpp
    void plan_body(const CodingFacts& facts);
    [[nodiscard]] std::unique_ptr<StreamCoder> plan_stream(CodingFacts facts);
    [[nodiscard]] std::unique_ptr<StreamCoder> plan_stream(const Response& response);
    [[nodiscard]] std::unique_ptr<StreamCoder> plan_stream(const proto::Reply& reply);
    [[nodiscard]] bool codes_body() const noexcept;
    void end_with_body(AnswerHead head, std::size_t size) const;
    [[nodiscard]] bool code_native(Response& response);
    void use_coded(std::string& body, std::string coded);
    Task<void> send_coded_native(Response response);
    Task<std::string> code_reply(const proto::Reply& reply);
    Task<std::string> code_on_pool(std::function<std::string()> work);
    Task<bool> code_pieces(StreamCoder& coder, std::string& pieces);
    [[nodiscard]] Step serve_coded_file(const StaticDirectory& root,
                                        const std::string& path,
                                        OpenFile file);
    Task<void> send_coded_file();

    // connection_reply_file.cpp
    [[nodiscard]] std::unique_ptr<Conditions> keep_conditions() const;
    [[nodiscard]] Step serve_named_file(const proto::Reply& reply, const Conditions* conditions);

    // connection_file.cpp
    [[nodiscard]] static ErrorAnswer failure(OpenOutcome outcome);
    [[nodiscard]] Target route_file();
    [[nodiscard]] Step serve_file();
    [[nodiscard]] static bool has_index(const StaticDirectory& root, const std::string& directory);
    [[nodiscard]] Step answer_with_file(FileSource source, const Conditions& conditions);
    [[nodiscard]] static std::unique_ptr<FileJob> make_job(FileSource& source, FileAnswer answer);
    [[nodiscard]] Step send_file_answer(std::unique_ptr<FileJob> job);
    [[nodiscard]] bool begin_file(const FileAnswer& answer, std::string_view handler_fields);
    void copy_file(int fd, const FileAnswer& answer, std::size_t start);
    Task<void> send_file();
    Task<void> send_range(int fd, ByteRange range);
    Task<void> send_by_kernel(int fd, ByteRange& range);
    [[nodiscard]] ssize_t send_at_once(int fd, ByteRange& range);
    Task<void> send_by_copy(int fd, ByteRange range);

    // connection_stream.cpp
    Task<void> serve_reply_stream(relay::Call& call);
    Task<void> pump_reply(relay::ReplyStream& stream, const StreamBody& body);
    Task<void> send_pieces(std::string& pieces, const StreamBody& body);
    void end_pieces(const StreamBody& body);
    void wait_for_piece();
    void grant(relay::ReplyStream& stream);

    std::shared_ptr<LoopState> state_;
    ReadySocket socket_;
    ReadBuffer buffer_;
    std::unique_ptr<Head> head_;
    std::string body_;            // a body that was not whole in the buffer
    std::string rest_;            // bytes that the socket did not take at once
    std::string_view body_view_;  // the request's body, in buffer_ or in body_
    Peer peer_;
    bool trusted_ = false;                // the peer is a proxy whose word counts
    BodyShare body_share_;                // the memory that the body may take
    BodyGate::Waiter* waiter_ = nullptr;  // a body that waits for memory
    const Fault refusal_;
    AddressLimit::Place place_;
    std::unique_ptr<AccessRecord> access_;        // of this request, when there is an access log
    std::uint64_t sent_ = 0;                      // bytes of answers that the socket took
    std::unique_ptr<FileJob> file_;               // what Step::file sends
    relay::Call* call_ = nullptr;                 // a Python request that waits for its answer
    WebSocket* web_socket_ = nullptr;             // what the connection has become
    Upload* upload_ = nullptr;                    // a body that is sent as it arrives
    ContentStream* stream_ = nullptr;             // an answer that is being streamed
    relay::ReplyStream* reply_stream_ = nullptr;  // the same, from a worker
    std::uint32_t ungranted_ = 0;                 // bytes of it that the worker does not know of
    proto::SteadyClock::time_point body_start_{};
    std::size_t body_bytes_ = 0;     // received of this body
    std::size_t request_bytes_ = 0;  // of this request in buffer_
    Exchange exchange_;
    std::uint32_t native_route_ = 0;
    std::uint16_t in_a_row_ = 0;  // requests answered without suspending
    Target target_ = Target::answered;
    bool open_ = true;
    bool served_ = false;            // at least one request
    bool waiting_for_head_ = false;  // suspended without a byte of a request
    bool timed_out_ = false;
    bool cut_off_ = false;      // the gateway has ended an answer before its end
    bool unread_body_ = false;  // the client may still be sending
};

}  // namespace typhon::http
