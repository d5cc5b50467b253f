"""What handlers and framework write to the log: one entry is one entry, whatever a client has put into it.

Control characters are escaped, and the further lines of an entry are indented: none of them can pass for an
entry of its own. What a handler prints, or logs by a handler of its own (`logging.basicConfig`), is as it is.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
import warnings
from typing import Any, TextIO

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


def entry(text: str) -> str:
    """The text as one entry of the log, without the line break at its end."""
    return text.translate(_ESCAPES).rstrip("\n").replace("\n", "\n  ")


def write(text: str) -> None:
    """Writes one entry, in one go, so that those of several threads do not mix. Never raises."""
    try:
        sys.stderr.write(entry(text) + "\n")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass  # a closed or full standard error must not cost a client its answer


def write_exception(what: str, error: BaseException | None) -> None:
    """Writes an exception with its traceback. Never raises."""
    detail = "".join(traceback.format_exception(error)) if error is not None else ""
    write(f"[error] {what}: {detail}")


class _Formatter(logging.Formatter):
    """The form of the gateway's own lines."""

    default_msec_format = "%s.%03d"

    def __init__(self) -> None:
        super().__init__("%(asctime)s [worker %(process)d] %(levelname)s: %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.levelname = record.levelname.lower()
        return entry(super().format(record))


class _Handler(logging.StreamHandler[TextIO]):
    """To sys.stderr, as it is at that moment."""

    def __init__(self) -> None:
        logging.Handler.__init__(self, logging.WARNING)
        self.setFormatter(_Formatter())

    @property
    def stream(self) -> TextIO:  # type: ignore[override]
        return sys.stderr


def set_up() -> None:
    """Has warnings, uncaught exceptions, and records that no handler of the application takes written so."""
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
