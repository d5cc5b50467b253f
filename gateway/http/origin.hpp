// Where a request comes from, as handlers see it.
#pragma once

#include <string>
#include <string_view>

#include "gateway/http/native_call.hpp"

namespace typhon::http {

inline constexpr std::string_view kHttp = "http";
inline constexpr std::string_view kHttps = "https";

struct Origin {
    Peer peer;                        // the client
    std::string_view scheme = kHttp;  // by which it came
    std::string host;                 // that a proxy was asked for; empty: that of the Host field
};

/// Puts it into a request that has been filled.
void fill_origin(Request& request, const Origin& origin);

}  // namespace typhon::http
