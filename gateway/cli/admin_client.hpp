// One request to the admin socket of a running gateway. Blocks the calling thread.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace typhon::cli {

struct AdminAnswer {
    int status = 0;
    nlohmann::json body;
};

class AdminClient {
public:
    /// `run_dir` of a running gateway.
    explicit AdminClient(std::string run_dir) : socket_(std::move(run_dir) + "/admin.sock") {}

    /// Throws CommandError: kNotRunning when nobody answers, kFailure when the answer is not JSON.
    [[nodiscard]] AdminAnswer get(const std::string& path) const;
    /// The same; waits for the outcome, however long that takes.
    [[nodiscard]] AdminAnswer post(const std::string& path) const;

private:
    std::string socket_;
};

}  // namespace typhon::cli
