"""Lines without a terminal: what their pieces say, whole."""

from __future__ import annotations

import pytest

from cli.lines import printed, styled


@pytest.mark.parametrize("text", ["x" * 12_000, "   two  words  ", "[bold]:smile: 4711 é ✓", ""])
def test_a_line_is_what_its_pieces_say(text: str) -> None:
    """Without a terminal nothing is cut, coloured or read as markup; only what ends a line in spaces is left out."""
    assert printed(styled(("used", "bold red"), text), styled("next"), colour=False) == f"{f'used{text}'.rstrip()}\nnext\n"


def test_what_no_line_should_hold_is_drawn() -> None:
    """A tab becomes spaces, and what a terminal would act upon is gone: names are other people's words."""
    assert printed(styled("a\tb\a", ("c", "bold")), colour=False) == "a       bc\n"
