"""Peers on the gateway's sockets that it has not started: not heard, counted, and harmless."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager

import msgpack
import pytest
import zmq

from harness import processes
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for
from rogues.rogue_worker import malformed_frames


@contextmanager
def stranger(server: Server, identity: bytes | None = None) -> Iterator[zmq.Socket[bytes]]:
    """A connection to the relay's socket."""
    context = zmq.Context()
    dealer = context.socket(zmq.DEALER)
    dealer.setsockopt(zmq.LINGER, 0)
    if identity is not None:
        dealer.setsockopt(zmq.ROUTING_ID, identity)
    dealer.connect(f"ipc://{server.run_dir}/relay.sock")
    try:
        yield dealer
    finally:
        dealer.close()
        context.term()


def strangers(server: Server) -> int:
    """How many messages of strangers were refused."""
    count: int = server.status()["refused"]["strangers"]
    return count


@pytest.mark.parametrize("identity", [None, b"g1-w0-0123456789abcdef", b"\x01\x02", b"x" * 255])
def test_a_stranger_is_not_heard(start: Starter, identity: bytes | None) -> None:
    server = start()
    server.log.allow("nobody started")
    ready = msgpack.packb([1, {"version": 1, "token": "guess", "routes": []}])
    with stranger(server, identity) as peer:
        for frame in [ready, b"", b"\xc1", *malformed_frames()[:8]]:
            peer.send(frame)
        wait_for(lambda: strangers(server) == 11, "all are counted")
        assert not peer.poll(100), "it is told something"
    assert server.client.get("/python/hello").status_code == 200
    assert [w["state"] for w in server.status()["workers"]] == ["ready"]


def test_a_flood_of_strangers_fills_neither_log_nor_memory_nor_the_loop(start: Starter) -> None:
    server = start()
    server.log.allow("nobody started")
    before = processes.resident_bytes(server.pid)
    for _ in range(5):
        with stranger(server) as peer:
            seen = strangers(server)
            for _ in range(2000):
                peer.send(bytes(10_000))
            wait_for(lambda seen=seen: strangers(server) == seen + 2000, "all are counted")  # type: ignore[misc]
            assert server.client.get("/native/hello").status_code == 200
            assert server.client.get("/python/hello").status_code == 200
    assert server.log.text().count("nobody started") <= 3
    assert processes.resident_bytes(server.pid) - before < 50 << 20


def test_bytes_that_are_no_zeromq_are_not_heard(start: Starter) -> None:
    """HTTP, noise, and a frame that claims 2^62 bytes, on the relay's socket."""
    server = start()
    server.log.allow("refused from a peer that nobody started")
    address = str(server.run_dir / "relay.sock")
    greeting = b"\xff" + bytes(8) + b"\x7f\x03\x00NULL" + bytes(16) + b"\x00" + bytes(31)
    ready = b"\x04\x1c\x05READY\x0bSocket-Type\x00\x00\x00\x06DEALER"
    claim = b"\x02" + (1 << 62).to_bytes(8, "big")
    for data in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", os.urandom(1000), b"", greeting + ready + claim):
        with socket.socket(socket.AF_UNIX) as peer:
            peer.connect(address)
            peer.sendall(data)
            peer.settimeout(5)
            assert server.client.get("/python/hello").status_code == 200
    with socket.socket(socket.AF_UNIX) as peer:
        peer.connect(address)
        peer.sendall(greeting + ready + claim)
        peer.settimeout(20)
        with contextlib.suppress(ConnectionResetError):
            while peer.recv(4096):
                pass  # it ends: the size is refused before memory is taken
    assert server.client.get("/python/hello").status_code == 200


@pytest.mark.parametrize("umask", ["000", "022", "077"])
def test_nobody_else_can_reach_the_sockets_whatever_the_umask(start: Starter, umask: str) -> None:
    server = start.launch(prefix=["/bin/sh", "-c", f'umask {umask}; exec "$@"', "sh"])
    server.wait_ready()
    assert stat.S_IMODE(server.run_dir.stat().st_mode) == 0o700
    for path in server.run_dir.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_a_token_is_not_in_the_environment_that_others_read(start: Starter) -> None:
    """Nor in that of the pool's processes."""
    server = start(pool_workers=1)
    for process in processes.marked(server.mark):
        if process.pid != server.pid:
            assert b"TYPHON_WORKER_TOKEN" not in processes.environment(process.pid), process
