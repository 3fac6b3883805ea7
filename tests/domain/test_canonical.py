"""The bytes behind digests: kept snapshots and reports are compared with them for years."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.domain.canonical import canonical, digest_of
from lineage.snapshot.seals import Seal
from tests.records import training
from tests.snapshot.test_file import crawl

VALUE = {"b": [1, 2.5, None, True], "a": {"é": '漢字 \u2028 "q" \\ \n', "Z": ""}, "A": "<&>"}
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
JSONS = st.recursive(SCALARS, lambda some: st.lists(some) | st.dictionaries(st.text(), some), max_leaves=20)


def test_the_form_is_what_it_was() -> None:
    """Keys are sorted by code point, nothing is spaced, and only what JSON requires is escaped."""
    assert canonical(VALUE) == '{"A":"<&>","a":{"Z":"","é":"漢字 \u2028 \\"q\\" \\\\ \\n"},"b":[1,2.5,null,true]}'
    assert digest_of(VALUE) == "sha256:985c892a5182b94520dcbb4b9ff0b69c4a23a9857f93aa6480d954a38760785d"
    assert digest_of("\ud800").startswith("sha256:")


def test_a_record_keeps_its_digest(tmp_path: Path) -> None:
    """The digest of a version of a record is that of a release ago."""
    crawl(tmp_path / "s.db", training("fit", {"träin": "s3://d/x/"}))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (version,) = snapshot.versions(*next((one.id, one.created) for one in snapshot.resources()))
    assert version.digest == "526dd9e56263eafd4f74f7009ed47a20441c1d84fa2d1f34dc3a9ae8c6719cad"


def test_a_seal_and_a_report_keep_their_digests() -> None:
    """A seal and a report that were signed elsewhere still have the same digests here."""
    seal = Seal(3, "lineage-seal-1", "sha256:ab", {"record": "cd", "edge": "ef"}, "01", "")
    assert seal.made_anew() == "sha256:530ebbc6e44c68bc3e394cc76e20b28ad10b13c374f1a2333ecc888e303f313e"
    document = {"report_id": "a", "report_digest": "b", "title": "é", "n": 2}
    report = {"schema": "s", "question": {"x": 1}, "document": document, "rows": [{"b": 1, "a": None}]}
    assert lineage.report_digest(report) == "sha256:dea86f34d4b05f08077f996d74ad7282fa05e8739f42fffd4f8d2872e8c1a7b5"


@given(JSONS)
def test_equal_content_has_equal_bytes(value: Any) -> None:
    """A value that is written and read again, in any order, has the same form."""
    assert canonical(json.loads(json.dumps(value))) == canonical(value)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_json_has_no_number_for(value: float) -> None:
    """NaN and infinity are refused, because other readers could not compute the digest again."""
    with pytest.raises(ValueError, match="JSON"):
        canonical(value)
