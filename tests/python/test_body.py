"""Bodies in pieces without a server: what the plain request has of them, and what cannot be declared."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from typhon import BodyStream, ClientDisconnected, HTTPError, Request, RouteError, Router, _body, route
from typhon._app import forget_declarations
from typhon._finish import finished
from typhon.routing import table


@pytest.fixture(autouse=True)
def no_routes() -> Iterator[None]:
    """Before and after each test."""
    forget_declarations()
    yield
    forget_declarations()


class Pieces:
    """What has the methods of _typhon.Inbound. An exception is raised, None is a piece that has not come."""

    id = 7

    def __init__(self, *pieces: bytes | BaseException | None) -> None:
        self.pieces = list(pieces)

    def read(self) -> bytes:
        while (piece := self.try_read()) is None:
            pass
        return piece

    def try_read(self) -> bytes | None:
        piece = self.pieces.pop(0) if self.pieces else b""
        if isinstance(piece, BaseException):
            raise piece
        return piece


class PiecedRequest(Request):
    """A request whose body comes so, as that of a worker has it."""

    def __init__(self, *pieces: bytes | BaseException | None) -> None:
        super().__init__("POST", "/", headers={"content-type": "application/json"})
        self._inbound: Any = Pieces(*pieces)

    @property
    def data(self) -> bytes:
        return _body.whole_body(self)

    @data.setter
    def data(self, whole: bytes) -> None:
        assert whole == b""


def request_of(*pieces: bytes | BaseException | None) -> PiecedRequest:
    return PiecedRequest(*pieces)


def test_pieces_come_once_and_in_order() -> None:
    body = request_of(b"a", b"bc").stream()
    assert list(body) == [b"a", b"bc"]
    assert list(body) == []


def test_read_gives_what_was_asked_for_and_keeps_the_rest() -> None:
    request = request_of(b"abc", b"defg", b"h")
    assert [request.read(2), request.read(4), request.read(100), request.read(1)] == [
        b"ab",
        b"cdef",
        b"gh",
        b"",
    ]
    assert request.read() == b""


def test_read_and_stream_go_on_where_the_other_stopped() -> None:
    request = request_of(b"abc", b"d")
    assert request.read(1) == b"a"
    assert list(request.stream()) == [b"bc", b"d"]


def test_whole_body_is_kept_for_every_field() -> None:
    request = request_of(b'{"a"', b": 1}")
    assert request.json == {"a": 1}
    assert (request.data, request.body, request.read()) == (b'{"a": 1}', {"a": 1}, b'{"a": 1}')


def test_whole_body_has_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_body, "WHOLE_LIMIT", 5)
    with pytest.raises(HTTPError, match="413"):
        request_of(b"123", b"456").read()
    assert request_of(b"123", b"456").read(100) == b"123456"


def test_data_after_a_part_was_read_is_an_error() -> None:
    request = request_of(b"abc")
    request.read(1)
    with pytest.raises(RuntimeError, match="a part of this request's body has been read"):
        _ = request.data


def test_client_that_leaves_is_an_exception_where_the_handler_reads() -> None:
    body = request_of(b"a", ClientDisconnected("left")).stream()
    assert next(body) == b"a"
    with pytest.raises(ClientDisconnected):
        next(body)


def test_coroutine_waits_for_a_piece_and_is_woken() -> None:
    request = request_of(b"ab", None, b"c")

    async def read() -> list[bytes]:
        loop = asyncio.get_running_loop()
        _body.use_loop(loop)
        loop.call_later(0.01, _body.arrived, 7)
        return [piece async for piece in request.stream()]

    assert asyncio.run(read()) == [b"ab", b"c"]


def test_coroutine_on_another_loop_reads_by_a_thread() -> None:
    request = request_of(b"ab", b"c")
    assert asyncio.run(request.aread(3)) == b"abc"


def test_coroutine_that_would_block_is_told_what_to_do() -> None:
    request = request_of(b"ab")

    async def read() -> object:
        return request.data

    with pytest.raises(RuntimeError, match=r"request\.aread"):
        asyncio.run(read())


def test_whole_request_reads_the_same() -> None:
    request = Request("POST", "/", data=b"abcd")
    assert isinstance(request.stream(), BodyStream)
    assert (request.read(1), list(request.stream())) == (b"a", [b"bcd"])
    assert Request("POST", "/", data=b"abcd").read() == b"abcd"

    async def pieces() -> list[bytes]:
        return [piece async for piece in Request("POST", "/", data=b"abcd").stream()]

    assert asyncio.run(pieces()) == [b"abcd"]
    assert asyncio.run(Request("POST", "/", data=b"abcd").aread()) == b"abcd"
    assert list(Request("GET", "/").stream()) == []


def test_route_says_how_its_body_is_read() -> None:
    router = Router("/python/r")

    @route("/python/a", methods=["PUT"], stream_body=True, max_body=1 << 40)
    def a(request: Request) -> None: ...

    @router.route("/b", methods=["PUT"], stream_body=True)
    def b(request: Request) -> None: ...

    @route("/python/c")
    def c(request: Request) -> None: ...

    routes = [(one.stream_body, one.max_body) for one in table.routes()]
    assert routes == [(True, 1 << 40), (True, None), (False, None)]


@pytest.mark.parametrize("limit", [0, -1, 1.5, True, "1"])
def test_limit_that_is_none_is_refused(limit: Any) -> None:
    with pytest.raises(RouteError, match="max_body is a whole number"):
        route("/python/a", stream_body=True, max_body=limit)


def test_limit_without_pieces_is_refused() -> None:
    with pytest.raises(RouteError, match="stream_body=True"):
        route("/python/a", max_body=5)


@dataclass
class Item:
    name: str


def test_coroutine_cannot_declare_what_comes_from_a_body_in_pieces() -> None:
    @route("/python/a", methods=["POST"], stream_body=True)
    def plain(request: Request, item: Item) -> None: ...

    assert finished(table.routes())

    @route("/python/b", methods=["POST"], stream_body=True)
    async def coroutine(request: Request, item: Item) -> None: ...

    with pytest.raises(RouteError, match="item comes from the body"):
        finished(table.routes())
