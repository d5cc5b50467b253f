"""The body of an answer that is sent piece by piece.

The first piece is made before the head of the answer is sent, so that a handler which fails at once is
answered as any other. The worker's C++ takes `first` and then iterates, or the event loop does
(`typhon._async`).
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from typhon import _json
from typhon.errors import ResultError

MAX_PIECE = 64 * 1024  # bytes; longer pieces are cut (kMaxChunk in proto/limits.hpp)
TEXT_TYPE = "text/plain; charset=utf-8"
BYTES_TYPE = "application/octet-stream"

Piece = str | bytes | bytearray | memoryview


def encoded(piece: Any) -> bytes:
    """The bytes of one piece.

    Raises:
        ResultError: it is neither str nor bytes, or a str that cannot become UTF-8.
    """
    if isinstance(piece, str):
        return utf8(piece)
    if isinstance(piece, bytes | bytearray | memoryview):
        return bytes(piece)
    raise ResultError(f"a generator result yields str or bytes, not {_json.type_name(piece)}")


def utf8(text: str) -> bytes:
    """The bytes of a text.

    Raises:
        ResultError: it holds half of a surrogate pair.
    """
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError as error:
        fault = f"{error.reason} at character {error.start}"
        raise ResultError(f"a str result cannot become UTF-8: {fault}") from None


def whole(body: Any) -> Any:
    """The bytes of a body, all of it when it is `Pieces`; `AsyncPieces` stay."""
    return body.first + b"".join(body) if isinstance(body, Pieces) else body


async def async_whole(body: AsyncPieces) -> bytes:
    """All bytes of a body."""
    return b"".join([body.first, *[piece async for piece in body]])


def _type_of(piece: Any) -> str:
    return TEXT_TYPE if isinstance(piece, str) else BYTES_TYPE


def _cut(piece: bytes) -> Iterator[bytes]:
    """The piece in parts that one chunk can carry; nothing for an empty one."""
    for start in range(0, len(piece), MAX_PIECE):
        yield piece[start : start + MAX_PIECE]


class Pieces:
    """A body from an iterator. Iterating gives what follows `first`.

    Raises:
        ResultError: the first piece is neither str nor bytes.
        Exception: what the iterator raises before its first piece.
    """

    def __init__(self, source: Iterator[Any]) -> None:
        self._source = source
        piece = next(source, b"")
        self.content_type = _type_of(piece)
        self._rest = self._follow(encoded(piece))
        self.first = next(self._rest)

    def _follow(self, first: bytes) -> Iterator[bytes]:
        yield first[:MAX_PIECE]
        yield from _cut(first[MAX_PIECE:])
        for piece in self._source:
            yield from _cut(encoded(piece))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        return next(self._rest)

    def close(self) -> None:
        """Ends the iterator: a generator runs its `finally`."""
        close = getattr(self._source, "close", None)
        if close is not None:
            close()


class AsyncPieces:
    """The same from an async iterator; made by `begin`."""

    def __init__(self, source: AsyncIterator[Any], piece: Any) -> None:
        self._source = source
        self.content_type = _type_of(piece)
        self._rest = self._follow(encoded(piece))
        self.first = b""

    @classmethod
    async def begin(cls, source: AsyncIterator[Any]) -> AsyncPieces:
        """The body of an async iterator, which makes its first piece now.

        Raises:
            ResultError: the first piece is neither str nor bytes.
            Exception: what the iterator raises before its first piece.
        """
        pieces = cls(source, await anext(source, b""))
        pieces.first = await anext(pieces._rest)
        return pieces

    async def _follow(self, first: bytes) -> AsyncIterator[bytes]:
        yield first[:MAX_PIECE]
        for part in _cut(first[MAX_PIECE:]):
            yield part
        async for piece in self._source:
            for part in _cut(encoded(piece)):
                yield part

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return await anext(self._rest)

    async def aclose(self) -> None:
        """Ends the iterator: a generator runs its `finally`."""
        close = getattr(self._source, "aclose", None)
        if close is not None:
            await close()
