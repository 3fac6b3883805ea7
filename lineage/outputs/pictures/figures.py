"""What a picture of a graph shows, for every renderer: figures, arrows, groups, highlights, and what was left out. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from lineage.domain.given import number, texts
from lineage.domain.kinds import ENDPOINT, KINDS, RELATIONS, RESOURCE, REUSED, RUNS, SHOWN_BESIDE, Kind
from lineage.domain.spelling import no_such
from lineage.domain.status import serves
from lineage.domain.text import counted
from lineage.errors import MalformedName
from lineage.graphs.build import whole
from lineage.graphs.deployments import PAST, PENDING
from lineage.graphs.excerpts import Excerpt, Graph, Link, Neighbours
from lineage.outputs.pictures.console import console_url
from lineage.outputs.pictures.folds import fold, told
from lineage.queries.flow.belonging import EXECUTION, ran_in
from lineage.queries.flow.links import Flow
from lineage.queries.select import named
from lineage.snapshot.reading import Snapshot

Clusters: TypeAlias = Literal["none", "account", "pipeline"]
MOST: Final = 500  # nodes above which a picture is hard to read
_ENDPOINTS = 50  # endpoints in service that never fold; above this number a picture is only a list
_MEMBERSHIP = ("recorded-by", "member-of")
_BESIDE = (*_MEMBERSHIP, "mentions", "associated")
_LIGHT = (*(name for name, relation in RELATIONS.items() if relation.flows), *_MEMBERSHIP)
_MADE_BY = ("writes", "recorded-by", "instantiates")
_LABEL_CHARACTERS = 34
_STYLES = {"declared": "solid", "logged": "dotted"}  # anything else is dashed


@dataclass(frozen=True, slots=True)
class Figure:
    """A node as it is drawn. `lit` is None where nothing is highlighted."""

    kind: Kind
    label: str
    below: str  # its kind and its status
    tooltip: str
    observed: bool
    gap: bool
    fold: bool
    subject: bool
    lit: bool | None
    classes: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Arrow:
    """An edge as it is drawn: `style` is solid, dashed or dotted.

    It is pale if no data flows along it, or if it does not serve now.
    """

    source: str
    target: str
    key: str
    label: str
    tooltip: str
    style: str
    pale: bool
    aside: bool  # must not move the nodes that it joins
    lit: bool | None


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """What is drawn. `notes` say what was left out; `groups` name the frame of each node."""

    figures: dict[str, Figure]
    arrows: list[Arrow]
    groups: dict[str, str]
    title: str
    notes: tuple[str, ...]
    graph: Excerpt  # folds are nodes of it

    def __repr__(self) -> str:
        return f"<Picture: {self.size}>"

    @property
    def size(self) -> str:
        """How much is drawn, in words."""
        return f"{counted(len(self.figures), 'node')} and {counted(len(self.arrows), 'edge')}"

    @property
    def folded(self) -> bool:
        return any(figure.fold for figure in self.figures.values())

    @property
    def kinds(self) -> list[Kind]:
        shown = {figure.kind.name for figure in self.figures.values()}
        return [kind for kind in KINDS.values() if kind.name in shown]


def picture(
    source: Snapshot | Graph | Excerpt,
    *,
    links: bool = True,
    images: bool = False,
    title: str = "",
    max_nodes: int = 0,
    cluster: Clusters = "none",
    highlight: Iterable[str] = (),
    keep: Iterable[str] = (),
) -> Picture:
    """What to draw of a graph or a snapshot: everything, or with fan-outs folded until at most `max_nodes` are left.

    `max_nodes` 0 means no limit. `links` lead to console pages; container `images` are left out unless asked for. `highlight`
    names nodes as a selector does. They and everything upstream and downstream of them are highlighted, and the rest is pale.
    They never fold, nor do the nodes in `keep`, nodes with a gap, or up to 50 endpoints in service. Highlighted nodes, or else
    those to keep, are marked as asked for. Edges show what the records say; times are not compared. Raises `UnknownNode` for a
    name to highlight that is not in the graph.
    """
    if cluster not in GROUPS:
        raise MalformedName(no_such("cluster", cluster, GROUPS))
    number(max_nodes, "max_nodes")
    graph, keep = whole(source), texts(keep, "keep")
    words = texts(highlight, "highlight")
    marked = {node for word in words for node in ([word] if word in graph.nodes else named(graph, word))}
    shown = graph if images else without_images(graph)
    gaps = {gap.subject: f"{gap.reason}: {gap.detail}" for gap in graph.graph["scope"].holes}
    groups = GROUPS[cluster](shown)
    there = marked & shown.nodes.keys()
    upstream, downstream = (reached(beside, there, _LIGHT) for beside in (shown.before, shown.after))
    lit = upstream | downstream
    endpoints = ((node, data) for node, data in shown.nodes.items() if data["kind"] == ENDPOINT.name)
    serving = [node for node, data in endpoints if serves(data["status"]) and not data.get("deleted")]
    subjects = marked or set(keep)
    kept = marked.union(subjects, keep, gaps, serving if len(serving) <= _ENDPOINTS else ())
    marks = {node: (groups.get(node), node in upstream, node in downstream) for node in shown.nodes}
    drawn = fold(shown, max_nodes or len(shown.nodes), kept, marks)
    groups |= {node: groups[data["folded"][0]] for node, data in _folds_of(drawn) if data["folded"][0] in groups}
    lit |= {node for node, data in _folds_of(drawn) if data["folded"][0] in lit}
    figures = {
        node: _figure(node, data, gaps.get(node), subject=node in subjects, lit=node in lit if marked else None, links=links)
        for node, data in sorted(drawn.nodes.items())
    }
    told_apart = sorted(drawn.edges(), key=lambda edge: (edge[0], edge[1], edge_label(edge[3]), edge[2]))
    shown_edges = (edge for edge in told_apart if not _told_elsewhere(drawn, edge))
    arrows = [_arrow(edge, lit if marked else None) for edge in shown_edges]
    notes = _notes(len(graph.nodes) - len(shown.nodes), len(shown.nodes), drawn)
    return Picture(figures, arrows, {node: groups[node] for node in figures if node in groups}, title, notes, drawn)


def without_images(graph: Excerpt) -> Excerpt:
    """A graph without container images, which crowd a picture."""
    return graph.among({node for node, data in graph.nodes.items() if data["kind"] not in SHOWN_BESIDE})


def _folds_of(graph: Excerpt) -> list[tuple[str, dict[str, Any]]]:
    return [(node, data) for node, data in graph.nodes.items() if data.get("folded")]


def reached(beside: Neighbours, nodes: Collection[str], relations: Collection[str]) -> set[str]:
    """Some nodes, and everything on one side of them that edges of some relations lead to."""
    found, todo = set(nodes), [*nodes]
    while todo:
        new = _ends(beside, todo.pop(), relations) - found
        found |= new
        todo += new
    return found


def _by_account(graph: Excerpt) -> dict[str, str]:
    """Records by account and region; locations are in none."""
    found = graph.nodes.items()
    return {node: f"account {data['account']} {data['region'] or ''}".rstrip() for node, data in found if data["account"]}


def _by_pipeline(graph: Excerpt) -> dict[str, str]:
    """Pipeline executions with what they ran, and with what only that made."""
    executions = {node: f"pipeline {data['name']}" for node, data in graph.nodes.items() if data["kind"] == EXECUTION}
    groups = dict(executions)
    flow = Flow(graph)
    for node in sorted({source for one in executions for source in graph.before[one]} - executions.keys()):
        ran = [one for one in ran_in(flow, node)[0] if one in executions]
        groups |= {node: executions[ran[0]]} if len(ran) == 1 else {}
    makers: dict[str, set[str | None]] = {}
    for link in graph.edges():
        if link.relation in _MADE_BY and link.target not in groups:
            makers.setdefault(link.target, set()).add(groups.get(link.source))
    return groups | {node: made for node, (made, *more) in makers.items() if made and not more}


GROUPS: Final = {"none": lambda _: dict[str, str](), "account": _by_account, "pipeline": _by_pipeline}


MEANINGS: Final = {
    "solid": "stated in a record",
    "dashed": "matched by location or content",
    "dotted": "mentioned only in text or by people",
    "pale": "no data flows along this",
    "unobserved": "named, not observed",
    "gap": "could not be read",
    "fold": "several similar nodes",
    "subject": "what you asked for",
}


def meanings(drawn: Picture) -> list[tuple[str, str]]:
    """What the lines and rims in this picture mean. Lines are explained only if they differ."""
    looks = {"pale" for arrow in drawn.arrows if arrow.pale}
    looks |= {arrow.style for arrow in drawn.arrows if not arrow.pale or arrow.style != "solid"}
    looks -= {"solid"} if looks == {"solid"} else set()
    for figure in drawn.figures.values():
        rims = {"unobserved": not figure.observed, "gap": figure.gap and figure.lit is not False}
        rims |= {"fold": figure.fold, "subject": figure.subject}
        looks |= {rim for rim, so in rims.items() if so}
    return [(look, said) for look, said in MEANINGS.items() if look in looks]


def _notes(images: int, whole: int, drawn: Excerpt) -> tuple[str, ...]:
    """What was left out, in words."""
    notes = [f"{images:,} container image{'' if images == 1 else 's'} left out"] if images else []
    folds = _folds_of(drawn)
    if folds:
        number = sum(len(data["folded"]) for _, data in folds)
        notes.append(f"{number:,} of {whole:,} nodes are folded into {len(folds):,}: {', '.join(told(drawn))}")
    return tuple(notes)


def _figure(node: str, data: dict[str, Any], gap: str | None, *, subject: bool, lit: bool | None, links: bool) -> Figure:
    kind = KINDS.get(data["kind"], RESOURCE)
    word = re.sub(r"[^a-z0-9]", "-", (data["status"] or "").lower())
    status = f" status-{word}" if word and not data.get("folded") else ""
    return Figure(
        kind,
        data["label"] or node,
        below(kind, data),
        "\n".join(filter(None, (_facts(node, data), gap))),
        data["observed"],
        gap is not None,
        bool(data.get("folded")),
        subject,
        lit,
        f"kind-{kind.name}{status}{'' if data['observed'] else ' unobserved'}",
        console_url(node, data) if links and not data.get("folded") else None,
    )


def below(kind: Kind, data: dict[str, Any]) -> str:
    """The text below a name: the kind, and the status, or why there is none."""
    stands = "deleted" if data.get("deleted") else data.get("status") if data["observed"] else "not observed"
    return " · ".join(filter(None, (called(kind), None if data.get("folded") else stands)))


def called(kind: Kind) -> str:
    """A kind as people write it. A run is called so everywhere; only SageMaker says trial component."""
    return "run" if kind.name in RUNS else kind.name.replace("-", " ")


def _facts(node: str, data: dict[str, Any]) -> str:
    if folded := data.get("folded"):
        shown = [*folded[:_SHOWN], *([f"and {len(folded) - _SHOWN:,} more"] if len(folded) > _SHOWN else [])]
        return "\n".join(filter(None, (data["label"], data["status"], *shown)))
    lines = [data["arn"] or node]
    lines += [f"{word}: {data[word]}" for word in ("status", "created", "modified") if data.get(word)]
    return "\n".join(lines if data["observed"] else [*lines, "not observed: only its name is known"])


_SHOWN = 12  # ids that a fold stands for


def _arrow(edge: Link, lit: set[str] | None) -> Arrow:
    source, target, key, data, _ = edge
    shines = None if lit is None else source in lit and target in lit and data["relation"] in _LIGHT
    times = f"\n{data['times']:,} times" if data.get("times", 1) > 1 else ""
    return Arrow(
        source,
        target,
        key,
        edge_label(data),
        f"{source} {RELATIONS[data['relation']].verb} {target}\n{data['path']} ({data['evidence']}){times}",
        _STYLES.get(data["evidence"], "dashed"),
        data["relation"] in _BESIDE or not_now(data),
        data["relation"] == "mentions",
        shines,
    )


def _told_elsewhere(graph: Excerpt, edge: Link) -> bool:
    """A membership that a longer path also shows (job, run, trial, experiment), or a content at each time it was seen."""
    source, target, key, data, _ = edge
    if data["evidence"] == "content":
        return bool(key != next(iter(graph.after[source][target])))
    if data["relation"] != "member-of":
        return False
    found, todo = {source}, [source]
    while todo:
        begin = todo.pop()
        new = _ends(graph.after, begin, _MEMBERSHIP) - found - ({target} if begin == source else set())
        found |= new
        todo += new
    return target in found


def _ends(beside: Neighbours, node: str, relations: Collection[str]) -> set[str]:
    """What is on one side of a node, along an edge of some relations."""
    return {end for end, keys in beside[node].items() if any(data["relation"] in relations for data in keys.values())}


def not_now(data: dict[str, Any]) -> bool:
    """Whether an endpoint ran something before or will run it, but does not serve it now."""
    return (data["relation"] == "configures" and data["role"] in (PAST, PENDING)) or data["usage"] == PAST


def edge_label(data: dict[str, Any]) -> str:
    """An edge in words that read along its arrow."""
    usage = data["usage"] if data["usage"] in ("shadow", "instance-pool", REUSED, PAST) else ""
    manifest = "manifest" if data["span"] in ("manifest", "listing") else ""
    beside = ", ".join(filter(None, (data["role"], usage, manifest)))
    times = f"×{data['times']:,}" if data.get("times", 1) > 1 else ""
    return " ".join(filter(None, (_verb(data), f"({beside})" if beside else "", times)))


def _verb(data: dict[str, Any]) -> str:
    return "same content" if data["evidence"] == "content" else RELATIONS[data["relation"]].verb.removeprefix("is ")


def shorten(text: str, room: int = _LABEL_CHARACTERS) -> str:
    """The text with its middle left out if it is long, because names differ at their ends."""
    if len(text) <= room:
        return text
    half = (room - 1) // 2
    return f"{text[: room - 1 - half]}…{text[-half:]}".replace("……", "…")
