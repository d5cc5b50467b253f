"""Static files through the real gateway: what is served, what never is, and what it costs."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import processes
from harness.raw import Connection, exchange
from harness.server import Server, run_typhon
from harness.starter import Starter
from harness.waiting import wait_for

PAGE = b"<!doctype html><title>start</title>"
SECRET = b"root:x:0:0: not for clients"
GIB = 1 << 30


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A directory to serve, with a secret beside it and links that lead there."""
    root = tmp_path / "site"
    (root / "docs").mkdir(parents=True)
    (root / ".git").mkdir()
    (tmp_path / "secret").write_bytes(SECRET)
    (root / "index.html").write_bytes(PAGE)
    (root / "docs" / "index.html").write_bytes(PAGE)
    (root / "app.js").write_text("let x = 1;\n")
    (root / ".git" / "config").write_bytes(SECRET)
    (root / ".env").write_bytes(SECRET)
    (root / "alias.js").symlink_to("app.js")
    (root / "out").symlink_to("../secret")
    (root / "abs").symlink_to(tmp_path / "secret")
    (root / "up").symlink_to("..")
    os.mkfifo(root / "pipe")
    with (root / "large.bin").open("wb") as large:
        large.truncate(GIB)
    return root


@pytest.fixture
def server(start: Starter, site: Path) -> Iterator[Server]:
    """A gateway that serves it at /assets; no descriptor stays open after the test."""
    served = start(static=f"/assets={site}")
    before = processes.descriptors(served.pid)
    yield served
    served.close_client()
    wait_for(lambda: processes.descriptors(served.pid) <= before, "no descriptor more", 10)


def get(path: str, *fields: str, method: str = "GET") -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n" + "".join(f"{field}\r\n" for field in fields) + "\r\n"


def test_a_file_is_served_with_what_caches_and_browsers_need(server: Server) -> None:
    answer = server.client.get("/assets/app.js")
    assert (answer.status_code, answer.content) == (200, b"let x = 1;\n")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert re.fullmatch('"[0-9a-f]+-b"', answer.headers["etag"])
    again = server.client.get("/assets/app.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    since = server.client.get(
        "/assets/app.js", headers={"If-Modified-Since": answer.headers["last-modified"]}
    )
    assert since.status_code == 304


def test_a_directory_is_its_index_file(server: Server) -> None:
    assert server.client.get("/assets/").content == PAGE
    moved = server.client.get("/assets/docs", follow_redirects=False)
    assert (moved.status_code, moved.headers["location"]) == (301, "/assets/docs/")
    assert server.client.get("/assets/docs", follow_redirects=True).content == PAGE


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../secret",
        "/assets/%2e%2e/secret",
        "/assets/..%2fsecret",
        "/assets/%2e%2e%2fsecret",
        "/assets/docs/..%2f..%2f..%2fsecret",
        "/assets/..%5csecret",
        "/assets/%252e%252e%252fsecret",
        "/assets/%c0%ae%c0%ae/secret",
        "/assets/%2fetc%2fpasswd",
        "/assets//etc/passwd",
        "/assets/out",
        "/assets/abs",
        "/assets/up/secret",
        "/assets/.env",
        "/assets/.git/config",
        "/assets/%2egit/config",
        "/assets/docs/..%2f.env",
        "/assets/pipe",
        "/assets/docs%00.html",
        "/assets/index.html/",
        "/assets/" + "a/" * 200,
        "/assets/" + "a" * 5000,
    ],
)
def test_nothing_beside_the_directory_and_nothing_hidden_is_served(server: Server, path: str) -> None:
    """A client that sends the path as it is: httpx would tidy it first."""
    answer = exchange(server.port, get(path))
    assert answer.status in (400, 404)
    assert SECRET not in answer.body


def test_a_link_within_the_directory_is_followed(server: Server) -> None:
    assert server.client.get("/assets/alias.js").content == b"let x = 1;\n"


def test_a_directory_that_is_built_anew_is_served(server: Server, site: Path) -> None:
    """`rm -r dist && build` needs no restart."""
    site.rename(site.with_name("before"))
    assert server.client.get("/assets/app.js").status_code == 404
    site.mkdir()
    (site / "app.js").write_text("let y;")
    assert server.client.get("/assets/app.js").text == "let y;"


def test_parts_of_a_file(server: Server, site: Path) -> None:
    """One range, several, none that is there."""
    part = server.client.get("/assets/app.js", headers={"Range": "bytes=4-4"})
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"x", "bytes 4-4/11")
    parts = server.client.get("/assets/app.js", headers={"Range": "bytes=0-2,-2"})
    assert parts.headers["content-type"].startswith("multipart/byteranges; boundary=")
    assert parts.content.count(b"Content-Range: bytes ") == 2
    assert server.client.get("/assets/app.js", headers={"Range": "bytes=11-"}).status_code == 416


def test_curl_goes_on_with_a_download(server: Server, site: Path, tmp_path: Path) -> None:
    """A client that nobody here wrote: curl --continue-at."""
    content = os.urandom(1 << 20)
    (site / "file.bin").write_bytes(content)
    half = tmp_path / "half"
    half.write_bytes(content[: 1 << 19])
    url = f"http://127.0.0.1:{server.port}/assets/file.bin"
    subprocess.run(
        ["curl", "--silent", "--fail", "--continue-at", "-", "--output", str(half), url],
        check=True,
        timeout=60,
    )
    assert half.read_bytes() == content


def test_a_gibibyte_costs_no_memory(server: Server) -> None:
    """Sent by the kernel, while other clients are answered."""
    before = resident_kib(server.pid)
    received = 0
    with Connection(server.port) as connection:
        connection.send(get("/assets/large.bin", "Connection: close"))
        block = bytearray(1 << 20)
        asked = False
        while size := connection.socket.recv_into(block):
            received += size
            if not asked and received > GIB // 2:
                asked = True
                assert exchange(server.port, get("/native/hello")).status == 200
    assert received > GIB
    assert resident_kib(server.pid) - before < 8 * 1024


def test_clients_that_do_not_read_a_file_are_ended_in_time(start: Starter, site: Path) -> None:
    """By --write-timeout; others are answered meanwhile."""
    server = start(static=f"/assets={site}", write_timeout="1s")
    before = processes.descriptors(server.pid)
    slow = []
    for _ in range(20):
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect(("127.0.0.1", server.port))
        client.sendall(get("/assets/large.bin").encode())
        slow.append(client)
    wait_for(lambda: processes.descriptors(server.pid) >= before + 40, "all have their file")
    assert exchange(server.port, get("/native/hello")).status == 200
    wait_for(lambda: processes.descriptors(server.pid) <= before, "all of them are gone", 20)
    for client in slow:
        client.close()


def test_a_static_directory_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    done = run_typhon("serve", "--app", tmp_path, "--port", "0", "--static", f"/a={tmp_path}/nowhere")
    assert done.returncode == 2
    assert f"{tmp_path}/nowhere is not a directory" in done.stderr


def resident_kib(pid: int) -> int:
    """Resident memory of a process."""
    status = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+)", status)
    assert found
    return int(found[1])
