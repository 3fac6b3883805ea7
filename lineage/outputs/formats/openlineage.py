"""OpenLineage run events, one per line: for DataZone and SageMaker Unified Studio, DataHub, OpenMetadata, Marquez, Dataplex.

A job is a run, and so are a pipeline execution and the deployment of an endpoint. A run has a START event, and one of
COMPLETE, FAIL or ABORT when it has ended. Its runId is the UUIDv5 of the node's id, which is its ARN. Every event stays below
the 300,000 bytes of PostLineageEvent. Facets that make it too long are cut, and a tag says so.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from lineage.domain.jobs import is_job
from lineage.domain.kinds import ENDPOINT, SERVERS, TRAINING_JOB, carries_model
from lineage.domain.names import is_place
from lineage.domain.records import Json
from lineage.domain.status import Outcome, outcome
from lineage.domain.text import counted
from lineage.graphs.deployments import BEFORE, PENDING
from lineage.graphs.nodes import Attributes
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import dumped
from lineage.queries.flow.belonging import EXECUTION, is_reuse
from lineage.queries.flow.links import Link
from lineage.queries.flow.models import is_past

MAX_BYTES = 300_000
_ROOM = 1_000  # bytes reserved for the tag that says what was cut
_SPEC = "https://openlineage.io/spec"
_FACETS = {
    "parent": "1-2-0/ParentRunFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet",
    "executionParameters": "1-0-0/ExecutionParametersRunFacet",
    "processing_engine": "1-1-1/ProcessingEngineRunFacet",
    "tags": "1-0-0/TagsRunFacet",
    "datasetType": "1-0-1/DatasetTypeDatasetFacet",
}
_HALVED = ("inputs", "outputs")
_CUT = ("executionParameters", "tags", "errorMessage")
_ENDS = {
    Outcome.COMPLETED: "COMPLETE",
    Outcome.SERVING: "COMPLETE",
    Outcome.FAILED: "FAIL",
    # The spec wants one end event for each finished run, and has no partial success. Every tool shows COMPLETE as success.
    Outcome.PARTLY_FAILED: "FAIL",
    Outcome.STOPPED: "ABORT",
}
_TIMESTAMP = re.compile(r"-\d{4}-\d{2}-\d{2}(-\d{2}){3}(-\d{1,3})?$|-\d{13}$|-\d{10}$|-\d{8}-\d{6}$")
_PIPELINES = re.compile(r"pipelines-[a-z0-9]{12}-(.+)-[A-Za-z0-9]{10}")
_AT_ONCE = 500
_MAYBE = ("mentions", "may-read", "may-write", "may-take")  # an event can only say that a run read or wrote something


def write_openlineage(chosen: Chosen) -> Iterator[str]:
    """The events, by the id of the run, START first."""
    events = _Events(chosen)
    runs = ((node, data) for node, data in chosen.nodes() if is_job(data) or data["kind"] in (EXECUTION, ENDPOINT.name))
    while some := dict(islice(runs, _AT_ONCE)):
        yield from (dumped(event) + "\n" for event in events.of(some))
    events.tell()


def run_id(node: str) -> str:
    """The run id of a node, which is the same in every export."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, node))


class _Events:
    """Builds the events of what is chosen, and notes for people what is not in them."""

    def __init__(self, chosen: Chosen) -> None:
        self.chosen = chosen
        self.producer = "urn:{name}:{version}".format(**chosen.tool)
        self.named = self.cut = self.maybe = 0

    def of(self, runs: dict[str, Attributes]) -> Iterator[Json]:
        """The events of some runs."""
        into, out_of = self.chosen.into(runs), self.chosen.out_of(runs)
        for node, data in runs.items():
            if data["observed"] and data["created"]:
                self.maybe += len(
                    {other for link in (*into[node], *out_of[node]) for other in link[:2] if link.relation in _MAYBE} - {node}
                )
                serves = data["kind"] == ENDPOINT.name
                inputs, outputs = self._deployed(node) if serves else self._data(into[node], out_of[node])
                yield from self._events(node, data, (into[node], out_of[node]), inputs, outputs)
            else:
                self.named += 1

    def _events(
        self, node: str, data: Attributes, links: tuple[list[Link], list[Link]], inputs: list[Json], outputs: list[Json]
    ) -> Iterator[Json]:
        job = {"namespace": _namespace(data), "name": self._family(data, links[1])}
        end = _ENDS.get(outcome(data["status"]))
        facets = self._facets(data, links, job["namespace"])
        run = {"runId": run_id(node), "facets": facets}
        common = {"job": job, "inputs": inputs, "outputs": outputs}
        yield self._fitted(self._event("START", data.get("started") or data["created"], run, common))
        if end:
            if data.get("failure"):
                told = self._facet("errorMessage", message=str(data["failure"]), programmingLanguage="unknown")
                run = run | {"facets": facets | {"errorMessage": told}}
            ended = data.get("ended") or data["modified"] or data["created"]
            yield self._fitted(self._event(end, ended, run, common))

    def _event(self, kind: str, time: str, run: Json, common: Json) -> Json:
        head = {"eventType": kind, "eventTime": time, "producer": self.producer}
        return head | {"schemaURL": f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent", "run": run} | common

    def _facet(self, name: str, /, **words: Any) -> Json:
        path = _FACETS[name]
        schema = f"{_SPEC}/facets/{path}.json#/$defs/{path.partition('/')[2]}"
        return {"_producer": self.producer, "_schemaURL": schema} | words

    # --- what a run is ------------------------------------------------------------------------

    def _family(self, data: Attributes, beyond: list[Link]) -> str:
        """What the runs of one job share: the pipeline and the step, the tuning job, or the name without its time."""
        if data["kind"] == ENDPOINT.name:
            return f"deploy/{data['name']}"
        if data["kind"] == EXECUTION:
            return _pipeline(data["arn"])
        steps = [link for link in beyond if _is_step(link)]
        if steps:
            return f"{_pipeline(steps[0].target)}/{steps[0].data['role'] or _step_in(data['name'])}"
        tuning = [
            link.target for link in beyond if link.relation == "member-of" and ":hyper-parameter-tuning-job/" in link.target
        ]
        named = next((one["name"] for one in self.chosen.attributes(tuning[:1]).values()), data["name"])
        return _TIMESTAMP.sub("", named) or named

    def _facets(self, data: Attributes, links: tuple[list[Link], list[Link]], namespace: str) -> Json:
        tags = [{"key": "arn", "value": data["arn"], "source": "SAGEMAKER"}]
        for tag in data.get("tags", ()):
            key, _, value = tag.partition("=")
            tags.append({"key": key, "value": value, "source": "SAGEMAKER"})
        facets = {"tags": self._facet("tags", tags=tags)}
        hyper = self.chosen.record(data).get("HyperParameters") if data["kind"] == TRAINING_JOB.name else None
        if hyper:
            pairs = [{"key": name, "value": str(hyper[name])} for name in sorted(hyper)]
            facets["executionParameters"] = self._facet("executionParameters", parameters=pairs)
        image = next((link.source for link in links[0] if link.relation == "provides" and "/" in link.source), "")
        if image and not image.startswith("arn:"):
            name, version = _split_image(image)
            facets["processing_engine"] = self._facet("processing_engine", name=name, version=version)
        return facets | self._parent(links[1], namespace)

    def _parent(self, beyond: list[Link], namespace: str) -> Json:
        """The pipeline execution that ran it, not those that reused its results."""
        steps = [link for link in beyond if _is_step(link)]
        if not steps:
            return {}
        execution = steps[0].target
        job = {"namespace": namespace, "name": _pipeline(execution)}
        return {"parent": self._facet("parent", run={"runId": run_id(execution)}, job=job)}

    # --- what it read and wrote -----------------------------------------------------------------

    def _data(self, into: list[Link], out_of: list[Link]) -> tuple[list[Json], list[Json]]:
        reads = [(link.source, link.data["usage"]) for link in into if link.relation in ("reads", "loads")]
        reads += [(link.source, "model") for link in into if link.relation == "provides" and _is_served(link)]
        writes = [(link.target, link.data["usage"]) for link in out_of if link.relation == "writes"]
        return self._datasets(reads), self._datasets(writes)

    def _deployed(self, endpoint: str) -> tuple[list[Json], list[Json]]:
        """What an endpoint serves now, as far as it is known: artifacts, otherwise the model or the config that is named.

        It writes what it captures of its requests, and answers to asynchronous ones.
        """
        seen, todo, ends = {endpoint}, [endpoint], list[str]()
        while todo:
            into = self.chosen.into(todo)
            before = {node: [link.source for link in into[node] if _is_served(link) and not _is_over(link)] for node in todo}
            ends += [node for node in todo if not before[node] and node != endpoint]
            todo = sorted({source for sources in before.values() for source in sources} - seen)
            seen.update(todo)
        kept = [(link.target, "") for link in self._written(endpoint, seen)]
        return self._datasets((node, "model") for node in ends), self._datasets([(endpoint, ""), *kept])

    def _written(self, endpoint: str, behind: set[str]) -> Iterator[Link]:
        """What an endpoint writes, as its own record, its config or a component of it says."""
        known = self.chosen.attributes(behind)
        servers = [node for node, data in known.items() if data["kind"] in SERVERS]
        links = self.chosen.out_of({endpoint, *servers})
        return (link for node in sorted(links) for link in links[node] if link.relation == "writes")

    def _datasets(self, found: Iterable[tuple[str, str]]) -> list[Json]:
        usages = dict(sorted(found))
        known = self.chosen.attributes(node for node in usages if not is_place(node))
        return [self._dataset(node, usage, known.get(node)) for node, usage in usages.items()]

    def _dataset(self, node: str, usage: str, data: Attributes | None) -> Json:
        scheme, _, rest = node.partition("://")
        store, _, key = rest.partition("/")
        named = {"namespace": f"{scheme}://{store}", "name": key.rstrip("/") or "/"}
        if data:
            named = {"namespace": _namespace(data), "name": node}
        return named | (
            {"facets": {"datasetType": self._facet("datasetType", datasetType="MODEL")}} if usage == "model" else {}
        )

    # --- how long it may be -----------------------------------------------------------------------

    def _fitted(self, event: Json) -> Json:
        """The event. If it is too long, its longest parts are cut: a facet, or half of the inputs or outputs."""
        cut: dict[str, None] = {}
        while len(dumped(event).encode()) >= MAX_BYTES - _ROOM:
            facets = event["run"]["facets"]
            parts = {name: facets[name] for name in _CUT if name in facets} | {name: event[name] for name in _HALVED}
            most = max(parts, key=lambda name: len(dumped(parts[name])))
            cut[most] = None
            if most in facets:
                event = _with_facets(event, {name: facet for name, facet in facets.items() if name != most})
            else:
                event = event | {most: event[most][: len(event[most]) // 2]}
        if not cut:
            return event
        self.cut += 1
        facets = event["run"]["facets"]
        said = [*facets.get("tags", {}).get("tags", ()), {"key": "truncated", "value": ",".join(cut), "source": "LINEAGE"}]
        return _with_facets(event, facets | {"tags": self._facet("tags", tags=said)})

    def tell(self) -> None:
        """Note what is not in the events."""
        if self.named:
            self.chosen.notes.append(f"left out: {self.named} runs that are only named: nobody knows their times")
        if self.maybe:
            self.chosen.notes.append(
                f"left out: {counted(self.maybe, 'thing')} that jobs may have read or written, because only a text names it"
            )
        if self.cut:
            self.chosen.notes.append(
                f"{self.cut} events were cut to {MAX_BYTES:,} bytes; their tag `truncated` says what is missing"
            )


def _with_facets(event: Json, facets: Json) -> Json:
    return event | {"run": event["run"] | {"facets": facets}}


def _is_step(link: Link) -> bool:
    return link.relation == "member-of" and ":pipeline/" in link.target and "/execution/" in link.target and not is_reuse(link)


def _pipeline(execution: str) -> str:
    return execution.partition(":pipeline/")[2].partition("/execution/")[0]


def _step_in(name: str) -> str:
    """The step by the name that Pipelines gives a job: `pipelines-<execution>-<step>-<chance>`."""
    found = _PIPELINES.fullmatch(name)
    return found[1] if found else _TIMESTAMP.sub("", name) or name


def _is_served(link: Link) -> bool:
    return carries_model(link.relation, link.data["usage"])


def _is_over(link: Link) -> bool:
    """Whether an edge is about what ran before, or what a package named before it was changed, or what is still to come."""
    return is_past(link) or link.data["usage"] == BEFORE or (link.relation == "configures" and link.data["role"] == PENDING)


def _namespace(data: Attributes) -> str:
    return f"sagemaker://{data['account']}.{data['region']}"


def _split_image(image: str) -> tuple[str, str]:
    """The repository, and the tag or the digest; without a tag, `latest`."""
    repository, at, digest = image.partition("@")
    head, slash, last = repository.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{head}{slash}{name}", digest if at else tag or "latest"
