"""docs/http.md: each rule names what shows it, and what it names is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "http.md").read_text()
ROW = re.compile(r"^\| ([\d., ]+) \| (.+?) \| (.+) \|$", re.MULTILINE)
ROWS = [match.groups() for match in ROW.finditer(PAGE)]


def unit_tests() -> set[str]:
    """The names of the doctest cases of the front."""
    sources = "".join(path.read_text() for path in (ROOT / "tests" / "unit" / "http").glob("*.cpp"))
    return set(re.findall(r'TEST_CASE(?:_FIXTURE)?\((?:\w+,\s*)?"([^"]+)"', sources))


def system_tests() -> set[str]:
    sources = "".join(path.read_text() for path in (ROOT / "tests" / "system").rglob("test_*.py"))
    return set(re.findall(r"^def (test_\w+)", sources, re.MULTILINE))


def is_there(name: str) -> bool:
    if name.startswith("test_"):
        return name in system_tests()
    case = ROOT / "tests" / "http" / name
    return case.with_name(case.name + ".http").exists() and case.with_name(case.name + ".json").exists()


def test_the_tables_are_found() -> None:
    assert len(ROWS) > 60


@pytest.mark.parametrize(
    ("section", "rule", "shown_by"), ROWS, ids=[f"{row[0]}-{number}" for number, row in enumerate(ROWS)]
)
def test_each_rule_is_shown_by_tests_that_exist(section: str, rule: str, shown_by: str) -> None:
    names, cases = re.findall(r"`([^`]+)`", shown_by), re.findall(r'"([^"]+)"', shown_by)
    assert names or cases, f"{section}: nothing shows that {rule}"
    assert [name for name in names if not is_there(name)] == []
    assert [case for case in cases if case not in unit_tests()] == []
