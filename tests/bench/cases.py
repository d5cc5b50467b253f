"""The measured situations: each starts what it needs, measures, and says how it did against its targets."""

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from . import peers
from .idle import allow_descriptors, idle_connections, still_open
from .measure import Plan, alternate, keep_alive, note, p50, p99, ratio, throughput
from .results import Result, Target
from .servers import Running, Server, started
from .typhon_server import MOUNTED, NATIVE_HELLO, PYTHON_HELLO, await_quiet, typhon
from .wrk import Sample, background_load, measure

IDLE_CONNECTIONS = 10_000


@dataclass(frozen=True)
class Bench:
    """What every case is given."""

    home: Path
    plan: Plan


@contextlib.contextmanager
def _all_started(
    bench: Bench, result: Result, ours: Server, others: Iterable[Callable[[Path], Server]]
) -> Iterator[list[Running]]:
    """Starts Typhon and the peers; a peer that cannot be had is noted and left out."""
    with contextlib.ExitStack() as stack:
        running = [stack.enter_context(started(ours, bench.home))]
        for make in others:
            try:
                running.append(stack.enter_context(started(make(bench.home), bench.home)))
            except RuntimeError as problem:
                reason = str(problem).strip().splitlines()[-1]
                result.notes.append(f"{make.__name__} was left out: {reason}")
                note(f"  {result.notes[-1]}")
        yield running


def _compare(
    bench: Bench, result: Result, ours: Server, others: Iterable[Callable[[Path], Server]], connections: int
) -> dict[str, list[Sample]]:
    with _all_started(bench, result, ours, others) as running:
        targets = {
            each.server.name: keep_alive(each.url(), connections, each.server.body) for each in running
        }
        samples = alternate(bench.plan, targets)
    result.add_rows(samples)
    return samples


def native(bench: Bench) -> Result:
    result = Result("native", "native hello, 64 connections, 1 loop thread")
    ours = typhon(bench.home, NATIVE_HELLO, 1)
    samples = _compare(bench, result, ours, peers.NATIVE.values(), 64)
    if "axum" in samples:
        value = ratio(samples, "Typhon", "axum", throughput)
        result.targets.append(Target("req/s against axum", value, 1.1))
    return result


def python(bench: Bench) -> Result:
    result = Result("python", "Python hello, 64 connections, 2 workers")
    samples = _compare(bench, result, typhon(bench.home, PYTHON_HELLO, 2), peers.PYTHON.values(), 64)
    return _against(result, samples, {"FastAPI": 4.0, "bare ASGI on uvicorn": 1.0})


def single(bench: Bench) -> Result:
    result = Result("single", "Python hello, 1 connection, 2 workers")
    others = [peers.fastapi, peers.bare_asgi]
    samples = _compare(bench, result, typhon(bench.home, PYTHON_HELLO, 2), others, 1)
    if "FastAPI" in samples:
        value = ratio(samples, "Typhon", "FastAPI", p50)
        result.targets.append(Target("p50 against FastAPI", value, 0.9, "at most"))
    return result


def _against(result: Result, samples: dict[str, list[Sample]], bounds: dict[str, float]) -> Result:
    """Adds a target for each of these servers that was there: Typhon's throughput to the server's."""
    for other, bound in bounds.items():
        if other in samples:
            value = ratio(samples, "Typhon", other, throughput)
            result.targets.append(Target(f"req/s against {other}", value, bound))
    return result


def typed(bench: Bench) -> Result:
    """The same fields on both sides: a msgspec Struct here, a pydantic model there."""
    result = Result("typed", "POST of a typed body of JSON, 64 connections, 2 workers")
    ours = typhon(bench.home, "/python/order", 2, body=peers.ORDER)
    return _against(result, _compare(bench, result, ours, [peers.typed], 64), {"FastAPI": 4.0})


def _mounted(bench: Bench, app: str, venv: Path) -> Server:
    """The peer's own application and packages below a path of Typhon's."""
    return typhon(bench.home, "/python/mounted/hello", 2, app=MOUNTED / f"mounted_{app}", venv=venv)


def flask(bench: Bench) -> Result:
    result = Result("flask", "Flask mounted, 64 connections, 2 workers")
    ours = _mounted(bench, "flask", peers.flask_venv(bench.home))
    samples = _compare(bench, result, ours, [peers.flask, peers.flask_sync], 64)
    return _against(result, samples, {"Flask on gunicorn": 1.0, "Flask on gunicorn, sync": 1.0})


def fastapi(bench: Bench) -> Result:
    result = Result("fastapi", "FastAPI mounted, 64 connections, 2 workers")
    ours = _mounted(bench, "fastapi", peers.fastapi_venv(bench.home))
    return _against(result, _compare(bench, result, ours, [peers.fastapi], 64), {"FastAPI": 0.9})


def idle(bench: Bench) -> Result:
    """Without and with the idle connections, in rounds that alternate."""
    result = Result("idle", f"native hello beside {IDLE_CONNECTIONS:,} idle keep-alive connections")
    if allow_descriptors(IDLE_CONNECTIONS + 1000) < IDLE_CONNECTIONS + 200:
        result.notes.append("left out: the limit of open files is too low (ulimit -n)")
        return result
    flags = ["--max-connections", str(IDLE_CONNECTIONS + 1000), "--idle-timeout", "600s"]
    samples: dict[str, list[Sample]] = {"Typhon": [], "Typhon, many idle": []}
    added: list[float] = []
    with started(typhon(bench.home, NATIVE_HELLO, 1, *flags), bench.home) as running:
        measure(running.url(), 64, bench.plan.warm_up_s)
        for _ in range(bench.plan.rounds):
            samples["Typhon"].append(measure(running.url(), 64, bench.plan.seconds))
            before = running.rss_mb()
            with idle_connections(running, IDLE_CONNECTIONS) as connections:
                # What a first round has left in the allocator is no cost of the later ones.
                added.append(running.rss_mb() - before)
                samples["Typhon, many idle"].append(measure(running.url(), 64, bench.plan.seconds))
                lost = len(connections) - still_open(connections)
            if lost:
                raise RuntimeError(f"the gateway closed {lost} idle connections")
            note(f"  {added[-1]:.1f} MB added, p99 {samples['Typhon, many idle'][-1].p99_us:,.0f} us")
    result.add_rows(samples)
    growth = ratio(samples, "Typhon, many idle", "Typhon", p99)
    result.targets += [
        Target("memory added to the gateway", max(added), 60, "at most", " MB"),
        Target("p99 against none idle", growth, 1.25, "at most"),
    ]
    return result


def _isolation(bench: Bench, case: str, title: str, path: str, bound: float) -> Result:
    result = Result(case, title)
    with started(typhon(bench.home, NATIVE_HELLO, 1), bench.home) as running:

        def busy(seconds: float) -> Sample:
            with background_load(running.url(path), 64, seconds + 30):
                measure(running.url(), 64, 1)  # until the Python side is full
                sample = measure(running.url(), 64, seconds)
            await_quiet(bench.home, running)
            return sample

        targets = {"Typhon": keep_alive(running.url(), 64), "Typhon, Python busy": busy}
        samples = alternate(bench.plan, targets)
    result.add_rows(samples)
    value = ratio(samples, "Typhon, Python busy", "Typhon", throughput)
    result.targets.append(Target("native req/s that remain", value, bound))
    return result


def spin(bench: Bench) -> Result:
    title = "native hello while 64 connections keep Python spinning (20 ms each, 1 worker)"
    return _isolation(bench, "spin", title, "/python/spin", 0.45)


def sleep(bench: Bench) -> Result:
    title = "native hello while 64 connections wait in Python (1 s each, 1 worker)"
    return _isolation(bench, "sleep", title, "/python/sleep", 0.90)


CASES: dict[str, Callable[[Bench], Result]] = {
    case.__name__: case for case in (native, python, typed, flask, fastapi, single, idle, spin, sleep)
}
