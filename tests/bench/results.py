"""What a case found: its rows, and the targets that its figures are held against."""

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from .measure import Series, median, p50, p99, throughput


@dataclass(frozen=True)
class Target:
    """A figure that must be at least, or at most, a bound."""

    text: str
    value: float
    bound: float
    sense: Literal["at least", "at most"] = "at least"
    unit: str = "x"

    @property
    def met(self) -> bool:
        return self.value >= self.bound if self.sense == "at least" else self.value <= self.bound


@dataclass(frozen=True)
class Row:
    """Medians of one server or situation."""

    name: str
    requests_per_s: float
    p50_us: float
    p99_us: float
    failed: int


@dataclass
class Result:
    """All of one case."""

    case: str
    title: str
    rows: list[Row] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add_rows(self, samples: Series) -> None:
        for name, runs in samples.items():
            rate, middle, tail = (median(runs, figure) for figure in (throughput, p50, p99))
            row = Row(name, rate, middle, tail, failed=sum(run.failed for run in runs))
            self.rows.append(row)
            if name == "Typhon" and row.failed:
                self.targets.append(Target("requests of Typhon that failed", row.failed, 0, "at most", ""))

    @property
    def met(self) -> bool:
        return all(target.met for target in self.targets)

    def as_json(self) -> dict[str, Any]:
        targets = [{**asdict(target), "met": target.met} for target in self.targets]
        return {**asdict(self), "targets": targets, "met": self.met}
