"""Answers that come in pieces: when they leave, who waits for whom, and how they end."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import httpx
import pytest

from harness.probe import Probe
from harness.raw import Connection
from harness.server import Server
from harness.starter import Starter
from harness.waiting import PATIENCE, wait_for

MEBI = 1 << 20
BOTH = pytest.mark.parametrize("kind", ["", "async/"], ids=["thread", "async"])


APPLICATION = "streaming"


def get(server: Server, path: str, **headers: str) -> Connection:
    """A connection that has sent a request."""
    connection = Connection(server.port)
    fields = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    connection.send(f"GET /python/{path} HTTP/1.1\r\nHost: test\r\n{fields}\r\n")
    return connection


def busy_workers(server: Server) -> list[int]:
    """The pids of those that have a request."""
    return [worker["pid"] for worker in server.status()["workers"] if worker["in_flight"]]


def resident(pid: int) -> int:
    """Bytes."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096


@BOTH
def test_first_piece_arrives_before_the_second_is_made(server: Server, kind: str) -> None:
    with server.client.stream("GET", f"/python/{kind}two") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"first\n"
        Path(f"{server.app}.go").touch()
        assert b"".join(pieces) == b"second\n"
    assert answer.headers["transfer-encoding"] == "chunked"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@BOTH
def test_every_byte_arrives_and_the_connection_goes_on(server: Server, kind: str) -> None:
    with Connection(server.port) as connection:
        for path, size in ((f"{kind}large/20", 20 * MEBI), ("hello", 0), (f"{kind}large/1", MEBI)):
            connection.send(f"GET /python/{path} HTTP/1.1\r\nHost: test\r\n\r\n")
            answer = connection.answer()
            assert answer.status == (201 if path.startswith("async/large") else 200)
            assert not size or answer.body == b"p" * size
    assert server.client.get("/python/large/1").headers["x-pieces"] == "32"


@pytest.mark.parametrize("path", ["tiny/20000", "async/tiny/20000", "async/tiny/300000"])
def test_tiny_pieces_arrive_all_and_others_are_answered(server: Server, path: str) -> None:
    """Thousands of pieces travel in one message; 300,000 bytes are more than one window."""
    with Probe(server.port, "/native/hello", "/python/hello") as probe:
        answer = server.client.get(f"/python/{path}")
        wait_for(lambda: probe.answers > 10, "others are served meanwhile")
    assert answer.content == b"x" * int(path.rpartition("/")[2])
    assert probe.failures == []


@BOTH
def test_slow_client_stops_the_generator_and_memory_stays_flat(server: Server, kind: str) -> None:
    worker = server.worker_pids()[0]
    server.client.get("/python/large/1")
    before = resident(server.pid), resident(worker)
    with get(server, f"{kind}endless") as connection:
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        with Probe(server.port, "/native/hello", "/python/hello") as probe:
            wait_for(lambda: probe.answers > 100, "others are served meanwhile")
        assert probe.failures == []
        if PATIENCE == 1:  # a sanitizer keeps what has been freed
            assert resident(server.pid) - before[0] < 8 * MEBI
            assert resident(worker) - before[1] < 8 * MEBI
    wait_for(server.notes, "the generator is closed")
    made = int(server.notes()[0].rsplit(" ", 1)[1]) * 32768
    assert made < 16 * MEBI  # the buffers of the kernel and one window


@BOTH
def test_client_that_leaves_closes_the_generator(server: Server, kind: str) -> None:
    with get(server, f"{kind}endless") as connection:
        assert connection.socket.recv(65536)
    wait_for(server.notes, "the generator is closed")
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 0, "its slot is free")
    assert server.client.get("/python/hello").status_code == 200


def test_client_that_leaves_an_idle_event_stream_cancels_it(server: Server) -> None:
    with get(server, "async/events") as connection:
        assert connection.socket.recv(65536)
    wait_for(lambda: server.notes() == ["events closed"], "the source is closed")
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 0, "its slot is free")


def test_generator_that_catches_its_cancellation_ends_at_its_next_piece(server: Server) -> None:
    with get(server, "async/stubborn") as connection:
        assert connection.socket.recv(1024)  # what is left unread makes the close a reset
    wait_for(lambda: server.notes() == ["stubborn closed"], "the generator is closed", 20)
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 0, "its slot is free", 20)


@BOTH
def test_failure_in_the_middle_cuts_the_body_off(server: Server, kind: str) -> None:
    server.log.allow("broken in the middle", "GET /python/", "Traceback")
    with pytest.raises(httpx.RemoteProtocolError):
        server.client.get(f"/python/{kind}broken")
    wait_for(lambda: "broken in the middle" in server.log, "the traceback is in the log")
    assert server.client.get("/python/hello").status_code == 200


def test_failure_before_the_first_piece_is_a_500(server: Server) -> None:
    server.log.allow("ZeroDivisionError", "GET /python/")
    answer = server.client.get("/python/broken/at/once")
    assert (answer.status_code, answer.json()["error"]) == (500, "internal error")


def test_events_resume_after_the_last_event_id_and_are_kept_alive(server: Server) -> None:
    headers = {"Last-Event-ID": "7"}
    with server.client.stream("GET", "/python/async/events", headers=headers) as answer:
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-store"
        text = ""
        for piece in answer.iter_text():
            text += piece
            if text.count(": keep-alive\n\n") == 2:
                break
    events = text.replace(": keep-alive\n\n", "").removeprefix(":\n\n")
    assert events == "".join(f'event: count\nid: {n}\ndata: {{"number":{n}}}\n\n' for n in (8, 9, 10))


def test_lines_of_an_event_are_data_lines(server: Server) -> None:
    text = server.client.get("/python/events").text
    assert text == ":\n\ndata: line 0\ndata: more\n\ndata: line 1\ndata: more\n\n"


@BOTH
def test_head_request_has_no_body_and_closes_the_generator(server: Server, kind: str) -> None:
    assert server.client.head(f"/python/{kind}endless").status_code == 200
    wait_for(server.notes, "the generator is closed")
    assert server.client.get("/python/hello").status_code == 200


def test_http_1_0_client_gets_the_body_up_to_the_end_of_the_connection(server: Server) -> None:
    with Connection(server.port) as connection:
        connection.send("GET /python/large/1 HTTP/1.0\r\n\r\n")
        received = b""
        while piece := connection.socket.recv(65536):
            received += piece
    head, _, body = received.partition(b"\r\n\r\n")
    assert b"Transfer-Encoding" not in head
    assert body == b"p" * MEBI


@BOTH
def test_more_streams_than_threads_leave_native_routes_alone(server: Server, kind: str) -> None:
    connections = [get(server, f"{kind}endless") for _ in range(8 if not kind else 100)]
    with Probe(server.port, "/native/hello") as probe:
        for connection in connections:
            assert connection.socket.recv(1024).startswith(b"HTTP/1.1 200")
    for connection in connections:
        connection.socket.close()
    assert probe.failures == []
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 0, "every slot is free", 20)


@BOTH
def test_stream_finishes_on_its_generation(server: Server, kind: str) -> None:
    with server.client.stream("GET", f"/python/{kind}two") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"first\n"
        assert server.reload().returncode == 0
        Path(f"{server.app}.go").touch()
        assert b"".join(pieces) == b"second\n"


@pytest.mark.chaos
@BOTH
def test_death_of_the_worker_cuts_the_body_off(start: Starter, kind: str) -> None:
    server = start(start.app("streaming"), workers=2)
    with server.client.stream("GET", f"/python/{kind}two") as answer:
        pieces = answer.iter_raw()
        assert next(pieces) == b"first\n"
        busy = wait_for(lambda: busy_workers(server), "the status tells who is busy")
        os.kill(busy[0], signal.SIGKILL)
        with pytest.raises(httpx.RemoteProtocolError):
            next(pieces)
    server.wait_ready(2)
    server.log.allow(r"worker \d+ (died|was killed|ended)")


@pytest.mark.chaos
@BOTH
def test_stop_waits_for_a_stream_and_then_cuts_it_off(start: Starter, kind: str) -> None:
    server = start(start.app("streaming"), drain_timeout=1)
    with get(server, f"{kind}endless") as connection:
        assert connection.socket.recv(1024).startswith(b"HTTP/1.1 200")
        server.signal(signal.SIGTERM)
        with pytest.raises(ConnectionError):
            connection.answer()  # not whole
    assert server.wait_exit() == 0
