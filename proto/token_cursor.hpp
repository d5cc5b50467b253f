// The values of one envelope as a flat list, and a cursor that reads them by type: what lies
// between the msgpack library (codec.cpp) and the envelopes (decode.cpp).
//
// A container is one token that says how many values follow (a map: pairs). Pure; an object belongs
// to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace typhon::proto {

struct Token {
    enum class Type : std::uint8_t { number, bytes, array, map, other };
    Type type = Type::other;
    std::uint32_t size = 0;  // bytes: length; array: values; map: pairs
    union {
        std::uint64_t number = 0;
        const char* data;  // into the frame
    };
};

class TokenCursor {
public:
    TokenCursor(const Token* begin, const Token* end) noexcept : at_(begin), end_(end) {}

    /// Each reader takes one value and is false, with the cursor where it was, when the next value
    /// has another type or does not fit.
    template <class Number>
    [[nodiscard]] bool number(Number& value) noexcept {
        if (!is(Token::Type::number) || at_->number > std::numeric_limits<Number>::max()) {
            return false;
        }
        value = static_cast<Number>((at_++)->number);
        return true;
    }
    [[nodiscard]] bool bytes(std::string_view& value) noexcept {
        if (!is(Token::Type::bytes)) {
            return false;
        }
        value = {at_->data, at_->size};
        ++at_;
        return true;
    }
    [[nodiscard]] bool text(std::string& value) {
        std::string_view view;
        if (!bytes(view)) {
            return false;
        }
        value = view;
        return true;
    }
    [[nodiscard]] bool array(std::uint32_t& size) noexcept {
        return container(Token::Type::array, size);
    }
    [[nodiscard]] bool map(std::uint32_t& pairs) noexcept {
        return container(Token::Type::map, pairs);
    }

    /// Passes over one value with all that is in it.
    void skip() noexcept {
        for (std::size_t values = 1; values > 0 && at_ != end_; ++at_) {
            --values;
            values += at_->type == Token::Type::array ? at_->size : 0;
            values += at_->type == Token::Type::map ? std::size_t{2} * at_->size : 0;
        }
    }

private:
    [[nodiscard]] bool is(Token::Type type) const noexcept {
        return at_ != end_ && at_->type == type;
    }
    [[nodiscard]] bool container(Token::Type type, std::uint32_t& size) noexcept {
        if (!is(type)) {
            return false;
        }
        size = (at_++)->size;
        return true;
    }

    const Token* at_;
    const Token* end_;
};

}  // namespace typhon::proto
