"""Hooks of every kind around handlers of every kind."""

import asyncio
import os
import sys
from collections.abc import Generator
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from typhon import (
    Request,
    Response,
    Router,
    abort,
    after_request,
    before_request,
    current_request,
    error_handler,
    middleware,
    on_shutdown,
    on_startup,
    route,
    state,
)

NOTES = Path(os.environ["HOOKED_NOTES"])


def note(text: str) -> None:
    """One line for the test."""
    with NOTES.open("a") as file:
        file.write(f"{text} {os.getpid()}\n")


@on_startup
def open_up() -> None:
    """Plain."""
    if NOTES.with_name("fail").exists():
        raise RuntimeError("no database")
    state.number = 7
    note("start")


@on_startup
async def open_later() -> None:
    """Async, though no route is."""
    await asyncio.sleep(0)
    state.later = True


@on_shutdown
async def close() -> None:
    """Async."""
    await asyncio.sleep(0)
    note("close")


@on_shutdown
def close_badly() -> None:
    """Costs only itself."""
    sys.stdout.write("closing\n")
    note("close badly")


@middleware
def around(request: Request) -> Generator[None, Response, None]:
    """A generator."""
    response = yield
    response.headers.add("X-Order", "middleware")


@before_request
def before(request: Request) -> None:
    """Keeps something with the request."""
    request.state.seen = request.path


@after_request
def after(request: Request, response: Response) -> None:
    """Marks."""
    response.headers.add("X-Order", "after")
    response.headers["X-Seen"] = request.state.seen


@error_handler(LookupError)
def lookup(request: Request, error: LookupError) -> Any:
    """An answer for an exception."""
    return {"error": "unknown", "path": current_request().path}, 404


@route("/python/plain")
def plain(request: Request) -> Any:
    """A plain handler."""
    return {"number": state.number, "later": state.later, "same": current_request() is request}


@route("/python/pool", use_process_pool=True)
def pooled(request: Request, pool: Executor) -> "Future[int]":
    """A Future."""
    return pool.submit(abs, -3)


@route("/python/lookup")
def fails(request: Request) -> Any:
    """An exception with a handler."""
    table: dict[str, int] = {}
    return table["x"]


@route("/python/unhandled")
def unhandled(request: Request) -> Any:
    """An exception without one."""
    return 1 / 0


slow = Router("/python/slow")


@slow.middleware
async def waits(request: Request, call_next: Any) -> Response:
    """An async middleware around a plain handler."""
    await asyncio.sleep(0)
    response: Response = await call_next(request)
    response.headers["X-Async"] = "yes"
    return response


@slow.route("/plain")
def plain_below(request: Request) -> Any:
    """Runs on a thread."""
    return {"same": current_request() is request}


@slow.route("/later")
async def later_below(request: Request) -> Any:
    """Runs on the loop."""
    await asyncio.sleep(0)
    return {"same": current_request() is request}


admin = Router("/python/admin", before=[lambda request: abort(403, "root only")])


@admin.route("/x")
def secret(request: Request) -> None:
    """Never called."""
