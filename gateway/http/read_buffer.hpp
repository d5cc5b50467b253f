// The bytes that a connection has received and not used: a small array inside the connection, and a
// block from the loop's pool while more is needed. So an idle connection costs little memory.
//
// Belongs to one loop.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace typhon::http {

/// Blocks of one size for the connections of one loop; keeps at most kMaxKept.
class BlockPool {
public:
    static constexpr std::size_t kBlockSize = 16U << 10;
    using Block = std::unique_ptr<char[]>;

    [[nodiscard]] Block take() {
        if (kept_.empty()) {
            return std::make_unique_for_overwrite<char[]>(kBlockSize);
        }
        Block block = std::move(kept_.back());
        kept_.pop_back();
        return block;
    }

    void give_back(Block block) {
        if (kept_.size() < kMaxKept) {
            kept_.push_back(std::move(block));
        }
    }

private:
    static constexpr std::size_t kMaxKept = 64;
    std::vector<Block> kept_;
};

class ReadBuffer {
public:
    static constexpr std::size_t kInlineSize = 1024;

    explicit ReadBuffer(BlockPool& pool) noexcept : pool_(pool) {}
    ~ReadBuffer() { release(); }
    ReadBuffer(const ReadBuffer&) = delete;
    ReadBuffer& operator=(const ReadBuffer&) = delete;
    ReadBuffer(ReadBuffer&&) = delete;
    ReadBuffer& operator=(ReadBuffer&&) = delete;

    [[nodiscard]] std::string_view bytes() const noexcept {
        return {data_ + begin_, end_ - begin_};
    }
    [[nodiscard]] bool empty() const noexcept { return begin_ == end_; }

    /// Free space after the bytes. May be empty: make_room() first.
    [[nodiscard]] char* space() noexcept { return data_ + end_; }
    [[nodiscard]] std::size_t space_size() const noexcept { return capacity_ - end_; }

    void commit(std::size_t size) noexcept { end_ += size; }

    /// Forgets the first `size` bytes; what stays does not move.
    void consume(std::size_t size) noexcept {
        assert(size <= end_ - begin_);
        begin_ += size;
        if (begin_ == end_) {
            begin_ = end_ = 0;
        }
    }

    /// Forgets all but the first `size` bytes.
    void truncate(std::size_t size) noexcept { end_ = begin_ + size; }

    /// Makes space() at least `least` bytes: moves the bytes to the front, or to a larger block.
    void make_room(std::size_t least = 1) {
        if (space_size() >= least) {
            return;
        }
        if (begin_ > 0) {
            std::memmove(data_, data_ + begin_, end_ - begin_);
            end_ -= std::exchange(begin_, 0);
        }
        while (space_size() < least) {
            grow();
        }
    }

    /// Gives the block back when the bytes fit inside the connection again.
    void shrink() noexcept {
        if (block_ != nullptr && end_ - begin_ <= kInlineSize) {
            std::memcpy(inline_.data(), data_ + begin_, end_ - begin_);
            end_ -= std::exchange(begin_, 0);
            release();
        }
    }

private:
    void grow() {
        const bool pooled = block_ == nullptr;
        const std::size_t capacity = pooled ? BlockPool::kBlockSize : capacity_ * 2;
        BlockPool::Block larger =
            pooled ? pool_.take() : std::make_unique_for_overwrite<char[]>(capacity);
        std::memcpy(larger.get(), data_, end_);
        release();
        block_ = std::move(larger);
        data_ = block_.get();
        capacity_ = capacity;
    }  // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): block_ owns it, which the analyzer misses

    void release() noexcept {
        BlockPool::Block block = std::exchange(block_, nullptr);
        if (block != nullptr && capacity_ == BlockPool::kBlockSize) {
            pool_.give_back(std::move(block));
        }
        data_ = inline_.data();
        capacity_ = kInlineSize;
    }

    BlockPool& pool_;
    BlockPool::Block block_;
    char* data_ = inline_.data();
    std::size_t capacity_ = kInlineSize;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::array<char, kInlineSize> inline_;
};

}  // namespace typhon::http
