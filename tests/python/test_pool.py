"""The process pool: an Executor that survives its children."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path

import pytest

import _pool_tasks as tasks
from _support import AppWriter
from typhon import HTTPError, PoolProcessDied, _pool
from typhon._process_pool import ProcessPool
from typhon.errors import PoolStartError

LIMIT = 30.0


def until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < end, f"never: {what}"
        threading.Event().wait(0.005)


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(2) as made:
        made.warm(LIMIT)
        yield made


def test_every_child_exists_once_it_is_warm(pool: ProcessPool) -> None:
    pids = pool.pids()
    assert len(pids) == 2
    assert all(alive(pid) for pid in pids)
    assert os.getpid() not in pids
    assert pool.submit(tasks.pid).result(LIMIT) in pids


def test_results_of_map_are_in_order(pool: ProcessPool) -> None:
    assert list(pool.map(tasks.double, range(50))) == list(range(0, 100, 2))
    assert list(pool.map(tasks.double, range(50), chunksize=7)) == list(range(0, 100, 2))
    assert list(pool.map(tasks.add, [1, 2], [10, 20])) == [11, 22]
    assert list(pool.map(tasks.double, [])) == []
    with pytest.raises(ValueError, match=r"chunksize"):
        pool.map(tasks.double, [1], chunksize=0)


def test_an_event_loop_can_run_tasks_in_it(pool: ProcessPool) -> None:
    async def run() -> int:
        return await asyncio.get_running_loop().run_in_executor(pool, tasks.double, 21)

    assert asyncio.run(run()) == 42


def test_an_exception_of_a_task_comes_back(pool: ProcessPool) -> None:
    with pytest.raises(ValueError, match=r"broken"):
        pool.submit(tasks.fail, "broken").result(LIMIT)
    with pytest.raises(HTTPError, match=r"409 taken"):
        pool.submit(tasks.refuse).result(LIMIT)


def test_sys_exit_in_a_task_ends_only_the_task(pool: ProcessPool) -> None:
    before = pool.pids()
    with pytest.raises(SystemExit):
        pool.submit(tasks.leave).result(LIMIT)
    assert pool.submit(tasks.double, 1).result(LIMIT) == 2
    assert pool.pids() == before


@pytest.mark.parametrize("unpicklable", [lambda: 1, threading.Lock()], ids=["function", "argument"])
def test_what_cannot_be_pickled_fails_alone(pool: ProcessPool, unpicklable: object) -> None:
    future = pool.submit(unpicklable) if callable(unpicklable) else pool.submit(tasks.double, unpicklable)
    with pytest.raises(Exception, match=r"pickle"):
        future.result(LIMIT)
    assert pool.submit(tasks.double, 1).result(LIMIT) == 2


def test_children_ignore_the_signals_that_end_a_server_and_have_others_as_usual(pool: ProcessPool) -> None:
    """Whoever stops a service sends them to all its processes, while the gateway still drains."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
    assert pool.submit(tasks.signal_self, *numbers).result(LIMIT) == 3
    assert pool.submit(tasks.signal_state).result(LIMIT) == {"usr1": True, "blocked": []}


def test_programs_and_forks_of_a_task_do_not_ignore_signals(pool: ProcessPool) -> None:
    assert pool.submit(tasks.end_descendants).result(LIMIT) == [-signal.SIGTERM] * 2


def test_a_dead_child_costs_the_task_that_ran_in_it_and_no_other(tmp_path: Path) -> None:
    """Two run, six wait, one of the two kills itself: the other and the six are answered, none runs twice."""
    log, gate = tmp_path / "log", tmp_path / "gate"
    with ProcessPool(2) as pool:
        pool.warm(LIMIT)
        first = pool.pids()
        held = pool.submit(tasks.wait_for_file, str(gate))
        killed = pool.submit(tasks.die)
        waiting = [pool.submit(tasks.append, str(log), f"{number}") for number in range(6)]
        with pytest.raises(
            PoolProcessDied, match=r"SIGKILL.* while it ran _pool_tasks.die; .* not run again"
        ):
            killed.result(LIMIT)
        assert [future.result(LIMIT) for future in waiting] == [str(number) for number in range(6)]
        assert not held.done()
        gate.touch()
        assert held.result(LIMIT) is True
        assert sorted(log.read_text()) == list("012345")
        until(lambda: len(pool.pids()) == 2, "the dead child is replaced")
        assert len(set(pool.pids()) & set(first)) == 1


def test_a_pool_whose_children_were_killed_while_idle_works_again() -> None:
    """A task that is given to a child that is just dead goes to its successor."""
    with ProcessPool(2) as pool:
        first = pool.warm(LIMIT)
        for pid in first:
            os.kill(pid, signal.SIGKILL)
        assert [pool.submit(tasks.double, n).result(LIMIT) for n in (4, 5, 6, 7)] == [8, 10, 12, 14]
        until(lambda: len(pool.pids()) == 2 and not set(pool.pids()) & set(first), "both are replaced")


def test_a_cancelled_task_never_runs(tmp_path: Path) -> None:
    gate, log = tmp_path / "gate", tmp_path / "log"
    with ProcessPool(1) as pool:
        held = pool.submit(tasks.wait_for_file, str(gate))
        unwanted = pool.submit(tasks.append, str(log), "x")
        assert unwanted.cancel()
        gate.touch()
        assert held.result(LIMIT) is True
    assert not log.exists()


def test_shutdown_finishes_what_runs_and_cancels_what_waits(tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    pool = ProcessPool(1)
    pool.warm(LIMIT)
    (child,) = pool.pids()
    held = pool.submit(tasks.wait_for_file, str(gate))
    until(held.running, "the task runs")
    waiting = pool.submit(tasks.double, 1)
    pool.shutdown(wait=False, cancel_futures=True)
    with pytest.raises(CancelledError):
        waiting.result(LIMIT)
    with pytest.raises(RuntimeError, match=r"the pool is closed"):
        pool.submit(tasks.double, 1)
    gate.touch()
    pool.shutdown(wait=True)
    assert held.result(0) is True
    assert not alive(child)


def test_init_worker_runs_in_each_child(write_app: AppWriter) -> None:
    app = write_app(
        pool_workers="STATE = 'imported'\ndef init_worker():\n    global STATE\n    STATE = 'initialized'\n"
    )
    sys.path.insert(0, str(app))
    with ProcessPool(2, str(app)) as pool:
        pool.warm(LIMIT)
        assert {pool.submit(tasks.initialized).result(LIMIT) for _ in range(4)} == {"initialized"}


def test_a_failed_init_worker_is_a_start_error_with_its_traceback(write_app: AppWriter) -> None:
    app = write_app(pool_workers="def init_worker():\n    raise OSError('no model')\n")
    sys.path.insert(0, str(app))
    with ProcessPool(2, str(app)) as pool, pytest.raises(PoolStartError) as caught:
        pool.warm(LIMIT)
    assert "OSError: no model" in str(caught.value)
    assert "pool_workers.py" in str(caught.value)


def test_children_start_without_traces_of_the_server(pool: ProcessPool) -> None:
    names = set(pool.submit(tasks.environment).result(LIMIT))
    assert not {name for name in names - set(os.environ) if name.startswith(("TYPHON", "PYTHON"))}


@pytest.mark.parametrize("kill", [os.kill, os.killpg])
def test_a_killed_owner_leaves_nothing(tmp_path: Path, kill: Callable[[int, int], None]) -> None:
    """Of the owner, or of its group with fork server and children: no process and no file is left.

    The temporary directory's name is too long for a socket.
    """
    temporary = tmp_path / ("long" * 30)
    temporary.mkdir()
    script = (
        "import sys, threading\nfrom typhon._process_pool import ProcessPool\n"
        "pool = ProcessPool(2)\nprint(*pool.warm(30), flush=True)\nthreading.Event().wait()\n"
    )
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(temporary)}
    command = [sys.executable, "-W", "ignore", "-c", script]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, text=True, process_group=0
    ) as owner:
        assert owner.stdout is not None
        pids = [int(word) for word in owner.stdout.readline().split()]
        assert len(pids) == 2
        servers = {int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in pids}
        kill(owner.pid, signal.SIGKILL)
    until(lambda: not any(alive(pid) for pid in [*pids, *servers]), "children and server are gone")
    until(lambda: not list(temporary.iterdir()), "the server's socket is gone")


@pytest.fixture
def no_pool() -> Iterator[None]:
    yield
    _pool.stop_pool()


@pytest.mark.usefixtures("no_pool")
def test_start_pool_gives_a_warm_pool_and_stop_pool_ends_it() -> None:
    made = _pool.start_pool(2, "processes")
    assert made is not None
    pids = _pool.pool_pids()
    assert len(pids) == 2
    _pool.stop_pool()
    assert _pool.pool_pids() == []
    assert not any(alive(pid) for pid in pids)


@pytest.mark.usefixtures("no_pool")
def test_no_workers_is_no_pool() -> None:
    assert _pool.start_pool(0, "processes") is None


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(PoolStartError, match='unknown pool "threads"'):
        _pool.start_pool(2, "threads")


def test_dask_without_its_package_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(PoolStartError, match=r"pip install distributed"):
        _pool.start_pool(2, "dask://127.0.0.1:1")
