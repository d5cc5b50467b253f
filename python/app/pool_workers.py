"""Functions that run in the pool's processes.

They are found by name there, so each is at the top level of a module.
"""

import math
import time

Number = int | float

_started = 0.0


def init_worker() -> None:
    """Called once in each pool process, before its first task: the place to load a model."""
    global _started
    _started = time.monotonic()


def square(number: Number) -> Number:
    """The number times itself."""
    return number * number


def total(numbers: list[Number]) -> dict[str, Number]:
    """The sum, as the answer that the client gets."""
    return {"result": sum(numbers)}


def factorial(n: int) -> int:
    """The product of the numbers from 1 to n."""
    return math.factorial(n)


def slow(duration: Number) -> dict[str, Number]:
    """Blocks its process, and nothing else."""
    time.sleep(duration)
    return {"slept": duration}
