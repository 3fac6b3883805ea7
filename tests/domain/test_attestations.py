"""Which gap an attestation names: one kind and one subject, in any spelling, and never more."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from lineage.domain.attestations import Attestation, Attestations, HoleName, names_of, too_broad
from lineage.domain.records import OUTPUT, QUESTION, READ, Gap
from tests.records import ACCOUNT, REGION, arn

JOB, OTHER, MODEL = arn("training-job", "faces"), arn("training-job", "other"), arn("model", "m")
LIST, STORE, CODE = "s3://lists/faces.manifest", "efs://fs-1/data", "s3://code/x/"
REMOTE = "sagemaker_remote_function_bootstrap"
TODAY = date(2026, 6, 1)


def gap(subject: str, reason: str, operation: str = "", about: str = "", job: str = "", channel: str = "") -> Gap:
    return Gap(ACCOUNT, REGION, operation, subject, reason, "said so", about, job, channel)


def read(place: str, reason: str = "unresolved", job: str = JOB, channel: str = "train") -> Gap:
    return gap(place, reason, about=READ, job=job, channel=channel)


def vouch(hole: HoleName, **words: date) -> Attestation:
    days = {"when": date(2026, 1, 1), "until": date(2027, 1, 1)} | words
    return Attestation(hole, "jo", why="looked", **days)


def closes(name: HoleName, hole: Gap) -> bool:
    return bool(Attestations([vouch(name)], today=TODAY).of(hole))


DENIED = gap(MODEL, "denied", "DescribeModel")
MANIFEST, SYSTEM = read(LIST, "unread-manifest"), read(STORE)
LOST = gap(STORE, "unresolved", about=OUTPUT, job=JOB)
REMOTE_CODE = read(CODE, channel=REMOTE)
# What an attestation names, the gap, and whether the attestation closes it.
CASES = [
    ("what was denied", HoleName("denied", MODEL), DENIED, True),
    ("its ARN in other letters", HoleName("denied", MODEL.replace("model/m", "model/M")), DENIED, True),
    ("what only a name tells of", HoleName("denied", MODEL), gap(f"model:{ACCOUNT}/{REGION}/m", "denied"), True),
    ("its name, where a record has its ARN", HoleName("denied", f"model:{ACCOUNT}/{REGION}/M"), DENIED, True),
    ("of the same name in another region", HoleName("denied", f"model:{ACCOUNT}/us-east-1/m"), DENIED, False),
    ("of another kind", HoleName("throttled", MODEL), DENIED, False),
    ("of another subject", HoleName("denied", arn("model", "m2")), DENIED, False),
    ("the manifest, whoever read it", HoleName("unread-manifest", LIST), MANIFEST, True),
    ("the manifest on a channel", HoleName("unread-manifest", LIST, "train"), MANIFEST, True),
    ("the manifest on another channel", HoleName("unread-manifest", LIST, "test"), MANIFEST, False),
    ("the manifest, named twice", HoleName("unread-manifest", LIST, manifest=LIST), MANIFEST, True),
    ("why the manifest was not read", HoleName("unread-manifest", LIST), gap(LIST, "missing", "GetObject"), True),
    ("the job, its channel and the manifest", HoleName("unread-manifest", JOB, "train", LIST), MANIFEST, True),
    ("the job and the manifest", HoleName("unread-manifest", JOB, manifest=LIST), MANIFEST, True),
    ("the job and another manifest", HoleName("unread-manifest", JOB, manifest=LIST + "2"), MANIFEST, False),
    ("the job and its channel", HoleName("unread-manifest", JOB, "train"), MANIFEST, True),
    ("all that the job read", HoleName("unread-manifest", JOB), MANIFEST, True),
    ("another job", HoleName("unread-manifest", OTHER, "train", LIST), MANIFEST, False),
    ("a file system's folder", HoleName("unresolved", STORE), SYSTEM, True),
    ("the folder around it", HoleName("unresolved", "efs://fs-1/"), SYSTEM, False),
    ("a folder inside of it", HoleName("unresolved", "efs://fs-1/data/x"), SYSTEM, False),
    ("what a job read there is not what another wrote there", HoleName("unresolved", STORE), LOST, False),
    ("nor what it read itself", HoleName("unresolved", JOB), LOST, False),
    ("what a job wrote there", HoleName("unresolved", JOB, output=STORE), LOST, True),
    ("what it wrote elsewhere", HoleName("unresolved", JOB, output="efs://fs-2/"), LOST, False),
    ("what it wrote is not what it read", HoleName("unresolved", JOB, output=STORE), SYSTEM, False),
    ("code that reads by itself, by its job", HoleName("unresolved", JOB, REMOTE), REMOTE_CODE, True),
    ("code that reads by itself is not its place", HoleName("unresolved", CODE), REMOTE_CODE, False),
    ("nor on its channel", HoleName("unresolved", CODE, REMOTE), REMOTE_CODE, False),
    ("a list", HoleName("not-enumerated", "model"), gap("model", "not-enumerated", "ListModels"), False),
    ("a whole account", HoleName("not-enumerated", ""), gap("", "not-enumerated"), False),
    ("a list that was denied", HoleName("denied", "training-job"), gap("training-job", "denied", "ListTrainingJobs"), False),
    ("what CloudTrail did not tell", HoleName("denied", "cloudtrail"), gap("cloudtrail", "denied", "LookupEvents"), False),
    ("an account in which nothing ran", HoleName("empty", "x:y"), gap("x:y", "empty"), False),
    ("a doubt of one question", HoleName("unresolved", JOB), gap(JOB, "unresolved", about=QUESTION), False),
    ("a mere name, which several regions may have", HoleName("denied", "m"), gap("m", "denied", "DescribeModel"), False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "hole", "closed"), [pytest.param(*case, id=said) for said, *case in CASES])
def test_an_attestation_closes_the_hole_that_it_names(name: HoleName, hole: Gap, closed: bool) -> None:
    """A gap is closed by its kind and its one subject, and by nothing that means another or more."""
    assert closes(name, hole) is closed


@pytest.mark.parametrize("hole", [DENIED, MANIFEST, SYSTEM, LOST, REMOTE_CODE], ids=lambda hole: hole.subject)
def test_each_name_of_a_hole_closes_it(hole: Gap) -> None:
    """Each name that a gap is shown with can be attested, and the first one names the job where there is one."""
    assert all(closes(name, hole) and not too_broad(name) for name in names_of(hole))
    assert names_of(hole)[0].subject == (hole.job or hole.subject)


BROAD = [
    (HoleName("denied", "arn:aws:sagemaker:eu-west-1:111122223333:model/*"), "wildcard"),
    (HoleName("denied", MODEL, channel="*"), "wildcard"),
    (HoleName("unresolved", JOB, output="s3://b/?"), "wildcard"),
    (HoleName("denied", "model"), "every model"),
    (HoleName("denied", "cloudtrail"), "every cloudtrail"),
    (HoleName("denied", ACCOUNT), "all of an account"),
    (HoleName("denied", f"arn:aws:iam::{ACCOUNT}:root"), "all of an account"),
    (HoleName("denied", f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model/"), "all of an account"),
    (HoleName("denied", f"arn:aws:sagemaker:eu-west-1:{ACCOUNT}:model"), "all of an account"),
    (HoleName("unread-manifest", "s3://lists"), "whole bucket"),
    (HoleName("unread-manifest", "s3://lists/"), "whole bucket"),
    (HoleName("unread-manifest", "arn:aws:s3:::lists"), "whole bucket"),
    (HoleName("unread-manifest", JOB, manifest="s3://lists/"), "whole bucket"),
    (HoleName("unread-manifest", "s3://"), "not name a place"),
    (HoleName("not-enumerated", MODEL), "an incomplete list"),
    (HoleName("empty", MODEL), "an incomplete list"),
]


@pytest.mark.parametrize(("name", "said"), BROAD, ids=str)
def test_what_means_more_than_one_thing_is_refused(name: HoleName, said: str) -> None:
    """Wildcards, kinds, accounts, buckets and lists cannot be the subject of an attestation."""
    assert said in too_broad(name)


def test_a_list_is_no_one_thing() -> None:
    """An unfinished list hides more than one thing, even a list about one record, so it cannot be attested."""
    steps = Gap(
        ACCOUNT, REGION, "ListPipelineExecutionSteps", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/p/execution/1", "denied"
    )
    assert names_of(steps) == []
    assert names_of(replace(steps, operation="DescribePipelineExecution"))


@pytest.mark.parametrize("subject", [MODEL, JOB, LIST, STORE, "s3://alias-s3alias/", f"model:{ACCOUNT}/{REGION}/m", "s3://b/x"])
def test_one_thing_is_not_too_broad(subject: str) -> None:
    """A record, a place, an access point and a thing that is only named are each one thing."""
    assert too_broad(HoleName("denied", subject)) == ""


@pytest.mark.parametrize(
    ("when", "until", "said"),
    [
        (date(2026, 6, 1), date(2026, 6, 1), ""),
        (date(2026, 1, 1), date(2026, 5, 31), "expired on 2026-05-31"),
        (date(2026, 6, 2), date(2027, 1, 1), "is dated 2026-06-02, in the future"),
        (date.max, date.max, "is dated 9999-12-31, in the future"),  # the day after it does not exist
    ],
)
def test_an_attestation_counts_from_its_day_to_its_last(when: date, until: date, said: str) -> None:
    """Before its first day and after its last an attestation closes nothing, and is reported."""
    given = Attestations([vouch(names_of(DENIED)[0], when=when, until=until)], today=TODAY)
    assert bool(given.of(DENIED)) is not bool(said)
    assert [said in told for told in given.void()] == ([True] if said else [])


@pytest.mark.parametrize(
    ("created", "counts"),
    [("", True), ("2026-01-01T00:00:00Z", True), ("2026-01-02T23:59:00Z", True), ("2026-01-03T00:00:00Z", False)],
)
def test_nobody_vouches_for_a_thing_before_it_exists(created: str, counts: bool) -> None:
    """An attestation older than what it names does not count and is reported; a day is left for the time zones of people."""
    said = vouch(names_of(DENIED)[0])
    given = Attestations([said], today=TODAY).beside({said.id: created}, {})
    assert bool(given.of(DENIED)) is counts
    told = "is dated 2026-01-01, before what it names was created on 2026-01-03: it does not count"
    assert [told in note for note in given.early()] == ([] if counts else [True])
    assert bool(given.void_of(DENIED)) is not counts
    again = given.beside({}, {})  # a question may hand them on to another, whose records hold less
    assert again.early() == given.early()
