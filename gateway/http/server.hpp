// The HTTP front of one loop: all of its connections, their deadlines and their scratch memory.
//
// It does not accept (listener.hpp). Loop thread only, but for construction and destruction while
// the loop does not run. The BlockingPool is stopped before the io_context is destroyed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include <boost/intrusive/list.hpp>

#include "gateway/access/access_log.hpp"
#include "gateway/asio.hpp"
#include "gateway/http/body_budget.hpp"
#include "gateway/http/connection.hpp"
#include "gateway/http/id_source.hpp"
#include "gateway/http/loop_services.hpp"
#include "gateway/http/unsent.hpp"
#include "gateway/native/blocking_pool.hpp"
#include "gateway/native/native_router.hpp"
#include "gateway/options.hpp"
#include "gateway/relay/port.hpp"

namespace typhon::http {

class LoopState;

class LoopServer {
public:
    LoopServer(const LoopServices& services, const HttpOptions& options);
    ~LoopServer();
    LoopServer(const LoopServer&) = delete;
    LoopServer& operator=(const LoopServer&) = delete;
    LoopServer(LoopServer&&) = delete;
    LoopServer& operator=(LoopServer&&) = delete;

    /// Serves an accepted stream socket and owns it from here. Above max_connections of this loop
    /// the client gets a 503, above the limit of its address a 429; far above it the socket is
    /// closed. With `tls` the client is to speak TLS; too many are then closed at once, because a
    /// handshake to refuse them would cost more than to serve them.
    void adopt(int fd, const std::shared_ptr<const TlsContext>& tls = nullptr) noexcept;

    /// From now on connections count against `limit`, which loops may share; null for none.
    void limit_addresses(std::shared_ptr<AddressLimit> limit) noexcept {
        address_limit_ = std::move(limit);
    }

    /// From now on each request gets its line in `log`, which must outlive the loop's connections.
    void log_accesses(access::AccessLog& log);

    /// Answers what was and will be read with Connection: close; connections on which nothing
    /// arrives for a short while are closed. on_empty tells the end.
    void begin_drain();

    /// Closes every connection now. Calls of handlers end on their own.
    void close_all();

    /// There is room for bodies again: see BodyBudget::on_room.
    void admit_bodies();

    /// The answers that clients have not taken yet. Any thread, for its figures.
    [[nodiscard]] const Unsent& unsent() const noexcept;

    /// Connections that are open, exactly.
    [[nodiscard]] std::size_t connections() const noexcept;

    /// While draining: called (by the loop, not from begin_drain) when no connection is left.
    std::function<void()> on_empty;

private:
    void begin(UniqueFd fd, const std::shared_ptr<const TlsContext>& tls);
    void report_empty();

    std::shared_ptr<LoopState> state_;
    std::shared_ptr<AddressLimit> address_limit_;
    boost::intrusive::list<Connection,
                           boost::intrusive::base_hook<ConnectionListHook>,
                           boost::intrusive::constant_time_size<false>>
        list_;
};

}  // namespace typhon::http
