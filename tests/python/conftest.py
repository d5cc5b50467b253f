"""What the framework's tests share: a Request, an application directory, a clean route table."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from _support import AppWriter, Ask
from typhon import Request, openapi, route
from typhon._app import forget_declarations
from typhon.routing import table
from typhon.testing import TestClient


@pytest.fixture
def request_() -> Request:
    return Request("GET", "/python/thing", route="/python/thing", id="00000000000000aa")


@pytest.fixture(autouse=True)
def clean_imports() -> Iterator[None]:
    """Leaves the route table, ``sys.path`` and imported modules as they were."""
    saved: tuple[list[str], dict[str, Any], list[Any]] = (sys.path[:], sys.modules.copy(), sys.path_hooks[:])
    forget_declarations()
    yield
    forget_declarations()
    sys.path[:] = saved[0]
    sys.path_hooks[:] = saved[2]
    sys.path_importer_cache.clear()
    for name in set(sys.modules) - set(saved[1]):
        if getattr(sys.modules[name], "__file__", None) and not name.startswith(
            ("typhon", "multiprocessing")
        ):
            del sys.modules[name]


@pytest.fixture
def write_app(tmp_path: Path) -> AppWriter:
    """``write_app(endpoints="...")`` makes an application directory with these modules; its path."""

    def write(**modules: str) -> Path:
        directory = tmp_path / "app"
        for name, source in modules.items():
            path = directory / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(source)
        return directory

    return write


@pytest.fixture
def ask() -> Iterator[Ask]:
    """``ask(handler, "GET /python/x?a=1", json=...)`` serves the handler alone, and asks it once."""
    clients: list[TestClient] = []

    def once(handler: Any, target: str, pattern: str = "/python/x", **options: Any) -> Any:
        method, path = target.split()
        table.clear()
        pool = options.pop("use_process_pool", False)
        route(pattern, methods=[method], use_process_pool=pool)(handler)
        clients.append(TestClient())
        return clients[-1].request(method, path, **options)

    yield once
    for client in clients:
        client.close()


@pytest.fixture
def client() -> Iterator[Callable[..., TestClient]]:
    """``client()`` serves what has been declared so far."""
    made: list[TestClient] = []

    def make(**options: Any) -> TestClient:
        made.append(TestClient(**options))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def document() -> Iterator[Callable[[], dict[str, Any]]]:
    """``document()`` is what is served for the routes declared so far; it has been validated."""
    clients: list[TestClient] = []

    def get() -> dict[str, Any]:
        openapi("Shop", version="2", description="Sells *cups*.")
        clients.append(TestClient())
        answer = clients[-1].get("/openapi.json")
        assert answer.headers["content-type"] == "application/json"
        found: dict[str, Any] = answer.json()
        OpenAPIV31SpecValidator(found).validate()
        return found

    yield get
    for client in clients:
        client.close()
