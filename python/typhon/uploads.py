"""A file that a client sent in a multipart form."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a form, held in memory.

    Attributes:
        filename: as the client named it, without its directories. It is the client's word: never open it.
        content_type: as the client named it; ``application/octet-stream`` when it did not.
        data: the content.
    """

    filename: str
    content_type: str
    data: bytes
