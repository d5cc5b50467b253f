"""Coroutine endpoints: all of a worker's share one event loop."""

import asyncio
import time
from concurrent.futures import Executor
from typing import Any

from _inputs import duration_of, numbers_of_body
from pool_workers import square
from typhon import Request, route


@route("/python/async/hello")
async def hello(request: Request) -> dict[str, str]:
    """The shortest coroutine handler."""
    return {"message": "Hello from async Python"}


@route("/python/async/sleep")
async def sleep(request: Request) -> dict[str, Any]:
    """Waits without a thread."""
    duration = duration_of(request)
    await asyncio.sleep(duration)
    return {"slept": duration}


@route("/python/async/concurrent")
async def concurrent(request: Request) -> dict[str, Any]:
    """Three waits of a second at the same time."""
    started = time.monotonic()
    results = await asyncio.gather(*(_wait(number) for number in (1, 2, 3)))
    return {"results": results, "elapsed_s": round(time.monotonic() - started, 3)}


@route("/python/async/compute", methods=["POST"], use_process_pool=True)
async def compute(request: Request, pool: Executor) -> dict[str, Any]:
    """Squares from the process pool, awaited."""
    loop = asyncio.get_running_loop()
    numbers = numbers_of_body(request)
    squares = await asyncio.gather(*(loop.run_in_executor(pool, square, number) for number in numbers))
    return {"squares": squares}


async def _wait(number: int) -> str:
    await asyncio.sleep(1)
    return f"wait {number} done"
