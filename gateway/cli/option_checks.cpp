#include "gateway/cli/option_checks.hpp"

#include <algorithm>
#include <stdexcept>

#include "gateway/cli/error.hpp"
#include "gateway/cli/listen_address.hpp"
#include "gateway/exit_codes.hpp"

namespace typhon::cli {

namespace {

/// With credentials "*" is no wildcard but a name that no browser matches (Fetch, section 3.2.5).
void check_cors(const CorsOptions& cors) {
    for (const auto* list : {&cors.origins, &cors.methods, &cors.headers, &cors.exposed}) {
        if (cors.credentials && std::find(list->begin(), list->end(), "*") != list->end()) {
            throw CommandError(exit_code::kUsage,
                               "--cors-credentials does not go together with *: browsers refuse "
                               "such answers; list origins, methods and header fields");
        }
    }
    if (cors.credentials && cors.origins.empty()) {
        throw CommandError(exit_code::kUsage, "--cors-credentials needs a --cors-origin");
    }
}

}  // namespace

void check_together(Options& options) {
    try {
        settle_listen(options);
    } catch (const std::invalid_argument& error) {
        throw CommandError(exit_code::kUsage, error.what());
    }
    if (options.http.max_body > options.http.max_body_memory) {
        throw CommandError(exit_code::kUsage,
                           "--max-body is more than --max-body-memory, so such a body could never "
                           "be read: raise --max-body-memory or lower --max-body");
    }
    check_cors(options.http.cors);
}

}  // namespace typhon::cli
