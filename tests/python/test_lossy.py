"""Lines for a pipe, a socket or a file whose reader may not read."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from typhon._lossy import LossyFile
from typhon._streams import LogStream

LINE = b"x" * 1000 + b"\n"
Ends = tuple[int, int]


@pytest.fixture
def ends() -> Iterator[Callable[[str], Ends]]:
    """``ends("pipe")`` is a descriptor to read from and one to write to."""
    opened: list[int] = []

    def make(kind: str) -> Ends:
        if kind == "pipe":
            reader, writer = os.pipe()
        else:
            reader, writer = (end.detach() for end in socket.socketpair())
        os.set_blocking(reader, False)
        opened.extend((reader, writer))
        return reader, writer

    yield make
    for descriptor in opened:
        os.close(descriptor)


def taken(reader: int) -> bytes:
    """All that is there."""
    data = b""
    try:
        while part := os.read(reader, 1 << 16):
            data += part
    except BlockingIOError:
        pass
    return data


@pytest.mark.parametrize("kind", ["pipe", "socket"])
def test_a_reader_who_reads_no_more_loses_lines_and_stops_nobody(
    ends: Callable[[str], Ends], kind: str
) -> None:
    reader, writer = ends(kind)
    file = LossyFile(writer)
    written = 0
    while file.write(LINE):
        written += 1
    assert written > 10
    assert not any(file.write(LINE) for _ in range(10_000))
    assert len(taken(reader)) >= written * len(LINE)
    assert file.write(b"here again\n")
    assert taken(reader).lstrip(b"\n") == b"here again\n"
    assert os.get_blocking(writer)


def test_a_stream_says_how_many_lines_it_lacks(ends: Callable[[str], Ends]) -> None:
    reader, writer = ends("pipe")
    stream = LogStream(writer, "stdout")
    for _ in range(1000):
        stream.write("y" * 1000 + "\n")
    before = taken(reader)
    stream.write("again\n")
    text = (before + taken(reader)).decode()
    lost = sum(int(count) for count in re.findall(r"warning: (\d+) lines of this log were lost\n", text))
    assert lost == 1000 - text.count("y\n") > 0
    assert text.endswith("stdout: again\n")


def test_a_file_is_written_to_as_it_is(tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as log:
        assert LossyFile(log.fileno()).write(LINE)
    assert (tmp_path / "log").read_bytes() == LINE


def test_a_descriptor_that_is_closed_loses_lines(ends: Callable[[str], Ends]) -> None:
    _, writer = ends("pipe")
    copy = os.dup(writer)
    os.close(copy)
    assert not LossyFile(copy).write(LINE)


def test_a_descriptor_that_was_pointed_elsewhere_is_followed(ends: Callable[[str], Ends]) -> None:
    reader, writer = ends("pipe")
    other, target = ends("pipe")
    file = LossyFile(writer)
    while file.write(LINE):
        pass
    os.dup2(target, writer)
    assert file.write(b"there\n")
    assert taken(other).lstrip(b"\n") == b"there\n"
    assert taken(reader).count(b"there") == 0
