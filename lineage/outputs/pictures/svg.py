"""SVG as text: elements with escaped words, and the style that all our pictures share. Pure.

A picture stands alone: no script, no font from elsewhere, readable on light and on dark paper.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from html import escape  # that of `xml.sax` imports a client for HTTP

from lineage.domain.text import visible

CHARACTER = 6.7  # approximate width of a character of plain text, a little too large on purpose
BOLD = 8.2
LINE = 17  # from one line of text to the next
_STYLE = """
text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: #20242c; }
.title { font-size: 16px; font-weight: 600; }
.name { font-weight: 600; }
.quiet, .tick { fill: #59616e; }
.tick { font-size: 11px; paint-order: stroke; stroke: #ffffff; stroke-width: 3px; stroke-linejoin: round; }
.warning { fill: #a8440a; }
.paper { fill: #ffffff; }
.axis { stroke: #8b93a0; stroke-width: 1; fill: none; }
.grid { stroke: #e4e7ec; stroke-width: 1; fill: none; }
"""
_DARK = """
text { fill: #e7eaf0; }
.quiet, .tick { fill: #a5adba; }
.tick { stroke: #15181d; }
.warning { fill: #f0a868; }
.paper { fill: #15181d; }
.axis { stroke: #7b8491; }
.grid { stroke: #2b3038; }
"""


def element(tag: str, *inside: str, **attributes: object) -> str:
    """An element; `inside` is already SVG. In attribute names `_` means `-`, and a trailing `_` is dropped."""
    words = "".join(f" {name.strip('_').replace('_', '-')}={_quoted(_value(value))}" for name, value in attributes.items())
    return f"<{tag}{words}>{''.join(inside)}</{tag}>" if inside else f"<{tag}{words}/>"


def words(text: str) -> str:
    """A text, escaped for the inside of an element."""
    return escape(visible(text), quote=False)


def _quoted(text: str) -> str:
    """The value of an attribute, between the quotes that are not in it."""
    said = escape(text, quote=False).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
    return f"'{said}'" if '"' in said and "'" not in said else '"{}"'.format(said.replace('"', "&quot;"))


def text(at: tuple[float, float], said: str, kind: str = "", **attributes: object) -> str:
    """A line of text at a point."""
    return element("text", words(said), x=at[0], y=at[1], **({"class_": kind} if kind else {}), **attributes)


def line(start: tuple[float, float], end: tuple[float, float], kind: str) -> str:
    return element("line", x1=start[0], y1=start[1], x2=end[0], y2=end[1], class_=kind)


def document(size: tuple[float, float], title: str, description: str, style: str, body: Iterable[str]) -> str:
    """A whole picture.

    `style` is CSS added to that of all pictures, for light paper. Its colours must also work on dark paper.
    """
    width, height = size
    css = f"{_STYLE}{style}@media (prefers-color-scheme: dark) {{{_DARK}}}\n"
    said = (element("title", words(title)), element("desc", words(description)), element("style", words(css)))
    frame = (*said, element("rect", width="100%", height="100%", class_="paper"))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        + element(
            "svg",
            "\n",
            *(f"{piece}\n" for piece in (*frame, *body)),
            xmlns="http://www.w3.org/2000/svg",
            width=width,
            height=height,
            viewBox=f"0 0 {_value(width)} {_value(height)}",
            role="img",
        )
        + "\n"
    )


def wrapped(said: str, width: float) -> list[str]:
    """A text in lines no wider than this."""
    return textwrap.wrap(said, max(20, int(width / CHARACTER))) or [""]


def shortened(said: str, width: float, *, bold: bool = False) -> str:
    """A text with its middle left out if it is wider than this, because names differ at their ends."""
    room = max(5, int(width / (BOLD if bold else CHARACTER)))
    if len(said) <= room:
        return said
    half = (room - 1) // 2
    return f"{said[: room - 1 - half]}…{said[-half:]}"


def _value(value: object) -> str:
    """A value; coordinates are rounded to a tenth of a pixel."""
    return visible(f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value))
