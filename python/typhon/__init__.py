"""Typhon: web endpoints as plain Python functions, behind a native HTTP gateway.

    from typhon import Request, route

    @route("/python/hello")
    def hello(request: Request) -> dict[str, str]:
        return {"message": "Hello"}

This package is what application code imports. Names with a leading underscore are the worker's side of it.
"""

from typhon._native import Request
from typhon._request_pool import Pool
from typhon.errors import (
    AppError,
    HTTPError,
    PoolProcessDied,
    PoolStartError,
    PoolTaskError,
    PoolTimeoutError,
    RouteError,
    abort,
)
from typhon.events import Event, EventStream
from typhon.files import FileResponse
from typhon.multidict import Headers, MultiDict
from typhon.responses import Response
from typhon.routing import RouteSpec, route
from typhon.uploads import Upload

__all__ = [
    "AppError",
    "Event",
    "EventStream",
    "FileResponse",
    "HTTPError",
    "Headers",
    "MultiDict",
    "Pool",
    "PoolProcessDied",
    "PoolStartError",
    "PoolTaskError",
    "PoolTimeoutError",
    "Request",
    "Response",
    "RouteError",
    "RouteSpec",
    "Upload",
    "abort",
    "route",
]

__version__ = "0.1.0"
