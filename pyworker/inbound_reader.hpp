// `_typhon.Inbound`: the body of a request that comes in pieces, as Python reads it
// (python/typhon/_body.py).
#pragma once

#include <memory>

#include <pybind11/pybind11.h>

#include "pyworker/batch.hpp"
#include "pyworker/inbound_stream.hpp"

namespace typhon::worker {

/// Every method needs the GIL.
class __attribute__((visibility("hidden"))) InboundReader {
public:
    explicit InboundReader(std::shared_ptr<InboundStream> stream) : stream_(std::move(stream)) {}

    [[nodiscard]] std::uint64_t id() const noexcept { return stream_->id(); }

    /// The next piece; b"" at the end. Gives the GIL up and blocks until there is one. Throws what
    /// typhon._body.fault() makes of a body that is cut off or closed.
    [[nodiscard]] pybind11::bytes read();

    /// The same, but None when nothing has come yet: then the event loop is told when it has.
    [[nodiscard]] pybind11::object try_read();

private:
    std::shared_ptr<InboundStream> stream_;
};

/// The reader of a request's body; None when the body is whole in the request.
[[nodiscard]] pybind11::object inbound_of(const Job& job);

}  // namespace typhon::worker
