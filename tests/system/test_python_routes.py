"""The Python rows of the example's table, through the real gateway, relay and worker."""

from __future__ import annotations

import json
import platform
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness.server import Server
from harness.waiting import PATIENCE


def test_hello(example: Server) -> None:
    answer = example.client.get("/python/hello")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"message": "Hello from Python", "version": platform.python_version()}


@pytest.mark.parametrize(
    ("value", "processed", "kind"),
    [
        ("abc", "ABC", "str"),
        ({"a": "x", "b": 1, "c": {"d": "y"}}, {"a": "X", "b": 1, "c": {"d": "y"}}, "dict"),
        (["x", ["y"], None], ["X", ["y"], None], "list"),
        (5, 5, "int"),
        (2.5, 2.5, "float"),
        (True, True, "bool"),
        (None, None, "NoneType"),
    ],
)
def test_process_json(example: Server, value: Any, processed: Any, kind: str) -> None:
    content = json.dumps(value)
    answer = example.client.post(
        "/python/process", content=content, headers={"Content-Type": "application/json"}
    )
    assert (answer.status_code, answer.json()) == (200, {"processed": processed, "input_type": kind})


def test_process_an_empty_body(example: Server) -> None:
    answer = example.client.post("/python/process")
    assert (answer.status_code, answer.json()) == (200, {"processed": None, "input_type": "NoneType"})


def test_process_text_and_bytes(example: Server) -> None:
    text = example.client.post(
        "/python/process", content="größe".encode(), headers={"Content-Type": "text/plain"}
    )
    assert text.json() == {"processed": "GRÖSSE", "input_type": "str"}
    assert example.client.post("/python/process", content=b"\xff").json()["input_type"] == "bytes"


def test_process_bad_json_is_a_400_with_the_position(example: Server) -> None:
    headers = {"Content-Type": "application/json"}
    answer = example.client.post("/python/process", content=b'{"a":\n x}', headers=headers)
    assert answer.status_code == 400
    assert "line 2" in answer.json()["error"]
    assert set(answer.json()) == {"error", "request_id"}


def test_users(example: Server) -> None:
    assert example.client.get("/python/users/42").json() == {"user_id": 42, "name": "User 42"}


@pytest.mark.parametrize("value", ["-5", "x", "1.5", "", "4 2", "99999999999999999999"])
def test_a_user_that_is_no_number_is_a_404(example: Server, value: str) -> None:
    assert example.client.get(f"/python/users/{value}").status_code == 404


@pytest.mark.parametrize(
    ("path", "name"),
    [("widget", "widget"), ("gr%C3%B6%C3%9Fe", "größe"), ("a%2Fb", "a/b"), ("a%20b", "a b"), ("a+b", "a+b")],
)
def test_items_are_percent_decoded(example: Server, path: str, name: str) -> None:
    answer = example.client.get(f"/python/items/{path}")
    assert (answer.status_code, answer.json()) == (200, {"item": name, "found": True})


def test_echo_get(example: Server) -> None:
    answer = example.client.get("/python/echo?a=1&b=x%20y&a=2", headers={"X-Thing": "some"}).json()
    assert (answer["method"], answer["path"], answer["body"]) == ("GET", "/python/echo", None)
    assert answer["query_params"] == {"a": "2", "b": "x y"}
    assert {name.lower(): value for name, value in answer["headers"].items()}["x-thing"] == "some"


@pytest.mark.parametrize(
    ("content", "kind", "body"),
    [
        (b'{"a": [1]}', "application/json", {"a": [1]}),
        (b"hi", "text/plain", "hi"),
        (b"\xff", "image/x", {"base64": "/w=="}),
    ],
)
def test_echo_post(example: Server, content: bytes, kind: str, body: Any) -> None:
    answer = example.client.post("/python/echo", content=content, headers={"Content-Type": kind}).json()
    assert (answer["method"], answer["body"]) == ("POST", body)


def test_a_large_body_comes_back_whole(example: Server) -> None:
    text = "x" * 3_000_000
    assert example.client.post("/python/echo", json=text).json()["body"] == text


def test_pool_squares(example: Server) -> None:
    answer = example.client.get("/python/pool/squares?numbers=1,2,3")
    assert (answer.status_code, answer.json()) == (200, {"squares": [1, 4, 9]})


@pytest.mark.parametrize(
    ("query", "reason"), [("", "missing"), ("numbers=", "missing"), ("numbers=1,x", "'x'")]
)
def test_pool_squares_without_numbers_is_a_400_with_the_reason(
    example: Server, query: str, reason: str
) -> None:
    answer = example.client.get(f"/python/pool/squares?{query}")
    assert answer.status_code == 400
    assert reason in answer.json()["error"]


@pytest.mark.parametrize("path", ["/python/pool/compute", "/python/async/compute"])
def test_compute(example: Server, path: str) -> None:
    answer = example.client.post(path, json={"numbers": [1, 2]})
    assert (answer.status_code, answer.json()) == (200, {"squares": [1, 4]})


@pytest.mark.parametrize("path", ["/python/pool/compute", "/python/async/compute", "/python/pool/sum"])
@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"numbers": 1}', b'{"numbers": ["x"]}', b"{"])
def test_a_wrong_shape_is_a_400(example: Server, path: str, body: bytes) -> None:
    answer = example.client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert set(answer.json()) == {"error", "request_id"}


def test_pool_sum(example: Server) -> None:
    answer = example.client.post("/python/pool/sum", json={"numbers": [1, 2]})
    assert (answer.status_code, answer.json()) == (200, {"result": 3})


@pytest.mark.parametrize(
    ("n", "result"), [(0, 1), (5, 120), (18, 6402373705728000), (19, "121645100408832000")]
)
def test_pool_factorial(example: Server, n: int, result: int | str) -> None:
    assert example.client.get(f"/python/pool/factorial/{n}").json() == {"n": n, "result": result}


def test_pool_factorial_has_an_upper_bound(example: Server) -> None:
    assert len(example.client.get("/python/pool/factorial/1000").json()["result"]) == 2568
    assert example.client.get("/python/pool/factorial/1001").status_code == 400


@pytest.mark.parametrize("path", ["/python/pool/slow", "/python/async/sleep"])
def test_slow_takes_its_time(example: Server, path: str) -> None:
    started = time.monotonic()
    answer = example.client.get(path, params={"duration": "1"})
    assert (answer.status_code, answer.json()) == (200, {"slept": 1})
    assert 1.0 <= time.monotonic() - started < 4.0 * PATIENCE


@pytest.mark.parametrize("path", ["/python/pool/slow", "/python/async/sleep"])
@pytest.mark.parametrize("duration", ["-1", "10.5", "x", "nan", "inf"])
def test_a_duration_out_of_bounds_is_a_400(example: Server, path: str, duration: str) -> None:
    answer = example.client.get(path, params={"duration": duration})
    assert answer.status_code == 400
    assert "duration" in answer.json()["error"]


def test_async_hello(example: Server) -> None:
    assert "message" in example.client.get("/python/async/hello").json()


def test_async_concurrent_waits_three_seconds_in_one(example: Server) -> None:
    started = time.monotonic()
    answer = example.client.get("/python/async/concurrent")
    assert answer.status_code == 200
    assert len(answer.json()["results"]) == 3
    assert 1.0 <= answer.json()["elapsed_s"] < 2.5 * PATIENCE
    assert time.monotonic() - started < 3.0 * PATIENCE


def test_many_async_requests_wait_at_the_same_time(example: Server) -> None:
    started = time.monotonic()
    with ThreadPoolExecutor(40) as threads:
        answers = list(threads.map(lambda _: example.client.get("/python/async/sleep?duration=1"), range(40)))
    assert {answer.status_code for answer in answers} == {200}
    assert time.monotonic() - started < 6.0 * PATIENCE


def test_requests_of_several_kinds_at_once(example: Server) -> None:
    paths = [
        "/python/hello",
        "/native/hello",
        "/python/pool/factorial/20",
        "/python/async/hello",
        "/python/users/7",
    ]
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: example.client.get(paths[number % len(paths)]), range(400)))
    assert {answer.status_code for answer in answers} == {200}
    assert {json.dumps(answer.json()) for answer in answers if "users" in str(answer.url)} == {
        '{"user_id": 7, "name": "User 7"}'
    }


def test_head_runs_the_get_handler_and_sends_no_body(example: Server) -> None:
    answer = example.client.head("/python/hello")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/json"


def test_options_lists_the_methods(example: Server) -> None:
    answer = example.client.options("/python/echo")
    assert answer.status_code in (200, 204)
    assert {"GET", "HEAD", "POST", "OPTIONS"} <= {word.strip() for word in answer.headers["allow"].split(",")}
