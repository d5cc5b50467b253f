"""Dependencies of handlers: called once, before everything else is checked."""

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

import msgspec
import pytest

from _support import Ask, details
from typhon import (
    Depends,
    Header,
    Request,
    abort,
)


class Item(msgspec.Struct):
    name: str


def test_a_dependency_is_called_once_and_may_have_parameters(ask: Ask) -> None:
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


def test_a_dependency_that_aborts_comes_before_every_fault(ask: Ask) -> None:
    def nobody(request: Request) -> None:
        abort(401)

    def handler(request: Request, page: int, who: Annotated[None, Depends(nobody)]) -> None: ...

    assert ask(handler, "GET /python/x?page=x").status_code == 401

    def with_body(request: Request, item: Item, who: Annotated[None, Depends(nobody)]) -> None: ...

    assert ask(with_body, "POST /python/x", content=b"x").status_code == 401  # and not the 415 of the body


def test_an_async_dependency_is_awaited_once(ask: Ask) -> None:
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


class Page:
    def __init__(self, request: Request, page: int = 1) -> None:
        self.number = page
        self.of = request


@dataclass
class Size:
    request: Request
    page: int = 1

    @property
    def number(self) -> int:
        return self.page


class Step(NamedTuple):
    request: Request
    page: int = 1

    @property
    def number(self) -> int:
        return self.page


@pytest.mark.parametrize("kind", [Page, Size, Step])
def test_a_class_is_a_dependency_whose_parameters_are_checked(ask: Ask, kind: Any) -> None:
    def handler(request: Request, page: Annotated[Any, Depends(kind)]) -> Any:
        return [type(page).__name__, page.number]

    assert ask(handler, "GET /python/x").json() == [kind.__name__, 1]
    assert ask(handler, "GET /python/x?page=7").json() == [kind.__name__, 7]
    assert details(ask(handler, "GET /python/x?page=abc")) == [("query.page", "expected `int`, got `str`")]


@dataclass
class Times:
    """Has no hash, as each dataclass that can be compared."""

    factor: int
    calls: int = 0

    def __call__(self, request: Request, page: int = 1) -> int:
        assert request.path == "/python/x"
        self.calls += 1
        return self.factor * page


def test_a_dependency_without_a_hash_is_called_once_as_well(ask: Ask) -> None:
    twice, thrice = Times(2), Times(3)

    def handler(
        request: Request,
        a: Annotated[int, Depends(twice)],
        b: Annotated[int, Depends(twice)],
        c: Annotated[int, Depends(thrice)],
    ) -> Any:
        return [a, b, c]

    assert ask(handler, "GET /python/x?page=5").json() == [10, 10, 15]
    assert (twice.calls, thrice.calls) == (1, 1)
