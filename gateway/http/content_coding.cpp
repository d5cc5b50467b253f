#include "gateway/http/content_coding.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "gateway/http/answer_head.hpp"
#include "gateway/http/char_class.hpp"
#include "gateway/http/head.hpp"

namespace typhon::http {

namespace {

constexpr int kFull = 1000;  // weights in thousandths

/// The weight "0.5" in thousandths; none when it is no qvalue (RFC 9110 section 12.4.2).
std::optional<int> read_weight(std::string_view text) noexcept {
    if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1') ||
        (text.size() > 1 && text[1] != '.')) {
        return std::nullopt;
    }
    int weight = (text[0] - '0') * kFull;
    int place = kFull / 10;
    for (const char digit : text.substr(std::min<std::size_t>(text.size(), 2))) {
        if (!has_bit(digit, kDigitBit)) {
            return std::nullopt;
        }
        weight += (digit - '0') * place;
        place /= 10;
    }
    return weight <= kFull ? std::optional(weight) : std::nullopt;
}

struct Element {
    std::string_view coding;
    int weight = kFull;
};

/// An element of the list; none when its weight is not valid.
std::optional<Element> read_element(std::string_view text) noexcept {
    const std::size_t semicolon = text.find(';');
    Element element{.coding = trim_ows(text.substr(0, semicolon))};
    if (semicolon == std::string_view::npos) {
        return element;
    }
    const std::string_view parameter = trim_ows(text.substr(semicolon + 1));
    if (parameter.size() < 2 || to_lower(parameter[0]) != 'q' || parameter[1] != '=') {
        return std::nullopt;
    }
    const auto weight = read_weight(parameter.substr(2));
    if (!weight) {
        return std::nullopt;
    }
    element.weight = *weight;
    return element;
}

/// The weights that a list gives, none for what it does not name.
struct Weights {
    std::optional<int> br;
    std::optional<int> gzip;
    std::optional<int> identity;
    std::optional<int> any;

    void add(const Element& element) noexcept {
        if (equals_lower(element.coding, "br")) {
            br = element.weight;
        } else if (equals_lower(element.coding, "gzip") || equals_lower(element.coding, "x-gzip")) {
            gzip = element.weight;
        } else if (equals_lower(element.coding, "identity")) {
            identity = element.weight;
        } else if (element.coding == "*") {
            any = element.weight;
        }
    }
};

std::string_view essence(std::string_view content_type) noexcept {
    return trim_ows(content_type.substr(0, content_type.find(';')));
}

bool ends_in(std::string_view text, std::string_view lower) noexcept {
    return text.size() >= lower.size() &&
           equals_lower(text.substr(text.size() - lower.size()), lower);
}

bool starts_with(std::string_view text, std::string_view lower) noexcept {
    return equals_lower(text.substr(0, lower.size()), lower);
}

}  // namespace

std::string_view coding_name(Coding coding) noexcept {
    switch (coding) {
        case Coding::gzip:
            return "gzip";
        case Coding::br:
            return "br";
        case Coding::identity:
            break;
    }
    return {};
}

AcceptedCodings read_accept_encoding(std::string_view value) noexcept {
    Weights weights;
    for (std::string_view text; next_element(value, text);) {
        if (const auto element = read_element(text)) {
            weights.add(*element);
        }
    }
    const int others = weights.any.value_or(0);
    const int br = weights.br.value_or(others);
    const int gzip = weights.gzip.value_or(others);
    // What is not named comes last; it is refused by a weight of 0, its own or that of "*".
    const int identity = weights.identity.value_or(weights.any.value_or(1));
    AcceptedCodings accepted;
    accepted.refuses_identity = identity == 0;
    std::size_t count = 0;
    const int least = weights.identity ? std::max(identity, 1) : 1;
    const auto add = [&](Coding coding, int weight) {
        if (weight >= least) {
            accepted.best[count++] = coding;
        }
    };
    if (br >= gzip) {
        add(Coding::br, br);
        add(Coding::gzip, gzip);
    } else {
        add(Coding::gzip, gzip);
        add(Coding::br, br);
    }
    return accepted;
}

AcceptedCodings accepted_codings(const Head& head) {
    std::string_view only;
    std::string joined;
    for (const Field& field : head.fields()) {
        if (field.kind != FieldKind::accept_encoding) {
            continue;
        }
        if (only.empty()) {
            only = head.view(field.value);
            continue;
        }
        joined += joined.empty() ? std::string(only) : std::string();
        joined += ',';
        joined += head.view(field.value);
    }
    return read_accept_encoding(joined.empty() ? only : std::string_view(joined));
}

bool is_compressible(std::string_view content_type) noexcept {
    constexpr std::array<std::string_view, 14> kTypes{"application/json",
                                                      "application/javascript",
                                                      "application/xml",
                                                      "application/wasm",
                                                      "application/x-ndjson",
                                                      "application/yaml",
                                                      "application/toml",
                                                      "application/rtf",
                                                      "application/vnd.ms-fontobject",
                                                      "application/vnd.apple.mpegurl",
                                                      "font/otf",
                                                      "font/ttf",
                                                      "image/bmp",
                                                      "image/vnd.microsoft.icon"};
    const std::string_view type = essence(content_type);
    if (starts_with(type, "text/")) {
        return !equals_lower(type, "text/event-stream");
    }
    return ends_in(type, "+json") || ends_in(type, "+xml") || ends_in(type, "+text") ||
           std::any_of(kTypes.begin(), kTypes.end(), [type](std::string_view each) {
               return equals_lower(type, each);
           });
}

bool binds_coding(std::string_view name, std::string_view value) noexcept {
    return equals_lower(name, "content-encoding") || equals_lower(name, "content-range") ||
           (equals_lower(name, "cache-control") && list_holds(value, "no-transform"));
}

CodingPlan plan_coding(const CodingFacts& facts,
                       const AcceptedCodings& accepted,
                       std::uint64_t min_size) noexcept {
    const bool has_body = !is_bodiless(facts.status) && !has_empty_body(facts.status);
    if (!has_body || facts.is_bound || facts.status == 206 || facts.size > kMaxCompressed) {
        return {};
    }
    const bool worth_it = facts.size >= min_size && is_compressible(facts.content_type);
    if (!worth_it && !accepted.refuses_identity) {
        return {};
    }
    return {.coding = accepted.first(), .varies = true};
}

}  // namespace typhon::http
