"""A handler with the hooks around it, as one function that the worker calls.

Plain hooks and a plain handler make a plain function. As soon as one of them is a coroutine function the
whole is one: a plain handler with the pieces that it makes, and a plain middleware with ``call_next``, then
run on threads (`_threads`), where they may block.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from typing import Any

from typhon import _sandwich
from typhon._callables import is_async
from typhon._current import serving
from typhon._failures import http_error_answer, status_of
from typhon._group import Group, Hook
from typhon._threads import threaded_handler, threaded_pieces
from typhon.errors import HTTPError
from typhon.responses import Response, response_of

Call = Callable[..., Any]


class Chain:
    """The hooks of one route, from the application's to those of its router."""

    def __init__(self, groups: Sequence[Group]) -> None:
        self.before = [hook for group in groups for hook in group.before]
        self.after = [hook for group in reversed(groups) for hook in reversed(group.after)]
        self.middleware = [hook for group in groups for hook in group.middleware]
        self._errors = [group.errors for group in reversed(groups)]

    @property
    def is_async(self) -> bool:
        """Whether one of them is a coroutine function."""
        handlers = [hook for errors in self._errors for hook in errors.values()]
        return any(map(is_async, [*self.before, *self.after, *self.middleware, *handlers]))

    def error_handler(self, error: BaseException) -> Hook | None:
        """The function for an exception, by its type and the status of its answer; the router's come first.

        For an HTTPError the status comes before the types, for any other the nearest type.
        """
        status = status_of(error)
        keys: list[Any] = [*type(error).__mro__, status]
        if isinstance(error, HTTPError):
            keys = [status, *type(error).__mro__]
        for errors in self._errors:
            for key in keys:
                if key in errors:
                    return errors[key]
        return None


def sync_chain(handler: Call, chain: Chain) -> Call:
    """``f(request)`` or ``f(request, pool)``: runs everything on the calling thread."""

    def core(request: Any, *pool: Any) -> Response:
        try:
            result = _first(chain.before, request)
            if result is None:
                result = handler(request, *pool)
                result = result.result() if isinstance(result, Future) else result
            response = response_of(result)
        except Exception as error:
            response = _handled(chain, request, error)
        for hook in chain.after:
            response = response_of(_kept(hook(request, response), response))
        return response

    call: Call = core
    for hook in reversed(chain.middleware):
        call = _sandwich.sync_layer(hook, call)
    return _guarded(call, chain)


def async_chain(handler: Call, handler_is_async: bool, chain: Chain) -> Call:
    """The same as a coroutine function."""

    async def core(request: Any, *pool: Any) -> Response:
        try:
            result = await _first_awaited(chain.before, request)
            if result is None:
                result = await run(request, *pool)
                result = await asyncio.wrap_future(result) if isinstance(result, Future) else result
            response = response_of(result)
        except Exception as error:
            response = await _handled_awaited(chain, request, error)
        for hook in chain.after:
            response = response_of(_kept(await _awaited(hook(request, response)), response))
        return response

    run = handler if handler_is_async else threaded_handler(handler)
    call: Call = core
    for depth, hook in enumerate(reversed(chain.middleware)):
        call = _sandwich.async_layer(hook, call, depth)
    guarded = _guarded_awaited(call, chain)
    return guarded if handler_is_async else threaded_pieces(guarded)


def _guarded(call: Call, chain: Chain) -> Call:
    """Notes the request, and has the error handlers see what a middleware raises, too."""

    def guarded(request: Any, *pool: Any) -> Response:
        with serving(request):
            try:
                return response_of(call(request, *pool))
            except Exception as error:
                return _handled(chain, request, error)

    return guarded


def _guarded_awaited(call: Call, chain: Chain) -> Call:
    async def guarded(request: Any, *pool: Any) -> Response:
        with serving(request):
            try:
                return response_of(await call(request, *pool))
            except Exception as error:
                return await _handled_awaited(chain, request, error)

    return guarded


def _first(hooks: Sequence[Hook], request: Any) -> Any:
    for hook in hooks:
        result = hook(request)
        if result is not None:
            return result
    return None


def behind_hooks(before: Sequence[Hook], call: Call) -> Call:
    """``call(request)`` of a WebSocket behind hooks, of which one that returns something refuses it."""

    async def answer(request: Any) -> Response:
        refusal = await _first_awaited(before, request)
        return response_of(await call(request) if refusal is None else refusal)

    return answer


async def _first_awaited(hooks: Sequence[Hook], request: Any) -> Any:
    for hook in hooks:
        result = await _awaited(hook(request))
        if result is not None:
            return result
    return None


def _handled(chain: Chain, request: Any, error: Exception) -> Response:
    hook = chain.error_handler(error)
    if hook is not None:
        return _with_status(hook(request, error), error)
    return _by_itself(request, error)


async def _handled_awaited(chain: Chain, request: Any, error: Exception) -> Response:
    hook = chain.error_handler(error)
    if hook is not None:
        return _with_status(await _awaited(hook(request, error)), error)
    return _by_itself(request, error)


def _by_itself(request: Any, error: Exception) -> Response:
    """An HTTPError is an answer that hooks may see; anything else is for the worker to log."""
    if not isinstance(error, HTTPError):
        raise error
    answer = http_error_answer(error, request)
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
    return Response(answer.body, answer.status, headers, answer.content_type)


def _with_status(result: Any, error: Exception) -> Response:
    """A result that names no status gets that of the error."""
    response = response_of(result)
    if not isinstance(result, Response) and type(result) is not tuple:
        response.status = status_of(error)
    return response


def _kept(returned: Any, response: Response) -> Any:
    return response if returned is None else returned


async def _awaited(value: Any) -> Any:
    return await value if isinstance(value, Awaitable) else value
