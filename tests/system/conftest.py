"""The servers that the tests use, and what must be true after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import processes
from harness.binaries import EXAMPLE_APP, TYPHON, WORKER
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for


@pytest.fixture(scope="session", autouse=True)
def binaries() -> None:
    """Without the binaries every test fails with the reason."""
    missing = [str(path) for path in (TYPHON, WORKER) if not path.exists()]
    assert not missing, f"not built: {missing}; scripts/build makes them"


@pytest.fixture
def start(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Starter]:
    """``start(app, workers=2, ...)`` is a ready server; it must end with 0 and leave nothing."""
    starter = Starter(tmp_path)
    try:
        yield starter
        for server in starter.servers:
            if server.process.poll() is None:
                assert server.stop() == 0, server.log.text()
            server.check_nothing_left()
    finally:
        for server in starter.servers:
            server.kill_everything()


@pytest.fixture(scope="session")
def example_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The example application, one server for all tests that only ask."""
    home = tmp_path_factory.mktemp("example")
    server = Server(home, EXAMPLE_APP, {"workers": 2, "pool_workers": 2})
    try:
        server.wait_ready(2)
        yield server
        assert server.stop() == 0, server.log.text()
        server.check_nothing_left()
    finally:
        server.kill_everything()


@pytest.fixture
def example(example_server: Server) -> Iterator[Server]:
    """The example server: the same processes, descriptors and no new error after the test as before it."""
    workers = example_server.worker_pids()
    open_before = processes.descriptors(example_server.pid)
    yield example_server
    example_server.close_client()
    wait_for(
        lambda: processes.descriptors(example_server.pid) <= open_before,
        "descriptors are back to where they were",
        10,
    )
    assert example_server.worker_pids() == workers
    assert not [child for child in processes.children(example_server.pid) if child.is_zombie]
    assert example_server.log.errors() == []
