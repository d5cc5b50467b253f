#include "gateway/native/native_router.hpp"

#include <stdexcept>
#include <type_traits>
#include <utility>
#include <variant>

namespace typhon {

void NativeRouter::add(std::string_view method,
                       std::string_view pattern,
                       Handler handler,
                       Mode mode) {
    router_.add({std::string(method)}, pattern, static_cast<std::uint32_t>(routes_.size()));
    routes_.push_back({std::string(method), std::string(pattern), std::move(handler), mode, {}});
}

void NativeRouter::describe(std::string_view operation) {
    if (routes_.empty()) {
        throw std::logic_error("describe() follows the route that it describes");
    }
    routes_.back().description = operation;
}

void NativeRouter::schema(std::string_view name, std::string_view text) {
    schemas_.insert_or_assign(std::string(name), std::string(text));
}

void fill_path_params(const proto::Params& params, std::map<std::string, std::string>& out) {
    for (const proto::Param& param : params) {
        std::string text = std::visit(
            [](const auto& value) -> std::string {
                if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::string>) {
                    return value;
                } else {
                    return std::to_string(value);
                }
            },
            param.value);
        out.insert_or_assign(std::string(param.name), std::move(text));
    }
}

}  // namespace typhon
