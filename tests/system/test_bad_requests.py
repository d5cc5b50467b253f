"""Bad framing and bad heads: a clear answer, and the connection ends."""

from __future__ import annotations

import pytest

from harness.raw import Connection, exchange
from harness.server import Server
from harness.starter import Starter

CHUNKED = "POST /python/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
GOOD = "GET /native/hello HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        ("GARBAGE\r\n\r\n", {400}),
        ("GET /native/hello\r\n\r\n", {400, 505}),
        ("GET /native/hello HTTP/1.1\r\n\r\n", {400}),
        ("GET /native/hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", {400}),
        ("GET /native/hello HTTP/1.1\r\nHost: x\r\nBad Name: 1\r\n\r\n", {400}),
        ("GET /native/hello HTTP/1.1\r\nHost: x\r\nName : 1\r\n\r\n", {400}),
        ("GET /native/hello HTTP/1.1\r\nHost: x\r\nA: 1\r\n folded\r\n\r\n", {400}),
        ("GET /native/hello HTTP/1.1\r\nHost: x\r\nA: \x00\r\n\r\n", {400}),
        ("GET /native/hello HTTP/3.0\r\nHost: x\r\n\r\n", {505}),
        ("G(T /native/hello HTTP/1.1\r\nHost: x\r\n\r\n", {400}),
        ("POST /python/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", {400}),
        ("POST /python/echo HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na", {400}),
        ("POST /python/echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", {400}),
        (CHUNKED + "Content-Length: 3\r\n\r\n0\r\n\r\n", {400}),
        ("POST /python/echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", {400, 501}),
        ("POST /python/echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {400, 501}),
        (CHUNKED + "\r\nzz\r\n", {400}),
        (f"GET /{'a' * 9000} HTTP/1.1\r\nHost: x\r\n\r\n", {414}),
        (f"GET / HTTP/1.1\r\nHost: x\r\nA: {'a' * 70_000}\r\n\r\n", {431}),
        ("GET / HTTP/1.1\r\nHost: x\r\n" + "A: 1\r\n" * 200 + "\r\n", {431}),
    ],
)  # fmt: skip
def test_a_bad_request_is_refused_and_the_connection_ends(
    example: Server, request_: str, statuses: set[int]
) -> None:
    with Connection(example.port) as connection:
        connection.send(request_)
        answer = connection.answer()
        assert answer.status in statuses
        assert set(answer.json) == {"error", "request_id"}
        assert connection.is_closed()
    assert exchange(example.port, GOOD).status == 200


@pytest.mark.parametrize("path", ["/../x", "/python/items/%00", "/python/items/%zz", "/python/items/%2"])
def test_a_bad_path_is_refused_and_the_connection_goes_on(example: Server, path: str) -> None:
    with Connection(example.port) as connection:
        connection.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" + GOOD)
        answer = connection.answer()
        assert (answer.status, set(answer.json)) == (400, {"error", "request_id"})
        assert connection.answer().status == 200


def test_pipelined_requests_are_answered_in_order(example: Server) -> None:
    with Connection(example.port) as connection:
        paths = [
            "/python/users/1",
            "/native/hello",
            "/python/async/sleep?duration=0.1",
            "/python/users/2",
            "/nowhere",
        ]
        connection.send("".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n" for path in paths))
        answers = [connection.answer() for _ in paths]
        assert [answer.status for answer in answers] == [200, 200, 200, 200, 404]
        assert [answers[index].json["user_id"] for index in (0, 3)] == [1, 2]


def test_a_head_that_comes_byte_by_byte_is_understood(example: Server) -> None:
    with Connection(example.port) as connection:
        for byte in GOOD:
            connection.send(byte)
        assert connection.answer().status == 200


@pytest.mark.parametrize("path", ["/native/hello", "/python/hello", "/python/async/sleep?duration=0.2"])
def test_a_client_that_half_closes_gets_its_answer(example: Server, path: str) -> None:
    with Connection(example.port) as connection:
        connection.send(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
        connection.finish()
        assert connection.answer().status == 200
        assert connection.is_closed()


def test_http_1_0_closes_unless_asked_to_keep(example: Server) -> None:
    with Connection(example.port) as connection:
        connection.send("GET /python/hello HTTP/1.0\r\n\r\n")
        assert connection.answer().status == 200
        assert connection.is_closed()
    with Connection(example.port) as connection:
        for _ in range(2):
            connection.send("GET /python/hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert connection.answer().status == 200


def test_a_client_that_expects_100_is_told_to_go_on(example: Server) -> None:
    with Connection(example.port) as connection:
        connection.send(
            "POST /python/echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert connection._until(b"\r\n\r\n").startswith(b"HTTP/1.1 100")
        connection.send("hi")
        assert connection.answer().json["body"] == "hi"


@pytest.mark.parametrize("path", ["/python/echo", "/native/echo"])
def test_a_body_above_the_limit_is_a_413(start: Starter, path: str) -> None:
    server = start(max_body="64K")
    length = 65_537
    answer = exchange(
        server.port, f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n" + "x" * length
    )
    assert (answer.status, set(answer.json)) == (413, {"error", "request_id"})
    with Connection(server.port) as connection:
        connection.send(f"POST {path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.send("8000\r\n" + "x" * 0x8000 + "\r\n" + "8001\r\n" + "x" * 0x8001 + "\r\n")
        assert connection.answer().status == 413
        assert connection.is_closed()
    headers = {"Content-Type": "application/json"}
    body = b'"' + b"x" * 65_534 + b'"'
    assert server.client.post(path, content=body, headers=headers).status_code == 200


def test_a_client_that_leaves_costs_nothing(start: Starter) -> None:
    """Clients that reset while a handler runs: their requests are given up, the next ones are served."""
    server = start(start.app("counting"), threads=2)
    for number in range(20):
        with Connection(server.port) as connection:
            connection.send(
                f"POST /python/count/slow?key={number} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
            )
    assert server.client.post("/python/count?key=last").status_code == 200
