"""One middleware around what is inside it, for each way to write one.

| middleware | around plain handlers | around coroutines |
|---|---|---|
| ``def f(request)`` that yields once | as it is | as it is |
| ``def f(request, call_next)`` | as it is | on a thread (`_threads.layer_threads`) |
| ``async def f(request, call_next)`` | (the route becomes a coroutine) | as it is |
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Generator
from concurrent.futures import Executor
from contextvars import copy_context
from typing import Any

from typhon._callables import is_async, name_of
from typhon._group import Hook
from typhon._threads import layer_threads, on_thread
from typhon.responses import Response, response_of

Call = Callable[..., Any]
_Generator = Generator[Any, Response, Any]


def sync_layer(hook: Hook, inner: Call) -> Call:
    """``inner`` with a plain middleware around it."""
    if inspect.isgeneratorfunction(hook):
        return _sync_generator(hook, inner)

    def call(request: Any, *pool: Any) -> Response:
        return response_of(hook(request, lambda passed: inner(passed, *pool)))

    return call


def async_layer(hook: Hook, inner: Call, depth: int) -> Call:
    """The coroutine function ``inner``, which has ``depth`` layers itself, with any middleware around it."""
    if inspect.isgeneratorfunction(hook):
        return _async_generator(hook, inner)
    if is_async(hook):

        async def call(request: Any, *pool: Any) -> Response:
            return response_of(await hook(request, lambda passed: inner(passed, *pool)))

        return call
    return _threaded(hook, inner, layer_threads(depth))


def _threaded(hook: Hook, inner: Call, threads: Executor) -> Call:
    async def call(request: Any, *pool: Any) -> Response:
        inside = _Inside(inner, pool)
        try:
            result = await on_thread(threads, copy_context().run, hook, request, inside.call_next)
        finally:
            await inside.end()
        return response_of(result)

    return call


class _Inside:
    """What a middleware on a thread surrounds, which runs on the event loop."""

    def __init__(self, inner: Call, pool: tuple[Any, ...]) -> None:
        self._inner = inner
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ended = False

    def call_next(self, passed: Any) -> Response:
        """The response of what is inside. Blocks; for other threads than the loop's.

        Raises:
            CancelledError: the request has been cancelled, or the middleware has returned.
            Exception: what is raised inside.
        """
        return asyncio.run_coroutine_threadsafe(self._run(passed), self._loop).result()

    async def _run(self, passed: Any) -> Response:
        if self._ended:
            raise asyncio.CancelledError
        task = asyncio.ensure_future(self._inner(passed, *self._pool))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        response: Response = await task
        return response

    async def end(self) -> None:
        """Cancels what still runs, and waits for its end. Another cancellation reaches it as well."""
        self._ended = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _sync_generator(hook: Hook, inner: Call) -> Call:
    def call(request: Any, *pool: Any) -> Response:
        generator = hook(request)
        early = _begin(generator)
        if early is not None:
            return early
        try:
            response = inner(request, *pool)
        except Exception as error:
            return _fail(generator, error, hook)
        return _end(generator, response, hook)

    return call


def _async_generator(hook: Hook, inner: Call) -> Call:
    async def call(request: Any, *pool: Any) -> Response:
        generator = hook(request)
        early = _begin(generator)
        if early is not None:
            return early
        try:
            response = await inner(request, *pool)
        except Exception as error:
            return _fail(generator, error, hook)
        return _end(generator, response, hook)

    return call


def _begin(generator: _Generator) -> Response | None:
    """Runs up to the yield; the answer when the generator returns before it."""
    try:
        next(generator)
    except StopIteration as stop:
        return response_of(stop.value)
    return None


def _end(generator: _Generator, response: Response, hook: Hook) -> Response:
    try:
        generator.send(response)
    except StopIteration as stop:
        return response if stop.value is None else response_of(stop.value)
    return _refuse(generator, hook)


def _fail(generator: _Generator, error: Exception, hook: Hook) -> Response:
    """The exception is raised at the yield; a generator that catches it returns the answer."""
    try:
        generator.throw(error)
    except StopIteration as stop:
        return response_of(stop.value)
    return _refuse(generator, hook)


def _refuse(generator: _Generator, hook: Hook) -> Response:
    generator.close()
    raise RuntimeError(f"the middleware {name_of(hook)} yields more than once")
