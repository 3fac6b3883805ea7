"""`check`: each rule fires, is silent, or says that it cannot tell; and what somebody accepted does not count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from estate import IMAGE
from records import channel, processing, record, served, training
from test_copies import listed, package
from test_manifests import TIMES, content, crawl
from test_snapshot import crawl as keep

import lineage
from lineage.records import Resource

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
    """A training job of which nothing is wrong but what a case is about."""
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


FROM_PACKAGE = [
    record("model", "shop-model", {
        "CreationTime": "2026-02-01T10:00:00Z",
        "PrimaryContainer": {"ModelPackageName": "arn:aws:sagemaker:eu-west-1:111122223333:model-package/shop/1"},
    }),
    *live()[1:],
]  # fmt: skip


class Case(NamedTuple):
    """What an account holds, and what a rule says of it: `outcome`, and how many findings there are."""

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
    Case("LIN006", "the model may not be read", "unknown", [*live(), *DENIED]),
    Case("LIN007", "written again by a later job", "failed", [
        fit({"train": "s3://x/"}), *live(), training("again", {"train": "s3://x/"}, ARTIFACT, day="2026-03-01", **(IMAGE | TIMES)),
    ]),
    Case("LIN007", "S3 was never asked", "unknown", [fit({"train": "s3://x/"}), *live()]),
    Case("LIN008", "a tag", "failed", [fit({"train": "s3://x/"}, **WITHOUT), *live()]),
    Case("LIN008", "a digest", "passed", [fit({"train": "s3://x/"}), *live()], 0),
    Case("LIN009", "open", "failed", [fit({"train": "s3://x/"}, EnableNetworkIsolation=False), *live()]),
    Case("LIN009", "isolated", "passed", [fit({"train": "s3://x/"}), *live()], 0),
    Case("LIN009", "the record does not say", "unknown", [fit({"train": "s3://x/"}, EnableNetworkIsolation=None), *live()]),
    Case("LIN010", "rejected", "failed", [fit({"train": "s3://x/"}), registered("Rejected"), *FROM_PACKAGE]),
    Case("LIN010", "approved", "passed", [fit({"train": "s3://x/"}), registered("Approved"), *FROM_PACKAGE], 0),
    Case("LIN010", "the record does not say", "unknown", [fit({"train": "s3://x/"}), registered(""), *FROM_PACKAGE]),
    Case("LIN010", "not named, and the registry holds its artifact", "failed", [fit({"train": "s3://x/"}), registered("PendingManualApproval"), *live()]),
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
    """Each rule fires, is silent, or says that it cannot tell: it never passes what it could not see."""
    answer = checked(crawl(tmp_path, *case.lines), case.policy)
    (rule,) = (one for one in answer.rules if one["id"] == case.rule)
    found = of(answer, case.rule)
    assert (rule["outcome"], len(found)) == (case.outcome, case.number), [one.message for one in found]
    assert all(one.repair and one.severity == rule["severity"] for one in found)


def test_a_tag_names_a_holdout(tmp_path: Path) -> None:
    """Of a record with the tag that the policy names, what it writes is a holdout."""
    split = processing("split", {}, {"out": HELD}, Tags=[{"Key": "purpose", "Value": "holdout"}])
    keep(tmp_path / "s.db", split, fit({"train": HELD}))
    answer = checked(tmp_path / "s.db", TAGGED)
    assert [one.about for one in answer.findings if one.rule == "LIN001"] == [f"{HELD} train"]
