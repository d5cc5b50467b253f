#include "gateway/http/media_type.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "gateway/http/char_class.hpp"

namespace typhon::http {

namespace {

using Row = std::pair<std::string_view, std::string_view>;

// In the order of the endings. Texts are UTF-8: nearly all are, and a page can say otherwise
// itself.
constexpr std::array kTypes{
    Row{"7z", "application/x-7z-compressed"},
    Row{"aac", "audio/aac"},
    Row{"apng", "image/apng"},
    Row{"atom", "application/atom+xml"},
    Row{"avif", "image/avif"},
    Row{"bmp", "image/bmp"},
    Row{"br", "application/x-brotli"},
    Row{"bz2", "application/x-bzip2"},
    Row{"cjs", "text/javascript; charset=utf-8"},
    Row{"conf", "text/plain; charset=utf-8"},
    Row{"css", "text/css; charset=utf-8"},
    Row{"csv", "text/csv; charset=utf-8"},
    Row{"doc", "application/msword"},
    Row{"docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    Row{"eot", "application/vnd.ms-fontobject"},
    Row{"epub", "application/epub+zip"},
    Row{"flac", "audio/flac"},
    Row{"geojson", "application/geo+json"},
    Row{"gif", "image/gif"},
    Row{"glb", "model/gltf-binary"},
    Row{"gltf", "model/gltf+json"},
    Row{"gz", "application/gzip"},
    Row{"heic", "image/heic"},
    Row{"htm", "text/html; charset=utf-8"},
    Row{"html", "text/html; charset=utf-8"},
    Row{"ico", "image/vnd.microsoft.icon"},
    Row{"ics", "text/calendar; charset=utf-8"},
    Row{"jpeg", "image/jpeg"},
    Row{"jpg", "image/jpeg"},
    Row{"js", "text/javascript; charset=utf-8"},
    Row{"json", "application/json"},
    Row{"jsonld", "application/ld+json"},
    Row{"jxl", "image/jxl"},
    Row{"log", "text/plain; charset=utf-8"},
    Row{"m3u8", "application/vnd.apple.mpegurl"},
    Row{"m4a", "audio/mp4"},
    Row{"m4v", "video/mp4"},
    Row{"map", "application/json"},
    Row{"md", "text/markdown; charset=utf-8"},
    Row{"mjs", "text/javascript; charset=utf-8"},
    Row{"mkv", "video/x-matroska"},
    Row{"mov", "video/quicktime"},
    Row{"mp3", "audio/mpeg"},
    Row{"mp4", "video/mp4"},
    Row{"mpeg", "video/mpeg"},
    Row{"mpg", "video/mpeg"},
    Row{"odp", "application/vnd.oasis.opendocument.presentation"},
    Row{"ods", "application/vnd.oasis.opendocument.spreadsheet"},
    Row{"odt", "application/vnd.oasis.opendocument.text"},
    Row{"oga", "audio/ogg"},
    Row{"ogg", "audio/ogg"},
    Row{"ogv", "video/ogg"},
    Row{"opus", "audio/ogg"},
    Row{"otf", "font/otf"},
    Row{"parquet", "application/vnd.apache.parquet"},
    Row{"pdf", "application/pdf"},
    Row{"png", "image/png"},
    Row{"ppt", "application/vnd.ms-powerpoint"},
    Row{"pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"},
    Row{"py", "text/x-python; charset=utf-8"},
    Row{"rss", "application/rss+xml"},
    Row{"rtf", "application/rtf"},
    Row{"svg", "image/svg+xml"},
    Row{"tar", "application/x-tar"},
    Row{"tgz", "application/gzip"},
    Row{"tif", "image/tiff"},
    Row{"tiff", "image/tiff"},
    Row{"toml", "application/toml"},
    Row{"ts", "video/mp2t"},
    Row{"tsv", "text/tab-separated-values; charset=utf-8"},
    Row{"ttf", "font/ttf"},
    Row{"txt", "text/plain; charset=utf-8"},
    Row{"vtt", "text/vtt; charset=utf-8"},
    Row{"wasm", "application/wasm"},
    Row{"wav", "audio/wav"},
    Row{"weba", "audio/webm"},
    Row{"webm", "video/webm"},
    Row{"webmanifest", "application/manifest+json"},
    Row{"webp", "image/webp"},
    Row{"woff", "font/woff"},
    Row{"woff2", "font/woff2"},
    Row{"xhtml", "application/xhtml+xml"},
    Row{"xls", "application/vnd.ms-excel"},
    Row{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    Row{"xml", "application/xml"},
    Row{"xz", "application/x-xz"},
    Row{"yaml", "application/yaml"},
    Row{"yml", "application/yaml"},
    Row{"zip", "application/zip"},
    Row{"zst", "application/zstd"},
};

static_assert(std::is_sorted(kTypes.begin(), kTypes.end()));

constexpr std::size_t kLongest = 11;

}  // namespace

std::string_view media_type(std::string_view name) noexcept {
    const std::size_t dot = name.rfind('.');
    const std::string_view ending = dot == std::string_view::npos ? "" : name.substr(dot + 1);
    std::array<char, kLongest> lower{};
    if (ending.empty() || ending.size() > lower.size()) {
        return kUnknownMediaType;
    }
    std::transform(ending.begin(), ending.end(), lower.begin(), to_lower);
    const std::string_view key(lower.data(), ending.size());
    const auto* const found =
        std::lower_bound(kTypes.begin(), kTypes.end(), key, [](const Row& row, auto wanted) {
            return row.first < wanted;
        });
    return found != kTypes.end() && found->first == key ? found->second : kUnknownMediaType;
}

}  // namespace typhon::http
