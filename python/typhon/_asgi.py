"""An application of ASGI 3 below a path: FastAPI, Starlette, Django and the like, unchanged.

Each piece of an answer is sent when the application has made it. Its websockets are in _asgi_websocket.py,
its lifespan is in _asgi_lifespan.py.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from typhon import _background
from typhon._body import BodyGoneError, BodyStream
from typhon._failures import answer_to
from typhon._peers import host_and_port
from typhon._remember import remembered
from typhon._wsgi import FRAMING
from typhon.errors import ClientDisconnected
from typhon.responses import Response

Application = Callable[..., Any]
VERSIONS = {"version": "3.0", "spec_version": "2.4"}
PATIENCE_S = 1.0  # for an application whose client has left

_FRAMING = frozenset(name.encode() for name in FRAMING)


def asgi_handler(application: Application, mount: str, state: dict[str, Any]) -> Callable[[Any], Any]:
    """A coroutine handler that calls the application for everything below ``mount``."""

    async def handle(request: Any) -> Response:
        exchange = _Exchange(request)
        running = asyncio.ensure_future(
            application(scope_of(request, mount, state), exchange.receive, exchange.send)
        )
        running.add_done_callback(exchange.returned)
        return await exchange.response(running)

    return handle


def _wake(waiting: asyncio.Future[None] | None) -> None:
    if waiting is not None and not waiting.done():
        waiting.set_result(None)


class ClientLeftError(OSError):
    """What `send` raises when nobody reads on."""


def _failure_of(running: asyncio.Future[Any]) -> BaseException | None:
    """What an application that has ended raised; None when it was cancelled, too."""
    return None if running.cancelled() else running.exception()


def by_leaving(error: BaseException | None) -> bool:
    """Whether an application failed because its client left, however it says so."""
    while error is not None:
        if isinstance(error, ClientLeftError):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Exchange:
    """The two channels of one request."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._told = False  # whoever waited for a piece knows how the application ended
        whole = request._inbound is None
        self._data: bytes | None = request.data if whole else None
        self._body: BodyStream | None = None if whole else request.stream()
        self._start: dict[str, Any] | None = None
        self._piece: tuple[bytes, bool] | None = None  # one on its way, and whether more follows
        self._arrival: asyncio.Future[None] | None = None  # of who waits for a piece, or the end
        self._turn = asyncio.Lock()  # of those that send: one waits for room, the others for it
        self._room: asyncio.Future[None] | None = None  # of who has the turn, when there is no room
        self._complete = False  # the application has ended its answer
        self._ended = False  # it has, or the client has left
        self._end: asyncio.Event | None = None  # of those that wait for that

    async def receive(self) -> dict[str, Any]:
        """The next piece of the body; then the end, when the answer is complete or the client has left."""
        if self._data is not None:
            data, self._data = self._data, None
            return {"type": "http.request", "body": data, "more_body": False}
        if self._body is not None:
            try:
                piece = await anext(self._body, b"")
            except (ClientDisconnected, BodyGoneError):
                self._body = None
                self._note_end()
                return {"type": "http.disconnect"}
            self._body = self._body if piece else None
            return {"type": "http.request", "body": piece, "more_body": bool(piece)}
        if not self._ended:
            self._end = self._end or asyncio.Event()
            await self._end.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict[str, Any]) -> None:
        """Takes a part of the answer; returns when there is room for another one. For any number of tasks.

        Raises:
            ClientLeftError: the client has left.
            RuntimeError: the message was not expected.
        """
        kind = message["type"]
        if kind == "http.response.start" and self._start is None:
            self._start = message
        elif kind == "http.response.body" and self._start is not None and not self._complete:
            if self._ended:
                raise ClientLeftError("the client has left")
            more = bool(message.get("more_body", False))
            self._complete = not more
            await self._put(bytes(message.get("body", b"")), more)
            if not more:
                self._note_end()
        else:
            raise RuntimeError(f"the ASGI application sent {kind!r} when that was not expected")

    async def response(self, running: asyncio.Future[Any]) -> Response:
        """The answer, whole when its first piece is all of it: the application may then go on.

        Raises:
            RuntimeError: the application returned before it ended its answer.
            ClientDisconnected: it gave up because its client has left.
        """
        try:
            first, more = await self._next(running)
        except BaseException:
            self._leave(running)
            raise
        assert self._start is not None
        headers = [
            (name.decode("latin-1"), value.decode("latin-1"))
            for name, value in self._start.get("headers", ())
            if bytes(name).lower() not in _FRAMING
        ]
        if more:
            return Response(self._follow(first, running), self._start["status"], headers)
        self._let_go(running)
        return Response(self._whole(first), self._start["status"], headers)

    def _whole(self, body: bytes) -> bytes | AsyncIterator[bytes] | None:
        """A body that is all of the answer; that of HEAD, when GET has another one, in pieces."""
        assert self._start is not None
        if not body and self._request.method == "HEAD" and _tells_no_length(self._start):
            return _unmade()
        return body or None

    async def _follow(self, first: bytes, running: asyncio.Future[Any]) -> AsyncIterator[bytes]:
        """All pieces as they come; the application is told when the client leaves."""
        more = True
        try:
            yield first
            while more:
                piece, more = await self._next(running)
                yield piece
        finally:
            self._leave(running) if more else self._let_go(running)

    async def _put(self, piece: bytes, more: bool) -> None:
        async with self._turn:
            while self._piece is not None and not self._ended:
                self._room = asyncio.get_running_loop().create_future()
                await self._room
            if self._ended:
                raise ClientLeftError("the client has left")
            self._piece = (piece, more)
        _wake(self._arrival)

    def _take(self) -> tuple[bytes, bool] | None:
        """The piece that has come; whoever waits in send() goes on."""
        piece, self._piece = self._piece, None
        _wake(self._room)
        return piece

    async def _next(self, running: asyncio.Future[Any]) -> tuple[bytes, bool]:
        if self._piece is None and not running.done():
            self._arrival = asyncio.get_running_loop().create_future()
            await self._arrival
        piece = self._take()
        if piece is None:
            error = _failure_of(running)
            self._told = True
            if by_leaving(error):
                raise ClientDisconnected("the client left") from error
            running.result()
            raise RuntimeError("the ASGI application returned before it had ended its answer")
        return piece

    def returned(self, _: asyncio.Future[Any]) -> None:
        """The application has: no piece comes any more."""
        _wake(self._arrival)

    def _note_end(self) -> None:
        self._ended = True
        if self._end is not None:
            self._end.set()

    def _leave(self, running: asyncio.Future[Any]) -> None:
        """Nobody reads on: the application hears so, and is cancelled when it does not end soon."""
        self._note_end()
        if running.done():
            if not self._told:  # it ended while whoever waited was cancelled
                self._gone(running)
            return
        self._take()  # whoever waits in send() finds the end
        asyncio.get_running_loop().call_later(PATIENCE_S, running.cancel)
        self._let_go(running)

    def _let_go(self, running: asyncio.Future[Any]) -> None:
        """What the application does after its answer: kept, and its failure is logged."""
        if running.done():
            self._gone(running)
            return
        _background.keep(running)
        running.add_done_callback(self._gone)

    def _gone(self, running: asyncio.Future[Any]) -> None:
        error = _failure_of(running)
        if error is not None and not by_leaving(error):
            answer_to(error, self._request)


def _tells_no_length(start: dict[str, Any]) -> bool:
    """Whether the answer to GET may have a body, for all that an application says to HEAD."""
    fields = start.get("headers", ())
    return not any(
        bytes(name).lower() == b"content-length" and bytes(value) == b"0" for name, value in fields
    )


async def _unmade() -> AsyncIterator[bytes]:
    """The body of an answer to HEAD whose length stays unsaid, as only GET's tells (RFC 9110 section 8.6)."""
    yield b""


@remembered
def _field_name(name: str) -> bytes:
    return name.lower().encode("latin-1")


def scope_of(request: Any, mount: str, state: dict[str, Any]) -> dict[str, Any]:
    """The scope of a request."""
    headers = [(_field_name(name), value.encode("latin-1")) for name, value in request.headers.pairs()]
    return {
        "type": "http",
        "asgi": VERSIONS,
        "http_version": "1.1",
        "method": request.method,
        "scheme": request.scheme,
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
