// What the connections of one loop share: services, limits, deadlines, pools and scratch memory.
//
// Loop thread only. Scratch objects hold nothing across a suspension of a coroutine.
#pragma once

#include <cstddef>
#include <ctime>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/intrusive/list.hpp>

#include "gateway/access/access_log.hpp"
#include "gateway/asio.hpp"
#include "gateway/http/access_record.hpp"
#include "gateway/http/body_gate.hpp"
#include "gateway/http/cors.hpp"
#include "gateway/http/date_cache.hpp"
#include "gateway/http/deadline_queue.hpp"
#include "gateway/http/head.hpp"
#include "gateway/http/id_source.hpp"
#include "gateway/http/loop_services.hpp"
#include "gateway/http/read_buffer.hpp"
#include "gateway/http/static_files.hpp"
#include "gateway/http/unsent.hpp"
#include "gateway/log_pace.hpp"
#include "gateway/native/blocking_pool.hpp"
#include "gateway/native/message.hpp"
#include "gateway/native/native_router.hpp"
#include "gateway/options.hpp"
#include "gateway/relay/port.hpp"
#include "proto/path.hpp"
#include "proto/router.hpp"

namespace typhon::http {

/// In the list of all connections of a loop.
struct ConnectionListTag;
using ConnectionListHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<ConnectionListTag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

class LoopState {
public:
    LoopState(const LoopServices& services, const HttpOptions& options);

    /// Gives `entry` a deadline of `kind`, and makes sure that somebody looks.
    void arm(DeadlineEntry& entry, DeadlineKind kind);

    /// Seconds since the epoch, as the Date line says them.
    [[nodiscard]] static std::time_t now() noexcept;

    /// The Date line of this second.
    [[nodiscard]] std::string_view date_line();

    [[nodiscard]] std::unique_ptr<Head> take_head();
    void give_back(std::unique_ptr<Head> head);

    LoopServices services;
    HttpOptions options;
    HeadLimits limits;
    HeadLimits secured_limits;  // the same for connections with TLS
    BlockPool blocks;
    BodyGate gate;
    const StaticFiles statics;
    const CorsPolicy cors;
    const bool negotiates;               // answers depend on more than the route
    bool prepares;                       // something is to be done before a request is routed
    std::unique_ptr<AccessDesk> access;  // null: there is no access log
    Unsent unsent;
    LogPace drop_pace;
    bool draining = false;
    std::size_t connections = 0;
    std::size_t refusing = 0;  // those of them that are only told why
    std::function<void(DeadlineEntry&)> on_deadline;
    std::function<void()> on_connection_gone;

    // Scratch.
    std::string output;  // answers of this turn of one connection
    std::string header_block;
    Request request;
    Response response;
    proto::PathSegments path;
    proto::RouteMatch match;

    void log_accesses(access::AccessLog& log);

    /// Stops looking at deadlines, so that the loop may end.
    void stop_timer();

private:
    using TimePoint = DeadlineQueue::TimePoint;
    using Timer = asio::basic_waitable_timer<proto::SteadyClock,
                                             asio::wait_traits<proto::SteadyClock>,
                                             LoopExecutor>;

    void look_at(TimePoint when);
    void tick();

    DeadlineQueue deadlines_;
    DateCache date_;
    std::vector<std::unique_ptr<Head>> heads_;
    Timer timer_;
    TimePoint next_look_ = TimePoint::max();
    TimePoint last_look_{};
};

}  // namespace typhon::http
