"""HTTPS: requests and answers of every kind go over it."""

from __future__ import annotations

import ssl
import subprocess

import httpx
import pytest

from harness.raw import Connection
from harness.server import Server
from harness.tls import LARGE, Pair, TlsConnection, get
from harness.waiting import LONG_S


def test_pipelined_requests_are_answered_in_order(port: int, trusting: ssl.SSLContext) -> None:
    """All in one record, in one segment: the requests behind the first one wait inside the session."""
    with TlsConnection(port, trusting) as connection:
        connection.send("".join(get(f"/python/echo/{n}") + get() for n in range(10)))
        for n in range(10):
            assert connection.answer().body == str(n).encode()
            assert b"Hello" in connection.answer().body


def test_a_request_may_come_byte_by_byte(port: int, trusting: ssl.SSLContext) -> None:
    """A record for each byte."""
    with TlsConnection(port, trusting) as connection:
        for letter in get("/python/echo/1"):
            connection.send(letter)
        assert connection.answer().status == 200


def test_a_record_may_come_in_pieces(port: int, trusting: ssl.SSLContext) -> None:
    """A record that arrives byte by byte, with others behind it: nothing is forgotten in between."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    session = trusting.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with Connection(port) as plain:

        def step() -> None:
            if outgoing.pending:
                plain.send(outgoing.read())
            incoming.write(plain.socket.recv(65536))

        while True:
            try:
                session.do_handshake()
                break
            except ssl.SSLWantReadError:
                step()
        for _ in range(3):
            session.write(get().encode())
        for byte in outgoing.read():
            plain.send(bytes([byte]))
        answers = b""
        while answers.count(b"HTTP/1.1 200") < 3:
            try:
                answers += session.read(65536)
            except ssl.SSLWantReadError:
                step()


def test_large_bodies_go_both_ways(port: int, trusting: ssl.SSLContext) -> None:
    """8 MiB up and down, on a connection that then goes on."""
    with httpx.Client(verify=trusting, timeout=LONG_S) as client:
        for _ in range(2):
            answer = client.post(f"https://localhost:{port}/python/echo/1", content=LARGE)
            assert answer.status_code == 200
            assert answer.content == LARGE
        assert client.get(f"https://localhost:{port}/native/hello").status_code == 200


@pytest.mark.parametrize("path", ["/native/stream?chunks=100&size=50000", "/python/pieces"])
def test_streams_are_served(port: int, trusting: ssl.SSLContext, path: str) -> None:
    with httpx.Client(verify=trusting, timeout=LONG_S) as client:
        answer = client.get(f"https://localhost:{port}{path}")
        assert answer.status_code == 200
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.content == b"x" * 5_000_000


def test_files_are_served(port: int, trusting: ssl.SSLContext) -> None:
    """They are encrypted on the way, so the kernel does not send them by itself."""
    with httpx.Client(verify=trusting, timeout=LONG_S) as client:
        url = f"https://localhost:{port}/assets/large.bin"
        assert client.get(url).content == LARGE
        part = client.get(url, headers={"Range": "bytes=1000000-5999999"})
        assert (part.status_code, part.content) == (206, LARGE[1_000_000:6_000_000])


def test_curl_is_served(port: int, pair: Pair) -> None:
    command = ["curl", "-sS", "--cacert", str(pair.certificate), f"https://localhost:{port}/python/echo/1"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONG_S, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1"


def test_a_target_with_the_scheme_https_is_ours_over_tls_alone(
    port: int, server: Server, trusting: ssl.SSLContext
) -> None:
    request = "GET https://localhost/native/hello HTTP/1.1\r\nHost: localhost\r\n\r\n"
    with TlsConnection(port, trusting) as connection:
        connection.send(request)
        assert connection.answer().status == 200
    with Connection(server.port) as plain:
        plain.send(request)
        assert plain.answer().status == 421
