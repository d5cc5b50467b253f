// The real typhon-worker: READY, what handlers get, and what becomes of their results.
#include "tests/unit/pyworker/worker_fixture.hpp"
#include <doctest/doctest.h>

using namespace typhon;
using tests::Got;
using tests::Sent;
using tests::WorkerFixture;

namespace {

constexpr const char* kApp = R"py(
import sys

from typhon import Response, abort, route

@route("/python/hello")
def hello(request):
    return {"message": "Hello"}

@route("/python/process", methods=["POST"])
def process(request):
    return {"got": request.body, "type": type(request.body).__name__}

@route("/python/users/<int:user>/<name>")
def user(request):
    return [request.path_params["user"], request.path_params["name"], request.route]

@route("/python/fields", methods=["GET", "POST"])
def fields(request):
    return {
        "method": request.method, "path": request.path, "query": request.query_params,
        "header": request.headers["HOST"], "client": request.client, "id": request.id,
        "data": request.data.decode(), "text": request.text, "cookies": request.cookies,
        "form": request.form, "deadline": 0 < request.deadline <= 30,
        "same": request.headers is request.headers, "repr": repr(request),
    }

@route("/python/text")
def text(request):
    return "gr\u00fc\u00dfe"

@route("/python/bytes")
def some_bytes(request):
    return b"\x00\x01"

@route("/python/nothing")
def nothing(request):
    return None

@route("/python/teapot")
def teapot(request):
    return Response({"short": True}, 418, {"X-Pot": "stout"})

@route("/python/large")
def large(request):
    return b"x" * 3_000_000

@route("/python/huge/<kind>")
def huge(request):
    body = bytes((256 << 20) + 1)
    return body if request.path_params["kind"] == "plain" else (body, 201, {"X-Made": "yes"})

@route("/python/abort")
def aborted(request):
    abort(409, "not now")

@route("/python/raise")
def raises(request):
    raise ValueError("a fault of the handler")

@route("/python/exit")
def exits(request):
    sys.exit(3)

@route("/python/surrogate")
def surrogate(request):
    return "\udc80"

@route("/python/attributes")
def attributes(request):
    request.user = "ann"
    return {"user": request.user, "dict": request.__dict__}

@route("/python/async/huge")
async def async_huge(request):
    return bytes((256 << 20) + 1)

@route("/python/async/hello")
async def async_hello(request):
    return {"message": "Hello"}
)py";

struct Worker : WorkerFixture {
    Worker() { write("endpoints.py", kApp); }
};

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE_FIXTURE(Worker, "Worker: READY tells token, versions, capacity and the route table") {
    const proto::Ready& said = start();
    CHECK(said.token == "secret");
    CHECK(said.pid == static_cast<std::uint32_t>(pid()));
    CHECK(said.python.starts_with("3.11."));
    CHECK(said.interpreter == TYPHON_PYTHON);
    CHECK(said.threads == 4);
    CHECK(said.async_capacity == 1000);
    REQUIRE(said.routes.size() > 10);
    CHECK(said.routes[0].pattern == "/python/hello");
    CHECK(said.routes[0].mode == proto::RouteMode::thread);
    CHECK(said.routes.back().name == "endpoints.async_hello");
    CHECK(said.routes.back().mode == proto::RouteMode::async);
}

TEST_CASE_FIXTURE(Worker, "Worker: results of every common type become replies") {
    start();
    const Got hello = get("/python/hello");
    CHECK(hello.status == 200);
    CHECK(hello.content_type == "application/json");
    CHECK(hello.body == R"({"message":"Hello"})");
    CHECK(get("/python/text").content_type == "text/plain; charset=utf-8");
    CHECK(get("/python/text").body ==
          "gr\xC3\xBC\xC3\x9F"
          "e");
    CHECK(get("/python/bytes").body == std::string("\0\1", 2));
    CHECK(get("/python/bytes").content_type == "application/octet-stream");
    const Got nothing = get("/python/nothing");
    CHECK(nothing.status == 204);
    CHECK(nothing.body.empty());
    const Got teapot = get("/python/teapot");
    CHECK(teapot.status == 418);
    REQUIRE(teapot.headers.size() == 1);
    CHECK(teapot.headers[0] == std::pair<std::string, std::string>("X-Pot", "stout"));
    CHECK(get("/python/large").body.size() == 3'000'000);
}

TEST_CASE_FIXTURE(Worker, "Worker: a handler reads every field of its request") {
    start();
    CHECK(post_json("/python/process", R"({"a":[1]})").body ==
          R"({"got":{"a":[1]},"type":"dict"})");
    CHECK(post_json("/python/process", "").body == R"({"got":null,"type":"NoneType"})");
    CHECK(get("/python/users/42/w%C3%A4%2Fx").body ==
          "[42,\"w\xC3\xA4/x\",\"/python/users/<int:user>/<name>\"]");
    Sent sent;
    sent.method = "POST";
    sent.path = "/python/fields";
    sent.query = "a=1&a=2&b=%20";
    sent.content_type = "application/x-www-form-urlencoded";
    sent.body = "x=y";
    const std::uint64_t id = send(sent);
    const std::string body = reply(id).body;
    for (const char* part : {R"("method":"POST")",
                             R"("path":"/python/fields")",
                             R"("query":{"a":"2","b":" "})",
                             R"("header":"test")",
                             R"("client":"127.0.0.1:1")",
                             R"("id":"0000000000000004")",
                             R"("data":"x=y")",
                             R"("text":"x=y")",
                             R"("form":{"x":"y"})",
                             R"("deadline":true)",
                             R"("same":true)",
                             R"("repr":"<Request POST /python/fields 0000000000000004>")"}) {
        CAPTURE(body);
        CHECK_MESSAGE(contains(body, part), part);
    }
    CHECK(get("/python/attributes").body == R"({"user":"ann","dict":{"user":"ann"}})");
}

TEST_CASE_FIXTURE(
    Worker, "Worker: an exception is an answer in the common form, and the next request works") {
    start();
    const Got raised = get("/python/raise");
    CHECK(raised.status == 500);
    CHECK(contains(raised.body, R"("error":"internal error","request_id":")"));
    CHECK(get("/python/exit").status == 500);
    CHECK(get("/python/surrogate").status == 500);
    const Got aborted = get("/python/abort");
    CHECK(aborted.status == 409);
    CHECK(contains(aborted.body, "not now"));
    CHECK(post_json("/python/process", "{").status == 400);
    CHECK(get("/python/hello").status == 200);
}

TEST_CASE_FIXTURE(
    Worker, "Worker: an answer that the gateway would not read is a 500, and its batch arrives") {
    start();
    for (const std::string path :
         {"/python/huge/plain", "/python/huge/tuple", "/python/async/huge"}) {
        CAPTURE(path);
        Sent huge;
        huge.path = path;
        Sent hello;
        hello.path = "/python/hello";
        const auto ids = send({huge, hello});
        const Got got = reply(ids[0]);
        CHECK(got.status == 500);
        CHECK(got.headers.empty());
        CHECK(contains(got.body, R"("error":"internal error")"));
        CHECK(reply(ids[1]).status == 200);
    }
}

TEST_CASE_FIXTURE(Worker, "Worker: what no route serves is answered as the gateway would") {
    start();
    CHECK(get("/python/unknown").status == 404);
    const Got wrong = post_json("/python/hello", "1");
    CHECK(wrong.status == 405);
    REQUIRE(wrong.headers.size() == 1);
    CHECK(wrong.headers[0].second == "GET, HEAD, OPTIONS");
    Sent head;
    head.method = "HEAD";
    head.path = "/python/hello";
    CHECK(reply(send(head)).body == R"({"message":"Hello"})");
}

TEST_CASE_FIXTURE(Worker, "Worker: all requests of one message are answered, in few messages") {
    start();
    Sent hello;
    hello.path = "/python/hello";
    const auto ids = send(std::vector<Sent>(64, hello));
    int messages = 0;
    until([&] {
        messages += receive(std::chrono::milliseconds(20)) ? 1 : 0;
        return replies.size() == ids.size();
    });
    CHECK(messages < 64);
    CHECK(started(slot_of(ids.back()), ids.back()));
}
