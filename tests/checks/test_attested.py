"""A check where people vouch for gaps: what only they say is reported and does not count, and nothing else changes."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

import lineage
from lineage.domain.attestations import Attestation, Attestations, HoleName
from lineage.errors import MalformedPolicy
from tests.checks.test_checks import HELD, HELD_OUT, UNREAD, checked, fit, live, of
from tests.crawl.test_manifests import crawl

LIST = "s3://lists/gone.manifest"
TODAY = date(2026, 6, 1)


def vouch(*names: HoleName, until: date = date(2027, 1, 1)) -> Attestations:
    return Attestations([Attestation(name, "jo", date(2026, 1, 1), "looked", until) for name in names], today=TODAY)


BY_LIST = vouch(HoleName("unread-manifest", LIST))
BY_JOB = vouch(HoleName("unread-manifest", UNREAD.arn, "train", LIST))


def states(answer: lineage.Checked) -> set[tuple[str, str, str]]:
    return {(one.rule, one.verdict, one.state) for one in (*answer.findings, *answer.undecided)}


@pytest.mark.parametrize("vouched", [BY_LIST, BY_JOB], ids=["the manifest", "what the job read of it"])
def test_a_gate_lets_an_attested_hole_pass(tmp_path: Path, vouched: Attestations) -> None:
    """A holdout that only a gap could hide is reported with the people who vouch for it; the bare check is undecided."""
    path = crawl(tmp_path, UNREAD)
    bare, answer = checked(path), checked(path, attestations=vouched)
    assert (bare.code, answer.code) == (4, 0)
    assert [one.fingerprint for one in bare.undecided] == [one.fingerprint for one in answer.undecided]
    assert {("LIN001", "unknown", "attested"), ("LIN002", "unknown", "attested")} <= states(answer)
    assert {row["outcome"] for row in answer.rules if row["id"] in ("LIN001", "LIN002")} == {"passed"}
    assert (answer.rests.without, len(answer.rests.attestations)) == (bare.verdict, 1)
    assert answer.as_json()["counts"]["attested"] >= 2


def test_a_strict_gate_wants_the_gap_itself_attested(tmp_path: Path) -> None:
    """An attestation about one read leaves the unreadable object a gap; one about the object closes both."""
    path = crawl(tmp_path, UNREAD)
    codes = [checked(path, strict=True, attestations=one).code for one in (None, BY_JOB, BY_LIST)]
    assert codes == [1, 1, 0]
    assert checked(path, strict=True, attestations=BY_LIST).verdict == "clean"


def test_a_finding_stays_a_finding(tmp_path: Path) -> None:
    """Attestations remove no leak, and nothing that is possible."""
    named = replace(UNREAD, body=UNREAD.body | {"HyperParameters": {"more": HELD}})
    for lines in ([fit({"train": HELD}), replace(UNREAD, name="u")], [named]):
        folder = tmp_path / str(len(lines))
        folder.mkdir()
        path = crawl(folder, *lines)
        bare, answer = ({one.fingerprint for one in checked(path, attestations=given).findings} for given in (None, BY_LIST))
        assert bare >= answer >= {one.fingerprint for one in checked(path).findings if one.rule != "LIN090"}
    assert "new" in {one.state for one in of(checked(path, attestations=BY_LIST), "LIN001")}  # it is named, so it may be read


def test_one_hole_left_open_is_enough(tmp_path: Path) -> None:
    """A holdout that another gap could hide is unknown, and the open gap is the one that is reported."""
    other = replace(UNREAD, body=UNREAD.body | {
        "TrainingJobName": "two", "TrainingJobArn": UNREAD.arn.replace("/fit", "/two"),
        "InputDataConfig": [{"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://lists/open.manifest", "S3DataType": "ManifestFile"}}}],
    })  # fmt: skip
    answer = checked(crawl(tmp_path, UNREAD, other), attestations=BY_LIST)
    found = of(answer, "LIN001")[0]
    assert (answer.code, found.state, len(found.attestations)) == (4, "new", 1)
    assert "s3://lists/open.manifest" in found.message


def test_of_a_subject_its_own_holes_are_closed(tmp_path: Path) -> None:
    """An answer about an endpoint's origin rests only on the attestations about its origin."""
    path = crawl(tmp_path, UNREAD, *live())
    bare, answer = checked(path, HELD_OUT, "shop"), checked(path, HELD_OUT, "shop", attestations=BY_LIST)
    assert ("LIN001", "unknown", "new") in states(bare)
    assert ("LIN001", "unknown", "attested") in states(answer)


def test_a_policy_may_take_no_attestations(tmp_path: Path) -> None:
    """`attestations = false` requires the bare answer, and says that some were given without effect."""
    path, policy = crawl(tmp_path, UNREAD), replace(HELD_OUT, takes_attestations=False)
    answer = checked(path, policy, attestations=BY_LIST)
    assert (answer.code, answer.rests.attestations) == (4, [])
    assert answer.notes == ["the policy accepts no attestations: the 1 given do not count"]
    (tmp_path / "p.toml").write_text("attestations = false\n")
    assert lineage.load_policy(tmp_path / "p.toml").takes_attestations is False
    (tmp_path / "p.toml").write_text("attestations = 'no'\n")
    with pytest.raises(MalformedPolicy, match="attestations must be true or false"):
        lineage.load_policy(tmp_path / "p.toml")


def test_one_that_does_nothing_is_told(tmp_path: Path) -> None:
    """An expired attestation, and one that names no gap of the whole snapshot, get a note each, and no verdict changes."""
    path = crawl(tmp_path, UNREAD, *live())
    idle = vouch(HoleName("denied", UNREAD.arn))
    assert (
        "matches no gap of this snapshot; for its subject there is unread-manifest" in checked(path, attestations=idle).notes[0]
    )
    assert checked(path, HELD_OUT, "shop", attestations=idle).notes == []
    old = checked(path, attestations=vouch(HoleName("unread-manifest", LIST), until=date(2026, 5, 1)))
    assert "expired on 2026-05-01: it does not count" in old.notes[0]
    assert old.code == 4


def test_a_baseline_keeps_no_attested_hole(tmp_path: Path) -> None:
    """Once the attestation has expired, what it closed is new: a baseline must not have accepted it."""
    path = crawl(tmp_path, UNREAD)
    answer = checked(path, attestations=BY_LIST)
    (tmp_path / "b.json").write_text(lineage.to_baseline(answer))
    assert checked(path, baseline=lineage.load_baseline(tmp_path / "b.json")).code == 4


def test_sarif_and_junit_tell_who_vouches(tmp_path: Path) -> None:
    """A result that comes only from gaps is suppressed by attestations, with both verdicts; its test case is skipped."""
    answer = checked(crawl(tmp_path, UNREAD), attestations=BY_LIST)
    (run,) = json.loads(lineage.to_sarif(answer, "s.db"))["runs"]
    result = next(one for one in run["results"] if one["ruleId"] == "LIN001")
    assert [one["justification"] for one in result["suppressions"]] == ["jo attests: looked"]
    assert run["properties"]["verdict_without_attestations"] == answer.rests.without
    cases: Any = ET.fromstring(lineage.to_junit(answer)).iter("testcase")
    said = [case.find("skipped").text for case in cases if case.get("classname") == "LIN001"]
    assert said[0].startswith("not known, and attested: jo on 2026-01-01, until 2027-01-01: looked")
