"""Parameters that a handler declares: taken from the request, or a 422 that says what is wrong with each."""

import asyncio
import datetime as dt
import functools
import sys
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from dataclasses import dataclass, field
from enum import Enum
from typing import Annotated, Any, Literal, TypedDict

import msgspec
import pydantic
import pytest

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
    abort,
    route,
)
from typhon._defaults import filler_of
from typhon._faults import MAX_FAULTS
from typhon._finish import finished
from typhon.routing import table
from typhon.testing import TestClient


class Part(msgspec.Struct):
    name: str
    price: Annotated[float, msgspec.Meta(ge=0)]


class Item(msgspec.Struct):
    name: str
    parts: list[Part] = []
    sizes: dict[str, int] = {}


@dataclass
class Point:
    x: int
    y: int
    tags: list[str] = field(default_factory=list)


class Movie(TypedDict):
    title: str
    year: int


class User(pydantic.BaseModel):
    name: str
    age: int


UUID = uuid.UUID("6f9619ff-8b86-d011-b42d-00cf4fc964ff")


class Colour(Enum):
    RED = "red"


Client = Callable[..., Any]


@pytest.fixture
def ask() -> Iterator[Client]:
    """``ask(handler, "GET /python/x?a=1", json=...)`` serves the handler alone, and asks it once."""
    clients: list[TestClient] = []

    def once(handler: Any, target: str, pattern: str = "/python/x", **options: Any) -> Any:
        method, path = target.split()
        table.clear()
        pool = options.pop("use_process_pool", False)
        route(pattern, methods=[method], use_process_pool=pool)(handler)
        clients.append(TestClient())
        return clients[-1].request(method, path, **options)

    yield once
    for client in clients:
        client.close()


def details(answer: Any) -> list[tuple[str, str]]:
    assert answer.status_code == 422
    assert set(answer.json()) == {"error", "request_id", "details"}
    return [(fault["place"], fault["reason"]) for fault in answer.json()["details"]]


def test_query_values_come_by_name_and_annotation(ask: Client) -> None:
    def handler(request: Request, page: int, flag: bool = False, when: dt.date | None = None) -> Any:
        return [page, flag, str(when)]

    assert ask(handler, "GET /python/x?page=3&flag=true&when=2026-01-02").json() == [3, True, "2026-01-02"]
    assert ask(handler, "GET /python/x?page=3").json() == [3, False, "None"]


def test_each_fault_of_the_query_is_told_with_its_place(ask: Client) -> None:
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
def test_each_scalar_type(ask: Client, kind: Any, text: str, value: Any) -> None:
    seen = []

    def handler(request: Request, v: kind) -> None:
        seen.append(v)

    assert ask(handler, f"GET /python/x?v={text}").status_code == 204
    assert seen == [value]


def test_a_bound_is_checked(ask: Client) -> None:
    def handler(request: Request, v: Annotated[int, msgspec.Meta(le=9)]) -> None: ...

    assert details(ask(handler, "GET /python/x?v=10")) == [("query.v", "expected `int` <= 9")]


def test_path_values_are_arguments_with_and_without_annotation(ask: Client) -> None:
    def handler(request: Request, shop: int, name, key: uuid.UUID) -> Any:  # type: ignore[no-untyped-def]
        return [shop, name, type(key).__name__]

    pattern = "/python/<int:shop>/<name>/<uuid:key>"
    target = "GET /python/7/b%20c/6f9619ff-8b86-d011-b42d-00cf4fc964ff"
    assert ask(handler, target, pattern).json() == [7, "b c", "UUID"]


def test_a_path_value_that_does_not_fit_its_annotation_is_a_422(ask: Client) -> None:
    def handler(request: Request, number: int) -> int:
        return number

    assert ask(handler, "GET /python/5", "/python/<number>").json() == 5
    assert details(ask(handler, "GET /python/five", "/python/<number>")) == [
        ("path.number", "expected `int`, got `str`")
    ]


@pytest.mark.parametrize(
    ("kind", "good", "bad", "faults"),
    [
        (
            Item,
            {"name": "a", "parts": [{"name": "b", "price": 1}], "sizes": {"s": 1}},
            {"parts": [{"name": 1, "price": -1}, {"name": "x"}, 3], "sizes": {"s": "x"}},
            [
                ("body.name", "missing"),
                ("body.parts[0].name", "expected `str`, got `int`"),
                ("body.parts[0].price", "expected `float` >= 0.0"),
                ("body.parts[1].price", "missing"),
                ("body.parts[2]", "expected `object`, got `int`"),
                ("body.sizes.s", "expected `int`, got `str`"),
            ],
        ),
        (
            Point,
            {"x": 1, "y": 2, "tags": ["a"]},
            {"x": "1", "tags": [1]},
            [
                ("body.x", "expected `int`, got `str`"),
                ("body.y", "missing"),
                ("body.tags[0]", "expected `str`, got `int`"),
            ],
        ),
        (Movie, {"title": "M", "year": 1931}, {"title": "M"}, [("body.year", "missing")]),
        (list[Point], [], [{"x": 1}], [("body[0].y", "missing")]),
        (dict[str, int], {"a": 1}, {"a": None}, [("body.a", "expected `int`, got `null`")]),
    ],
)
def test_a_body_of_each_kind(ask: Client, kind: Any, good: Any, bad: Any, faults: Any) -> None:
    seen = []

    def handler(request: Request, item: kind) -> None:
        seen.append(item)

    assert ask(handler, "POST /python/x", json=good).status_code == 204
    assert seen == [msgspec.convert(good, kind)]
    assert sorted(details(ask(handler, "POST /python/x", json=bad))) == sorted(faults)


@dataclass
class Inner:
    size: int = 3


@dataclass
class Outer:
    inner: Inner
    more: list[Inner | None]
    named: dict[str, Inner]
    other: "Outer | None" = None
    name: str = "n"


class Held(msgspec.Struct):
    outer: Outer


@dataclass
class Plain:
    size: int
    more: "list[Plain]"


def test_defaults_of_dataclasses_are_in_what_is_answered(ask: Client) -> None:
    def handler(request: Request, held: Held) -> Any:
        return held.outer

    small: dict[str, Any] = {"inner": {}, "more": [{}, None], "named": {"a": {}}}
    answer = ask(handler, "POST /python/x", json={"outer": small | {"other": small}})
    whole = {"inner": {"size": 3}, "more": [{"size": 3}, None], "named": {"a": {"size": 3}}, "name": "n"}
    assert answer.json() == whole | {"other": whole | {"other": None}}


def test_types_without_such_defaults_need_no_second_look() -> None:
    assert [filler_of(kind) for kind in (Plain, Part, list[int], User, dict[str, Any])] == [None] * 5
    assert filler_of(Inner) is not None


def test_a_pydantic_model_is_a_body(ask: Client) -> None:
    def handler(request: Request, user: User) -> Any:
        return [type(user).__name__, user.name, user.age]

    assert ask(handler, "POST /python/x", json={"name": "A", "age": 3}).json() == ["User", "A", 3]
    places = details(ask(handler, "POST /python/x", json={"age": "x"}))
    assert [place for place, _ in places] == ["body.name", "body.age"]
    assert places[0][1] == "missing"
    headers = {"Content-Type": "application/json"}
    answer = ask(handler, "POST /python/x", content=b"{", headers=headers)
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", [Item, list[User]])
def test_what_is_no_json_is_a_400_another_type_a_415_and_nothing_a_422(ask: Client, kind: Any) -> None:
    def handler(request: Request, item: kind) -> None: ...

    headers = {"Content-Type": "application/json"}
    answer = ask(handler, "POST /python/x", content=b'{"name": \n x', headers=headers)
    assert answer.status_code == 400
    assert "line 2" in answer.json()["error"]
    assert ask(handler, "POST /python/x", content=b"\xff", headers=headers).status_code == 400
    assert ask(handler, "POST /python/x", content=b'{"name": "a"}').status_code == 415
    plain = {"Content-Type": "text/plain"}
    assert ask(handler, "POST /python/x", content=b'{"name": "a"}', headers=plain).status_code == 415
    assert details(ask(handler, "POST /python/x")) == [("body", "missing")]


def test_the_search_for_faults_ends(ask: Client) -> None:
    def handler(request: Request, numbers: Annotated[list[int], Body()]) -> None: ...

    assert len(details(ask(handler, "POST /python/x", json=["x"] * 1000))) == MAX_FAULTS
    assert len(details(ask(handler, "POST /python/x", json=["x"] * 100_000))) == 1  # too large for a search


def test_a_body_may_be_left_out_when_it_has_a_default(ask: Client) -> None:
    def handler(request: Request, item: Item | None = None) -> Any:
        return item is None

    assert ask(handler, "POST /python/x").json() is True
    assert ask(handler, "POST /python/x", json={"name": "a"}).json() is False


def test_faults_of_query_and_body_come_together(ask: Client) -> None:
    def handler(request: Request, item: Point, page: int = 1) -> None: ...

    found = details(ask(handler, "POST /python/x?page=x", json={"x": 1}))
    assert [place for place, _ in found] == ["body.y", "query.page"]


def test_headers_cookies_other_names_and_a_scalar_body(ask: Client) -> None:
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


def test_coroutines_and_pool_handlers_have_parameters_too(ask: Client) -> None:
    async def later(request: Request, page: int) -> int:
        await asyncio.sleep(0)
        return page

    def pooled(request: Request, pool: Executor, page: int) -> Any:
        return pool.submit(int, page)

    assert ask(later, "GET /python/x?page=3").json() == 3
    assert details(ask(later, "GET /python/x"))
    assert ask(pooled, "GET /python/x?page=4", use_process_pool=True).json() == 4


def test_a_dependency_is_called_once_and_may_have_parameters(ask: Client) -> None:
    calls = []

    def user(request: Request, token: Annotated[str, Header("X-Token")]) -> str:
        calls.append(token)
        return f"user {token}"

    def boss(request: Request, name: Annotated[str, Depends(user)]) -> bool:
        return name == "user 1"

    def handler(request: Request, name: str = Depends(user), is_boss: bool = Depends(boss)) -> Any:  # type: ignore[assignment]
        return [name, is_boss]

    assert ask(handler, "GET /python/x", headers={"X-Token": "1"}).json() == ["user 1", True]
    assert calls == ["1"]
    assert details(ask(handler, "GET /python/x")) == [("header.X-Token", "missing")]


def test_a_dependency_that_aborts_comes_before_every_fault(ask: Client) -> None:
    def nobody(request: Request) -> None:
        abort(401)

    def handler(request: Request, page: int, who: Annotated[None, Depends(nobody)]) -> None: ...

    assert ask(handler, "GET /python/x?page=x").status_code == 401

    def with_body(request: Request, item: Item, who: Annotated[None, Depends(nobody)]) -> None: ...

    assert ask(with_body, "POST /python/x", content=b"x").status_code == 401  # and not the 415 of the body


def test_an_async_dependency_is_awaited_once(ask: Client) -> None:
    calls = []

    async def user(request: Request, page: int) -> int:
        calls.append(page)
        return page

    async def handler(
        request: Request, size: int, a: Annotated[int, Depends(user)], b: Annotated[int, Depends(user)]
    ) -> Any:
        return [size, a, b]

    assert ask(handler, "GET /python/x?page=3&size=4").json() == [4, 3, 3]
    assert calls == [3]
    assert details(ask(handler, "GET /python/x?page=3&size=x")) == [
        ("query.size", "expected `int`, got `str`")
    ]


def test_a_decorated_handler_keeps_its_parameters(ask: Client) -> None:
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
