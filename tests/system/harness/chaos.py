"""The table that `make chaos` ends with: each fault, what came of it, how long it took, what was lost.

A test with the marker ``chaos`` takes the fixture `chaos_row` and records its row. One that records nothing
gets a row with its name, and one that fails a row that says so. The table is printed at the end of the run
and written to build/chaos/report.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.binaries import BUILD

REPORT = BUILD / "chaos" / "report.md"
FAILED = "FAILED"


@dataclass(frozen=True)
class Row:
    """One fault and what came of it.

    Attributes:
        fault: what was done to which process, in a few words: "worker KILL, 50 requests in flight".
        outcome: what the clients saw: "44 answered 200, 6 answered 502".
        recovery_s: seconds from the fault until everything was as before; None when nothing had to recover.
        lost: requests without an answer, or with an answer that blames the server, that the fault explains.
    """

    fault: str
    outcome: str
    recovery_s: float | None = None
    lost: int = 0


class Rows:
    """Where one test records."""

    def __init__(self, rows: list[Row]) -> None:
        self._rows = rows
        self.recorded = False

    def record(self, fault: str, outcome: str, recovery_s: float | None = None, lost: int = 0) -> None:
        """Adds a row to the table; `Row` says what the values are."""
        self._rows.append(Row(fault, outcome, recovery_s, lost))
        self.recorded = True


_rows: list[Row] = []


@pytest.fixture
def chaos_row() -> Rows:
    """``chaos_row.record(fault=..., outcome=..., recovery_s=..., lost=...)``, once or more."""
    return Rows(_rows)


@pytest.fixture(autouse=True)
def _row_for_each_fault(request: pytest.FixtureRequest, chaos_row: Rows) -> Iterator[None]:
    """A fault test that records nothing is in the table all the same."""
    yield
    if request.node.get_closest_marker("chaos") is not None and not chaos_row.recorded:
        chaos_row.record(in_words(request.node.name), "as the name says")


def in_words(test: str) -> str:
    """A test's name as text."""
    return test.removeprefix("test_").replace("_", " ")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the table and writes the report, when there is a row."""
    failed = [
        in_words(report.nodeid.rpartition("::")[2])
        for category in ("failed", "error")
        for report in terminalreporter.getreports(category)
        if "chaos" in report.keywords
    ]
    rows = [row for row in _rows if row.fault not in failed] + [Row(name, FAILED) for name in failed]
    if not rows:
        return
    text = table(rows)
    REPORT.parent.mkdir(parents=True, exist_ok=True)
    REPORT.write_text(text)
    terminalreporter.section(f"faults ({REPORT})")
    terminalreporter.write(text)


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table whose columns are aligned."""
    cells = [("fault", "outcome", "recovery", "lost")]
    cells += [(row.fault, row.outcome, _seconds(row.recovery_s), str(row.lost)) for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(4)]
    lines = [
        " | ".join(text.ljust(width) for text, width in zip(line, widths, strict=True)) for line in cells
    ]
    lines.insert(1, " | ".join("-" * width for width in widths))
    return "".join(f"| {line} |\n" for line in lines)


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f} s"
