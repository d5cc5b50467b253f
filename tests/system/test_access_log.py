"""Each request gets one line in the access log, which says what became of it and harms nobody."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from harness.access import TEXT_LINE, Logged
from harness.raw import Connection, exchange
from harness.starter import Starter
from harness.waiting import wait_for


@pytest.fixture
def logged(start: Starter, tmp_path: Path) -> Logged:
    return Logged(start, tmp_path)


def test_each_kind_of_request_has_one_line_with_what_became_of_it(logged: Logged) -> None:
    """Python in each mode, native, static, errors of handler, gateway and relay, HEAD, OPTIONS."""
    (pid,) = logged.server.worker_pids()
    python = [
        ("/python/words/a?token=x", "GET", 200, "/python/words/<word>"),
        ("/python/words/a", "POST", 200, "/python/words/<word>"),
        ("/python/words/a", "HEAD", 200, "/python/words/<word>"),
        ("/python/async", "GET", 200, "/python/async"),
        ("/python/pool", "GET", 200, "/python/pool"),
        ("/python/fails", "GET", 500, "/python/fails"),
    ]
    for path, method, status, route in python:
        line, body = logged.ask(path, method)
        assert (line["status"], line["route"], line["worker"]) == (status, route, pid), line
        assert (line["method"], line["path"], line["end"]) == (method, path.partition("?")[0], "complete")
        assert line["bytes"] == len(body)
        assert line["client"] == "127.0.0.1"
        assert line["protocol"] == "HTTP/1.1"
        assert "httpx" in line["user_agent"]
        assert 0 <= line["queue_ms"] <= line["total_ms"]
        assert 0 <= line["handler_ms"] <= line["total_ms"]
    others = [
        ("/native/hello", "GET", 200, "/native/hello"),
        ("/native/slow", "GET", 200, "/native/slow"),
        ("/native/hello", "OPTIONS", 204, None),
        ("/native/hello", "DELETE", 405, None),
        ("/nowhere", "GET", 404, None),
        ("/-/healthy", "GET", 200, "/-/healthy"),
        ("/files/page.html", "GET", 200, "static"),
        ("/files/nothing.html", "GET", 404, "static"),
        ("/python/nowhere", "GET", 404, None),
        ("/python/words/a", "DELETE", 405, None),
        ("/python/words/a", "OPTIONS", 204, None),
    ]
    for path, method, status, named in others:
        line, body = logged.ask(path, method)
        assert (line["status"], line["route"], line["worker"]) == (status, named, None), line
        assert (line["bytes"], line["end"]) == (len(body), "complete"), line
        ran = status == 200 and path.startswith("/native/")
        assert (line["handler_ms"] is not None) == ran, line
        assert (line["queue_ms"] is not None) == (path == "/native/slow" or path.startswith("/python/")), line
    count = len(python) + len(others)
    assert len(logged.log.lines()) == count
    assert logged.server.status()["access_log"] == {"written": count, "lost": 0}


def test_a_body_in_pieces_counts_with_its_framing(logged: Logged) -> None:
    line, body = logged.ask("/python/stream")
    assert len(body) == 400
    assert 400 < line["bytes"] < 500
    assert line["end"] == "complete"
    assert line["handler_ms"] is not None
    line, body = logged.ask("/native/stream")
    assert line["bytes"] >= len(body)
    assert line["end"] == "complete"
    assert 0 < line["handler_ms"] <= line["total_ms"]


def test_an_answer_that_breaks_off_says_so(logged: Logged) -> None:
    with Connection(logged.server.port) as connection:
        connection.send("GET /python/breaks HTTP/1.1\r\nHost: x\r\nX-Request-Id: broken\r\n\r\n")
        line = logged.log.wait_for("broken")
    assert (line["status"], line["end"]) == (200, "cut-off")
    assert 100 <= line["bytes"] < 200


def test_a_client_that_leaves_is_told_apart(logged: Logged) -> None:
    """Before its answer, which then has nginx's 499, and in the middle of it."""
    with Connection(logged.server.port) as connection:
        connection.send("GET /python/endless HTTP/1.1\r\nHost: x\r\nX-Request-Id: left\r\n\r\n")
        assert connection.socket.recv(100)
    line = logged.log.wait_for("left")
    assert (line["status"], line["end"]) == (200, "client-left")
    assert line["bytes"] >= 1000
    with Connection(logged.server.port) as connection:
        head = (
            "POST /python/words/a HTTP/1.1\r\nHost: x\r\nX-Request-Id: gone\r\nContent-Length: 100000\r\n\r\n"
        )
        connection.send(head + "begun")
    line = logged.log.wait_for("gone")
    assert (line["status"], line["bytes"], line["end"]) == (499, 0, "client-left")


def test_what_is_refused_before_it_is_read_has_a_line(logged: Logged) -> None:
    port = logged.server.port
    for number, (request, status, method, path) in enumerate(
        [
            ("GET /a HTTP/9.9\r\n\r\n", 505, "GET", None),
            ("G\x01T /a HTTP/1.1\r\n\r\n", 400, None, None),
            ("GET?token=secret /a HTTP/1.1\r\n\r\n", 400, None, None),
            ("GET /a?token=secret HTTP/1.1\r\n\r\n", 400, "GET", "/a"),  # no Host
            ("nonsense\r\n\r\n", 400, None, None),
        ]
    ):
        answer = exchange(port, request)
        assert answer.status == status
        line = logged.log.wait_for(answer.json["request_id"])
        assert (line["status"], line["method"], line["path"]) == (status, method, path), line
        assert line["bytes"] == len(answer.body)
        assert len(logged.log.lines()) == number + 1


def test_pipelined_requests_have_a_line_each_with_their_own_bytes(logged: Logged) -> None:
    with Connection(logged.server.port) as connection:
        for name in ("one", "two", "three"):
            path = "/native/hello" if name != "two" else "/python/words/pipelined"
            connection.send(f"GET {path} HTTP/1.1\r\nHost: x\r\nX-Request-Id: {name}\r\n\r\n")
        answers = [connection.answer() for _ in range(3)]
    for name, answer in zip(("one", "two", "three"), answers, strict=True):
        assert logged.log.wait_for(name)["bytes"] == len(answer.body)


def test_the_answer_100_is_no_part_of_the_body(logged: Logged) -> None:
    with Connection(logged.server.port) as connection:
        fields = "Host: x\r\nContent-Length: 2\r\nX-Request-Id: waits\r\nExpect: 100-continue\r\n"
        connection.send(f"POST /python/words/a HTTP/1.1\r\n{fields}\r\n")
        assert connection.answer().status == 100
        connection.send("{}")
        answer = connection.answer()
    assert logged.log.wait_for("waits")["bytes"] == len(answer.body)


def test_times_say_who_waited_and_who_slept(logged: Logged) -> None:
    """One at a time is let in, so the second one waits while the first one sleeps."""
    lines: list[dict[str, Any]] = []

    def ask(name: str) -> None:
        fields = f"Host: x\r\nX-Request-Id: {name}\r\n"
        exchange(logged.server.port, f"GET /python/sleeps HTTP/1.1\r\n{fields}\r\n")
        lines.append(logged.log.wait_for(name))

    threads = [threading.Thread(target=ask, args=(f"sleeper-{number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = sorted(lines, key=lambda line: float(line["queue_ms"]))
    for line in (first, second):
        assert line["handler_ms"] >= 299
        assert line["total_ms"] >= line["queue_ms"] + line["handler_ms"]
    assert second["queue_ms"] >= 150
    late, _ = logged.ask("/python/late")
    assert (late["status"], late["handler_ms"]) == (504, None)
    assert late["total_ms"] >= 199


def test_no_secret_of_a_client_is_in_a_line(logged: Logged) -> None:
    headers = {
        "Authorization": "Bearer secret-a",
        "Cookie": "session=secret-b",
        "Referer": "https://user:secret-c@shop.example/cart?token=secret-d#secret-e",
        "X-Api-Key": "secret-f",
    }
    for path in ("/python/words/a", "/native/hello", "/nowhere", "/files/page.html"):
        line, _ = logged.ask(f"{path}?token=secret-g", headers=headers)
        assert line["referer"] == "https://shop.example/cart"
    assert "secret" not in logged.log.path.read_text()


def test_json_is_valid_whatever_bytes_a_client_sends(logged: Logged) -> None:
    hostile = (
        bytes(byte for byte in range(256) if byte >= 0x20 and byte != 0x7F) + b'\\"\t\xc2\x9b\xe2\x80\xae'
    )
    for name in (b"one", b"two"):
        fields = b"User-Agent: " + hostile + b"\r\nReferer: " + hostile + b"\r\nX-Request-Id: " + name
        exchange(logged.server.port, b"GET /native/%22%0A HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n\r\n")
        line = logged.log.wait_for(name.decode())
        assert line["path"] == "/native/%22%0A"
        assert '\\"\t\x9b\u202e' in line["user_agent"]
    raw = logged.log.path.read_bytes()
    assert not [byte for byte in raw if byte < 0x20 and byte != 0x0A]
    assert b"\xc2\x9b" not in raw


def test_the_client_is_whom_a_trusted_proxy_names(start: Starter, tmp_path: Path) -> None:
    logged = Logged(start, tmp_path, trusted_proxy="127.0.0.1")
    line, _ = logged.ask("/python/words/a", headers={"X-Forwarded-For": "203.0.113.7"})
    assert line["client"] == "203.0.113.7"


def test_the_text_form_goes_to_the_log_itself(start: Starter) -> None:
    """That of nginx and Apache, with more behind it; a line of it is no error of the log."""
    server = start(start.app("logged"), access_log="text")
    (pid,) = server.worker_pids()
    headers = {"X-Request-Id": "mine", "User-Agent": 'a "quoted" agent', "Referer": "http://a/?b"}
    answer = server.client.get("/python/words/a?b=c", headers=headers)
    wait_for(lambda: "id=mine" in server.log, "the line is there")
    (line,) = [line for line in server.log.text().splitlines() if "id=mine" in line]
    found = TEXT_LINE.fullmatch(line)
    assert found, line
    assert found["request"] == "GET /python/words/a HTTP/1.1"
    assert (found["status"], found["bytes"]) == ("200", str(len(answer.content)))
    assert (found["referer"], found["agent"]) == ("http://a/", 'a \\"quoted\\" agent')
    assert (found["route"], found["worker"], found["end"]) == ("/python/words/<word>", str(pid), "complete")
