"""Handlers whose work a pool process does and writes down."""

import os
import time
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from typhon import Request, route

HERE = Path(__file__).resolve().parent


def write_down(key: str) -> dict[str, Any]:
    """Appends the key to the file, in one write."""
    with HERE.with_suffix(".executions").open("a") as file:
        file.write(key + "\n")
    return {"key": key, "pid": os.getpid()}


def write_down_and_hold(key: str) -> dict[str, Any]:
    """Runs until the file "release" is beside the application directory."""
    answer = write_down(key)
    while not HERE.with_suffix(".release").exists():
        time.sleep(0.005)
    return answer


@route("/python/pool/count", methods=["POST"], use_process_pool=True)
def count_in_pool(request: Request, pool: Executor) -> "Future[dict[str, Any]]":
    """A quick task."""
    return pool.submit(write_down, request.query_params["key"])


@route("/python/pool/hold", methods=["POST"], use_process_pool=True)
def hold_in_pool(request: Request, pool: Executor) -> "Future[dict[str, Any]]":
    """A task that holds its process."""
    return pool.submit(write_down_and_hold, request.query_params["key"])
