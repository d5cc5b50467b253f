"""One middleware around what is inside it, for each way to write one.

| middleware | around plain handlers | around coroutines |
|---|---|---|
| ``def f(request)`` that yields once | as it is | as it is |
| ``def f(request, call_next)`` | as it is | on a thread |
| ``async def f(request, call_next)`` | (the route becomes a coroutine) | as it is |
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Generator
from contextvars import copy_context
from typing import Any

from typhon._group import Hook, is_async, name_of
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


def async_layer(hook: Hook, inner: Call) -> Call:
    """The coroutine function ``inner`` with any middleware around it."""
    if inspect.isgeneratorfunction(hook):
        return _async_generator(hook, inner)
    if is_async(hook):

        async def call(request: Any, *pool: Any) -> Response:
            return response_of(await hook(request, lambda passed: inner(passed, *pool)))

        return call
    return _threaded(hook, inner)


def _threaded(hook: Hook, inner: Call) -> Call:
    async def call(request: Any, *pool: Any) -> Response:
        loop = asyncio.get_running_loop()

        def call_next(passed: Any) -> Response:
            response: Response = asyncio.run_coroutine_threadsafe(inner(passed, *pool), loop).result()
            return response

        context = copy_context()
        return response_of(await loop.run_in_executor(None, context.run, hook, request, call_next))

    return call


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
