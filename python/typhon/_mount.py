"""Serves a whole application of another framework below a path."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, Literal

from typhon import _lifetime
from typhon._asgi import asgi_handler, scope_of
from typhon._asgi_lifespan import Lifespan
from typhon._asgi_websocket import asgi_websocket_handler
from typhon._callables import is_async, name_of
from typhon._describe import describe
from typhon._wsgi import wsgi_handler
from typhon.errors import RouteError
from typhon.routing import METHODS, body_settings, declare, declare_websocket

Kind = Literal["wsgi", "asgi"]


def mount(
    path: str, application: Callable[..., Any], kind: Kind | None = None, max_body: int | None = None
) -> None:
    """Hands every request for ``path``, and for what is below it, to an application of WSGI or ASGI 3.

    The application reads bodies of more than 64 KiB as they arrive.

    Args:
        path: "/python/legacy"; the application finds its own paths behind it.
        application: Flask's, Django's, FastAPI's: unchanged.
        kind: which of the two it is; by its signature when left out.
        max_body: bytes of the largest body; the gateway's ``--max-body`` when left out.

    Raises:
        RouteError: a path that cannot be, or that is taken.
    """
    if path.endswith("/") or "<" in path:
        raise RouteError(f'a mounted application has a path of plain text without a last slash, not "{path}"')
    if kind not in (None, "wsgi", "asgi"):
        raise RouteError(f"the kind of a mounted application is wsgi or asgi, not {kind!r}")
    socket_handler = None
    if (kind or _kind_of(application)) == "wsgi":
        handler: Callable[..., Any] = wsgi_handler(application, path)
    else:
        state: dict[str, Any] = {}
        handler = _with_lifespan(application, path, state)
        socket_handler = asgi_websocket_handler(application, lambda request: scope_of(request, path, state))
    describe(hidden=True)(handler)
    body = body_settings(True, max_body)
    for pattern in (path, f"{path}/", f"{path}/<path:rest>"):
        declare(pattern, METHODS, False, None, name_of(application), None, body=body)(handler)
        if socket_handler is not None:
            declare_websocket(pattern, name_of(application))(socket_handler)


def _with_lifespan(application: Callable[..., Any], path: str, state: dict[str, Any]) -> Callable[..., Any]:
    lifespan = Lifespan(application, state)
    _lifetime.startup.declare(lifespan.start, 30.0)
    _lifetime.shutdown.declare(lifespan.stop, 5.0)
    return asgi_handler(application, path, state)


def _kind_of(application: Callable[..., Any]) -> Kind:
    if is_async(application):
        return "asgi"
    try:
        return "asgi" if len(inspect.signature(application).parameters) == 3 else "wsgi"
    except (TypeError, ValueError):
        return "wsgi"
