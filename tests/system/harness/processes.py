"""Which processes belong to a server, whoever their parent is now.

A server is started with a mark in its environment that all its descendants inherit.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

MARK = "SYSTEM_TEST_MARK"


@dataclass(frozen=True)
class Process:
    """One entry of /proc at one moment."""

    pid: int
    parent: int
    state: str
    name: str

    @property
    def is_zombie(self) -> bool:
        """Whether it has ended and waits for its parent."""
        return self.state == "Z"


def marked(mark: str) -> list[Process]:
    """All processes that carry the mark. A zombie's environment is gone: see `children`."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and wanted in _read(entry / "environ").split(b"\0"):
            process = look_up(int(entry.name))
            if process is not None:
                found.append(process)
    return found


def look_up(pid: int) -> Process | None:
    """The process of this pid, None when there is none."""
    stat = _read(Path(f"/proc/{pid}/stat")).decode("utf-8", "replace")
    if not stat:
        return None
    name, _, rest = stat.partition("(")[2].rpartition(")")
    state, parent = rest.split()[:2]
    return Process(pid, int(parent), state, name)


def children(pid: int) -> list[Process]:
    """The direct children of a process, zombies too."""
    every = (look_up(int(entry.name)) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return [process for process in every if process is not None and process.parent == pid]


def descriptors(pid: int) -> int:
    """How many descriptors a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def cpu_s(pid: int) -> float:
    """The processor time of a process and of the children that it has collected."""
    fields = _read(Path(f"/proc/{pid}/stat")).rpartition(b")")[2].split()
    return sum(int(ticks) for ticks in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """The resident memory of a process."""
    return int(_read(Path(f"/proc/{pid}/statm")).split()[1]) * os.sysconf("SC_PAGESIZE")


def environment(pid: int) -> bytes:
    """What others can read of a process's environment."""
    return _read(Path(f"/proc/{pid}/environ"))


def is_alive(pid: int) -> bool:
    """Whether the process exists and has not ended."""
    process = look_up(pid)
    return process is not None and not process.is_zombie


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return b""
