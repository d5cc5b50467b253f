"""An application of ASGI 3 below a path: FastAPI, Starlette, Django and the like, unchanged.

The answer is sent when the application has ended it. Websockets are not there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from typhon._peers import host_and_port
from typhon._wsgi import FRAMING
from typhon.responses import Response

Application = Callable[..., Any]
VERSIONS = {"version": "3.0", "spec_version": "2.3"}


def asgi_handler(application: Application, mount: str, state: dict[str, Any]) -> Callable[[Any], Any]:
    """A coroutine handler that calls the application for everything below ``mount``."""

    async def handle(request: Any) -> Response:
        exchange = _Exchange(request.data)
        await application(scope_of(request, mount, state), exchange.receive, exchange.send)
        return exchange.response()

    return handle


class _Exchange:
    """The two channels of one request."""

    def __init__(self, data: bytes) -> None:
        self._data: bytes | None = data
        self._start: dict[str, Any] | None = None
        self._body: list[bytes] = []
        self._ended = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        """The body, once; then the end of the exchange, when the answer is complete."""
        if self._data is not None:
            data, self._data = self._data, None
            return {"type": "http.request", "body": data, "more_body": False}
        await self._ended.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Takes a part of the answer."""
        kind = message["type"]
        if kind == "http.response.start" and self._start is None:
            self._start = message
        elif kind == "http.response.body" and self._start is not None and not self._ended.is_set():
            self._body.append(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self._ended.set()
        else:
            raise RuntimeError(f"the ASGI application sent {kind!r} when that was not expected")

    def response(self) -> Response:
        """The whole answer.

        Raises:
            RuntimeError: the application returned before it ended its answer.
        """
        if self._start is None or not self._ended.is_set():
            raise RuntimeError("the ASGI application returned before it had ended its answer")
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self._start.get("headers", ())
            if name.decode("latin-1").lower() not in FRAMING
        ]
        return Response(b"".join(self._body) or None, self._start["status"], headers)


def scope_of(request: Any, mount: str, state: dict[str, Any]) -> dict[str, Any]:
    """The scope of a request."""
    headers = [
        (name.lower().encode("latin-1"), value.encode("latin-1"))
        for name in request.headers
        for value in request.headers.getlist(name)
    ]
    return {
        "type": "http",
        "asgi": VERSIONS,
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": None,
        "root_path": mount,
        "query_string": request.query_string,
        "headers": headers,
        "client": host_and_port(request.client, 0),
        "server": host_and_port(request.headers.get("host", "localhost"), 80),
        "state": dict(state),
        "extensions": {},
    }


class Lifespan:
    """Tells an application that its worker starts and ends; one that does not want to know is left alone."""

    def __init__(self, application: Application, state: dict[str, Any]) -> None:
        self._application = application
        self._state = state
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when the application is ready.

        Raises:
            RuntimeError: it said that it cannot start.
        """
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._task = asyncio.create_task(self._run())
        await self._ask("startup")

    async def stop(self) -> None:
        """Returns when the application has ended.

        Raises:
            RuntimeError: it said that it failed.
        """
        if self._task is not None and not self._task.done():
            await self._ask("shutdown")
            await self._task

    async def _run(self) -> None:
        scope = {"type": "lifespan", "asgi": VERSIONS, "state": self._state}
        with contextlib.suppress(Exception):  # it does not know lifespan
            await self._application(scope, self._to_app.get, self._from_app.put)

    async def _ask(self, moment: str) -> None:
        assert self._task is not None
        await self._to_app.put({"type": f"lifespan.{moment}"})
        answer = asyncio.ensure_future(self._from_app.get())
        await asyncio.wait([answer, self._task], return_when=asyncio.FIRST_COMPLETED)
        if not answer.done():
            answer.cancel()
            return
        message = answer.result()
        if message["type"] == f"lifespan.{moment}.failed":
            raise RuntimeError(f"the ASGI application failed at its {moment}: {message.get('message', '')}")
