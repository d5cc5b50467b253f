"""Handlers that hang, each in its own way, and handlers that show that the rest goes on."""

import asyncio
import ctypes
import os
import threading
import time
from pathlib import Path

from typhon import Request, route

TIMEOUT_S = 3.0  # of the routes that hang
FOR_EVER_S = 3600

_keeps_gil = ctypes.PyDLL(None)  # its calls keep the GIL; CDLL's would not
_first = threading.Lock()
_second = threading.Lock()
_both_have_one = threading.Barrier(2)
_marks = Path(f"{Path(__file__).parent}.marks")
_release = _marks.with_suffix(".release")


def mark(request: Request) -> None:
    """Records that the handler runs, and where."""
    with _marks.open("a") as file:
        file.write(f"{request.path} {os.getpid()}\n")


@route("/python/spin", timeout=TIMEOUT_S)
def spin(request: Request) -> None:
    """Python code that never ends."""
    mark(request)
    while True:
        pass


@route("/python/gil", timeout=TIMEOUT_S)
def gil(request: Request) -> None:
    """A call of C code that keeps the GIL."""
    mark(request)
    _keeps_gil.sleep(FOR_EVER_S)


@route("/python/deadlock/<int:side>", timeout=TIMEOUT_S)
def deadlock(request: Request) -> None:
    """Two of them take two locks in opposite order."""
    mark(request)
    mine, other = (_first, _second) if request.path_params["side"] else (_second, _first)
    with mine:
        _both_have_one.wait()
        with other:
            pass


@route("/python/sleep", timeout=TIMEOUT_S)
def sleep(request: Request) -> None:
    """Sleeps far past its deadline."""
    mark(request)
    threading.Event().wait(FOR_EVER_S)


@route("/python/held")
def held(request: Request) -> dict[str, int]:
    """Ends when the test says so, within its deadline."""
    mark(request)
    while not _release.exists():
        threading.Event().wait(0.01)
    return {"pid": os.getpid()}


@route("/python/late", timeout=0.3)
def late(request: Request) -> str:
    """Ends when the test says so."""
    mark(request)
    while not _release.exists():
        threading.Event().wait(0.01)
    return "late"


@route("/python/async/block", timeout=TIMEOUT_S)
async def async_block(request: Request) -> None:
    """Blocks the event loop."""
    mark(request)
    time.sleep(FOR_EVER_S)  # noqa: ASYNC251 - the fault that is wanted


@route("/python/long/<float:seconds>")
def long(request: Request) -> dict[str, int]:
    """Takes its time, within its deadline."""
    mark(request)
    threading.Event().wait(request.path_params["seconds"])
    return {"pid": os.getpid()}


@route("/python/moody/<mood>")
def moody(request: Request) -> dict[str, int]:
    """Usually quick; it may wait until it is released, or keep the GIL for some seconds."""
    if request.path_params["mood"] == "wait":
        mark(request)
        while not _release.exists():
            threading.Event().wait(0.01)
    if request.path_params["mood"] == "gil":
        mark(request)
        _keeps_gil.sleep(5)
    return {"pid": os.getpid()}


@route("/python/ok")
def ok(request: Request) -> dict[str, int]:
    """Quick."""
    return {"pid": os.getpid()}


@route("/python/async/ok")
async def async_ok(request: Request) -> dict[str, int]:
    """Quick, on the event loop."""
    await asyncio.sleep(0)
    return {"pid": os.getpid()}
