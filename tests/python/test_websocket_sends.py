"""Messages of a WebSocket that several tasks send, or that are cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from typhon import WebSocket, WebSocketDisconnect, websocket
from typhon._websocket import PIECE
from typhon.testing import TestClient

LARGE = 2 * PIECE + 5000  # characters: of three records


def declare(handler: Callable[[WebSocket], Awaitable[None]]) -> None:
    websocket("/python/ws")(handler)


async def stuck(ws: WebSocket, message: str) -> asyncio.Task[None]:
    """A task that sends, and that waits for its client to read on."""
    task = asyncio.ensure_future(ws.send(message))
    while not ws._socket._out.full():  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0)
    return task


async def cancelled(task: asyncio.Task[None]) -> None:
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


def test_messages_of_several_tasks_do_not_mix() -> None:
    """RFC 6455 section 5.4: the fragments of two messages must not be interleaved."""
    words = [letter * LARGE for letter in "abc"]

    @declare
    async def sends(ws: WebSocket) -> None:
        await asyncio.gather(*[ws.send(word) for word in words])

    with TestClient() as client, client.websocket_connect("/python/ws") as ws:
        assert [ws.receive() for _ in words] == words


def test_a_close_comes_behind_the_message_that_is_being_sent() -> None:
    @declare
    async def closes(ws: WebSocket) -> None:
        task = await stuck(ws, "a" * LARGE)
        await asyncio.gather(ws.close(4000, "enough"), task)

    with TestClient() as client, client.websocket_connect("/python/ws") as ws:
        assert ws.receive() == "a" * LARGE
        with pytest.raises(WebSocketDisconnect) as left:
            ws.receive()
        assert (left.value.code, left.value.reason) == (4000, "enough")


def test_a_message_that_is_cut_off_closes_the_socket() -> None:
    """Nothing that follows could be told from its end."""
    seen: list[int] = []

    @declare
    async def cuts(ws: WebSocket) -> None:
        await cancelled(await stuck(ws, "a" * LARGE))
        for again in (ws.send("b"), ws.receive()):
            with pytest.raises(WebSocketDisconnect) as left:
                await again
            seen.append(left.value.code)
        await ws.close(4000)

    with TestClient() as client, client.websocket_connect("/python/ws") as ws:
        with pytest.raises(WebSocketDisconnect) as left:
            ws.receive()
        assert (left.value.code, left.value.reason) == (1011, "a message was cut off")
    assert seen == [1011, 1011]


@pytest.mark.parametrize("waiting", ["b", "b" * LARGE])
def test_a_message_that_never_began_may_be_cancelled(waiting: str) -> None:
    @declare
    async def changes(ws: WebSocket) -> None:
        await (await stuck(ws, "a"))
        task = asyncio.ensure_future(ws.send(waiting))
        await asyncio.sleep(0)
        await cancelled(task)
        await ws.send("c")

    with TestClient() as client, client.websocket_connect("/python/ws") as ws:
        assert [ws.receive(), ws.receive()] == ["a", "c"]


def test_all_that_send_hear_of_a_client_that_leaves() -> None:
    seen: list[Any] = []

    @declare
    async def sends(ws: WebSocket) -> None:
        sending = [ws.send(letter * LARGE) for letter in "abc"]
        seen.extend(await asyncio.gather(*sending, return_exceptions=True))

    with TestClient() as client, client.websocket_connect("/python/ws") as ws:
        ws.close(4001)
    assert [(type(left), left.code) for left in seen] == [(WebSocketDisconnect, 4001)] * 3
