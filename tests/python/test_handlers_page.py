"""docs/handlers.md: each snippet is run, and each request below it is answered as the page says."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from typhon.routing import table
from typhon.testing import TestClient

PAGE = Path(__file__).parents[2] / "docs" / "handlers.md"
BLOCK = re.compile(r"^```(python|http)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def snippets() -> list[tuple[str, list[str]]]:
    """(code, requests) for each python block with the http blocks that follow it."""
    found: list[tuple[str, list[str]]] = []
    for kind, text in BLOCK.findall(PAGE.read_text("utf-8")):
        if kind == "python":
            found.append((text, []))
        else:
            found[-1][1].append(text)
    return found


def ask(client: TestClient, request_text: str) -> tuple[str, str]:
    """Sends a request of the page; "200 application/json" and the body."""
    first, *rest = request_text.splitlines()
    method, target = first.split()
    fields = [line.split(": ", 1) for line in rest if re.match(r"[A-Z][\w-]*: ", line)]
    body = "\n".join(line for line in rest if not re.match(r"[A-Z][\w-]*: ", line))
    headers = [(name, value) for name, value in fields]
    answer = client.request(method, target, headers=headers, content=body.encode())
    return f"{answer.status_code} {answer.headers.get('content-type', '')}".strip(), answer.text


@pytest.mark.parametrize("number", range(len(snippets())))
def test_a_snippet_does_what_the_page_says(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    code, exchanges = snippets()[number]
    module = ModuleType(f"snippet_{number}")
    module.__file__ = str(PAGE)
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look there
    exec(compile(code, f"{PAGE}#{number}", "exec", dont_inherit=True), vars(module))
    assert table.routes()
    with TestClient() as client:
        client.headers.clear()
        for text in exchanges:
            check_exchange(client, text)


def check_exchange(client: TestClient, text: str) -> None:
    request_text, status_line, expected = re.split(r"^(\d{3}.*)\n", text, maxsplit=1, flags=re.MULTILINE)
    got_status, got = ask(client, request_text)
    assert got_status == status_line
    if "application/json" in status_line:
        wanted, found = json.loads(expected), json.loads(got)
        if isinstance(wanted, dict) and "request_id" in wanted:
            wanted["request_id"] = found["request_id"]
        assert found == wanted
    else:
        assert got.strip() == expected.strip()


def test_every_python_snippet_but_those_about_tests_has_requests() -> None:
    assert len(snippets()) >= 8
    without = [number for number, (_, requests) in enumerate(snippets()) if not requests]
    assert without == list(range(len(snippets()) - 3, len(snippets())))
