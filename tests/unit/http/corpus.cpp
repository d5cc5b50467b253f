#include "corpus.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "gateway/http/char_class.hpp"
#include "gateway/http/chunked.hpp"
#include "gateway/http/head.hpp"

namespace typhon::test {

namespace {

using nlohmann::json;
constexpr std::size_t kMaxBody = 64U << 10;

std::string read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        throw std::runtime_error("cannot read " + path.string());
    }
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Text of JSON whose characters are bytes.
std::string latin_1(const json& value) {
    const auto text = value.get<std::string>();
    std::string bytes;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto lead = static_cast<unsigned char>(text[i]);
        bytes += lead < 0x80 ? text[i]
                             : static_cast<char>(((lead & 3U) << 6U) |
                                                 (static_cast<unsigned char>(text[++i]) & 0x3fU));
    }
    return bytes;
}

CorpusRequest expected_request(const json& source) {
    CorpusRequest request;
    request.method = source.at("method");
    request.path = latin_1(source.at("path"));
    request.status = source.value("status", 200);
    request.has_query = source.contains("query");
    if (request.has_query) {
        request.query = latin_1(source.at("query"));
    }
    request.has_body = source.contains("body");
    if (request.has_body) {
        request.body = latin_1(source.at("body"));
    }
    const json fields = source.value("fields", json::object());
    for (const auto& [name, value] : fields.items()) {
        auto& values = request.fields[name];
        for (const json& each : value.is_array() ? value : json::array({value})) {
            values.push_back(latin_1(each));
        }
    }
    return request;
}

CorpusOutcome expected_outcome(const json& source) {
    CorpusOutcome outcome;
    for (const json& request : source.at("requests")) {
        outcome.requests.push_back(expected_request(request));
    }
    outcome.refused = source.value("refused", 0);
    outcome.cut = source.value("cut", false);
    outcome.closes = source.value("closes", false);
    return outcome;
}

std::string lower(std::string_view text) {
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), http::to_lower);
    return result;
}

/// Head and body after head and body, as a connection reads them.
class Reader {
public:
    explicit Reader(const CorpusOutcome& expected) : expected_(expected) {}

    void arrive(std::string_view piece) {
        if (!ended_) {
            bytes_ += piece;
            while (!ended_ && step()) {
            }
        }
    }

    CorpusOutcome finish() {
        outcome_.cut = !ended_ && (in_body_ || !bytes_.empty());
        return std::move(outcome_);
    }

private:
    /// False when more bytes are needed.
    bool step() { return in_body_ ? read_body() : read_head(); }

    bool read_head() {
        if (bytes_.empty()) {
            return false;
        }
        const auto status = head_.parse(bytes_, {});
        if (status == http::Head::Status::fault) {
            return refuse(head_.fault().status);
        }
        if (status == http::Head::Status::incomplete) {
            return false;
        }
        add_request();
        bytes_.erase(0, head_.size());
        in_body_ = true;
        // The connection closes without having read this body.
        ended_ = expected_.closes && outcome_.requests.size() == expected_.requests.size() &&
                 expected_.requests.back().status != 200;
        outcome_.closes = ended_;
        return true;
    }

    void add_request() {
        CorpusRequest request;
        request.method = head_.method();
        request.path = head_.path();
        request.query = head_.query();
        for (const http::Field& field : head_.fields()) {
            request.fields[lower(head_.view(field.name))].emplace_back(head_.view(field.value));
        }
        outcome_.requests.push_back(std::move(request));
        decoder_.reset();
        if (head_.framing() == http::Framing::chunked) {
            decoder_.emplace(kMaxBody);
        }
    }

    bool read_body() { return decoder_ ? read_chunks() : read_length(); }

    bool read_chunks() {
        std::string_view rest = bytes_;
        const auto status = decoder_->decode(rest, outcome_.requests.back().body);
        bytes_.erase(0, bytes_.size() - rest.size());
        if (status == http::ChunkedDecoder::Status::fault) {
            outcome_.requests.pop_back();
            return refuse(decoder_->fault().status);
        }
        return status == http::ChunkedDecoder::Status::complete && end_request();
    }

    bool read_length() {
        if (bytes_.size() < head_.content_length()) {
            return false;
        }
        outcome_.requests.back().body = bytes_.substr(0, head_.content_length());
        bytes_.erase(0, head_.content_length());
        return end_request();
    }

    bool end_request() {
        outcome_.closes = ended_ = !head_.keep_alive();
        in_body_ = false;
        head_.clear();
        return true;
    }

    bool refuse(int status) {
        outcome_.refused = status;
        ended_ = true;
        in_body_ = false;
        return false;
    }

    const CorpusOutcome& expected_;
    CorpusOutcome outcome_;
    http::Head head_;
    std::optional<http::ChunkedDecoder> decoder_;
    std::string bytes_;
    bool in_body_ = false;
    bool ended_ = false;
};

}  // namespace

std::vector<CorpusCase> load_corpus() {
    std::vector<CorpusCase> cases;
    const std::filesystem::path root = TYPHON_HTTP_CORPUS;
    for (const char* kind : {"valid", "invalid"}) {
        for (const auto& entry : std::filesystem::directory_iterator(root / kind)) {
            std::filesystem::path path = entry.path();
            if (path.extension() == ".http") {
                const std::string bytes = read_file(path);
                const json expected = json::parse(read_file(path.replace_extension(".json")));
                cases.push_back({std::string(kind) + "/" + path.stem().string(),
                                 bytes,
                                 expected_outcome(expected)});
            }
        }
    }
    std::sort(cases.begin(), cases.end(), [](const auto& left, const auto& right) {
        return left.name < right.name;
    });
    return cases;
}

CorpusOutcome read_in_pieces(const CorpusCase& one, const std::vector<std::size_t>& pieces) {
    Reader reader(one.expected);
    std::string_view bytes = one.bytes;
    for (const std::size_t size : pieces) {
        reader.arrive(bytes.substr(0, size));
        bytes.remove_prefix(std::min(size, bytes.size()));
    }
    reader.arrive(bytes);
    return reader.finish();
}

}  // namespace typhon::test
