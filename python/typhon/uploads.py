"""A file that a client sent in a multipart form."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import IO, Any


class Upload:
    """One file of a form: in memory, or on disk when it is large. It lives as long as its request.

    Attributes:
        filename: as the client named it, without its directories. It is the client's word: never open it.
        content_type: as the client named it; ``application/octet-stream`` when it did not.
        size: in bytes.
        file: the content, open for reading, at its beginning.
    """

    __slots__ = ("content_type", "file", "filename", "size")

    def __init__(self, filename: str, content_type: str, content: bytes | IO[bytes]) -> None:
        self.filename = filename
        self.content_type = content_type
        self.file: IO[bytes] = io.BytesIO(content) if isinstance(content, bytes) else content
        self.size = self.file.seek(0, io.SEEK_END)
        self.file.seek(0)

    @property
    def data(self) -> bytes:
        """The whole content; ``file`` stays where it is."""
        place = self.file.tell()
        self.file.seek(0)
        try:
            return self.file.read()
        finally:
            self.file.seek(place)

    def save(self, path: str | Path) -> None:
        """Writes the content to a file that does not exist yet. Blocks.

        Raises:
            FileExistsError: it exists.
            OSError: it cannot be written.
        """
        with Path(path).open("xb") as target:
            self.file.seek(0)
            shutil.copyfileobj(self.file, target)
            self.file.seek(0)

    def close(self) -> None:
        """Removes the content from memory or disk; the end of the request does so anyway."""
        self.file.close()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Upload):
            return NotImplemented
        mine, theirs = (self.filename, self.content_type), (other.filename, other.content_type)
        return mine == theirs and self.data == other.data

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Upload {self.filename!r} {self.content_type} {self.size} bytes>"

    def __reduce__(self) -> tuple[Any, ...]:
        return (Upload, (self.filename, self.content_type, self.data))
