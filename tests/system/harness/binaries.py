"""Where the programs under test are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("TYPHON_BUILD_DIR") or ROOT / "build")
TYPHON = BUILD / "typhon"
WORKER = BUILD / "typhon-worker"
EXAMPLE_APP = ROOT / "python" / "app"
APPS = Path(__file__).resolve().parents[1] / "apps"
VENV = Path(sys.prefix)
