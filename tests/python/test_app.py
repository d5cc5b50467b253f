"""Loading an application directory."""

from __future__ import annotations

import os
import py_compile
import sys
from pathlib import Path

import pytest

from _support import EXAMPLE_APP, AppWriter
from typhon import AppError, RouteError
from typhon._runtime import format_start_error, load_app

ONE = """
from typhon import route
@route("/python/{0}")
def handler(request): return "{0}"
"""


def patterns(directory: Path) -> list[str]:
    return [spec.pattern for spec in load_app(str(directory))]


def test_modules_and_packages_are_imported_in_the_order_of_their_names(write_app: AppWriter) -> None:
    app = write_app(b=ONE.format("b"), a=ONE.format("a"))
    (app / "c").mkdir()
    (app / "c" / "__init__.py").write_text(ONE.format("c"))
    assert patterns(app) == ["/python/a", "/python/b", "/python/c"]
    assert sys.path[0] == str(app)


def test_hidden_names_and_other_files_are_left_out(write_app: AppWriter) -> None:
    app = write_app(a="import _helper\n" + ONE.format("a"), _helper="X = 1", _broken="1/0")
    (app / ".editor.py").write_text("1/0")
    (app / "notes.txt").write_text("1/0")
    (app / "data").mkdir()
    assert patterns(app) == ["/python/a"]


def test_a_second_load_forgets_the_first(write_app: AppWriter) -> None:
    app = write_app(a=ONE.format("old"))
    assert patterns(app) == ["/python/old"]
    (app / "a.py").write_text(ONE.format("new"))
    assert patterns(app) == ["/python/new"]


def test_an_edit_of_equal_length_in_the_same_second_is_seen(write_app: AppWriter) -> None:
    """A .pyc that matches the source's seconds and size, as another tool may leave it, is not trusted."""
    app = write_app(a=ONE.format("old"))
    os.utime(app / "a.py", (1_000_000, 1_000_000))
    py_compile.compile(str(app / "a.py"))
    (app / "a.py").write_text(ONE.format("new"))
    os.utime(app / "a.py", (1_000_000, 1_000_000))
    assert patterns(app) == ["/python/new"]


def test_no_bytecode_is_written(write_app: AppWriter, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    app = write_app(a=ONE.format("a"))
    load_app(str(app))
    assert not (app / "__pycache__").exists()


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(AppError, match=r"the application directory .*/nowhere does not exist"):
        load_app(str(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("name", "reason"),
    [("json", "standard library"), ("typhon", "Typhon's own package"), ("my-app", "is not a Python name")],
)
def test_a_name_that_cannot_work_is_refused(write_app: AppWriter, name: str, reason: str) -> None:
    with pytest.raises(AppError) as caught:
        load_app(str(write_app(**{name: "X = 1"})))
    assert reason in str(caught.value)
    assert f"{name}.py" in str(caught.value)


def test_a_file_and_a_package_of_one_name_are_refused(write_app: AppWriter) -> None:
    app = write_app(a=ONE.format("a"))
    (app / "a").mkdir()
    (app / "a" / "__init__.py").write_text("")
    with pytest.raises(AppError, match=r"both a file a\.py and a package a/"):
        load_app(str(app))


def test_sys_exit_at_import_is_an_error(write_app: AppWriter) -> None:
    with pytest.raises(AppError, match=r"the module a called sys\.exit\(3\)") as caught:
        load_app(str(write_app(a="import sys\nsys.exit(3)")))
    assert "a.py" in format_start_error(caught.value)


def test_a_broken_import_is_a_traceback_of_the_users_lines(write_app: AppWriter) -> None:
    app = write_app(a="import _b", _b="def f():\n    return 1 / 0\nf()\n")
    with pytest.raises(ZeroDivisionError) as caught:
        load_app(str(app))
    text = format_start_error(caught.value)
    assert f'File "{app}/a.py", line 1' in text
    assert f'File "{app}/_b.py", line 2' in text
    assert text.endswith("ZeroDivisionError: division by zero")
    assert "importlib/" not in text
    assert "typhon/_app.py" not in text


def test_a_syntax_error_shows_its_line(write_app: AppWriter) -> None:
    app = write_app(a="def f(:\n")
    with pytest.raises(SyntaxError) as caught:
        load_app(str(app))
    text = format_start_error(caught.value)
    assert f'{app}/a.py", line 1' in text
    assert "SyntaxError" in text


def test_two_handlers_for_one_route_name_both_files(write_app: AppWriter) -> None:
    app = write_app(a=ONE.format("same"), b=ONE.format("same"))
    with pytest.raises(RouteError) as caught:
        load_app(str(app))
    text = format_start_error(caught.value)
    assert f"{app}/a.py:3" in text
    assert f"{app}/b.py:3" in text
    assert "Traceback" not in text


def test_an_unknown_converter_names_its_line(write_app: AppWriter) -> None:
    app = write_app(a=ONE.format("<num:x>"))
    with pytest.raises(RouteError) as caught:
        load_app(str(app))
    text = format_start_error(caught.value)
    assert 'unknown converter "num"' in text
    assert f"{app}/a.py:3" in text


def test_a_bad_method_names_its_line(write_app: AppWriter) -> None:
    app = write_app(a='from typhon import route\n@route("/python/a", methods="GET")\ndef f(request): ...')
    with pytest.raises(RouteError) as caught:
        load_app(str(app))
    assert f"{app}/a.py:2" in format_start_error(caught.value)


def test_the_example_application_loads() -> None:
    routes = {(method, spec.pattern): spec for spec in load_app(str(EXAMPLE_APP)) for method in spec.methods}
    assert routes["GET", "/python/hello"].name == "endpoints.hello"
    assert routes["POST", "/python/async/compute"].mode == "async"
    assert routes["GET", "/python/pool/squares"].mode == "pool"
    assert len([name for _, name in routes if "openapi" not in name and "docs" not in name]) == 15
