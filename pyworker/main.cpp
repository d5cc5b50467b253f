// The entry point of typhon-worker.
#include "pyworker/worker.hpp"

int main() {
    return typhon::worker::run_worker();
}
