"""One fact, asked of each question: `used`, `datasets --holdouts`, `check`, `impact` and `trace` give the same answer."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lineage
from cli.render.impact import impact_text
from lineage.domain.kinds import LEARNERS
from lineage.domain.records import Resource
from tests.records import arn, processing, record, served, training
from tests.swept import swept

RAW = "s3://raw/customers/"
PACKAGE, ESCROW = arn("model-package", "g/1"), "s3://service-escrow/1/"


def package(name: str = "g/1", **container: Any) -> Resource:
    source = {"S3DataSource": {"S3Uri": ESCROW, "S3DataType": "S3Prefix"}}
    body = {"InferenceSpecification": {"Containers": [container or {"ModelDataSource": source}]}}
    return record("model-package", name, body | {"CreationTime": "2026-01-02T11:01:00Z", "ModelPackageArn": PACKAGE})


def deployed(**container: Any) -> list[Resource]:
    """An endpoint whose model has one container."""
    model, config, endpoint = served("")
    model.body["PrimaryContainer"] = container
    return [model, config, endpoint]


class Asked:
    """What each question says about one place and the endpoint `shop`."""

    def __init__(self, path: Path, records: list[Resource], uri: str = RAW) -> None:
        swept(path / "s.db", records)
        shop = arn("endpoint", "shop")
        self.status = {one.status for one in records if one.kind == "endpoint"}
        with lineage.open_snapshot(path / "s.db") as snapshot:
            self.used = lineage.used(lineage.around_dataset(snapshot, uri), uri)
            self.trace = lineage.trace(lineage.neighbourhood(snapshot, [shop], "up"), shop)
            self.impact = lineage.impact(lineage.around_subject(snapshot, uri), uri)
            (self.holdout,) = lineage.datasets(snapshot, shop, holdouts=[uri]).holdouts
            self.checked = lineage.check(snapshot, lineage.Policy(holdouts=(uri,)), [shop])
        self.reached = {row["name"]: row["sure"] for row in self.impact.reached}
        self.makers = [node["name"] for name, node in self.trace.nodes.items() if name in _jobs(self.trace.tree)]


def _jobs(step: Any) -> set[str]:
    below = set[str]().union(*map(_jobs, step.steps))
    return below | ({step.node} if step.relation in ("writes", "may-write") else set())


# --- what a job names as its product ------------------------------------------------------------------

_DOCUMENT = {
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": RAW}}},
    ],
    "OutputDataConfig": {"S3OutputPath": "s3://out/"},
    "ServiceOutput": {"OutputModelPackageArn": PACKAGE},
}
_RAN = {"CreationTime": "2026-01-02T10:00:00Z", "EndTime": "2026-01-02T11:00:00Z"}
_OPTIMIZED = {
    "OptimizationJobStatus": "COMPLETED",
    "OptimizationStartTime": "2026-01-02T10:00:00Z",
    "OptimizationEndTime": "2026-01-02T11:00:00Z",
    "OptimizationConfigs": [
        {"ModelSpeculativeDecodingConfig": {"TrainingDataSource": {"S3Uri": RAW, "S3DataType": "S3Prefix"}}},
    ],
    "OutputConfig": {"SageMakerModel": {"ModelName": "shop-model"}},
}
_SERVED_PACKAGE = [package(), *deployed(ModelPackageName=PACKAGE)]
NAMED = {
    "a training job its package": [training("fit", {"train": RAW}, OutputModelPackageArn=PACKAGE), *_SERVED_PACKAGE],
    "a job its package, in its document": [
        record("job", "AgentRFT/fit", _RAN | {
            "JobName": "fit", "JobCategory": "AgentRFT", "JobStatus": "Completed", "JobConfigDocument": json.dumps(_DOCUMENT),
        }),
        *_SERVED_PACKAGE,
    ],
    "an optimization job its model": [record("optimization-job", "fit", _OPTIMIZED), *deployed(ModelDataUrl=ESCROW)],
    "an optimization job a model that names no artifact": [record("optimization-job", "fit", _OPTIMIZED), *deployed(Image="i")],
}  # fmt: skip


@pytest.mark.parametrize("records", NAMED.values(), ids=NAMED)
def test_what_a_job_names_as_what_it_made_is_its_own(tmp_path: Path, records: list[Resource]) -> None:
    """Wherever the service keeps the weights, every question names the job that names the package or the model as its maker."""
    asked = Asked(tmp_path, records)
    assert (asked.trace.verdict, asked.trace.breaks) == ("traced", [])
    assert [job.rpartition("/")[2] for job in asked.makers] == ["fit"]
    learns = records[0].kind in LEARNERS  # what an optimization job fits is a draft beside a model
    assert [(row["uri"], row["indirect"]) for row in asked.trace.datasets] == [(RAW, not learns)]
    used = "used" if learns else "used-indirectly"
    assert (asked.used.verdict, asked.holdout["verdict"], asked.reached["shop"]) == (used, used, True)
    assert not any("its origin is unknown" in hole["detail"] for hole in asked.impact.scope["holes"])


def test_what_a_job_made_is_its_own_though_nobody_could_read_it(tmp_path: Path) -> None:
    """The job of a package that is gone or denied still shows what made it; the unread package stays a break."""
    records = NAMED["a training job its package"]
    asked = Asked(tmp_path, [one for one in records if one.kind != "model-package"])
    assert (asked.trace.verdict, [one["reason"] for one in asked.trace.breaks]) == ("partial", ["missing"])
    assert (asked.makers, asked.holdout["verdict"], asked.reached["shop"]) == (["fit"], "used", True)


def test_a_package_of_a_job_that_failed_may_be_another_ones(tmp_path: Path) -> None:
    """A failed job may have made what it names: it is shown as possible, and `impact` is no more certain."""
    fit = training("fit", {"train": RAW}, OutputModelPackageArn=PACKAGE, TrainingJobStatus="Failed")
    asked = Asked(tmp_path, [fit, *_SERVED_PACKAGE])
    assert (asked.makers, asked.reached["shop"], asked.holdout["verdict"]) == (["fit"], False, "possible")
    assert any("fit wrote there" in caveat for caveat in asked.trace.caveats)
    for answer in (asked.trace, asked.impact):  # whoever else made it is not known
        assert [hole["subject"] for hole in answer.scope["holes"] if hole["reason"] == "unmatched"] == [ESCROW]
    assert [rule["outcome"] for rule in asked.checked.rules if rule["id"] == "LIN006"] == ["unknown"]


def test_a_package_without_an_artifact_of_a_job_that_failed_is_a_break(tmp_path: Path) -> None:
    """That a failed job names a package does not stand for an artifact that the package does not name."""
    bare = replace(package(), body=package().body | {"InferenceSpecification": {"Containers": [{"Image": "i"}]}})
    fit = training("fit", {"train": RAW}, OutputModelPackageArn=PACKAGE, TrainingJobStatus="Failed")
    asked = Asked(tmp_path, [fit, bare, *_SERVED_PACKAGE[1:]])
    assert [row["reason"] for row in asked.trace.breaks] == ["no-artifact"]
    assert [hole["reason"] for hole in asked.impact.scope["holes"]] == ["no-artifact"]


# --- endpoints of which no record names all that they serve ---------------------------------------------

OLD = [training("old", {"train": "s3://old/"}, "s3://m/old"), *served("s3://m/old")]
NEW = [training("new", {"train": RAW}, "s3://m/new"), *served("s3://m/new", name="next")[:2]]
HALF_WAY = "endpoint shop is UpdateRollbackFailed"


def changed(records: list[Resource], status: str, **more: Any) -> list[Resource]:
    """The records with the endpoint in another state."""
    where = {"EndpointStatus": status, "LastModifiedTime": "2026-03-01T00:00:00Z"}
    shop = next(one for one in records if one.kind == "endpoint")
    return [*(one for one in records if one is not shop), record("endpoint", "shop", shop.body | where | more)]


PENDING = {"PendingDeploymentSummary": {"EndpointConfigName": "next-config"}}
LATER = {"LastModifiedTime": "2026-01-31T00:00:00Z"}


@pytest.mark.parametrize(
    ("records", "mixed", "row"),
    [
        (changed([*OLD, *NEW], "UpdateRollbackFailed"), True, None),
        (changed([*OLD, *NEW[:2]], "UpdateRollbackFailed"), True, None),  # the other config was deleted since
        (changed([*OLD, *NEW], "UpdateRollbackFailed", **LATER), False, None),  # what it may be was made only later
        (changed([*OLD, *NEW], "UpdateRollbackFailed", **PENDING), False, "pending"),
        (changed([*OLD, *NEW], "InService"), False, None),
        (changed([*OLD, *NEW], "SystemUpdating"), False, None),
    ],
    ids=[
        "it may be that one",
        "its config was deleted",
        "made later",
        "named",
        "in service",
        "the same config",
    ],
)
def test_an_endpoint_between_two_configs_may_serve_either(
    tmp_path: Path, records: list[Resource], mixed: bool, row: str | None
) -> None:
    """After a failed rollback an endpoint serves a config that no record names: anything that existed by then may be it."""
    asked = Asked(tmp_path, records)
    holes = [hole["detail"] for hole in asked.impact.scope["holes"] if HALF_WAY in hole["detail"]]
    assert (len(holes), [one["name"] for one in asked.impact.may_serve]) == (int(mixed), ["shop"] * mixed)
    assert [one["serves"] for one in asked.impact.reached if one["kind"] == "endpoint"] == [row] * bool(row)
    assert asked.holdout["verdict"] == (
        "possible" if row else "unknown" if "InService" not in asked.status else "not-referenced"
    )


def test_a_config_that_stays_in_the_endpoint_may_be_the_other_one(tmp_path: Path) -> None:
    """The same holds when the question is about the config itself; unrelated gaps stay out of that answer."""
    swept(tmp_path / "s.db", changed([*OLD, *NEW], "UpdateRollbackFailed"))
    config = arn("endpoint-config", "next-config")
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        answer = lineage.impact(lineage.around_subject(snapshot, config), config)
        way = lineage.path(lineage.around_subject(snapshot, config, arn("endpoint", "shop")), config, arn("endpoint", "shop"))
        assert answer.as_json() == lineage.impact(lineage.graph(snapshot), config).as_json()
    assert ([one["name"] for one in answer.may_serve], answer.verdict, way.verdict) == (["shop"], "unknown", "unknown")


SERVES = [
    ("known", [FIT := training("fit", {"train": RAW}, "s3://m/fit"), *served("s3://m/fit")], ". 1 endpoint serves it now"),
    ("known, and a hole names another", [FIT, *served("s3://m/fit", name="live"), *served("s3://m/other")], ". 1 endpoint serves it now; 1 other may serve it"),
    ("nobody", [FIT, training("other", {}, "s3://m/other"), *served("s3://m/other")], ". No SageMaker endpoint is known to serve it"),
    ("a hole names one", [FIT, *served("s3://m/other")], ". No SageMaker endpoint is known to serve it; 1 may serve it"),
    ("it is being updated", [FIT, *changed(served("s3://m/fit"), "Updating")], ". No SageMaker endpoint is known to serve it; 1 may serve it"),
    ("only possibly", [FIT, training("more", {}, "s3://m/fit", TrainingJobStatus="Failed"), training("x", {"t": "s3://m/fit"}, "s3://x", TrainingJobStatus="Failed"), *served("s3://x")], ". No SageMaker endpoint is known to serve it; 1 may serve it"),
]  # fmt: skip


@pytest.mark.parametrize(("title", "records", "said"), SERVES, ids=[one[0] for one in SERVES])
def test_impact_says_which_endpoints_are_known_to_serve_it(
    tmp_path: Path, title: str, records: list[Resource], said: str
) -> None:
    """A gap that names an endpoint rules out "no endpoint serves it": the answer counts such endpoints and says why."""
    answer = Asked(tmp_path, records).impact
    head, *lines = impact_text(answer, colour=False).splitlines()
    assert head.endswith(said)
    why = [row["why"] for row in answer.may_serve if row["why"]]
    assert [line for line in lines if line.startswith("  may serve it")] == [f"  may serve it  shop  {one}" for one in why]


# --- what a job names in a text and may have written ------------------------------------------------------

FIT_CLEAN = [training("fit", {"train": "s3://ml/clean/"}, "s3://m/fit", day="2026-01-04"), *served("s3://m/fit")]


def told(place: str, *, by: str = "arguments", outputs: dict[str, str] | None = None, day: str = "2026-01-03") -> Resource:
    """A Spark job that reads the raw data and names a place somewhere in its record."""
    texts = {
        "arguments": {"AppSpecification": {"ContainerArguments": ["--output", place]}},
        "one argument": {"AppSpecification": {"ContainerArguments": [f"--output={place}"]}},
        "entrypoint": {"AppSpecification": {"ContainerEntrypoint": ["spark-submit", "app.py", place]}},
        "environment": {"Environment": {"OUTPUT": place}},
    }
    return processing("spark", {"raw": RAW}, outputs or {}, day=day, **texts[by])


MAY_WRITE = {
    "arguments": [told("s3://ml/clean/")],
    "one argument": [told("s3://ml/clean/", by="one argument")],
    "entrypoint": [told("s3://ml/clean/", by="entrypoint")],
    "environment": [told("s3://ml/clean/", by="environment")],
    "hyperparameters of a training job": [training("spark", {"raw": RAW}, HyperParameters={"out": "s3://ml/clean/"})],
    "a folder around it": [told("s3://ml/")],
    "a folder in it": [told("s3://ml/clean/2026/")],
    "beside an output": [told("s3://ml/clean/", outputs={"log": "s3://logs/"})],
    "beside a job that declares it": [told("s3://ml/clean/"), processing("prep", {"x": "s3://x/"}, {"out": "s3://ml/clean/"})],
    "what is served itself": [told("s3://m/", day="2026-01-05"), training("base", {}, "s3://m/fit", day="2026-01-01")],
}


@pytest.mark.parametrize("records", MAY_WRITE.values(), ids=MAY_WRITE)
def test_who_only_names_a_place_may_have_written_it(tmp_path: Path, records: list[Resource]) -> None:
    """A place that a job names only in a text is a possible path of its data; the trace says how it is known."""
    asked = Asked(tmp_path, [*records, *FIT_CLEAN])
    trained = records[0].kind == "training-job"  # then it used the data itself
    assert (asked.used.verdict, asked.holdout["verdict"]) == ("used" if trained else "possible", "possible")
    assert asked.reached["shop"] is False
    assert ("spark" in asked.makers, asked.trace.verdict) == (True, "traced")
    assert any("spark names a location" in caveat for caveat in asked.trace.caveats)
    outcomes = {rule["id"]: rule["outcome"] for rule in asked.checked.rules}
    assert "unknown" in (outcomes["LIN001"], outcomes["LIN002"])


NO_WRITE = {
    "it is an output": [told("s3://ml/clean/x/", outputs={"out": "s3://ml/clean/"})],
    "it is an input": [processing("spark", {"raw": RAW, "i": "s3://ml/clean"}, {}, Environment={"IN": "s3://ml/clean/"})],
    "later": [told("s3://ml/clean/", day="2026-01-05")],
    "elsewhere": [told("s3://ml/cleaner/")],
}


@pytest.mark.parametrize("title", NO_WRITE)
def test_what_is_declared_or_too_late_is_no_write_in_a_text(tmp_path: Path, title: str) -> None:
    """A declared output or input is only that, and a job that ran later wrote nothing that was read."""
    asked = Asked(tmp_path, [*NO_WRITE[title], *FIT_CLEAN])
    assert not any("names a place" in caveat for caveat in asked.trace.caveats)
    assert ("spark" in asked.makers) == (title == "it is an output")


def test_a_model_that_only_may_have_been_written_has_no_known_maker(tmp_path: Path) -> None:
    """A job that only names the place of a model is shown, and the trace is still broken there."""
    asked = Asked(tmp_path, [told("s3://m/fit"), *served("s3://m/fit")])
    assert (asked.trace.verdict, [found["at"]["id"] for found in asked.trace.breaks]) == ("broken", ["s3://m/fit"])
    assert (asked.makers, asked.holdout["verdict"], asked.reached["shop"]) == (["spark"], "possible", False)


def test_a_job_is_rather_told_by_what_it_declares(tmp_path: Path) -> None:
    """A place that a job declares as an output stays certain, whatever texts of that job or another one name it."""
    prep = processing("prep", {"raw": RAW}, {"out": "s3://ml/clean/"}, Environment={"BUCKET": "s3://ml/"})
    asked = Asked(tmp_path, [prep, told("s3://ml/clean/"), *FIT_CLEAN])
    assert (asked.used.verdict, asked.holdout["verdict"], asked.reached["shop"]) == ("used-indirectly", "used-indirectly", True)


def reading(place: str) -> Resource:
    """A job that names a location in its environment and writes the data that `fit` trains with."""
    return processing("spark", {}, {"out": "s3://ml/clean/"}, day="2026-01-03", Environment={"IN": place})


MID = processing("prep", {"raw": RAW}, {"out": "s3://mid/"})
MAY_READ = {
    "what another job wrote": [MID, reading("s3://mid/")],
    "some of it": [MID, reading("s3://mid/2026/part")],
    "around it": [processing("prep", {"raw": RAW}, {"out": "s3://mid/a/"}), reading("s3://mid/")],
    "a model": [training("base", {"train": RAW}, "s3://m/base/model.tar.gz"), reading("s3://m/base/model.tar.gz")],
}


@pytest.mark.parametrize("records", MAY_READ.values(), ids=MAY_READ)
def test_who_only_names_what_others_wrote_may_have_read_it(tmp_path: Path, records: list[Resource]) -> None:
    """What was made of the data and is named in a text possibly goes on from there, to every question."""
    asked = Asked(tmp_path, [*records, *FIT_CLEAN])
    trained = records[0].kind == "training-job"
    assert (asked.used.verdict, asked.holdout["verdict"]) == ("used" if trained else "possible", "possible")
    assert asked.reached["shop"] is False
    assert {"spark", records[0].name} <= set(asked.makers)
    assert any("spark names a location" in caveat and "may have read" in caveat for caveat in asked.trace.caveats)


def test_what_two_jobs_only_name_is_a_hole_and_no_way(tmp_path: Path) -> None:
    """A shared bucket that every job names makes no path between the jobs, and no clean "no" either."""
    bucket = {"BUCKET": "s3://everything/"}
    one = processing("one", {"raw": RAW}, {}, Environment=bucket)
    two = processing("two", {}, {"out": "s3://ml/clean/"}, day="2026-01-03", Environment=bucket)
    asked = Asked(tmp_path, [one, two, *FIT_CLEAN])
    assert (asked.used.verdict, "shop" in asked.reached, "one" in asked.makers) == ("unknown", False, False)


# --- writes around what is served ---------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2026-01-03", "2026-01-05"])
def test_who_wrote_into_the_folder_of_a_model_may_have_made_it(tmp_path: Path, day: str) -> None:
    """Beside the certain writer of the exact key, a later writer into its folder is possible; earlier ones are overwritten."""
    fit = training("fit", {"train": "s3://x/"}, "s3://m/fit/output/model.tar.gz", day="2026-01-04")
    distill = processing("distill", {"raw": RAW}, {"out": "s3://m/fit/output/"}, day=day)
    asked = Asked(tmp_path, [fit, distill, *served("s3://m/fit/output/model.tar.gz")])
    since = day > "2026-01-04"
    assert sorted(asked.makers) == (["distill", "fit"] if since else ["fit"])
    assert (asked.reached.get("shop"), asked.holdout["verdict"]) == ((False, "possible") if since else (None, "not-referenced"))
