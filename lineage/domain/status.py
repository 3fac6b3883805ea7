"""What a status says: whether something runs, how it ended, whether it serves. Pure.

Only this file knows the words of SageMaker's status fields. Kinds spell them differently (`Completed`, `COMPLETED`,
`Succeeded`), so they are compared casefolded. What a word does not say for certain is in doubt. A word that this version does
not know does not prove that something ended well, or that it did not begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from typing import Final


class Outcome(StrEnum):
    """The state of something, by its status."""

    RUNNING = "running"  # it runs, or waits in a queue
    STOPPING = "stopping"
    COMPLETED = "completed"
    PARTLY_FAILED = "partly failed"  # it ended, and not all of it succeeded
    FAILED = "failed"
    STOPPED = "stopped"
    SERVING = "serving"
    CHANGING = "changing"  # it served before: now it may serve its new config, its old one, or nothing
    MIXED = "mixed"  # the same, and some instances serve the new config beside the old one
    AT_REST = "at rest"  # it exists and neither runs nor ends: a group, a pipeline, a schedule
    OUT_OF_SERVICE = "out of service"
    DELETING = "deleting"  # which hides how it had ended
    UNTOLD = "untold"  # it has no status
    UNKNOWN = "unknown"  # a word that is unknown to this version


class RunStatus(StrEnum):
    """The words of a trial component's status (botocore 1.44.8, `TrialComponentPrimaryStatus`)."""

    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    STOPPING = "Stopping"
    STOPPED = "Stopped"


_WORDS: Final[dict[Outcome, str]] = {
    Outcome.RUNNING: "InProgress Executing Running Starting Initializing Pending Blocked Creating Importing PendingImport",
    Outcome.STOPPING: "Stopping",
    Outcome.COMPLETED: "Completed Succeeded",
    Outcome.PARTLY_FAILED: "CompletedWithFailures",
    Outcome.FAILED: "Failed CreateFailed ImportFailed",
    Outcome.STOPPED: "Stopped Expired",
    Outcome.SERVING: "InService",
    Outcome.CHANGING: "Updating SystemUpdating RollingBack",
    Outcome.MIXED: "UpdateRollbackFailed",
    Outcome.AT_REST: "Active Available Created Scheduled Draft PendingReview Approved Archived",
    Outcome.OUT_OF_SERVICE: "OutOfService",
    Outcome.DELETING: "Deleting PendingDelete DeleteFailed DeletionFailed",
}
_OUTCOMES: Final = {word: outcome for outcome, words in _WORDS.items() for word in words.casefold().split()}
_OVER: Final = frozenset({Outcome.COMPLETED, Outcome.PARTLY_FAILED, Outcome.FAILED, Outcome.STOPPED})
_DOUBTFUL: Final = frozenset({Outcome.PARTLY_FAILED, Outcome.FAILED, Outcome.DELETING, Outcome.UNKNOWN})
_PERHAPS_NOT_BEGUN: Final = frozenset({Outcome.RUNNING, Outcome.STOPPING, Outcome.FAILED, Outcome.STOPPED})
_CUT_SHORT: Final = frozenset({Outcome.FAILED, Outcome.STOPPED})
_TOO_LONG: Final = frozenset({"MaxRuntimeExceeded", "MaxWaitTimeExceeded"})
_READING_STEPS: Final = frozenset({"Downloading", "Training", "Uploading"})  # secondary statuses in which a job has its data
# Secondary statuses in which no program of a job runs. An unknown one leaves a doubt: the program may run then.
_NO_PROGRAM: Final = frozenset(
    {
        "Pending",
        "Starting",
        "LaunchingMLInstances",
        "PreparingTrainingStack",
        "DownloadingTrainingImage",
        "Downloading",
        "Interrupted",
        "Restarting",
        "Stopping",
        "Stopped",
        "MaxRuntimeExceeded",
        "MaxWaitTimeExceeded",
        "Failed",
    }
)
_INTERRUPTS: Final = frozenset({"Interrupted", "Restarting"})  # after these a program begins again, on other instances
# How a failure begins if the container never ran because its input could not be fetched.
_NOT_FETCHED: Final = re.compile(r"ClientError: *(?:Data download failed|Failed to download data)", re.IGNORECASE)
# How a failure says that its input place was empty. A program may say so too, but then SageMaker puts another word before.
_NOTHING_THERE: Final = re.compile(r"ClientError:.*?\bNo (?:S3 )?objects? (?:was |were )?found\b", re.IGNORECASE | re.DOTALL)
_PLACE_TOLD: Final = re.compile(r"s3://[^\s\"',;)\]]+", re.IGNORECASE)


@lru_cache(maxsize=1024)  # each job is asked about again and again; the words are few
def outcome(status: str | None) -> Outcome:
    """What a status says."""
    return _OUTCOMES.get(status.casefold(), Outcome.UNKNOWN) if status else Outcome.UNTOLD


def is_over(status: str | None) -> bool:
    """Whether it has certainly ended, well or not, so that it no longer changes."""
    return outcome(status) in _OVER


def is_as_expected(status: str | None) -> bool:
    """Whether there is nothing to report: it ended well, or serves, or has no status."""
    return outcome(status) in (Outcome.COMPLETED, Outcome.SERVING, Outcome.UNTOLD)


def may_have_written_nothing(status: str | None) -> bool:
    """Whether an ended job may have left nothing at its output place; a stopped job writes what it has."""
    return outcome(status) in _DOUBTFUL


def has_begun(status: str | None, started: str | None, steps: list[str] | None) -> bool:
    """Whether a job began to read, by its start time and the steps that it went through.

    A job starts on its instances and reads later, so known steps decide for a job that did not complete. Old records have
    neither steps nor a start: then the status decides, and an unknown word means that it began.
    """
    if steps and outcome(status) in _CUT_SHORT:
        return not (_NO_PROGRAM - _READING_STEPS).issuperset(steps)
    reading = not (_NO_PROGRAM - _READING_STEPS).issuperset(steps or ())
    return bool(started or reading) or outcome(status) not in _PERHAPS_NOT_BEGUN


def interrupts(step: str) -> bool:
    """Whether a program ended in this secondary status to begin again: on another spot instance, or after an error."""
    return step in _INTERRUPTS


def runs_in(steps: Iterable[str]) -> bool:
    """Whether a program runs, or may run, in one of these secondary statuses."""
    return not _NO_PROGRAM.issuperset(steps)


def has_run(status: str | None, steps: list[str] | None, failure: str | None) -> bool:
    """Whether the program of a job may have run; if not, the job made nothing from what it may have read.

    In a stopped or failed job it did not if the job went through no step in which a program runs. Without known steps, a
    failure that happens before the program starts decides.
    """
    if outcome(status) not in _CUT_SHORT:
        return True
    if steps:
        return runs_in(steps)
    return not any(words.match(failure or "") for words in (_NOT_FETCHED, _NOTHING_THERE))


def found_nothing(failure: str | None, place: str) -> bool:
    """Whether a failed job that never ran found nothing at a place that it should read; without a place, at any."""
    if not _NOTHING_THERE.match(failure or ""):
        return False
    told = [uri.rstrip("/.") for uri in _PLACE_TOLD.findall(failure or "")]
    return not told or place.rstrip("/.") in told


def took_too_long(secondary: str | None) -> bool:
    """Whether a job was stopped at its time limit, by its secondary status."""
    return secondary in _TOO_LONG


def serves(status: str | None) -> bool | None:
    """Whether an endpoint or an inference component serves what it names; None: perhaps (it is changing, or unknown)."""
    said = outcome(status)
    return None if said in (Outcome.CHANGING, Outcome.MIXED, Outcome.UNTOLD, Outcome.UNKNOWN) else said is Outcome.SERVING


def serves_a_mix(status: str | None) -> bool:
    """Whether an endpoint serves its config and, on some instances, the config of a failed update."""
    return outcome(status) is Outcome.MIXED


def sql_words(*outcomes: Outcome) -> str:
    """The words for these states, as a list for SQL's `lower(status) IN`."""
    return "({})".format(", ".join(f"'{word}'" for word, outcome in _OUTCOMES.items() if outcome in outcomes))


COMPLETED: Final = sql_words(Outcome.COMPLETED)
FAILED: Final = sql_words(Outcome.FAILED)
OVER: Final = sql_words(*_OVER)
MIXED: Final = sql_words(Outcome.MIXED)
