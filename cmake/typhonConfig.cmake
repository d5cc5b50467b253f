# find_package(typhon): the gateway as a library (docs/native.md). Link typhon::typhon_gateway.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(Boost 1.74 COMPONENTS system filesystem)
find_dependency(OpenSSL)
find_dependency(spdlog)
find_dependency(nlohmann_json)
find_dependency(PkgConfig)
pkg_check_modules(ZMQ REQUIRED IMPORTED_TARGET libzmq)
find_dependency(ZLIB)
pkg_check_modules(BROTLI REQUIRED IMPORTED_TARGET libbrotlienc)
# The flags matter: without them httplib's classes have another layout than Debian's library.
pkg_check_modules(HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)
include(${CMAKE_CURRENT_LIST_DIR}/typhonTargets.cmake)
