"""What `impact` and `path` found, as text for people: first what serves the data, each with its path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Any

import lineage

from .attested import rest_lines, verdict_word
from .lines import Line, footer, listed, printed, printed_in_pieces, spaced, styled
from .words import plural

_COLOURS = {
    "reached": "bold red",
    "found": "bold red",
    "possible": "bold yellow",
    "nothing-found": "bold green",
    "unknown": "bold magenta",
}
_SERVES = {
    "now": "serves it now",
    "perhaps": "may serve it now",
    "shadow": "a shadow variant: its answers are not returned",
    "no-traffic": "gets no traffic: answers only requests that name the variant",
    "pending": "is being deployed",
    "not-in-service": "is not in service",
    "earlier": "served it before",
    "deleted": "is deleted",
    "not-observed": "was not read",
}
_RUNS = {"shadow": "as a shadow variant", "no-traffic": "without traffic", "not-in-service": "but not in service"}
_SHOWN = 5
_COUNTED = ("training-job", "model", "endpoint")


def impact_text(answer: lineage.Impact, *, colour: bool) -> str:
    """The verdict, then what was reached, what serves it first, and what was looked at."""
    return "".join(impact_pieces(answer, colour=colour))


def impact_pieces(answer: lineage.Impact, *, colour: bool) -> Iterator[str]:
    """The same in pieces."""
    return printed_in_pieces(_lines(answer), colour=colour)


def _lines(answer: lineage.Impact) -> Iterator[Line | str]:
    width = max((len(head.kind) for head in lineage.impact_heads(answer)), default=0)
    yield styled((verdict_word(answer.verdict, answer.rests), _COLOURS[answer.verdict]), "  ", _head(answer))
    yield from (_reached(row, width) for row in answer.reached)
    yield from _hidden(answer)
    yield from rest_lines(answer.verdict, answer.rests)
    yield from footer(answer, found=answer.verdict in ("reached", "found"))


def _head(answer: lineage.Impact) -> str:
    what, holes = answer.said, lineage.left_open(answer.scope["holes"])
    if not answer.reached:
        but = f", but {plural(len(holes), 'gap')} could hide it" if holes else ""
        return f"no record shows that anything was made from {what}{but}"
    sure, perhaps = (_counts([head for head in lineage.impact_heads(answer) if head.sure is so]) for so in (True, False))
    least = "at least " if holes else ""
    parts = [f"{what} reached {least}{_said(sure)}"] if sure else []
    parts += [f"{'it' if sure else what} may have reached {'' if sure else least}{_said(perhaps, sure)}"] if perhaps else []
    return f"{'; '.join(parts)}. {_serve(answer)}"


def _said(counts: dict[str, int], before: Collection[str] = ()) -> str:
    """Numbers by kind; a kind that was counted before says `more`."""
    return listed([plural(number, f"more {kind}" if kind in before else kind) for kind, number in counts.items()])


def _counts(heads: list[Any]) -> dict[str, int]:
    """How many there are of the most important kinds; if none, of every kind."""
    total = Counter(head.kind for head in heads)
    for kinds in (_COUNTED, sorted({head.kind for head in heads if not lineage.is_place(head.id)})):
        if any(total[kind] for kind in kinds):
            return {spaced(kind): total[kind] for kind in kinds if total[kind]}
    return {"place": len(heads)} if heads else {}


def _serve(answer: lineage.Impact) -> str:
    """How many endpoints are known to serve it, how many more may serve it, and to how many it is being deployed."""
    may = {row["id"]: row["why"] for row in answer.may_serve}
    known = sum(endpoint not in may for endpoint in answer.serving)
    soon = sum(head.serves == "pending" and head.id not in may for head in lineage.impact_heads(answer))
    said = f"{plural(known, 'endpoint')} {'serves' if known == 1 else 'serve'} it now"
    runs = _run(answer)
    return "; ".join(
        [
            *([said] if known else [] if runs else ["No SageMaker endpoint is known to serve it"]),
            *([f"{_others(len(may)) if known else f'{len(may):,}'} may serve it"] if may else []),
            *runs,
            *([f"it is being deployed to {soon:,}"] if soon else []),
        ]
    )


def _others(number: int) -> str:
    return f"{number:,} other{'' if number == 1 else 's'}"


def _run(answer: lineage.Impact) -> list[str]:
    """The endpoints that have it deployed and answer nothing by it, or only a request that names the variant."""
    said = []
    for state, how in _RUNS.items():
        heads = [head for head in lineage.impact_heads(answer) if head.serves == state]
        if heads:
            verb = "may run" if not all(head.sure for head in heads) else "runs" if len(heads) == 1 else "run"
            said.append(f"{plural(len(heads), 'endpoint')} {verb} it {how} ({listed([head.name for head in heads], _SHOWN)})")
    return said


def _hidden(answer: lineage.Impact) -> list[Line]:
    """The endpoints whose served content is unknown, each with the reason, and how many more there are."""
    hidden = may_serve(answer)
    shown = [styled("  ", ("may serve it  ", "yellow"), (row["name"], "bold"), f"  {row['why']}") for row in hidden[:_SHOWN]]
    more = len(hidden) - len(shown)
    left = f"  and {plural(more, 'more endpoint')} may; --format json names each with why"
    return [*shown, *([styled(left)] if more else [])]


def may_serve(answer: lineage.Impact) -> list[dict[str, Any]]:
    """Endpoints whose served content is unknown, each with the reason. If nothing was reached, their gaps say so."""
    return [row for row in answer.may_serve if row["why"]] if answer.reached else []


def _reached(row: dict[str, Any], width: int) -> Line:
    sure = "" if row["sure"] else "possible  "
    gone = f"  deleted by {row['deleted']}" if row["deleted"] else "" if row["observed"] else "  not observed"
    names = [*(["…"] if row["after"] else []), *(one["name"] for one in row["through"])]
    through = f"  through {' > '.join(names)}" if names else ""
    kind = f"  {spaced(row['kind']):<{width}}  "
    return styled(kind, (sure, "yellow"), (row["name"], "bold"), (_serving(row), "red"), (gone, "yellow"), through)


def _serving(row: dict[str, Any]) -> str:
    if not row.get("serves"):
        return "  none of its variants uses it" if "serves" in row else ""
    said = [f"{_SERVES[serves]} ({', '.join(names)})" if names else _SERVES[serves] for serves, names in _by_state(row)]
    return f"  {'; '.join(said)}"


def _by_state(row: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The variants by what they do with it, each once: two inference components may share one.

    Without names if only people say that an endpoint has it.
    """
    states: dict[str, list[str]] = {}
    for one in row["variants"] or [{"name": "", "serves": row["serves"], "sure": row["sure"]}]:
        serves = "perhaps" if one["serves"] == "now" and not one["sure"] else one["serves"]
        states.setdefault(serves, []).append(one["name"])
    return [(serves, list(dict.fromkeys(filter(None, names)))) for serves, names in states.items()]


def share(variant: dict[str, Any]) -> str:
    """A variant with what it does, for TSV."""
    return f"{variant['name']}={variant['serves']}"


def path_text(answer: lineage.Path, *, colour: bool) -> str:
    """The verdict, and one line for each edge of the path with the field that says so."""
    lines = [styled((verdict_word(answer.verdict, answer.rests), _COLOURS[answer.verdict]), "  ", _path_head(answer))]
    names = {node["id"]: node for node in answer.nodes}
    lines += [_edge(edge, names) for edge in answer.evidence]
    lines += rest_lines(answer.verdict, answer.rests)
    return printed(*lines, *footer(answer, found=answer.verdict in ("reached", "found")), colour=colour)


def _path_head(answer: lineage.Path) -> str:
    ends = "from {} to {}".format(*answer.ends)
    if answer.verdict == "found" and not answer.evidence:
        return f"0 steps: both ends are {answer.ends[0]}"
    holes = lineage.left_open(answer.scope["holes"])
    if answer.evidence:
        may = "" if answer.verdict == "found" else ": possible, the times or the fields are inconclusive"
        return f"{plural(len(answer.evidence), 'step')} {ends}{may}"
    but = f", but {plural(len(holes), 'gap')} could hide one" if holes else ""
    return f"no path {ends} was found{but}"


def _edge(edge: dict[str, Any], names: dict[str, Any]) -> Line:
    source, target = (_named(names[edge[end]]) for end in ("source", "target"))
    beside = ", ".join(filter(None, (edge["role"], edge["usage"] if edge["usage"] in _TOLD_USAGES else "")))
    role = f" ({beside})" if beside else ""
    when = f"  {edge['time']}" if edge["time"] else ""
    field = f"  {edge['path']}" if edge["path"] else ""
    verb = _OVERLAPS.get((edge["evidence"], edge["usage"])) or lineage.RELATIONS[edge["relation"]].verb
    return styled("  ", (source, "bold"), (f"  {verb}{role}  ", "cyan"), (target, "bold"), field, when)


def _named(node: dict[str, Any]) -> str:
    return str(node["id"]) if lineage.is_place(node["id"]) else f"{spaced(node['kind'])} {node['name']}"


_TOLD_USAGES = ("shadow", "instance-pool", "past", "before")  # of what is not simply served
_OVERLAPS = {("content", ""): "has the same content as", ("matched", "listed"): "is listed in"}
