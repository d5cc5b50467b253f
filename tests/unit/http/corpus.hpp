// The raw requests of tests/http, and what the pure parts of the front make of them: the head
// parser and the chunked decoder, without a socket.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace typhon::test {

struct CorpusRequest {
    std::string method;
    std::string path;
    std::string query;
    std::string body;
    std::map<std::string, std::vector<std::string>> fields;  // by lower-case name
    bool has_query = false;                                  // expected: the key was there
    bool has_body = false;
    int status = 200;
};

/// What is expected of a case, or what came of it.
struct CorpusOutcome {
    std::vector<CorpusRequest> requests;
    int refused = 0;
    bool cut = false;
    bool closes = false;
};

struct CorpusCase {
    std::string name;  // "valid/target-query"
    std::string bytes;
    CorpusOutcome expected;
};

/// All cases, in the order of their names. Throws when a file is missing or is no JSON.
[[nodiscard]] std::vector<CorpusCase> load_corpus();

/// Reads the bytes of a case as they arrive: `pieces` are the sizes of the reads.
[[nodiscard]] CorpusOutcome read_in_pieces(const CorpusCase& one,
                                           const std::vector<std::size_t>& pieces);

}  // namespace typhon::test
