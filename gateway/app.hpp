// The gateway as a library: add native routes, then run. This is all that a C++ team has to know
// (docs/native.md).
//
//     typhon::App app;
//     app.get("/native/hello", [](const typhon::Request&, typhon::Response& response) {
//         response.set_content("hello", "text/plain");
//     });
//     return app.run(argc, argv);
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "gateway/native/message.hpp"
#include "gateway/native/native_router.hpp"

namespace typhon {

/// Marks a handler that may block: it runs on a bounded pool of threads instead of the event loop.
struct Blocking {};
inline constexpr Blocking blocking{};  // NOLINT(readability-identifier-naming): part of the API

class App {
public:
    /// Adds a native route. Patterns are those of the Python side: "/items/<int:id>". Throws
    /// std::invalid_argument for a bad pattern and for a second handler of one method and path. A
    /// handler runs on an event loop and must not block.
    template <class Handler>
    App& route(std::string_view method, std::string_view pattern, Handler handler) {
        router_.add(method, pattern, std::move(handler), Mode::inline_);
        return *this;
    }
    /// The same for a handler that may block.
    template <class Handler>
    App& route(std::string_view method,
               std::string_view pattern,
               Blocking /*mark*/,
               Handler handler) {
        router_.add(method, pattern, std::move(handler), Mode::blocking);
        return *this;
    }

    template <class... Rest>
    App& get(std::string_view pattern, Rest... rest) {
        return route("GET", pattern, std::move(rest)...);
    }
    template <class... Rest>
    App& post(std::string_view pattern, Rest... rest) {
        return route("POST", pattern, std::move(rest)...);
    }
    template <class... Rest>
    App& put(std::string_view pattern, Rest... rest) {
        return route("PUT", pattern, std::move(rest)...);
    }
    template <class... Rest>
    App& patch(std::string_view pattern, Rest... rest) {
        return route("PATCH", pattern, std::move(rest)...);
    }
    template <class... Rest>
    App& del(std::string_view pattern, Rest... rest) {
        return route("DELETE", pattern, std::move(rest)...);
    }

    /// Says of the route that was added last what the API description has of it: an OpenAPI 3.1
    /// operation object as JSON (docs/native.md). Throws std::logic_error when there is no route
    /// yet; what is wrong with the text ends run() with exit_code::kDescription.
    App& describe(std::string_view operation) {
        router_.describe(operation);
        return *this;
    }
    /// A JSON schema that descriptions refer to as {"$ref": "#/components/schemas/NAME"}.
    App& schema(std::string_view name, std::string_view text) {
        router_.schema(name, text);
        return *this;
    }

    [[nodiscard]] NativeRouter& router() noexcept { return router_; }

    /// Runs the command line: `serve` until it is stopped, or one of the client commands. The
    /// result is the exit code of the process (exit_codes.hpp). Call it once, from the main thread,
    /// before any other thread is started.
    int run(int argc, char** argv);

private:
    NativeRouter router_;
};

}  // namespace typhon
