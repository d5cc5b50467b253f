"""One route for each fault of a pool task."""

import asyncio
import threading
from concurrent.futures import Future
from typing import Any

import fault_tasks as tasks

from typhon import Pool, Request, route

FAULTS = {
    "killed": tasks.killed,
    "exits-in-c": tasks.exits_in_c,
    "exits": tasks.exits,
    "starves": tasks.starves,
    "unpicklable": tasks.unpicklable,
    "stubborn": tasks.raises_stubborn,
}


@route("/python/square/<int:n>", use_process_pool=True)
def square(request: Request, pool: Pool) -> "Future[int]":
    """Shows that the pool works."""
    return pool.submit(tasks.square, request.path_params["n"])


@route("/python/hold", use_process_pool=True)
def hold(request: Request, pool: Pool) -> "Future[str]":
    """An innocent task that runs while others fail."""
    return pool.submit(tasks.hold, 60.0)


@route("/python/fault/<name>/future", use_process_pool=True)
def by_future(request: Request, pool: Pool) -> "Future[Any]":
    """The handler returns the future."""
    return pool.submit(FAULTS[request.path_params["name"]])


@route("/python/fault/<name>/wait", use_process_pool=True)
def by_waiting(request: Request, pool: Pool) -> Any:
    """The handler waits for the result."""
    return pool.submit(FAULTS[request.path_params["name"]]).result()


@route("/python/fault/<name>/async", use_process_pool=True)
async def by_await(request: Request, pool: Pool) -> Any:
    """The handler awaits the result."""
    return await asyncio.get_running_loop().run_in_executor(pool, FAULTS[request.path_params["name"]])


@route("/python/argument", use_process_pool=True)
def argument(request: Request, pool: Pool) -> "Future[Any]":
    """An argument that cannot travel."""
    return pool.submit(tasks.size_of, threading.Lock())


@route("/python/huge/<int:size>", use_process_pool=True)
def huge(request: Request, pool: Pool) -> dict[str, int]:
    """Large both ways."""
    size = request.path_params["size"]
    sent = pool.submit(tasks.size_of, bytes(size)).result()
    return {"sent": sent, "received": len(pool.submit(tasks.bytes_of, size).result())}


@route("/python/stuck/future", use_process_pool=True, timeout=0.5)
def stuck_future(request: Request, pool: Pool) -> "Future[None]":
    """A task that never ends, and nobody waits."""
    return pool.submit(tasks.stuck)


@route("/python/stuck/wait", use_process_pool=True, timeout=0.5)
def stuck_wait(request: Request, pool: Pool) -> Any:
    """A task that never ends, and a thread that waits."""
    return pool.submit(tasks.stuck).result()


@route("/python/stuck/async", use_process_pool=True, timeout=0.5)
async def stuck_async(request: Request, pool: Pool) -> None:
    """A task that never ends, and a coroutine that waits."""
    await asyncio.get_running_loop().run_in_executor(pool, tasks.stuck)
