"""Holds the import of the application up while the file "hold-start" is beside its directory."""

import os
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent

if HERE.with_suffix(".hold-start").exists():
    with HERE.with_suffix(".importing").open("a") as file:
        file.write(f"{os.getpid()}\n")
    while HERE.with_suffix(".hold-start").exists():
        time.sleep(0.005)
