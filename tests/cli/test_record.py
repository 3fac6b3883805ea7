"""`lineage record` over a stand-in for SageMaker: what it records, how it ends, and what it says on errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lineage.recording import Run
from lineage.recording.endings import Terminated
from lineage.recording.programs import run_program
from tests.conftest import HANGS, ROOT, Ran
from tests.recording.conftest import Start
from tests.recording.stand_in import DROP, StandIn

Record = Callable[..., Ran]


@pytest.fixture
def record(run: Callable[..., Ran], service: StandIn) -> Record:
    """Run `lineage record` in an empty folder."""
    return lambda *arguments: run("record", *arguments)


def python(code: str) -> tuple[str, ...]:
    """A program, as it is written on a command line."""
    return ("--", sys.executable, "-c", code)


def component(service: StandIn, name: str = "churn-first") -> dict[str, Any]:
    return service.components[name]


def parameters(service: StandIn, name: str = "churn-first") -> dict[str, Any]:
    given = component(service, name).get("Parameters", {})
    return {key: value.get("NumberValue", value.get("StringValue")) for key, value in given.items()}


def metrics(service: StandIn, name: str = "churn-first") -> list[tuple[str, int, float]]:
    return [(one["MetricName"], one["Step"], one["Value"]) for one in service.metrics.get(name, ())]


def status(service: StandIn, name: str = "churn-first") -> tuple[str, str]:
    told = component(service, name)["Status"]
    return told["PrimaryStatus"], told.get("Message", "")


def wrote(service: StandIn) -> list[str]:
    """The calls that change something."""
    return [name for name, _ in service.calls if not name.startswith(("Describe", "List", "Get", "Head", "Search"))]


# --- recorded values ------------------------------------------------------------------------------


def test_a_program_is_recorded_with_all_that_the_command_line_says(record: Record, service: StandIn) -> None:
    """Parameters, metrics with and without a step, inputs and outputs with and without a name are in the run."""
    said = (
        *("-p", "depth=6", "--parameter", "eta=.1", "-p", "mode=hist=on"),
        *("-m", "auc=0.93@3", "--metric", "loss=2e-1"),
        *("--input", "s3://bank-ml/churn/train/", "--input", "held=s3://bank-ml/churn/dt=2026/"),
        *("--output", "s3://bank-ml/models/m.tar.gz", "--output", "report=report.html"),
    )
    ran = record("run", "churn", "first", *said, "--", "true")
    assert (ran.code, ran.out, ran.err) == (0, "", "lineage: recording churn first\n")
    logged = {name: value for name, value in parameters(service).items() if not name.startswith("lineage.")}
    assert logged == {"depth": 6.0, "eta": 0.1, "mode": "hist=on"}
    assert metrics(service) == [("auc", 3, 0.93), ("loss", 0, 0.2)]
    found = {
        key: {name: one["Value"] for name, one in component(service)[key].items()}
        for key in ("InputArtifacts", "OutputArtifacts")
    }
    assert found["InputArtifacts"] == {"train": "s3://bank-ml/churn/train/", "held": "s3://bank-ml/churn/dt=2026/"}
    assert found["OutputArtifacts"] == {"m.tar.gz": "s3://bank-ml/models/m.tar.gz", "report": "report.html"}
    assert status(service) == ("Completed", "")


def test_the_content_of_an_input_is_pinned(record: Record, service: StandIn) -> None:
    """An input is read as `log_dataset` reads it: the run has the number of objects."""
    service.session().client("s3").put_object(Bucket="bank-ml", Key="churn/train/a.csv", Body=b"a")
    assert record("run", "churn", "first", "--input", "s3://bank-ml/churn/train/", "--", "true").code == 0
    assert json.loads(parameters(service)["lineage.content.train"])["objects"] == 1


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("6", 6.0),
        ("-2", -2.0),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("007", "007"),
        ("1_0", "1_0"),
        ("nan", "nan"),
        ("-", "-"),
    ],
)
def test_a_parameter_is_a_number_where_it_is_written_as_one(record: Record, service: StandIn, text: str, recorded: Any) -> None:
    """A value that only Python takes for a number, or that SageMaker refuses as one, is a text."""
    assert record("run", "churn", "first", "-p", f"x={text}", "--", "true").code == 0
    assert parameters(service) == {"x": recorded}


def test_a_run_without_a_name_gets_one(record: Record, service: StandIn) -> None:
    """The generated name is printed, so that the run can be found."""
    ran = record("run", "churn", "--", "true")
    (name,) = service.components
    assert ran.err == f"lineage: recording churn {name.removeprefix('churn-')}\n"


def test_the_program_finds_its_run(record: Record, service: StandIn) -> None:
    """`load_run()` in the program logs into the run, and leaves it open; the program's output and arguments are its own."""
    code = (
        "import sys; from lineage.recording import load_run\nwith load_run() as r: r.log_metric('loss', 1)\nprint(sys.argv[1:])"
    )
    ran = record("run", "churn", "first", *python(code), "--force", "-p", "x")
    assert (ran.code, ran.out) == (0, "['--force', '-p', 'x']\n")
    assert metrics(service) == [("loss", 0, 1.0)]
    assert status(service) == ("Completed", "")


@pytest.mark.parametrize(
    ("code", "exits", "told"),
    [
        ("exit(0)", 0, ("Completed", "")),
        ("exit(3)", 3, ("Failed", "exit status 3")),
        ("import os; os.kill(os.getpid(), 9)", 137, ("Failed", "killed by SIGKILL")),
        ("import os; os.kill(os.getpid(), 15)", 143, ("Stopped", "terminated (SIGTERM)")),
        ("raise KeyboardInterrupt", 130, ("Stopped", "interrupted (Ctrl-C)")),
    ],
)
def test_it_exits_as_the_program_does(record: Record, service: StandIn, code: str, exits: int, told: tuple[str, str]) -> None:
    """The exit status is passed on, 128 and the number for a signal; the run says how the program ended."""
    assert record("run", "churn", "first", *python(code)).code == exits
    assert status(service) == told


WAITS = """
import time
from lineage.recording import load_run
with load_run() as run:
    try:
        print("ready", flush=True)
        for _ in range(6000):  # one long sleep would miss a signal that comes just before it begins
            time.sleep(0.1)
    except BaseException as error:
        run.log_parameter("told", type(error).__name__)
        raise
"""


STAYS = """
import os, signal, time
for number in (signal.SIGINT, signal.SIGTERM):
    signal.signal(number, lambda *_: print(os.getpid(), flush=True))
print("ready", flush=True)
for _ in range(6000):
    time.sleep(0.1)
"""


@pytest.fixture
def waiting(service: StandIn, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    """`lineage record run` in its own process, with a program in the middle of its work."""
    command = [sys.executable, "-m", "cli", "record", "run", "churn", "first", *python(getattr(request, "param", WAITS))]
    around = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=tmp_path, env=around, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    ("number", "exits", "raised", "told"),
    [
        (signal.SIGINT, 130, "KeyboardInterrupt", "interrupted (Ctrl-C)"),
        (signal.SIGTERM, 143, "Terminated", "terminated (SIGTERM)"),
    ],
)
def test_what_ends_the_command_ends_the_program(
    waiting: subprocess.Popen[str], service: StandIn, number: signal.Signals, exits: int, raised: str, told: str
) -> None:
    """Ctrl-C and SIGTERM reach the program, which may still log; the run is Stopped."""
    waiting.send_signal(number)
    assert waiting.wait(HANGS) == exits
    assert parameters(service) == {"told": raised}
    assert status(service) == ("Stopped", told)


@pytest.mark.parametrize("waiting", [STAYS], indirect=True)
@pytest.mark.parametrize(("number", "exits"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_program_that_does_not_end_is_killed_the_second_time(
    waiting: subprocess.Popen[str], service: StandIn, number: signal.Signals, exits: int
) -> None:
    """A second Ctrl-C or SIGTERM does not wait for the program, and leaves none behind; the run is Stopped."""
    waiting.send_signal(number)
    assert waiting.stdout
    program = int(waiting.stdout.readline())
    waiting.send_signal(number)
    assert waiting.wait(HANGS) == exits
    with pytest.raises(ProcessLookupError):
        os.kill(program, signal.SIGKILL)
    assert status(service)[0] == "Stopped"


@pytest.mark.parametrize("second", [KeyboardInterrupt, Terminated])
def test_a_second_signal_just_after_the_first_was_passed_on_kills_the_program(
    service: StandIn, monkeypatch: pytest.MonkeyPatch, second: type[BaseException]
) -> None:
    """However early the second signal comes, it leaves no program behind, and the run is Stopped."""
    started: list[subprocess.Popen[bytes]] = []

    class Busy(subprocess.Popen[bytes]):
        """A program on a busy machine: one signal comes while it is waited for, the next when the first was passed on."""

        def wait(self, timeout: float | None = None) -> int:
            if timeout is None:
                return super().wait()
            started.append(self)
            raise KeyboardInterrupt

        def send_signal(self, sig: int) -> None:
            super().send_signal(sig)
            if sig == signal.SIGINT:
                raise second

    monkeypatch.setattr(subprocess, "Popen", Busy)
    with pytest.raises(KeyboardInterrupt), Run("churn", "first") as run:
        run_program(run, [sys.executable, "-c", STAYS])
    assert started[0].returncode is not None  # it ended, and nobody needs to wait for it
    assert status(service) == ("Stopped", "interrupted (Ctrl-C)")


# --- errors ---------------------------------------------------------------------------------------

WRONG: dict[str, tuple[tuple[str, ...], str]] = {
    "a metric that is no number": (
        ("churn", "-m", "auc=high", "--", "true"),
        "'auc=high' is not NAME=VALUE or NAME=VALUE@STEP",
    ),
    "a metric that is NaN": (("churn", "-m", "auc=nan", "--", "true"), "with a number as value"),
    "a metric too large": (("churn", "-m", "auc=1e999", "--", "true"), "SageMaker takes finite numbers only"),
    "a step that is none": (("churn", "-m", "auc=1@x", "--", "true"), "'auc=1@x' is not NAME=VALUE"),
    "a parameter without a value": (("churn", "-p", "depth", "--", "true"), "'depth' is not NAME=VALUE"),
    "a parameter that is too long": (("churn", "-p", f"x={'y' * 2501}", "--", "true"), "has 2501 characters"),
    "two parameters of one name": (("churn", "-p", "a=1", "-p", "a=2", "--", "true"), "--parameter gives 'a' 2 times"),
    "two inputs of one name": (("churn", *("--input", "s3://bank-ml/a/") * 2, "--", "true"), "--input gives 'a' 2 times"),
    "an input that is no S3 URI": (("churn", "--input", "data/", "--", "true"), "'data/' is not an S3 URI"),
    "an output that is no S3 URI": (("churn", "--output", "m=s3:/x", "--", "true"), "'s3:/x' is not an S3 URI"),
    "two names": (("churn", "a", "b", "--", "true"), "a run has one name, and a and b are given before --"),
    "a program without --": (
        ("churn", "a", "python", "train.py"),
        "-- is missing: put it before the program",
    ),
    "no program": (("churn", "a"), "no program is given: put it after --"),
    "no such program": (("churn", "a", "--", "no-such-program"), "'no-such-program' can't be run"),
    "a program that may not be run": (("churn", "a", "--", "/etc/passwd"), "'/etc/passwd' can't be run"),
    "no experiment": (("--", "true"), "Missing argument 'EXPERIMENT'"),
    "an experiment's name": (("my_churn", "--", "true"), "'my-churn' is possible"),
    "a run's name": (("churn", "a_b", "--", "true"), "'a-b' is possible"),
    "no such profile": (("churn", "--profile", "nobody", "--", "true"), "(nobody) could not be found"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_command_line_is_told_in_one_line_and_nothing_is_sent(record: Record, service: StandIn, case: str) -> None:
    """A value that SageMaker would refuse is a usage error, with exit code 2: no run is created, and no program is run."""
    arguments, said = WRONG[case]
    ran = record("run", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert said in ran.err
    assert wrote(service) == []


COMMANDS = [("run", "churn", "--", "true"), ("resume",), ("delete", "churn", "--force")]


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "no AWS credentials: sign in"),
        (("AWS_REGION", "AWS_DEFAULT_REGION"), "no AWS region"),
    ],
    ids=["nobody is signed in", "no region"],
)
def test_without_an_account_nothing_begins(
    record: Record, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...], gone: tuple[str, ...], said: str
) -> None:
    """Missing credentials, or no region, is a failure in one line, with what to do."""
    for name in gone:
        monkeypatch.delenv(name)
    ran = record(*command)
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert said in ran.err


def test_a_region_may_be_given(record: Record, service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--region` replaces the environment's."""
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert record("run", "churn", "first", "--region", "eu-west-1", "--", "true").code == 0
    assert status(service) == ("Completed", "")


def test_strict_does_not_begin_what_it_can_not_record(record: Record, service: StandIn, tmp_path: Path) -> None:
    """With --strict a failure ends the command before the program runs; without it the program runs, with a warning."""
    service.fault("UpdateTrialComponent", "AccessDeniedException", times=999)
    ran = record("run", "churn", "first", "--strict", "-p", "a=1", "--", "touch", "ran")
    assert (ran.code, (tmp_path / "ran").exists()) == (3, False)
    assert "`lineage iam-policy --recording` has what is needed" in ran.err
    ran = record("run", "churn", "second", "-p", "a=1", "--", "touch", "ran")
    assert (ran.code, (tmp_path / "ran").exists()) == (0, True)


# --- leftover queues ------------------------------------------------------------------------------


def test_nothing_left_is_said(record: Record) -> None:
    """`resume` says so where no earlier process left anything."""
    ran = record("resume")
    assert (ran.code, ran.err) == (0, "lineage: nothing was left\n")


def test_what_another_region_left_is_told(record: Record, service: StandIn) -> None:
    """`resume` exits with 3 where queues of another account or region stay, and names them."""
    with Run("churn", "first") as run:
        service.down = True
        run.log_parameter("a", 1)
    service.down = False
    ran = record("resume", "--region", "us-east-1")
    assert ran.code == 3
    assert "1 of account 111122223333 in eu-west-1" in ran.err
    assert record("resume").code == 0
    assert parameters(service) == {"a": 1.0}


KILLED = """
import os, signal
from lineage.recording import Run
from lineage.recording.endings import Terminated
from lineage.recording.programs import run_program
with Run("churn", "first") as run:
    for at in range(40):
        run.log_metric("loss", at)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_process_left_is_sent(record: Record, service: StandIn, start: Start, spool: Path) -> None:
    """`resume` sends the rest of its metrics, and says in the run that it was killed."""
    service.latency = 0.05
    start(KILLED).wait(HANGS)
    service.latency = 0
    assert len(metrics(service)) < 40
    ran = record("resume")
    assert ran.code == 0
    assert ran.err.startswith("lineage: took over ")
    assert list(dict.fromkeys(metrics(service))) == [("loss", at, float(at)) for at in range(40)]
    assert status(service) == ("Failed", "the process that recorded this run ended without leaving it (killed?)")
    assert not list(spool.iterdir())


@pytest.fixture
def left(service: StandIn, spool: Path) -> Path:
    """The queue of a run that lost its network."""
    with Run("churn", "first") as run:
        service.down = True
        run.log_parameter("a", 1)
    service.down = False
    (path,) = spool.glob("*.spool")
    return path


def test_what_can_still_not_be_sent_stays(record: Record, service: StandIn, left: Path, spool: Path) -> None:
    """Where the service refuses a queue, `resume` fails, says how much is left and where, and a later one sends it."""
    service.fault("UpdateTrialComponent", DROP, times=999)
    ran = record("resume")
    assert ran.code == 3
    assert "2 items are not sent (AWS could not be reached" in ran.err
    (kept,) = spool.glob("*.spool")
    assert f"kept in {kept}: the next run or `lineage record resume`" in ran.err
    service._faults.clear()
    assert record("resume").code == 0
    assert (parameters(service), status(service)[0]) == ({"a": 1.0}, "Completed")


def test_a_network_that_is_still_away_leaves_all_as_it_is(
    record: Record, service: StandIn, left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`resume` without a network fails in one line, and touches no queue."""
    monkeypatch.setattr("lineage.recording.service.PATIENCE", 0.2)
    service.down = True
    ran = record("resume")
    assert (ran.code, ran.err.count("\n"), left.exists()) == (3, 1, True)
    assert "AWS could not be reached" in ran.err


# --- deletion -------------------------------------------------------------------------------------


def test_delete_needs_its_word(record: Record, service: StandIn) -> None:
    """Without --force it lists what it would delete, and deletes nothing; with it the whole experiment is deleted."""
    with Run("churn", "first"):
        pass
    ran = record("delete", "Churn")
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "the runs that no other holds: add --force" in ran.err
    assert service.experiments
    ran = record("delete", "Churn", "--force")
    assert (ran.code, ran.err) == (0, "lineage: deleted the experiment churn\n")
    assert (service.experiments, service.trials, service.components) == ({}, {}, {})


@pytest.mark.parametrize("force", [(), ("--force",)])
def test_an_experiment_that_is_not_there_is_usage(record: Record, force: tuple[str, ...]) -> None:
    """If there is nothing to delete, the message names the region."""
    ran = record("delete", "nothing", *force)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert "there is no experiment 'nothing' in eu-west-1: check its name, --region and --profile" in ran.err
