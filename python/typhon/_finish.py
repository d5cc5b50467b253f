"""From the handlers that an application declared to the functions that the worker calls.

Runs once, when everything has been imported, so that a request finds nothing left to decide.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Iterable
from typing import Any

from typhon._asgi_websocket import ASGI
from typhon._callables import is_async_generator
from typhon._chain import Chain, async_chain, behind_hooks, sync_chain
from typhon._group import app_group
from typhon._signature import parameters_of
from typhon._typed import filled_in
from typhon.errors import AppError, RouteError
from typhon.routing import WEBSOCKET, RouteSpec
from typhon.websockets import websocket_call


def finished(specs: Iterable[RouteSpec]) -> list[RouteSpec]:
    """The routes with ``call`` as the worker calls it: ``f(request)``, or ``f(request, pool)``.

    Raises:
        RouteError: a declaration that cannot work.
        AppError: a handler needs a package that is not installed.
    """
    return [_finished(spec) for spec in specs]


def _finished(spec: RouteSpec) -> RouteSpec:
    given = 2 if spec.wants_pool else 1
    try:
        if WEBSOCKET in spec.methods:
            return _finished_websocket(spec)
        handler = _coroutine_function(spec.call)
        if spec.stream_body and spec.mode == "async":
            _check_reads_itself(handler, given, spec.pattern)
        call = filled_in(handler, spec.mode == "async", given, spec.pattern)
        return _hooked(spec, call)
    except (AppError, RouteError) as error:
        raise type(error)(f"{error} (handler {spec.name}, {spec.source})") from None


def _check_reads_itself(handler: Callable[..., Any], given: int, pattern: str) -> None:
    """A body that arrives in pieces cannot be waited for before a coroutine runs."""
    for parameter in parameters_of(handler, given, pattern):
        if parameter.place in ("body", "form", "file"):
            raise RouteError(
                f"{parameter.name} comes from the body, which a coroutine with stream_body=True reads "
                "itself: use request.stream() or await request.aread(), or a plain function"
            )


def _finished_websocket(spec: RouteSpec) -> RouteSpec:
    """Of the hooks, those before a request can refuse it; the others see no WebSocket."""
    groups = (app_group, getattr(spec.router, "group", None))
    before = [hook for group in groups if group for hook in group.before]
    call = spec.call if getattr(spec.call, ASGI, False) else _socket_call(spec)
    return dataclasses.replace(spec, call=behind_hooks(before, call) if before else call)


def _socket_call(spec: RouteSpec) -> Callable[..., Any]:
    for parameter in parameters_of(spec.call, 1, spec.pattern):
        if parameter.place in ("body", "form", "file"):
            raise RouteError(f"a WebSocket has no body, which {parameter.name} would come from")
    return websocket_call(filled_in(spec.call, True, 1, spec.pattern))


def _coroutine_function(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler itself, or a coroutine function that returns the pieces of an async generator."""
    if not is_async_generator(handler):
        return handler

    @functools.wraps(handler)
    async def call(*arguments: Any, **named: Any) -> Any:
        return handler(*arguments, **named)

    return call


def _hooked(spec: RouteSpec, call: Callable[..., Any]) -> RouteSpec:
    groups = [group for group in (app_group, getattr(spec.router, "group", None)) if group]
    if not groups:
        return spec if call is spec.call else dataclasses.replace(spec, call=call)
    chain = Chain(groups)
    if spec.mode != "async" and not chain.is_async:
        return dataclasses.replace(spec, call=sync_chain(call, chain))
    return dataclasses.replace(spec, call=async_chain(call, spec.mode == "async", chain), mode="async")
