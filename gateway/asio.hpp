// Asio under the names that the gateway uses. Include this instead of Boost's headers.
#pragma once

#include <utility>  // Boost.Asio 1.74 in C++20 needs it first

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/error_code.hpp>

namespace typhon {

namespace asio = boost::asio;
using boost::system::error_code;

/// The executor of one event loop; concrete, so that nothing is type-erased on the data path.
using LoopExecutor = asio::io_context::executor_type;

template <class T>
using Task = asio::awaitable<T, LoopExecutor>;

inline constexpr asio::use_awaitable_t<LoopExecutor> kUseTask{};

}  // namespace typhon
