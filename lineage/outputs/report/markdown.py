"""A report as Markdown that GitHub renders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import singledispatch

from lineage.domain.records import Json
from lineage.domain.text import visible
from lineage.outputs.report.blocks import (
    Block,
    Cell,
    ChainPicture,
    Code,
    Facts,
    Head,
    Items,
    Listing,
    Paper,
    Para,
    Section,
    Table,
    Verdict,
    WayBack,
    spans,
)
from lineage.outputs.report.paper import paper

_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&])")


def markdown(report: Json) -> str:
    """The report, given as JSON, as a Markdown text."""
    return "\n".join(_whole(paper(report))).rstrip("\n") + "\n"


def _whole(told: Paper) -> Iterator[str]:
    if told.classification:
        yield f"**{_plain(told.classification)}**\n"
    yield f"# {_plain(told.title)}\n"
    yield f"{_plain(' · '.join(told.under))}\n"
    for block in told.verdicts:
        yield from write(block)
    yield "## Contents\n"
    # In a part about one of several endpoints, only the endpoint.
    titles = {one.anchor: one.part or f"{one.number} {one.title}" for one in told.sections if one.part or "." not in one.number}
    yield "\n".join(f"- [{_plain(title)}](#{anchor})" for anchor, title in titles.items()) + "\n"
    for one in told.sections:
        yield from _section(one)
    yield f"---\n\n{_cell(Code(told.foot))}"


def _section(one: Section) -> Iterator[str]:
    if one.part:
        yield f"## {_plain(one.part)}\n"
    yield f'<a id="{one.anchor}"></a>\n'
    yield f"{'###' if '.' in one.number else '##'} {one.number} {_plain(one.title)}\n"
    for block in one.blocks:
        yield from write(block)


@singledispatch
def write(block: Block) -> Iterator[str]:
    """One block as Markdown."""
    raise TypeError(f"no way to write {type(block).__name__}")


@write.register
def _(block: Para) -> Iterator[str]:
    said = _ticked(block.text)
    yield {"note": f"> {said}\n", "lead": f"**{said}**\n"}.get(block.tone, f"{said}\n")


@write.register
def _(block: Head) -> Iterator[str]:
    yield f"#### {_plain(block.text)}\n"


@write.register
def _(block: Verdict) -> Iterator[str]:
    yield f"**{block.word}** · **{_plain(block.name)}** · {_plain(block.sentence)}\n"


@write.register
def _(block: Facts) -> Iterator[str]:
    yield from _table(("", ""), [[name, value if isinstance(value, str) else "; ".join(value)] for name, value in block.rows])


@write.register
def _(block: Table) -> Iterator[str]:
    yield f"*{_plain(block.caption)}*\n"
    if block.rows:
        yield from _table(block.head, block.rows)
    else:
        yield f"{_ticked(block.none)}\n"


def _table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    lines = [list(map(_plain, head)), ["---"] * len(head), *([_cell(cell) for cell in row] for row in rows)]
    yield "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


@write.register
def _(block: Items) -> Iterator[str]:
    if block.items:
        marks = (f"{place}." if block.numbered else "-" for place in range(1, len(block.items) + 1))
        yield "\n".join(f"{mark} {_ticked(item)}" for mark, item in zip(marks, block.items, strict=True)) + "\n"


@write.register
def _(block: WayBack) -> Iterator[str]:
    steps = (f"1. {_plain(kind)} {_cell(node)}{' — ' + _plain(how) if how else ''}" for kind, node, how in block.steps)
    yield "\n".join(steps) + "\n"


@write.register
def _(block: Listing) -> Iterator[str]:
    fence = "`" * max(3, max((len(run) for run in re.findall(r"`+", block.text)), default=0) + 1)
    yield f"{fence}text\n{visible(block.text)}\n{fence}\n"


@write.register
def _(block: ChainPicture) -> Iterator[str]:
    yield f"> {_plain(block.title)}: the HTML of this report has the picture.\n"


def _plain(text: str) -> str:
    """A text without markup, on one line."""
    return _escaped(" ".join(visible(text).split()))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: _ENTITIES.get(found[0], f"\\{found[0]}"), text)


def _ticked(text: str) -> str:
    """A text that may contain our own code marks, on one line."""
    return "".join(f"`{piece}`" if is_code else _escaped(piece) for is_code, piece in spans(" ".join(visible(text).split())))


def _cell(cell: Cell) -> str:
    """An identifier as code, as an HTML element, because backticks and pipes would break a Markdown table."""
    if not isinstance(cell, Code):
        return _ticked(cell)
    return f"<code>{_SPECIAL.sub(lambda found: f'&#{ord(found[0])};', ' '.join(visible(cell).split()))}</code>"
