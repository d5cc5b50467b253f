"""Compressed answers through the real gateway, read by clients that nobody here wrote."""

from __future__ import annotations

import gzip
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.raw import Connection, exchange
from harness.server import Server
from harness.starter import Starter

TEXT = "a line of a text that repeats itself\n" * 3000
MODULE = f"""
import threading

from typhon import EventStream, Response, route

@route("/python/text")
def text(request):
    return {TEXT!r}

@route("/python/json")
def json(request):
    return {{"rows": list(range(2000))}}

@route("/python/own")
def own(request):
    return b"coded by the handler" * 100, 200, {{"Content-Type": "text/plain", "Content-Encoding": "x-own"}}

gate = threading.Event()

@route("/python/pieces")
def pieces(request):
    def make():
        yield "first piece\\n"
        if request.query_params.get("wait"):
            assert gate.wait(60)
        yield {TEXT!r}
    return Response(make(), content_type="text/plain")

@route("/python/open")
def open_gate(request):
    gate.set()
    return "open"

@route("/python/events")
def events(request):
    return EventStream(str(n) for n in range(3))

@route("/python/short")
def short(request):
    return "short"
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page, and a style sheet with a sibling."""
    site = tmp_path_factory.mktemp("site")
    (site / "page.html").write_text(TEXT)
    (site / "style.css").write_text(TEXT)
    (site / "style.css.gz").write_bytes(gzip.compress(TEXT.encode(), 9))
    (site / "image.png").write_text(TEXT)
    return site


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, site: Path) -> Iterator[Server]:
    starter = Starter(tmp_path_factory.mktemp("compression"))
    try:
        server = starter(starter.app(texts=MODULE), compress=True, static=f"/assets={site}")
        yield server
        assert server.stop() == 0
        server.check_nothing_left()
    finally:
        for each in starter.servers:
            each.kill_everything()


def get(path: str, *fields: str, method: str = "GET") -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\n" + "".join(f"{field}\r\n" for field in fields) + "\r\n"


def curl(server: Server, path: str, coding: str) -> tuple[bytes, str]:
    """The head of the answer, and the body as curl has decoded it."""
    url = f"http://127.0.0.1:{server.port}{path}"
    accept = ["--compressed", "--header", f"Accept-Encoding: {coding}"]
    done = subprocess.run(
        ["curl", "--silent", "--fail", "--include", *accept, url], capture_output=True, check=True, timeout=60
    )
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    return head, body.decode()


@pytest.mark.parametrize("path", ["/python/text", "/assets/page.html", "/assets/style.css"])
@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_curl_reads_what_is_compressed(server: Server, path: str, coding: str) -> None:
    """In both codings, from handlers and from files."""
    head, body = curl(server, path, coding)
    assert f"Content-Encoding: {coding}".encode() in head
    assert b"Vary: Accept-Encoding" in head
    assert body == TEXT


def test_httpx_reads_what_is_compressed(server: Server) -> None:
    """A Python handler's JSON, by the client's own list of codings."""
    answer = server.client.get("/python/json", headers={"Accept-Encoding": "gzip, deflate"})
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.json() == {"rows": list(range(2000))}


@pytest.mark.parametrize("path", ["/native/hello", "/python/short", "/assets/image.png", "/python/own"])
def test_what_gains_nothing_is_sent_as_it_is(server: Server, path: str) -> None:
    """Short answers, other types, and what the handler has coded itself."""
    plain = exchange(server.port, get(path))
    asked = exchange(server.port, get(path, "Accept-Encoding: br, gzip"))
    assert asked.headers.get("content-encoding") == plain.headers.get("content-encoding")
    assert "vary" not in asked.headers
    assert len(asked.body) == len(plain.body)


@pytest.mark.parametrize("path", ["/python/text", "/assets/page.html"])
def test_head_of_a_compressed_answer_differs_in_the_length_alone(server: Server, path: str) -> None:
    """RFC 9110 section 9.3.2: what is only known when the content is made may be left out."""
    with Connection(server.port) as connection:
        connection.send(
            get(path, "Accept-Encoding: gzip") + get(path, "Accept-Encoding: gzip", method="HEAD")
        )
        got, asked = connection.answer(), connection.answer("HEAD")
    changing = {"date", "content-length"}
    assert {k: v for k, v in asked.headers.items() if k not in changing} == {
        k: v for k, v in got.headers.items() if k not in changing
    }
    assert "content-length" not in asked.headers


def test_a_part_of_a_file_is_never_compressed(server: Server) -> None:
    fields = ("Accept-Encoding: gzip", "Range: bytes=0-9")
    answer = exchange(server.port, get("/assets/page.html", *fields))
    assert (answer.status, answer.body) == (206, TEXT[:10].encode())
    assert "content-encoding" not in answer.headers


def test_a_sibling_that_was_compressed_before_is_sent(server: Server, site: Path) -> None:
    """style.css.gz instead of style.css."""
    answer = exchange(server.port, get("/assets/style.css", "Accept-Encoding: gzip"))
    assert answer.body == (site / "style.css.gz").read_bytes()
    assert answer.headers["etag"].endswith('-gzip"')
    assert answer.headers["content-type"] == "text/css; charset=utf-8"


def test_without_the_option_nothing_is_compressed(example: Server) -> None:
    answer = exchange(example.port, get("/python/hello", "Accept-Encoding: br, gzip"))
    assert not {"content-encoding", "vary"} & set(answer.headers)


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_a_stream_is_compressed_by_the_way(server: Server, coding: str) -> None:
    head, body = curl(server, "/python/pieces", coding)
    assert f"Content-Encoding: {coding}".encode() in head
    assert b"Transfer-Encoding: chunked" in head
    assert body == "first piece\n" + TEXT


def test_a_piece_of_a_compressed_stream_arrives_before_the_next_is_made(server: Server) -> None:
    decoder = zlib.decompressobj(wbits=31)
    read = b""
    with server.client.stream("GET", "/python/pieces?wait=1", headers={"Accept-Encoding": "gzip"}) as answer:
        for piece in answer.iter_raw():
            read += decoder.decompress(piece)
            if read == b"first piece\n":
                assert server.client.get("/python/open").text == "open"
    assert decoder.eof
    assert read.decode() == "first piece\n" + TEXT


def test_an_event_stream_is_sent_as_it_is(server: Server) -> None:
    answer = exchange(server.port, get("/python/events", "Accept-Encoding: br, gzip"))
    assert "content-encoding" not in answer.headers
    assert b"data: 2" in answer.body
