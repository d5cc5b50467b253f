"""``@websocket`` and the object that its handlers get."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from typhon import _json
from typhon._websocket import Message, Socket, fields_of, offered_subprotocols
from typhon.errors import WebSocketDisconnect
from typhon.responses import HeaderInput, Response, response_of
from typhon.routing import declare_websocket

HandlerT = TypeVar("HandlerT", bound=Callable[..., Any])

__all__ = ["WebSocket", "WebSocketDisconnect", "websocket"]

CODES = range(1000, 5000)


class WebSocket:
    """One client. For the task that runs its handler, and those that this one makes.

    What it knows of the handshake is that of the request: ``path_params``, ``query_params``, ``headers``,
    ``cookies``, ``client``, ``id``, ``path``, ``url``, ``session``, ``state``.
    """

    def __init__(self, request: Any, socket: Socket) -> None:
        self.request = request
        self._socket = socket

    def __getattr__(self, name: str) -> Any:
        return getattr(self.request, name)

    @property
    def subprotocols(self) -> list[str]:
        """Those that the client offers, in its order."""
        return offered_subprotocols(self.request)

    async def accept(self, subprotocol: str | None = None, headers: HeaderInput | None = None) -> None:
        """Accepts the handshake. The first `receive` or `send` does so too.

        Args:
            subprotocol: one of `subprotocols`.
            headers: further fields of the answer.

        Raises:
            RuntimeError: it has been accepted or refused, or the client does not offer the subprotocol.
        """
        if subprotocol is not None and subprotocol not in self.subprotocols:
            raise RuntimeError(f"the client does not offer the subprotocol {subprotocol!r}")
        self._socket.accept(fields_of(subprotocol, headers))

    def refuse(self, result: Any = None, status: int = 403) -> None:
        """Answers the handshake as a request: with ``status``, or with what a handler may return."""
        given = isinstance(result, Response | tuple)
        self._socket.refuse(response_of(result) if given else Response(result, status))

    async def receive(self) -> Message:
        """The next message: a str for text, bytes for binary.

        Raises:
            WebSocketDisconnect: the client has left, or it is closed.
        """
        self._accepted()
        return await self._socket.receive()

    async def receive_text(self) -> str:
        """The next message as text; binary is read as UTF-8."""
        message = await self.receive()
        return message if isinstance(message, str) else message.decode()

    async def receive_bytes(self) -> bytes:
        """The next message as bytes."""
        message = await self.receive()
        return message.encode() if isinstance(message, str) else message

    async def receive_json(self) -> Any:
        """The next message as JSON.

        Raises:
            HTTPError: it does not parse.
        """
        return _json.decode(await self.receive_bytes())

    async def send(self, message: Message) -> None:
        """Sends a str as text, bytes as binary. Waits while the client does not read.

        Raises:
            WebSocketDisconnect: the client has left, or it is closed.
        """
        self._accepted()
        await self._socket.send(message)

    async def send_text(self, text: str) -> None:
        """Sends a text."""
        await self.send(text)

    async def send_bytes(self, data: bytes) -> None:
        """Sends binary data."""
        await self.send(data)

    async def send_json(self, value: Any) -> None:
        """Sends a value as JSON, in a text."""
        await self.send(_json.encode(value).decode())

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes it; before it is accepted, this refuses it by 403.

        Args:
            code: 1000 to 1003, 1007 to 1014, or 3000 to 4999.
            reason: at most 123 bytes of UTF-8; what is longer is cut.
        """
        if code not in CODES or code in (1004, 1005, 1006, 1015) or 1015 < code < 3000:
            raise ValueError(f"a WebSocket cannot be closed with the code {code!r}")
        if self._socket.accepted:
            await self._socket.close(code, reason)
        elif not self._socket.decided:
            self.refuse()

    async def __aiter__(self) -> AsyncIterator[Message]:
        """The messages until it is closed."""
        try:
            while True:
                yield await self.receive()
        except WebSocketDisconnect:
            return

    def _accepted(self) -> None:
        if not self._socket.decided:
            self._socket.accept([])


def websocket(path: str, name: str | None = None) -> Callable[[HandlerT], HandlerT]:
    """Makes a coroutine function the handler of a WebSocket: ``async def f(ws)``, and parameters of the path.

    Args:
        path: as that of `route`.
        name: the name in logs; ``module.function`` when left out.

    Raises:
        RouteError: a path or signature that cannot work, or a second handler of the path.
    """
    return declare_websocket(path, name)


def websocket_call(handler: Callable[..., Any]) -> Callable[[Any], Any]:
    """What the worker calls: answers the handshake, and runs ``handler(ws)`` beside.

    Args:
        handler: with its parameters filled in.
    """

    async def call(request: Any) -> Response:
        socket = Socket(request)
        return await socket.serve(lambda: handler(WebSocket(request, socket)))

    return call
