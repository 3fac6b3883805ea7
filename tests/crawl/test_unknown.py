"""Members of answers that botocore does not know: gaps where they could name something, otherwise notes, once a crawl."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.crawl.replay.session import replay_session
from lineage.crawl.unknown import TOLD, Notes
from lineage.domain.records import Note, Unknown
from tests.conftest import Ran
from tests.domain.test_unknown import REAL
from tests.estate import account, estate, fit, line
from tests.records import ACCOUNT, REGION, arn, record

NOWHERE = "s3://nowhere/x/"
OUTPUT = {"S3OutputPath": "s3://models/"}
ARTIFACT = {
    "ArtifactArn": arn("lineage-artifact", "a"),
    "Source": {"SourceUri": "s3://d/"},
    "CreationTime": "2026-01-01T00:00:00Z",
}


def crawl(folder: Path, *records: dict[str, Any], **words: Any) -> lineage.Usage:
    """The verdict on a place that no record names, after a crawl of these records."""
    path = account(folder, records=list(records) or estate())
    lineage.crawl_estate(folder / "s.db", session=replay_session(path), **words)
    return used(folder, NOWHERE)


def used(folder: Path, place: str) -> lineage.Usage:
    with lineage.open_snapshot(folder / "s.db") as snapshot:
        return lineage.used(lineage.around_dataset(snapshot, place), place)


def told(folder: Path) -> tuple[list[lineage.Gap], list[Note]]:
    with lineage.open_snapshot(folder / "s.db") as snapshot:
        return snapshot.gaps(), snapshot.notes()


def notes(folder: Path) -> dict[str, str]:
    return {f"{note.kind}.{note.member}": note.values for note in told(folder)[1]}


def real(name: str) -> dict[str, Any]:
    """A training job with all members that real answers hold and no public botocore knows."""
    job = fit(name, {"train": "s3://d/"})
    job["record"] |= {"CreatedBy": REAL["CreatedBy"], "DisableEFA": False, "TrainingJobOutput": {}}
    job["record"]["InputDataConfig"][0]["EnableFFM"] = False
    job["record"]["OutputDataConfig"] = OUTPUT | {"RemoveJobNameFromS3OutputPath": False, "DisableModelUpload": False}
    job["record"]["ResourceConfig"] = {"UseReservedCapacity": False, "WithWarmPoolValidationError": False}
    return job


def test_members_of_real_answers_hide_nothing(tmp_path: Path) -> None:
    """A thousand flags that no botocore knows make no answer unknown: each is noted once, with its values."""
    jobs = [real(f"j{n}") for n in range(5)]
    jobs[3]["record"]["DisableEFA"] = True
    assert crawl(tmp_path, *jobs).verdict == "not-referenced"
    assert told(tmp_path)[0] == []
    found = notes(tmp_path)
    assert {member.removeprefix("training-job.") for member in found} == {
        "CreatedBy",
        "DisableEFA",
        "TrainingJobOutput",
        "InputDataConfig[].EnableFFM",
        "OutputDataConfig.RemoveJobNameFromS3OutputPath",
        "OutputDataConfig.DisableModelUpload",
        "ResourceConfig.UseReservedCapacity",
        "ResourceConfig.WithWarmPoolValidationError",
    }
    assert found["training-job.DisableEFA"] in ("false, true", "true, false")
    assert found["training-job.TrainingJobOutput"] == "{}"
    rows = sqlite3.connect(tmp_path / "s.db").execute("SELECT count(*) FROM question WHERE reason = 'inert-member'").fetchone()
    assert rows == (len(found),)


@pytest.mark.parametrize(
    ("entry", "member"),
    [
        (fit("j", {"train": "s3://d/"}), "Lake"),
        (line("processing-job", "p", {"ProcessingJobStatus": "Completed", "AppSpecification": {"ImageUri": "i:1"}}), "Lake"),
        (line("model", "m", {"PrimaryContainer": {"ModelDataUrl": "s3://m/x"}}), "PrimaryContainer.Lake"),
        (line("model-package", "g/1", {"ModelPackageGroupName": "g"}), "Lake"),
        ({"kind": "lineage-artifact", "record": ARTIFACT}, "Lake"),
        (line("pipeline", "p", {"PipelineStatus": "Active", "PipelineDefinition": "{}"}), "Lake"),
        (line("trial-component", "by-hand", {}), "Lake"),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)  # fmt: skip
@pytest.mark.parametrize(("value", "names"), [({"A": ["lake://x"]}, True), ({"A": ["x"]}, False)])
def test_each_way_to_a_record(tmp_path: Path, entry: dict[str, Any], member: str, value: Any, *, names: bool) -> None:
    """In Search, Describe and List, a member that could name something is a gap of its record, any other a note."""
    entry = json.loads(json.dumps(entry))
    within = entry["record"]
    for step in member.split(".")[:-1]:
        within = within[step]
    within["Lake"] = value
    crawl(tmp_path, entry, fit("other", {"train": "s3://o/"}))
    gaps, noted = told(tmp_path)
    assert [gap.reason for gap in gaps] == ["unknown-member"] * names
    assert [(note.kind, note.member, note.values) for note in noted] == (
        [] if names else [(entry["kind"], member, '{"A": ["x"]}')]
    )
    if names:
        assert gaps[0].detail == f'botocore does not know {member} ({{"A": ["lake://x"]}}): upgrade boto3 and crawl again'


def test_replay_sends_through_search_what_nobody_knows(tmp_path: Path) -> None:
    """Search of an account file leaves out what only Describe gives, and sends what neither is known to give."""
    job = fit("j", {"train": "s3://d/"}, ProfilerRuleConfigurations=[], Lake=1)
    job["record"]["InputDataConfig"][0]["Lake"] = 2
    model = line("model", "m", {"PrimaryContainer": {"ModelDataUrl": "s3://m/x", "Lake": 3}, "Lake": 4})
    run = line("trial-component", "j-aws-training-job", {"Source": {"SourceArn": arn("training-job", "j")}, "Lake": 5})
    client: Any = replay_session(account(tmp_path, records=[job, model, run])).client(REGION)
    sent: dict[str, Any] = {}

    def listen(response_dict: dict[str, Any], **_: Any) -> None:
        sent.update(json.loads(response_dict["body"])["Results"][0])

    client.meta.events.register_first("before-parse.sagemaker.Search", listen)
    for resource in ("TrainingJob", "Model", "ExperimentTrialComponent"):
        client.search(Resource=resource)
    assert (sent["TrainingJob"]["Lake"], sent["TrainingJob"]["InputDataConfig"][0]["Lake"]) == (1, 2)
    assert "ProfilerRuleConfigurations" not in sent["TrainingJob"]
    assert (sent["Model"]["Model"]["Lake"], sent["Model"]["Model"]["PrimaryContainer"]["Lake"]) == (4, 3)
    assert "PrimaryContainer" not in sent["Model"]
    assert sent["TrialComponent"]["Lake"] == 5
    assert sent["TrialComponent"]["SourceDetail"]["TrainingJob"]["Lake"] == 1


def test_a_member_that_holds_a_secret(tmp_path: Path) -> None:
    """The name in a member that looks like a secret is judged, and is not kept."""
    job = fit("j", {"train": "s3://d/"}, LakeToken="fs-0123456789abcdef0", Lake={"Password": "hunter2", "Mode": "x"})
    assert crawl(tmp_path, job).verdict == "unknown"
    ((gap,), (note,)) = told(tmp_path)
    assert gap.detail.startswith('botocore does not know LakeToken ("(redacted)")')
    assert note.values == '{"Mode": "x", "Password": "(redacted)"}'
    assert b"hunter2" not in (tmp_path / "s.db").read_bytes()


def test_a_walk_notes_as_well(tmp_path: Path) -> None:
    """A crawl from an endpoint has the same notes, and counts no gap for them."""
    job = real("direct")
    records = [one for one in estate() if one["record"].get("TrainingJobName") != "direct"]
    path = account(tmp_path, records=[*records, job])
    model = next(one for one in records if one["kind"] == "model")
    model["record"]["PrimaryContainer"]["ModelDataUrl"] = job["record"]["ModelArtifacts"]["S3ModelArtifacts"]
    progress = lineage.crawl_endpoints(tmp_path / "s.db", ["live"], replay=path)
    assert progress.gaps == 0
    assert "training-job.DisableEFA" in notes(tmp_path)


def test_notes_of_later_crawls(tmp_path: Path) -> None:
    """A note stays until a complete list shows no record with the member any more."""
    crawl(tmp_path, real("j"))
    crawl(tmp_path, fit("j", {"train": "s3://d/"}))
    assert notes(tmp_path)
    crawl(tmp_path, fit("j", {"train": "s3://d/"}), full=True)
    assert notes(tmp_path) == {}


def test_a_note_tells_each_value_once_and_not_all_of_many() -> None:
    """A member's values are shown in the order in which they came; after some values a note says that there were more."""
    collected = Notes()
    values = [True, False, True, *range(TOLD + 5)]
    jobs = [record("training-job", f"j{n}", {}) for n in range(len(values))]
    told = []
    for job, value in zip(jobs, values, strict=True):
        object.__setattr__(job, "unknown", (Unknown("New", value, names=False), Unknown("Other", "s3://x", names=True)))
        told += collected.of(job)
    assert [note.values for note in told[:3]] == ["true", "true, false", "true, false, 0"]
    assert told[-1] == Note(
        ACCOUNT,
        REGION,
        "DescribeTrainingJob",
        "training-job",
        "New",
        ", ".join(["true", "false", *map(str, range(TOLD - 2)), "…"]),
    )


def test_gaps_tells_the_notes(tmp_path: Path, run: Callable[..., Ran]) -> None:
    """`gaps` has them in each of its forms, apart from the gaps."""
    crawl(tmp_path, real("j"))
    words = ("gaps", "--snapshot", str(tmp_path / "s.db"))
    said = json.loads(run(*words, "-f", "json").out)
    assert said["gaps"] == []
    assert {"kind": "training-job", "member": "DisableEFA", "values": "false"}.items() <= said["notes"][1].items()
    text = run(*words, "-f", "table").out
    assert "No other gaps." in text
    assert "Note: botocore does not know training-job members CreatedBy, DisableEFA, " in text
    rows = [row.split("\t") for row in run(*words, "-f", "tsv").out.splitlines()]
    assert {len(row) for row in rows} == {12}
    assert ["note", ACCOUNT, REGION, "training-job", "DescribeTrainingJob", "DisableEFA", "", "false", *[""] * 4] in rows


# --- switches that change what other fields mean --------------------------------------------------


@pytest.mark.parametrize(("bare", "verdict"), [(False, "not-referenced"), (True, "used")])
def test_an_output_path_without_the_jobs_name(tmp_path: Path, *, bare: bool, verdict: str) -> None:
    """A job that omits its name from the output path writes there itself: a reader there may have read its output."""
    day = {"CreationTime": "2026-01-05T09:55:00Z", "LastModifiedTime": "2026-01-05T11:00:00Z"}
    first = fit("first", {"train": "s3://d/"}, OutputDataConfig=OUTPUT | {"RemoveJobNameFromS3OutputPath": bare})
    second = fit("second", {"train": "s3://models/output/"}, day="2026-01-05", **day)
    crawl(tmp_path, first, second)
    assert told(tmp_path)[0] == []
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        graph = lineage.graph(snapshot)
    written = {target for source, target, data in graph.edges(data=True) if data["relation"] == "writes" and "first" in source}
    assert ("s3://models/" in {f"{one.rstrip('/')}/" for one in written}) is bare
    jobs = {one["job"]["name"]: one["verdict"] for one in used(tmp_path, "s3://d/").findings}
    assert ("second" in jobs) is (verdict == "used")


@pytest.mark.parametrize(("disabled", "verdict"), [(False, "used-indirectly"), (True, "possible")])
def test_a_job_that_uploads_no_model(tmp_path: Path, *, disabled: bool, verdict: str) -> None:
    """A job that was told to upload no model may have written none: an object at its place is only possibly its own."""
    day = {"CreationTime": "2026-01-05T09:55:00Z", "LastModifiedTime": "2026-01-05T11:00:00Z"}
    first = fit("first", {"train": "s3://d/"}, OutputDataConfig=OUTPUT | {"DisableModelUpload": disabled})
    second = fit("second", {"model": "s3://models/first/output/model.tar.gz"}, day="2026-01-05", **day)
    crawl(tmp_path, first, second)
    assert {one["job"]["name"]: one["verdict"] for one in used(tmp_path, "s3://d/").findings} == {
        "first": "used",
        "second": verdict,
    }
