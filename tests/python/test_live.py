"""`LiveServer`: how it calls the program."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from typhon.testing import LiveServer

PROGRAM = """#!{python}
import json, pathlib, signal, sys

if sys.argv[1] == "status":
    state = "ready" if pathlib.Path({told!r}).exists() else "starting"
    print(json.dumps({{"state": state, "listen": "127.0.0.1:1"}}))
else:
    pathlib.Path({told!r} + ".new").write_text(json.dumps(sys.argv[1:]))
    pathlib.Path({told!r} + ".new").rename({told!r})
    signal.pause()
"""


def test_each_option_is_said_once_and_a_list_once_for_each_value(tmp_path: Path) -> None:
    told, program = tmp_path / "told", tmp_path / "typhon"
    program.write_text(PROGRAM.format(python=sys.executable, told=str(told)))
    program.chmod(0o755)
    options: dict[str, Any] = {
        "static": ["/a=one", "/b=two"],
        "max_body": 5,
        "debug": True,
        "reload": False,
        "venv": None,
    }
    with LiveServer("shop", typhon=program, **options) as server:
        assert server.url == "http://127.0.0.1:1"
    words = json.loads(told.read_text())
    assert words[:5] == ["serve", "--app", "shop", "--port", "0"]
    assert words[7:] == ["--static", "/a=one", "--static", "/b=two", "--max-body", "5", "--debug"]
