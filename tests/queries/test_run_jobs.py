"""A run and the jobs that name it: joined by name in every question, shown once, with charts, and never its own source."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.jobs import is_job
from lineage.domain.records import Resource
from lineage.graphs.derive import derive
from lineage.queries.flow.links import Flow
from lineage.queries.trace import Tracing, TreeStep
from lineage.queries.used import used
from tests.conftest import examples
from tests.queries.test_boundaries_used import whole
from tests.queries.test_datasets import held, known
from tests.queries.test_runs import SDK, TAGGED, a_run, experiment, final, holding, trial
from tests.queries.test_used import _entity, _linked
from tests.records import ACCOUNT, REGION, arn, channel, processing, record, served, training

ARTIFACT = "s3://models/Fit/output/model.tar.gz"


def named(run: str = "fraud-one") -> dict[str, Any]:
    """What a job of a run says."""
    return {"ExperimentConfig": {"ExperimentName": "Fraud", "TrialName": SDK[0], "RunName": run}}


FIT = training("Fit", {"train": "s3://d/x/"}, ARTIFACT, **named(), **final(0.7))
RUN = a_run(
    "fraud-one", SDK, **TAGGED, Parameters={"depth": {"NumberValue": 3.0}}, Metrics=[{"MetricName": "auc", "Last": 0.9}]
)
COMPONENT = a_run(
    "Fit-aws-training-job",
    SDK,
    job="Fit",
    Parameters={"depth": {"StringValue": "4"}, "SageMaker.InstanceType": {"StringValue": "ml.m5.large"}},
    Metrics=[{"MetricName": "train:rmse", "Last": 0.4, "Min": 0.3}, {"MetricName": "auc", "Last": 0.1}],
    InputArtifacts={"train": {"Value": "s3://d/x/"}},
    OutputArtifacts={"SageMaker.ModelArtifact": {"Value": ARTIFACT}},
)
BOTH = [FIT, RUN, COMPONENT]
FRAUD = [experiment("Fraud"), trial(*SDK)]


# --- in every question --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("job", "run"),
    [
        (training("Fit", {}, **named("Fraud-ONE")), RUN),
        (processing("Prep", {}, {}, **named()), RUN),
        (record("transform-job", "say", named()), RUN),
    ],
    ids=["training", "processing", "transform"],
)
def test_a_job_is_of_the_run_that_it_names(job: Resource, run: Resource) -> None:
    """Names compare without case, and the job's own record says so."""
    edges = [edge for edge in derive([job, run]).edges if edge.relation == "recorded-by"]
    assert [(edge.source, edge.target, edge.evidence) for edge in edges] == [(job.id, run.id, "declared")]


def test_a_run_is_named_within_an_account_and_region() -> None:
    """A run of the same name in another region is another one, and an unread run is still named."""
    elsewhere = record("trial-component", "fraud-one", {}, region="us-east-1")
    (edge,) = [edge for edge in derive([FIT, elsewhere]).edges if edge.relation == "recorded-by"]
    assert edge.target not in (elsewhere.id, FIT.id)


def test_a_run_whose_name_was_used_again() -> None:
    """A job belongs to the run that existed when the job was created."""
    before, after = (a_run("fraud-one", CreationTime=f"2026-0{month}-01T00:00:00Z") for month in (1, 3))
    (edge,) = [edge for edge in derive([FIT, before, after]).edges if edge.relation == "recorded-by"]
    assert edge.target == f"{before.id}@2026-01-01T00:00:00Z"


@pytest.mark.parametrize("run", [RUN, COMPONENT], ids=["the run", "what SageMaker made"])
def test_each_question_goes_from_a_run_to_its_job(run: Resource) -> None:
    """Impact of a run reaches what its job made, its datasets are what its job read, and a holdout has the job's verdict."""
    records = [*BOTH, *FRAUD, *served(ARTIFACT)]
    graph = known(*records)
    assert {row["name"] for row in lineage.impact(graph, run.arn).reached} >= {"shop", "shop-model"}
    assert [(row["uri"], row["job"]["name"]) for row in lineage.datasets(graph, run.arn).datasets] == [("s3://d/x/", "Fit")]
    assert [held(run.arn, uri, *records) for uri in ("s3://d/x/", "s3://d/y/")] == ["used", "not-referenced"]
    assert lineage.path(graph, run.arn, "endpoint/shop").verdict == "found"


def test_trace_names_both_components_and_the_job_once() -> None:
    """One job made an endpoint; its run, its own component and their experiment are shown with it."""
    answer = lineage.trace(known(*BOTH, *FRAUD, *served(ARTIFACT)), "shop")
    assert [row["name"] for row in answer.training_jobs] == ["Fit"]
    assert {(row["name"], tuple(row["jobs"])) for row in answer.runs} == {(one.name, (FIT.id,)) for one in (RUN, COMPONENT)}
    assert [row["name"] for row in answer.experiments] == ["Fraud"]


@pytest.mark.parametrize("name", ["experiment/Fraud", f"trial/{SDK[0]}"])
def test_what_an_experiment_ended_up_in(name: str) -> None:
    """This also holds where only the run is in the experiment, and the job's config names the run alone."""
    job = training("Fit", {}, ARTIFACT, ExperimentConfig={"RunName": "fraud-one"})
    assert "shop" in {row["name"] for row in lineage.impact(known(job, RUN, *FRAUD, *served(ARTIFACT)), name).reached}


# --- what a run logged --------------------------------------------------------------------------

LOGGED = {"InputArtifacts": {"d": {"Value": "s3://raw/"}}}
CASES: list[tuple[str, list[Resource], dict[str, str]]] = [
    ("of a job that trains", [training("Fit", {}, **named()), a_run("fraud-one", **LOGGED)], {"Fit": "possible"}),
    ("that its job declares", [training("Fit", {"train": "s3://raw/"}, **named()), a_run("fraud-one", **LOGGED)], {"Fit": "used"}),
    ("that its job declares, without a slash", [training("Fit", {"train": "s3://raw"}, **named()), a_run("fraud-one", **LOGGED)], {"Fit": "used"}),
    ("of a job that prepares: people may have trained with it", [processing("p", {}, {}, **named()), a_run("fraud-one", **LOGGED)], {"fraud-one": "possible"}),
    ("that its job declares, which only prepares", [processing("p", {"in": "s3://raw/"}, {}, **named()), a_run("fraud-one", **LOGGED)], {"fraud-one": "possible"}),
    ("of jobs that prepare and train", [processing("p", {"in": "s3://raw/"}, {}, **named()), training("Fit", {}, **named()), a_run("fraud-one", **LOGGED)], {"Fit": "possible"}),
    ("as what came out of it", [training("Fit", {"train": "s3://raw/"}, **named()), a_run("fraud-one", OutputArtifacts={"o": {"Value": "s3://out/"}}), training("next", {"train": "s3://out/"}, day="2026-01-05")], {"Fit": "used", "next": "possible"}),
    ("nothing but parameters", [training("Fit", {"train": "s3://raw/"}, **named()), RUN], {"Fit": "used"}),
]  # fmt: skip


@pytest.mark.parametrize(("_case", "records", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_a_run_logged(_case: str, records: list[Resource], expected: dict[str, str], tmp_path: Path) -> None:
    """The job of a run may have read what people logged; without a training job, people may have trained themselves."""
    answer = used(whole(*records), "s3://raw/")
    assert {row["job"]["name"]: row["verdict"] for row in answer.findings} == expected
    assert len(answer.findings) == len(expected)
    with holding(tmp_path, *records) as snapshot:
        near = used(lineage.around_dataset(snapshot, "s3://raw/"), "s3://raw/")
        assert {row["job"]["name"]: row["verdict"] for row in near.findings} == expected


# --- runs, experiments, leaderboards ------------------------------------------------------------


def test_a_run_is_told_once_with_what_both_components_say(tmp_path: Path) -> None:
    """The run's own parameters and metrics come first, then what SageMaker noted about its job; the experiment has one run."""
    with holding(tmp_path, *BOTH, *FRAUD) as snapshot:
        (run,) = lineage.list_runs(snapshot, "fraud")
        assert (run.name, run.components, [job.name for job in run.jobs]) == ("fraud-one", (COMPONENT.id,), ["Fit"])
        assert run.parameters == {"SageMaker.InstanceType": "ml.m5.large", "depth": 3.0}
        assert [(one.name, one.last, one.min, one.of) for one in run.metrics] == [
            ("auc", 0.9, None, "run"),
            ("train:rmse", 0.4, 0.3, "job"),
        ]
        assert [one.value for one in (*run.inputs, *run.outputs)] == ["s3://d/x/", ARTIFACT]
        assert [one.runs for one in (*lineage.list_experiments(snapshot), *lineage.list_trials(snapshot))] == [1, 1]
        (brief,) = lineage.list_runs(snapshot, brief=True)
        assert (brief.jobs, brief.components) == (run.jobs, run.components)


def test_a_component_is_listed_where_its_run_is_not(tmp_path: Path) -> None:
    """No filter of a list hides anything: SageMaker's component for a job is shown by itself if its run is not shown."""
    outside = a_run("fraud-one", **TAGGED)
    with holding(tmp_path, FIT, outside, COMPONENT, *FRAUD) as snapshot:
        for asked in ({"experiment": "fraud"}, {"source": "job"}, {"group": SDK[0]}):
            assert [one.name for one in lineage.list_runs(snapshot, **asked)] == [COMPONENT.name]
        assert {one.name for one in lineage.list_runs(snapshot, components=True)} == {COMPONENT.name, outside.name}
        assert [one.name for one in lineage.list_runs(snapshot)] == [outside.name]
        assert lineage.load_run(snapshot, COMPONENT.name).name == COMPONENT.name
        assert [one.runs for one in (*lineage.list_experiments(snapshot), *lineage.list_trials(snapshot))] == [1, 1]


def test_a_run_that_logged_no_metric_has_those_of_its_job(tmp_path: Path) -> None:
    """This also holds where SageMaker's component is gone."""
    with holding(tmp_path, FIT, a_run("fraud-one", SDK, **TAGGED)) as snapshot:
        (run,) = lineage.list_runs(snapshot)
        assert [(one.name, one.last, one.of) for one in run.metrics] == [("auc", 0.7, "job")]


TWO = [training(name, {"train": "s3://d/x/"}, **named(), **final(value)) for name, value in (("a", 0.5), ("b", 0.6))]
OWN = [a_run(f"{name}-aws-training-job", SDK, job=name) for name in "ab"]


@pytest.mark.parametrize(
    ("records", "ranked"),
    [
        (BOTH, [("Fit", 0.7)]),
        ([FIT, RUN], [("Fit", 0.7)]),
        ([*TWO, *OWN, a_run("fraud-one", SDK, **TAGGED)], [("b", 0.6), ("a", 0.5)]),
    ],
    ids=["both components", "only the run", "several jobs of one run"],
)
def test_a_leaderboard_counts_each_job_once(run: Any, tmp_path: Path, records: list[Resource], ranked: Any) -> None:
    """However many components a job has, it is one candidate; several jobs of one run are several."""
    with holding(tmp_path, *records, *FRAUD):
        pass
    said = run(
        "runs", "Fraud", "--metric", "auc", "--direction", "max", "-f", "json", "--snapshot", str(tmp_path / "lineage.db")
    )
    board = json.loads(said.out)
    assert [(row["candidate"]["name"], row["value"]) for row in board["rows"]] == ranked
    assert board["counts"]["candidates"] == len(ranked)


# --- charts -------------------------------------------------------------------------------------


def chart(title: str, kind: str) -> Resource:
    """A lineage artifact as the SDK logs a chart."""
    uri = f"s3://sagemaker-eu-west-1-1/trial-component-artifacts/fraud-one/{title}.json"
    plain = _entity("Artifact", title, uri)
    return replace(plain, body=plain.body | {"ArtifactType": kind})


TC = "experiment-trial-component"
CHARTS = [
    chart("matrix", "ConfusionMatrix"),
    _linked(f"{TC}/fraud-one", "artifact/matrix"),
    chart("curve", "ROCCurve"),
    _linked("artifact/curve", f"{TC}/fraud-one"),
    chart("recall", "PrecisionRecallCurve"),
    _linked(f"{TC}/fit-aws-training-job", "artifact/recall"),
    chart("rows", "Table"),
    _linked(f"{TC}/fraud-one", "artifact/rows"),
    chart("weights", "Model"),
    _linked(f"{TC}/fraud-one", "artifact/weights"),
    chart("of another", "Table"),
    _linked(f"{TC}/other", "artifact/of another"),
]
TOLD = [
    ("ROC curve", "curve", "input"),
    ("confusion matrix", "matrix", "output"),
    ("table", "rows", "output"),
    ("precision-recall curve", "recall", "output"),
]


def test_charts_of_a_run(run: Any, tmp_path: Path) -> None:
    """Each chart that the SDK logged is shown with kind, title and location, in each format; a list shows them too."""
    with holding(tmp_path, *BOTH, *FRAUD, *CHARTS, a_run("other")) as snapshot:
        loaded = lineage.load_run(snapshot, "one", "Fraud")
        assert loaded.as_json()["charts"] == [
            {
                "kind": kind,
                "title": title,
                "uri": f"s3://sagemaker-eu-west-1-1/trial-component-artifacts/fraud-one/{title}.json",
                "direction": direction,
            }
            for kind, title, direction in TOLD
        ]
        assert [len(one.charts) for one in lineage.list_runs(snapshot, sort_by="Name", sort_order="Ascending")] == [4, 1]
        assert not any(one.charts for one in lineage.list_runs(snapshot, brief=True))
    asked = ("runs", "Fraud", "one", "--snapshot", str(tmp_path / "lineage.db"))
    text = run(*asked, "-f", "table").out
    assert "4 charts\n  ROC curve curve (input)  s3://sagemaker-eu-west-1-1/" in text
    assert f"told with it  {COMPONENT.id}" in text
    assert "chart\tmatrix\ts3://" in run(*asked, "-f", "tsv").out


# --- the source of a statement ------------------------------------------------------------------


def test_the_source_of_sagemaker_outranks_any_tag(tmp_path: Path) -> None:
    """A component that is named after its source was made for it, also where people gave it the SDK's tag."""
    with holding(tmp_path, FIT, a_run("Fit-aws-training-job", SDK, job="Fit", **TAGGED), *FRAUD) as snapshot:
        (found,) = lineage.list_runs(snapshot)
        assert (found.source, found.run_name, [job.name for job in found.jobs]) == ("job", "Fit-aws-training-job", ["Fit"])


def test_an_execution_that_only_a_tag_names_is_no_second_one() -> None:
    """A job's own statement about its execution wins; a tag by others counts only where there is none."""
    steps = {"PipelineExecutionSteps": [{"StepName": "s", "Metadata": {"TrainingJob": {"Arn": arn("training-job", "Fit")}}}]}
    own, other = (f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/p/execution/{name}" for name in ("own", "other"))
    executions = [
        record("pipeline-execution", "p/own", {"PipelineExecutionArn": own} | steps),
        record("pipeline-execution", "p/other", {"PipelineExecutionArn": other}),
    ]
    tag = {"Tags": [{"Key": "sagemaker:pipeline-execution-arn", "Value": other}]}
    for told, expected in ((executions, [own]), (executions[1:], [other])):
        answer = lineage.trace(known(training("Fit", {}, ARTIFACT, **tag), *told, *served(ARTIFACT)), "shop")
        assert [row["ran_in"] for row in answer.training_jobs] == [expected]


# --- nothing is made from itself ----------------------------------------------------------------

INPUT = {"OutputArtifacts": {"data": {"Value": "s3://d/x/"}}}  # what people log as an output of a run may be what its job reads


@pytest.mark.parametrize(
    ("more", "makers"),
    [([], []), ([processing("prep", {}, {}, **named())], ["fraud-one"]), ([processing("prep", {}, {})], [])],
    ids=["its own job alone", "another job of the run", "another job of none"],
)
def test_a_run_is_no_maker_of_what_its_job_read(more: list[Resource], makers: list[str]) -> None:
    """A run of one job got its logged output from that job; with several jobs another one may have made it."""
    graph = known(FIT, a_run("fraud-one", **INPUT), *more, *served(ARTIFACT))
    (row,) = lineage.datasets(graph, "Fit").datasets
    assert [one["name"] for one in row["makers"]] == makers
    tree = lineage.trace(graph, "shop").tree
    assert [way[-1] for way in paths_of(tree) if way[-1].endswith("/fraud-one")] == [row["id"] for row in row["makers"]]


PLACES = ["s3://x/a/", "s3://x/b/", "s3://x/a/c/", "s3://x/"]
AT = st.sampled_from(PLACES)
SOME = st.lists(AT, max_size=2, unique=True)
DAYS = st.integers(1, 3)
RUN_NAMES = st.sampled_from(["", "r0", "r1"])
TRAINS = st.tuples(st.just("t"), SOME, SOME, RUN_NAMES, DAYS)
PREPARES = st.tuples(st.just("p"), SOME, SOME, RUN_NAMES, DAYS)
REPACKS = st.tuples(st.just("k"), SOME, SOME, RUN_NAMES, DAYS)
SEARCHES = st.tuples(st.just("a"), SOME, SOME, RUN_NAMES, DAYS)
MADE = tuple[str, list[str], list[str], str, int]
ESTATES = st.lists(st.one_of(TRAINS, PREPARES, REPACKS, SEARCHES), min_size=1, max_size=5)
LOGS = st.lists(st.tuples(SOME, SOME), min_size=2, max_size=2)


def resource(number: int, made: MADE) -> Resource:
    """A training, processing, repack or AutoML job; jobs of one day run at once, and checkpoints are read and written."""
    sort, reads, writes, run, at = made
    name, day = f"{sort}{number}", f"2026-01-0{at}"
    body: dict[str, Any] = named(run) if run else {}
    if sort == "p":
        outputs = [
            {"OutputName": f"o{i}", "S3Output": {"S3Uri": uri, "S3UploadMode": "Continuous"}} for i, uri in enumerate(writes)
        ]
        body |= {"ProcessingOutputConfig": {"Outputs": outputs}}
        return processing(name, {f"i{i}": uri for i, uri in enumerate(reads)}, {}, day=day, **body)
    if sort == "a":
        times = {"CreationTime": f"{day}T00:00:00Z", "EndTime": f"{day}T23:00:00Z", "AutoMLJobStatus": "Completed"}
        data = [{"DataSource": {"S3DataSource": {"S3Uri": uri, "S3DataType": "S3Prefix"}}} for uri in reads]
        best = [{"ModelDataUrl": f"{uri}model.tar.gz"} for uri in writes]
        return record(
            "automl-job", name, times | {"AutoMLJobInputDataConfig": data, "BestCandidate": {"InferenceContainers": best}}
        )
    body |= {"HyperParameters": {"sagemaker_program": "_repack_model.py"}} if sort == "k" else {}
    body |= {"CheckpointConfig": {"S3Uri": writes[-1]}} if writes else {}
    model = f"{writes[0]}model.tar.gz" if writes else ""
    return training(name, [channel(f"c{i}", uri) for i, uri in enumerate(reads)], model, day=day, **body)


def estate(jobs: Iterable[MADE], logs: list[tuple[list[str], list[str]]]) -> list[Resource]:
    """Random jobs, runs in which some of them ran, what people logged there, and what serves one of their places."""
    runs = [
        a_run(
            f"r{number}",
            InputArtifacts={uri: {"Value": uri} for uri in inputs},
            OutputArtifacts={uri: {"Value": uri} for uri in outputs},
            CreationTime="2026-01-01T00:00:00Z",
        )
        for number, (inputs, outputs) in enumerate(logs)
    ]
    return [*(resource(number, made) for number, made in enumerate(jobs)), *runs, *served("s3://x/a/model.tar.gz")]


def assert_visits_each_once(graph: lineage.Graph, links: list[dict[str, Any]]) -> None:
    """A chain of edges visits no job twice: at most one edge leads into each, and none back to the first."""
    jobs = [link["target"] for link in links if link["target"] in graph and is_job(graph.nodes[link["target"]])]
    assert len(jobs) == len(set(jobs)), links


def paths_of(step: TreeStep) -> Iterable[list[str]]:
    todo = [(step, [step.node])]
    while todo:
        at, way = todo.pop()
        yield way
        todo += [(one, [*way, one.node]) for one in at.steps]


@settings(max_examples=examples(100))
@given(ESTATES, LOGS, AT)
def test_no_chain_comes_to_a_job_twice(jobs: list[MADE], logs: list[tuple[list[str], list[str]]], uri: str) -> None:
    """Nothing is shown as made from its own product, whether over runs, AutoML, repacking or checkpoints."""
    graph = known(*estate(jobs, logs))
    for row in used(graph, uri).findings:
        assert row["job"]["id"] not in [one["id"] for one in row["through"]]
        assert_visits_each_once(graph, row["evidence"])
    subjects = [uri, *(node for node in graph if "training-job/" in node or "processing-job/" in node or "component/" in node)]
    for subject in subjects:
        for row in lineage.impact(graph, subject).reached:
            if is_job(graph.nodes[row["id"]]):
                assert row["id"] not in [subject, *(one["id"] for one in row["through"])]
            assert_visits_each_once(graph, row["evidence"])
    for node in [*subjects[1:], "endpoint/shop"]:
        answer = lineage.datasets(graph, node, holdouts=[uri])
        assert_visits_each_once(graph, answer.holdouts[0]["evidence"])
        for row in answer.datasets:
            assert row["job"]["id"] not in [one["id"] for one in row["makers"]]
    tracing = Tracing(Flow(graph), next(node for node in graph if node.endswith("endpoint/shop")))
    tracing.run()
    for way in paths_of(tracing.tree):
        made = [node for node in way if is_job(graph.nodes[node])]
        assert len(made) == len(set(made)), way
