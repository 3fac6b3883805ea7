"""A run: what is logged is checked and stored on disk at once, and sent as soon as possible.

What SageMaker would refuse raises `RefusedValue` at the call. A failure to send is not an error, unless the run is `strict`:
the item is kept and sent later. Calls for parameters, artifacts and files wait a short while, so that these are usually at
the service when the call returns; calls for metrics do not wait.
"""

from __future__ import annotations

import atexit
import contextlib
import contextvars
import hashlib
import json
import os
import sys
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from lineage.domain.pins import Pin
from lineage.domain.redact import under_name
from lineage.domain.status import RunStatus
from lineage.errors import NotRecorded, RecordingError, RefusedValue
from lineage.recording import charts, limits, objects, surroundings
from lineage.recording.endings import catch_termination, outcome, termination_waits
from lineage.recording.inheriting import take_over
from lineage.recording.opening import Names, Opened, found_run, named, open_run
from lineage.recording.outbox import KEPT, Outbox, Unsent, quietly
from lineage.recording.sending import FILE, LINEAGE, METRIC, OPEN, STATUS, UPDATE
from lineage.recording.service import LOGGER, PASSING, Service, now
from lineage.recording.spool import Owner, Row, directory, is_open

_PATIENCE: Final = 10.0  # seconds that a call like log_parameter waits for the service
_PATIENCE_WITH_FILES: Final = 3600.0
_UNLEFT = "the program ended without leaving this run"

# The open blocks of this context, the inner ones last. A generator or a task may leave an outer one first.
_CURRENT: contextvars.ContextVar[tuple[Run, ...]] = contextvars.ContextVar("lineage_runs", default=())
_OPEN: set[Run] = set()  # of this process, for its end and for a fork


class Run:
    """One run of an experiment, recorded while its `with` block runs.

        with Run("churn", "first-try") as run:
            run.log_parameter("depth", 6)
            run.log_metric("loss", 0.25, step=0)

    It is created if it does not exist, otherwise more is logged to it. Leaving the block records how it ended: Completed,
    Failed (an exception, or an exit status other than 0), or Stopped (Ctrl-C, SIGTERM). A failure to send never ends the
    program, unless the run is `strict`; bad input raises `RefusedValue` at the call.
    """

    def __init__(
        self,
        experiment_name: str,
        run_name: str | None = None,
        experiment_display_name: str | None = None,
        run_display_name: str | None = None,
        tags: list[dict[str, str]] | None = None,
        session: Any = None,
        strict: bool = False,  # noqa: FBT002  (may be given by position)
        *,
        artifact_bucket: str | None = None,
        artifact_prefix: str | None = None,
    ) -> None:
        """Names are checked, and nothing is sent yet.

        `session`: a boto3 session, or one of the SDK; None: boto3's default. `artifact_bucket`: where files and charts go
        (default: `sagemaker-REGION-ACCOUNT`), below `artifact_prefix`. Raises `RefusedValue`.
        """
        names = named(
            experiment_name, _new_name() if run_name is None else run_name, experiment_display_name, run_display_name, tags
        )
        self._start(names, session, strict=strict, makes=True, bucket=artifact_bucket, prefix=artifact_prefix)

    def _start(
        self, names: Names, session: Any, *, strict: bool, makes: bool, bucket: str | None = None, prefix: str | None = None
    ) -> Self:
        if bucket is not None:
            limits.bucket(bucket)
        self._names, self._session, self.strict = names, session, strict
        self._makes = makes
        self._bucket, self._prefix = bucket, prefix
        self._service = Service(session)
        self._opened: Opened | None = None
        self._record: Mapping[str, Any] | None = None
        self._outbox: Outbox | None = None
        self._depth = 0
        self._new_locks()
        self._pid = os.getpid()
        self._keys: dict[str, set[str]] = {"Parameters": set(), "InputArtifacts": set(), "OutputArtifacts": set()}
        self._steps: dict[str, int] = {}
        self._called: dict[tuple[str, str], str] = {}  # the things without a given name, by the name they got
        self._restore: Callable[[], None] = lambda: None
        self._left: Unsent | None = None
        return self

    def _new_locks(self) -> None:
        self._door = threading.RLock()  # held while the block is entered or left, which waits for the sending thread
        self._lock = threading.RLock()  # held for a moment, also by that thread: over the names and steps that are known

    @classmethod
    def _loaded(
        cls, experiment: str, run: str, session: Any, *, strict: bool, bucket: str | None = None, prefix: str | None = None
    ) -> Run:
        names = named(experiment, run, None, None, None, begins=False)
        return cls.__new__(cls)._start(names, session, strict=strict, makes=False, bucket=bucket, prefix=prefix)  # noqa: SLF001

    def __repr__(self) -> str:
        return f"Run(experiment_name={self.experiment_name!r}, run_name={self.run_name!r})"

    # --- what it is ----------------------------------------------------------------------------

    @property
    def experiment_name(self) -> str:
        return self._names.experiment

    @property
    def run_name(self) -> str:
        return self._names.run

    @property
    def run_group_name(self) -> str:
        """The trial that the run is in."""
        return self._names.group

    @property
    def component_name(self) -> str:
        """The name of its trial component: the key that joins jobs to it."""
        return self._names.component

    @property
    def experiment_config(self) -> dict[str, str]:
        """Adds a job to this run: pass it to CreateTrainingJob and similar calls as `ExperimentConfig`."""
        return self._names.config

    @property
    def refused(self) -> list[str]:
        """What the service refused: the last hundred, each in a sentence."""
        return list(self._outbox.refused) if self._outbox else []

    @property
    def record(self) -> Mapping[str, Any]:
        """The answer of DescribeTrialComponent, asked once. Raises `NotThere`, `NotRecorded`."""
        if self._record is None:
            self._record = found_run(self._service, self._names).record
        return self._record

    @property
    def parameters(self) -> dict[str, float | str]:
        """The parameters that are recorded."""
        given = self.record.get("Parameters") or {}
        return {name: value.get("NumberValue", value.get("StringValue")) for name, value in given.items()}

    @property
    def metrics(self) -> dict[str, Any]:
        """The last, least and greatest value of each metric, and their number, from DescribeTrialComponent."""
        return {one["MetricName"]: one for one in self.record.get("Metrics") or ()}

    @property
    def status(self) -> str | None:
        """InProgress, Completed, Failed, Stopping or Stopped."""
        return (self.record.get("Status") or {}).get("PrimaryStatus")

    # --- its block -----------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Make or find the run. Raises `RefusedValue`, `NotThere`; `NotRecorded` without credentials, or if it is strict."""
        with self._door:
            if self._depth == 0:
                self._open()
                self._restore = catch_termination(lambda: bool(_OPEN))
            self._depth += 1
        _CURRENT.set((*_CURRENT.get(), self))
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        _CURRENT.set(_without(_CURRENT.get(), self))
        with self._door:  # a second entry waits until the first is left
            self._depth -= 1
            if self._depth == 0:
                with termination_waits(self._restore):
                    self._leave(error)

    def _open(self) -> None:
        """First the queue, with the item that opens the run: it stays if the process is killed meanwhile."""
        folder, rank = _folder(), surroundings.rank()
        ends = self._makes and rank in (None, 0)
        alone = not (folder and is_open(folder, self.component_name))
        self._pid, self._opened, self._left = os.getpid(), None, None
        self._names = replace(self._names, begins=ends and (alone or rank == 0))
        owner = Owner(self.component_name, self._service.region, "", self._service.profile, ends)
        box = Outbox(self._service, folder, owner, self._was_opened)
        try:
            opening = box.add([Row(OPEN, self.component_name, self._names.as_json())]) if self._makes else []
            opened = self._opening()
            if opened:
                box.spool.settle((OPEN, self.component_name), opening)
                box.spool.say(replace(owner, account=opened.account))
                self._was_opened(box, opened)
        except BaseException:
            box.spool.forget(self.component_name)
            box.end()
            raise
        self._outbox = box
        if ends:
            with contextlib.suppress(OSError):
                box.spool.begin_block()
        _OPEN.add(self)
        box.start()

    def _opening(self) -> Opened | None:
        """None if the service is unreachable: the run is opened later."""
        try:
            return open_run(self._service, self._names) if self._makes else found_run(self._service, self._names)
        except NotRecorded as error:
            if self.strict or error.cause not in PASSING:
                raise
            LOGGER.warning("lineage: %s: what is logged is kept on disk and sent when it is back", error)
            return None

    def _was_opened(self, box: Outbox, opened: Opened) -> None:
        """The run exists, now or later: its present content counts, and what dead processes left of it is sent first."""
        self._opened = opened
        with self._lock:
            self._know(opened)
        take_over(box, _folder(), self.component_name, self._goes_on)

    def _know(self, opened: Opened) -> None:
        """What the run already has, for the limits and for the steps of its metrics."""
        for member, keys in self._keys.items():
            keys.update(opened.record.get(member) or ())
        for metric in opened.record.get("Metrics") or ():
            self._go_on(metric["MetricName"], int(metric.get("Count") or 0))

    def _goes_on(self, row: Row) -> None:
        """Steps continue after those of metrics that are still to be sent."""
        if row.lane == METRIC and row.component == self.component_name:
            with self._lock:
                self._go_on(row.body["MetricName"], row.body["Step"] + 1)

    def _go_on(self, metric: str, step: int) -> None:
        self._steps[metric] = max(step, self._steps.get(metric, 0))

    def _leave(self, error: BaseException | None) -> None:
        if self._pid != os.getpid():  # a fork that logged nothing
            _OPEN.discard(self)
            return
        box = self._mine()
        try:
            if self._ends(box):
                box.add([Row(STATUS, self.component_name, outcome(error) | {"ended": now().isoformat()})])
            unsent = self.close()
            self._must_be_whole(box, unsent)
        except Exception as failure:
            if error is None and self.strict:
                raise
            LOGGER.warning("lineage: %s", failure)
        finally:
            _OPEN.discard(self)
            quietly(box.end)
            self._record = None

    def _must_be_whole(self, box: Outbox, unsent: Unsent) -> None:
        if self.strict and (unsent or box.refusals):
            raise NotRecorded(f"{self}: {unsent}" if unsent else f"{self}: not recorded: {box.refused[-1]}")

    def _ends(self, box: Outbox) -> bool:
        """Whether this process records how the run ended: the first of several numbered ones, else the last one to leave."""
        if not self._makes or self._pid != os.getpid() or surroundings.rank() not in (None, 0):
            return False
        box.spool.end_block()
        folder = _folder()
        others = folder is not None and is_open(folder, self.component_name, box.spool.path)
        return surroundings.rank() == 0 or not others

    def close(self, timeout: float | None = None) -> Unsent:
        """Wait until all that was logged is sent, or can't be; at most `timeout` seconds. Returns what is left, and where."""
        if not self._outbox or self._left is not None:
            return self._left or Unsent(0, None)
        box = self._mine()
        if self._opened and self._makes:
            take_over(box, _folder(), self.component_name)  # what forked processes of this one left
        unsent = box.drain(timeout, f" of {self.experiment_name} {self.run_name}")
        if unsent:
            LOGGER.warning("lineage: %s %s: %s", self.experiment_name, self.run_name, unsent)
        if box.refusals > KEPT:
            LOGGER.warning("lineage: %s %s: %s items were refused", self.experiment_name, self.run_name, f"{box.refusals:,}")
        if not self._depth:
            self._left = unsent
        return unsent

    # --- what is logged ------------------------------------------------------------------------

    def log_parameter(self, name: str, value: Any) -> None:
        """Record a parameter: a number as a number, anything else as its text. Replaces one with that name."""
        self.log_parameters({name: value})

    def log_parameters(self, parameters: Mapping[str, Any]) -> None:
        """Record several parameters. Raises `RefusedValue` for refused ones, after recording all others."""
        self._log_each("Parameters", limits.PARAMETERS, "parameters", parameters, limits.parameter)

    def log_artifact(self, name: str, value: str, media_type: str | None = None, is_output: bool = True) -> None:  # noqa: FBT002
        """Record an input or an output by its URI, or by any text. A text that looks like an S3 URI must be one."""
        if str(value).strip()[:3].lower() == "s3:":
            limits.location(str(under_name(name, str(value))))
        self._log_each(*_direction(is_output), {name: value}, lambda key, text: limits.artifact(key, text, media_type))

    def log_metric(self, name: str, value: float, timestamp: datetime | float | None = None, step: int | None = None) -> None:
        """Record a value of a metric. It is sent in the background, in order; by default it gets the next step."""
        box = self._box
        entry = limits.metric(name, value, timestamp, step, now())
        with self._lock:  # held until it is queued: a later step never comes first
            entry.setdefault("Step", self._steps.get(name, 0))
            self._steps[name] = entry["Step"] + 1
            self._queue(box, [Row(METRIC, self.component_name, entry)])

    def log_file(
        self,
        file_path: str | Path,
        name: str | None = None,
        media_type: str | None = None,
        is_output: bool = True,  # noqa: FBT002
    ) -> None:
        """Copy a file to S3, with a key from this run and the content, and record its place. Waits until it is there."""
        if not isinstance(file_path, (str, os.PathLike)):
            raise RefusedValue(f"give a file by its path, not as {type(file_path).__name__}")
        path = Path(file_path)
        content = objects.read_file(path)
        body = {"path": str(Path(content.path).resolve()), "sha256": content.sha256, "type": "File"}
        if kept := self._copy_of(content.sha256):
            body["copy"] = str(kept)
        kind = media_type or objects.guess_media_type(path)
        named = name or self._apart(path.name[: limits.KEY_LENGTH], body["path"], content.sha256, is_output=is_output)
        self._store(named, kind, body, path.name, content.sha256, is_output=is_output)

    def log_precision_recall(
        self,
        y_true: Any,
        predicted_probabilities: Any,
        positive_label: Any = None,
        title: str | None = None,
        is_output: bool = True,  # noqa: FBT002
        no_skill: float | None = None,
    ) -> None:
        """Record a precision-recall curve, which Studio draws. Needs scikit-learn."""
        self._chart(
            charts.precision_recall(y_true, predicted_probabilities, positive_label, title, no_skill), is_output=is_output
        )

    def log_roc_curve(self, y_true: Any, y_score: Any, title: str | None = None, is_output: bool = True) -> None:  # noqa: FBT002
        """Record a ROC curve, which Studio draws. Needs scikit-learn."""
        self._chart(charts.roc_curve(y_true, y_score, title), is_output=is_output)

    def log_confusion_matrix(self, y_true: Any, y_pred: Any, title: str | None = None, is_output: bool = True) -> None:  # noqa: FBT002
        """Record a confusion matrix, which Studio draws. Needs scikit-learn."""
        self._chart(charts.confusion_matrix(y_true, y_pred, title), is_output=is_output)

    def log_dataset(
        self, name: str, uri: str, version_ids: str | Mapping[str, str] | None = None, digest: str | None = None
    ) -> Pin | None:
        """Record a dataset that is read, and its present content: the number of objects, and a digest over their versions.

        Give `version_ids` or `digest` if you know the content better. Returns the pin; None if S3 could not be asked: the
        place is recorded all the same. Raises `RefusedValue` if it is not an S3 URI.
        """
        self._box  # noqa: B018  (raises outside the block)
        place, pinned = limits.location(uri), limits.pin_of(name)
        self._must_have_room("InputArtifacts", {name: place}, limits.ARTIFACTS, "inputs")
        self._must_have_room("Parameters", {pinned: place}, limits.PARAMETERS, "parameters")
        pin = self._pin(place, version_ids, digest)
        self._log_each(*_direction(is_output=False), {name: place}, limits.artifact)
        if pin:
            self.log_parameter(pinned, pin.text())
        self._lineage(place, "DataSet", pin, is_output=False)
        return pin

    def log_model(self, uri: str, name: str | None = None) -> None:
        """Record the location of the model that this run made, as `model` unless a name is given. Raises `RefusedValue`."""
        self._box  # noqa: B018  (raises outside the block)
        place = limits.location(uri)
        named = name or self._apart("model", place, hashlib.sha256(place.encode()).hexdigest(), is_output=True)
        self._log_each(*_direction(is_output=True), {named: place}, limits.artifact)
        self._lineage(place, "Model", None, is_output=True)

    # --- how it is logged ----------------------------------------------------------------------

    @property
    def _box(self) -> Outbox:
        """The queue of this process. Raises `RecordingError` outside the block."""
        if not self._outbox or not self._depth:
            call = "Run" if self._makes else "load_run"
            block = f"with {call}(experiment_name={self.experiment_name!r}, run_name={self.run_name!r}) as run:"
            raise RecordingError(f"nothing can be logged outside its block: use `{block}`")
        return self._mine()

    def _mine(self) -> Outbox:
        """The same. A forked process gets its own queue: it has no sending thread, and must not touch its parent's queue."""
        with self._lock:
            outbox = self._outbox
            assert outbox
            if self._pid == os.getpid():
                return outbox
            _INHERITED.append(outbox)
            self._makes, self._service = False, Service(self._session)
            self._outbox = Outbox(self._service, _folder(), replace(outbox.spool.owner, sets_status=False))
            self._pid = os.getpid()
            self._outbox.start()
            _at_end_of_fork(self)
            return self._outbox

    def _forked(self) -> None:
        """In a fork: another thread of the parent may have held the locks."""
        self._new_locks()

    def _flush(self) -> None:
        """Send what can be sent if a process ends inside the block."""
        if self._outbox and self._pid == os.getpid():
            if self._depth and self._ends(self._outbox):
                told = {"PrimaryStatus": RunStatus.STOPPED, "Message": _UNLEFT, "ended": now().isoformat()}
                self._outbox.add([Row(STATUS, self.component_name, told)])
            self._outbox.drain(_PATIENCE)
            self._outbox.end()

    def _log_each(self, member: str, most: int, what: str, entries: Mapping[str, Any], made: Callable[[str, Any], Any]) -> None:
        """Record entries of a map, each by itself: a refused one does not stop the others."""
        box, rows, refusals = self._box, [], []
        if not isinstance(entries, Mapping):
            raise RefusedValue(f"give {what} as a dict of names and values, not as {type(entries).__name__}")
        with self._lock:
            for name, value in entries.items():
                try:
                    entry = made(name, value)
                    limits.room_for(self._keys[member], {name: entry}, most, what)
                except RefusedValue as refusal:
                    refusals.append(str(refusal))
                    continue
                self._keys[member].add(name)
                rows.append(Row(UPDATE, self.component_name, {member: {name: entry}}))
        if rows:
            self._queue(box, rows, UPDATE)
        if refusals:
            raise RefusedValue("; ".join(refusals))

    def _must_have_room(self, member: str, entries: Mapping[str, Any], most: int, what: str) -> None:
        with self._lock:
            limits.room_for(self._keys[member], entries, most, what)

    def _copy_of(self, sha256: str) -> Path | None:
        """The folder for copies of files that can't be sent yet: the user may change or remove the file meanwhile."""
        queue = self._box.spool.path
        return queue and queue.with_name(f"{uuid.uuid4().hex[:8]}-{sha256[:16]}.file")

    def _queue(self, box: Outbox, rows: list[Row], lane: str = "", patience: float | None = None) -> list[int]:
        """Queue rows, and wait for those of a lane. Only a strict run hears of a failure to send. Returns their ids."""
        ids: list[int] = []
        try:
            ids = box.add(rows)
            seconds = _PATIENCE if patience is None else patience
            error = box.wait_for((lane, self.component_name), ids, seconds, strictly=self.strict) if lane else None
            if error and self.strict:
                raise error
        except NotRecorded as error:
            if self.strict:
                raise
            LOGGER.warning("lineage: not recorded: %s", error)
        if self.strict and box.refusals:
            raise NotRecorded(f"{self}: not recorded: {box.refused[-1]}")
        return ids

    def _pin(self, place: str, version_ids: Any, digest: str | None) -> Pin | None:
        try:
            service = self._service.impatient() if self._box.away else self._service
            return objects.pin(service, place, version_ids=version_ids, digest=digest)
        except RefusedValue:
            raise
        except RecordingError as error:
            if self.strict:
                raise
            LOGGER.warning("lineage: which content %s has is not recorded: %s", place, error)
            return None

    def _lineage(self, place: str, kind: str, pin: Pin | None, *, is_output: bool) -> None:
        """A lineage artifact without a name: names must be unique in an account (API reference), and places are not."""
        types = pin.source_types() if pin else []
        body = {"uri": place, "type": kind, "source_types": types, "is_output": is_output}
        self._queue(self._box, [Row(LINEAGE, self.component_name, body)])

    def _chart(self, chart: charts.Chart, *, is_output: bool) -> None:
        digest = hashlib.sha256(json.dumps(chart.document, sort_keys=True).encode()).hexdigest()
        title = " ".join((chart.title or "").split())[: limits.KEY_LENGTH] or chart.kind
        named = self._apart(title, digest, digest, is_output=is_output)
        body = {"document": chart.document, "type": chart.kind, "title": charts.artifact_name(chart.title, chart.kind)}
        self._store(named, "application/json", body, charts.file_name(chart), digest, is_output=is_output)

    def _apart(self, name: str, what: str, digest: str, *, is_output: bool) -> str:
        """A name for something without one: a different one if another thing in this run has it.

        What an earlier process recorded with the name is the same thing if it has the same place, or the digest in its key.
        """
        member = _direction(is_output)[0]
        with self._lock:
            entries = (self._opened.record.get(member) if self._opened else None) or {}
            recorded = str(entries.get(name, {}).get("Value", ""))
            is_free = name not in self._keys[member] or recorded == what or f"/{digest[:16]}/" in recorded
            if self._called.get((member, name)) == what or ((member, name) not in self._called and is_free):
                self._called[member, name] = what
                return name
        return f"{name[: limits.KEY_LENGTH - 9]}-{digest[:8]}"

    def _store(
        self, name: str, media_type: str | None, body: dict[str, Any], file: str, digest: str, *, is_output: bool
    ) -> None:
        """Upload something to S3 and record its place in the run."""
        box = self._box
        member, most, what = _direction(is_output)
        limits.artifact(name, "s3://bucket/key", media_type)
        with self._lock:
            limits.room_for(self._keys[member], {name: body}, most, what)
            self._keys[member].add(name)
        key = objects.file_key(self._prefix or "", self.experiment_name, self.run_name, file, digest)
        body |= {"bucket": self._bucket, "key": key, "name": name, "media_type": media_type, "is_output": is_output}
        ids = self._queue(box, [Row(FILE, self.component_name, body)], FILE, _PATIENCE_WITH_FILES)
        if ids and "copy" in body and box.holds(ids):
            objects.keep(body["path"], body["copy"])
            if not box.holds(ids):  # sent meanwhile
                Path(body["copy"]).unlink(missing_ok=True)


def current_run() -> Run | None:
    """The run of the innermost block; None outside of one."""
    return next((run for run in reversed(_CURRENT.get()) if run._depth), None)  # noqa: SLF001


def _without(runs: tuple[Run, ...], run: Run) -> tuple[Run, ...]:
    """Remove the innermost block of a run, and those that were left elsewhere."""
    at = max((number for number, one in enumerate(runs) if one is run), default=None)
    return tuple(one for number, one in enumerate(runs) if number != at and one._depth)  # noqa: SLF001


def _direction(is_output: bool) -> tuple[str, int, str]:
    return ("OutputArtifacts" if is_output else "InputArtifacts"), limits.ARTIFACTS, "outputs" if is_output else "inputs"


def _new_name() -> str:
    return f"run-{now():%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:6]}"


def _folder() -> Path | None:
    try:
        return directory()
    except OSError as error:
        _warn_once(f"lineage: nothing can be kept on disk ({error}): what is not sent when this process ends is lost")
        return None


@cache
def _warn_once(text: str) -> None:
    LOGGER.warning(text)


# --- the ends of processes ---------------------------------------------------------------------

_INHERITED: list[Any] = []  # queues of a parent: never used or closed in the fork, which would break them


def _at_end_of_fork(run: Run) -> None:
    """Processes of `multiprocessing` end without running exit handlers."""
    if "multiprocessing" in sys.modules:
        from multiprocessing.util import Finalize

        Finalize(None, quietly, args=(run._flush,), exitpriority=10)  # noqa: SLF001
    _OPEN.add(run)


def _after_fork() -> None:
    for run in [*_OPEN, *_CURRENT.get()]:
        run._forked()  # noqa: SLF001


def _at_exit() -> None:
    """The interpreter ends with an open block, as in a notebook: the run is stopped."""
    with termination_waits(lambda: None):
        for run in list(_OPEN):
            quietly(run._flush)  # noqa: SLF001


atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
