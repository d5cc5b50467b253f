"""`typhon status`, `typhon routes`, and the log of a start."""

from __future__ import annotations

import json
import socket
import stat

from harness.binaries import VENV
from harness.server import Server, run_typhon
from harness.starter import Starter
from harness.waiting import wait_for


def test_the_status_as_json(example: Server) -> None:
    status = example.status()
    assert status["state"] == "ready"
    assert status["pid"] == example.pid
    assert isinstance(status["generation"], int)
    assert status["uptime_s"] >= 0
    assert len(status["workers"]) == 2
    for worker in status["workers"]:
        assert worker["state"] == "ready"
        assert worker["generation"] == status["generation"]
        assert worker["in_flight"] == 0
        assert worker["served"] >= 0
        assert worker["restarts"] == 0
        assert worker["rss_bytes"] > 1_000_000
        assert len(worker["pool_pids"]) == 1
    assert status["queue"]["depth"] == 0
    assert status["queue"]["bytes"] == 0
    assert status["queue"]["limit"] == 1024
    assert status["last_error"] in (None, "")


def test_served_counts_requests(start: Starter) -> None:
    server = start()
    for _ in range(10):
        server.client.get("/python/hello")
    wait_for(lambda: server.status()["workers"][0]["served"] >= 10, "the requests are counted")


def test_the_status_as_a_table(example: Server) -> None:
    done = example.command("status")
    assert done.returncode == 0
    assert "ready" in done.stdout
    assert str(example.pid) in done.stdout
    for worker in example.status()["workers"]:
        assert str(worker["pid"]) in done.stdout
    assert "{" not in done.stdout


def test_commands_find_the_gateway_by_its_port(start: Starter) -> None:
    """Without --run-dir the run directory is made from the port, for the gateway and for the commands."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = start(port=port, run_dir=None)
    assert server.run_dir.name == f"typhon-{port}"
    done = run_typhon("status", "--json", "--port", str(port), XDG_RUNTIME_DIR=str(server.home))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["pid"] == server.pid


def test_routes_lists_both_languages(example: Server) -> None:
    done = example.command("routes")
    assert done.returncode == 0
    for text in ("/native/hello", "/python/hello", "endpoints.hello", "/python/users/<int:user_id>", "async"):
        assert text in done.stdout


def test_the_admin_socket_is_private(example: Server) -> None:
    assert stat.S_IMODE((example.run_dir / "admin.sock").stat().st_mode) == 0o600
    assert stat.S_IMODE(example.run_dir.stat().st_mode) == 0o700


def test_the_start_log_tells_what_a_person_wants_to_know(example: Server) -> None:
    log = example.log.text()
    assert f"127.0.0.1:{example.port}" in log
    assert str(example.app) in log
    assert str(VENV) in log
    assert "GET /python/hello -> endpoints.hello [thread]" in log
    assert "[async]" in log
    assert "[pool]" in log
    assert "ready" in log


def test_help_lists_every_command_and_the_flags() -> None:
    done = run_typhon("--help")
    assert done.returncode == 0
    for command in ("serve", "reload", "scale", "status", "routes", "stop"):
        assert command in done.stdout
    flags = run_typhon("serve", "--help").stdout
    for flag in (
        "--workers",
        "--pool-workers",
        "--port",
        "--app",
        "--run-dir",
        "--venv",
        "--fail-fast",
        "--drain-timeout",
    ):
        assert flag in flags
