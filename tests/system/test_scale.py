"""`typhon scale N`."""

from __future__ import annotations

from harness.load import Load
from harness.starter import Starter
from harness.waiting import wait_for

USAGE = 2


def test_workers_are_added_and_removed_while_requests_run(start: Starter) -> None:
    server = start(start.app("counting"))
    with Load(server.port, "/python/count/slow", threads=6) as load:
        for count in (3, 1, 2):
            done = server.command("scale", str(count))
            assert done.returncode == 0, done.stderr
            wait_for(lambda count=count: len(server.status()["workers"]) == count, f"{count} workers")  # type: ignore[misc]
    assert set(load.results()) == {200}


def test_scaling_keeps_the_workers_that_stay(start: Starter) -> None:
    server = start()
    (first,) = server.worker_pids()
    assert server.command("scale", "2").returncode == 0
    assert first in server.worker_pids()


def test_a_scale_that_is_no_number_is_refused(start: Starter) -> None:
    server = start()
    for bad in ("0", "-1", "many"):
        assert server.command("scale", bad).returncode == USAGE
    assert len(server.worker_pids()) == 1
