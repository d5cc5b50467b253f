"""`typhon.testing.TestClient` answers as the real server does."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

from harness.binaries import APPS, ROOT
from harness.server import Server, environment

UUID = "6F9619FF-8B86-D011-B42D-00CF4FC964FF"
REQUESTS = [
    ("GET", "/python/static-or/me"),
    ("GET", "/python/static-or/you"),
    ("GET", "/python/static-or/"),
    ("GET", "/python/static-or/a%2Fb"),
    ("GET", "/python/static-or/gr%C3%B6%C3%9Fe"),
    ("GET", f"/python/params/7/1.5/{UUID}/a/b%20c"),
    ("GET", f"/python/params/7/1/{UUID}/a/"),
    ("GET", f"/python/params/7/1/{UUID}/"),
    ("GET", f"/python/params/7/1/{UUID}/a%2Fb"),
    ("GET", f"/python/params/-7/1/{UUID}/a"),
    ("GET", f"/python/params/1234567890123456789/1/{UUID}/a"),
    ("GET", f"/python/params/7/1./{UUID}/a"),
    ("GET", f"/python/params/7/1e5/{UUID}/a"),
    ("GET", f"/python/params/7/1/{UUID}x/a"),
    ("GET", "/python/none"),
    ("POST", "/python/static-or/me"),
    ("OPTIONS", "/python/static-or/me"),
    ("HEAD", "/python/static-or/me"),
    ("DELETE", "/python/json"),
    ("GET", "/python/results/dict"),
    ("GET", "/python/results/tuple"),
    ("GET", "/python/results/none"),
    ("GET", "/python/results/generator"),
    ("GET", "/python/aborts"),
    ("GET", "/python/async/aborts"),
    ("GET", "/python/unencodable"),
]
ASK = """
import json, sys
from typhon.testing import TestClient
with TestClient(sys.argv[1]) as client:
    answers = []
    for method, path in json.loads(sys.argv[2]):
        answer = client.request(method, path)
        answers.append([answer.status_code, answer.text, answer.headers.get("allow"),
                        answer.headers.get("content-type")])
print(json.dumps(answers))
"""


def test_the_client_in_process_answers_as_the_server(behaviours: Server) -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(ASK), str(APPS / "behaviours"), json.dumps(REQUESTS)],
        env=environment(PYTHONPATH=str(ROOT / "python")),
        capture_output=True,
        text=True,
        check=True,
    )
    differing = []
    for (method, path), found in zip(REQUESTS, json.loads(done.stdout), strict=True):
        answer = behaviours.client.request(method, path)
        fields = [answer.headers.get("allow"), answer.headers.get("content-type")]
        wanted = [answer.status_code, answer.text, *fields]
        for one in (wanted, found):
            if '"request_id"' in one[1]:
                one[1] = json.loads(one[1])["error"]
        if wanted != found:
            differing.append((method, path, wanted, found))
    behaviours.log.allow("unencodable")
    assert differing == []
