"""A CycloneDX ML-BOM of an endpoint: models, artifacts, data, code and images, and the jobs between them.

What is not known is left out. Each break, gap and caveat of `trace` is an annotation, and the composition is then
`incomplete`, otherwise `unknown`. It is never called complete, because nobody sees what a container fetches. Hashes are left
out, because an ETag is not a hash.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from lineage.domain.jobs import is_job
from lineage.domain.kinds import IMAGE, MODEL, REGISTERED, RELATIONS, RUNS
from lineage.domain.names import is_place
from lineage.domain.records import Json
from lineage.domain.text import sentence
from lineage.domain.training import trains
from lineage.errors import MalformedName
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.subject import endpoint_of, makers, traced
from lineage.outputs.formats.text import document, dumped

SPEC_VERSIONS = ("1.6", "1.7")
_TYPES = {
    "model": "machine-learning-model",
    "model-package": "machine-learning-model",
    "hub-content": "machine-learning-model",
    "image": "container",
    "artifact": "file",
    "inference-component": "application",
}
_DATA = {"code": "source-code", "endpoint-config": "configuration"}
_IRI = ":/!$&'()*+,;=@-._~"
_FORMULATION = "formulation"


def write_cyclonedx(chosen: Chosen, spec_version: str = "1.6") -> Iterator[str]:
    """The bill of materials of the endpoint that is named. Raises `MalformedName` and `UnknownNode`."""
    if spec_version not in SPEC_VERSIONS:
        raise MalformedName(f"CycloneDX {spec_version} is not supported (expected {' or '.join(SPEC_VERSIONS)})")
    bom = _Bom(chosen, endpoint_of(chosen, "cyclonedx")).document(spec_version)
    check_references(bom)
    yield document(bom)


class _Bom:
    """Builds a bill from the graph upstream of an endpoint and the evidence of its trace."""

    def __init__(self, chosen: Chosen, endpoint: str) -> None:
        self.chosen = chosen
        self.endpoint = endpoint
        self.graph, self.answer = traced(chosen, endpoint)
        self.edges = [edge for edge in self.answer.evidence if RELATIONS[edge["relation"]].flows]
        ends = {edge[end] for edge in self.edges for end in ("source", "target")} | {endpoint}
        ends |= {row["at"]["id"] for row in self.answer.breaks}
        kinds = {node: self.graph.nodes[node] for node in ends}
        runs = {node for node, data in kinds.items() if is_job(data) or data["kind"] in RUNS}
        self.jobs = sorted(runs)
        self.parts = sorted(ends - runs - {endpoint})
        self.into, self.out_of = defaultdict(set), defaultdict(set)
        for edge in self.edges:
            self.into[edge["target"]].add(edge["source"])
            self.out_of[edge["source"]].add(edge["target"])

    def document(self, spec_version: str) -> Json:
        """The whole bill."""
        when = self.chosen.crawled()
        told = list(self._untold())
        serial = uuid.uuid5(uuid.NAMESPACE_URL, f"{self.endpoint} {when} {spec_version}")
        return {
            "$schema": f"http://cyclonedx.org/schema/bom-{spec_version}.schema.json",
            "bomFormat": "CycloneDX",
            "specVersion": spec_version,
            "serialNumber": f"urn:uuid:{serial}",
            "version": 1,
            "metadata": self._metadata(when),
            "components": [self._component(node) for node in self.parts],
            "dependencies": self._dependencies(),
            "compositions": [
                {"aggregate": "incomplete" if told else "unknown", "assemblies": [self.endpoint], "dependencies": self._refs()}
            ],
            "annotations": [
                {"subjects": [ref], "annotator": {"component": self._tool()}, "timestamp": when, "text": text}
                for ref, text in told
            ],
            "formulation": [{"bom-ref": _FORMULATION, "workflows": [self._workflow(job) for job in self.jobs]}],
        }

    def _refs(self) -> list[str]:
        return [self.endpoint, *self.parts]

    def _metadata(self, when: str) -> Json:
        crawls = self.answer.scope["crawls"]
        words = {
            "verdict": self.answer.verdict,
            "breaks": len(self.answer.breaks),
            "holes": len(self.answer.scope["holes"]),
            "verdict-without-attestations": self.answer.rests.without,
            "attestations": ", ".join(row["id"] for row in self.answer.rests.attestations),
            "crawled-by": ", ".join(sorted({crawl["caller"] for crawl in crawls})),
        }
        return {
            "timestamp": when,
            "lifecycles": [{"phase": "operations"}],
            "tools": {"components": [self._tool()]},
            "component": self._common("platform", self.endpoint),
            "properties": _properties(words),
        }

    def _tool(self) -> Json:
        return {"type": "application"} | self.chosen.tool

    # --- what it consists of --------------------------------------------------------------------

    def _component(self, node: str) -> Json:
        kind = self.graph.nodes[node]["kind"]
        component = self._common(_TYPES.get(kind, "data"), node)
        if component["type"] == "data":
            url = {"contents": {"url": quote(node, safe=_IRI)}} if is_place(node) else {}
            component["data"] = [{"type": _DATA.get(kind, "dataset"), "name": component["name"]} | url]
        if kind == IMAGE:
            component |= _image(node)
        if kind in (MODEL.name, *REGISTERED):
            component["modelCard"] = self._card(node)
        return component

    def _common(self, kind: str, node: str) -> Json:
        data = self.graph.nodes[node]
        names = ("kind", "account", "region", "arn", "status", "created", "modified", "approval")
        words = {name: data.get(name) for name in names} | {"uri": node if is_place(node) else None}
        words |= {"variants": dumped(data["variants"])} if data.get("variants") else {}
        words |= {"pinned": "by digest" if "@sha256:" in node else "no: by a tag"} if data["kind"] == IMAGE else {}
        words |= {} if data["observed"] else {"observed": "false: it is only named, nobody described it"}
        return {"type": kind, "bom-ref": node, "name": data["name"] or node, "properties": _properties(words)}

    def _card(self, model: str) -> Json:
        """What is recorded by the training jobs that made what a model loads."""
        jobs = makers(self.graph, self.edges, model)
        read = {edge["source"] for edge in self.edges if edge["target"] in jobs and edge["usage"] == "data"}
        card: Json = {"modelParameters": {"datasets": [{"ref": node} for node in sorted(read)]}} if read else {}
        metrics, words = [], {"training-jobs": ", ".join(sorted(jobs))}
        for job in sorted(jobs):
            name = self.graph.nodes[job]["name"]
            record = self.chosen.record(self.graph.nodes[job])
            of = {"slice": name} if len(jobs) > 1 else {}
            found = record.get("FinalMetricDataList") or ()
            metrics += [{"type": one["MetricName"], "value": str(one["Value"])} | of for one in found]
            at = f"hyperparameter:{name}:" if len(jobs) > 1 else "hyperparameter:"
            words |= {f"{at}{hyper}": value for hyper, value in sorted((record.get("HyperParameters") or {}).items())}
        card |= {"quantitativeAnalysis": {"performanceMetrics": metrics}} if metrics else {}
        return card | {"properties": _properties(words)}

    # --- what was made of what --------------------------------------------------------------------

    def _dependencies(self) -> list[Json]:
        needs: dict[str, set[str]] = {ref: set() for ref in self._refs()}
        for node, sources in self.into.items():
            for target in self.out_of[node] if node in self.jobs else {node}:
                # A component stands for itself, and a job for its inputs.
                parts = (self.into.get(one, set()).difference(self.jobs) if one in self.jobs else {one} for one in sources)
                needs[target] |= set[str]().union(*parts) - {target}
        return [{"ref": ref, "dependsOn": sorted(some)} for ref, some in needs.items()]

    def _workflow(self, job: str) -> Json:
        data = self.graph.nodes[job]
        times = {"timeStart": data.get("started"), "timeEnd": data.get("ended")}
        words = {name: data.get(name) for name in ("kind", "account", "region", "status", "created")}
        inputs = [{"resource": {"ref": node}} for node in sorted(self.into[job]) if node not in self.jobs]
        outputs = [
            {"type": "artifact", "resource": {"ref": node}} for node in sorted(self.out_of[job]) if node not in self.jobs
        ]
        return {
            "bom-ref": job,
            "uid": data["arn"] or job,
            "name": data["name"],
            "taskTypes": ["build" if trains(data) else "other"],
            **{name: time for name, time in times.items() if time},
            "inputs": inputs,
            "outputs": outputs,
            "properties": _properties(words),
        }

    # --- what it does not say -----------------------------------------------------------------------

    def _untold(self) -> Iterator[tuple[str, str]]:
        """What the trace could not find out, each with its subject."""
        for row in self.answer.breaks:
            yield row["at"]["id"], f"The trace ends here: {row['reason']}: {row['detail']}. To fix it: {row['repair']}."
        for hole in self.answer.scope["holes"]:
            subject = hole["subject"] if hole["subject"] in {*self.parts, *self.jobs} else self.endpoint
            asked = " ".join(filter(None, (hole["operation"], hole["subject"])))
            by = f". Attested, see {', '.join(hole['attested'])}" if hole.get("attested") else ""
            yield subject, f"Not looked into: {asked}: {hole['reason']}: {hole['detail']}{by}"
        for row in self.answer.rests.attestations:
            yield self.endpoint, f"Attestation {row['id']} of {row['who']}, {row['when']} until {row['until']}: {row['why']}"
        for caveat in self.answer.caveats:
            yield self.endpoint, sentence(caveat)


def _image(image: str) -> Json:
    """The version of an image, and its purl if a digest is known, because a tag may mean another image tomorrow."""
    repository, at, digest = image.partition("@")
    if at:
        name = repository.rpartition("/")[2]
        purl = f"pkg:oci/{quote(name.lower(), safe='')}@{quote(digest, safe='')}?repository_url={quote(repository, safe='/')}"
        return {"name": repository, "version": digest, "purl": purl}
    head, slash, last = image.rpartition("/")
    name, _, tag = last.partition(":")
    return {"name": f"{head}{slash}{name}"} | ({"version": tag} if tag else {})


def _properties(words: dict[str, Any]) -> list[Json]:
    return [{"name": f"lineage:{name}", "value": str(value)} for name, value in words.items() if value not in (None, "")]


def check_references(bom: Json) -> None:
    """Check that each reference leads to something and that no reference is used twice, which the schema does not check.

    Raises `RuntimeError`, because that would be our bug.
    """
    known = list(_named(bom, "bom-ref"))
    used = [*_named(bom, "ref"), *_listed(bom, "dependsOn"), *_listed(bom, "subjects"), *_listed(bom, "assemblies")]
    used += [ref for one in bom["compositions"] for ref in one["dependencies"]]
    lost = sorted(set(used) - set(known))
    twice = sorted({ref for ref in known if known.count(ref) > 1})
    if lost or twice:
        raise RuntimeError(f"the bill of materials refers to {lost or 'nothing'} in vain, and names {twice or 'nothing'} twice")


def _named(value: Any, name: str) -> Iterator[str]:
    """The texts under a name, anywhere in a document."""
    for key, one in _members(value):
        if key == name and isinstance(one, str):
            yield one
        yield from _named(one, name)


def _listed(value: Any, name: str) -> Iterator[str]:
    """The texts of the lists under a name, anywhere in a document."""
    for key, one in _members(value):
        if key == name and isinstance(one, list):
            yield from one
        yield from _listed(one, name)


def _members(value: Any) -> Iterable[tuple[Any, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()
