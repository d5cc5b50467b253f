"""docs/security.md: what it names as shown is there."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text()


def sources(directory: str, pattern: str) -> str:
    return "".join(path.read_text() for path in (ROOT / "tests" / directory).rglob(pattern))


def test_the_tests_that_are_named_exist() -> None:
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named
    assert named - set(re.findall(r"^def (test_\w+)", sources("system", "test_*.py"), re.MULTILINE)) == set()


def test_the_unit_tests_that_are_named_exist() -> None:
    named = set(re.findall(r'"(\w+: [^"]+)"', PAGE))
    assert named
    have = re.findall(r'TEST_CASE(?:_FIXTURE)?\((?:\w+,\s*)?"([^"]+)"', sources("unit", "*.cpp"))
    assert named - set(have) == set()
