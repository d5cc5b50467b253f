"""WebSockets of each kind."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from typhon import Request, WebSocket, WebSocketDisconnect, abort, before_request, mount, route, websocket

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

NOTES = Path(f"{Path(__file__).parent}.notes")
rooms: dict[str, set[WebSocket]] = {}


def note(line: str) -> None:
    with NOTES.open("a") as file:
        file.write(line + "\n")


def may_go() -> bool:
    return Path(f"{NOTES}.go").exists()


@before_request
def guard(request: Request) -> None:
    if request.query_params.get("token") == "bad":
        abort(401, "who are you?")


@route("/python/pid")
def pid(request: Request) -> str:
    return str(os.getpid())


@websocket("/python/echo")
async def echo(ws: WebSocket) -> None:
    async for message in ws:
        await ws.send(message)


@websocket("/python/typed/<int:number>")
async def typed(ws: WebSocket, number: int, factor: int = 2) -> None:
    await ws.send_json({"result": number * factor, "client": bool(ws.client), "id": len(ws.id)})


@websocket("/python/protocol")
async def protocol(ws: WebSocket) -> None:
    await ws.accept(ws.subprotocols[-1], {"X-Made": "here"})
    await ws.send("chosen")


@websocket("/python/refused")
async def refused(ws: WebSocket) -> None:
    ws.refuse({"error": "not today"}, 409)


@websocket("/python/aborted")
async def aborted(ws: WebSocket) -> None:
    abort(404, "no such room")


@websocket("/python/ignored")
async def ignored(ws: WebSocket) -> None:
    return None


@websocket("/python/chat/<room>")
async def chat(ws: WebSocket, room: str) -> None:
    members = rooms.setdefault(room, set())
    members.add(ws)
    await ws.accept()
    try:
        while True:
            message = await ws.receive_text()
            for member in list(members):
                await member.send(f"{room}: {message}")
    finally:
        members.discard(ws)


@websocket("/python/close/<int:code>")
async def close(ws: WebSocket, code: int) -> None:
    await ws.accept()
    await ws.close(code, "as asked")


@websocket("/python/fails")
async def fails(ws: WebSocket) -> None:
    await ws.send("first")
    raise KeyError("on purpose")


@websocket("/python/watch")
async def watch(ws: WebSocket) -> None:
    await ws.send(str(os.getpid()))
    try:
        await ws.receive()
    except WebSocketDisconnect as left:
        note(f"left {left.code} {left.reason}")
        raise
    finally:
        note("finally")


@websocket("/python/deaf")
async def deaf(ws: WebSocket) -> None:
    """Neither reads nor writes."""
    await ws.accept()
    try:
        await asyncio.sleep(3600)
    finally:
        note("deaf finally")


@websocket("/python/slow")
async def slow(ws: WebSocket) -> None:
    """Reads when it is told to."""
    await ws.accept()
    while not may_go():  # noqa: ASYNC110 - a test says so by a file
        await asyncio.sleep(0.02)
    count = 0
    async for message in ws:
        count += len(message)
        if message == b"end":
            await ws.send(str(count))


@websocket("/python/flood")
async def flood(ws: WebSocket) -> None:
    """Sends as long as somebody reads."""
    await ws.accept()
    for number in range(4000):
        await ws.send(bytes(64 * 1024))
        if number % 10 == 0:
            note(f"sent {number}")


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """ASGI, by hand."""
    if scope["type"] != "websocket":
        raise RuntimeError(scope["type"])
    assert (await receive())["type"] == "websocket.connect"
    if scope["path"].endswith("/no"):
        await send({"type": "websocket.close"})
        return
    await send({"type": "websocket.accept", "subprotocol": None, "headers": [(b"x-made", b"asgi")]})
    while (event := await receive())["type"] == "websocket.receive":
        await send({"type": "websocket.send", "text": f"{scope['root_path']} {event.get('text')}"})
    note(f"asgi {event['code']}")


mount("/python/asgi", application, kind="asgi")
