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
    coming: asyncio.Future[Any] | None = None
    try:
        yield OPENING
        while True:
            coming = coming or asyncio.ensure_future(_next(source))
            done, _ = await asyncio.wait([coming], timeout=keep_alive)
            if not done:
                yield KEEP_ALIVE
                continue
            item = coming.result()
            coming = None
            if item is _END:
                return
            yield _encoded(item)
    finally:
        if coming is not None:
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await coming
        if isinstance(source, AsyncGenerator):
            await source.aclose()


_END = object()


async def _next(source: AsyncIterator[Any]) -> Any:
    return await anext(source, _END)
