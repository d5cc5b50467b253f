"""The description of the example's API through the gateway, and whether the API does what it says."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from harness.server import Server, environment
from harness.starter import Starter
from harness.waiting import LONG_S

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,"
    "negative_data_rejection"
)


def test_the_document_and_its_page_are_served(example: Server) -> None:
    found = example.client.get("/openapi.json").json()
    OpenAPIV31SpecValidator(found).validate()
    assert "/python/hello" in found["paths"]
    assert example.client.get("/python/openapi.json").json() == found
    page = example.client.get("/docs")
    assert "swagger-ui" in page.text
    script = example.client.get("/docs/swagger-ui-bundle.js")
    assert (script.status_code, script.headers["content-type"]) == (200, "text/javascript")
    assert example.client.post("/openapi.json").status_code == 405


def test_native_routes_that_describe_themselves_are_beside_those_of_python(example: Server) -> None:
    found = example.client.get("/openapi.json").json()["paths"]
    native = {path: set(operations) for path, operations in found.items() if path.startswith("/native/")}
    assert native == {"/native/hello": {"get"}, "/native/echo": {"post"}, "/native/slow": {"get"}}
    hello = found["/native/hello"]["get"]
    assert (hello["operationId"], set(hello["responses"])) == ("native.hello", {"200", "default"})
    table = example.command("routes").stdout
    assert all(path in table for path in ("/native/hello", "/native/stream", "/python/hello"))


def test_workers_of_a_later_generation_describe_the_native_routes_too(start: Starter) -> None:
    server = start()
    assert server.reload().returncode == 0
    assert "/native/hello" in server.client.get("/openapi.json").json()["paths"]


def test_an_application_that_does_not_describe_itself_has_no_such_paths(mirror: Server) -> None:
    for path in ("/openapi.json", "/docs", "/docs/swagger-ui.css"):
        assert mirror.client.get(path).status_code == 404


def test_the_features_have_a_valid_description(features: Server) -> None:
    OpenAPIV31SpecValidator(features.client.get("/openapi.json").json()).validate()


@pytest.mark.parametrize("application", ["example", "features"])
def test_no_generated_request_is_answered_other_than_described(
    application: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    server: Server = request.getfixturevalue(application)
    (tmp_path / "schemathesis.toml").write_text('phases.coverage.unexpected-methods = ["DELETE", "PATCH"]\n')
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        f"http://127.0.0.1:{server.port}/openapi.json",
        f"--checks={CHECKS}",
        "--max-examples=10",
        "--generation-deterministic",
        "--exclude-path-regex=slow|sleep|concurrent",
        "--phases=examples,coverage,fuzzing",
        "--continue-on-failure",
        "--no-color",
    ]
    done = subprocess.run(
        command,
        env=environment(PYTHONWARNINGS="ignore", PATH=os.environ["PATH"]),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=3 * LONG_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
