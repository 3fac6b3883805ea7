"""A node as a card: an icon, its name, and below it what it is. Sizes, and the SVG. Pure."""

from __future__ import annotations

import re
from typing import Final

from lineage.outputs.pictures.figures import Figure, shorten
from lineage.outputs.pictures.icons import icon_of
from lineage.outputs.pictures.layout import Box, Size
from lineage.outputs.pictures.svg import element, text, words

_ICON, _TEXT, _END = 20.0, 37.0, 12.0  # from the left: the middle of the icon, the start of the words; then the room after them
_LEAST = 104.0  # the width of a card
_HIGH, _LINE = 44.0, 15.0  # the height of a card with one line of name, and of each further line
ROOM: Final = 26  # characters of a line
_NAME, _KIND = 12.0, 11.0  # pixels of the letters
_NARROW, _WIDE = frozenset("iljtfrI.,:;'|!()[]-/ "), frozenset("mwMW@%")
_SLASHES = re.compile(r"[^/\s]*[/\s]|[^/\s]+$")
_SIGNS = re.compile(r"[^/_.:\s-]*[/_.:\s-]|[^/_.:\s-]+$")

STYLE: Final = """
.paper { fill: #f7f8fa; }
.card { fill: #ffffff; stroke: #c3cad4; stroke-width: 1; }
.icon { stroke: #3a4450; stroke-width: 0.9; }
.node .name { font-size: 12px; }
.of { font-size: 11px; fill: #59616e; }
.status-failed .of, .status-stopped .of, .status-outofservice .of { fill: #b3261e; }
.node.unobserved .card { stroke: #8b93a0; stroke-dasharray: 5 3; }
.node.unobserved .icon { opacity: 0.55; }
.node.gap .card { stroke: #b3261e; stroke-width: 2; }
.node.subject .card { fill: #e8effa; stroke: #2457a6; stroke-width: 2; }
.node.unlit .card { fill: #f7f8fa; stroke: #dfe3e9; stroke-width: 1; }
.node.unlit .icon { opacity: 0.35; }
.node.unlit .name { fill: #59616e; font-weight: 400; }
.node.unlit .of { fill: #59616e; }
a { text-decoration: none; }
a:hover .card { stroke: #2457a6; }
"""
DARK: Final = """
.card { fill: #1f252d; stroke: #48525f; }
.icon { stroke: #0d1014; }
.of { fill: #a5adba; }
.status-failed .of, .status-stopped .of, .status-outofservice .of { fill: #ff8a80; }
.node.unobserved .card { stroke: #7b8491; }
.node.gap .card { stroke: #ff8a80; }
.node.subject .card { fill: #26344a; stroke: #8db8f5; }
.node.unlit .card { fill: #15181d; stroke: #2b3038; }
.node.unlit .name, .node.unlit .of { fill: #a5adba; }
a:hover .card { stroke: #8db8f5; }
"""


def name_lines(label: str, room: int = ROOM, most: int = 2) -> list[str]:
    """The name in few lines, broken at a slash, or else at another sign. If it is too long, its middle is left out."""
    for length in range(room * most, room, -2):
        for breaks in (_SLASHES, _SIGNS):
            lines = _broken(breaks.findall(shorten(label, length)), room)
            if 0 < len(lines) <= most:
                return lines
    whole = shorten(label, room * most)
    return [whole[at : at + room] for at in range(0, len(whole), room)] or [""]


def _broken(pieces: list[str], room: int) -> list[str]:
    """The pieces in lines; empty if one piece is wider than a line."""
    lines = [""]
    for piece in pieces:
        if len(piece.strip()) > room:
            return []
        if len((lines[-1] + piece).strip()) > room:
            lines.append("")
        lines[-1] += piece
    return [line.strip() for line in lines if line.strip()]


def size(lines: list[str], below: str) -> Size:
    """The width and height of a card, by the lines of its name and the text below."""
    wide = max(*(_width(line, _NAME * 1.06) for line in lines), _width(below, _KIND))
    return max(_LEAST, float(round(_TEXT + wide + _END))), _HIGH + _LINE * (len(lines) - 1)


def size_of(figure: Figure) -> Size:
    """The size of the card of a node."""
    return size(name_lines(figure.label), figure.below)


def _width(said: str, letters: float) -> float:
    """The approximate width of a text, in the widest font that a browser may use."""
    parts = sum(
        1.15 if ord(one) > 0x2E80 else 0.4 if one in _NARROW else 1.0 if one in _WIDE else 0.76 if one.isupper() else 0.66
        for one in said
    )
    return parts * letters


def card(figure: Figure, box: Box, lines: list[str] | None = None) -> str:
    """The card of a node, in its place. The name may already be broken into lines."""
    x, y, width, height = box
    lines = lines or name_lines(figure.label)
    frame = {"x": x, "y": y, "width": width, "height": height, "rx": 7, "class_": "card"}
    behind = [element("rect", **frame | {"x": x + by, "y": y + by}) for by in (6, 3) if figure.fold]
    place = f"translate({x + _ICON:.1f} {y + height / 2:.1f})"
    icon = element("path", d=icon_of(figure.kind), class_="icon", transform=place)
    said = [text((x + _TEXT, y + 18 + _LINE * number), line, "name") for number, line in enumerate(lines)]
    below = text((x + _TEXT, y + height - 10), figure.below, "of")
    return "".join([*behind, element("rect", **frame), icon, *said, below])


def linked(figure: Figure, inside: str, name: str) -> str:
    """A card as a group with a tooltip and a link."""
    pointed = element("a", inside, href=figure.url, target="_blank", rel="noopener") if figure.url else inside
    return element("g", element("title", words(figure.tooltip)), pointed, id=name, class_=classes(figure))


def classes(figure: Figure) -> str:
    """The CSS classes of a node's group."""
    said = {"gap": figure.gap, "fold": figure.fold, "subject": figure.subject, "unlit": figure.lit is False}
    return " ".join(["node", figure.classes, *(word for word, so in said.items() if so)])
