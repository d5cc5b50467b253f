// Plain cpp-httplib's hello, the counterpart of Typhon's GET /native/hello. Argument: the port.
// A thread for each of the benchmark's connections, since the library keeps one for a connection's
// whole life.

#include <cstdlib>
#include <ctime>
#include <string>

#include <httplib.h>

int main(int argc, char** argv) {
    if (argc != 2) {
        return 2;
    }
    httplib::Server server;
    server.new_task_queue = [] { return new httplib::ThreadPool(72); };
    server.set_keep_alive_max_count(100'000'000);
    server.set_tcp_nodelay(true);
    server.Get("/hello", [](const httplib::Request&, httplib::Response& response) {
        response.set_content(R"({"message":"Hello from C++","timestamp":)" +
                                 std::to_string(std::time(nullptr)) + "}",
                             "application/json");
    });
    return server.listen("127.0.0.1", std::atoi(argv[1])) ? 0 : 1;
}
