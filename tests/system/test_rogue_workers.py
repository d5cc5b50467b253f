"""Workers that break the protocol: what they say is refused and counted, and nobody else notices."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.binaries import WORKER
from harness.load import Load
from harness.scene import Command
from harness.server import Server
from harness.starter import Starter
from harness.waiting import wait_for
from rogues import rogue_worker

SOURCE = Path(rogue_worker.__file__)
REFUSALS = {"strangers", "greetings", "malformed", "misplaced", "replies"}


@pytest.fixture
def start_rogue(start: Starter, tmp_path: Path) -> Callable[..., Server]:
    """``start_rogue(scenario)``: slot 0 plays the scenario, slot 1 is a real worker; that one is ready."""

    def begin(scenario: Callable[..., None], **flags: Any) -> Server:
        program = tmp_path / "rogue"
        program.write_text(f"#!{sys.executable}\n{SOURCE.read_text()}")
        program.chmod(0o700)
        app = start.app("counting")
        app.with_suffix(".rogue").write_text(scenario.__name__)
        server = start.launch(
            app, workers=2, threads=4, worker_bin=program, variables={"REAL_WORKER": str(WORKER)}, **flags
        )
        server.log.allow(r"worker", "refused", "malformed", "application does not start")
        server.wait_state("ready")
        return server

    return begin


def refused(server: Server) -> dict[str, int]:
    """The counts of the status."""
    counts: dict[str, int] = server.status()["refused"]
    assert set(counts) == REFUSALS
    return counts


def rest_is_zero(counts: dict[str, int], *but: str) -> bool:
    """Whether nothing else was refused."""
    return not any(count for name, count in counts.items() if name not in but)


def serves(server: Server, count: int = 20) -> set[str]:
    """Native and Python routes are answered; by whom the latter were."""
    assert server.client.get("/native/hello").status_code == 200
    bodies = [server.client.post(f"/python/count?key=after-{number}") for number in range(count)]
    assert {answer.status_code for answer in bodies} == {200}
    return {"rogue" if answer.text == "rogue" else "real" for answer in bodies}


@pytest.mark.parametrize("scenario", [rogue_worker.guess_the_token, rogue_worker.speak_another_version])
def test_a_greeting_that_is_not_right_gets_no_requests(
    start_rogue: Callable[..., Server], scenario: Callable[..., None]
) -> None:
    server = start_rogue(scenario)
    wait_for(lambda: refused(server)["greetings"] >= 1, "it is refused")
    assert rest_is_zero(refused(server), "greetings")
    assert serves(server) == {"real"}
    assert not server.app.with_suffix(".got").exists()
    assert "guess" not in server.log
    assert [w["state"] for w in server.status()["workers"]] == ["starting", "ready"]


def test_replies_before_ready_are_not_taken(start_rogue: Callable[..., Server]) -> None:
    server = start_rogue(rogue_worker.reply_before_ready)
    server.wait_ready(2)
    assert refused(server)["misplaced"] == 9
    assert rest_is_zero(refused(server), "misplaced")
    with Load(server.port, "/python/count", threads=8, each=5) as load:
        pass
    assert load.results() == {200: 40}
    assert b"forged" not in {outcome.body for outcome in load.outcomes}


def test_a_second_ready_changes_nothing(start_rogue: Callable[..., Server]) -> None:
    server = start_rogue(rogue_worker.say_ready_twice)
    server.wait_ready(2)
    wait_for(lambda: refused(server)["greetings"] == 1, "it is counted")
    assert server.client.get("/python/taken-over").status_code == 404
    with Load(server.port, "/python/count", threads=8, each=5) as load:
        pass
    assert load.results() == {200: 40}


def test_a_second_connection_of_the_same_identity_is_not_heard(start_rogue: Callable[..., Server]) -> None:
    server = start_rogue(rogue_worker.share_the_identity)
    server.wait_ready(2)
    # its own second READY, and none of the ten
    wait_for(lambda: refused(server)["greetings"] >= 1, "it is counted")
    assert serves(server) <= {"rogue", "real"}
    assert refused(server)["greetings"] == 1


def test_envelopes_of_the_gateways_side_are_counted_and_ignored(start_rogue: Callable[..., Server]) -> None:
    server = start_rogue(rogue_worker.speak_for_the_gateway)
    server.wait_ready(2)
    wait_for(lambda: refused(server)["misplaced"] == 5, "they are counted")
    assert rest_is_zero(refused(server), "misplaced")
    with Load(server.port, "/python/count", threads=8, each=5) as load:
        pass
    assert load.results() == {200: 40}
    assert server.status()["last_error"] == ""


def test_malformed_frames_and_bombs_are_dropped_and_both_workers_serve_on(
    start_rogue: Callable[..., Server],
) -> None:
    server = start_rogue(rogue_worker.send_malformed_frames)
    server.wait_ready(2)
    wanted = len(rogue_worker.malformed_frames()) + 1
    wait_for(lambda: refused(server)["malformed"] == wanted, f"{wanted} are counted: {refused(server)}")
    with Load(server.port, "/python/count", threads=8, each=5) as load:
        pass
    assert load.results() == {200: 40}
    assert server.log.text().count("refused from") <= 3, "a peer can fill the log"
    (real,) = [w for w in server.status()["workers"] if w["pool_pids"]]
    assert real["restarts"] == 0


def test_replies_for_requests_of_others_are_not_taken(start_rogue: Callable[..., Server]) -> None:
    """The real worker holds requests while the other one answers for them."""
    server = start_rogue(rogue_worker.forge_replies)
    server.wait_ready(2)
    with Load(server.port, "/python/hold", threads=8, each=1) as held:
        wait_for(
            lambda: b"rogue" in {outcome.body for outcome in held.outcomes}, "the rogue has had its share"
        )
        with Load(server.port, "/python/count", threads=4, each=10) as load:
            pass
        server.app.with_suffix(".release").touch()
    assert held.results() == {200: 8}
    assert load.results() == {200: 40}
    # What the rogue says of its own requests is believed; those that the other one ran have its answers.
    bodies = [outcome.body for outcome in [*held.outcomes, *load.outcomes]]
    ran = server.app.with_suffix(".executions").read_text().split()
    assert ran
    assert len([body for body in bodies if body.startswith(b"{")]) == len(ran)
    wait_for(lambda: refused(server)["replies"] > 100, "they are counted")
    assert rest_is_zero(refused(server), "replies")


def test_a_reload_replaces_a_rogue(start_rogue: Callable[..., Server]) -> None:
    server = start_rogue(rogue_worker.send_malformed_frames)
    server.wait_ready(2)
    server.app.with_suffix(".rogue").unlink()
    assert Command(server, "reload").done().returncode == 0
    assert serves(server) == {"real"}


def test_credit_for_what_was_not_sent_is_not_taken(start_rogue: Callable[..., Server]) -> None:
    """The rogue gets one window of a body however much it grants, and the request of nobody else moves."""
    server = start_rogue(rogue_worker.grant_what_was_not_sent)
    server.wait_ready(2)

    def upload() -> str:
        return server.client.put("/python/upload", content=bytes(4 << 20)).text

    answer = wait_for(
        lambda: next((text for text in (upload(), upload()) if "rogue" in text), ""), "its share"
    )
    assert answer == f"rogue {256 << 10}"
    assert refused(server)["misplaced"] >= 1000
    assert rest_is_zero(refused(server), "misplaced")
    assert serves(server)
