"""Flask and FastAPI applications, mounted unchanged."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.binaries import APPS
from harness.server import Server
from harness.starter import Starter


@pytest.fixture
def mounted(start: Starter) -> Server:
    return start(APPS / "mounted", workers=1)


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
