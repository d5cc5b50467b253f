// How a connection gives answers a content coding: what the client accepts, what the answer is; a
// small body is compressed at once, a larger one on the threads for that.
#include <algorithm>
#include <memory>
#include <utility>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "gateway/http/char_class.hpp"
#include "gateway/http/compress.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/media_type.hpp"
#include "gateway/wake_up.hpp"
#include "proto/codec.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kMaxAtOnce = 8U << 10;  // bytes: a fraction of a millisecond

/// A body that is compressed on the pool.
struct CodingJob {
    CodingJob(asio::io_context& loop, std::function<std::string()> to_do)
        : work(std::move(to_do)), finished(loop) {}
    std::function<std::string()> work;
    std::string coded;
    WakeUp finished;
};

void add_field(CodingFacts& facts, std::string_view name, std::string_view value) {
    if (equals_lower(name, "content-type")) {
        facts.content_type = value;
    }
    facts.is_bound = facts.is_bound || binds_coding(name, value);
}

CodingFacts facts_of(const Response& response) {
    CodingFacts facts{.status = response.status, .size = response.body.size()};
    for (const auto& [name, value] : response.headers) {
        add_field(facts, name, value);
    }
    return facts;
}

CodingFacts facts_of(const proto::Reply& reply) {
    CodingFacts facts{
        .status = reply.status, .content_type = reply.content_type, .size = reply.body.size()};
    proto::HeaderBlockReader reader(reply.headers);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        add_field(facts, name, value);
    }
    return facts;
}

std::string_view suffix(Coding coding) {
    return coding == Coding::br ? ".br" : ".gz";
}

std::string read_whole(int fd, std::uint64_t size) {
    std::string bytes;
    return append_range(fd, {0, size}, bytes) ? bytes : std::string();
}

}  // namespace

void Connection::plan_body(const CodingFacts& facts) {
    const CodingPlan plan =
        plan_coding(facts, exchange_.accepted, state_->options.compress_min_size);
    exchange_.coding = plan.coding;
    exchange_.varies = plan.varies || facts.status == 304;  // as the 200 would (section 15.4.5)
}

/// Plans an answer that comes piece by piece, of any size: 0 is one that nobody knows. Null when
/// its body is sent as it is.
std::unique_ptr<StreamCoder> Connection::plan_stream(CodingFacts facts) {
    if (!state_->options.compress) {
        return nullptr;
    }
    const std::uint64_t most =
        std::min<std::uint64_t>(state_->options.compress_min_size, kMaxCompressed);
    facts.size = facts.size == 0 ? most : std::min(facts.size, kMaxCompressed);
    plan_body(facts);
    if (!codes_body()) {
        return nullptr;
    }
    auto coder = StreamCoder::make(exchange_.coding);
    if (coder == nullptr) {
        exchange_.coding = Coding::identity;
    }
    return coder;
}

std::unique_ptr<StreamCoder> Connection::plan_stream(const Response& response) {
    CodingFacts facts = facts_of(response);
    facts.size = response.content_length_;
    return plan_stream(facts);
}

std::unique_ptr<StreamCoder> Connection::plan_stream(const proto::Reply& reply) {
    CodingFacts facts = facts_of(reply);
    facts.size = 0;
    return plan_stream(facts);
}

/// Ends the head of an answer with a body of `size` bytes, or of one that is not made for HEAD.
void Connection::end_with_body(AnswerHead head, std::size_t size) const {
    if (exchange_.is_head && exchange_.coding != Coding::identity) {
        head.end_of_unknown();
    } else {
        head.end(size);
    }
}

bool Connection::codes_body() const noexcept {
    return exchange_.coding != Coding::identity && !exchange_.is_head;
}

/// Plans a native answer, and compresses a small body. True when it must be done on the pool.
bool Connection::code_native(Response& response) {
    plan_body(facts_of(response));
    if (!codes_body()) {
        return false;
    }
    if (response.body.size() > kMaxAtOnce) {
        return true;
    }
    use_coded(response.body, compress(exchange_.coding, response.body));
    return false;
}

/// `coded` is empty when it would be no smaller.
void Connection::use_coded(std::string& body, std::string coded) {
    if (coded.empty()) {
        exchange_.coding = Coding::identity;
    } else {
        body = std::move(coded);
    }
}

/// `response` is moved from at once.
Task<void> Connection::send_coded_native(Response response) {
    release_input();
    std::function<std::string()> work = [coding = exchange_.coding, &body = response.body] {
        return compress(coding, body);
    };
    std::string coded = co_await code_on_pool(std::move(work));
    if (!open()) {
        co_return;
    }
    use_coded(response.body, std::move(coded));
    const Step step = finish_native_answer(response);
    co_await send_native(step, response);
}

/// Plans the answer of a Python handler. The body in its coding; empty when it has none.
Task<std::string> Connection::code_reply(const proto::Reply& reply) {
    std::string coded;
    plan_body(facts_of(reply));
    if (!codes_body()) {
        co_return coded;
    }
    if (reply.body.size() <= kMaxAtOnce) {
        use_coded(coded, compress(exchange_.coding, reply.body));
        co_return coded;
    }
    std::function<std::string()> work = [coding = exchange_.coding, body = reply.body] {
        return compress(coding, body);
    };
    std::string made = co_await code_on_pool(std::move(work));
    use_coded(coded, std::move(made));
    co_return coded;
}

/// Runs `work` on the pool; empty when the pool is full. What `work` refers to lives in the frame
/// that waits, and the pool is stopped before such frames are destroyed.
Task<std::string> Connection::code_on_pool(std::function<std::string()> work) {
    if (!flush()) {
        co_await write_rest();
    }
    DeadlineQueue::disarm(*this);
    asio::io_context& loop = state_->services.loop;
    const auto job = std::make_shared<CodingJob>(loop, std::move(work));
    const bool queued =
        state_->services.coding.submit([&loop, job, guard = asio::make_work_guard(loop)] {
            job->coded = job->work();
            asio::post(loop, [job] { job->finished.wake(); });
        });
    if (queued) {
        co_await job->finished.wait();
    }
    co_return std::move(job->coded);
}

/// Puts what the client is to get in the place of `pieces`; when the pool is full, bit by bit on
/// the loop, so that others get their turn. False when memory is short.
Task<bool> Connection::code_pieces(StreamCoder& coder, std::string& pieces) {
    std::string coded;
    std::string_view left = pieces;
    bool good = true;
    if (left.size() > kMaxAtOnce) {
        std::function<std::string()> work = [&coder, &left, &good] {
            std::string out;
            good = coder.feed(std::exchange(left, {}), out);
            return out;
        };
        coded = co_await code_on_pool(std::move(work));
    }
    while (good && open() && !left.empty()) {
        good = coder.feed(left.substr(0, kMaxAtOnce), coded);
        left.remove_prefix(std::min(left.size(), kMaxAtOnce));
        if (!left.empty()) {
            co_await yield();
        }
    }
    pieces = std::move(coded);
    co_return good;
}

/// Answers with a file that may be compressed: with the sibling that holds it in a coding that the
/// client accepts, when there is one and it is not older; else the pool compresses it. A part is
/// always one of the file itself.
Connection::Step Connection::serve_coded_file(const StaticDirectory& root,
                                              const std::string& path,
                                              OpenFile file) {
    const std::string_view type = media_type(path);
    const Conditions conditions = read_conditions(*head_);
    plan_body({.content_type = type, .size = file.size});
    exchange_.varies = is_compressible(type) && file.size >= state_->options.compress_min_size;
    if (!exchange_.varies || conditions.range) {
        exchange_.coding = Coding::identity;
        return answer_with_file({.file = std::move(file), .content_type = type}, conditions);
    }
    for (const Coding coding : exchange_.accepted.best) {
        OpenFile sibling;
        if (coding != Coding::identity &&
            open_beneath(root.directory, path + std::string(suffix(coding)), sibling) ==
                OpenOutcome::opened &&
            sibling.modified_ns >= file.modified_ns) {
            exchange_.coding = coding;
            return answer_with_file(
                {.file = std::move(sibling), .content_type = type, .is_coded = true}, conditions);
        }
    }
    return answer_with_file({.file = std::move(file), .content_type = type}, conditions);
}

/// Compresses the file that is to be sent, then sends it; as it is when that is no smaller.
Task<void> Connection::send_coded_file() {
    std::unique_ptr<FileJob> job = std::move(file_);
    release_input();
    std::function<std::string()> work =
        [coding = exchange_.coding, fd = job->fd.get(), size = job->answer.size] {
            return compress(coding, read_whole(fd, size));
        };
    std::string coded = co_await code_on_pool(std::move(work));
    if (!open()) {
        co_return;
    }
    if (coded.empty()) {
        exchange_.coding = Coding::identity;
    } else {
        job->answer.set_body(std::move(coded));
    }
    if (begin_file(job->answer, job->handler_fields)) {
        file_ = std::move(job);
        co_await send_file();
    }
}

}  // namespace typhon::http
