"""A real gateway with workers for the tests of an application: started, asked, stopped."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from typhon.errors import AppError

_BESIDE = ("build/typhon", "../../bin/typhon")  # of a source tree, of an installation


class LiveServer:
    """``typhon serve`` on a free port of this machine, with a run directory and log of its own.

    Args:
        app: the application directory.
        typhon: the program; that of TYPHON_BIN, of PATH or of the source tree when left out.
        timeout: seconds for the start, and for the stop.
        options: those of ``serve``: ``workers=2``, ``debug=True``; a list for one that may come more than
            once, ``static=["/a=one", "/b=two"]``.

    Raises:
        AppError: no program, or a server that does not get ready; the text has its log.
    """

    def __init__(
        self, app: str | Path, *, typhon: str | Path | None = None, timeout: float = 60.0, **options: Any
    ) -> None:
        self._program = str(typhon or find_program())
        self._timeout = timeout
        self._directory = Path(tempfile.mkdtemp(prefix="typhon-test-"))
        self._log = self._directory / "log"
        command = [
            self._program,
            "serve",
            "--app",
            str(app),
            "--port",
            "0",
            "--run-dir",
            self._run_dir,
            *_words({"venv": _venv()} | options),
        ]
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        try:
            self.url = self._wait_ready()
        except BaseException:
            self.stop()
            raise

    @property
    def log(self) -> str:
        """What gateway and workers have written so far."""
        return self._log.read_text("utf-8", "replace")

    def stop(self) -> None:
        """Ends it in order and removes its files. May be called again."""
        self._process.terminate()
        try:
            self._process.wait(self._timeout)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def _run_dir(self) -> str:
        return str(self._directory / "run")

    def _wait_ready(self) -> str:
        end = time.monotonic() + self._timeout
        while True:
            status = self._status()
            if status.get("state") == "ready":
                return f"http://{status['listen']}"
            ended = self._process.poll() is not None
            if ended or status.get("state") == "failed" or time.monotonic() > end:
                raise AppError(f"typhon serve does not get ready:\n{self.log}")
            time.sleep(0.02)

    def _status(self) -> dict[str, Any]:
        command = [self._program, "status", "--json", "--run-dir", self._run_dir]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=self._timeout)
        status: dict[str, Any] = json.loads(done.stdout) if done.returncode == 0 else {}
        return status


def find_program() -> Path:
    """The program ``typhon``.

    Raises:
        AppError: there is none.
    """
    named = os.environ.get("TYPHON_BIN") or shutil.which("typhon")
    package = Path(__file__).resolve().parents[2]
    for place in [Path(named)] if named else [package / beside for beside in _BESIDE]:
        if os.access(place, os.X_OK):
            return place
    raise AppError("there is no program typhon: put it into PATH, or name it by TYPHON_BIN")


def _venv() -> str | None:
    """That of the tests, so that the application finds the same packages."""
    return sys.prefix if sys.prefix != sys.base_prefix else None


def _words(options: dict[str, Any]) -> Sequence[str]:
    """The options as words of a command; one with a list of values is repeated."""
    words: list[str] = []
    for name, given in options.items():
        for value in given if isinstance(given, list | tuple) else [given]:
            words += _option(f"--{name.replace('_', '-')}", value)
    return words


def _option(name: str, value: Any) -> list[str]:
    if value is None or value is False:
        return []
    return [name] if value is True else [name, str(value)]
