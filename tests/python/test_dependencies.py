"""Dependencies of handlers: called once, before everything else is checked."""

from typing import Annotated, Any

import msgspec

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
