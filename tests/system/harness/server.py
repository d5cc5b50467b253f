"""One running gateway: started, asked, stopped, and checked for what it leaves behind."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from harness import processes
from harness.binaries import TYPHON, VENV
from harness.log import Log
from harness.waiting import LONG_S, wait_for


def environment(**variables: str) -> dict[str, str]:
    """The environment for the programs under test: ours without any setting of Typhon's."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TYPHON_")}
    return kept | variables


Done = subprocess.CompletedProcess[str]


def run_typhon(*words: str | Path, **variables: str) -> Done:
    """Runs build/typhon to its end."""
    command = [str(TYPHON), *map(str, words)]
    return subprocess.run(
        command, env=environment(**variables), capture_output=True, text=True, timeout=LONG_S, check=False
    )


class Server:
    """A gateway of its own, with its run directory and log below one temporary directory."""

    def __init__(
        self,
        home: Path,
        app: Path,
        flags: dict[str, Any],
        program: Path = TYPHON,
        *,
        prefix: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
    ) -> None:
        """Starts it and returns at once.

        Args:
            home: an empty directory.
            app: the application directory.
            flags: ``{"workers": 2}`` is ``--workers 2``, ``{"fail_fast": True}`` is ``--fail-fast``, a list
                is the flag repeated; without a ``run_dir`` (None) it is the default, below ``home``.
            program: another program that is a gateway.
            prefix: a command that runs the program, for another surrounding: ``["nice"]``.
            variables: added to the environment.
        """
        self.home = home
        self.app = app
        self.mark = uuid.uuid4().hex
        self.log = Log(home / "log")
        options: dict[str, Any] = {"port": 0, "run_dir": home / "run", "app": app, "venv": VENV} | flags
        self.run_dir = Path(options["run_dir"] or home / f"typhon-{options['port']}")
        self.temporary = home / "tmp"
        self.temporary.mkdir()
        own = {
            processes.MARK: self.mark,
            "XDG_RUNTIME_DIR": str(home),
            "TMPDIR": str(self.temporary),
        }
        command = [*prefix, str(program), "serve", *_words(options)]
        with self.log.path.open("wb") as log:
            self.process = subprocess.Popen(
                command,
                env=environment(**own | dict(variables or {})),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=home,
            )
        self._client: httpx.Client | None = None
        self._client_lock = threading.Lock()
        self._port = 0

    # ---- asking ----

    @property
    def pid(self) -> int:
        """Of the gateway."""
        return self.process.pid

    @property
    def port(self) -> int:
        """Where it listens."""
        if not self._port:
            self._port = int(str(self.status()["listen"]).rsplit(":", 1)[1])
        return self._port

    def port_of(self, scheme: str) -> int:
        """Of the first listener with this scheme, "https"."""
        (url, *_) = (url for url in self.status()["listeners"] if url.startswith(f"{scheme}://"))
        return int(str(url).rsplit(":", 1)[1])

    @property
    def client(self) -> httpx.Client:
        """A client with keep-alive connections, closed with the server."""
        with self._client_lock:
            if self._client is None:
                url = f"http://127.0.0.1:{self.port}"
                self._client = httpx.Client(base_url=url, timeout=LONG_S, trust_env=False)
            return self._client

    def command(self, *words: str) -> Done:
        """``typhon WORDS --run-dir ...``, to its end."""
        return run_typhon(words[0], *words[1:], "--run-dir", self.run_dir)

    def status(self) -> dict[str, Any]:
        """What ``typhon status --json`` prints."""
        done = self.command("status", "--json")
        assert done.returncode == 0, (
            f"typhon status: exit {done.returncode}: {done.stderr}\n{self.log.text()}"
        )
        parsed: dict[str, Any] = json.loads(done.stdout)
        return parsed

    def reload(self) -> Done:
        """``typhon reload``, to its end."""
        return self.command("reload")

    def worker_pids(self) -> list[int]:
        """Of the workers that are ready."""
        return [worker["pid"] for worker in self.status()["workers"] if worker["state"] == "ready"]

    # ---- waiting ----

    def notes(self) -> list[str]:
        """The lines that handlers of an application in tests/system/apps wrote down beside it."""
        path = Path(f"{self.app}.notes")
        return path.read_text().splitlines() if path.exists() else []

    def wait_state(self, state: str) -> dict[str, Any]:
        """Waits until the status says ``state``; the status."""
        return wait_for(lambda: self._status_if(state), f"state {state}\n{self.log.text()}")

    def wait_ready(self, workers: int = 1) -> None:
        """Waits until this many workers serve."""
        self.wait_state("ready")
        wait_for(lambda: len(self.worker_pids()) == workers, f"{workers} workers ready")

    def wait_exit(self, seconds: float = LONG_S) -> int:
        """Waits for the end of the gateway; its exit code."""
        return self.process.wait(seconds)

    # ---- ending ----

    def signal(self, number: int) -> None:
        """Sends the gateway a signal."""
        self.process.send_signal(number)

    def close_client(self) -> None:
        """Closes the connections of `client`."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def stop(self) -> int:
        """SIGTERM and the end; the exit code."""
        self.close_client()
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.wait_exit()

    def check_nothing_left(self) -> None:
        """After the end: no process, no file, no unexpected error in the log."""
        wait_for(
            lambda: not processes.marked(self.mark), f"no process left: {processes.marked(self.mark)}", 5
        )
        assert not self.run_dir.exists(), f"left behind: {sorted(self.run_dir.rglob('*'))}"
        wait_for(lambda: not list(self.temporary.iterdir()), "the temporary directory is empty", 5)
        assert self.log.errors() == []

    def kill_everything(self) -> None:
        """For a failed test: no process may outlive it."""
        self.close_client()
        for process in processes.marked(self.mark):
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)
        self.process.kill()
        self.process.wait(LONG_S)
        shutil.rmtree(self.run_dir, ignore_errors=True)

    def _status_if(self, state: str) -> dict[str, Any] | None:
        assert self.process.poll() is None, f"the gateway ended: {self.process.returncode}\n{self.log.text()}"
        done = self.command("status", "--json")
        if done.returncode != 0:
            return None
        parsed: dict[str, Any] = json.loads(done.stdout)
        return parsed if parsed["state"] == state else None


def _words(options: dict[str, Any]) -> list[str]:
    words = []
    given = {name: value for name, value in options.items() if value is not None}
    for name, value in given.items():
        for each in value if isinstance(value, list) else [value]:
            words.append(f"--{name.replace('_', '-')}")
            if each is not True:
                words.append(str(each))
    return words


@contextlib.contextmanager
def serving(server: Server, workers: int = 1) -> Iterator[Server]:
    """A server that has just been started, until it is not needed: it must end with 0 and leave nothing."""
    try:
        server.wait_ready(workers)
        yield server
        assert server.stop() == 0, server.log.text()
        server.check_nothing_left()
    finally:
        server.kill_everything()
