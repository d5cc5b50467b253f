"""What the documents promise: every path they name exists, and every command of the README works."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("proto/*.md")])
STARTED_WITHIN_S = 60.0

# A failed request fails the block.
PRELUDE = (
    'set -euo pipefail\ncurl() { command curl --fail --silent --show-error --max-time 20 "$@"; echo; }\n'
)


def prose(document: Path) -> str:
    """The text without code."""
    return re.sub(r"^```.*?^```|`[^`]*`", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)


def shell_blocks(document: Path) -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL)


def block_with(text: str) -> str:
    """The one block of the README's commands that holds the text."""
    (block,) = (block for block in shell_blocks(ROOT / "README.md") if text in block)
    return block


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_to_files(document: Path) -> None:
    """A link to a file of the repository leads to one."""
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", prose(document))
    assert [link for link in links if not (document.parent / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_paths_that_are_named_exist(document: Path) -> None:
    """`gateway/http` and the like, in code type, are there; a source may be named without its suffix."""
    top = "proto|gateway|pyworker|python|tests|scripts|docs|cmake"
    named = re.findall(rf"`((?:{top})/[\w./-]*)`", document.read_text())
    missing = [path for path in named if not (ROOT / path).exists() and not list(ROOT.glob(f"{path}.*"))]
    assert missing == []


@pytest.mark.parametrize("target", ["run", "test"])
def test_first_commands_are_make_targets(target: str) -> None:
    """The README's first block names targets of the Makefile."""
    assert f"make {target} " in shell_blocks(ROOT / "README.md")[0]
    subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    return {**os.environ, "XDG_RUNTIME_DIR": str(runtime)}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """A directory that looks like the repository's root to the README's commands."""
    desk = tmp_path / "desk"
    desk.mkdir()
    (desk / "scripts").symlink_to(ROOT / "scripts")
    (desk / "build").symlink_to(os.environ.get("TYPHON_BUILD_DIR", ROOT / "build"))
    return desk


def run(block: str, cwd: Path, environment: Mapping[str, str]) -> str:
    result = subprocess.run(
        ["bash", "-c", PRELUDE + block],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def wait_for_port(process: subprocess.Popen[bytes], port: int, path: str) -> None:
    end = time.monotonic() + STARTED_WITHIN_S
    url = f"http://127.0.0.1:{port}{path}"
    while subprocess.run(["curl", "-sf", "-o", "/dev/null", url], check=False).returncode != 0:
        assert process.poll() is None, "the gateway ended"
        assert time.monotonic() < end, f"{url} does not answer"
        time.sleep(0.05)


class Launched:
    """A gateway that was started by a command of the README."""

    def __init__(self, command: str, cwd: Path, environment: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=cwd, env=environment)

    def stop(self) -> None:
        """Ctrl-C, unless it has ended; the end must be orderly."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        try:
            assert self.process.wait(40) == 0
        finally:
            self.process.kill()
            self.process.wait()


@pytest.fixture
def example(port: int, desk: Path, environment: Mapping[str, str]) -> Iterator[int]:
    launched = Launched(f"scripts/run --port {port}", desk, environment)
    wait_for_port(launched.process, port, "/python/hello")
    yield port
    launched.stop()


def test_requests_to_the_example_are_answered(
    example: int, desk: Path, environment: Mapping[str, str]
) -> None:
    """The requests that the README shows first."""
    answers = run(block_with("127.0.0.1:3000/native").replace("3000", str(example)), desk, environment)
    assert "Hello from C++" in answers
    assert "Hello from Python" in answers
    assert "ADA" in answers
    assert "[1,4,9]" in answers


def test_own_application_from_start_to_stop(port: int, desk: Path, environment: Mapping[str, str]) -> None:
    """An own application is written, started, called, reloaded, scaled, looked at and stopped."""
    here = {
        text: block_with(text).replace("8080", str(port))
        for text in ("mkdir", "greet/Ada", "reload", "scale")
    }
    *write, start = here["mkdir"].strip().splitlines()
    run("\n".join(write), desk, environment)
    launched = Launched(start, desk, environment)
    try:
        wait_for_port(launched.process, port, "/python/greet/you")
        answers = run(here["greet/Ada"], desk, environment)
        assert "Salut, Ada!" in answers
        assert '{"result":42}' in answers
        run(here["reload"], desk, environment)
        assert "/python/double" in run(here["scale"], desk, environment)
        assert launched.process.wait(40) == 0
    finally:
        launched.stop()


def test_directories_are_served(port: int, desk: Path, environment: Mapping[str, str]) -> None:
    """The directories of the README's command, once they are there."""
    for name in ("dist", "public"):
        (desk / name).mkdir()
        (desk / name / "name.txt").write_text(name)
    command = block_with("--static").replace("8080", str(port)).strip()
    launched = Launched(command, desk, environment)
    try:
        wait_for_port(launched.process, port, "/assets/name.txt")
        url = f"http://127.0.0.1:{port}"
        assert run(f"curl {url}/assets/name.txt {url}/name.txt", desk, environment).strip() == "distpublic"
    finally:
        launched.stop()
