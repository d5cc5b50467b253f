"""The body of a request that comes in pieces, as handlers read it.

`_typhon.Inbound` (C++) holds the pieces that have arrived. A plain handler waits for the next one on its own
thread; a coroutine waits on the event loop of the worker, which `arrived` tells (see _async.py).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

from typhon.errors import ClientDisconnected, HTTPError

WHOLE_LIMIT = 16 << 20  # bytes of a body that is kept in memory as a whole

_STREAM, _DATA = "_typhon_stream", "_typhon_data"
_loop: asyncio.AbstractEventLoop | None = None  # the worker's, which `arrived` is called on
_waiting: dict[int, asyncio.Future[None]] = {}  # coroutines that wait for a piece, by request


class BodyGoneError(RuntimeError):
    """The request has been answered: what was left of its body is not there any more."""


class BodyStream:
    """What is left of a request's body. Iterate it: ``for`` in a plain handler, ``async for`` in a coroutine.

    Pieces are bytes, of up to 64 KiB, as they arrive. Each is given once, whoever asks for it.
    """

    def __init__(self, inbound: Any, whole: bytes = b"") -> None:
        self._inbound = inbound  # None: `whole` is the body
        self._rest = whole  # has arrived, and was not asked for
        self._ended = inbound is None
        self.begun = False  # something of it has been given away

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """The next piece.

        Raises:
            ClientDisconnected: the client left before the end.
            RuntimeError: it would block the event loop, or the request has been answered.
        """
        piece = self._taken() or self._next()
        if not piece:
            raise StopIteration
        return piece

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        """The next piece. Raises as the plain one does."""
        piece = self._taken() or await self._anext()
        if not piece:
            raise StopAsyncIteration
        return piece

    def read(self, size: int = -1) -> bytes:
        """``size`` bytes, fewer at the end; all that is left without a size, at most WHOLE_LIMIT.

        Raises:
            HTTPError: 413, more than WHOLE_LIMIT is left.
            ClientDisconnected: the client left before the end.
            RuntimeError: it would block the event loop, or the request has been answered.
        """
        parts = _Parts(size, self._taken())
        while parts.wants_more and (piece := self._next()):
            parts.add(piece)
        data, self._rest = parts.split()
        return data

    async def aread(self, size: int = -1) -> bytes:
        """`read` for coroutines."""
        parts = _Parts(size, self._taken())
        while parts.wants_more and (piece := await self._anext()):
            parts.add(piece)
        data, self._rest = parts.split()
        return data

    def _taken(self) -> bytes:
        self.begun = True
        rest, self._rest = self._rest, b""
        return rest

    def _next(self) -> bytes:
        """The next piece that arrives; empty at the end."""
        if self._ended:
            return b""
        if asyncio._get_running_loop() is not None:
            raise RuntimeError(
                "a coroutine must not wait for the body here: use `async for` over request.stream(), or "
                "`await request.aread()`, before .data, .body, .json, .form and the like"
            )
        return self._noted(self._inbound.read())

    async def _anext(self) -> bytes:
        if self._ended:
            return b""
        loop = asyncio.get_running_loop()
        if loop is not _loop:
            return self._noted(await loop.run_in_executor(None, self._inbound.read))
        piece = self._inbound.try_read()
        while piece is None:
            await _arrival(self._inbound.id)
            piece = self._inbound.try_read()
        return self._noted(piece)

    def _noted(self, piece: bytes) -> bytes:
        self._ended = not piece
        return piece


class _Parts:
    """Pieces until they are ``size`` bytes, or all of them when it is negative."""

    def __init__(self, size: int | None, first: bytes) -> None:
        self._size = -1 if size is None else size
        self._pieces = [first]
        self._held = len(first)

    @property
    def wants_more(self) -> bool:
        return self._size < 0 or self._held < self._size

    def add(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._held += len(piece)
        if self._size < 0 and self._held > WHOLE_LIMIT:
            raise HTTPError(413, f"the body is larger than {WHOLE_LIMIT} bytes")

    def split(self) -> tuple[bytes, bytes]:
        """The bytes that were asked for, and those behind them."""
        data = b"".join(self._pieces)
        return (data, b"") if self._size < 0 else (data[: self._size], data[self._size :])


def stream(request: Any) -> BodyStream:
    """`Request.stream()`: always the same one."""
    found: BodyStream | None = request.__dict__.get(_STREAM)
    if found is None:
        inbound = request._inbound
        found = BodyStream(inbound, request.data if inbound is None else b"")
        request.__dict__[_STREAM] = found
    return found


def read(request: Any, size: int = -1) -> bytes:
    """`Request.read()`."""
    if size < 0 and not stream(request).begun:
        data: bytes = request.data
        return data
    return stream(request).read(size)


async def aread(request: Any, size: int = -1) -> bytes:
    """`Request.aread()`."""
    body = stream(request)
    if size >= 0 or body.begun:
        return await body.aread(size)
    return keep(request, await body.aread())


def keep(request: Any, data: bytes) -> bytes:
    """From now on the whole body is there, for `Request.data` and what is made of it."""
    request.__dict__[_STREAM] = whole = BodyStream(None, data)
    whole.begun = True
    request.__dict__[_DATA] = data
    return data


def whole_body(request: Any) -> bytes:
    """`Request.data` of a body that comes in pieces.

    Raises:
        HTTPError: 413, it is larger than WHOLE_LIMIT.
        ClientDisconnected: the client left before the end.
        RuntimeError: a coroutine has not read it, or somebody has read a part of it.
    """
    data: bytes | None = request.__dict__.get(_DATA)
    if data is not None:
        return data
    body = stream(request)
    if body.begun:
        raise RuntimeError("a part of this request's body has been read by stream() or read()")
    return keep(request, body.read())


def fault(answered: bool) -> Exception:
    """What a read of a body raises that will not go on."""
    if answered:
        return BodyGoneError("the request has been answered: its body is gone")
    return ClientDisconnected("the client left, or what it sent was no whole body")


async def _arrival(key: int) -> None:
    """Returns when there may be a piece to take."""
    future = _waiting[key] = asyncio.get_running_loop().create_future()
    try:
        await future
    finally:
        if _waiting.get(key) is future:
            del _waiting[key]


def use_loop(loop: asyncio.AbstractEventLoop) -> None:
    """Coroutines of this loop are woken by `arrived`; those of others wait on a thread."""
    global _loop
    _loop = loop


def arrived(key: int) -> None:
    """Something has come for a request, or it has ended. On the worker's event loop."""
    future = _waiting.pop(key, None)
    if future is not None and not future.done():
        future.set_result(None)
