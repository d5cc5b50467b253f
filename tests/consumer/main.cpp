// A program of another team, with a handler written for cpp-httplib and one that may block.
#include <cstdlib>

#include "gateway/app.hpp"

namespace {

void plain_httplib_handler(const httplib::Request& request, httplib::Response& response) {
    response.set_content("consumer of " + request.path, "text/plain");
}

}  // namespace

int main(int argc, char** argv) {
    typhon::App app;
    app.get("/consumer/hello", plain_httplib_handler);
    app.get("/consumer/users/<int:id>",
            [](const typhon::Request& request, typhon::Response& response) {
                response.set_content("user " + request.path_params.at("id"), "text/plain");
            });
    app.get("/consumer/blocking",
            typhon::blocking,
            [](const typhon::Request&, typhon::Response& response) {
                response.set_content("from the pool", "text/plain");
            });
    if (const char* description = std::getenv("CONSUMER_DESCRIPTION")) {
        app.get("/consumer/described", plain_httplib_handler).describe(description);
    }
    return app.run(argc, argv);
}
