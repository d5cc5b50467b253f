#include "gateway/cli/python_commands.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <unistd.h>

#include "gateway/cli/error.hpp"
#include "gateway/cli/interpreter.hpp"
#include "gateway/cli/resolve.hpp"
#include "gateway/exit_codes.hpp"

namespace typhon::cli {

namespace {

/// `module` is typhon's; its main() gets the words after the framework's directory.
std::string program_of(const std::string& module) {
    return "import sys; sys.path.insert(0, sys.argv.pop(1)); sys.dont_write_bytecode = True\n"
           "from typhon." +
           module +
           " import main\n"
           "sys.exit(main(sys.argv[1:]))";
}

[[noreturn]] void become(Words command) {
    std::vector<char*> arguments;
    for (std::string& word : command) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    ::execv(arguments.front(), arguments.data());
    throw CommandError(exit_code::kPython, "the interpreter " + command.front() + " cannot be run");
}

}  // namespace

void new_application(const Words& words) {
    Words command{kDefaultPython, "-I", "-c", program_of("_new"), framework_directory()};
    command.insert(command.end(), words.begin(), words.end());
    become(std::move(command));
}

void shell(const Options& options) {
    const SupervisorOptions& paths = options.supervisor;
    become({paths.python, "-c", program_of("_shell"), paths.framework, paths.app});
}

Words dev_words(const Words& words) {
    Words all;
    for (const char* flag : {"--reload", "--debug"}) {
        if (std::find(words.begin(), words.end(), flag) == words.end()) {
            all.emplace_back(flag);
        }
    }
    all.insert(all.end(), words.begin(), words.end());
    return all;
}

}  // namespace typhon::cli
