"""docs/handlers.md: each snippet is run, and each request below it is answered as the page says."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import unquote

import pytest

from typhon import Request
from typhon._pieces import AsyncPieces, Pieces
from typhon._runtime import convert_exception, convert_result
from typhon.results import Answer, begun
from typhon.routing import RouteSpec, table

PAGE = Path(__file__).parents[2] / "docs" / "handlers.md"
BLOCK = re.compile(r"^```(python|http)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CONVERT = {"int": int, "float": float}


def snippets() -> list[tuple[str, list[str]]]:
    """(code, requests) for each python block with the http blocks that follow it."""
    found: list[tuple[str, list[str]]] = []
    for kind, text in BLOCK.findall(PAGE.read_text("utf-8")):
        if kind == "python":
            found.append((text, []))
        else:
            found[-1][1].append(text)
    return found


def match(spec: RouteSpec, method: str, path: str) -> dict[str, Any] | None:
    """The path parameters when the route serves the request: the server's own matcher is C++."""
    pattern = re.sub(r"<(?:(\w+):)?(\w+)>", r"(?P<\2>[^/]+)", spec.pattern)
    found = re.fullmatch(pattern, path)
    if found is None or method not in spec.methods:
        return None
    kinds = {name: kind for kind, name in re.findall(r"<(?:(\w+):)?(\w+)>", spec.pattern)}
    return {name: CONVERT.get(kinds[name], unquote)(text) for name, text in found.groupdict().items()}


def answer(request_text: str) -> tuple[str, str]:
    """Runs the handler; "200 application/json" and the body."""
    first, *rest = request_text.splitlines()
    method, target = first.split()
    path, _, query = target.partition("?")
    fields = [line.split(": ", 1) for line in rest if re.match(r"[A-Z][\w-]*: ", line)]
    body = "\n".join(line for line in rest if not re.match(r"[A-Z][\w-]*: ", line))
    for spec in table.routes():
        params = match(spec, method, path)
        if params is not None:
            request = Request(
                method,
                unquote(path),
                query=query.encode(),
                headers=[(name, value) for name, value in fields],
                data=body.encode(),
                path_params=params,
                route=spec.pattern,
            )
            status, kind, _, body = run(spec, request)
            content = body if isinstance(body, bytes) else asyncio.run(joined(body))
            return f"{status} {kind}", content.decode()
    raise AssertionError(f"no route serves {first}")


class OnePool(ThreadPoolExecutor):
    """Runs tasks where the page's functions are: in this process."""

    def with_timeout(self, seconds: float) -> OnePool:
        """As a worker's pool does."""
        assert seconds > 0
        return self


async def joined(body: Pieces | AsyncPieces) -> bytes:
    """What a streamed answer comes to."""
    if isinstance(body, Pieces):
        return body.first + b"".join(body)
    return body.first + b"".join([piece async for piece in body])


async def whole(spec: RouteSpec, request: Request) -> Answer:
    """What an async handler answers, read to its end on its own loop."""
    result = spec.call(request)
    result = await begun(result if isinstance(result, AsyncIterator) else await result)
    answered = convert_result(result, request)
    return answered._replace(body=await joined(answered.body)) if stream(answered) else answered


def stream(answered: Answer) -> bool:
    """Whether it comes in pieces."""
    return not isinstance(answered.body, bytes)


def run(spec: RouteSpec, request: Request) -> Answer:
    try:
        with OnePool(1) as pool:
            if spec.mode == "async":
                return asyncio.run(whole(spec, request))
            result = spec.call(request, pool) if spec.wants_pool else spec.call(request)
            return convert_result(result.result() if isinstance(result, Future) else result, request)
    except Exception as error:
        return convert_exception(error, request, False)


@pytest.mark.parametrize("number", range(len(snippets())))
def test_a_snippet_does_what_the_page_says(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    code, exchanges = snippets()[number]
    module = ModuleType(f"snippet_{number}")
    module.__file__ = str(PAGE)
    monkeypatch.setitem(sys.modules, module.__name__, module)  # dataclasses look there
    exec(compile(code, f"{PAGE}#{number}", "exec", dont_inherit=True), vars(module))
    assert table.routes()
    for text in exchanges:
        request_text, status_line, expected = re.split(r"^(\d{3} .*)\n", text, maxsplit=1, flags=re.MULTILINE)
        got_status, got = answer(request_text)
        assert got_status == status_line
        if "application/json" in status_line:
            wanted, found = json.loads(expected), json.loads(got)
            if isinstance(wanted, dict) and "request_id" in wanted:
                wanted["request_id"] = found["request_id"]
            assert found == wanted
        else:
            assert got.strip() == expected.strip()


def test_every_python_snippet_but_the_one_about_tests_has_requests() -> None:
    assert len(snippets()) >= 8
    assert [number for number, (_, requests) in enumerate(snippets()) if not requests] == [
        len(snippets()) - 1
    ]
