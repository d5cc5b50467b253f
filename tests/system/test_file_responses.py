"""Files that Python handlers name, through the real gateway."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import httpx

from harness.server import Server
from harness.starter import Starter

MODULE = """
from pathlib import Path
from typhon import FileResponse, route

HERE = Path(__file__).parent

@route("/python/file/<path:name>")
def file(request):
    return FileResponse(HERE / "files" / request.path_params["name"], filename="named.bin")

@route("/python/anywhere")
def anywhere(request):
    return FileResponse(request.query_params["path"])
"""
LARGE = os.urandom(3 << 20)


def serve(start: Starter, **flags: Any) -> tuple[Server, Path]:
    app = start.app(files=MODULE)
    (app / "files").mkdir()
    (app / "files" / "large.bin").write_bytes(LARGE)
    (app / "files" / "page.html").write_text("<p>page")
    (app / "files" / "link").symlink_to("../../outside")
    (app.parent / "outside").write_text("outside")
    return start(app, **flags), app


def test_a_handler_names_a_file_and_the_gateway_sends_it(start: Starter) -> None:
    """With its type, its validators, its parts, and the handler's own fields."""
    server, _ = serve(start)
    whole = server.client.get("/python/file/large.bin")
    assert (whole.status_code, whole.content) == (200, LARGE)
    assert whole.headers["content-disposition"] == 'attachment; filename="named.bin"'
    assert server.client.get("/python/file/page.html").headers["content-type"] == "text/html; charset=utf-8"
    known = server.client.get("/python/file/large.bin", headers={"If-None-Match": whole.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    part = server.client.get("/python/file/large.bin", headers={"Range": "bytes=1000000-"})
    assert (part.status_code, part.content) == (206, LARGE[1000000:])
    head = server.client.head("/python/file/large.bin")
    assert head.headers["content-length"] == str(len(LARGE))
    assert server.client.get("/python/file/nowhere").status_code == 404


def test_no_handler_gets_a_file_sent_from_outside(start: Starter, tmp_path: Path) -> None:
    """Not by its path, not by a link; and not one of the application when another root is given."""
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.txt").write_text("in the root")
    server, app = serve(start, file_root=other)
    server.log.allow("outside of --file-root")

    def asked(path: Path) -> httpx.Response:
        return server.client.get("/python/anywhere", params={"path": str(path)})

    assert asked(other / "a.txt").text == "in the root"
    for path in (app / "files" / "page.html", Path("/etc/passwd"), other / ".." / "outside"):
        answer = asked(path)
        assert (answer.status_code, set(answer.json())) == (500, {"error", "request_id"})
    assert server.log.text().count("outside of --file-root") == 3


def test_a_link_out_of_the_application_is_not_followed(start: Starter) -> None:
    server, _ = serve(start)
    assert server.client.get("/python/file/link").status_code == 404
