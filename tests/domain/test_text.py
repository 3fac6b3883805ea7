"""Characters that no document should hold."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.text import json_text, one_line, visible

TURNS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "shown", "line"),
    [
        ("é ✓ 漢字 🙂 a\xa0b", "é ✓ 漢字 🙂 a\xa0b", "é ✓ 漢字 🙂 a\xa0b"),
        ("a\tb\r\nc\rd", "a\tb\nc␍d", "a b  c d"),
        ("bell\x07 nul\x00 del\x7f", "bell␇ nul␀ del␡", "bell␇ nul␀ del␡"),
        ("\x1b[31mred", "␛[31mred", "␛[31mred"),
        ("next\x85 page\x0c para\u2029", r"next\u0085 page␌ para\u2029", r"next\u0085 page  para\u2029"),
        ("csi\x9b", r"csi\u009b", r"csi\u009b"),
        ("lone\ud800 none\uffff", r"lone\ud800 none\uffff", r"lone\ud800 none\uffff"),
        ("right\u202eleft\u2066\u200f\u061c", r"right\u202eleft\u2066\u200f\u061c", r"right\u202eleft\u2066\u200f\u061c"),
        ("a\u200bb\ufeff\xad\u3164", r"a\u200bb\ufeff\u00ad\u3164", r"a\u200bb\ufeff\u00ad\u3164"),
        ("tag\U000e0041", r"tag\U000e0041", r"tag\U000e0041"),
        ("a\u200db", r"a\u200db", r"a\u200db"),
        ("é\u200c\u200dé é\u200d\u202eé", r"é\u200c\u200dé é\u200d\u202eé", r"é\u200c\u200dé é\u200d\u202eé"),
        ("a\u034fb\u2065\U0001d173", r"a\u034fb\u2065\U0001d173", r"a\u034fb\u2065\U0001d173"),
        ("می\u200cخواهم 👩\u200d🔬", "می\u200cخواهم 👩\u200d🔬", "می\u200cخواهم 👩\u200d🔬"),
    ],
)
def test_what_is_shown_instead(text: str, shown: str, line: str) -> None:
    """Control characters have their pictures, others their escapes; on one line an end of line becomes a space."""
    assert (visible(text), one_line(text)) == (shown, line)


@given(ANY_TEXT)
def test_what_is_visible_is_utf8_and_xml(text: str) -> None:
    """Whatever a name holds, its visible form is valid in UTF-8 and XML."""
    shown = visible(text)
    element = ET.Element("x")
    element.text = shown.replace("\r", "")
    assert (ET.fromstring(ET.tostring(element, encoding="utf-8")).text or "") == element.text


@given(ANY_TEXT)
def test_one_line_is_one(text: str) -> None:
    """Nothing in the line ends it, or starts a terminal's control sequence."""
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or c in TURNS for c in one_line(text))
    assert len(one_line(text).splitlines()) <= 1


@given(st.recursive(ANY_TEXT, lambda inner: st.lists(inner) | st.dictionaries(ANY_TEXT, inner)))
def test_json_stays_whole(value: object) -> None:
    """JSON holds the value unchanged, and no character that would be shown in another form."""
    text = json_text(value)
    assert json.loads(text) == value
    assert visible(text) == text
