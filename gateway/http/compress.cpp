#include "gateway/http/compress.hpp"

#include <cstddef>
#include <cstdint>
#include <new>

#include <brotli/encode.h>
#include <zlib.h>

#include "gateway/http/coding_levels.hpp"

namespace typhon::http {

namespace {

/// The state of one thread, which is 256 KiB and costs more to make than a small body to compress.
class GzipStream {
public:
    GzipStream() {
        good_ =
            deflateInit2(
                &stream_, kGzipLevel, Z_DEFLATED, kGzipWindow, kGzipMemory, Z_DEFAULT_STRATEGY) ==
            Z_OK;
    }
    ~GzipStream() {
        if (good_) {
            ::deflateEnd(&stream_);
        }
    }
    GzipStream(const GzipStream&) = delete;
    GzipStream& operator=(const GzipStream&) = delete;
    GzipStream(GzipStream&&) = delete;
    GzipStream& operator=(GzipStream&&) = delete;

    /// The size of the result in `out`; 0 when it does not fit.
    std::size_t run(std::string_view body, std::string& out) {
        if (!good_ || ::deflateReset(&stream_) != Z_OK) {
            return 0;
        }
        // zlib does not write through next_in, and takes it as const only where ZLIB_CONST is set.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(body.data()));
        stream_.avail_in = static_cast<uInt>(body.size());
        stream_.next_out = reinterpret_cast<Bytef*>(out.data());
        stream_.avail_out = static_cast<uInt>(out.size());
        return ::deflate(&stream_, Z_FINISH) == Z_STREAM_END ? out.size() - stream_.avail_out : 0;
    }

private:
    z_stream stream_{};
    bool good_ = false;
};

std::size_t run_gzip(std::string_view body, std::string& out) {
    thread_local GzipStream stream;
    return stream.run(body, out);
}

std::size_t run_brotli(std::string_view body, std::string& out) {
    std::size_t size = out.size();
    const bool fits =
        BrotliEncoderCompress(kBrotliQuality,
                              BROTLI_DEFAULT_WINDOW,
                              BROTLI_MODE_GENERIC,
                              body.size(),
                              reinterpret_cast<const std::uint8_t*>(body.data()),
                              &size,
                              reinterpret_cast<std::uint8_t*>(out.data())) == BROTLI_TRUE;
    return fits ? size : 0;
}

}  // namespace

std::string compress(Coding coding, std::string_view body) {
    if (body.size() < 2 || body.size() > kMaxCompressed) {
        return {};
    }
    try {
        std::string out(body.size() - 1, '\0');
        out.resize(coding == Coding::br ? run_brotli(body, out) : run_gzip(body, out));
        return out;
    } catch (const std::bad_alloc&) {
        return {};
    }
}

}  // namespace typhon::http
