// The Date field, formatted once a second (RFC 9110 section 6.6.1). Belongs to one loop.
#pragma once

#include <array>
#include <cstddef>
#include <ctime>
#include <string>
#include <string_view>

namespace typhon::http {

class DateCache {
public:
    /// "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n" for the second `now`; valid until the next call.
    [[nodiscard]] std::string_view line(std::time_t now) {
        if (now != second_) {
            second_ = now;
            format();
        }
        return line_;
    }

private:
    void format() {
        static constexpr std::array<const char*, 7> kDays{
            "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
        static constexpr std::array<const char*, 12> kMonths{
            "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
        std::tm parts{};
        gmtime_r(&second_, &parts);
        // Not strftime: it follows the locale.
        line_ = "Date: ";
        line_ += kDays[static_cast<std::size_t>(parts.tm_wday)];
        line_ += ", ";
        two_digits(parts.tm_mday);
        line_ += ' ';
        line_ += kMonths[static_cast<std::size_t>(parts.tm_mon)];
        line_ += ' ' + std::to_string(parts.tm_year + 1900) + ' ';
        two_digits(parts.tm_hour);
        line_ += ':';
        two_digits(parts.tm_min);
        line_ += ':';
        two_digits(parts.tm_sec);
        line_ += " GMT\r\n";
    }

    void two_digits(int value) {
        line_ += static_cast<char>('0' + value / 10);
        line_ += static_cast<char>('0' + value % 10);
    }

    std::time_t second_ = -1;
    std::string line_;
};

}  // namespace typhon::http
