"""`@websocket` and its object, driven by the records that a gateway would send."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from typhon import HTTPError, Request, RouteError, Router, WebSocket, WebSocketDisconnect, abort, websocket
from typhon._finish import finished
from typhon._plain_request import Request as PlainRequest
from typhon.responses import Response
from typhon.routing import table

TEXT, BINARY, CLOSE, FIN = 1, 2, 8, 0x80
Record = tuple[int, bytes]


def record(opcode: int, payload: bytes = b"", fin: bool = True) -> bytes:
    return bytes([opcode | (FIN if fin else 0)]) + struct.pack("!I", len(payload)) + payload


def closing(code: int, reason: bytes = b"") -> bytes:
    return record(CLOSE, struct.pack("!H", code) + reason)


class Opening(PlainRequest):
    """A handshake, and what its client sends then."""

    def __init__(self, sends: list[bytes], **fields: Any) -> None:
        super().__init__("GET", "/python/ws", id="1", **fields)
        self.sends: asyncio.Queue[bytes] = asyncio.Queue()
        for one in sends:
            self.sends.put_nowait(one)

    async def _pieces(self) -> AsyncIterator[bytes]:
        while True:
            yield await self.sends.get()

    def stream(self) -> Any:
        return self._pieces()


async def served(
    call: Callable[[Any], Awaitable[Response]], opening: Opening
) -> tuple[Response, list[Record]]:
    """The answer to a handshake, and what goes to the client until the end."""
    answer = await call(opening)
    if answer.status != 101:
        return answer, []
    pieces = [piece async for piece in answer.body]
    return answer, [(piece[0], piece[5:]) for piece in pieces if piece]


def run(*sends: bytes, **fields: Any) -> tuple[Response, list[Record]]:
    """The last declared WebSocket with such a client."""
    (spec,) = finished(table.routes())

    async def main() -> tuple[Response, list[Record]]:
        opening = Opening(list(sends), path_params={"room": "a"}, **fields)
        return await asyncio.wait_for(served(spec.call, opening), 20)

    return asyncio.run(main())


def test_messages_come_and_go_with_their_kind() -> None:
    @websocket("/python/<room>")
    async def echo(ws: WebSocket, room: str) -> None:
        for _ in range(2):
            await ws.send(await ws.receive())

    answer, sent = run(record(TEXT, "é".encode()), record(BINARY, b"\xff"))
    assert answer.status == 101
    assert sent == [(TEXT | FIN, "é".encode()), (BINARY | FIN, b"\xff")]


def test_a_message_in_pieces_is_one() -> None:
    @websocket("/python/ws")
    async def count(ws: WebSocket) -> None:
        await ws.send(str(len(await ws.receive_bytes())))

    _, sent = run(record(BINARY, bytes(5), fin=False), record(0, bytes(4), fin=False), record(0))
    assert sent == [(TEXT | FIN, b"9")]


def test_a_large_message_is_cut_into_pieces() -> None:
    @websocket("/python/ws")
    async def large(ws: WebSocket) -> None:
        await ws.send(bytes(70_000))

    _, sent = run()
    assert [first for first, _ in sent] == [BINARY, 0, FIN]
    assert sum(len(payload) for _, payload in sent) == 70_000


def test_a_disconnect_has_code_and_reason() -> None:
    seen: list[WebSocketDisconnect] = []

    @websocket("/python/ws")
    async def watch(ws: WebSocket) -> None:
        for _ in range(2):
            with pytest.raises(WebSocketDisconnect) as left:
                await ws.receive()
            seen.append(left.value)
        with pytest.raises(WebSocketDisconnect):
            await ws.send("too late")

    assert run(closing(4001, b"enough"))[1] == []
    assert [(left.code, left.reason) for left in seen] == [(4001, "enough")] * 2


def test_a_handler_that_does_not_look_is_cancelled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("typhon._websocket.PATIENCE_S", 0.01)
    ended: list[bool] = []

    @websocket("/python/ws")
    async def deaf(ws: WebSocket) -> None:
        await ws.accept()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.append(True)

    run(closing(1006))
    assert ended == [True]


def test_an_exception_after_the_accept_ends_the_records_with_it() -> None:
    @websocket("/python/ws")
    async def fails(ws: WebSocket) -> None:
        await ws.send("first")
        raise KeyError("on purpose")

    with pytest.raises(KeyError, match="on purpose"):
        run()


@pytest.mark.parametrize("how", ["abort", "return", "raise"])
def test_what_comes_before_the_accept_is_the_answer(how: str) -> None:
    @websocket("/python/ws")
    async def picky(ws: WebSocket) -> None:
        if how == "abort":
            abort(404, "no such room")
        if how == "raise":
            raise KeyError("on purpose")

    expected: dict[str, tuple[type[BaseException], str]] = {
        "abort": (HTTPError, "404 no such room"),
        "return": (HTTPError, "403"),
        "raise": (KeyError, "on purpose"),
    }
    kind, text = expected[how]
    with pytest.raises(kind, match=text):
        run()


def test_a_refusal_is_answered_as_it_says() -> None:
    @websocket("/python/ws")
    async def refuses(ws: WebSocket) -> None:
        ws.refuse("busy", 409)

    answer, _ = run()
    assert (answer.status, answer.body) == (409, "busy")


def test_a_subprotocol_must_have_been_offered() -> None:
    @websocket("/python/ws")
    async def chooses(ws: WebSocket) -> None:
        with pytest.raises(RuntimeError, match="does not offer"):
            await ws.accept("c")
        await ws.accept("b", {"X-A": "1"})

    answer, _ = run(headers=[("Sec-WebSocket-Protocol", "a, b")])
    assert answer.headers.pairs() == [("X-A", "1"), ("Sec-WebSocket-Protocol", "b")]


def test_a_close_has_its_code_and_a_reason_of_at_most_123_bytes() -> None:
    @websocket("/python/ws")
    async def closes(ws: WebSocket) -> None:
        await ws.accept()
        for code in (999, 1004, 1005, 1006, 1015, 1016, 5000):
            with pytest.raises(ValueError, match="code"):
                await ws.close(code)
        await ws.close(3001, "é" * 100)
        await ws.close()

    _, sent = run()
    assert sent == [(CLOSE | FIN, struct.pack("!H", 3001) + ("é" * 61).encode())]


def test_json_goes_both_ways() -> None:
    @websocket("/python/ws")
    async def doubles(ws: WebSocket) -> None:
        await ws.send_json({"double": 2 * (await ws.receive_json())["n"]})

    assert run(record(TEXT, b'{"n": 4}'))[1] == [(TEXT | FIN, b'{"double":8}')]


def test_the_hooks_before_a_request_of_a_group_can_refuse() -> None:
    router = Router("/python/group")

    @router.before_request
    def guard(request: Request) -> Any:
        return ("who are you?", 401)

    @router.websocket("/ws")
    async def never(ws: WebSocket) -> None:
        raise AssertionError

    assert run()[0].status == 401


def test_a_plain_function_is_no_handler() -> None:
    with pytest.raises(RouteError, match="coroutine function"):

        @websocket("/python/ws")
        def plain(ws: WebSocket) -> None:
            """Cannot wait."""


def test_a_body_is_no_parameter() -> None:
    @websocket("/python/ws")
    async def wants(ws: WebSocket, item: dict[str, int]) -> None:
        """Has no body to take it from."""

    with pytest.raises(RouteError, match="no body"):
        finished(table.routes())
