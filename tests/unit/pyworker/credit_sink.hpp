// Where the streams of a test give their credit.
#pragma once

#include <mutex>
#include <vector>

#include "pyworker/reply_sink.hpp"

namespace typhon::tests {

class CreditSink final : public worker::ReplySink {
public:
    void post(const proto::Reply& /*reply*/, bool /*now*/) override {}
    void flush() override {}
    void post_chunk(const proto::Chunk& /*chunk*/, bool /*now*/) override {}
    void post_end(const proto::End& /*end*/) override {}
    void post_credit(const proto::Credit& credit) override {
        const std::lock_guard lock(mutex_);
        given_.push_back(credit.bytes);
    }
    void deferred_begins() override {}
    void deferred_ends() override {}

    /// Bytes, one number for each CREDIT.
    [[nodiscard]] std::vector<std::uint32_t> given() const {
        const std::lock_guard lock(mutex_);
        return given_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::uint32_t> given_;
};

}  // namespace typhon::tests
