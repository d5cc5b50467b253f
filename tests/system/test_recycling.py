"""Workers are replaced when they have served enough, grown too much or lived long enough."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from harness.load import Load
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for

FAILED = (r"] error: ", r"^Traceback", r"^\[error\]")
MIB = 1 << 20


def serving(start: Starter, **flags: Any) -> Server:
    return start(start.app("recycling"), **flags)


def counts(server: Server, figure: str) -> list[int]:
    """``recycled`` or ``restarts`` of each worker."""
    return [worker[figure] for worker in server.status()["workers"]]


def wait_for_recycling(server: Server, old: int) -> dict[str, Any]:
    """Waits until the old worker is gone; the status of its successor."""

    def successor() -> dict[str, Any] | None:
        workers = server.status()["workers"]
        alone = len(workers) == 1 and workers[0]["pid"] != old
        return workers[0] if alone else None

    return wait_for(successor, f"worker {old} is recycled")


def test_recycling_by_requests_under_load_loses_nothing(start: Starter) -> None:
    """Two workers, each is replaced at least twice meanwhile: every POST is answered 200 and was
    executed once, and never are two workers replaced at a time."""
    server = serving(start, workers=2, max_requests=50, max_requests_jitter=20)
    most = 0
    with Load(server.port, "/python/count", threads=6) as load:
        while min(counts(server, "recycled")[:2]) < 2:
            most = max(most, len(server.status()["workers"]))
    assert set(load.results()) == {200}
    assert most == 3
    executed = Path(f"{server.app}.executions").read_text().split()
    assert sorted(executed) == sorted(outcome.key for outcome in load.outcomes)
    assert counts(server, "restarts")[:2] == [0, 0]
    status = server.status()
    assert (status["state"], status["generation"], status["last_error"]) == ("ready", 1, "")
    assert "recycling worker" in server.log
    assert "requests" in server.log


def test_a_worker_below_its_limit_stays(start: Starter) -> None:
    """The other one of two with the same limits is recycled; both were looked at then."""
    server = serving(start, workers=1, max_requests=40, max_worker_rss="4G", max_worker_age="1h")
    (old,) = server.worker_pids()
    for _ in range(39):
        assert server.client.get("/python/pid").json() == old
    wait_for(lambda: server.status()["workers"][0]["served"] == 39, "39 are counted")
    began = time.monotonic()
    wait_for(lambda: time.monotonic() > began + 1.5, "the supervisor has looked")
    assert server.worker_pids() == [old]
    server.client.get("/python/pid")
    assert wait_for_recycling(server, old)["recycled"] == 1


def test_a_worker_that_grows_is_recycled(start: Starter) -> None:
    server = serving(start, max_worker_rss="300M")
    (old,) = server.worker_pids()
    assert server.client.get("/python/keep/300").json() == old
    fresh = wait_for_recycling(server, old)
    assert (fresh["recycled"], fresh["restarts"]) == (1, 0)
    assert fresh["rss_bytes"] < 300 * MIB
    assert "MiB with its pool" in server.log


def test_the_memory_of_the_pool_counts(start: Starter) -> None:
    server = serving(start, max_worker_rss="300M")
    (worker,) = server.status()["workers"]
    child = server.client.get("/python/pool/keep/300").json()
    assert child in worker["pool_pids"]
    fresh = wait_for_recycling(server, worker["pid"])
    assert child not in fresh["pool_pids"]
    assert server.client.get("/python/pool/keep/1").status_code == 200


def test_a_worker_of_the_highest_age_is_recycled(start: Starter) -> None:
    server = serving(start, max_worker_age="1500ms")
    (old,) = server.worker_pids()
    wait_for_recycling(server, old)
    assert "s old" in server.log


def test_a_request_that_runs_long_is_answered_by_the_old_worker(start: Starter) -> None:
    server = start(start.app("counting"), max_requests=10)
    (old,) = server.worker_pids()
    executions = Path(f"{server.app}.executions")
    with Load(server.port, "/python/hold", threads=1, each=1) as load:
        wait_for(executions.exists, "the handler runs")
        for number in range(10):
            server.client.post(f"/python/count?key={number}")
        wait_for(lambda: server.worker_pids() not in ([], [old]), "the successor serves")
        assert server.client.post("/python/count?key=new").json()["pid"] != old
        executions.with_suffix(".release").touch()
    assert load.results() == {200: 1}
    assert str(old).encode() in load.outcomes[0].body


def test_when_the_successor_does_not_start_the_worker_serves_on(start: Starter) -> None:
    """The error is in log and status; the next good start ends it."""
    server = serving(start, max_requests=5)
    server.log.allow(*FAILED)
    (old,) = server.worker_pids()
    broken = server.app / "broken.py"
    broken.write_text("import no_such_package\n")
    for _ in range(5):
        server.client.get("/python/pid")
    wait_for(lambda: "could not be replaced" in server.status()["last_error"], "the failure is told")
    assert "no_such_package" in server.status()["last_error"]
    assert "cannot be replaced and serves on; next try" in server.log
    assert server.client.get("/python/pid").json() == old
    assert server.status()["state"] == "ready"
    broken.unlink()
    wait_for_recycling(server, old)
    assert server.status()["last_error"] == ""


def test_a_limit_below_what_a_fresh_worker_needs_starts_no_workers_without_end(start: Starter) -> None:
    """It is held, but at growing distance."""
    server = serving(start, max_worker_rss="1M")
    wait_for(lambda: counts(server, "recycled")[0] >= 2, "recycled twice")
    began = time.monotonic()
    wait_for(lambda: time.monotonic() > began + 3, "three seconds")
    assert counts(server, "recycled")[0] <= 4
    assert server.client.get("/python/pid").status_code == 200


def test_a_reload_does_not_wait_for_a_recycling(start: Starter) -> None:
    """The successor hangs in its import; a reload with repaired code is through at once."""
    server = serving(start, max_requests=1)
    gate = server.app.with_suffix(".gate")
    (server.app / "slow.py").write_text(
        f"import time, pathlib\nwhile not pathlib.Path({str(gate)!r}).exists(): time.sleep(0.01)\n"
    )
    server.client.get("/python/pid")
    wait_for(lambda: len(server.status()["workers"]) == 2, "the successor starts")
    (server.app / "slow.py").unlink()
    done = server.reload()
    assert done.returncode == 0, done.stderr
    assert server.status()["generation"] == 2
