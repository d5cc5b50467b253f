#include "gateway/http/file_answer.hpp"

#include <utility>

#include "gateway/http/http_date.hpp"
#include "proto/errors.hpp"

namespace typhon::http {

namespace {

void add_piece(FileAnswer& answer, std::string text, const ByteRange& range) {
    answer.size += text.size() + range.size;
    answer.pieces.push_back({std::move(text), range});
}

void add_parts(FileAnswer& answer,
               const std::vector<ByteRange>& ranges,
               std::uint64_t file_size,
               const Exchange& exchange) {
    const std::string boundary = "typhon-" + proto::request_id_text(exchange.id);
    for (const ByteRange& range : ranges) {
        std::string text = answer.pieces.empty() ? "--" : "\r\n--";
        text += boundary + "\r\nContent-Type: " + answer.content_type +
                "\r\nContent-Range: " + content_range(range, file_size) + "\r\n\r\n";
        add_piece(answer, std::move(text), range);
    }
    add_piece(answer, "\r\n--" + boundary + "--\r\n", {});
    answer.content_type = "multipart/byteranges; boundary=" + boundary;
}

}  // namespace

void FileAnswer::set_body(std::string text) {
    pieces.clear();
    size = 0;
    add_piece(*this, std::move(text), {});
}

FileAnswer make_file_answer(const Representation& file,
                            std::string_view content_type,
                            const Conditions& conditions,
                            const Exchange& exchange,
                            std::time_t now) {
    const Selection selection = select(conditions, file, exchange.is_head, now);
    FileAnswer answer;
    answer.status = selection.status;
    answer.content_type = content_type;
    answer.tag = file.tag;
    answer.modified = file.modified;
    if (selection.status == 200) {
        add_piece(answer, {}, {0, file.size});
    } else if (selection.status == 416) {
        answer.content_range = content_range_of_none(file.size);
    } else if (selection.ranges.size() == 1) {
        answer.content_range = content_range(selection.ranges.front(), file.size);
        add_piece(answer, {}, selection.ranges.front());
    } else if (selection.status == 206) {
        add_parts(answer, selection.ranges, file.size, exchange);
    }
    return answer;
}

void write_file_fields(AnswerHead& head, const FileAnswer& answer) {
    if (answer.status != 304) {
        head.field("Content-Type", answer.content_type);
        head.field("X-Content-Type-Options", "nosniff");
        head.field("Accept-Ranges", "bytes");
    }
    std::string modified;
    append_http_date(modified, answer.modified);
    head.field("Last-Modified", modified);
    head.field("ETag", answer.tag);
    if (!answer.content_range.empty()) {
        head.field("Content-Range", answer.content_range);
    }
}

void write_moved(std::string& out,
                 const Exchange& exchange,
                 std::string_view location,
                 std::string_view date_line) {
    AnswerHead head(out, exchange, 301, date_line);
    head.field("Location", location);
    head.end(0);
}

}  // namespace typhon::http
