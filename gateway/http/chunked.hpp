// Decoder of the chunked transfer coding (RFC 9112 section 7.1). Pure and incremental; extensions
// and trailer fields are checked, limited and dropped. An object belongs to one body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/head.hpp"

namespace typhon::http {

class ChunkedDecoder {
public:
    enum class Status : std::uint8_t { incomplete, complete, fault };

    /// At most `max_body` bytes of data are accepted.
    explicit ChunkedDecoder(std::size_t max_body) noexcept : max_body_(max_body) {}

    /// Takes bytes off `bytes` and appends data to `out`. After `complete` what is left in `bytes`
    /// belongs to the next request. `incomplete` takes all.
    [[nodiscard]] Status decode(std::string_view& bytes, std::string& out);

    [[nodiscard]] const Fault& fault() const noexcept { return fault_; }

private:
    enum class Phase : std::uint8_t {
        size,
        before_extension,
        extension,
        size_lf,
        data,
        data_cr,
        data_lf,
        trailer_start,
        trailer_name,
        trailer,
        trailer_lf,
        end_lf,
        done,
    };

    [[nodiscard]] bool step(char c);
    [[nodiscard]] bool step_size(char c);
    [[nodiscard]] bool step_before_extension(char c);
    [[nodiscard]] bool step_extension(char c);
    [[nodiscard]] bool step_trailer_start(char c);
    [[nodiscard]] bool step_trailer_name(char c);
    [[nodiscard]] bool step_trailer(char c);
    [[nodiscard]] bool count_extension_byte();
    [[nodiscard]] bool count_trailer_byte();
    [[nodiscard]] bool expect(char c, char wanted, Phase next);
    [[nodiscard]] bool begin_data();
    [[nodiscard]] bool refuse(int status, std::string_view text) noexcept;
    void take_data(std::string_view& bytes, std::string& out);

    Fault fault_;
    std::size_t max_body_;
    std::size_t total_ = 0;     // data bytes announced so far
    std::uint64_t left_ = 0;    // of this chunk
    std::size_t digits_ = 0;    // of this chunk's size
    std::size_t overhead_ = 0;  // bytes of extensions, or of trailers
    Phase phase_ = Phase::size;
};

}  // namespace typhon::http
