"""Alternating rounds over several targets, and what is computed from them."""

import statistics
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .wrk import Sample, measure


@dataclass(frozen=True)
class Plan:
    """How long and how often is measured."""

    rounds: int
    seconds: float
    warm_up_s: float


FULL = Plan(rounds=5, seconds=4, warm_up_s=2)
QUICK = Plan(rounds=2, seconds=1, warm_up_s=1)

Series = Mapping[str, list[Sample]]
Figure = Callable[[Sample], float]


def throughput(sample: Sample) -> float:
    return sample.requests_per_s


def p50(sample: Sample) -> float:
    return sample.p50_us


def p99(sample: Sample) -> float:
    return sample.p99_us


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def alternate(plan: Plan, targets: Mapping[str, Callable[[float], Sample]]) -> dict[str, list[Sample]]:
    """Measures each target once a round, so that a change of the machine's speed meets all of them alike."""
    for target in targets.values():
        target(plan.warm_up_s)
    samples: dict[str, list[Sample]] = {name: [] for name in targets}
    for round_ in range(1, plan.rounds + 1):
        for name, target in targets.items():
            sample = target(plan.seconds)
            samples[name].append(sample)
            figures = f"{sample.requests_per_s:10,.0f} req/s  p50 {sample.p50_us:8,.0f} us"
            note(f"  {round_}/{plan.rounds} {name:24} {figures}")
    return samples


def keep_alive(url: str, connections: int, body: str | None = None) -> Callable[[float], Sample]:
    return lambda seconds: measure(url, connections, seconds, body)


def median(samples: list[Sample], figure: Figure) -> float:
    return statistics.median(figure(sample) for sample in samples)


def ratio(samples: Series, name: str, other: str, figure: Figure) -> float:
    """The median over the rounds of `name`'s figure divided by `other`'s in the same round."""
    pairs = zip(samples[name], samples[other], strict=True)
    return statistics.median(figure(mine) / figure(theirs) for mine, theirs in pairs)
