"""The draft of a SageMaker model card: within the limits of its schema, and open about what these cut."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import lineage
from tests.outputs.test_export_formats import told
from tests.outputs.test_exports import NASTY
from tests.records import served, training
from tests.snapshot.test_file import crawl


def text(limit: int, pattern: str = "") -> dict[str, Any]:
    return {"type": "string", "maxLength": limit} | ({"pattern": pattern} if pattern else {})


def closed(**members: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": members}


def many(limit: int, items: Any) -> dict[str, Any]:
    return {"type": "array", "maxItems": limit, "minItems": 1, "items": items}


# The members that we write, with the limits of the schema in the developer guide.
METRIC = closed(name=text(255), notes=text(1024), value={"type": "number"}) | {"required": ["name", "value"]}
PARAMETER = closed(name=text(255, "^.{1,255}$"), value=text(255, "^.{0,255}$")) | {"required": ["name", "value"]}
SCHEMA = closed(
    model_overview=closed(
        model_name=text(1024),
        model_artifact=many(15, text(1024)),
        inference_environment=closed(container_image=many(15, text(1024))),
    ),
    training_details=closed(
        training_observations=text(1024),
        training_job_details=closed(
            training_arn=text(1024),
            training_datasets=many(15, text(1024)),
            training_environment=closed(container_image=many(15, text(1024))),
            training_metrics=many(50, METRIC),
            hyper_parameters=many(100, PARAMETER),
        ),
    ),
    additional_information=closed(
        caveats_and_recommendations=text(2048),
        custom_details={"type": "object", "additionalProperties": text(255)},
    ),
)


def card(source: lineage.Snapshot, selector: str) -> dict[str, Any]:
    """The draft, if it is one line within the limits."""
    line = told(source, "model-card", selector)
    assert "\n" not in line
    assert len(line) <= 100_000
    found: dict[str, Any] = json.loads(line)
    jsonschema.validate(found, SCHEMA)
    return found


def recorded(path: Path, **body: Any) -> lineage.Chosen:
    """An endpoint whose model was made by a job with the given fields."""
    crawl(path, *served("s3://m/x"), training("fit", body.pop("reads", {}), "s3://m/x", **body))
    return lineage.open_snapshot(path)


@pytest.mark.parametrize("selector", ["loans-live", "Loans-Model-42", "training-job/Loans-Fit-0042"])
def test_what_a_card_tells(bank: lineage.Snapshot, selector: str) -> None:
    """An endpoint, its model and its job give the same training details: data, settings and metrics."""
    details = card(bank, selector)["training_details"]["training_job_details"]
    assert details["training_datasets"] == ["s3://bank-ml/loans/train/", "s3://bank-ml/loans/validation/"]
    assert details["training_metrics"] == [{"name": "validation:auc", "value": 0.87}]
    assert {"name": "max_depth", "value": "6"} in details["hyper_parameters"]


def test_a_repacked_model_is_told_by_the_job_that_trained(bank: lineage.Snapshot) -> None:
    """A repack job puts code beside a model: the card is about the job before it."""
    details = card(bank, "cards-repack")["training_details"]["training_job_details"]
    assert details["training_arn"].endswith("training-job/cards-fit-2")


def test_what_is_broken_is_told(bank: lineage.Snapshot) -> None:
    """Where the trace breaks, the observations say so; unrecorded values are absent."""
    found = card(bank, "vendor-scores")
    assert "unmatched: no " in found["training_details"]["training_observations"]
    assert "training_job_details" not in found["training_details"]
    assert set(found) == {"model_overview", "training_details", "additional_information"}


@pytest.mark.parametrize(
    ("selector", "said"),
    [
        ("fraud-ab", "was made by 3 training jobs, and a card tells of one"),
        ("loan-default", "loan-default is of kind experiment"),
        ("+loans-live", "may name several"),
        ("", "name one, as in"),
    ],
)
def test_what_no_card_can_tell_of(bank: lineage.Snapshot, selector: str, said: str) -> None:
    """Several jobs, and a thing that is neither endpoint, model nor job, are refused with a sentence."""
    with pytest.raises(lineage.MalformedName, match=said):
        list(lineage.FORMATS["model-card"].write(lineage.Chosen(bank, selector)))


def test_what_the_limits_cut_is_said(tmp_path: Path) -> None:
    """Too many datasets, metrics or hyperparameters are cut to the first; the card and the notes count the others."""
    body = {
        "reads": {f"c{number:02}": f"s3://d/{number}/" for number in range(20)},
        "HyperParameters": {f"h{number:03}": "x" * 300 for number in range(130)},
        "FinalMetricDataList": [{"MetricName": f"m{number}", "Value": 0.5} for number in range(60)],
    }
    with recorded(tmp_path / "s.db", **body) as snapshot:
        chosen = lineage.Chosen(snapshot, "shop")
        found = json.loads("".join(lineage.FORMATS["model-card"].write(chosen)))
        assert card(snapshot, "shop") == found
    notes = found["additional_information"]["caveats_and_recommendations"]
    for said in (
        "5 of 20 datasets are left out",
        "10 of 60 metrics are left out",
        "30 of 130 hyperparameters are left out",
        "cut to 255 characters",
    ):
        assert said in notes
        assert said in " ".join(chosen.notes)


def test_a_metric_that_is_no_number_is_counted(tmp_path: Path) -> None:
    """JSON cannot hold NaN or infinity: such a metric is left out, and the card says so."""
    with recorded(tmp_path / "s.db", FinalMetricDataList=[{"MetricName": "loss", "Value": "NaN"}]) as snapshot:
        found = card(snapshot, "shop")
    assert "1 metrics whose value is not a number" in found["additional_information"]["caveats_and_recommendations"]


@pytest.mark.parametrize("name", [name for name in NASTY if name.strip()], ids=range(len(NASTY) - 1))
def test_nasty_names(tmp_path: Path, name: str) -> None:
    """Hyperparameters with any characters stay on one line and within their length."""
    with recorded(tmp_path / "s.db", reads={"train": f"s3://b/{name}"}, HyperParameters={name: name}) as snapshot:
        details = card(snapshot, "shop")["training_details"]["training_job_details"]
    assert details["training_datasets"][0][:1023].startswith(f"s3://b/{name}"[:1023])
    (one,) = details["hyper_parameters"]
    assert one["name"][:5] == name[:5].replace("\n", " ").replace("\t", " ").replace("\x00", "␀")
