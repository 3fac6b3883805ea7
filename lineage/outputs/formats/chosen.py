"""What an export writes: a graph, a snapshot, or the part of either that a selector names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import chain, groupby
from operator import itemgetter

from lineage.domain.names import node_id
from lineage.domain.records import Json, Scope, decoded
from lineage.domain.text import named_line
from lineage.domain.version import __version__
from lineage.errors import LineageError
from lineage.graphs.build import whole
from lineage.graphs.excerpts import EdgeRow, Excerpt, Graph, edge_key, edges_of, insist_source
from lineage.graphs.nodes import Attributes, attributed
from lineage.queries.as_json import scope_json
from lineage.queries.attested import Vouched, vouched_in
from lineage.queries.flow.links import Link
from lineage.queries.scope import Within, narrowed
from lineage.queries.select import part, part_within
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.tables import Row


class Chosen:
    """What an export is about: the nodes and edges that a selector names, in a fixed order, and the records behind them.

    `lineage.FORMATS["graphml"].write(lineage.Chosen(snapshot, "+loans-live"))` gives the pieces of a text.

    A whole snapshot is read row by row; what a selector names is read into memory. After the writing, `notes` says what was
    left out or cut.
    """

    def __init__(
        self,
        source: Snapshot | Graph,
        selector: str = "",
        *,
        accounts: Iterable[str] = (),
        regions: Iterable[str] = (),
        attestations: Vouched = None,
    ) -> None:
        """`source`: a snapshot, or a graph, which has no records. `accounts` and `regions` leave out the nodes of others.

        `attestations` close gaps, in formats that show gaps.
        """
        insist_source(source)
        self._places = Within.of(accounts, regions)
        self.selector = selector
        self.vouched = vouched_in(attestations, source)
        self.notes: list[str] = []
        self._snapshot = source if isinstance(source, Snapshot) else None
        self._given = None if isinstance(source, Snapshot) else source

    def __repr__(self) -> str:
        of = "a graph" if self._snapshot is None else self._snapshot.path.name
        return named_line("Chosen", f"{self.selector or 'everything'} of {of}")

    @property
    def snapshot(self) -> Snapshot:
        """The snapshot. Raises `LineageError` if a graph was given."""
        if self._snapshot is None:
            raise LineageError("this format tells what the records say: give the snapshot, not a graph of it")
        return self._snapshot

    @cached_property
    def graph(self) -> Excerpt:
        """What was chosen, as a graph in memory, of plain dicts."""
        given = self.snapshot if self._given is None else self._given
        return part_within(part(given, self.selector) if self.selector else whole(given), self._places)

    @cached_property
    def scope(self) -> Scope:
        """What was looked at, and what could not be."""
        scope: Scope = self.graph.graph["scope"] if self._snapshot is None else self._snapshot.scope()
        return scope

    @property
    def _streams(self) -> bool:
        return self._given is None and not self.selector and not any(self._places)

    @property
    def tool(self) -> Json:
        """The name and the version of this package, which writes the file."""
        return {"name": "sagemaker-lineage", "version": __version__}

    def crawled(self) -> str:
        """When the last crawl ended, or began. It is the time of an export, which would otherwise differ from run to run."""
        crawls = self.scope.crawls
        return (crawls[-1].finished or crawls[-1].started) if crawls else ""

    def about(self) -> Json:
        """The scope and the gaps, as one JSON object each."""
        said = scope_json(self.scope, list(self.scope.holes)) | narrowed(self.scope, self._places)
        return {"gaps": said.pop("holes"), "scope": said}

    def nodes(self) -> Iterator[tuple[str, Attributes]]:
        """Each node with its attributes, by id."""
        if self._streams:
            return attributed(self.snapshot.node_rows())
        return ((node, self.graph.nodes[node]) for node in sorted(self.graph.nodes))

    def edges(self) -> Iterator[Link]:
        """Each edge with its key and its attributes, by source, target and key."""
        if self._streams:
            return _keyed(self.snapshot.edge_rows())
        return iter(sorted(self.graph.edges(), key=itemgetter(0, 1, 2)))

    def into(self, nodes: Iterable[str]) -> dict[str, list[Link]]:
        """The edges into each of some nodes, in the same order."""
        links = self._near(into=set(nodes))
        return _grouped(sorted(links, key=itemgetter(0, 1, 2)), 1)

    def out_of(self, nodes: Iterable[str]) -> dict[str, list[Link]]:
        """The edges out of each of some nodes."""
        return _grouped(sorted(self._near(out_of=set(nodes)), key=itemgetter(0, 1, 2)), 0)

    def _near(self, **asked: set[str]) -> Iterator[Link]:
        if self._streams:
            return _keyed(sorted(self.snapshot.edge_rows(**asked), key=itemgetter(0, 1, 2, 3, 4, 5)))
        ((which, nodes),) = asked.items()
        beside = self.graph.into if which == "into" else self.graph.out_of
        return chain.from_iterable(beside[node] for node in nodes if node in self.graph.nodes)

    def attributes(self, nodes: Iterable[str]) -> dict[str, Attributes]:
        """The attributes of some nodes."""
        if self._streams:
            return dict(attributed(self.snapshot.node_rows(nodes)))
        return {node: self.graph.nodes[node] for node in nodes if node in self.graph.nodes}

    def record(self, node: Attributes) -> Json:
        """The last version of the record of a node; empty if it was only named, or is a location."""
        if self._snapshot is None or not (node["arn"] and node["observed"]):
            return {}
        versions = self._snapshot.versions(node_id(node["arn"]), node["created"])
        body: Json = decoded(versions[-1].body) if versions else {}
        return body


def _grouped(links: Iterable[Link], end: int) -> dict[str, list[Link]]:
    found: dict[str, list[Link]] = defaultdict(list)
    for link in links:
        found[str(link[end])].append(link)
    return found


def _keyed(rows: Iterable[Row]) -> Iterator[Link]:
    """Edges as links, with their keys in the graph."""
    for (source, target), between in groupby(edges_of(rows), key=itemgetter(0, 1)):
        found: dict[str, EdgeRow] = {}
        for row in between:
            found[edge_key(row, found)] = row
        yield from (Link(source, target, key, found[key].said._asdict(), found[key].time) for key in sorted(found))
