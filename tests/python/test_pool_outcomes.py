"""What can go wrong with a pool task, each with one clear error and no harm to the next task."""

from __future__ import annotations

import math
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import _pool_tasks as tasks
from _support import AppWriter
from test_pool import LIMIT, alive, until
from typhon import Pool, PoolProcessDied, PoolStartError, PoolTaskError, PoolTimeoutError
from typhon._process_pool import ProcessPool


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPool]:
    with ProcessPool(1) as made:
        made.warm(LIMIT)
        yield made


def works(pool: ProcessPool) -> bool:
    return bool(pool.submit(tasks.double, 21).result(LIMIT) == 42)


SURVIVED: dict[str, tuple[Callable[..., object], type[BaseException], str]] = {
    "result": (
        tasks.unpicklable_result,
        pickle.PicklingError,
        "result of .*unpicklable_result, a lock, cannot",
    ),
    "sealed": (
        tasks.sealed_result,
        PoolTaskError,
        "result of .*sealed_result cannot be unpickled: ValueError: sealed",
    ),
    "stubborn": (tasks.stubborn_error, PoolTaskError, "stubborn_error raised .*: Stubborn: 1 and 2"),
    "closed": (tasks.closed_error, PoolTaskError, "closed_error raised .*: Closed: "),
    "memory": (tasks.starve, MemoryError, r"^$"),
    "exit": (tasks.leave, SystemExit, "3"),
}


@pytest.mark.parametrize("case", SURVIVED)
def test_a_fault_that_its_process_survives_ends_the_task_alone(pool: ProcessPool, case: str) -> None:
    function, kind, sentence = SURVIVED[case]
    before = pool.pids()
    with pytest.raises(kind, match=sentence):
        pool.submit(function).result(LIMIT)
    assert works(pool)
    assert pool.pids() == before


def test_the_cause_of_a_tasks_exception_is_the_traceback_of_its_process(pool: ProcessPool) -> None:
    error = pool.submit(tasks.fail, "broken").exception(LIMIT)
    assert error is not None
    assert "_pool_tasks.py" in str(error.__cause__)
    assert "raise ValueError(text)" in str(error.__cause__)


def test_an_argument_that_cannot_be_unpickled_is_told(pool: ProcessPool) -> None:
    with pytest.raises(PoolTaskError, match=r"the pool process cannot unpickle its task: ValueError: sealed"):
        pool.submit(tasks.double, tasks.Sealed()).result(LIMIT)
    assert works(pool)


def test_an_argument_that_cannot_be_pickled_names_the_task(pool: ProcessPool) -> None:
    with pytest.raises(
        pickle.PicklingError, match=r"_pool_tasks.double or one of its arguments cannot be pickled"
    ):
        list(pool.map(tasks.double, [threading.Lock()], chunksize=4))


def test_a_method_of_a_built_in_type_is_a_task(pool: ProcessPool) -> None:
    assert list(pool.map(str.upper, ["a", "b"])) == ["A", "B"]
    with pytest.raises(pickle.PicklingError, match=r"the pool task str.upper or one of its arguments"):
        pool.submit(str.upper, threading.Lock()).result(LIMIT)


def test_an_exit_in_c_names_its_status(pool: ProcessPool) -> None:
    with pytest.raises(
        PoolProcessDied, match=r"ended with exit status 7 while it ran _pool_tasks.leave_at_once"
    ):
        pool.submit(tasks.leave_at_once, 7).result(LIMIT)
    assert works(pool)


def test_large_arguments_and_results_travel_whole(pool: ProcessPool) -> None:
    size = 50_000_000
    assert pool.submit(tasks.size_of, bytes(size)).result(LIMIT) == size
    assert len(pool.submit(tasks.many_bytes, size).result(LIMIT)) == size


class Asked:
    """A request with some seconds left."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.id = "order-66"
        self.route = "/python/asks"


def test_a_task_past_its_deadline_is_killed_and_its_process_replaced(tmp_path: Path) -> None:
    """It runs once; what waited behind it with more time is answered; capacity is back."""
    log = tmp_path / "log"
    with ProcessPool(1) as pool:
        (first,) = pool.warm(LIMIT)
        started = time.monotonic()
        stuck = pool.for_request(Asked(0.3)).submit(
            tasks.append_and_wait, str(log), "x", str(tmp_path / "never")
        )
        patient = pool.for_request(Asked(LIMIT)).submit(tasks.double, 4)
        with pytest.raises(PoolTimeoutError, match=r"append_and_wait was not done in the time"):
            stuck.result(LIMIT)
        assert 0.3 <= time.monotonic() - started < 1.5
        assert patient.result(LIMIT) == 8
        assert log.read_text() == "x"
        until(lambda: not alive(first), "the stuck process is gone")
        assert len(pool.pids()) == 1


def test_a_task_whose_time_is_over_before_it_has_a_process_never_runs(tmp_path: Path) -> None:
    log, gate = tmp_path / "log", tmp_path / "gate"
    with ProcessPool(1) as pool:
        pool.warm(LIMIT)
        held = pool.submit(tasks.wait_for_file, str(gate))
        until(held.running, "the process is held")
        late = pool.for_request(Asked(0.2)).submit(tasks.append, str(log), "x")
        with pytest.raises(PoolTimeoutError, match=r"got no process .* never ran"):
            late.result(LIMIT)
        gate.touch()
        assert held.result(LIMIT) is True
        assert works(pool)
    assert not log.exists()


def test_with_timeout_gives_a_task_more_time_than_its_request(pool: ProcessPool, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    view = pool.for_request(Asked(0.05))
    longer = view.with_timeout(LIMIT).submit(tasks.wait_for_file, str(gate))
    with pytest.raises(PoolTimeoutError):
        view.submit(tasks.double, 1).result(LIMIT)
    gate.touch()
    assert longer.result(LIMIT) is True
    for wrong in (0, -1, math.inf, math.nan, True):
        with pytest.raises(ValueError, match=r"seconds above 0"):
            view.with_timeout(wrong)


def test_a_handler_cannot_shut_the_pool_down(pool: ProcessPool) -> None:
    with pool.for_request(Asked(LIMIT)) as view:
        assert isinstance(view, Pool)
        assert list(view.map(tasks.double, [1, 2, 3], chunksize=2)) == [2, 4, 6]
    assert works(pool)


def test_a_child_that_cannot_be_replaced_fails_tasks_with_the_reason(
    write_app: AppWriter, tmp_path: Path
) -> None:
    """init_worker fails from the second child on, until a file is back: then the pool works by itself."""
    needed = tmp_path / "model"
    needed.touch()
    app = write_app(pool_workers=f"def init_worker():\n    open({str(needed)!r}).close()\n")
    sys.path.insert(0, str(app))
    with ProcessPool(1, str(app)) as pool:
        pool.warm(LIMIT)
        needed.unlink()
        with pytest.raises(PoolProcessDied):
            pool.submit(tasks.die).result(LIMIT)
        with pytest.raises(PoolStartError, match=r"FileNotFoundError"):
            pool.submit(tasks.double, 1).result(LIMIT)
        with pytest.raises(PoolStartError, match=r"FileNotFoundError"):
            pool.submit(tasks.double, 1).result(LIMIT)
        needed.touch()
        until(pool.pids, "a child is up again")
        assert works(pool)
