"""Flask's hello, the counterpart of Typhon's GET /python/hello."""
# mypy: disable-error-code="import-not-found, untyped-decorator, misc"

import platform

from flask import Flask

app = Flask(__name__)


@app.get("/hello")
def hello() -> dict[str, str]:
    return {"message": "Hello from Python", "version": platform.python_version()}
