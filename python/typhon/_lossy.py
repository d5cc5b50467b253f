"""A descriptor that lines are written to, so that a reader who reads no more stops nobody.

As in proto/log_stream.hpp: others write to the same pipe or terminal, and O_NONBLOCK on a descriptor that was
inherited would be theirs, too. So it is opened once more; to a socket each write says MSG_DONTWAIT.
"""

from __future__ import annotations

import os
import select
import socket
import stat
import time
import weakref
from collections.abc import Callable

PATIENCE_S = 0.1  # how long a line waits for a reader who falls behind

_DO_NOT_WAIT = socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL


class LossyFile:
    """Takes bytes for a descriptor, which it does not own. Any thread."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._close: weakref.finalize[[], LossyFile] | None = None
        self._open()
        self._behind = False  # the reader was given its time, and did not use it
        self._mid_line = False  # what was written last has no line break

    def fileno(self) -> int:
        """The descriptor."""
        return self._descriptor

    def write(self, data: bytes) -> bool:
        """Writes whole lines. Never raises.

        Waits for a reader who falls behind, and not at all after a time for which that was too short, until
        something has been written again.

        Returns:
            False when they, or their end, are lost.
        """
        end = time.monotonic() + PATIENCE_S
        try:
            if _place(self._descriptor) != self._opened:  # somebody has called dup2(2)
                self._open()
            return (not self._mid_line or self._write_all(b"\n", end)) and self._write_all(data, end)
        except OSError:
            return False

    def _write_all(self, data: bytes, end: float) -> bool:
        left = memoryview(data)
        while left:
            try:
                left = left[self._write_some(left) :]
            except BlockingIOError:
                if self._behind or not _has_room(self._target, end):
                    self._behind = True
                    return False
                continue
            self._mid_line = bool(left)
            self._behind = self._behind and self._mid_line
        return True

    def _open(self) -> None:
        if self._close is not None:
            self._close()
        self._opened = _place(self._descriptor)
        self._target, self._write_some, close = _writer(self._descriptor)
        self._close = weakref.finalize(self, close)
        self._close.atexit = False  # there may be more to write then


def _place(descriptor: int) -> tuple[int, int]:
    """What a descriptor refers to; the same for all that refer to it."""
    try:
        facts = os.fstat(descriptor)
    except OSError:
        return -1, -1
    return facts.st_dev, facts.st_ino


def _has_room(descriptor: int, end: float) -> bool:
    """Waits for it, to a moment of the monotonic clock."""
    left = end - time.monotonic()
    room = select.poll()
    room.register(descriptor, select.POLLOUT)
    return left > 0 and bool(room.poll(left * 1000))


def _writer(descriptor: int) -> tuple[int, Callable[[memoryview], int], Callable[[], None]]:
    """Where bytes go, what writes some of them or raises BlockingIOError, and what closes it."""
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISSOCK(mode):
            connected = socket.fromfd(descriptor, socket.AF_UNIX, socket.SOCK_STREAM)
            return descriptor, lambda data: connected.send(data, _DO_NOT_WAIT), connected.close
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            own = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            return own, lambda data: os.write(own, data), lambda: os.close(own)
    except OSError:
        pass  # no /proc, nobody reads, or the pipe is another user's: it may block
    return descriptor, lambda data: os.write(descriptor, data), lambda: None
