// How a connection answers with a file: finds it below its static directory, writes the head, and
// has the kernel send the bytes, a bounded number in each turn.
#include <algorithm>
#include <cerrno>
#include <utility>

#include <boost/asio/post.hpp>
#include <spdlog/spdlog.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include "gateway/http/connection.hpp"
#include "gateway/http/entity_tag.hpp"
#include "gateway/http/media_type.hpp"
#include "proto/errors.hpp"
#include "proto/free_memory.hpp"

namespace typhon::http {

namespace {

constexpr std::uint64_t kMaxCopiedFile = 16U << 10;  // bytes; copied behind the head, one send
constexpr std::uint64_t kPiece = 256U << 10;  // bytes that a client must take in --write-timeout
constexpr std::uint64_t kTurn = 512U << 10;   // bytes; then other connections get their turn
constexpr std::uint64_t kCopyStep = 64U << 10;
constexpr ssize_t kUnable = -1;
constexpr std::string_view kFileMethods = "GET, HEAD, OPTIONS";

std::string tag_of(const auto& source, Coding coding) {
    const std::string_view coded = source.is_coded ? coding_name(coding) : std::string_view();
    std::string tag = file_tag(source.file.modified_ns, source.file.size, coded);
    // What is compressed on demand is another sequence of bytes with each version of the library.
    return source.is_coded || coding == Coding::identity ? tag : weak_tag(tag);
}

}  // namespace

/// The answer when there is no file to send.
ErrorAnswer Connection::failure(OpenOutcome outcome) {
    switch (outcome) {
        case OpenOutcome::forbidden:
            return {.status = 403, .text = "the file may not be read"};
        case OpenOutcome::busy:
            return {.status = 503, .text = "too many files are open", .retry_after_s = 1};
        case OpenOutcome::failed:
            return {.status = 500, .text = proto::error_info(proto::ErrorCode::internal).text};
        default:
            return {.status = 404, .text = proto::error_info(proto::ErrorCode::not_found).text};
    }
}

/// The target of a path in a static directory.
Connection::Target Connection::route_file() {
    const std::string_view method = head_->method();
    if (method == "GET" || method == "HEAD") {
        return Target::file;
    }
    if (method == "OPTIONS") {
        return answer_options(kFileMethods);
    }
    return answer_unread({.status = 405,
                          .text = proto::error_info(proto::ErrorCode::method_not_allowed).text,
                          .allow = kFileMethods});
}

Connection::Step Connection::serve_file() {
    const StaticDirectory& root = *state_->statics.find(state_->path);
    const auto path = file_below(root, state_->path);
    OpenFile file;
    const OpenOutcome outcome =
        path ? open_beneath(root.directory, *path, file) : OpenOutcome::missing;
    if (outcome == OpenOutcome::opened && state_->options.compress) {
        return serve_coded_file(root, *path, std::move(file));
    }
    if (outcome == OpenOutcome::opened) {
        return answer_with_file({.file = std::move(file), .content_type = media_type(*path)},
                                read_conditions(*head_));
    }
    if (outcome == OpenOutcome::directory && has_index(root, *path)) {
        settle_keep_alive();
        write_moved(state_->output,
                    exchange_,
                    with_slash(state_->path, head_->query()),
                    state_->date_line());
    } else {
        write_error_answer(failure(outcome));
    }
    return Step::answered;
}

std::unique_ptr<Connection::FileJob> Connection::make_job(FileSource& source, FileAnswer answer) {
    return std::make_unique<FileJob>(
        FileJob{std::move(source.file.fd), std::move(answer), std::string(source.handler_fields)});
}

bool Connection::has_index(const StaticDirectory& root, const std::string& directory) {
    OpenFile index;
    const std::string path = directory + '/' + std::string(kIndexFile);
    return open_beneath(root.directory, path, index) == OpenOutcome::opened;
}

/// Answers with a file that is open. Conditions and ranges are those of the request.
Connection::Step Connection::answer_with_file(FileSource source, const Conditions& conditions) {
    const std::time_t now = LoopState::now();
    const Representation representation{.tag = tag_of(source, exchange_.coding),
                                        .modified = std::min(source.file.modified(), now),
                                        .size = source.file.size};
    FileAnswer answer = make_file_answer(representation,
                                         source.content_type,
                                         source.status == 200 ? conditions : Conditions(),
                                         exchange_,
                                         now);
    answer.status = answer.status == 200 ? source.status : answer.status;
    if (answer.status == 412 || answer.status == 416) {
        write_error_answer({.status = answer.status,
                            .text = answer.status == 412 ? "a precondition of the request failed"
                                                         : "no byte of the range is in the file",
                            .content_range = answer.content_range});
        return Step::answered;
    }
    if (answer.status == 304 || answer.status == 206) {
        exchange_.coding = Coding::identity;  // a 304 does not tell it, a part has none
    }
    const bool on_demand = exchange_.coding != Coding::identity && !source.is_coded;
    answer.size_known = !on_demand || !exchange_.is_head;
    if (on_demand && !exchange_.is_head) {
        file_ = make_job(source, std::move(answer));
        return Step::code_file;
    }
    return send_file_answer(make_job(source, std::move(answer)));
}

/// The head goes to the output, with a small body behind it.
Connection::Step Connection::send_file_answer(std::unique_ptr<FileJob> job) {
    const std::size_t start = state_->output.size();
    if (!begin_file(job->answer, job->handler_fields) ||
        !sends_body(exchange_, job->answer.status)) {
        return Step::answered;
    }
    if (job->answer.size <= kMaxCopiedFile) {
        copy_file(job->fd.get(), job->answer, start);
        return Step::answered;
    }
    file_ = std::move(job);
    return Step::file;
}

/// Appends the head of a file's answer. False, and an error is in the output, when a field cannot
/// be sent.
bool Connection::begin_file(const FileAnswer& answer, std::string_view handler_fields) {
    settle_keep_alive();
    std::string& out = state_->output;
    const std::size_t start = out.size();
    AnswerHead head(out, exchange_, answer.status, state_->date_line());
    write_file_fields(head, answer);
    if (!head.handler_fields(handler_fields)) {
        out.resize(start);
        write_bad_reply();
        return false;
    }
    answer.size_known ? head.end(answer.size) : head.end_of_unknown();
    return true;
}

/// Appends a small body to the output. When the file has changed meanwhile the head that begins at
/// `start` is replaced by an error.
void Connection::copy_file(int fd, const FileAnswer& answer, std::size_t start) {
    std::string& out = state_->output;
    for (const FilePiece& piece : answer.pieces) {
        out += piece.text;
        if (!append_range(fd, piece.range, out)) {
            out.resize(start);
            write_error_answer({.status = 503, .text = "the file changes", .retry_after_s = 1});
            return;
        }
    }
}

/// Sends the body of a file whose head is in the output. The connection ends when it cannot be sent
/// whole.
Task<void> Connection::send_file() {
    const std::unique_ptr<FileJob> job = std::move(file_);
    release_input();
    for (const FilePiece& piece : job->answer.pieces) {
        state_->output += piece.text;
        if (!flush()) {
            co_await write_rest();
        }
        if (open() && piece.range.size > 0) {
            co_await send_range(job->fd.get(), piece.range);
        }
        if (!open()) {
            co_return;
        }
    }
}

/// Sends bytes of `fd` behind what has been sent, or closes the connection: when the client is
/// gone, takes too little in --write-timeout, or the file has become shorter. The output is empty.
Task<void> Connection::send_range(int fd, ByteRange range) {
    if (state_->options.sendfile && !secured()) {  // else it is encrypted on the way
        co_await send_by_kernel(fd, range);
    }
    if (open() && range.size > 0) {
        co_await send_by_copy(fd, range);
    }
}

/// Leaves in `range` what the kernel does not send, for another reason than the client or the file.
Task<void> Connection::send_by_kernel(int fd, ByteRange& range) {
    std::uint64_t since_armed = 0;
    std::uint64_t in_turn = 0;
    state_->arm(*this, DeadlineKind::write);
    while (range.size > 0 && open() && !timed_out_) {
        const ssize_t sent = send_at_once(fd, range);
        if (sent == kUnable) {
            break;
        }
        since_armed += static_cast<std::uint64_t>(sent);
        in_turn += static_cast<std::uint64_t>(sent);
        if (since_armed >= kPiece) {
            since_armed = 0;
            state_->arm(*this, DeadlineKind::write);
        }
        if (sent == 0 && open()) {
            in_turn = 0;
            co_await socket_.writable();
        } else if (in_turn >= kTurn) {
            in_turn = 0;
            co_await asio::post(socket_.get_executor(), kUseTask);
        }
    }
    end_write();
}

/// The bytes that the socket took, which are taken off `range`; 0 when it takes none now or the
/// connection is broken; kUnable when the kernel does not send such a file.
ssize_t Connection::send_at_once(int fd, ByteRange& range) {
    auto offset = static_cast<off_t>(range.first);
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(range.size, kPiece));
    const ssize_t sent = ::sendfile(socket_.native_handle(), fd, &offset, size);
    if (sent > 0) {
        sent_ += static_cast<std::uint64_t>(sent);
        range.first += static_cast<std::uint64_t>(sent);
        range.size -= static_cast<std::uint64_t>(sent);
        return sent;
    }
    if (sent < 0 && (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP)) {
        return kUnable;
    }
    open_ = open_ && sent < 0 && (errno == EAGAIN || errno == EINTR);
    if (sent == 0) {
        cut_off_ = true;
        spdlog::warn("A file became shorter while it was sent; the connection was closed");
    }
    return 0;
}

/// The way without sendfile(2): for file systems that do not have it, and for sockets whose bytes
/// are changed on the way.
Task<void> Connection::send_by_copy(int fd, ByteRange range) {
    std::uint64_t in_turn = 0;
    while (range.size > 0 && open()) {
        const ByteRange step{range.first, std::min<std::uint64_t>(range.size, kCopyStep)};
        if (!append_range(fd, step, rest_)) {
            spdlog::warn("A file became shorter while it was sent; the connection was closed");
            proto::free_memory(rest_);
            open_ = false;
            cut_off_ = true;
            co_return;
        }
        range.first += step.size;
        range.size -= step.size;
        co_await write_rest();
        in_turn += step.size;
        if (in_turn >= kTurn && open()) {
            in_turn = 0;
            co_await asio::post(socket_.get_executor(), kUseTask);
        }
    }
}

}  // namespace typhon::http
