"""Hooks: in which order they run, around which routes, and what becomes of what they return and raise."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import Any

import pytest

from _support import both_kinds, plain
from typhon import (
    HTTPError,
    PoolProcessDied,
    PoolStartError,
    PoolTimeoutError,
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


POOL_ERRORS = [(PoolTimeoutError, 504), (PoolProcessDied, 502), (PoolStartError, 503)]


@both_kinds
@pytest.mark.parametrize(("kind", "status"), POOL_ERRORS)
def test_a_pool_error_has_its_own_status_for_handlers_too(
    client: Any, handler: Any, kind: type[Exception], status: int
) -> None:
    error_handler(500)(lambda request, error: {"broken": True})

    @before_request
    def fail(request: Request) -> None:
        raise kind("the reason")

    route("/python/x")(handler)
    answer = client().get("/python/x")
    assert (answer.status_code, set(answer.json())) == (status, {"error", "request_id"})
    assert answer.headers.get("retry-after") == ("1" if status == 503 else None)
    error_handler(status)(lambda request, error: {"why": str(error)})
    answer = client().get("/python/x")
    assert (answer.status_code, answer.json()) == (status, {"why": "the reason"})


def test_what_no_handler_takes_is_a_500_as_ever(client: Any, capsys: pytest.CaptureFixture[str]) -> None:
    error_handler(KeyError)(lambda request, error: "no")
    route("/python/x")(lambda request: 1 / 0)
    answer = client().get("/python/x")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal error")
    assert "ZeroDivisionError" in capsys.readouterr().err


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
