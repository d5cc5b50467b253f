"""What handlers may do and return, through the real worker."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from harness.server import Server
from harness.starter import Starter
from harness.waiting import PATIENCE


@pytest.mark.parametrize(
    "path", ["/python/raises", "/python/exits", "/python/unencodable", "/python/async/raises"]
)
def test_an_exception_is_a_500_with_its_traceback_in_the_log_alone(behaviours: Server, path: str) -> None:
    answer = behaviours.client.get(path)
    body = answer.json()
    assert (answer.status_code, body["error"]) == (500, "internal error")
    assert set(body) == {"error", "request_id"}
    assert behaviours.log.text().count(body["request_id"]) == 1
    assert "secret" not in answer.text
    assert behaviours.client.get("/python/results/number").json() == 7
    behaviours.log.allow(re.escape(body["request_id"]), "^Traceback")


def test_debug_shows_the_traceback_to_the_client(start: Starter) -> None:
    server = start(start.app("behaviours"), debug=True)
    assert "a secret of the server" in server.client.get("/python/raises").text
    server.log.allow(r"^\[error\] request", "^Traceback")


def test_an_answer_beyond_the_limit_is_a_500_and_the_log_says_what_to_do(behaviours: Server) -> None:
    answer = behaviours.client.get("/python/huge")
    body = answer.json()
    assert (answer.status_code, body["error"]) == (500, "internal error")
    line = f"request {body['request_id']} GET /python/huge: the answer is larger than 256 MiB: stream it"
    assert line in behaviours.log
    behaviours.log.allow(re.escape(line))


def test_abort_is_an_answer(behaviours: Server) -> None:
    answer = behaviours.client.get("/python/aborts")
    assert (answer.status_code, answer.headers["x-tea"], answer.json()["error"]) == (
        418,
        "yes",
        "short and stout",
    )
    answer = behaviours.client.get("/python/async/aborts")
    assert (answer.status_code, answer.json()["error"]) == (409, "not now")


@pytest.mark.parametrize(
    ("kind", "status", "content_type", "body"),
    [
        ("dict", 200, "application/json", b'{"a":null}'),
        ("list", 200, "application/json", b"[1,2]"),
        ("dataclass", 200, "application/json", b'{"x":1,"y":2.5}'),
        ("number", 200, "application/json", b"7"),
        ("bool", 200, "application/json", b"true"),
        ("str", 200, "text/plain; charset=utf-8", "größe".encode()),
        ("bytes", 200, "application/octet-stream", b"\x00\xff"),
        ("none", 204, None, b""),
        ("tuple", 201, "application/json", b'{"made":true}'),
        ("response", 202, "text/html", b"<p>"),
        ("generator", 200, "text/plain; charset=utf-8", b"ab"),
    ],
)
def test_each_kind_of_result(
    behaviours: Server, kind: str, status: int, content_type: str | None, body: bytes
) -> None:
    answer = behaviours.client.get(f"/python/results/{kind}")
    assert (answer.status_code, answer.headers.get("content-type"), answer.content) == (
        status,
        content_type,
        body,
    )


def test_every_converter(behaviours: Server) -> None:
    uuid = "6F9619FF-8B86-D011-B42D-00CF4FC964FF"
    answer = behaviours.client.get(f"/python/params/7/1.5/{uuid}/a/b%20c")
    assert answer.json() == {
        "i": ["int", 7],
        "f": ["float", 1.5],
        "u": ["str", uuid.lower()],
        "rest": ["str", "a/b c"],
    } or answer.json()["u"] == ["UUID", uuid.lower()]
    assert behaviours.client.get("/python/params/7/1.5/no-uuid/a").status_code == 404


def test_a_static_route_wins(behaviours: Server) -> None:
    assert behaviours.client.get("/python/static-or/me").text == "static"
    assert behaviours.client.get("/python/static-or/you").text == "dynamic"


def test_fields_of_a_request(behaviours: Server) -> None:
    pairs = [("X-Thing", "1"), ("X-Thing", "2"), ("Cookie", "a=1; b=2")]
    answer = behaviours.client.put("/python/request?q=1&q=%C3%A9", headers=pairs, content=b"hello").json()
    deadline = answer.pop("deadline")
    assert 1 < deadline <= 30
    assert re.fullmatch(r"127\.0\.0\.1:\d+", answer.pop("client"))
    assert re.fullmatch(r"[0-9a-f]{16}", answer.pop("id"))
    assert answer == {
        "method": "PUT",
        "path": "/python/request",
        "route": "/python/request",
        "query": ["1", "é"],
        "header": "2",
        "headers": ["1", "2"],
        "cookies": {"a": "1", "b": "2"},
        "form": {},
        "files": [],
        "size": 5,
        "text": "hello",
    }


def test_forms_and_files(behaviours: Server) -> None:
    answer = behaviours.client.post("/python/request", data={"a": "1 2"}).json()
    assert answer["form"] == {"a": "1 2"}
    files = {"f": ("x.bin", b"\x00\xff", "image/png")}
    answer = behaviours.client.post("/python/request", data={"a": "1"}, files=files).json()
    assert (answer["form"], answer["files"]) == ({"a": "1"}, [["x.bin", "image/png", 2]])


def test_a_chunked_body_arrives_whole(behaviours: Server) -> None:
    def pieces() -> Any:
        for _ in range(100):
            yield b"x" * 1000

    assert behaviours.client.post("/python/request", content=pieces()).json()["size"] == 100_000


def test_json_of_any_type(behaviours: Server) -> None:
    assert behaviours.client.post("/python/json", content=b"[1]").json() == {"json": [1]}
    assert behaviours.client.post("/python/json", content=b"").status_code == 400


def test_a_request_past_its_deadline_is_a_504(behaviours: Server) -> None:
    assert behaviours.client.get("/python/quick/0").status_code == 200
    started = time.monotonic()
    answer = behaviours.client.get("/python/quick/1")
    assert answer.status_code == 504
    assert 0.3 <= time.monotonic() - started < 1.5 * PATIENCE
    assert set(answer.json()) == {"error", "request_id"}


def test_threads_live_on_between_requests(behaviours: Server) -> None:
    answers = [behaviours.client.get("/python/thread-local").json() for _ in range(30)]
    calls = [answer["calls"] for answer in answers]
    assert max(calls) > 1
    assert len({answer["thread"] for answer in answers}) <= 2 * 8
