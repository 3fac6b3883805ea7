"""A report as one HTML file that needs nothing else: no script, no request. It is made to be printed as well."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import singledispatch
from html import escape
from importlib.resources import files

from lineage.domain.records import Json
from lineage.outputs.pictures.report_svg import figure
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
    Word,
    spans,
)
from lineage.outputs.report.paper import paper

_LONG = 20  # characters of a word: a time has so many
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_TONES = {
    "good": ("traced", "evidenced", "complete", "not-referenced"),
    "fair": ("partial", "possible", "declared-only", "unknown", "warning"),
    "poor": ("broken", "used", "used-indirectly", "error"),
}


def webpage(report: Json) -> str:
    """The report, given as JSON, as an HTML text."""
    return "".join(_whole(paper(report)))


def _whole(told: Paper) -> Iterator[str]:
    style = files("lineage.outputs.report").joinpath("report.css").read_text(encoding="utf-8")
    yield '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    yield '<meta name="color-scheme" content="light dark">\n'
    yield f"<title>{_said(told.title)} · {_said(told.under[0])}</title>\n<style>\n{style}"
    yield f"{_footer(told)}</style>\n</head>\n<body>\n"
    banner = f'<p class="banner">{_said(told.classification)}</p>\n' if told.classification else ""
    yield f'{banner}<header>\n<h1>{_said(told.title)}</h1>\n<p class="under">{_said(" · ".join(told.under))}</p>\n'
    for block in told.verdicts:
        yield from write(block)
    yield "</header>\n"
    yield from _contents(told.sections)
    yield "<main>\n"
    for one in told.sections:
        yield from _section(one)
    yield f"</main>\n<footer><code>{_said(told.foot)}</code></footer>\n{banner}</body>\n</html>\n"


def _footer(told: Paper) -> str:
    """What stands at the foot of each printed page."""
    words = " · ".join(filter(None, (told.classification, told.title, told.under[-1])))
    quoted = "".join(c if c.isalnum() or c in " ·-.," else f"\\{ord(c):x} " for c in words)
    return f'@page {{ @bottom-left {{ content: "{quoted}"; }} }}\n'


def _contents(sections: Sequence[Section]) -> Iterator[str]:
    yield '<nav aria-label="Contents">\n<h2>Contents</h2>\n<ol>\n'
    for one in sections:
        if one.part or "." not in one.number:
            number = "" if one.part else f'<span class="number">{one.number}</span> '
            yield f'<li><a href="#{one.anchor}">{number}{_said(one.part or one.title)}</a></li>\n'
    yield "</ol>\n</nav>\n"


def _section(one: Section) -> Iterator[str]:
    if one.part:
        yield f'<h2 class="part">{_said(one.part)}</h2>\n'
    level = 3 if "." in one.number else 2
    yield f'<section id="{one.anchor}" aria-labelledby="{one.anchor}-title">\n'
    yield f'<h{level} id="{one.anchor}-title"><span class="number">{one.number}</span> {_said(one.title)}</h{level}>\n'
    for block in one.blocks:
        yield from write(block)
    yield "</section>\n"


@singledispatch
def write(block: Block) -> Iterator[str]:
    """One block as HTML."""
    raise TypeError(f"no way to write {type(block).__name__}")


@write.register
def _(block: Para) -> Iterator[str]:
    yield f"<p{_class(block.tone)}>{_ticked(block.text)}</p>\n"


@write.register
def _(block: Head) -> Iterator[str]:
    yield f"<h4>{_said(block.text)}</h4>\n"


@write.register
def _(block: Verdict) -> Iterator[str]:
    yield f'<div class="verdict {_tone(block.word)}"><p><b class="word">{_said(block.word)}</b> <b>{_said(block.name)}</b></p>'
    yield f"<p>{_said(block.sentence)}</p></div>\n"


@write.register
def _(block: Facts) -> Iterator[str]:
    yield '<table class="facts"><tbody>\n'
    for name, value in block.rows:
        told = _cell(value) if isinstance(value, str) else "<br>".join(map(_cell, value))
        yield f'<tr><th scope="row">{_said(name)}</th><td>{told}</td></tr>\n'
    yield "</tbody></table>\n"


@write.register
def _(block: Table) -> Iterator[str]:
    if not block.rows:
        yield f'<p class="none"><b>{_said(block.caption)}:</b> {_ticked(block.none)}</p>\n'
        return
    head = "".join(f'<th scope="col">{_said(one)}</th>' for one in block.head)
    yield f'<div class="wide"><table><caption>{_said(block.caption)}</caption><thead><tr>{head}</tr></thead><tbody>\n'
    for row in block.rows:
        yield f"<tr>{''.join(f'<td{_fit(cell)}>{_cell(cell)}</td>' for cell in row)}</tr>\n"
    yield "</tbody></table></div>\n"


@write.register
def _(block: Items) -> Iterator[str]:
    if block.items:
        tag = "ol" if block.numbered else "ul"
        yield f"<{tag}>{''.join(f'<li>{_ticked(item)}</li>' for item in block.items)}</{tag}>\n"


@write.register
def _(block: WayBack) -> Iterator[str]:
    yield '<ol class="way">'
    for kind, node, how in block.steps:
        yield f'<li><span class="kind">{_said(kind)}</span> {_cell(node)} <span class="how">{_said(how)}</span></li>'
    yield "</ol>\n"


@write.register
def _(block: ChainPicture) -> Iterator[str]:
    picture = figure(block.title, block.nodes, block.edges)
    yield f'<figure><div class="wide">{picture}</div><figcaption>{_said(block.title)}. {_LINES}</figcaption></figure>\n'


_LINES = (
    "Data flows along the arrows. A whole line: a field names it; dashed: matched by location or content, or logged by "
    "people; dotted: recorded by, member of. A dashed box was named and not observed. Container images are left out."
)


@write.register
def _(block: Listing) -> Iterator[str]:
    yield f"<pre><code>{_said(block.text)}</code></pre>\n"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Code):
        return f"<code>{_said(cell)}</code>"
    if isinstance(cell, Word):
        return f'<b class="word {_tone(cell)}">{_said(cell)}</b>'
    return _ticked(cell)


def _fit(cell: Cell) -> str:
    """Short values stay whole; long words may be broken anywhere, so that no table is wider than the paper."""
    longest = max(map(len, cell.split()), default=0)
    return ' class="long"' if longest > _LONG else ' class="short"' if longest == len(cell) else ""


def _tone(word: str) -> str:
    return next((tone for tone, words in _TONES.items() if word.casefold() in words), "plain")


def _class(tone: str) -> str:
    return f' class="{tone}"' if tone else ""


def _ticked(text: str) -> str:
    """A text that may hold code of our own."""
    return "".join(f"<code>{_said(piece)}</code>" if is_code else _said(piece) for is_code, piece in spans(text))


def _said(text: str) -> str:
    """Escaped; a control character, which HTML has no place for, is shown as the replacement character."""
    return escape("".join(c if c in "\n\t" or (ord(c) >= 32 and ord(c) != 127) else "\ufffd" for c in text))
