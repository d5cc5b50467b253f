"""The servers that the tests use, and what must be true after each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import processes, reports
from harness.binaries import APPS, EXAMPLE_APP, TYPHON, WORKER
from harness.chaos import _row_for_each_fault, chaos_row, pytest_terminal_summary
from harness.server import Server, serving
from harness.starter import Starter
from harness.waiting import wait_for

__all__ = ["_row_for_each_fault", "chaos_row", "pytest_terminal_summary"]  # fixtures and a hook


@pytest.fixture(scope="session", autouse=True)
def binaries() -> None:
    """Without the binaries every test fails with the reason."""
    missing = [str(path) for path in (TYPHON, WORKER) if not path.exists()]
    assert not missing, f"not built: {missing}; scripts/build makes them"


@pytest.fixture(autouse=True)
def no_sanitizer_report() -> Iterator[None]:
    """Under a sanitizer: no program that this test started has reported anything."""
    yield
    assert not (found := reports.new()), "\n".join(found)


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


@pytest.fixture
def server(start: Starter, request: pytest.FixtureRequest) -> Server:
    """A server of the application below tests/system/apps that the module calls APPLICATION."""
    return start(start.app(request.module.APPLICATION))


def serve(home: Path, app: Path, flags: dict[str, Any] | None = None) -> Iterator[Server]:
    """A server for many tests that only ask."""
    flags = flags or {"workers": 2, "pool_workers": 2}
    with serving(Server(home, app, flags), flags["workers"]) as server:
        yield server


def unchanged(server: Server) -> Iterator[Server]:
    """After a test: the same workers, no descriptor more, no unexpected error, as before it."""
    workers = server.worker_pids()
    open_before = processes.descriptors(server.pid)
    yield server
    server.close_client()
    wait_for(lambda: processes.descriptors(server.pid) <= open_before, "no descriptor more", 10)
    assert server.worker_pids() == workers
    assert not [child for child in processes.children(server.pid) if child.is_zombie]
    assert server.log.errors() == []


@pytest.fixture(scope="session")
def example_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(tmp_path_factory.mktemp("example"), EXAMPLE_APP)


@pytest.fixture
def example(example_server: Server) -> Iterator[Server]:
    """The example application."""
    yield from unchanged(example_server)


@pytest.fixture(scope="session")
def behaviours_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(tmp_path_factory.mktemp("behaviours"), APPS / "behaviours")


@pytest.fixture
def behaviours(behaviours_server: Server) -> Iterator[Server]:
    """Handlers that misbehave, and each kind of result."""
    yield from unchanged(behaviours_server)


@pytest.fixture(scope="session")
def features_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(tmp_path_factory.mktemp("features"), APPS / "features")


@pytest.fixture
def features(features_server: Server) -> Iterator[Server]:
    """Handlers that declare more than f(request)."""
    yield from unchanged(features_server)


@pytest.fixture(scope="session")
def httpbin_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from serve(tmp_path_factory.mktemp("httpbin"), APPS / "httpbin")


@pytest.fixture
def httpbin(httpbin_server: Server) -> Iterator[Server]:
    """httpbin, mounted below /python/bin."""
    yield from unchanged(httpbin_server)


@pytest.fixture(scope="session")
def mirror_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    # One worker, so that one process counts what was executed.
    limits = {"workers": 1, "pool_workers": 1, "max_body": "64K"}
    yield from serve(tmp_path_factory.mktemp("mirror"), APPS / "mirror", limits)


@pytest.fixture
def mirror(mirror_server: Server) -> Iterator[Server]:
    """A handler that answers with what it got, and counts its executions."""
    yield from unchanged(mirror_server)
