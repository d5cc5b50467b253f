"""Entries of the log: whatever is in them, none can pass for another one."""

from __future__ import annotations

import logging
import sys
import threading
import warnings
from collections.abc import Iterator

import pytest

from typhon import Request, _log
from typhon._runtime import convert_exception

FORGED = "2026-01-01 00:00:00.000 [gateway 1] info: stopped"
HOSTILE = f"x\r\n{FORGED}\n\x1b[2J\x00\x7f\x9b\u2028\u202e\ufeffend"


@pytest.fixture
def hooks() -> Iterator[None]:
    """As in a worker; put back at the end."""
    before = logging.lastResort, threading.excepthook, sys.unraisablehook, warnings.showwarning
    _log.set_up()
    yield
    logging.lastResort, threading.excepthook, sys.unraisablehook, warnings.showwarning = before


def check(text: str) -> None:
    """One entry: a first line, and indented ones, without control characters."""
    first, *others = text.rstrip("\n").split("\n")
    assert first
    assert FORGED not in first.replace(f"x\\r\\n{FORGED}", "")
    assert all(line.startswith("  ") for line in others), text
    assert not any(ord(character) < 0x20 and character not in "\n\t" for character in text)
    assert not set(text) & set("\x7f\x9b\u2028\u202e\ufeff")
    assert "\\x1b[2J\\x00\\x7f\\x9b\\u2028\\u202e\\ufeffend" in text


def test_an_exception_with_a_hostile_text(request_: Request, capsys: pytest.CaptureFixture[str]) -> None:
    convert_exception(ValueError(HOSTILE), request_, False)
    check(capsys.readouterr().err)


@pytest.mark.usefixtures("hooks")
def test_a_record_of_an_application_that_sets_no_handlers(capsys: pytest.CaptureFixture[str]) -> None:
    logger = logging.getLogger("orders")
    root = logging.getLogger()
    handlers, root.handlers = root.handlers, []
    try:
        logger.warning("path %s", HOSTILE)
        logger.info("not shown")
        try:
            raise ValueError(HOSTILE)
        except ValueError:
            logger.exception("failed")
    finally:
        root.handlers = handlers
    text = capsys.readouterr().err
    warning, error = text.split(" error: orders: ")
    check(warning.rpartition("\n")[0])
    check("error: " + error)
    assert "warning: orders: path x\\r\n  " + FORGED in warning
    assert "not shown" not in text


@pytest.mark.usefixtures("hooks")
def test_an_exception_that_nobody_catches(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ValueError(HOSTILE)

    thread = threading.Thread(target=fail, name="mine")
    thread.start()
    thread.join()
    text = capsys.readouterr().err
    assert text.startswith("[error] in thread mine: Traceback")
    check(text)


@pytest.mark.usefixtures("hooks")
def test_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    warnings.showwarning(UserWarning(HOSTILE), UserWarning, "app.py", 7)
    text = capsys.readouterr().err
    assert text.startswith("app.py:7: UserWarning: x\\r\n  ")
    check(text)


def test_text_that_is_harmless_stays_as_it_is() -> None:
    assert _log.entry("caf\u00e9 \U0001f40d\tC:\\new") == "caf\u00e9 \U0001f40d\tC:\\new"
