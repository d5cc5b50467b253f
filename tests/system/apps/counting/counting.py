"""Handlers that write down each execution, beside the application directory."""

import os
import time
from pathlib import Path
from typing import Any

from typhon import Request, route

EXECUTIONS = Path(__file__).resolve().parent.with_suffix(".executions")


def write_down(request: Request) -> dict[str, Any]:
    """Appends the request's key to the file, in one write."""
    with EXECUTIONS.open("a") as file:
        file.write(request.query_params["key"] + "\n")
    return {"key": request.query_params["key"], "pid": os.getpid()}


@route("/python/count", methods=["POST"])
def count(request: Request) -> dict[str, Any]:
    """A quick handler."""
    return write_down(request)


@route("/python/count/slow", methods=["POST"])
def count_slowly(request: Request) -> dict[str, Any]:
    """A handler that takes 20 ms after it has begun."""
    answer = write_down(request)
    time.sleep(0.02)
    return answer


@route("/python/hold", methods=["POST"])
def hold(request: Request) -> dict[str, Any]:
    """Runs until the file "release" is beside the application directory."""
    answer = write_down(request)
    gate = EXECUTIONS.with_suffix(".release")
    while not gate.exists():
        time.sleep(0.005)
    return answer


@route("/python/upload", methods=["PUT"], stream_body=True, max_body=1 << 30)
def upload(request: Request) -> str:
    """Reads all."""
    return f"real {sum(len(piece) for piece in request.stream())}"
