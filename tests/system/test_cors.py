"""Scripts of other origins, through the real gateway."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.server import Server, run_typhon
from harness.starter import Starter

APP = "https://app.example"
MODULE = """
from typhon import abort, route

@route("/python/items", methods=["GET", "PUT"])
def items(request):
    return {"items": []}

@route("/python/broken")
def broken(request):
    abort(418, "teapot")

@route("/python/own")
def own(request):
    return "own", 200, {"Access-Control-Allow-Origin": "*"}
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Credentials for one origin; compression, for both write Vary."""
    site = tmp_path_factory.mktemp("site")
    (site / "page.html").write_text("page")
    starter = Starter(tmp_path_factory.mktemp("cors"))
    flags = {"cors_origin": APP, "cors_credentials": True, "cors_max_age": "1h", "compress": True}
    try:
        server = starter(starter.app(items=MODULE), static=f"/assets={site}", **flags)
        yield server
        assert server.stop() == 0
        server.check_nothing_left()
    finally:
        for each in starter.servers:
            each.kill_everything()


@pytest.mark.parametrize(
    "path",
    ["/native/hello", "/python/items", "/python/broken", "/python/nowhere", "/assets/page.html", "/nowhere"],
)
def test_an_allowed_origin_may_read_every_answer(server: Server, path: str) -> None:
    allowed = server.client.get(path, headers={"Origin": APP})
    assert allowed.headers["access-control-allow-origin"] == APP
    assert allowed.headers["access-control-allow-credentials"] == "true"
    for other in ({"Origin": "https://evil.example"}, {}):
        refused = server.client.get(path, headers=other)
        assert refused.status_code == allowed.status_code
        assert not [name for name in refused.headers if name.startswith("access-control-")]
        assert "Origin" in refused.headers["vary"]


@pytest.mark.parametrize("path", ["/native/echo", "/python/items", "/assets/page.html"])
def test_a_preflight_is_answered_by_the_gateway(server: Server, path: str) -> None:
    asked = {"Origin": APP, "Access-Control-Request-Method": "PUT"}
    answer = server.client.options(path, headers=asked)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == APP
    assert "PUT" in answer.headers["access-control-allow-methods"]
    assert answer.headers["access-control-max-age"] == "3600"
    refused = server.client.options(path, headers=asked | {"Origin": "https://evil.example"})
    assert not [name for name in refused.headers if name.startswith("access-control-")]


def test_a_handler_that_allows_an_origin_itself_is_not_doubled(server: Server) -> None:
    answer = server.client.get("/python/own", headers={"Origin": APP})
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]
    assert "access-control-allow-credentials" not in answer.headers


def test_any_origin_gets_the_same_answer(start: Starter) -> None:
    server = start(cors_origin="*")
    for headers in ({"Origin": APP}, {}):
        answer = server.client.get("/native/hello", headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "vary" not in answer.headers


def test_credentials_for_any_origin_are_refused_at_the_start(tmp_path: Path) -> None:
    done = run_typhon("serve", "--app", tmp_path, "--port", "0", "--cors-origin", "*", "--cors-credentials")
    assert done.returncode == 2
    assert "--cors-credentials does not go together with *" in done.stderr
