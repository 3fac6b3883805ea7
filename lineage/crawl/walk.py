"""Reads only what is upstream of named endpoints: each record, then what it names, in turn.

A place that is read or loaded is followed to the jobs that wrote it: training jobs by Search on the fields they
write to, processing jobs (which Search does not know) by listing them once. What is deleted, denied or
unmatched becomes a `Gap`, and the walk continues.
"""

from __future__ import annotations

import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from lineage.crawl.aws.fetch import Fetcher, named_in, resource_of, searched, subject_of
from lineage.crawl.aws.refusals import Refused
from lineage.crawl.unknown import Notes, completeness
from lineage.domain.called import argument
from lineage.domain.kinds import ENDPOINT, GROUPS, KINDS, LOCATION, PROCESSING_JOB, TRAINING_JOB, Finder, Kind, kind_of_arn
from lineage.domain.names import Location, PlaceIndex, Span, folders_above, gets, is_arn, parse_arn, s3_spellings
from lineage.domain.records import Answered, Fetched, Gap, Resource
from lineage.domain.references import Hit, hits
from lineage.domain.times import Times, bounds
from lineage.domain.urls import from_url, page_of
from lineage.domain.vendors import vendor_of
from lineage.errors import MalformedName, UnknownNode

UPSTREAM = {"configures", "deploys", "instantiates", "provides", "loads", "reads"}
FED_BY = {"data", "model", "checkpoint"}  # roles of inputs that another job may have made
MAX_FILTERS = 20  # of one Search expression (API reference, SearchExpression)
MAX_FILTER_VALUE = 1024  # characters (API reference, Filter)


def endpoint_named(fetcher: Fetcher, endpoint: str) -> Resource:
    """The record of an endpoint by name or ARN. Raises `Refused`, `MalformedName`, or `UnknownNode` for a foreign one."""
    endpoint = from_url(endpoint)
    page = page_of(endpoint)
    if page and page.kind == ENDPOINT.name:
        _insist_own(fetcher, page.account, str(page))
        return fetcher.describe(ENDPOINT, page.name, page.region or fetcher.session.region)
    if not endpoint.startswith("arn:"):
        return fetcher.describe(ENDPOINT, endpoint, fetcher.session.region)
    arn = parse_arn(endpoint)
    if kind_of_arn(endpoint) is not ENDPOINT:
        raise MalformedName(f"{endpoint} is not an endpoint: {argument('endpoints')} takes the name or the ARN of one")
    _insist_own(fetcher, arn.account, f"endpoint {endpoint}")
    return fetcher.describe(ENDPOINT, arn.resource.partition("/")[2], arn.region)


def _insist_own(fetcher: Fetcher, account: str, endpoint: str) -> None:
    if account not in ("", fetcher.session.account):
        said = f"{endpoint} is in account {account}, but these credentials are for {fetcher.session.account}"
        raise UnknownNode(f"{said}: use a profile of that account ({argument('profile')})")


def endpoint_names(fetcher: Fetcher) -> list[str]:
    """The names of every endpoint in the session's region. Raises `Refused`."""
    summaries = fetcher.listed("ListEndpoints", {}, fetcher.session.region)
    return sorted(named_in(summary, "EndpointName", "ListEndpoints") for summary in summaries)


@dataclass(frozen=True, slots=True)
class _ReadPlace:
    """A place that `reader` read: `before` is when it had read all of it, empty if unknown."""

    reader: Resource
    location: Location
    span: Span
    usage: str
    before: str

    def after(self, created: str) -> bool:
        """Whether something created at that time came too late to have been read."""
        return bool(self.before) and bounds(created)[0] > self.before


@dataclass(slots=True)
class _Writers:
    """The jobs that wrote a place, and whether some could not be asked for."""

    jobs: list[Resource] = field(default_factory=list)
    refused: bool = False


class Walk:
    """One walk from any number of endpoints: what was read for one is not read again for the next."""

    def __init__(self, fetcher: Fetcher, keep: Callable[[Fetched], None]) -> None:
        """`keep` gets each finding as it comes."""
        self._fetcher = fetcher
        self._keep = keep
        self._todo: deque[Callable[[], None]] = deque()
        self._seen: set[tuple[str, ...]] = set()
        self._outputs: dict[str, _Outputs | Refused] = {}
        self._writers: dict[tuple[str, str, str, Span], _Writers] = {}
        self._notes = Notes()

    def upstream(self, endpoint: Resource) -> None:
        """Read everything that is upstream of an endpoint, as far as it can be read."""
        self._described(endpoint)
        while self._todo:
            self._todo.popleft()()

    def _first(self, *key: str) -> bool:
        fresh = key not in self._seen
        self._seen.add(key)
        return fresh

    # --- records --------------------------------------------------------------------------------

    def _described(self, record: Resource) -> None:
        """A record that Describe gave."""
        self._judge(record)
        self._visit(record)

    def _judge(self, record: Resource) -> None:
        """The questions asked when a record was read, answered in full or not."""
        for note in self._notes.of(record):
            self._keep(note)
        asked = Answered(record.account, record.region, KINDS[record.kind].describe, record.id)
        self._keep(completeness(record) or asked)

    def _visit(self, record: Resource) -> None:
        """Store a record with what belongs to it, and plan to read what it names."""
        if not self._first(record.id):
            return
        kind = KINDS[record.kind]
        for finder in kind.finders:
            record = self._find(record, finder)
        self._keep(record)
        for hit in hits(kind, record.body):
            self._follow(record, kind, hit)

    def _find(self, record: Resource, finder: Finder) -> Resource:
        """Plan to read what a List call, filtered by this record, names; returns the record, with its parents if it has any."""
        kind, names = KINDS[finder.kind], set()
        # ARNs may be lower case on one side and mixed on the other: both forms are asked for.
        by_arn = finder.value == "{Arn}"
        values = [*dict.fromkeys((record.id, record.arn))] if by_arn else [str(record.body.get(finder.value) or record.name)]
        try:
            for value in values:
                for summary in self._fetcher.listed(finder.operation, {finder.parameter: value}, record.region):
                    names.add(named_in(summary, f"{kind.noun}Name", finder.operation))
        except Refused as refused:
            self._keep(Gap(record.account, record.region, finder.operation, record.id, refused.reason, refused.detail))
            return record
        else:
            self._keep(Answered(record.account, record.region, finder.operation, record.id))
        for name in sorted(names):
            self._later(kind, name, record)
        if not finder.parents:
            return record
        parents = [{f"{kind.noun}Name": name} for name in sorted(names)]
        return replace(record, body={**record.body, finder.parents: parents})

    def _follow(self, record: Resource, kind: Kind, hit: Hit) -> None:
        relation = hit.reference.relation
        if relation == "reads" and not (kind.job and hit.usage in FED_BY):
            return
        if hit.reference.to == LOCATION:
            if relation in ("reads", "loads") and hit.location and hit.location.root.startswith("s3://"):
                # what is loaded is read where it runs: later than its record, and again while it serves
                before = bounds(Times(record).window(hit))[1] if relation == "reads" else ""
                place = _ReadPlace(record, hit.location, hit.span or Span.OBJECT, hit.usage, before)
                if self._first("place", record.region, place.location.uri, place.span, before):
                    self._todo.append(lambda: self._read_writers(place))
            return
        target = kind_of_arn(hit.value) if is_arn(hit.value) else KINDS.get(hit.reference.to)
        if target and (relation in UPSTREAM or (relation == "member-of" and target.name in GROUPS)):
            self._later(target, hit.value, record)

    def _later(self, kind: Kind, name: str, record: Resource, known: Resource | None = None) -> None:
        """Plan to read what a record names; `known` is what another call has already given about it."""
        subject = subject_of(kind, name, record.account, record.region)
        if kind.has_arns and self._first("named", subject):
            self._todo.append(lambda: self._read(kind, name, subject, record, known))

    def _read(self, kind: Kind, name: str, subject: str, record: Resource, known: Resource | None) -> None:
        region = parse_arn(name).region if is_arn(name) else record.region
        account = parse_arn(name).account if is_arn(name) else record.account
        foreign = account != self._fetcher.session.account and not is_arn(name)
        if not kind.describe or foreign:
            said = f"{record.kind} {record.name} names it, but this version cannot read a {kind.name}"
            if foreign:
                said = f"{record.kind} {record.name} of account {account} names it: crawl that account as well"
            self._keep(Gap(account, region, "", subject, "not-crawled", said))
            return
        try:
            found = self._fetcher.describe(kind, name, region)
        except Refused as refused:
            at = known.id if known else subject
            self._keep(Gap(account, region, kind.describe, at, refused.reason, refused.detail))
            if known:  # Search gives what Describe is denied; what Search leaves out stays a gap
                self._visit(known)
            return
        self._keep(Answered(account, region, kind.describe, subject))
        self._described(found)

    # --- places ---------------------------------------------------------------------------------

    def _read_writers(self, place: _ReadPlace) -> None:
        """Plan to read the jobs that wrote a place; a model that no job wrote is a gap."""
        key = (self._fetcher.session.account, place.reader.region, place.location.uri, place.span)
        if key not in self._writers:
            self._writers[key] = self._find_writers(place)
        found = self._writers[key]
        writers = [job for job in found.jobs if job.id != place.reader.id and not place.after(job.created or "")]
        for job in writers:
            self._later(KINDS[job.kind], job.name, job, known=job if job.body else None)
        own_only = found.jobs and all(job.id == place.reader.id for job in found.jobs)
        if not (writers or own_only or found.refused or place.usage == "data" or vendor_of(key[2])):
            self._keep(Gap(*key[:2], "Search", key[2], "unmatched", _nobody(place, found.jobs, key[0])))

    def _find_writers(self, place: _ReadPlace) -> _Writers:
        """Every job that wrote something that a reader of the place gets, at any time."""
        found = _Writers()
        for operation, search in (
            ("Search", self._training_jobs),
            ("DescribeTrainingJob", lambda place: [] if found.jobs else self._job_named_in(place)),
            ("ListProcessingJobs", self._processing_jobs),
        ):
            asked = (self._fetcher.session.account, place.reader.region, operation, place.location.uri)
            try:
                found.jobs += search(place)
            except Refused as refused:
                found.refused = True
                self._keep(Gap(*asked, refused.reason, refused.detail))
            else:
                self._keep(Answered(*asked))
        return found

    def _training_jobs(self, place: _ReadPlace) -> list[Resource]:
        jobs: dict[str, Resource] = {}
        region = place.reader.region
        order = {"SortBy": "CreationTime", "SortOrder": "Ascending"}  # its order does not change while jobs end
        for expression in search_expressions(place.location, place.span, region):
            query = {"Resource": TRAINING_JOB.search, "SearchExpression": expression} | order
            for result in self._fetcher.listed("Search", query, region):
                job = resource_of(TRAINING_JOB, searched(TRAINING_JOB, result)[1], region)
                jobs[job.name] = job
        return [jobs[name] for name in sorted(jobs)]

    def _job_named_in(self, place: _ReadPlace) -> list[Resource]:
        """The training job whose name is in the key, if its own record says that it writes there: Search can lag."""
        for name in jobs_in_key(place.location.key):
            try:
                job = self._fetcher.describe(TRAINING_JOB, name, place.reader.region)
            except Refused as refused:
                if refused.reason != "missing":
                    raise
                continue
            written = (hit for hit in hits(TRAINING_JOB, job.body) if hit.reference.relation == "writes")
            uris = [hit.location.uri for hit in written if hit.location]
            if any(gets(place.location.uri, place.span, uri) for uri in uris):
                return [job]
        return []

    def _processing_jobs(self, place: _ReadPlace) -> list[Resource]:
        region = place.reader.region
        if region not in self._outputs:
            try:
                self._outputs[region] = self._list_outputs(place.reader)
            except Refused as refused:
                self._outputs[region] = refused
        outputs = self._outputs[region]
        if isinstance(outputs, Refused):
            raise outputs
        return outputs.writers(place.location, place.span)

    def _list_outputs(self, reader: Resource) -> _Outputs:
        """What every processing job of the region writes: only its own record says it."""
        outputs = _Outputs()
        for summary in self._fetcher.listed("ListProcessingJobs", {}, reader.region):
            if job := self._processing_job(summary, reader):
                self._judge(job)
                outputs.add(job)
        return outputs

    def _processing_job(self, summary: dict[str, Any], reader: Resource) -> Resource | None:
        """The job that an element of the list names; an element without a name or that can't be read is a gap."""
        operation, subject = PROCESSING_JOB.list, PROCESSING_JOB.name
        try:
            name = named_in(summary, "ProcessingJobName", operation)
            arn = named_in(summary, "ProcessingJobArn", operation)
            operation, subject = PROCESSING_JOB.describe, subject_of(PROCESSING_JOB, arn, reader.account, reader.region)
            return self._fetcher.describe(PROCESSING_JOB, name, reader.region)
        except Refused as refused:
            self._keep(Gap(reader.account, reader.region, operation, subject, refused.reason, refused.detail))
            return None


class _Outputs:
    """The places where the processing jobs of one region write, with the jobs."""

    def __init__(self) -> None:
        self._writers: dict[str, list[Resource]] = defaultdict(list)
        self._index: PlaceIndex | None = None

    def add(self, job: Resource) -> None:
        for hit in hits(PROCESSING_JOB, job.body):
            if hit.reference.relation == "writes" and hit.location:
                self._writers[hit.location.uri].append(replace(job, body={}))

    def writers(self, location: Location, span: Span) -> list[Resource]:
        """The jobs, without their bodies, that wrote something that a reader of the place gets."""
        self._index = self._index or PlaceIndex(self._writers)
        written = [uri for uri in self._index.near(location.uri) if gets(location.uri, span, uri)]
        jobs = {job.name: job for uri in written for job in self._writers[uri]}
        return [jobs[name] for name in sorted(jobs)]


def jobs_in_key(key: str) -> list[str]:
    """The possible names of a training job in a key, by SageMaker's own rule: `…/<job>/output/…`, last first."""
    parts = key.split("/")
    names = [before for before, after in pairwise(parts) if after == "output"]
    return [name for name in reversed(names) if re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", name)]


def _nobody(place: _ReadPlace, late: list[Resource], account: str) -> str:
    """The reason why no job is the maker of a place."""
    if late:
        names = ", ".join(sorted(job.name for job in late))
        return f"only {names} wrote it, and only after {place.reader.name} had read it"
    named = next(iter(jobs_in_key(place.location.key)), None)
    deleted = f"; its key names {named}, which may have been deleted" if named else ""
    return f"no training or processing job of account {account} in {place.reader.region} wrote it{deleted}"


def search_expressions(location: Location, span: Span, region: str) -> Iterator[dict[str, object]]:
    """The Search expressions that together find every training job that wrote what a reader of the place gets.

    Search compares strings: the place in each spelling, each folder above it (an uncompressed artifact is a
    folder), and, if the place is more than one object, everything whose name begins with it.
    """
    uris = [*s3_spellings(location, region)]
    uris += [form for folder in folders_above(location) for form in (folder.uri, f"{folder.uri}/")]
    filters = [
        {"Name": field, "Operator": "Equals", "Value": uri}
        for field in _written_fields()
        for uri in dict.fromkeys(uris)
        if len(uri) <= MAX_FILTER_VALUE
    ]
    for start in range(0, len(filters), MAX_FILTERS):
        yield {"Filters": filters[start : start + MAX_FILTERS], "Operator": "Or"}
    if span in (Span.PREFIX, Span.FOLDER):
        for field in _written_fields():
            yield {"Filters": [{"Name": field, "Operator": "Contains", "Value": location.uri}]}


def _written_fields() -> list[str]:
    """The fields in which a training job names the models that it writes."""
    return [
        reference.path
        for reference in TRAINING_JOB.references
        if reference.relation == "writes" and reference.to == LOCATION and reference.usage in ("model", "checkpoint")
    ]
