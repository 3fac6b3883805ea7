"""docs/scale/: what lints know of it, that it runs beside stand-ins for AWS, and what no lint knows."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore import xform_name
from cfnlint.api import lint_all
from cfnlint.decode.cfn_yaml import loads
from moto import mock_aws
from moto.server import ThreadedMotoServer
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service.state_task_service import StateTaskService
from statelint.linter import Linter

import lineage
from tests.conftest import BANK, HANGS, ROOT
from tests.test_docs import DOCS, refused

SCALE = ROOT / "docs" / "scale"
REGION, ACCOUNT, BUCKET = "eu-west-1", "111122223333", "my-audit-bucket"
MACHINE = json.loads((SCALE / "fleet.asl.json").read_text())
STACK = loads((SCALE / "fleet.yaml").read_text())["Resources"]
FLEET = STACK["Fleet"]["Properties"]
DOCKERFILE = (SCALE / "Dockerfile").read_text()
# The linter knows only what the specification of the language names, and leaves a reader's options to who runs it.
UNKNOWN = re.compile(r'Field "(InputType|CSVHeaderLocation)" not allowed in .*\.ItemReader\.ReaderConfig$')


@pytest.fixture(autouse=True)
def _somewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Credentials and a region that no AWS knows."""
    for name, value in (("ACCESS_KEY_ID", "x"), ("SECRET_ACCESS_KEY", "x"), ("DEFAULT_REGION", REGION)):
        monkeypatch.setenv(f"AWS_{name}", value)


def tasks(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The states of a machine that call a service, and the readers and writers of its maps."""
    for state in machine["States"].values():
        yield from (state[part] for part in ("ItemReader", "ResultWriter") if part in state)
        yield from tasks(state["ItemProcessor"]) if "ItemProcessor" in state else ()
        yield from [state] if state["Type"] == "Task" else []


# --- lints ----------------------------------------------------------------------------------------------


def faults(template: str) -> list[Any]:
    """What cfn-lint finds in a template, without mere advice."""
    return [one for one in lint_all(template) if one.rule.severity != "informational"]


@pytest.mark.parametrize("name", ["fleet.yaml", "member.json"])
def test_the_templates_are_ones_of_cloudformation(name: str) -> None:
    """cfn-lint finds nothing in a template: its types, properties, references and policies."""
    assert faults((SCALE / name).read_text()) == []


def test_the_state_machine_is_one() -> None:
    """statelint and cfn-lint find nothing in the definition."""
    assert [one for one in Linter.validate(json.dumps(MACHINE)) if not UNKNOWN.search(one)] == []
    within = {"RoleArn": f"arn:aws:iam::{ACCOUNT}:role/x", "Definition": MACHINE}
    properties = within | {"DefinitionSubstitutions": dict.fromkeys(FLEET["DefinitionSubstitutions"], "x")}
    template = {"Resources": {"Fleet": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
    assert faults(json.dumps(template)) == []


def test_the_lints_see_mistakes() -> None:
    """A state that is not there, and a word that no state has, are found: the lints are at work."""
    wrong = json.dumps(MACHINE).replace('"MaxAttempts"', '"MaxAttempt"').replace('"End": true', '"Next": "Nowhere"', 1)
    found = [one for one in Linter.validate(wrong) if not UNKNOWN.search(one)]
    assert any('"MaxAttempt" not allowed' in one for one in found)
    assert any('No state found named "Nowhere"' in one for one in found)


def test_the_image_is_one_of_docker() -> None:
    """hadolint finds nothing in the Dockerfile."""
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, SCALE / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


# --- what belongs together ------------------------------------------------------------------------------


def test_the_state_machine_gets_all_that_it_names() -> None:
    """The template gives a value for each word that the definition leaves open, and for no other."""
    assert {*re.findall(r"\$\{(\w+)\}", json.dumps(MACHINE))} == {*FLEET["DefinitionSubstitutions"]}
    assert (SCALE / FLEET["DefinitionS3Location"]["Key"]).is_file()


def test_the_role_in_each_account_may_do_what_a_crawl_does() -> None:
    """Its policy is the one that `lineage iam-policy --cloudtrail` prints."""
    (policy,) = json.loads((SCALE / "member.json").read_text())["Resources"]["Role"]["Properties"]["Policies"]
    assert policy["PolicyDocument"] == lineage.iam_policy(cloudtrail=True), "docs/scale.md says how to write it again"


def test_each_role_is_the_one_that_the_others_name() -> None:
    """The role in each account trusts the role of the tasks, which may assume that one, and the machine tells its name."""
    member = json.loads((SCALE / "member.json").read_text())["Resources"]["Role"]["Properties"]
    (trust,) = member["AssumeRolePolicyDocument"]["Statement"]
    task = STACK["TaskRole"]["Properties"]
    assert trust["Principal"]["AWS"]["Fn::Sub"].endswith(f":role/{task['RoleName']}")
    (assumes,) = (one for one in task["Policies"][0]["PolicyDocument"]["Statement"] if one["Action"] == "sts:AssumeRole")
    assert assumes["Resource"]["Fn::Sub"].endswith(f"::*:role/{member['RoleName']}")
    assert f"::{{}}:role/{member['RoleName']}'" in json.dumps(MACHINE)


def test_the_state_machine_may_call_what_it_calls() -> None:
    """Each service that a state calls is allowed by the policy of the machine's role."""
    (policy,) = STACK["FleetRole"]["Properties"]["Policies"]
    allowed = {word for one in policy["PolicyDocument"]["Statement"] for word in _listed(one["Action"])}
    called = (re.fullmatch(r"arn:aws:states:::([\w-]+):(\w+?)(?:\.sync)?", one["Resource"]) for one in tasks(MACHINE))
    assert {f"{one[1]}:{one[2][0].upper()}{one[2][1:]}" for one in called if one} <= allowed


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def test_the_image_installs_and_copies_what_there_is() -> None:
    """The extras of each install line exist, and the files that are copied from the clone, too."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    asked = re.findall(r"\.whl\)\[(\w+)\]", DOCKERFILE)
    assert asked
    assert {*asked} <= {*extras}
    copied = [word for line in re.findall(r"^COPY (.*) \S+$", DOCKERFILE, re.MULTILINE) for word in line.split()]
    assert [one for one in copied if not one.startswith("dist/") and not (ROOT / one).is_file()] == []


# --- it runs --------------------------------------------------------------------------------------------


def program(name: str) -> Any:
    """A program of docs/scale/, as a module."""
    spec = importlib.util.spec_from_file_location(f"scale_{name}", SCALE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _boto(service: StateTaskService, ways: tuple[str | None, str | None]) -> Any:
    client = boto3.client(service._get_boto_service_name(ways[0]))
    return client.meta.service_model.operation_model(
        client.meta.method_to_api_mapping[service._get_boto_service_action(ways[1])]
    )


def _request(self: StateTaskService, parameters: Any, *ways: Any, **names: Any) -> None:
    self._to_boto_request(parameters, _boto(self, (*ways, None, None)[:2]).input_shape)


def _answer(self: StateTaskService, response: Any, service: Any = None, service_action_name: Any = None) -> None:
    self._from_boto_response(response, _boto(self, (service, service_action_name)).output_shape)


@pytest.fixture
def batch(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """AWS as moto stands in for it: Step Functions really runs, and a job of Batch has ended well as soon as it is sent.

    moto does not write the words of a request as the service spells them, so Batch would not know them.
    """
    monkeypatch.setattr(StateTaskService, "_normalise_parameters", _request)
    monkeypatch.setattr(StateTaskService, "_normalise_response", _answer)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}, "batch": {"use_docker": False}}):
        api, network = boto3.client("batch"), boto3.client("ec2")
        role = boto3.client("iam").create_role(RoleName="any", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        subnets = [network.describe_subnets()["Subnets"][0]["SubnetId"]]
        groups = [network.describe_security_groups()["SecurityGroups"][0]["GroupId"]]
        within: Any = {"type": "FARGATE", "maxvCpus": 8, "subnets": subnets, "securityGroupIds": groups}
        api.create_compute_environment(
            computeEnvironmentName="fleet", type="MANAGED", state="ENABLED", computeResources=within, serviceRole=role
        )
        order: Any = [{"order": 1, "computeEnvironment": "fleet"}]
        queue = api.create_job_queue(jobQueueName="fleet", state="ENABLED", priority=1, computeEnvironmentOrder=order)[
            "jobQueueArn"
        ]
        yield {"role": role, "Queue": queue} | {name: _definition(name, role) for name in STACK if name.endswith("Job")}


def _definition(name: str, role: str) -> str:
    needs = STACK[name]["Properties"]["ContainerProperties"]["ResourceRequirements"]
    container: Any = {
        "image": "x",
        "executionRoleArn": role,
        "resourceRequirements": [{"type": one["Type"], "value": one["Value"]} for one in needs],
    }
    made = boto3.client("batch").register_job_definition(
        jobDefinitionName=name, type="container", platformCapabilities=["FARGATE"], containerProperties=container
    )
    return made["jobDefinitionArn"]


def ended(execution: str) -> Any:
    """An execution, once it has ended."""
    api = boto3.client("stepfunctions")
    for _ in range(10 * HANGS):
        found = api.describe_execution(executionArn=execution)
        if found["status"] != "RUNNING":
            return found
        time.sleep(0.1)
    raise TimeoutError(execution)


def test_the_state_machine_sends_a_task_for_each_account(batch: dict[str, str]) -> None:
    """Run by a stand-in, it reads the list of accounts, tells a task of each its account, role and regions, and then asks."""
    words = {name: batch.get(name, "x") for name in FLEET["DefinitionSubstitutions"]} | {"Bucket": BUCKET, "Partition": "aws"}
    storage, api = boto3.client("s3"), boto3.client("stepfunctions")
    storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    storage.upload_file(str(SCALE / "accounts.csv"), BUCKET, "accounts.csv")
    text = json.dumps(MACHINE).replace('Percentage": 5,', 'Percentage": 5.0,')  # moto's grammar knows no whole number there
    definition = re.sub(r"\$\{(\w+)\}", lambda found: words[found[1]], text)
    machine = api.create_state_machine(name="fleet", definition=definition, roleArn=batch["role"])["stateMachineArn"]
    done = ended(api.start_execution(stateMachineArn=machine, input="{}")["executionArn"])
    assert done["status"] == "SUCCEEDED", done.get("cause")
    told = sent(batch["Queue"])
    assert told.pop("lineage-ask")["BUCKET"] == BUCKET
    with (SCALE / "accounts.csv").open(newline="") as file:
        asked = [*csv.DictReader(file)]
    assert {*told} == {f"lineage-{one['account']}" for one in asked}
    for one in asked:
        role = f"arn:aws:iam::{one['account']}:role/lineage-crawl"
        wanted = {"ACCOUNT": one["account"], "REGIONS": one["regions"], "ROLE": role, "BUCKET": BUCKET}
        assert wanted.items() <= told[f"lineage-{one['account']}"].items()


def sent(queue: str) -> dict[str, dict[str, str]]:
    """The environment that each job of a queue was given, by the job's name."""
    api = boto3.client("batch")
    ids = [one["jobId"] for one in api.list_jobs(jobQueue=queue, jobStatus="SUCCEEDED")["jobSummaryList"]]
    jobs = api.describe_jobs(jobs=ids)["jobs"]
    return {job["jobName"]: {one["name"]: one["value"] for one in job["container"]["environment"]} for job in jobs}


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[dict[str, str]]:
    """S3 as moto serves it, and the bank's account for all else, over HTTP: the environment of a task that is sent there."""
    storage = ThreadedMotoServer(port=0, verbose=False)
    storage.start()
    host, port = storage.get_host_and_port()
    command = [sys.executable, str(ROOT / "benchmarks" / "server.py"), str(BANK), "0"]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as service:
        assert service.stdout
        own = {"AWS_ENDPOINT_URL_S3": f"http://{host}:{port}", "AWS_EC2_METADATA_DISABLED": "true", "PATH": path}
        yield os.environ | own | {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{service.stdout.readline().strip()}"}
        service.communicate()
    storage.stop()


def test_the_task_crawls_into_the_same_snapshot_and_exports_it(aws: dict[str, str], tmp_path: Path) -> None:
    """Run twice, each time on an empty disk, the second crawl goes on in the snapshot of the first; the folder has one export."""
    told = {"ACCOUNT": ACCOUNT, "REGIONS": REGION, "ROLE": f"arn:aws:iam::{ACCOUNT}:role/lineage-crawl", "BUCKET": BUCKET}
    storage = boto3.client("s3", endpoint_url=aws["AWS_ENDPOINT_URL_S3"])
    storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for disk in ("first", "second"):
        (tmp_path / disk).mkdir()
        subprocess.run([sys.executable, SCALE / "crawl.py"], cwd=tmp_path / disk, env=aws | told, check=True, timeout=HANGS)
    storage.download_file(BUCKET, f"snapshots/{ACCOUNT}/lineage.db", str(tmp_path / "lineage.db"))
    with lineage.open_snapshot(tmp_path / "lineage.db") as snapshot:
        assert [crawl.accounts for crawl in snapshot.crawls()] == [(ACCOUNT,), (ACCOUNT,)]
        assert snapshot.scope().counted[0].counts.training_jobs == 35
    lists = storage.list_objects_v2(Bucket=BUCKET, Prefix="estate/_lineage/")["Contents"]
    assert [one["Key"] for one in lists] == [f"estate/_lineage/{ACCOUNT}_{REGION}.json"]


def test_no_snapshot_is_stored_over_another_tasks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """If another task has stored the account's snapshot meanwhile, this one fails, and leaves it: no history is lost."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("ACCOUNT", ACCOUNT), ("REGIONS", REGION), ("ROLE", "x"), ("BUCKET", BUCKET)):
        monkeypatch.setenv(name, value)
    crawl, ran = program("crawl"), []
    with mock_aws():
        storage = boto3.client("s3")
        storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})

        def meanwhile(*words: str) -> None:
            ran.append([*words])
            storage.put_object(Bucket=BUCKET, Key=f"snapshots/{ACCOUNT}/lineage.db", Body=b"of another task")

        monkeypatch.setattr(crawl, "run", meanwhile)
        with pytest.raises(SystemExit, match="another task has written"):
            crawl.main()
        kept = storage.get_object(Bucket=BUCKET, Key=f"snapshots/{ACCOUNT}/lineage.db")["Body"].read()
    assert kept == b"of another task"
    assert [words[1] for words in ran] == ["crawl"]
    assert [refused(words) for words in ran] == [None]


def test_the_last_task_asks_about_all_accounts(aws: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It fetches the folder and the list of subjects, asks with a command that the command line takes, and stores the verdicts."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"BUCKET": BUCKET, "AWS_ENDPOINT_URL": aws["AWS_ENDPOINT_URL_S3"]}.items():
        monkeypatch.setenv(name, value)
    storage = boto3.client("s3")
    storage.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for key in ("accounts.csv", "subjects.txt", "estate/_lineage/x.json", "estate/nodes/account=1/region=x/part-0.parquet"):
        storage.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    ask, ran = program("ask"), []

    def answer(*words: str) -> None:
        ran.append([*words])
        assert refused([*words]) is None
        assert (tmp_path / "estate/nodes/account=1/region=x/part-0.parquet").is_file()
        (tmp_path / words[-1]).write_bytes((tmp_path / "subjects.txt").read_bytes())

    monkeypatch.setattr(ask, "run", answer)
    ask.main()
    assert [words[:4] for words in ran] == [["lineage", "fleet", "used", "estate"]]
    assert storage.get_object(Bucket=BUCKET, Key="answers/verdicts.parquet")["Body"].read() == b"subjects.txt"


# --- the page -------------------------------------------------------------------------------------------

AWS = re.compile(r"^aws (?!s3 )([a-z0-9-]+) ([a-z-]+)((?: \\\n|[^\n])*)", re.MULTILINE)
"""A command of the AWS CLI that is one operation; those of `aws s3` are several."""


@pytest.mark.parametrize(("service", "verb", "rest"), AWS.findall(DOCS["scale.md"]))
def test_the_commands_of_aws_are_ones(service: str, verb: str, rest: str) -> None:
    """Each `aws` command of the page is an operation that botocore knows, and each option a member of its input."""
    client: Any = boto3.client(service)
    operation = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[verb.replace("-", "_")])
    known = {xform_name(name, "-") for name in operation.input_shape.members}
    assert {*re.findall(r" --([a-z-]+)", rest)} - {"query", "output"} <= known


def test_the_page_names_each_file() -> None:
    """docs/scale.md says what each file of docs/scale/ is for."""
    assert [path.name for path in SCALE.iterdir() if path.is_file() and f"(scale/{path.name})" not in DOCS["scale.md"]] == []
