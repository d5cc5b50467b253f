"""Runs clang-tidy, on all cores, over the sources that changed since they were last clean.

A source counts as changed when it, a header of the project that it includes, its compile command or
.clang-tidy is another than at its last clean run. The headers come from the dependency log of Ninja, so a
build must precede.

    scripts/tidy.py BUILD_DIR
"""

# ruff: noqa: INP001, T201  # a script
import hashlib
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLEAN = ROOT / ".cache" / "tidy"

CLANG_TIDY = str(Path(sys.executable).with_name("clang-tidy"))  # that of the venv

# Boost.Asio 1.74 knows the coroutines of C++20 in GCC alone.
EXTRA_ARGUMENTS = [
    "--extra-arg=-DBOOST_ASIO_HAS_CO_AWAIT",
    "--extra-arg=-DBOOST_ASIO_HAS_STD_COROUTINE",
    "--extra-arg=-Wno-unknown-warning-option",
    "--extra-arg=-Wno-deprecated-declarations",  # Boost.Asio's std::result_of
    "--extra-arg=-Wno-uninitialized",  # an array whose address alone is taken
]


def project_dependencies(build: Path) -> dict[str, list[Path]]:
    """Maps each object file of the build to the files of the project that it was compiled from."""
    log = subprocess.run(
        ["ninja", "-C", str(build), "-t", "deps"], check=True, capture_output=True, text=True
    ).stdout
    dependencies: dict[str, list[Path]] = {}
    files: list[Path] = []
    for line in log.splitlines():
        if line.startswith("    "):
            path = (build / line.strip()).resolve()
            if path.is_relative_to(ROOT):
                files.append(path)
        elif ": #deps" in line:
            files = dependencies.setdefault(line.split(": #deps")[0], [])
    return dependencies


def fingerprint(command: str, files: Iterable[Path]) -> str:
    """A hash over everything that decides what clang-tidy says about one source."""
    digest = hashlib.sha256(command.encode())
    for path in [ROOT / ".clang-tidy", ROOT / "tests" / ".clang-tidy", Path(__file__), *sorted(set(files))]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def changed_sources(build: Path) -> list[tuple[Path, Path]]:
    """Pairs of a source and the stamp file to be made when it is clean."""
    dependencies = project_dependencies(build)
    changed = []
    for entry in json.loads((build / "compile_commands.json").read_text()):
        source = Path(entry["file"])
        words = shlex.split(entry["command"])
        files = dependencies.get(words[words.index("-o") + 1], [source])
        stamp = CLEAN / fingerprint(entry["command"], files)
        if not stamp.exists():
            changed.append((source, stamp))
    return changed


def tidy(build: Path, source: Path, stamp: Path) -> tuple[Path, str]:
    """Checks one source. Returns what is wrong with it, or an empty text."""
    command = [CLANG_TIDY, "-p", str(build), "--quiet", *EXTRA_ARGUMENTS, str(source)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    if result.returncode == 0:
        stamp.touch()
        return source, ""
    return source, result.stdout + result.stderr


def main() -> int:
    """Runs the check; exit status 1 when a source is not clean."""
    build = Path(sys.argv[1]).resolve()
    CLEAN.mkdir(parents=True, exist_ok=True)
    changed = changed_sources(build)
    failed = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = pool.map(lambda pair: tidy(build, *pair), changed)
        for done, (source, findings) in enumerate(results, start=1):
            print(f"[{done}/{len(changed)}] {source.relative_to(ROOT)}", file=sys.stderr)
            if findings:
                failed += 1
                print(findings)
    if failed:
        print(f"clang-tidy: {failed} of {len(changed)} changed sources are not clean")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
