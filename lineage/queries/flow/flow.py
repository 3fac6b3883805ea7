"""Steps that every question takes: from a reader to the writers of what it read, and back. Pure.

The graph's `overlaps` edges say which places share keys; whether this reader got something of that writer
depends on how many keys each of the two stands for, and on their times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lineage.domain.kinds import KINDS, OPAQUE_CHANNELS, REUSED
from lineage.domain.names import Cover, Location, Span, cover, gets, location_of
from lineage.domain.records import Crawl, Gap, Json, Scope
from lineage.domain.sightings import got, wrote
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, bounds, fits, sortable
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of
from lineage.snapshot.manifests import Listings

EXECUTION = "pipeline-execution"
OBJECT_CALLS = ("GetObject", "HeadObject")  # what is asked of S3, and of no record


class Step(NamedTuple):
    """From a job to another, through what the one wrote and the other read: the edges, and how sure the times make it."""

    job: str
    links: tuple[Link, ...]
    fit: str


def writers(graph: Flow, reading: Link) -> list[Step]:
    """Who wrote what this edge reads, possible times left in and impossible ones left out.

    What only people logged counts where no job says that it wrote the place.
    """
    steps = _claims(graph, reading)
    declared = [step for step in steps if not is_logged(step.links[0])] or steps
    place = reading.source.rstrip("/")
    if is_model(reading) and any(step.fit == CERTAIN and step.links[0].target.rstrip("/") == place for step in declared):
        # who surely wrote the very model, or inside it, outranks who writes around it
        return [step for step in declared if step.links[0].target.rstrip("/").startswith(place)]
    return declared


def also_logged(graph: Flow, reading: Link) -> list[Step]:
    """The runs of which people logged that they made what this edge reads, where a job made it."""
    steps = _claims(graph, reading)
    logged = [step for step in steps if is_logged(step.links[0])]
    return logged if len(logged) < len(steps) else []


def is_logged(link: Link) -> bool:
    """Whether only what people may write says so."""
    return bool(link.data["evidence"] == "logged")


def _claims(graph: Flow, reading: Link) -> list[Step]:
    """Whoever says that they wrote what this edge reads, and can have done so by their times."""
    steps = _steps(graph, reading, _written_to(graph, reading))
    return [step for step in steps if not took_over(graph, step.links[0])] or steps


def is_surely_made(graph: Flow, reading: Link) -> bool:
    """Whether a job, and nobody who only logged it, certainly wrote what this edge reads: as `writers` has it."""
    ways = _written_to(graph, reading, surely=True)
    jobs = (way for way in ways if not (is_logged(way[0]) or took_over(graph, way[0])) and way[0].source != reading.target)
    return any(_fit_over(graph, way[0], way[1:], reading) == CERTAIN for way in jobs)


def _written_to(graph: Flow, reading: Link, *, surely: bool = False) -> Iterator[tuple[Link, ...]]:
    """The writes to a place, to what shares keys with it, and to what had its content, each with the edge between.

    `surely`: only to what had the content that this reader certainly got.
    """
    yield from ((write,) for write in links_into(graph, reading.source, "writes"))
    for overlap in _overlaps_into(graph, reading.source):
        for write in links_into(graph, overlap.source, "writes"):
            if _gets(graph, reading, write):
                yield write, overlap
    for copy in copies_into(graph, reading, *((CERTAIN,) if surely else ())):
        yield from ((write, copy) for write in links_into(graph, copy.source, "writes"))


def fit_of(graph: Flow, write: Link, reading: Link) -> str:
    """How surely a write was read, by its times and by how its job ended: a failed one may have written nothing."""
    job = graph.nodes[write.source]
    if is_job(job) and not started(job):
        return IMPOSSIBLE
    fit = fits(write.data["time"], reading.data["time"])
    return POSSIBLE if fit == CERTAIN and job["status"] == "Failed" else fit


def _steps(graph: Flow, reading: Link, chains: Iterable[tuple[Link, ...]]) -> list[Step]:
    best: dict[str, Step] = {}
    for chain in chains:
        job, fit = chain[0].source, _fit_over(graph, chain[0], chain[1:], reading)
        step = Step(job, chain, fit)
        if job != reading.target and fit != IMPOSSIBLE and (job not in best or _rank(step) > _rank(best[job])):
            best[job] = step
    return [best[job] for job in sorted(best)]


def _rank(step: Step) -> tuple[bool, int]:
    """Of several ways from one job the surest counts, then the one that names the narrowest place."""
    return (step.fit == CERTAIN, len(step.links[0].target))


def too_late(graph: Flow, reading: Link) -> list[str]:
    """The jobs that wrote the place only after this reader was done with it."""
    over = [*_overlaps_into(graph, reading.source), *copies_into(graph, reading)]
    places = [reading.source, *(overlap.source for overlap in over)]
    late = {
        write.source
        for place in places
        for write in links_into(graph, place, "writes")
        if fits(write.data["time"], reading.data["time"]) == IMPOSSIBLE
    }
    return sorted(late - {step.job for step in writers(graph, reading)})


def is_model(reading: Link) -> bool:
    """Whether what is read is a model, not data to make one of."""
    return reading.relation == "loads" or reading.data["usage"] == "model"


def specified(links: list[Link], name: str) -> list[Link]:
    """What a model loads of a package: the additional specification that it names, else the package's own."""
    return [link for link in links if specification(link) == name]


def specification(link: Link) -> str:
    """The additional specification of a package that an edge into it is about; empty for the package's own."""
    return str(link.data["role"]) if str(link.data["path"]).startswith("AdditionalInferenceSpecifications") else ""


def suspect(graph: Flow, link: Link) -> str:
    """What is odd where a name was deleted and used again: what is there now is younger than what names it."""
    source, target = graph.nodes[link.source], graph.nodes[link.target]
    when = target["modified"] if link.relation == "configures" else target["created"]
    if link.relation not in ("configures", "deploys") or not (source["created"] and when):
        return ""
    if sortable(source["created"]) <= sortable(when):
        return ""
    return (
        f"suspect: {source['kind']} {source['name']} was created {source['created']}, after "
        f"{target['kind']} {target['name']} ({when}) that names it: the name was used before"
    )


def places_of(graph: Flow, write: Link) -> Iterator[tuple[str, tuple[Link, ...]]]:
    """The places at which this write may be read: its own, each that it overlaps, and each copy, with the edge to it."""
    if not graph.leads_on(write.target):
        return  # most of what a large estate writes is read by nobody
    yield write.target, ()
    overlaps, contents = _leads_from(graph, write.target)
    for overlap in overlaps:
        yield overlap.target, (overlap,)
    for content, _ in _contents_of(graph, write, contents):
        for copy in _copies_out_of(graph, write.target, content):
            yield copy.target, (copy,)


def loaders(graph: Flow, write: Link) -> Iterator[Step]:
    """What loads what this edge wrote as a model, with the edges to it; impossible times left out."""
    for place, between in places_of(graph, write):
        yield from readers_at(graph, write, place, between, "loads")


def readers_at(graph: Flow, write: Link, place: str, between: tuple[Link, ...], relation: str = "reads") -> Iterator[Step]:
    """Those of the readers of one place who got something of this write."""
    for reading in links_out_of(graph, place, relation):
        if not between or is_copy(between[0]) or _gets(graph, reading, write):
            yield from _read(graph, write, between, reading)


def _read(graph: Flow, write: Link, between: tuple[Link, ...], reading: Link) -> Iterator[Step]:
    fit = _fit_over(graph, write, between, reading)
    if fit != IMPOSSIBLE and reading.target != write.source:
        yield Step(reading.target, (write, *between, reading), fit)


def _overlaps_into(graph: Flow, place: str) -> list[Link]:
    return [link for link in links_into(graph, place, "overlaps") if not is_copy(link)]


def _leads_from(graph: Flow, place: str) -> tuple[list[Link], list[str]]:
    """Where else a place may be read: the edges to what shares keys with it, and the contents that it had."""
    over = links_out_of(graph, place, "overlaps")
    return [link for link in over if not is_copy(link)], sorted({link.target for link in over if is_copy(link)})


def _gets(graph: Flow, reading: Link, write: Link) -> bool:
    """Whether this reader got something of this write, by what each of them stands for."""
    if lists(graph, reading, write.target):
        return True
    read_span, write_span = (Span(link.data["span"] or Span.UNKNOWN) for link in (reading, write))
    return read_span is not Span.UNKNOWN and gets(reading.source, read_span, write.target, write_span)


def lists(graph: Flow, reading: Link, place: str) -> bool:
    """Whether a reader of a manifest got something of a place by what the manifest lists."""
    listing, location = reading.data["listing"], location_of(place)
    return bool(listing and location and listings_of(graph).cover(listing, location)[0] is not Cover.NONE)


def listings_of(graph: Flow) -> Listings:
    """What the manifests list that were read."""
    listings: Listings = graph.graph["listings"]
    return listings


# --- copies ---------------------------------------------------------------------------------------


def is_copy(overlap: Link) -> bool:
    """Whether an edge is known by content, not by keys."""
    return bool(overlap.data["evidence"] == "content")


def _copy(content: str, original: str, copy: str) -> Link:
    """Two places that hold one content, as one edge: in the graph the content stands between them."""
    said = {"relation": "overlaps", "role": content, "evidence": "content"}
    empty: Json = {"usage": "", "path": "", "time": None, "span": None, "listing": None}
    return Link(original, copy, f"overlaps:{content}", empty | said)


def copies_into(graph: Flow, reading: Link, *fits: str) -> Iterator[Link]:
    """From each other place that held what this edge may have read, or of which that `fits` as surely as is said."""
    contents = {link.source for link in links_into(graph, reading.source, "overlaps") if is_copy(link)}
    for content in sorted(contents):
        if _got(graph, content, reading) in (fits or (POSSIBLE, CERTAIN)):
            originals = (place for place in graph.sources(content) if not _is_same(place, reading.source))
            yield from (_copy(content, original, reading.source) for original in originals)


def _contents_of(graph: Flow, write: Link, contents: list[str]) -> Iterator[tuple[str, str]]:
    """Which of the contents of its place a write may have been, and whether it certainly was."""
    for content in contents:
        fit = wrote(graph.between(write.target, content), write.data["time"])
        if fit != IMPOSSIBLE:
            yield content, fit


def _copies_out_of(graph: Flow, place: str, content: str) -> Iterator[Link]:
    copies = (copy for copy in graph.targets(content) if not _is_same(place, copy))
    return (_copy(content, place, copy) for copy in copies)


def _is_same(place: str, other: str) -> bool:
    """A model that is a folder is the same with and without a slash at its end."""
    return place.rstrip("/") == other.rstrip("/")


def _got(graph: Flow, content: str, reading: Link, write: Link | None = None) -> str:
    """How surely a reader got a content, of a write where one is given; what it pins itself, it got and nothing else."""
    digests = graph.nodes[content]["digests"]
    pins = graph.nodes[reading.target].get("pins") or ()
    own = [digest in digests for place, digest in pins if _is_same(place, reading.source)]
    made = write.data["time"] if write else None
    fit = got(graph.between(content, reading.source), reading.data["time"], any(own) if own else None, made)
    return POSSIBLE if fit == CERTAIN and own and not all(own) else fit


def _fit_over(graph: Flow, write: Link, between: tuple[Link, ...], reading: Link) -> str:
    """How surely a write was read, also over a copy: it was that content, and the reader got that content."""
    fit = fit_of(graph, write, reading)
    if not between or fit == IMPOSSIBLE or not is_copy(between[0]):
        return fit
    content = between[0].data["role"]
    was = wrote(graph.between(write.target, content), write.data["time"])
    fits = {fit, was, _got(graph, content, reading, write)}
    return IMPOSSIBLE if IMPOSSIBLE in fits else POSSIBLE if POSSIBLE in fits else CERTAIN


# --- what was told already ------------------------------------------------------------------------

WayOfReading = tuple[str | None, int | None]
"""How a place is read: its span, and of a manifest the version."""
ReachedBy = tuple[str, frozenset[WayOfReading], bool]
"""A place, how it is read there, and whether the write is of what is around it; or a content, and whether it surely is it."""


# --- what belongs to what -------------------------------------------------------------------------


def belongings(graph: Flow, node: str, step: str | None = None) -> list[Link]:
    """The edges to what a node belongs to, or was recorded by.

    A pipeline execution that reused what another one made belongs to the other by that `step` only: for whoever came to
    it through the reuse. Without a step it stands for itself, and its reuses lead nowhere.
    """
    links = links_out_of(graph, node, "recorded-by", "member-of")
    if step is not None:
        return [link for link in links if is_reuse(link) and link.data["role"] == step]
    return [link for link in links if not (is_reuse(link) and graph.nodes[node]["kind"] == EXECUTION)]


def members(graph: Flow, node: str, step: str | None = None) -> list[Link]:
    """The edges from what belongs to a node, or what it recorded: `belongings`, seen from the other end.

    With a `step` the node is a pipeline execution that reused another one by it: only what it reused so counts.
    """
    links = links_into(graph, node, "member-of", "recorded-by")
    return [link for link in links if step is None or (is_reuse(link) and link.data["role"] == step)]


def ran_in(graph: Flow, job: str) -> tuple[list[str], list[str]]:
    """The pipeline executions that ran a job, and those that reused it. Where only these are known, they lead to who ran it."""
    links = [link for link in links_out_of(graph, job, "member-of") if graph.nodes[link.target]["kind"] == EXECUTION]
    reuses = [link for link in links if is_reuse(link)]
    made = {link.target for link in links if not is_reuse(link)}
    return sorted(made or _beginnings(graph, reuses)), sorted({link.target for link in reuses})


def _beginnings(graph: Flow, reuses: list[Link]) -> set[str]:
    """Where chains of reuses begin, as far as the graph knows."""
    found, seen = set[str](), set[tuple[str, str]]()
    todo = [(link.target, str(link.data["role"])) for link in reuses]
    while todo:
        at = todo.pop()
        before = belongings(graph, *at)
        found |= set() if before else {at[0]}
        todo += {(link.target, at[1]) for link in before} - seen
        seen |= {at, *todo}
    return found


def is_reuse(link: Link) -> bool:
    """Whether an edge says that something was taken over from an earlier pipeline execution."""
    return link.relation == "member-of" and link.data["usage"] == REUSED


def took_over(graph: Flow, write: Link) -> bool:
    """Whether a pipeline execution only names a write: it took its step over from an earlier execution, which wrote."""
    if graph.nodes[write.source]["kind"] != EXECUTION:
        return False
    found = links_out_of(graph, write.source, "member-of")
    return any(is_reuse(link) and link.data["role"] == write.data["role"] for link in found)


class Reached:
    """Which writes have reached everybody at a place, so that no shared place is walked again for each of its writers.

    The surest writes must be asked about first, and of equally sure ones the nearest to where the walk began.
    """

    def __init__(self, graph: Flow, *relations: str) -> None:
        """`relations`: how those at a place may get what was written there."""
        self._graph = graph
        self._relations = relations
        self._ways: dict[str, list[Link]] = {}
        self._leads: dict[str, tuple[list[Link], list[str]]] = {}
        self._written: dict[ReachedBy, list[tuple[str, str, int]]] = defaultdict(list)

    def places(self, write: Link, length: int = 0) -> Iterator[tuple[str, tuple[Link, ...]]]:
        """The places at which this write may be read by somebody whom no earlier one has reached, with the edge to each.

        `length`: how far the write is from the start. A content is one place more, however many copies there are of it.
        """
        if write.target not in self._leads:
            self._leads[write.target] = _leads_from(self._graph, write.target)
        overlaps, contents = self._leads[write.target]
        near: list[tuple[str, tuple[Link, ...]]] = [(write.target, ())]
        near += [(overlap.target, (overlap,)) for overlap in overlaps]
        for place, between in near:
            key = (place, self._ways_that_get(write, place), lies_around(write, place))
            if self._is_news(write, length + len(between), key):
                yield place, between
        for content, fit in _contents_of(self._graph, write, contents):
            sure = (content, frozenset[WayOfReading](), True)
            if self._is_news(write, length + 1, (content, frozenset(), fit == CERTAIN), sure):
                yield from ((copy.target, (copy,)) for copy in _copies_out_of(self._graph, write.target, content))

    def _is_news(self, write: Link, length: int, key: ReachedBy, *as_good: ReachedBy) -> bool:
        """Whether no earlier write, no further from the start, has reached all whom this one can reach; now it has."""
        opens, closes = bounds(write.data["time"])
        closes = closes or "~"
        told = (one for other in (key, *as_good) for one in self._written[other])
        if any(opened <= opens and closed <= closes and far <= length for opened, closed, far in told):
            return False
        if self._graph.nodes[write.source]["status"] != "Failed":
            self._written[key].append((opens, closes, length))
        return True

    def _ways_that_get(self, write: Link, place: str) -> frozenset[WayOfReading]:
        """Which of the ways in which a place is read, one for each version of a manifest, share keys with this write."""
        if place not in self._ways:
            ways = {_way(link): link for link in links_out_of(self._graph, place, *self._relations)}
            self._ways[place] = list(ways.values())
        return frozenset(_way(link) for link in self._ways[place] if place == write.target or _gets(self._graph, link, write))


def _way(reading: Link) -> WayOfReading:
    return (reading.data["span"], reading.data["listing"])


def lies_around(write: Link, place: str) -> bool:
    """Whether a write is of more than the place: of what is around it, not of the place itself or of what is in it."""
    return not write.target.rstrip("/").startswith(place.rstrip("/"))


class Ranks:
    """Whose a model rather is, where several wrote what may be it."""

    def __init__(self, graph: Flow) -> None:
        self._graph = graph
        self._exact: dict[str, list[Link]] = {}

    def is_outranked(self, write: Link, reading: Link) -> bool:
        """Whether a model is rather somebody else's: he surely wrote the very place, and this write is of what is around it."""
        place = reading.source
        if not is_model(reading) or not lies_around(write, place):
            return False
        if place not in self._exact:
            self._exact[place] = sorted(links_into(self._graph, place, "writes"), key=lambda link: link.data["time"] or "")
        others = (one for one in self._exact[place] if one.source != write.source)
        return any(fit_of(self._graph, one, reading) == CERTAIN for one in others)


# --- what a job is ------------------------------------------------------------------------------


_JOBS = frozenset(kind.name for kind in KINDS.values() if kind.job)


def is_job(attributes: Json) -> bool:
    return attributes["kind"] in _JOBS


def started(attributes: Json) -> bool:
    """Whether a job began to read: a status of a finished job counts, for old records keep no more.

    Of a kind that has no field for it (tuning and AutoML jobs, which start others) nobody can say that it did not.
    """
    kind = KINDS.get(attributes["kind"])
    if kind is None or kind.times[0] in ("", "CreationTime"):
        return True
    if attributes.get("started") or set(attributes.get("steps") or ()) & {"Downloading", "Training", "Uploading"}:
        return True
    return str(attributes["status"]).casefold() not in ("failed", "stopped", "inprogress", "stopping", "starting")


# --- as JSON ------------------------------------------------------------------------------------


def node_json(graph: Flow, node: str) -> Json:
    """A node as every answer shows it."""
    return attributes_json(node, graph.nodes[node])


def said(graph: Flow, subject: Json) -> str:
    """What is asked about, as people say it: a place by its URI, anything else by its kind and name."""
    data = graph.nodes.get(subject["id"])
    if data is None or "://" in subject["id"]:
        return str(subject["id"])
    earlier = f", created {data['created']}" if "@" in subject["id"].rpartition("/")[2] else ""
    return f"{data['kind'].replace('-', ' ')} {data['name']}{earlier}"


def attributes_json(node: str, data: Json) -> Json:
    """The same of a node that is in no graph."""
    return {
        "id": node,
        "kind": data["kind"],
        "name": data["name"],
        "account": data["account"],
        "region": data["region"],
        "arn": data["arn"],
        "created": data["created"],
        "status": data["status"],
        "observed": data["observed"],
    }


def link_json(link: Link) -> Json:
    """An edge as every answer shows it: its ends, its relation, and the field that says so."""
    source, target, _, data = link
    return {
        "source": source,
        "target": target,
        "relation": data["relation"],
        "role": data["role"],
        "usage": data["usage"],
        "path": data["path"],
        "evidence": data["evidence"],
        "time": data["time"],
    }


def scope_json(scope: Scope, holes: list[Gap], crawls: set[int] | None = None) -> Json:
    """What was looked at, by the given crawls or by all, with the holes that matter for the answer."""
    return {
        "accounts": list(scope.accounts),
        "regions": list(scope.regions),
        "crawls": [_crawl_json(crawl) for crawl in scope.crawls if crawls is None or crawl.id in crawls],
        "holes": [_gap_json(hole) for hole in holes],
    }


def _gap_json(gap: Gap) -> Json:
    names = ("account", "region", "operation", "subject", "reason", "detail")
    return {name: getattr(gap, name) for name in names}


def _crawl_json(crawl: Crawl) -> Json:
    names = ("id", "started", "finished", "complete", "caller")
    return {name: getattr(crawl, name) for name in names} | {"endpoints": list(crawl.roots)}


# --- what nobody can look into --------------------------------------------------------------------


def opaque_read(graph: Flow, reading: Link) -> Gap | None:
    """A read of which nobody can say what it gave: a manifest, an access point, a file system, a query, a hub dataset."""
    place, span = reading.source, reading.data["span"]
    location = location_of(place)
    plain = location and location.root.startswith("s3://") and not location.hides_bucket
    hidden_in_code = reading.data["role"] in OPAQUE_CHANNELS
    if plain and not hidden_in_code and span not in (Span.MANIFEST, Span.UNKNOWN):
        return None
    job = graph.nodes[reading.target]
    who = f"{job['kind'].replace('-', ' ')} {job['name']}, channel {reading.data['role']}"
    reason, said = "unresolved", f"{who}, reads {place}: what is in it, this version does not find out"
    if hidden_in_code:
        said = f"{who}: a remote function, step or notebook: what it reads stands in its code"
    elif span == Span.MANIFEST:
        reason, said = "unread-manifest", f"{who}: {_unread(graph, place)}"
    elif location and location.hides_bucket:
        reason, said = "access-point", f"{who}, reads {place}: an access point, which hides its bucket"
    return Gap(job["account"] or "", job["region"] or "", "", place, reason, said)


def _unread(graph: Flow, place: str) -> str:
    gap: Gap | None = graph.graph["unread"].get(place)
    if gap:
        return f"its manifest {place} could not be read ({gap.reason}: {gap.detail})"
    return f"what its manifest {place} listed at the time is not known: nobody read it, or it was changed since"


class Blind:
    """Where the trail of what a job made is lost; each is noted as a hole."""

    def __init__(self, graph: Flow, holes: list[Gap]) -> None:
        """`holes` is where they are noted."""
        self._graph = graph
        self._holes = holes
        self._hidden_reads: list[Link] = []

    def note(self, link: Link) -> None:
        """Reads that may be of anything: remote functions of any data, access points of what other jobs made."""
        location = location_of(link.source)
        if link.data["role"] in OPAQUE_CHANNELS:
            self._holes += filter(None, [opaque_read(self._graph, link)])
        elif location and location.hides_bucket:
            self._hidden_reads.append(link)

    def follow(self, job: str) -> None:
        """What a job made of the data may go where this version does not follow it."""
        attributes = self._graph.nodes[job]
        writes = links_out_of(self._graph, job, "writes")
        outputs = [location_of(link.target) for link in writes]
        for link, place in zip(writes, outputs, strict=True):
            if (place is None and not self._graph.nodes[link.target]["observed"]) or (place and place.hides_bucket):
                self._lose(attributes, link.target, f"writes {link.target}, where this version does not follow it")
        for link in links_into(self._graph, job, "mentions"):
            if not self._is_input(link) and not _lies_in(location_of(link.source), outputs):
                self._lose(attributes, link.source, f"names {link.source} in its {link.data['path']} and may write there")
        hidden, self._hidden_reads = self._hidden_reads, []  # told once is enough
        self._holes += filter(None, (opaque_read(self._graph, link) for link in hidden))

    def _is_input(self, mention: Link) -> bool:
        place = mention.source.rstrip("/")
        return any(link.source.rstrip("/") == place for link in self._graph.into(mention.target, ("reads",)))

    def _lose(self, job: Json, subject: str, said: str) -> None:
        who = f"{job['kind'].replace('-', ' ')} {job['name']}, which the data reached,"
        self._holes.append(Gap(job["account"] or "", job["region"] or "", "", subject, "unresolved", f"{who} {said}"))


def _lies_in(place: Location | None, outputs: list[Location | None]) -> bool:
    return place is not None and any(one and cover(one, Span.FOLDER, place) is Cover.ALL for one in outputs)
