// Calls of ZeroMQ that a signal must not end. Both processes handle signals on threads that own a
// socket, and zmq_getsockopt(3), zmq_msg_send(3) and zmq_msg_recv(3) then fail with EINTR, before
// they have done anything. Any thread.
#pragma once

#include <cerrno>

#include <zmq.hpp>

namespace typhon::proto {

/// What `call` gives, called again for as long as a signal interrupts it. Other faults are thrown
/// on, as zmq::error_t.
template <class Call>
auto uninterrupted(Call call) {
    while (true) {
        try {
            return call();
        } catch (const zmq::error_t& error) {
            if (error.num() != EINTR) {
                throw;
            }
        }
    }
}

}  // namespace typhon::proto
