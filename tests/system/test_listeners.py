"""Several addresses at once: TCP, IPv6, unix sockets, and sockets of systemd."""

from __future__ import annotations

import signal
import socket
import stat
from pathlib import Path

import httpx
import pytest

from harness.activation import activation
from harness.binaries import EXAMPLE_APP, VENV
from harness.raw import Connection
from harness.server import run_typhon
from harness.starter import Starter
from harness.waiting import LONG_S, wait_for

USAGE, ADDRESS = 2, 4


def ask_unix(path: Path, target: str = "/python/hello") -> int:
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(path)), timeout=LONG_S) as client:
        return client.get(f"http://localhost{target}").status_code


def usual(tmp_path: Path) -> list[str | Path]:
    return ["--app", EXAMPLE_APP, "--venv", VENV, "--run-dir", tmp_path / "run"]


def test_tcp_ipv6_and_unix_at_once(start: Starter, tmp_path: Path) -> None:
    """One application on three addresses; status and log show all; the socket's file goes at the stop."""
    path = tmp_path / "typhon.sock"
    server = start(port=None, listen=["127.0.0.1:0", "[::1]:0", f"unix:{path}?mode=600"])
    v4, v6, unix = server.status()["listeners"]
    assert httpx.get(f"{v4}/python/hello", timeout=LONG_S).status_code == 200
    assert v6.startswith("http://[::1]:")
    assert httpx.get(f"{v6}/native/hello", timeout=LONG_S).status_code == 200
    assert unix == f"unix:{path}"
    assert ask_unix(path) == 200
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    table = server.command("status").stdout
    for url in (v4, v6, unix):
        assert f"listens on {url}\n" in server.log.text()
        assert url in table
    assert server.stop() == 0
    assert not path.exists()


def test_host_and_port_are_one_more_when_they_are_given(start: Starter, tmp_path: Path) -> None:
    server = start(port=0, listen=f"unix:{tmp_path / 's'}")
    tcp, unix = server.status()["listeners"]
    assert (tcp, unix) == (f"http://127.0.0.1:{server.port}", f"unix:{tmp_path / 's'}")
    assert server.client.get("/python/hello").status_code == 200


def test_a_gateway_may_have_a_unix_socket_alone(start: Starter, tmp_path: Path) -> None:
    path = tmp_path / "s"
    server = start(port=None, listen=f"unix:{path}")
    assert server.status()["listen"] == f"unix:{path}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert ask_unix(path) == 200
    assert ask_unix(path, "/native/hello") == 200


def test_a_relative_path_is_that_of_the_start(start: Starter) -> None:
    server = start(port=None, listen="unix:here.sock")
    assert server.status()["listen"] == f"unix:{server.home / 'here.sock'}"
    assert ask_unix(server.home / "here.sock") == 200


def test_the_socket_of_a_killed_gateway_is_replaced(start: Starter, tmp_path: Path) -> None:
    path = tmp_path / "s"
    first = start(port=None, listen=f"unix:{path}")
    first.process.kill()
    first.wait_exit()
    assert path.is_socket()
    start.forget(first)
    start(port=None, listen=f"unix:{path}")
    assert ask_unix(path) == 200


def test_the_socket_of_a_live_gateway_is_refused_and_it_serves_on(start: Starter, tmp_path: Path) -> None:
    path = tmp_path / "s"
    start(port=None, listen=f"unix:{path}")
    done = run_typhon("serve", *usual(tmp_path), "--listen", f"unix:{path}")
    assert done.returncode == ADDRESS
    assert str(path) in done.stderr
    assert ask_unix(path) == 200
    assert not (tmp_path / "run").exists()


def test_when_one_address_is_taken_none_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        listen = ["--listen", f"unix:{path}", "--listen", f"127.0.0.1:{port}"]
        done = run_typhon("serve", *usual(tmp_path), *listen)
    assert done.returncode == ADDRESS
    assert str(port) in done.stderr
    assert not path.exists()


@pytest.mark.parametrize("place", ["nowhere", "127.0.0.1:99999", "unix:", "unix:/s?mode=9"])
def test_an_address_that_is_none_is_named(tmp_path: Path, place: str) -> None:
    done = run_typhon("serve", *usual(tmp_path), "--listen", place)
    assert done.returncode == USAGE
    assert f"'{place}'" in done.stderr


def test_a_stop_answers_what_each_listener_accepted(start: Starter, tmp_path: Path) -> None:
    """A request on each of two listeners runs when the stop begins; both are answered."""
    app = start.app("counting")
    server = start(app, threads=4, port=None, listen=["127.0.0.1:0", "127.0.0.1:0"])
    executions = Path(f"{app}.executions")
    ports = [int(url.rsplit(":", 1)[1]) for url in server.status()["listeners"]]
    connections = [Connection(port) for port in ports]
    for key, connection in enumerate(connections):
        connection.send(f"POST /python/hold?key={key} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    wait_for(lambda: executions.exists() and len(executions.read_text().split()) == 2, "both run")
    server.signal(signal.SIGTERM)
    wait_for(lambda: "stopping" in server.log, "the stop has begun")
    executions.with_suffix(".release").touch()
    for connection in connections:
        with connection:
            assert connection.answer().status == 200
    assert server.wait_exit() == 0


def test_sockets_of_systemd_are_served(start: Starter, tmp_path: Path) -> None:
    path = tmp_path / "s"
    server = start.launch(prefix=activation(path), port=None, listen="systemd")
    server.wait_ready()
    tcp, unix = server.status()["listeners"]
    assert unix == f"unix:{path}"
    assert httpx.get(f"{tcp}/python/hello", timeout=LONG_S).status_code == 200
    assert ask_unix(path) == 200
    for worker in server.worker_pids():
        assert b"LISTEN_FDS" not in Path(f"/proc/{worker}/environ").read_bytes()
    assert server.stop() == 0
    assert path.is_socket()  # it is systemd's


def test_without_sockets_of_systemd_it_says_so(tmp_path: Path) -> None:
    done = run_typhon("serve", *usual(tmp_path), "--listen", "systemd")
    assert done.returncode == ADDRESS
    assert "LISTEN_FDS" in done.stderr
