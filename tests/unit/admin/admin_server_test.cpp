#include "gateway/admin/admin_server.hpp"

#include <atomic>
#include <filesystem>
#include <future>
#include <stdexcept>

#include "tests/unit/supervisor/fixture.hpp"
#include <doctest/doctest.h>
#include <httplib.h>
#include <sys/socket.h>
#include <sys/stat.h>

using namespace typhon;
using nlohmann::json;

namespace {

AdminHandlers quiet_handlers() {
    AdminHandlers handlers;
    handlers.status = [] { return json{{"state", "ready"}}; };
    handlers.routes = [] { return json{{"routes", json::array()}}; };
    handlers.reload = [] { return ReloadResult{true, 2, 3, "done", Milliseconds{4}}; };
    handlers.scale = [](std::uint32_t workers) {
        return ReloadResult{workers < 65, 1, workers, "scaled", Milliseconds{0}};
    };
    handlers.stop = [] {};
    return handlers;
}

class Place {
public:
    [[nodiscard]] std::string socket() const { return dir_.file("admin.sock"); }
    [[nodiscard]] httplib::Client client() const {
        httplib::Client client(socket(), 80);
        client.set_address_family(AF_UNIX);
        client.set_default_headers({{"Host", "typhon"}});
        return client;
    }

private:
    test::TempDir dir_;
};

}  // namespace

TEST_CASE("AdminServer: the socket is for its owner alone, and gone at the end") {
    const Place place;
    {
        const AdminServer server(place.socket(), quiet_handlers());
        struct stat info {};
        REQUIRE(::stat(place.socket().c_str(), &info) == 0);
        CHECK((info.st_mode & 07777U) == 0600);
        CHECK(S_ISSOCK(info.st_mode));
    }
    CHECK_FALSE(std::filesystem::exists(place.socket()));
}

TEST_CASE("AdminServer: each request reaches its handler and is answered in JSON") {
    const Place place;
    const AdminServer server(place.socket(), quiet_handlers());
    const auto status = place.client().Get("/status");
    REQUIRE(status);
    CHECK(status->status == 200);
    CHECK(status->get_header_value("Content-Type") == "application/json");
    CHECK(json::parse(status->body) == json{{"state", "ready"}});
    CHECK(json::parse(place.client().Get("/routes")->body).contains("routes"));
    const auto reload = place.client().Post("/reload");
    CHECK(reload->status == 200);
    CHECK(
        json::parse(reload->body) ==
        json{{"ok", true}, {"message", "done"}, {"generation", 2}, {"workers", 3}, {"took_ms", 4}});
    CHECK(place.client().Post("/stop")->status == 202);
}

TEST_CASE("AdminServer: scale wants a number, and a refusal is a conflict") {
    const Place place;
    const AdminServer server(place.socket(), quiet_handlers());
    CHECK(json::parse(place.client().Post("/scale?workers=3")->body)["workers"] == 3);
    CHECK(place.client().Post("/scale?workers=99")->status == 409);
    for (const char* path : {"/scale",
                             "/scale?workers=",
                             "/scale?workers=x",
                             "/scale?workers=3x",
                             "/scale?workers=-1"}) {
        CAPTURE(path);
        CHECK(place.client().Post(path)->status == 400);
    }
}

TEST_CASE("AdminServer: what it does not know is answered 404 in the same form") {
    const Place place;
    const AdminServer server(place.socket(), quiet_handlers());
    for (const auto& answer : {place.client().Get("/nothing"), place.client().Get("/reload")}) {
        REQUIRE(answer);
        CHECK(answer->status == 404);
        CHECK(json::parse(answer->body).contains("error"));
    }
}

TEST_CASE("AdminServer: a handler that throws is answered 500 with what it says") {
    const Place place;
    AdminHandlers handlers = quiet_handlers();
    handlers.status = []() -> json { throw std::runtime_error("no status today"); };
    const AdminServer server(place.socket(), std::move(handlers));
    const auto answer = place.client().Get("/status");
    CHECK(answer->status == 500);
    CHECK(json::parse(answer->body)["error"] == "no status today");
}

TEST_CASE("AdminServer: a traceback that is not UTF-8 is still an answer") {
    const Place place;
    AdminHandlers handlers = quiet_handlers();
    handlers.reload = [] { return ReloadResult{false, 1, 1, "bad \xff byte", Milliseconds{0}}; };
    const AdminServer server(place.socket(), std::move(handlers));
    const auto answer = place.client().Post("/reload");
    CHECK(answer->status == 409);
    CHECK(json::parse(answer->body)["message"].get<std::string>().starts_with("bad "));
}

TEST_CASE("AdminServer: reloads that take long do not keep status waiting") {
    const Place place;
    std::promise<void> release;
    const std::shared_future<void> released = release.get_future().share();
    std::atomic<int> waiting = 0;
    AdminHandlers handlers = quiet_handlers();
    handlers.reload = [&] {
        ++waiting;
        released.wait();
        return ReloadResult{};
    };
    const AdminServer server(place.socket(), std::move(handlers));
    std::vector<std::future<int>> reloads;
    reloads.reserve(50);
    for (int index = 0; index < 50; ++index) {
        reloads.push_back(std::async(std::launch::async, [&place] {
            auto client = place.client();
            client.set_read_timeout(60);
            int status = 0;
            static_cast<void>(test::eventually([&] {  // few may wait to be accepted at a time
                const auto answer = client.Post("/reload");
                status = answer ? answer->status : 0;
                return answer.error() != httplib::Error::Connection;
            }));
            return status;
        }));
    }
    REQUIRE(test::eventually([&] { return waiting == 50; }));
    CHECK(place.client().Get("/status")->status == 200);
    release.set_value();
    for (auto& reload : reloads) {
        CHECK(reload.get() == 409);
    }
}

TEST_CASE(
    "AdminServer: a socket that a dead gateway left is replaced, a place that cannot be is not") {
    const Place place;
    {
        httplib::Server stale;
        stale.set_address_family(AF_UNIX);
        REQUIRE(stale.bind_to_port(place.socket(), 80));
    }
    const AdminServer server(place.socket(), quiet_handlers());
    CHECK(place.client().Get("/status")->status == 200);
    CHECK_THROWS_AS(AdminServer("/nowhere/admin.sock", quiet_handlers()), std::runtime_error);
}

TEST_CASE("AdminServer: stopping twice is stopping once, and nothing is left open") {
    const Place place;
    const std::size_t before = test::open_descriptors();
    {
        AdminServer server(place.socket(), quiet_handlers());
        CHECK(place.client().Get("/status")->status == 200);
        server.stop();
        server.stop();
        CHECK_FALSE(place.client().Get("/status"));
    }
    CHECK(test::open_descriptors() == before);
}
