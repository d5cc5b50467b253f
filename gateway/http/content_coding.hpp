// Which content coding an answer gets: what the client accepts (RFC 9110 section 12.5.3), and
// whether the answer is worth it. Pure; any thread.
//
// It compresses nothing: compress.hpp does.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace typhon::http {

class Head;

enum class Coding : std::uint8_t { identity, gzip, br };

/// "gzip", "br"; empty for identity.
[[nodiscard]] std::string_view coding_name(Coding coding) noexcept;

/// The codings that a client would rather have than identity, the best first; the rest is
/// identity.
struct AcceptedCodings {
    std::array<Coding, 2> best{};
    bool refuses_identity = false;

    [[nodiscard]] Coding first() const noexcept { return best[0]; }
    friend bool operator==(const AcceptedCodings&, const AcceptedCodings&) = default;
};

/// What the values of the Accept-Encoding fields accept, those of several fields joined by commas.
/// Of equal weights br comes before gzip, and gzip before identity.
[[nodiscard]] AcceptedCodings read_accept_encoding(std::string_view value) noexcept;

/// That of a request; identity alone when it has no such field.
[[nodiscard]] AcceptedCodings accepted_codings(const Head& head);

/// True for media types whose contents are text or otherwise become smaller; parameters do not
/// count.
[[nodiscard]] bool is_compressible(std::string_view content_type) noexcept;

/// What of an answer decides on its coding.
struct CodingFacts {
    int status = 200;
    std::string_view content_type{};
    std::uint64_t size = 0;
    bool is_bound = false;  // it has a coding already, is a part, or must not be transformed
};

/// Notes what a field of a handler says of the coding. True when it binds it: Content-Encoding,
/// Content-Range, and Cache-Control with no-transform.
[[nodiscard]] bool binds_coding(std::string_view name, std::string_view value) noexcept;

/// Larger bodies are sent as they are: compressing one takes a thread too long.
inline constexpr std::uint64_t kMaxCompressed = std::uint64_t{8} << 20;

struct CodingPlan {
    Coding coding = Coding::identity;
    bool varies = false;  // the answer depends on Accept-Encoding: Vary says so
};

/// The coding of an answer. One of less than `min_size` bytes gets one only when the client refuses
/// identity. Identity when the client refuses all that there is.
[[nodiscard]] CodingPlan plan_coding(const CodingFacts& facts,
                                     const AcceptedCodings& accepted,
                                     std::uint64_t min_size) noexcept;

}  // namespace typhon::http
