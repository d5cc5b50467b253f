"""The server with HTTPS that the tests here ask."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import pytest

from harness.server import Server, serving
from harness.tls import BOTH, LARGE, Pair, client_context, make_pair

APP = """
from typhon import route

@route("/python/echo/<int:n>", methods=["GET", "POST"])
def echo(request):
    return request.data or str(request.path_params["n"])

@route("/python/pieces")
def pieces(request):
    for _ in range(100):
        yield b"x" * 50_000
"""


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return make_pair(tmp_path_factory.mktemp("pair"))


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory, pair: Pair) -> Iterator[Server]:
    """An application on HTTP and HTTPS, for tests that only ask."""
    home = tmp_path_factory.mktemp("tls")
    app = tmp_path_factory.mktemp("tls_app")
    (app / "echo.py").write_text(APP)
    (app / "assets").mkdir()
    (app / "assets" / "large.bin").write_bytes(LARGE)
    flags = {"port": None, "listen": BOTH, "pool_workers": 1, "head_timeout": "2s", **pair.flags}
    flags["static"] = f"/assets={app / 'assets'}"
    with serving(Server(home, app, flags)) as server:
        yield server


@pytest.fixture
def server(shared_server: Server) -> Server:
    assert shared_server.log.errors() == []
    return shared_server


@pytest.fixture
def port(server: Server) -> int:
    return server.port_of("https")


@pytest.fixture
def trusting(pair: Pair) -> ssl.SSLContext:
    return client_context(pair)
