"""Handlers whose answers the access log tells apart."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

from typhon import Pool, Request, route


@route("/python/words/<word>", methods=["GET", "POST"])
def words(request: Request) -> dict[str, Any]:
    return {"word": request.path_params["word"], "pid": os.getpid()}


@route("/python/sleeps", max_in_flight=1)
def sleeps(_: Request) -> str:
    time.sleep(0.3)
    return "slept"


@route("/python/async")
async def coroutine(_: Request) -> str:
    await asyncio.sleep(0.01)
    return "async"


def work() -> int:
    return os.getpid()


@route("/python/pool", use_process_pool=True)
def pool(_: Request, pool: Pool) -> Future[int]:
    return pool.submit(work)


@route("/python/stream")
def stream(_: Request) -> Iterator[bytes]:
    yield from [b"x" * 100] * 4


@route("/python/breaks")
def breaks(_: Request) -> Iterator[bytes]:
    yield b"x" * 100
    raise ValueError("in the middle")


@route("/python/endless")
def endless(_: Request) -> Iterator[bytes]:
    while True:
        yield b"x" * 1000
        time.sleep(0.005)


@route("/python/fails")
def fails(_: Request) -> None:
    raise ValueError("no")


@route("/python/late", timeout=0.2)
async def late(_: Request) -> None:
    await asyncio.sleep(30)
