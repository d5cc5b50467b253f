# Flags and third-party packages that every target of the project shares.
#
#   typhon_flags            warnings as errors, sanitizers, include root (interface library)
#   typhon_library(NAME …)  a static library of ours
#   typhon_unit_test(NAME …) a doctest binary, registered with ctest

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.74 REQUIRED COMPONENTS system filesystem)
find_package(spdlog REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
find_package(ZLIB REQUIRED)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlienc)
# The flags matter: without them httplib's classes have another layout than Debian's library.
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(typhon_flags INTERFACE)
target_include_directories(typhon_flags INTERFACE $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}> $<INSTALL_INTERFACE:include/typhon>)
# The warnings are for our own sources, not for those of a program that links the installed library.
set(_warnings -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wcast-qual -Woverloaded-virtual
              -Wconversion -Wno-sign-conversion -Werror)
target_compile_options(typhon_flags INTERFACE "$<BUILD_INTERFACE:${_warnings}>")
target_compile_definitions(typhon_flags INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ALL_NO_LIB)
target_link_libraries(typhon_flags INTERFACE Threads::Threads)

if(TYPHON_SANITIZE STREQUAL "address")
  set(_sanitize -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
elseif(TYPHON_SANITIZE STREQUAL "thread")
  # GCC warns that TSan does not model the fences inside Asio; see tests/tsan.supp for what is suppressed.
  set(_sanitize -fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
elseif(TYPHON_SANITIZE)
  message(FATAL_ERROR "TYPHON_SANITIZE is 'address', 'thread' or empty, not '${TYPHON_SANITIZE}'")
endif()
if(_sanitize)
  # -O1: stacks read like the source, and the build takes half the time.
  list(APPEND _sanitize -O1)
  target_compile_options(typhon_flags INTERFACE ${_sanitize})
  target_link_options(typhon_flags INTERFACE ${_sanitize})
endif()

function(typhon_library name)
  add_library(${name} STATIC ${ARGN})
  target_link_libraries(${name} PUBLIC typhon_flags)
endfunction()

function(typhon_unit_test name)
  add_executable(${name} ${ARGN})
  target_link_libraries(${name} PRIVATE typhon_flags)
  add_test(NAME ${name} COMMAND ${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300)
endfunction()
