#include "gateway/app.hpp"

#include <exception>
#include <system_error>
#include <variant>

#include <spdlog/spdlog.h>

#include "gateway/cli/cli.hpp"
#include "gateway/cli/error.hpp"
#include "gateway/cli/run_dir.hpp"
#include "gateway/exit_codes.hpp"
#include "gateway/gateway.hpp"
#include "gateway/log.hpp"

namespace typhon {

namespace {

std::string address_text(const std::string& host, std::uint16_t port) {
    const bool v6 = host.find(':') != std::string::npos;
    return (v6 ? '[' + host + ']' : host) + ':' + std::to_string(port);
}

int serve(Options options, const NativeRouter& router) {
    set_up_log(options.log_level);
    cli::RunDir run_dir(options.supervisor.run_dir);
    options.supervisor.run_dir = run_dir.path();
    Gateway gateway(options, router);
    const std::string address = address_text(options.host, gateway.port());
    run_dir.record_address(address);
    return gateway.run(address);
}

}  // namespace

int App::run(int argc, char** argv) {
    try {
        auto command = cli::parse(argc, argv);
        if (const int* code = std::get_if<int>(&command)) {
            return *code;
        }
        return serve(std::get<cli::ServeCommand>(std::move(command)).options, router_);
    } catch (const cli::CommandError& error) {
        cli::complain(error.what());
        return error.exit_code();
    } catch (const std::system_error& error) {  // the listener: its text names the address
        cli::complain(error.what());
        return exit_code::kAddress;
    } catch (const std::exception& error) {
        cli::complain(error.what());
        return exit_code::kFailure;
    }
}

}  // namespace typhon
