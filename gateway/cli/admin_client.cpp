#include "gateway/cli/admin_client.hpp"

#include <functional>
#include <thread>

#include <httplib.h>
#include <sys/socket.h>

#include "gateway/cli/error.hpp"
#include "gateway/exit_codes.hpp"
#include "proto/deadline.hpp"
#include "proto/printable.hpp"

namespace typhon::cli {

namespace {

constexpr time_t kAnswerSeconds = 10;
/// A reload may take as long as the application needs; the gateway bounds it.
constexpr time_t kOutcomeSeconds = time_t{24} * 3600;
/// A gateway that starts, or that many commands ask at once, is reached within this time.
constexpr std::chrono::milliseconds kConnectTime{1'000};
constexpr std::chrono::milliseconds kConnectTick{10};

httplib::Client connect(const std::string& socket, time_t patience) {
    httplib::Client client(socket, 80);
    client.set_address_family(AF_UNIX);
    client.set_read_timeout(patience);
    client.set_default_headers({{"Host", "typhon"}});
    return client;
}

/// Sends until there was a connection (the kernel lets few wait for one): nothing was asked before.
httplib::Result ask(const std::function<httplib::Result()>& send) {
    const auto deadline = proto::Deadline::after(kConnectTime);
    httplib::Result result = send();
    while (!result && result.error() == httplib::Error::Connection && !deadline.passed()) {
        std::this_thread::sleep_for(kConnectTick);
        result = send();
    }
    return result;
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
                           "the gateway's answer is not JSON: " + proto::printable(result->body));
    }
    return answer;
}

}  // namespace

AdminAnswer AdminClient::get(const std::string& path) const {
    return to_answer(ask([&] { return connect(socket_, kAnswerSeconds).Get(path); }), socket_);
}

AdminAnswer AdminClient::post(const std::string& path) const {
    return to_answer(ask([&] { return connect(socket_, kOutcomeSeconds).Post(path); }), socket_);
}

}  // namespace typhon::cli
