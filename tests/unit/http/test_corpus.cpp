#include <string>
#include <vector>

#include "corpus.hpp"
#include <doctest/doctest.h>

using namespace typhon::test;

namespace {

constexpr std::size_t kSmall = 1500;  // bytes of a case that is split at every place

void check_request(const CorpusRequest& got, const CorpusRequest& expected) {
    CHECK(got.method == expected.method);
    CHECK(got.path == expected.path);
    if (expected.has_query) {
        CHECK(got.query == expected.query);
    }
    if (expected.has_body) {
        CHECK(got.body == expected.body);
    }
    for (const auto& [name, values] : expected.fields) {
        const auto found = got.fields.find(name);
        REQUIRE(found != got.fields.end());
        CHECK(found->second == values);
    }
}

void check_outcome(const CorpusOutcome& got, const CorpusOutcome& expected) {
    CHECK(got.refused == expected.refused);
    CHECK(got.closes == expected.closes);
    CHECK(got.cut == expected.cut);
    // The last request of a case that is cut may have begun.
    REQUIRE(got.requests.size() >= expected.requests.size());
    CHECK(got.requests.size() <= expected.requests.size() + (expected.cut ? 1 : 0));
    for (std::size_t i = 0; i < expected.requests.size(); ++i) {
        check_request(got.requests[i], expected.requests[i]);
    }
}

template <class Pieces>
void check_corpus(Pieces pieces) {
    for (const CorpusCase& one : load_corpus()) {
        CAPTURE(one.name);
        for (const std::vector<std::size_t>& each : pieces(one.bytes.size())) {
            check_outcome(read_in_pieces(one, each), one.expected);
        }
    }
}

using Splits = std::vector<std::vector<std::size_t>>;

}  // namespace

TEST_CASE("Corpus: every raw request has its outcome when it arrives at once") {
    CHECK(load_corpus().size() >= 200);
    check_corpus([](std::size_t) { return Splits{{}}; });
}

TEST_CASE("Corpus: every raw request has its outcome when it arrives byte by byte") {
    check_corpus([](std::size_t size) { return Splits{std::vector<std::size_t>(size, 1)}; });
}

TEST_CASE("Corpus: every raw request has its outcome when it is split in two anywhere") {
    check_corpus([](std::size_t size) {
        Splits splits;
        const std::size_t step = size <= kSmall ? 1 : size / 97 + 1;
        for (std::size_t first = 1; first < size; first += step) {
            splits.push_back({first});
        }
        return splits;
    });
}
