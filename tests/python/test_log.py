"""Entries of the log: whatever is in them, none can pass for another one."""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from typhon import Request, _log
from typhon._current import serving
from typhon._runtime import convert_exception

FORGED = "2026-01-01 00:00:00.000 [gateway 1] info: stopped"
HOSTILE = f"x\r\n{FORGED}\n\x1b[2J\x00\x7f\x9b\u2028\u202e\ufeffend"


@pytest.fixture
def hooks() -> Iterator[None]:
    """As in a worker; put back at the end."""
    before = logging.lastResort, threading.excepthook, sys.unraisablehook, warnings.showwarning
    root = logging.root
    level = root.level
    _log.set_up()
    yield
    root.setLevel(level)
    logging.lastResort, threading.excepthook, sys.unraisablehook, warnings.showwarning = before


@contextmanager
def no_handlers() -> Iterator[None]:
    """Without those that pytest has put there for the test."""
    handlers, logging.root.handlers = logging.root.handlers, []
    try:
        yield
    finally:
        logging.root.handlers = handlers


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
    with no_handlers():
        logger.warning("path %s", HOSTILE)
        logger.debug("not shown")
        try:
            raise ValueError(HOSTILE)
        except ValueError:
            logger.exception("failed")
    text = capsys.readouterr().err
    warning, error = text.split(" error: orders: ")
    check(warning.rpartition("\n")[0])
    check("error: " + error)
    assert "warning: orders: path x\\r\n  " + FORGED in warning
    assert "not shown" not in text


@pytest.mark.usefixtures("hooks")
def test_a_record_has_the_form_of_the_gateways_lines(
    request_: Request, capsys: pytest.CaptureFixture[str]
) -> None:
    with no_handlers():
        logging.getLogger("orders").info("outside")
    with no_handlers(), serving(request_):
        logging.getLogger("orders").info("charged %d", 5)
    outside, inside = capsys.readouterr().err.splitlines()
    head = rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{3}} \[worker {os.getpid()}\] info: "
    assert re.fullmatch(head + "orders: outside", outside)
    named = re.escape(f"request {request_.id} {request_.route}: orders: charged 5")
    assert re.fullmatch(head + named, inside)


@pytest.mark.usefixtures("hooks")
@pytest.mark.parametrize(
    ("level", "shown"),
    [("trace", 4), ("debug", 4), ("info", 3), ("warn", 2), ("error", 1), ("off", 0)],
)
def test_the_level_is_the_servers(level: str, shown: int, capsys: pytest.CaptureFixture[str]) -> None:
    _log.set_up(level)
    with no_handlers():
        for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
            logging.getLogger("orders").log(number, "x")
    assert len(capsys.readouterr().err.splitlines()) == shown


@pytest.mark.usefixtures("hooks")
def test_what_an_application_configures_wins(capsys: pytest.CaptureFixture[str]) -> None:
    with no_handlers():
        logging.basicConfig(format="mine: %(message)s", level=logging.ERROR)
        logging.getLogger("orders").error("failed")
        logging.getLogger("orders").warning("not shown")
    assert capsys.readouterr().err == "mine: failed\n"


@pytest.mark.usefixtures("hooks")
def test_a_record_that_cannot_be_formatted_harms_nobody(capsys: pytest.CaptureFixture[str]) -> None:
    with no_handlers():
        logging.getLogger("orders").error("%d apples", "two")
    assert "Logging error" in capsys.readouterr().err


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
