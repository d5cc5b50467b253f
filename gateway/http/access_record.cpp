#include "gateway/http/access_record.hpp"

#include <utility>

#include "gateway/http/char_class.hpp"
#include "proto/free_memory.hpp"

namespace typhon::http {

namespace {

constexpr std::size_t kKept = 64;        // records
constexpr std::size_t kMaxMethod = 32;   // bytes, as in head.cpp
constexpr std::size_t kKeptLine = 8192;  // bytes of memory

/// As much as a line holds, and one byte more when there is more.
void copy(std::string& to, std::string_view text) {
    to = text.substr(0, access::kMaxText + 1);
}

}  // namespace

void AccessRecord::note(const Head& head) {
    if (head.method().size() <= kMaxMethod && is_token(head.method())) {
        method = head.method();
    }
    if (head.has_path()) {
        copy(path, head.path());
    }
    http_1_0 = head.http_1_0();
    for (const Field& field : head.fields()) {
        if (field.kind != FieldKind::other) {
            continue;
        }
        const std::string_view name = head.view(field.name);
        if (equals_lower(name, "user-agent")) {
            copy(user_agent, head.view(field.value));
        } else if (equals_lower(name, "referer")) {
            copy(referer, access::without_secrets(head.view(field.value)));
        }
    }
}

std::unique_ptr<AccessRecord> AccessDesk::take() {
    if (free_.empty()) {
        return std::make_unique<AccessRecord>();
    }
    std::unique_ptr<AccessRecord> record = std::move(free_.back());
    free_.pop_back();
    return record;
}

/// The memory of its texts is kept, which copy() bounds.
void AccessDesk::give_back(std::unique_ptr<AccessRecord> record) {
    if (free_.size() == kKept) {
        return;
    }
    for (std::string* text :
         {&record->client, &record->method, &record->path, &record->referer, &record->user_agent}) {
        text->clear();
    }
    record->route = {};
    record->worker = 0;
    record->queue.reset();
    record->handler.reset();
    free_.push_back(std::move(record));
}

void AccessDesk::write(const access::AccessEntry& entry) {
    line_.clear();
    formatter_.append(line_, entry);
    log_.append(line_);
    if (line_.capacity() > kKeptLine) {
        proto::free_memory(line_);
    }
}

}  // namespace typhon::http
