#include "proto/thread_room.hpp"

#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace typhon::proto {

bool has_room_for_threads(std::size_t count) {
    std::mutex gate;  // they live until the last one has been tried
    std::vector<std::thread> threads;
    threads.reserve(count);
    bool all = true;
    {
        const std::lock_guard closed(gate);
        try {
            while (threads.size() < count) {
                threads.emplace_back([&gate] { const std::lock_guard wait(gate); });
            }
        } catch (const std::system_error&) {
            all = false;
        }
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    return all;
}

}  // namespace typhon::proto
