#include "proto/request_id.hpp"

#include <algorithm>

#include "proto/codec.hpp"
#include "proto/errors.hpp"

namespace typhon::proto {

namespace {

constexpr std::size_t kMaxRequestId = 64;
constexpr std::string_view kFieldName = "x-request-id";

char lower(char character) noexcept {
    return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                                : character;
}

bool is_id_character(char character) noexcept {
    const char low = lower(character);
    return (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || low == '.' || low == '_' ||
           low == '-';
}

bool is_field_name(std::string_view name) noexcept {
    return name.size() == kFieldName.size() &&
           std::equal(name.begin(), name.end(), kFieldName.begin(), [](char a, char b) {
               return lower(a) == b;
           });
}

}  // namespace

bool is_request_id(std::string_view text) noexcept {
    return !text.empty() && text.size() <= kMaxRequestId &&
           std::all_of(text.begin(), text.end(), is_id_character);
}

std::string request_name(std::uint64_t id, std::string_view given) {
    return given.empty() ? request_id_text(id) : std::string(given);
}

std::string request_name(const Request& request) {
    HeaderBlockReader reader(request.headers);
    std::string_view name;
    std::string_view value;
    while (reader.next(name, value)) {
        if (is_field_name(name) && is_request_id(value)) {
            return std::string(value);
        }
    }
    return request_id_text(request.id);
}

}  // namespace typhon::proto
