#include "gateway/cli/admin_client.hpp"

#include <httplib.h>
#include <sys/socket.h>

#include "gateway/cli/error.hpp"
#include "gateway/exit_codes.hpp"

namespace typhon::cli {

namespace {

constexpr time_t kAnswerSeconds = 10;
/// A reload may take as long as the application needs; the gateway bounds it.
constexpr time_t kOutcomeSeconds = time_t{24} * 3600;

httplib::Client connect(const std::string& socket, time_t patience) {
    httplib::Client client(socket, 80);
    client.set_address_family(AF_UNIX);
    client.set_read_timeout(patience);
    client.set_default_headers({{"Host", "typhon"}});
    return client;
}

AdminAnswer to_answer(const httplib::Result& result, const std::string& socket) {
    if (!result) {
        throw CommandError(
            exit_code::kNotRunning,
            "no gateway answers at " + socket + " (" + httplib::to_string(result.error()) + ")");
    }
    AdminAnswer answer{result->status, nlohmann::json::parse(result->body, nullptr, false)};
    if (answer.body.is_discarded()) {
        throw CommandError(exit_code::kFailure,
                           "the gateway's answer is not JSON: " + result->body);
    }
    return answer;
}

}  // namespace

AdminAnswer AdminClient::get(const std::string& path) const {
    return to_answer(connect(socket_, kAnswerSeconds).Get(path), socket_);
}

AdminAnswer AdminClient::post(const std::string& path) const {
    return to_answer(connect(socket_, kOutcomeSeconds).Post(path), socket_);
}

}  // namespace typhon::cli
