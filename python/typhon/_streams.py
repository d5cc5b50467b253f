"""Standard streams whose lines are entries of the log: each says when, which process and which request.

They never raise: a log on a full disk or without a reader must not fail a handler. What cannot be written is
lost, and counted. What C code writes to the descriptors does not come by here.
"""

from __future__ import annotations

import atexit
import io
import sys
import threading
from typing import Any, BinaryIO, cast
from weakref import WeakSet

from typhon import _log
from typhon._lossy import LossyFile

MAX_LINE = 8192  # characters; a longer line goes on in an entry of its own


class _Begun:
    """A line of one thread that has not ended. It is written when its thread is gone, too."""

    def __init__(self, stream: LogStream) -> None:
        self.stream = stream
        self.text = ""
        self.request = ""  # which one it is of, see `_log.request_here`

    def end(self) -> None:
        """Writes it as it is, if there is anything."""
        if self.text:
            text, self.text = self.text, ""
            self.stream.write_lines([text], self.request)

    def __del__(self) -> None:
        self.end()


class LogStream(io.TextIOBase):
    """A text stream over a descriptor, which it does not own; for any thread.

    A line appears when it is complete, when the stream is flushed, and when the same thread goes on with
    something of another request. What UTF-8 cannot encode is escaped, and so are control characters.
    """

    encoding = "utf-8"
    errors = "backslashreplace"
    line_buffering = True

    def __init__(self, descriptor: int, name: str) -> None:
        """Args:
        descriptor: where the lines go.
        name: stands in each line, "stdout".
        """
        self.name = f"<{name}>"
        self.buffer = cast("BinaryIO", _Bytes(self))
        self._title = name
        self._file = LossyFile(descriptor)
        self._lost = 0  # lines
        self._threads = threading.local()
        self._all: WeakSet[_Begun] = WeakSet()

    def write(self, text: str, /) -> int:
        """Takes a text; its last line is kept back when it has no end."""
        begun = self._begun()
        request = _log.request_here()
        if begun.text and begun.request != request:
            begun.end()
        *lines, rest = (begun.text + text).split("\n")
        *full, rest = _pieces(rest)
        begun.text, begun.request = rest, request
        self.write_lines(lines + full, request)
        return len(text)

    def write_lines(self, lines: list[str], request: str) -> None:
        """Writes an entry for each line, all in one go."""
        if lines:
            pieces = [piece for line in lines for piece in _pieces(line.removesuffix("\r"))]
            self._put("".join(_log.line(self._title, request, piece) for piece in pieces))

    def write_entry(self, text: str) -> None:
        """Writes one entry that is complete, in one go, whatever the line that has begun is."""
        self._put(_log.entry(text) + "\n")

    def flush(self) -> None:
        """Writes the line that this thread has begun."""
        self._begun().end()

    def flush_all(self) -> None:
        """Writes what any thread has begun; for the end of the process."""
        for begun in list(self._all):
            begun.end()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Does nothing: the stream is the process's."""

    def reconfigure(self, **settings: Any) -> None:
        """Does nothing: a stream of the log is as it is."""

    def _begun(self) -> _Begun:
        try:
            begun: _Begun = self._threads.begun
        except AttributeError:
            begun = self._threads.begun = _Begun(self)
            self._all.add(begun)
        return begun

    def _put(self, text: str) -> None:
        if self._lost and self._write(_log.line("warning", "", f"{self._lost} lines of this log were lost")):
            self._lost = 0
        if not self._write(text):
            self._lost += text.count("\n")

    def _write(self, text: str) -> bool:
        return self._file.write(text.encode(self.encoding, self.errors))


class _Bytes(io.RawIOBase):
    """`sys.stdout.buffer`: bytes that are no UTF-8 are escaped."""

    def __init__(self, stream: LogStream) -> None:
        self._stream = stream
        self._threads = threading.local()

    def write(self, data: Any, /) -> int:
        """Takes bytes; those after the last line break wait for theirs, or for a flush."""
        whole, end, rest = (self._rest() + bytes(data)).rpartition(b"\n")
        self._threads.rest = rest if len(rest) <= MAX_LINE else b""
        self._pass_on(whole + end + (b"" if self._threads.rest else rest))
        return memoryview(data).nbytes

    def flush(self) -> None:
        rest, self._threads.rest = self._rest(), b""
        self._pass_on(rest)
        self._stream.flush()

    def fileno(self) -> int:
        return self._stream.fileno()

    def writable(self) -> bool:
        return True

    def close(self) -> None:
        """Does nothing, as above."""

    def _rest(self) -> bytes:
        rest: bytes = getattr(self._threads, "rest", b"")
        return rest

    def _pass_on(self, data: bytes) -> None:
        if data:
            self._stream.write(data.decode("utf-8", "backslashreplace"))


def _pieces(line: str) -> list[str]:
    if len(line) <= MAX_LINE:
        return [line]
    return [line[start : start + MAX_LINE] for start in range(0, len(line), MAX_LINE)]


def replace_streams(level: str = "info") -> None:
    """Puts such streams in the place of sys.stdout and sys.stderr, and sets up what else is logged."""
    stdout, stderr = LogStream(1, "stdout"), LogStream(2, "stderr")
    sys.stdout = sys.__stdout__ = stdout  # type: ignore[misc,assignment]
    sys.stderr = sys.__stderr__ = stderr  # type: ignore[misc,assignment]
    atexit.register(stdout.flush_all)
    atexit.register(stderr.flush_all)
    _log.set_up(level)
