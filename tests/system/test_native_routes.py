"""The native rows of the example's table."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from harness.raw import exchange
from harness.server import Server

JSON = {"Content-Type": "application/json"}


def test_hello(example: Server) -> None:
    answer = example.client.get("/native/hello")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert body["message"] == "Hello from C++"
    assert abs(body["timestamp"] - time.time()) < 5
    assert set(body) == {"message", "timestamp"}


@pytest.mark.parametrize("value", [{"a": [1, 2.5, None]}, [1], "text", 7, True, None, {"é": "größe"}])
def test_echo_gives_any_json_back(example: Server, value: Any) -> None:
    answer = example.client.post("/native/echo", content=json.dumps(value), headers=JSON)
    assert (answer.status_code, answer.json()) == (200, {"echo": value, "source": "native"})


@pytest.mark.parametrize("headers", [{"Content-Type": "text/plain"}, {}])
def test_echo_of_another_type_is_a_415(example: Server, headers: dict[str, str]) -> None:
    answer = example.client.post("/native/echo", content=b'{"a": 1}', headers=headers)
    assert answer.status_code == 415
    assert set(answer.json()) == {"error", "request_id"}


def test_echo_of_bad_json_is_a_400_with_the_position(example: Server) -> None:
    answer = example.client.post("/native/echo", content=b'{"a": x}', headers=JSON)
    assert answer.status_code == 400
    assert any(place in answer.json()["error"] for place in ("column 7", "byte 7", "byte 6", "position 6"))


def test_head_has_the_fields_of_get_and_no_body(example: Server) -> None:
    answer = example.client.head("/native/hello")
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_options_lists_the_methods(example: Server) -> None:
    answer = example.client.options("/native/hello")
    assert answer.status_code in (200, 204)
    assert {"GET", "HEAD", "OPTIONS"} <= {word.strip() for word in answer.headers["allow"].split(",")}


def test_a_blocking_handler_leaves_the_loop_alone(example: Server) -> None:
    started = time.monotonic()
    answer = example.client.get("/native/slow", params={"duration": "0.2"})
    assert (answer.status_code, answer.json()) == (200, {"slept": 0.2})
    assert time.monotonic() - started >= 0.2


def test_a_content_provider_streams(example: Server) -> None:
    answer = example.client.get("/native/stream", params={"chunks": "50", "size": "3000"})
    assert answer.status_code == 200
    assert answer.headers["transfer-encoding"] == "chunked"
    assert len(answer.content) == 150_000


def test_the_health_route_answers(example: Server) -> None:
    answer = example.client.get("/-/healthy")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_answers_have_a_date(example: Server) -> None:
    answer = exchange(example.port, "GET /native/hello HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.headers["date"].endswith(" GMT")
