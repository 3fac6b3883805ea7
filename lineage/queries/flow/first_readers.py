"""Who read a place first: where the walk begins, and how much of the place each edge is about. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from lineage.domain.kinds import ENTITY_KINDS, RUN_NAME
from lineage.domain.names import Cover, Location, Span, cover, is_place, location_of
from lineage.domain.opaque import READING, hides_no_data
from lineage.domain.records import QUESTION, Gap
from lineage.domain.training import trains
from lineage.graphs.deployments import BEFORE, PAST
from lineage.queries.flow.begun import surely_ran
from lineage.queries.flow.belonging import had_by
from lineage.queries.flow.holes import Blind, opaque_read, unattested
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.models import specification
from lineage.queries.flow.steps import is_logged, listings_of
from lineage.queries.flow.walk import Arrival

# What is read in these usages was read for sure. A job's own checkpoint folder and its code may hold data, but need not.
IN_THE_MODEL = ("data", "model", PAST, BEFORE)
_DEPLOYING = ("deploys", "hosts", "configures")


class FirstReader(NamedTuple):
    """A node that read a place or may have, and the edge that says so; no edge if it only leads to others."""

    arrival: Arrival
    link: Link | None


class FirstReaders:
    """Who read one place, or may have. What could hide a reader is noted as a gap."""

    def __init__(
        self,
        graph: Flow,
        dataset: Location,
        links: Iterable[Link] | None = None,
        holes: list[Gap] | None = None,
        *,
        served: bool = False,
    ) -> None:
        """`links` are the edges that may be about it, in order; by default all of the graph.

        `served`: endpoints that run a model are readers as well.
        """
        self._served = served
        self.dataset = dataset
        self.holes: list[Gap] = [] if holes is None else holes
        self.blind = Blind(graph, self.holes)
        self._graph = graph
        self._links = links
        self._covers: dict[tuple[str, str | None, int | None], Cover] = {}

    def __iter__(self) -> Iterator[FirstReader]:
        for link in self._graph.links(*READING, "writes") if self._links is None else self._links:
            if link.relation == "writes":
                self._made(link)
            elif link.relation == "mentions":
                yield from self._mentions(link)
            elif link.relation == "loads":
                yield from self._provided(link)
            elif self._graph.is_job(link.target) and not is_logged(link):
                self.blind.note(link)
                if self.covered(link):
                    yield self._first((link,), link)
            else:
                yield from (self._mentions if is_logged(link) else self._provided)(link)

    def _first(self, links: tuple[Link, ...], told: Link | None, node: str = "", *, sure: bool | None = None) -> FirstReader:
        surely = sure if sure is not None else links[0].data["usage"] in IN_THE_MODEL and not is_logged(links[0])
        surely = surely and surely_ran(self._graph, links[-1].target)  # one that was cut short may have read it all the same
        return FirstReader(Arrival(node or links[-1].target, "", surely, links, None, len(links)), told)

    def _made(self, link: Link) -> None:
        """Note that what a job wrote there may be loaded as a model, whoever reads it as data."""
        if not link.target.startswith(f"{self.dataset.root}/"):
            return  # nothing in another bucket is surely a part of it
        place, span = location_of(link.target), Span(link.data["span"] or Span.UNKNOWN)
        if place and cover(place, span, self.dataset) in (Cover.ALL, Cover.PART):
            self.blind.may_be_a_model(link)

    def _provided(self, link: Link) -> Iterator[FirstReader]:
        """The jobs that use an algorithm, which brings its own data, or a model, which brings what it was made of."""
        if link.relation == "loads" and self.cover(link) in (Cover.ALL, Cover.PART):
            self.blind.may_be_a_model(link)
        given = list(users(self._graph, (link,), served=self._served))
        if given and self.covered(link):
            yield from (self._first(chain, link) for chain in given)

    def _mentions(self, link: Link) -> Iterator[FirstReader]:
        """Readers where a text names the place: whoever holds the text, or is recorded by it, may have read it."""
        holder, entity = link.target, self._graph.kind(link.target) in ENTITY_KINDS
        if (entity and link.relation == "mentions") or not self.covered(link):
            return  # if an entity leads on, it reads
        if link.data["usage"] == "serving":  # not a use by itself: whoever runs the container may have got it
            yield from (
                self._first(chain, None, sure=False) for chain in users(self._graph, (link,), holder, served=self._served)
            )
            return
        _, *recorded = had_by(self._graph, holder)
        told = [one for one in recorded if self._tells_of(holder, one)]
        if is_logged(link) and link.relation == "reads" and self._say_themselves([holder, *told]):
            return
        jobs = [one for one in recorded if one in told or not self._say_themselves([one])]
        yield from (self._first((link,), link, one, sure=False) for one in jobs)
        for one in (holder, *jobs):  # what it stands for may be a model
            yield from (
                self._first(chain, chain[-1], sure=False) for chain in users(self._graph, (link,), one, served=self._served)
            )
        # what a run logs as its output may be read as well, and whoever logged it may have trained with it
        known = entity or told or any(trains(self._graph.nodes[one]) for one in recorded)
        yield self._first((link,), None if known else link, holder, sure=False)

    def _tells_of(self, run: str, job: str) -> bool:
        """Whether a run describes a job, and was not only the run in which somebody started that job."""
        edges = links_into(self._graph, run, "recorded-by")
        return any(one.source == job and one.data["path"] != RUN_NAME for one in edges)

    def _say_themselves(self, jobs: list[str]) -> bool:
        """Whether one of some jobs declares that it reads the dataset; that counts already."""
        reads = (link for job in jobs for link in links_into(self._graph, job, "reads") if not is_logged(link))
        return any(self.cover(link) in (Cover.ALL, Cover.PART) for link in reads)

    # --- how much of it -------------------------------------------------------------------------

    def covered(self, link: Link) -> Cover | None:
        """How much of the dataset this edge is about; None for nothing, or if that is unknown and noted as a gap."""
        covered = self.cover(link)
        if covered is Cover.UNKNOWN:
            self.blind.hides(link, self._hidden(link))
        return covered if covered in (Cover.ALL, Cover.PART) else None

    def _hidden(self, link: Link) -> Gap:
        """The gap of a read of which it is unknown whether it is of the dataset.

        A person may vouch for what an unread manifest listed, but not against a version of it that was read.
        """
        said = f"{self.dataset.uri} is behind an access point, which hides its bucket: use the bucket's own name"
        opaque = opaque_read(self._graph, link) or Gap("", "", "", self.dataset.uri, "access-point", said, QUESTION)
        if link.data["span"] != Span.MANIFEST or link.source not in self._listing:
            return opaque
        return unattested(opaque, f"{self.dataset.uri} or part of it")

    @cached_property
    def _listing(self) -> set[str]:
        """The manifests of which some version lists any of the dataset, also one that was written after a job read it."""
        return {place for _, place in listings_of(self._graph).listing(self.dataset)}

    def cover(self, link: Link) -> Cover:
        """How much of the dataset this edge is about, as far as that is known."""
        if not is_place(link.source):
            if link.data["span"] == Span.NAMED:
                return Cover.NONE  # the place where it is stored is read as well
            hides = link.data["usage"] in IN_THE_MODEL and not hides_no_data(link.source)
            return Cover.UNKNOWN if hides else Cover.NONE
        asked = (link.source, link.data["span"], link.data["listing"])
        if asked not in self._covers:  # a place that many jobs read covers the same for each of them
            self._covers[asked] = self._cover_of(link)
        return self._covers[asked]

    def _cover_of(self, link: Link) -> Cover:
        location, span = location_of(link.source), Span(link.data["span"] or Span.UNKNOWN)
        if location is None:
            return Cover.UNKNOWN
        if _store(location) != _store(self.dataset):  # a file system or a query result may be backed by S3
            return Cover.NONE if _store(location) == "s3" or span is Span.NAMED else Cover.UNKNOWN
        if link.data["listing"] and self.dataset.hides_bucket:
            return Cover.UNKNOWN
        listed, _ = self.listed(link)
        own = cover(location, Span.OBJECT if span is Span.LISTING else span, self.dataset)
        return listed if listed is not Cover.NONE and own is not Cover.ALL else own

    def listed(self, link: Link) -> tuple[Cover, str]:
        """How much of the dataset the manifest that is read lists, and an entry that shows it."""
        listing = link.data["listing"]
        return listings_of(self._graph).cover(listing, self.dataset) if listing else (Cover.NONE, "")


def _store(location: Location) -> str:
    return location.root.partition("://")[0]


def users(graph: Flow, chain: tuple[Link, ...], of: str = "", *, served: bool = False) -> Iterator[tuple[Link, ...]]:
    """The jobs that use what the last edge leads into (an algorithm, a model or a package), each with all the edges.

    What a model is made of is read by one job at a time, as its load says. `of` is what is used, if people say that the edges
    lead into it. `served` also returns the endpoints that run it.
    """
    models = bool(of) or chain[-1].relation != "reads"  # what a package only reads, its metrics, is in no model
    ways = ("provides", "reads", "instantiates", "may-take", *(_DEPLOYING if served else ())) if models else ("provides",)
    reader = next((link.data["reader"] for link in chain if link.relation == "loads"), None)
    for link in links_out_of(graph, of or chain[-1].target, *ways):
        if link.relation == "instantiates":
            mine = link.data["usage"] == specification(chain[-1]) and link.data["reader"] == reader
            yield from users(graph, (*chain, link), served=served) if mine or of else ()
        elif link.relation in _DEPLOYING:
            yield from _endpoints(graph, (*chain, link), reader)
        elif link.relation == "may-take":
            yield (*chain, link)
        elif graph.is_job(link.target) and models == (link.data["usage"] == "model"):
            yield from [(*chain, link)] if reader in (None, link.target) else ()


def _endpoints(graph: Flow, chain: tuple[Link, ...], reader: str | None) -> Iterator[tuple[Link, ...]]:
    """The endpoints that the last edge leads to: the one that read the model, or all."""
    link = chain[-1]
    by = {"hosts": link.source, "configures": link.data["reader"]}.get(link.relation)
    if by is None:
        yield from users(graph, chain, served=True)
    elif reader in (None, by):
        yield chain
