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
        self._write_some, close = _writer(descriptor)
        weakref.finalize(self, close).atexit = False  # there may be more to write then
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
            return (not self._mid_line or self._write_all(b"\n", end)) and self._write_all(data, end)
        except OSError:
            return False

    def _write_all(self, data: bytes, end: float) -> bool:
        left = memoryview(data)
        while left:
            try:
                left = left[self._write_some(left) :]
            except BlockingIOError:
                if self._behind or not self._has_room(end):
                    self._behind = True
                    return False
                continue
            self._mid_line = bool(left)
            self._behind = self._behind and self._mid_line
        return True

    def _has_room(self, end: float) -> bool:
        room = select.poll()
        room.register(self._descriptor, select.POLLOUT)
        return bool(room.poll(max(end - time.monotonic(), 0) * 1000))


def _writer(descriptor: int) -> tuple[Callable[[memoryview], int], Callable[[], None]]:
    """What writes some bytes, or raises BlockingIOError; and what closes that."""
    try:
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISSOCK(mode):
            connected = socket.fromfd(descriptor, socket.AF_UNIX, socket.SOCK_STREAM)
            return (lambda data: connected.send(data, _DO_NOT_WAIT)), connected.close
        if stat.S_ISFIFO(mode) or stat.S_ISCHR(mode):
            own = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
            return (lambda data: os.write(own, data)), lambda: os.close(own)
    except OSError:
        pass  # no /proc, nobody reads, or the pipe is another user's: it may block
    return (lambda data: os.write(descriptor, data)), lambda: None
