#include "gateway/http/websocket_records.hpp"

#include "proto/limits.hpp"

namespace typhon::http {

namespace {

constexpr std::uint8_t kFin = 0x80;
constexpr std::size_t kMaxReason = 123;  // bytes; RFC 6455 section 5.5

std::uint32_t byte_at(std::string_view bytes, std::size_t index) noexcept {
    return static_cast<std::uint8_t>(bytes[index]);
}

bool is_opcode(std::uint32_t opcode) noexcept {
    return opcode <= WebSocketRecord::kBinary || opcode == WebSocketRecord::kClose;
}

/// By an endpoint: 1004 to 1006 and 1015 are not, 1014 and below the rest of the registry, and what
/// applications have for themselves.
bool may_be_sent(std::uint32_t code) noexcept {
    return (code >= 1000 && code <= 1014 && (code < 1004 || code > 1006)) ||
           (code >= 3000 && code <= 4999);
}

}  // namespace

void append_record(const WebSocketRecord& record, std::string& out) {
    const auto size = static_cast<std::uint32_t>(record.payload.size());
    out += static_cast<char>(record.opcode | (record.fin ? kFin : 0U));
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        out += static_cast<char>((size >> shift) & 0xFFU);
    }
    out += record.payload;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
    std::string payload{static_cast<char>(code >> 8U), static_cast<char>(code & 0xFFU)};
    return payload.append(reason.substr(0, kMaxReason));
}

WebSocketClose read_close_payload(std::string_view payload) noexcept {
    if (payload.empty()) {
        return {};
    }
    if (payload.size() < 2 || payload.size() > 2 + kMaxReason) {
        return {1011, {}};
    }
    const std::uint32_t code = byte_at(payload, 0) << 8U | byte_at(payload, 1);
    return may_be_sent(code) ? WebSocketClose{static_cast<std::uint16_t>(code), payload.substr(2)}
                             : WebSocketClose{1011, {}};
}

std::optional<WebSocketRecord> take_record(std::string_view& bytes, bool& bad) noexcept {
    if (bytes.size() < WebSocketRecord::kHeadSize) {
        return std::nullopt;
    }
    std::uint32_t size = 0;
    for (std::size_t index = 1; index < WebSocketRecord::kHeadSize; ++index) {
        size = size << 8U | byte_at(bytes, index);
    }
    const std::uint32_t opcode = byte_at(bytes, 0) & ~std::uint32_t{kFin};
    if (size > proto::kMaxChunk || !is_opcode(opcode)) {
        bad = true;
        return std::nullopt;
    }
    if (bytes.size() - WebSocketRecord::kHeadSize < size) {
        return std::nullopt;
    }
    const WebSocketRecord record{static_cast<std::uint8_t>(opcode),
                                 (byte_at(bytes, 0) & kFin) != 0,
                                 bytes.substr(WebSocketRecord::kHeadSize, size)};
    bytes.remove_prefix(WebSocketRecord::kHeadSize + size);
    return record;
}

}  // namespace typhon::http
