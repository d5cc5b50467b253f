"""Standard streams whose lines are entries of the log, and that never raise."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import re
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from typhon import _log
from typhon._current import serving
from typhon._streams import MAX_LINE, LogStream

HEAD = re.compile(rf"\d{{4}}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{{3}} \[worker {os.getpid()}\] stdout: ")


class Served:
    """What the log wants to know of a request."""

    def __init__(self, number: int) -> None:
        self.id = f"id{number}"
        self.route = "/python/<int:x>"


class Sink:
    """A stream into a file, and what has come of it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = path.open("wb", buffering=0)
        self.stream = LogStream(self._file.fileno(), "stdout")

    def lines(self) -> list[str]:
        """What follows the head of each line; each has one."""
        *lines, rest = self._path.read_text("utf-8").split("\n")
        assert rest == ""
        for line in lines:
            assert HEAD.match(line), line
        return [HEAD.sub("", line) for line in lines]

    def close(self) -> None:
        self._file.close()


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    sink = Sink(tmp_path / "log")
    yield sink
    sink.close()


def test_a_line_appears_when_it_is_complete(sink: Sink) -> None:
    print("größe", end="", file=sink.stream)
    assert sink.lines() == []
    print(" \ud800", file=sink.stream)
    assert sink.lines() == ["größe \\ud800"]
    print("one\ntwo\r\nthree", end="", flush=True, file=sink.stream)
    assert sink.lines()[1:] == ["one", "two", "three"]


def test_control_characters_are_escaped(sink: Sink) -> None:
    print("x\ry\x1b[2J\u2028\u202e\ttab", file=sink.stream)
    assert sink.lines() == ["x\\ry\\x1b[2J\\u2028\\u202e\ttab"]


def test_a_line_of_a_request_names_it(sink: Sink) -> None:
    with serving(Served(1)):
        print("inside", file=sink.stream)
    print("outside", file=sink.stream)
    assert sink.lines() == ["request id1 /python/<int:x>: inside", "outside"]


def test_what_a_request_has_begun_is_not_taken_for_anothers(sink: Sink) -> None:
    with serving(Served(1)):
        print("begun", end="", file=sink.stream)
    with serving(Served(2)):
        print("whole", file=sink.stream)
    assert sink.lines() == ["request id1 /python/<int:x>: begun", "request id2 /python/<int:x>: whole"]


def test_lines_of_threads_do_not_mix(sink: Sink) -> None:
    def write(letter: str) -> None:
        for _ in range(200):
            for _ in range(20):
                sink.stream.write(letter)
            sink.stream.write("\n")

    threads = [threading.Thread(target=write, args=(letter,)) for letter in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = sink.lines()
    assert len(lines) == 800
    assert set(lines) == {letter * 20 for letter in "abcd"}


def test_what_a_thread_has_begun_is_written_when_it_ends(sink: Sink) -> None:
    thread = threading.Thread(target=sink.stream.write, args=("last words",))
    thread.start()
    thread.join()
    del thread
    gc.collect()
    assert sink.lines() == ["last words"]


def test_a_long_line_goes_on_in_the_next_entry(sink: Sink) -> None:
    print("x" * (2 * MAX_LINE + 5), file=sink.stream)
    assert [len(line) for line in sink.lines()] == [MAX_LINE, MAX_LINE, 5]


def test_a_line_without_end_does_not_grow_without_bound(sink: Sink) -> None:
    for _ in range(MAX_LINE + 1):
        sink.stream.write("x")
    assert sink.lines() == ["x" * MAX_LINE]
    sink.stream.flush_all()
    assert sink.lines()[1:] == ["x"]


def test_bytes_are_lines_too(sink: Sink) -> None:
    sink.stream.buffer.write(b"caf\xc3")
    sink.stream.buffer.write(b"\xa9 \xff\x00\nrest")
    assert sink.lines() == ["café \\xff\\x00"]
    sink.stream.buffer.flush()
    sink.stream.buffer.write(b"y" * (MAX_LINE + 1))
    sink.stream.buffer.flush()
    assert [len(line) for line in sink.lines()[1:]] == [4, MAX_LINE, 1]


def test_it_is_a_stream_as_libraries_know_them(sink: Sink) -> None:
    stream = sink.stream
    assert (stream.encoding, stream.isatty(), stream.writable(), stream.closed) == (
        "utf-8",
        False,
        True,
        False,
    )
    stream.reconfigure(line_buffering=True)
    stream.writelines(["a\n", "b\n"])
    stream.close()
    with contextlib.redirect_stdout(stream):
        print("c")
    assert os.fstat(stream.fileno()).st_ino
    assert sink.lines() == ["a", "b", "c"]


def test_a_logging_handler_of_the_application_writes_to_it(sink: Sink) -> None:
    handler = logging.StreamHandler(sink.stream)
    logger = logging.getLogger("of-the-application")
    logger.addHandler(handler)
    logger.propagate = False
    try:
        with serving(Served(3)):
            logger.warning("one\ntwo")
    finally:
        logger.removeHandler(handler)
    assert sink.lines() == ["request id3 /python/<int:x>: one", "request id3 /python/<int:x>: two"]


def test_an_entry_keeps_its_form(sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback is one entry that begins as always, whatever line has begun."""
    monkeypatch.setattr(sys, "stderr", sink.stream)
    sink.stream.write("begun")
    _log.write("[error] request x: Traceback\nline")
    assert (tmp_path / "log").read_text() == "[error] request x: Traceback\n  line\n"


def test_what_cannot_be_written_is_lost_without_an_error() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        stream = LogStream(full.fileno(), "stdout")
        for size in (10, 100_000):
            print("x" * size, file=stream, flush=True)


def test_a_pipe_that_nobody_empties_does_not_raise() -> None:
    """A descriptor that is not blocking refuses what has no room."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    stream = LogStream(writer, "stdout")
    print("x" * 1_000_000, file=stream)
    os.close(reader)
    print("nobody", file=stream)
    os.close(writer)
    print("closed", file=stream)
