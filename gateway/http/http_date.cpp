#include "gateway/http/http_date.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include "gateway/http/char_class.hpp"

namespace typhon::http {

namespace {

using Names = std::array<std::string_view, 7>;

constexpr Names kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr Names kLongDays{
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths{
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

void two_digits(std::string& out, int value) {
    out += static_cast<char>('0' + value / 10);
    out += static_cast<char>('0' + value % 10);
}

/// Takes the pieces of a date off the front of a text; remembers the first that does not fit.
class Scanner {
public:
    explicit Scanner(std::string_view text) : rest_(text) {}

    void literal(std::string_view text) {
        good_ = good_ && rest_.starts_with(text);
        skip(text.size());
    }
    void day_name(const Names& names) {
        const auto found = std::find_if(
            names.begin(), names.end(), [this](auto name) { return rest_.starts_with(name); });
        good_ = good_ && found != names.end();
        skip(good_ ? found->size() : 0);
    }
    unsigned month() {
        const auto found = std::find(kMonths.begin(), kMonths.end(), rest_.substr(0, 3));
        good_ = good_ && found != kMonths.end();
        skip(3);
        return static_cast<unsigned>(found - kMonths.begin()) + 1;
    }
    int number(std::size_t digits) {
        const std::string_view text = rest_.substr(0, digits);
        good_ = good_ && text.size() == digits && all_have(text, kDigitBit);
        skip(digits);
        int value = 0;
        for (const char digit : text) {
            value = value * 10 + (digit - '0');
        }
        return value;
    }
    /// The day of the month as asctime() writes it: " 6".
    int padded_day() {
        if (!rest_.starts_with(' ')) {
            return number(2);
        }
        skip(1);
        return number(1);
    }
    [[nodiscard]] bool done() const { return good_ && rest_.empty(); }

private:
    void skip(std::size_t size) { rest_.remove_prefix(std::min(size, rest_.size())); }

    std::string_view rest_;
    bool good_ = true;
};

struct Parts {
    int year = 0;
    unsigned month = 0;
    int day = 0;
    int hour = 0;
    int minute = 0;
    int second = 0;
};

void read_clock(Scanner& scan, Parts& parts) {
    parts.hour = scan.number(2);
    scan.literal(":");
    parts.minute = scan.number(2);
    scan.literal(":");
    parts.second = scan.number(2);
}

/// "Sun, 06 Nov 1994 08:49:37 GMT".
bool read_imf(std::string_view text, Parts& parts) {
    Scanner scan(text);
    scan.day_name(kDays);
    scan.literal(", ");
    parts.day = scan.number(2);
    scan.literal(" ");
    parts.month = scan.month();
    scan.literal(" ");
    parts.year = scan.number(4);
    scan.literal(" ");
    read_clock(scan, parts);
    scan.literal(" GMT");
    return scan.done();
}

int year_of(std::time_t time) {
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    return parts.tm_year + 1900;
}

/// "Sunday, 06-Nov-94 08:49:37 GMT". A year that seems more than 50 years ahead is past.
bool read_rfc850(std::string_view text, std::time_t now, Parts& parts) {
    Scanner scan(text);
    scan.day_name(kLongDays);
    scan.literal(", ");
    parts.day = scan.number(2);
    scan.literal("-");
    parts.month = scan.month();
    scan.literal("-");
    parts.year = scan.number(2);
    scan.literal(" ");
    read_clock(scan, parts);
    scan.literal(" GMT");
    const int this_year = year_of(now);
    parts.year += this_year - this_year % 100;
    parts.year -= parts.year > this_year + 50 ? 100 : 0;
    return scan.done();
}

/// "Sun Nov  6 08:49:37 1994".
bool read_asctime(std::string_view text, Parts& parts) {
    Scanner scan(text);
    scan.day_name(kDays);
    scan.literal(" ");
    parts.month = scan.month();
    scan.literal(" ");
    parts.day = scan.padded_day();
    scan.literal(" ");
    read_clock(scan, parts);
    scan.literal(" ");
    parts.year = scan.number(4);
    return scan.done();
}

std::optional<std::time_t> time_of(const Parts& parts) {
    const std::chrono::year_month_day date{std::chrono::year{parts.year},
                                           std::chrono::month{parts.month},
                                           std::chrono::day{static_cast<unsigned>(parts.day)}};
    // A leap second counts as the second before it.
    if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) {
        return std::nullopt;
    }
    const std::chrono::sys_seconds moment =
        std::chrono::sys_days(date) + std::chrono::hours(parts.hour) +
        std::chrono::minutes(parts.minute) + std::chrono::seconds(std::min(parts.second, 59));
    return std::time_t{moment.time_since_epoch().count()};  // the system's clock ends in 2262
}

}  // namespace

// Not strftime: it follows the locale.
void append_http_date(std::string& out, std::time_t time) {
    std::tm parts{};
    ::gmtime_r(&time, &parts);
    out += kDays[static_cast<std::size_t>(parts.tm_wday)];
    out += ", ";
    two_digits(out, parts.tm_mday);
    out += ' ';
    out += kMonths[static_cast<std::size_t>(parts.tm_mon)];
    out += ' ';
    out += std::to_string(parts.tm_year + 1900);
    out += ' ';
    two_digits(out, parts.tm_hour);
    out += ':';
    two_digits(out, parts.tm_min);
    out += ':';
    two_digits(out, parts.tm_sec);
    out += " GMT";
}

std::optional<std::time_t> parse_http_date(std::string_view text, std::time_t now) {
    Parts parts;
    if (read_imf(text, parts) || read_rfc850(text, now, parts) || read_asctime(text, parts)) {
        return time_of(parts);
    }
    return std::nullopt;
}

}  // namespace typhon::http
