"""Answers that come in pieces. What a generator does at its end is a line in a file beside the app."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

from typhon import Event, EventStream, Request, Response, route

NOTES = Path(__file__).resolve().parent.with_suffix(".notes")
PIECE = b"p" * 32_768


def note(text: str) -> None:
    """Appends a line."""
    with NOTES.open("a") as file:
        file.write(text + "\n")


def may_go_on() -> bool:
    """Whether the test has made the file "go" beside the application."""
    return NOTES.with_suffix(".go").exists()


@route("/python/two")
def two(request: Request) -> Iterator[str]:
    """The second piece waits for the test."""
    yield "first\n"
    while not may_go_on():
        time.sleep(0.005)
    yield "second\n"


@route("/python/async/two")
async def async_two(request: Request) -> AsyncIterator[str]:
    """The same on the event loop."""
    yield "first\n"
    while not may_go_on():  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    yield "second\n"


@route("/python/endless")
def endless(request: Request) -> Iterator[bytes]:
    """Never ends by itself."""
    count = 0
    try:
        while True:
            count += 1
            yield PIECE
    finally:
        note(f"endless closed after {count}")


@route("/python/async/endless")
async def async_endless(request: Request) -> AsyncIterator[bytes]:
    """The same on the event loop."""
    count = 0
    try:
        while True:
            count += 1
            yield PIECE
    finally:
        note(f"async endless closed after {count}")


@route("/python/async/stubborn")
async def stubborn(request: Request) -> AsyncIterator[bytes]:
    """Catches its cancellation, and goes on."""
    try:
        yield PIECE
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            yield PIECE
    finally:
        note("stubborn closed")


@route("/python/large/<int:megabytes>")
def large(request: Request) -> Response:
    """So many MiB, with a header."""
    count = int(request.path_params["megabytes"]) * 32
    return Response((PIECE for _ in range(count)), headers={"X-Pieces": str(count)})


@route("/python/async/large/<int:megabytes>")
async def async_large(request: Request) -> tuple[Any, int]:
    """The same on the event loop, with a status."""

    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(int(request.path_params["megabytes"]) * 32):
            yield PIECE

    return pieces(), 201


@route("/python/tiny/<int:count>")
def tiny(request: Request) -> Iterator[bytes]:
    """So many pieces of one byte."""
    for _ in range(int(request.path_params["count"])):
        yield b"x"


@route("/python/async/tiny/<int:count>")
async def async_tiny(request: Request) -> AsyncIterator[bytes]:
    """The same; the event loop gets no turn between them."""
    for _ in range(int(request.path_params["count"])):
        yield b"x"


@route("/python/broken")
def broken(request: Request) -> Iterator[str]:
    """Fails after its first piece."""
    yield "some"
    raise RuntimeError("broken in the middle")


@route("/python/async/broken")
async def async_broken(request: Request) -> AsyncIterator[str]:
    """The same on the event loop."""
    yield "some"
    raise RuntimeError("broken in the middle")


@route("/python/broken/at/once")
def broken_at_once(request: Request) -> Iterator[str]:
    """Fails before its first piece."""
    yield str(1 // 0)


@route("/python/async/events")
async def events(request: Request) -> EventStream:
    """Three events, and then none."""
    since = int(request.headers.get("Last-Event-ID", "0"))

    async def source() -> AsyncIterator[Event]:
        try:
            for number in range(since + 1, since + 4):
                yield Event({"number": number}, event="count", id=str(number))
            await asyncio.sleep(3600)
        finally:
            note("events closed")

    return EventStream(source(), keep_alive=0.05)


@route("/python/events")
def plain_events(request: Request) -> EventStream:
    """Events of a plain generator."""
    return EventStream(f"line {number}\nmore" for number in range(2))


@route("/python/hello")
def hello(request: Request) -> dict[str, str]:
    """Whole, for comparison."""
    return {"message": "hello"}
