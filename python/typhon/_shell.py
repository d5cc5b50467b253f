"""``typhon shell``: a Python prompt with an application imported."""

from __future__ import annotations

import code
import sys
from typing import Any

from typhon import _lifetime
from typhon._app import load_app
from typhon._dispatch import LoopThread
from typhon._failures import start_error_text
from typhon._state import state


def names_for(app: str) -> dict[str, Any]:
    """What the prompt knows: the routes, the state after the startup hooks, and a client when httpx is there.

    Raises:
        BaseException: whatever the application raises.
    """
    names: dict[str, Any] = {"state": state}
    try:
        from typhon.testing import TestClient
    except Exception:
        names["routes"] = load_app(app)
        loop = LoopThread()
        _lifetime.run_startup(loop)
        return names
    client = TestClient(app)
    client.__enter__()
    return names | {"client": client, "routes": client.routes}


def main(words: list[str]) -> int:
    """Runs the prompt; its exit code."""
    try:
        names = names_for(words[0])
    except BaseException as error:
        sys.stderr.write(f"typhon: {start_error_text(error)}\n")
        return 7
    shown = "\n".join(f"  {','.join(spec.methods)} {spec.pattern}" for spec in names["routes"])
    banner = f"{shown}\n{', '.join(sorted(names))} are there"
    code.interact(banner, local=names, exitmsg="")
    if "client" in names:
        names["client"].close()
    return 0
