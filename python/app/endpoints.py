"""Plain endpoints: each runs on the thread that received its request."""

import base64
import platform
from typing import Any

from typhon import Request, route


@route("/python/hello")
def hello(request: Request) -> dict[str, str]:
    """The shortest handler: a dict becomes JSON."""
    return {"message": "Hello from Python", "version": platform.python_version()}


@route("/python/process", methods=["POST"])
def process(request: Request) -> dict[str, Any]:
    """Upper-cases a str, or the str values of a dict or list, and says what it was given."""
    body = request.body
    return {"processed": _upper(body), "input_type": type(body).__name__}


@route("/python/users/<int:user_id>")
def user(request: Request) -> dict[str, Any]:
    """A converted parameter of the path; a path with no such number is no match, and so a 404."""
    user_id = request.path_params["user_id"]
    return {"user_id": user_id, "name": f"User {user_id}"}


@route("/python/items/<name>")
def item(request: Request) -> dict[str, Any]:
    """A text parameter, percent-decoded."""
    return {"item": request.path_params["name"], "found": True}


@route("/python/echo", methods=["GET", "POST"])
def echo(request: Request) -> dict[str, Any]:
    """What the server understood of the request."""
    return {
        "method": request.method,
        "path": request.path,
        "query_params": dict(request.query_params),
        "headers": dict(request.headers),
        "body": _printable(request.body),
    }


def _upper(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _upper_text(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_upper_text(item) for item in value]
    return _upper_text(value)


def _upper_text(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else _printable(value)


def _printable(body: Any) -> Any:
    """JSON has no bytes: a body that is no text is shown in base64."""
    return {"base64": base64.b64encode(body).decode("ascii")} if isinstance(body, bytes) else body
