"""Every raw request of tests/http, on a socket to a real gateway: its answers, and the connection's fate."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.corpus import HOP_BY_HOP, Case, cases
from harness.raw import Answer, Connection
from harness.server import Server

CASES = list(cases())
PROBE = b"GET /native/hello HTTP/1.1\r\nHost: probe\r\n\r\n"
LARGE = 2000  # bytes; larger ones are not sent byte by byte


def at_once(data: bytes) -> Iterator[bytes]:
    yield data


def byte_by_byte(data: bytes) -> Iterator[bytes]:
    step = 1 if len(data) <= LARGE else 997
    for start in range(0, len(data), step):
        yield data[start : start + step]


def between_cr_and_lf(data: bytes) -> Iterator[bytes]:
    """Pieces that end with each CR."""
    *lines, last = data.split(b"\r")
    yield from (line + b"\r" for line in lines)
    yield last


def in_odd_pieces(data: bytes) -> Iterator[bytes]:
    """Pieces of 7 bytes, then one that fills the gateway's first read, then the rest."""
    yield data[:7]
    yield data[7:1024]
    yield data[1024:]


@pytest.mark.parametrize("pieces", [at_once, byte_by_byte, between_cr_and_lf, in_odd_pieces])
@pytest.mark.parametrize("kind", ["valid", "invalid"])
def test_every_raw_request_has_its_outcome(
    mirror: Server, kind: str, pieces: Callable[[bytes], Iterator[bytes]]
) -> None:
    wrong = []
    with Connection(mirror.port) as counter:
        executed(counter)  # forgets what earlier tests ran
        for case in CASES:
            if case.name.startswith(kind + "/"):
                try:
                    play(mirror.port, case, pieces)
                except (AssertionError, OSError, ValueError, KeyError) as error:
                    wrong.append(f"{case.name}: {error!r}")
                wrong += surplus_executions(counter, case)
    assert wrong == [], "\n".join(wrong)


def test_the_corpus_is_whole() -> None:
    """At least 200 cases, each with the rule that it shows and a known outcome."""
    assert len(CASES) >= 200
    known = {"rule", "shows", "requests", "refused", "cut", "closes"}
    for case in CASES:
        assert set(case.expected) <= known, case.name
        assert case.expected["rule"].startswith("RFC "), case.name
        assert case.expected["shows"].endswith("."), case.name


def play(port: int, case: Case, pieces: Callable[[bytes], Iterator[bytes]]) -> None:
    with Connection(port) as connection:
        # A gateway that has closed does not take the rest.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            for piece in pieces(case.data):
                connection.send(piece)
            if case.expected.get("cut"):
                connection.finish()
        for request in case.requests:
            check_answer(final_answer(connection, request["method"]), request)
        if case.refused is not None:
            method = "HEAD" if case.data.startswith(b"HEAD ") else "GET"
            answer = final_answer(connection, method)
            assert answer.status == case.refused
            assert answer.headers["connection"] == "close"
            assert method == "HEAD" or set(answer.json) == {"error", "request_id"}
        if not case.ends:
            connection.send(PROBE)
            assert "Hello" in connection.answer().json["message"]
            connection.finish()
        assert connection.is_closed()


def final_answer(connection: Connection, method: str) -> Answer:
    """The next answer that is not an interim one."""
    answer = connection.answer(method)
    return answer if answer.status >= 200 else connection.answer(method)


def check_answer(answer: Answer, request: dict[str, Any]) -> None:
    assert answer.status == request.get("status", 200), answer
    assert "date" in answer.headers
    assert "server" not in answer.headers
    if answer.status != 200 or request["method"] == "HEAD" or not is_mirrored(request):
        return
    seen = answer.json
    assert seen["method"] == request["method"]
    if "%" not in request["path"]:
        assert seen["path"] == request["path"]
    if "body" in request:
        assert seen["body"] == request["body"]
    for name, value in request.get("fields", {}).items():
        if name not in HOP_BY_HOP:
            assert seen["fields"][name] == (value if isinstance(value, list) else [value])
    assert not [name for name in request.get("not_forwarded", ()) if name in seen["fields"]]


def is_mirrored(request: dict[str, Any]) -> bool:
    return str(request["path"]).startswith("/python/mirror/")


def surplus_executions(counter: Connection, case: Case) -> list[str]:
    """What the handler did not run for exactly once, or ran for although nobody got its answer."""
    ran = executed(counter)
    expected = [r for r in case.requests if is_mirrored(r) and r.get("status", 200) == 200]
    if len(ran) == len(expected) and "/python/mirror/smuggled" not in ran:
        return []
    return [f"{case.name}: executed {ran}"]


def executed(counter: Connection) -> list[str]:
    """The paths that the handler ran for since the last look."""
    counter.send("GET /python/executed HTTP/1.1\r\nHost: x\r\n\r\n")
    paths: list[str] = counter.answer().json
    return paths
