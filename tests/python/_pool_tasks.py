"""What the pool's tests run in children: top-level functions of an importable module."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

from typhon import abort


def pid() -> int:
    return os.getpid()


def double(value: int) -> int:
    return 2 * value


def add(left: int, right: int) -> int:
    return left + right


def fail(text: str) -> None:
    raise ValueError(text)


def refuse() -> None:
    abort(409, "taken")


def leave() -> None:
    sys.exit(3)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def wait_for_file(path: str, seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not Path(path).exists() and time.monotonic() < end:
        time.sleep(0.005)
    return Path(path).exists()


def append(path: str, text: str) -> str:
    with Path(path).open("a") as file:
        file.write(text)
    return text


def signal_state() -> dict[str, object]:
    return {
        "int": signal.getsignal(signal.SIGINT) is signal.SIG_IGN,
        "term": signal.getsignal(signal.SIGTERM) is signal.SIG_DFL,
        "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    }


def initialized() -> object:
    return vars(sys.modules["pool_workers"])["STATE"]


def environment() -> dict[str, str]:
    return dict(os.environ)
