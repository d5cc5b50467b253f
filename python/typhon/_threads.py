"""Threads for the plain parts of an async chain, which may block: handlers, their pieces, middleware."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextvars import Context, copy_context
from typing import Any

from typhon._async import CAPACITY
from typhon.responses import Response, response_of

Call = Callable[..., Any]
AsyncCall = Callable[..., Awaitable[Response]]

_END = object()


@functools.cache
def layer_threads(depth: int) -> Executor:
    """The threads of the plain middleware that surrounds ``depth`` others; one for each request at most.

    Such a thread is taken for as long as what is inside runs, which needs threads of smaller depths and the
    loop's own alone: so none ever waits for one of its own kind.
    """
    return ThreadPoolExecutor(CAPACITY, f"typhon-middleware-{depth}")


async def on_thread(executor: Executor | None, function: Call, *arguments: Any) -> Any:
    """What a plain function returns, called on a thread of ``executor``; of the loop's own for None.

    Raises:
        Exception: what it raises; for a StopIteration, which no future can have, RuntimeError (as PEP 479).
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(executor, _without_stop, function, *arguments)


def threaded_handler(handler: Call) -> Call:
    """A plain handler as a coroutine function; all that it does is in one context."""

    async def run(*arguments: Any) -> Any:
        context = copy_context()
        result = await on_thread(None, context.run, handler, *arguments)
        if isinstance(result, Future):
            return result
        response = response_of(result)
        if isinstance(response.body, Iterator):
            response.body = _InContext(response.body, context)
        return response

    return run


def threaded_pieces(call: AsyncCall) -> AsyncCall:
    """The coroutine function, with a plain iterator as its body made into `ThreadPieces`."""

    async def run(*arguments: Any) -> Response:
        response = await call(*arguments)
        if isinstance(response.body, Iterator):
            response.body = ThreadPieces(response.body)
        return response

    return run


class ThreadPieces(AsyncIterator[Any]):
    """A plain iterator for an event loop: each piece is made on a thread, all of them in one context."""

    def __init__(self, source: Iterator[Any]) -> None:
        self._source = source
        self._context = copy_context()
        self._turn = threading.Lock()  # a piece may still be made when it is closed

    async def __anext__(self) -> Any:
        piece = await on_thread(None, self._in_turn, next, self._source, _END)
        if piece is _END:
            raise StopAsyncIteration
        return piece

    async def aclose(self) -> None:
        """Ends the iterator: a generator runs its `finally`, once a piece that is being made is made."""
        await on_thread(None, self._in_turn, _close, self._source)

    def _in_turn(self, function: Call, *arguments: Any) -> Any:
        with self._turn:
            return self._context.run(function, *arguments)


class _InContext(Iterator[Any]):
    """The pieces of a handler, made in its context whoever takes them: hooks may do so as well."""

    def __init__(self, source: Iterator[Any], context: Context) -> None:
        self._source = source
        self._context = context

    def __next__(self) -> Any:
        return self._context.run(next, self._source)

    def close(self) -> None:
        """Ends the iterator."""
        self._context.run(_close, self._source)


def _close(source: Iterator[Any]) -> None:
    close = getattr(source, "close", None)
    if close is not None:
        close()


def _without_stop(function: Call, *arguments: Any) -> Any:
    try:
        return function(*arguments)
    except StopIteration as error:
        raise RuntimeError("a plain function raised StopIteration") from error
