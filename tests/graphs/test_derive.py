"""Records become nodes and edges: names and locations joined, once and correctly."""

from __future__ import annotations

import pytest

from lineage.domain.names import Span, named_id
from lineage.domain.records import Resource, Window
from lineage.graphs.derive import Joined, derive
from tests.records import arn, channel, processing, record, served, training


def edges(joined: Joined, *relations: str) -> set[tuple[str, str, str]]:
    return {(edge.source, edge.target, edge.role) for edge in joined.edges if edge.relation in relations}


def test_a_name_meets_its_record_without_regard_to_case() -> None:
    """A config that names `Shop-Model` deploys the model whose ARN says `shop-model`."""
    joined = derive(served("s3://b/m", name="Shop"))
    assert edges(joined, "deploys") == {(arn("model", "shop-model"), arn("endpoint-config", "shop-config"), "all")}
    assert edges(joined, "configures") == {(arn("endpoint-config", "shop-config"), arn("endpoint", "shop"), "")}


def test_what_nobody_described_is_a_node_all_the_same() -> None:
    """A deleted model is in the graph as `kind:account/region/name`, not observed."""
    _, config, endpoint = served("s3://b/m")
    joined = derive([config, endpoint])
    node = joined.nodes[named_id("model", "111122223333", "eu-west-1", "shop-model")]
    assert (node.kind, node.name, node.observed) == ("model", "shop-model", False)


def test_an_arn_of_another_account_names_its_own_account() -> None:
    """A shared model package is the node of the account that owns it."""
    package = arn("model-package", "risk/3", account="999988887777")
    joined = derive([record("model", "m", {"Containers": [{"ModelPackageName": package}]})])
    assert joined.nodes[package].account == "999988887777"
    assert edges(joined, "instantiates") == {(package, arn("model", "m"), "")}


def test_the_same_name_in_two_regions_is_two_nodes() -> None:
    """A name is valid in its account and region only."""
    here = record("endpoint-config", "c", {"ProductionVariants": [{"VariantName": "v", "ModelName": "m"}]})
    there = record("model", "m", {}, region="us-east-1")
    joined = derive([here, there])
    assert edges(joined, "deploys") == {(named_id("model", "111122223333", "eu-west-1", "m"), here.id, "v")}


def test_mirrored_fields_are_one_edge() -> None:
    """`DescribeModel` gives the artifact in two fields; the graph has it once, in either form of the URI."""
    source = {"S3DataSource": {"S3Uri": "s3://b/m.tar.gz", "S3DataType": "S3Object"}}
    url = "https://b.s3.eu-west-1.amazonaws.com/m.tar.gz"
    joined = derive([record("model", "m", {"PrimaryContainer": {"ModelDataUrl": url, "ModelDataSource": source}})])
    assert edges(joined, "loads") == {("s3://b/m.tar.gz", arn("model", "m"), "")}


def test_a_trial_component_echoes_its_job() -> None:
    """A run's repetition of a field of its job is no second edge; its additions are kept, as logged."""
    job = training("Fit", {"train": "s3://b/t"})
    logged = {"train": {"Value": "s3://b/t"}, "extra": {"Value": "s3://b/x"}}
    run = record("trial-component", "run", {"Source": {"SourceArn": job.arn.lower()}, "InputArtifacts": logged})
    joined = derive([job, run])
    assert edges(joined, "recorded-by") == {(job.id, run.id, "")}
    assert edges(joined, "reads") == {("s3://b/t", job.id, "train"), ("s3://b/x", run.id, "extra")}
    assert {edge.evidence for edge in joined.edges if edge.target == run.id and edge.relation == "reads"} == {"logged"}


def test_an_earlier_life_of_an_arn_is_a_node_of_its_own() -> None:
    """A job that was deleted and created again under its name keeps what each of its lives read."""
    first = training("j", {"train": "s3://b/old"}, day="2026-01-01")
    second = training("j", {"train": "s3://b/new"}, day="2026-03-01")
    joined = derive([second, first])
    assert edges(joined, "reads") == {
        ("s3://b/old", f"{first.id}@2026-01-01T09:55:00Z", "train"),
        ("s3://b/new", second.id, "train"),
    }


@pytest.mark.parametrize(
    ("records", "kind", "observed"),
    [
        ([training("j", {"train": "s3://b/x"})], "dataset", True),
        ([training("j", {"model": "s3://b/x"})], "artifact", False),
        ([training("j", {}, "s3://b/x")], "artifact", True),
        ([training("j", {"code": "s3://b/x"})], "code", True),
        ([training("j", {"code": "s3://b/x"}, HyperParameters={"h": "s3://b/x"})], "code", True),
        ([training("j", {"code": "s3://b/x"}), training("k", {"train": "s3://b/x"})], "dataset", True),
        (served("s3://b/x"), "artifact", False),
        ([*served("s3://b/x/"), training("j", {}, "s3://b/x")], "artifact", True),
        ([processing("p", {}, {"out": "s3://b/x"})], "dataset", True),
    ],
)
def test_kind_of_a_location(records: list[Resource], kind: str, observed: bool) -> None:
    """The edges of a location decide whether it is data, an artifact or code; an artifact without a maker is not observed."""
    nodes = derive(records).nodes
    node = nodes.get("s3://b/x") or nodes["s3://b/x/"]
    loaded = nodes.get("s3://b/x/", node)
    assert (loaded.kind, loaded.observed) == (kind, observed)


def test_a_channel_inside_another_jobs_artifact_is_a_model() -> None:
    """Whatever the name of a channel, a location in another job's artifact is a model and no data."""
    joined = derive(
        [training("base", {}, "s3://b/base/output/model"), training("next", {"training": "s3://b/base/output/model/"})]
    )
    assert [edge.usage for edge in joined.edges if edge.relation == "reads"] == ["model"]


def test_several_jobs_read_one_model() -> None:
    """However many jobs read one place inside another job's artifact, it is a model for each of them."""
    readers = [training(name, {"training": "s3://b/base/output/model/"}) for name in ("one", "two")]
    joined = derive([training("base", {}, "s3://b/base/output/model"), *readers])
    assert [edge.usage for edge in joined.edges if edge.relation == "reads"] == ["model", "model"]


def test_a_channel_that_only_covers_an_artifact_stays_data() -> None:
    """A channel over a whole bucket reads the artifacts in it, and everything else, so it is still data."""
    joined = derive([training("base", {}, "s3://b/base/output/model.tar.gz"), training("next", {"training": "s3://b/"})])
    assert [edge.usage for edge in joined.edges if edge.relation == "reads"] == ["data"]
    assert edges(joined, "overlaps") == {("s3://b/base/output/model.tar.gz", "s3://b/", "")}


@pytest.mark.parametrize(
    ("written", "read", "joins"),
    [
        ("s3://b/out/", "s3://b/out/train/", True),
        ("s3://b/out", "s3://b/out/train/x.csv", True),
        ("s3://b/out/train/", "s3://b/out/", True),
        ("s3://b/out/train", "s3://b/out/tr", True),
        ("s3://b/out", "s3://b/out-2/", False),
        ("s3://b/out/", "s3://b/OUT/", False),
        ("s3://b/out/", "s3://c/out/", False),
        ("s3://b/out", "s3://b/out/", True),
        ("s3://bb/out", "s3://b/", False),
    ],
)
def test_overlaps(written: str, read: str, joins: bool) -> None:
    """A written folder matches a read prefix where they share a key, whichever is the wider."""
    joined = derive([processing("p", {}, {"out": written}), training("t", [channel("train", read)])])
    assert edges(joined, "overlaps") == ({(written, read, "")} if joins else set())


def test_one_place_needs_no_overlap() -> None:
    """Where the written and the read location are the same, the node itself joins them."""
    joined = derive([processing("p", {}, {"out": "s3://b/x/"}), training("t", {"train": "s3://b/x/"})])
    assert edges(joined, "overlaps") == set()


def test_the_narrowest_write_explains_a_read() -> None:
    """A job writes its artifact and the folder around it; only the artifact joins it to the model."""
    job = training("j", {}, "s3://b/j/output/model.tar.gz", OutputDataConfig={"S3OutputPath": "s3://b"})
    assert edges(derive([job, *served("s3://b/j/output/model.tar.gz")]), "overlaps") == set()
    assert edges(derive([job, *served("s3://b/j/output/output.tar.gz")]), "overlaps") == {
        ("s3://b/j/", "s3://b/j/output/output.tar.gz", "")
    }


@pytest.mark.parametrize(
    ("outputs", "read", "told"),
    [
        (["s3://o/", "s3://o/x/"], "s3://o/x/y/", ["s3://o/x/"]),
        (["s3://o/x/", "s3://o/x/y/"], "s3://o/", ["s3://o/x/y/"]),
        (["s3://o/x/", "s3://o/x/y/", "s3://o/x/z/"], "s3://o/", ["s3://o/x/y/", "s3://o/x/z/"]),
        (["s3://o/", "s3://o/x/"], "s3://o/x/", []),
        (["s3://o/", "s3://o/x/"], "s3://o/z/", ["s3://o/"]),
        (["s3://o/x", "s3://o/x/"], "s3://o/", ["s3://o/x/"]),
        (["s3://o/x/", "s3://o/x-2/"], "s3://o/", ["s3://o/x-2/", "s3://o/x/"]),
    ],
    ids=[
        "around it",
        "inside it",
        "two inside one",
        "the very place",
        "beside it",
        "but for a slash",
        "no folder of the other",
    ],
)
def test_of_one_jobs_writes_the_narrowest_are_joined(outputs: list[str], read: str, told: list[str]) -> None:
    """A job's write around another of its outputs, at the same time, adds nothing for a reader of both."""
    job = processing("p", {}, {f"o{number}": uri for number, uri in enumerate(outputs)})
    found = edges(derive([job, training("j", {"train": read})]), "overlaps")
    assert sorted(source for source, _, _ in found) == told


def test_siblings_are_both_joined() -> None:
    """Two outputs of one job under one read prefix are both its sources."""
    job = processing("p", {}, {"train": "s3://o/train/", "validation": "s3://o/validation/"})
    joined = derive([job, training("j", {"all": "s3://o/"})])
    assert {source for source, _, _ in edges(joined, "overlaps")} == {"s3://o/train/", "s3://o/validation/"}


def test_a_multi_model_prefix_is_read_for_ever_in_either_field() -> None:
    """`DescribeModel` repeats the prefix of a multi-model container; neither field ends its window."""
    source = {"S3DataSource": {"S3Uri": "s3://m/", "S3DataType": "S3Prefix"}}
    body = {
        "CreationTime": "2026-01-01T00:00:00Z",
        "PrimaryContainer": {"Mode": "MultiModel", "ModelDataUrl": "s3://m/", "ModelDataSource": source},
    }
    (edge,) = [edge for edge in derive([record("model", "m", body)]).edges if edge.relation == "loads"]
    assert (edge.window, edge.span) == (Window("2026-01-01T00:00:00Z", ""), Span.PREFIX)
