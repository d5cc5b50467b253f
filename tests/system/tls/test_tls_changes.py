"""HTTPS: certificates are replaced, and the server stops, while it is used."""

from __future__ import annotations

import signal
import ssl
import threading
from pathlib import Path
from typing import Self

import pytest

from harness.raw import Connection
from harness.starter import Starter
from harness.tls import CLIENT_HELLO, Pair, TlsConnection, client_context, get, make_pair, serves
from harness.waiting import LONG_S, wait_for

COMMAND_FAILED = 8


class Requests:
    """Threads that connect and ask again and again; every failure is kept."""

    def __init__(self, port: int, threads: int = 4) -> None:
        self.port = port
        self.answered = 0
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(n,)) for n in range(threads)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(LONG_S)

    def wait_for_more(self, count: int) -> None:
        goal = self.answered + count
        wait_for(lambda: self.answered >= goal or self.failures, f"{count} more answers")

    def _ask(self, number: int) -> None:
        context = client_context()
        while not self._stop.is_set():
            try:
                with TlsConnection(self.port, context) as connection:
                    for path in ("/native/hello", "/python/hello"):
                        connection.send(get(path))
                        assert connection.answer().status == 200
                        self.answered += 1
            except (OSError, AssertionError) as error:
                self.failures.append(f"{number}: {error!r}")


def shown(port: int) -> bytes:
    with TlsConnection(port, client_context()) as connection:
        return connection.certificate()


@pytest.mark.parametrize("how", ["command", "signal"])
def test_certificates_are_replaced_under_load_and_no_request_fails(
    start: Starter, tmp_path: Path, how: str
) -> None:
    pair, next_pair = make_pair(tmp_path), make_pair(tmp_path, "next")
    old, new = pair.der, next_pair.der
    server = start(**pair.flags)
    with Requests(server.port) as load, TlsConnection(server.port, client_context()) as open_before:
        load.wait_for_more(20)
        assert open_before.certificate() == old
        pair.install(next_pair)
        if how == "command":
            done = server.reload()
            assert done.returncode == 0, done.stderr
        else:
            server.signal(signal.SIGHUP)
        wait_for(lambda: shown(server.port) == new, "the new certificate is shown")
        open_before.send(get())
        assert open_before.answer().status == 200
        load.wait_for_more(20)
    assert load.failures == []


def test_a_broken_pair_keeps_the_old_one_and_everybody_is_told(start: Starter, tmp_path: Path) -> None:
    pair, other = make_pair(tmp_path), make_pair(tmp_path, "other")
    old = pair.der
    server = start(**pair.flags)
    server.log.allow("does not belong to the certificate")
    pair.certificate.write_bytes(other.certificate.read_bytes())
    done = server.reload()
    assert done.returncode == COMMAND_FAILED
    assert "does not belong" in done.stderr
    assert "old certificate stays" in done.stderr
    assert "does not belong" in server.log
    assert "does not belong" in server.status()["tls"]["last_error"]
    assert "does not belong" in server.command("status").stdout
    assert shown(server.port) == old
    pair.key.write_bytes(other.key.read_bytes())
    assert server.reload().returncode == 0
    assert server.status()["tls"]["last_error"] == ""
    assert shown(server.port) == other.der


def test_a_stop_answers_what_was_accepted_and_ends_each_session(start: Starter, pair: Pair) -> None:
    app = start.app("counting")
    server = start(app, **pair.flags)
    executions = Path(f"{app}.executions")
    context = client_context(pair)
    context.options &= ~ssl.OP_IGNORE_UNEXPECTED_EOF
    with TlsConnection(server.port, context) as busy, TlsConnection(server.port, context) as idle:
        busy.send("POST /python/hold?key=1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
        wait_for(executions.exists, "the handler runs")
        server.signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in server.log, "the stop has begun")
        assert idle.tls.recv(1) == b""
        executions.with_suffix(".release").touch()
        assert busy.answer().status == 200
        assert busy.tls.recv(1) == b""
    assert server.wait_exit() == 0


def test_a_handshake_under_way_does_not_hold_the_stop_up(start: Starter, pair: Pair) -> None:
    server = start(head_timeout="60s", **pair.flags)
    with Connection(server.port) as silent, Connection(server.port) as begun:
        begun.send(CLIENT_HELLO[:6])
        wait_for(lambda: serves(server.port), "both were accepted")
        server.signal(signal.SIGTERM)
        assert server.wait_exit(20) == 0
        assert silent.is_closed()
        assert begun.is_closed()
