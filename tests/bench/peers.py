"""The other servers: how each is installed under build/bench, and how it is started with two workers."""

import hashlib
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from .servers import Server

SOURCES = Path(__file__).resolve().parent / "peers"
SYSTEM_PYTHON = "/usr/bin/python3"
WORKERS = "2"
ORDER = (
    '{"customer": "Ada Lovelace", "express": true, "notes": ["ring twice"], "lines": ['
    '{"name": "cup", "price": 2.5, "count": 4}, {"name": "plate", "price": 7.25}, '
    '{"name": "spoon", "price": 1.1, "count": 12}]}'
)


def _run(command: Sequence[str | Path], log: Path, cwd: Path | None = None) -> None:
    """Runs a step of an installation; raises RuntimeError with the end of its output."""
    with log.open("ab") as output:
        result = subprocess.run(
            command, check=False, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
    if result.returncode != 0:
        raise RuntimeError(log.read_text(errors="replace")[-1500:])


def _stamp(directory: Path, *inputs: object) -> Path:
    digest = hashlib.sha256(repr(inputs).encode()).hexdigest()[:16]
    return directory / f".installed-{digest}"


def _venv(home: Path, name: str, packages: Sequence[str]) -> Path:
    """Makes a venv with the newest of the packages. Returns its bin directory."""
    directory = home / "venvs" / name
    stamp = _stamp(directory, packages)
    if not stamp.exists():
        shutil.rmtree(directory, ignore_errors=True)
        directory.parent.mkdir(parents=True, exist_ok=True)
        log = home / f"install-{name}.log"
        _run([SYSTEM_PYTHON, "-m", "venv", directory], log)
        _run([directory / "bin/pip", "install", "--disable-pip-version-check", *packages], log)
        stamp.touch()
    return directory / "bin"


def _uvicorn(bin_: Path, app: str) -> Callable[[int], Sequence[str]]:
    def command(port: int) -> Sequence[str]:
        options = ["--workers", WORKERS, "--loop", "uvloop", "--http", "httptools"]
        quiet = ["--no-access-log", "--log-level", "warning"]
        return [str(bin_ / "uvicorn"), app, "--port", str(port), *options, *quiet]

    return command


def fastapi_venv(home: Path) -> Path:
    return _venv(home, "fastapi", ["fastapi", "uvicorn", "uvloop", "httptools"]).parent


def fastapi(home: Path) -> Server:
    bin_ = fastapi_venv(home) / "bin"
    return Server("FastAPI", _uvicorn(bin_, "fastapi_app:app"), cwd=SOURCES)


def typed(home: Path) -> Server:
    bin_ = fastapi_venv(home) / "bin"
    return Server("FastAPI", _uvicorn(bin_, "typed_app:app"), "/order", cwd=SOURCES, body=ORDER)


def bare_asgi(home: Path) -> Server:
    bin_ = _venv(home, "asgi", ["uvicorn", "uvloop", "httptools", "orjson"])
    return Server("bare ASGI on uvicorn", _uvicorn(bin_, "asgi_app:app"), cwd=SOURCES)


def granian(home: Path) -> Server:
    bin_ = _venv(home, "granian", ["granian", "uvloop", "orjson"])
    options = [
        "--interface",
        "asgi",
        "--workers",
        WORKERS,
        "--loop",
        "uvloop",
        "--no-ws",
        "--log-level",
        "warning",
    ]
    return Server(
        "Granian",
        lambda port: [str(bin_ / "granian"), *options, "--port", str(port), "asgi_app:app"],
        cwd=SOURCES,
    )


def robyn(home: Path) -> Server:
    bin_ = _venv(home, "robyn", ["robyn"])
    options = ["--processes", WORKERS, "--workers", "1", "--log-level", "ERROR"]
    return Server(
        "Robyn",
        lambda _port: [str(bin_ / "python"), "robyn_app.py", *options],
        cwd=SOURCES,
        environment=lambda port: {"BENCH_PORT": str(port)},
    )


def flask_venv(home: Path) -> Path:
    return _venv(home, "flask", ["flask", "gunicorn"]).parent


def _gunicorn(home: Path, name: str, *words: str) -> Server:
    program = flask_venv(home) / "bin/gunicorn"
    options = ["--workers", WORKERS, *words, "--log-level", "warning"]
    return Server(
        name,
        lambda port: [str(program), *options, "--bind", f"127.0.0.1:{port}", "flask_app:app"],
        cwd=SOURCES,
    )


def flask(home: Path) -> Server:
    return _gunicorn(home, "Flask on gunicorn", "--threads", "8")


def flask_sync(home: Path) -> Server:
    """Its sync workers, which end each connection after one answer."""
    return _gunicorn(home, "Flask on gunicorn, sync", "--worker-class", "sync")


def axum(home: Path) -> Server:
    directory = home / "axum"
    source = SOURCES / "axum"
    stamp = _stamp(directory, (source / "Cargo.toml").read_text(), (source / "src/main.rs").read_text())
    if not stamp.exists():
        if shutil.which("cargo") is None:
            raise RuntimeError("cargo is not installed")
        shutil.copytree(source, directory, dirs_exist_ok=True)
        _run(["cargo", "update"], home / "install-axum.log", cwd=directory)
        _run(["cargo", "build", "--release"], home / "install-axum.log", cwd=directory)
        stamp.touch()
    return Server("axum", lambda port: [str(directory / "target/release/axum-hello"), str(port)])


def cpp_httplib(home: Path) -> Server:
    source = SOURCES / "httplib_hello.cpp"
    directory = home / "httplib"
    stamp = _stamp(directory, source.read_text())
    if not stamp.exists():
        directory.mkdir(parents=True, exist_ok=True)
        # The flags matter: without them the classes have another layout than those of Debian's library.
        flags = subprocess.run(
            ["pkg-config", "--cflags", "--libs", "cpp-httplib"], check=True, capture_output=True, text=True
        ).stdout.split()
        _run(
            ["g++", "-O2", "-std=c++20", str(source), "-o", str(directory / "hello"), *flags],
            home / "install-httplib.log",
        )
        stamp.touch()
    return Server("cpp-httplib", lambda port: [str(directory / "hello"), str(port)])


NATIVE = {"axum": axum, "cpp-httplib": cpp_httplib}
PYTHON = {
    "FastAPI": fastapi,
    "bare ASGI on uvicorn": bare_asgi,
    "Granian": granian,
    "Robyn": robyn,
    "Flask on gunicorn": flask,
}


def versions(home: Path) -> dict[str, str]:
    """What was installed, for the report."""
    found: dict[str, str] = {}
    wanted = {
        "fastapi": "fastapi",
        "asgi": "uvicorn",
        "granian": "granian",
        "robyn": "robyn",
        "flask": "flask",
    }
    for venv, package in wanted.items():
        for info in (home / "venvs" / venv).glob(f"lib/python3*/site-packages/{package}-*.dist-info"):
            found[package] = info.name.removesuffix(".dist-info").split("-")[1]
    lock = home / "axum/Cargo.lock"
    if lock.exists():
        lines = lock.read_text().splitlines()
        found["axum"] = lines[lines.index('name = "axum"') + 1].split('"')[1]
    return found
