#include "gateway/native/message.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

#include "proto/request_id.hpp"

namespace typhon {

namespace {

constexpr std::size_t kKeptBody = 64U << 10;  // bytes of memory

std::string lower_media_type(std::string_view content_type) {
    const std::string_view bare = content_type.substr(0, content_type.find(';'));
    std::string lower;
    for (const char c : bare) {
        if (c != ' ' && c != '\t') {
            lower.push_back(static_cast<char>(std::tolower(static_cast<unsigned char>(c))));
        }
    }
    return lower;
}

[[noreturn]] void refuse_json(std::size_t byte) {
    throw HttpError(400, "The body is not valid JSON (at byte " + std::to_string(byte) + ").");
}

}  // namespace

bool is_json_type(std::string_view content_type) noexcept {
    const std::string type = lower_media_type(content_type);
    constexpr std::string_view kSuffix = "+json";
    return type == "application/json" ||
           (type.size() > kSuffix.size() &&
            type.compare(type.size() - kSuffix.size(), kSuffix.size(), kSuffix) == 0);
}

std::size_t json_depth(std::string_view text) noexcept {
    std::size_t depth = 0;
    std::size_t deepest = 0;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\') {
                ++i;
            } else if (c == '"') {
                in_string = false;
            }
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            deepest = std::max(deepest, ++depth);
        } else if ((c == ']' || c == '}') && depth > 0) {
            --depth;
        }
    }
    return deepest;
}

nlohmann::json Request::json() const {
    const auto type = headers.find("Content-Type");
    if (type == headers.end() || !is_json_type(type->second)) {
        throw HttpError(415, "The content type must be application/json.");
    }
    // dump() recurses once per level: a deep value would overflow the stack of the loop.
    if (json_depth(body) > kMaxJsonDepth) {
        throw HttpError(400, "The JSON body nests too deeply.");
    }
    try {
        return nlohmann::json::parse(body);
    } catch (const nlohmann::json::parse_error& error) {
        refuse_json(error.byte);
    } catch (const nlohmann::json::exception&) {
        throw HttpError(400, "The JSON body holds a number out of range.");
    }
}

std::string Request::name() const {
    return proto::request_name(id, given_id);
}

void Request::clear() {
    method.clear();
    path.clear();
    headers.clear();
    body.clear();
    if (body.capacity() > kKeptBody) {
        body.shrink_to_fit();
    }
    version.clear();
    target.clear();
    params.clear();
    files.clear();
    ranges.clear();
    path_params.clear();
    deadline = proto::Deadline();
    id = 0;
    scheme = "http";
    given_id.clear();
}

void Response::set_header(const std::string& name, const std::string& value) {
    headers.emplace(name, value);
}

void Response::set_redirect(const std::string& url, int redirect_status) {
    set_header("Location", url);
    status = redirect_status;
}

void Response::set_content(std::string text, const std::string& content_type) {
    body = std::move(text);
    headers.erase("Content-Type");
    set_header("Content-Type", content_type);
}

void Response::set_content(const char* text, std::size_t size, const std::string& content_type) {
    set_content(std::string(text, size), content_type);
}

void Response::set_json(std::string text) {
    set_content(std::move(text), "application/json");
}

void Response::clear() {
    if (content_provider_resource_releaser_) {
        std::exchange(content_provider_resource_releaser_, nullptr)(content_provider_success_);
    }
    version.clear();
    status = 200;
    reason.clear();
    headers.clear();
    body.clear();
    location.clear();
    content_length_ = 0;
    content_provider_ = nullptr;
    is_chunked_content_provider_ = false;
    content_provider_success_ = false;
}

}  // namespace typhon
