"""Server-sent events: an answer that a browser's EventSource reads (WHATWG HTML, section 9.2)."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from typhon import _json
from typhon.responses import HeaderInput, Response

CONTENT_TYPE = "text/event-stream"
# At once, so that the client knows that it is connected before the first event.
OPENING = b":\n\n"
KEEP_ALIVE = b": keep-alive\n\n"

_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True)
class Event:
    """One event.

    Attributes:
        data: a str, sent as it is, or anything else, sent as JSON.
        event: its type; the client's `onmessage` gets events without one.
        id: what the client says in `Last-Event-ID` when it connects again.
        retry: milliseconds after which the client connects again.
    """

    data: Any = ""
    event: str | None = None
    id: str | None = None
    retry: int | None = None

    def encoded(self) -> bytes:
        """The event as it is sent.

        Raises:
            ValueError: `event` or `id` holds a line break, or `id` a NUL.
            ResultError: `data` cannot become JSON.
        """
        lines = []
        if self.event is not None:
            lines.append(f"event: {_one_line('event', self.event)}")
        if self.id is not None:
            lines.append(f"id: {_one_line('id', self.id)}")
        if self.retry is not None:
            lines.append(f"retry: {int(self.retry)}")
        text = self.data if isinstance(self.data, str) else _json.encode(self.data).decode()
        lines += [f"data: {line}" for line in _LINE_END.split(text)]
        return ("\n".join(lines) + "\n\n").encode()


def _one_line(name: str, value: str) -> str:
    if _LINE_END.search(value) or "\0" in value:
        raise ValueError(f"the {name} of an event holds a line break or NUL: {value!r}")
    return value


class EventStream(Response):
    """An answer of events, each sent as soon as the source gives it.

    Args:
        source: gives `Event`s, or what is to be the data of one: an async iterable in an async handler, which
            is best for clients that stay long, or an iterable in any handler, which keeps a thread busy.
        keep_alive: seconds without an event after which a comment is sent, so that no proxy takes the
            connection for dead; for an async source only. None: never.
        headers: further header fields.

    The client's `Last-Event-ID` is `request.headers.get("Last-Event-ID")`. When the client leaves, the source
    is closed: the `finally` of a generator runs.
    """

    __slots__ = ()

    def __init__(
        self,
        source: AsyncIterable[Any] | Iterable[Any],
        keep_alive: float | None = 15.0,
        headers: HeaderInput | None = None,
    ) -> None:
        body: Any = (
            _async_events(source.__aiter__(), keep_alive)
            if isinstance(source, AsyncIterable)
            else _events(iter(source))
        )
        super().__init__(body, 200, headers, CONTENT_TYPE)
        self.headers.setdefault("Cache-Control", "no-store")


def _encoded(item: Any) -> bytes:
    return (item if isinstance(item, Event) else Event(item)).encoded()


def _events(source: Iterator[Any]) -> Iterator[bytes]:
    try:
        yield OPENING
        for item in source:
            yield _encoded(item)
    finally:
        if hasattr(source, "close"):
            source.close()


async def _async_events(source: AsyncIterator[Any], keep_alive: float | None) -> AsyncGenerator[bytes, None]:
    items: asyncio.Queue[Any] = asyncio.Queue()
    pump: asyncio.Future[None] | None = None
    try:
        yield OPENING
        pump = asyncio.ensure_future(_pump(source, items))
        while (item := await _next(items, keep_alive)) is not _END:
            if item is _QUIET:
                yield KEEP_ALIVE
                continue
            yield _encoded(item)
            items.task_done()
    finally:
        await (_close(source) if pump is None else _ended(pump))


_END = object()
_QUIET = object()  # nothing has come in time


async def _next(items: asyncio.Queue[Any], keep_alive: float | None) -> Any:
    try:
        async with asyncio.timeout(keep_alive):
            return await items.get()
    except TimeoutError:
        return _QUIET


async def _pump(source: AsyncIterator[Any], items: asyncio.Queue[Any]) -> None:
    """Runs the source from its first line to its last in one task, so in one context, and closes it.

    It goes on when an event has been sent, so there is never more than one.
    """
    pump = asyncio.current_task()
    assert pump is not None
    try:
        async for item in source:
            if pump.cancelling():
                break  # it has caught its cancellation, and gives on
            await items.put(item)
            await items.join()
    finally:
        try:
            await _close(source)
        finally:
            items.put_nowait(_END)


async def _ended(pump: asyncio.Future[None]) -> None:
    """Returns when the source has ended; raises what it has raised, but for a cancellation that is ours."""
    cancels = pump.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.wait([pump])
    if pump.done() and not (cancels and pump.cancelled()):
        pump.result()


async def _close(source: AsyncIterator[Any]) -> None:
    if isinstance(source, AsyncGenerator):
        await source.aclose()
