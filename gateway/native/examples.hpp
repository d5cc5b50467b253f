// The native half of the example application.
#pragma once

#include "gateway/native/native_router.hpp"

namespace typhon {

/// Adds GET /native/hello, POST /native/echo, GET /native/slow?duration= (blocking, seconds 0 to
/// 10) and GET /native/stream?chunks=&size= (streamed).
void add_example_routes(NativeRouter& router);

}  // namespace typhon
