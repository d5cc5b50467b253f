"""``typhon new``, and the fixtures of `typhon.pytest_plugin` with the real server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from harness.binaries import APPS, ROOT, TYPHON
from harness.server import environment, run_typhon

sys.path.append(str(ROOT / "python"))

from typhon.errors import AppError
from typhon.testing import LiveServer


def test_all_tests_of_a_new_application_pass(tmp_path: Path) -> None:
    done = run_typhon("new", tmp_path / "shop")
    assert done.returncode == 0, done.stderr
    assert "typhon serve" in done.stdout
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=tmp_path / "shop",
        env=environment(TYPHON_BIN=str(TYPHON)),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout + tests.stderr
    assert "4 passed" in tests.stdout


def test_new_says_what_it_cannot_do(tmp_path: Path) -> None:
    assert run_typhon("new", "--help").stdout.startswith("Usage: typhon new NAME")
    assert run_typhon("new").returncode == 2
    done = run_typhon("new", tmp_path)
    assert (done.returncode, "exists already" in done.stderr) == (1, True)


def test_a_live_server_that_cannot_start_says_why_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    with LiveServer(APPS / "mirror", typhon=TYPHON, pool_workers=1) as server:
        assert httpx.get(server.url + "/native/hello").status_code == 200
    with pytest.raises(AppError, match="does not exist"):
        LiveServer(tmp_path / "none", typhon=TYPHON)
    assert list(tmp_path.iterdir()) == []


def test_dev_serves_with_tracebacks_and_shell_asks(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "from typhon import route\n\n\n@route('/python/x')\ndef x(request):\n    return {'x': 1}\n"
    )
    done = subprocess.run(
        [str(TYPHON), "shell", "--app", str(tmp_path), "--venv", sys.prefix],
        input="print(client.get('/python/x').json())\n",
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, "{'x': 1}" in done.stdout) == (0, True), done.stdout + done.stderr
    assert "--reload" in run_typhon("dev", "--help").stdout
