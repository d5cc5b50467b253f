"""How Typhon is started for a measurement."""

import json
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from .servers import Running, Server

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "tests/bench/app"
BUILD = Path(os.environ.get("TYPHON_BUILD_DIR", ROOT / "build"))
MOUNTED = ROOT / "tests/bench"
NATIVE_HELLO = "/native/hello"
PYTHON_HELLO = "/python/hello"


QUIET_WITHIN_S = 20.0


def run_dir(home: Path, port: int) -> Path:
    return home / f"run-{port}"


def typhon(
    home: Path,
    path: str,
    workers: int,
    *flags: str,
    app: Path = APP,
    venv: Path = ROOT / ".venv",
    body: str | None = None,
) -> Server:
    """The gateway with one loop thread and an application; ready when `path` answers."""

    def command(port: int) -> Sequence[str]:
        options = {
            "--app": app,
            "--venv": venv,
            "--run-dir": run_dir(home, port),
            "--port": port,
            "--workers": workers,
            "--io-threads": 1,
            "--log-level": "warn",
        }
        words = [str(word) for option in options.items() for word in option]
        return [str(BUILD / "typhon"), "serve", *words, *flags]

    return Server("Typhon", command, path, body=body)


def _python_requests(home: Path, port: int) -> int:
    """How many requests for Python wait or run."""
    command = [str(BUILD / "typhon"), "status", "--json", "--run-dir", str(run_dir(home, port))]
    status = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    running: int = sum(worker["in_flight"] for worker in status["workers"])
    waiting: int = status["queue"]["depth"]
    return running + waiting


def await_quiet(home: Path, running: Running) -> None:
    """Waits until no request for Python is left; raises RuntimeError when that takes too long."""
    end = time.monotonic() + QUIET_WITHIN_S
    while _python_requests(home, running.port) > 0:
        if time.monotonic() > end:
            raise RuntimeError("Python requests of a load that has ended are still there")
        time.sleep(0.05)
