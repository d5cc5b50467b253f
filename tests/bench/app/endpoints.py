"""Handlers for the benchmarks: quick ones, one that keeps the interpreter busy, one that waits."""

import platform
import time

from typhon import Request, route


@route("/python/hello")
def hello(request: Request) -> dict[str, str]:
    return {"message": "Hello from Python", "version": platform.python_version()}


@route("/python/async/hello")
async def async_hello(request: Request) -> dict[str, str]:
    return {"message": "Hello from Python", "version": platform.python_version()}


@route("/python/spin")
def spin(request: Request) -> dict[str, int]:
    """Keeps the interpreter for 20 ms."""
    end = time.perf_counter() + 0.020
    turns = 0
    while time.perf_counter() < end:
        turns += 1
    return {"turns": turns}


@route("/python/sleep")
def sleep(request: Request) -> dict[str, int]:
    """Waits for a second, without the interpreter."""
    time.sleep(1)
    return {"slept": 1}
