"""Selectors, in the style of dbt: `+loans-live` is an endpoint with all that is upstream of it.

    [N+]BODY[+[N]] ...

BODY is an exact node id, an S3 URI (else every place that shares keys with it), `kind/name`, a name, `kind:model` for all of
a kind, or `tag:team=fraud` (`tag:team`: with any value). In a name or an S3 URI, `*` matches any text and `?` any character.
The URL of a console page selects the node that it shows. A `+` before BODY adds what is upstream, one after it what is
downstream; a number limits the steps. Several words select the nodes that match all of them. An exact id is tried first,
because S3 keys may contain a `+` or a space.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from shlex import quote
from typing import Any

from lineage.domain.given import text as a_text
from lineage.domain.kinds import KINDS, PLACES, RELATIONS, kind_of_arn
from lineage.domain.names import (
    Cover,
    Location,
    Span,
    cover,
    is_arn,
    is_location,
    location_of,
    node_id,
    parse_arn,
    parse_location,
    with_scheme,
)
from lineage.domain.records import Node, Scope
from lineage.domain.spelling import MAX_COMPARED, did_you_mean, no_such, one_slip
from lineage.domain.text import storable
from lineage.domain.urls import Page, from_url, page_of, shows_nothing
from lineage.errors import MalformedName, UnknownNode
from lineage.graphs.build import Graph, whole
from lineage.queries.flow.links import Flow
from lineage.queries.scope import ALL, Within, crawled
from lineage.snapshot.graph import Choice
from lineage.snapshot.reading import Snapshot, asks_snapshot

_SELECTOR = re.compile(r"(?P<up>(?P<up_steps>\d*)\+)?(?P<body>.+?)(?P<down>\+(?P<down_steps>\d*))?")
_KIND, _TAG = "kind:", "tag:"
_METHODS = ("kind", "tag")
_LOOK = "; `lineage ls` lists what is there"
_MOST_DIGITS = 9  # of a number of steps: a larger one is longer than any path
_GLOB = re.compile(r"[*?]")


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
        raise MalformedName(f"{text!r} is not a selector (expected one like +endpoint/loans-live or s3://bucket/raw/+2)")
    return Selector(
        _pasted(match["body"]),
        _steps(match["up"], match["up_steps"]),
        _steps(match["down"], match["down_steps"]),
    )


def _pasted(text: str) -> str:
    """A text, or what a pasted URL shows. Raises `UnknownNode` for a URL that does not show one thing."""
    meant = from_url(text)  # which refuses anything but text
    if shows_nothing(text):
        raise UnknownNode("this URL names nothing in SageMaker: open the thing's own page and copy its URL, or give its name")
    return meant


def _steps(plus: str | None, number: str | None) -> int | None:
    if not plus:
        return 0
    return int(number) if number and len(number) <= _MOST_DIGITS else None


def select(source: Snapshot | Graph, text: str) -> Graph:
    """The part of a snapshot or a graph that a selector names, with the runs and experiments of its jobs.

    Raises `UnknownNode` and `MalformedName`.
    """
    graph = whole(source)
    chosen = set.intersection(*(_chosen(graph, word) for word in _words(graph, text)))
    if not chosen:
        raise _none_is_all(text)
    return graph.subgraph(chosen).copy()


def within(graph: Graph, accounts: Iterable[str] = (), regions: Iterable[str] = ()) -> Graph:
    """The part of a graph in some accounts and regions, with the places and images beside it, which belong to none.

    Raises `UnknownNode` if nothing is there.
    """
    asked = Within.of(accounts, regions)
    if asked == ALL:
        return graph
    inside = {
        node for node, data in graph.nodes(data=True) if _has_place(data) and asked.takes(data["account"], data["region"])
    }
    beside = {node for end in inside for node in (*graph.predecessors(end), *graph.successors(end))}
    kept = inside | {node for node in beside if not _has_place(graph.nodes[node])}
    if not kept:
        raise nothing_within(asked, graph.graph["scope"])
    return graph.subgraph(kept).copy()


def _has_place(data: dict[str, Any]) -> bool:
    return bool(data["account"] or data["region"])


def nothing_within(asked: Within, scope: Scope) -> UnknownNode:
    """The message if nothing of an account or a region is there: it names the crawled ones."""
    held = ", ".join((*scope.accounts, *scope.regions)) or "no account"
    return UnknownNode(f"nothing in {asked.said()} matches: the snapshot holds {held}")


@asks_snapshot
def nodes(snapshot: Snapshot, text: str = "", *, accounts: Iterable[str] = (), regions: Iterable[str] = ()) -> Generator[Node]:
    """The nodes of a snapshot that a selector without a `+` names, or all, by id, one at a time.

    `accounts` and `regions` leave out the nodes of others. A place in S3 belongs to none, and stays if it was crawled there.
    Raises `UnknownNode`, as `select` does, and `MalformedName` for a selector that goes up or down.
    """
    asked = Within.of(accounts, regions)
    found = _selected(snapshot, text)
    if asked == ALL:
        return found
    scope = snapshot.scope()
    was_read = any(asked.takes(*place) for place in crawled(scope))
    kept = (node for node in found if (was_read or node.account or node.region) and asked.takes(node.account, node.region))
    first = next(kept, None)
    if first is None:
        raise nothing_within(asked, scope)
    return _and_then(first, kept, found)


def _and_then(first: Node, rest: Iterable[Node], found: Generator[Node]) -> Generator[Node]:
    with closing(found):
        yield first
        yield from rest


def _selected(snapshot: Snapshot, text: str) -> Generator[Node]:
    text = storable(a_text(text, "a selector"))
    whole = text and _any(snapshot.nodes((text, node_id(_pasted(text)))))  # a name or a place that has spaces is one word
    meant = {word: _meaning(snapshot, word) for word in ([text] if whole else text.split())}
    for word, one in meant.items():
        if not _any(_matching(snapshot, one)):
            raise _unknown(word, _alike(snapshot, word))
    if len(meant) > 1 and not _any(_matching(snapshot, *meant.values())):
        raise _none_is_all(text)
    return _matching(snapshot, *meant.values())


def _none_is_all(text: str) -> UnknownNode:
    return UnknownNode(f"no node in the snapshot matches every word of {text!r}: leave one out")


@dataclass(frozen=True, slots=True)
class _Meant:
    """The meaning of one word of a selector: rows that SQL finds, filtered by shared keys with a place or by console page."""

    choice: Choice
    near: Location | None = None
    page: Page | None = None

    def takes(self, node: Node) -> bool:
        here = self.page is None or self.page.shows(node.id, node.kind, node.name)
        return here and (self.near is None or _shares(node.id, self.near))


def _matching(snapshot: Snapshot, *meant: _Meant) -> Generator[Node]:
    with closing(snapshot.chosen(*(one.choice for one in meant))) as found:
        yield from (node for node in found if all(one.takes(node) for one in meant))


def _any(found: Generator[Node]) -> bool:
    with closing(found):
        return next(found, None) is not None


def _meaning(snapshot: Snapshot, word: str) -> _Meant:
    """What a word means, as `resolve` does it in a graph."""
    word = _pasted(word)
    exact = (word, node_id(word))
    if _any(snapshot.nodes(exact)):
        return _Meant(Choice(ids=exact))
    selector = parse_selector(word)
    if (selector.up, selector.down) != (0, 0):
        raise MalformedName(f"{word!r} goes up or down, which takes a graph: `select` does that")
    if page := page_of(word):
        return _Meant(Choice(kinds=(page.kind,), name=page.name), page=page)
    if word.startswith(_KIND):
        return _Meant(Choice(kinds=(word.removeprefix(_KIND),)))
    if word.startswith(_TAG):
        return _Meant(Choice(tag=word.removeprefix(_TAG)))
    if is_location(word) and not _GLOB.search(word):
        return _Meant(Choice(kinds=PLACES), parse_location(word))
    kind, _, name = word.partition("/")
    kinds, name = ((kind,), name) if kind in KINDS and name else ((), word)
    return _Meant(Choice(kinds=kinds, glob=name) if _GLOB.search(name) else Choice(kinds=kinds, name=name))


def _words(graph: Graph, text: str) -> list[str]:
    """The selectors in a text, separated by spaces. A name or a place that has spaces is one selector."""
    text = from_url(text)
    whole = text in graph or node_id(text) in graph or parse_selector(text).body in graph
    return [text] if whole else [from_url(word) for word in text.split()]


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
    """The message for a word that names nothing."""
    if page := page_of(body):
        return UnknownNode(_not_on_page(page, known))
    if body.startswith(_TAG):
        return UnknownNode(
            f"nothing in the snapshot has the tag {body.removeprefix(_TAG)!r}: `lineage crawl --tags` reads tags"
        )
    if is_arn(body) and not is_location(body):
        return UnknownNode(not_with_arn(body, known))
    method, colon, rest = body.partition(":")
    if body.startswith(_KIND):
        return UnknownNode(_no_kind(rest))
    if colon and rest and not (is_location(body) or is_arn(body)) and (meant := did_you_mean(_METHODS, method)):
        return UnknownNode(f"no selector method {method!r}{meant}")
    if meant := _kind_meant(body):
        return UnknownNode(f"nothing in the snapshot is named {body!r}; did you mean {meant}?")
    kind, slash, _ = body.partition("/")
    if slash and not is_location(body) and kind not in KINDS:
        meant = did_you_mean(KINDS, kind)
        if not meant and (place := with_scheme(body)):
            return UnknownNode(f"nothing in the snapshot is named {body!r}; did you mean {place}?")
        said = f"no kind {kind!r}{meant or '; `lineage kinds` lists them'}"
        return UnknownNode(f"nothing in the snapshot is named {body!r}: {said}")
    if _GLOB.search(body):
        return UnknownNode(f"no name in the snapshot matches {body!r}; `lineage ls` lists them")
    return UnknownNode(f"nothing in the snapshot is named {body!r}{_advice(known, body)}")


def _no_kind(kind: str) -> str:
    """The message for a kind of which the snapshot holds nothing."""
    if kind in KINDS:
        return f"the snapshot holds no {kind}"
    if "," in kind:
        return f"kind:{kind} names several kinds, and a selector takes one: ask once for each"
    return no_such("kind", kind, KINDS)


def _kind_meant(body: str) -> str:
    """The selector of a kind that was meant by `endpoint`, `endpoints`, `kind=endpoint` or `type:endpoint`."""
    word = re.sub(r"(?:kind=|type[:=])", "", body, count=1)
    kind = word if word in KINDS else word.removesuffix("s")
    return f"{_KIND}{kind}" if kind in KINDS else ""


def not_with_arn(text: str, known: Names, otherwise: str = _LOOK) -> str:
    """The message for an ARN that is not in the snapshot: other places that have its name, else the nearest names."""
    arn, kind = parse_arn(text), kind_of_arn(text)
    name = arn.resource.partition("/")[2] or arn.resource
    named = [(node, called) for node, of, called in known if of == kind.name]
    said = f"no {kind.name.replace('-', ' ')} {name!r} in {arn.account} {arn.region} in the snapshot"
    places = {parse_arn(node) for node, called in named if called.casefold() == name.casefold() and is_arn(node)}
    if places:
        return f"{said}, only in {', '.join(sorted({f'{one.account} {one.region}' for one in places}))}"
    return f"{said}{did_you_mean((called for _, called in named), name, otherwise)}"


def _not_on_page(page: Page, known: Names) -> str:
    """The message for a console URL whose node is not there: other places that have that name, else the nearest names."""
    named = [(node, kind, name) for node, kind, name in known if kind == page.kind]
    if elsewhere := page.elsewhere(named):
        return f"no {page} in the snapshot, only in {elsewhere}"
    return f"no {page} in the snapshot{did_you_mean((name for *_, name in named), page.name, _LOOK)}"


def _advice(known: Names, wanted: str) -> str:
    kind, slash, _ = wanted.partition("/")
    return did_you_mean((f"{kind}/{name}" if slash and of == kind else name for _, of, name in known), wanted, _LOOK)


Names = Iterable[tuple[str, str, str]]
"""Nodes as (id, kind, name)."""


def names_of(graph: Graph | Flow) -> Names:
    """The nodes of a graph by id, kind and name."""
    return ((node, data["kind"], data["name"]) for node, data in graph.nodes.items())


def find_node(nodes: Names, wanted: str) -> str:
    """The one node that an id, an ARN, an S3 URI, `kind/name` or a name means. Raises `UnknownNode`.

    If a name was used before, it means the last node with it. An earlier one has its creation time in its node id.
    """
    known, wanted = list(nodes), _pasted(wanted)
    identities = (wanted, node_id(wanted))  # the id of an earlier node keeps the case of its time
    kind, _, name = wanted.partition("/")
    kind, name = (kind, name.casefold()) if kind in KINDS and name else ("", wanted.casefold())
    exact = next((node for node, _, _ in known if node in identities), None)
    if exact:
        return exact
    if page := page_of(wanted):
        return _on_page(page, known)
    named = sorted(node for node, of, called in known if called.casefold() == name and kind in ("", of))
    found = [node for node in named if "@" not in node.rpartition("/")[2]] or named
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownNode(f"several are named {wanted}: name one by its id: {', '.join(found)}")
    if _GLOB.search(wanted) and not is_location(wanted):
        raise UnknownNode(f"{wanted!r} may match several: name one of those that `lineage ls {quote(wanted)}` lists")
    raise _unknown(wanted, known)


def _on_page(page: Page, known: list[tuple[str, str, str]]) -> str:
    """The one node that a console page shows. Raises `UnknownNode`."""
    found = sorted(node for node, kind, name in known if page.shows(node, kind, name))
    found = [node for node in found if "@" not in node.rpartition("/")[2]] or found
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownNode(f"several are the {page}: name one by its id: {', '.join(found)}")
    raise UnknownNode(_not_on_page(page, known))


@asks_snapshot
def find_in(snapshot: Snapshot, wanted: str) -> str:
    """The one node of a snapshot that is meant, as `find_node`; for an id it does not read all nodes."""
    wanted = storable(_pasted(wanted))
    for known_as in ((wanted, node_id(wanted)), (f"{wanted}/", wanted.rstrip("/")) if is_location(wanted) else ()):
        if exact := next(snapshot.nodes(known_as), None):
            return exact.id
    if page := page_of(wanted):
        return _on_page(page, [*snapshot.names(page.name)] or [*_alike(snapshot, page.name)])
    kind, _, name = wanted.partition("/")
    called = [*snapshot.names(wanted), *(snapshot.names(name) if kind in KINDS and name else ())]
    return find_node(called or _alike(snapshot, wanted), wanted)


def _alike(snapshot: Snapshot, wanted: str) -> Names:
    """The nodes whose names may be meant: all if they are few, else those with one slip and the alphabetical neighbours."""
    few = list(islice(snapshot.names(), MAX_COMPARED + 1))
    if len(few) <= MAX_COMPARED:
        return few
    kind, _, name = wanted.partition("/")
    name = parse_arn(wanted).resource.rpartition("/")[2] if is_arn(wanted) else name if kind in KINDS and name else wanted
    return [*snapshot.named(one_slip(name.casefold())), *snapshot.beside(name, MAX_COMPARED // 2)]


def resolve(graph: Graph, body: str) -> set[str]:
    """The nodes that an id, an ARN, an S3 URI, `kind/name`, a name, `kind:KIND` or `tag:KEY=VALUE` stands for."""
    if body in graph:
        return {body}
    if page := page_of(body):
        return {node for node, data in graph.nodes(data=True) if page.shows(node, data["kind"], data["name"])}
    if body.startswith(_KIND):
        return {node for node, data in graph.nodes(data=True) if data["kind"] == body.removeprefix(_KIND)}
    if body.startswith(_TAG):
        wanted = body.removeprefix(_TAG)
        tags = ((node, tag) for node, data in graph.nodes(data=True) for tag in data.get("tags", ()))
        return {node for node, tag in tags if tag == wanted or tag.startswith(f"{wanted}=")}
    if is_location(body) and not _GLOB.search(body):
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
    matches = _glob_of(wanted).match if _GLOB.search(wanted) else wanted.__eq__
    return {node for node, data in graph.nodes(data=True) if kind in (None, data["kind"]) and matches(data["name"].casefold())}


def _glob_of(text: str) -> re.Pattern[str]:
    """The pattern of a name in which `*` stands for any text and `?` for any character."""
    parts = ({"*": ".*", "?": "."}.get(letter, re.escape(letter)) for letter in text)
    return re.compile(rf"(?s:{''.join(parts)})\Z")


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
