"""Tests without a server: a client with httpx's interface that runs handlers in this process.

    from typhon.testing import TestClient

    def test_hello():
        with TestClient("my_app/") as client:
            assert client.get("/python/hello").json() == {"message": "Hello"}

Requests go through the same conversion, parameters, hooks and error answers as in a worker. What the gateway
does (limits, framing, deadlines) needs the real one.
"""

from __future__ import annotations

from concurrent.futures import Executor
from pathlib import Path
from typing import Any, Self

from typhon import _dispatch
from typhon._app import load_app
from typhon._finish import finished
from typhon._live import LiveServer
from typhon.errors import AppError
from typhon.results import Answer
from typhon.routing import table

try:
    import httpx
except ModuleNotFoundError:
    raise AppError("typhon.testing needs a package: pip install httpx") from None

NO_BODY = (204, 304)

__all__ = ["LiveServer", "TestClient"]


class _Transport(httpx.BaseTransport):
    """Hands requests to a dispatcher."""

    def __init__(self, dispatcher: _dispatch.Dispatcher) -> None:
        self._dispatcher = dispatcher

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        raw_path, _, query = request.url.raw_path.partition(b"?")
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
        answer = self._dispatcher.answer(
            request.method, raw_path.decode("ascii"), query, headers, request.read()
        )
        return httpx.Response(answer.status, headers=_fields(answer), content=_body(answer, request.method))

    def close(self) -> None:
        self._dispatcher.close()


class TestClient(httpx.Client):
    """A client of an application in this process.

    Used as a context manager it runs the startup and shutdown hooks.

    Args:
        app: the application directory; the routes declared so far in this process when left out.
        pool: what handlers with ``use_process_pool=True`` get; threads when left out.
        debug: whether a 500 shows its traceback.
        options: httpx.Client's own, such as ``headers`` and ``cookies``.

    Attributes:
        routes: what it serves.

    Raises:
        AppError: the application cannot be loaded.
        RouteError: a route cannot work.
    """

    __test__ = False  # no class of tests, whatever its name

    def __init__(
        self,
        app: str | Path | None = None,
        *,
        pool: Executor | None = None,
        debug: bool = False,
        **options: Any,
    ) -> None:
        self.routes = finished(table.routes()) if app is None else load_app(str(app))
        self._dispatcher = _dispatch.Dispatcher(self.routes, pool, debug)
        options.setdefault("base_url", "http://testserver")
        super().__init__(transport=_Transport(self._dispatcher), **options)

    def __enter__(self) -> Self:
        self._dispatcher.start()
        super().__enter__()
        return self


def _fields(answer: Answer) -> list[tuple[bytes, bytes]]:
    kind = [(b"Content-Type", answer.content_type.encode("latin-1"))] if answer.content_type else []
    length = [] if answer.status in NO_BODY else [(b"Content-Length", str(len(answer.body)).encode())]
    return [*kind, *length, *answer.headers]


def _body(answer: Answer, method: str) -> bytes:
    return b"" if method == "HEAD" or answer.status in NO_BODY else answer.body
