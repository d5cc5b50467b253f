"""Handlers for more work than there is room, which write down when they begin and end."""

import asyncio
import time
from pathlib import Path
from typing import Any

from typhon import Request, Response, route

EXECUTIONS = Path(__file__).resolve().parent.with_suffix(".executions")
GATE = EXECUTIONS.with_suffix(".release")


def note(word: str, request: Request) -> None:
    """Appends a line in one write."""
    with EXECUTIONS.open("a") as file:
        file.write(f"{word} {request.query_params['key']}\n")


def hold_until_released(request: Request) -> dict[str, Any]:
    """Runs until the file "release" is beside the application directory."""
    note("begin", request)
    while not GATE.exists():
        time.sleep(0.005)
    note("end", request)
    return {"size": len(request.data)}


@route("/python/hold", methods=["POST"])
def hold(request: Request) -> dict[str, Any]:
    """Without a limit of its own."""
    return hold_until_released(request)


@route("/python/limited", methods=["POST"], max_in_flight=2)
def limited(request: Request) -> dict[str, Any]:
    """Two at a time, over all workers."""
    return hold_until_released(request)


@route("/python/brief", methods=["POST"], timeout=0.5)
def brief(request: Request) -> dict[str, Any]:
    """Has half a second."""
    note("begin", request)
    return {}


@route("/python/async/hold", methods=["POST"])
async def async_hold(request: Request) -> dict[str, Any]:
    """Can be cancelled."""
    note("begin", request)
    try:
        await asyncio.sleep(60)
    finally:
        note("end", request)
    return {}


@route("/python/quick", methods=["POST"])
def quick(request: Request) -> dict[str, Any]:
    """The size of the body."""
    return {"size": len(request.data)}


@route("/python/large/<int:mebibytes>")
def large(request: Request) -> Response:
    """A large answer."""
    return Response(bytes(request.path_params["mebibytes"] << 20))
