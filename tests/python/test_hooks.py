"""Hooks: in which order they run, around which routes, and what becomes of what they return and raise."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from typhon import (
    HTTPError,
    Request,
    Response,
    RouteError,
    Router,
    abort,
    after_request,
    before_request,
    current_request,
    error_handler,
    middleware,
    on_startup,
    route,
)
from typhon._finish import finished
from typhon.routing import table
from typhon.testing import TestClient


@pytest.fixture
def client() -> Iterator[Callable[..., TestClient]]:
    """``client()`` serves what has been declared so far."""
    made: list[TestClient] = []

    def make(**options: Any) -> TestClient:
        made.append(TestClient(**options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def plain(request: Request) -> Any:
    return {"ok": True}


async def coroutine(request: Request) -> Any:
    await asyncio.sleep(0)
    return {"ok": True}


both_kinds = pytest.mark.parametrize("handler", [plain, coroutine])


def test_routes_without_hooks_are_left_alone() -> None:
    route("/python/x")(plain)
    assert finished(table.routes())[0].call is plain


@both_kinds
def test_hooks_run_from_the_outside_to_the_inside_and_back(client: Any, handler: Any) -> None:
    seen: list[str] = []

    def note(text: str) -> Callable[..., Any]:
        return lambda *arguments: seen.append(text)

    def surround(text: str) -> Callable[[Request], Generator[None, Response, None]]:
        def around(request: Request) -> Generator[None, Response, None]:
            seen.append(f"{text} in")
            yield
            seen.append(f"{text} out")

        return around

    router = Router("/python/r", before=[note("router before")], after=[note("router after")])
    router.middleware(surround("router"))
    router.route("/x")(handler)
    middleware(surround("first"))
    middleware(surround("second"))
    before_request(note("before"))
    after_request(note("after"))
    after_request(note("after declared later"))
    assert client().get("/python/r/x").json() == {"ok": True}
    assert seen == [
        "first in",
        "second in",
        "router in",
        "before",
        "router before",
        "router after",
        "after declared later",
        "after",
        "router out",
        "second out",
        "first out",
    ]


def test_a_routers_hooks_surround_its_routes_only(client: Any) -> None:
    router = Router("/python/admin", before=[lambda request: abort(403)])
    router.route("/x")(plain)
    route("/python/free")(plain)
    made = client()
    assert made.get("/python/admin/x").status_code == 403
    assert made.get("/python/free").status_code == 200
    assert table.routes()[0].pattern == "/python/admin/x"


@both_kinds
def test_what_a_before_hook_returns_is_the_answer(client: Any, handler: Any) -> None:
    before_request(lambda request: ({"stop": 1}, 202) if "stop" in request.query_params else None)
    route("/python/x")(handler)
    made = client()
    assert made.get("/python/x").json() == {"ok": True}
    assert (made.get("/python/x?stop=").status_code, made.get("/python/x?stop=").json()) == (202, {"stop": 1})


@both_kinds
def test_an_after_hook_changes_or_replaces_the_response(client: Any, handler: Any) -> None:
    @after_request
    def replace(request: Request, response: Response) -> Response | None:
        return Response("new", 201) if "new" in request.query_params else None

    @after_request
    def mark(request: Request, response: Response) -> None:
        response.headers["X-Status"] = str(response.status)

    route("/python/x")(handler)
    made = client()
    assert made.get("/python/x").headers["x-status"] == "200"
    assert (made.get("/python/x?new=").text, made.get("/python/x?new=").status_code) == ("new", 201)


def test_after_hooks_see_error_answers_too(client: Any) -> None:
    @after_request
    def mark(request: Request, response: Response) -> None:
        response.headers["X-Seen"] = str(response.status)

    @route("/python/x")
    def gone(request: Request) -> None:
        abort(410, "gone", {"X-Own": "1"})

    answer = client().get("/python/x")
    assert (answer.headers["x-seen"], answer.headers["x-own"]) == ("410", "1")
    assert set(answer.json()) == {"error", "request_id"}


@both_kinds
def test_an_exception_finds_the_handler_of_its_nearest_type(client: Any, handler: Any) -> None:
    @error_handler(Exception)
    def any_error(request: Request, error: Exception) -> Any:
        return {"any": type(error).__name__}

    @error_handler(LookupError)
    async def lookup(request: Request, error: LookupError) -> Any:
        return Response({"lookup": str(error)}, 404)

    @before_request
    def fail(request: Request) -> None:
        raise {"key": KeyError("k"), "value": ValueError("v")}[request.query_params["kind"]]

    route("/python/x")(handler)
    made = client()
    assert made.get("/python/x?kind=key").json() == {"lookup": "'k'"}
    answer = made.get("/python/x?kind=value")
    assert (answer.status_code, answer.json()) == (500, {"any": "ValueError"})


def test_an_error_handler_of_a_status_keeps_the_status_and_the_routers_comes_first(client: Any) -> None:
    error_handler(404)(lambda request, error: {"app": error.message})
    router = Router("/python/r")
    router.error_handler(404)(lambda request, error: ({"router": error.message}, 410))
    router.route("/x")(lambda request: abort(404, "none"))
    route("/python/x")(lambda request: abort(404, "none"))
    made = client()
    assert (made.get("/python/x").status_code, made.get("/python/x").json()) == (404, {"app": "none"})
    assert (made.get("/python/r/x").status_code, made.get("/python/r/x").json()) == (410, {"router": "none"})


def test_what_no_handler_takes_is_a_500_as_ever(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    error_handler(KeyError)(lambda request, error: "no")
    route("/python/x")(lambda request: 1 / 0)
    answer = client().get("/python/x")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal error")
    assert "ZeroDivisionError" in capsys.readouterr().err


@both_kinds
def test_a_plain_middleware_calls_the_next(client: Any, handler: Any) -> None:
    @middleware
    def timed(request: Request, call_next: Callable[[Request], Response]) -> Response:
        time.sleep(0)  # it may block, around coroutines too
        response = call_next(request)
        response.headers["X-Thread"] = threading.current_thread().name
        response.headers["X-Request"] = str(current_request() is request)
        return response

    route("/python/x")(handler)
    answer = client().get("/python/x")
    assert answer.json() == {"ok": True}
    assert answer.headers["x-request"] == "True"


@both_kinds
def test_an_async_middleware_makes_every_route_a_coroutine(client: Any, handler: Any) -> None:
    @middleware
    async def timed(request: Request, call_next: Any) -> Response:
        response: Response = await call_next(request)
        response.headers["X-Seen"] = "1"
        return response

    route("/python/x")(handler)
    assert [spec.mode for spec in finished(table.routes())] == ["async"]
    answer = client().get("/python/x")
    assert (answer.json(), answer.headers["x-seen"]) == ({"ok": True}, "1")


def test_a_plain_handler_under_an_async_middleware_may_block_and_knows_its_request(client: Any) -> None:
    @middleware
    async def nothing(request: Request, call_next: Any) -> Any:
        return await call_next(request)

    @route("/python/x", use_process_pool=True)
    def waits(request: Request, pool: Any) -> Any:
        with pytest.raises(RuntimeError):
            asyncio.get_running_loop()
        assert current_request() is request
        return pool.submit(int, "7")

    assert client().get("/python/x").json() == 7


@both_kinds
def test_a_generator_middleware_may_answer_itself_catch_and_replace(client: Any, handler: Any) -> None:
    @middleware
    def around(request: Request) -> Generator[None, Response, Any]:
        if "early" in request.query_params:
            return "early", 202
        try:
            yield
        except ValueError as error:
            return {"caught": str(error)}
        return Response("late") if "late" in request.query_params else None

    @before_request
    def fail(request: Request) -> None:
        if "fail" in request.query_params:
            raise ValueError("bad")

    route("/python/x")(handler)
    made = client()
    assert made.get("/python/x").json() == {"ok": True}
    assert (made.get("/python/x?early=").text, made.get("/python/x?early=").status_code) == ("early", 202)
    assert made.get("/python/x?late=").text == "late"
    assert made.get("/python/x?fail=").json() == {"caught": "bad"}


@both_kinds
def test_a_middleware_that_aborts_is_an_answer_that_error_handlers_see(client: Any, handler: Any) -> None:
    @middleware
    def refuse(request: Request, call_next: Any) -> Any:
        abort(401)

    error_handler(401)(lambda request, error: {"login": True})
    route("/python/x")(handler)
    answer = client().get("/python/x")
    assert (answer.status_code, answer.json()) == (401, {"login": True})


def test_typed_parameters_are_checked_inside_of_the_hooks(client: Any) -> None:
    @error_handler(422)
    def invalid(request: Request, error: HTTPError) -> Any:
        return {"faults": len(error.details)}

    @route("/python/x")
    def typed(request: Request, page: int) -> int:
        return page

    made = client()
    assert made.get("/python/x?page=2").json() == 2
    assert (made.get("/python/x").status_code, made.get("/python/x").json()) == (422, {"faults": 1})


@pytest.mark.parametrize("kind", ["plain", "task", "thread"])
def test_the_current_request_is_found_below_the_handler(client: Any, kind: str) -> None:
    def below() -> str:
        return current_request().path

    if kind == "plain":
        route("/python/x")(lambda request: below())
    else:

        @route("/python/x")
        async def handler(request: Request) -> str:
            if kind == "thread":
                return await asyncio.to_thread(below)
            return await asyncio.create_task(asyncio.wait_for(asyncio.to_thread(below), 5))

    assert client().get("/python/x").text == "/python/x"
    with pytest.raises(RuntimeError, match="no request"):
        current_request()


async def _async_generator(request: Any) -> Any:
    yield


@pytest.mark.parametrize(
    ("declare", "reason"),
    [
        (lambda: before_request(lambda: None), "f(request)"),
        (lambda: after_request(lambda request: None), "f(request, response)"),
        (lambda: middleware(lambda request: None), "f(request, call_next)"),
        (lambda: middleware(_async_generator), "async generator"),
        (lambda: error_handler(200), "status from 400 to 599"),
        (lambda: error_handler("x"), "exception's type"),  # type: ignore[arg-type]
        (lambda: error_handler(404)(lambda request: None), "f(request, error)"),
        (lambda: on_startup(lambda request: None), "a startup hook is f()"),
        (lambda: Router("/admin"), "must start with /python"),
        (lambda: Router("/python/"), "must start with /python"),
    ],
)
def test_a_hook_that_cannot_work_is_refused_where_it_is_declared(declare: Any, reason: str) -> None:
    with pytest.raises(RouteError) as caught:
        declare()
    assert reason in str(caught.value)


def test_a_middleware_that_yields_twice_is_a_500_with_its_name(
    client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    @middleware
    def twice(request: Request) -> Generator[None, Response, None]:
        yield
        yield

    route("/python/x")(plain)
    assert client().get("/python/x").status_code == 500
    assert "twice yields more than once" in capsys.readouterr().err
