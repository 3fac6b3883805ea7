"""The report: one JSON object, from which HTML and Markdown are made. The same snapshot gives the same bytes."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from lineage.checks.policy import TAG, Policy
from lineage.domain.attestations import NO_ATTESTATIONS, Attestations
from lineage.domain.canonical import bytes_digest, digest_of
from lineage.domain.given import texts
from lineage.domain.kinds import ENDPOINT
from lineage.domain.records import Crawl, Json
from lineage.domain.version import __version__
from lineage.errors import SnapshotError, UnknownNode
from lineage.graphs.excerpts import Excerpt
from lineage.graphs.neighbourhoods import made_excerpt, making_excerpt, near_excerpt
from lineage.graphs.nodes import attributed
from lineage.outputs.report import REPORTS
from lineage.outputs.report.answers import answer
from lineage.outputs.report.changes import State, difference, since_crawl, state_in, state_of
from lineage.outputs.report.checked import findings
from lineage.outputs.report.controls import FRAMEWORKS, controls
from lineage.outputs.report.downstream import Downstream
from lineage.outputs.report.evidence import evidence, records
from lineage.outputs.report.inputs import data
from lineage.outputs.report.limits import limits
from lineage.outputs.report.parts import artifacts, evaluation, models, packages, system, training
from lineage.outputs.report.reading import Kept
from lineage.outputs.report.vouching import file_told
from lineage.outputs.report.ways import ways
from lineage.queries.anchors import Anchor
from lineage.queries.attested import Vouched, vouched_in
from lineage.queries.datasets import Datasets, DatasetsUnderWay
from lineage.queries.every_hole import vouched_for
from lineage.queries.flow.links import Flow
from lineage.queries.showing import ListedAnswer
from lineage.queries.trace import Trace, Tracing, find_endpoint, trace
from lineage.queries.verify import snapshot_info
from lineage.signing.signed import NOBODY, Signer
from lineage.snapshot.mistaken import is_database
from lineage.snapshot.reading import Snapshot, asks_snapshot, open_snapshot

SCHEMA = "lineage.report/1"
CANONICAL = "lineage-json-1"  # sorted keys, no spaces, not escaped to ASCII; the only numbers are integers
_NODE = ("id", "kind", "name", "label", "account", "region", "created", "status", "observed")
_AT_ONCE = 500  # endpoints that are read together


@dataclass(frozen=True, slots=True, repr=False, eq=False)  # `Answer` has both
class Report(ListedAnswer):
    """A report. `as_json` gives the contract `lineage.report/1`, which `report.schema.json` describes."""

    document: Json
    endpoints: list[Json]
    coverage: Json
    findings: Json
    changes: Json
    controls: list[Json]
    reproduce: Json

    def _page(self) -> str:
        return REPORTS["html"](self.as_json())

    def _about(self) -> str:
        """The title."""
        return str(self.document["title"])

    def as_json(self) -> Json:
        """The report as one JSON object; keys are a contract, and more may join them."""
        return {"schema": SCHEMA, "question": "report"} | {name: getattr(self, name) for name in self.__slots__}


@asks_snapshot
def report(
    snapshot: Snapshot,
    endpoints: Iterable[str] = (),
    *,
    holdouts: Iterable[str] = (),
    holdout_files: Iterable[tuple[str, str]] = (),
    policy: Policy | None = None,
    frameworks: Iterable[str] = FRAMEWORKS,
    previous: str | Path | None = None,
    title: str = "",
    classification: str = "",
    command: str = "",
    generated_at: str = "",
    attestations: Vouched = None,
    signature: str | Path = "",
    signer: Signer = NOBODY,
    anchors: Iterable[Anchor] = (),
) -> Report:
    """A report on the given endpoints (names or ARNs), or on all of a snapshot.

    `holdouts` are S3 URIs that must not have been used, in addition to those of the `policy` of the checks. `holdout_files` are
    the names of the files that they come from, each with its SHA-256 as `sha256:…`; the report lists them. `previous` is an
    earlier snapshot, or an earlier report as JSON, to compare with. Without it the crawls of the snapshot are compared.
    `generated_at` is by default the time of the last crawl, so that the same snapshot gives the same report. `attestations`,
    or their file, close gaps, unless the policy forbids it. Until one expires, the report stays the same. The file is verified
    first, which reads every row. `signature` is an envelope, checked against `signer`, and `anchors` are seals that were
    recorded earlier. Raises `UnknownNode` for an endpoint that does not exist, `MalformedName` for an unknown framework,
    `MalformedPolicy` and `SnapshotError`.
    """
    asked, holdouts = [*texts(endpoints, "endpoints")], [*texts(holdouts, "holdouts")]
    told = file_told(snapshot, signature, signer, anchors)
    document = _document(told, snapshot, asked, title, classification, generated_at)
    writing = _ReportUnderWay(snapshot, _found(snapshot, asked), holdouts, policy, vouched_in(attestations, snapshot))
    document["rests_on"] = [*writing.files(), *_files("holdouts", holdout_files)]
    body = writing.body(document, Path(previous) if previous else None)
    body["controls"] = controls(body, texts(frameworks, "frameworks"))
    file, digest = document["snapshot"]["file"], document["snapshot"]["digest"]
    body["reproduce"] = {
        "command": command,
        "snapshot": {"file": file, "digest": digest},
        "verify": f"lineage snapshot verify --snapshot {file} --digest {digest}",
    }
    snapshot.insist_untouched()
    own = _digest_of_own(body)
    sealed = {"report_id": f"LR-{own.removeprefix('sha256:')[:16].upper()}", "report_digest": own}
    return Report(**body | {"document": body["document"] | sealed})


def report_digest(report: Json) -> str:
    """The digest of a report's body: all of it except its own id and digest."""
    document = {name: value for name, value in report["document"].items() if name not in ("report_id", "report_digest")}
    body = {name: value for name, value in report.items() if name not in ("schema", "question")} | {"document": document}
    return digest_of(body)


def _digest_of_own(body: Json) -> str:
    """The `report_digest` of a report that was just made, in a tenth of the time: it holds no numbers but integers.

    A report from a file may hold any number, and orjson writes some of them in its own way.
    """
    try:
        return bytes_digest(_canonical(body))
    except TypeError:  # orjson refuses a lone surrogate, and a number of more than 64 bits
        return report_digest(body)


def _canonical(body: Json) -> Iterator[bytes]:
    """The body as `CANONICAL` has it, in pieces: one for each endpoint."""
    before = b"{"
    for name in sorted(body):
        *most, last = body[name] if name == "endpoints" else [body[name]]
        yield before + orjson.dumps(name) + (b":[" if name == "endpoints" else b":")
        yield from (orjson.dumps(one, option=orjson.OPT_SORT_KEYS) + b"," for one in most)
        yield orjson.dumps(last, option=orjson.OPT_SORT_KEYS) + (b"]" if name == "endpoints" else b"")
        before = b","
    yield b"}"


def _document(told: Json, snapshot: Snapshot, asked: list[str], title: str, classification: str, generated_at: str) -> Json:
    return {
        "title": title or "Model lineage report",
        "classification": classification,
        "schema": SCHEMA,
        "canonicalization": CANONICAL,
        "tool": {"name": "lineage", "version": __version__},
        "generated_at": generated_at or _last(snapshot.crawls()),
        "subject": asked,
        "snapshot": told,
    }


def _last(crawls: Sequence[Crawl]) -> str:
    if not crawls:
        raise SnapshotError("the snapshot holds no crawl: `lineage crawl` writes one")
    return max(crawl.finished or crawl.started for crawl in crawls)


def _found(snapshot: Snapshot, asked: list[str]) -> list[str]:
    """The node ids of the endpoints that were asked about, or of all endpoints."""
    if asked:
        return list(dict.fromkeys(find_endpoint(snapshot, one) for one in asked))
    named = sorted((name, identity) for identity, name in snapshot.names_of(ENDPOINT.name) if "@" not in identity)
    there = dict(attributed(snapshot.node_rows(identity for _, identity in named)))
    ids = [identity for _, identity in named if not there[identity].get("deleted")]
    if not ids:
        raise UnknownNode("the snapshot has no endpoint to report on: crawl an account and region that have one")
    return ids


def _files(role: str, digests: Iterable[tuple[str, str]]) -> list[Json]:
    """What people wrote and the report rests on, file by file, without folders. Raises `TypeError` for what is no pair."""
    digests = list(digests)
    if not all(isinstance(one, tuple) and len(one) == 2 for one in digests):
        raise TypeError(f"files of {role} are pairs: the name of a file, and its SHA-256 as sha256:…")
    return [{"role": role, "file": Path(file).name, "digest": digest} for file, digest in dict.fromkeys(digests) if digest]


class _ReportUnderWay:
    """Builds one report."""

    def __init__(
        self, snapshot: Snapshot, ids: list[str], holdouts: list[str], policy: Policy | None, given: Attestations
    ) -> None:
        self._snapshot = snapshot
        self._ids = ids
        self._policy = policy
        self._given = given
        self._vouched = given if policy is None or policy.takes_attestations else NO_ATTESTATIONS
        own = [one for one in policy.holdouts if not one.startswith(TAG)] if policy else []
        self._holdouts = list(dict.fromkeys([*holdouts, *own]))
        self._kept = Kept(snapshot)
        self._crawls = {crawl.id: crawl for crawl in snapshot.crawls()}
        self._downstream = Downstream(snapshot)
        self._unanswered: list[Tracing] = []
        self._traces: list[Trace] = []

    def files(self) -> list[Json]:
        """The attestations file and the policy file, unless the first does not count or they came from no file."""
        vouched, policy = self._vouched, self._policy or Policy()
        return [*_files("attestations", [(vouched.file, vouched.digest)]), *_files("policy", [(policy.file, policy.digest)])]

    def body(self, document: Json, previous: Path | None) -> Json:
        """What the report says, before its controls are mapped."""
        endpoints = [told for at in range(0, len(self._ids), _AT_ONCE) for told in self._some(self._ids[at : at + _AT_ONCE])]
        changes, cited = self._changes(previous)
        return {
            "document": document | {"previous": cited},
            "endpoints": endpoints,
            "coverage": limits(self._snapshot, self._traces, endpoints, self._vouched) | self._vouching(),
            "findings": findings(
                self._snapshot, self._policy, self._holdouts, self._unanswered, document["generated_at"], self._given
            ),
            "changes": changes,
        }

    def _vouching(self) -> Json:
        """What people vouch for, in the whole snapshot."""
        told = vouched_for(self._snapshot, self._vouched) if self._vouched.said else {}
        return {name: told[name] for name in ("attestations", "warnings") if name in told}

    def _some(self, ids: list[str]) -> list[Json]:
        """What is said of some endpoints, of one graph that holds what is upstream of all of them."""
        around = made_excerpt(self._snapshot, ids)
        graph = Flow(around)
        tracings = [Tracing.over(graph, one) for one in ids]
        self._unanswered += [tracing.unanswered() for tracing in tracings]
        traces = [tracing.answer(self._vouched) for tracing in tracings]
        self._traces += traces
        self._downstream.read(traces)
        return [self._endpoint(one, self._inputs(tracing, around)) for one, tracing in zip(traces, tracings, strict=True)]

    def _inputs(self, tracing: Tracing, around: Excerpt) -> Datasets:
        making = lambda: Flow(making_excerpt(around, tracing.endpoint))  # noqa: E731
        return DatasetsUnderWay(tracing, self._snapshot, around, making, self._vouched).answer(self._holdouts, drawn=False)

    def _endpoint(self, one: Trace, inputs: Datasets) -> Json:
        kept = self._kept
        loads = {"models": models(one, kept), "packages": packages(one, kept)}
        return {
            "subject": one.subject,
            "answer": answer(one, artifacts([loads])) | {"ways": ways(one)},
            "system": system(one, kept),
            **loads,
            "training": training(one, kept),
            "training_jobs": len(one.training_jobs),
            "runs": [row["name"] for row in one.runs],
            "data": data(inputs, one, kept),
            "evaluation": evaluation(one, kept, inputs.holdouts),
            "downstream": self._downstream.of(one),
            "nodes": [self._node(one.nodes[node]) for node in sorted(one.nodes)],
            "evidence": evidence(one, kept, self._crawls),
            "records": records(one, kept, self._crawls),
        }

    def _node(self, node: Json) -> Json:
        key = ("node", node["id"])
        if key not in self._kept.rows:
            self._kept.rows[key] = {name: node[name] for name in _NODE}
        return self._kept.rows[key]

    # --- what changed ---------------------------------------------------------------------------

    def _changes(self, previous: Path | None) -> tuple[Json, Json | None]:
        """The changes behind each endpoint, and the earlier report or snapshot that is cited."""
        if previous is None:
            return self._since_last_crawl(), None
        if not previous.exists():
            raise SnapshotError(f"no earlier snapshot or report at {previous}")
        return self._since_snapshot(previous) if is_database(previous) else self._since_report(previous)

    def _since_last_crawl(self) -> Json:
        if len(self._crawls) < 2:
            return {"compared": None, "endpoints": []}
        last = max(self._crawls)
        before = max(number for number in self._crawls if number < last)
        rows = [since_crawl(one.subject["name"], one, self._kept, last) for one in self._traces]
        return {"compared": {"with": "crawl", "name": f"crawl {before}", "at": self._crawls[before].started}, "endpoints": rows}

    def _since_snapshot(self, path: Path) -> tuple[Json, Json]:
        info = snapshot_info(path)
        with open_snapshot(path) as earlier:
            known = dict(earlier.names_of(ENDPOINT.name))
            kept = Kept(earlier)
            rows = [
                self._difference(one, _earlier(earlier, one, kept) if one.subject["id"] in known else None)
                for one in self._traces
            ]
            when = _last(earlier.crawls())
        compared = {"with": "snapshot", "name": info.file, "at": when}
        cited = {"kind": "snapshot", "name": info.file, "id": None, "digest": info.digest, "generated_at": when}
        return {"compared": compared, "endpoints": rows}, cited

    def _since_report(self, path: Path) -> tuple[Json, Json]:
        told = _report_in(path)
        known = {one["subject"]["id"]: one for one in told["endpoints"]}
        states = [(one, known.get(one.subject["id"])) for one in self._traces]
        rows = [self._difference(one, state_in(then) if then else None) for one, then in states]
        document = told["document"]
        compared = {"with": "report", "name": document["report_id"], "at": document["generated_at"]}
        cited = {"kind": "report", "name": path.name, "id": document["report_id"], "digest": document["report_digest"]}
        return {"compared": compared, "endpoints": rows}, cited | {"generated_at": document["generated_at"]}

    def _difference(self, one: Trace, before: State | None) -> Json:
        return difference(one.subject["name"], before, state_of(one, self._kept))


def _earlier(snapshot: Snapshot, one: Trace, kept: Kept) -> State:
    identity = str(one.subject["id"])
    return state_of(trace(near_excerpt(snapshot, [identity], "up"), identity), kept)


def _report_in(path: Path) -> Json:
    wrong = f"{path.name} is neither a snapshot nor a report of `lineage report -f json`"
    try:
        told: Json = json.loads(path.read_text(encoding="utf-8"))
        sealed = told["document"]["report_digest"] if told["schema"] == SCHEMA else None
    except OSError as error:
        raise SnapshotError(f"{path} can't be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise SnapshotError(wrong) from None
    if sealed is None:
        raise SnapshotError(wrong)
    if report_digest(told) != sealed:
        raise SnapshotError(f"{path.name} has changed since it was written: its digest differs")
    return told
