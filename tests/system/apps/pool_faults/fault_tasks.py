"""What goes wrong in pool processes."""

import os
import resource
import signal
import sys
import threading
import time
from pathlib import Path

EXECUTIONS = Path(__file__).resolve().parent.with_suffix(".executions")


class Stubborn(Exception):
    """Can be pickled and not unpickled."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def square(number: int) -> int:
    """The innocent one."""
    return number * number


def hold(seconds: float) -> str:
    """Innocent as well, until the file "release" is beside the application directory."""
    gate = EXECUTIONS.with_suffix(".release")
    end = time.monotonic() + seconds
    while not gate.exists() and time.monotonic() < end:
        time.sleep(0.005)
    return "held"


def killed() -> None:
    """As by the kernel when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


def exits_in_c() -> None:
    """Without a word of Python."""
    os._exit(3)


def exits() -> None:
    """As a script would end."""
    sys.exit("done")


def starves() -> None:
    """Asks for memory that the kernel refuses."""
    resource.setrlimit(resource.RLIMIT_AS, (2**30, resource.getrlimit(resource.RLIMIT_AS)[1]))
    bytearray(2**31)


def unpicklable() -> object:
    """Its result cannot travel."""
    return threading.Lock()


def raises_stubborn() -> None:
    """Its exception cannot travel."""
    raise Stubborn(1, 2)


def size_of(data: bytes) -> int:
    """Large arguments."""
    return len(data)


def bytes_of(size: int) -> bytes:
    """Large results."""
    return bytes(size)


def stuck() -> None:
    """Never ends."""
    with EXECUTIONS.open("a") as file:
        file.write("stuck\n")
    while True:
        pass
