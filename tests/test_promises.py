"""Every test states its promise."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

FILES = sorted(Path(__file__).parent.rglob("test_*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_test_says_what_it_promises(path: Path) -> None:
    """Each test function has a docstring of one sentence or more."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)]
    silent = [
        one.name for one in functions if one.name.startswith("test_") and not (ast.get_docstring(one) or "").endswith(".")
    ]
    assert silent == []
