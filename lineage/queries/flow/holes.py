"""What cannot be inspected: reads that may be of anything, and where the trail of what a job made is lost. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property

from lineage.domain.kinds import ENTITY_KINDS, OPAQUE_CHANNELS, SERVERS, STORES
from lineage.domain.names import Cover, Span, cover, location_of
from lineage.domain.opaque import is_opaque
from lineage.domain.records import OUTPUT, QUESTION, READ, Gap
from lineage.domain.times import IMPOSSIBLE, bounds
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.queries.flow.steps import fit_of, listings_of

_NAMING = (*ENTITY_KINDS, *SERVERS)  # kinds that write nothing to a place that they name

OBJECT_CALLS = ("GetObject", "HeadObject")  # what is asked of S3, and of no record


def opaque_read(graph: Flow, reading: Link) -> Gap | None:
    """A gap for a read whose data cannot be known: a manifest, an access point, a file system, a query, a hub dataset."""
    place, span = reading.source, reading.data["span"]
    location = location_of(place)
    if not is_opaque(place, reading.data["role"], span):
        return None
    job = graph.nodes[reading.target]
    who = f"{job['kind'].replace('-', ' ')} {job['name']}, channel {reading.data['role']}"
    reason, said = "unresolved", f"{who}, reads {place}: this version cannot inspect it"
    if reading.data["role"] in OPAQUE_CHANNELS:
        said = f"{who}: a remote function, step or notebook: only its code shows what it reads"
    elif span == Span.MANIFEST:
        reason, said = "unread-manifest", f"{who}: {_unread(graph, place)}"
    elif location and location.hides_bucket:
        reason, said = "access-point", f"{who}, reads {place}: an access point, which hides its bucket"
    where = (job["account"] or "", job["region"] or "", "", place)
    return Gap(*where, reason, said, READ, reading.target, reading.data["role"])


def _unread(graph: Flow, place: str) -> str:
    gap: Gap | None = graph.graph["unread"].get(place)
    if gap:
        return f"its manifest {place} could not be read ({gap.reason}: {gap.detail})"
    return f"what its manifest {place} listed at the time is unknown: it was not read, or it changed since"


def unattested(gap: Gap, listed: str) -> Gap:
    """The gap of an unread manifest of which another version lists something: a person cannot vouch against that."""
    said = f"a version of it that was read lists {listed}, so no attestation closes this gap"
    return replace(gap, about=QUESTION, detail=f"{gap.detail}; {said}")


def is_given(mention: Link) -> bool:
    """Whether what a text names was given to the job to read, by the name of the text: its code, or a model to unpack."""
    return mention.data["usage"] in ("code", "model")


class Blind:
    """Where the trail of what a job made is lost; each such place is noted as a gap."""

    def __init__(self, graph: Flow, holes: list[Gap]) -> None:
        """`holes` is the list to which they are added."""
        self._graph = graph
        self._holes = holes
        self._hidden_reads: list[Link] = []
        self._unread: list[tuple[int, Link]] = []
        self._made: dict[tuple[str, str, str], Link] = {}
        self.maybe_a_model: tuple[str, str] | None = None

    def may_be_a_model(self, link: Link) -> None:
        """Note that what this edge is about may have been loaded as a model. The earliest time is kept, and how.

        The edge is a write of a job that the data reached or that made it, or a load of the data itself. That data was there at
        any time.
        """
        opens = bounds(link.time)[0] if link.relation == "writes" else ""
        if self.maybe_a_model and self.maybe_a_model[0] <= opens:
            return
        if link.relation == "loads":
            how = f"it may load {link.source}, as others do"
        else:
            job = self._graph.nodes[link.source]
            how = f"it may load what {job['kind'].replace('-', ' ')} {job['name']} wrote to {link.target}"
        self.maybe_a_model = opens, how

    def note(self, link: Link) -> None:
        """Note reads that may be of anything: remote functions of any data, access points of what other jobs made."""
        location = location_of(link.source)
        if link.data["role"] in OPAQUE_CHANNELS:
            self._holes += filter(None, [opaque_read(self._graph, link)])
        elif location and location.hides_bucket:
            self._hidden_reads.append(link)

    def hides(self, reading: Link, gap: Gap) -> None:
        """Note the gap of a read of which it is unknown what it is of."""
        if gap.about == READ and reading.data["span"] == Span.MANIFEST and reading.source in self._manifests:
            self._unread.append((len(self._holes), reading))
        self._holes.append(gap)

    @cached_property
    def _manifests(self) -> frozenset[str]:
        """The manifests of which some version was read."""
        return frozenset(listings_of(self._graph).places())

    def made(self, writes: Iterable[Link]) -> None:
        """Note what was made of the data, by whatever the walk comes to."""
        if self._unread:
            self._made |= {(write.source, write.target, write.time or ""): write for write in writes}

    def settle(self) -> None:
        """After the walk: nobody vouches for an unread manifest of which a version that was read lists what was made."""
        for write in self._made.values():
            place = location_of(write.target)
            listing = {manifest for _, manifest in listings_of(self._graph).listing(place)} if place else set()
            found = [one for one in self._unread if one[1].source in listing]
            for at, reading in found:
                if self._holes[at].about == READ and fit_of(self._graph, write, reading) != IMPOSSIBLE:
                    writer = self._graph.nodes[write.source]
                    who = f"{writer['kind'].replace('-', ' ')} {writer['name']}"
                    self._holes[at] = unattested(self._holes[at], f"{write.target} or part of it, which {who} made of the data")

    def follow(self, job: str) -> None:
        """Note where this version cannot follow what a job made of the data, and an entity whose location is unknown."""
        entity = self._graph.kind(job) in ENTITY_KINDS
        if entity and not self._graph.nodes[job]["observed"]:
            self._lose(job, job, "could not be read: its location is unknown")
        writes = links_out_of(self._graph, job, "writes")
        outputs = [location_of(link.target) for link in writes]
        if self._graph.kind(job) in STORES and self._graph.nodes[job]["observed"] and not any(outputs):
            self._lose(job, job, "stores it in no location that a record names: who reads it there is unknown")
        for link, place in zip(writes, outputs, strict=True):
            if place:
                self.may_be_a_model(link)
            if (place is None and not self._graph.nodes[link.target]["observed"]) or (place and place.hides_bucket):
                self._lose(job, link.target, f"writes {link.target}, which this version cannot follow")
        for link in links_into(self._graph, job, "mentions") if self._graph.kind(job) not in _NAMING else ():
            if is_given(link):  # the code of most jobs
                continue
            place = location_of(link.source)
            known = place and any(one and cover(one, Span.FOLDER, place) is Cover.ALL for one in outputs)
            if not (known or self._is_input(link)):
                self._lose(job, link.source, f"names {link.source} in its {link.data['path']} and may write there")
        hidden, self._hidden_reads = self._hidden_reads, []  # one note is enough
        self._holes += filter(None, (opaque_read(self._graph, link) for link in hidden))

    def _is_input(self, mention: Link) -> bool:
        place = mention.source.rstrip("/")
        return any(link.source.rstrip("/") == place for link in self._graph.into(mention.target, ("reads",)))

    def _lose(self, job: str, subject: str, said: str) -> None:
        node = self._graph.nodes[job]
        who = f"{node['kind'].replace('-', ' ')} {node['name']}, which the data reached,"
        where = (node["account"] or "", node["region"] or "", "", subject)
        self._holes.append(Gap(*where, "unresolved", f"{who} {said}", OUTPUT, job))
