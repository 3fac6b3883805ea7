"""PROV-JSON: valid by the schema that `prov` ships, and read back completely by it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import prov
import pytest
from prov.model import ProvDocument

import lineage
from lineage.graphs.build import graph_of
from tests.outputs.test_export_formats import odd_graph, told
from tests.outputs.test_exports import NASTY
from tests.records import arn, processing, training

SCHEMA = json.loads((Path(prov.__file__).parent / "tests" / "schemas" / "prov-json.schema.json").read_text())


def valid(text: str) -> dict[str, Any]:
    """The document, if the schema accepts it and `prov` reads all of it and writes the same."""
    found: dict[str, Any] = json.loads(text)
    jsonschema.validate(found, SCHEMA)
    written = ProvDocument.deserialize(content=text, format="json").serialize(format="json")
    again = json.loads(written.replace("+00:00", "Z"))
    assert again.keys() == found.keys()
    for section, said in found.items():
        assert contents(section, again[section]) == contents(section, said)
    return found


def contents(section: str, said: dict[str, Any]) -> Any:
    """The content of a section; the names of relations do not count, because `prov` gives them names of its own."""
    if section in ("entity", "activity", "agent", "prefix"):
        return said
    return sorted(json.dumps(one, sort_keys=True) for one in said.values())


def test_the_document_is_valid_and_read_whole(bank: lineage.Snapshot) -> None:
    """The document of the bank is valid, and `prov` finds each thing and each relation with all of its attributes."""
    found = valid(told(bank, "prov"))
    whole = lineage.graph(bank)
    relations = ("used", "wasGeneratedBy", "wasDerivedFrom", "alternateOf", "wasInfluencedBy")
    assert sum(len(found[name]) for name in relations) == whole.number_of_edges()
    assert len(found["entity"]) + len(found["activity"]) == len(whole) + 1


def test_jobs_are_activities_and_roles_agents(bank: lineage.Snapshot) -> None:
    """A job used its channels in their roles, generated its artifact, and was associated with the IAM role that it assumed."""
    found = valid(told(bank, "prov"))
    job = next(name for name in found["activity"] if name.endswith("training-job/loans-fit-0042"))
    used = {(one["prov:entity"], one.get("prov:role")) for one in found["used"].values() if one["prov:activity"] == job}
    assert {("s3:bank-ml/loans/train/", "train"), ("s3:bank-ml/loans/validation/", "validation")} <= used
    made = {one["prov:entity"] for one in found["wasGeneratedBy"].values() if one["prov:activity"] == job}
    assert "s3:bank-ml/models/Loans-Fit-0042/output/model.tar.gz" in made
    (agent,) = {one["prov:agent"] for one in found["wasAssociatedWith"].values() if one["prov:activity"] == job}
    assert found["agent"][agent]["lineage:arn"] == "arn:aws:iam::111122223333:role/bank-ml"
    assert found["activity"][job]["prov:startTime"] == "2026-05-04T08:06:00Z"


def test_places_that_share_keys_are_no_derivation() -> None:
    """A prefix that was read around one that was written is an alternate of it, and not derived from it."""
    found = valid(
        told(graph_of([processing("p", {}, {"out": "s3://b/x/y/"}), training("fit", {"train": "s3://b/x/"})]), "prov")
    )
    (one,) = found["alternateOf"].values()
    assert set(one.values()) == {"s3:b/x/y/", "s3:b/x/"}
    assert "wasDerivedFrom" not in found


def test_gaps_are_in_the_document(bank: lineage.Snapshot) -> None:
    """One entity has the scope and the gaps."""
    said = valid(told(bank, "prov"))["entity"]["lineage:crawl"]
    assert [gap["reason"] for gap in json.loads(said["lineage:gaps"])] == [gap.reason for gap in bank.gaps()]


@pytest.mark.parametrize("name", NASTY, ids=range(len(NASTY)))
def test_nasty_names(name: str) -> None:
    """Names with any characters are percent-encoded in identifiers, and unchanged beside them."""
    found = valid(told(odd_graph(name), "prov"))
    assert f"s3://odd/{name}" in [one.get("lineage:id") for one in found["entity"].values()]
    job = f"aws0:{arn('training-job', 'fit').split(':', 5)[5]}"
    assert name in [one.get("prov:role") for one in found["used"].values() if one["prov:activity"] == job]
