"""The gateway as a library: a program of another team finds it, adds native routes and serves."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness.binaries import BUILD, EXAMPLE_APP
from harness.server import Server, serving

CONSUMER = Path(__file__).parent.parent / "consumer"
PAGE = Path(__file__).parents[2] / "docs" / "native.md"
PROGRAM = re.compile(r"^```cpp\n(#include.*?)^```$", re.MULTILINE | re.DOTALL)


def run(*words: str | Path) -> None:
    """Runs a build step to its end; a failure shows what it printed."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the programs of tests/consumer and docs/native.md are, built against the installed library."""
    home = tmp_path_factory.mktemp("consumer")
    pages = [home / f"page{number}.cpp" for number, _ in enumerate(PROGRAM.findall(PAGE.read_text()))]
    for path, text in zip(pages, PROGRAM.findall(PAGE.read_text()), strict=True):
        path.write_text(text)
    run("cmake", "--install", BUILD, "--prefix", home / "prefix")
    prefix = f"-DCMAKE_PREFIX_PATH={home / 'prefix'}"
    run(
        "cmake",
        "-S",
        CONSUMER,
        "-B",
        home / "build",
        "-G",
        "Ninja",
        prefix,
        f"-DPAGES={';'.join(map(str, pages))}",
    )
    run("cmake", "--build", home / "build")
    return home


def installed(consumer: Path) -> dict[str, Any]:
    """The flags that name the installed worker and framework."""
    prefix = consumer / "prefix"
    return {
        "worker_bin": prefix / "bin" / "typhon-worker",
        "framework": prefix / "share" / "typhon" / "python",
    }


def of_program(consumer: Path, home: Path, program: str) -> Server:
    """One of the programs, started with the example application."""
    return Server(home, EXAMPLE_APP, installed(consumer), consumer / "build" / program)


def test_installed_library_serves_native_routes_of_another_program_and_python(
    consumer: Path, tmp_path: Path
) -> None:
    """Its routes answer, inline and blocking; Python routes answer; it stops with 0."""
    with serving(of_program(consumer, tmp_path, "consumer")) as server:
        assert server.client.get("/consumer/hello").text == "consumer of /consumer/hello"
        assert server.client.get("/consumer/users/7").text == "user 7"
        assert server.client.get("/consumer/blocking").text == "from the pool"
        assert server.client.get("/python/hello").json()["message"] == "Hello from Python"


def test_the_first_program_of_the_page_serves(consumer: Path, tmp_path: Path) -> None:
    with serving(of_program(consumer, tmp_path, "page0")) as server:
        assert server.client.get("/native/hello").json() == {"message": "Hello"}
        assert server.client.get("/native/users/7").text == "user 7"


def test_what_a_native_route_of_the_page_says_of_itself_is_in_the_description(
    consumer: Path, tmp_path: Path
) -> None:
    with serving(of_program(consumer, tmp_path, "page1")) as server:
        assert server.client.get("/native/cups/1").json() == {"name": "blue", "price": 2.5}
        found = server.client.get("/openapi.json").json()
        OpenAPIV31SpecValidator(found).validate()
        cup = found["paths"]["/native/cups/{id}"]["get"]
        assert (cup["operationId"], cup["tags"]) == ("native.cups.id", ["cups"])
        assert [parameter["name"] for parameter in cup["parameters"]] == ["id"]
        assert set(cup["responses"]) == {"200", "default"}
        assert found["components"]["schemas"]["Cup"]["required"] == ["name", "price"]
        assert "/python/hello" in found["paths"]


@pytest.mark.parametrize("text", ['{"summary": 1}', '{"summary": '])
def test_a_description_that_is_none_stops_the_start(consumer: Path, tmp_path: Path, text: str) -> None:
    """One sentence with the route, the exit code of docs/operations.md, and nothing left."""
    variables = {"CONSUMER_DESCRIPTION": text}
    program = consumer / "build" / "consumer"
    server = Server(tmp_path, EXAMPLE_APP, installed(consumer), program, variables=variables)
    assert server.wait_exit() == 11
    (message,) = server.log.text().splitlines()
    assert message.startswith("typhon: the description of GET /consumer/described ")
    server.check_nothing_left()


def test_installed_program_serves_from_its_prefix(consumer: Path, tmp_path: Path) -> None:
    """The installed typhon finds its worker and its framework without being told."""
    server = Server(tmp_path, EXAMPLE_APP, {}, consumer / "prefix" / "bin" / "typhon")
    try:
        server.wait_ready()
        assert server.client.get("/python/hello").status_code == 200
        assert server.stop() == 0, server.log.text()
        server.check_nothing_left()
    finally:
        server.kill_everything()
