// Where replies go that do not come from a dispatch thread: those of futures and of async handlers.
#pragma once

#include "proto/envelope.hpp"

namespace typhon::worker {

class ReplySink {
public:
    ReplySink() = default;
    ReplySink(const ReplySink&) = delete;
    ReplySink& operator=(const ReplySink&) = delete;
    ReplySink(ReplySink&&) = delete;
    ReplySink& operator=(ReplySink&&) = delete;
    virtual ~ReplySink() = default;

    /// Adds a reply to those that leave next; it is copied. `now`: wake the thread that sends, if
    /// it sleeps; else flush() must follow. Any thread, with or without the GIL.
    virtual void post(const proto::Reply& reply, bool now) = 0;
    virtual void flush() = 0;

    /// The same for the pieces and the end of a streamed answer, which a reply with `more` begins.
    virtual void post_chunk(const proto::Chunk& chunk, bool now) = 0;
    virtual void post_end(const proto::End& end) = 0;

    /// The handler of a request has read so much of its body: leaves at once. Any thread, with or
    /// without the GIL.
    virtual void post_credit(const proto::Credit& credit) = 0;

    /// One more reply is owed by a future, or one less.
    virtual void deferred_begins() = 0;
    virtual void deferred_ends() = 0;
};

}  // namespace typhon::worker
