"""ARNs and S3 locations: one normal form, and which keys a location covers."""

from __future__ import annotations

import csv
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointResolutionError
from botocore.loaders import Loader
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain import names
from lineage.domain.names import (
    Cover,
    Location,
    PlaceIndex,
    Span,
    channel_span,
    cover,
    folders_above,
    gets,
    is_arn,
    node_id,
    parse_arn,
    parse_location,
    s3_spellings,
)
from lineage.errors import MalformedName

VECTORS = list(
    csv.DictReader((Path(__file__).parent / "data" / "s3_match_vectors.tsv").read_text().splitlines(), delimiter="\t")
)


@pytest.mark.parametrize("case", VECTORS, ids=lambda case: f"{case['channel_uri']} {case['dataset_uri']}")
def test_vector(case: dict[str, str]) -> None:
    """Every channel of the vectors covers as much of the dataset as SageMaker's own rules say."""
    span = channel_span(case["S3DataType"], case["input_mode"])
    assert cover(parse_location(case["channel_uri"]), span, parse_location(case["dataset_uri"])) == case["expected"]


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("s3://b", "s3://b/"),
        ("s3://b/", "s3://b/"),
        ("S3://b/Key", "s3://b/Key"),
        ("s3a://b/k", "s3://b/k"),
        ("s3://b//k", "s3://b//k"),
        ("s3://b/a%20b?x#y", "s3://b/a%20b?x#y"),
        ("https://b.s3.amazonaws.com/a%20b", "s3://b/a b"),
        ("https://b.s3.eu-west-1.amazonaws.com/k", "s3://b/k"),
        ("https://b.s3-eu-west-1.amazonaws.com/k", "s3://b/k"),
        ("https://b.s3.dualstack.eu-west-1.amazonaws.com/k/", "s3://b/k/"),
        ("https://b.s3-fips.us-gov-west-1.amazonaws.com/k", "s3://b/k"),
        ("https://a.dotted.b.s3.eu-west-1.amazonaws.com/k", "s3://a.dotted.b/k"),
        ("https://s3.eu-west-1.amazonaws.com/b/k", "s3://b/k"),
        ("https://s3-eu-west-1.amazonaws.com/b/k", "s3://b/k"),
        ("https://s3.amazonaws.com/b", "s3://b/"),
        ("https://b.s3.amazonaws.com/a#b/c?versionId=1", "s3://b/a#b/c"),
        ("https://b.s3.cn-north-1.amazonaws.com.cn/k", "s3://b/k"),
        ("arn:aws:s3:::b/Key/x", "s3://b/Key/x"),
        ("arn:aws-cn:s3:::b", "s3://b/"),
        ("https://b.s3.eusc-de-east-1.amazonaws.eu/k", "s3://b/k"),
        ("https://s3.us-iso-east-1.c2s.ic.gov/b/k", "s3://b/k"),
        ("https://b.s3-accelerate.dualstack.amazonaws.com/k", "s3://b/k"),
        ("https://f--use1-az4--x-s3.s3express-use1-az4.us-east-1.amazonaws.com/k", "s3://f--use1-az4--x-s3/k"),
        ("https://s3express-use1-az4.us-east-1.amazonaws.com/f--use1-az4--x-s3/k", "s3://f--use1-az4--x-s3/k"),
        ("arn:aws:s3express:us-east-1:111122223333:bucket/f--use1-az4--x-s3/k", "s3://f--use1-az4--x-s3/k"),
        ("s3://arn:aws:s3express:us-east-1:111122223333:bucket/f--use1-az4--x-s3/k", "s3://f--use1-az4--x-s3/k"),
        ("efs://fs-1/Dir", "efs://fs-1/Dir"),
    ],
)
def test_normal_form(text: str, uri: str) -> None:
    """Each spelling of a location has one normal form: case and slashes are kept, https is decoded, s3 is not."""
    assert parse_location(text).uri == uri


@pytest.mark.parametrize(
    "text",
    [
        "",
        "loans",
        "s3:/b/k",
        "s3://",
        "s3:///k",
        "s3://b c/k",
        "s3://b/k\n",
        "https://example.com/b/k",
        "https://b.s3.eu-west-1.amazonaws.example/k",
        "https://b.s3.eu-west-1.example.amazonaws.com/k",
        "http://",
        "ftp://b/k",
        "https://[x",
        "s3://<b>/k",
    ],
)
def test_malformed_location(text: str) -> None:
    """A text that is no location is refused with a sentence that shows one."""
    with pytest.raises(MalformedName, match=r"is not an S3 URI \(expected s3://bucket/prefix/\)"):
        parse_location(text)


@pytest.mark.parametrize(
    "root",
    [
        "s3://team-x1-s3alias/k",
        "s3://team--ol-s3/k",
        "s3://abc.mrap/k",
        "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/team/k",
        "https://team-111122223333.s3-accesspoint.eu-west-1.amazonaws.com/k",
        "https://team-111122223333.s3-object-lambda.eu-west-1.amazonaws.com/k",
        "https://abc.mrap.accesspoint.s3-global.amazonaws.com/k",
        "arn:aws:s3:eu-west-1:111122223333:accesspoint/team/object/k",
        "arn:aws-cn:s3:cn-north-1:111122223333:accesspoint/team/k",
        "s3://team-o01--op-s3/k",
        "s3://team--use1-az4--xa-s3/k",
        "https://team--use1-az4--xa-s3.s3express-use1-az4.us-east-1.amazonaws.com/k",
        "https://s3express-use1-az4.us-east-1.amazonaws.com/team--use1-az4--xa-s3/k",
        "arn:aws:s3express:us-east-1:111122223333:accesspoint/team--use1-az4--xa-s3/object/k",
        "s3://arn:aws:s3express:us-east-1:111122223333:accesspoint/team--use1-az4--xa-s3/k",
    ],
)
def test_access_points_hide_their_bucket(root: str) -> None:
    """Behind an access point any bucket may stand: a place that shares its keys is unknown, another one is not covered."""
    alias = parse_location(root)
    assert alias.hides_bucket
    assert parse_location(alias.uri) == alias
    assert cover(alias, Span.PREFIX, parse_location("s3://b/k/x")) is Cover.UNKNOWN
    assert cover(alias, Span.PREFIX, parse_location("s3://b/other/x")) is Cover.NONE
    assert cover(parse_location("s3://b/k/"), Span.PREFIX, alias) is Cover.UNKNOWN


ENDPOINTS = Loader().load_data("endpoints")["partitions"]
S3 = EndpointProvider(Loader().load_service_model("s3", "endpoint-rule-set-1"), Loader().load_data("partitions"))


@pytest.mark.parametrize("partition", ENDPOINTS, ids=lambda partition: partition["partition"])
@pytest.mark.parametrize(
    ("bucket", "hidden"),
    [("b", False), ("a.dotted.b", False), ("f--use1-az4--x-s3", False), ("ap--use1-az4--xa-s3", True), ("a-s3alias", True)],
)
def test_the_hosts_of_every_region(partition: dict[str, Any], bucket: str, hidden: bool) -> None:
    """In each region that botocore knows, every host name that it would use for a bucket is read as that bucket."""
    for region, fips, dual_stack, path_style in product(partition["regions"], *[[False, True]] * 3):
        asked = {"UseFIPS": fips, "UseDualStack": dual_stack, "ForcePathStyle": path_style, "DisableS3ExpressSessionAuth": True}
        try:
            host = S3.resolve_endpoint(Bucket=bucket, Region=region, Accelerate=False, UseGlobalEndpoint=False, **asked).url
        except EndpointResolutionError:
            continue  # not every partition has every flavour
        found = parse_location(f"{host}/k%20x")
        assert (found.uri, found.hides_bucket) == (f"s3://{bucket}/k x", hidden)
        assert (
            fips or dual_stack or f"{host}/k" in s3_spellings(parse_location(f"s3://{bucket}/k"), region) or "express" in host
        )


@pytest.mark.parametrize("partition", ENDPOINTS, ids=lambda partition: partition["partition"])
def test_every_region_has_its_partition(partition: dict[str, Any]) -> None:
    """Each region that botocore knows is in its partition, and has the DNS suffix of that."""
    known = {names.partition(region) for region in partition["regions"]}
    assert known == {(partition["partition"], partition["dnsSuffix"])}


@pytest.mark.parametrize(
    ("node", "expected"),
    [
        ("arn:aws-cn:sagemaker:cn-north-1:111122223333:training-job/j@2026-01-01T00:00:00Z", "aws-cn"),
        ("arn:aws:sagemaker:eu-west-1:111122223333:training-job/j", "aws"),
        ("training-job:111122223333/us-gov-west-1/j", "aws-us-gov"),
        ("model:111122223333/eu-west-1/cn-north-1/m", "aws"),
        ("s3://111122223333/cn-north-1/j", ""),
        ("efs://fs-1/cn-north-1/", ""),
        ("image:1", ""),
    ],
)
def test_the_partition_of_a_node(node: str, expected: str) -> None:
    """A record's partition is in its ARN, that of something only named follows from its region, and a place has none."""
    assert names.partition_of(node) == expected


def test_a_directory_bucket_is_an_ordinary_name() -> None:
    """S3 Express bucket names end in --x-s3 and hide nothing."""
    assert not parse_location("s3://fast--euw1-az1--x-s3/k").hides_bucket


@pytest.mark.parametrize("text", ["arn:aws:sagemaker", "arn", "", "arn:aws:sagemaker:eu-west-1:1:", "x:aws:s:r:a:y"])
def test_malformed_arn(text: str) -> None:
    """A text that is no ARN is refused with a sentence that shows one."""
    with pytest.raises(MalformedName, match=r"is not an ARN \(expected one like arn:aws:sagemaker:"):
        parse_arn(text)


def test_arns_meet_without_regard_to_case() -> None:
    """The resource part is casefolded, because ARNs are lower case where names are not; the rest is kept."""
    mixed = "arn:aws:sagemaker:eu-west-1:111122223333:training-job/Loans-Fit-42"
    assert node_id(mixed) == node_id(mixed.lower()) == mixed.lower()
    assert node_id("arn:aws:s3:::Bucket/Key") == "s3://Bucket/Key"


def test_spellings_hold_every_form_with_and_without_slash() -> None:
    """Search compares strings, so a query has the s3, virtual-host and path forms, each with and without a slash."""
    forms = set(s3_spellings(parse_location("s3://b/m/x.tar.gz"), "eu-west-1"))
    assert {
        "s3://b/m/x.tar.gz",
        "s3://b/m/x.tar.gz/",
        "https://b.s3.eu-west-1.amazonaws.com/m/x.tar.gz",
        "https://s3.amazonaws.com/b/m/x.tar.gz/",
    } <= forms
    assert {parse_location(form.rstrip("/")).uri for form in forms} == {"s3://b/m/x.tar.gz"}


def test_spellings_in_china() -> None:
    """In the China regions the https forms end in .com.cn."""
    forms = set(s3_spellings(parse_location("s3://b/k"), "cn-north-1"))
    assert "https://b.s3.cn-north-1.amazonaws.com.cn/k" in forms
    assert not any(form.startswith("https") and ".com.cn" not in form for form in forms)


def test_folders_above() -> None:
    """The folders around a key are listed narrowest first, without the bucket."""
    assert [folder.uri for folder in folders_above(parse_location("s3://b/a/b/c/"))] == ["s3://b/a/b", "s3://b/a"]


def test_a_dataset_without_slash_is_the_object_or_the_folder() -> None:
    """A dataset named without a slash counts as covered where either of its two readings is."""
    dataset = parse_location("s3://b/train")
    assert cover(parse_location("s3://b/train/"), Span.PREFIX, dataset) is Cover.ALL
    assert cover(parse_location("s3://b/train"), Span.OBJECT, dataset) is Cover.ALL
    assert cover(parse_location("s3://b/training/"), Span.PREFIX, dataset) is Cover.NONE


@pytest.mark.parametrize(
    ("data_type", "mode", "span"),
    [
        ("S3Prefix", "File", Span.PREFIX),
        ("S3Prefix", "Pipe", Span.PREFIX),
        ("S3Prefix", "FastFile", Span.FOLDER),
        (None, None, Span.PREFIX),
        ("Converse", None, Span.PREFIX),
        ("S3Object", None, Span.OBJECT),
        ("ManifestFile", "File", Span.MANIFEST),
        ("AugmentedManifestFile", "Pipe", Span.MANIFEST),
        ("NewIn2027", "File", Span.UNKNOWN),
    ],
)
def test_channel_span(data_type: str | None, mode: str | None, span: Span) -> None:
    """A channel's data type and mode decide which keys it covers; an unrecognised type is unknown."""
    assert channel_span(data_type, mode) is span


KEYS = st.text("ab/", max_size=5)
SPANS = st.sampled_from([Span.PREFIX, Span.FOLDER, Span.OBJECT])
UNIVERSE = ["".join(letters) for length in range(8) for letters in product("ab/", repeat=length)]


def keys_of(key: str, span: Span) -> set[str]:
    """By brute force: the keys of a small universe that a span contains."""
    if span is Span.OBJECT:
        return {key}
    if span is Span.PREFIX or not key:
        return {one for one in UNIVERSE if one.startswith(key)}
    return {one for one in UNIVERSE if one == key or one.startswith(key if key.endswith("/") else f"{key}/")}


@given(KEYS, SPANS, KEYS, st.sampled_from([Span.PREFIX, Span.OBJECT]))
def test_cover_agrees_with_sets_of_keys(key: str, span: Span, wanted: str, wanted_span: Span) -> None:
    """Covering all, part or none agrees with the sets of keys, for every pair of spans."""
    channel, dataset = keys_of(key, span), keys_of(wanted, wanted_span)
    expected = Cover.ALL if dataset <= channel else Cover.PART if dataset & channel else Cover.NONE
    assert cover(Location("s3://b", key), span, Location("s3://b", wanted), wanted_span) is expected


@given(KEYS, SPANS, KEYS)
def test_cover_of_a_folder_is_that_of_its_better_reading(key: str, span: Span, wanted: str) -> None:
    """A dataset is never called uncovered while one of its keys is read."""
    folder = cover(Location("s3://b", key), span, Location("s3://b", wanted))
    assert (folder is Cover.NONE) == (not keys_of(key, span) & keys_of(wanted, Span.FOLDER))


@given(st.text('aB/%+ #?=.é\\"', max_size=20))
def test_the_normal_form_is_stable(key: str) -> None:
    """Parsing a normal form gives it back, whatever the key holds."""
    uri = parse_location(f"s3://bucket/{key}").uri
    assert parse_location(uri).uri == uri == f"s3://bucket/{key}"


# --- whole locations ----------------------------------------------------------------------------

ALIAS, POINT = "s3://ap-1-s3alias", "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint:ap"


@pytest.mark.parametrize(
    ("text", "hidden"),
    [
        ("s3://b/k", False),
        ("s3://b-s3alias-2/k", False),
        (f"{ALIAS}/k", True),
        ("s3://x--ol-s3/k", True),
        ("s3://x.mrap/k", True),
        (f"{POINT}/k", True),
        ("https://ap-1.s3-accesspoint.eu-west-1.amazonaws.com/k", True),
        ("efs://fs-1-s3alias/k", False),
    ],
)
def test_what_hides_its_bucket(text: str, hidden: bool) -> None:
    """Access points, of one bucket or of many, stand for a bucket that their name does not show; no other store does."""
    assert parse_location(text).hides_bucket is hidden


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("s3://b/x/", "s3://b/x/1", Cover.ALL),
        ("s3://b/x/1", "s3://b/x/", Cover.PART),
        ("s3://b/x/", "s3://c/x/1", Cover.NONE),
        (f"{ALIAS}/x/", "s3://b/x/1", Cover.UNKNOWN),
        ("s3://b/x/", f"{ALIAS}/x/1", Cover.UNKNOWN),
        (f"{ALIAS}/x/1", "s3://b/x/", Cover.UNKNOWN),
        (f"{ALIAS}/x/", "s3://b/y/", Cover.NONE),
        (f"{ALIAS}/x/", f"{ALIAS}/x/1", Cover.ALL),
    ],
)
def test_cover_behind_an_access_point(one: str, other: str, expected: Cover) -> None:
    """Where a bucket is hidden, on either side, equal keys may be the same ones; different keys are others."""
    assert cover(parse_location(one), Span.PREFIX, parse_location(other)) is expected


@pytest.mark.parametrize("span", [Span.MANIFEST, Span.LISTING, Span.UNKNOWN])
@pytest.mark.parametrize(
    ("dataset", "expected"), [("s3://b/m", Cover.ALL), ("s3://b/", Cover.UNKNOWN), ("s3://c/", Cover.UNKNOWN)]
)
def test_cover_of_what_nobody_looked_into(span: Span, dataset: str, expected: Cover) -> None:
    """A manifest, or a place with an unknown way of reading, is read itself; its name does not say what else is read."""
    assert cover(parse_location("s3://b/m"), span, parse_location(dataset)) is expected


@pytest.mark.parametrize(
    ("read", "span", "written", "written_span", "expected"),
    [
        ("s3://b/x", Span.PREFIX, "s3://b/xy/", Span.FOLDER, True),
        ("s3://b/x", Span.FOLDER, "s3://b/xy/", Span.FOLDER, False),
        ("s3://b/x/1", Span.OBJECT, "s3://b/x", Span.FOLDER, True),
        ("s3://b/x/1", Span.OBJECT, "s3://b/x", Span.OBJECT, False),
        ("s3://b/x/", Span.PREFIX, "s3://b/x/1", Span.OBJECT, True),
        ("s3://b/m", Span.MANIFEST, "s3://b/m", Span.OBJECT, True),
        ("s3://b/m", Span.LISTING, "s3://b/", Span.FOLDER, True),
        ("s3://b/m", Span.MANIFEST, "s3://b/n", Span.FOLDER, False),
        ("s3://b/m", Span.LISTING, "s3://b/m/x", Span.FOLDER, False),
        ("s3://b/m", Span.UNKNOWN, "s3://b/", Span.FOLDER, False),
        (f"{ALIAS}/x/", Span.PREFIX, "s3://b/x/", Span.FOLDER, False),
    ],
)
def test_who_gets_something_of_a_write(read: str, span: Span, written: str, written_span: Span, expected: bool) -> None:
    """A reader gets whatever shares a key with a write, as far as names show; for a manifest, the object itself."""
    assert gets(read, span, written, written_span) is expected


@given(st.sets(KEYS, max_size=6), KEYS, SPANS)
def test_the_index_of_places_leaves_none_out(keys: set[str], asked: str, span: Span) -> None:
    """The places that may share a key with a place are found, each once, and nothing of another bucket."""
    uris = {f"s3://{bucket}/{key}" for key in keys for bucket in ("b", "bb")}
    found = list(PlaceIndex(uris).near(f"s3://b/{asked}"))
    assert len(found) == len(set(found))
    assert {uri for uri in uris if gets(f"s3://b/{asked}", span, uri)} <= set(found) <= uris


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("s3://b/x/y", ["s3://b/", "s3://b/x", "s3://b/x/", "s3://b/x/y/z", "s3://b/x/yy"]),
        ("s3://b/x/", ["s3://b/", "s3://b/x", "s3://b/x/", "s3://b/x/y/z", "s3://b/x/yy", "s3://b/xx"]),
        ("s3://b/a", ["s3://b/"]),
        ("s3://c/x", []),
    ],
)
def test_what_the_index_has_near(asked: str, near: list[str]) -> None:
    """Near a place are the names that begin like it and the folders around it, and nothing else of any bucket."""
    places = ["s3://b/", "s3://b/x", "s3://b/x/", "s3://b/x/y/z", "s3://b/x/yy", "s3://b/xx", "s3://b/z", "s3://bb/x/y"]
    assert sorted(PlaceIndex(places).near(asked)) == near


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("arn:aws:sagemaker:eu-west-1:111122223333:endpoint/e", True),
        ("arn:aws:s3:::b", True),
        ("arn:aws:s3:::", False),
        ("arn::s3:::b", False),
        ("arn:aws::::b", False),
        ("arn:aws:s3::b", False),
        ("urn:aws:s3:::b", False),
        ("arn:aws:x:r:a:kind:name:more", True),
    ],
)
def test_what_is_an_arn(text: str, expected: bool) -> None:
    """An ARN has six parts; partition, service and resource are required; a resource may contain colons."""
    assert is_arn(text) is expected
