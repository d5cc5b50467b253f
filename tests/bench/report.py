"""The results as a table for people, as Markdown, and as JSON."""

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .chart import throughput_chart
from .measure import Plan
from .results import Result, Target

_HEADER = ("", "req/s", "ratio", "p50 us", "p99 us")


def _cells(result: Result) -> list[tuple[str, ...]]:
    """Rows of a case; the ratio is that of Typhon's throughput to the row's."""
    ours = result.rows[0].requests_per_s if result.rows else 0.0
    return [
        (
            row.name,
            f"{row.requests_per_s:,.0f}",
            f"{ours / row.requests_per_s:.2f}x" if row.requests_per_s else "-",
            f"{row.p50_us:,.0f}",
            f"{row.p99_us:,.0f}",
        )
        for row in result.rows
    ]


def _verdict(target: Target) -> str:
    word = "met" if target.met else "MISSED"
    wanted = f"{target.sense} {target.bound:g}{target.unit}"
    return f"{word}: {target.text} {target.value:.2f}{target.unit} ({wanted})"


def _aligned(rows: Sequence[Sequence[str]]) -> Iterable[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        first, *others = (f"{cell:{'<' if i == 0 else '>'}{widths[i]}}" for i, cell in enumerate(row))
        yield "  ".join([first, *others])


def text(results: Sequence[Result]) -> str:
    lines: list[str] = []
    for result in results:
        lines += ["", result.title]
        lines += [f"  {line}" for line in _aligned([_HEADER, *_cells(result)])]
        lines += [f"  {_verdict(target)}" for target in result.targets]
        lines += [f"  note: {note}" for note in result.notes]
    return "\n".join(lines)


def markdown(results: Sequence[Result], machine: Mapping[str, Any]) -> str:
    lines = [f"Machine: {machine['cpu']}, {machine['cores']} cores, {machine['system']}."]
    lines += [f"Peers: {', '.join(f'{name} {version}' for name, version in machine['peers'].items())}."]
    lines += [f"{machine['rounds']} alternating rounds of {machine['seconds']:g} s, wrk -t1; medians."]
    for result in results:
        lines += ["", f"### {result.title}", ""]
        lines += ["| | req/s | Typhon is | p50 us | p99 us |", "|---|---:|---:|---:|---:|"]
        lines += ["| " + " | ".join(cells) + " |" for cells in _cells(result)]
        lines += [""] + [f"- {_verdict(target)}" for target in result.targets]
        lines += [f"- note: {note}" for note in result.notes]
    return "\n".join(lines) + "\n"


def _cpu() -> str:
    names = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return names[0].split(":")[1].strip() if names else "unknown processor"


def machine(plan: Plan, cores: int, peers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "cpu": _cpu(),
        "cores": cores,
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.platform()),
        "rounds": plan.rounds,
        "seconds": plan.seconds,
        "peers": dict(peers),
    }


def write(home: Path, results: Sequence[Result], about: Mapping[str, Any]) -> None:
    """Leaves report.md, report.json and a chart of each case's throughput in the directory."""
    (home / "report.md").write_text(markdown(results, about))
    report = {"machine": about, "cases": [result.as_json() for result in results]}
    (home / "report.json").write_text(json.dumps(report, indent=2) + "\n")
    for result in results:
        if result.rows:
            (home / f"{result.case}.svg").write_text(throughput_chart(result))
