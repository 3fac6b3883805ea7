"""What a place is to every question: by whichever name a record calls it, and which of two that are called the same."""

from __future__ import annotations

import pytest

from lineage.queries.trace import trace
from lineage.queries.used import used
from tests.queries.test_used import verdict, whole
from tests.records import processing, served, training

# --- access points and hosts --------------------------------------------------------------------

POINTS = [
    "s3://ap--use1-az4--xa-s3/x/",
    "https://ap--use1-az4--xa-s3.s3express-use1-az4.us-east-1.amazonaws.com/x/",
    "arn:aws:s3express:us-east-1:111122223333:accesspoint/ap--use1-az4--xa-s3/object/x/",
    "s3://ap-o01--op-s3/x/",
]


@pytest.mark.parametrize("point", POINTS)
def test_an_access_point_of_any_bucket_may_hide_a_use(point: str) -> None:
    """What a channel reads over an access point, also of a directory bucket, may be the data: nobody says that it was not."""
    read = training("j", {"train": point})
    assert verdict("s3://f--use1-az4--x-s3/x/", read) == "unknown"
    assert verdict("s3://f--use1-az4--x-s3/y/", read) == "not-referenced"
    assert verdict(point, training("j", {"train": "s3://f--use1-az4--x-s3/x/"})) == "unknown"


@pytest.mark.parametrize("point", POINTS)
def test_what_is_written_over_an_access_point_may_be_read_anywhere(point: str) -> None:
    """A job that writes over an access point may have written what another one read from the bucket."""
    [hole] = used(whole(processing("p", {"in": "s3://raw/"}, {"out": point})), "s3://raw/").scope["holes"]
    assert (hole["reason"], "this version does not follow it" in hole["detail"]) == ("unresolved", True)


@pytest.mark.parametrize(
    "written",
    [
        "https://m.s3.eusc-de-east-1.amazonaws.eu/a/model.tar.gz",
        "https://s3.us-isob-east-1.sc2s.sgov.gov/m/a/model.tar.gz",
        "arn:aws-eusc:s3:::m/a/model.tar.gz",
    ],
)
def test_a_model_is_found_by_the_host_of_any_partition(written: str) -> None:
    """A model that names its artifact by the host of its own partition leads to the job that wrote it."""
    graph = whole(training("j", {"train": "s3://d/x/"}, "s3://m/a/model.tar.gz"), *served(written))
    found = trace(graph, "shop")
    assert (found.verdict, [job["name"] for job in found.training_jobs]) == ("traced", ["j"])
