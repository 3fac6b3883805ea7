"""What a run records, as the SDK writes it; what is refused at the call; and that nothing is lost."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.exceptions import ClientError

from lineage.recording import NotRecorded, NotThere, RecordingError, RefusedValue, Run, current_run, list_runs, load_run, resume
from lineage.recording.service import UNREACHABLE, _answered
from tests.conftest import HANGS
from tests.recording.conftest import Start
from tests.recording.stand_in import DROP, StandIn

RUN_TAG = {"Key": "sagemaker:trial-component-source", "Value": "run"}
NOW = datetime.now(UTC)


def parameters(service: StandIn, component: str = "churn-first") -> dict[str, Any]:
    return {
        name: value.get("NumberValue", value.get("StringValue"))
        for name, value in service.components[component].get("Parameters", {}).items()
    }


def status(service: StandIn, component: str = "churn-first") -> tuple[str, str]:
    told = service.components[component]["Status"]
    return told["PrimaryStatus"], told.get("Message", "")


def values(service: StandIn, name: str = "loss", component: str = "churn-first") -> list[tuple[int, float]]:
    return [(one["Step"], one["Value"]) for one in service.metrics.get(component, []) if one["MetricName"] == name]


def called(service: StandIn, operation: str) -> list[dict[str, Any]]:
    return [request for name, request in service.calls if name == operation]


# --- readable by the SDK -------------------------------------------------------------------------


def test_a_run_is_named_tagged_and_grouped_as_the_sdk_does_it(service: StandIn) -> None:
    """Names are in lower case, the component is `<experiment>-<run>` in `Default-Run-Group-<experiment>`, and it alone is tagged."""
    with Run("Churn", "First") as run:
        assert run.experiment_config == {
            "ExperimentName": "churn",
            "TrialName": "Default-Run-Group-churn",
            "RunName": "churn-first",
        }
    assert service.experiments["churn"]["DisplayName"] == "Churn"
    component = service.components["churn-first"]
    assert component["Tags"] == [RUN_TAG]
    assert component["DisplayName"] == "First"
    assert component["Parents"] == [{"TrialName": "Default-Run-Group-churn", "ExperimentName": "churn"}]
    assert not service.experiments["churn"].get("Tags")
    assert not service.trials["default-run-group-churn"].get("Tags")


def test_the_callers_tags_are_untouched_and_go_to_all_that_is_made(service: StandIn) -> None:
    """Tags are copied, and the run's own tag goes on its component alone, even where the caller gives it."""
    tags = [{"Key": "team", "Value": "fraud"}, dict(RUN_TAG)]
    with Run("churn", "first", tags=tags):
        pass
    assert tags == [{"Key": "team", "Value": "fraud"}, RUN_TAG]
    assert service.experiments["churn"]["Tags"] == [{"Key": "team", "Value": "fraud"}]
    assert service.trials["default-run-group-churn"]["Tags"] == [{"Key": "team", "Value": "fraud"}]
    assert sorted(tag["Key"] for tag in service.components["churn-first"]["Tags"]) == [RUN_TAG["Key"], "team"]


@pytest.mark.parametrize(
    ("value", "recorded"),
    [
        (6, 6.0),
        (0.1, 0.1),
        (True, 1.0),
        (np.float32(0.5), 0.5),
        (np.int64(7), 7.0),
        (np.array(3), 3.0),
        (2**53, float(2**53)),
        (2**53 + 1, str(2**53 + 1)),
        ("gbtree", "gbtree"),
        ("0.1", "0.1"),
        (None, "None"),
        ([1, 2], "[1, 2]"),
    ],
)
def test_a_number_is_recorded_as_one_and_all_else_as_its_text(service: StandIn, value: Any, recorded: Any) -> None:
    """Numpy's numbers are numbers, too; an integer that a double cannot hold exactly is a text."""
    with Run("churn", "first") as run:
        run.log_parameter("p", value)
    assert parameters(service) == {"p": recorded}


def test_a_value_under_a_secret_name_is_cut_out(service: StandIn) -> None:
    """A value whose name looks like a password is not recorded; that something was cut is."""
    with Run("churn", "first") as run:
        run.log_parameters({"db_password": "hunter2", "max_tokens": 5, "key_ds": "s3://bank-ml/x/"})
    assert parameters(service) == {"db_password": "(redacted)", "max_tokens": 5.0, "key_ds": "s3://bank-ml/x/"}


def test_metrics_arrive_in_order_with_a_step_each(service: StandIn) -> None:
    """Metrics are sent ten a call, in order; those without a step get the next one."""
    with Run("churn", "first") as run:
        for at in range(25):
            run.log_metric("loss", at / 10)
        run.log_metric("auc", 0.9, step=7)
        run.log_metric("auc", 0.8)
    assert values(service) == [(at, at / 10) for at in range(25)]
    assert values(service, "auc") == [(7, 0.9), (8, 0.8)]
    assert max(len(request["MetricData"]) for request in called(service, "BatchPutMetrics")) <= 10


def test_the_time_of_a_metric_is_the_one_that_is_meant(service: StandIn, far_from_utc: None) -> None:
    """A time is taken as it is: with its zone, as seconds since 1970, or without a zone as local time, like `datetime.now()`."""
    moment = NOW.replace(microsecond=0)
    local = moment.astimezone().replace(tzinfo=None)
    with Run("churn", "first") as run:
        for time in (moment, moment.astimezone(), moment.timestamp(), local):
            run.log_metric("loss", 1, time)
    assert {one["Timestamp"] for one in service.metrics["churn-first"]} == {moment.isoformat()}


def test_leaving_a_run_does_not_count_its_queue_for_each_call(service: StandIn) -> None:
    """A long queue is not counted again after each call that shortens it, which would take longer than sending."""
    asked: list[str] = []
    service.latency = 0.01
    with Run("churn", "first") as run:
        for at in range(100):
            run.log_metric("loss", at)
        run._box.spool._database.set_trace_callback(asked.append)
    assert len(values(service)) == 100
    assert asked
    assert not [statement for statement in asked if "count(" in statement.lower()]


def test_a_loaded_run_goes_on_with_its_steps(service: StandIn) -> None:
    """Steps continue where an earlier process stopped."""
    with Run("churn", "first") as run:
        run.log_metric("loss", 0.3)
        run.log_metric("loss", 0.2)
    with load_run("first", "churn") as run:
        run.log_metric("loss", 0.1)
    assert values(service) == [(0, 0.3), (1, 0.2), (2, 0.1)]


def test_each_update_has_only_what_was_logged(service: StandIn) -> None:
    """Only changed keys are written, so that no other process's values are overwritten."""
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
        run.log_parameter("b", 2)
        run.log_artifact("report", "s3://bank-ml/r.html", "text/html")
    sent = [
        {name: sorted(entries) for name, entries in request.items() if isinstance(entries, dict) and name != "Status"}
        for request in called(service, "UpdateTrialComponent")
    ]
    assert [one for one in sent if one] == [{"Parameters": ["a"]}, {"Parameters": ["b"]}, {"OutputArtifacts": ["report"]}]


def test_what_is_logged_is_there_when_the_call_returns(service: StandIn) -> None:
    """A parameter is at the service before the next line of the program runs."""
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
        assert parameters(service) == {"a": 1.0}


def test_equal_names_of_files_do_not_overwrite_each_other(service: StandIn, tmp_path: Path) -> None:
    """Two files of one name are two objects and two artifacts; the digest, ETag and version of each are kept."""
    for folder, text in (("a", "one"), ("b", "two")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "m.json").write_text(text, encoding="utf-8")
    with Run("churn", "first", artifact_bucket="bank-ml", artifact_prefix="runs") as run:
        run.log_file(tmp_path / "a" / "m.json")
        run.log_file(tmp_path / "b" / "m.json")
        run.log_file(str(tmp_path / "b" / "m.json"))
    outputs = service.components["churn-first"]["OutputArtifacts"]
    assert len(outputs) == 2
    assert all(
        one["MediaType"] == "application/json" and one["Value"].startswith("s3://bank-ml/runs/churn/first/")
        for one in outputs.values()
    )
    bodies = {service.objects[one["Value"]][-1].body for one in outputs.values()}
    assert bodies == {b"one", b"two"}
    kinds = {kind["SourceIdType"] for one in service.artifacts.values() for kind in one["Source"]["SourceTypes"]}
    assert kinds == {"S3ETag", "S3Version", "Custom"}


def test_charts_of_one_title_are_kept_apart_and_equal_ones_are_one(service: StandIn) -> None:
    """A chart lies in S3, in the run's artifacts, and as a lineage artifact that the run produced."""
    with Run("churn", "first") as run:
        run.log_confusion_matrix([0, 1, 1], [0, 1, 1], title="Held out")
        run.log_confusion_matrix([0, 1, 1], [0, 1, 1], title="Held out")
        run.log_confusion_matrix([0, 1, 1], [1, 1, 1], title="Held out")
        run.log_roc_curve([0, 1, 1], [0.1, 0.8, 0.9])
        run.log_precision_recall([0, 1, 1], [0.1, 0.8, 0.9])
    outputs = service.components["churn-first"]["OutputArtifacts"]
    assert {name.rpartition("-")[0] or name for name in outputs} == {"Held out", "ROCCurve", "PrecisionRecallCurve"}
    assert len(outputs) == 4
    assert sorted(one["ArtifactType"] for one in service.artifacts.values()) == [
        "ConfusionMatrix",
        "ConfusionMatrix",
        "PrecisionRecallCurve",
        "ROCCurve",
    ]
    arn = service.components["churn-first"]["TrialComponentArn"]
    assert {(source, kind) for source, _, kind in service.associations} == {(arn, "Produced")}
    document = json.loads(service.objects[outputs["Held out"]["Value"]][-1].body)
    assert (document["type"], document["title"], document["confusionMatrix"]) == (
        "ConfusionMatrix",
        "Held out",
        [[1, 0], [0, 2]],
    )


@pytest.mark.parametrize("title", ["  ", "", None, "x" * 500, "one\nline", "/"])
def test_any_title_gives_a_name(service: StandIn, title: str | None) -> None:
    """A chart is recorded whatever its title: under that on one line and cut, or under its kind if there is none."""
    with Run("churn", "first") as run:
        run.log_roc_curve([0, 1], [0.1, 0.9], title=title)
    named = {"  ": "ROCCurve", "": "ROCCurve", None: "ROCCurve", "x" * 500: "x" * 128, "one\nline": "one line", "/": "/"}
    assert list(service.components["churn-first"]["OutputArtifacts"]) == [named[title]]
    assert not run.refused


def test_files_of_long_names_are_recorded(service: StandIn, tmp_path: Path) -> None:
    """A file system takes longer names than SageMaker: the beginning is the name, and different files are kept apart."""
    paths = [tmp_path / f"{'x' * 200}{at}" for at in range(2)]
    with Run("churn", "first") as run:
        for path in paths:
            path.write_text(path.name, encoding="utf-8")
            run.log_file(path)
    outputs = service.components["churn-first"]["OutputArtifacts"]
    assert len(outputs) == 2
    assert all(len(name) == 128 for name in outputs)
    assert sorted(one["Value"].rpartition("/")[2] for one in outputs.values()) == [path.name for path in paths]


def test_a_dataset_is_recorded_with_the_content_that_it_has(service: StandIn) -> None:
    """A dataset is an input, a contributing artifact, and pinned with its object count and a digest over the versions."""
    s3 = service.session().client("s3")
    for name in ("a.csv", "b.csv"):
        s3.put_object(Bucket="bank-ml", Key=f"train/{name}", Body=name.encode())
    with Run("churn", "first") as run:
        pin = run.log_dataset("train", "s3://bank-ml/train/")
        same = run.log_dataset("again", "s3://bank-ml/train/")
    assert pin
    assert same
    assert pin.digest == same.digest
    assert (pin.objects, pin.versioned, pin.complete) == (2, True, True)
    component = service.components["churn-first"]
    assert component["InputArtifacts"]["train"] == {"Value": "s3://bank-ml/train/"}
    assert json.loads(component["Parameters"]["lineage.content.train"]["StringValue"])["digest"] == pin.digest
    assert {kind for _, _, kind in service.associations} == {"ContributedTo"}


def test_a_place_that_nobody_may_look_into_is_recorded_all_the_same(service: StandIn) -> None:
    """Where S3 denies it the dataset is an input without a pin, and training goes on."""
    service.fault("GetBucketVersioning", "AccessDenied", times=99, status=403)
    service.fault("ListObjectsV2", "AccessDenied", times=99, status=403)
    service.fault("CreateArtifact", "AccessDeniedException", times=99)
    with Run("churn", "first") as run:
        assert run.log_dataset("train", "s3://bank-ml/train/") is None
    component = service.components["churn-first"]
    assert component["InputArtifacts"] == {"train": {"Value": "s3://bank-ml/train/"}}
    assert not component.get("Parameters")
    assert status(service)[0] == "Completed"


def test_a_dataset_that_changed_is_pinned_anew_by_the_next_run(service: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """Each run has the content that it read, although one lineage artifact stands for the place; no loss is reported."""
    s3 = service.session().client("s3")
    pins = []
    for name in ("first", "second"):
        s3.put_object(Bucket="bank-ml", Key="train/a.csv", Body=name.encode())
        service.fault("CreateArtifact", "ValidationException", times=1 if pins else 0, message="The artifact already exists.")
        with Run("churn", name) as run:
            pins.append(run.log_dataset("train", "s3://bank-ml/train/"))
            assert not run.refused
    recorded = [
        json.loads(parameters(service, f"churn-{name}")["lineage.content.train"])["digest"] for name in ("first", "second")
    ]
    assert recorded == [pin.digest for pin in pins if pin]
    assert len(set(recorded)) == 2
    assert "not recorded" not in caplog.text


# --- the owner of a run ---------------------------------------------------------------------------


def test_one_component_name_of_two_experiments_is_never_overwritten(service: StandIn) -> None:
    """Experiment `amb`, run `b-c` and experiment `amb-b`, run `c` have one name: the second is refused, the first unchanged."""
    with Run("amb", "b-c") as run:
        run.log_parameter("a", 1)
    with pytest.raises(RefusedValue, match="of the experiment 'amb'"), Run("amb-b", "c"):
        pytest.fail("must not be entered")
    assert status(service, "amb-b-c")[0] == "Completed"
    assert set(service.experiments) == {"amb"}
    with pytest.raises(NotThere, match="another one"):
        load_run("c", "amb-b")


def test_a_component_that_is_no_run_is_left_alone(service: StandIn) -> None:
    """A component of that name that was created for something else is refused."""
    service.session().client("sagemaker").create_trial_component(TrialComponentName="churn-first")
    with pytest.raises(RefusedValue, match="is not a run"), Run("churn", "first"):
        pytest.fail("must not be entered")


def test_an_experiment_in_mixed_case_is_refused(service: StandIn) -> None:
    """An experiment in mixed case is refused, because the SDK would not find runs in it."""
    service.session().client("sagemaker").create_experiment(ExperimentName="Churn")
    with pytest.raises(RefusedValue, match="'Churn' exists in mixed case"), Run("churn", "first"):
        pytest.fail("must not be entered")
    with Run("other", "first"):  # an error at enter leaves nothing behind
        assert current_run()


def test_a_run_that_was_half_made_is_completed(service: StandIn) -> None:
    """A process that was killed between two steps of the opening leaves a run that the next one opens."""
    api = service.session().client("sagemaker")
    api.create_experiment(ExperimentName="churn")
    api.create_trial_component(TrialComponentName="churn-first", Tags=[RUN_TAG])
    with Run("churn", "first"):
        pass
    assert service.components["churn-first"]["Parents"][0]["ExperimentName"] == "churn"


# --- bad input is refused at the call -------------------------------------------------------------

BAD: dict[str, tuple[Callable[[Run], Any], str]] = {
    "a parameter that is NaN": (lambda run: run.log_parameter("x", float("nan")), "the parameter 'x' is nan"),
    "a parameter that is infinite": (lambda run: run.log_parameter("x", np.inf), "is inf"),
    "a text that is too long": (
        lambda run: run.log_parameter("x", "y" * 2501),
        "has 2501 characters; SageMaker allows 2500",
    ),
    "a name that is too long": (lambda run: run.log_parameter("k" * 129, 1), "1 to 128 characters"),
    "301 parameters": (lambda run: run.log_parameters({f"p{at}": at for at in range(301)}), "at most 300 parameters"),
    "31 outputs": (lambda run: [run.log_artifact(f"a{at}", "x") for at in range(31)], "at most 30 outputs"),
    "31 inputs": (lambda run: [run.log_artifact(f"a{at}", "x", is_output=False) for at in range(31)], "at most 30 inputs"),
    "a media type": (lambda run: run.log_artifact("a", "x", "text"), "'text' is not a media type"),
    "an S3 URI that is none": (lambda run: run.log_artifact("a", "s3:/bank"), "s3:/bank"),
    "a dataset that is not an S3 URI": (lambda run: run.log_dataset("a", "/data"), "/data"),
    "a model that is not an S3 URI": (lambda run: run.log_model("model.tar.gz"), "model.tar.gz"),
    "a metric that is NaN": (lambda run: run.log_metric("loss", float("nan")), "the metric 'loss' is nan"),
    "a metric that is a text": (lambda run: run.log_metric("loss", "low"), "must be a number"),  # type: ignore[arg-type]
    "an old metric": (lambda run: run.log_metric("loss", 1, NOW - timedelta(days=15)), "over 14 days old"),
    "a metric of tomorrow": (lambda run: run.log_metric("loss", 1, NOW + timedelta(days=1)), "over 2 hours ahead"),
    "a step below 0": (lambda run: run.log_metric("loss", 1, step=-1), "a whole number from 0 on"),
    "a metric without a name": (lambda run: run.log_metric("", 1), "1 to 255 characters"),
    "a file that is not there": (lambda run: run.log_file("/no/such/file"), "/no/such/file"),
    "labels that do not fit": (lambda run: run.log_confusion_matrix([0, 1], [0]), "2"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_an_error_at_the_call_and_all_else_is_kept(service: StandIn, case: str) -> None:
    """A value that SageMaker would refuse is refused in a sentence at the call; other values are recorded."""
    call, said = BAD[case]
    with Run("churn", "first") as run:
        run.log_parameter("before", 1)
        with pytest.raises(RefusedValue, match=said):
            call(run)
        run.log_metric("fine", 1)
    assert parameters(service)["before"] == 1.0
    assert values(service, "fine") == [(0, 1.0)]
    assert status(service)[0] == "Completed"
    assert not run.refused


def test_one_bad_value_takes_no_other_along(service: StandIn) -> None:
    """Of several parameters, the refused ones are named, and all others are recorded."""
    with Run("churn", "first") as run, pytest.raises(RefusedValue, match="'long'.*'nan'"):
        run.log_parameters({"a": 1, "long": "y" * 3000, "b": 2, "nan": float("nan"), "c": "x"})
    assert parameters(service) == {"a": 1.0, "b": 2.0, "c": "x"}


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("my exp", "r"), "'my-exp' is possible"),
        (("e_1", "r"), "'e-1' is possible"),
        (("e", "r" * 60), "at most 59"),
        (("e", "-r"), "letters, digits and hyphens"),
        (("", "r"), "can't be the name of an experiment"),
        (("é", "r"), "can't be the name of an experiment"),
    ],
)
def test_names_that_the_sdk_could_not_read_are_refused_before_anything_is_sent(
    service: StandIn, names: tuple[str, str], said: str
) -> None:
    """A name must follow the SDK's rules; the refusal suggests one that does."""
    with pytest.raises(RefusedValue, match=said):
        Run(*names)
    assert not service.calls


def test_nothing_is_logged_outside_the_block(service: StandIn) -> None:
    """Before its block and after it, logging is an error that says so."""
    run = Run("churn", "first")
    with pytest.raises(RecordingError, match="outside its block"):
        run.log_metric("loss", 1)
    with run:
        pass
    with pytest.raises(RecordingError, match="outside its block"):
        run.log_parameter("a", 1)


def test_without_credentials_a_run_says_so(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing credentials are an error at the beginning, with what to do, and do not disturb the next run."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    with pytest.raises(NotRecorded, match="no AWS credentials: sign in"), Run("churn", "first"):
        pytest.fail("must not be entered")
    assert current_run() is None


# --- its end --------------------------------------------------------------------------------------

ENDS: dict[str, tuple[Callable[[], Any], tuple[str, str]]] = {
    "nothing": (lambda: None, ("Completed", "")),
    "an exception": (lambda: _raise(ValueError("no such\ncolumn\tx")), ("Failed", "ValueError: no such column x")),
    "a long exception": (lambda: _raise(ValueError("x" * 2000)), ("Failed", f"ValueError: {'x' * 1011}…")),
    "Ctrl-C": (lambda: _raise(KeyboardInterrupt()), ("Stopped", "interrupted (Ctrl-C)")),
    "sys.exit(0)": (lambda: _raise(SystemExit(0)), ("Completed", "")),
    "sys.exit()": (lambda: _raise(SystemExit()), ("Completed", "")),
    "sys.exit(3)": (lambda: _raise(SystemExit(3)), ("Failed", "exit status 3")),
    "SIGTERM": (lambda: (os.kill(os.getpid(), signal.SIGTERM), threading.Event().wait(5)), ("Stopped", "terminated (SIGTERM)")),
    "a generator that is closed": (lambda: _raise(GeneratorExit()), ("Stopped", "cancelled")),
}


def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize("case", ENDS)
def test_a_run_is_left_as_its_block_is(service: StandIn, case: str) -> None:
    """A run ends as Completed, Failed with the exception, or Stopped; the exception passes unchanged, and all is flushed."""
    ends, told = ENDS[case]
    with contextlib.suppress(BaseException), Run("churn", "first") as run:
        run.log_metric("loss", 1)
        run.log_parameter("a", 1)
        ends()
    assert status(service) == told
    assert values(service) == [(0, 1.0)]
    assert parameters(service) == {"a": 1.0}
    assert "EndTime" in service.components["churn-first"]
    assert current_run() is None
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_the_users_exception_always_wins(service: StandIn) -> None:
    """Whatever fails while a run is left, the caller sees the program's own exception."""
    with pytest.raises(ZeroDivisionError), Run("churn", "first", strict=True) as run:
        run.log_parameter("a", 1)
        service.down = True
        run.close(0)
        1 / 0  # noqa: B018


def test_an_inner_load_run_does_not_end_the_outer_run(service: StandIn) -> None:
    """A run that is loaded inside its own block, by its names or without, is left without an end."""
    with Run("churn", "first") as run:
        with load_run() as inner:
            assert inner is run
            inner.log_parameter("a", 1)
        with load_run("first", "churn") as other:
            other.log_parameter("b", 2)
        assert status(service)[0] == "InProgress"
        run.log_parameter("c", 3)
    assert status(service)[0] == "Completed"
    assert parameters(service) == {"a": 1.0, "b": 2.0, "c": 3.0}


# --- temporary faults -----------------------------------------------------------------------------

PASSING = ["ConflictException", "ThrottlingException", "InternalFailure", "ServiceUnavailable", DROP]


@pytest.mark.parametrize("code", PASSING)
@pytest.mark.parametrize(
    "operation",
    ["CreateExperiment", "CreateTrialComponent", "UpdateTrialComponent", "BatchPutMetrics", "AssociateTrialComponent"],
)
def test_what_passes_is_waited_out(service: StandIn, operation: str, code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Conflicts, throttling, service errors and dropped connections cost time, and nothing else."""
    monkeypatch.setattr("lineage.recording.outbox._ENOUGH", {UNREACHABLE: HANGS})
    service.fault(operation, code, times=4, status=500 if code in ("InternalFailure", "ServiceUnavailable") else 400)
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
        for at in range(12):
            run.log_metric("loss", at)
    assert parameters(service) == {"a": 1.0}
    assert values(service) == [(at, float(at)) for at in range(12)]
    assert status(service)[0] == "Completed"


@pytest.mark.parametrize("code", ["INTERNAL_ERROR", "CONFLICT_ERROR"])
def test_a_metric_that_may_be_taken_later_is_sent_again(service: StandIn, code: str) -> None:
    """A temporary error is retried for the one metric, and the others of its batch are not sent twice."""
    service.metric_fault(code, times=3, when=lambda metric: metric["Value"] in (3.0, 5.0))
    with Run("churn", "first") as run:
        for at in range(10):
            run.log_metric("loss", at)
    assert sorted(values(service)) == [(at, float(at)) for at in range(10)]


@pytest.mark.parametrize("code", ["VALIDATION_ERROR", "METRIC_LIMIT_EXCEEDED"])
def test_a_metric_that_is_refused_is_told_and_takes_no_other_along(
    service: StandIn, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    """One refused metric in ten is reported by name, value and step; the other nine are recorded."""
    service.metric_fault(code, times=1, when=lambda metric: metric["Value"] == 3.0)
    with Run("churn", "first") as run:
        for at in range(10):
            run.log_metric("loss", at)
    assert values(service) == [(at, float(at)) for at in range(10) if at != 3]
    assert run.refused == [f"metric loss = 3.0 of step 3: {code}"]
    assert "not recorded: metric loss = 3.0 of step 3" in caplog.text


def test_many_refusals_are_counted(service: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """A loop whose every metric is refused gives a hundred warnings, and then their number when the run is left."""
    service.metric_fault("METRIC_LIMIT_EXCEEDED", times=999)
    with Run("churn", "first") as run:
        for at in range(250):
            run.log_metric("loss", at)
    told = [record.message for record in caplog.records if "sending the last" not in record.message]
    assert sum("METRIC_LIMIT_EXCEEDED" in text for text in told) == 100
    assert told[100:] == [
        "lineage: not recorded: more than 100 items; further ones are counted",
        "lineage: churn first: 250 items were refused",
    ]
    assert "of step 249" in run.refused[-1]


def test_a_network_that_is_away_keeps_everything_for_the_next_process(
    service: StandIn, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Unsent values stay on disk, `close` says how many and why, and the next run sends them."""
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
        service.down = True
        run.log_parameter("b", 2)
        run.log_metric("loss", 0.5)
        unsent = run.close()
        assert unsent
        assert unsent.items == 2
        assert unsent.path
        assert "could not be reached" in unsent.reasons[0]
    assert "are not sent" in caplog.text
    assert list(spool.iterdir())
    service.down = False
    assert parameters(service) == {"a": 1.0}
    with Run("other", "one"):
        pass
    assert parameters(service) == {"a": 1.0, "b": 2.0}
    assert values(service) == [(0, 0.5)]
    assert status(service)[0] == "Completed"
    assert not list(spool.iterdir())


def test_a_run_that_begins_without_a_network_is_made_later(
    service: StandIn, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Training starts although the service is away; `resume` sends the whole run."""
    monkeypatch.setattr("lineage.recording.service.PATIENCE", 0.2)
    service.down = True
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
        run.log_metric("loss", 0.5)
    assert not service.components
    service.down = False
    assert resume()[0] == 4
    assert parameters(service) == {"a": 1.0}
    assert values(service) == [(0, 0.5)]
    assert status(service)[0] == "Completed"
    assert service.components["churn-first"]["Parents"][0]["ExperimentName"] == "churn"


def test_a_network_that_comes_back_while_a_run_is_left(service: StandIn, spool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that began without a network, and is left just when the network is back, is sent whole and ends."""
    monkeypatch.setattr("lineage.recording.service.PATIENCE", 0.2)
    monkeypatch.setattr("lineage.recording.outbox._ENOUGH", {UNREACHABLE: HANGS})
    service.down = True
    run, left = Run("churn", "first"), threading.Event()

    def train() -> None:
        with run:
            run.log_metric("loss", 0.5)
            threading.Timer(0.5, lambda: setattr(service, "down", False)).start()
        left.set()

    threading.Thread(target=train, daemon=True).start()
    assert left.wait(HANGS)
    assert values(service) == [(0, 0.5)]
    assert status(service)[0] == "Completed"
    assert not list(spool.iterdir())


def test_a_strict_run_says_at_once_what_fails(service: StandIn) -> None:
    """With `strict` a temporary failure is an error at the call."""
    with pytest.raises(NotRecorded, match="could not be reached|are not sent"), Run("churn", "first", strict=True) as run:
        service.down = True
        run.log_parameter("a", 1)


def test_a_right_that_is_missing_is_told_with_what_to_do(service: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """Denied metrics keep nothing else back, and the sentence names the policy."""
    service.fault("BatchPutMetrics", "AccessDeniedException", times=999)
    with Run("churn", "first") as run:
        run.log_metric("loss", 1)
        run.log_parameter("a", 1)
    assert parameters(service) == {"a": 1.0}
    assert status(service)[0] == "Completed"
    assert "lineage.iam_policy(recording=True) has what is needed" in caplog.text


def test_a_disk_that_can_not_be_written_costs_a_warning(
    service: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without a queue on disk everything is recorded from memory."""
    (tmp_path / "file").write_text("x", encoding="utf-8")
    monkeypatch.setenv("LINEAGE_SPOOL", str(tmp_path / "file" / "spool"))
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
        run.log_metric("loss", 1)
    assert parameters(service) == {"a": 1.0}
    assert values(service) == [(0, 1.0)]
    assert "kept on disk" in caplog.text


def test_a_user_without_a_home_may_record(
    service: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A container may run as a user of any number, who has no home: training goes on, and a folder that is named is used."""

    def nobody(number: int) -> Any:
        raise KeyError(number)

    monkeypatch.setattr("pwd.getpwuid", nobody)
    for name in ("HOME", "XDG_STATE_HOME"):
        monkeypatch.delenv(name, raising=False)
    with Run("churn", "first") as run:
        run.log_metric("loss", 1)
        assert list(tmp_path.glob("spool/*.spool"))
    monkeypatch.delenv("LINEAGE_SPOOL")
    with Run("churn", "first") as run:
        run.log_metric("loss", 2)
    assert values(service) == [(0, 1.0), (1, 2.0)]
    assert "LINEAGE_SPOOL may name a folder" in caplog.text


# --- several processes ----------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from lineage.recording import Run
with Run("churn", "first") as run:
    run.log_parameter("a", 1)
    run.log_artifact("data", "s3://bank-ml/train/", is_output=False)
    for at in range(57):
        run.log_metric("loss", at)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_kill_9_loses_nothing(service: StandIn, start: Start, spool: Path) -> None:
    """After kill -9 nothing is lost: the next process sends the remaining metrics in order and records the failure."""
    service.latency = 0.05
    process = start(KILLED)
    process.wait(60)
    assert process.returncode == -signal.SIGKILL
    assert parameters(service) == {"a": 1.0}
    assert service.components["churn-first"]["InputArtifacts"] == {"data": {"Value": "s3://bank-ml/train/"}}
    assert len(values(service)) < 57
    service.latency = 0
    with Run("other", "one"):
        pass
    assert list(dict.fromkeys(values(service))) == [(at, float(at)) for at in range(57)]
    assert status(service) == ("Failed", "the process that recorded this run ended without leaving it (killed?)")
    assert not list(spool.iterdir())


def test_a_killed_run_that_is_run_again_is_in_progress_and_then_completed(service: StandIn, start: Start) -> None:
    """A process that continues a killed run records its end, and the run's older values come before the new ones."""
    start(KILLED).wait(60)
    with Run("churn", "first") as run:
        assert status(service)[0] == "InProgress"
        run.log_parameter("a", 2)
    assert parameters(service) == {"a": 2.0}
    assert status(service) == ("Completed", "")
    assert [step for step, _ in dict.fromkeys(values(service))] == list(range(57))


RANKS = """
import sys
from lineage.recording import Run
with Run("churn", "first") as run:
    run.log_parameters({sys.argv[0][-5:]: 1, "shared": RANK})
    print("ready", flush=True)
    sys.stdin.readline()
    run.log_metric("loss", RANK)
"""


FIRST, SECOND = ({"SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": name} for name in ("algo-1", "algo-2"))


@pytest.mark.parametrize(
    ("environments"),
    [[{"RANK": "0"}, {"RANK": "1"}], [{}, {}], [FIRST, SECOND], [FIRST, FIRST]],
    ids=["numbered by a launcher", "told by nothing", "on two machines of a job", "both on the first machine"],
)
def test_of_two_processes_one_says_how_the_run_ended(
    service: StandIn, start: Start, environments: list[dict[str, str]]
) -> None:
    """Two processes of one run do not overwrite each other's values, and the run is in progress until both have left."""
    first, second = (start(RANKS.replace("RANK", str(at)), **environment) for at, environment in enumerate(environments))
    for process in (first, second):
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    ordered = (second, first)  # the first of them is the last to leave
    for left, process in zip((1, 0), ordered, strict=True):
        process.communicate("\n", timeout=60)
        assert process.returncode == 0
        assert status(service)[0] == ("InProgress" if left else "Completed")
    assert {"m0.py", "m1.py", "shared"} == set(parameters(service))
    assert sorted(value for _, value in values(service)) == [0.0, 1.0]


FORKED = """
import multiprocessing, sys
from lineage.recording import Run
def work(run, at):
    run.log_metric("loss", at, step=at)
if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
        workers = [context.Process(target=work, args=(run, at)) for at in range(3)]
        [worker.start() for worker in workers]
        [worker.join() for worker in workers]
        run.log_parameter("b", 2)
"""


def test_forked_workers_log_into_the_run_that_their_parent_opened(service: StandIn, start: Start, spool: Path) -> None:
    """What forked processes log is there when the parent leaves, once each."""
    process = start(FORKED)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert sorted(values(service)) == [(0, 0.0), (1, 1.0), (2, 2.0)]
    assert parameters(service) == {"a": 1.0, "b": 2.0}
    assert status(service)[0] == "Completed"
    assert not list(spool.iterdir())


def test_threads_log_into_one_run(service: StandIn) -> None:
    """A run that several threads log into has all values."""
    with Run("churn", "first") as run:
        threads = [
            threading.Thread(target=lambda at=at: [run.log_metric(f"m{at}", one) for one in range(20)]) for at in range(4)
        ]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
    assert all(len(values(service, f"m{at}")) == 20 for at in range(4))


SIGTERM = """
import sys, time
from lineage.recording import Run
with Run("churn", "first") as run:
    run.log_metric("loss", 1)
    print("ready", flush=True)
    for _ in range(600):  # one long sleep would miss a signal that comes just before it begins
        time.sleep(0.1)
"""


def test_a_process_that_is_told_to_end_flushes_first(service: StandIn, start: Start) -> None:
    """SIGTERM, with which jobs are stopped, leaves the run as Stopped with all of its metrics."""
    process = start(SIGTERM)
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    process.terminate()
    assert process.wait(30) == 128 + signal.SIGTERM
    assert status(service)[0] == "Stopped"
    assert values(service) == [(0, 1.0)]


# --- existing runs --------------------------------------------------------------------------------


def test_load_run_makes_nothing(service: StandIn) -> None:
    """A missing run is one error that says what to do, without those of botocore; no call creates anything."""
    with pytest.raises(NotThere, match="no run 'first' is in the experiment 'churn'") as refused:
        load_run("first", "churn")
    assert refused.value.__suppress_context__
    assert not [name for name, _ in service.calls if name.startswith(("Create", "Add", "Update"))]


def test_load_run_without_names_needs_a_run_around_it(service: StandIn) -> None:
    """Outside of a run and of a job the error says what to pass."""
    with pytest.raises(NotThere, match="give its name and that of its experiment"):
        load_run()
    with pytest.raises(RefusedValue, match="give both"):
        load_run("first")


def test_load_run_in_a_training_job_finds_its_run(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """The job's ExperimentConfig names the run; one without a RunName gives an error that says what to do."""
    api = service.session().client("sagemaker")
    common = {
        "AlgorithmSpecification": {"TrainingImage": "i", "TrainingInputMode": "File"},
        "RoleArn": "arn:aws:iam::111122223333:role/sagemaker",
        "OutputDataConfig": {"S3OutputPath": "s3://bank-ml/out/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
        "StoppingCondition": {"MaxRuntimeInSeconds": 60},
    }
    with Run("churn", "first") as run:
        arn = api.create_training_job(TrainingJobName="fit-1", ExperimentConfig=run.experiment_config, **common)[
            "TrainingJobArn"
        ]
        other = api.create_training_job(TrainingJobName="fit-2", **common)["TrainingJobArn"]
    monkeypatch.setenv("TRAINING_JOB_ARN", arn)
    with load_run() as run:
        assert (run.experiment_name, run.run_name) == ("churn", "first")
        run.log_parameter("a", 1)
    assert parameters(service) == {"a": 1.0}
    monkeypatch.setenv("TRAINING_JOB_ARN", other)
    with pytest.raises(NotThere, match="belongs to no run: create it with ExperimentConfig=run.experiment_config"):
        load_run()


def test_list_runs_only_reads_and_gives_runs_alone(service: StandIn) -> None:
    """Runs are listed newest first, page by page, without a call that writes; other components are left out."""
    for name in ("a", "b", "c"):
        with Run("churn", name) as run:
            run.log_parameter("name", name)
    api = service.session().client("sagemaker")
    api.create_trial_component(TrialComponentName="churn-by-hand")
    api.associate_trial_component(TrialComponentName="churn-by-hand", TrialName="Default-Run-Group-churn")
    before = len(service.calls)
    found = list_runs("churn")
    assert [run.run_name for run in found] == ["c", "b", "a"]
    assert [run.parameters["name"] for run in found] == ["c", "b", "a"]
    assert found[0].status == "Completed"
    assert found.next_token is None
    assert [run.run_name for run in list_runs("Churn", sort_by="Name", sort_order="Ascending")] == ["a", "b", "c"]
    page = list_runs("churn", max_results=2)
    assert len(page) == 2
    assert page.next_token
    rest = list_runs("churn", max_results=2, next_token=page.next_token)
    assert [run.run_name for run in [*page, *rest]] == ["c", "b", "a"]
    assert {name[:4] for name, _ in service.calls[before:]} <= {"List", "Desc"}


# --- the content of a queue -----------------------------------------------------------------------


def test_a_queue_is_its_owners_alone(service: StandIn, spool: Path) -> None:
    """Only their owner can read queues, and other files beside them are left alone."""
    spool.mkdir(parents=True)
    (spool / "junk.1-2.spool").write_text("no database", encoding="utf-8")
    with Run("churn", "first"):
        modes = {path.stat().st_mode & 0o777 for path in spool.iterdir() if path.name.startswith("churn")}
        assert 0o600 in modes
        assert not any(mode & 0o077 for mode in modes)
    assert [path.name for path in spool.iterdir()] == ["junk.1-2.spool"]


def test_what_another_account_left_is_not_sent(service: StandIn, spool: Path) -> None:
    """A queue of another account or region stays where it is."""
    with Run("churn", "first") as run:
        service.down = True
        run.log_parameter("a", 1)
    service.down = False
    (path,) = [one for one in spool.iterdir() if one.suffix == ".spool"]
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE said SET value = '\"444455556666\"' WHERE name = 'account'")
        database.commit()
    with Run("other", "one"):
        pass
    assert path.exists()
    assert not parameters(service)


def test_what_was_begun_without_a_network_is_not_sent_by_other_keys(
    service: StandIn, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run with a still unknown account waits for the keys with which it was recorded."""
    monkeypatch.setattr("lineage.recording.service.PATIENCE", 0.2)
    service.down = True
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
    service.down = False
    own = os.environ["AWS_ACCESS_KEY_ID"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASOMEBODYELSE")
    resume()
    assert not service.components
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", own)
    resume()
    assert parameters(service) == {"a": 1.0}
    assert not list(spool.iterdir())


def test_a_job_that_is_not_there_is_told(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """`load_run` in a job that SageMaker does not know says that the job is missing."""
    monkeypatch.setenv("TRAINING_JOB_ARN", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/gone")
    with pytest.raises(NotThere, match="DescribeTrainingJob"):
        load_run()


def test_no_model_and_no_file_takes_another_ones_name(service: StandIn, tmp_path: Path) -> None:
    """Two models, and files of one name from two processes, are all in the run; a repeated log adds nothing."""
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        folder.mkdir()
        (folder / "f.txt").write_text(folder.name, encoding="utf-8")
        with Run("churn", "first", artifact_bucket="bank-ml") as run:
            run.log_file(folder / "f.txt")
            run.log_model(f"s3://bank-ml/{folder.name}/model.tar.gz")
            run.log_model("s3://bank-ml/a/model.tar.gz")
    outputs = service.components["churn-first"]["OutputArtifacts"]
    assert sorted(one["Value"].rpartition("/")[2] for one in outputs.values()) == [
        "f.txt",
        "f.txt",
        "model.tar.gz",
        "model.tar.gz",
    ]


def test_what_is_in_the_way_is_told_when_it_is_met(service: StandIn, caplog: pytest.LogCaptureFixture) -> None:
    """A missing permission is reported once while the run goes on, not only at its end."""
    service.fault("UpdateTrialComponent", "AccessDeniedException", times=999)
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
        run.log_parameter("b", 1)
        told = [record.getMessage() for record in caplog.records if "what is logged is kept" in record.getMessage()]
    assert len(told) == 1


class _Recording(logging.Handler):
    """Records what it receives from its own thread, and waits for that, as a handler that fans out does."""

    def __init__(self, run: Run) -> None:
        super().__init__()
        self.run, self.recorded = run, list[bool]()

    def emit(self, record: logging.LogRecord) -> None:
        if "what is logged is kept" in record.getMessage():
            other = threading.Thread(target=lambda: self.run.log_metric("heard", 1), daemon=True)
            other.start()
            other.join(timeout=30)
            self.recorded.append(not other.is_alive())


def test_a_handler_of_log_lines_may_record(service: StandIn) -> None:
    """Problems are reported while no lock is held: a log handler that records them does not block the run."""
    service.fault("UpdateTrialComponent", "AccessDeniedException", times=999)
    logger = logging.getLogger("lineage.recording")
    with Run("churn", "first") as run:
        logger.addHandler(handler := _Recording(run))
        try:
            run.log_parameter("a", 1)
        finally:
            logger.removeHandler(handler)
        assert handler.recorded == [True]


class _Heard(logging.Handler):
    """Waits for a line."""

    def __init__(self) -> None:
        super().__init__()
        self.event = threading.Event()

    def emit(self, record: logging.LogRecord) -> None:
        if "what is logged is kept" in record.getMessage():
            self.event.set()


def test_an_outage_is_told_while_the_run_goes_on(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that stays away long enough is reported too, though its first failures were the same and were not."""
    monkeypatch.setattr("lineage.recording.outbox._ENOUGH", {})
    monkeypatch.setattr("lineage.recording.outbox._ENOUGH_ELSE", 0.01)
    logger = logging.getLogger("lineage.recording")
    with Run("churn", "first") as run:
        service.down = True
        logger.addHandler(handler := _Heard())
        try:
            run.log_metric("loss", 1)
            assert handler.event.wait(60)
        finally:
            logger.removeHandler(handler)
            service.down = False


def test_a_bucket_that_can_be_none_is_refused_before_anything_is_sent(service: StandIn) -> None:
    """`artifact_bucket` must be a valid bucket name."""
    for bucket in ("Bad Bucket!", "x", 7):
        with pytest.raises(RefusedValue, match="can't be a bucket"):
            Run("churn", "first", artifact_bucket=bucket)  # type: ignore[arg-type]
    assert not service.calls


def test_a_dataset_that_can_not_be_pinned_is_refused_whole(service: StandIn) -> None:
    """A name that is too long for its pin is refused before its place is recorded."""
    with Run("churn", "first") as run, pytest.raises(RefusedValue, match="1 to 112 characters"):
        run.log_dataset("n" * 120, "s3://bank-ml/train/")
    assert not service.components["churn-first"].get("InputArtifacts")


@pytest.mark.parametrize(("status", "kind"), [(500, NotRecorded), (404, NotThere)])
def test_a_page_in_place_of_an_answer_is_its_status(status: int, kind: type[Exception]) -> None:
    """Where a proxy or a stand-in answers with an HTML page, the message has its status and none of the page."""
    page = "<!doctype html>\n<html lang=en><title>Error</title>\n<p>The server could not answer."
    refused = ClientError(
        {"Error": {"Code": str(status), "Message": page}, "ResponseMetadata": {"HTTPStatusCode": status}}, "X"
    )
    told = _answered(refused, "CreateArtifact")
    assert type(told) is kind
    assert str(told) == f"CreateArtifact: HTTP {status}"
