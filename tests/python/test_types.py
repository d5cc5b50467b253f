"""What type checkers say of an application, and whether every public name says what it is."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

import typhon
import typhon.testing
from typhon._plain_request import Request

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "tests" / "typing" / "shop.py"
WRONG = """
from typhon import Request, abort, route

@route("/python/x")
def wrong(request: Request) -> int:
    name = request.methodd
    abort("404")
"""


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", *command]
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


def mypy(project: Path) -> subprocess.CompletedProcess[str]:
    (project / "mypy.ini").write_text(f"[mypy]\nstrict = True\nmypy_path = {ROOT / 'python'}\n")
    return run("mypy", "app.py", cwd=project)


def pyright(project: Path) -> subprocess.CompletedProcess[str]:
    settings = {
        "include": ["app.py"],
        "extraPaths": [str(ROOT / "python")],
        "typeCheckingMode": "standard",
        "pythonVersion": "3.11",
    }
    (project / "pyrightconfig.json").write_text(json.dumps(settings))
    return run("pyright", f"--pythonpath={sys.executable}", cwd=project)


@pytest.mark.parametrize("checker", [mypy, pyright])
@pytest.mark.timeout(300)
def test_a_type_checker_has_nothing_to_say_of_an_application_but_of_its_faults(
    checker: object, tmp_path: Path
) -> None:
    assert callable(checker)
    (tmp_path / "app.py").write_text(SHOP.read_text())
    done = checker(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "app.py").write_text(WRONG)
    done = checker(tmp_path)
    assert done.returncode != 0
    assert "methodd" in done.stdout
    assert "2 errors" in done.stdout


def test_the_framework_says_that_it_is_typed() -> None:
    assert (ROOT / "python" / "typhon" / "py.typed").exists()


def test_every_public_name_has_a_docstring() -> None:
    missing = []
    for module in (typhon, typhon.testing):
        for name in module.__all__:
            value = getattr(module, name)
            if not inspect.getdoc(value):
                missing.append(name)
            if inspect.isclass(value) and value.__module__.startswith("typhon"):
                own = [key for key, one in vars(value).items() if not key.startswith("_") and callable(one)]
                missing += [f"{name}.{key}" for key in own if not inspect.getdoc(vars(value)[key])]
    assert missing == []


def test_the_plain_request_has_the_fields_of_the_stub() -> None:
    stub = (ROOT / "python" / "_typhon.pyi").read_text()
    wanted = {
        line.split(":")[0].strip()
        for line in stub.partition("class Request:")[2].partition("@final")[0].splitlines()
        if line.startswith("    ") and ": " in line and '"""' not in line and "def " not in line
    }
    plain = Request()
    assert wanted <= {name for name in dir(plain) if not name.startswith("_")}
    assert len(wanted) == 22
