"""Handlers whose failures have a client's own words, or a server's secrets, in them."""

import logging
import os
import warnings
from concurrent.futures import Executor, Future
from typing import Any

from typhon import Request, abort, route

SECRET = "the-password-of-the-database"


def words(request: Request) -> str:
    """All that a client has sent."""
    return f"{request.path} {dict(request.headers)} {dict(request.query_params)} {request.data!r}"


def fail_in_pool(text: str) -> None:
    """Raises what it gets."""
    raise ValueError(text)


@route("/python/fails/<path:rest>", methods=["GET", "POST"])
def fails(request: Request) -> None:
    """An exception with the path in it, as an application may well raise it."""
    raise ValueError(f"no such thing: {request.path_params['rest']}")


@route("/python/fails-in-pool/<path:rest>", use_process_pool=True)
def fails_in_pool(request: Request, pool: Executor) -> "Future[None]":
    """The same in a pool process."""
    return pool.submit(fail_in_pool, f"no such thing: {request.path_params['rest']}")


@route("/python/async-fails/<path:rest>")
async def async_fails(request: Request) -> None:
    """The same in a coroutine."""
    raise KeyError(f"no such thing: {request.path_params['rest']} {SECRET}")


@route("/python/logs/<path:rest>")
def logs(request: Request) -> str:
    """Records of the standard library, without any set-up of it."""
    logging.getLogger("app").warning("a path: %s", request.path_params["rest"])
    warnings.warn(f"a path: {request.path_params['rest']}", stacklevel=1)
    return "logged"


@route("/python/unencodable/<path:rest>")
def unencodable(request: Request) -> dict[str, Any]:
    """What cannot be JSON, with a repr that tells much."""
    return {"a": object(), "b": SECRET, "c": os.environ}


@route("/python/splits/<path:rest>")
def splits(request: Request) -> Any:
    """A header field that would split the answer."""
    return "x", 200, {"X-Path": "a\r\nSet-Cookie: a=b", "X-Secret": SECRET}


@route("/python/aborts/<path:rest>")
def aborts(request: Request) -> None:
    """An error of its own."""
    abort(404, "no such thing")


@route("/python/reads-json", methods=["POST"])
def reads_json(request: Request) -> Any:
    """The body as JSON."""
    return request.json


@route("/python/id")
def identifier(request: Request) -> dict[str, Any]:
    """What the handler knows of the request's name."""
    return {"id": request.id, "field": request.headers.get("X-Request-Id")}


@route("/python/async-id")
async def async_identifier(request: Request) -> None:
    """Fails, so that the log has the name."""
    raise ValueError(request.id)
