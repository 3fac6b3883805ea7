"""The security page names tests that exist."""

from __future__ import annotations

import re

from tests.conftest import ROOT


def test_each_test_that_the_page_names_is_there() -> None:
    """Each file that SECURITY.md names as the test of a promise, and each page that it links, exists."""
    page = (ROOT / "SECURITY.md").read_text()
    named = re.findall(r"`(tests/[\w/]+\.\w+)`", page) + re.findall(r"\]\(([^)]+)\)", page)
    assert [name for name in named if not (ROOT / name).is_file()] == []
    assert len(named) > 20
