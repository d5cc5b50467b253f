"""What the pool's tests run in children: top-level functions of an importable module."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

from typhon import abort


class Stubborn(Exception):
    """An exception that can be pickled and not unpickled."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


class Sealed:
    """A value that can be pickled and not unpickled."""

    def __reduce__(self) -> tuple[object, ...]:
        return (_refuse, ())


class Closed(Exception):
    """An exception that cannot be pickled."""

    def __init__(self) -> None:
        super().__init__(threading.Lock())


def _refuse() -> None:
    raise ValueError("sealed")


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


def leave_at_once(code: int) -> None:
    os._exit(code)


def unpicklable_result() -> object:
    return threading.Lock()


def sealed_result() -> Sealed:
    return Sealed()


def stubborn_error() -> None:
    raise Stubborn(1, 2)


def closed_error() -> None:
    raise Closed


def starve() -> None:
    """Asks for more memory than there may be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (2**30, hard))
    try:
        bytearray(2**31)
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def many_bytes(size: int) -> bytes:
    return bytes(size)


def size_of(data: bytes) -> int:
    return len(data)


def append_and_wait(path: str, text: str, gate: str) -> str:
    append(path, text)
    wait_for_file(gate)
    return text


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


def signal_self(*numbers: int) -> int:
    for number in numbers:
        os.kill(os.getpid(), number)
    return len(numbers)


def signal_state() -> dict[str, object]:
    return {
        "usr1": signal.getsignal(signal.SIGUSR1) is signal.SIG_DFL,
        "blocked": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    }


def end_descendants() -> list[int]:
    """What SIGTERM does to a program and to a fork of a child."""
    up = ["/bin/sh", "-c", "echo up; exec sleep 60"]
    with subprocess.Popen(up, stdout=subprocess.PIPE) as program:
        assert program.stdout is not None
        program.stdout.readline()
        program.terminate()
        ended = program.wait()
    reader, writer = os.pipe()
    fork = os.fork()
    if fork == 0:
        os.write(writer, b"up")
        for _ in range(6000):  # in short turns: a signal just before a sleep is heard after it
            time.sleep(0.01)
        os._exit(1)
    os.read(reader, 2)
    os.close(reader)
    os.close(writer)
    os.kill(fork, signal.SIGTERM)
    return [ended, -os.WTERMSIG(os.waitpid(fork, 0)[1])]


def initialized() -> object:
    return vars(sys.modules["pool_workers"])["STATE"]


def environment() -> dict[str, str]:
    return dict(os.environ)
