"""What the worker's C++ calls, in one list. Everything else in this package is reached through it."""

from __future__ import annotations

from typing import Any

from typhon import _json
from typhon._app import load_app
from typhon._failures import RequestLike, answer_to, start_error_text
from typhon._lifetime import needs_loop, run_shutdown, run_startup
from typhon._native_api import use as use_native_api
from typhon._pool import pool_pids, start_pool, stop_pool
from typhon.results import Answer, answer_of

__all__ = [
    "convert_exception",
    "convert_result",
    "format_start_error",
    "json_dumps",
    "load_app",
    "needs_loop",
    "pool_pids",
    "run_shutdown",
    "run_startup",
    "start_pool",
    "stop_pool",
    "use_native_api",
]

# bytes of a dict or list, as fast as can be; whatever it raises, `convert_result` decides.
json_dumps = _json.fast_encode


def convert_result(result: Any, _request: RequestLike) -> Answer:
    """The answer that a handler's result means: (status, content type or None, header pairs as bytes, body).

    What it raises, for a result that means none or from a generator, is for `convert_exception`, as what a
    handler raises is.
    """
    return answer_of(result)


def convert_exception(exc: BaseException, request: RequestLike, debug: bool = False) -> Answer:
    """The answer to a request whose handler raised ``exc``, logged unless it is HTTPError. Never raises."""
    return answer_to(exc, request, debug)


def format_start_error(exc: BaseException) -> str:
    """Why `load_app` or `start_pool` raised, for the log, `typhon status` and the answer of a reload."""
    return start_error_text(exc)
