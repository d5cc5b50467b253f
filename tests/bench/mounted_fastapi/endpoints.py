"""The FastAPI application of the peers, mounted."""
# mypy: disable-error-code="import-not-found"

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "peers"))

from fastapi_app import app

from typhon import mount

mount("/python/mounted", app)
