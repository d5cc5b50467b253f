"""``typhon shell``: what the prompt knows, and an application that cannot be loaded."""

from __future__ import annotations

import code
import sys
from typing import Any

import pytest

from _support import AppWriter
from typhon import _shell

APP = """
from typhon import on_startup, route, state

@on_startup
async def start():
    state.number = 7

@route("/python/number")
def number(request):
    return state.number
"""


@pytest.mark.parametrize("with_client", [True, False])
def test_the_prompt_knows_the_application(
    write_app: AppWriter, monkeypatch: pytest.MonkeyPatch, with_client: bool
) -> None:
    seen: dict[str, Any] = {}

    def interact(banner: str, local: dict[str, Any], exitmsg: str) -> None:
        seen.update(local, banner=banner)
        if with_client:
            seen["answer"] = local["client"].get("/python/number").json()

    monkeypatch.setattr(code, "interact", interact)
    if not with_client:
        monkeypatch.setitem(sys.modules, "typhon.testing", None)
    assert _shell.main([str(write_app(endpoints=APP))]) == 0
    assert "GET /python/number" in seen["banner"]
    assert seen["state"].number == 7
    assert seen.get("answer") == (7 if with_client else None)


def test_an_application_that_does_not_load_is_told(
    write_app: AppWriter, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _shell.main([str(write_app(bad="1 / 0"))]) == 7
    assert "ZeroDivisionError" in capsys.readouterr().err
