"""Each request gets one line in the access log, which says what became of it and harms nobody."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Any

import pytest

from harness.access import TEXT_LINE, AccessLog
from harness.raw import Connection, exchange
from harness.server import Server, run_typhon
from harness.starter import Starter
from harness.waiting import wait_for

APP = """
import asyncio, os, time
from typhon import Response, route

@route('/python/words/<word>', methods=['GET', 'POST'])
def words(request):
    return {'word': request.path_params['word'], 'pid': os.getpid()}

@route('/python/sleeps', max_in_flight=1)
def sleeps(request):
    time.sleep(0.3)
    return 'slept'

@route('/python/async')
async def coroutine(request):
    await asyncio.sleep(0.01)
    return 'async'

def work():
    return os.getpid()

@route('/python/pool', use_process_pool=True)
def pool(request, pool):
    return pool.submit(work)

@route('/python/stream')
def stream(request):
    for _ in range(4):
        yield b'x' * 100

@route('/python/breaks')
def breaks(request):
    yield b'x' * 100
    raise ValueError('in the middle')

@route('/python/endless')
def endless(request):
    while True:
        yield b'x' * 1000
        time.sleep(0.005)

@route('/python/fails')
def fails(request):
    raise ValueError('no')

@route('/python/late', timeout=0.2)
async def late(request):
    await asyncio.sleep(30)
"""


class Logged:
    """A server with an access log of JSON lines."""

    def __init__(self, start: Starter, directory: Path, **flags: Any) -> None:
        self.log = AccessLog(directory / "access.log")
        files = directory / "files"
        files.mkdir()
        (files / "page.html").write_text("<p>" * 10_000)
        options = {"access_log": "json", "access_log_file": self.log.path, "static": f"/files={files}"}
        self.server: Server = start(start.app(words=APP), **options | flags)
        self.server.log.allow(r"^\[error\] request")
        self._number = 0

    def ask(self, path: str, method: str = "GET", **more: Any) -> tuple[dict[str, Any], bytes]:
        """Asks under a name of its own; the line and the body."""
        self._number += 1
        name = f"r{self._number}"
        headers = {"X-Request-Id": name} | more.pop("headers", {})
        answer = self.server.client.request(method, path, headers=headers, **more)
        line = self.log.wait_for(name)
        assert line["status"] == answer.status_code
        return line, answer.content


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
    server = start(start.app(words=APP), access_log="text")
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


def test_it_is_off_unless_asked_for(start: Starter) -> None:
    server = start(start.app(words=APP))
    assert server.client.get("/native/hello").status_code == 200
    server.signal(signal.SIGUSR1)
    assert server.client.get("/native/hello").status_code == 200
    assert server.status()["access_log"] is None
    assert server.stop() == 0
    assert "GET /native/hello HTTP" not in server.log


def test_a_log_that_was_renamed_goes_on_in_a_new_file(logged: Logged) -> None:
    """As logrotate does it; no line is lost or doubled."""
    logged.ask("/native/hello")
    rotated = logged.log.path.with_suffix(".1")
    logged.log.path.rename(rotated)
    logged.server.signal(signal.SIGUSR1)
    wait_for(logged.log.path.exists, "the file is made anew")
    line, _ = logged.ask("/native/hello")
    assert logged.log.lines() == [line]
    assert len(AccessLog(rotated).lines()) == 1


def test_a_full_disk_costs_lines_and_nothing_else(start: Starter) -> None:
    server = start(start.app(words=APP), access_log="json", access_log_file="/dev/full")
    for _ in range(20):
        assert server.client.get("/native/hello").status_code == 200
    wait_for(lambda: server.status()["access_log"] == {"written": 0, "lost": 20}, "all lines are counted")
    wait_for(lambda: "lines of the access log were lost: No space left on device" in server.log, "it is told")


def test_what_waits_is_written_at_the_end(logged: Logged) -> None:
    for _ in range(50):
        logged.server.client.get("/native/hello")
    assert logged.server.stop() == 0
    assert len(logged.log.lines()) == 50


def test_a_file_that_cannot_be_opened_stops_the_start(start: Starter, tmp_path: Path) -> None:
    done = run_typhon(
        *("serve", "--app", start.app(words=APP), "--port", "0", "--run-dir", tmp_path / "run"),
        *("--access-log", "json", "--access-log-file", tmp_path / "none" / "log"),
    )
    assert done.returncode == 2
    assert f"the access log {tmp_path}/none/log cannot be opened: No such file" in done.stderr
    assert not (tmp_path / "run").exists()


def test_several_loops_write_whole_lines(start: Starter, tmp_path: Path) -> None:
    logged = Logged(start, tmp_path, io_threads=3)

    def ask(number: int) -> None:
        for count in range(20):
            fields = f"Host: x\r\nX-Request-Id: t{number}-{count}\r\n"
            exchange(logged.server.port, f"GET /python/words/a HTTP/1.1\r\n{fields}\r\n")

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wait_for(lambda: len(logged.log.lines()) == 120, "all lines")
    names = {line["request_id"] for line in logged.log.lines()}
    assert names == {f"t{number}-{count}" for number in range(6) for count in range(20)}
    assert {json.dumps(line["route"]) for line in logged.log.lines()} == {'"/python/words/<word>"'}
