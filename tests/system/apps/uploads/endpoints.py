"""Handlers that read bodies in pieces. What became of a body is a line in a file beside the app."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from typhon import ClientDisconnected, Request, route

NOTES = Path(__file__).resolve().parent.with_suffix(".notes")
GIBI = 1 << 30


def note(text: str) -> None:
    """Appends a line."""
    with NOTES.open("a") as file:
        file.write(text + "\n")


def may_go_on() -> bool:
    """Whether the test has made the file "go" beside the application."""
    return NOTES.with_suffix(".go").exists()


def measured(size: int, digest: Any, pieces: int) -> dict[str, Any]:
    """What a handler answers that has read a body."""
    return {"size": size, "digest": digest.hexdigest(), "pieces": pieces}


@route("/python/sum", methods=["POST", "PUT"], stream_body=True, max_body=2 * GIBI)
def digest(request: Request) -> Any:
    """Reads all."""
    size, pieces, made = 0, 0, hashlib.blake2b()
    for piece in request.stream():
        size, pieces = size + len(piece), pieces + 1
        made.update(piece)
    return measured(size, made, pieces)


@route("/python/async/sum", methods=["POST", "PUT"], stream_body=True, max_body=2 * GIBI)
async def async_digest(request: Request) -> Any:
    """The same on the event loop."""
    size, pieces, made = 0, 0, hashlib.blake2b()
    async for piece in request.stream():
        size, pieces = size + len(piece), pieces + 1
        made.update(piece)
    return measured(size, made, pieces)


@route("/python/slow", methods=["POST"], stream_body=True, max_body=2 * GIBI)
def slow(request: Request) -> Any:
    """Reads a piece, and the rest when the test lets it."""
    body = request.stream()
    first = next(body)
    note("begun")
    while not may_go_on():
        time.sleep(0.005)
    return {"size": len(first) + sum(len(piece) for piece in body)}


@route("/python/async/slow", methods=["POST"], stream_body=True, max_body=2 * GIBI)
async def async_slow(request: Request) -> Any:
    """The same on the event loop."""
    body = request.stream()
    size = len(await anext(body))
    note("begun")
    while not may_go_on():  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    async for piece in body:
        size += len(piece)
    return {"size": size}


@route("/python/tidy", methods=["POST"], stream_body=True)
def tidy(request: Request) -> Any:
    """Notes how the body ends."""
    try:
        size = 0
        for piece in request.stream():
            note("begun") if size == 0 else None
            size += len(piece)
    except ClientDisconnected:
        note("disconnected")
        raise
    finally:
        note("finally")
    return {"size": size}


@route("/python/async/tidy", methods=["POST"], stream_body=True)
async def async_tidy(request: Request) -> Any:
    """The same on the event loop."""
    try:
        size = 0
        async for piece in request.stream():
            note("begun") if size == 0 else None
            size += len(piece)
    except (ClientDisconnected, asyncio.CancelledError):
        note("disconnected")
        raise
    finally:
        note("finally")
    return {"size": size}


@route("/python/refuse", methods=["POST"], stream_body=True, max_body=2 * GIBI)
def refuse(request: Request) -> Any:
    """Answers without reading."""
    return {"error": "not for you"}, 403


@route("/python/async/refuse", methods=["POST"], stream_body=True, max_body=2 * GIBI)
async def async_refuse(request: Request) -> Any:
    """The same on the event loop."""
    return {"error": "not for you"}, 403


@route("/python/echo", methods=["POST"], stream_body=True)
def echo(request: Request) -> Iterator[bytes]:
    """Sends back each piece as it comes."""
    yield from request.stream()


@route("/python/async/echo", methods=["POST"], stream_body=True)
async def async_echo(request: Request) -> AsyncIterator[bytes]:
    """The same on the event loop."""
    async for piece in request.stream():
        yield piece


@route("/python/whole", methods=["POST"], stream_body=True, max_body=2 * GIBI)
def whole(request: Request) -> Any:
    """Reads it as any other handler does."""
    return {"json": request.json, "size": len(request.data), "again": request.read().decode()[:20]}


@route("/python/async/whole", methods=["POST"], stream_body=True, max_body=2 * GIBI)
async def async_whole(request: Request) -> Any:
    """The same on the event loop."""
    data = await request.aread()
    return {"json": request.json, "size": len(data), "again": request.text[:20]}


@route("/python/blocking/whole", methods=["POST"], stream_body=True)
async def blocking_whole(request: Request) -> Any:
    """Would block the event loop."""
    try:
        return {"size": len(request.data)}
    except RuntimeError as error:
        return {"error": str(error)}


@route("/python/lines", methods=["POST"], stream_body=True)
def lines(request: Request) -> Any:
    """Reads so many bytes at a time."""
    parts = [request.read(100_000) for _ in range(3)]
    return {"sizes": [len(part) for part in parts], "rest": len(request.read())}


@route("/python/async/lines", methods=["POST"], stream_body=True)
async def async_lines(request: Request) -> Any:
    """The same on the event loop."""
    parts = [await request.aread(100_000) for _ in range(3)]
    return {"sizes": [len(part) for part in parts], "rest": len(await request.aread())}


@route("/python/limited", methods=["POST"], stream_body=True, max_body=100_000)
def limited(request: Request) -> Any:
    """Takes little."""
    return {"size": len(request.data)}


@route("/python/hello", methods=["GET", "POST"])
def hello(request: Request) -> str:
    """Something else."""
    return "hello"
