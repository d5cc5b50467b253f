"""Measures, prints the tables, and writes report.md, report.json and charts to build/bench.

Exit status 1 when a target is missed.
"""

import argparse
import os
import sys

from . import peers, report
from .cases import CASES, Bench
from .measure import FULL, QUICK, note
from .results import Result
from .typhon_server import ROOT


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="short rounds: shows that it works, not how fast"
    )
    parser.add_argument(
        "--only", action="append", choices=sorted(CASES), metavar="CASE", help=", ".join(CASES)
    )
    parser.add_argument("--setup", action="store_true", help="install the peers and stop")
    return parser.parse_args()


def _install(bench: Bench) -> None:
    for name, make in {**peers.NATIVE, **peers.PYTHON}.items():
        note(f"installing {name}, unless it is there")
        try:
            make(bench.home)
        except RuntimeError as problem:
            note(f"  {name} cannot be installed: {problem}")


def _measure(bench: Bench, names: list[str]) -> list[Result]:
    results = []
    for name in names:
        note(f"measuring {name}")
        results.append(CASES[name](bench))
    return results


def main() -> int:
    arguments = _arguments()
    home = ROOT / "build/bench"
    home.mkdir(parents=True, exist_ok=True)
    bench = Bench(home, QUICK if arguments.quick else FULL)
    if arguments.setup or not arguments.only:  # a case installs its own peers otherwise
        _install(bench)
    if arguments.setup:
        return 0
    results = _measure(bench, arguments.only or list(CASES))
    about = report.machine(bench.plan, os.cpu_count() or 1, peers.versions(home))
    report.write(home, results, about)
    print(report.text(results))
    note(f"written: {home / 'report.md'}, report.json and charts")
    return 0 if all(result.met for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
