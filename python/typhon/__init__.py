"""Typhon: web endpoints as plain Python functions, behind a native HTTP gateway.

    from typhon import Request, route

    @route("/python/hello")
    def hello(request: Request) -> dict[str, str]:
        return {"message": "Hello"}

This package is what application code imports. Names with a leading underscore are the worker's side of it.
"""

from typhon._body import BodyStream
from typhon._current import current_request
from typhon._describe import describe
from typhon._mount import mount
from typhon._native import Request
from typhon._publish import openapi
from typhon._request_pool import Pool
from typhon._sessions import Session, sessions
from typhon._state import State, state
from typhon.auth import basic_auth, bearer_auth, login_required
from typhon.errors import (
    AppError,
    ClientDisconnected,
    HTTPError,
    PoolProcessDied,
    PoolStartError,
    PoolTaskError,
    PoolTimeoutError,
    RouteError,
    ValidationError,
    WebSocketDisconnect,
    abort,
)
from typhon.events import Event, EventStream
from typhon.files import FileResponse
from typhon.forms import FormLimits, form_limits, read_form
from typhon.hooks import after_request, before_request, error_handler, middleware, on_shutdown, on_startup
from typhon.multidict import Headers, MultiDict
from typhon.parameters import Body, Cookie, Depends, Form, Header, Query
from typhon.responses import HTML, JSON, Redirect, Response, Text
from typhon.router import Router
from typhon.routing import RouteSpec, route
from typhon.templates import Templates
from typhon.uploads import Upload
from typhon.websockets import WebSocket, websocket

__all__ = [
    "HTML",
    "JSON",
    "AppError",
    "Body",
    "BodyStream",
    "ClientDisconnected",
    "Cookie",
    "Depends",
    "Event",
    "EventStream",
    "FileResponse",
    "Form",
    "FormLimits",
    "HTTPError",
    "Header",
    "Headers",
    "MultiDict",
    "Pool",
    "PoolProcessDied",
    "PoolStartError",
    "PoolTaskError",
    "PoolTimeoutError",
    "Query",
    "Redirect",
    "Request",
    "Response",
    "RouteError",
    "RouteSpec",
    "Router",
    "Session",
    "State",
    "Templates",
    "Text",
    "Upload",
    "ValidationError",
    "WebSocket",
    "WebSocketDisconnect",
    "abort",
    "after_request",
    "basic_auth",
    "bearer_auth",
    "before_request",
    "current_request",
    "describe",
    "error_handler",
    "form_limits",
    "login_required",
    "middleware",
    "mount",
    "on_shutdown",
    "on_startup",
    "openapi",
    "read_form",
    "route",
    "sessions",
    "state",
    "websocket",
]

__version__ = "0.1.0"
