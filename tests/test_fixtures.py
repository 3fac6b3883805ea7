"""The bank: its script's output, in the shapes that SageMaker gives."""

from __future__ import annotations

import json
import runpy
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from lineage.domain.kinds import KINDS
from tests.conftest import BANK, ROOT

MODEL = botocore.session.get_session().get_service_model("sagemaker")
ENTRIES = [json.loads(line) for line in BANK.read_text(encoding="utf-8").splitlines()]
RECORDS = [entry for entry in ENTRIES if "record" in entry]


def test_the_file_is_what_the_script_writes() -> None:
    """`python fixtures/bank.py` gives the committed file, byte for byte."""
    written = runpy.run_path(str(ROOT / "fixtures" / "bank.py"))["account"]()
    assert written == BANK.read_text(encoding="utf-8")


def wrong(value: Any, shape: Any, path: str) -> Iterator[str]:
    """What in a record cannot be part of a SageMaker answer."""
    if shape.type_name == "structure":
        for key, child in value.items():
            if key in shape.members:
                yield from wrong(child, shape.members[key], f"{path}.{key}")
            else:
                yield f"{path}.{key} is unknown"
        # A versioned model package has no name of its own, though the model calls it required.
        wanted = [key for key in shape.required_members if not (key == "ModelPackageName" and "ModelPackageVersion" in value)]
        yield from (f"{path}.{key} is missing" for key in wanted if key not in value)
    elif shape.type_name == "list":
        for child in value:
            yield from wrong(child, shape.member, f"{path}[]")
    elif shape.type_name == "map":
        for child in value.values():
            yield from wrong(child, shape.value, f"{path}.*")
    elif shape.type_name == "string" and shape.enum and value not in shape.enum:
        yield f"{path} can't be {value!r}"


@pytest.mark.parametrize("entry", RECORDS, ids=lambda entry: next(iter(entry["record"].values())))
def test_every_record_has_the_services_shape(entry: dict[str, Any]) -> None:
    """Members, required members and enumerations are those of the describe output."""
    shape = MODEL.operation_model(KINDS[entry["kind"]].describe).output_shape
    assert list(wrong(entry["record"], shape, entry["kind"])) == []


def test_arns_are_lower_case_where_names_are_not() -> None:
    """The bank has names in mixed case, and all its ARNs are lower case, as in SageMaker."""
    nouns = [(entry["record"], KINDS[entry["kind"]].noun) for entry in RECORDS]
    assert any(body.get(f"{noun}Name", "") != body.get(f"{noun}Name", "").lower() for body, noun in nouns)
    assert all(body[f"{noun}Arn"] == body[f"{noun}Arn"].lower() for body, noun in nouns)
