"""``typhon new``: what it makes works at once, and what it cannot make it says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from typhon import _new
from typhon.testing import TestClient

FRAMEWORK = Path(_new.__file__).parents[1]


def test_the_application_answers_and_its_tests_in_process_pass(tmp_path: Path) -> None:
    _new.create(tmp_path / "my-shop", str(FRAMEWORK))
    with TestClient(tmp_path / "my-shop" / "app") as client:
        assert client.get("/python/hello").json() == {"message": "Hello"}
    command = [sys.executable, "-m", "pytest", "-q", "-k", "not real", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path / "my-shop", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 passed" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        ([], 2, "takes the name of a directory"),
        (["a", "b"], 2, "takes the name of a directory"),
        (["--what"], 2, "takes the name of a directory"),
        (["taken"], 1, "exists already"),
        (["a b"], 1, "cannot be the name"),
        (["1a"], 1, "cannot be the name"),
    ],
)
def test_what_cannot_be_made_is_told(
    words: list[str],
    code: int,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "taken").mkdir()
    monkeypatch.chdir(tmp_path)
    assert _new.main(words) == code
    assert text in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
