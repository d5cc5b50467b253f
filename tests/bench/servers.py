"""Starting, awaiting and stopping the measured servers, each in a process group of its own."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

READY_WITHIN_S = 60.0
STOPPED_WITHIN_S = 15.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True)
class Server:
    """How a server is started: `command` gets the port."""

    name: str
    command: Callable[[int], Sequence[str]]
    path: str = "/hello"
    cwd: Path | None = None
    environment: Callable[[int], Mapping[str, str]] = lambda _port: {}
    body: str | None = None  # JSON to POST; None: it is asked by GET


@dataclass(frozen=True)
class Running:
    """A started server."""

    server: Server
    port: int
    process: subprocess.Popen[bytes]

    def url(self, path: str | None = None) -> str:
        return f"http://127.0.0.1:{self.port}{path or self.server.path}"

    def rss_mb(self) -> float:
        """Resident memory of the process that was started, without its children."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS:"))
        return int(line.split()[1]) / 1024


def answers(port: int, path: str, body: str | None = None) -> bool:
    """Whether a GET, or a POST of JSON, is answered with 200."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        method, fields = ("GET", {}) if body is None else ("POST", {"Content-Type": "application/json"})
        connection.request(method, path, body, fields)
        response = connection.getresponse()
        response.read()
        return response.status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _await_ready(running: Running, log: Path) -> None:
    end = time.monotonic() + READY_WITHIN_S
    while not answers(running.port, running.server.path, running.server.body):
        if running.process.poll() is not None or time.monotonic() > end:
            tail = log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{running.server.name} did not become ready:\n{tail}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(STOPPED_WITHIN_S)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@contextlib.contextmanager
def started(server: Server, logs: Path) -> Iterator[Running]:
    """Starts a server, yields it when it answers, and stops its whole process group afterwards.

    Raises RuntimeError with the end of its log when it does not become ready.
    """
    port = free_port()
    log = logs / f"{server.name.replace(' ', '-')}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            server.command(port),
            cwd=server.cwd,
            env={**os.environ, **server.environment(port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        running = Running(server, port, process)
        _await_ready(running, log)
        yield running
    finally:
        _stop(process)
