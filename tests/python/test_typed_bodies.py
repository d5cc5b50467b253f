"""Bodies that a handler declares as a type: decoded, or an answer that says what is wrong with each part."""

from dataclasses import dataclass, field
from typing import Annotated, Any, TypedDict

import msgspec
import pydantic
import pytest

from _support import Ask, details
from typhon import (
    Body,
    Request,
)
from typhon._defaults import filler_of
from typhon._faults import MAX_FAULTS


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
def test_a_body_of_each_kind(ask: Ask, kind: Any, good: Any, bad: Any, faults: Any) -> None:
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


def test_defaults_of_dataclasses_are_in_what_is_answered(ask: Ask) -> None:
    def handler(request: Request, held: Held) -> Any:
        return held.outer

    small: dict[str, Any] = {"inner": {}, "more": [{}, None], "named": {"a": {}}}
    answer = ask(handler, "POST /python/x", json={"outer": small | {"other": small}})
    whole = {"inner": {"size": 3}, "more": [{"size": 3}, None], "named": {"a": {"size": 3}}, "name": "n"}
    assert answer.json() == whole | {"other": whole | {"other": None}}


class Mixed(msgspec.Struct):
    inner: Inner | list[Inner]


@pytest.mark.parametrize(
    ("kind", "sent", "answered"),
    [
        (Inner | list[Inner], {}, {"size": 3}),
        (Inner | list[Inner], [{}], [{"size": 3}]),
        (list[Inner] | int, 5, 5),
        (list[Inner] | int, [{}], [{"size": 3}]),
        (Mixed, {"inner": {}}, {"size": 3}),
    ],
)
def test_defaults_are_there_whichever_part_of_a_union_it_is(
    ask: Ask, kind: Any, sent: Any, answered: Any
) -> None:
    def handler(request: Request, item: Annotated[kind, Body()]) -> Any:
        return item.inner if isinstance(item, Mixed) else item

    assert ask(handler, "POST /python/x", json=sent).json() == answered


def test_types_without_such_defaults_need_no_second_look() -> None:
    assert [filler_of(kind) for kind in (Plain, Part, list[int], User, dict[str, Any])] == [None] * 5
    assert filler_of(Inner) is not None


def test_a_pydantic_model_is_a_body(ask: Ask) -> None:
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
def test_what_is_no_json_is_a_400_another_type_a_415_and_nothing_a_422(ask: Ask, kind: Any) -> None:
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


def test_the_search_for_faults_ends(ask: Ask) -> None:
    def handler(request: Request, numbers: Annotated[list[int], Body()]) -> None: ...

    assert len(details(ask(handler, "POST /python/x", json=["x"] * 1000))) == MAX_FAULTS
    assert len(details(ask(handler, "POST /python/x", json=["x"] * 100_000))) == 1  # too large for a search


def test_a_body_may_be_left_out_when_it_has_a_default(ask: Ask) -> None:
    def handler(request: Request, item: Item | None = None) -> Any:
        return item is None

    assert ask(handler, "POST /python/x").json() is True
    assert ask(handler, "POST /python/x", json={"name": "a"}).json() is False


def test_faults_of_query_and_body_come_together(ask: Ask) -> None:
    def handler(request: Request, item: Point, page: int = 1) -> None: ...

    found = details(ask(handler, "POST /python/x?page=x", json={"x": 1}))
    assert [place for place, _ in found] == ["body.y", "query.page"]
