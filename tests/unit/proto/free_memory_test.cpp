#include "proto/free_memory.hpp"

#include <doctest/doctest.h>

TEST_CASE("free_memory: the memory of a large text is given back") {
    std::string text(1U << 20, 'x');
    typhon::proto::free_memory(text);
    CHECK(text.empty());
    CHECK(text.capacity() == std::string().capacity());
}
