"""Runs wrk and reads its figures from a Lua hook, in microseconds, instead of from its text."""

import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_REPORT = """
done = function(summary, latency)
  local e = summary.errors
  local form = 'FIGURES {"requests":%d,"duration_us":%d,"p50_us":%.1f,"p99_us":%.1f,"failed":%d}\\n'
  io.write(string.format(form,
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
"""


_POST = """
wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'
wrk.body = [==[%s]==]
"""


@dataclass(frozen=True)
class Sample:
    """One run of wrk."""

    requests_per_s: float
    p50_us: float
    p99_us: float
    failed: int


def _command(url: str, connections: int, seconds: float, script: Path) -> list[str]:
    load = ["-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", "--timeout", "20s"]
    return ["wrk", *load, "-s", str(script), url]


def _parse(output: str) -> Sample:
    line = next(line for line in output.splitlines() if line.startswith("FIGURES "))
    figures = json.loads(line.removeprefix("FIGURES "))
    rate = figures["requests"] / (figures["duration_us"] / 1e6)
    return Sample(rate, figures["p50_us"], figures["p99_us"], figures["failed"])


@contextmanager
def _script(body: str | None = None) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(_REPORT + (_POST % body if body is not None else ""))
        file.flush()
        yield Path(file.name)


def measure(url: str, connections: int, seconds: float, body: str | None = None) -> Sample:
    """Keeps `connections` keep-alive connections busy for that long, from one thread. Blocks.

    It GETs, or POSTs a body of JSON.
    """
    with _script(body) as script:
        command = _command(url, connections, seconds, script)
        result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=seconds + 60)
    if result.returncode != 0:
        raise RuntimeError(f"wrk failed on {url}: {result.stderr.strip()}")
    return _parse(result.stdout)


@contextmanager
def background_load(url: str, connections: int, seconds: float) -> Iterator[None]:
    """Keeps the server busy while the body runs; `seconds` bounds it. Stops it at the end."""
    with _script() as script:
        command = _command(url, connections, seconds, script)
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        try:
            yield
            if process.poll() is not None:
                raise RuntimeError(f"the load on {url} ended before the measurement")
        finally:
            process.terminate()
            process.wait()
