"""Names that several of the framework's test files use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

EXAMPLE_APP = Path(__file__).parents[2] / "python" / "app"

AppWriter = Callable[..., Path]
