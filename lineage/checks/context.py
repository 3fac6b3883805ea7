"""What the rules look at: the holdouts and who used them, and what made what is served. Each is computed once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType

from lineage.checks.findings import CheckedResource, Finding
from lineage.checks.policy import TAG, Policy
from lineage.domain.attestations import Attestations
from lineage.domain.jobs import is_job
from lineage.domain.kinds import DATASET, ENDPOINT, KINDS, LEARNERS, MADE, WRITES_DATA
from lineage.domain.names import is_arn, location_of, parse_arn, parse_location
from lineage.domain.records import Json
from lineage.domain.training import is_training_job
from lineage.errors import UnknownNode
from lineage.graphs.named import Known, NamedPlaces
from lineage.graphs.neighbourhoods import near_excerpt
from lineage.queries.as_json import node_json
from lineage.queries.datasets import Datasets, datasets, pinned
from lineage.queries.flow.links import Flow, Link, links_into, told_once
from lineage.queries.scope import ALL, Within, crawled
from lineage.queries.selectors import find_in, nodes, nothing_within
from lineage.queries.trace import Tracing
from lineage.queries.used import Usage, usages
from lineage.snapshot.reading import Snapshot

Findings = Iterator[Finding | None]
"""What a rule gives: a finding for what is wrong or unknown, None for each thing that is as it should be."""


class Ground:
    """One check under way: of the whole snapshot, or of what made the given subjects."""

    def __init__(
        self,
        snapshot: Snapshot,
        policy: Policy,
        subjects: list[str],
        vouched: Attestations,
        within: Within = ALL,
        traced: Mapping[str, Tracing] = MappingProxyType({}),
    ) -> None:
        """`traced`: the traces of subjects that were traced already."""
        self._traced = traced
        self.within = within
        self.snapshot = snapshot
        self.policy = policy
        self.vouched = vouched
        self.asked = [subject if subject in traced else find_in(snapshot, subject) for subject in subjects]
        self.scope = snapshot.scope()
        if within != ALL and not any(within.takes(*place) for place in crawled(self.scope)):
            raise nothing_within(within, self.scope)  # a gate that checked nothing must not pass

    # --- holdouts -------------------------------------------------------------------------------

    @cached_property
    def holdouts(self) -> dict[str, list[str]]:
        """By holdout of the policy, the places that it names: itself, or what the records with a tag write."""
        return {one: list(self._tagged(one)) if one.startswith(TAG) else [one] for one in self.policy.holdouts}

    def _tagged(self, selector: str) -> Iterator[str]:
        try:
            ids = [node.id for node in nodes(self.snapshot, selector)]
        except UnknownNode:
            return
        places = {edge[1] for edge in self.snapshot.edge_rows(out_of=ids, relations=["writes"])}
        yield from sorted(place for place in places if place.startswith("s3://") and location_of(place))

    @cached_property
    def untagged(self) -> dict[str, int]:
        """How many records of each kind that writes data are in accounts and regions where no tags of that kind were read.

        Search gives the tags of those that it knows.
        """
        found: Counter[str] = Counter()
        for kind in (kind for kind in WRITES_DATA if not KINDS[kind].search):
            read: dict[tuple[str, str], list[bool]] = defaultdict(list)
            for record in self.snapshot.records(kind, members=("Tags",)):
                read[record.account, record.region].append("Tags" in record.body)
            found[kind] += sum(len(some) for some in read.values() if not any(some))
        return +found

    @cached_property
    def places(self) -> list[str]:
        """The places of all holdouts, each once."""
        return list(dict.fromkeys(place for places in self.holdouts.values() for place in places))

    @cached_property
    def known(self) -> dict[str, Known]:
        """By place of a holdout, whether any record names it."""
        named = NamedPlaces(self.snapshot)
        return {place: named.known(parse_location(place)) for place in self.places}

    @cached_property
    def usages(self) -> dict[str, Usage]:
        """By place of a holdout, who used it: in the accounts and regions, and wherever what is checked was made."""
        if not self.places:
            return {}
        made = self.path if self.within != ALL else ()
        answers = usages(self.snapshot, self.places, self.within, self.vouched, made)
        return dict(zip(self.places, answers, strict=True))

    @cached_property
    def makings(self) -> list[Datasets]:
        """What made each asked subject, with the result for each holdout."""
        asked = self.asked if self.places else ()
        return [datasets(self.snapshot, node, holdouts=self.places, attestations=self.vouched) for node in asked]

    # --- what is served -------------------------------------------------------------------------

    @cached_property
    def roots(self) -> list[str]:
        """What is checked: the asked subjects, or every endpoint."""
        found = sorted(node for node, _ in self.snapshot.names_of(ENDPOINT.name) if "@" not in node.rpartition("/")[2])
        there = (node for node in self.snapshot.nodes(found) if self.within.takes(node.account, node.region))
        return self.asked or [node.id for node in there if not node.details.get("deleted")]

    @cached_property
    def graph(self) -> Flow:
        """All that is upstream of what is checked."""
        graph = Flow(near_excerpt(self.snapshot, self.roots, "up"))
        for node in self.roots:
            if graph.nodes[node]["kind"] not in MADE and not is_job(graph.nodes[node]):
                raise UnknownNode(f"{node} is not a job, run, model, package or endpoint: only these can be checked")
        return graph

    @cached_property
    def tracings(self) -> list[Tracing]:
        """What made each of the roots."""
        return [self._traced.get(node) or Tracing.over(self.graph, node) for node in self.roots]

    @cached_property
    def path(self) -> set[str]:
        """All that the traces passed."""
        return {node for tracing in self.tracings for node in (*tracing.visited, *tracing.jobs, tracing.endpoint)}

    @cached_property
    def training_jobs(self) -> list[str]:
        """The jobs on the path that trained something, by id."""
        return sorted(node for node in self.path if is_training_job(self.graph.nodes[node]))

    @cached_property
    def reads(self) -> list[tuple[str, Link, str]]:
        """What these read as data: the job, the edge, and what pins it (`datasets.pinned`)."""
        read = ((job, link) for job in self.training_jobs for link in told_once(links_into(self.graph, job, "reads")))
        return [(job, link, pinned(self.graph, link, job)) for job, link in read if link.data["usage"] == "data"]

    def takes(self, node: str) -> bool:
        """Whether a node of the snapshot is checked. If no subject was named, each node of the accounts and regions is.

        What is checked may have been made elsewhere: a gate on the account that serves a model also checks who trained it.
        """
        return (not self.asked and self._is_within(node)) or node in self.path

    def _is_within(self, node: str) -> bool:
        arn = parse_arn(node) if is_arn(node) else None
        return arn is None or self.within.takes(arn.account, arn.region)

    def resources(self) -> Iterator[CheckedResource]:
        """What the rules look at: what is upstream of the checked nodes; for a whole snapshot also every job that may train."""
        passed = ((node, self.graph.nodes[node]) for node in self.path)
        yield from (CheckedResource(data["kind"], data["name"], node) for node, data in passed)
        for kind in () if self.asked else LEARNERS:
            named = dict(self.snapshot.names_of(kind))
            there = named if self.within == ALL else self._within(named)
            yield from (CheckedResource(kind, named[node], node) for node in there)

    def _within(self, ids: Iterable[str]) -> Iterator[str]:
        return (node.id for node in self.snapshot.nodes(ids) if self.within.takes(node.account, node.region))

    def node(self, node: str) -> Json:
        return node_json(self.graph, node)


def place_json(uri: str) -> Json:
    """A place as the subject of a finding."""
    return named_json(uri, DATASET.name, uri)


def named_json(identity: str, kind: str, name: str, account: str = "", region: str = "") -> Json:
    """Something that need not be in the graph, as the subject of a finding."""
    common: Json = {"id": identity, "kind": kind, "name": name, "account": account or None, "region": region or None}
    return common | {"arn": None, "created": None, "status": None, "observed": False}
