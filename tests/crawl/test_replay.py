"""The account file, answered through a real botocore client: pages, filters and errors as SageMaker has them."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import botocore.session
import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError, PaginationError, ParamValidationError

from lineage.crawl.aws.fetch import Fetcher
from lineage.crawl.aws.refusals import Refused
from lineage.crawl.replay.session import Replay, replay_session
from lineage.domain.kinds import KINDS, Kind
from lineage.errors import CrawlError
from lineage.search_language.expressions import Matcher
from tests.conftest import BANK
from tests.records import ACCOUNT, REGION, arn, training

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
    """A client that parses its answers as botocore does; a session keeps answers as they came."""
    quick: Any = Config(retries={"total_max_attempts": 1})
    return Replay(path).boto().client("sagemaker", region_name="eu-west-1", config=quick)


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
        (
            [("CreationTime", "LessThan", "nonsense")],
            "The value 'nonsense' of CreationTime is not an ISO 8601 date-time string",
        ),
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
    """Each kind's "not found" comes as SageMaker sends it, and is recognized as missing."""
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
    """A fault of the file strikes its operation, for one name or for all, and is recognized."""
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
    with pytest.raises(CrawlError, match="these credentials have expired .* sign in again"):
        Fetcher(replay_session(account(tmp_path, fault))).describe(KINDS["model"], "m", "eu-west-1")


def test_an_arn_is_asked_for_by_name_where_only_names_are_taken(tmp_path: Path) -> None:
    """DescribeModel takes no ARN: in the caller's account the name is used, for another account no call is made."""
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


def bad_line(**fields: Any) -> str:
    return f"{GOOD}\n{json.dumps(fields)}"


def bad_fault(**fields: Any) -> str:
    return bad_line(**({"fault": "ThrottlingException", "operation": "ListModels"} | fields))


def found(**search: Any) -> str:
    record = {"ModelName": "m", "ModelArn": arn("model", "m"), "CreationTime": "2026-01-01T00:00:00Z"}
    return bad_line(kind="model", record=record, search=search)


def steps(extras: Any) -> str:
    return bad_line(kind="pipeline-execution", record={"PipelineExecutionArn": execution("p", "1")}, extras=extras)


def execution(pipeline: str, name: str) -> str:
    return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/{pipeline}/execution/{name}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty: its first line says"),
        ("{", "line 1: not JSON"),
        ("[]", "line 1: expected a JSON object, not list"),
        ('{"kind": "model"}', 'line 1: the first line must say "schema": "lineage.account/1", and says None'),
        ('{"schema": "lineage.account/1"}', 'line 1: the first line must name a "caller"'),
        (f"{GOOD}\nnot json", "line 2: not JSON"),
        (f'{GOOD}\n\n{{"kind": "modle", "record": {{}}}}', "line 3: 'modle' is not a kind (expected one of "),
        (f'{GOOD}\n{{"kind": "dataset", "record": {{}}}}', "line 2: 'dataset' is not a kind"),
        (f'{GOOD}\n{{"kind": "model"}}', 'line 2: "record" must hold the answer of DescribeModel'),
        (f'{GOOD}\n{{"kind": "model", "record": {{"ModelName": "m"}}}}', "line 2: ModelArn: 'None' is not an ARN"),
        (GOOD.replace(HEADER["caller"], "jo"), 'line 1: the first line must name a "caller" (an ARN)'),
        (bad(CreationTime="yesterday"), 'line 2: record.CreationTime must be a timestamp, and is "yesterday"'),
        (bad(PrimaryContainer="x"), 'line 2: record.PrimaryContainer must be a structure, and is "x"'),
        (bad(Containers=[{"Image": 3}]), "line 2: record.Containers[0].Image must be a string, and is 3"),
        (bad(ModelName=None), "line 2: record.ModelName is missing"),
        (found(Tags="team"), 'line 2: search.Tags must be a list, and is "team"'),
        (found(Endpoints=[{"EndpointName": 3}]), "line 2: search.Endpoints[0].EndpointName must be a string, and is 3"),
        (bad_line(kind="lineage-artifact", record=[]), 'line 2: "record" must hold a summary of ListArtifacts'),
        (bad_line(kind="job", record={"JobName": "j", "JobArn": arn("job", "j")}), "line 2: record.JobCategory is missing"),
        (bad_line(kind="association", record={"SourceArn": "x"}), "line 2: SourceArn: 'x' is not an ARN"),
        (
            steps({"PipelineExecutionSteps": [{"StepName": 3}]}),
            "line 2: extras.PipelineExecutionSteps[0].StepName must be a string",
        ),
        (steps([]), 'line 2: "extras" of a pipeline-execution is an object'),
        (bad_fault(operation=[]), 'line 2: "operation" of a fault must be a text, not []'),
        (json.dumps({"fault": "X"}).join((f"{GOOD}\n", "")), "of a fault is None (expected one of"),
        (
            steps({"Steps": []}),
            'line 2: "extras" of a pipeline-execution is an object with PipelineExecutionSteps and PipelineParameters in it',
        ),
        (json.dumps(HEADER | {"regions": "all"}), 'line 1: "regions" must be a list of region names'),
        (bad_fault(nmae="x"), 'line 2: a fault has no "nmae"; it has account, every, fault, name, operation, region, times'),
        (bad_fault(times=0), 'line 2: "times" of a fault must be a number of calls, not 0'),
        (bad_fault(every=True), 'line 2: "every" of a fault must be a number of calls, not true'),
        (bad_fault(region=3), 'line 2: "region" of a fault must be a text, not 3'),
        (bad_fault(operation="ListModel"), "of a fault is 'ListModel' (expected one of"),
        (
            bad_fault(fault="EmptyPage", operation="DescribeModel"),
            "line 2: DescribeModel has no pages that EmptyPage could strike",
        ),
    ],
)
def test_malformed_account_files(tmp_path: Path, text: str, said: str) -> None:
    """An unreadable part of an account file is reported with its line."""
    path = tmp_path / "account.jsonl"
    path.write_text(text)
    with pytest.raises(CrawlError) as caught:
        replay_session(path)
    assert said in str(caught.value)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("make", [lambda path: None, lambda path: path.mkdir(), lambda path: path.write_bytes(b"\xff\xfe\x00")])
def test_unreadable_account_files(tmp_path: Path, make: Any) -> None:
    """A missing file, a folder, or a file that is no text is refused with a sentence."""
    make(tmp_path / "account.jsonl")
    with pytest.raises(CrawlError, match="no account file|account file .* can't be read"):
        replay_session(tmp_path / "account.jsonl")


# --- every row ------------------------------------------------------------------------------------

MODEL = botocore.session.get_session().get_service_model("sagemaker")
ANSWERED = [kind for kind in KINDS.values() if kind.describe or kind.summaries]
DAY = "2026-01-01T00:00:00Z"
KEYS = {"JobCategory": "AgentRFT", "HubName": "hub", "HubContentType": "Model", "HubContentVersion": "1.0.0"}


def line(kind: str, name: str, at: str = DAY, *, search: Any = None, extras: Any = None, **body: Any) -> dict[str, Any]:
    """A line of the file: the smallest record of a kind."""
    row = KINDS[kind]
    members = _described(row).members if row.describe else {f"{row.noun}Name"}
    own = {f"{row.noun}Name": name} if f"{row.noun}Name" in members else {}
    keys = {key: KEYS[key] for key in row.keys if key in KEYS}
    common = own | keys | {f"{row.noun}Arn": arn(kind, name), "CreationTime": at}
    if row.between:
        common = {
            "SourceArn": arn("lineage-artifact", name),
            "DestinationArn": arn("lineage-context", name),
            "CreationTime": at,
        }
    return {"kind": kind, "record": common | body, "search": search or {}, "extras": extras or {}}


def _described(row: Kind) -> Any:
    shape = MODEL.operation_model(row.describe).output_shape
    return shape.members[row.wrapped] if row.wrapped else shape


def listed(api: Any, operation: str, **parameters: Any) -> list[Any]:
    """Everything that a List call gives, on all its pages."""
    pages = api.get_paginator(xform_name(operation)).paginate(**parameters)
    return [one for page in pages for value in page.values() if isinstance(value, list) for one in value]


@pytest.mark.parametrize("kind", ANSWERED, ids=lambda kind: kind.name)
def test_every_row_of_the_table_answers(tmp_path: Path, kind: Kind) -> None:
    """Each kind that is listed or described gives its record, under the names of its own List and Describe calls."""
    one = line(kind.name, "one")
    api = client(account(tmp_path, one))
    noun = kind.listed_as or kind.noun
    if kind.list:
        parents = {"PipelineName": "one", "JobCategory": "AgentRFT"}
        by = {kind.list_by[0]: parents[kind.list_by[0]]} if kind.list_by[0] else {}
        (summary,) = listed(api, kind.list, **dict(kind.list_with), **by)
        arns = {field: summary[field] for field in (kind.between[:2] or (f"{noun}Arn",))}
        assert list(arns.values()) == [one["record"][field.replace(noun, kind.noun, 1) if noun else field] for field in arns]
    if kind.describe:
        shape = api.meta.service_model.operation_model(kind.describe).input_shape
        asked = {key: one["record"].get(key) or arn(kind.name, "one") for key in kind.keys or shape.required_members}
        body = getattr(api, xform_name(kind.describe))(**asked)
        body = body[kind.wrapped] if kind.wrapped else body
        assert body[f"{kind.noun}Arn"] == arn(kind.name, "one")


@pytest.mark.parametrize(
    ("parameters", "versions"), [({}, ["alone"]), ({"ModelPackageType": "Versioned"}, ["g/1", "g/2"]), ({"ModelPackageType": "Both"}, ["alone", "g/1", "g/2"]), ({"ModelPackageGroupName": "G"}, ["g/1", "g/2"]), ({"ModelPackageGroupName": arn("model-package-group", "g")}, ["g/1", "g/2"])]
)  # fmt: skip
def test_packages_are_listed_by_type(tmp_path: Path, parameters: dict[str, str], versions: list[str]) -> None:
    """ListModelPackages gives packages without a group unless the request says otherwise."""
    path = account(tmp_path, *(line("model-package", name) for name in ("g/2", "alone", "g/1")))
    assert [
        one["ModelPackageArn"].partition("/")[2] for one in listed(client(path), "ListModelPackages", **parameters)
    ] == versions


def test_executions_and_jobs_are_listed_by_their_parent(tmp_path: Path) -> None:
    """An execution is listed for its own pipeline, by name or ARN in any case, and a job for its own category."""
    runs = [line("pipeline-execution", f"{p}{n}", PipelineExecutionArn=execution(p, str(n))) for p in "ab" for n in range(15)]
    other = line("job", "two", JobCategory="DataTransformation")
    api = client(account(tmp_path, line("pipeline", "a"), line("pipeline", "empty"), *runs, line("job", "one"), other))
    for pipeline in ("a", "A", arn("pipeline", "a")):
        found = listed(api, "ListPipelineExecutions", PipelineName=pipeline)
        assert {one["PipelineExecutionArn"] for one in found} == {execution("a", str(n)) for n in range(15)}
    assert len(api.list_pipeline_executions(PipelineName="a")["PipelineExecutionSummaries"]) == 10
    assert found[0]["StartTime"].isoformat() == "2026-01-01T00:00:00+00:00"
    assert listed(api, "ListPipelineExecutions", PipelineName="empty") == []
    with pytest.raises(ClientError, match="'gone' does not exist"):
        api.list_pipeline_executions(PipelineName="gone")
    assert [one["JobName"] for one in listed(api, "ListJobs", JobCategory="DataTransformation")] == ["two"]


def test_hub_content_is_described_by_its_four_keys(tmp_path: Path) -> None:
    """Without a version the newest comes; a hub of AWS's own is reached by its name and by its ARN."""
    hub = f"arn:aws:sagemaker:{REGION}:aws:hub/public"
    mine = [
        line("hub-content", "m", HubContentVersion=v, HubContentArn=arn("hub-content", f"hub/Model/m/{v}"))
        for v in ("1.9.0", "1.10.0")
    ]
    theirs = line("hub-content", "m", HubName="public", HubContentArn=arn("hub-content", "public/Model/m/1.0.0", account="aws"))
    api = client(account(tmp_path, *mine, theirs))
    asked = {"HubContentType": "Model", "HubContentName": "M"}
    assert api.describe_hub_content(HubName="hub", **asked)["HubContentVersion"] == "1.10.0"
    assert api.describe_hub_content(HubName="hub", HubContentVersion="1.9.0", **asked)["HubContentVersion"] == "1.9.0"
    for name in ("public", hub):
        assert api.describe_hub_content(HubName=name, **asked)["HubName"] == "public"
    with pytest.raises(ClientError, match="ResourceNotFound"):
        api.describe_hub_content(HubName="hub", HubContentVersion="2.0.0", **asked)


def test_optional_parameters_of_describe_change_nothing(tmp_path: Path) -> None:
    """A Describe call with more arguments than the name is answered by the name."""
    api = client(account(tmp_path, line("model-card", "card", Content="{}")))
    assert api.describe_model_card(ModelCardName="card", IncludedData="MetadataOnly")["ModelCardName"] == "card"


def test_extras_and_tags_answer_page_by_page(tmp_path: Path) -> None:
    """The steps of an execution and the tags of a record come from its line, in pages."""
    steps = [{"StepName": f"s{n:02}", "StartTime": DAY} for n in range(25)]
    tags = [{"Key": f"k{n:02}", "Value": "v"} for n in range(60)]
    path = account(
        tmp_path,
        line("pipeline-execution", "p", extras={"PipelineExecutionSteps": steps}),
        line("processing-job", "j", search={"Tags": tags}),
    )
    api = client(path)
    asked = {"PipelineExecutionArn": arn("pipeline-execution", "p")}
    assert [one["StepName"] for one in listed(api, "ListPipelineExecutionSteps", **asked)] == [f"s{n:02}" for n in range(25)]
    assert api.list_pipeline_execution_steps(SortOrder="Descending", **asked)["PipelineExecutionSteps"][0]["StepName"] == "s24"
    assert listed(api, "ListTags", ResourceArn=arn("processing-job", "J")) == tags
    assert len(api.list_tags(ResourceArn=arn("processing-job", "j"))["Tags"]) == 50
    for call in (
        lambda: api.list_tags(ResourceArn=arn("model", "none")),
        lambda: api.list_pipeline_execution_steps(PipelineExecutionArn=execution("x", "y")),
    ):
        with pytest.raises(ClientError, match="not find|not exist"):
            call()


def dated(*days: int) -> list[dict[str, Any]]:
    return [line("experiment", f"e-{9 - n}", f"2026-01-{day:02}T00:00:00Z", LastModifiedTime=f"2026-02-{day:02}T00:00:00Z") for n, day in enumerate(days)] + [line("endpoint", f"e-{9 - n}", f"2026-01-{day:02}T00:00:00Z", LastModifiedTime=f"2026-02-{day:02}T00:00:00Z") for n, day in enumerate(days)]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "parameters", "names"),
    [
        ("ListExperiments", {}, ["e-7", "e-8", "e-9"]),
        ("ListExperiments", {"SortBy": "CreationTime", "SortOrder": "Ascending"}, ["e-9", "e-7", "e-8"]),
        ("ListExperiments", {"SortBy": "CreationTime", "SortOrder": "Descending"}, ["e-8", "e-7", "e-9"]),
        ("ListExperiments", {"SortBy": "Name", "SortOrder": "Descending"}, ["e-9", "e-8", "e-7"]),
        ("ListExperiments", {"SortOrder": "Descending"}, ["e-8", "e-7", "e-9"]),
        ("ListExperiments", {"CreatedAfter": "2026-01-05T00:00:00Z"}, ["e-7", "e-8"]),
        ("ListExperiments", {"CreatedBefore": "2026-01-05T00:00:00Z"}, ["e-7", "e-9"]),
        ("ListEndpoints", {"CreationTimeAfter": "2026-01-05T00:00:00Z"}, ["e-7", "e-8"]),
        ("ListEndpoints", {"LastModifiedTimeAfter": "2026-02-05T00:00:00Z"}, ["e-7", "e-8"]),
        ("ListEndpoints", {"LastModifiedTimeBefore": "2026-02-05T00:00:00Z"}, ["e-7", "e-9"]),
    ],
)
def test_lists_are_sorted_and_bounded_in_time(
    tmp_path: Path, operation: str, parameters: dict[str, str], names: list[str]
) -> None:
    """List calls honour their order, and their bounds are inclusive."""
    api = client(account(tmp_path, *dated(1, 9, 5)))
    found = listed(api, operation, **parameters)
    assert [one.get("ExperimentName") or one["EndpointName"] for one in found] == names


def test_summaries_rename_what_the_service_renames(tmp_path: Path) -> None:
    """A List summary's field that the record names or places differently comes from where the record has it."""
    lines = [
        line("feature-group", "f", OfflineStoreStatus={"Status": "Active"}),
        line(
            "data-quality-job-definition", "d", DataQualityJobInput={"EndpointInput": {"EndpointName": "e", "LocalPath": "/"}}
        ),
        line(
            "monitoring-schedule",
            "m",
            MonitoringScheduleConfig={"MonitoringJobDefinitionName": "d", "MonitoringType": "DataQuality"},
        ),
        line("tuning-job", "t", HyperParameterTuningJobConfig={"Strategy": "Bayesian"}),
    ]
    api = client(account(tmp_path, *lines))
    assert listed(api, "ListFeatureGroups", OfflineStoreStatusEquals="Active")[0]["OfflineStoreStatus"] == {"Status": "Active"}
    assert listed(api, "ListDataQualityJobDefinitions", EndpointName="e")[0]["MonitoringJobDefinitionName"] == "d"
    assert listed(api, "ListMonitoringSchedules", MonitoringTypeEquals="DataQuality")[0]["MonitoringJobDefinitionName"] == "d"
    assert listed(api, "ListHyperParameterTuningJobs")[0]["Strategy"] == "Bayesian"


@pytest.mark.parametrize("parameters", [{"MaxResults": 101}, {"NextToken": "nonsense"}])
def test_pages_that_the_service_refuses(tmp_path: Path, parameters: dict[str, Any]) -> None:
    """A page that is too large, or an unknown token, is a validation error."""
    with pytest.raises(ClientError, match="ValidationException"):
        client(account(tmp_path)).list_training_jobs(**parameters)


# --- search ---------------------------------------------------------------------------------------


def test_search_gives_the_source_of_a_trial_component(tmp_path: Path) -> None:
    """A trial component carries its whole job, including tags, in any case of the ARN that names it."""
    source = {
        "SourceArn": arn("processing-job", "prep").upper().replace("ARN:AWS:SAGEMAKER:EU-WEST-1", f"arn:aws:sagemaker:{REGION}")
    }
    job = line("processing-job", "prep", ProcessingJobStatus="Completed", search={"Tags": [{"Key": "team", "Value": "x"}]})
    path = account(tmp_path, job, line("trial-component", "tc", Source=source), line("trial-component", "other"))
    results = client(path).search(Resource="ExperimentTrialComponent", SortBy="TrialComponentName")["Results"]
    detail = {one["TrialComponent"]["TrialComponentName"]: one["TrialComponent"].get("SourceDetail") for one in results}
    assert detail["other"] is None
    assert detail["tc"]["SourceArn"] == arn("processing-job", "prep")
    assert detail["tc"]["ProcessingJob"]["ProcessingJobStatus"] == "Completed"
    assert detail["tc"]["ProcessingJob"]["Tags"] == [{"Key": "team", "Value": "x"}]


def test_search_gives_a_model_inside_its_dashboard(tmp_path: Path) -> None:
    """A model comes as the service sends it, its body inside and its endpoints beside it, and is found by its own fields."""
    path = account(
        tmp_path, line("model", "m", search={"Endpoints": [{"EndpointName": "e"}], "Tags": [{"Key": "a", "Value": "b"}]})
    )
    for name in ("ModelName", "Model.ModelName"):
        expression = {"Filters": [{"Name": name, "Value": "m"}]}
        (result,) = client(path).search(Resource="Model", SearchExpression=expression)["Results"]
        assert result["Model"]["Model"]["ModelName"] == "m"
        assert result["Model"]["Model"]["Tags"] == [{"Key": "a", "Value": "b"}]
        assert result["Model"]["Endpoints"] == [{"EndpointName": "e"}]


def test_search_of_what_the_service_has_no_record_for_is_empty(tmp_path: Path) -> None:
    """Images have no member in a Search record, and projects no row in the table: nothing is found, and nothing breaks."""
    for resource in ("Image", "Project"):
        assert client(account(tmp_path)).search(Resource=resource)["Results"] == []


TIMES = {
    "0": "2026-01-01T00:00:00Z",
    "1": "2026-01-01T02:00:00+01:00",
    "2": "2026-01-01T02:00:00.500Z",
    "3": "2026-01-01T03:00:00Z",
}


@pytest.mark.parametrize("order", ["Ascending", "Descending"])
@pytest.mark.parametrize(
    ("bounds", "names"),
    [
        ([("GreaterThanOrEqualTo", "2026-01-01T01:00:00")], "123"),
        ([("GreaterThan", "2026-01-01T01:00:00Z")], "23"),
        ([("LessThan", "2026-01-01T02:00:00")], "01"),
        ([("LessThanOrEqualTo", "2026-01-01T02:00:00")], "01"),
        ([("Equals", "2026-01-01T01:00:00")], "1"),
        ([("NotEquals", "2026-01-01T01:00:00")], "023"),
        ([("GreaterThanOrEqualTo", "2026-01-01T01:00:00"), ("LessThan", "2026-01-01T03:00:00")], "12"),
        ([("GreaterThanOrEqualTo", "2027-01-01T00:00:00")], ""),
    ],
)
def test_search_bounds_times_as_times(tmp_path: Path, bounds: list[tuple[str, str]], names: str, order: str) -> None:
    """A time is compared as a time, in any zone and with any fraction, in either order, with and without an index."""
    path = account(tmp_path, *(line("experiment", name, at) for name, at in TIMES.items()))
    expression = {"Filters": [{"Name": "CreationTime", "Operator": operator, "Value": value} for operator, value in bounds]}
    answer = client(path).search(Resource="Experiment", SearchExpression=expression, SortBy="CreationTime", SortOrder=order)
    found = [one["Experiment"]["ExperimentName"] for one in answer["Results"]]
    assert found == (sorted(names) if order == "Ascending" else sorted(names, reverse=True))
    matcher = Matcher("Experiment", expression)
    assert sorted(found) == [name for name, at in TIMES.items() if matcher.holds({"CreationTime": at})]


def test_the_pages_of_a_search_are_read_once(tmp_path: Path) -> None:
    """A window of a large account comes page by page, complete and in order."""
    lines = [line("experiment", f"e{n}", f"2026-01-{1 + n // 24:02}T{n % 24:02}:00:00Z") for n in range(400)]
    expression = {"Filters": [{"Name": "CreationTime", "Operator": "LessThan", "Value": "2026-01-11T00:00:00"}]}
    asked = {"Resource": "Experiment", "SearchExpression": expression, "SortBy": "CreationTime", "SortOrder": "Ascending"}
    pages = list(client(account(tmp_path, *lines)).get_paginator("search").paginate(MaxResults=100, **asked))
    assert [len(page["Results"]) for page in pages] == [100, 100, 40]
    assert [one["Experiment"]["ExperimentName"] for page in pages for one in page["Results"]] == [f"e{n}" for n in range(240)]
    assert {page["TotalHits"]["Value"] for page in pages} == {240}


# --- accounts and regions -------------------------------------------------------------------------

OTHER = "999988887777"
ROLE = f"arn:aws:iam::{OTHER}:role/audit/reader"


def assumed(replay: Replay, role: str = ROLE) -> boto3.Session:
    got = replay.boto().client("sts").assume_role(RoleArn=role, RoleSessionName="jo@bank")["Credentials"]
    return replay.boto(credentials=(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"]))


def test_an_assumed_role_reads_its_own_account(tmp_path: Path) -> None:
    """An assumed role is that role's session for STS, and sees that account's records and no others."""
    replay = Replay(
        account(tmp_path, line("model", "mine"), line("model", "theirs", ModelArn=arn("model", "theirs", account=OTHER)))
    )
    role = assumed(replay)
    assert role.client("sts").get_caller_identity()["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/reader/jo@bank"
    assert [one["ModelName"] for one in listed(role.client("sagemaker"), "ListModels")] == ["theirs"]
    assert [one["ModelName"] for one in listed(replay.boto().client("sagemaker"), "ListModels")] == ["mine"]
    with pytest.raises(ClientError, match='Could not find model "mine"'):
        role.client("sagemaker").describe_model(ModelName="mine")
    with pytest.raises(ClientError, match="is invalid"):
        assumed(replay, "arn:aws:iam::999988887777:user/jo")


@pytest.mark.parametrize("name", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"])
def test_the_environment_leads_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """A replay finds the file's objects also where the environment names another S3, as the file's caller and as a role."""
    monkeypatch.setenv(name, "http://127.0.0.1:9")
    path = account(tmp_path, {"object": "s3://bank-ml/lists/a.manifest", "lines": [{"source-ref": "s3://b/1"}]})
    own = replay_session(path)
    for session in (own, own.assume("arn:aws:iam::444455556666:role/auditor")):
        found = session.s3(REGION).get_object(Bucket="bank-ml", Key="lists/a.manifest")
        assert json.loads(found["Body"].read()) == {"source-ref": "s3://b/1"}


def test_botocore_takes_the_credentials_of_a_role(tmp_path: Path) -> None:
    """The credentials expire in the future, so that botocore's own fetcher works; another session can have the hooks."""
    from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials

    replay = Replay(account(tmp_path))
    core = botocore.session.Session()
    for event, handler in replay.hooks().items():
        core.get_component("event_emitter").register(event, handler)
    own = replay.boto()
    fetcher = AssumeRoleCredentialFetcher(own._session.create_client, own.get_credentials(), ROLE)
    core._credentials = DeferredRefreshableCredentials(fetcher.fetch_credentials, "assume-role")
    assert core.create_client("sts", region_name="us-east-1").get_caller_identity()["Account"] == OTHER


def test_the_enabled_regions(tmp_path: Path) -> None:
    """The header's regions are listed and answered in any partition; others are refused as AWS refuses them."""
    header = HEADER | {"regions": ["eu-west-1", "cn-north-1", "us-iso-east-1"]}
    boto = Replay(account(tmp_path, line("model", "m", ModelArn=arn("model", "m", region="cn-north-1")), header=header)).boto()
    regions = boto.client("account", region_name="us-east-1").list_regions(
        RegionOptStatusContains=["ENABLED", "ENABLED_BY_DEFAULT"]
    )
    assert [one["RegionName"] for one in regions["Regions"]] == header["regions"]
    assert [one["RegionName"] for one in boto.client("ec2").describe_regions()["Regions"]] == header["regions"]
    assert [len(boto.client("sagemaker", region_name=region).list_models()["Models"]) for region in header["regions"]] == [
        0,
        1,
        0,
    ]
    with pytest.raises(ClientError, match="security token included in the request is invalid") as caught:
        boto.client("sagemaker", region_name="us-east-1").list_models()
    assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


def test_a_file_that_names_no_regions_has_its_own(tmp_path: Path) -> None:
    """Without `regions` the header's region is the one that AWS lists, and SageMaker answers in every region."""
    boto = Replay(account(tmp_path)).boto()
    assert [one["RegionName"] for one in boto.client("ec2").describe_regions()["Regions"]] == ["eu-west-1"]
    assert boto.client("sagemaker", region_name="us-east-1").list_models()["Models"] == []


def test_other_services_deny_access(tmp_path: Path) -> None:
    """A service that the file does not mention is denied, and no network is used."""
    boto = Replay(account(tmp_path)).boto()
    for call in (
        lambda: boto.client("s3").list_objects_v2(Bucket="b"),
        lambda: boto.client("glue").get_tables(DatabaseName="d"),
        lambda: boto.client("sts").get_session_token(),
        lambda: boto.client("ec2").describe_instances(),
        lambda: boto.client("account").list_regions() and boto.client("account").get_contact_information(),
    ):
        with pytest.raises(ClientError, match="is not authorized to perform"):
            call()


# --- faults ---------------------------------------------------------------------------------------


def codes(api: Any, calls: int, operation: str = "list_models", **parameters: Any) -> list[str]:
    """What the same call gives each time: an error's code, or nothing."""
    said = []
    for _ in range(calls):
        try:
            getattr(api, operation)(**parameters)
            said.append("")
        except ClientError as error:
            said.append(error.response["Error"]["Code"])
    return said


@pytest.mark.parametrize(
    ("words", "struck"),
    [
        ({}, "xxxxxx"),
        ({"times": 2}, "xx...."),
        ({"every": 3}, "..x..x"),
        ({"every": 2, "times": 4}, ".x.x.."),
        ({"operation": "*"}, "xxxxxx"),
        ({"operation": "ListEndpoints"}, "......"),
        ({"name": "model"}, "xxxxxx"),
        ({"name": "endpoint"}, "......"),
        ({"region": "eu-west-1"}, "xxxxxx"),
        ({"region": "us-east-1"}, "......"),
        ({"account": ACCOUNT}, "xxxxxx"),
        ({"account": OTHER}, "......"),
    ],
)
def test_a_fault_strikes_the_calls_that_it_names(tmp_path: Path, words: dict[str, Any], struck: str) -> None:
    """Operation, name, region, account, and the count of calls each limit a fault."""
    fault = {"fault": "ThrottlingException", "operation": "ListModels"} | words
    said = codes(client(account(tmp_path, fault)), 6)
    assert "".join("x" if code else "." for code in said) == struck
    assert set(said) <= {"", "ThrottlingException"}


@pytest.mark.parametrize(
    ("words", "call", "struck"),
    [
        ({"operation": "Search", "name": "TrainingJob"}, ("search", {"Resource": "TrainingJob"}), True),
        ({"operation": "Search", "name": "training-job"}, ("search", {"Resource": "TrainingJob"}), True),
        ({"operation": "Search", "name": "Model"}, ("search", {"Resource": "TrainingJob"}), False),
        ({"operation": "ListPipelineExecutions", "name": "P"}, ("list_pipeline_executions", {"PipelineName": "p"}), True),
        ({"operation": "ListTags", "name": "m"}, ("list_tags", {"ResourceArn": arn("model", "m")}), True),
        (
            {"operation": "DescribeHubContent", "name": "c"},
            ("describe_hub_content", {"HubName": "h", "HubContentType": "Model", "HubContentName": "c"}),
            True,
        ),
    ],
)
def test_a_fault_is_named_by_what_is_asked_for(
    tmp_path: Path, words: dict[str, Any], call: tuple[str, Any], struck: bool
) -> None:
    """The name of a fault is a record's, a parent's, a kind's or a Resource's."""
    said = codes(client(account(tmp_path, {"fault": "AccessDeniedException"} | words)), 1, call[0], **call[1])
    assert (said == ["AccessDeniedException"]) == struck


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 400),
        ("ThrottlingException", 400),
        ("InternalFailure", 500),
        ("ServiceUnavailable", 503),
        ("UnrecognizedClientException", 400),
        ("ExpiredTokenException", 400),
        ("ResourceNotFound", 400),
    ],
)
def test_faults_have_the_services_status(tmp_path: Path, code: str, status: int) -> None:
    """An error has its code and the HTTP status of its sort."""
    with pytest.raises(ClientError) as caught:
        client(account(tmp_path, {"fault": code, "operation": "ListModels"})).list_models()
    assert caught.value.response["Error"]["Code"] == code
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == status


def test_a_record_may_go_between_list_and_describe(tmp_path: Path) -> None:
    """A fault of not found is the error that the operation has for it."""
    lines = [
        line("model", "m"),
        line("trial", "t"),
        *({"fault": "ResourceNotFound", "operation": f"Describe{noun}"} for noun in ("Model", "Trial")),
    ]
    api = client(account(tmp_path, *lines))
    assert len(listed(api, "ListModels")) == 1
    with pytest.raises(ClientError, match='ValidationException.*Could not find model "m"'):
        api.describe_model(ModelName="m")
    with pytest.raises(ClientError, match="ResourceNotFound.*'t' does not exist"):
        api.describe_trial(TrialName="t")


@pytest.mark.parametrize(
    ("fault", "call"),
    [
        ({"operation": "AssumeRole", "account": OTHER}, assumed),
        ({"operation": "AssumeRole", "name": "audit/reader"}, assumed),
        ({"operation": "GetCallerIdentity"}, lambda replay: replay.boto().client("sts").get_caller_identity()),
        ({"operation": "ListRegions"}, lambda replay: replay.boto().client("account").list_regions()),
        ({"operation": "DescribeRegions"}, lambda replay: replay.boto().client("ec2").describe_regions()),
    ],
)
def test_faults_of_other_services(tmp_path: Path, fault: dict[str, str], call: Any) -> None:
    """A denied AssumeRole or region list gets that service's own error; `*` covers SageMaker alone."""
    with pytest.raises(ClientError, match="AccessDenied|Unauthorized.*is not authorized to perform"):
        call(Replay(account(tmp_path, {"fault": "AccessDeniedException"} | fault)))
    call(Replay(account(tmp_path, {"fault": "AccessDeniedException", "operation": "*"})))


@pytest.mark.parametrize("code", ["ThrottlingException", "InternalFailure", "ServiceUnavailable"])
def test_botocore_tries_again(tmp_path: Path, code: str) -> None:
    """With more tries than faults the call succeeds, each try counted; with fewer it fails."""
    path = account(tmp_path, {"fault": code, "operation": "ListModels", "times": 1})
    asked: list[str] = []
    session = replay_session(path, tries=2, on_answer=lambda operation, _: asked.append(operation))
    assert list(Fetcher(session).listed("ListModels", {}, "eu-west-1")) == []
    assert asked == ["ListModels", "ListModels"]
    assert codes(client(path), 2) == [code, ""]


@pytest.mark.parametrize(("operation", "parameters"), [("ListTrainingJobs", {}), ("Search", {"Resource": "TrainingJob"})])
def test_an_empty_first_page_is_not_the_end(tmp_path: Path, operation: str, parameters: dict[str, Any]) -> None:
    """The walk goes on from an empty page with a token, and finds every record once."""
    api = client(account(tmp_path, *jobs(12), {"fault": "EmptyPage", "operation": operation}))
    pages = list(api.get_paginator(xform_name(operation)).paginate(**parameters))
    result = next(name for name, value in pages[0].items() if isinstance(value, list))
    assert [len(page[result]) for page in pages] == [0, 10, 2]


@pytest.mark.parametrize("number", [0, 25])
def test_a_token_may_repeat_for_ever(tmp_path: Path, number: int) -> None:
    """Each page has the same token, at which a paginator gives up."""
    api = client(account(tmp_path, *jobs(number), {"fault": "RepeatedToken", "operation": "ListTrainingJobs"}))
    token = api.list_training_jobs()["NextToken"]
    assert api.list_training_jobs(NextToken=token)["NextToken"] == token
    with pytest.raises(PaginationError):
        listed(api, "ListTrainingJobs")


# --- many threads ---------------------------------------------------------------------------------


def test_many_threads_may_ask_at_once(tmp_path: Path) -> None:
    """Threads get whole answers, and a fault counts each call once."""
    path = account(tmp_path, *jobs(50), {"fault": "ThrottlingException", "operation": "DescribeTrainingJob", "every": 5})
    asked: list[str] = []
    quick: Any = Config(retries={"total_max_attempts": 1})
    api = Replay(path, on_answer=lambda operation, _: asked.append(operation)).boto().client("sagemaker", config=quick)
    with ThreadPoolExecutor(8) as pool:
        said = list(
            pool.map(lambda n: codes(api, 1, "describe_training_job", TrainingJobName=f"job-{n % 50:03}")[0], range(200))
        )
        found = list(pool.map(lambda _: len(listed(api, "ListTrainingJobs")), range(20)))
    assert said.count("ThrottlingException") == 40
    assert found == [50] * 20
    assert asked.count("DescribeTrainingJob") == 200


def test_an_answer_takes_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a latency each answer of SageMaker takes that long."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    replay_session(account(tmp_path), latency=0.05).client("eu-west-1").list_models()
    assert slept == [0.05]
