"""How a request body that comes in pieces ends early: limits, bad framing, clients and workers that leave."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from harness.bodies import BLOCK, BOTH, FRAMED, MEBI, begin, blocks, go, in_flight
from harness.server import Server
from harness.starter import Starter
from harness.waiting import PATIENCE, wait_for

APPLICATION = "uploads"


@BOTH
@FRAMED
def test_client_that_leaves_midway_ends_the_handler(server: Server, kind: str, framing: str) -> None:
    fields = {"length": f"Content-Length: {MEBI}", "chunked": "Transfer-Encoding: chunked"}
    with begin(server, f"{kind}tidy", fields[framing]) as connection:
        connection.send(b"%x\r\n" % 100_000 + bytes(100_000))
        wait_for(lambda: "begun" in server.notes(), "the handler reads")
    wait_for(lambda: server.notes() == ["begun", "disconnected", "finally"], "its finally has run")
    wait_for(lambda: in_flight(server) == 0, "its slot is free")
    assert server.client.post(f"/python/{kind}tidy", content=BLOCK[:100_000]).json() == {"size": 100_000}


@BOTH
def test_bad_chunk_is_a_400_and_ends_the_handler(server: Server, kind: str) -> None:
    with begin(server, f"{kind}tidy", "Transfer-Encoding: chunked") as connection:
        connection.send(b"3\r\nabc\r\n")
        wait_for(lambda: "begun" in server.notes(), "the handler reads")
        connection.send(b"x\r\n")
        assert connection.answer().status == 400
        assert connection.is_closed()
    wait_for(lambda: server.notes() == ["begun", "disconnected", "finally"], "its finally has run")


def test_length_beyond_a_limit_is_refused_before_the_handler(server: Server) -> None:
    for path, size in (("limited", 100_001), ("tidy", 17 * MEBI), ("hello", 17 * MEBI), ("none", 3 << 30)):
        with begin(server, path, f"Content-Length: {size}") as connection:
            assert connection.answer().status == 413, path
    assert server.notes() == []
    assert server.client.post("/python/limited", content=BLOCK[:99_999]).json() == {"size": 99_999}


@BOTH
def test_chunked_body_beyond_the_limit_is_a_late_413(server: Server, kind: str) -> None:
    answer = server.client.post(f"/python/{kind}tidy", content=blocks(17))
    assert answer.status_code == 413
    wait_for(lambda: server.notes() == ["begun", "disconnected", "finally"], "its finally has run")
    assert server.client.get("/python/hello").text == "hello"


def test_whole_body_that_is_too_large_for_its_route_is_a_413(start: Starter) -> None:
    server = start(start.app("uploads"))
    answer = server.client.post("/python/limited", content=BLOCK[:100_001])
    assert answer.status_code == 413


@BOTH
def test_upload_finishes_on_its_generation(server: Server, kind: str) -> None:
    with begin(server, f"{kind}slow", f"Content-Length: {2 * MEBI}") as connection:
        connection.send(BLOCK)
        wait_for(lambda: server.notes() == ["begun"], "the handler has read a piece")
        before = server.worker_pids()
        assert server.reload().returncode == 0
        assert server.worker_pids() != before
        go(server)
        connection.send(BLOCK)
        assert connection.answer().json == {"size": 2 * MEBI}


@pytest.mark.chaos
@BOTH
def test_death_of_the_worker_midway_is_a_502(start: Starter, kind: str) -> None:
    server = start(start.app("uploads"), workers=2)
    with begin(server, f"{kind}slow", f"Content-Length: {MEBI}") as connection:
        connection.send(BLOCK[:200_000])
        wait_for(lambda: server.notes() == ["begun"], "the handler has read a piece")
        busy = wait_for(
            lambda: [worker["pid"] for worker in server.status()["workers"] if worker["in_flight"]],
            "the status tells who is busy",
        )
        os.kill(busy[0], signal.SIGKILL)
        assert connection.answer().status == 502
    server.wait_ready(2)
    assert server.client.post(f"/python/{kind}sum", content=blocks(3)).json()["size"] == 3 * MEBI
    server.log.allow(r"worker \d+ (died|was killed|ended)")


@BOTH
def test_time_in_which_the_handler_does_not_read_is_not_the_clients(start: Starter, kind: str) -> None:
    server = start(start.app("uploads"), body_timeout="1s")
    with begin(server, f"{kind}slow", f"Content-Length: {2 * MEBI}") as connection:
        connection.send(BLOCK)
        wait_for(lambda: server.notes() == ["begun"], "the handler has read a piece")
        connection.socket.settimeout(1.5)
        with pytest.raises(TimeoutError):
            connection.socket.recv(1)  # no 408 meanwhile
        go(server)
        connection.socket.settimeout(20 * PATIENCE)
        connection.send(BLOCK)
        assert connection.answer().json == {"size": 2 * MEBI}


@BOTH
def test_client_that_stops_sending_is_a_408(start: Starter, kind: str) -> None:
    server = start(start.app("uploads"), body_timeout="1s")
    with begin(server, f"{kind}tidy", f"Content-Length: {2 * MEBI}") as connection:
        connection.send(BLOCK)
        assert connection.answer().status == 408
    wait_for(lambda: server.notes() == ["begun", "disconnected", "finally"], "its finally has run")


def test_client_that_resets_an_upload_leaves_nothing(server: Server) -> None:
    with begin(server, "tidy", f"Content-Length: {MEBI}") as connection:
        connection.send(BLOCK[:100_000])
        wait_for(lambda: "begun" in server.notes(), "the handler reads")
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    wait_for(lambda: "finally" in server.notes(), "its finally has run")
    wait_for(lambda: in_flight(server) == 0, "its slot is free")
