"""python/_typhon.pyi says what the native module has."""

from __future__ import annotations

import ast

from harness.binaries import ROOT
from harness.server import Server


def names_of(node: ast.stmt) -> tuple[str, list[str]]:
    if isinstance(node, ast.ClassDef):
        fields = [
            one.target.id
            for one in node.body
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)
        ]
        methods = [one.name for one in node.body if isinstance(one, ast.FunctionDef)]
        return node.name, sorted(fields + methods)
    assert isinstance(node, ast.FunctionDef)
    return node.name, []


def test_the_stub_has_what_the_native_module_has(features: Server) -> None:
    tree = ast.parse((ROOT / "python" / "_typhon.pyi").read_text())
    declared = dict(names_of(node) for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef))
    assert features.client.get("/python/native-names").json() == declared
