"""What a status says: whether something runs, how it ended, whether it serves. Pure.

The one file that knows the words of SageMaker's status fields. Its kinds spell them in their own ways (`Completed`,
`COMPLETED`, `Succeeded`), so they are compared casefolded. Whatever a word does not tell for sure is doubt: a word that this
version does not know says neither that something ended well, nor that it did not begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Final


class Outcome(StrEnum):
    """How something stands, by its status."""

    RUNNING = "running"  # it works, or waits for its turn
    STOPPING = "stopping"
    COMPLETED = "completed"
    PARTLY_FAILED = "partly failed"  # it came to its end, and not all of it went well
    FAILED = "failed"
    STOPPED = "stopped"
    SERVING = "serving"
    CHANGING = "changing"  # it served before: it may serve what it is to serve, what it served, or nothing
    MIXED = "mixed"  # the same, and on some instances what it was to serve is in service beside what it served
    AT_REST = "at rest"  # it is there and neither runs nor ends: a group, a pipeline, a schedule
    OUT_OF_SERVICE = "out of service"
    DELETING = "deleting"  # which hides how it had ended
    UNTOLD = "untold"  # it has no status
    UNKNOWN = "unknown"  # a word that this version does not know


class RunStatus(StrEnum):
    """The words that a trial component's status is written with (botocore 1.44.8, `TrialComponentPrimaryStatus`)."""

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
_READING_STEPS: Final = frozenset({"Downloading", "Training", "Uploading"})  # secondary statuses: in these a job has its data
# Secondary statuses in which no program of a job runs. One that this version does not know is doubt: it may run then.
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
# How a failure begins for which the container was never run: what it was to read could not be fetched.
_NOT_FETCHED: Final = re.compile(r"ClientError: *(?:Data download failed|Failed to download data)", re.IGNORECASE)
# How one says that nothing lay where it was to read. A program may say the like, and SageMaker puts another word before it.
_NOTHING_THERE: Final = re.compile(r"ClientError:.*?\bNo (?:S3 )?objects? (?:was |were )?found\b", re.IGNORECASE | re.DOTALL)
_PLACE_TOLD: Final = re.compile(r"s3://[^\s\"',;)\]]+", re.IGNORECASE)


def outcome(status: str | None) -> Outcome:
    """What a status says."""
    return _OUTCOMES.get(status.casefold(), Outcome.UNKNOWN) if status else Outcome.UNTOLD


def is_over(status: str | None) -> bool:
    """Whether it has ended for sure, well or not: it stays as it is."""
    return outcome(status) in _OVER


def is_as_expected(status: str | None) -> bool:
    """Whether there is nothing to tell: it ended well, or serves, or nobody gave it a status."""
    return outcome(status) in (Outcome.COMPLETED, Outcome.SERVING, Outcome.UNTOLD)


def may_have_written_nothing(status: str | None) -> bool:
    """Whether a job that ended may have left nothing where it was to write; one that was stopped writes what it has."""
    return outcome(status) in _DOUBTFUL


def has_begun(status: str | None, started: str | None, steps: list[str] | None) -> bool:
    """Whether a job began to read, by the time at which it started and the steps that it went through.

    It starts on its instances, and reads later: where steps are known of what ended before its end, they tell. Old records
    keep neither: then a status counts that only a job has which began, or which does not tell.
    """
    if steps and outcome(status) in _CUT_SHORT:
        return not (_NO_PROGRAM - _READING_STEPS).issuperset(steps)
    return bool(started or _READING_STEPS.intersection(steps or ())) or outcome(status) not in _PERHAPS_NOT_BEGUN


def runs_in(steps: Iterable[str]) -> bool:
    """Whether a program runs in one of these secondary statuses, or may."""
    return not _NO_PROGRAM.issuperset(steps)


def has_run(status: str | None, steps: list[str] | None, failure: str | None) -> bool:
    """Whether the program of a job ran, as far as anybody knows: else it made nothing of what it may have read.

    What was stopped or failed did not where it went through no step in which one runs. Where no steps are told, a failure
    tells that came before it.
    """
    if outcome(status) not in _CUT_SHORT:
        return True
    if steps:
        return runs_in(steps)
    return not any(words.match(failure or "") for words in (_NOT_FETCHED, _NOTHING_THERE))


def found_nothing(failure: str | None, place: str) -> bool:
    """Whether a failure of what never ran says that nothing lay at a place that it was to read; no place told means any."""
    if not _NOTHING_THERE.match(failure or ""):
        return False
    told = [uri.rstrip("/.") for uri in _PLACE_TOLD.findall(failure or "")]
    return not told or place.rstrip("/.") in told


def took_too_long(secondary: str | None) -> bool:
    """Whether a job was stopped because its time was up, by its secondary status."""
    return secondary in _TOO_LONG


def serves(status: str | None) -> bool | None:
    """Whether an endpoint or an inference component serves what it names; None: perhaps, for it changes or nobody knows."""
    said = outcome(status)
    return None if said in (Outcome.CHANGING, Outcome.MIXED, Outcome.UNTOLD, Outcome.UNKNOWN) else said is Outcome.SERVING


def serves_a_mix(status: str | None) -> bool:
    """Whether an endpoint serves its config and, on some instances, the one to which it could not be updated."""
    return outcome(status) is Outcome.MIXED


def sql_words(*outcomes: Outcome) -> str:
    """The words that say so, as the list that SQL's `lower(status) IN` takes."""
    return "({})".format(", ".join(f"'{word}'" for word, outcome in _OUTCOMES.items() if outcome in outcomes))


COMPLETED: Final = sql_words(Outcome.COMPLETED)
FAILED: Final = sql_words(Outcome.FAILED)
OVER: Final = sql_words(*_OVER)
MIXED: Final = sql_words(Outcome.MIXED)
