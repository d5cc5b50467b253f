"""``@route`` and the table that it fills.

The table is made anew by each `load_app` (see _app.py); requests are matched in C++ by proto/router.hpp.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from typhon._callables import function_of, is_async, is_async_generator, name_of
from typhon._signature import check_signature
from typhon.errors import RouteError
from typhon.patterns import shape_of

Mode = Literal["thread", "async", "pool"]
HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])

WEBSOCKET = ":websocket"  # the method of routes for WebSockets (PROTOCOL.md, 5.9)
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """One decorated handler.

    Attributes:
        methods: upper-case.
        pattern: the path, "/python/users/<int:user_id>".
        name: "endpoints.user", for logs and `typhon routes`.
        mode: "thread", "async" (a coroutine function) or "pool" (a plain function that is given the pool).
        call: the handler.
        wants_pool: whether it is called as ``call(request, pool)``.
        timeout: seconds; None for the gateway's request timeout.
        max_in_flight: how many of its requests may run at once, over all workers; None for no limit.
        source: where it is, "/app/endpoints.py:12".
        router: the `typhon.Router` that it belongs to.
        stream_body: whether it reads a body in pieces.
        max_body: bytes of the largest body; None for the gateway's limit.
    """

    methods: tuple[str, ...]
    pattern: str
    name: str
    mode: Mode
    call: Callable[..., Any]
    wants_pool: bool
    timeout: float | None
    max_in_flight: int | None
    source: str
    router: Any = None
    stream_body: bool = False
    max_body: int | None = None


class RouteTable:
    """The routes in the order of their declaration, no two for one method and shape."""

    def __init__(self) -> None:
        self._routes: list[RouteSpec] = []
        self._taken: dict[tuple[str, str], RouteSpec] = {}

    def add(self, spec: RouteSpec) -> None:
        """Adds a route.

        Raises:
            RouteError: another handler has one of its methods and its path; the sentence names both.
        """
        shape = shape_of(spec.pattern)
        for method in spec.methods:
            other = self._taken.get((method, shape))
            if other is not None:
                both = " and ".join(f"{one.name} ({one.source}, {one.pattern})" for one in (other, spec))
                raise RouteError(f"two handlers for {method} {spec.pattern}: {both}")
        for method in spec.methods:
            self._taken[(method, shape)] = spec
        self._routes.append(spec)

    def clear(self) -> None:
        """Forgets every route."""
        self._routes.clear()
        self._taken.clear()

    def routes(self) -> list[RouteSpec]:
        """A copy of the list."""
        return list(self._routes)


table = RouteTable()


def route(
    path: str,
    methods: Sequence[str] = ("GET",),
    use_process_pool: bool = False,
    timeout: float | None = None,
    name: str | None = None,
    max_in_flight: int | None = None,
    stream_body: bool = False,
    max_body: int | None = None,
) -> Callable[[HandlerT], HandlerT]:
    """Makes a function the handler of a path. The function is left as it is, so decorators can be stacked.

    Args:
        path: starts with ``/python/``; parameters are ``<name>``, ``<int:name>``, ``<float:name>``,
            ``<uuid:name>`` and, as the last segment, ``<path:name>``.
        methods: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, in any case. A GET route answers HEAD too.
        use_process_pool: the handler is called with the pool as its second argument, ``f(request, pool)``.
        timeout: seconds that a request may take from its arrival; the gateway's own limit when left out.
        name: the name in logs; ``module.function`` when left out.
        max_in_flight: how many requests of this route may run at once, over all workers; more wait in the
            gateway's queue.
        stream_body: the handler is called when the head of a request has arrived, and reads its body by
            ``request.stream()``, ``read()`` or ``aread()``.
        max_body: bytes of the largest body, for a route with ``stream_body``; the gateway's ``--max-body``
            when left out.

    Raises:
        RouteError: when decorated, for a path, option or signature that cannot work, or for a second handler
            of one method and path.
    """
    body = body_settings(stream_body, max_body)
    return declare(path, methods, use_process_pool, timeout, name, max_in_flight, body=body)


def declare(
    path: str,
    methods: Sequence[str],
    use_process_pool: bool,
    timeout: float | None,
    name: str | None,
    max_in_flight: int | None,
    router: Any = None,
    body: tuple[bool, int | None] = (False, None),
) -> Callable[[HandlerT], HandlerT]:
    """`route`, for a router's routes too."""
    settings = (_methods(methods), _timeout(timeout), _max_in_flight(max_in_flight))

    def decorate(handler: HandlerT) -> HandlerT:
        spec = _spec(handler, path, settings, bool(use_process_pool), name)
        table.add(replace(spec, router=router, stream_body=body[0], max_body=body[1]))
        return handler

    return decorate


def declare_websocket(path: str, name: str | None, router: Any = None) -> Callable[[HandlerT], HandlerT]:
    """`websocket`, for a router's too."""
    settings = ((WEBSOCKET,), None, None)

    def decorate(handler: HandlerT) -> HandlerT:
        spec = _spec(handler, path, settings, False, name)
        if spec.mode != "async" or is_async_generator(handler):
            raise RouteError(f"a WebSocket is served by a coroutine function: async def {spec.name}(ws)")
        table.add(replace(spec, router=router, stream_body=True))
        return handler

    return decorate


def _spec(
    handler: Callable[..., Any],
    path: str,
    settings: tuple[tuple[str, ...], float | None, int | None],
    wants_pool: bool,
    name: str | None,
) -> RouteSpec:
    source = source_of(handler)
    handler_name = name if name is not None else name_of(handler)
    try:
        shape_of(path)
        check_signature(handler, wants_pool, path)
        mode = _mode_of(handler, wants_pool)
    except RouteError as error:
        raise RouteError(f"{error} (handler {handler_name}, {source})") from None
    methods, timeout, max_in_flight = settings
    return RouteSpec(methods, path, handler_name, mode, handler, wants_pool, timeout, max_in_flight, source)


def source_of(handler: Callable[..., Any]) -> str:
    """Where a handler is written: "file:line", or "unknown" for a callable without code."""
    code = getattr(function_of(inspect.unwrap(handler)), "__code__", None)
    return "unknown" if code is None else f"{code.co_filename}:{code.co_firstlineno}"


def _mode_of(handler: Callable[..., Any], wants_pool: bool) -> Mode:
    if is_async(handler) or is_async_generator(handler):
        return "async"
    return "pool" if wants_pool else "thread"


def _methods(methods: Sequence[str]) -> tuple[str, ...]:
    if isinstance(methods, str):
        raise RouteError(f'methods is a list: write methods=["{methods}"]')
    if not methods:
        raise RouteError("methods is empty: a route needs at least one method")
    upper = [method.upper() if isinstance(method, str) else repr(method) for method in methods]
    for method in upper:
        if method not in METHODS:
            raise RouteError(f"unknown method {_printable(method)} (there are {', '.join(METHODS)})")
    return tuple(dict.fromkeys(upper))


def _printable(text: str) -> str:
    return re.sub(r"[^\x21-\x7e]", "?", text) or '""'


def _timeout(timeout: float | None) -> float | None:
    if timeout is None:
        return None
    is_number = isinstance(timeout, int | float) and not isinstance(timeout, bool)
    if not is_number or not math.isfinite(timeout) or timeout <= 0:
        raise RouteError(f"timeout is a number of seconds above 0, not {timeout!r}")
    return float(timeout)


def body_settings(streams: bool, limit: int | None) -> tuple[bool, int | None]:
    """``stream_body`` and ``max_body``, checked.

    Raises:
        RouteError: they cannot work.
    """
    if limit is None:
        return bool(streams), None
    if not streams:
        raise RouteError("max_body is for routes with stream_body=True; --max-body is for all others")
    if isinstance(limit, bool) or not isinstance(limit, int) or not 0 < limit < 1 << 63:
        raise RouteError(f"max_body is a whole number of bytes from 1, not {limit!r}")
    return True, limit


def _max_in_flight(limit: int | None) -> int | None:
    if limit is None:
        return None
    if isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise RouteError(f"max_in_flight is a whole number from 1, not {limit!r}")
    return limit
