"""Clients that ask for large answers and do not read them: they cost bounded memory, and harm nobody else."""

from __future__ import annotations

import pytest

from harness import processes
from harness.raw import Connection
from harness.server import Server
from harness.slow import SlowClients
from harness.starter import Starter
from harness.waiting import PATIENCE, wait_for

MEBI = 1 << 20
LARGE = b"GET /python/large HTTP/1.1\r\nHost: x\r\n\r\n"
LIMIT = 32 * MEBI


def answers(server: Server) -> dict[str, int]:
    """The figures of unsent answers."""
    figures: dict[str, int] = server.status()["answers"]
    assert set(figures) == {"bytes", "limit", "dropped"}
    return figures


@pytest.mark.chaos
@pytest.mark.parametrize("io_threads", [1, 2])
def test_clients_that_do_not_read_are_cut_off_when_others_need_the_memory(
    start: Starter, io_threads: int
) -> None:
    """Sixty of them ask for 8 MiB each; who reads meanwhile, slowly too, gets all of it."""
    server = start(start.app("mirror"), max_answer_memory="32M", io_threads=io_threads)
    before = processes.resident_bytes(server.pid)
    with SlowClients(server.port, 60, LARGE, b"", 4096):
        wait_for(lambda: answers(server)["dropped"] >= 20, "some are cut off")
        for _ in range(5):
            assert len(server.client.get("/python/large").content) == 8 * MEBI
        figures = answers(server)
        assert figures["limit"] == LIMIT
        assert figures["bytes"] <= LIMIT
        if PATIENCE == 1:  # a sanitizer keeps what has been freed
            # twice for an instant: the answer as it came, and its rest
            assert processes.resident_bytes(server.pid) - before < 2 * LIMIT + 64 * MEBI
    assert server.client.get("/native/hello").status_code == 200
    wait_for(lambda: answers(server)["bytes"] == 0, "nothing is left")
    assert server.log.text().count("a client that does not read is cut off") <= 2 * io_threads
    assert server.log.errors() == []


def test_unread_answers_within_the_limit_are_kept(start: Starter) -> None:
    server = start(start.app("mirror"))
    with Connection(server.port) as patient:
        patient.send(LARGE * 2)
        wait_for(lambda: answers(server)["bytes"] > 0, "it waits")
        assert [len(patient.answer().body) for _ in range(2)] == [8 * MEBI] * 2
    assert answers(server) == {"bytes": 0, "limit": 256 * MEBI, "dropped": 0}
