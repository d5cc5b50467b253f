"""How large the forms of clients may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FormLimits:
    """What a form may hold; beyond it the answer is 413, for a long name 400.

    The gateway's ``--max-body`` bounds all of a body before.

    Attributes:
        parts: fields and files together.
        name_length: characters of a name.
        field_size: bytes of a field.
        file_size: bytes of a file.
        memory: bytes up to which a file stays in memory; a larger one is on disk.
    """

    parts: int = 1000
    name_length: int = 200
    field_size: int = MIB
    file_size: int = 1024 * MIB
    memory: int = MIB


_limits = FormLimits()


def form_limits(limits: FormLimits) -> None:
    """Sets the limits of the application's forms. Call it while a module is imported."""
    global _limits
    _limits = limits


def current_limits() -> FormLimits:
    """Those that are in force."""
    return _limits


def read_form(request: Any, limits: FormLimits) -> None:
    """Reads the form of one request under limits of its own; ``request.form`` and ``files`` have the result.

    Raises:
        HTTPError: 400 or 413, as when ``request.form`` is read.
    """
    from typhon._request import read_parts  # that module reads the limits of this one

    read_parts(request, limits)
