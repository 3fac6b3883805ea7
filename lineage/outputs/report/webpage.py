"""A report as one HTML file without scripts or requests, for the screen and for print."""

from __future__ import annotations

from html import escape
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from lineage.domain.records import Json
from lineage.domain.text import one_line, visible
from lineage.outputs.pictures.report_svg import figure
from lineage.outputs.report.blocks import Cell, ChainPicture, Code, Paper, Word, spans
from lineage.outputs.report.paper import paper

_LONG = 20  # characters of a word that stays whole; a time has this many
_TONES = {
    "good": ("traced", "evidenced", "complete", "not-referenced"),
    "fair": ("partial", "possible", "declared-only", "unknown", "warning"),
    "poor": ("broken", "changed", "not valid", "used", "used-indirectly", "error"),
}


def webpage(report: Json) -> str:
    """The report, given as JSON, as an HTML text."""
    told, parts = paper(report), files("lineage.outputs.report")
    style = parts.joinpath("report.css").read_text(encoding="utf-8") + _footer(told)
    template = _environment().from_string(parts.joinpath("report.html.j2").read_text(encoding="utf-8"))
    return template.render(paper=told, style=Markup(style))  # noqa: S704 - our own style sheet


def _environment() -> Environment:
    made = Environment(
        autoescape=True,
        finalize=_said,  # every value passes through it, and its result is already escaped
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "spans": spans,
        "tone": lambda word: next((tone for tone, words in _TONES.items() if word.casefold() in words), "plain"),
        "fit": _fit,
        "sort": lambda block: type(block).__name__,
        "drawn": _drawn,
    }
    made.tests |= {"code": lambda cell: isinstance(cell, Code), "word": lambda cell: isinstance(cell, Word)}
    return made


def _said(value: Any) -> Markup:
    """A text, escaped, with characters that no document should hold made visible."""
    if isinstance(value, Markup):
        return value
    return Markup(escape(visible(str(value))))  # noqa: S704 - it is escaped


def _drawn(block: ChainPicture) -> Markup:
    return Markup(figure(block.title, block.nodes, block.edges))  # noqa: S704 - whoever draws it escapes its words


def _footer(told: Paper) -> str:
    """The footer of each printed page."""
    words = one_line(" · ".join(filter(None, (told.classification, told.title, told.under[-1]))))
    quoted = "".join(c if c.isalnum() or c in " ·-.," else f"\\{ord(c):x} " for c in words)
    return f'@page {{ @bottom-left {{ content: "{quoted}"; }} }}\n'


def _fit(cell: Cell) -> str:
    """Short values stay whole; long words may be broken anywhere, so that no table is wider than the paper."""
    longest = max(map(len, cell.split()), default=0)
    return "long" if longest > _LONG else "short" if longest == len(cell) else ""
