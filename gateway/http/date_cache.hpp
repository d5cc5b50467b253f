// The Date field, formatted once a second (RFC 9110 section 6.6.1). Belongs to one loop.
#pragma once

#include <ctime>
#include <string>
#include <string_view>

#include "gateway/http/http_date.hpp"

namespace typhon::http {

class DateCache {
public:
    /// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" for the second `now`; valid until the next call.
    [[nodiscard]] std::string_view line(std::time_t now) {
        if (now != second_) {
            second_ = now;
            line_ = "Date: ";
            append_http_date(line_, now);
            line_ += "\r\n";
        }
        return line_;
    }

private:
    std::time_t second_ = -1;
    std::string line_;
};

}  // namespace typhon::http
