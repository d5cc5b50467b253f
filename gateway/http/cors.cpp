#include "gateway/http/cors.hpp"

#include <algorithm>
#include <utility>

namespace typhon::http {

namespace {

constexpr const char* kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE";
constexpr const char* kHeaders = "Authorization, Content-Type";

std::string line(std::string_view name, std::string_view value) {
    return value.empty() ? std::string() : std::string(name) + ": " + std::string(value) + "\r\n";
}

std::string joined(const std::vector<std::string>& values) {
    std::string list;
    for (const std::string& value : values) {
        list.append(list.empty() ? "" : ", ").append(value);
    }
    return list;
}

}  // namespace

CorsPolicy::CorsPolicy(const CorsOptions& options) {
    const std::string exposed = line("Access-Control-Expose-Headers", joined(options.exposed));
    // Once an answer depends on the origin all of them must say so, also those to requests without
    // one: a cache could give them to a script of another origin (Fetch, section 3.2.5).
    const std::string vary = line("Vary", "Origin");
    for (const std::string& origin : options.origins) {
        if (origin == "*") {
            any_origin_ = true;
            other_ = line("Access-Control-Allow-Origin", "*") + exposed;
            continue;
        }
        std::string fields = line("Access-Control-Allow-Origin", origin);
        fields += line("Access-Control-Allow-Credentials", options.credentials ? "true" : "");
        fields.append(exposed).append(vary);
        grants_.push_back({origin, std::move(fields)});
    }
    if (any_origin_) {
        grants_.clear();
    } else if (!grants_.empty()) {
        other_ = vary;
    }
    preflight_ = line("Access-Control-Allow-Methods",
                      options.methods.empty() ? kMethods : joined(options.methods)) +
                 line("Access-Control-Allow-Headers",
                      options.headers.empty() ? kHeaders : joined(options.headers)) +
                 line("Access-Control-Max-Age", std::to_string(options.max_age.count() / 1000));
}

std::string_view CorsPolicy::lines(std::string_view origin) const noexcept {
    const Grant* grant = find(origin);
    return grant == nullptr ? std::string_view(other_) : std::string_view(grant->lines);
}

std::string_view CorsPolicy::preflight_lines(std::string_view origin) const noexcept {
    return any_origin_ || find(origin) != nullptr ? std::string_view(preflight_)
                                                  : std::string_view();
}

// An origin is compared byte by byte (Fetch, section 4.10): browsers send it in one form.
const CorsPolicy::Grant* CorsPolicy::find(std::string_view origin) const noexcept {
    const auto found = std::find_if(grants_.begin(), grants_.end(), [origin](const Grant& grant) {
        return grant.origin == origin;
    });
    return found == grants_.end() ? nullptr : &*found;
}

}  // namespace typhon::http
