"""Fixtures for the tests of an application.

    # conftest.py
    pytest_plugins = ["typhon.pytest_plugin"]

    # test_app.py
    def test_hello(client):
        assert client.get("/python/hello").status_code == 200

The application is the directory that the setting ``typhon_app`` of pytest names, below its root; "app" when
left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from typhon.testing import LiveServer, TestClient


def pytest_addoption(parser: pytest.Parser) -> None:
    """Makes the setting known."""
    parser.addini("typhon_app", "the application directory", default="app")


@pytest.fixture(scope="session")
def typhon_app(pytestconfig: pytest.Config) -> Path:
    """The application directory."""
    return pytestconfig.rootpath / str(pytestconfig.getini("typhon_app"))


@pytest.fixture
def client(typhon_app: Path) -> Iterator[TestClient]:
    """The application in this process, started anew for each test."""
    with TestClient(typhon_app) as made:
        yield made


@pytest.fixture(scope="session")
def typhon_server(typhon_app: Path) -> Iterator[LiveServer]:
    """A real server, for all tests of this run."""
    with LiveServer(typhon_app) as server:
        yield server


@pytest.fixture
def live_client(typhon_server: LiveServer) -> Iterator[httpx.Client]:
    """A client of the real server."""
    with httpx.Client(base_url=typhon_server.url) as made:
        yield made
