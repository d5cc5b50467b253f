// The module `_typhon`: what the C++ side shows to Python.
#pragma once

#include <pybind11/pybind11.h>

namespace typhon::worker {

/// Fills the module.
void bind(pybind11::module_& module);

/// Does nothing; a call makes the linker keep this file, and with it the module's registration,
/// which must happen before Python starts.
void keep_registration() noexcept;

}  // namespace typhon::worker
