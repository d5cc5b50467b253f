#include "gateway/app.hpp"

#include <cstdlib>
#include <exception>
#include <memory>
#include <variant>

#include <spdlog/spdlog.h>

#include "gateway/access/log_file.hpp"
#include "gateway/cli/cli.hpp"
#include "gateway/cli/error.hpp"
#include "gateway/cli/run_dir.hpp"
#include "gateway/cli/system_limits.hpp"
#include "gateway/exit_codes.hpp"
#include "gateway/gateway.hpp"
#include "gateway/memory.hpp"
#include "gateway/native/description.hpp"
#include "proto/log.hpp"

namespace typhon {

namespace {

int serve(Options options, const NativeRouter& router) {
    const std::string native_api = api_description(router);
    proto::set_up_log("gateway", options.log_level);
    cli::fit_into_limits(options);
    set_up_memory();
    auto run_dir = std::make_unique<cli::RunDir>(options.supervisor.run_dir);
    options.supervisor.run_dir = run_dir->path();
    if (!native_api.empty()) {
        options.supervisor.native_api = run_dir->write_native_api(native_api);
    }
    auto gateway = std::make_unique<Gateway>(options, router);
    run_dir->record_address(gateway->address());
    const int code = gateway->run();
    if (gateway->gave_up()) {  // a native handler that does not end must not keep the process
        gateway->abandon();
        run_dir.reset();
        spdlog::shutdown();
        std::_Exit(code);
    }
    return code;
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
    } catch (const http::ListenError& error) {
        cli::complain(error.what());
        return exit_code::kAddress;
    } catch (const access::OpenError& error) {
        cli::complain(error.what());
        return exit_code::kUsage;
    } catch (const http::TlsError& error) {
        cli::complain(error.what());
        return exit_code::kTls;
    } catch (const DescriptionError& error) {
        cli::complain(error.what());
        return exit_code::kDescription;
    } catch (const std::exception& error) {
        cli::complain(error.what());
        return exit_code::kFailure;
    }
}

}  // namespace typhon
