"""When something was read or written, and whether the write can have fed the read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.kinds import KINDS
from lineage.domain.records import CLOUDTRAIL, Enumeration, Resource
from lineage.domain.references import hits
from lineage.domain.times import CERTAIN, IMPOSSIBLE, POSSIBLE, KnownDeletions, Times, fits, today, unbroken
from lineage.errors import MalformedName
from tests.records import ACCOUNT, REGION, channel, processing, record, training


def windows(resource: Resource, relation: str) -> list[str]:
    named = (hit for hit in hits(KINDS[resource.kind], resource.body) if hit.reference.relation == relation)
    times = (time for hit in named for time in Times(resource).each(hit))
    return ["/".join(time or ()) for time in times]


@pytest.mark.parametrize(
    ("write", "read", "fit"),
    [
        ("2026-01-01T10:00:00Z/2026-01-01T10:00:00Z", "2026-01-01T11:00:00Z/2026-01-01T12:00:00Z", CERTAIN),
        ("2026-01-01T10:00:00Z/2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z/2026-01-01T12:00:00Z", CERTAIN),
        ("2026-01-01T10:00:00Z/2026-01-01T11:30:00Z", "2026-01-01T11:00:00Z/2026-01-01T12:00:00Z", POSSIBLE),
        ("2026-01-01T12:00:01Z/2026-01-01T12:00:01Z", "2026-01-01T11:00:00Z/2026-01-01T12:00:00Z", IMPOSSIBLE),
        ("2026-01-01T12:00:00.500Z/", "2026-01-01T11:00:00Z/2026-01-01T12:00:00Z", IMPOSSIBLE),
        ("2026-01-01T12:00:00Z/2026-01-01T12:00:00Z", "2026-01-01T12:00:00.500Z/", CERTAIN),
        ("2026-01-01T12:00:00Z/", "2026-01-01T11:00:00Z/", POSSIBLE),
        (None, "2026-01-01T11:00:00Z/", POSSIBLE),
        ("/", "/", POSSIBLE),
    ],
)
def test_fits(write: str | None, read: str | None, fit: str) -> None:
    """A write that ended in time is certain, one that began too late impossible, and the rest possible."""
    assert fits(write, read) == fit


MOMENTS = st.integers(0, 9)


@given(MOMENTS, MOMENTS, MOMENTS, MOMENTS)
def test_fits_agrees_with_moments(a: int, b: int, c: int, d: int) -> None:
    """ "Impossible" means that no moment of the write precedes a moment of the read; "certain" means that all do."""
    write, read = sorted((a, b)), sorted((c, d))
    said = fits(*(f"2026-01-01T00:00:0{opens}Z/2026-01-01T00:00:0{closes}Z" for opens, closes in (write, read)))
    pairs = [w <= r for w in range(write[0], write[1] + 1) for r in range(read[0], read[1] + 1)]
    assert (said == IMPOSSIBLE) == (not any(pairs))
    assert (said == CERTAIN) == all(pairs)


def downloads(*times: tuple[str, str | None]) -> dict[str, Any]:
    steps = [
        {"Status": "Downloading", "StartTime": f"2026-01-02T{opens}:00Z"}
        | ({"EndTime": f"2026-01-02T{closes}:00Z"} if closes else {})
        for opens, closes in times
    ]
    return {"SecondaryStatusTransitions": [{"Status": "Starting", "StartTime": "2026-01-02T09:56:00Z"}, *steps]}


@pytest.mark.parametrize(
    ("mode", "body", "expected"),
    [
        ("File", {}, ["10:00/11:00"]),
        ("File", downloads(("09:58", "10:01")), ["09:58/10:01"]),
        ("File", downloads(("09:58", "10:01"), ("10:20", "10:25")), ["09:58/10:01", "10:20/10:25"]),
        ("File", downloads(("10:20", "10:25"), ("09:58", "10:01")), ["09:58/10:01", "10:20/10:25"]),
        ("File", downloads(("09:58", None), ("10:20", None)), ["09:58/10:20", "10:20/11:00"]),
        ("File", downloads(("09:58", None)), ["09:58/11:00"]),
        ("File", downloads(("09:58", "10:01"), ("10:20", "10:25")) | {"TrainingJobStatus": "Stopped"}, ["09:58/10:25"]),
        ("Pipe", downloads(("09:58", "10:01")), ["09:58/11:00"]),
        ("Pipe", downloads(("09:58", "10:01"), ("10:20", "10:25")), ["09:58/11:00"]),
        ("FastFile", {}, ["10:00/11:00"]),
    ],
)
def test_when_a_training_job_reads(mode: str, body: dict[str, Any], expected: list[str]) -> None:
    """File mode reads in each download, except one that came to nothing; the other modes read while the job runs."""
    job = training("j", [channel("train", "s3://b/t", mode=mode)], **body)
    assert [time.replace("2026-01-02T", "").replace(":00Z", "") for time in windows(job, "reads")] == expected


@pytest.mark.parametrize(
    ("later", "closes"),
    [
        ([("Interrupted", "10:20"), ("Starting", "10:30"), ("Training", "10:35")], "11:00"),
        ([("Restarting", "10:20"), ("Training", "10:35")], "11:00"),
        ([("Interrupted", "10:20"), ("Starting", "10:30"), ("MaxWaitTimeExceeded", "10:50")], "10:01"),
        ([("Training", "10:01"), ("Uploading", "10:50")], "10:01"),
    ],
    ids=["on another spot instance", "after an error", "interrupted for good", "not interrupted"],
)
def test_a_program_that_began_again_downloaded_again(later: list[tuple[str, str]], closes: str) -> None:
    """Where a program was started again and no step tells its download, the job may have read until its end."""
    steps = downloads(("09:58", "10:01"))["SecondaryStatusTransitions"]
    steps = [*steps, *({"Status": status, "StartTime": f"2026-01-02T{time}:00Z"} for status, time in later)]
    job = training("j", [channel("train", "s3://b/t", mode="File")], SecondaryStatusTransitions=steps)
    assert windows(job, "reads") == [f"2026-01-02T09:58:00Z/2026-01-02T{closes}:00Z"]


def test_a_step_that_tells_nothing_is_left_out() -> None:
    """Steps without a status, a time or any content hide neither when a job read nor that it wrote."""
    told = downloads(("09:58", "10:01"))["SecondaryStatusTransitions"]
    odd = [None, {}, {"StartTime": "2026-01-02T10:30:00Z"}, {"Status": "Downloading"}]
    job = training("j", [channel("train", "s3://b/t", mode="File")], SecondaryStatusTransitions=[*odd[:3], *told, None])
    assert windows(job, "reads") == ["2026-01-02T09:58:00Z/2026-01-02T10:01:00Z"]
    job = training("j", [channel("train", "s3://b/t", mode="File")], SecondaryStatusTransitions=odd)
    assert [windows(job, way) for way in ("reads", "writes")] == [
        ["2026-01-02T10:00:00Z/2026-01-02T11:00:00Z"],
        ["2026-01-02T11:00:00Z/2026-01-02T11:00:00Z"],
    ]


def test_fractions_of_a_second_come_after_the_whole_one() -> None:
    """Of two moments within one second the earlier opens a window, and the later closes it, whichever has a fraction."""
    second = "2026-01-02T10:00:00"
    steps = [{"Status": "Downloading", "StartTime": f"{second}.2Z", "EndTime": f"{second}{end}Z"} for end in (".9", "")]
    steps += [{"Status": "Uploading", "StartTime": f"2026-01-02T11:00:00{start}Z"} for start in (".5", "")]
    job = training("j", [channel("train", "s3://b/t", mode="File")], SecondaryStatusTransitions=steps)
    reading = [Times(job).window(hit) for hit in hits(KINDS[job.kind], job.body) if hit.reference.relation == "reads"]
    assert reading == [(f"{second}Z", f"{second}.9Z")]
    late = training("j", {}, SecondaryStatusTransitions=steps, TrainingEndTime="2026-01-02T11:00:00.500Z")
    assert windows(late, "writes") == ["2026-01-02T11:00:00Z/2026-01-02T11:00:00.500Z"]


def test_what_is_over_had_ended_when_its_record_was_last_changed() -> None:
    """No field has the end of a labeling job: when it is over, it ended by its last change; no write counts as later."""
    body = {
        "CreationTime": "2026-01-02T10:00:00Z",
        "LastModifiedTime": "2026-01-02T11:00:00Z",
        "OutputConfig": {"S3OutputPath": "s3://b/o"},
    }
    for status, closes in (("Completed", "2026-01-02T11:00:00Z"), ("Stopped", "2026-01-02T11:00:00Z"), ("InProgress", "")):
        labeling = record("labeling-job", "l", body | {"LabelingJobStatus": status})
        assert windows(labeling, "writes") == [f"2026-01-02T10:00:00Z/{closes}"]
    job = training("j", {}, TrainingEndTime=None, LastModifiedTime="2026-01-02T12:00:00Z")
    assert windows(job, "writes") == ["2026-01-02T10:00:00Z/2026-01-02T12:00:00Z"]


def test_write_windows() -> None:
    """A job uploads at its end; checkpoints and continuous outputs are written all the time; a running job's end is open."""
    job = training("j", {}, CheckpointConfig={"S3Uri": "s3://b/c"})
    assert windows(job, "writes") == [
        "2026-01-02T11:00:00Z/2026-01-02T11:00:00Z",
        "2026-01-02T10:00:00Z/2026-01-02T11:00:00Z",
    ]
    running = training("j", {}, TrainingEndTime=None, TrainingJobStatus="InProgress")
    assert windows(running, "writes") == ["2026-01-02T10:00:00Z/"]
    outputs = {"Outputs": [{"OutputName": "o", "S3Output": {"S3Uri": "s3://b/o", "S3UploadMode": "Continuous"}}]}
    assert windows(processing("p", {}, {}, ProcessingOutputConfig=outputs), "writes") == [
        "2026-01-02T08:00:00Z/2026-01-02T09:00:00Z"
    ]


def test_a_transform_job_writes_while_it_runs() -> None:
    """A transform job uploads the answers to each object when that is done, and captures while it runs."""
    times = {"TransformStartTime": "2026-01-02T08:00:00Z", "TransformEndTime": "2026-01-02T09:00:00Z"}
    places = {"TransformOutput": {"S3OutputPath": "s3://b/o"}, "DataCaptureConfig": {"DestinationS3Uri": "s3://b/c"}}
    job = record("transform-job", "t", {"TransformJobStatus": "Completed"} | times | places)
    assert windows(job, "writes") == ["2026-01-02T08:00:00Z/2026-01-02T09:00:00Z"] * 2


@pytest.mark.parametrize(
    ("steps", "opens"),
    [
        ([{"Status": "Uploading", "StartTime": "2026-01-02T10:50:00Z", "EndTime": "2026-01-02T11:00:00Z"}], "10:50"),
        ([{"Status": "Uploading", "StartTime": f"2026-01-02T10:{minute}:00Z"} for minute in (50, 40)], "10:40"),
        ([{"Status": "Uploading"}], "11:00"),
        ([{"Status": "Training", "StartTime": "2026-01-02T10:10:00Z"}], "11:00"),
        ([{"Status": "Uploading", "StartTime": "2026-01-02T11:30:00Z"}], "11:00"),
    ],
    ids=["one upload", "two uploads", "an upload without a time", "no upload", "an upload after the end"],
)
def test_an_artifact_is_written_while_uploading(steps: list[dict[str, str]], opens: str) -> None:
    """A job writes its artifact from the start of its upload, if that is known, until its end."""
    job = training("j", {}, SecondaryStatusTransitions=steps)
    assert windows(job, "writes") == [f"2026-01-02T{opens}:00Z/2026-01-02T11:00:00Z"]


def test_a_model_loads_at_its_creation_and_a_multi_model_one_for_ever() -> None:
    """A model's artifact must exist when the model is created; a multi-model prefix is read as long as it serves."""
    body = {"CreationTime": "2026-01-03T00:00:00Z", "PrimaryContainer": {"ModelDataUrl": "s3://b/m", "Mode": "SingleModel"}}
    several = {"CreationTime": "2026-01-03T00:00:00Z", "PrimaryContainer": {"ModelDataUrl": "s3://b/m", "Mode": "MultiModel"}}
    assert windows(record("model", "m", body), "loads") == ["2026-01-03T00:00:00Z/2026-01-03T00:00:00Z"]
    assert windows(record("model", "m", several), "loads") == ["2026-01-03T00:00:00Z/"]


# --- the time from which every deletion is known ------------------------------------------------


def lookup(since: str, started: str) -> Enumeration:
    """A lookup of one day in March that covers everything since then, and nothing after its own start."""
    since, started = (f"2026-03-{time}Z" for time in (since, started))
    return Enumeration(ACCOUNT, REGION, CLOUDTRAIL, "LookupEvents", started, since, started, joined=True)


LAST = lookup("10T00:00:00", "20T00:00:00")


@pytest.mark.parametrize(
    ("earlier", "since"),
    [
        ([], "10"),
        ([lookup("05T00:00:00", "10T01:00:00")], "05"),
        ([lookup("05T00:00:00", "10T00:59:59")], "10"),
        ([lookup("05T00:00:00", "10T01:00:01")], "05"),
        ([lookup("05T00:00:00", "10T00:00:00")], "10"),
        ([lookup("12T00:00:00", "15T00:00:00")], "10"),
        ([lookup("05T00:00:00", "15T00:00:00"), lookup("02T00:00:00", "05T01:00:00")], "02"),
        ([lookup("05T00:00:00", "15T00:00:00"), lookup("02T00:00:00", "05T00:59:59")], "05"),
        ([lookup("05T00:00:00", "09T00:00:00"), lookup("01T00:00:00", "06T01:00:00")], "10"),
        ([lookup("05T00:00:00", "15T00:00:00"), lookup("07T00:00:00", "14T00:00:00")], "05"),
    ],
    ids=[
        "none earlier",
        "asked an hour after the last one begins",
        "asked a second too early for a late event",
        "asked a second later",
        "asked when the last one begins",
        "inside the last one",
        "a chain of three",
        "a chain that breaks",
        "nothing behind a gap counts",
        "what tells of less takes nothing away",
    ],
)
def test_how_far_back_deletions_are_told(earlier: list[Enumeration], since: str) -> None:
    """Lookups connect if each was made an hour or more after the start of the next one's range, in any order."""
    expected = KnownDeletions(f"2026-03-{since}T00:00:00Z", LAST.started)
    assert unbroken([LAST, *earlier]) == unbroken([*earlier, LAST]) == unbroken([*earlier[::-1], LAST]) == expected


def test_without_a_lookup_no_deletion_is_told() -> None:
    """Without a lookup there is no such time."""
    assert unbroken([]) is None


@pytest.mark.parametrize(("epoch", "day"), [("0", "1970-01-01"), ("1800000000", "2027-01-15"), ("-1", "1969-12-31")])
def test_the_day_is_that_of_the_epoch(monkeypatch: pytest.MonkeyPatch, epoch: str, day: str) -> None:
    """SOURCE_DATE_EPOCH sets the day."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    assert today().isoformat() == day


@pytest.mark.parametrize("epoch", ["noon", "²", "1.5", "99999999999999999999", "253402300800"])
def test_an_epoch_that_names_no_moment_is_refused(monkeypatch: pytest.MonkeyPatch, epoch: str) -> None:
    """A text that is no moment is reported, and the clock does not replace it."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
    with pytest.raises(MalformedName, match="SOURCE_DATE_EPOCH"):
        today()
