"""Standard streams that never raise."""

from __future__ import annotations

import os
from pathlib import Path

from typhon._streams import open_stream


def test_a_line_appears_when_it_is_complete(tmp_path: Path) -> None:
    with (tmp_path / "log").open("w+b", buffering=0) as file:
        stream = open_stream(file.fileno())
        print("größe \ud800", file=stream)
        assert (tmp_path / "log").read_bytes() == "größe \\ud800\n".encode()


def test_what_cannot_be_written_is_lost_without_an_error() -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        stream = open_stream(full.fileno())
        for size in (10, 100_000):
            print("x" * size, file=stream, flush=True)


def test_a_pipe_that_nobody_empties_does_not_raise() -> None:
    """A descriptor that is not blocking refuses what has no room."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    stream = open_stream(writer)
    print("x" * 1_000_000, file=stream)
    os.close(reader)
    print("nobody", file=stream)
    os.close(writer)
    print("closed", file=stream)
