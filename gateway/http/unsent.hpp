// The answers of one loop that their clients have not taken yet, and whose turn it is to be dropped
// when they are too much: whoever has not taken anything for the longest time.
//
// So clients that do not read cannot fill the memory, and harm those that read slowly last. It
// knows no sockets. Loop thread only, but for the figures.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include <boost/intrusive/list.hpp>

namespace typhon::http {

class Unsent {
public:
    /// One answer, from the first byte that the socket did not take at once to the last one.
    class Answer : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    public:
        /// Drops others when there is no room. `drop` ends this one, later; it is called at most
        /// once, and must not destroy the object at once.
        Answer(Unsent& all, std::size_t bytes, std::function<void()> drop);
        ~Answer();
        Answer(const Answer&) = delete;
        Answer& operator=(const Answer&) = delete;
        Answer(Answer&&) = delete;
        Answer& operator=(Answer&&) = delete;

        /// The client has taken some of it.
        void moved();

    private:
        friend class Unsent;
        Unsent& all_;
        std::size_t bytes_;
        std::function<void()> drop_;
    };

    /// One answer alone may be larger than `limit` bytes.
    explicit Unsent(std::size_t limit) noexcept : limit_(limit) {}

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// How many were dropped.
    [[nodiscard]] std::uint64_t dropped() const noexcept { return dropped_; }

private:
    void make_room(const Answer& newest);

    const std::size_t limit_;
    std::atomic<std::size_t> bytes_ = 0;
    std::atomic<std::uint64_t> dropped_ = 0;
    boost::intrusive::list<Answer, boost::intrusive::constant_time_size<false>> answers_;
};

}  // namespace typhon::http
