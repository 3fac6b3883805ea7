"""Opaque sources: one rule, which the snapshot's index and every question use."""

from __future__ import annotations

from pathlib import Path

import pytest

import lineage
from lineage.domain.names import Span, node_id
from lineage.domain.opaque import is_opaque
from tests.records import channel, training
from tests.snapshot.test_file import crawl

PLACES = [
    ("s3://b/k", False),
    ("s3://b--euw1-az1--x-s3/k", False),
    ("s3://b/ap-s3alias/k", False),
    ("s3://ap-0f3-s3alias/k", True),
    ("s3://ap-0f3--ol-s3/k", True),
    ("s3://ap--euw1-az1--xa-s3/k", True),
    ("s3://m1.mrap/k", True),
    ("s3://arn:aws:s3:eu-west-1:111122223333:accesspoint:ap/k", True),
    ("efs://fs-1/data", True),
    ("athena://catalog/db/table", True),
    ("arn:aws:sagemaker:eu-west-1:111122223333:hub-content/hub/model/m/1", True),
    ("feature-group:111122223333/eu-west-1/f", True),
    ("nonsense", True),
]


@pytest.mark.parametrize(("place", "opaque"), PLACES)
def test_a_place_is_opaque_whose_name_tells_no_bucket(place: str, opaque: bool) -> None:
    """Access points, other stores and texts that are no place could give anything; a bucket and a key say what they give."""
    assert is_opaque(place, "train", Span.PREFIX) == opaque


@pytest.mark.parametrize(
    ("role", "span", "opaque"),
    [
        ("train", Span.OBJECT, False),
        ("train", Span.FOLDER, False),
        ("train", Span.LISTING, False),
        ("train", Span.MANIFEST, True),
        ("train", Span.UNKNOWN, True),
        ("train", None, True),
        ("pre_exec_script_and_dependencies", Span.PREFIX, True),
    ],
)
def test_a_reading_is_opaque_that_tells_no_keys(role: str, span: Span | None, opaque: bool) -> None:
    """An unread manifest, an unknown data type and a channel of code could be anything in a plain bucket."""
    assert is_opaque("s3://b/k", role, span) == opaque


def test_the_snapshot_finds_them_by_the_same_rule(tmp_path: Path) -> None:
    """The places that a file gives as opaque are exactly those of the rule."""
    channels = [channel(f"c{number}", place) for number, (place, _) in enumerate(PLACES) if "://" in place]
    crawl(tmp_path / "s.db", training("j", [*channels, channel("m", "s3://b/list", data_type="ManifestFile")]))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        places = [*(node_id(place) for place, opaque in PLACES if opaque and "://" in place), "s3://b/list"]
        assert list(snapshot.opaque_places()) == sorted(places)
