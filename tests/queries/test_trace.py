"""`trace`: what made an endpoint, over the bank and over tiny records."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import lineage
from lineage.domain.records import Gap, Resource
from lineage.graphs.build import graph_of
from tests.records import ACCOUNT, REGION, arn, channel, processing, record, served, training
from tests.swept import swept
from tests.work import grows_straight

LOANS_RAW = "s3://bank-raw/loans/2026-05/"


def names(rows: list[dict[str, Any]]) -> list[str]:
    return [row["name"] for row in rows]


@pytest.mark.parametrize(
    ("endpoint", "verdict", "jobs", "data"),
    [
        (
            "loans-live",
            "traced",
            [("Loans-Fit-0042", 1, True)],
            [
                ("s3://bank-ml/loans/train/", "train", False),
                ("s3://bank-ml/loans/validation/", "validation", False),
                (LOANS_RAW, "raw", True),
            ],
        ),
        (
            "fraud-ab",
            "traced",
            [("Fraud-NN-1", 1, True), ("Fraud-XGB-17", 1, True), ("Fraud-XGB-18", 1, True)],
            [("s3://bank-ml/fraud/features/", "train", False)] * 3
            + [("s3://bank-ml/fraud/holdout/", "test", False), ("s3://bank-raw/transactions/", "raw", True)],
        ),
        (
            "churn-pipeline",
            "traced",
            [("Churn-Encoder-5", 1, True), ("Churn-Fit-5", 1, True)],
            [("s3://bank-ml/churn/encoded/", "train", False), ("s3://bank-ml/churn/raw/", "training", False)],
        ),
        (
            "credit-registry",
            "traced",
            [("pipelines-k3v9p1x7a2bc-CreditFit-Qm3dT0aXwe", 1, True)],
            [("s3://bank-ml/credit/train.csv", "train", False)],
        ),
        (
            "cards-repack",
            "traced",
            [("Cards-RepackModel-2", 1, False), ("Cards-Fit-2", 2, True)],
            [("s3://bank-ml/cards/train/", "train", False)],
        ),
        (
            "assist-components",
            "traced",
            [("Assist-Lora-2", 1, True), ("Assist-Pretrain-1", 1, True)],
            [("s3://bank-ml/assist/corpus/", "train", False), ("s3://bank-ml/assist/dialogues/", "train", False)],
        ),
        ("ledger-old", "partial", [("Ledger-Fit-1", 1, True)], [("s3://bank-ml/ledger/", "train", False)]),
        ("vendor-scores", "broken", [], []),
        (
            "kyc-multi",
            "traced",
            [("KYC-Faces-1", 1, True), ("KYC-Passports-1", 1, True)],
            [("efs://fs-0a1b2c3d4e5f60718/kyc/passports", "train", False), ("s3://bank-ml/kyc/faces/", "train", False)],
        ),
        (
            "mortgage-tuned",
            "traced",
            [("Mortgage-Tune-8", 1, True), ("Mortgage-Base-1", 2, True)],
            [("s3://bank-ml/mortgage/lists/2026-09.manifest", "train", False), ("s3://bank-ml/mortgage/train/", "train", True)],
        ),
        (
            "pricing-pools",
            "traced",
            [("Pricing-CPU-3", 1, True), ("Pricing-GPU-3", 1, True)],
            [("s3://bank-ml/pricing/Pricing-CPU-3/", "train", False), ("s3://bank-ml/pricing/Pricing-GPU-3/", "train", False)],
        ),
        ("pension-frozen", "broken", [], []),
        ("aml-restricted", "traced", [("AML-Fit-6", 1, True)], [("s3://bank-ml/aml/train/", "train", False)]),
        (
            "offers-loop",
            "traced",
            [("Offers-Fit-2", 1, True)],
            [("s3://bank-ml/offers/capture/", "traffic", True), ("s3://bank-ml/offers/train/2/", "train", False)],
        ),
        (
            "appraisal-notebook",
            "broken",
            [],
            [],
        ),  # nothing leads from an artifact to a run that logs it: a whole crawl finds it
        ("travel-promoted", "broken", [], []),  # nothing upstream of a copy leads to its original: a whole crawl finds it
    ],
)
def test_every_endpoint_of_the_bank(bank_graph: lineage.Graph, endpoint: str, verdict: str, jobs: Any, data: Any) -> None:
    """Every endpoint of the bank traces to what its author intended."""
    answer = lineage.trace(bank_graph, endpoint)
    assert answer.verdict == verdict
    assert [(row["name"], row["depth"], row["trains"]) for row in answer.training_jobs] == jobs
    assert sorted((row["uri"], row["channel"], row["indirect"]) for row in answer.datasets) == sorted(data)


def test_runs_and_experiments(bank_graph: lineage.Graph) -> None:
    """The run that recorded the training job, its experiment, and the execution of the pipeline behind them are named."""
    loans = lineage.trace(bank_graph, "loans-live")
    assert names(loans.runs) == ["Loans-Fit-0042-aws-training-job"]
    assert loans.runs[0]["jobs"] == [arn("training-job", "loans-fit-0042")]
    assert names(loans.experiments) == ["loan-default"]
    credit = lineage.trace(bank_graph, "credit-registry")
    assert names(credit.pipeline_executions) == ["credit-risk/execution/k3v9p1x7a2bc"]
    assert names(credit.model_packages) == ["credit-risk/3"]


def test_what_a_job_read_and_nobody_knows_is_a_gap_of_the_trace(bank_graph: lineage.Graph) -> None:
    """An unread manifest, a file system, and a prefix from which any model is served, are gaps on the path."""
    holes = {name: lineage.trace(bank_graph, name).scope["holes"] for name in ("mortgage-tuned", "kyc-multi")}
    reasons = {name: [hole["reason"] for hole in some] for name, some in holes.items()}
    assert reasons == {"mortgage-tuned": ["unread-manifest"], "kyc-multi": ["unresolved", "unresolved"]}
    anybodys = "any model placed under s3://bank-ml/kyc/models/ is served, whoever made it"
    assert [hole["detail"] for hole in holes["kyc-multi"] if hole["subject"].endswith("kyc-multi")] == [anybodys]
    assert anybodys in [hole["detail"] for hole in lineage.datasets(bank_graph, "endpoint/kyc-multi").scope["holes"]]


def test_breaks_say_where_why_and_what_to_do(bank_graph: lineage.Graph) -> None:
    """Each break names its node, its reason, and what would close it."""
    (found,) = lineage.trace(bank_graph, "ledger-old").breaks
    assert (found["at"]["id"], found["reason"]) == ("model:111122223333/eu-west-1/ledger-0", "missing")
    assert "it was deleted" in found["repair"]
    (found,) = lineage.trace(bank_graph, "vendor-scores").breaks
    assert (found["at"]["id"], found["reason"]) == ("s3://bank-vendor/drop/scores-7.tar.gz", "unmatched")


def test_the_json_contract(bank_graph: lineage.Graph) -> None:
    """The answer as JSON has the contract's keys, and every edge of its evidence is an edge of the graph."""
    answer = lineage.trace(bank_graph, "loans-live").as_json()
    assert list(answer) == [
        "schema",
        "question",
        "subject",
        "verdict",
        "training_jobs",
        "models",
        "model_packages",
        "datasets",
        "runs",
        "experiments",
        "pipeline_executions",
        "images",
        "breaks",
        "evidence",
        "scope",
        "caveats",
    ]
    assert (answer["schema"], answer["question"]) == ("lineage.trace/1", "trace")
    assert set(answer["scope"]) == {"accounts", "regions", "crawls", "holes", "numbers", "not_read"}
    for edge in answer["evidence"]:
        assert edge["relation"] in {
            data["relation"] for data in bank_graph.get_edge_data(edge["source"], edge["target"]).values()
        }
    fields = {edge["path"] for edge in answer["evidence"]}
    assert {
        "PrimaryContainer.ModelDataSource.S3DataSource.S3Uri",
        "ModelArtifacts.S3ModelArtifacts",
        "InputDataConfig[].DataSource.S3DataSource.S3Uri",
    } <= fields


def test_the_neighbourhood_gives_the_whole_graphs_answer(bank: lineage.Snapshot, bank_graph: lineage.Graph) -> None:
    """An answer from what is upstream of one endpoint is the answer from everything."""
    for node in bank.of_kind("endpoint"):
        near = lineage.neighbourhood(bank, [node.id], "up")
        assert lineage.trace(near, node.id).as_json() == lineage.trace(bank_graph, node.id).as_json()
        assert len(near) < len(bank_graph)


def test_a_graph_is_plain_networkx(bank_graph: lineage.Graph) -> None:
    """Users' own networkx code works: ancestors of an endpoint hold its data, and data comes before models."""
    assert type(bank_graph) is nx.MultiDiGraph
    assert LOANS_RAW in nx.ancestors(bank_graph, arn("endpoint", "loans-live"))
    attributes = {"kind", "name", "arn", "account", "region", "created", "modified", "status", "observed", "label"}
    assert all(attributes <= set(data) for _, data in bank_graph.nodes(data=True))
    words = {"relation", "role", "usage", "path", "evidence", "time"}
    assert all(words <= set(data) for _, _, data in bank_graph.edges(data=True))


ARTIFACT = "s3://m/fit/output/model.tar.gz"


def traced(*records: Resource, gaps: list[Gap] | None = None) -> lineage.Trace:
    return lineage.trace(graph_of(records, gaps or []), "shop")


@pytest.mark.parametrize(
    ("title", "records", "verdict", "jobs"),
    [
        ("artifact of a job", [training("fit", {}, ARTIFACT), *served(ARTIFACT)], "traced", ["fit"]),
        (
            "artifact in another spelling",
            [training("fit", {}, ARTIFACT), *served(ARTIFACT.replace("s3://m/", "https://m.s3.amazonaws.com/"))],
            "traced",
            ["fit"],
        ),
        (
            "uncompressed artifact with a slash",
            [training("fit", {}, "s3://m/fit/output/model"), *served("s3://m/fit/output/model/")],
            "traced",
            ["fit"],
        ),
        (
            "a job whose name begins alike",
            [training("fit-2", {}, "s3://m/fit-2/output/model"), *served("s3://m/fit/output/model")],
            "broken",
            [],
        ),
        (
            "a job that ended while it is served",
            [training("fit", {}, ARTIFACT, day="2026-03-01"), *served(ARTIFACT)],
            "traced",
            ["fit"],
        ),
        (
            "two jobs claim one place: the second one wrote over the first",
            [training("a", {}, ARTIFACT), training("b", {}, ARTIFACT, day="2026-01-05"), *served(ARTIFACT)],
            "traced",
            ["b"],
        ),
        ("a model without artifact", [*served("")], "broken", []),
        (
            "made by a processing job",
            [processing("p", {"raw": "s3://r/"}, {"model": "s3://m/fit/"}), *served("s3://m/fit/model.tar.gz")],
            "traced",
            [],
        ),
        (
            "a repack job whose input nobody made",
            [
                training(
                    "fit",
                    {"training": "s3://x/m.tar.gz"},
                    ARTIFACT,
                    HyperParameters={"sagemaker_program": '"_repack_script_launcher.sh"'},
                ),
                *served(ARTIFACT),
            ],
            "broken",
            ["fit"],
        ),
        (
            "a base model nobody made",
            [training("fit", {"train": "s3://d/", "model": "s3://x/base.tar.gz"}, ARTIFACT), *served(ARTIFACT)],
            "partial",
            ["fit"],
        ),
        (
            "its own checkpoints",
            [training("fit", {}, ARTIFACT, CheckpointConfig={"S3Uri": "s3://m/c/"}), *served(ARTIFACT)],
            "traced",
            ["fit"],
        ),
        (
            "another job's checkpoints",
            [
                training("old", {}, CheckpointConfig={"S3Uri": "s3://m/c/"}, day="2026-01-01"),
                training("fit", {}, ARTIFACT, CheckpointConfig={"S3Uri": "s3://m/c/"}),
                *served(ARTIFACT),
            ],
            "traced",
            ["fit", "old"],
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_tiny_chains(title: str, records: list[Resource], verdict: str, jobs: list[str]) -> None:
    """From the artifact to the job that made it: each path that holds, and each that does not."""
    answer = traced(*records)
    assert (answer.verdict, names(answer.training_jobs)) == (verdict, jobs)


def test_a_job_too_late_is_named_in_the_break() -> None:
    """Where only later jobs wrote the place, the break says so."""
    gone = [replace(one, deleted="2026-02-20T00:00:00Z" if one.kind == "endpoint" else None) for one in served(ARTIFACT)]
    (found,) = traced(training("fit", {}, ARTIFACT, day="2026-03-01"), *gone).breaks
    assert found["detail"] == "only fit wrote it, and only after shop-model had read it"


def test_shared_latest_prefix() -> None:
    """Jobs that wrote to a shared prefix only after the training are no source of it."""
    early = processing("early", {"raw": "s3://r/1/"}, {"out": "s3://p/latest/"}, day="2026-01-01")
    late = processing("late", {"raw": "s3://r/2/"}, {"out": "s3://p/latest/"}, day="2026-01-03")
    answer = traced(early, late, training("fit", {"train": "s3://p/latest/"}, ARTIFACT), *served(ARTIFACT))
    assert sorted(row["uri"] for row in answer.datasets) == ["s3://p/latest/", "s3://r/1/"]


def test_times_that_do_not_tell_are_a_caveat() -> None:
    """A write that may have come in time is followed, and the answer says that it is not certain."""
    writing = processing(
        "p",
        {"raw": "s3://r/"},
        {"out": "s3://p/x/"},
        ProcessingEndTime=None,
        ProcessingStartTime=None,
    )
    answer = traced(writing, training("fit", {"train": "s3://p/x/"}, ARTIFACT), *served(ARTIFACT))
    assert "p wrote there, but its times or status do not show whether that was before the read" in answer.caveats


def test_a_logged_artifact_counts_where_no_job_says_so() -> None:
    """A run that a person logged traces a model, with logged evidence and the run's inputs as its data."""
    logged = {
        "InputArtifacts": {"data": {"Value": "s3://d/x/"}},
        "OutputArtifacts": {"SageMaker.ModelArtifact": {"Value": ARTIFACT}},
    }
    run = record("trial-component", "my-run", {"CreationTime": "2026-01-01T00:00:00Z"} | logged)
    answer = traced(run, *served(ARTIFACT))
    assert (answer.verdict, names(answer.runs), answer.datasets[0]["uri"]) == ("traced", ["my-run"], "s3://d/x/")
    assert {edge["evidence"] for edge in answer.evidence if edge["target"] == ARTIFACT} == {"logged"}
    (step,) = answer.tree.steps[0].steps[0].steps[0].steps
    assert (step.node, step.evidence, [read.evidence for read in step.steps]) == (run.id, "logged", ["logged"])


def logged(name: str, output: str = ARTIFACT, **body: Any) -> Resource:
    """A run that logs an output, in the SDK's group of the experiment `Shop`."""
    said = {"InputArtifacts": {"data": {"Value": f"s3://d/{name}/"}}, "OutputArtifacts": {"model": {"Value": output}}}
    parents = {"Parents": [{"TrialName": "Default-Run-Group-Shop", "ExperimentName": "Shop"}]}
    return record("trial-component", name, {"CreationTime": "2026-01-01T00:00:00Z"} | said | parents | body)


SHOP = [
    record("trial", "Default-Run-Group-Shop", {"ExperimentName": "Shop", "CreationTime": "2026-01-01T00:00:00Z"}),
    record("experiment", "Shop", {"CreationTime": "2026-01-01T00:00:00Z"}),
]
FIT = training("fit", {"train": "s3://t/"}, ARTIFACT)
OF_FIT = {"Source": {"SourceArn": arn("training-job", "fit")}, "CreationTime": FIT.created}


@pytest.mark.parametrize(
    ("title", "records", "verdict", "jobs", "runs", "data"),
    [
        ("one run", [logged("a")], "traced", [], [("a", "logged")], ["s3://d/a/"]),
        ("two runs", [logged("a"), logged("b")], "traced", [], [("a", "logged"), ("b", "logged")], ["s3://d/a/", "s3://d/b/"]),
        ("a run and a job", [logged("a"), FIT], "traced", ["fit"], [("a", "logged")], ["s3://t/"]),
        ("the job's own run", [logged("a", **OF_FIT), FIT], "traced", ["fit"], [("a", "declared")], ["s3://t/"]),
        ("its own and another", [logged("a", **OF_FIT), logged("b"), FIT], "traced", ["fit"], [("a", "declared"), ("b", "logged")], ["s3://t/"]),
        ("a run of a job that is gone", [logged("a", **OF_FIT)], "traced", [], [("a", "logged")], ["s3://d/a/"]),
        ("a folder", [logged("a", "s3://m/fit/")], "traced", [], [("a", "logged")], ["s3://d/a/"]),
        ("a folder, and a job", [logged("a", "s3://m/fit/"), FIT], "traced", ["fit"], [("a", "logged")], ["s3://t/"]),
        ("https", [logged("a", ARTIFACT.replace("s3://m/", "https://m.s3.eu-west-1.amazonaws.com/"))], "traced", [], [("a", "logged")], ["s3://d/a/"]),
        ("a folder beside it", [logged("a", "s3://m/fit-2/")], "broken", [], [], []),
        ("no location", [logged("a", "NA")], "broken", [], [], []),
        ("a number", [logged("a", "42")], "broken", [], [], []),
        ("a run that came while it is served", [logged("a", StartTime="2026-05-01T00:00:00Z")], "traced", [], [("a", "logged")], ["s3://d/a/"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_runs_that_people_logged(title: str, records: list[Resource], verdict: str, jobs: Any, runs: Any, data: Any) -> None:
    """A run's statement makes a model where no job's does; otherwise it is shown as logged beside the maker, for each run."""
    answer = traced(*records, *SHOP, *served(ARTIFACT))
    assert (answer.verdict, names(answer.training_jobs)) == (verdict, jobs)
    assert [(row["name"], row["evidence"]) for row in answer.runs] == runs
    assert sorted(row["uri"] for row in answer.datasets) == data
    assert names(answer.experiments) == (["Shop"] if runs else [])


def test_a_run_tells_of_a_job_that_is_gone() -> None:
    """The job of a run that made a model is named, even if nothing more is known about it."""
    (run,) = traced(logged("a", **OF_FIT), *served(ARTIFACT)).runs
    assert [(job["name"], job["observed"]) for job in run["other_jobs"]] == [("fit", False)]


def test_a_run_beside_the_maker_is_told_once() -> None:
    """Two models that are served from one place have one line each for a run's statement."""
    first, second = (served(ARTIFACT, name=name) for name in ("shop", "other"))
    variants = [{"VariantName": name, "ModelName": f"{name}-model"} for name in ("shop", "other")]
    config = record("endpoint-config", "shop-config", {"CreationTime": first[1].created, "ProductionVariants": variants})
    answer = traced(logged("a"), FIT, first[0], second[0], config, first[2])
    todo, notes = [answer.tree], []
    while todo:
        step = todo.pop()
        notes += [step.note] if answer.nodes[step.node]["name"] == "a" else []
        todo += step.steps
    assert notes == ["beside"]


def test_evaluation_jobs_train_nothing() -> None:
    """A training job of type Evaluation trains nothing, and its data is not training data of the model."""
    job = training("fit", {"train": "s3://d/"}, ARTIFACT, ServerlessJobConfig={"JobType": "Evaluation"})
    answer = traced(job, *served(ARTIFACT))
    assert (answer.training_jobs[0]["trains"], answer.datasets) == (False, [])


def test_a_reused_name_is_suspect() -> None:
    """A model younger than the config that names it is not the one that was deployed: the answer says so."""
    model, config, endpoint = served(ARTIFACT)
    young = record(
        "model", "shop-model", {"CreationTime": "2026-02-09T00:00:00Z", "PrimaryContainer": {"ModelDataUrl": ARTIFACT}}
    )
    answer = traced(training("fit", {}, ARTIFACT), young, config, endpoint)
    assert any(
        caveat.startswith("suspect: model shop-model was created 2026-02-09T00:00:00Z, after") for caveat in answer.caveats
    )
    assert [step.note for step in answer.tree.steps[0].steps] == ["possible-name", ""]
    known = traced(training("fit", {}, ARTIFACT), model, config, endpoint)
    assert not any("suspect" in caveat for caveat in known.caveats)
    assert [step.note for step in known.tree.steps[0].steps] == [""]


MARCH = "2026-03-01T00:00:00Z"
LATE = {"CreationTime": MARCH, "InferenceSpecification": {"Containers": [{"ModelDataUrl": ARTIFACT}]}}
FROM_G1 = {"PrimaryContainer": {"ModelDataUrl": None, "ModelPackageName": arn("model-package", "g/1")}}
BATCH = {
    "CreationTime": "2026-02-03T00:00:00Z",
    "TransformJobStatus": "Completed",
    "TransformStartTime": "2026-02-03T00:01:00Z",
    "TransformEndTime": "2026-02-03T01:00:00Z",
    "ModelName": "shop-model",
    "TransformInput": {"DataSource": {"S3DataSource": {"S3Uri": "s3://batch/", "S3DataType": "S3Prefix"}}},
    "TransformOutput": {"S3OutputPath": "s3://scores/"},
}


def anew(kind: int, **body: Any) -> list[Resource]:
    """The shop, in which its model, config or endpoint (0, 1, 2) has other fields."""
    some = served(ARTIFACT)
    return [*some[:kind], record(some[kind].kind, some[kind].name, {**some[kind].body, **body}), *some[kind + 1 :]]


@pytest.mark.parametrize(
    ("account", "verdict", "lost"),
    [
        (anew(0, CreationTime=MARCH), "partial", "model"),
        (anew(1, CreationTime=MARCH), "broken", "endpoint config"),
        (
            [record("model-package", "g/1", LATE | {"ModelPackageArn": arn("model-package", "g/1")}), *anew(0, **FROM_G1)],
            "broken",
            "model package",
        ),
    ],
    ids=["model", "config", "package"],
)
def test_what_is_younger_than_what_names_it_was_not_the_first_of_its_name(
    account: list[Resource], verdict: str, lost: str
) -> None:
    """Something deleted had the name before: the trace breaks there, and the endpoint may serve any data."""
    jobs = [training("fit", {"train": "s3://d/"}, ARTIFACT), training("other", {"train": "s3://o/"}, "s3://m/other.tar.gz")]
    answer = traced(*jobs, *account)
    assert answer.verdict == verdict
    said = f"what has this name now is younger: the {lost} before it was not read"
    assert [(row["reason"], row["detail"]) for row in answer.breaks] == [("missing", said)]
    assert [row["name"] for row in lineage.impact(graph_of([*jobs, *account]), "s3://o/").may_serve] == ["shop"]


def test_a_job_ran_what_had_the_name_then(tmp_path: Path) -> None:
    """A transform job ran no model younger than itself. The one before may have been made of the data, and led it to training."""
    made = processing("make", {"in": "s3://raw/"}, {"model": "s3://m/made/"}, NetworkConfig={"EnableNetworkIsolation": True})
    apart = {"EnableNetworkIsolation": True}
    jobs = [
        training("fit", {"train": "s3://d/"}, ARTIFACT, **apart),
        training("next", {"train": "s3://scores/"}, day="2026-02-05", **apart),
    ]
    verdicts = {}
    for created in (MARCH, "2026-02-01T10:00:00Z"):
        path = tmp_path / f"{created[:7]}.db"
        swept(path, [made, *jobs, record("transform-job", "batch", BATCH), *anew(0, CreationTime=created)])
        with lineage.open_snapshot(path) as snapshot:
            verdicts[created[:7]] = lineage.used(snapshot, "s3://raw/").verdict, lineage.used(snapshot, "s3://d/").findings
    assert [verdict for verdict, _ in verdicts.values()] == ["unknown", "not-referenced"]
    assert [[row["job"]["name"] for row in findings] for _, findings in verdicts.values()] == [["fit"], ["fit", "next"]]


@pytest.mark.parametrize(
    "jobs", [[], [training("fit", {"train": "s3://d/"}, day="2026-03-01")]], ids=["gone", "its name was used again"]
)
def test_a_run_of_a_job_that_nobody_read_is_not_traced(jobs: list[Resource]) -> None:
    """What a run was made of is unknown if the job that it recorded is gone: the answer is no list of nothing."""
    source = {"SourceArn": arn("training-job", "fit"), "SourceType": "SageMakerTrainingJob"}
    run = record("trial-component", "run", {"CreationTime": "2026-02-01T00:00:00Z", "Source": source})
    answer = lineage.datasets(graph_of([run, *jobs]), "trial-component/run")
    assert (answer.verdict, [row["at"]["name"] for row in answer.breaks]) == ("partial", ["fit"])


def test_an_updating_endpoint_shows_both_configs() -> None:
    """While an update runs, the old and the pending config are both part of the answer."""
    model, config, _ = served(ARTIFACT)
    body = {
        "EndpointStatus": "Updating",
        "EndpointConfigName": "shop-config",
        "PendingDeploymentSummary": {"EndpointConfigName": "next"},
    }
    answer = traced(training("fit", {}, ARTIFACT), model, config, record("endpoint", "shop", body))
    assert (answer.verdict, answer.breaks[0]["at"]["name"]) == ("partial", "next")
    assert any("the endpoint is Updating" in caveat for caveat in answer.caveats)


def test_a_variant_without_a_model_is_a_break() -> None:
    """A variant with neither a model nor an inference component serves nothing that could be traced."""
    config = record("endpoint-config", "c", {"ProductionVariants": [{"VariantName": "a"}]})
    endpoint = record("endpoint", "shop", {"EndpointConfigName": "c", "EndpointStatus": "InService"})
    assert [(row["reason"], row["detail"]) for row in traced(config, endpoint).breaks] == [
        ("no-model", "variant a has no model and no inference component")
    ]


def test_a_variant_whose_components_nobody_could_read_is_not_called_empty(tmp_path: Path) -> None:
    """Where a component, or their list, was denied, it is unknown whether the variant has none: the break says why."""
    config = record("endpoint-config", "c", {"ProductionVariants": [{"VariantName": "a"}]})
    endpoint = record("endpoint", "shop", {"EndpointConfigName": "c", "EndpointStatus": "InService"})
    gap = Gap(ACCOUNT, REGION, "DescribeInferenceComponent", arn("inference-component", "x"), "denied", "no")
    swept(tmp_path / "s.db", [config, endpoint, gap])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (row,) = lineage.trace(lineage.graph(snapshot), "shop").breaks
    said = "variant a has no model, and its inference components were not read: denied"
    assert (row["reason"], row["detail"]) == ("denied", said)


def package(**body: Any) -> list[Resource]:
    """A package with an artifact of its own and an additional one, and the model of the shop made from it."""
    own = {"Containers": [{"Image": "i", "ModelDataUrl": "s3://m/own/output/model.tar.gz"}]}
    other = [{"Name": "v2", "Containers": [{"Image": "i", "ModelDataUrl": "s3://m/other/output/model.tar.gz"}]}]
    group = {"ModelPackageArn": arn("model-package", "g/1"), "CreationTime": "2026-01-20T00:00:00Z"}
    made = record("model-package", "g/1", group | {"InferenceSpecification": own, "AdditionalInferenceSpecifications": other})
    _, config, endpoint = served("")
    container = {"ModelPackageName": arn("model-package", "g/1")} | body
    model = record("model", "shop-model", {"CreationTime": "2026-02-01T10:00:00Z", "PrimaryContainer": container})
    jobs = [training(name, {}, f"s3://m/{name}/output/model.tar.gz") for name in ("own", "other")]
    return [made, model, config, endpoint, *jobs]


@pytest.mark.parametrize(("container", "jobs"), [({}, ["own"]), ({"InferenceSpecificationName": "v2"}, ["other"])])
def test_the_specification_that_a_model_names(container: dict[str, str], jobs: list[str]) -> None:
    """A model is made from the package's own specification, or from the additional one that it names."""
    assert names(traced(*package(**container)).training_jobs) == jobs


def test_who_names_the_artifact_outranks_who_writes_around_it() -> None:
    """A job whose checkpoint folder covers the artifact of another job did not make it."""
    around = training("around", {}, CheckpointConfig={"S3Uri": "s3://m/"}, day="2026-01-01")
    assert names(traced(around, training("fit", {}, ARTIFACT), *served(ARTIFACT)).training_jobs) == ["fit"]


def test_writers_inside_a_prefix_are_not_around_it() -> None:
    """For a multi-model prefix, each writer into it counts beside each writer of the prefix itself."""
    around = training("x", {}, "s3://zz/x.tar.gz", CheckpointConfig={"S3Uri": "s3://mme"}, day="2026-01-01")
    answer = traced(around, training("a", {}, "s3://mme/a/output/model.tar.gz"), *served("s3://mme/", Mode="MultiModel"))
    assert names(answer.training_jobs) == ["a", "x"]


def test_an_uncertain_maker_outranks_nobody() -> None:
    """A failed job that names the exact artifact does not hide a job that surely wrote around it."""
    failed = training("bad", {}, "s3://m/x/model.tar.gz", TrainingJobStatus="Failed")
    answer = traced(failed, training("good", {}, "s3://m/x"), *served("s3://m/x/model.tar.gz"))
    assert names(answer.training_jobs) == ["bad", "good"]


def test_a_specification_without_an_artifact_is_a_break() -> None:
    """A model that names an additional specification gets nothing of the package's own."""
    made, *rest = package(InferenceSpecificationName="gpu")
    body = {**made.body, "AdditionalInferenceSpecifications": [{"Name": "gpu", "Containers": [{"Image": "i"}]}]}
    answer = traced(record("model-package", "g/1", body), *rest)
    assert (answer.verdict, [row["reason"] for row in answer.breaks]) == ("broken", ["no-artifact"])


def test_a_folder_that_is_written_twice_is_written_all_the_while() -> None:
    """A checkpoint folder that is also the output folder is read while its job runs."""
    fit = training(
        "a", {}, "s3://mm/a/model.tar.gz", OutputDataConfig={"S3OutputPath": "s3://m"}, CheckpointConfig={"S3Uri": "s3://m/a/"}
    )
    times = {"TrainingStartTime": "2026-01-02T10:10:00Z", "TrainingEndTime": "2026-01-02T10:40:00Z"}
    answer = traced(fit, training("b", [channel("model", "s3://m/a/", mode="File")], ARTIFACT, **times), *served(ARTIFACT))
    assert names(answer.training_jobs) == ["b", "a"]


def test_of_two_writes_at_one_moment_neither_is_certain() -> None:
    """Two jobs that wrote one key at the same second may each be what is served."""
    answer = traced(training("a", {}, ARTIFACT), training("b", {}, ARTIFACT), *served(ARTIFACT))
    assert [(row["name"], row["sure"]) for row in answer.training_jobs] == [("a", False), ("b", False)]


def test_a_failed_job_is_no_certain_maker() -> None:
    """The artifact of a failed job is only the place for it; a job that never started has none."""
    failed = traced(training("fit", {}, ARTIFACT, TrainingJobStatus="Failed"), *served(ARTIFACT))
    assert "fit wrote there, but its times or status do not show whether that was before the read" in failed.caveats
    never = training("fit", {}, ARTIFACT, TrainingJobStatus="Failed", TrainingStartTime=None, TrainingEndTime=None)
    assert traced(never, *served(ARTIFACT)).verdict == "broken"


DOUBTFUL = {
    "a failed job": (training("fit", {"train": "s3://d/"}, ARTIFACT, TrainingJobStatus="Failed"), {}),
    "a job that ended after the deployment": (training("fit", {"train": "s3://d/"}, ARTIFACT, day="2026-02-02"), {}),
    "an environment names it": (
        training("fit", {"train": "s3://d/"}, ARTIFACT),
        {"ModelDataUrl": None, "Environment": {"HF_MODEL_ID": ARTIFACT}},
    ),
}


@pytest.mark.parametrize("case", DOUBTFUL)
def test_a_maker_that_is_only_possible_leaves_a_gap(case: str) -> None:
    """If no job certainly made what is served, the trace has a gap, as impact has for the same endpoint."""
    job, container = DOUBTFUL[case]
    graph = graph_of([job, *served(ARTIFACT, **container)])
    answer = lineage.trace(graph, "shop")
    assert [hole["subject"] for hole in answer.scope["holes"]] == [ARTIFACT]
    assert lineage.impact(graph, "s3://elsewhere/").may_serve[0]["name"] == "shop"


def test_a_mix_of_two_configs_is_a_gap_if_only_one_is_known() -> None:
    """After a failed rollback an endpoint serves two configs: that its record names one of them does not hide the other."""
    *rest, endpoint = [training("fit", {"train": "s3://d/"}, ARTIFACT), *served(ARTIFACT)]
    mixed = record("endpoint", "shop", {**endpoint.body, "EndpointStatus": "UpdateRollbackFailed"})
    said = "endpoint shop is UpdateRollbackFailed: it serves a mix of the config that it names and of another one that no record names"
    assert [hole["detail"] for hole in traced(*rest, mixed).scope["holes"]] == [said]
    both = record("endpoint", "shop", {**mixed.body, "PendingDeploymentSummary": {"EndpointConfigName": "next"}})
    assert said not in [hole["detail"] for hole in traced(*rest, both).scope["holes"]]


@pytest.mark.parametrize(("status", "said"), [("Updating", True), ("InService", False), ("Failed", False)])
def test_a_component_that_changes_is_named(status: str, said: bool) -> None:
    """It is unknown what a component runs while it is updated: trace and impact say so of it, not of its endpoint."""
    runs = {"EndpointArn": arn("endpoint", "shop"), "VariantName": "a", "InferenceComponentStatus": status}
    component = record("inference-component", "ic", runs | {"Specification": {"Container": {"ArtifactUrl": ARTIFACT}}})
    config = record("endpoint-config", "c", {"ProductionVariants": [{"VariantName": "a"}]})
    endpoint = record("endpoint", "shop", {"EndpointConfigName": "c", "EndpointStatus": "InService"})
    graph = graph_of([training("fit", {"train": "s3://d/"}, ARTIFACT), component, config, endpoint])
    for answer in (lineage.trace(graph, "shop"), lineage.impact(graph, "s3://d/")):
        assert any("inference component ic is Updating: it may run" in caveat for caveat in answer.caveats) == said
        assert not any("endpoint shop is" in caveat for caveat in answer.caveats)


FAILED_JOBS = {
    "training-job": {"TrainingJobStatus": "Failed", "TrainingStartTime": "2026-01-02T10:00:00Z", "TrainingEndTime": "2026-01-02T11:00:00Z",
        "ModelArtifacts": {"S3ModelArtifacts": ARTIFACT}},
    "processing-job": {"ProcessingJobStatus": "Failed", "ProcessingStartTime": "2026-01-02T10:00:00Z", "ProcessingEndTime": "2026-01-02T11:00:00Z",
        "ProcessingOutputConfig": {"Outputs": [{"OutputName": "model", "S3Output": {"S3Uri": ARTIFACT}}]}},
    "compilation-job": {"CompilationJobStatus": "FAILED", "CompilationStartTime": "2026-01-02T10:00:00Z", "CompilationEndTime": "2026-01-02T11:00:00Z",
        "ModelArtifacts": {"S3ModelArtifacts": ARTIFACT}},
    "optimization-job": {"OptimizationJobStatus": "FAILED", "OptimizationStartTime": "2026-01-02T10:00:00Z", "OptimizationEndTime": "2026-01-02T11:00:00Z",
        "OutputConfig": {"S3OutputLocation": ARTIFACT}},
}  # fmt: skip


@pytest.mark.parametrize("kind", FAILED_JOBS)
def test_a_failed_job_of_any_kind_is_no_certain_maker(kind: str) -> None:
    """Each kind has its own spelling of statuses: a failed job is shown as a maker that may have written nothing."""
    answer = traced(record(kind, "make", FAILED_JOBS[kind]), *served(ARTIFACT))
    assert "make wrote there, but its times or status do not show whether that was before the read" in answer.caveats


def test_a_container_without_a_model_is_a_break() -> None:
    """Each container of a chain counts: weights inside an image are not traced."""
    model, config, endpoint = served("")
    containers = [
        {"ContainerHostname": "a", "ModelDataUrl": ARTIFACT},
        {"ContainerHostname": "b", "Image": "i", "Environment": {"HF_MODEL_ID": "/opt/ml/model"}},
    ]
    chained = record("model", "shop-model", {"CreationTime": model.created, "Containers": containers})
    answer = traced(training("fit", {}, ARTIFACT), chained, config, endpoint)
    assert (answer.verdict, [row["detail"] for row in answer.breaks]) == (
        "partial",
        ["container b of model shop-model names no model artifact"],
    )


def test_components_of_another_endpoint_fill_no_variant() -> None:
    """Two endpoints may share a config; the components of one do not run on the other."""
    config = record("endpoint-config", "c", {"ProductionVariants": [{"VariantName": "a"}]})
    here, there = (
        record("endpoint", name, {"EndpointConfigName": "c", "EndpointStatus": "InService"}) for name in ("shop", "other")
    )
    component = record(
        "inference-component",
        "ic",
        {"EndpointArn": there.arn, "VariantName": "a", "Specification": {"Container": {"ArtifactUrl": ARTIFACT}}},
    )
    assert [row["reason"] for row in traced(config, here, there, component).breaks] == ["no-model"]


def test_many_makers_of_a_shared_place_are_told_once() -> None:
    """Two hundred days of retraining through one prefix are a tree that a person can read."""
    days = [f"2025-{n // 28 % 12 + 1:02}-{n % 28 + 1:02}" for n in range(200)]
    jobs = [processing(f"p{n}", {"raw": f"s3://r/{n}/"}, {"out": "s3://p/latest/"}, day=day) for n, day in enumerate(days)]
    for number, day in enumerate(days):
        base = {"model": f"s3://m/j{number - 1}/output/model.tar.gz"} if number else {}
        jobs.append(
            training(f"j{number}", base | {"train": "s3://p/latest/"}, f"s3://m/j{number}/output/model.tar.gz", day=day)
        )
    answer = traced(*jobs, *served("s3://m/j199/output/model.tar.gz"))
    todo, steps = [answer.tree], 0
    while todo:
        steps += 1
        todo += todo.pop().steps
    assert len(answer.training_jobs) == 200
    assert steps < 2000


def test_circles_end() -> None:
    """Two jobs that train on each other's artifacts are shown once each."""
    first = training("a", {"model": "s3://m/b/output/model.tar.gz"}, "s3://m/a/output/model.tar.gz", TrainingEndTime=None)
    second = training("b", {"model": "s3://m/a/output/model.tar.gz"}, "s3://m/b/output/model.tar.gz", TrainingEndTime=None)
    answer = traced(first, second, *served("s3://m/a/output/model.tar.gz"))
    assert names(answer.training_jobs) == ["a", "b"]


def chain(length: int) -> list[Resource]:
    """A model that was trained repeatedly: each job starts from the artifact of the one before."""
    jobs = []
    for number in range(length):
        day = f"{2020 + number // 336}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"
        base = [channel("model", f"s3://m/j{number - 1}/output/model.tar.gz")] if number else []
        jobs.append(
            training(
                f"j{number}", [*base, channel("train", f"s3://d/{number}/")], f"s3://m/j{number}/output/model.tar.gz", day=day
            )
        )
    return [*jobs, *served(f"s3://m/j{length - 1}/output/model.tar.gz")]


def test_a_chain_longer_than_pythons_stack() -> None:
    """Two thousand continued trainings are followed to the first, with no more work for each than among few."""
    assert grows_straight(lambda length: partial(traced, *chain(length)), 200)
    answer = traced(*chain(2000))
    assert (answer.verdict, answer.training_jobs[-1]["depth"]) == ("traced", 2000)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", "no endpoint 'nobody' in the snapshot (it holds aml-restricted, "),
        ("loans-liv", "did you mean loans-live?"),
        (arn("endpoint", "nobody"), "no endpoint 'nobody' in 111122223333 eu-west-1 in the snapshot; lineage.crawl_endpoints("),
        (arn("model", "loans-model-42"), "is not an endpoint: give the name, the ARN or the console URL of one"),
    ],
)
def test_an_endpoint_the_graph_has_not(bank_graph: lineage.Graph, name: str, said: str) -> None:
    """A name or ARN of no endpoint is refused, with what to do."""
    with pytest.raises(lineage.UnknownNode) as caught:
        lineage.trace(bank_graph, name)
    assert said in str(caught.value)


def test_a_name_means_its_last_life() -> None:
    """An endpoint that was deleted and created again under its name is traced as it is now."""
    old = record(
        "endpoint",
        "shop",
        {"CreationTime": "2025-01-01T00:00:00Z", "EndpointConfigName": "gone", "EndpointStatus": "InService"},
    )
    answer = traced(old, training("fit", {}, ARTIFACT), *served(ARTIFACT))
    assert (answer.verdict, answer.subject["created"]) == ("traced", "2026-02-01T10:20:00Z")


def test_an_updated_component_loads_what_came_after_its_creation() -> None:
    """An inference component that was updated serves an artifact made after it was created."""
    body = {
        "CreationTime": "2025-01-01T00:00:00Z",
        "LastModifiedTime": "2026-02-01T00:00:00Z",
        "EndpointArn": arn("endpoint", "shop"),
        "VariantName": "a",
    }
    component = record("inference-component", "ic", body | {"Specification": {"Container": {"ArtifactUrl": ARTIFACT}}})
    config = record("endpoint-config", "c", {"ProductionVariants": [{"VariantName": "a"}]})
    endpoint = record("endpoint", "shop", {"EndpointConfigName": "c", "EndpointStatus": "InService"})
    answer = traced(component, config, endpoint, training("fit", {}, ARTIFACT))
    assert (answer.verdict, names(answer.training_jobs)) == ("traced", ["fit"])


def test_the_surest_of_several_ways_counts() -> None:
    """A job that wrote a place in two ways, one surely in time and one continuous, counts as certain, and once."""
    outputs = [
        {"OutputName": "a", "S3Output": {"S3Uri": "s3://p/x/", "S3UploadMode": "EndOfJob"}},
        {"OutputName": "b", "S3Output": {"S3Uri": "s3://p/x/live/", "S3UploadMode": "Continuous"}},
    ]
    prep = processing("p", {"raw": "s3://r/"}, {}, ProcessingOutputConfig={"Outputs": outputs})
    answer = traced(prep, training("fit", {"train": "s3://p/"}, ARTIFACT), *served(ARTIFACT))
    assert not any("p wrote there" in caveat for caveat in answer.caveats)
    assert [row["uri"] for row in answer.datasets] == ["s3://p/", "s3://r/"]


def test_a_name_of_two_regions_is_refused_with_its_arns() -> None:
    """An ambiguous name is answered with the ARNs to choose from."""
    here, there = (
        record("endpoint", "shop", {"EndpointConfigName": "c"}, region=region) for region in ("eu-west-1", "us-east-1")
    )
    with pytest.raises(lineage.UnknownNode, match=f"several endpoints are named shop.*{here.arn}, {there.arn}"):
        lineage.trace(graph_of([here, there]), "shop")
