#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "coded.hpp"
#include <doctest/doctest.h>

#include "gateway/http/stream_coder.hpp"

using namespace typhon;
using namespace typhon::http;
using typhon::test::decode;
using typhon::test::text_of;

namespace {

/// Bytes that no coding makes smaller.
std::string noise_of(std::size_t size) {
    static std::uint32_t seed = 1;
    std::string noise(size, '\0');
    for (char& byte : noise) {
        seed = seed * 1'664'525U + 1'013'904'223U;
        byte = static_cast<char>(seed >> 24U);
    }
    return noise;
}

/// A coder, what it was fed and what it made of that.
class Subject {
public:
    explicit Subject(Coding coding)
        : name_(coding_name(coding)), coder_(StreamCoder::make(coding)) {
        REQUIRE(coder_ != nullptr);
    }

    void feed(const std::string& piece) {
        fed_ += piece;
        REQUIRE(coder_->feed(piece, coded_));
    }
    void finish() { REQUIRE(coder_->finish(coded_)); }
    void check(bool ended) const {
        CAPTURE(name_);
        const auto read = decode(name_, coded_);
        CHECK(read.bytes == fed_);
        CHECK(read.ended == ended);
    }
    [[nodiscard]] std::size_t fed() const { return fed_.size(); }
    [[nodiscard]] std::size_t coded() const { return coded_.size(); }

private:
    std::string name_;
    std::unique_ptr<StreamCoder> coder_;
    std::string fed_;
    std::string coded_;
};

}  // namespace

TEST_CASE("Stream coder: each piece can be read as soon as it has been fed") {
    for (const Coding coding : {Coding::gzip, Coding::br}) {
        Subject subject(coding);
        for (const std::size_t size : {1U, 40U, 5000U, 300'000U, 2U}) {
            subject.feed(text_of(size));
            subject.check(false);
        }
        subject.finish();
        subject.check(true);
        CHECK(subject.coded() < subject.fed() / 4);
    }
}

TEST_CASE("Stream coder: an empty piece adds nothing, and an empty body is one") {
    for (const Coding coding : {Coding::gzip, Coding::br}) {
        Subject subject(coding);
        subject.feed({});
        CHECK(subject.coded() == 0);
        subject.finish();
        subject.check(true);
    }
}

TEST_CASE("Stream coder: what does not become smaller passes whole, whatever its size") {
    for (const Coding coding : {Coding::gzip, Coding::br}) {
        Subject subject(coding);
        // Sizes about that of the buffer that the coders fill, so that it is once exactly full.
        for (std::size_t size = 16'300; size < 16'400; ++size) {
            subject.feed(noise_of(size));
        }
        subject.finish();
        subject.check(true);
    }
}

TEST_CASE("Stream coder: there are so many and no more, and one that ends makes room") {
    std::vector<std::unique_ptr<StreamCoder>> coders;
    for (int i = 0; i < kMaxStreamCoders; ++i) {
        coders.push_back(StreamCoder::make(Coding::gzip));
        REQUIRE(coders.back() != nullptr);
    }
    CHECK(StreamCoder::make(Coding::gzip) == nullptr);
    CHECK(StreamCoder::make(Coding::br) == nullptr);
    coders.pop_back();
    CHECK(StreamCoder::make(Coding::br) != nullptr);
}
