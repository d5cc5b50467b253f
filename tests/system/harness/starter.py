"""Makes the servers and application directories of one test."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from harness.binaries import APPS, EXAMPLE_APP
from harness.server import Server


class Starter:
    """Makes servers of their own for one test."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = itertools.count()
        self.servers: list[Server] = []

    def app(self, name: str | None = None, **modules: str) -> Path:
        """A copy of tests/system/apps/NAME that the test may edit, with these modules added."""
        directory = self._directory / f"app-{next(self._numbers)}"
        if name is not None:
            shutil.copytree(APPS / name, directory)
        directory.mkdir(exist_ok=True)
        for module, source in modules.items():
            (directory / f"{module}.py").write_text(source)
        return directory

    def launch(
        self,
        app: Path = EXAMPLE_APP,
        *,
        prefix: Sequence[str] = (),
        variables: Mapping[str, str] | None = None,
        **flags: Any,
    ) -> Server:
        """A server that has just been started; `Server` says what prefix and variables are."""
        home = self._directory / f"home-{next(self._numbers)}"
        home.mkdir()
        options = {"workers": 1, "pool_workers": 1} | flags
        server = Server(home, app, options, prefix=prefix, variables=variables)
        self.servers.append(server)
        return server

    def forget(self, server: Server) -> None:
        """Leaves out the checks at the end of the test: the test has killed the gateway."""
        server.close_client()
        server.kill_everything()
        self.servers.remove(server)

    def __call__(self, app: Path = EXAMPLE_APP, **flags: Any) -> Server:
        """A server that is ready."""
        server = self.launch(app, **flags)
        server.wait_ready(int(flags.get("workers", 1)))
        return server
