"""Standard streams that never raise: a log on a full disk or without a reader must not fail a handler.

What cannot be written is lost.
"""

from __future__ import annotations

import io
import sys
from typing import Any

from typhon import _log


class _LossyFile(io.FileIO):
    """A file descriptor whose writes always succeed."""

    def write(self, data: Any, /) -> int:
        """The number of bytes that need not be written again."""
        try:
            written = super().write(data)
        except OSError:
            written = None
        return memoryview(data).nbytes if written is None else written


def open_stream(descriptor: int) -> io.TextIOWrapper:
    """A text stream over a descriptor, which it does not own. Each line appears when it is complete; what
    UTF-8 cannot encode is escaped.
    """
    buffer = io.BufferedWriter(_LossyFile(descriptor, "w", closefd=False))
    return io.TextIOWrapper(buffer, encoding="utf-8", errors="backslashreplace", line_buffering=True)


def replace_streams() -> None:
    """Puts such streams in the place of sys.stdout and sys.stderr, and has log entries written to them."""
    sys.stdout = sys.__stdout__ = open_stream(1)  # type: ignore[misc]
    sys.stderr = sys.__stderr__ = open_stream(2)  # type: ignore[misc]
    _log.set_up()
