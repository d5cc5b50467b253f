"""The client's side of a WebSocket whose handler runs in this process, for `typhon.testing`."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, Self

from typhon import _json
from typhon._plain_request import Request
from typhon._websocket import BINARY, CLOSE, CONTINUATION, FIN, TEXT, Message, framed, record
from typhon.errors import WebSocketDisconnect

Submit = Callable[[Coroutine[Any, Any, Any]], Future[Any]]


class Opening(Request):
    """The handshake, with what the client sends later on as its body."""

    def __init__(self, *arguments: Any, **fields: Any) -> None:
        super().__init__(*arguments, **fields)
        self.sent: asyncio.Queue[bytes] = asyncio.Queue()

    def stream(self) -> Any:
        """The records of the client, to that of its close."""
        return self._records()

    async def _records(self) -> AsyncIterator[bytes]:
        while True:
            yield await self.sent.get()


class WebSocketSession:
    """A WebSocket that a test has opened. Use it as a context manager: the end closes it.

    One thread at a time. Every wait ends with `TimeoutError` after ``timeout`` seconds.

    Attributes:
        subprotocol: what the handler has chosen, or None.
        headers: the further fields of its answer.
    """

    def __init__(
        self,
        submit: Submit,
        opening: Opening,
        headers: list[tuple[str, str]],
        records: AsyncIterator[bytes],
        timeout: float,
    ) -> None:
        self._submit = submit
        self._opening = opening
        self._records = records
        self._timeout = timeout
        self._end: WebSocketDisconnect | None = None
        self._said_close = False
        self.headers = headers
        chosen = [value for name, value in headers if name.lower() == "sec-websocket-protocol"]
        self.subprotocol = chosen[0] if chosen else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, message: Message) -> None:
        """Sends a str as text, bytes as binary."""
        self._put(record(*framed(message), True))

    def send_text(self, text: str) -> None:
        """Sends a text."""
        self.send(text)

    def send_bytes(self, data: bytes) -> None:
        """Sends binary data."""
        self.send(data)

    def send_json(self, value: Any) -> None:
        """Sends a value as JSON, in a text."""
        self.send(_json.encode(value).decode())

    def receive(self) -> Message:
        """The next message of the handler: a str for text, bytes for binary.

        Raises:
            WebSocketDisconnect: the handler has closed it; 1000 when it has returned, 1011 when it failed.
            TimeoutError: nothing has come in time.
        """
        pieces: list[bytes] = []
        kind = BINARY
        while self._end is None:
            first, payload = self._next()
            opcode = first & ~FIN
            if opcode == CLOSE:
                self._end = WebSocketDisconnect(struct.unpack("!H", payload[:2])[0], payload[2:].decode())
                break
            kind = kind if opcode == CONTINUATION else opcode
            pieces.append(payload)
            if first & FIN:
                data = b"".join(pieces)
                return data.decode() if kind == TEXT else data
        assert self._end is not None
        raise self._end

    def receive_text(self) -> str:
        """The next message as text."""
        message = self.receive()
        return message if isinstance(message, str) else message.decode()

    def receive_bytes(self) -> bytes:
        """The next message as bytes."""
        message = self.receive()
        return message.encode() if isinstance(message, str) else message

    def receive_json(self) -> Any:
        """The next message as JSON."""
        return _json.decode(self.receive_bytes())

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Closes it, and waits for the end of the handler. No effect when it is closed.

        Raises:
            TimeoutError: the handler goes on; it has been cancelled.
        """
        if self._end is None and not self._said_close:
            self._put(record(CLOSE, struct.pack("!H", code) + reason.encode(), True))
        self._said_close = True
        self._wait(self._drain())

    def _put(self, data: bytes) -> None:
        if self._end is not None or self._said_close:
            raise self._end or WebSocketDisconnect(1000, "closed by this side")
        self._wait(self._opening.sent.put(data))

    def _next(self) -> tuple[int, bytes]:
        """The first byte of the next record, and its payload; a record of a close at the end."""
        try:
            piece = self._wait(self._one())
        except TimeoutError:
            raise
        except Exception:
            return CLOSE, struct.pack("!H", 1011)
        return (piece[0], piece[5:]) if piece else (CLOSE, struct.pack("!H", 1000))

    async def _one(self) -> bytes:
        async for piece in self._records:
            if piece:
                return piece
        return b""

    async def _drain(self) -> None:
        async for _ in self._records:
            pass

    def _wait(self, running: Coroutine[Any, Any, Any]) -> Any:
        future = self._submit(running)
        try:
            return future.result(self._timeout)
        except TimeoutError:
            future.cancel()
            raise TimeoutError(f"the handler of the WebSocket did nothing for {self._timeout:g} s") from None
