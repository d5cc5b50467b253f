// A copy of the thread's context variables for one request, so that what a handler sets is gone
// when the thread takes the next one (PEP 567), as it is in a task of asyncio.
#pragma once

#include <pybind11/pybind11.h>

namespace typhon::worker {

class __attribute__((visibility("hidden"))) OwnContext {
public:
    /// Enters the copy. False in boolean context, and nothing entered, when memory is short.
    OwnContext() noexcept;
    OwnContext(const OwnContext&) = delete;
    OwnContext& operator=(const OwnContext&) = delete;
    OwnContext(OwnContext&&) = delete;
    OwnContext& operator=(OwnContext&&) = delete;
    ~OwnContext();

    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(context_); }

private:
    pybind11::object context_;
};

}  // namespace typhon::worker
