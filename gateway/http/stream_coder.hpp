// Gives a body that is made piece by piece a content coding, so that the client can read each piece
// as soon as it has it.
//
// A coder belongs to one thread at a time. It takes 256 KiB for gzip and to 1.7 MiB for br, so that
// no more than kMaxStreamCoders exist in a process. compress.hpp is for bodies that are there
// whole.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/http/content_coding.hpp"

namespace typhon::http {

inline constexpr int kMaxStreamCoders = 64;

class StreamCoder {
public:
    /// Null when too many are in use, or memory is short. `coding` is not identity. Any thread.
    [[nodiscard]] static std::unique_ptr<StreamCoder> make(Coding coding);

    virtual ~StreamCoder();
    StreamCoder(const StreamCoder&) = delete;
    StreamCoder& operator=(const StreamCoder&) = delete;
    StreamCoder(StreamCoder&&) = delete;
    StreamCoder& operator=(StreamCoder&&) = delete;

    /// Appends `piece` to `out`, and nothing for an empty one. About 1 ms for 32 KiB. False when
    /// memory is short: the body cannot go on then.
    [[nodiscard]] bool feed(std::string_view piece, std::string& out);

    /// Appends the end of the body to `out`. False as feed().
    [[nodiscard]] bool finish(std::string& out);

protected:
    StreamCoder() = default;

    enum class Operation : std::uint8_t { flush, finish };
    [[nodiscard]] virtual bool run(Operation operation,
                                   std::string_view piece,
                                   std::string& out) = 0;

private:
    [[nodiscard]] bool try_run(Operation operation, std::string_view piece, std::string& out);

    bool counted_ = false;
    bool failed_ = false;  // for good: a piece is missing
};

}  // namespace typhon::http
