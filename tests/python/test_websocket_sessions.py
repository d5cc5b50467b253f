"""WebSockets of the TestClient: the handler runs in this process."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from typhon import Request, WebSocket, WebSocketDisconnect, abort, before_request, mount, websocket
from typhon.testing import TestClient, WebSocketRefused


def declare_echo() -> None:
    @websocket("/python/echo/<room>")
    async def echo(ws: WebSocket, room: str, factor: int = 1) -> None:
        await ws.accept(ws.subprotocols[0] if ws.subprotocols else None, {"X-Room": room})
        async for message in ws:
            await ws.send(message * factor)


def test_messages_come_back_with_their_kind() -> None:
    declare_echo()
    with TestClient() as client, client.websocket_connect("/python/echo/a?factor=2") as ws:
        ws.send("é")
        assert ws.receive() == "éé"
        ws.send_bytes(b"\xff")
        assert ws.receive() == b"\xff\xff"
        ws.send_text("12")
        assert ws.receive_json() == 1212


def test_a_message_of_many_records_is_one() -> None:
    declare_echo()
    with TestClient() as client, client.websocket_connect("/python/echo/a") as ws:
        ws.send_bytes(bytes(100_000))
        assert ws.receive_bytes() == bytes(100_000)


def test_the_answer_to_the_handshake_is_there() -> None:
    declare_echo()
    with TestClient() as client, client.websocket_connect("/python/echo/a%20b", ["x", "y"]) as ws:
        assert ws.subprotocol == "x"
        assert ("X-Room", "a b") in ws.headers


def test_cookies_fields_and_parameters_of_the_client_are_sent() -> None:
    @websocket("/python/ws")
    async def tell(ws: WebSocket) -> None:
        seen = [ws.cookies["name"], ws.headers["x-key"], ws.query_params["n"], ws.headers["x-own"]]
        await ws.send_json(seen)

    with TestClient(cookies={"name": "Ada"}, headers={"X-Key": "k"}) as client:
        ws = client.websocket_connect("/python/ws", params={"n": "1"}, headers={"X-Own": "o"})
        assert ws.receive_json() == ["Ada", "k", "1", "o"]


def test_the_handler_hears_of_the_close_and_is_waited_for() -> None:
    seen: list[tuple[int, str]] = []

    @websocket("/python/ws")
    async def watch(ws: WebSocket) -> None:
        with pytest.raises(WebSocketDisconnect) as left:
            await ws.receive()
        await asyncio.sleep(0)
        seen.append((left.value.code, left.value.reason))

    with TestClient() as client:
        with client.websocket_connect("/python/ws") as ws:
            ws.close(4000, "enough")
            assert seen == [(4000, "enough")]
        with pytest.raises(WebSocketDisconnect):
            ws.send("too late")


def closing(case: str) -> Any:
    @websocket("/python/ws")
    async def handler(ws: WebSocket) -> None:
        await ws.send("hello")
        if case == "closes":
            await ws.close(4001, "full")
        if case == "fails":
            raise ValueError("a fault")


@pytest.mark.parametrize(
    ("case", "end"), [("closes", (4001, "full")), ("returns", (1000, "")), ("fails", (1011, ""))]
)
def test_the_end_has_the_code_that_a_client_sees(case: str, end: tuple[int, str]) -> None:
    closing(case)
    with TestClient() as client:
        ws = client.websocket_connect("/python/ws")
        assert ws.receive_text() == "hello"
        for _ in range(2):
            with pytest.raises(WebSocketDisconnect) as left:
                ws.receive()
            assert (left.value.code, left.value.reason) == end


def test_a_refusal_is_an_answer() -> None:
    @before_request
    def check(request: Request) -> Any:
        return ({"error": "no key"}, 401) if "key" not in request.query_params else None

    @websocket("/python/ws")
    async def choose(ws: WebSocket, n: int) -> None:
        if n == 1:
            abort(404, "no such room")
        if n == 2:
            raise ValueError("a fault")

    with TestClient() as client:
        found = {}
        for query in ("n=1", "key=1&n=x", "key=1&n=1", "key=1&n=2", "key=1&n=3"):
            with pytest.raises(WebSocketRefused) as refused:
                client.websocket_connect(f"/python/ws?{query}")
            found[query] = refused.value.response.status_code
        assert list(found.values()) == [401, 422, 404, 500, 403]
        with pytest.raises(WebSocketRefused, match="404"):
            client.websocket_connect("/python/nowhere")


def test_a_handler_that_says_nothing_ends_the_wait() -> None:
    cancelled: list[bool] = []

    @websocket("/python/ws")
    async def silent(ws: WebSocket) -> None:
        await ws.accept()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.append(True)

    with TestClient() as client:
        ws = client.websocket_connect("/python/ws", timeout=0.05)
        with pytest.raises(TimeoutError, match=r"0\.05 s"):
            ws.receive()
        ws.close()
        assert cancelled == [True]


def test_a_mounted_application_is_reached() -> None:
    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "websocket":
            return
        assert (await receive())["type"] == "websocket.connect"
        await send({"type": "websocket.accept"})
        event = await receive()
        await send({"type": "websocket.send", "text": event["text"] + scope["path"]})

    mount("/python/chat", app)
    with TestClient() as client, client.websocket_connect("/python/chat/den") as ws:
        ws.send("at ")
        assert ws.receive() == "at /python/chat/den"


@pytest.mark.parametrize("how", ["abort", "answer", "pass"])
def test_hooks_see_the_handshakes_of_a_mounted_application(how: str) -> None:
    """A login that is asked for in a hook holds for its sockets as it does for its other requests."""
    reached: list[str] = []

    async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            reached.append(scope["path"])
            await send({"type": "websocket.accept"})

    @before_request
    async def guard(request: Request) -> Any:
        if how == "abort":
            abort(401)
        return ("who are you?", 401) if how == "answer" else None

    mount("/python/api", app)
    with TestClient() as client:
        if how == "pass":
            client.websocket_connect("/python/api/w").close()
            assert reached == ["/python/api/w"]
            return
        with pytest.raises(WebSocketRefused, match="401"):
            client.websocket_connect("/python/api/w")
        assert client.get("/python/api/w").status_code == 401
        assert reached == []
