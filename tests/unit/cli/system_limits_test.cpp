#include "gateway/cli/system_limits.hpp"

#include <doctest/doctest.h>

#include "proto/thread_room.hpp"

namespace typhon::cli {

TEST_CASE("System limits: with enough descriptors the options hold") {
    const Options options;
    const ConnectionRoom room = connection_room(20'000, options);
    CHECK(room.served == options.http.max_connections);
    CHECK(room.refused == options.http.max_refusing);
}

TEST_CASE(
    "System limits: connections leave room for the gateway, and for those that are told 503") {
    Options options;
    const ConnectionRoom room = connection_room(1024, options);
    CHECK(room.refused == options.http.max_refusing);
    CHECK(room.served > 512);
    CHECK(room.served + room.refused < 1024 - 30);
    options.supervisor.workers = 8;
    CHECK(connection_room(1024, options).served < room.served);
}

TEST_CASE("System limits: few descriptors are shared between those served and those told 503") {
    const ConnectionRoom room = connection_room(64, {});
    CHECK(room.served >= 4);
    CHECK(room.refused >= 4);
}

TEST_CASE("System limits: too few descriptors leave no room at all") {
    CHECK(connection_room(0, {}).served == 0);
    CHECK(connection_room(45, {}).served == 0);
}

TEST_CASE("System limits: threads that can be started are told from those that cannot") {
    CHECK(proto::has_room_for_threads(0));
    CHECK(proto::has_room_for_threads(20));
}

}  // namespace typhon::cli
