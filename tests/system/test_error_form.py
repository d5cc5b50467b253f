"""Every error of gateway and framework has one form."""

from __future__ import annotations

import re

import pytest

from harness.server import Server


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("GET", "/nowhere", 404, None),
        ("GET", "/", 404, None),
        ("GET", "/native/nowhere", 404, None),
        ("GET", "/python/nowhere", 404, None),
        ("GET", "/python", 404, None),
        ("POST", "/native/hello", 405, {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/native/echo", 405, {"POST", "OPTIONS"}),
        ("POST", "/python/hello", 405, {"GET", "HEAD", "OPTIONS"}),
        ("DELETE", "/python/echo", 405, {"GET", "HEAD", "POST", "OPTIONS"}),
        ("GET", "/python/process", 405, {"POST", "OPTIONS"}),
        ("POST", "/python/users/5", 405, {"GET", "HEAD", "OPTIONS"}),
        ("GET", "/python/users/-5", 404, None),
        ("GET", "/python/hello/", 404, None),
    ],
)
def test_a_request_that_no_route_serves(
    example: Server, method: str, path: str, status: int, allow: set[str] | None
) -> None:
    answer = example.client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert set(body) == {"error", "request_id"}
    assert isinstance(body["error"], str)
    assert body["error"]
    assert re.fullmatch(r"[0-9a-f]{16}", body["request_id"])
    if allow is not None:
        assert {word.strip() for word in answer.headers["allow"].split(",")} == allow


def test_request_ids_differ(example: Server) -> None:
    ids = {example.client.get("/nowhere").json()["request_id"] for _ in range(20)}
    assert len(ids) == 20
