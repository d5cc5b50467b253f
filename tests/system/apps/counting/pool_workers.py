"""Holds the start of pool processes up while the file "hold-pool" is beside the application directory."""

import os
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def init_worker() -> None:
    """Waits."""
    if HERE.with_suffix(".hold-pool").exists():
        with HERE.with_suffix(".importing").open("a") as file:
            file.write(f"{os.getpid()}\n")
        while HERE.with_suffix(".hold-pool").exists():
            time.sleep(0.005)
