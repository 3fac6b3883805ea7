"""The account file, answered through a real botocore client: pages, filters and errors as SageMaker has them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from conftest import BANK
from records import arn, training

from lineage.crawl.fetch import Fetcher, Refused
from lineage.crawl.replay import replay_session
from lineage.errors import CrawlError
from lineage.kinds import KINDS

HEADER = {"schema": "lineage.account/1", "caller": "arn:aws:sts::111122223333:assumed-role/auditor/jo", "region": "eu-west-1"}


def account(tmp_path: Path, *lines: dict[str, Any], header: dict[str, Any] | None = None) -> Path:
    path = tmp_path / "account.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in (header or HEADER, *lines)))
    return path


def jobs(number: int) -> list[dict[str, Any]]:
    return [
        {"kind": "training-job", "record": dict(training(f"job-{n:03}", {"train": f"s3://b/{n}/"}).body)} for n in range(number)
    ]


def client(path: Path) -> Any:
    return replay_session(path).client("eu-west-1")


def test_the_caller_is_the_files(tmp_path: Path) -> None:
    """sts:GetCallerIdentity answers with the caller of the file."""
    session = replay_session(account(tmp_path))
    assert (session.caller, session.account) == (HEADER["caller"], "111122223333")


def test_describe_gives_the_record_with_its_times(tmp_path: Path) -> None:
    """Describe parses the record as botocore would parse the service's answer."""
    job = client(account(tmp_path, *jobs(1))).describe_training_job(TrainingJobName="JOB-000")
    assert job["TrainingJobName"] == "job-000"
    assert job["TrainingEndTime"].isoformat() == "2026-01-02T11:00:00+00:00"


def test_parameters_are_validated() -> None:
    """A call that AWS would refuse before sending is refused here too."""
    with pytest.raises(ParamValidationError):
        client(BANK).describe_training_job(Name="x")


def test_lists_are_cut_into_pages(tmp_path: Path) -> None:
    """The default page is ten, the largest a hundred, and every record comes once."""
    api = client(account(tmp_path, *jobs(205)))
    first = api.list_training_jobs()
    assert len(first["TrainingJobSummaries"]) == 10
    pages = list(api.get_paginator("list_training_jobs").paginate(MaxResults=100))
    assert [len(page["TrainingJobSummaries"]) for page in pages] == [100, 100, 5]
    with pytest.raises(ParamValidationError):
        api.list_training_jobs(MaxResults="many")


def test_filters_apply_after_the_page_is_cut(tmp_path: Path) -> None:
    """An empty page with a token is normal, and the fetcher reads on."""
    path = account(tmp_path, *jobs(25))
    first = client(path).list_training_jobs(NameContains="024")
    assert first["TrainingJobSummaries"] == []
    assert first["NextToken"]
    fetcher = Fetcher(replay_session(path))
    found = list(fetcher.listed("ListTrainingJobs", {"NameContains": "024", "MaxResults": 10}, "eu-west-1"))
    assert [job["TrainingJobName"] for job in found] == ["job-024"]


def search(path: Path, *filters: tuple[str, str, str], resource: str = "TrainingJob", operator: str = "And") -> list[str]:
    expression = {"Filters": [{"Name": n, "Operator": o, "Value": v} for n, o, v in filters], "Operator": operator}
    answer = client(path).search(Resource=resource, SearchExpression=expression, SortBy="CreationTime", SortOrder="Ascending")
    assert answer["TotalHits"] == {"Value": len(answer["Results"]), "Relation": "EqualTo"}
    return [result[resource]["TrainingJobName"] for result in answer["Results"]]


def test_search_reads_nested_properties() -> None:
    """Search finds by a nested property, by equality, by containment, and by either of two filters."""
    artifact = "s3://bank-ml/models/Loans-Fit-0042/output/model.tar.gz"
    field = "ModelArtifacts.S3ModelArtifacts"
    assert search(BANK, (field, "Equals", artifact)) == ["Loans-Fit-0042"]
    assert search(BANK, (field, "Contains", "s3://bank-ml/kyc/models/")) == ["KYC-Faces-1", "KYC-Passports-1"]
    assert search(BANK, (field, "Equals", artifact), (field, "Equals", "s3://no")) == []
    assert search(BANK, (field, "Equals", artifact), (field, "Equals", "s3://no"), operator="Or") == ["Loans-Fit-0042"]
    assert search(BANK, ("InputDataConfig.DataSource.S3DataSource.S3Uri", "Contains", "mortgage/train")) == ["Mortgage-Base-1"]


def test_search_leaves_out_what_the_service_leaves_out(tmp_path: Path) -> None:
    """A search record has only the members that Search knows: ServerlessJobConfig is not among them."""
    job = jobs(1)[0]
    job["record"]["ServerlessJobConfig"] = {"JobType": "Evaluation"}
    path = account(tmp_path, job)
    result = client(path).search(Resource="TrainingJob")["Results"][0]["TrainingJob"]
    assert "ServerlessJobConfig" not in result
    assert client(path).describe_training_job(TrainingJobName="job-000")["ServerlessJobConfig"] == {"JobType": "Evaluation"}


@pytest.mark.parametrize(
    ("filters", "said"),
    [
        ([("Nonsense.Here", "Equals", "x")], "Unknown property name: Nonsense.Here"),
        ([("RoleArn", "Contains", "x"), ("RoleArn", "Contains", "y")], "'CONTAINS' operator usage limit of 1 exceeded"),
    ],
)
def test_search_refuses_as_the_service_does(filters: list[tuple[str, str, str]], said: str) -> None:
    """An unknown property and a second `Contains` are validation errors."""
    with pytest.raises(ClientError, match=said) as caught:
        search(BANK, *filters)
    assert caught.value.response["Error"]["Code"] == "ValidationException"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("training-job", "ValidationException"),
        ("processing-job", "ValidationException"),
        ("endpoint", "ValidationException"),
        ("endpoint-config", "ValidationException"),
        ("model", "ValidationException"),
        ("model-package", "ValidationException"),
        ("trial", "ResourceNotFound"),
        ("experiment", "ResourceNotFound"),
    ],
)
def test_not_found_has_the_services_shape(kind: str, code: str) -> None:
    """Each kind's "not found" comes as SageMaker sends it, and is understood as missing."""
    fetcher = Fetcher(replay_session(BANK))
    with pytest.raises(Refused) as caught:
        fetcher.describe(KINDS[kind], "nobody", "eu-west-1")
    assert caught.value.reason == "missing"
    assert isinstance(caught.value.__cause__, ClientError)
    assert caught.value.__cause__.response["Error"]["Code"] == code


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDeniedException", "denied"),
        ("ThrottlingException", "throttled"),
        ("ResourceNotFound", "missing"),
        ("InternalFailure", "failed"),
    ],
)
def test_faults(tmp_path: Path, code: str, reason: str) -> None:
    """A fault of the file strikes its operation, for one name or for all, and is understood."""
    one = {"fault": code, "operation": "DescribeTrainingJob", "name": "Job-001"}
    fetcher = Fetcher(replay_session(account(tmp_path, *jobs(2), one)))
    assert fetcher.describe(KINDS["training-job"], "job-000", "eu-west-1").name == "job-000"
    with pytest.raises(Refused) as caught:
        fetcher.describe(KINDS["training-job"], "job-001", "eu-west-1")
    assert caught.value.reason == reason
    every = Fetcher(replay_session(account(tmp_path, {"fault": code, "operation": "ListModels"})))
    with pytest.raises(Refused) as caught:
        list(every.listed("ListModels", {}, "eu-west-1"))
    assert caught.value.reason == reason


def test_a_validation_error_of_another_kind_is_no_absence(tmp_path: Path) -> None:
    """Only a message that says so is a "not found"; any other validation error is a failure."""
    fault = {"fault": "ValidationException", "operation": "DescribeModel"}
    with pytest.raises(Refused) as caught:
        Fetcher(replay_session(account(tmp_path, fault))).describe(KINDS["model"], "m", "eu-west-1")
    assert caught.value.reason == "failed"


def test_credentials_that_aws_does_not_take_end_the_crawl(tmp_path: Path) -> None:
    """An expired token is no gap: no further call could work."""
    fault = {"fault": "ExpiredTokenException", "operation": "DescribeModel"}
    with pytest.raises(CrawlError, match="does not take these credentials .* sign in again"):
        Fetcher(replay_session(account(tmp_path, fault))).describe(KINDS["model"], "m", "eu-west-1")


def test_an_arn_is_asked_for_by_name_where_only_names_are_taken(tmp_path: Path) -> None:
    """DescribeModel takes no ARN: of the own account the name is asked for, of another account nothing."""
    model = {"ModelName": "m", "ModelArn": arn("model", "m"), "CreationTime": "2026-01-01T00:00:00Z"}
    path = account(tmp_path, {"kind": "model", "record": model})
    fetcher = Fetcher(replay_session(path))
    assert fetcher.describe(KINDS["model"], arn("model", "m"), "eu-west-1").name == "m"
    with pytest.raises(Refused) as caught:
        fetcher.describe(KINDS["model"], arn("model", "m", account="999988887777"), "eu-west-1")
    assert (caught.value.reason, caught.value.detail) == (
        "not-crawled",
        "DescribeModel reads the caller's own account only: crawl account 999988887777 as well",
    )
    with pytest.raises(ClientError, match="failed to satisfy constraint"):
        client(path).describe_model(ModelName=arn("model", "m"))


def test_regions_and_accounts_are_kept_apart(tmp_path: Path) -> None:
    """A region holds its own records; another account's are reached by ARN alone."""
    package = {"ModelPackageArn": arn("model-package", "g/1", account="999988887777"), "CreationTime": "2026-01-01T00:00:00Z"}
    path = account(tmp_path, *jobs(1), {"kind": "model-package", "record": package})
    fetcher = Fetcher(replay_session(path))
    with pytest.raises(Refused):
        fetcher.describe(KINDS["training-job"], "job-000", "us-east-1")
    with pytest.raises(Refused):
        fetcher.describe(KINDS["model-package"], "g/1", "eu-west-1")
    assert fetcher.describe(KINDS["model-package"], package["ModelPackageArn"], "eu-west-1").account == "999988887777"


GOOD = json.dumps(HEADER)


def bad(**fields: Any) -> str:
    record = {"ModelName": "m", "ModelArn": arn("model", "m"), "CreationTime": "2026-01-01T00:00:00Z"}
    return f"{GOOD}\n{json.dumps({'kind': 'model', 'record': record | fields})}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty: its first line says"),
        ("{", "line 1: no JSON"),
        ("[]", "line 1: a JSON object is wanted, not list"),
        ('{"kind": "model"}', 'line 1: the first line must say "schema": "lineage.account/1", and says None'),
        ('{"schema": "lineage.account/1"}', 'line 1: the first line must name a "caller"'),
        (f"{GOOD}\nnot json", "line 2: no JSON"),
        (f'{GOOD}\n\n{{"kind": "modle", "record": {{}}}}', "line 3: no kind 'modle'; the kinds are endpoint, "),
        (f'{GOOD}\n{{"kind": "dataset", "record": {{}}}}', "line 2: no kind 'dataset'"),
        (f'{GOOD}\n{{"kind": "model"}}', 'line 2: "record" must hold the answer of DescribeModel'),
        (f'{GOOD}\n{{"kind": "model", "record": {{"ModelName": "m"}}}}', "line 2: ModelArn: 'None' is no ARN"),
        (GOOD.replace(HEADER["caller"], "jo"), 'line 1: the first line must name a "caller" (an ARN)'),
        (bad(CreationTime="yesterday"), 'line 2: record.CreationTime must be a timestamp, and is "yesterday"'),
        (bad(PrimaryContainer="x"), 'line 2: record.PrimaryContainer must be a structure, and is "x"'),
        (bad(Containers=[{"Image": 3}]), "line 2: record.Containers[0].Image must be a string, and is 3"),
        (bad(ModelName=None), "line 2: record.ModelName is missing"),
    ],
)
def test_malformed_account_files(tmp_path: Path, text: str, said: str) -> None:
    """What can't be read in an account file is named with its line."""
    path = tmp_path / "account.jsonl"
    path.write_text(text)
    with pytest.raises(CrawlError) as caught:
        replay_session(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_bytes(b"\xff\xfe\x00")])
def test_unreadable_account_files(tmp_path: Path, make: Any) -> None:
    """A file that is missing, a folder or no text is refused with a sentence."""
    make(tmp_path / "account.jsonl")
    with pytest.raises(CrawlError, match="account file .* can't be read"):
        replay_session(tmp_path / "account.jsonl")
