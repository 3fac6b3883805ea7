"""A run shows which content its inputs had beside them, and that is never taken for a setting."""

from __future__ import annotations

import json
from pathlib import Path

import lineage
from lineage.domain.pins import parameter_of
from tests.queries.test_contents import ANOTHER, PIN, TRAIN, fit, pinning
from tests.queries.test_runs import SDK, experiment, holding, trial


def test_a_run_shows_a_pin_beside_its_input(run, tmp_path: Path) -> None:
    """A person reads the pin beside the place; JSON has the whole parameter, and one that is no pin is ordinary."""
    parameters = {
        parameter_of("train"): {"StringValue": PIN.text()},
        parameter_of("gone"): {"StringValue": PIN.text()},
        parameter_of("mine"): {"StringValue": "as of May"},
    }
    logged = pinning("one", Parameters=parameters)
    with holding(tmp_path, experiment("Fraud"), trial(SDK[0], "Fraud"), logged, fit("one")):
        pass
    asked = ("runs", "fraud", "one", "--snapshot", str(tmp_path / "lineage.db"))
    text = run(*asked, "-f", "table")[1]
    assert f"  train  {TRAIN}  (content sha256:1a2b3c4d…, 12 objects)" in text
    assert "2 parameters" in text
    assert "lineage.content.train" not in text
    assert f"lineage.content.gone  {PIN.text()}" in text  # no input has that name, so there is none to show it with
    told = json.loads(run(*asked, "-f", "json")[1])["run"]
    assert told["parameters"][parameter_of("train")] == PIN.text()
    assert told["inputs"][0]["content"]["digest"] == PIN.digest


def test_a_pin_is_no_setting_that_runs_are_compared_by(tmp_path: Path) -> None:
    """A leaderboard has no column for it."""
    scored = {"Metrics": [{"MetricName": "auc", "Last": 0.9}]}
    two = pinning("one", **scored), pinning("two", pin=ANOTHER, **scored)
    with holding(tmp_path, experiment("Fraud"), trial(SDK[0], "Fraud"), *two) as snapshot:
        names = [one.id for one in lineage.list_runs(snapshot, "Fraud")]
        board = lineage.leaderboard(snapshot, names, metric="auc", direction="max")
    assert len(board.rows) == 2
    assert not any(row["parameters"] for row in board.rows)
