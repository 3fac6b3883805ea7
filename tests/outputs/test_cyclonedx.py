"""The CycloneDX ML-BOM: valid by the official schemas, and without a claim beyond what is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

import lineage
from lineage.outputs.formats.cyclonedx import SPEC_VERSIONS, check_references
from tests.outputs.test_export_formats import told
from tests.outputs.test_exports import NASTY
from tests.records import processing, record, served, training
from tests.snapshot.test_file import crawl

VERSIONS = {"1.6": SchemaVersion.V1_6, "1.7": SchemaVersion.V1_7}
ENDPOINTS = (
    "loans-live",
    "fraud-ab",
    "ledger-old",
    "vendor-scores",
    "kyc-multi",
    "credit-registry",
    "assist-components",
    "offers-loop",
)


def bom(source: lineage.Snapshot, endpoint: str, spec_version: str = "1.6") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(told(source, "cyclonedx", endpoint, spec_version=spec_version))
    return found


def named(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in found["components"]}


@pytest.mark.parametrize("spec_version", SPEC_VERSIONS)
@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_the_bill_is_valid(bank: lineage.Snapshot, endpoint: str, spec_version: str) -> None:
    """The strict schema accepts the bill of each endpoint, and each reference has its target."""
    text = told(bank, "cyclonedx", endpoint, spec_version=spec_version)
    assert JsonStrictValidator(VERSIONS[spec_version]).validate_str(text) is None
    assert json.loads(text)["specVersion"] == spec_version
    check_references(json.loads(text))


def test_what_an_endpoint_was_made_of(bank: lineage.Snapshot) -> None:
    """Dependencies lead from the endpoint to its raw data, and each step is one that `trace` shows."""
    found = bom(bank, "loans-live")
    needs = {one["ref"]: one["dependsOn"] for one in found["dependencies"]}
    reached, todo = set(), [found["metadata"]["component"]["bom-ref"]]
    while todo:
        ref = todo.pop()
        reached.add(ref)
        todo += set(needs[ref]) - reached
    assert {"s3://bank-raw/loans/2026-05/", "s3://bank-ml/loans/train/", "s3://bank-code/loans/prepare.py"} <= reached
    assert reached == set(needs)
    assert needs["s3://bank-ml/loans/train/"] == [
        "141502667606.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-scikit-learn:1.2-1-cpu-py3",
        "s3://bank-code/loans/prepare.py",
        "s3://bank-raw/loans/2026-05/",
    ]


def test_the_model_card(bank: lineage.Snapshot) -> None:
    """A model has the data, the metrics and the hyperparameters of its training job; unknown values are absent."""
    card = named(bom(bank, "loans-live"))["Loans-Model-42"]["modelCard"]
    assert [one["ref"] for one in card["modelParameters"]["datasets"]] == [
        "s3://bank-ml/loans/train/",
        "s3://bank-ml/loans/validation/",
    ]
    assert card["quantitativeAnalysis"]["performanceMetrics"] == [{"type": "validation:auc", "value": "0.87"}]
    assert {"name": "lineage:hyperparameter:max_depth", "value": "6"} in card["properties"]
    assert set(card["modelParameters"]) == {"datasets"}


def test_images_have_a_purl_where_their_digest_is_known(bank: lineage.Snapshot) -> None:
    """A tag may mean another image tomorrow: it gets no purl, and is labelled as not pinned."""
    images = [one for one in bom(bank, "loans-live")["components"] if one["type"] == "container"]
    purls = {one["bom-ref"]: one.get("purl", "") for one in images}
    assert {ref: bool(purl) for ref, purl in purls.items()} == {ref: "@sha256:" in ref for ref in purls}
    (purl,) = filter(None, purls.values())
    assert purl.startswith("pkg:oci/sagemaker-xgboost@sha256%3A4f1c")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
def test_what_is_not_known_is_told(bank: lineage.Snapshot, endpoint: str) -> None:
    """Each break, gap and caveat of the trace is an annotation, and with one of them the bill is called incomplete."""
    answer = lineage.trace(lineage.graph(bank), endpoint)
    found = bom(bank, endpoint)
    texts = [one["text"] for one in found["annotations"]]
    told_of = [*(row["detail"] for row in answer.breaks), *(hole["detail"] for hole in answer.scope["holes"]), *answer.caveats]
    assert len(texts) == len(told_of)
    assert all(any(detail in text for text in texts) for detail in told_of)
    assert found["compositions"][0]["aggregate"] == ("incomplete" if texts else "unknown")


def test_no_bill_is_called_complete(bank: lineage.Snapshot) -> None:
    """What a container downloads is not visible: even without a gap the completeness is unknown."""
    aggregates = {bom(bank, endpoint)["compositions"][0]["aggregate"] for endpoint in ENDPOINTS}
    assert aggregates <= {"incomplete", "unknown"}


def test_what_is_only_named_says_so(bank: lineage.Snapshot) -> None:
    """A deleted model is a component that says that it has no description."""
    gone = next(one for one in bom(bank, "ledger-old")["components"] if one["bom-ref"].startswith("model:"))
    assert {one["name"] for one in gone["properties"]} >= {"lineage:observed"}


@pytest.mark.parametrize("name", [name for name in NASTY if name.strip()], ids=len)
def test_nasty_names(tmp_path: Path, name: str) -> None:
    """Names and URIs with any characters are valid, and unchanged in the bill."""
    uri = f"s3://b/{name}"
    model = {"CreationTime": "2026-02-01T10:00:00Z", "HyperParameters": {name: name}}
    job = training("fit", {"train": uri, "x": "s3://c/"}, "s3://m/x", **model)
    crawl(tmp_path / "s.db", *served("s3://m/x"), job)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        text = told(snapshot, "cyclonedx", "shop")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    card = named(json.loads(text))["shop-model"]["modelCard"]
    assert {"name": f"lineage:hyperparameter:{name}", "value": name} in card["properties"]


def test_a_dangling_reference_is_a_bug(bank: lineage.Snapshot) -> None:
    """The schema accepts dangling references; our own check does not."""
    found = bom(bank, "loans-live")
    found["dependencies"][0]["dependsOn"].append("nobody")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(found)) is None
    with pytest.raises(RuntimeError, match="nobody"):
        check_references(found)


@pytest.mark.parametrize(
    "selector", ["", "+loans-live", "loans-live+", "kind:endpoint", "loans-live fraud-ab", "tag:team=fraud"]
)
def test_a_selector_of_several_is_refused(bank: lineage.Snapshot, selector: str) -> None:
    """A bill is about one endpoint: a selector that names none, or may name several, is refused with a sentence."""
    with pytest.raises(lineage.MalformedName, match="is about an endpoint"):
        list(lineage.FORMATS["cyclonedx"].write(lineage.Chosen(bank, selector)))


def test_an_option_of_another_format_is_refused(ask) -> None:
    """`--spec-version` does not apply to GraphML."""
    ran = ask("export", "-f", "graphml", "--spec-version", "1.7")
    assert (ran.code, ran.err) == (2, "lineage: --spec-version does not work with -f graphml (see lineage export --help)\n")


def test_a_job_into_which_nothing_flows(tmp_path: Path) -> None:
    """A job or run without inputs made its output from nothing known, and the bill is still written."""
    run = record("trial-component", "run", {"OutputArtifacts": {"d": {"Value": "s3://in/"}}})
    made = processing("made", {}, {"out": "s3://in/"}, day="2026-01-01")
    crawl(tmp_path / "s.db", *served("s3://m/x"), run, made, training("fit", {"train": "s3://in/"}, "s3://m/x"))
    with lineage.open_snapshot(tmp_path / "s.db") as opened:
        assert "s3://in/" in json.dumps(bom(opened, "shop"))
