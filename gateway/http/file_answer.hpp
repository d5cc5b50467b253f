// The answer that sends a file: its head, and the pieces of its body. Pure; the bytes of the file
// are sent by the connection.
//
// It does not know where the file comes from: a static directory names one, a Python handler's
// reply may name another.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/answer_head.hpp"
#include "gateway/http/conditions.hpp"

namespace typhon::http {

/// A text, and bytes of the file after it; either may be empty.
struct FilePiece {
    std::string text;
    ByteRange range;
};

struct FileAnswer {
    int status = 200;           // 200, 206, 304, 412 or 416
    std::string content_type;   // of the answer, so multipart/byteranges for several ranges
    std::string content_range;  // with 416, and with 206 of one range
    std::string tag;
    std::time_t modified = 0;
    std::vector<FilePiece> pieces;  // the body; none when the status has no body of the file
    std::uint64_t size = 0;         // of the body
    bool size_known = true;         // false for HEAD, when the body of GET is made on demand

    /// Another body: a text alone.
    void set_body(std::string text);
};

/// Decides what is sent of a file: all of it, parts, or nothing. The boundary between parts (RFC
/// 9110 section 14.6) is made of the exchange's id.
[[nodiscard]] FileAnswer make_file_answer(const Representation& file,
                                          std::string_view content_type,
                                          const Conditions& conditions,
                                          const Exchange& exchange,
                                          std::time_t now);

/// Appends the fields of an answer of status 200, 206 or 304 that tell of the file.
void write_file_fields(AnswerHead& head, const FileAnswer& answer);

/// Appends a whole 301 to `location`, which is known to be good.
void write_moved(std::string& out,
                 const Exchange& exchange,
                 std::string_view location,
                 std::string_view date_line);

}  // namespace typhon::http
