"""Secrets anywhere in an account are in no byte of its snapshot, and in no output of any command."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import botocore.session
import click
import pyarrow.parquet
import pytest
from click.testing import CliRunner

import lineage
from cli.main import cli
from lineage.domain.kinds import KINDS
from lineage.domain.records import REDACTED
from tests.conftest import BANK
from tests.domain.examples import EXAMPLES, Example

MODEL = botocore.session.get_session().get_service_model("sagemaker")
WRITTEN = re.compile(r"(?:Description|Reason|Message)$")
ADDRESSES = ("RepositoryUrl", "Repository", "SourceUri")
IN_ADDRESSES = ("url-userinfo (shape)", "token alone in a url", "presigned v4", "signature v4", "presigned v2", "sas")
HERE = "arn:aws:sagemaker:eu-west-1:111122223333"
MORE = [
    {"kind": "model-card", "record": {"ModelCardName": "card", "ModelCardArn": f"{HERE}:model-card/card", "ModelCardVersion": 1, "ModelCardStatus": "Draft", "Content": "{}", "CreationTime": "2026-05-01T08:00:00Z"}},
    {"kind": "lineage-artifact", "record": {"ArtifactName": "raw", "ArtifactArn": f"{HERE}:artifact/0f1e2d", "ArtifactType": "DataSet", "Source": {"SourceUri": "x"}, "CreationTime": "2026-05-01T08:00:00Z"}},
]  # fmt: skip
# Members that a record of the kind may have, and that the bank's record may lack.
ROOM: dict[str, dict[str, Any]] = {
    "training-job": {"HyperParameters": {}, "Environment": {}, "FailureReason": ""},
    "processing-job": {"Environment": {}, "ExitMessage": "", "FailureReason": ""},
    "experiment": {"Description": ""},
    "endpoint": {"FailureReason": ""},
    "model": {"PrimaryContainer": {"Environment": {}}},
    "model-package": {"ModelPackageDescription": "", "CustomerMetadataProperties": {}, "SourceUri": "", "MetadataProperties": {"Repository": ""}},
    "pipeline": {"PipelineDescription": ""},
    "pipeline-execution": {"PipelineExecutionDescription": "", "FailureReason": ""},
    "trial-component": {"Parameters": {}, "MetadataProperties": {"Repository": ""}},
}  # fmt: skip


class Planter:
    """Puts every text somewhere, in turn; into maps and lists all of them."""

    def __init__(self, texts: Iterable[str], addresses: Iterable[str]) -> None:
        self.texts = list(texts)
        self._texts = cycle(self.texts)
        self._addresses = cycle(addresses)

    def into(self, shape: Any, body: dict[str, Any]) -> None:
        for name, member in shape.members.items():
            value = body.get(name)
            if name in ADDRESSES and value is not None:
                body[name] = next(self._addresses)
            elif member.type_name == "string" and WRITTEN.search(name) and value is not None:
                body[name] = f"{next(self._texts)} end"
            elif name in ("Content", "PipelineDefinition") and value is not None:
                body[name] = self._document(value)
            elif member.type_name == "map" and isinstance(value, dict):
                value |= dict(self._entries(member.value))
            elif member.type_name == "list" and member.member.type_name == "string" and "Arguments" in name and value:
                value += self.texts
            elif member.type_name == "structure" and isinstance(value, dict):
                self.into(member, value)
            elif member.type_name == "list" and member.member.type_name == "structure" and isinstance(value, list):
                for one in value:
                    self.into(member.member, one)

    def _entries(self, shape: Any) -> Iterator[tuple[str, Any]]:
        for number, text in enumerate(self.texts):
            if shape.type_name == "string":
                yield f"note_{number}", text
            elif "StringValue" in shape.members:
                yield f"note_{number}", {"StringValue": text}

    def _document(self, text: str) -> str:
        notes = [{"Name": f"note_{number}", "DefaultValue": text, "Type": "String"} for number, text in enumerate(self.texts)]
        whole = json.loads(text)
        return json.dumps(
            whole
            | {
                "Parameters": [*whole.get("Parameters", []), *notes],
                "intended_uses": {"notes": self.texts},
            }
        )


def with_room(body: dict[str, Any], room: dict[str, Any]) -> dict[str, Any]:
    return body | {
        name: with_room(body.get(name) or {}, more) if isinstance(more, dict) else body.get(name) or more
        for name, more in room.items()
    }


def planted(planter: Planter) -> Iterator[str]:
    """The bank's account with the planter's texts everywhere that people can write."""
    tags = [{"Key": f"note-{number}", "Value": text} for number, text in enumerate(planter.texts)]
    for line in [*BANK.read_text(encoding="utf-8").splitlines(), *map(json.dumps, MORE)]:
        said = json.loads(line)
        if "kind" in said:
            kind = KINDS[said["kind"]]
            said["record"] = with_room(said["record"], ROOM.get(kind.name, {}))
            planter.into(MODEL.operation_model(kind.describe or kind.list).output_shape, said["record"])
            said["record"]["BrandNewNotes"] = dict(map(str, one) for one in enumerate(planter.texts))
            said["search"] = {**said.get("search", {}), "Tags": [*said.get("search", {}).get("Tags", []), *tags]}
        yield json.dumps(said)


@pytest.fixture(scope="session")
def planted_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of that account."""
    folder = tmp_path_factory.mktemp("planted")
    planter = Planter((one.text for one in EXAMPLES.values()), (EXAMPLES[name].text for name in IN_ADDRESSES))
    (folder / "account.jsonl").write_text("\n".join(planted(planter)), encoding="utf-8")
    lineage.crawl_estate(folder / "lineage.db", replay=folder / "account.jsonl")
    return folder / "lineage.db"


def leaked(shown: bytes) -> list[str]:
    """The examples whose secrets are in the output."""
    return [name for name, one in EXAMPLES.items() if any(form in shown for form in written(one))]


def written(one: Example) -> set[bytes]:
    """How a secret may be written in a file, a page or JSON."""
    return {
        one.secret.encode(),
        json.dumps(one.secret)[1:-1].encode(),
        one.secret.replace("/", "\\/").encode(),
        quote(one.secret, safe="").encode(),
    }


def test_the_account_holds_every_secret(planted_path: Path) -> None:
    """The account holds every secret, so that the test would see a leak."""
    assert leaked((planted_path.parent / "account.jsonl").read_bytes()) == list(EXAMPLES)


def test_no_secret_is_in_a_byte_of_the_snapshot(planted_path: Path) -> None:
    """Whatever people wrote anywhere, the file holds no secret from it, and says that one was cut."""
    files = [path.read_bytes() for path in planted_path.parent.glob("lineage.db*")]
    assert [leaked(one) for one in files] == [[]] * len(files)
    assert files[0].count(REDACTED.encode()) > 10 * len(EXAMPLES)


JOB = f"{HERE}:training-job/loans-fit-0042"
BY_METRIC = ["training-job", "--where", "Tags.team = retention", "--metric", "validation:auc", "--direction", "max"]
RANKED = ["House-Appraisal", "--metric", "validation:rmse", "--direction", "min", "--statistic", "min"]
ASKED: dict[str, list[list[str]]] = {
    "crawl": [["-q", "--replay", "account.jsonl", "--snapshot", "again.db"]],
    "trace": [["loans-live"]],
    "used": [["s3://bank-ml/loans/train/"]],
    "datasets": [["loans-live"]],
    "impact": [["s3://bank-ml/loans/train/"]],
    "path": [["s3://bank-ml/loans/train/", "loans-live"]],
    "check": [[]],
    "search": [["training-job"], ["model-package"], BY_METRIC],
    "suggest": [["training-job"]],
    "experiments": [[]],
    "runs": [["loan-default"], ["loan-default", "Loans-Fit-0042-aws-training-job"], RANKED],
    "ls": [[]],
    "show": [[JOB], [f"{HERE}:pipeline/renewal-price"], ["Limits-Tune-7"], ["loans-live"]],
    "pipelines": [[], ["Renewal-Price"]],
    "draw": [["-o", "-"]],
    "export": [["loans-live"]],
    "report": [["loans-live"]],
    "gaps": [[]],
    "merge": [["--help"]],
    "fleet": [["--help"]],
    "snapshot": [["info"], ["verify"]],
    "kinds": [[]],
    "iam-policy": [[]],
    "record": [["--help"]],
    "demo": [["--snapshot", "demo.db"]],
    "completion": [["bash"]],
    "help": [[]],
    "version": [[]],
}
# Pixels, and the browser's print of the report's HTML: they take long, and show nothing that SVG and HTML do not show.
NO_TEXT = ("png", "pdf")
IN_FOLDERS = ("neptune-csv", "neo4j-csv", "parquet")


def calls() -> Iterator[Any]:
    """Every command over every format that it has."""
    for verb, asked in ASKED.items():
        command = cli.commands[verb]
        for arguments in asked:
            part = (
                command.commands[arguments[0]]
                if isinstance(command, click.Group) and arguments[0] in command.commands
                else command
            )
            forms = [one.type.choices for one in part.params if one.name == "form" and isinstance(one.type, click.Choice)]
            drawn = "--metric" in arguments
            told = (
                [one for one in forms[0] if one not in (*NO_TEXT, *IN_FOLDERS) and (one != "svg" or drawn or verb == "draw")]
                if forms
                else [""]
            )
            for form in told:
                line = [verb, *(arguments if form != "in-toto" else []), *(["-f", str(form)] if form else [])]
                yield pytest.param(line, id=" ".join(line))


def test_every_command_is_asked() -> None:
    """A new command is covered automatically."""
    assert set(ASKED) == set(cli.commands)


@pytest.mark.parametrize("line", list(calls()))
def test_no_command_shows_a_secret(
    line: list[str], planted_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No output of a command, in no format, holds a secret of the account."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "account.jsonl").symlink_to(planted_path.parent / "account.jsonl")
    ran = CliRunner().invoke(cli, line, env={"LINEAGE_SNAPSHOT": str(planted_path)})
    assert "Traceback" not in ran.stderr
    assert leaked(ran.stdout_bytes + ran.stderr_bytes) == []
    assert ran.exit_code in (0, 1, 4), ran.stderr  # the command answered


@pytest.mark.parametrize("form", IN_FOLDERS)
def test_no_folder_holds_a_secret(form: str, planted_path: Path, tmp_path: Path) -> None:
    """No file of a folder that is exported holds a secret of the account, in its text or in its packed columns."""
    folder = tmp_path / "exported"
    ran = CliRunner().invoke(cli, ["export", "-f", form, "-o", str(folder)], env={"LINEAGE_SNAPSHOT": str(planted_path)})
    assert ran.exit_code == 0, ran.stderr
    files = [path for path in folder.rglob("*") if path.is_file()]
    packed = [
        str(pyarrow.parquet.read_table(path, partitioning=None).to_pylist()) for path in files if path.suffix == ".parquet"
    ]
    assert files
    assert leaked(b"".join(path.read_bytes() for path in files) + "".join(packed).encode()) == []
