// Why a start failed: what becomes a StartError on the wire.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace typhon::worker {

class StartFailure : public std::runtime_error {
public:
    /// `stage` as in proto::StartError; `text` is the traceback, or one sentence.
    StartFailure(std::string stage, const std::string& text)
        : std::runtime_error(text), stage_(std::move(stage)) {}

    [[nodiscard]] const std::string& stage() const noexcept { return stage_; }

private:
    std::string stage_;
};

}  // namespace typhon::worker
