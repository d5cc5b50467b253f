"""A handler that answers with what it got, and counts how often it ran."""

import itertools
from typing import Any

from typhon import Request, Response, route

_numbers = itertools.count(1)
_executed: list[str] = []


@route("/python/mirror/<path:rest>", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
def mirror(request: Request) -> dict[str, Any]:
    """What arrived; field names in lower case, bytes as Latin-1."""
    _executed.append(request.path)
    return {
        "number": next(_numbers),
        "method": request.method,
        "path": request.path,
        "fields": {name.lower(): request.headers.getlist(name) for name in request.headers},
        "body": request.data.decode("latin-1"),
    }


@route("/python/large")
def large(request: Request) -> bytes:
    """More than a socket's buffers take."""
    return bytes(8 << 20)


@route("/python/executed")
def executed(request: Request) -> list[str]:
    """The paths that `mirror` ran for since the last look."""
    paths = _executed.copy()
    _executed.clear()
    return paths


@route("/python/answers/<kind>")
def answers(request: Request) -> Any:
    """Answers that would become two if their parts went out as they are."""
    kind = request.path_params["kind"]
    split = "1\r\nX-Split: 1\r\n\r\nHTTP/1.1 200 OK"
    kinds: dict[str, Any] = {
        "value": ("x", 200, {"X-A": split}),
        "name": ("x", 200, {"X-A: 1\r\nX-Split": "1"}),
        "lf": ("x", 200, {"X-A": "1\nX-Split: 1"}),
        "nul": ("x", 200, {"X-A": "1\x002"}),
        "redirect": ("", 302, {"Location": "/ok\r\nX-Split: 1"}),
        "cookie": ("x", 200, [("Set-Cookie", "a=b\r\nX-Split: 1")]),
        "type": Response("x", content_type="text/plain\r\nX-Split: 1"),
        "unicode": ("x", 200, {"X-A": "1\u010dX-Split: 1\u010a"}),  # its low bytes are CR and LF
        "status": ("x", 99),
        "status-text": ("x", "200 OK\r\nX-Split: 1"),
        "status-large": ("x", 1000),
        "length": ("x", 200, {"Content-Length": "100", "Transfer-Encoding": "chunked"}),
        "reset-content": ("x", 205),
        "not-modified": ("x", 304),
        "no-content": ("x", 204),
    }
    return kinds[kind]
