#include "gateway/http/conditions.hpp"

#include <array>
#include <utility>

#include "gateway/http/char_class.hpp"
#include "gateway/http/entity_tag.hpp"
#include "gateway/http/http_date.hpp"

namespace typhon::http {

namespace {

std::optional<std::string>* slot(Conditions& conditions, std::string_view name) noexcept {
    const std::array<std::pair<std::string_view, std::optional<std::string>*>, 6> slots{
        {{"if-match", &conditions.if_match},
         {"if-none-match", &conditions.if_none_match},
         {"if-modified-since", &conditions.if_modified_since},
         {"if-unmodified-since", &conditions.if_unmodified_since},
         {"if-range", &conditions.if_range},
         {"range", &conditions.range}}};
    for (const auto& [lower, field] : slots) {
        if (equals_lower(name, lower)) {
            return field;
        }
    }
    return nullptr;
}

/// The first step: is this the representation that the client means?
bool is_meant(const Conditions& conditions, const Representation& it, std::time_t now) {
    if (conditions.if_match) {
        return names_tag_strongly(*conditions.if_match, it.tag);
    }
    if (conditions.if_unmodified_since) {
        const auto date = parse_http_date(*conditions.if_unmodified_since, now);
        return !date || it.modified <= *date;
    }
    return true;
}

/// The second: does the client have it already?
bool is_known(const Conditions& conditions, const Representation& it, std::time_t now) {
    if (conditions.if_none_match) {
        return names_tag_weakly(*conditions.if_none_match, it.tag);
    }
    if (conditions.if_modified_since) {
        const auto date = parse_http_date(*conditions.if_modified_since, now);
        return date && it.modified <= *date;
    }
    return false;
}

/// The third: is a part of it what the client can use? A date is a weak validator within its
/// second (section 8.8.2.2).
bool range_counts(const Conditions& conditions, const Representation& it, std::time_t now) {
    if (!conditions.if_range) {
        return true;
    }
    const std::string& condition = *conditions.if_range;
    if (condition.starts_with('"') || condition.starts_with("W/")) {
        return names_tag_strongly(condition, it.tag);
    }
    const auto date = parse_http_date(condition, now);
    return date && *date == it.modified && it.modified < now;
}

}  // namespace

Conditions read_conditions(const Head& head) {
    Conditions conditions;
    if (!head.has_conditions()) {
        return conditions;
    }
    for (const Field& field : head.fields()) {
        if (field.kind != FieldKind::condition) {
            continue;
        }
        auto& text = *slot(conditions, head.view(field.name));
        text = text ? *text + ", " + std::string(head.view(field.value))
                    : std::string(head.view(field.value));
    }
    return conditions;
}

Selection select(const Conditions& conditions,
                 const Representation& representation,
                 bool is_head,
                 std::time_t now) {
    if (!is_meant(conditions, representation, now)) {
        return {.status = 412, .ranges = {}};
    }
    if (is_known(conditions, representation, now)) {
        return {.status = 304, .ranges = {}};
    }
    if (is_head || !conditions.range || !range_counts(conditions, representation, now)) {
        return {};
    }
    RangeRequest request = read_ranges(*conditions.range, representation.size);
    switch (request.outcome) {
        case RangeRequest::Outcome::partial:
            return {.status = 206, .ranges = std::move(request.ranges)};
        case RangeRequest::Outcome::unsatisfiable:
            return {.status = 416, .ranges = {}};
        case RangeRequest::Outcome::whole:
            break;
    }
    return {};
}

}  // namespace typhon::http
