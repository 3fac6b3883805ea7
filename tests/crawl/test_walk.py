"""The walk over the bank: exactly what is upstream of each endpoint, and every gap named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import lineage
from lineage.crawl.walk import MAX_FILTERS, jobs_in_key, search_expressions
from lineage.domain.names import Span, parse_location
from lineage.domain.records import Resource
from tests.conftest import BANK
from tests.records import ACCOUNT, REGION, arn, record, served, training

XGBOOST = "685385470294.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-xgboost"
SKLEARN = "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3"


def walk(tmp_path: Path, *endpoints: str, replay: Path = BANK) -> lineage.Graph:
    lineage.crawl_endpoints(tmp_path / "s.db", endpoints, replay=replay)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        return lineage.graph(snapshot)


def account_of(tmp_path: Path, *records: Resource) -> Path:
    """An account file that holds these records."""
    header = {"schema": "lineage.account/1", "caller": f"arn:aws:sts::{ACCOUNT}:assumed-role/auditor/jo", "region": REGION}
    lines = [header, *({"kind": one.kind, "record": one.body} for one in records)]
    file = tmp_path / "account.jsonl"
    file.write_text("\n".join(map(json.dumps, lines)))
    return file


def edges(graph: lineage.Graph) -> set[tuple[str, str, str, str]]:
    return {(source, data["relation"], data["role"], target) for source, target, data in graph.edges(data=True)}


def test_every_edge_of_a_plain_chain(tmp_path: Path) -> None:
    """From the endpoint loans-live the walk finds these edges, and no others."""
    graph = walk(tmp_path, "loans-live")
    endpoint, config = arn("endpoint", "loans-live"), arn("endpoint-config", "loans-live-config")
    model, fit, prep = (
        arn("model", "loans-model-42"),
        arn("training-job", "loans-fit-0042"),
        arn("processing-job", "loans-prep-0042"),
    )
    artifact = "s3://bank-ml/models/Loans-Fit-0042/output/model.tar.gz"
    train, validation = "s3://bank-ml/loans/train/", "s3://bank-ml/loans/validation/"
    runs = {
        job: arn("trial-component", f"{job.rpartition('/')[2]}-aws-{job.rpartition(':')[2].partition('/')[0]}")
        for job in (fit, prep)
    }
    trial, experiment = arn("trial", "loan-default-2026-05"), arn("experiment", "loan-default")
    assert edges(graph) == {
        (config, "configures", "", endpoint),
        (model, "deploys", "Main", config),
        (artifact, "loads", "", model),
        (fit, "writes", "", artifact),
        (fit, "writes", "", "s3://bank-ml/models/Loans-Fit-0042/"),
        (train, "reads", "train", fit),
        (validation, "reads", "validation", fit),
        (prep, "writes", "train", train),
        (prep, "writes", "validation", validation),
        ("s3://bank-raw/loans/2026-05/", "reads", "raw", prep),
        ("s3://bank-code/loans/prepare.py", "reads", "code", prep),
        (f"{XGBOOST}:1.7-1", "provides", "", fit),
        (f"{XGBOOST}:1.7-1", "provides", "", model),
        (f"{XGBOOST}:1.7-1", "provides", "Main", endpoint),
        (f"{XGBOOST}@sha256:{'4f1c' * 16}", "provides", "Main", endpoint),
        (SKLEARN, "provides", "", prep),
        (fit, "recorded-by", "", runs[fit]),
        (prep, "recorded-by", "", runs[prep]),
        (runs[fit], "member-of", "", trial),
        (runs[prep], "member-of", "", trial),
        (trial, "member-of", "", experiment),
        *((job, "member-of", "", member) for job in (fit, prep) for member in (trial, experiment)),
    }


def test_every_node_of_a_plain_chain_is_observed(tmp_path: Path) -> None:
    """Nothing upstream of loans-live is missing, and names keep their case where ARNs do not."""
    graph = walk(tmp_path, "loans-live")
    assert all(data["observed"] for _, data in graph.nodes(data=True))
    assert graph.graph["gaps"] == []
    node = graph.nodes[arn("training-job", "loans-fit-0042")]
    assert (node["name"], node["kind"], node["account"], node["region"]) == (
        "Loans-Fit-0042",
        "training-job",
        "111122223333",
        "eu-west-1",
    )


@pytest.mark.parametrize(
    ("endpoint", "jobs"),
    [
        ("fraud-ab", {"Fraud-XGB-17", "Fraud-XGB-18", "Fraud-NN-1", "Fraud-Features-9"}),
        ("churn-pipeline", {"Churn-Encoder-5", "Churn-Fit-5"}),
        ("credit-registry", {"pipelines-k3v9p1x7a2bc-CreditFit-Qm3dT0aXwe"}),
        ("cards-repack", {"Cards-RepackModel-2", "Cards-Fit-2"}),
        ("assist-components", {"Assist-Pretrain-1", "Assist-Lora-2"}),
        ("ledger-old", {"Ledger-Fit-1"}),
        ("vendor-scores", set()),
        ("kyc-multi", {"KYC-Faces-1", "KYC-Passports-1"}),
        ("mortgage-tuned", {"Mortgage-Tune-8", "Mortgage-Base-1"}),
        ("pricing-pools", {"Pricing-GPU-3", "Pricing-CPU-3"}),
        ("pension-frozen", set()),
        ("aml-restricted", {"AML-Fit-6"}),
        ("offers-loop", {"Offers-Fit-2", "Offers-Label-2"}),
    ],
)
def test_jobs_upstream(tmp_path: Path, endpoint: str, jobs: set[str]) -> None:
    """The walk reads the jobs behind an endpoint, all of them and no unrelated one."""
    graph = walk(tmp_path, endpoint)
    found = {data["name"] for _, data in graph.nodes(data=True) if data["kind"].endswith("-job") and data["observed"]}
    assert found == jobs


@pytest.mark.parametrize(
    ("endpoint", "subject", "operation", "reason"),
    [
        ("ledger-old", "model:111122223333/eu-west-1/ledger-0", "DescribeModel", "missing"),
        ("vendor-scores", "s3://bank-vendor/drop/scores-7.tar.gz", "Search", "unmatched"),
        ("pension-frozen", "endpoint-config:111122223333/eu-west-1/pension-config-2", "DescribeEndpointConfig", "missing"),
        ("aml-restricted", arn("training-job", "aml-fit-6"), "DescribeTrainingJob", "denied"),
    ],
)
def test_gaps(tmp_path: Path, endpoint: str, subject: str, operation: str, reason: str) -> None:
    """A deleted, denied or unmatched node is a gap of that node, and the walk goes on."""
    graph = walk(tmp_path, endpoint)
    assert [(gap.subject, gap.operation, gap.reason) for gap in graph.graph["gaps"]] == [(subject, operation, reason)]
    assert subject in graph


def without(tmp_path: Path, *names: str, plus: str = "") -> Path:
    """The bank without the records of these names."""
    lines = [line for line in BANK.read_text().splitlines() if not any(f'Name": "{name}"' in line[:120] for name in names)]
    path = tmp_path / "bank.jsonl"
    path.write_text("\n".join([*lines, plus]))
    return path


@pytest.mark.parametrize(
    "operation",
    ["Search", "ListProcessingJobs", "ListTrialComponents", "DescribeProcessingJob", "DescribeTrial", "DescribeModel"],
)
def test_a_denied_operation_is_a_gap_and_no_end(tmp_path: Path, operation: str) -> None:
    """Whatever is denied, the walk finishes, says so, and keeps the rest."""
    fault = json.dumps({"fault": "AccessDeniedException", "operation": operation})
    graph = walk(tmp_path, "loans-live", replay=without(tmp_path, plus=fault))
    assert {gap.operation for gap in graph.graph["gaps"]} == {operation}
    assert {gap.reason for gap in graph.graph["gaps"]} == {"denied"}
    assert arn("endpoint-config", "loans-live-config") in graph


def test_a_job_is_found_by_its_name_where_search_lags(tmp_path: Path) -> None:
    """The job whose name is in the key is read itself, and counts if its record says that it writes there."""
    lagging = without(tmp_path)
    account = lagging.read_text().replace(
        '"S3ModelArtifacts": "s3://bank-ml/ledger-models/Ledger-Fit-1/output/model.tar.gz"',
        '"S3ModelArtifacts": "s3://elsewhere/x"',
    )
    lagging.write_text(account)
    graph = walk(tmp_path, "ledger-old", replay=lagging)
    assert arn("training-job", "ledger-fit-1") in graph


def test_a_denied_search_is_no_absence(tmp_path: Path) -> None:
    """If Search was denied, it is unknown whether a job wrote an artifact."""
    denied = without(tmp_path, plus=json.dumps({"fault": "AccessDeniedException", "operation": "Search"}))
    graph = walk(tmp_path, "vendor-scores", replay=denied)
    assert {gap.reason for gap in graph.graph["gaps"]} == {"denied"}
    assert lineage.trace(graph, "vendor-scores").breaks[0]["reason"] == "denied"


def test_what_could_not_be_read_again_is_a_gap_of_its_trace(tmp_path: Path) -> None:
    """A model that an earlier crawl read and a later one is denied is shown with that gap, not as certain."""
    walk(tmp_path, "loans-live")
    denied = without(tmp_path, plus=json.dumps({"fault": "AccessDeniedException", "operation": "DescribeModel"}))
    answer = lineage.trace(walk(tmp_path, "loans-live", replay=denied), "loans-live")
    assert [(hole["operation"], hole["reason"]) for hole in answer.scope["holes"]] == [("DescribeModel", "denied")]


def test_a_component_that_is_gone_is_suspect(tmp_path: Path) -> None:
    """An inference component that the later crawl of its endpoint did not list is not a certain part of it."""
    walk(tmp_path, "assist-components")
    lines = [line for line in BANK.read_text().splitlines() if '"assist-lora-ic"' not in line]
    (tmp_path / "fewer.jsonl").write_text("\n".join(lines))
    answer = lineage.trace(walk(tmp_path, "assist-components", replay=tmp_path / "fewer.jsonl"), "assist-components")
    assert "suspect: inference component assist-lora-ic was not found by the last crawl of this endpoint" in answer.caveats


def test_odd_values_stop_nothing(tmp_path: Path) -> None:
    """Text by people in place of a location or an ARN is kept as it is, and the walk goes on."""
    odd = tmp_path / "odd.jsonl"
    text = BANK.read_text().replace('"s3://bank-ml/ledger/"', '"s3://<your-bucket>/x/"')
    text = text.replace(f'"{arn("pipeline", "credit-risk")}/execution/k3v9p1x7a2bc"', f'"{arn("training-job", "")}"')
    text = text.replace(
        '"SageMaker.InstanceType": {"StringValue": "ml.m5.2xlarge"}',
        '"SageMaker.InstanceType": {"StringValue": "https://[oops/x s3://[x"}',
    )
    text = text.replace('"SageMaker.ImageUri": {"Value": "', '"Image": {"Value": "https://[oops/x')
    odd.write_text(text)
    graph = walk(tmp_path, replay=odd)
    assert "s3://<your-bucket>/x/" in graph
    assert lineage.trace(graph, "ledger-old").scope["holes"][-1]["reason"] == "unresolved"
    assert "your-bucket" in lineage.to_dot(graph)
    assert lineage.select(graph, "s3://bank-ml/loans/+")


def test_an_interrupted_crawl_keeps_the_endpoints_it_finished(tmp_path: Path) -> None:
    """A finished walk stays, half a walk does not, and the snapshot says that the crawl did not finish."""

    def interrupt(progress: lineage.Progress) -> None:
        if progress.doing == "following ledger-old" and progress.records > 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        lineage.crawl_endpoints(tmp_path / "s.db", ["loans-live", "ledger-old"], replay=BANK, on_progress=interrupt)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        graph = lineage.graph(snapshot)
        assert [crawl.complete for crawl in snapshot.crawls()] == [False]
        assert [node.name for node in snapshot.of_kind("endpoint")] == ["loans-live"]
    answer = lineage.trace(graph, "loans-live")
    assert answer.verdict == "traced"
    assert any("did not finish" in caveat for caveat in answer.caveats)


def test_a_long_crawl_commits_on_its_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crawl of many endpoints is one crawl in several transactions."""
    monkeypatch.setattr("lineage.collect.endpoints.COMMIT_SECONDS", 0)
    lineage.crawl_endpoints(tmp_path / "often.db", ["loans-live", "ledger-old"], replay=BANK)
    monkeypatch.undo()
    lineage.crawl_endpoints(tmp_path / "once.db", ["loans-live", "ledger-old"], replay=BANK)
    with lineage.open_snapshot(tmp_path / "often.db") as often, lineage.open_snapshot(tmp_path / "once.db") as once:
        assert [(crawl.id, crawl.complete) for crawl in often.crawls()] == [(1, True)]
        assert list(often.edges()) == list(once.edges())
        assert list(often.nodes()) == list(once.nodes())


@pytest.mark.parametrize(
    ("key", "names"),
    [
        ("m/Fit-1/output/model.tar.gz", ["Fit-1"]),
        ("DEMO/output/Fit-1/output/model.tar.gz", ["Fit-1", "DEMO"]),
        ("output/model.tar.gz", []),
        ("m/no_job/output/x", []),
        ("m/Fit-1/model.tar.gz", []),
    ],
)
def test_jobs_in_key(key: str, names: list[str]) -> None:
    """The job that SageMaker put into the key is the last name before an `output`."""
    assert jobs_in_key(key) == names


def test_a_second_crawl_adds(tmp_path: Path) -> None:
    """Crawling another endpoint into the same snapshot keeps what the first one found."""
    walk(tmp_path, "loans-live")
    graph = walk(tmp_path, "cards-repack")
    names = {data["name"] for _, data in graph.nodes(data=True)}
    assert {"loans-live", "Loans-Fit-0042", "cards-repack", "Cards-Fit-2"} <= names
    assert [crawl.roots for crawl in graph.graph["scope"].crawls] == [("loans-live",), ("cards-repack",)]


def test_a_trace_names_the_crawl_that_read_its_path(tmp_path: Path) -> None:
    """A later crawl of another endpoint proves nothing for this one."""
    walk(tmp_path, "loans-live")
    graph = walk(tmp_path, "cards-repack")
    assert [crawl["id"] for crawl in lineage.trace(graph, "loans-live").scope["crawls"]] == [1]
    assert [crawl["id"] for crawl in lineage.trace(graph, "cards-repack").scope["crawls"]] == [2]


def test_a_gap_of_an_earlier_crawl_closes(tmp_path: Path) -> None:
    """What was denied before and can be read now is no longer a gap."""
    denied = without(tmp_path, plus=json.dumps({"fault": "AccessDeniedException", "operation": "DescribeProcessingJob"}))
    assert walk(tmp_path, "loans-live", replay=denied).graph["gaps"]
    assert walk(tmp_path, "loans-live").graph["gaps"] == []


def test_an_endpoint_nobody_has_changes_nothing(tmp_path: Path) -> None:
    """A wrong name among right ones is refused before anything is kept."""
    with pytest.raises(
        lineage.UnknownNode, match="no endpoint 'loans-liv' in account 111122223333, eu-west-1; did you mean loans-live"
    ):
        walk(tmp_path, "cards-repack", "loans-liv")
    assert not (tmp_path / "s.db").exists()


def test_unknown_members_are_a_gap_of_their_record(tmp_path: Path) -> None:
    """What botocore drops from a record is a gap of that record, and closes when it no longer drops anything."""
    newer = tmp_path / "newer.jsonl"
    lines = [json.loads(line) for line in BANK.read_text().splitlines()]
    for line in lines:
        if line.get("record", {}).get("TrainingJobName") == "Ledger-Fit-1":
            line["record"]["InputDataConfig"][0]["DataSource"] = {"LakeSource": {"Table": "x"}}
            line["record"]["LakeConfig"] = "x"
    newer.write_text("\n".join(map(json.dumps, lines)))
    graph = walk(tmp_path, "ledger-old", replay=newer)
    (gap,) = [gap for gap in graph.graph["gaps"] if gap.reason == "unknown-member"]
    assert gap.subject == arn("training-job", "ledger-fit-1")
    assert (
        gap.detail
        == 'botocore does not know InputDataConfig[].DataSource.LakeSource ({"Table": "x"}); input train names no source that '
        "this version knows: upgrade boto3 and crawl again"
    )
    assert "unknown-member" in {hole["reason"] for hole in lineage.trace(graph, "ledger-old").scope["holes"]}
    assert "unknown-member" not in {gap.reason for gap in walk(tmp_path, "ledger-old").graph["gaps"]}


def test_a_denied_processing_job_shadows_every_dataset(tmp_path: Path) -> None:
    """An unreadable processing job may have made any dataset: each trace that reads one says so."""
    denied = without(
        tmp_path,
        plus=json.dumps({"fault": "AccessDeniedException", "operation": "DescribeProcessingJob", "name": "Loans-Prep-0042"}),
    )
    graph = walk(tmp_path, "loans-live", replay=denied)
    (hole,) = lineage.trace(graph, "loans-live").scope["holes"]
    assert (hole["subject"], hole["reason"]) == (arn("processing-job", "loans-prep-0042"), "denied")


def test_who_wrote_after_the_model_was_made_is_read_too(tmp_path: Path) -> None:
    """An endpoint loads what lies there when it is deployed: of two jobs that wrote the place, the walk reads the later one."""
    place = "s3://models/latest/model.tar.gz"
    fits = [
        training(name, {"train": f"s3://{name}/"}, place, day=day)
        for name, day in [("one", "2026-01-02"), ("two", "2026-03-02")]
    ]
    model, config, endpoint = served(place)
    deployed = record("endpoint", "shop", endpoint.body | {"CreationTime": "2026-04-01T00:00:00Z"})
    graph = walk(tmp_path, "shop", replay=account_of(tmp_path, *fits, model, config, deployed))
    answer = lineage.trace(graph, "shop")
    assert (answer.verdict, [job["name"] for job in answer.training_jobs]) == ("traced", ["two"])
    assert [row["uri"] for row in answer.datasets] == ["s3://two/"]


def test_writers_that_came_too_late_are_named(tmp_path: Path) -> None:
    """A base model that was written only after the job had read it is unmatched, and the gap names who wrote it."""
    place = "s3://models/base/model.tar.gz"
    fit = training("fit", {"train": "s3://raw/", "model": place})
    base = training("base", {"train": "s3://old/"}, place, day="2026-01-20")
    graph = walk(tmp_path, "shop", replay=account_of(tmp_path, fit, base, *served("s3://models/fit/output/model.tar.gz")))
    details = {gap.subject: gap.detail for gap in graph.graph["gaps"]}
    assert details[place] == "only base wrote it, and only after fit had read it"


def test_search_expressions_stay_within_the_services_limits() -> None:
    """An expression has at most 20 filters, and at most one `Contains`."""
    place = parse_location("s3://b/" + "deep/" * 30 + "model.tar.gz")
    expressions = list(search_expressions(place, Span.PREFIX, "eu-west-1"))
    assert all(len(one["Filters"]) <= MAX_FILTERS for one in expressions)
    contains = [[f for f in one["Filters"] if f["Operator"] == "Contains"] for one in expressions]
    assert all(len(found) <= 1 for found in contains)
    assert sum(len(found) for found in contains) == 2


def test_an_object_is_not_searched_as_a_prefix() -> None:
    """For a single object, the search covers only its own spellings and the folders around it."""
    expressions = list(search_expressions(parse_location("s3://b/j/m.tar.gz"), Span.OBJECT, "eu-west-1"))
    values = {f["Value"] for one in expressions for f in one["Filters"]}
    assert {f["Operator"] for one in expressions for f in one["Filters"]} == {"Equals"}
    assert {"s3://b/j/m.tar.gz", "s3://b/j", "s3://b/j/", "https://b.s3.eu-west-1.amazonaws.com/j/m.tar.gz"} <= values
