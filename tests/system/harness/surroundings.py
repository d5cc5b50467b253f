"""What the tests of hostile surroundings share."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.server import Server


def shell(commands: str) -> list[str]:
    """A prefix that runs shell commands before the program takes the shell's place."""
    return ["/bin/sh", "-c", f'{commands}; exec "$@"', "sh"]


def serves(server: Server) -> None:
    """Native, thread and pool routes answer."""
    assert server.client.get("/native/hello").status_code == 200
    assert server.client.get("/python/hello").json()["message"] == "Hello from Python"
    assert server.client.get("/python/pool/squares?numbers=3").json() == {"squares": [9]}


@contextmanager
def public_directory() -> Iterator[Path]:
    """A directory that other users can enter, while it is entered."""
    path = Path(tempfile.mkdtemp(prefix="typhon-test-"))
    path.chmod(0o755)
    try:
        yield path
    finally:
        shutil.rmtree(path)
