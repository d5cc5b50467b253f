"""Optional packages: imported where they are needed, and named with a command when they are missing."""

from __future__ import annotations

import importlib
from typing import Any

from typhon.errors import AppError


def need(module: str, package: str, purpose: str) -> Any:
    """The module.

    Args:
        module: its name in Python.
        package: its name on PyPI.
        purpose: what cannot be done without it, as the beginning of a sentence.

    Raises:
        AppError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name != module.partition(".")[0]:
            raise
        raise AppError(f"{purpose} needs a package: pip install {package}") from None
