// The descriptor that is closed with its owner, under the name by which the gateway knows it.
#pragma once

#include "proto/unique_fd.hpp"

namespace typhon {

using proto::UniqueFd;

}  // namespace typhon
