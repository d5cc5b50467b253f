// How a connection answers with a file that a Python handler names: only one beneath --file-root.
#include <spdlog/spdlog.h>

#include "gateway/http/char_class.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/media_type.hpp"
#include "gateway/http/reply_file.hpp"
#include "proto/errors.hpp"
#include "proto/printable.hpp"

namespace typhon::http {

/// The conditions that a file in the answer of this request would have; null when there are none.
std::unique_ptr<Conditions> Connection::keep_conditions() const {
    const bool reads = head_->method() == "GET" || head_->method() == "HEAD";
    return reads ? std::make_unique<Conditions>(read_conditions(*head_)) : nullptr;
}

/// What is to be done for a reply that is no answer by itself: it names a file, or it is broken.
Connection::Step Connection::serve_named_file(const proto::Reply& reply,
                                              const Conditions* conditions) {
    exchange_.coding = Coding::identity;  // the planned one was of the reply's own body
    exchange_.varies = false;
    const auto named = named_file(reply.headers);
    if (!named || reply.status < 200 || reply.status > 599 || !is_field_value(reply.content_type)) {
        write_bad_reply();
        return Step::answered;
    }
    OpenFile file;
    const auto place = rooted_path(state_->options.file_roots, named->path);
    if (!place) {
        spdlog::error("A handler named a file outside of --file-root: {} (request {})",
                      proto::printable(named->path),
                      proto::request_id_text(exchange_.id));
        write_error_answer(failure(OpenOutcome::failed));
        return Step::answered;
    }
    const OpenOutcome outcome = open_beneath(place->root, place->path, file);
    if (outcome != OpenOutcome::opened) {
        write_error_answer(
            failure(outcome == OpenOutcome::directory ? OpenOutcome::missing : outcome));
        return Step::answered;
    }
    FileSource source{
        .file = std::move(file),
        .content_type = reply.content_type.empty() ? media_type(place->path) : reply.content_type,
        .handler_fields = named->fields,
        .status = reply.status};
    return answer_with_file(std::move(source), conditions != nullptr ? *conditions : Conditions());
}

}  // namespace typhon::http
