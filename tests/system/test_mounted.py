"""Flask and FastAPI applications, mounted unchanged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.raw import Connection
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for


@pytest.fixture
def mounted(start: Starter) -> Server:
    return start(start.app("mounted"), workers=1)


def test_flask_and_fastapi_run_unchanged(mounted: Server) -> None:
    client = mounted.client
    assert [client.get("/python/legacy/visits").json()["visits"] for _ in range(3)] == [1, 2, 3]
    answer = client.post("/python/legacy/visits?a=1", data={"b": "ö"}).json()
    assert answer["form"] == {"b": "ö"}
    assert answer["url"] == f"http://127.0.0.1:{mounted.port}/python/legacy/visits?a=1"
    assert client.post("/python/legacy/files", files={"f": b"x" * 100_000}).json() == {"size": 100_000}
    assert client.get("/python/legacy/none").status_code == 404
    assert client.get("/python/legacy/own").text == "own"
    head = client.head("/python/legacy/visits")
    assert (head.status_code, head.content) == (200, b"")

    answer = client.get("/python/api/items/3", params={"q": "x"}).json()
    assert answer == {"number": 3, "q": "x", "state": 7, "client": "127.0.0.1"}
    assert client.get("/python/api/items/x").status_code == 422
    assert client.post("/python/api/body", json={"a": 1}).json() == {"a": 1}
    assert "/items/{number}" in client.get("/python/api/openapi.json").json()["paths"]
    with ThreadPoolExecutor(16) as threads:
        paths = ["/python/api/items/1", "/python/legacy/own"] * 100
        assert {answer.status_code for answer in threads.map(client.get, paths)} == {200}


@pytest.mark.parametrize("kind", ["legacy", "api"])
def test_pieces_are_sent_as_they_are_made_and_end_with_the_client(mounted: Server, kind: str) -> None:
    with mounted.client.stream("GET", f"/python/{kind}/endless") as answer:
        assert answer.headers["content-type"].startswith("application/x-pieces")
        assert next(answer.iter_raw(10_000)) == b"p" * 10_000
    wait_for(lambda: mounted.notes() == [f"{kind} closed"], "the application hears of it")
    wait_for(lambda: mounted.status()["workers"][0]["in_flight"] == 0, "its slot is free")


def test_an_answer_that_is_whole_has_its_length(mounted: Server) -> None:
    for path in ("/python/legacy/visits", "/python/api/items/3"):
        assert "content-length" in mounted.client.get(path).headers


def test_background_tasks_run_after_the_answer(mounted: Server) -> None:
    assert mounted.client.get("/python/api/later").json() == {"later": True}
    wait_for(lambda: mounted.notes() == ["later"], "the task runs")


BOTH = pytest.mark.parametrize("kind", ["legacy", "api"])
MEBI = 1 << 20


@BOTH
def test_large_bodies_are_read_as_they_arrive(mounted: Server, kind: str) -> None:
    """Of known length and chunked, beyond --max-body; a small one comes whole."""
    for content in (bytes(40 * MEBI), iter([bytes(MEBI)] * 40)):
        answer = mounted.client.post(f"/python/{kind}/upload", content=content)
        assert answer.json() == {"size": 40 * MEBI}, answer.text
    for size in (0, 10, 65_536, 65_537):
        assert mounted.client.post(f"/python/{kind}/upload", content=bytes(size)).json() == {"size": size}
    files = {"f": bytes(5 * MEBI)}
    assert mounted.client.post("/python/legacy/files", files=files).json() == {"size": 5 * MEBI}


@BOTH
def test_an_application_hears_of_a_client_that_leaves_its_body(mounted: Server, kind: str) -> None:
    with Connection(mounted.port) as connection:
        connection.send(
            f"POST /python/{kind}/upload HTTP/1.1\r\nHost: test\r\nContent-Length: {MEBI}\r\n\r\n"
        )
        connection.send(bytes(100_000))
        wait_for(lambda: f"{kind} begun" in mounted.notes(), "the application reads")
    wait_for(lambda: f"{kind} left" in mounted.notes(), "the application hears of it")
    wait_for(lambda: mounted.status()["workers"][0]["in_flight"] == 0, "its slot is free")
    assert mounted.client.post(f"/python/{kind}/upload", content=bytes(MEBI)).json() == {"size": MEBI}
