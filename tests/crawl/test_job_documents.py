"""`Job`s: every category is listed, whatever this botocore knows, and the document says what was read and made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.crawl.aws.session import Session
from lineage.crawl.replay.session import Replay, _Reply, _response, replay_session
from lineage.domain.kinds import KINDS
from lineage.domain.references import hits
from tests.estate import account, fit, line
from tests.records import REGION, arn, record

CATEGORIES = KINDS["job"].list_values
READ, WRITTEN, NOWHERE = "s3://crm/prompts/", "s3://ml/out/", "s3://nowhere/x/"
PACKAGE = arn("model-package", "agents/1")
BASE = arn("model-package", "base/1")
GROUP = arn("model-package-group", "agents")
TIMES = {"CreationTime": "2026-01-01T08:00:00Z", "LastModifiedTime": "2026-01-01T09:00:00Z", "EndTime": "2026-01-01T09:00:00Z"}
DOCUMENT: dict[str, Any] = {
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": READ}}},
    ],
    "OutputDataConfig": {"S3OutputPath": WRITTEN},
    "ModelPackageConfig": {"OutputModelPackageGroupArn": GROUP, "InputModelPackageArn": BASE},
    "ServiceOutput": {"OutputModelPackageArn": PACKAGE},
}
PLAIN = {name: DOCUMENT[name] for name in ("InputDataConfig", "OutputDataConfig")}


def job(category: str = "AgentRFT", name: str = "one", document: Any = None) -> dict[str, Any]:
    text = document if isinstance(document, str) else json.dumps(DOCUMENT if document is None else document)
    body = {"JobName": name, "JobCategory": category, "JobStatus": "Completed", "JobConfigDocument": text}
    return line("job", f"{category}/{name}", body | TIMES)


def served() -> list[dict[str, Any]]:
    """An endpoint that serves the package that the job made, and the package that the job started from."""
    later = {"CreationTime": "2026-01-03T07:00:00Z"}
    container = {"Image": "image:1", "ModelDataUrl": f"{WRITTEN}one/model.tar.gz"}
    package = {"ModelPackageGroupName": "agents", "InferenceSpecification": {"Containers": [container]}}
    return [
        line("model-package", "agents/1", package | {"CreationTime": "2026-01-01T09:00:00Z"}),
        line("model-package", "base/1", {"ModelPackageGroupName": "base", "CreationTime": "2025-01-01T09:00:00Z"}),
        line("model", "agent", later | {"PrimaryContainer": {"ModelPackageName": PACKAGE}}),
        line("endpoint-config", "agent-1", later | {"ProductionVariants": [{"VariantName": "all", "ModelName": "agent"}]}),
        line("endpoint", "agent", later | {"EndpointConfigName": "agent-1", "EndpointStatus": "InService", "LastModifiedTime": "2026-01-03T08:00:00Z"}),
    ]  # fmt: skip


def crawl(folder: Path, *records: dict[str, Any]) -> Path:
    path = account(folder, records=[*records, fit("other", {"train": "s3://o/"})])
    lineage.crawl_estate(folder / "s.db", session=replay_session(path))
    return folder / "s.db"


def verdict(snapshot: Path, place: str) -> str:
    with lineage.open_snapshot(snapshot) as opened:
        return lineage.used(lineage.around_dataset(opened, place), place).verdict


# --- categories -----------------------------------------------------------------------------------


def test_each_category_is_asked_for(tmp_path: Path) -> None:
    """A category is listed because this version knows it, whether or not this botocore does."""
    asked: list[str] = []

    def hear(operation: str, words: Any) -> None:
        asked.extend([words["JobCategory"]] if operation == "ListJobs" else [])

    jobs = [job(category, f"j-{number}") for number, category in enumerate(CATEGORIES)]
    session = replay_session(account(tmp_path, records=jobs), on_answer=hear)
    members: Any = session.client(REGION).meta.service_model.operation_model("ListJobs").input_shape
    members.members["JobCategory"].metadata["enum"] = ["AgentRFT"]  # an older botocore
    lineage.crawl_estate(tmp_path / "s.db", session=session)
    assert sorted(asked) == sorted(CATEGORIES)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert len([one for one in snapshot.resources() if one.kind == "job"]) == len(CATEGORIES)
        assert snapshot.gaps() == []


NO_SUCH_CATEGORY = (
    "1 validation error detected: Value '{0}' at 'jobCategory' failed to satisfy constraint: "
    "Member must satisfy enum value set: [AgentRFT, AgentRFTEvaluation]"
)


@pytest.mark.parametrize(
    ("error", "finished"),
    [
        (("ValidationException", NO_SUCH_CATEGORY), True),
        (("ValidationException", "1 validation error detected: Value 'x' at 'sortBy' failed to satisfy constraint: Member must satisfy enum value set: [Name]"), False),
        (("ValidationException", "this call is not for you"), False),
        (("AccessDeniedException", "is not authorized"), False),
        (("InternalFailure", NO_SUCH_CATEGORY), False),
    ],
)  # fmt: skip
def test_a_category_that_the_service_refuses(tmp_path: Path, error: tuple[str, str], *, finished: bool) -> None:
    """A service that does not know a category has no jobs of it; any other refusal is a gap."""
    boto = Replay(account(tmp_path, records=[job(document=PLAIN), fit("other", {"train": "s3://o/"})])).boto()

    def refuse(request: Any, **_: Any) -> Any:
        category = json.loads(request.body)["JobCategory"]
        if category in CATEGORIES[:2]:
            return None
        said = {"__type": error[0], "message": error[1].format(category)}
        return _response(request, _Reply(json.dumps(said).encode(), 400))

    events: Any = boto.events
    events.register("before-send.sagemaker.ListJobs", refuse)
    session = Session(boto=boto, tries=1, paced=False)
    session.replayed = True
    session.patience = 0
    lineage.crawl_estate(tmp_path / "s.db", session=session)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert [one.finished is not None for one in snapshot.enumerations() if one.kind == "job"] == [finished]
    assert verdict(tmp_path / "s.db", NOWHERE) == ("not-referenced" if finished else "unknown")
    assert verdict(tmp_path / "s.db", READ) == "used"


@pytest.mark.parametrize(
    ("category", "own", "behind"),
    [
        ("AgentRFT", "used", "used-indirectly"),
        ("AgentRFTEvaluation", "not-referenced", ""),
        ("DataQualityEvaluation", "not-referenced", ""),
        ("SyntheticDataGeneration", "not-referenced", "used-indirectly"),
        ("DataTransformation", "not-referenced", "used-indirectly"),
        ("NotYetKnown", "used", "used-indirectly"),
    ],
)
def test_what_a_category_does(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, category: str, own: str, behind: str
) -> None:
    """One type trains, two make data from data, the evaluations only read; an unknown type may train."""
    entry = job(category, document=PLAIN)
    if category not in CATEGORIES:
        assert [hit.usage for hit in hits(KINDS["job"], entry["record"]) if hit.reference.relation == "reads"] == ["data"]
        assert lineage.used(lineage.graph_of([record("job", f"{category}/one", entry["record"])]), READ).verdict == own
        return
    snapshot = crawl(tmp_path, entry)
    with lineage.open_snapshot(snapshot) as opened:
        said = lineage.used(lineage.around_dataset(opened, READ), READ)
    assert said.verdict == own
    assert [one["job"]["name"] for one in said.also_read] == (["one"] if "Evaluation" in category else [])
    later = fit("later", {"train": f"{WRITTEN}one/"}, day="2026-01-04", CreationTime="2026-01-04T09:55:00Z")
    then = verdict(crawl(tmp_path_factory.mktemp("later"), entry, later), READ)
    assert then == {"": then, "used-indirectly": "used" if own == "used" else "used-indirectly"}[behind]


# --- the document ---------------------------------------------------------------------------------


def test_what_a_document_says() -> None:
    """The fields of the document are read as those of any record, and what they name is more than a mention."""
    found = [(hit.reference.relation, hit.role, hit.usage, hit.value) for hit in hits(KINDS["job"], job()["record"])]
    assert found == [
        ("reads", "train", "data", READ),
        ("reads", "base model", "model", BASE),
        ("writes", "", "output", WRITTEN),
        ("writes", "", "model", PACKAGE),
        ("member-of", "", "", GROUP),
    ]


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"data": READ}, [("mentions", READ)]),
        (
            {"InputDataConfig": DOCUMENT["InputDataConfig"], "Extra": "s3://other/"},
            [("reads", READ), ("mentions", "s3://other/")],
        ),
        (f"not JSON, {READ}", [("mentions", READ)]),
        ("[1]", []),
        ("", []),
        ({"InputDataConfig": "s3://odd/"}, [("mentions", "s3://odd/")]),
        ({"InputDataConfig": {"DataSource": None}}, []),
    ],
)
def test_documents_of_other_shapes(document: Any, expected: list[tuple[str, str]]) -> None:
    """Fields that no rule covers are still searched for places; a malformed document breaks nothing."""
    found = hits(KINDS["job"], job(document=document)["record"])
    assert [(hit.reference.relation, hit.value.rstrip("/")) for hit in found] == [
        (how, what.rstrip("/")) for how, what in expected
    ]


@pytest.mark.parametrize(
    ("document", "besides"),
    [("no JSON at all", ["odd-member"]), ({}, []), ({"OutputDataConfig": {"S3OutputPath": WRITTEN}}, [])],
    ids=str,
)
def test_a_document_that_tells_no_input_hides_one(tmp_path: Path, document: Any, besides: list[str]) -> None:
    """Such a job learned from something: a gap for any data, to each question, and no job in the numbers of other kinds."""
    with lineage.open_snapshot(crawl(tmp_path, job(document=document))) as opened:
        said = lineage.used(lineage.around_dataset(opened, NOWHERE), NOWHERE)
        assert lineage.impact(lineage.around_subject(opened, NOWHERE), NOWHERE).verdict == "unknown"
        assert lineage.check(opened, lineage.Policy(holdouts=(NOWHERE,))).rules[0]["outcome"] == "unknown"
    assert (said.verdict, [hole["reason"] for hole in said.scope["holes"]]) == ("unknown", [*besides, "no-channels"])
    assert said.scope["holes"][-1]["detail"].startswith("job one declares no input that could be read")
    assert (
        said.scope["numbers"]["training_jobs_without_channels"],
        said.scope["numbers"]["processing_jobs_without_inputs"],
    ) == (0, 0)


def test_a_channel_without_a_source_that_is_known(tmp_path: Path) -> None:
    """A channel of a document that names nothing known to this version is a gap, like that of a training job."""
    document = DOCUMENT | {"InputDataConfig": [{"ChannelName": "lake", "DataSource": {"LakeSource": {"Lake": "x"}}}]}
    snapshot = crawl(tmp_path, job(document=document))
    with lineage.open_snapshot(snapshot) as opened:
        (gap,) = opened.gaps()
    assert gap.detail == "input lake names no source that this version knows: upgrade boto3 and crawl again"
    assert verdict(snapshot, NOWHERE) == "unknown"


def test_all_questions_follow_it(tmp_path: Path) -> None:
    """`used`, `trace`, `impact` and `datasets` show the same job, from its data to the endpoint that serves its package."""
    snapshot = crawl(tmp_path, job(), *served())
    assert verdict(snapshot, READ) == "used"
    with lineage.open_snapshot(snapshot) as opened:
        graph = lineage.graph(opened)
        trace = lineage.trace(graph, "agent")
        assert [(one["name"], one["trains"]) for one in trace.training_jobs] == [("one", True)]
        assert [(one["uri"], one["indirect"]) for one in trace.datasets] == [(READ, False)]
        reached = lineage.impact(graph, READ)
        assert reached.serving == [arn("endpoint", "agent")]
        (held,) = lineage.datasets(opened, "endpoint/agent", holdouts=[READ]).holdouts
        assert held["verdict"] == "used"
