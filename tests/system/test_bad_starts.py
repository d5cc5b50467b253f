"""Starts that cannot work: one clear message, a documented exit code, nothing left behind."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from harness import processes
from harness.binaries import EXAMPLE_APP, VENV
from harness.server import run_typhon
from harness.starter import Starter
from harness.waiting import wait_for

USAGE, NOT_RUNNING, ADDRESS, RUN_DIRECTORY, PYTHON = 2, 3, 4, 5, 6


def refused(code: int, *flags: str | Path, **variables: str) -> str:
    """Runs ``typhon serve`` to its failure; the message."""
    mark = os.urandom(8).hex()
    done = run_typhon("serve", *flags, **{processes.MARK: mark}, **variables)
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert done.stderr.strip()
    assert "terminate called" not in done.stderr
    assert processes.marked(mark) == []
    return done.stderr


def usual(tmp_path: Path) -> list[str | Path]:
    return ["--app", EXAMPLE_APP, "--venv", VENV, "--run-dir", tmp_path / "run", "--port", "0"]


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert port in refused(ADDRESS, *usual(tmp_path)[:-1], port)
    assert not (tmp_path / "run").exists()


def test_a_missing_app_directory_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "no-app"
    assert str(missing) in refused(PYTHON, *usual(tmp_path), "--app", missing)


def test_a_venv_that_is_none_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "no-venv"
    assert str(missing) in refused(PYTHON, *usual(tmp_path), "--venv", missing)


def test_a_python_of_another_version_is_named(tmp_path: Path) -> None:
    """An interpreter that says it is 3.8: whoever notices, the message has both versions or its path."""
    venv = tmp_path / "old"
    (venv / "bin").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text("home = /usr/bin\nversion = 3.8.1\n")
    python = venv / "bin" / "python"
    python.write_text("#!/bin/sh\necho '3.8.1'\nexit 0\n")
    python.chmod(0o755)
    message = refused(PYTHON, *usual(tmp_path), "--venv", venv)
    assert str(venv) in message or "3.8" in message


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        (["--no-such-flag"], "no-such-flag"),
        (["--workers", "many"], "many"),
        (["--workers", "-1"], "workers"),
        (["--port", "70000"], "70000"),
        (["--log-level", "loud"], "loud"),
        (["--request-timeout", "soon"], "soon"),
        (["stray"], "stray"),
    ],
)
def test_a_flag_that_is_none_is_named(tmp_path: Path, flags: list[str], named: str) -> None:
    assert named in refused(USAGE, *usual(tmp_path), *flags)


def test_an_unknown_key_in_the_configuration_is_named(tmp_path: Path) -> None:
    config = tmp_path / "typhon.toml"
    config.write_text("workers = 1\nno-such-key = 3\n")
    assert "no-such-key" in refused(USAGE, *usual(tmp_path), "--config", config)


def test_a_bad_value_in_the_environment_is_named(tmp_path: Path) -> None:
    message = refused(USAGE, *usual(tmp_path), TYPHON_WORKERS="many")
    assert "workers" in message.lower()
    assert "many" in message


def test_a_second_start_in_one_run_directory_is_refused_and_the_first_serves_on(start: Starter) -> None:
    server = start()
    flags: list[str | Path] = [
        "--app",
        EXAMPLE_APP,
        "--venv",
        VENV,
        "--run-dir",
        server.run_dir,
        "--port",
        "0",
    ]
    assert str(server.run_dir) in refused(RUN_DIRECTORY, *flags)
    assert server.client.get("/python/hello").status_code == 200


def test_a_second_start_on_one_port_is_refused_and_the_first_serves_on(
    start: Starter, tmp_path: Path
) -> None:
    server = start()
    assert str(server.port) in refused(ADDRESS, *usual(tmp_path)[:-1], str(server.port))
    assert server.client.get("/python/hello").status_code == 200


@pytest.mark.parametrize("command", [["status"], ["reload"], ["scale", "2"], ["routes"], ["stop"]])
def test_a_command_without_a_gateway_says_so(tmp_path: Path, command: list[str]) -> None:
    done = run_typhon(*command, "--run-dir", tmp_path / "nowhere")
    assert done.returncode == NOT_RUNNING
    assert str(tmp_path / "nowhere") in done.stderr


def test_a_run_directory_of_a_killed_gateway_is_used_again(start: Starter) -> None:
    first = start()
    first.process.kill()
    first.wait_exit()
    wait_for(lambda: not processes.marked(first.mark), "the first one's workers are gone", 5)
    start.servers.remove(first)  # its run directory is the second one's now
    second = start(run_dir=first.run_dir)
    assert second.client.get("/python/hello").status_code == 200
