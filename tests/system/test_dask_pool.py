"""The pool as a Dask cluster: the example's pool handlers, unchanged, on a scheduler and a worker of Dask."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.binaries import EXAMPLE_APP
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

pytest.importorskip("distributed")

START_S = 30
NO_EXTRAS = ["--no-dashboard", "--host", "127.0.0.1"]


@dataclass
class Cluster:
    """One scheduler with one worker, each a process of its own."""

    address: str
    worker: subprocess.Popen[bytes]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    directory = tmp_path_factory.mktemp("dask")
    told = directory / "scheduler.json"
    scheduler = run(directory, "scheduler", "--port", "0", "--scheduler-file", str(told), *NO_EXTRAS)
    try:
        wait_for(lambda: told.exists() and "tcp://" in told.read_text(), "Dask's scheduler", START_S)
        address = told.read_text().split("tcp://", 1)[1].split('"', 1)[0]
        worker = run(
            directory, "worker", f"tcp://{address}", "--nworkers", "1", "--nthreads", "2", *NO_EXTRAS
        )
        try:
            yield Cluster(address, worker)
        finally:
            end(worker)
    finally:
        end(scheduler)


def run(directory: Path, command: str, *arguments: str) -> subprocess.Popen[bytes]:
    """``dask COMMAND``; it finds the example's modules as a cluster does on which they are installed."""
    with (directory / f"{command}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", command, *arguments],
            cwd=directory,
            env=os.environ | {"PYTHONPATH": f"{EXAMPLE_APP}:{EXAMPLE_APP.parent}"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def end(process: subprocess.Popen[bytes]) -> None:
    """The process with its children (Dask's worker has a nanny), at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


@pytest.fixture
def server(start: Starter, cluster: Cluster) -> Server:
    return start(pool=f"dask://{cluster.address}")


def test_the_example_computes_on_the_cluster(server: Server) -> None:
    """Sync handlers that wait or return the Future, and an async one; no pool process on this machine."""
    client = server.client
    assert client.get("/python/pool/squares?numbers=1,2,3").json() == {"squares": [1, 4, 9]}
    assert client.post("/python/pool/sum", json={"numbers": [1, 2]}).json() == {"result": 3}
    assert client.get("/python/pool/factorial/5").json() == {"n": 5, "result": 120}
    assert client.get("/python/pool/slow?duration=0.1").json() == {"slept": 0.1}
    assert client.post("/python/async/compute", json={"numbers": [1, 2]}).json() == {"squares": [1, 4]}
    assert server.status()["workers"][0]["pool_pids"] == []


def test_a_task_runs_in_a_process_of_the_cluster(start: Starter, cluster: Cluster) -> None:
    module = (
        "import os\n"
        "from typhon import route\n"
        "@route('/python/where', use_process_pool=True)\n"
        "def where(request, pool):\n"
        "    return pool.submit(os.getpid)\n"
    )
    server = start(start.app(where=module), pool=f"dask://{cluster.address}")
    pid = int(server.client.get("/python/where").text)
    assert pid not in server.worker_pids()
    assert os.getpgid(pid) == cluster.worker.pid


def test_a_task_past_its_deadline_is_given_up(start: Starter, cluster: Cluster) -> None:
    """The client has its 504 at the deadline, and the thread that waited for the result is free again."""
    module = (
        "import time\n"
        "from typhon import route\n"
        "@route('/python/late', use_process_pool=True, timeout=0.5)\n"
        "def late(request, pool):\n"
        "    return pool.submit(time.sleep, 3).result()\n"
    )
    server = start(start.app(late=module), pool=f"dask://{cluster.address}", threads=1)
    server.log.allow(r"^\[error\] request ", r"^Traceback ")
    assert server.client.get("/python/late").status_code == 504
    wait_for(lambda: server.status()["workers"][0]["in_flight"] == 0, "no slot is held")
    assert "PoolTimeoutError: the pool task time.sleep was not done in the time of its request" in server.log


def test_equal_tasks_are_run_each(start: Starter, cluster: Cluster, tmp_path: Path) -> None:
    """Dask would take them for one, whose result it knows already."""
    counts = (
        "import os, pathlib\n"
        "from typhon import route\n"
        f"PATH = {str(tmp_path / 'count')!r}\n"
        "@route('/python/touch', use_process_pool=True)\n"
        "def touch(request, pool):\n"
        "    return pool.submit(os.posix_spawn, '/bin/sh', ['sh', '-c', f'echo x >> {PATH}'], {}).result()\n"
    )
    server = start(start.app(counts=counts), pool=f"dask://{cluster.address}")
    for _ in range(3):
        assert server.client.get("/python/touch").status_code == 200
    count = tmp_path / "count"
    wait_for(lambda: count.exists() and count.read_text().count("x") == 3, "three runs")


def test_a_reload_connects_anew(server: Server) -> None:
    server.reload()
    assert server.client.get("/python/pool/factorial/5").json() == {"n": 5, "result": 120}


def test_a_scheduler_that_is_not_there_fails_the_start_in_one_sentence(start: Starter) -> None:
    server = start.launch(pool="dask://127.0.0.1:1")
    server.log.allow("could not start", "cannot start", "does not start")
    wait_for(lambda: "no Dask scheduler answers at 127.0.0.1:1" in server.log, "the sentence", START_S)
    assert server.client.get("/native/hello").status_code == 200
    assert server.client.get("/python/hello").status_code == 503
    assert "Traceback" not in server.log
