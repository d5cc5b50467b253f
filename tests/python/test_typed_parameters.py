"""Parameters that a handler declares: taken from the request, or a 422 that says what is wrong with each."""

import asyncio
import datetime as dt
import functools
import sys
import uuid
from concurrent.futures import Executor
from enum import Enum
from typing import Annotated, Any, Literal

import msgspec
import pytest

from _support import Ask, details
from typhon import (
    AppError,
    Body,
    Cookie,
    Depends,
    Header,
    HTTPError,
    Query,
    Request,
    RouteError,
    ValidationError,
    route,
)
from typhon._finish import finished
from typhon.routing import table


class Item(msgspec.Struct):
    name: str


UUID = uuid.UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff")


class Colour(Enum):
    RED = "red"


def test_query_values_come_by_name_and_annotation(ask: Ask) -> None:
    def handler(request: Request, page: int, flag: bool = False, when: dt.date | None = None) -> Any:
        return [page, flag, str(when)]

    assert ask(handler, "GET /python/x?page=3&flag=true&when=2026-01-02").json() == [3, True, "2026-01-02"]
    assert ask(handler, "GET /python/x?page=3").json() == [3, False, "None"]


def test_each_fault_of_the_query_is_told_with_its_place(ask: Ask) -> None:
    def handler(request: Request, page: int, size: int, sort: Literal["up", "down"] = "up") -> None: ...

    found = details(ask(handler, "GET /python/x?page=x&sort=left"))
    assert found == [
        ("query.page", "expected `int`, got `str`"),
        ("query.size", "missing"),
        ("query.sort", "invalid enum value 'left'"),
    ]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (str, "a", "a"),
        (float, "1.5", 1.5),
        (int, "-7", -7),
        (list[int], "1&v=2", [1, 2]),
        (
            uuid.UUID,
            "6f9619ff-8b86-d011-b42d-00cf4fc964ff",
            uuid.UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff"),
        ),
        (Colour, "red", Colour.RED),
        (int | None, "5", 5),
        (Annotated[int, msgspec.Meta(le=9)], "9", 9),
    ],
)
def test_each_scalar_type(ask: Ask, kind: Any, text: str, value: Any) -> None:
    seen = []

    def handler(request: Request, v: kind) -> None:
        seen.append(v)

    assert ask(handler, f"GET /python/x?v={text}").status_code == 204
    assert seen == [value]


def test_a_bound_is_checked(ask: Ask) -> None:
    def handler(request: Request, v: Annotated[int, msgspec.Meta(le=9)]) -> None: ...

    assert details(ask(handler, "GET /python/x?v=10")) == [("query.v", "expected `int` <= 9")]


def test_path_values_are_arguments_with_and_without_annotation(ask: Ask) -> None:
    def handler(request: Request, shop: int, name, key: uuid.UUID) -> Any:  # type: ignore[no-untyped-def]
        return [shop, name, type(key).__name__]

    pattern = "/python/<int:shop>/<name>/<uuid:key>"
    target = "GET /python/7/b%20c/6f9619ff-8b86-d011-b42d-00cf4fc964ff"
    assert ask(handler, target, pattern).json() == [7, "b c", "UUID"]


def test_a_path_value_that_does_not_fit_its_annotation_is_a_422(ask: Ask) -> None:
    def handler(request: Request, number: int) -> int:
        return number

    assert ask(handler, "GET /python/5", "/python/<number>").json() == 5
    assert details(ask(handler, "GET /python/five", "/python/<number>")) == [
        ("path.number", "expected `int`, got `str`")
    ]


def test_headers_cookies_other_names_and_a_scalar_body(ask: Ask) -> None:
    def handler(
        request: Request,
        numbers: Annotated[list[int], Body()],
        user_agent: Annotated[str, Header()],
        token: Annotated[int, Header("X-Token")],
        theme: Annotated[str, Cookie()] = "dark",
        from_: Annotated[str, Query("from")] = "here",
    ) -> Any:
        return [numbers, user_agent, token, theme, from_]

    headers = {"User-Agent": "me", "X-Token": "5", "Cookie": "theme=light"}
    answer = ask(handler, "POST /python/x?from=there", json=[1], headers=headers)
    assert answer.json() == [[1], "me", 5, "light", "there"]
    assert ("header.X-Token", "missing") in details(ask(handler, "POST /python/x", json=[1]))


def test_coroutines_and_pool_handlers_have_parameters_too(ask: Ask) -> None:
    async def later(request: Request, page: int) -> int:
        await asyncio.sleep(0)
        return page

    def pooled(request: Request, pool: Executor, page: int) -> Any:
        return pool.submit(int, page)

    assert ask(later, "GET /python/x?page=3").json() == 3
    assert details(ask(later, "GET /python/x"))
    assert ask(pooled, "GET /python/x?page=4", use_process_pool=True).json() == 4


def test_a_decorated_handler_keeps_its_parameters(ask: Ask) -> None:
    def handler(request: Request, page: int) -> int:
        return page

    @functools.wraps(handler)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return handler(*args, **kwargs) + 1

    assert ask(wrapper, "GET /python/x?page=3").json() == 4


def test_a_handler_without_parameters_is_not_wrapped() -> None:
    def plain(request: Request) -> None: ...
    def with_default(request: Request, cache={}) -> None: ...  # type: ignore[no-untyped-def]  # noqa: B006

    route("/python/a")(plain)
    route("/python/b")(with_default)
    assert [spec.call for spec in finished(table.routes())] == [plain, with_default]


class Odd:
    """No message can hold one."""


def _two_bodies(request: Request, a: Item, b: Item) -> None: ...
def _pool(request: Request, workers: Executor) -> None: ...
def _unknown(request: Request, a: "NoSuchType") -> None: ...  # type: ignore[name-defined]  # noqa: F821
def _header_model(request: Request, a: Annotated[Item, Header()]) -> None: ...
def _mark_as_default(request: Request, a: str = Header()) -> None: ...  # type: ignore[assignment]
def _odd(request: Request, a: Odd) -> None: ...
async def _later(request: Request) -> None: ...
def _not_async(request: Request, a: Annotated[None, Depends(_later)]) -> None: ...


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (_two_bodies, "only one parameter can be the body, not a and b"),
        (_pool, "use_process_pool=True"),
        (_unknown, "NoSuchType"),
        (_header_model, "a comes from the header, which cannot give a Item"),
        (_mark_as_default, "Annotated"),
        (_odd, "a: Odd is no type that a JSON body can have"),
        (_not_async, "the handler must be async, too"),
    ],
)
def test_a_declaration_that_cannot_work_fails_the_start_with_its_line(handler: Any, reason: str) -> None:
    route("/python/x", methods=["POST"])(handler)
    with pytest.raises(RouteError) as caught:
        finished(table.routes())
    assert reason in str(caught.value)
    assert f"{__file__}:" in str(caught.value)


def test_a_missing_package_is_named_with_its_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def handler(request: Request, page: int) -> None: ...

    monkeypatch.setitem(sys.modules, "msgspec", None)
    route("/python/x")(handler)
    with pytest.raises(AppError, match=r"parameter page needs a package: pip install msgspec .*handler"):
        finished(table.routes())


def test_a_validation_error_is_an_http_error_that_can_be_raised_by_hand() -> None:
    error = ValidationError([{"place": "body.a", "reason": "too old"}])
    assert isinstance(error, HTTPError)
    assert (error.status, error.details) == (422, [{"place": "body.a", "reason": "too old"}])
