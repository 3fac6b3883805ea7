"""Characters that no document should hold."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.text import one_line, visible

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown", "line"),
    [
        ("é ✓ 漢字 🙂 a\xa0b", "é ✓ 漢字 🙂 a\xa0b", "é ✓ 漢字 🙂 a\xa0b"),
        ("a\tb\r\nc", "a\tb\r\nc", "a b  c"),
        ("bell\x07 nul\x00 del\x7f", "bell␇ nul␀ del␡", "bell␇ nul␀ del␡"),
        ("\x1b[31mred", "␛[31mred", "␛[31mred"),
        ("next\x85 page\x0c para\u2029", "next\ufffd page␌ para\u2029", "next  page  para "),
        ("csi\x9b", "csi\ufffd", "csi\ufffd"),
        ("lone\ud800 none\uffff", "lone\ufffd none\ufffd", "lone\ufffd none\ufffd"),
    ],
)
def test_what_is_shown_instead(text: str, shown: str, line: str) -> None:
    """Controls have their pictures, what has none a mark; on one line what ends a line is a space."""
    assert (visible(text), one_line(text)) == (shown, line)


@given(ANY_TEXT)
def test_what_is_visible_is_utf8_and_xml(text: str) -> None:
    """Whatever a name holds, UTF-8 and XML hold what is shown of it, and no character is lost."""
    shown = visible(text)
    assert len(shown) == len(text)
    element = ET.Element("x")
    element.text = shown.replace("\r", "")
    assert (ET.fromstring(ET.tostring(element, encoding="utf-8")).text or "") == element.text


@given(ANY_TEXT)
def test_one_line_is_one(text: str) -> None:
    """Nothing in it ends a line, or begins what a terminal acts upon."""
    assert len(one_line(text)) == len(text)
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for c in one_line(text))
    assert len(one_line(text).splitlines()) <= 1
