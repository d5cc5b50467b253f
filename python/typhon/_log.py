"""What handlers and framework write to the log: one entry is one entry, whatever a client has put into it.

Control characters are escaped, and the further lines of an entry are indented: none of them can pass for an
entry of its own. What a handler prints comes by `_streams`, and so do records that a logging handler of the
application writes to sys.stderr.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import traceback
import warnings
from contextvars import ContextVar
from typing import Any, TextIO

from typhon._current import request_or_none

_CONTROLS = [*range(0x20), *range(0x7F, 0xA0), 0x061C, 0xFEFF]
_MARKS = [
    *range(0x200B, 0x2010),
    *range(0x2028, 0x202F),
    *range(0x2060, 0x206A),
]  # zero-width, lines, direction
_ESCAPES = {
    code: f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    for code in [*_CONTROLS, *_MARKS]
    if chr(code) not in "\n\t"
} | {ord("\r"): "\\r"}

# As the gateway's --log-level has them.
_LEVELS = {
    "trace": logging.DEBUG,
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warn": logging.WARNING,
    "error": logging.ERROR,
    "off": logging.CRITICAL + 1,
}

# In a pool process: the request whose task runs, and the worker that it belongs to.
served_request: ContextVar[str] = ContextVar("typhon.served_request", default="")
_worker_pid: int | None = None
_level = "info"


def level() -> str:
    """What `set_up` was told."""
    return _level


def request_here() -> str:
    """Which request the caller serves, "request 00a1b2c3d4e5f607 /python/users/<int:id>"; empty for none."""
    request = request_or_none()
    return served_request.get() if request is None else describe(request)


def describe(request: Any) -> str:
    """A request as log lines name it."""
    return f"request {request.id} {request.route}"


def become_pool_process(worker_pid: int) -> None:
    """From now on lines say that this is a process of the pool of a worker."""
    global _worker_pid
    _worker_pid = worker_pid


def _head(now: float) -> str:
    """How a line begins: the time and the process, as in those of the gateway."""
    stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(now))
    pool = f"{_worker_pid} pool " if _worker_pid is not None else ""
    return f"{stamp}.{int(now * 1000) % 1000:03d} [worker {pool}{os.getpid()}] "


def line(kind: str, request: str, text: str) -> str:
    """An entry for a line of text, with its line break; ``kind`` is a level or the name of a stream."""
    named = f"{request}: " if request else ""
    return f"{_head(time.time())}{kind}: {named}{entry(text)}\n"


def entry(text: str) -> str:
    """The text as one entry of the log, without the line break at its end."""
    return text.translate(_ESCAPES).rstrip("\n").replace("\n", "\n  ")


def write(text: str) -> None:
    """Writes one entry, in one go, so that those of several threads do not mix. Never raises."""
    try:
        stream = sys.stderr
        if hasattr(stream, "write_entry"):
            stream.write_entry(text)
            return
        stream.write(entry(text) + "\n")
        stream.flush()
    except (OSError, ValueError, AttributeError):
        pass  # a closed or full standard error must not cost a client its answer


def write_exception(what: str, error: BaseException | None) -> None:
    """Writes an exception with its traceback. Never raises."""
    detail = "".join(traceback.format_exception(error)) if error is not None else ""
    write(f"[error] {what}: {detail}")


class _Formatter(logging.Formatter):
    """The form of the gateway's own lines, with the request and the logger's name."""

    def __init__(self) -> None:
        super().__init__("%(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        request = request_here()
        named = f"{request}: " if request else ""
        return f"{_head(record.created)}{record.levelname.lower()}: {named}{super().format(record)}"


class _Handler(logging.Handler):
    """Writes to sys.stderr, as it is at that moment."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(_Formatter())

    def emit(self, record: logging.LogRecord) -> None:
        try:
            write(self.format(record))
        except Exception:  # arguments that do not fit the message
            self.handleError(record)


def set_up(level_name: str = "info") -> None:
    """Has warnings, uncaught exceptions, and records that no handler of the application takes written so.

    It is logging's last resort and no handler of the root logger: with one, `logging.basicConfig` would do
    nothing.

    Args:
        level_name: of the root logger, one of --log-level.
    """
    global _level
    _level = level_name
    logging.root.setLevel(_LEVELS[level_name])
    logging.lastResort = _Handler()
    threading.excepthook = _thread_failed
    sys.unraisablehook = _unraisable
    warnings.showwarning = _warn


def _thread_failed(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        name = args.thread.name if args.thread is not None else "?"
        write_exception(f"in thread {name}", args.exc_value)


def _unraisable(args: Any) -> None:
    write_exception(args.err_msg or "exception ignored", args.exc_value)


def _warn(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    text = warnings.formatwarning(message, category, filename, lineno, line)
    if file is None:
        write(text)
    else:
        file.write(text)
