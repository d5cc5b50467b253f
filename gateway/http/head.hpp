// The head of a request: request line and header fields, checked against RFC 9112 and RFC 9110 and
// kept as offsets into the bytes that were read.
//
// A pure, incremental parser: bytes in, Head out; it looks at each byte once, however the bytes
// arrive. Framing (is there a body, how long) is decided here, once. It does not percent-decode
// (proto/path.hpp). An object belongs to one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "gateway/http/field_kind.hpp"

namespace typhon::http {

/// Why a request is refused: the status, and one sentence for the client. status 0: no fault.
struct Fault {
    int status = 0;
    std::string_view text;
    [[nodiscard]] explicit operator bool() const noexcept { return status != 0; }
};

struct HeadLimits {
    std::size_t max_head = 64U << 10;  // bytes, request line and the empty line included
    std::size_t max_fields = 100;
    std::size_t max_target = 8U << 10;
    bool secured = false;  // the connection is, so that https targets are for us
};

enum class TargetForm : std::uint8_t { origin, absolute, asterisk };
enum class Framing : std::uint8_t { none, length, chunked };

/// A piece of the head, relative to its first byte.
struct Slice {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
};

struct Field {
    Slice name;
    Slice value;
    FieldKind kind = FieldKind::other;
};

/// True for uri-host [ ":" port ], RFC 9110 section 7.2; an empty host is one.
[[nodiscard]] bool is_host(std::string_view text) noexcept;

class Head {
public:
    enum class Status : std::uint8_t { incomplete, complete, fault };

    /// Reads on in `bytes`: all that was received of this head, and maybe more after it. Call it
    /// again with the same bytes and more after `incomplete`. The bytes may move between calls.
    [[nodiscard]] Status parse(std::string_view bytes, const HeadLimits& limits);

    /// Ready for the next head; memory is kept unless it is large.
    void clear();

    /// After a move of the bytes: what the views below point into.
    void rebase(const char* bytes) noexcept { base_ = bytes; }

    [[nodiscard]] const Fault& fault() const noexcept { return fault_; }
    [[nodiscard]] std::size_t size() const noexcept { return next_; }  // bytes, when complete

    [[nodiscard]] std::string_view view(Slice slice) const noexcept {
        return {base_ + slice.offset, slice.size};
    }
    [[nodiscard]] std::string_view method() const noexcept { return view(method_); }
    [[nodiscard]] std::string_view target() const noexcept { return view(target_); }
    /// Of an absolute target without a path "/" (RFC 9110 section 4.2.3).
    [[nodiscard]] std::string_view path() const noexcept {
        return path_.size == 0 ? std::string_view("/") : view(path_);
    }
    /// False while no target has been read, or when it is none.
    [[nodiscard]] bool has_path() const noexcept {
        return path_.size != 0 || form_ == TargetForm::absolute;
    }
    [[nodiscard]] std::string_view query() const noexcept { return view(query_); }
    [[nodiscard]] const std::vector<Field>& fields() const noexcept { return fields_; }

    [[nodiscard]] bool http_1_0() const noexcept { return minor_ == 0; }
    [[nodiscard]] TargetForm form() const noexcept { return form_; }
    [[nodiscard]] Framing framing() const noexcept { return framing_; }
    [[nodiscard]] std::uint64_t content_length() const noexcept { return content_length_; }
    [[nodiscard]] bool keep_alive() const noexcept { return keep_alive_; }
    [[nodiscard]] bool expects_continue() const noexcept { return expects_continue_; }
    /// True when the body, if there is one, has a content coding (RFC 9110 section 8.4).
    [[nodiscard]] bool has_content_coding() const noexcept { return has_content_coding_; }

    /// True when a field of FieldKind::condition is there.
    [[nodiscard]] bool has_conditions() const noexcept { return has_conditions_; }

    /// True when an Upgrade field is there.
    [[nodiscard]] bool has_upgrade() const noexcept { return has_upgrade_; }

    /// The client's own name for the request; empty when it gave none, more than one, or one that
    /// is_request_id() does not accept.
    [[nodiscard]] std::string_view request_id() const noexcept { return view(request_id_); }

    /// True when a Connection field has the option upgrade.
    [[nodiscard]] bool connection_upgrades() const noexcept { return connection_upgrades_; }

    /// True when a Connection field names the field `name`, which then must not be forwarded. Not
    /// for fields that never are, is_hop_by_hop().
    [[nodiscard]] bool connection_names(std::string_view name) const noexcept;

private:
    enum class Phase : std::uint8_t { request_line, fields };

    [[nodiscard]] Status refuse(int status, std::string_view text) noexcept;
    [[nodiscard]] Status check_size(std::size_t line,
                                    std::size_t head,
                                    const HeadLimits& limits) noexcept;
    [[nodiscard]] bool read_line(Slice line, const HeadLimits& limits);
    [[nodiscard]] bool read_request_line(Slice line, const HeadLimits& limits);
    [[nodiscard]] bool read_version(std::string_view version);
    [[nodiscard]] bool read_target(const HeadLimits& limits);
    [[nodiscard]] bool read_absolute_target(const HeadLimits& limits);
    [[nodiscard]] bool refuse_target();
    [[nodiscard]] bool read_field(Slice line, const HeadLimits& limits);
    void split_query(std::uint32_t offset, std::string_view rest) noexcept;

    // head_check.cpp: what the fields mean together.
    [[nodiscard]] bool check();
    [[nodiscard]] bool check_field(Field& field);
    [[nodiscard]] bool check_together();
    [[nodiscard]] bool check_host(std::string_view value);
    [[nodiscard]] bool check_content_length(std::string_view value);
    [[nodiscard]] bool check_codings();
    [[nodiscard]] bool check_expect(std::string_view value);
    [[nodiscard]] bool read_connection(std::string_view value);
    void read_transfer_encoding(std::string_view value);
    void read_content_encoding(std::string_view value) noexcept;
    void read_request_id(const Field& field) noexcept;

    const char* base_ = nullptr;
    std::vector<Field> fields_;
    Fault fault_;
    Slice method_;
    Slice target_;
    Slice path_;
    Slice query_;
    Slice authority_;  // of an absolute target
    Slice request_id_;
    std::uint64_t content_length_ = 0;
    std::size_t connection_options_ = 0;
    std::uint32_t next_ = 0;     // start of the line that is not read yet
    std::uint32_t scanned_ = 0;  // no LF between next_ and here
    Phase phase_ = Phase::request_line;
    TargetForm form_ = TargetForm::origin;
    Framing framing_ = Framing::none;
    std::uint8_t minor_ = 1;
    bool keep_alive_ = true;
    bool closes_ = false;
    bool connection_upgrades_ = false;
    bool names_fields_ = false;  // a Connection field does
    bool expects_continue_ = false;
    bool has_content_coding_ = false;
    bool has_conditions_ = false;
    bool has_upgrade_ = false;
    bool has_host_ = false;
    bool has_length_ = false;
    bool has_request_id_ = false;
    bool has_transfer_encoding_ = false;
    bool ends_in_chunked_ = false;     // the last transfer coding
    bool has_chunked_twice_ = false;   // chunked comes before the last transfer coding
    bool has_unknown_coding_ = false;  // a transfer coding that is not chunked
};

}  // namespace typhon::http
