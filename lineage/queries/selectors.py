"""Selectors, in the style of dbt: `+loans-live` is an endpoint with all that is upstream of it.

    [N+]BODY[+[N]] ...

BODY is an exact node id, an S3 URI (every place that shares keys with it, also where it is itself an id), `kind/name`, a
name, `kind:model` for all of a kind, or `tag:team=fraud` (`tag:team`: with any value). In a name or an S3 URI, `*` matches
any text and `?` any character. The URL of a console page selects the node that it shows. A `+` before BODY adds what is
upstream, one after it what is downstream; a number limits the steps. Several words select the nodes that match all of them.
An exact id is tried first, because S3 keys may contain a `+` or a space.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from shlex import quote

from lineage.domain.called import asking
from lineage.domain.given import text as a_text
from lineage.domain.kinds import KINDS, PLACES, kind_of_arn
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
from lineage.graphs.excerpts import Excerpt, Graph
from lineage.graphs.named import NamedPlaces
from lineage.queries.flow.links import Flow
from lineage.queries.scope import ALL, Within, crawled
from lineage.snapshot.graph import Choice
from lineage.snapshot.reading import Snapshot, asks_snapshot

_SELECTOR = re.compile(r"(?P<up>(?P<up_steps>\d*)\+)?(?P<body>.+?)(?P<down>\+(?P<down_steps>\d*))?")
KIND, TAG = "kind:", "tag:"
_METHODS = ("kind", "tag")
_MOST_DIGITS = 9  # of a number of steps: a larger one is longer than any path
WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True)
class Selector:
    """A parsed selector: how many steps up and down (None: all)."""

    body: str
    up: int | None = 0
    down: int | None = 0


def parse_selector(text: str) -> Selector:
    """The parts of a selector. Raises `MalformedName`, and `UnknownNode` for a URL that shows no one thing."""
    match = _SELECTOR.fullmatch(text.strip())
    if not match:
        raise MalformedName(f"{text!r} is not a selector (expected one like +endpoint/loans-live or s3://bucket/raw/+2)")
    return Selector(
        pasted(match["body"]),
        _steps(match["up"], match["up_steps"]),
        _steps(match["down"], match["down_steps"]),
    )


def pasted(text: str) -> str:
    """A text, or what a pasted URL shows. Raises `UnknownNode` for a URL that does not show one thing."""
    meant = from_url(text)  # which refuses anything but text
    if shows_nothing(text):
        raise UnknownNode("this URL names nothing in SageMaker: open the thing's own page and copy its URL, or give its name")
    return meant


def _steps(plus: str | None, number: str | None) -> int | None:
    if not plus:
        return 0
    return int(number) if number and len(number) <= _MOST_DIGITS else None


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
    whole = text and _any(snapshot.nodes((text, id_of(pasted(text)))))  # a name or a place that has spaces is one word
    meant = {word: _meaning(snapshot, word) for word in ([text] if whole else text.split())}
    for word, one in meant.items():
        if not _any(_matching(snapshot, one)):
            raise unknown(word, alike(snapshot, word))
    if len(meant) > 1 and not _any(_matching(snapshot, *meant.values())):
        raise none_is_all(text)
    return _matching(snapshot, *meant.values())


def none_is_all(text: str) -> UnknownNode:
    return UnknownNode(f"nothing matches all of {text!r}: several words are combined with AND, so leave one out")


def shares(node: str, place: Location) -> bool:
    """Whether a node is a place that shares keys with another one."""
    location = location_of(node)
    return location is not None and cover(location, Span.PREFIX, place) in (Cover.ALL, Cover.PART)


@dataclass(frozen=True, slots=True)
class _Meant:
    """The meaning of one word of a selector: rows that SQL finds, filtered by shared keys with a place or by console page."""

    choice: Choice
    near: Location | None = None
    page: Page | None = None

    def takes(self, node: Node) -> bool:
        here = self.page is None or self.page.shows(node.id, node.kind, node.name)
        return here and (self.near is None or shares(node.id, self.near))


def _matching(snapshot: Snapshot, *meant: _Meant) -> Generator[Node]:
    with closing(snapshot.chosen(*(one.choice for one in meant))) as found:
        yield from (node for node in found if all(one.takes(node) for one in meant))


def _any(found: Generator[Node]) -> bool:
    with closing(found):
        return next(found, None) is not None


def _meaning(snapshot: Snapshot, word: str) -> _Meant:
    """What a word without a `+` means, as `resolve` does it in a graph."""
    word = pasted(word)
    exact = (word, id_of(word))
    if _any(snapshot.nodes(exact)):
        return _meant_by(word) if spans(word) else _Meant(Choice(ids=exact))
    selector = parse_selector(word)
    if (selector.up, selector.down) != (0, 0):
        raise MalformedName(f"{word!r} goes up or down, which takes a graph: `select` does that")
    return _meant_by(word)


def ids_of(snapshot: Snapshot, body: str) -> set[str]:
    """The ids of the nodes of a snapshot that the body of a selector names."""
    exact = set() if spans(body) else {node.id for node in snapshot.nodes((body, id_of(body)))}
    return exact or {node.id for node in _matching(snapshot, _meant_by(body))}


def id_of(word: str) -> str:
    """The node id that a word means; one with a wildcard for a bucket (`s3://*`) means none, and stays as it is."""
    bucket = word.partition("://")[2].partition("/")[0]
    return word if WILD.search(bucket) else node_id(word)


def spans(word: str) -> bool:
    """Whether a word is a place: it means all places that share keys with it, for what was read there came from any of them."""
    return is_location(word) and not WILD.search(word)


def _meant_by(word: str) -> _Meant:
    """What a word means that is not the id of a node, or is that of a place."""
    if page := page_of(word):
        return _Meant(Choice(kinds=(page.kind,), name=page.name), page=page)
    if word.startswith(KIND):
        return _Meant(Choice(kinds=(word.removeprefix(KIND),)))
    if word.startswith(TAG):
        return _Meant(Choice(tag=word.removeprefix(TAG)))
    if spans(word):
        return _Meant(Choice(kinds=PLACES), parse_location(word))
    if is_arn(word):
        return _Meant(Choice(ids=(word,)))  # which no node has
    kind, _, name = word.partition("/")
    kinds, name = ((kind,), name) if kind in KINDS and name else ((), word)
    return _Meant(Choice(kinds=kinds, glob=name) if WILD.search(name) else Choice(kinds=kinds, name=name))


def unknown(body: str, known: Names) -> UnknownNode:
    """The message for a word that names nothing."""
    if page := page_of(body):
        return UnknownNode(_not_on_page(page, known))
    if body.startswith(TAG):
        crawl = asking("lineage crawl --tags", "a crawl with tags=True")
        return UnknownNode(f"nothing in the snapshot has the tag {body.removeprefix(TAG)!r}: {crawl} reads tags")
    if is_arn(body) and not is_location(body):
        return UnknownNode(not_with_arn(body, known))
    method, colon, rest = body.partition(":")
    if body.startswith(KIND):
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
        listed = f"; {asking('lineage kinds', 'lineage.KINDS')} lists them"
        said = f"no kind {kind!r}{meant or listed}"
        return UnknownNode(f"nothing in the snapshot is named {body!r}: {said}")
    if WILD.search(body):
        return UnknownNode(f"no name in the snapshot matches {body!r}; {_lists()} lists them")
    return UnknownNode(f"nothing in the snapshot is named {body!r}{_advice(known, body)}")


def _lists(selector: str = "") -> str:
    """How to list what a selector names."""
    word, given = (f" {quote(selector)}", f", {selector!r}") if selector else ("", "")
    return asking(f"lineage ls{word}", f"lineage.nodes(snapshot{given})")


def _look() -> str:
    return f"; {_lists()} lists what is there"


def _no_kind(kind: str) -> str:
    """The message for a kind of which the snapshot holds nothing."""
    if kind in KINDS:
        return f"the snapshot holds no {kind}"
    if "," in kind:
        return f"kind:{kind} names several kinds, and a selector takes one: ask once for each"
    run_together = [one for one in KINDS if one.replace("-", "") == re.sub("[-_]", "", kind).casefold()]
    return no_such("kind", kind, run_together or KINDS)


def _kind_meant(body: str) -> str:
    """The selector of a kind that was meant by `endpoint`, `endpoints`, `kind=endpoint` or `type:endpoint`."""
    word = re.sub(r"(?:kind=|type[:=])", "", body, count=1)
    kind = word if word in KINDS else word.removesuffix("s")
    return f"{KIND}{kind}" if kind in KINDS else ""


def not_with_arn(text: str, known: Names, otherwise: str = "") -> str:
    """The message for an ARN that is not in the snapshot: other places that have its name, else the nearest names."""
    arn, kind = parse_arn(text), kind_of_arn(text)
    name = arn.resource.partition("/")[2] or arn.resource
    named = [(node, called) for node, of, called in known if of == kind.name]
    said = f"no {kind.name.replace('-', ' ')} {name!r} in {arn.account} {arn.region} in the snapshot"
    places = {parse_arn(node) for node, called in named if called.casefold() == name.casefold() and is_arn(node)}
    if places:
        return f"{said}, only in {', '.join(sorted({f'{one.account} {one.region}' for one in places}))}"
    return f"{said}{did_you_mean((called for _, called in named), name, otherwise or _look())}"


def _not_on_page(page: Page, known: Names) -> str:
    """The message for a console URL whose node is not there: other places that have that name, else the nearest names."""
    named = [(node, kind, name) for node, kind, name in known if kind == page.kind]
    if elsewhere := page.elsewhere(named):
        return f"no {page} in the snapshot, only in {elsewhere}"
    return f"no {page} in the snapshot{did_you_mean((name for *_, name in named), page.name, _look())}"


def _advice(known: Names, wanted: str) -> str:
    kind, slash, _ = wanted.partition("/")
    return did_you_mean((f"{kind}/{name}" if slash and of == kind else name for _, of, name in known), wanted, _look())


Names = Iterable[tuple[str, str, str]]
"""Nodes as (id, kind, name)."""


def names_of(graph: Graph | Excerpt | Flow) -> Names:
    """The nodes of a graph by id, kind and name."""
    return ((node, data["kind"], data["name"]) for node, data in graph.nodes.items())


def find_node(nodes: Names, wanted: str) -> str:
    """The one node that an id, an ARN, an S3 URI, `kind/name` or a name means. Raises `UnknownNode`.

    If a name was used before, it means the last node with it. An earlier one has its creation time in its node id.
    """
    known, wanted = list(nodes), pasted(wanted)
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
    if WILD.search(wanted) and not is_location(wanted):
        raise UnknownNode(f"{wanted!r} may match several: name one of those that {_lists(wanted)} lists")
    raise unknown(wanted, known)


def find_listed(nodes: Names, wanted: str, kind: str, lists: str) -> str:
    """The one node of a kind that an id, an ARN, a URL, `kind/name` or a name means; `lists` is what lists them.

    Raises `UnknownNode`.
    """
    known, text = list(nodes), pasted(wanted)
    noun, page = kind.replace("-", " "), page_of(text)
    spelt = is_arn(text) and not is_location(text)
    if (page.kind if page else kind_of_arn(text).name if spelt else kind) != kind:
        raise UnknownNode(f"{page or text} is not a {noun}: {lists}")
    name = text.removeprefix(f"{kind}/")
    called = {one.casefold(): one for _, _, one in known}
    if not (page or spelt or WILD.search(text) or name.casefold() in called):
        raise UnknownNode(f"no {noun} {name!r} in the snapshot{did_you_mean(called.values(), name, f'; {lists}')}")
    return find_node(known, text)


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
    """The id of the one node of a snapshot that an id, an ARN, an S3 URI, `kind/name` or a name means. Raises `UnknownNode`.

    If a name was used before, it means the last node with it. For an id it does not read all nodes.
    """
    wanted = storable(pasted(wanted))
    for known_as in ((wanted, node_id(wanted)), (f"{wanted}/", wanted.rstrip("/")) if is_location(wanted) else ()):
        if exact := next(snapshot.nodes(known_as), None):
            return exact.id
    if page := page_of(wanted):
        return _on_page(page, [*snapshot.names(page.name)] or [*alike(snapshot, page.name)])
    kind, _, name = wanted.partition("/")
    called = [*snapshot.names(wanted), *(snapshot.names(name) if kind in KINDS and name else ())]
    if not called and is_location(wanted):
        _insist_unlike(NamedPlaces(snapshot), wanted)
    return find_node(called or alike(snapshot, wanted), wanted)


def _insist_unlike(places: NamedPlaces, wanted: str) -> None:
    """Raise `UnknownNode` with the place that is meant by one that no record names: one beside it, or one that covers it."""
    place = parse_location(wanted)
    near, around = places.near(place), places.around(place)
    if near:
        raise UnknownNode(f"no record names {wanted!r}; did you mean {near}?")
    if around:
        raise UnknownNode(f"no record names {wanted!r} itself: name {max(around, key=len)}, which covers it and is read")


def alike(snapshot: Snapshot, wanted: str) -> Names:
    """The nodes whose names may be meant: all if they are few, else those with one slip and the alphabetical neighbours."""
    few = list(islice(snapshot.names(), MAX_COMPARED + 1))
    if len(few) <= MAX_COMPARED:
        return few
    kind, _, name = wanted.partition("/")
    name = parse_arn(wanted).resource.rpartition("/")[2] if is_arn(wanted) else name if kind in KINDS and name else wanted
    return [*snapshot.named(one_slip(name.casefold())), *snapshot.beside(name, MAX_COMPARED // 2)]
