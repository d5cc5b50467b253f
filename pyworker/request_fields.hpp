// How each field of a request is made from the received bytes. Pure apart from Python objects; the
// GIL is held.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include <pybind11/pybind11.h>

#include "pyworker/batch.hpp"

namespace typhon::worker {

/// A field that is decoded at first reading. `make` gets the request itself too, for what is made
/// in Python from other fields; it may throw error_already_set.
struct RequestField {
    const char* name;
    pybind11::object (*make)(const Job& job, PyObject* self);
    const char* doc;
};

inline constexpr std::size_t kRequestFields = 21;
[[nodiscard]] const std::array<RequestField, kRequestFields>& request_fields();

/// The last value of a header, by any case of its name; empty when it is missing.
[[nodiscard]] std::string_view header_value(const Job& job, std::string_view name);

}  // namespace typhon::worker
