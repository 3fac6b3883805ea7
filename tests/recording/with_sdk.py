"""The real SDK and this library, each reading what the other recorded, through one stand-in for SageMaker.

`pytest` does not collect it, because the SDK has dependencies that only it needs. By hand:

    pip install -c tests/constraints.txt -e '.[sdk,test]' && pytest tests/recording/with_sdk.py

With `sagemaker==3.27.0` installed in place of the extra `sdk`, the same tests are held against SDK v3.

The SDK runs in processes of its own: it warns, it configures the logging of its importer, and it keeps its current run in a
global.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lineage.recording import Experiment, NotThere, Run, Trial, TrialComponent, list_runs, load_run
from tests.conftest import HANGS
from tests.recording.conftest import Start
from tests.recording.stand_in import BUCKETS, StandIn

V3 = version("sagemaker").startswith("3.")
EXPERIMENTS = "sagemaker.core.experiments" if V3 else "sagemaker.experiments"
SESSIONS = "sagemaker.core.helper.session_helper" if V3 else "sagemaker.session"
ARTIFACTS = "sagemaker.core.lineage" if V3 else "sagemaker.lineage"

# The first lines of each program. The SDK asks STS for its bucket at an address that no variable changes, unless it gets one.
HEAD = f"""
import json, sys
from {EXPERIMENTS}.run import Run, list_runs, load_run
from {EXPERIMENTS}.experiment import Experiment
from {SESSIONS} import Session
session = Session(default_bucket="{BUCKETS[1]}")
def told(component):
    return {{
        "parameters": component.parameters,
        "inputs": {{name: one.value for name, one in component.input_artifacts.items()}},
        "outputs": {{name: one.value for name, one in component.output_artifacts.items()}},
        "metrics": {{one.metric_name: [one.min, one.max, one.last, one.count] for one in component.metrics or ()}},
        "status": component.status.primary_status,
        "message": component.status.message,
    }}
"""
Sdk = Callable[[str], Any]


@pytest.fixture
def sdk(start: Start) -> Sdk:
    """Runs lines with the SDK, and returns what they leave as `answer`."""

    def run(lines: str) -> Any:
        process = start(f"{HEAD}\nanswer = None\n{lines}\nprint(json.dumps(answer))\n")
        out, err = process.communicate(timeout=HANGS)
        assert process.returncode == 0, err
        return json.loads(out.splitlines()[-1])

    return run


@pytest.fixture
def ours(service: StandIn, tmp_path: Path) -> Run:
    """A run of ours that holds one of each thing that can be logged."""
    path = tmp_path / "notes.txt"
    path.write_text("kept", encoding="utf-8")
    service.session().client("s3").put_object(Bucket=BUCKETS[0], Key="churn/train/a.csv", Body=b"1,2\n")
    with Run("Churn", "First") as run:
        run.log_parameters({"eta": 0.1, "depth": np.int64(6), "leaf": np.float32(0.5), "booster": "gbtree"})
        for step in range(25):
            run.log_metric("loss", 1 - step / 25, step=step)
        run.log_artifact("eval", "s3://bank-ml/churn/eval/", is_output=False)
        run.log_model("s3://bank-ml/churn/model.tar.gz")
        run.log_dataset("train", "s3://bank-ml/churn/train/")
        run.log_file(path)
        run.log_confusion_matrix([0, 1, 1], [0, 1, 0], title="Confusion of all")
        run.log_roc_curve([0, 1, 1], [0.2, 0.7, 0.9])
        run.log_precision_recall([0, 1, 1], [0.2, 0.7, 0.9], title="pr")
    return run


def everything(service: StandIn) -> dict[str, Any]:
    """The names of everything that is recorded."""
    return {"experiments": list(service.experiments), "trials": list(service.trials), "components": list(service.components)}


# --- ours, read by the SDK ------------------------------------------------------------------------


def test_the_sdk_loads_a_run_of_ours(service: StandIn, ours: Run, sdk: Sdk) -> None:
    """The SDK's `load_run` gives parameters, numpy numbers, metrics, inputs, outputs and status, under the same names."""
    found = sdk("answer = told(load_run('first', 'churn', sagemaker_session=session)._trial_component)")
    assert found["parameters"].items() >= {"eta": 0.1, "depth": 6.0, "leaf": 0.5, "booster": "gbtree"}.items()
    assert found["metrics"] == {"loss": pytest.approx([0.04, 1.0, 0.04, 25])}
    assert found["inputs"] == {"eval": "s3://bank-ml/churn/eval/", "train": "s3://bank-ml/churn/train/"}
    assert found["outputs"]["model"] == "s3://bank-ml/churn/model.tar.gz"
    assert found["outputs"].keys() > {"model", "notes.txt"}
    assert found["status"] == "Completed"


def test_what_the_sdk_reads_makes_no_phantom(service: StandIn, ours: Run, sdk: Sdk) -> None:
    """Its `load_run` and `list_runs`, which send a Create call for each name, find every one of ours and create none."""
    with Run("churn", "second"):
        pass
    before, untouched = everything(service), json.dumps(service.components["churn-first"], default=str)
    listed = sdk(
        "load_run('First', 'Churn', sagemaker_session=session)\n"
        "answer = sorted(run.run_name for run in list_runs('churn', sagemaker_session=session))"
    )
    assert listed == ["first", "second"]
    assert everything(service) == before
    assert json.dumps(service.components["churn-first"], default=str) == untouched


def test_the_sdk_loads_an_experiment_of_ours(service: StandIn, ours: Run, sdk: Sdk) -> None:
    """Its `Experiment.load` finds the experiment, its display name, its one group and the component in that."""
    shown, trials, components = sdk(
        f"from {EXPERIMENTS}.trial_component import _TrialComponent\n"
        "experiment = Experiment.load('churn', sagemaker_session=session)\n"
        "trials = [one.trial_name for one in experiment.list_trials()]\n"
        "names = [one.trial_component_name for one in _TrialComponent.list(trial_name=trials[0], sagemaker_session=session)]\n"
        "answer = experiment.display_name, trials, names"
    )
    assert (shown, trials, components) == ("Churn", [ours.run_group_name], ["churn-first"])


def test_the_sdk_finds_charts_and_files_of_ours_by_their_associations(service: StandIn, ours: Run, sdk: Sdk) -> None:
    """Each chart is an artifact of the type that Studio draws, which the run's component produced; its document is in S3."""
    found = sdk(
        f"from {ARTIFACTS}.artifact import Artifact\n"
        f"from {ARTIFACTS}.association import Association\n"
        f"made = Association.list(source_arn={service.components['churn-first']['TrialComponentArn']!r}, sagemaker_session=session)\n"
        "loaded = [Artifact.load(one.destination_arn, sagemaker_session=session) for one in made]\n"
        "answer = {one.artifact_type: one.source.source_uri for one in loaded}"
    )
    assert found.keys() == {"ConfusionMatrix", "ROCCurve", "PrecisionRecallCurve", "File", "Model"}
    document = json.loads(service.objects[found["ConfusionMatrix"]][-1].body)
    assert (document["type"], document["confusionMatrix"]) == ("ConfusionMatrix", [[1, 0], [1, 1]])


# --- the SDK's, read by ours ----------------------------------------------------------------------

RECORDS = """
import pathlib
pathlib.Path({path!r}).write_text("kept")
with Run("Churn", "First", sagemaker_session=session) as run:
    run.log_parameters({{"eta": 0.1, "booster": "gbtree"}})
    for step in range(25):
        run.log_metric("loss", 1 - step / 25, step=step)
    run.log_artifact("train", "s3://bank-ml/churn/train/", is_output=False)
    run.log_file({path!r}, name="notes")
    run.log_confusion_matrix([0, 1], [0, 1], title="matrix")
"""


@pytest.fixture
def theirs(service: StandIn, sdk: Sdk, tmp_path: Path) -> None:
    """A run that the SDK recorded."""
    sdk(RECORDS.format(path=str(tmp_path / "notes.txt")))


def test_a_run_of_the_sdk_is_loaded(service: StandIn, theirs: None) -> None:
    """Parameters, metrics and status are read, and more may be logged without losing what was there."""
    run = load_run("First", "Churn")
    assert run.parameters == {"eta": 0.1, "booster": "gbtree"}
    assert (run.status, run.metrics["loss"]["Count"], run.metrics["loss"]["Min"]) == ("Completed", 25, pytest.approx(0.04))
    with run:
        run.log_parameter("more", np.float32(2))
        run.log_metric("loss", 0.0)
    assert load_run("first", "churn").parameters == {"eta": 0.1, "booster": "gbtree", "more": 2.0}
    assert [one["Step"] for one in service.metrics["churn-first"]] == list(range(26))


def test_runs_of_the_sdk_are_listed(service: StandIn, theirs: None, sdk: Sdk) -> None:
    """`list_runs` finds them in their order, and writes nothing."""
    sdk("with Run('churn', 'second', sagemaker_session=session): pass")
    before = len(service.calls)
    assert [run.run_name for run in list_runs("churn")] == ["second", "first"]
    assert {name for name, _ in service.calls[before:]} <= {"ListTrialComponents", "ListTags"}
    with pytest.raises(NotThere):
        load_run("third", "churn")


def test_an_experiment_of_the_sdk_is_loaded(service: StandIn, theirs: None) -> None:
    """Experiment, trial and component have the values that the SDK gave them."""
    experiment = Experiment.load("churn")
    (trial,) = experiment.list_trials()
    assert Trial.load(trial.trial_name).experiment_name == "churn"
    (listed,) = trial.list_trial_components()
    component = TrialComponent.load(listed.trial_component_name)
    assert component.trial_component_name == "churn-first"
    assert component.parameters == {"eta": 0.1, "booster": "gbtree"}
    assert component.input_artifacts["train"].value == "s3://bank-ml/churn/train/"
    assert component.output_artifacts["notes"].value.endswith("/churn-first/notes.txt")
    assert component.status is not None
    assert component.status["PrimaryStatus"] == "Completed"
    assert [one["MetricName"] for one in component.metrics] == ["loss"]


# --- both at once ---------------------------------------------------------------------------------


def test_our_load_run_inside_a_run_of_the_sdk(service: StandIn, sdk: Sdk) -> None:
    """What ours logs stays when the SDK writes its maps back, and leaving ours does not end the SDK's run."""
    seen = sdk(
        "from lineage.recording import load_run as ours\n"
        "with Run('churn', 'first', sagemaker_session=session) as run:\n"
        "    run.log_parameter('theirs', 1)\n"
        "    run.log_metric('loss', 0.5, step=0)\n"
        "    with ours('first', 'churn') as inner:\n"
        "        inner.log_parameter('ours', 2)\n"
        "        inner.log_metric('loss', 0.4, step=1)\n"
        "        inner.log_artifact('train', 's3://bank-ml/churn/train/', is_output=False)\n"
        "    answer = ours('first', 'churn').status\n"
        "    run.log_artifact('model', 's3://bank-ml/churn/model.tar.gz')\n"
    )
    assert seen == "InProgress"
    component = TrialComponent.load("churn-first")
    assert component.parameters == {"theirs": 1.0, "ours": 2.0}
    assert (*component.input_artifacts, *component.output_artifacts) == ("train", "model")
    assert sorted(one["Step"] for one in service.metrics["churn-first"]) == [0, 1]
    assert load_run("first", "churn").status == "Completed"


def test_the_sdks_load_run_inside_a_run_of_ours(service: StandIn, sdk: Sdk) -> None:
    """What the SDK logs is kept beside ours. It says Completed when it leaves; ours is last, and records the error."""
    error = sdk(
        "from lineage.recording import Run as Ours\n"
        "try:\n"
        "    with Ours('churn', 'first') as run:\n"
        "        run.log_parameter('ours', 1)\n"
        "        with load_run('first', 'churn', sagemaker_session=session) as inner:\n"
        "            inner.log_parameter('theirs', 2)\n"
        "            run.log_parameter('ours', 3)\n"
        "            inner.log_metric('loss', 0.5, step=0)\n"
        "        run.log_parameter('after', 4)\n"
        "        raise ValueError('no data')\n"
        "except ValueError as raised:\n"
        "    answer = str(raised)\n"
    )
    assert error == "no data"
    run = load_run("first", "churn")
    assert {"theirs": 2.0, "after": 4.0}.items() <= run.parameters.items()
    assert run.parameters["ours"] == 1.0  # the SDK writes back what it had read
    assert (run.status, run.record["Status"]["Message"]) == ("Failed", "ValueError: no data")
    assert everything(service)["components"] == ["churn-first"]
