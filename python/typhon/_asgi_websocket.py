"""WebSockets of a mounted ASGI application: the scope "websocket" of ASGI 3 (spec 2.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from typhon._asgi import ClientLeftError, by_leaving
from typhon._websocket import Message, Socket, fields_of, offered_subprotocols
from typhon.errors import WebSocketDisconnect
from typhon.responses import Response

ASGI = "_typhon_asgi_websocket"  # marks a handler that answers the handshake itself

Scope = Callable[[Any], dict[str, Any]]


def asgi_websocket_handler(application: Callable[..., Any], scope_of: Scope) -> Callable[[Any], Any]:
    """A coroutine handler that calls the application for each handshake."""

    async def handle(request: Any) -> Response:
        socket = Socket(request)
        exchange = _Exchange(socket)
        scope = scope_of(request) | _of_websocket(request)
        return await socket.serve(lambda: _run(application(scope, exchange.receive, exchange.send)))

    setattr(handle, ASGI, True)
    return handle


async def _run(running: Awaitable[Any]) -> None:
    """An application that fails because its client has left is no fault."""
    try:
        await running
    except Exception as error:
        if not by_leaving(error):
            raise


def _of_websocket(request: Any) -> dict[str, Any]:
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "scheme": "wss" if request.scheme == "https" else "ws",
        "subprotocols": offered_subprotocols(request),
    }


class _Exchange:
    """The two channels of one WebSocket."""

    def __init__(self, socket: Socket) -> None:
        self._socket = socket
        self._connected = False

    async def receive(self) -> dict[str, Any]:
        """The next event of the client."""
        if not self._connected:
            self._connected = True
            return {"type": "websocket.connect"}
        try:
            message = await self._socket.receive()
        except WebSocketDisconnect as left:
            return {"type": "websocket.disconnect", "code": left.code, "reason": left.reason}
        key = "text" if isinstance(message, str) else "bytes"
        return {"type": "websocket.receive", key: message}

    async def send(self, event: dict[str, Any]) -> None:
        """Takes an event of the application.

        Raises:
            RuntimeError: the event was not expected.
            ClientLeftError: the client has left.
        """
        kind = event["type"]
        if kind == "websocket.accept" and not self._socket.decided:
            pairs = [
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in event.get("headers", ())
            ]
            self._socket.accept(fields_of(event.get("subprotocol"), pairs))
        elif kind == "websocket.close" and not self._socket.decided:
            self._socket.refuse(Response(None, 403))
        elif kind == "websocket.close":
            await self._socket.close(event.get("code", 1000), event.get("reason") or "")
        elif kind == "websocket.send" and self._socket.accepted:
            text = event.get("text")
            await self._send(event["bytes"] if text is None else text)
        else:
            raise RuntimeError(f"the ASGI application sent {kind!r} when that was not expected")

    async def _send(self, message: Message) -> None:
        try:
            await self._socket.send(message)
        except WebSocketDisconnect as left:
            raise ClientLeftError("the client has left") from left
