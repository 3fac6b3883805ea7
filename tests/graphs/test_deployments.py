"""Deployments as facts, and the readers of a model's files: tables from versions of records, and what follows from them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.domain.records import REPLAYED, Crawl, Resource
from lineage.domain.sightings import EVER
from lineage.graphs.build import graph_of
from lineage.graphs.deployments import PAST, PENDING, Configured, deployments
from lineage.graphs.derive import derive, join
from lineage.snapshot.reading import Snapshot
from tests.records import arn, processing, record, training

KEY = "s3://m/latest/model.tar.gz"


def version(
    config: str, modified: str, seen: str = "", *, role: str = "", config_created: str = "", gone: str = ""
) -> Configured:
    """A version of the record of an endpoint that was created on day 01; days of one month stand for times."""
    return Configured("e", config, role, "EndpointConfigName", "01", config_created or "01", modified, gone, seen)


@pytest.mark.parametrize(
    ("versions", "expected"),
    [
        ([version("a", "02")], [("a", "", "01", "", "01")]),
        ([version("a", "09", config_created="05")], [("a", "", "05", "", "09")]),
        ([version("a", "02", gone="08")], [("a", "", "01", "08", "01")]),
        (
            [version("a", "02", "03"), version("b", "06", config_created="04")],
            [("a", PAST, "01", "06", "01"), ("b", "", "04", "", "06")],
        ),
        (
            [version("a", "02", "05"), version("b", "06", config_created="04")],
            [("a", PAST, "01", "06", "01"), ("b", "", "05", "", "06")],
        ),
        (
            [version("a", "02", "03"), version("a", "04", "05"), version("b", "06", "07"), version("a", "08")],
            [("a", PAST, "01", "06", "01"), ("b", PAST, "05", "08", "06"), ("a", "", "07", "", "08")],
        ),
        (
            [version("a", "02"), version("b", "02", role=PENDING, config_created="02")],
            [("a", "", "01", "", "01"), ("b", PENDING, "02", "", EVER)],
        ),
        (
            [version("a", "03", "03"), version("b", "03", "03", role=PENDING, config_created="02"), version("b", "06", config_created="02")],
            [("a", PAST, "01", "06", "01"), ("b", "", "02", "", "06")],
        ),
        (
            [version("a", "03", "03"), version("b", "03", "03", role=PENDING, config_created="02"), version("a", "06")],
            [("a", "", "01", "", "01"), ("b", PAST, "02", "06", EVER)],
        ),
    ],
    ids=["created with its config", "updated to a younger config", "deleted", "a config that an earlier crawl saw",
         "seen later than the next config was made", "back again", "one is rolled out", "one that was rolled out", "one rolled back"],
)  # fmt: skip
def test_deployments_of_an_endpoint(versions: list[Configured], expected: list[tuple[str, ...]]) -> None:
    """The period of each config, and by when it surely ran, as far as the versions of the record show."""
    found = [(one.config, one.role, *one.window, one.settled) for one in deployments(versions)]
    assert found == expected


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=6))
def test_one_deployment_for_each_turn(configs: list[str]) -> None:
    """Each period of a config is one deployment with its own name, in order, and only the last one runs."""
    last = len(configs) - 1
    said = [version(config, f"{n + 2:02}", "" if n == last else f"{n + 2:02}") for n, config in enumerate(configs)]
    found = list(deployments(said))
    turns = [config for n, config in enumerate(configs) if n == 0 or configs[n - 1] != config]
    assert [one.config for one in found] == turns
    assert [one.role for one in found] == [PAST] * (len(turns) - 1) + [""]
    assert len({one.reader for one in found}) == len(found)
    assert all(
        one.window.opens <= one.settled and (not one.window.closes or one.window.opens <= one.window.closes) for one in found
    )


# --- readers of a model ---------------------------------------------------------------------------


def at(day: str) -> str:
    return f"2026-{day}T00:00:00Z"


def endpoint(name: str, config: str, created: str, modified: str = "", **body: Any) -> Resource:
    times = {"CreationTime": at(created), "LastModifiedTime": at(modified or created)}
    return record("endpoint", name, times | {"EndpointStatus": "InService", "EndpointConfigName": config} | body)


def config(name: str, model: str, created: str) -> Resource:
    return record(
        "endpoint-config", name, {"CreationTime": at(created), "ProductionVariants": [{"VariantName": "v", "ModelName": model}]}
    )


def model(name: str, created: str, place: str = KEY, **container: Any) -> Resource:
    return record("model", name, {"CreationTime": at(created), "PrimaryContainer": {"ModelDataUrl": place} | container})


def transform(name: str, of: str, day: str, out: str, **body: Any) -> Resource:
    times = {
        "CreationTime": f"2026-{day}T09:00:00Z",
        "TransformStartTime": f"2026-{day}T10:00:00Z",
        "TransformEndTime": f"2026-{day}T11:00:00Z",
    }
    source = {"DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://in/"}}}
    said = {
        "TransformJobStatus": "Completed",
        "ModelName": of,
        "TransformInput": source,
        "TransformOutput": {"S3OutputPath": out},
    }
    return record("transform-job", name, times | said | body)


def fit(name: str, day: str, place: str = KEY, **body: Any) -> Resource:
    return training(name, {"train": f"s3://data/{name}/"}, place, day=f"2026-{day}", **body)


ONE = [model("m", "02-10"), config("c", "m", "02-11"), endpoint("e", "c", "02-12")]


def windows(*records: Resource) -> list[tuple[str, str, str]]:
    """When the model was read, and by what."""
    loads = [edge for edge in derive(records).edges if edge.relation == "loads"]
    names = [" ".join(one.rpartition("/")[2] for one in edge.reader.split()) for edge in loads]
    return sorted((name, *(edge.window or ("", ""))) for name, edge in zip(names, loads, strict=True))


def test_a_model_that_runs_nowhere_is_read_from_its_creation_on() -> None:
    """Where nothing known runs it, something may have, at any time since."""
    assert windows(model("m", "02-10")) == [("", at("02-10"), "")]


def test_a_model_is_read_by_each_that_runs_it() -> None:
    """Each deployment, component and transform job reads it in its own time."""
    component = record("inference-component", "k", {
        "EndpointArn": arn("endpoint", "e"), "VariantName": "v", "CreationTime": at("03-01"), "LastModifiedTime": at("05-01"),
        "Specification": {"ModelName": "m"},
    })  # fmt: skip
    found = windows(*ONE, component, transform("t", "m", "02-20", "s3://out/"))
    assert found == [
        ("c e", at("02-12"), ""),
        ("k", at("03-01"), ""),
        ("t", "2026-02-20T10:00:00Z", "2026-02-20T11:00:00Z"),
    ]


def test_a_job_that_never_began_reads_no_model() -> None:
    """A transform job that never started never ran it."""
    never = transform("t", "m", "02-20", "s3://out/", TransformJobStatus="Failed", TransformStartTime=None)
    assert windows(model("m", "02-10"), never) == [("", at("02-10"), "")]


def test_a_package_is_read_by_who_runs_its_models() -> None:
    """A package's file is read by each model made from it, where that runs; of a model that never ran, since its creation."""
    package = record("model-package", "g/1", {
        "CreationTime": at("02-01"), "InferenceSpecification": {"Containers": [{"Image": "i:1", "ModelDataUrl": KEY}]}
    })  # fmt: skip
    container = {"ModelDataUrl": None, "ModelPackageName": package.arn}
    made = [model("m", "02-10", **container), *ONE[1:], model("idle", "02-09", **container)]
    assert windows(package) == [("", at("02-01"), "")]
    assert windows(package, *made) == [("", at("02-09"), ""), ("c e", at("02-12"), "")]


def test_an_endpoint_that_was_made_anew_reads_anew() -> None:
    """A deleted endpoint's period ends when it was gone, or at the latest when its name was reused."""
    before = replace(endpoint("e", "c", "01-20"), deleted=None)
    records = [model("m", "01-10"), config("c", "m", "01-11"), before, endpoint("e", "c", "02-12")]
    assert sorted(one[1:] for one in windows(*records)) == [(at("01-20"), at("02-12")), (at("02-12"), "")]


# --- makers of what is served ---------------------------------------------------------------------


def makers(*records: Resource, of: str = "e") -> dict[str, bool]:
    """The training jobs that made what the endpoint serves, and whether that is certain: the same by trace and by impact."""
    graph = graph_of(records)
    traced = {job["name"]: job["sure"] for job in lineage.trace(graph, of).training_jobs}
    rows = {one.name: lineage.impact(graph, one.id).reached for one in records if one.kind == "training-job"}
    reached = {
        name: row["sure"]
        for name, found in rows.items()
        for row in found
        if row["kind"] == "endpoint" and row["name"] == of and row["serves"] != "earlier"
    }
    assert traced == reached
    return traced


CUT_SHORT = {
    "TrainingJobStatus": "Stopped",
    "SecondaryStatusTransitions": [{"Status": status} for status in ("Starting", "Downloading", "Stopped")],
}
OVERWRITTEN: list[tuple[str, list[Resource], dict[str, bool]]] = [
    ("before the model was made", [fit("a", "02-01"), fit("b", "02-05"), *ONE], {"b": True}),
    ("between the model and its deployment", [fit("a", "02-01"), fit("b", "02-11"), *ONE], {"b": True}),
    ("while it serves", [fit("a", "02-01"), fit("b", "03-01"), *ONE], {"a": True, "b": False}),
    ("before and while it serves", [fit("a", "02-01"), fit("b", "02-05"), fit("c", "03-01"), *ONE], {"b": True, "c": False}),
    ("made only after the model", [fit("a", "02-11"), *ONE], {"a": True}),
    ("by a job that failed", [fit("a", "02-01"), fit("b", "02-05", TrainingJobStatus="Failed"), *ONE], {"a": False, "b": False}),
    ("by a job that was stopped", [fit("a", "02-01"), fit("b", "02-05", TrainingJobStatus="Stopped"), *ONE], {"a": False, "b": False}),
    ("by a job that was stopped before its program ran", [fit("a", "02-01"), fit("b", "02-05", **CUT_SHORT), *ONE], {"a": True}),
    (
        "after the config, before an update that may have been at any time since",
        [fit("a", "02-01"), fit("b", "02-20"), *ONE[:2], endpoint("e", "c", "01-05", "03-01")],
        {"a": False, "b": False},
    ),
    (
        "after an endpoint was scaled, which moves only its last change",
        [fit("a", "02-01"), fit("b", "02-20"), *ONE[:2], endpoint("e", "c", "02-12", "03-01")],
        {"a": True, "b": False},
    ),
    (
        "by a prefix of many models, each at a key of its own",
        [fit("a", "02-01", "s3://m/all/a.tar.gz"), fit("b", "02-05", "s3://m/all/b.tar.gz"), fit("old", "01-05", "s3://m/all/b.tar.gz"),
         model("m", "02-10", "s3://m/all/", Mode="MultiModel"), *ONE[1:]],
        {"a": True, "b": True},
    ),
]  # fmt: skip


FOLDER = {
    "ModelDataUrl": None,
    "ModelDataSource": {"S3DataSource": {"S3Uri": "s3://m/dir/", "S3DataType": "S3Prefix", "CompressionType": "None"}},
}
OVERWRITTEN += [
    (
        "a model that is a folder: some files of the first may be left",
        [fit("a", "02-01", "s3://m/dir/"), fit("b", "02-05", "s3://m/dir/"), model("m", "02-10", **FOLDER), *ONE[1:]],
        {"a": False, "b": True},
    ),
    (
        "a prefix of many models, of which each job put one",
        [fit("a", "02-01", "s3://m/all/"), fit("b", "02-05", "s3://m/all/"), model("m", "02-10", "s3://m/all/", Mode="MultiModel"), *ONE[1:]],
        {"a": True, "b": True},
    ),
]  # fmt: skip


@pytest.mark.parametrize(("title", "records", "expected"), OVERWRITTEN, ids=[case[0] for case in OVERWRITTEN])
def test_who_made_what_is_served(title: str, records: list[Resource], expected: dict[str, bool]) -> None:
    """Of several jobs that wrote one key, the last before the deployment made what it serves; later ones are possible."""
    assert makers(*records) == expected


def test_a_folder_that_another_job_wrote_later() -> None:
    """Of jobs that only wrote the folder around a key, the last before the deployment is certain, an earlier one possible."""
    promoted = [
        one
        for name, day in (("a", "02-01"), ("b", "02-05"))
        for one in (fit(name, day, f"s3://m/{name}/model.tar.gz"),
                    processing(f"promote-{name}", {"m": f"s3://m/{name}/"}, {"o": "s3://m/latest/"}, day=f"2026-{day[:3]}{int(day[3:]) + 1:02}"))
    ]  # fmt: skip
    assert makers(*promoted, *ONE) == {"a": False, "b": True}


def test_two_endpoints_of_one_model() -> None:
    """For one model, each endpoint serves what was there when the endpoint was created."""
    records = [fit("a", "02-01"), *ONE, fit("b", "02-20"), config("c2", "m", "02-21"), endpoint("late", "c2", "02-22")]
    assert (makers(*records), makers(*records, of="late")) == ({"a": True, "b": False}, {"b": True})


OTHER = "s3://m/other/model.tar.gz"


@pytest.mark.parametrize("status", ["Updating", "UpdateRollbackFailed"])
def test_what_an_endpoint_is_being_updated_to(status: str) -> None:
    """The maker of a pending deployment is possible, for `trace` as for `impact`; that of the current one is certain."""
    new = [fit("b", "02-15", OTHER), model("n", "02-20", OTHER), config("d", "n", "02-21")]
    pending = {"EndpointStatus": status, "PendingDeploymentSummary": {"EndpointConfigName": "d"}}
    assert makers(fit("a", "02-01"), *ONE[:2], *new, endpoint("e", "c", "02-12", "02-22", **pending)) == {"a": True, "b": False}


def test_a_model_that_is_younger_than_its_config() -> None:
    """A resource recreated after the deployment may never have run: `trace` is no more certain of its maker than `impact`."""
    assert makers(fit("a", "02-01"), model("m", "03-01"), *ONE[1:]) == {"a": False}


def test_two_transform_jobs_of_one_model() -> None:
    """The output of a transform job is made by the model that was there when it ran, and training on it follows."""
    students = [training(f"s{n}", {"t": f"s3://out/{n}/"}, day=f"2026-03-0{n}") for n in (1, 2)]
    runs = [transform("t1", "m", "02-12", "s3://out/1/"), transform("t2", "m", "02-22", "s3://out/2/")]
    graph = graph_of([
        processing("p1", {"i": "s3://one/"}, {"o": "s3://m/latest/"}, day="2026-02-01"), model("m", "02-10"), fit("b", "02-20"), *runs, *students,
    ])  # fmt: skip
    assert [
        (one["job"]["name"], one["verdict"])
        for one in lineage.used(graph, "s3://one/").findings
        if one["job"]["kind"] == "training-job"
    ] == [("s1", "used-indirectly")]
    reached = [
        {row["name"] for row in lineage.impact(graph, uri).reached if row["kind"] == "training-job"}
        for uri in ("s3://one/", "s3://data/b/")
    ]
    assert reached == [{"s1"}, {"b", "s2"}]


def test_a_component_that_was_scaled_later() -> None:
    """An inference component reads again when it is scaled: a later write may be in it."""
    component = record("inference-component", "k", {
        "EndpointArn": arn("endpoint", "e"), "VariantName": "v", "CreationTime": at("02-13"), "LastModifiedTime": at("05-01"),
        "InferenceComponentStatus": "InService", "Specification": {"Container": {"ArtifactUrl": KEY}},
    })  # fmt: skip
    empty = record("endpoint-config", "c", {"CreationTime": at("02-11"), "ProductionVariants": [{"VariantName": "v"}]})
    assert makers(fit("a", "02-01"), fit("b", "03-01"), empty, endpoint("e", "c", "02-12"), component) == {
        "a": True,
        "b": False,
    }


def test_all_questions_follow_the_deployment() -> None:
    """`datasets` with holdouts and the rule about rewritten artifacts agree with trace."""
    records = [fit("a", "02-01"), fit("b", "02-11"), *ONE]
    answer = lineage.datasets(graph_of(records), "endpoint/e", holdouts=["s3://data/a/", "s3://data/b/"])
    assert [row["verdict"] in ("used", "used-indirectly", "possible") for row in answer.holdouts] == [False, True]
    assert [row["uri"] for row in answer.datasets] == ["s3://data/b/"]


# --- over several crawls --------------------------------------------------------------------------


def crawled(path: Path, *crawls: tuple[str, list[Resource]]) -> None:
    """One crawl after another, each on a day, with what it finds."""
    for day, records in crawls:
        with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
            recording.begin(Crawl(0, at(day), None, "arn:x", ("111122223333",), ("eu-west-1",), (), f"0{REPLAYED}", "1"))
            for one in records:
                recording.add(one)
            recording.replace_graph(
                lambda db: join(db, recording.resources, earlier=recording.earlier_versions, listings=recording.listings)
            )
            recording.finish(at(day))


def test_what_an_endpoint_ran_before_is_kept(tmp_path: Path) -> None:
    """A config that an earlier crawl saw stays a deployment: impact says that it was served, trace shows what is served now."""
    old = [fit("a", "02-01", "s3://m/a/model.tar.gz"), model("m", "02-10", "s3://m/a/model.tar.gz"), config("c", "m", "02-11")]
    new = [fit("b", "03-01", "s3://m/b/model.tar.gz"), model("n", "03-10", "s3://m/b/model.tar.gz"), config("d", "n", "03-11")]
    crawled(
        tmp_path / "s.db",
        ("02-20", [*old, endpoint("e", "c", "02-12")]),
        ("03-20", [*old, *new, endpoint("e", "d", "02-12", "03-12")]),
    )
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        graph = lineage.graph(snapshot)
        configured = sorted((one.role, *(one.window or ())) for one in snapshot.edges() if one.relation == "configures")
        serves = {
            name: [row["serves"] for row in lineage.impact(graph, f"s3://data/{name}/").reached if row["kind"] == "endpoint"]
            for name in ("a", "b")
        }
        answer = lineage.trace(graph, "e")
        held = lineage.datasets(snapshot, "endpoint/e", holdouts=["s3://data/a/"]).holdouts[0]["verdict"]
    assert configured == [("", at("03-11"), ""), (PAST, at("02-12"), at("03-12"))]
    assert serves == {"a": ["earlier"], "b": ["now"]}
    assert ([job["name"] for job in answer.training_jobs], answer.verdict) == (["b"], "traced")
    assert held in ("unknown", "not-referenced")


def test_what_was_captured_before_trains_the_next(tmp_path: Path) -> None:
    """What an endpoint captured under an earlier config contains the data of that one, and not that of the later."""
    capture = {"DataCaptureConfig": {"DestinationS3Uri": "s3://capture/e/"}}
    old = [fit("a", "02-01", "s3://m/a/model.tar.gz"), model("m", "02-10", "s3://m/a/model.tar.gz"), config("c", "m", "02-11")]
    new = [fit("b", "03-01", "s3://m/b/model.tar.gz"), model("n", "03-10", "s3://m/b/model.tar.gz"), config("d", "n", "03-11")]
    student = training("student", {"t": "s3://capture/e/"}, day="2026-03-05")
    crawled(
        tmp_path / "s.db",
        ("02-20", [*old, endpoint("e", "c", "02-12", **capture)]),
        ("03-20", [*old, *new, student, endpoint("e", "d", "02-12", "03-12", **capture)]),
    )
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        graph = lineage.graph(snapshot)
        reached = {name: {row["name"] for row in lineage.impact(graph, f"s3://data/{name}/").reached} for name in ("a", "b")}
    assert "student" in reached["a"]
    assert "student" not in reached["b"]


ANEW = [
    ("before it was deployed", "02-15", {"a": False, "b": False}),
    ("after it was deployed", "02-25", {"a": True, "b": False}),
]


@pytest.mark.parametrize(("created", "makers_of_it"), [row[1:] for row in ANEW], ids=[row[0] for row in ANEW])
def test_a_model_that_was_made_anew_under_its_name(created: str, makers_of_it: dict[str, bool]) -> None:
    """A config names a model; which of several models of that name ran is certain only where no other came before."""
    first, second = model("m", "02-10", "s3://m/a/model.tar.gz"), model("m", created, "s3://m/b/model.tar.gz")
    jobs = [fit("a", "02-01", "s3://m/a/model.tar.gz"), fit("b", "02-02", "s3://m/b/model.tar.gz")]
    records = [*jobs, first, second, config("c", "m", "02-11"), endpoint("e", "c", "02-20")]
    graph = graph_of(records)
    for name, sure in makers_of_it.items():
        reached = lineage.impact(graph, f"s3://data/{name}/").reached
        assert [row["sure"] for row in reached if row["kind"] == "endpoint"] == [sure], name
    verdicts = {
        row["uri"]: row["verdict"]
        for row in lineage.datasets(graph, "endpoint/e", holdouts=[f"s3://data/{name}/" for name in "ab"]).holdouts
    }
    assert verdicts == {f"s3://data/{name}/": "used" if sure else "possible" for name, sure in makers_of_it.items()}
