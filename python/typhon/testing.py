"""Tests without a server: a client with httpx's interface that runs handlers in this process.

    from typhon.testing import TestClient

    def test_hello():
        with TestClient("my_app/") as client:
            assert client.get("/python/hello").json() == {"message": "Hello"}

Requests go through the same conversion, parameters, hooks and error answers as in a worker. What the gateway
does (limits, framing, deadlines) needs the real one.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from typhon import _dispatch
from typhon._app import load_app
from typhon._finish import finished
from typhon._live import LiveServer
from typhon._test_socket import WebSocketSession
from typhon.errors import AppError
from typhon.results import Answer
from typhon.routing import table

try:
    import httpx
except ModuleNotFoundError:
    raise AppError("typhon.testing needs a package: pip install httpx") from None

if TYPE_CHECKING:
    from httpx._types import HeaderTypes, QueryParamTypes

NO_BODY = (204, 304)

__all__ = ["LiveServer", "TestClient", "WebSocketRefused", "WebSocketSession"]


class _Transport(httpx.BaseTransport):
    """Hands requests to a dispatcher."""

    def __init__(self, dispatcher: _dispatch.Dispatcher) -> None:
        self._dispatcher = dispatcher

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self._dispatcher.answer(request.method, *_parts(request), request.read())
        return _response(answer, request)

    def close(self) -> None:
        self._dispatcher.close()


class WebSocketRefused(Exception):  # noqa: N818
    """A handshake that was not answered with 101.

    Attributes:
        response: what was answered.
    """

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"the WebSocket was refused: {response.status_code} {response.text}")
        self.response = response


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

    def websocket_connect(
        self,
        url: str,
        subprotocols: Sequence[str] = (),
        *,
        params: QueryParamTypes | None = None,
        headers: HeaderTypes | None = None,
        timeout: float = 5.0,
    ) -> WebSocketSession:
        """Opens a WebSocket, with the cookies and fields of this client. Blocks until it is answered.

        Args:
            url: "/python/chat/den".
            subprotocols: what the client offers, the best first.
            params: of the query.
            headers: further fields of the handshake.
            timeout: seconds that each wait for the handler may take.

        Raises:
            WebSocketRefused: the handshake was answered otherwise: its ``response`` tells how.
        """
        request = self.build_request("GET", url, params=params, headers=headers)
        if subprotocols:
            request.headers["Sec-WebSocket-Protocol"] = ", ".join(subprotocols)
        opening, answer = self._dispatcher.open(*_parts(request))
        if answer.status != _dispatch.SWITCHES:
            raise WebSocketRefused(_response(answer, request))
        fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in answer.headers]
        return WebSocketSession(self._dispatcher.submit, opening, fields, answer.body, timeout)

    def __enter__(self) -> Self:
        self._dispatcher.start()
        super().__enter__()
        return self


def _parts(request: httpx.Request) -> tuple[str, bytes, list[tuple[str, str]]]:
    """Path, query and header fields as they travel."""
    raw_path, _, query = request.url.raw_path.partition(b"?")
    headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw]
    return raw_path.decode("ascii"), query, headers


def _response(answer: Answer, request: httpx.Request) -> httpx.Response:
    content = _body(answer, request.method)
    return httpx.Response(answer.status, headers=_fields(answer), content=content, request=request)


def _fields(answer: Answer) -> list[tuple[bytes, bytes]]:
    kind = [(b"Content-Type", answer.content_type.encode("latin-1"))] if answer.content_type else []
    length = [] if answer.status in NO_BODY else [(b"Content-Length", str(len(answer.body)).encode())]
    return [*kind, *length, *answer.headers]


def _body(answer: Answer, method: str) -> bytes:
    return b"" if method == "HEAD" or answer.status in NO_BODY else answer.body
