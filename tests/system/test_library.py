"""The gateway as a library: a program of another team finds it, adds native routes and serves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.binaries import BUILD, EXAMPLE_APP
from harness.server import Server

CONSUMER = Path(__file__).parent.parent / "consumer"


def run(*words: str | Path) -> None:
    """Runs a build step to its end; a failure shows what it printed."""
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program of tests/consumer, built against an installed copy of the library."""
    home = tmp_path_factory.mktemp("consumer")
    run("cmake", "--install", BUILD, "--prefix", home / "prefix")
    prefix = f"-DCMAKE_PREFIX_PATH={home / 'prefix'}"
    run("cmake", "-S", CONSUMER, "-B", home / "build", "-G", "Ninja", prefix)
    run("cmake", "--build", home / "build")
    return home


def test_installed_library_serves_native_routes_of_another_program_and_python(
    consumer: Path, tmp_path: Path
) -> None:
    """Its routes answer, inline and blocking; Python routes answer; it stops with 0."""
    worker = consumer / "prefix" / "bin" / "typhon-worker"
    framework = consumer / "prefix" / "share" / "typhon" / "python"
    flags = {"worker_bin": worker, "framework": framework}
    server = Server(tmp_path, EXAMPLE_APP, flags, consumer / "build" / "consumer")
    try:
        server.wait_ready()
        assert server.client.get("/consumer/hello").text == "consumer of /consumer/hello"
        assert server.client.get("/consumer/users/7").text == "user 7"
        assert server.client.get("/consumer/blocking").text == "from the pool"
        assert server.client.get("/python/hello").json()["message"] == "Hello from Python"
        assert server.stop() == 0, server.log.text()
        server.check_nothing_left()
    finally:
        server.kill_everything()


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
