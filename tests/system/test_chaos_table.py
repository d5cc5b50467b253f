"""The table of faults: aligned, and a failed test is in it."""

from __future__ import annotations

from harness.chaos import Row, Rows, in_words, table


def test_the_table_has_a_line_for_each_fault() -> None:
    rows: list[Row] = []
    Rows(rows).record("worker KILL", "46 answered 200", 0.416, 4)
    Rows(rows).record("worker idle", "nothing")
    assert table(rows).splitlines() == [
        "| fault       | outcome         | recovery | lost |",
        "| ----------- | --------------- | -------- | ---- |",
        "| worker KILL | 46 answered 200 | 0.42 s   | 4    |",
        "| worker idle | nothing         | -        | 0    |",
    ]


def test_a_test_without_a_record_is_named_in_words() -> None:
    assert in_words("test_a_killed_worker_is_replaced[9]") == "a killed worker is replaced[9]"
