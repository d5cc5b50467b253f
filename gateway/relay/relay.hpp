// Moves requests from the HTTP front to workers and replies back (DESIGN 4).
//
// It decides which route, which worker and when; it is not the process supervision (supervisor/)
// and not the wire format (proto/). Everything runs on loop 0, but for WorkerControl's calls and
// status(), which any thread may make. Envelopes that arise in one turn of the loop for one worker
// leave as one ZeroMQ message at the end of the turn.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "gateway/asio.hpp"
#include "gateway/log_pace.hpp"
#include "gateway/options.hpp"
#include "gateway/relay/expiry.hpp"
#include "gateway/relay/pending.hpp"
#include "gateway/relay/port.hpp"
#include "gateway/relay/request_queue.hpp"
#include "gateway/relay/route_table.hpp"
#include "gateway/relay/router_socket.hpp"
#include "gateway/relay/watch_clock.hpp"
#include "gateway/relay/worker_link.hpp"
#include "gateway/relay/worker_link_state.hpp"
#include "proto/codec.hpp"

namespace typhon::relay {

class Relay final : public Port, public WorkerControl {
public:
    /// `loops[0]` is the relay's own loop. Binds `endpoint`; throws std::runtime_error.
    Relay(std::vector<asio::io_context*> loops,
          const RelayOptions& options,
          const std::string& endpoint);
    ~Relay() override;
    Relay(const Relay&) = delete;
    Relay& operator=(const Relay&) = delete;
    Relay(Relay&&) = delete;
    Relay& operator=(Relay&&) = delete;

    /// Starts to receive and to watch deadlines. `events` must outlive the loop's run. Before the
    /// loop runs.
    void start(WorkerEvents& events);

    /// Ends every wait with `code`, queued or running: the gateway stops. Loop 0.
    void fail_all(proto::ErrorCode code);

    /// Stops the timer and the receiving, so that the loop can end. Loop 0.
    void close();

    /// True while one quick handler alone runs, so that its reply is due within microseconds: for
    /// at most kSpin after the last dispatch. Loop 0.
    [[nodiscard]] bool reply_due() const noexcept;

    // Port (loop 0)
    void cancel(Call& call) override;
    void grant(ReplyStream& stream, std::uint32_t bytes) override;
    void abandon(ReplyStream& stream) override;
    void leave(ReplyStream& stream) override;
    void send_piece(RequestStream& stream, std::string_view bytes) override;
    void end_pieces(RequestStream& stream, bool whole) override;
    /// Any thread.
    [[nodiscard]] BodyRule body_rule(std::string_view method,
                                     std::string_view raw_path) const override;

    // For the ports of other loops; on loop 0.
    void admit(Pending& pending);
    void cancel_pending(Pending& pending, std::uint64_t id);
    [[nodiscard]] asio::io_context& loop() noexcept { return *loops_[0]; }

    // WorkerControl (any thread)
    void expect(const std::string& identity,
                const std::string& token,
                std::shared_ptr<proto::Ledger> ledger) override;
    void serve_only(const std::vector<std::string>& identities) override;
    void drain(const std::string& identity, std::uint32_t left_ms) override;
    void forget(const std::string& identity) override;
    void set_availability(Availability availability, std::uint32_t retry_after_s) override;

    [[nodiscard]] RelayStatus status() const override;

    /// The routes being served. Any thread.
    [[nodiscard]] std::vector<proto::RouteInfo> routes() const;

private:
    using Links = std::map<std::string, std::unique_ptr<WorkerLinkState>, std::less<>>;
    using TimePoint = proto::SteadyClock::time_point;

    void submit(Call& call, const proto::Request& request) override;

    // Routing and dispatch (relay.cpp)
    [[nodiscard]] bool find_route(Pending& pending);
    void place(Pending& pending);
    [[nodiscard]] WorkerLinkState* choose(const RouteState& route);
    void dispatch(Pending& pending, WorkerLinkState& link);
    void release(Pending& pending, WorkerLinkState& link);
    [[nodiscard]] proto::ErrorCode refusal() const noexcept;
    void pump();
    void put_back(Pending& pending);
    void finish(Pending& pending, proto::ErrorCode code);
    void fail(Pending& pending, proto::ErrorCode code);
    void end(Pending& pending);
    void hand_back(Call& call, std::uint32_t loop);
    void expire(Pending& pending);
    void send_cancel(const Pending& pending);
    [[nodiscard]] std::uint32_t timeout_ms(const Pending& pending) const noexcept;

    // Streamed answers (relay_streams.cpp)
    void on_begin(Pending& pending, const proto::Reply& reply, const FrameHold& frame);
    void on_chunk(WorkerLinkState& link, const proto::Chunk& chunk);
    void on_end(WorkerLinkState& link, const proto::End& ended);
    void become_slow(Pending& pending);
    void give_up(Pending& pending);
    void restart_deadline(Pending& pending);
    void send_recall(Pending& pending);

    // Request bodies in pieces (relay_uploads.cpp)
    void on_credit(WorkerLinkState& link, const proto::Credit& credit);
    void open_body(Pending& pending);
    static void close_body(Pending& pending);
    static void close_both(Pending& pending);
    void move_on(Pending& pending);

    // The loop's turn (relay_turn.cpp)
    void schedule_turn_end();
    void turn_end();
    void wait_readable();
    bool receive();
    void flush();
    void send_batch(WorkerLinkState& link);
    void return_calls();
    void tick();
    void arm_tick();
    void watch_links(TimePoint now);
    void watch(WorkerLinkState& link, TimePoint now);
    void watch_event_loop(WorkerLinkState& link, TimePoint now);
    void recall(WorkerLinkState& link, bool async, TimePoint now);
    void tell_hang(WorkerLinkState& link, Verdict verdict, std::uint32_t requests, TimePoint now);
    void publish();

    // What workers say (relay_take.cpp)
    void take(const Batch& batch);
    void take_other(WorkerLinkState& link, proto::Envelope& envelope);
    void on_reply(WorkerLinkState& link, const proto::Reply& reply, const FrameHold& frame);
    void on_ready(WorkerLinkState& link, const proto::Ready& ready);
    void on_start_error(WorkerLinkState& link, const proto::StartError& error);
    void refuse(std::uint64_t& count, std::string_view who, std::string_view what);

    // Which workers serve, and what becomes of them (relay_links.cpp)
    void take_expected();
    void say(WorkerLinkState& link);
    void serve_links(const std::vector<std::string>& identities);
    void pick_active();
    void rematch_waiting();
    void settle(WorkerLinkState& link);
    void drain_if_empty(WorkerLinkState& link, TimePoint now);
    void end_waiting(proto::ErrorCode code);

    std::vector<asio::io_context*> loops_;
    RelayOptions options_;
    RouterSocket socket_;
    asio::posix::basic_stream_descriptor<LoopExecutor> readable_;
    asio::basic_waitable_timer<proto::SteadyClock,
                               asio::wait_traits<proto::SteadyClock>,
                               LoopExecutor>
        timer_;
    WorkerEvents* events_ = nullptr;

    PendingPool pool_;
    std::uint32_t quick_running_ = 0;  // dispatched in class quick
    std::uint32_t other_running_ = 0;  // dispatched in another class
    TimePoint dispatched_at_{};
    TimePoint batch_begun_at_{};  // the first dispatch that has not left yet
    std::uint32_t dispatched_this_turn_ = 0;
    std::size_t live_ = 0;  // admitted, not ended
    Expiry expiry_;
    RouteTable table_;
    RequestQueue queue_;
    Links links_;
    std::mutex expected_mutex_;
    Links expected_;                         // that are not in links_ yet
    std::vector<WorkerLinkState*> serving_;  // as the supervisor says
    std::vector<WorkerLinkState*> active_;   // those of them that get requests now
    std::vector<WorkerLinkState*> dirty_;
    std::vector<std::vector<Call*>> done_;  // by loop: calls whose outcome is set
    proto::BatchReader reader_;
    Availability availability_ = Availability::waiting;
    std::uint32_t retry_after_s_ = 1;
    bool turn_end_posted_ = false;
    bool waiting_readable_ = false;
    bool closed_ = false;
    WatchClock clock_{proto::SteadyClock::now()};
    HealthLimits health_limits_;
    RefusedCounts refused_;
    LogPace refusal_pace_;
    TimePoint last_ping_{};
    TimePoint last_publish_{};

    mutable std::mutex status_mutex_;
    RelayStatus status_;
    std::vector<proto::RouteInfo> published_routes_;
    std::shared_ptr<const BodyRules> body_rules_;  // null: no worker was ready yet
};

}  // namespace typhon::relay
