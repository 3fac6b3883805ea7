"""The edges out of places, by place: for many datasets in one graph, without a look at all of it each time. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain, takewhile

from lineage.domain.names import Location
from lineage.domain.opaque import READING, is_opaque
from lineage.queries.flow.links import Flow, Link
from lineage.queries.flow.steps import listings_of
from lineage.snapshot.manifests import Listings


class Readings:
    """What reads, loads or names a place, indexed by the places that it may share keys with."""

    def __init__(self, graph: Flow, links: Iterable[Link] | None = None) -> None:
        """All such edges of a graph, or those of the given ones; and what writes a place, by that place."""
        edges = graph.links(*READING, "writes") if links is None else links
        self._listings: Listings = listings_of(graph)
        self._at: dict[str, list[Link]] = defaultdict(list)
        self._listed: dict[int, list[Link]] = defaultdict(list)
        self._anywhere: list[Link] = []
        for link in edges:
            if link.relation in READING:
                self._put(link)
            elif link.relation == "writes":
                self._at[link.target].append(link)
        self._places = sorted(self._at)

    def _put(self, link: Link) -> None:
        if is_opaque(link.source, link.data["role"], link.data["span"]):
            self._anywhere.append(link)
            return
        self._at[link.source].append(link)
        if link.data["listing"]:
            self._listed[link.data["listing"]].append(link)

    def near(self, dataset: Location) -> list[Link]:
        """The edges that may be about some of a dataset, or could hide that they are: a superset, in a fixed order."""
        numbers = (number for number, _ in self._listings.listing(dataset)) if self._listed else ()
        listing = (self._listed[number] for number in numbers if number in self._listed)
        near = self._at.values() if dataset.hides_bucket else (*self._sharing(dataset), *listing)
        found = {link[:3]: link for link in chain(self._anywhere, *near)}
        return [found[key] for key in sorted(found)]

    def _sharing(self, dataset: Location) -> Iterator[list[Link]]:
        """The edges of places below a dataset, and of places that are a prefix of it."""
        whole = dataset.uri.rstrip("/") if dataset.key.strip("/") else f"{dataset.root}/"
        below = (self._places[index] for index in range(bisect_left(self._places, whole), len(self._places)))
        yield from (self._at[place] for place in takewhile(lambda place: place.startswith(whole), below))
        for length in range(len(dataset.root), len(whole)):
            for place in (whole[:length], f"{whole[:length]}/"):
                if place in self._at:
                    yield self._at[place]
