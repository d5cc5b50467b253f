// The relay's port for a loop other than loop 0: packs requests on its own loop and hands them over
// in batches.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "gateway/asio.hpp"
#include "gateway/relay/pending.hpp"
#include "gateway/relay/port.hpp"

namespace typhon::relay {

class Relay;

class RemotePort final : public Port {
public:
    RemotePort(Relay& relay, asio::io_context& loop, std::uint32_t loop_index) noexcept
        : relay_(relay), loop_(loop), loop_index_(loop_index) {}

    void cancel(Call& call) override;
    void grant(ReplyStream& stream, std::uint32_t bytes) override;
    void abandon(ReplyStream& stream) override;
    void leave(ReplyStream& stream) override;
    void send_piece(RequestStream& stream, std::string_view bytes) override;
    void end_pieces(RequestStream& stream, bool whole) override;
    [[nodiscard]] BodyRule body_rule(std::string_view method,
                                     std::string_view raw_path) const override;

private:
    void submit(Call& call, const proto::Request& request) override;
    void hand_over();

    Relay& relay_;
    asio::io_context& loop_;
    std::uint32_t loop_index_;
    PendingPool pool_;
    std::vector<Pending*> outgoing_;  // of this loop turn
};

}  // namespace typhon::relay
