"""Stop: what was accepted is answered, nothing is left, the exit code says how it went."""

from __future__ import annotations

import signal
import threading
from pathlib import Path

import pytest

from harness import processes
from harness.load import LOST, REFUSED, Load
from harness.raw import Connection
from harness.starter import Starter
from harness.waiting import wait_for

FORCED = 130


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_idle_gateway_stops_with_0(start: Starter, number: int) -> None:
    server = start(workers=2)
    server.signal(number)
    assert server.wait_exit() == 0
    server.check_nothing_left()


def test_stop_ends_the_gateway_and_waits_for_it(start: Starter) -> None:
    server = start()
    done = server.command("stop")
    assert done.returncode == 0, done.stderr
    assert server.wait_exit(5) == 0
    assert not server.run_dir.exists()


def test_stop_under_load_answers_every_accepted_request(start: Starter) -> None:
    """Connections that were made get a 200; afterwards connections are refused."""
    server = start(start.app("counting"), workers=2)
    with Load(server.port, "/python/count/slow", threads=12, keep_alive=False) as load:
        load.wait_until(100)
        server.signal(signal.SIGTERM)
        assert server.wait_exit() == 0
    results = load.results()
    assert set(results) <= {200, REFUSED}, results
    executed = Path(f"{server.app}.executions").read_text().split()
    assert sorted(executed) == sorted(load.keys(lambda result: result == 200))


def test_stop_under_load_with_kept_connections_loses_no_execution(start: Starter) -> None:
    """A kept connection may close as its next request is on its way: that one was never executed."""
    server = start(start.app("counting"), workers=2)
    with Load(server.port, "/python/count/slow", threads=12) as load:
        load.wait_until(100)
        server.signal(signal.SIGTERM)
        assert server.wait_exit() == 0
    assert set(load.results()) <= {200, REFUSED, LOST}
    executed = Path(f"{server.app}.executions").read_text().split()
    assert sorted(executed) == sorted(load.keys(lambda result: result == 200))


def test_a_long_request_is_answered_before_the_end(start: Starter) -> None:
    server = start(start.app("counting"))
    executions = Path(f"{server.app}.executions")
    with Load(server.port, "/python/hold", threads=1, each=1) as load:
        wait_for(executions.exists, "the handler runs")
        server.signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in server.log, "the stop has begun")
        executions.with_suffix(".release").touch()
    assert load.results() == {200: 1}
    assert server.wait_exit() == 0


def test_what_cannot_finish_in_time_is_answered_503(start: Starter) -> None:
    server = start(start.app("counting"), drain_timeout="1s")
    server.log.allow(r"drain time")
    executions = Path(f"{server.app}.executions")
    with Load(server.port, "/python/hold", threads=1, each=1) as load:
        wait_for(executions.exists, "the handler runs")
        server.signal(signal.SIGTERM)
    assert load.results() == {503: 1}
    assert server.wait_exit() == 0


def test_a_second_signal_ends_it_at_once(start: Starter) -> None:
    server = start(start.app("counting"))
    executions = Path(f"{server.app}.executions")
    with Load(server.port, "/python/hold", threads=1, each=1) as load:
        wait_for(executions.exists, "the handler runs")
        server.signal(signal.SIGTERM)
        wait_for(lambda: "stopping" in server.log, "the stop has begun")
        server.signal(signal.SIGTERM)
        assert server.wait_exit(5) == FORCED
    assert len(load.outcomes) == 1


def test_idle_connections_do_not_hold_the_stop_up(start: Starter) -> None:
    server = start()
    with Connection(server.port) as fresh, Connection(server.port) as used:
        used.send("GET /native/hello HTTP/1.1\r\nHost: x\r\n\r\n")
        assert used.answer().status == 200
        server.signal(signal.SIGTERM)
        assert server.wait_exit(10) == 0
        assert fresh.is_closed()
        assert used.is_closed()


def test_a_stop_during_the_start_is_clean(start: Starter) -> None:
    server = start.launch(start.app(slow="import time\ntime.sleep(3)\n"))
    wait_for(lambda: server.command("status").returncode == 0, "the gateway answers")
    server.signal(signal.SIGTERM)
    assert server.wait_exit(20) == 0


def test_a_stop_during_a_reload_is_clean(start: Starter) -> None:
    server = start(start.app("counting"))
    (server.app / "slow.py").write_text("import time\ntime.sleep(1)\n")
    caller = threading.Thread(target=server.reload)
    caller.start()
    wait_for(lambda: server.status()["state"] == "reloading", "the reload has begun")
    server.signal(signal.SIGTERM)
    assert server.wait_exit(20) == 0
    caller.join(20)
    assert not caller.is_alive()


def test_pool_tasks_end_with_the_stop(start: Starter) -> None:
    server = start(pool_workers=2)
    pids = [pid for worker in server.status()["workers"] for pid in worker["pool_pids"]]
    assert len(pids) == 2
    answer = server.client.get("/python/pool/slow?duration=0.2")
    assert answer.status_code == 200
    assert server.stop() == 0
    assert not any(processes.is_alive(pid) for pid in pids)
