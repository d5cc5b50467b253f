"""``typhon new NAME``: a new application, with everything that one wants to copy from."""

from __future__ import annotations

import sys
from pathlib import Path

USAGE = """Usage: typhon new NAME

Makes the directory NAME with an application: handlers, a model, a pool task, tests, and a handler in C++.
"""

ENDPOINTS = '''\
"""The endpoints of the application."""

from concurrent.futures import Executor, Future
from dataclasses import dataclass

from pool_workers import count_primes
from typhon import Request, route


@dataclass
class Order:
    """What a client sends to order something."""

    item: str
    amount: int = 1


@route("/python/hello")
def hello(request: Request) -> dict[str, str]:
    """The twin of native/main.cpp."""
    return {"message": "Hello"}


@route("/python/orders", methods=["POST"])
def order(request: Request, order: Order, express: bool = False) -> tuple[dict[str, object], int]:
    """Body and query are checked: what does not fit is a 422 that says why."""
    return {"item": order.item, "amount": order.amount, "express": express}, 201


@route("/python/primes", use_process_pool=True)
def primes(request: Request, pool: Executor, below: int = 1000) -> "Future[int]":
    """Work that keeps a core busy belongs into the pool."""
    return pool.submit(count_primes, below)
'''

POOL_WORKERS = '''\
"""What runs in the processes of the pool."""


def init_worker() -> None:
    """Runs once in each process: the place to load a model."""


def count_primes(below: int) -> int:
    """How many primes there are below a number."""
    return sum(all(n % d for d in range(2, int(n**0.5) + 1)) for n in range(2, below))
'''

TESTS = '''\
"""The endpoints, in the process of the tests, and one through the real server."""

import httpx
from typhon.testing import TestClient


def test_hello(client: TestClient) -> None:
    assert client.get("/python/hello").json() == {"message": "Hello"}


def test_an_order(client: TestClient) -> None:
    answer = client.post("/python/orders?express=true", json={"item": "cup"})
    assert (answer.status_code, answer.json()) == (201, {"item": "cup", "amount": 1, "express": True})


def test_an_order_that_does_not_fit(client: TestClient) -> None:
    answer = client.post("/python/orders", json={"amount": "many"})
    assert answer.status_code == 422
    assert [fault["place"] for fault in answer.json()["details"]] == ["body.item", "body.amount"]


def test_primes_in_the_real_pool(live_client: httpx.Client) -> None:
    assert live_client.get("/python/primes?below=100").json() == 25
'''

CONFTEST = '''\
"""Gives the tests their clients."""

pytest_plugins = ["typhon.pytest_plugin"]
'''

NATIVE = """\
// A gateway with the twin of /python/hello: the same path in C++, for when it becomes hot.
#include "gateway/app.hpp"

int main(int argc, char** argv) {
    typhon::App app;
    app.get("/native/hello", [](const typhon::Request&, typhon::Response& response) {
        response.set_content(R"({"message":"Hello"})", "application/json");
    });
    return app.run(argc, argv);
}
"""

CMAKE = """\
cmake_minimum_required(VERSION 3.25)
project({name} LANGUAGES CXX)
set(CMAKE_CXX_STANDARD 20)
find_package(typhon REQUIRED)
add_executable({name} main.cpp)
target_link_libraries({name} PRIVATE typhon::typhon_gateway)
"""

PYPROJECT = """\
[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["{framework}"]
typhon_app = "app"
"""

README = """\
# {name}

    pip install msgspec httpx pytest      # what endpoints.py and the tests use
    typhon serve --reload                 # http://127.0.0.1:3000/python/hello
    python -m pytest

`app/` are the Python endpoints, `native/` is the same gateway with an endpoint in C++.
"""


def files_of(name: str, framework: str) -> dict[str, str]:
    """The text of each file, by its path below the new directory."""
    return {
        "app/endpoints.py": ENDPOINTS,
        "app/pool_workers.py": POOL_WORKERS,
        "tests/conftest.py": CONFTEST,
        "tests/test_endpoints.py": TESTS,
        "native/main.cpp": NATIVE,
        "native/CMakeLists.txt": CMAKE.format(name=name),
        "pyproject.toml": PYPROJECT.format(framework=framework),
        "README.md": README.format(name=name),
    }


def create(directory: Path, framework: str) -> None:
    """Makes the application.

    Raises:
        FileExistsError: there is something already.
        ValueError: the name cannot be that of a program.
        OSError: it cannot be written.
    """
    if not directory.name.replace("-", "_").isidentifier() or not directory.name.isascii():
        raise ValueError(f"{directory.name!r} cannot be the name of an application: letters, digits, - and _")
    directory.mkdir(parents=True)
    for path, text in files_of(directory.name, framework).items():
        target = directory / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(text, encoding="utf-8")


def main(words: list[str]) -> int:
    """Runs the command; its exit code."""
    if words in (["--help"], ["-h"]):
        sys.stdout.write(USAGE)
        return 0
    if len(words) != 1 or words[0].startswith("-"):
        sys.stderr.write("typhon: new takes the name of a directory; see typhon new --help\n")
        return 2
    try:
        create(Path(words[0]), str(Path(__file__).resolve().parents[1]))
    except FileExistsError:
        sys.stderr.write(f"typhon: {words[0]} exists already\n")
        return 1
    except (OSError, ValueError) as error:
        sys.stderr.write(f"typhon: {error}\n")
        return 1
    sys.stdout.write(f"made {words[0]}: cd {words[0]} && typhon serve --reload\n")
    return 0
