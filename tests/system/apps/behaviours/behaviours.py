"""Handlers that misbehave, and handlers that show a corner of the interface."""

import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from typhon import Request, Response, abort, route

_local = threading.local()


@dataclass
class Point:
    """A result."""

    x: int
    y: float


@route("/python/raises")
def raises(request: Request) -> None:
    """An exception with a secret."""
    raise ValueError("a secret of the server")


@route("/python/exits")
def exits(request: Request) -> None:
    """No handler may end its worker."""
    sys.exit(3)


@route("/python/aborts")
def aborts(request: Request) -> None:
    """An answer by exception."""
    abort(418, "short and stout", {"X-Tea": "yes"})


@route("/python/unencodable")
def unencodable(request: Request) -> dict[str, Any]:
    """A set is no JSON."""
    return {"a": {1}}


@route("/python/huge")
def huge(request: Request) -> bytes:
    """One byte more than an answer may have."""
    return bytes((256 << 20) + 1)


@route("/python/results/<kind>")
def results(request: Request) -> Any:
    """One result of each kind."""
    kinds: dict[str, Any] = {
        "dict": {"a": float("nan")},
        "list": [1, 2],
        "dataclass": Point(1, 2.5),
        "number": 7,
        "bool": True,
        "str": "größe",
        "bytes": b"\x00\xff",
        "none": None,
        "tuple": ({"made": True}, 201, {"X-Made": "yes"}),
        "response": Response("<p>", 202, {"X-A": "1"}, "text/html"),
        "generator": _pieces(),
    }
    return kinds[request.path_params["kind"]]


def _pieces() -> Iterator[str]:
    yield "a"
    yield "b"


@route("/python/async/raises")
async def async_raises(request: Request) -> None:
    """An exception in a coroutine."""
    raise KeyError("async secret")


@route("/python/async/aborts")
async def async_aborts(request: Request) -> None:
    """An answer by exception in a coroutine."""
    abort(409, "not now")


@route("/python/quick/<int:n>", timeout=0.3)
def quick(request: Request) -> dict[str, Any]:
    """Longer than its limit when n is 1."""
    threading.Event().wait(2.0 if request.path_params["n"] else 0.0)
    return {"n": request.path_params["n"]}


@route("/python/params/<int:i>/<float:f>/<uuid:u>/<path:rest>")
def params(request: Request) -> dict[str, Any]:
    """Every converter."""
    return {name: [type(value).__name__, value] for name, value in request.path_params.items()}


@route("/python/static-or/<name>")
def dynamic(request: Request) -> str:
    """Declared before the static route, and yet second to it."""
    return "dynamic"


@route("/python/static-or/me")
def static(request: Request) -> str:
    """Wins."""
    return "static"


@route("/python/request", methods=["GET", "POST", "PUT", "DELETE"])
def request_fields(request: Request) -> dict[str, Any]:
    """Every field of a request."""
    return {
        "method": request.method,
        "path": request.path,
        "route": request.route,
        "query": request.query_params.getlist("q"),
        "header": request.headers.get("x-thing"),
        "headers": request.headers.getlist("X-Thing"),
        "cookies": request.cookies,
        "form": dict(request.form),
        "files": [[file.filename, file.content_type, len(file.data)] for file in request.files.values()],
        "size": len(request.data),
        "text": request.text[:40],
        "client": request.client,
        "id": request.id,
        "deadline": request.deadline,
    }


@route("/python/json", methods=["POST"])
def json_field(request: Request) -> Any:
    """The body as JSON, whatever its type says."""
    return {"json": request.json}


@route("/python/thread-local")
def thread_local(request: Request) -> dict[str, int]:
    """Counts the calls on its thread: threads live on between requests."""
    _local.calls = getattr(_local, "calls", 0) + 1
    return {"calls": _local.calls, "thread": threading.get_ident()}
