"""The example application's handlers, called directly with a pool in place of the worker's."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from _support import EXAMPLE_APP
from typhon import Request, _json
from typhon._runtime import convert_exception, convert_result, load_app
from typhon.routing import RouteSpec

POOL: Executor = ThreadPoolExecutor(1)


@pytest.fixture
def routes() -> dict[str, RouteSpec]:
    return {spec.pattern: spec for spec in load_app(str(EXAMPLE_APP))}


def call(spec: RouteSpec, request: Request) -> tuple[int, Any]:
    """Runs a handler as a worker does; its status and JSON."""
    try:
        result = spec.call(request, POOL) if spec.wants_pool else spec.call(request)
        if spec.mode == "async":
            result = asyncio.run(result)
        answer = convert_result(result.result() if isinstance(result, Future) else result, request)
    except Exception as error:
        answer = convert_exception(error, request, False)
    return answer[0], json.loads(answer[3])


def post(value: Any) -> Request:
    return Request(
        "POST", "/python/x", data=json.dumps(value).encode(), headers={"Content-Type": "application/json"}
    )


@pytest.mark.parametrize(
    ("request_", "processed", "input_type"),
    [
        (post("abc"), "ABC", "str"),
        (post({"a": "x", "b": 1, "c": {"d": "y"}}), {"a": "X", "b": 1, "c": {"d": "y"}}, "dict"),
        (post(["x", ["y"], None]), ["X", ["y"], None], "list"),
        (post(5), 5, "int"),
        (post(2.5), 2.5, "float"),
        (post(True), True, "bool"),
        (Request("POST"), None, "NoneType"),
        (Request("POST", data=b"plain"), "PLAIN", "str"),
        (Request("POST", data=b"\xff"), {"base64": "/w=="}, "bytes"),
    ],
)
def test_process(routes: dict[str, RouteSpec], request_: Request, processed: Any, input_type: str) -> None:
    assert call(routes["/python/process"], request_) == (
        200,
        {"processed": processed, "input_type": input_type},
    )


def test_echo(routes: dict[str, RouteSpec]) -> None:
    request = Request("POST", "/python/echo", query=b"a=1", headers={"X-A": "b"}, data=b"hi")
    assert call(routes["/python/echo"], request) == (
        200,
        {
            "method": "POST",
            "path": "/python/echo",
            "query_params": {"a": "1"},
            "headers": {"X-A": "b"},
            "body": "hi",
        },
    )


@pytest.mark.parametrize(
    ("query", "status", "answer"),
    [
        (b"numbers=1,2,3", 200, {"squares": [1, 4, 9]}),
        (b"numbers=-1.5, 2", 200, {"squares": [2.25, 4]}),
        (b"", 400, "numbers is missing"),
        (b"numbers=", 400, "numbers is missing"),
        (b"numbers=1,x", 400, "'x' is none"),
        (b"numbers=1,,2", 400, "'' is none"),
        (b"numbers=nan", 400, "'nan' is none"),
        (b"numbers=" + b"9" * 5000, 400, "is none"),
        (b"numbers=1" + b"0" * 400, 400, "is none"),
        (b"numbers=1" + b"0" * 20, 200, {"squares": [10**40]}),
    ],
)
def test_squares(routes: dict[str, RouteSpec], query: bytes, status: int, answer: Any) -> None:
    got = call(routes["/python/pool/squares"], Request(query=query))
    assert got[0] == status
    assert got[1] == answer if status == 200 else answer in got[1]["error"]


@pytest.mark.parametrize("path", ["/python/pool/compute", "/python/async/compute", "/python/pool/sum"])
@pytest.mark.parametrize(
    "body", [None, [], {}, {"numbers": 1}, {"numbers": ["1"]}, {"numbers": [True]}, {"numbers": [None]}, "x"]
)
def test_a_wrong_shape_is_a_400(routes: dict[str, RouteSpec], path: str, body: Any) -> None:
    status, answer = call(routes[path], post(body))
    assert status == 400
    assert "numbers" in answer["error"]


def test_a_number_beyond_every_float_is_a_400(routes: dict[str, RouteSpec], monkeypatch: Any) -> None:
    """Without orjson an int of a body has any size."""
    monkeypatch.setattr(_json, "orjson", None)
    status, answer = call(routes["/python/pool/sum"], post({"numbers": [10**400]}))
    assert (status, answer["error"]) == (400, "numbers[0] is not a number")


def test_compute_and_sum(routes: dict[str, RouteSpec]) -> None:
    assert call(routes["/python/pool/compute"], post({"numbers": [1, 2]})) == (200, {"squares": [1, 4]})
    assert call(routes["/python/async/compute"], post({"numbers": [1, 2]})) == (200, {"squares": [1, 4]})
    assert call(routes["/python/pool/sum"], post({"numbers": [1, 2]})) == (200, {"result": 3})
    assert call(routes["/python/pool/sum"], post({"numbers": []})) == (200, {"result": 0})


@pytest.mark.parametrize(
    ("n", "status", "result"),
    [
        (0, 200, 1),
        (5, 200, 120),
        (18, 200, 6402373705728000),
        (19, 200, "121645100408832000"),
        (1001, 400, None),
    ],
)
def test_factorial(routes: dict[str, RouteSpec], n: int, status: int, result: Any) -> None:
    got = call(routes["/python/pool/factorial/<int:n>"], Request(path_params={"n": n}))
    assert got[0] == status
    if status == 200:
        assert got[1] == {"n": n, "result": result}


@pytest.mark.parametrize("path", ["/python/pool/slow", "/python/async/sleep"])
@pytest.mark.parametrize(
    ("query", "status", "slept"),
    [
        (b"duration=0", 200, 0),
        (b"duration=0.01", 200, 0.01),
        *((b"duration=" + bad, 400, 0) for bad in (b"-1", b"10.1", b"x", b"nan", b"", b"1" + b"0" * 400)),
    ],
)
def test_durations(routes: dict[str, RouteSpec], path: str, query: bytes, status: int, slept: float) -> None:
    got = call(routes[path], Request(query=query))
    assert got[0] == status
    if status == 200:
        assert got[1] == {"slept": slept}


def test_three_waits_take_the_time_of_one(routes: dict[str, RouteSpec]) -> None:
    status, answer = call(routes["/python/async/concurrent"], Request())
    assert status == 200
    assert len(answer["results"]) == 3
    assert 1 <= answer["elapsed_s"] < 2
