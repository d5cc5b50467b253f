#include "gateway/http/unsent.hpp"

#include <utility>

namespace typhon::http {

Unsent::Answer::Answer(Unsent& all, std::size_t bytes, std::function<void()> drop)
    : all_(all), bytes_(bytes), drop_(std::move(drop)) {
    all_.bytes_ += bytes_;
    all_.answers_.push_back(*this);
    all_.make_room(*this);
}

Unsent::Answer::~Answer() {
    all_.bytes_ -= bytes_;
}

void Unsent::Answer::moved() {
    if (is_linked()) {  // it has not been dropped
        unlink();
        all_.answers_.push_back(*this);
    }
}

void Unsent::make_room(const Answer& newest) {
    while (bytes_ > limit_ && &answers_.front() != &newest) {
        Answer& stalled = answers_.front();
        answers_.pop_front();
        bytes_ -= std::exchange(stalled.bytes_, 0);
        ++dropped_;
        stalled.drop_();
    }
}

}  // namespace typhon::http
