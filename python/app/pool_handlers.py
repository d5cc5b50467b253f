"""Endpoints that leave their work to the process pool, so that it cannot hold up other requests.

`pool` is a `concurrent.futures.Executor`. A handler may wait for results, or return the Future itself: then
the answer is sent when it is done, and no thread waits.
"""

from concurrent.futures import Executor, Future
from typing import Any

from _inputs import duration_of, numbers_of_body, numbers_of_query
from pool_workers import factorial, slow, square, total
from typhon import Request, abort, route

MAX_FACTORIAL = 1000
EXACT_IN_JSON = 2**53  # many JSON readers keep numbers as doubles, which are exact up to here
CHUNK = 256


@route("/python/pool/squares", use_process_pool=True)
def squares(request: Request, pool: Executor) -> dict[str, Any]:
    """Squares of the numbers in the query."""
    return {"squares": list(pool.map(square, numbers_of_query(request), chunksize=CHUNK))}


@route("/python/pool/compute", methods=["POST"], use_process_pool=True)
def compute(request: Request, pool: Executor) -> dict[str, Any]:
    """Squares of the numbers in a JSON body."""
    return {"squares": list(pool.map(square, numbers_of_body(request), chunksize=CHUNK))}


@route("/python/pool/sum", methods=["POST"], use_process_pool=True)
def sum_up(request: Request, pool: Executor) -> "Future[dict[str, Any]]":
    """The sum of the numbers in a JSON body."""
    return pool.submit(total, numbers_of_body(request))


@route("/python/pool/factorial/<int:n>", use_process_pool=True)
def factorial_of(request: Request, pool: Executor) -> dict[str, Any]:
    """n!, as a string where a JSON reader could lose digits."""
    n = request.path_params["n"]
    if n > MAX_FACTORIAL:
        abort(400, f"n must be at most {MAX_FACTORIAL}, not {n}")
    result = pool.submit(factorial, n).result()
    return {"n": n, "result": result if result <= EXACT_IN_JSON else str(result)}


@route("/python/pool/slow", use_process_pool=True)
def slow_task(request: Request, pool: Executor) -> "Future[dict[str, Any]]":
    """Sleeps in a pool process."""
    return pool.submit(slow, duration_of(request))
