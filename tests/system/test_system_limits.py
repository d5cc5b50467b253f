"""Limits of open files, processes and threads: it works within them, or says in one message what it lacks."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import processes
from harness.binaries import ROOT, TYPHON, WORKER
from harness.chaos import Rows
from harness.raw import Connection, exchange
from harness.starter import Starter
from harness.surroundings import public_directory, serves, shell
from harness.waiting import wait_for

pytestmark = pytest.mark.chaos

LIMITS = 9
NOBODY = 65533
HELLO = "GET /native/hello HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.fixture
def public() -> Iterator[Path]:
    """A directory that other users can enter."""
    with public_directory() as path:
        yield path


def test_few_descriptors_leave_room_for_new_workers(start: Starter, chaos_row: Rows) -> None:
    """Of 64 the connections get what is left; when all those are taken, one more is answered 503, and a
    reload, the admin socket and native routes work."""
    server = start(prefix=shell("ulimit -n 64"))
    assert "the limit of open files, 64, allows" in server.log
    connections = [Connection(server.port) for _ in range(60)]
    try:
        assert server.reload().returncode == 0
        results = [status_on(connection) for connection in connections]
    finally:
        for connection in connections:
            connection.socket.close()
    answered = results.count(200)
    assert answered >= 4
    assert results.count(503) >= 4
    assert set(results) == {200, 503, None}
    wait_for(lambda: exchange(server.port, HELLO).status == 200, "connections are taken again")
    serves(server)
    chaos_row.record("64 descriptors", f"works with {answered} connections, others 503", lost=60 - answered)


def status_on(connection: Connection) -> int | None:
    """What a connection is answered, None when it is closed."""
    try:
        connection.send(HELLO)
        return connection.answer().status
    except OSError:
        return None


def test_the_limit_of_descriptors_is_raised_for_the_gateway_alone(start: Starter) -> None:
    server = start(prefix=shell("ulimit -Sn 256; ulimit -Hn 1024"))
    (worker,) = server.worker_pids()
    assert open_files(server.pid) == ["1024", "1024"]
    assert open_files(worker) == ["256", "1024"]


def open_files(pid: int) -> list[str]:
    """Soft and hard limit."""
    lines = Path(f"/proc/{pid}/limits").read_text().splitlines()
    return next(line for line in lines if line.startswith("Max open files")).split()[3:5]


def test_the_admin_socket_answers_beside_more_than_1024_connections(start: Starter) -> None:
    """Descriptors above 1023 are no use to select()."""
    server = start(prefix=shell("ulimit -n 4096"))
    connections = [Connection(server.port) for _ in range(1100)]
    try:
        connections[-1].send(HELLO)
        assert connections[-1].answer().status == 200
        assert processes.descriptors(server.pid) > 1100
        assert server.reload().returncode == 0
        assert server.status()["state"] == "ready"
    finally:
        for connection in connections:
            connection.socket.close()


# ---- too little to start with ----


def refused(directory: Path, limit: str) -> str:
    """Starts a gateway within a limit, as another user when we are root, who has no limits; its message."""
    mark = os.urandom(8).hex()
    program = copy_for_others(directory)
    words = ["--app", directory, "--run-dir", directory / "run", "--port", "0"]
    done = subprocess.run(
        [*as_nobody(), *shell(limit), str(program), "serve", *map(str, words)],
        env={processes.MARK: mark},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == LIMITS, done
    assert len(done.stderr.splitlines()) == 1
    assert not (directory / "run").exists()
    assert processes.marked(mark) == []
    return done.stderr


def as_nobody() -> list[str]:
    """A prefix that runs a program as a user without processes of its own."""
    user = f"{NOBODY}"
    return ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups"] if os.geteuid() == 0 else []


def copy_for_others(directory: Path) -> Path:
    """The programs and the framework where any user can read them; the gateway."""
    if os.geteuid() == 0:
        os.chown(directory, NOBODY, NOBODY)
    for program in (TYPHON, WORKER):
        shutil.copy(program, directory)
    shutil.copytree(ROOT / "python" / "typhon", directory / "python" / "typhon")
    (directory / "endpoints.py").write_text(
        "from typhon import route\n@route('/python/hello')\ndef hello(request): return 1\n"
    )
    return directory / TYPHON.name


def test_too_few_descriptors_are_one_message(public: Path, chaos_row: Rows) -> None:
    assert "open files, 40, is too low" in refused(public, "ulimit -n 40")
    chaos_row.record("40 descriptors", "one message, exit code 9")


def test_too_few_threads_for_the_gateway_are_one_message(public: Path, chaos_row: Rows) -> None:
    """The limit counts all that a user runs, so 5 are too few whoever runs the test."""
    message = refused(public, "prlimit --pid $$ --nproc=5")
    assert "processes and threads is too low" in message
    chaos_row.record("5 processes and threads", "one message, exit code 9")


def test_a_worker_without_threads_says_so_and_native_routes_serve(
    start: Starter, public: Path, chaos_row: Rows
) -> None:
    """24 tasks are enough for the gateway alone. (Who is not root has others, and is given more.)"""
    copy_for_others(public)
    most = 24 + tasks_of_user()
    prefix = [*as_nobody(), *shell(f"prlimit --pid $$ --nproc={most}")]
    server = start.launch(
        public,
        prefix=prefix,
        run_dir=public / "run",
        venv=None,
        framework=public / "python",
        worker_bin=public / WORKER.name,
    )
    server.log.allow(r"cannot start the|application does not start|could not start")
    server.wait_state("failed")
    assert "the limit of processes and threads is too low" in str(server.status()["last_error"])
    assert server.client.get("/native/hello").status_code == 200
    assert server.client.get("/python/hello").status_code == 503
    chaos_row.record(f"{most} processes and threads", "native works, Python 503, the status says why")


def tasks_of_user() -> int:
    """How many threads the user of the next gateway has."""
    user = os.geteuid() or NOBODY
    own = [entry for entry in Path("/proc").iterdir() if entry.name.isdigit() and owner(entry) == user]
    return sum(len(list((entry / "task").iterdir())) for entry in own)


def owner(path: Path) -> int:
    """The user, -1 when it is gone."""
    try:
        return path.stat().st_uid
    except FileNotFoundError:
        return -1
