"""A check of one account covers what its endpoints were made from, wherever that was trained."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from tests.records import ACCOUNT, REGION, channel, record, served, training
from tests.swept import swept

SERVING, ELSEWHERE = "444455556666", "777788889999"
HELD = "s3://data/holdout/"


def in_account(one: Resource, account: str) -> Resource:
    """The same record in another account."""
    return record(
        one.kind, one.name, {name: said for name, said in one.body.items() if not name.endswith("Arn")}, account=account
    )


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One account trains, one serves the result, and one trains for no one: on the holdout, all of them."""
    path = tmp_path_factory.mktemp("narrowed") / "s.db"
    learned = [channel("train", HELD), channel("validation", HELD)]
    found = [
        training("fit", learned),
        *(in_account(one, SERVING) for one in served("s3://models/fit/output/model.tar.gz")),
        in_account(training("other", learned), ELSEWHERE),
    ]
    swept(path, found, [(account, REGION) for account in (ACCOUNT, SERVING, ELSEWHERE)])
    return path


@pytest.mark.parametrize(
    ("subjects", "accounts", "trained"),
    [
        ([], [], {"fit", "other"}),
        ([], [ACCOUNT], {"fit"}),
        ([], [SERVING], {"fit"}),
        ([], [ELSEWHERE], {"other"}),
        (["shop"], [SERVING], {"fit"}),
        (["shop"], [ELSEWHERE], {"fit"}),
    ],
)
def test_an_endpoint_whose_model_was_trained_in_another_account(
    estate: Path, subjects: list[str], accounts: list[str], trained: set[str]
) -> None:
    """A gate on the account that serves it fails on the holdout; jobs that made nothing there are not reported by any rule."""
    policy = lineage.Policy(holdouts=(HELD,))
    with lineage.open_snapshot(estate) as snapshot:
        answer = lineage.check(snapshot, policy, subjects, fail_on="error", accounts=accounts)
    named: dict[str, Any] = {rule: set() for rule in ("LIN001", "LIN003")}
    for one in answer.findings:
        named.get(one.rule, set()).add(one.subject["name"])
    assert (answer.code, named) == (1, dict.fromkeys(named, trained))


def test_an_account_that_no_crawl_has_read_passes_no_holdout(estate: Path) -> None:
    """A requested scope that was not read is still reported, beside what is upstream of it."""
    policy = lineage.Policy(holdouts=("s3://data/unseen/",))
    with lineage.open_snapshot(estate) as snapshot:
        answer = lineage.check(snapshot, policy, accounts=[SERVING, "999999999999"])
    assert {one.rule for one in answer.undecided} >= {"LIN001", "LIN002"}
