// Opens a regular file that lies beneath a directory, and nothing else: not by "..", not through a
// symbolic link that leads out, whatever is renamed meanwhile (openat2(2), Linux 5.6).
//
// Any thread. It waits for the file system: quick on a local disk, not on a network's.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

#include "gateway/http/byte_ranges.hpp"
#include "gateway/supervisor/unique_fd.hpp"

namespace typhon::http {

struct OpenFile {
    UniqueFd fd;
    std::uint64_t size = 0;
    std::int64_t modified_ns = 0;  // since the epoch

    [[nodiscard]] std::time_t modified() const noexcept { return modified_ns / 1'000'000'000; }
};

enum class OpenOutcome : std::uint8_t {
    opened,
    directory,
    missing,    // nothing of that name, or it leads out of the directory, or is no regular file
    forbidden,  // this process may not read it
    busy,       // no descriptor is free
    failed,     // an error of the file system, which is logged
};

/// Opens `path`, relative to the directory `root`. Symbolic links are followed as far as they stay
/// beneath `root`; `root` itself may be one. `file` is set when the outcome is opened.
[[nodiscard]] OpenOutcome open_beneath(const std::string& root,
                                       const std::string& path,
                                       OpenFile& file);

/// Appends the bytes of `range`. False when the file has become shorter, or cannot be read; `out`
/// then holds what was there.
[[nodiscard]] bool append_range(int fd, const ByteRange& range, std::string& out);

}  // namespace typhon::http
