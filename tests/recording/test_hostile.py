"""Recorders in hard conditions: killed at any moment, forked, offline, with a full disk or a broken queue."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sqlite3
import subprocess
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lineage.recording import NotRecorded, RefusedValue, Run, current_run, resume
from lineage.recording.inheriting import take_over
from lineage.recording.outbox import RESUME, Outbox
from lineage.recording.sending import FILE, METRIC, STATUS
from lineage.recording.service import Service
from lineage.recording.spool import Owner, Place, Row, Spool
from tests.conftest import HANGS
from tests.recording.conftest import Start
from tests.recording.stand_in import DROP, LOST, StandIn
from tests.recording.test_run import called, parameters, status, values
from tests.records import ACCOUNT, REGION


def ready(process: subprocess.Popen[str]) -> None:
    assert process.stdout
    assert process.stdout.readline() == "ready\n"


def spools(folder: Path) -> list[Path]:
    return [one for one in folder.iterdir() if one.suffix == ".spool"]


def ended(process: subprocess.Popen[str]) -> None:
    _, errors = process.communicate("\n", timeout=60)
    assert process.returncode == 0, errors


# --- the end of a run -------------------------------------------------------------------------------

WAITS = """
import sys
from lineage.recording import Run, load_run
with {} as run:
    run.log_metric("loss", 1)
    print("ready", flush=True)
    sys.stdin.readline()
"""
RUN, LOADED = 'Run("churn", "first")', 'load_run("first", "churn")'


def test_who_only_loaded_a_run_does_not_keep_it_in_progress(service: StandIn, start: Start) -> None:
    """A process that loaded a run may outlive it: the run is completed when its creator leaves."""
    with Run("churn", "first"):
        loader = start(WAITS.format(LOADED))
        ready(loader)
    assert status(service)[0] == "Completed"
    ended(loader)
    assert status(service)[0] == "Completed"


def test_a_run_is_not_taken_for_another_of_a_long_name(service: StandIn, start: Start) -> None:
    """Runs of an experiment whose name fills the 59 characters each end on their own."""
    experiment = "e" * 59
    other = start(WAITS.format(f'Run("{experiment}", "other")'))
    ready(other)
    with Run(experiment, "first"):
        pass
    assert status(service, f"{experiment}-first")[0] == "Completed"
    ended(other)
    assert status(service, f"{experiment}-other")[0] == "Completed"


def test_of_two_that_leave_at_once_one_says_how_it_ended(service: StandIn, start: Start) -> None:
    """When two processes leave a run at the same moment, one of them always records its end."""
    processes = [start(WAITS.format(RUN)) for _ in range(2)]
    for process in processes:
        ready(process)
    service.latency = 0.3
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        ended(process)
    assert status(service)[0] == "Completed"


def test_the_last_of_two_that_is_killed_is_told(service: StandIn, start: Start) -> None:
    """The second of two processes is killed after the first one left: the next process records that the run failed."""
    first, second = start(WAITS.format(RUN)), start(WAITS.format(RUN))
    ready(first)
    ready(second)
    ended(first)
    assert status(service)[0] == "InProgress"
    second.kill()
    second.wait()
    with Run("other", "one"):
        pass
    assert status(service)[0] == "Failed"


UNLEFT = """
from lineage.recording import Run
run = Run("churn", "first").__enter__()
run.log_metric("loss", 1)
"""


def test_a_program_that_ends_without_leaving_its_run_stops_it(service: StandIn, start: Start, spool: Path) -> None:
    """A notebook enters a run and never leaves it: at its exit all is sent, and the run does not stay in progress."""
    process = start(UNLEFT)
    ended(process)
    assert values(service) == [(0, 1.0)]
    assert status(service) == ("Stopped", "the program ended without leaving this run")
    assert not list(spool.iterdir())


LEAVES = """
import sys
from lineage.recording import Run
with Run("churn", "first") as run:
    print("ready", flush=True)
    sys.stdin.readline()
    for at in range(40):
        run.log_metric("loss", at)
"""


def leaves(service: StandIn, start: Start) -> subprocess.Popen[str]:
    """A process that has been leaving its run for a while, because each answer takes two seconds."""
    process = start(LEAVES)
    ready(process)
    service.latency = 2.0
    assert process.stdin
    assert process.stderr
    process.stdin.write("\n")
    process.stdin.flush()
    assert "sending the last" in process.stderr.readline()
    return process


def test_a_process_that_is_told_to_end_while_it_leaves_its_run_sends_the_rest(
    service: StandIn, start: Start, spool: Path
) -> None:
    """SIGTERM ends a process that is leaving its run when all is sent, and the run is as its block was left."""
    process = leaves(service, start)
    process.terminate()
    service.latency = 0.0
    assert process.wait(HANGS) == -signal.SIGTERM
    assert values(service) == [(at, float(at)) for at in range(40)]
    assert status(service)[0] == "Completed"
    assert not list(spool.iterdir())


def test_a_process_that_is_told_twice_ends_at_once(service: StandIn, start: Start, spool: Path) -> None:
    """A second SIGTERM does not wait for the service: what is left is on disk, and the next process sends it."""
    process = leaves(service, start)
    while process.poll() is None:
        process.terminate()
        time.sleep(0.1)
    assert process.returncode == -signal.SIGTERM
    assert spools(spool)
    service.latency = 0.0
    assert not resume()[1]
    assert {step for step, _ in values(service)} == set(range(40))
    assert status(service)[0] == "Completed"


def test_a_message_that_is_refused_does_not_keep_the_end_back(service: StandIn) -> None:
    """Where the service refuses the text of an exception, the run is still recorded as failed."""
    service.fault("UpdateTrialComponent", "ValidationException", times=99, when=lambda asked: "bad" in str(asked.get("Status")))
    with contextlib.suppress(ValueError), Run("churn", "first"):
        raise ValueError("bad")
    assert status(service)[0] == "Failed"


def test_what_a_dead_process_would_say_of_the_end_is_not_said_after_somebody_else(service: StandIn, spool: Path) -> None:
    """A queued status waits on disk; if someone else finished the run meanwhile, that status stays."""
    with contextlib.suppress(KeyError), Run("churn", "first"):
        service.down = True
        raise KeyError("x")
    service.down = False
    service.components["churn-first"]["Status"] = {"PrimaryStatus": "Completed"}
    assert spools(spool)
    with Run("other", "one"):
        pass
    assert status(service)[0] == "Completed"
    assert not list(spool.iterdir())


class Mute(Exception):
    """An exception that has no text."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


@pytest.mark.parametrize("strict", [False, True])
def test_an_exception_without_a_text_wins_too(service: StandIn, *, strict: bool) -> None:
    """Whatever is wrong with the user's exception, the caller sees that exception, and the run is recorded as failed."""
    with pytest.raises(Mute), Run("churn", "first", strict=strict):
        raise Mute
    assert status(service)[0] == "Failed"


# --- contexts, threads, blocks ----------------------------------------------------------------------


def test_two_threads_in_one_block_leave_nothing_behind(service: StandIn) -> None:
    """A run that two threads enter is current in each while it is inside, and in none afterwards, in any order."""
    run, inside, go = Run("churn", "first"), threading.Event(), threading.Event()

    def work() -> None:
        with run:
            inside.set()
            go.wait(10)
            run.log_metric("loss", 1)

    thread = threading.Thread(target=work)
    with run:
        thread.start()
        inside.wait(10)
    assert current_run() is None
    assert status(service)[0] == "InProgress"
    go.set()
    thread.join()
    assert status(service)[0] == "Completed"
    assert values(service) == [(0, 1.0)]


def test_generators_that_are_left_in_any_order_leave_the_right_run(service: StandIn) -> None:
    """Blocks of generators overlap: the current run is an open one, and there is none when all are left."""

    def block(name: str) -> Iterator[Run]:
        with Run("churn", name) as run:
            yield run

    first, second = block("first"), block("second")
    next(first)
    inner = next(second)
    first.close()
    assert current_run() is inner
    second.close()
    assert current_run() is None


def test_a_task_that_outlives_the_block_has_no_run(service: StandIn) -> None:
    """A task that was started inside a block does not log into it after its end."""

    async def main() -> Run | None:
        async def later() -> Run | None:
            await asyncio.sleep(0.05)
            return current_run()

        with Run("churn", "first"):
            task = asyncio.create_task(later())
            await asyncio.sleep(0)
        return await task

    assert asyncio.run(main()) is None


def test_close_after_the_block_says_what_was_left(service: StandIn) -> None:
    """`close` may be called again when the run is left, and returns the same."""
    with Run("churn", "first") as run:
        pass
    assert not run.close()
    with Run("churn", "second") as run:
        service.down = True
        run.log_metric("loss", 1)
    assert run.close().items == 2


def test_who_enters_a_run_that_is_being_left_waits(service: StandIn) -> None:
    """A run that one thread leaves and another enters at the same moment loses nothing, and is completed."""
    service.latency = 0.03
    run = Run("churn", "first")

    def work(name: str) -> None:
        for at in range(3):
            with run:
                for step in range(15):
                    run.log_metric(f"{name}{at}", step)

    threads = [threading.Thread(target=work, args=(name,)) for name in "ab"]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    for name in ("a0", "a1", "a2", "b0", "b1", "b2"):
        assert values(service, name) == [(at, float(at)) for at in range(15)]
    assert status(service)[0] == "Completed"


def test_many_runs_of_one_process_leave_no_threads_and_no_files(service: StandIn, spool: Path) -> None:
    """Runs that are opened one after another leave no resources behind."""
    session = service.session()
    with Run("churn", "first", session=session):
        pass
    gc.collect()
    before = threading.active_count(), len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for at in range(15):
        with Run("churn", f"r{at}", session=session) as run:
            run.log_metric("loss", 1)
    gc.collect()
    after = sum(one.name.startswith("lineage-") for one in threading.enumerate()), len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    assert after[0] == 0
    assert after[1] <= before[1] + 15  # connections of clients, and of the stand-in in this process
    assert not list(spool.iterdir())


# --- what is sent, and in which order ---------------------------------------------------------------


def test_one_metric_for_which_a_whole_call_is_refused_takes_no_other_along(service: StandIn) -> None:
    """A refused batch is sent one by one: one refusal is reported, nine are there, and the next batches are whole."""
    service.fault(
        "BatchPutMetrics",
        "ValidationException",
        times=99,
        when=lambda asked: any(one["Value"] == 3.0 for one in asked["MetricData"]),
    )
    with Run("churn", "first") as run:
        service.latency = 0.05
        for at in range(40):
            run.log_metric("loss", at)
    assert values(service) == [(at, float(at)) for at in range(40) if at != 3]
    assert len(run.refused) == 1
    assert "loss = 3.0 of step 3" in run.refused[0]
    assert len(called(service, "BatchPutMetrics")) < 20


@pytest.mark.parametrize("code", ["UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"])
def test_keys_that_are_gone_meanwhile_lose_nothing(service: StandIn, code: str, spool: Path) -> None:
    """With expired credentials or a wrong clock during training, the logged values wait on disk for the next process."""
    with Run("churn", "first") as run:
        service.fault("*", code, times=999)
        run.log_parameter("a", 1)
        run.log_metric("loss", 1)
    assert not run.refused
    service._faults.clear()
    assert not parameters(service)
    with Run("other", "one"):
        pass
    assert parameters(service) == {"a": 1.0}
    assert values(service) == [(0, 1.0)]
    assert status(service)[0] == "Completed"


def test_an_older_value_of_a_dead_process_never_comes_after_a_newer_one(
    service: StandIn, monkeypatch: pytest.MonkeyPatch, start: Start, spool: Path
) -> None:
    """A process left a=1 unsent, and the run goes on offline with a=2: once the service is back, a is 2."""
    monkeypatch.setattr("lineage.recording.service.PATIENCE", 0.2)
    with Run("churn", "first") as run:
        service.down = True
        run.log_parameter("a", 1)
        run.log_metric("loss", 1)
    with Run("churn", "first") as run:
        run.log_parameter("a", 2)
        run.log_metric("auc", 2)
        service.down = False
        assert not run.close()
        assert parameters(service) == {"a": 2.0}
    with Run("other", "one"):
        pass
    assert parameters(service) == {"a": 2.0}
    assert values(service) == [(0, 1.0)]
    assert status(service)[0] == "Completed"
    assert not list(spool.iterdir())


KILLED = """
import os, signal
from lineage.recording import Run
with Run("churn", "first") as run:
    for at in range(57):
        run.log_metric("loss", at)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_steps_go_on_after_those_that_are_still_to_be_sent(service: StandIn, start: Start) -> None:
    """A killed process left steps 20 to 56 on disk: the next one continues with 57."""
    service.latency = 0.05
    start(KILLED).wait(60)
    with Run("churn", "first") as run:
        run.log_metric("loss", 57)
    assert list(dict.fromkeys(values(service))) == [(at, float(at)) for at in range(58)]


def test_a_run_that_turns_out_to_be_another_experiments_is_not_written_into(
    service: StandIn, monkeypatch: pytest.MonkeyPatch, spool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """An offline run that gets the component name of another experiment's run sends nothing, and an error says so."""
    monkeypatch.setattr("lineage.recording.service.PATIENCE", 0.2)
    with Run("amb", "b-c") as run:
        run.log_parameter("a", 1)
    service.down = True
    with Run("amb-b", "c") as run:
        run.log_parameter("a", 2)
        run.log_metric("loss", 1)
    service.down = False
    resume()
    assert parameters(service, "amb-b-c") == {"a": 1.0}
    assert not values(service, component="amb-b-c")
    assert status(service, "amb-b-c")[0] == "Completed"
    assert "of the experiment 'amb'" in caplog.text
    assert "3 items of the run amb-b-c" in caplog.text
    assert not list(spool.iterdir())


def test_what_another_run_may_not_do_holds_nothing_up(service: StandIn, monkeypatch: pytest.MonkeyPatch, spool: Path) -> None:
    """A queue that was taken over is denied permanently: the run that took it over is still recorded."""
    monkeypatch.setattr("lineage.recording.service.PATIENCE", 0.2)
    service.down = True
    with Run("denied", "one") as run:
        run.log_parameter("a", 1)
    service.down = False
    service.fault(
        "CreateExperiment", "AccessDeniedException", times=999, when=lambda asked: asked["ExperimentName"] == "denied"
    )
    with Run("churn", "first") as run:
        run.log_parameter("a", 1)
        run.log_metric("loss", 1)
    assert parameters(service) == {"a": 1.0}
    assert values(service) == [(0, 1.0)]
    assert status(service)[0] == "Completed"
    assert spools(spool)  # kept for a process with permission


OPERATIONS = [
    *("CreateExperiment", "CreateTrial", "CreateTrialComponent", "AssociateTrialComponent", "UpdateTrialComponent"),
    *("BatchPutMetrics", "PutObject", "CreateArtifact", "AddAssociation", "DescribeTrialComponent", "ListTrials"),
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_that_is_lost_doubles_nothing(service: StandIn, operation: str, tmp_path: Path) -> None:
    """Each operation succeeds and loses its answer, three times in a row: the run is complete, without duplicates."""
    (tmp_path / "f.txt").write_text("x", encoding="utf-8")
    service.fault(operation, LOST, times=3)
    with Run("churn", "first", artifact_bucket="bank-ml") as run:
        run.log_parameter("a", 1)
        run.log_metric("loss", 1)
        run.log_file(tmp_path / "f.txt")
    assert not run.close()
    assert not run.refused
    assert (parameters(service), set(values(service))) == ({"a": 1.0}, {(0, 1.0)})
    assert status(service)[0] == "Completed"
    assert len(service.artifacts) == len(service.associations) == 1
    assert [len(one["Parents"]) for one in service.components.values()] == [1]


# --- queues on disk ---------------------------------------------------------------------------------


def broken_pages(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:4096] + os.urandom(len(path.read_bytes()) - 4096))


def broken_body(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE item SET body = 'no json'")
        database.commit()


def newer_lane(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE item SET lane = 'of tomorrow'")
        database.commit()


@pytest.mark.parametrize("damage", [broken_pages, broken_body, newer_lane])
def test_a_broken_queue_disturbs_nobody(service: StandIn, spool: Path, damage: Callable[[Path], None]) -> None:
    """An unreadable queue stays where it is; runs are started, recorded and left as usual."""
    with Run("churn", "first") as run:
        service.down = True
        run.log_parameters({f"p{at}": "x" * 500 for at in range(40)})
    service.down = False
    (path,) = spools(spool)
    damage(path)
    with Run("other", "one") as run:
        run.log_parameter("a", 1)
        run.log_metric("loss", 1)
        assert not run.close()
    assert parameters(service, "other-one") == {"a": 1.0}
    assert status(service, "other-one")[0] == "Completed"
    assert path.exists()


def full(run: Run) -> None:
    """A full disk, simulated by SQLite's own error at a limit on the pages of this queue."""
    database = run._box.spool._database
    pages = database.execute("PRAGMA page_count").fetchone()[0]
    database.execute(f"PRAGMA max_page_count = {pages + 1}")


def test_a_disk_that_is_full_loses_nothing(service: StandIn, caplog: pytest.LogCaptureFixture, spool: Path) -> None:
    """What the disk does not accept is sent from memory, in order, once; `close` ends."""
    service.latency = 0.02
    with Run("churn", "first") as run:
        full(run)
        for at in range(300):
            run.log_metric("loss", at)
        run.log_parameter("a", "x" * 2500)
    assert values(service) == [(at, float(at)) for at in range(300)]
    assert len(parameters(service)["a"]) == 2500
    assert status(service)[0] == "Completed"
    assert "takes nothing more" in caplog.text
    assert not list(spool.iterdir())


def test_what_dead_processes_left_stays_on_disk_where_this_one_has_none(
    service: StandIn, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that can only queue in memory takes nothing over, because it would be lost with it."""
    with Run("churn", "first") as run:
        service.down = True
        run.log_parameter("a", 1)
    (path,) = spools(spool)
    service.down = False

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("lineage.recording.spool.os.open", refuse)
    with Run("other", "one"):
        pass
    assert path.exists()


def test_a_queue_that_is_deleted_under_a_process_costs_nothing_while_it_lives(service: StandIn, spool: Path) -> None:
    """Even if the folder of queues is emptied, all is sent, and the run is completed."""
    with Run("churn", "first") as run:
        for path in spool.iterdir():
            path.unlink()
        spool.rmdir()
        for at in range(30):
            run.log_metric("loss", at)
        run.log_parameter("a", 1)
    assert len(values(service)) == 30
    assert parameters(service) == {"a": 1.0}
    assert status(service)[0] == "Completed"


TAKES = """
import sys, json
from lineage.recording import resume
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps(resume()[0]), flush=True)
"""


def test_a_queue_is_taken_over_once(service: StandIn, spool: Path, start: Start) -> None:
    """Several processes find one queue at the same moment: its content is sent once, and no file is left."""
    with Run("churn", "first") as run:
        service.down = True
        for at in range(200):
            run.log_metric("loss", at)
    service.down = False
    processes = [start(TAKES) for _ in range(4)]
    for process in processes:
        ready(process)
    for process in processes:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for process in processes:
        ended(process)
    assert values(service) == [(at, float(at)) for at in range(200)]
    assert not list(spool.iterdir())


def test_a_long_queue_is_taken_over_without_holding_it(service: StandIn, spool: Path) -> None:
    """What a dead process left costs the next one no memory, however much it is."""
    spool.mkdir()
    most = []
    for count in (500, 20_000):
        owner = Owner("churn-first", REGION, ACCOUNT, "keys", sets_status=True)
        left = Spool(spool, owner)
        left.add(Row(METRIC, "churn-first", {"MetricName": "loss", "Value": at, "Step": at}) for at in range(count))
        left.end()
        box = Outbox(Service(service.session()), spool, replace(owner, component=RESUME))
        tracemalloc.start()
        assert take_over(box, spool) == count + 1
        most.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert box.spool.counts == {(METRIC, "churn-first"): count, (STATUS, "churn-first"): 1}
        assert box.spool.forget("churn-first") == count + 1
        box.end()
    assert most[1] < 2 * most[0]


def test_secrets_are_cut_before_they_are_written_to_the_queue(service: StandIn, spool: Path) -> None:
    """No file of a queue contains a secret, wherever it stood."""
    with contextlib.suppress(ValueError), Run("churn", "first", tags=[{"Key": "api_key", "Value": "hunter2"}]) as run:
        service.down = True
        run.log_parameters({"db_password": "hunter2", "command": "train --password hunter2"})
        run.log_artifact("secret", "hunter2")
        run.log_artifact("store", "https://jo:hunter2@example.com/x")
        raise ValueError("password=hunter2")
    assert spools(spool)
    assert not [path for path in spool.iterdir() if b"hunter2" in path.read_bytes()]


REFUSED_SECRETS: dict[str, Callable[[Run], Any]] = {
    "a password of two lines": lambda run: run.log_parameter("db_password", "hunter2\nhunter3"),
    "a command of two lines": lambda run: run.log_parameter("command", "train --password hunter2\n"),
    "a password as a metric": lambda run: run.log_metric("password", "hunter2"),  # type: ignore[arg-type]
    "a token that begins like a place": lambda run: run.log_artifact("token", "s3:/hunter2"),
    "a token of two lines": lambda run: run.log_artifact("token", "hunter2\nb"),
    "a model behind a password": lambda run: run.log_model("https://jo:hunter2@example.com/model"),
    "a name and its value on lines of their own": lambda _: _raise("AWS_SECRET_ACCESS_KEY\n=\nhunter2"),
    "a block of YAML": lambda _: _raise("password: |\n  hunter2"),
}


def _raise(text: str) -> None:
    raise ValueError(text)


@pytest.mark.parametrize("case", REFUSED_SECRETS)
def test_an_error_about_a_secret_does_not_tell_it(service: StandIn, case: str) -> None:
    """A refusal that ends a run is its status message: it, and what the service is asked, are without the secret."""
    with pytest.raises((RefusedValue, ValueError)) as told, Run("churn", "first") as run:
        REFUSED_SECRETS[case](run)
    assert status(service)[0] == "Failed"
    assert "hunter2" not in str(service.calls)
    assert type(told.value) is ValueError or "hunter2" not in str(told.value)


def test_a_tag_that_is_named_like_a_secret_is_taken(service: StandIn) -> None:
    """The replacement for a tag's secret value is accepted by SageMaker."""
    with Run("churn", "first", tags=[{"Key": "project-key", "Value": "abc"}]):
        pass
    assert service.experiments["churn"]["Tags"] == [{"Key": "project-key", "Value": "redacted"}]


# --- outages ----------------------------------------------------------------------------------------


def test_an_outage_does_not_hold_training_up_at_each_call(service: StandIn) -> None:
    """While the service does not answer, one call waits briefly, and the others do not; their items are sent later."""
    with Run("churn", "first") as run:
        service.down = True
        for at in range(40):
            run.log_parameter(f"p{at}", at)
            run.log_artifact("x", f"text {at}")
            run.log_metric("loss", at)
        service.down = False
    assert len(parameters(service)) == 40
    assert len(values(service)) == 40
    assert service.components["churn-first"]["OutputArtifacts"]["x"] == {"Value": "text 39"}


def test_a_service_that_answers_after_a_minute_holds_one_call_up_and_not_each(
    service: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where an answer takes longer than a call waits, the next calls do not wait for it either."""
    monkeypatch.setattr("lineage.recording.run._PATIENCE", 1.0)
    with Run("churn", "first") as run:
        service.latency = 4
        for at in range(10):
            run.log_parameter(f"p{at}", at)
        assert not called(service, "UpdateTrialComponent")  # the first has no answer yet
        service.latency = 0
    assert len(parameters(service)) == 10


def test_a_strict_run_says_that_nobody_answers(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """With `strict` a call that waited in vain is an error, the first and the next one."""
    monkeypatch.setattr("lineage.recording.run._PATIENCE", 0.5)
    with Run("churn", "first", strict=True) as run:
        service.latency = 2
        for _ in range(2):
            with pytest.raises(NotRecorded, match="not sent yet"):
                run.log_parameter("a", 1)
        service.latency = 0
    assert parameters(service) == {"a": 1.0}


def test_lineage_that_fails_holds_no_parameter_up(service: StandIn) -> None:
    """While lineage artifacts cannot be created, parameters are at the service when their calls return."""
    service.fault("CreateArtifact", "ThrottlingException", times=30)
    with Run("churn", "first") as run:
        run.log_model("s3://bank-ml/model/")
        for at in range(5):
            run.log_parameter(f"p{at}", at)
            assert f"p{at}" in parameters(service)
            time.sleep(0.3)
        service._faults.clear()


# --- killed at any moment ---------------------------------------------------------------------------

BEATEN = """
import sys
from lineage.recording import Run
with Run("churn", sys.argv[1]) as run:
    for at in range(40):
        run.log_metric("loss", at)
        print(f"m{at}", flush=True)
        if at % 10 == 0:
            run.log_parameter(f"p{at}", at)
            print(f"p{at}", flush=True)
"""


def test_kill_9_at_any_moment_loses_nothing_that_was_logged(service: StandIn, spool: Path, tmp_path: Path) -> None:
    """After a kill during open, log or leave, everything that a call returned from arrives, and no run stays in progress."""
    service.latency = 0.02
    (tmp_path / "p.py").write_text(BEATEN, encoding="utf-8")
    said: dict[str, list[str]] = {}
    for at in range(8):
        words = ["python", str(tmp_path / "p.py"), f"r{at}"]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        begun = len(service.calls)
        for _ in range(4000):
            if len(service.calls) > begun + 2 * at or process.poll() is not None:
                break
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
        said[f"r{at}"] = process.communicate()[0].split()
    service.latency = 0
    resume()
    for name, lines in said.items():
        component = f"churn-{name}"
        logged = {int(line[1:]) for line in lines if line[0] == "m"}
        assert logged <= {step for step, _ in values(service, component=component)}
        assert component in service.components
        assert {line for line in lines if line[0] == "p"} <= set(parameters(service, component))
        assert status(service, component)[0] in ("Failed", "Completed")
    assert not list(spool.iterdir())


# --- forks ------------------------------------------------------------------------------------------

FORKS = """
import os, sys, gc
from lineage.recording import Run
with Run("churn", "first") as run:
    for at in range(300):
        run.log_metric("loss", at)
    pids = []
    for at in range(3):
        pid = os.fork()
        if not pid:
            if at == 0:
                sys.exit(0)            # unwinds the block in the fork, and ends its interpreter
            if at == 1:
                del run; gc.collect(); os._exit(0)
            run.log_metric("child", 1, step=at)
            sys.exit(0)
        pids.append(pid)
    codes = [os.waitpid(pid, 0)[1] for pid in pids]
    assert codes == [0, 0, 0], codes
    for at in range(300, 600):
        run.log_metric("loss", at)
"""


def test_forks_leave_their_parents_queue_alone(service: StandIn, start: Start, spool: Path) -> None:
    """Forks that end inside the block, with and without logging, leave the parent's queue intact, and do not end its run."""
    service.latency = 0.005
    process = start(FORKS)
    ended(process)
    assert values(service) == [(at, float(at)) for at in range(600)]
    assert values(service, "child") == [(2, 1.0)]
    assert status(service)[0] == "Completed"
    assert not list(spool.iterdir())


POOL = """
import multiprocessing, os, sys, threading
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from lineage.recording import Run, load_run
def work(at):
    if METHOD == "fork":
        with ThreadPoolExecutor(4) as threads:
            list(threads.map(lambda one: RUN.log_metric("loss", at, step=10 * at + one), range(4)))
    else:
        with load_run("first", "churn") as run:
            for one in range(4):
                run.log_metric("loss", at, step=10 * at + one)
    return os.getpid()
METHOD = os.environ["METHOD"]
if __name__ == "__main__":
    pool = ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(METHOD))
    with Run("churn", "first") as RUN:
        list(pool.map(work, range(6)))
    print("left", flush=True)
    sys.stdin.readline()
    pool.shutdown()
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_that_outlive_the_block_keep_nothing_in_progress(
    service: StandIn, start: Start, spool: Path, method: str
) -> None:
    """A pool's workers log from several threads and outlive the run: it is completed, and finally has all their values."""
    process = start(POOL, METHOD=method)
    assert process.stdout
    assert process.stdout.readline() == "left\n", process.communicate()
    assert status(service)[0] == "Completed"
    ended(process)
    assert sorted(step for step, _ in values(service)) == [10 * at + one for at in range(6) for one in range(4)]
    assert not list(spool.iterdir())


# --- bad input --------------------------------------------------------------------------------------

BAD: dict[str, Callable[[Run], Any]] = {
    "a step that is NaN": lambda run: run.log_metric("x", 1, step=float("nan")),  # type: ignore[arg-type]
    "a step that is infinite": lambda run: run.log_metric("x", 1, step=float("inf")),  # type: ignore[arg-type]
    "a step of more than 32 bits": lambda run: run.log_metric("x", 1, step=10**12),
    "a metric of two lines": lambda run: run.log_metric("a\nb", 1),
    "a metric larger than a double": lambda run: run.log_metric("x", 10**400),
    "a time that is none": lambda run: run.log_metric("x", 1, timestamp=float("nan")),
    "a text of two lines": lambda run: run.log_parameter("x", "a\nb"),
    "a name of two lines": lambda run: run.log_parameter("a\nb", 1),
    "a text that is no text": lambda run: run.log_parameter("x", "\ud800"),
    "an integer of 5,000 digits": lambda run: run.log_parameter("x", 10**5000),
    "an object without a text": lambda run: run.log_parameter("x", Mute()),
    "a list of parameters": lambda run: run.log_parameters([("x", 1)]),  # type: ignore[arg-type]
    "an artifact that is nothing": lambda run: run.log_artifact("x", None),  # type: ignore[arg-type]
    "an artifact of two lines": lambda run: run.log_artifact("x", "a\nb"),
    "a media type that is a number": lambda run: run.log_artifact("x", "y", 5),  # type: ignore[arg-type]
    "a file that is None": lambda run: run.log_file(None),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_and_nothing_of_it_is_sent(service: StandIn, case: str) -> None:
    """Each bad value is a RefusedValue on one line, nothing is sent for it, and later values are recorded."""
    with Run("churn", "first") as run:
        before = len(service.calls)
        with pytest.raises(RefusedValue) as told:
            BAD[case](run)
        assert "\n" not in str(told.value)
        assert len(service.calls) == before
        run.log_parameter("fine", 1)
    assert parameters(service) == {"fine": 1.0}
    assert not run.refused


def test_values_of_libraries_are_told_on_one_line(service: StandIn) -> None:
    """Arrays and times of numpy become texts that SageMaker accepts, and a time does not become a number of nanoseconds."""
    with Run("churn", "first") as run:
        run.log_parameters(
            {"day": np.datetime64("2026-01-01T00:00:00.000000000"), "eye": np.eye(2), "long": np.longdouble(1.5)}
        )
    assert parameters(service) == {"day": "2026-01-01T00:00:00.000000000", "eye": "[[1. 0.] [0. 1.]]", "long": 1.5}


def test_a_profile_that_is_not_there_is_told(service: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    """An AWS_PROFILE that does not exist is an error of recording, which says so."""
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(NotRecorded, match="nobody"):
        Run("churn", "first")


def test_what_others_left_holds_a_short_run_up_for_a_while_only(
    service: StandIn, spool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that took over a long queue is left after a while; the rest stays on disk, and `resume` sends all of it."""
    monkeypatch.setattr("lineage.recording.outbox._FOR_OTHERS", 0.5)
    with Run("churn", "first") as run:
        service.down = True
        for at in range(400):
            run.log_metric("loss", at)
    service.down, service.latency = False, 0.05
    with Run("other", "one") as run:
        run.log_metric("loss", 1)
    assert values(service, component="other-one") == [(0, 1.0)]
    assert status(service, "other-one")[0] == "Completed"
    assert len(values(service)) < 400
    assert spools(spool)
    service.latency = 0
    resume()
    assert values(service) == [(at, float(at)) for at in range(400)]
    assert status(service)[0] == "Completed"


def test_a_dataset_is_not_looked_at_for_long_in_an_outage(service: StandIn) -> None:
    """When the service is known to be unreachable, `log_dataset` skips its pin at once, and the place is recorded later."""
    with Run("churn", "first") as run:
        service.fault("*", DROP, times=9999)
        run.log_parameter("a", 1)
        assert run.log_dataset("train", "s3://bank-ml/train/") is None
        assert len(called(service, "GetBucketVersioning")) <= 2
        service._faults.clear()
    assert service.components["churn-first"]["InputArtifacts"] == {"train": {"Value": "s3://bank-ml/train/"}}


def test_a_file_that_is_gone_when_the_network_is_back_was_kept(service: StandIn, spool: Path, tmp_path: Path) -> None:
    """A file is logged during an outage, rewritten and removed: its content at the log call is sent, and no copy is left."""
    path = tmp_path / "model.bin"
    with Run("churn", "first", artifact_bucket="bank-ml") as run:
        service.down = True
        for text in ("one", "two"):
            path.write_text(text, encoding="utf-8")
            run.log_file(path, name=text)
        path.unlink()
    service.down = False
    resume()
    outputs = service.components["churn-first"]["OutputArtifacts"]
    assert {name: service.objects[one["Value"]][-1].body for name, one in outputs.items()} == {"one": b"one", "two": b"two"}
    assert not list(spool.iterdir())


@pytest.mark.parametrize("why", ["there is no bucket", "the run can't be opened"])
def test_a_file_that_is_refused_in_the_end_leaves_no_copy(
    service: StandIn, spool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """A file is logged during an outage, and refused when the network is back: its copy does not fill the disk for ever."""
    monkeypatch.setattr("lineage.recording.service.PATIENCE", 0.2)
    opens = why == "there is no bucket"
    if not opens:
        service.session().client("sagemaker").create_experiment(ExperimentName="Churn")  # in mixed case
    path = tmp_path / "model.bin"
    path.write_bytes(b"model")
    service.down = not opens
    with Run("churn", "first", artifact_bucket="nobodys") as run:
        service.down = True
        run.log_file(path)
        assert [one for one in spool.iterdir() if one.suffix == ".file"]
        service.down = False
    assert len(run.refused) == 1
    assert not list(spool.iterdir())


def test_a_copy_stays_until_its_upload_is_noted(
    service: StandIn, spool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process that is killed between an upload and its note leaves the copy, which the next one needs to send it again."""
    path = tmp_path / "model.bin"
    path.write_bytes(b"model")
    with Run("churn", "first", artifact_bucket="bank-ml") as run:
        service.down = True
        run.log_file(path)
    path.unlink()
    (copy,) = (one for one in spool.iterdir() if one.suffix == ".file")
    settle, there = Spool.settle, []

    def noted(self: Spool, place: Place, *rest: Any) -> None:
        there.append((place[0], copy.exists()))
        settle(self, place, *rest)

    monkeypatch.setattr(Spool, "settle", noted)
    service.down = False
    resume()
    assert (FILE, True) in there
    assert not list(spool.iterdir())
