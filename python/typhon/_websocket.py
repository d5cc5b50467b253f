"""What a WebSocket of a worker does: records of the gateway in, records to the gateway out.

A record is a byte of RFC 6455 (FIN and opcode), a length of four bytes, and the payload (PROTOCOL.md, 5.9).
Those of the client are the body of the request, those to the client the body of an answer with the status
101, so that credit, cancelling and the end are those of streams.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from typhon.errors import HTTPError, WebSocketDisconnect
from typhon.headers import pairs_of
from typhon.responses import HeaderInput, Response

CONTINUATION, TEXT, BINARY, CLOSE, FIN = 0, 1, 2, 8, 0x80
PIECE = 32 * 1024  # bytes of one record
MAX_REASON = 123
PATIENCE_S = 1.0  # for a handler that does not look whether its client is there

Message = str | bytes


class Switch(Response):
    """The answer that makes a connection a WebSocket."""

    __slots__ = ()

    def __init__(self, records: AsyncIterator[bytes], headers: list[tuple[str, str]]) -> None:
        super().__init__(records, 200, headers)
        self.status = 101


class Socket:
    """One WebSocket: accepted or refused once, then messages both ways. On one event loop."""

    def __init__(self, request: Any) -> None:
        self._request = request
        self._answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._gone: asyncio.Future[WebSocketDisconnect] = asyncio.get_running_loop().create_future()
        self._in: asyncio.Queue[Message | None] = asyncio.Queue(1)
        self._out: asyncio.Queue[bytes | None] = asyncio.Queue(1)
        self._turn = asyncio.Lock()  # of who sends: the pieces of two messages must not mix
        self._room = asyncio.Event()  # for one record more, or nobody takes it any more
        self._pump: asyncio.Task[None] | None = None
        self._running: asyncio.Task[None] | None = None
        self._failure: BaseException | None = None
        self._closed: tuple[int, str] | None = None  # by us: code and reason
        self._dead = False  # nobody takes what goes to the client any more
        self._noticed = False  # the handler knows that the client is gone

    @property
    def accepted(self) -> bool:
        """Whether the handshake has been accepted."""
        return self._pump is not None

    @property
    def decided(self) -> bool:
        """Whether it has been accepted or refused."""
        return self._answer.done()

    def accept(self, headers: list[tuple[str, str]]) -> None:
        """Answers the handshake with 101.

        Raises:
            RuntimeError: it has been answered.
        """
        self.refuse(Switch(self._records(), headers))
        self._pump = asyncio.ensure_future(self._read())

    def refuse(self, answer: Response) -> None:
        """Answers the handshake otherwise.

        Raises:
            RuntimeError: it has been answered.
        """
        if self._answer.done():
            raise RuntimeError("this WebSocket has been accepted or refused already")
        self._answer.set_result(answer)

    async def receive(self) -> Message:
        """The next message.

        Raises:
            WebSocketDisconnect: there is none: it is closed.
        """
        if self._closed is not None:
            raise WebSocketDisconnect(*self._closed)
        message = await self._in.get()
        if message is None:
            self._in.put_nowait(None)  # for the next one who asks
            self._noticed = True
            raise await asyncio.shield(self._gone)
        return message

    async def send(self, message: Message) -> None:
        """Sends a message; returns when there is room for another one. One after the other.

        Raises:
            WebSocketDisconnect: it is closed.
        """
        kind, data = framed(message)
        async with self._turn:
            for start in range(0, max(len(data), 1), PIECE):
                last = start + PIECE >= len(data)
                try:
                    await self._put(record(kind, data[start : start + PIECE], last))
                except asyncio.CancelledError:
                    self._cut_off(begun=start > 0)
                    raise
                kind = CONTINUATION

    async def close(self, code: int, reason: str) -> None:
        """Closes it, behind what is being sent. No effect when it is closed."""
        async with self._turn:
            if self._closed is None and not self._gone.done():
                with contextlib.suppress(WebSocketDisconnect):
                    await self._put(close_record(code, reason))
            self._closed = self._closed or (1000, "closed by this side")

    async def serve(self, handler: Callable[[], Awaitable[None]]) -> Response:
        """Runs the handler beside; the answer to the handshake, as soon as it is known.

        Raises:
            BaseException: what the handler raised before it accepted.
        """
        self._running = asyncio.ensure_future(self._run(handler))
        try:
            return await asyncio.shield(self._answer)
        except BaseException:
            self._answer.add_done_callback(lambda answer: answer.cancelled() or answer.exception())
            self._running.cancel()
            raise

    async def _run(self, handler: Callable[[], Awaitable[None]]) -> None:
        try:
            await handler()
        except BaseException as error:
            self._fail(error)
        if not self._answer.done():
            self._answer.set_exception(HTTPError(403, "the WebSocket was not accepted"))
        if self._pump is not None:
            self._pump.cancel()
            async with self._turn:
                if not self._dead:
                    await self._out.put(None)

    def _fail(self, error: BaseException) -> None:
        if not self._answer.done():
            self._answer.set_exception(error)
        elif not isinstance(error, WebSocketDisconnect) and not (
            self._gone.done() and isinstance(error, asyncio.CancelledError)
        ):
            self._failure = error

    async def _put(self, record: bytes) -> None:
        """Takes a record of who has the turn. One that is cancelled has put nothing."""
        if self._closed is not None:
            raise WebSocketDisconnect(*self._closed)
        while self._out.full() and not self._gone.done():
            self._room.clear()
            await self._room.wait()
        if self._gone.done():
            self._noticed = True
            raise self._gone.result()
        self._out.put_nowait(record)

    def _cut_off(self, *, begun: bool) -> None:
        """A message that has begun will not end, so nothing may follow it (RFC 6455 section 5.4)."""
        if not begun or self._gone.done():
            return
        self._closed = (1011, "a message was cut off")
        with contextlib.suppress(asyncio.QueueEmpty):
            self._out.get_nowait()  # of the same message
        self._out.put_nowait(close_record(*self._closed))

    async def _records(self) -> AsyncIterator[bytes]:
        """What goes to the client, until the handler has ended."""
        assert self._running is not None
        try:
            yield b""  # the head of the answer does not wait for a message
            while (record := await self._out.get()) is not None:
                self._room.set()
                if not self._gone.done():
                    yield record
            if self._failure is not None:
                raise self._failure
        finally:
            self._dead = True
            with contextlib.suppress(asyncio.QueueEmpty):
                self._out.get_nowait()
            self._end(1006, "")
            self._running.cancel()

    async def _read(self) -> None:
        """Takes in what the client sends, a message ahead of the handler."""
        pieces: list[bytes] = []
        kind = BINARY
        try:
            async for piece in self._request.stream():
                opcode, payload = piece[0] & ~FIN, piece[5:]
                if opcode == CLOSE:
                    self._end(struct.unpack("!H", payload[:2])[0], payload[2:].decode("utf-8", "replace"))
                    break
                kind = kind if opcode == CONTINUATION else opcode
                pieces.append(payload)
                if piece[0] & FIN:
                    data = b"".join(pieces)
                    pieces.clear()
                    await self._in.put(data.decode() if kind == TEXT else data)
        except (OSError, RuntimeError):
            pass  # the gateway gave the request up
        self._end(1006, "")
        await self._in.put(None)

    def _end(self, code: int, reason: str) -> None:
        """The client is gone: whoever waits hears so, and who does not look is cancelled soon."""
        if self._gone.done():
            return
        self._gone.set_result(WebSocketDisconnect(code, reason))
        self._room.set()
        asyncio.get_running_loop().call_later(PATIENCE_S, self._give_up)

    def _give_up(self) -> None:
        if not self._noticed and self._running is not None:
            self._running.cancel()


def framed(message: Message) -> tuple[int, bytes]:
    """The opcode and the payload of a message."""
    return (TEXT, message.encode()) if isinstance(message, str) else (BINARY, bytes(message))


def record(opcode: int, payload: bytes, fin: bool) -> bytes:
    """A record of either direction."""
    return bytes([opcode | (FIN if fin else 0)]) + struct.pack("!I", len(payload)) + payload


def close_record(code: int, reason: str) -> bytes:
    """The record that closes, with as much of the reason as a frame can carry, in whole characters."""
    cut = reason.encode()[:MAX_REASON].decode(errors="ignore").encode()
    return record(CLOSE, struct.pack("!H", code) + cut, True)


def offered_subprotocols(request: Any) -> list[str]:
    """What the client would like to speak, in its order."""
    offered = request.headers.getlist("sec-websocket-protocol")
    return [name.strip() for field in offered for name in field.split(",") if name.strip()]


def fields_of(subprotocol: str | None, headers: HeaderInput | None) -> list[tuple[str, str]]:
    """The fields of an answer that accepts."""
    fields = [] if headers is None else list(pairs_of(headers))
    return fields if subprotocol is None else [*fields, ("Sec-WebSocket-Protocol", subprotocol)]
