// The stock gateway: the example's native routes and the command line.
#include "gateway/app.hpp"
#include "gateway/native/examples.hpp"

int main(int argc, char** argv) {
    typhon::App app;
    typhon::add_example_routes(app.router());
    return app.run(argc, argv);
}
