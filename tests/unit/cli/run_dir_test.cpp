#include "gateway/cli/run_dir.hpp"

#include <algorithm>
#include <filesystem>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/cli/error.hpp"
#include "gateway/exit_codes.hpp"

using namespace typhon;
using namespace typhon::cli;
namespace fs = std::filesystem;

namespace {

unsigned mode_of(const std::string& path) {
    struct stat info {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_mode & 07777U;
}

std::string fault(const std::string& path) {
    try {
        const RunDir made(path);
    } catch (const CommandError& error) {
        CHECK(error.exit_code() == exit_code::kRunDirectory);
        return error.what();
    }
    return "nothing";
}

}  // namespace

TEST_CASE("RunDir: it is private whatever the umask, and gone at the end") {
    const test::TempDir temp;
    const std::string path = temp.file("run");
    for (const mode_t mask : {0000U, 0777U}) {
        const mode_t before = ::umask(mask);
        {
            const RunDir run_dir(path);
            CHECK(mode_of(path) == 0700);
            CHECK(mode_of(path + "/lock") == 0600 - (mask & 0600));
        }
        ::umask(before);
        CHECK_FALSE(fs::exists(path));
    }
}

TEST_CASE("RunDir: parents are made") {
    const test::TempDir temp;
    const RunDir run_dir(temp.file("a/b/run"));
    CHECK(mode_of(temp.file("a/b/run")) == 0700);
}

TEST_CASE("RunDir: a directory that was there is made private and stays, without our files") {
    const test::TempDir temp;
    const std::string path = temp.file("run");
    fs::create_directory(path);
    ::chmod(path.c_str(), 0755);
    {
        const RunDir run_dir(path);
        CHECK(mode_of(path) == 0700);
    }
    CHECK(fs::exists(path));
    CHECK(fs::is_empty(path));
}

TEST_CASE("RunDir: files of others in it are left alone") {
    const test::TempDir temp;
    const std::string path = temp.file("run");
    {
        const RunDir run_dir(path);
        temp.write("run/notes", "mine");
    }
    CHECK(temp.read("run/notes") == "mine");
}

TEST_CASE("RunDir: a second gateway in it is refused, and told who is there") {
    const test::TempDir temp;
    const std::string path = temp.file("run");
    RunDir first(path);
    CHECK(fault(path).find("another gateway (pid " + std::to_string(::getpid()) + ")") !=
          std::string::npos);
    CHECK(running_gateway(path)->pid == ::getpid());
}

TEST_CASE("RunDir: where the gateway listens can be read by others") {
    const test::TempDir temp;
    RunDir run_dir(temp.file("run"));
    CHECK(running_gateway(run_dir.path())->listen.empty());
    run_dir.record_address("127.0.0.1:3000");
    CHECK(running_gateway(run_dir.path())->listen == "127.0.0.1:3000");
    CHECK(running_gateway(run_dir.path())->pid == ::getpid());
}

TEST_CASE("RunDir: what a dead gateway left is removed, its directory too at the end") {
    const test::TempDir temp;
    const std::string path = temp.file("run");
    fs::create_directory(path);
    temp.write("run/lock", "pid 1\nlisten 127.0.0.1:3000\n");
    temp.write("run/admin.sock", "");
    temp.write("run/relay.sock", "");
    CHECK_FALSE(running_gateway(path));
    {
        const RunDir run_dir(path);
        CHECK_FALSE(fs::exists(path + "/admin.sock"));
        CHECK_FALSE(fs::exists(path + "/relay.sock"));
        CHECK(running_gateway(path)->listen.empty());
    }
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE(
    "RunDir: what native routes say of themselves is for the owner alone, and gone at the end") {
    const test::TempDir temp;
    const std::string path = temp.file("run");
    fs::create_directory(path);
    temp.write("run/native-api.json", "of a dead gateway");
    {
        RunDir run_dir(path);
        const std::string file = run_dir.write_native_api("{}");
        CHECK(file == path + "/native-api.json");
        CHECK(temp.read("run/native-api.json") == "{}");
        CHECK((mode_of(file) & 0077U) == 0);
        CHECK_THROWS_AS((void)run_dir.write_native_api("{}"), CommandError);  // once
    }
    CHECK(fs::is_empty(path));
}

TEST_CASE("RunDir: nobody runs where there is nothing") {
    CHECK_FALSE(running_gateway("/nowhere/at/all"));
}

TEST_CASE("RunDir: what is no file in the place of the lock is no gateway, and keeps nobody") {
    const test::TempDir temp;
    const RunDir running(temp.file("run"));
    fs::create_directory(temp.file("link"));
    fs::create_symlink(running.path() + "/lock", temp.file("link/lock"));
    CHECK_FALSE(running_gateway(temp.file("link")));
    fs::create_directory(temp.file("fifo"));
    REQUIRE(::mkfifo(temp.file("fifo/lock").c_str(), 0600) == 0);
    CHECK_FALSE(running_gateway(temp.file("fifo")));
}

TEST_CASE("RunDir: a link to a directory of ours is none of ours, nor is one of another user") {
    const test::TempDir temp;
    fs::create_directory(temp.file("run"));
    fs::create_directory_symlink(temp.file("run"), temp.file("link"));
    CHECK(is_own_run_dir(temp.file("run")));
    CHECK_FALSE(is_own_run_dir(temp.file("link")));
    CHECK_FALSE(is_own_run_dir(temp.file("nothing")));
    CHECK(is_own_run_dir("/proc/1") == (::geteuid() == 0));
}

TEST_CASE("RunDir: a symbolic link, a file and a place that cannot be are refused") {
    const test::TempDir temp;
    fs::create_directory(temp.file("target"));
    fs::create_symlink(temp.file("target"), temp.file("link"));
    temp.write("file", "");
    CHECK(fault(temp.file("link")).find("link") != std::string::npos);
    CHECK(fault(temp.file("file")).find("cannot be opened") != std::string::npos);
    CHECK(fault("/proc/nowhere/run").find("cannot be made") != std::string::npos);
}

TEST_CASE("RunDir: a path that is too long for a socket is refused before anything is made") {
    const test::TempDir temp;
    const std::string path = temp.file(std::string(100, 'x'));
    CHECK(fault(path).find("too long") != std::string::npos);
    CHECK_FALSE(fs::exists(path));
}

TEST_CASE(
    "RunDir: the default is under XDG_RUNTIME_DIR, else in the temp directory, never too long") {
    const test::TempDir temp;
    const auto with = [](const char* name, const std::string& value) {
        const test::Variable variable(name, value);
        return default_run_dir(3000);
    };
    const std::string user = std::to_string(::geteuid());
    CHECK(with("XDG_RUNTIME_DIR", temp.path()) == temp.path() + "/typhon-3000");
    CHECK(with("XDG_RUNTIME_DIR", "/nowhere") == "/tmp/typhon-" + user + "-3000");
    CHECK(with("TMPDIR", temp.path()) == temp.path() + "/typhon-" + user + "-3000");
    const std::string deep = temp.file(std::string(90, 'd'));
    fs::create_directory(deep);
    CHECK(with("TMPDIR", deep) == "/tmp/typhon-" + user + "-3000");
    CHECK(default_run_dir(0) == "/tmp/typhon-" + user + "-p" + std::to_string(::getpid()));
}

TEST_CASE("RunDir: a client looks in every place where the gateway may be") {
    const test::TempDir temp;
    const test::Variable runtime("XDG_RUNTIME_DIR", temp.path());
    const auto places = possible_run_dirs(3000);
    CHECK(std::find(places.begin(), places.end(), default_run_dir(3000)) != places.end());
    CHECK(places.size() == 2);
}
