#include "gateway/http/stream_coder.hpp"

#include <array>
#include <atomic>
#include <cstdint>
#include <new>

#include <brotli/encode.h>
#include <zlib.h>

#include "gateway/http/coding_levels.hpp"

namespace typhon::http {

namespace {

// The least that has nearly the effect of the window for whole bodies, which would take 9 MiB.
constexpr std::uint32_t kBrotliWindow = 16;

using Buffer = std::array<char, 16U << 10>;

std::atomic<int> coder_count = 0;  // that exist, or are being made

class GzipCoder final : public StreamCoder {
public:
    GzipCoder() {
        if (::deflateInit2(
                &stream_, kGzipLevel, Z_DEFLATED, kGzipWindow, kGzipMemory, Z_DEFAULT_STRATEGY) !=
            Z_OK) {
            throw std::bad_alloc();
        }
    }
    ~GzipCoder() override { ::deflateEnd(&stream_); }
    GzipCoder(const GzipCoder&) = delete;
    GzipCoder& operator=(const GzipCoder&) = delete;
    GzipCoder(GzipCoder&&) = delete;
    GzipCoder& operator=(GzipCoder&&) = delete;

private:
    bool run(Operation operation, std::string_view piece, std::string& out) override {
        const int flush = operation == Operation::flush ? Z_SYNC_FLUSH : Z_FINISH;
        // zlib does not write through next_in.
        stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
        stream_.avail_in = static_cast<uInt>(piece.size());
        Buffer buffer;
        do {  // a buffer that is not filled is the last one
            stream_.next_out = reinterpret_cast<Bytef*>(buffer.data());
            stream_.avail_out = static_cast<uInt>(buffer.size());
            if (::deflate(&stream_, flush) == Z_STREAM_ERROR) {
                return false;
            }
            out.append(buffer.data(), buffer.size() - stream_.avail_out);
        } while (stream_.avail_out == 0);
        return true;
    }

    z_stream stream_{};
};

class BrotliCoder final : public StreamCoder {
public:
    BrotliCoder() : state_(::BrotliEncoderCreateInstance(nullptr, nullptr, nullptr)) {
        if (state_ == nullptr) {
            throw std::bad_alloc();
        }
        ::BrotliEncoderSetParameter(state_, BROTLI_PARAM_QUALITY, kBrotliQuality);
        ::BrotliEncoderSetParameter(state_, BROTLI_PARAM_LGWIN, kBrotliWindow);
    }
    ~BrotliCoder() override { ::BrotliEncoderDestroyInstance(state_); }
    BrotliCoder(const BrotliCoder&) = delete;
    BrotliCoder& operator=(const BrotliCoder&) = delete;
    BrotliCoder(BrotliCoder&&) = delete;
    BrotliCoder& operator=(BrotliCoder&&) = delete;

private:
    bool run(Operation operation, std::string_view piece, std::string& out) override {
        const auto what =
            operation == Operation::flush ? BROTLI_OPERATION_FLUSH : BROTLI_OPERATION_FINISH;
        const auto* next_in = reinterpret_cast<const std::uint8_t*>(piece.data());
        std::size_t left = piece.size();
        Buffer buffer;
        do {
            auto* next_out = reinterpret_cast<std::uint8_t*>(buffer.data());
            std::size_t room = buffer.size();
            if (::BrotliEncoderCompressStream(
                    state_, what, &left, &next_in, &room, &next_out, nullptr) != BROTLI_TRUE) {
                return false;
            }
            out.append(buffer.data(), buffer.size() - room);
        } while (left != 0 || ::BrotliEncoderHasMoreOutput(state_) == BROTLI_TRUE);
        return true;
    }

    BrotliEncoderState* state_;
};

std::unique_ptr<StreamCoder> try_make(Coding coding) {
    try {
        if (coding == Coding::br) {
            return std::make_unique<BrotliCoder>();
        }
        return std::make_unique<GzipCoder>();
    } catch (const std::bad_alloc&) {
        return nullptr;
    }
}

}  // namespace

std::unique_ptr<StreamCoder> StreamCoder::make(Coding coding) {
    auto coder = coder_count.fetch_add(1) < kMaxStreamCoders ? try_make(coding) : nullptr;
    if (coder == nullptr) {
        coder_count.fetch_sub(1);
        return nullptr;
    }
    coder->counted_ = true;
    return coder;
}

StreamCoder::~StreamCoder() {
    if (counted_) {
        coder_count.fetch_sub(1);
    }
}

bool StreamCoder::feed(std::string_view piece, std::string& out) {
    return piece.empty() || try_run(Operation::flush, piece, out);
}

bool StreamCoder::finish(std::string& out) {
    return try_run(Operation::finish, {}, out);
}

bool StreamCoder::try_run(Operation operation, std::string_view piece, std::string& out) {
    try {
        failed_ = failed_ || !run(operation, piece, out);
    } catch (const std::bad_alloc&) {
        failed_ = true;
    }
    return !failed_;
}

}  // namespace typhon::http
