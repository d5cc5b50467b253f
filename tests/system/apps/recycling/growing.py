"""Handlers that keep memory, in the worker and in its pool, and one that counts executions."""

import os
import time
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from typhon import Request, route

EXECUTIONS = Path(__file__).resolve().parent.with_suffix(".executions")

_kept: list[bytes] = []


@route("/python/count", methods=["POST"])
def count(request: Request) -> dict[str, Any]:
    """Takes 5 ms, and writes down that it ran."""
    with EXECUTIONS.open("a") as file:
        file.write(request.query_params["key"] + "\n")
    time.sleep(0.005)
    return {"pid": os.getpid()}


@route("/python/pid")
def pid(request: Request) -> int:
    """Of the worker."""
    return os.getpid()


@route("/python/keep/<int:mebibytes>")
def keep(request: Request) -> int:
    """Leaks memory of the worker."""
    _kept.append(os.urandom(request.path_params["mebibytes"] << 20))
    return os.getpid()


def keep_in_pool(mebibytes: int) -> int:
    """Leaks memory of a pool process."""
    _kept.append(os.urandom(mebibytes << 20))
    return os.getpid()


@route("/python/pool/keep/<int:mebibytes>", use_process_pool=True)
def keep_by_pool(request: Request, pool: Executor) -> int:
    """Leaks memory of the pool."""
    return pool.submit(keep_in_pool, request.path_params["mebibytes"]).result()
