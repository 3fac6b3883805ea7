"""Selectors, as dbt has them: `+loans-live` is an endpoint with all that is upstream of it.

    [N+]BODY[+[N]] ...

BODY is an exact node id, an S3 URI (else every place that shares keys with it), `kind/name`, a name, `kind:model` for all of
a kind, or `tag:team=fraud` (`tag:team`: with any value). A `+` before it takes what is upstream, one after it what is
downstream; a number says how many steps. What stands side by side must all be so. An exact id is tried first, for S3
keys may hold a `+`, or a space.
"""

from __future__ import annotations

import difflib
import heapq
import re
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from lineage.domain.kinds import KINDS, PLACES, RELATIONS
from lineage.domain.names import Cover, Location, Span, cover, is_arn, is_location, location_of, node_id, parse_location
from lineage.domain.records import Node
from lineage.domain.text import storable
from lineage.errors import MalformedName, UnknownNode
from lineage.graphs.build import Graph
from lineage.queries.flow.links import Flow
from lineage.snapshot.graph import Choice
from lineage.snapshot.reading import Snapshot, asks_snapshot

_SELECTOR = re.compile(r"(?P<up>(?P<up_steps>\d*)\+)?(?P<body>.+?)(?P<down>\+(?P<down_steps>\d*))?")
_KIND, _TAG = "kind:", "tag:"
_MOST_DIGITS = 9  # of a number of steps: a larger one is longer than any path
_MAX_SLIPS, _MAX_COMPARED = 3, 1_000
_LONGEST, _ADVICE = 200, 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_./:"


@dataclass(frozen=True, slots=True)
class Selector:
    """A parsed selector: how many steps up and down (None: all)."""

    body: str
    up: int | None = 0
    down: int | None = 0


def parse_selector(text: str) -> Selector:
    """The parts of a selector. Raises `MalformedName`."""
    match = _SELECTOR.fullmatch(text.strip())
    if not match:
        raise MalformedName(f"{text!r} is no selector; one looks like +endpoint/loans-live or s3://bucket/raw/+2")
    return Selector(
        match["body"],
        _steps(match["up"], match["up_steps"]),
        _steps(match["down"], match["down_steps"]),
    )


def _steps(plus: str | None, number: str | None) -> int | None:
    if not plus:
        return 0
    return int(number) if number and len(number) <= _MOST_DIGITS else None


def select(graph: Graph, text: str) -> Graph:
    """The part of a graph that a selector names, with the runs and experiments of its jobs. Raises `UnknownNode`."""
    chosen = set.intersection(*(_chosen(graph, word) for word in _words(graph, text)))
    if not chosen:
        raise UnknownNode(f"nothing in the snapshot is all of {text!r}")
    return graph.subgraph(chosen).copy()


@asks_snapshot
def nodes(snapshot: Snapshot, text: str = "") -> Generator[Node]:
    """The nodes of a snapshot that a selector without a `+` names, or all, by id: one after the other, however many there are.

    Raises `UnknownNode`, as `select` does, and `MalformedName` for a selector that goes up or down.
    """
    text = storable(text)
    whole = text and _any(snapshot.nodes((text, node_id(text))))  # a name or a place that has spaces is one word
    meant = {word: _meaning(snapshot, word) for word in ([text] if whole else text.split())}
    for word, one in meant.items():
        if not _any(_matching(snapshot, one)):
            raise _unknown(word, _alike(snapshot, word))
    if len(meant) > 1 and not _any(_matching(snapshot, *meant.values())):
        raise UnknownNode(f"nothing in the snapshot is all of {text!r}")
    return _matching(snapshot, *meant.values())


@dataclass(frozen=True, slots=True)
class _Meant:
    """What one word of a selector means: rows that SQL finds, of these those that share keys with a place."""

    choice: Choice
    near: Location | None = None

    def takes(self, node: Node) -> bool:
        return self.near is None or _shares(node.id, self.near)


def _matching(snapshot: Snapshot, *meant: _Meant) -> Generator[Node]:
    with closing(snapshot.chosen(*(one.choice for one in meant))) as found:
        yield from (node for node in found if all(one.takes(node) for one in meant))


def _any(found: Generator[Node]) -> bool:
    with closing(found):
        return next(found, None) is not None


def _meaning(snapshot: Snapshot, word: str) -> _Meant:
    """What a word means, as `resolve` does it in a graph."""
    exact = (word, node_id(word))
    if _any(snapshot.nodes(exact)):
        return _Meant(Choice(ids=exact))
    selector = parse_selector(word)
    if (selector.up, selector.down) != (0, 0):
        raise MalformedName(f"{word!r} goes up or down, which takes a graph: `select` does that")
    if word.startswith(_KIND):
        return _Meant(Choice(kinds=(word.removeprefix(_KIND),)))
    if word.startswith(_TAG):
        return _Meant(Choice(tag=word.removeprefix(_TAG)))
    if is_location(word):
        return _Meant(Choice(kinds=PLACES), parse_location(word))
    kind, _, name = word.partition("/")
    return _Meant(Choice(kinds=(kind,), name=name) if kind in KINDS and name else Choice(name=word))


def _words(graph: Graph, text: str) -> list[str]:
    """The selectors that stand side by side; a name or a place that has spaces is one."""
    whole = text in graph or node_id(text) in graph or parse_selector(text).body in graph
    return [text] if whole else text.split()


def named(graph: Graph, text: str) -> set[str]:
    """The nodes that the words of a selector name, without what a `+` adds to them. Raises `UnknownNode`."""
    found = set[str]()
    for word in _words(graph, text):
        body = word if {word, node_id(word)} & set(graph) else parse_selector(word).body
        seeds = resolve(graph, body) or resolve(graph, node_id(body))
        if not seeds:
            raise _unknown(body, names_of(graph))
        found |= seeds
    return found


def _chosen(graph: Graph, text: str) -> set[str]:
    exact = {text, node_id(text)} & set(graph)
    selector = Selector(text) if exact else parse_selector(text)
    seeds = exact or resolve(graph, selector.body)
    if not seeds:
        raise _unknown(selector.body, names_of(graph))
    chosen = seeds | _reached(graph, seeds, selector.up, "up") | _reached(graph, seeds, selector.down, "down")
    if selector.up != 0 or selector.down != 0:
        chosen = _reached(graph, chosen, None, "down", _GROUPS)
    return chosen


def _unknown(body: str, known: Names) -> UnknownNode:
    """What to say of a word that names nothing."""
    if body.startswith(_TAG):
        return UnknownNode(f"nothing in the snapshot has the tag {body.removeprefix(_TAG)!r}")
    kind = body.removeprefix(_KIND) if body.startswith(_KIND) else body.partition("/")[0]
    of_kind = body.startswith(_KIND) or ("/" in body and not is_location(body))
    kinds = f"; the kinds are {', '.join(KINDS)}" if of_kind and kind not in KINDS else ""
    return UnknownNode(f"nothing in the snapshot is named {body!r}{kinds or _advice(known, body)}")


def _advice(known: Names, wanted: str) -> str:
    kind, slash, _ = wanted.partition("/")
    alike = near((f"{kind}/{name}" if slash and of == kind else name for _, of, name in known), wanted)
    return f"; did you mean {' or '.join(alike)}?" if alike else "; `lineage ls` lists what is there"


Names = Iterable[tuple[str, str, str]]
"""Nodes as (id, kind, name)."""


def names_of(graph: Graph | Flow) -> Names:
    """The nodes of a graph by id, kind and name."""
    return ((node, data["kind"], data["name"]) for node, data in graph.nodes.items())


def find_node(nodes: Names, wanted: str) -> str:
    """Which one node an id, an ARN, an S3 URI, `kind/name` or a name means. Raises `UnknownNode`.

    A name that was used before means its last life: an earlier one has its creation time in its node id.
    """
    known = list(nodes)
    identities = (wanted, node_id(wanted))  # an earlier life's id keeps the case of its time
    kind, _, name = wanted.partition("/")
    kind, name = (kind, name.casefold()) if kind in KINDS and name else ("", wanted.casefold())
    exact = next((node for node, _, _ in known if node in identities), None)
    if exact:
        return exact
    named = sorted(node for node, of, called in known if called.casefold() == name and kind in ("", of))
    found = [node for node in named if "@" not in node.rpartition("/")[2]] or named
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownNode(f"several are named {wanted}: name one by its id: {', '.join(found)}")
    raise UnknownNode(f"nothing in the snapshot is named {wanted!r}{_advice(known, wanted)}")


@asks_snapshot
def find_in(snapshot: Snapshot, wanted: str) -> str:
    """Which one node of a snapshot is meant: as `find_node`, without a look at all of them where it is an id."""
    wanted = storable(wanted)
    for known_as in ((wanted, node_id(wanted)), (f"{wanted}/", wanted.rstrip("/")) if is_location(wanted) else ()):
        if exact := next(snapshot.nodes(known_as), None):
            return exact.id
    kind, _, name = wanted.partition("/")
    called = [*snapshot.names(wanted), *(snapshot.names(name) if kind in KINDS and name else ())]
    return find_node(called or _alike(snapshot, wanted), wanted)


def _alike(snapshot: Snapshot, wanted: str) -> Names:
    """The nodes whose names may be meant: all of few; of many those with one slip, and those beside it in the alphabet."""
    few = list(islice(snapshot.names(), _MAX_COMPARED + 1))
    if len(few) <= _MAX_COMPARED:
        return few
    kind, _, name = wanted.partition("/")
    name = name if kind in KINDS and name else wanted
    return [*snapshot.named(_slips(name.casefold())), *snapshot.beside(name, _MAX_COMPARED // 2)]


def near(names: Iterable[str], wanted: str) -> list[str]:
    """The names that are spelt almost so but for case: those with one slip, and of some others as long the most similar."""
    folded = wanted.casefold()
    slips = _slips(folded)
    alike = {name.casefold(): name for name in names if abs(len(name) - len(wanted)) <= _MAX_SLIPS}
    first = difflib.get_close_matches(folded, sorted(name for name in alike if name in slips))
    others = difflib.get_close_matches(folded, heapq.nsmallest(_MAX_COMPARED, alike))
    return [alike[name] for name in dict.fromkeys([*first, *others])][:_ADVICE]


def _slips(word: str) -> set[str]:
    """All that is one slip away from a word: a letter left out, put in, taken for another, or two of them swapped.

    None for a very long one: there would be too many.
    """
    if len(word) > _LONGEST:
        return set()
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    shorter = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    other = {head + letter + tail[1:] for head, tail in cuts if tail for letter in _LETTERS}
    longer = {head + letter + tail for head, tail in cuts for letter in _LETTERS}
    return shorter | swapped | other | longer


def resolve(graph: Graph, body: str) -> set[str]:
    """The nodes that an id, an ARN, an S3 URI, `kind/name`, a name, `kind:KIND` or `tag:KEY=VALUE` stands for."""
    if body in graph:
        return {body}
    if body.startswith(_KIND):
        return {node for node, data in graph.nodes(data=True) if data["kind"] == body.removeprefix(_KIND)}
    if body.startswith(_TAG):
        wanted = body.removeprefix(_TAG)
        tags = ((node, tag) for node, data in graph.nodes(data=True) for tag in data.get("tags", ()))
        return {node for node, tag in tags if tag == wanted or tag.startswith(f"{wanted}=")}
    if is_location(body):
        place, places = parse_location(body), (node for node, data in graph.nodes(data=True) if data["kind"] in PLACES)
        return {node_id(body)} & set(graph) or {node for node in places if _shares(node, place)}
    if is_arn(body):
        return {node_id(body)} & set(graph)
    kind, _, name = body.partition("/")
    if kind in KINDS and name:
        return _named(graph, name, kind)
    return _named(graph, body, None)


def _shares(node: str, place: Location) -> bool:
    """Whether a node is a place that shares keys with another one."""
    location = location_of(node)
    return location is not None and cover(location, Span.PREFIX, place) in (Cover.ALL, Cover.PART)


def _named(graph: Graph, name: str, kind: str | None) -> set[str]:
    wanted = name.casefold()
    return {node for node, data in graph.nodes(data=True) if data["name"].casefold() == wanted and kind in (None, data["kind"])}


_FLOWS = frozenset(name for name, relation in RELATIONS.items() if relation.flows)
_GROUPS = frozenset({"recorded-by", "member-of"})


def _reached(graph: Graph, seeds: set[str], steps: int | None, direction: str, relations: frozenset[str] = _FLOWS) -> set[str]:
    reached, frontier = set(seeds), set(seeds)
    while frontier and steps != 0:
        around: Any = graph.in_edges if direction == "up" else graph.out_edges
        edges = around(frontier, data="relation")
        ends = {source if direction == "up" else target for source, target, relation in edges if relation in relations}
        frontier = ends - reached
        reached |= frontier
        steps = None if steps is None else steps - 1
    return reached
