// What the connections of one loop work with. All of it outlives them.
#pragma once

#include "gateway/asio.hpp"

namespace typhon {

class BlockingPool;
class NativeRouter;

namespace relay {
class Port;
}

namespace http {

class BodyBudget;
class IdSource;

struct LoopServices {
    asio::io_context& loop;
    const NativeRouter& router;
    BlockingPool& pool;    // runs native handlers that block, and content providers
    BlockingPool& coding;  // compresses: its jobs never wait for anybody
    relay::Port& port;
    IdSource& ids;
    BodyBudget& bodies;
};

}  // namespace http
}  // namespace typhon
