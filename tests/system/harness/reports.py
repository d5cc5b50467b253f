"""What sanitizers have reported: scripts/sanitize has every program write its reports to files.

A report counts whoever started the program, how it ended, and whether anybody reads its log.
"""

from __future__ import annotations

import os
from pathlib import Path

DIRECTORY = os.environ.get("TYPHON_TEST_REPORTS")

_seen: set[Path] = set()


def new() -> list[str]:
    """The texts of the reports that came since the last call; none without a sanitizer."""
    if DIRECTORY is None:
        return []
    files = sorted(set(Path(DIRECTORY).iterdir()) - _seen)
    _seen.update(files)
    return [f"{file.name}:\n{file.read_text('utf-8', 'replace')}" for file in files]
