"""What the words of SageMaker's status fields mean, compared with botocore's own enums."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest

from lineage.domain import status
from lineage.domain.kinds import Kind
from lineage.domain.status import (
    Outcome,
    found_nothing,
    has_begun,
    has_run,
    is_as_expected,
    is_over,
    may_have_written_nothing,
    outcome,
    serves,
    serves_a_mix,
    sql_words,
    took_too_long,
)
from tests.conftest import ROOT
from tests.domain.test_kinds import MODEL, ROWS, record_shape, scopes


def status_enum(kind: Kind) -> list[str]:
    """The words that a record's status may have, where its kind has a status."""
    try:
        return list(scopes(record_shape(kind), kind.status or f"{kind.noun}Status")[-1].enum)
    except LookupError:
        return []


WORDS = [(kind, word) for kind in ROWS for word in status_enum(kind)]


@pytest.mark.parametrize(("kind", "word"), WORDS, ids=lambda one: one if isinstance(one, str) else one.name)
def test_every_word_of_every_kind_is_known(kind: Kind, word: str) -> None:
    """No status that botocore names is unknown; each word is known in any spelling."""
    assert outcome(word) is outcome(word.upper()) is outcome(word.lower())
    assert outcome(word) not in (Outcome.UNKNOWN, Outcome.UNTOLD)


def test_every_job_has_a_status() -> None:
    """The check covers the words of each kind that runs: no row names a status that does not exist."""
    assert [kind.name for kind in ROWS if (kind.job or kind.name == "pipeline-execution") and not status_enum(kind)] == []


# status, over, as expected, may have written nothing, has begun (no time, no step), serves
CASES = [
    ("Completed", True, True, False, True, False),
    ("COMPLETED", True, True, False, True, False),
    ("Succeeded", True, True, False, True, False),
    ("CompletedWithFailures", True, False, True, True, False),
    ("Failed", True, False, True, False, False),
    ("FAILED", True, False, True, False, False),
    ("Stopped", True, False, False, False, False),
    ("STOPPED", True, False, False, False, False),
    ("InProgress", False, False, False, False, False),
    ("INPROGRESS", False, False, False, False, False),
    ("STARTING", False, False, False, False, False),
    ("Stopping", False, False, False, False, False),
    ("Deleting", False, False, True, True, False),
    ("DeleteFailed", False, False, True, True, False),
    ("InService", False, True, False, True, True),
    ("Updating", False, False, False, True, None),
    ("RollingBack", False, False, False, True, None),
    ("UpdateRollbackFailed", False, False, False, True, None),
    ("Creating", False, False, False, False, False),
    ("OutOfService", False, False, False, True, False),
    ("CompletedOnTheMoon", False, False, True, True, None),
    (None, False, True, False, True, None),
    ("", False, True, False, True, None),
]


@pytest.mark.parametrize(("word", "over", "expected", "nothing", "begun", "served"), CASES)
def test_what_a_status_says(
    word: str | None, over: bool, expected: bool, nothing: bool, begun: bool, served: bool | None
) -> None:
    """Each question about a status, by word; an unknown word is in doubt, and never a success."""
    said = (is_over(word), is_as_expected(word), may_have_written_nothing(word), has_begun(word, None, None), serves(word))
    assert said == (over, expected, nothing, begun, served)


def test_one_word_alone_says_that_two_configs_are_served() -> None:
    """After a failed update and rollback an endpoint serves a mix; in any other update it serves what its record names."""
    assert [word for word, *_ in CASES if serves_a_mix(word)] == ["UpdateRollbackFailed"]


@pytest.mark.parametrize("status", ["InProgress", "Stopping", "Stopped", "Failed"])
def test_an_unknown_step_leaves_a_doubt(status: str) -> None:
    """A secondary status that this version does not know does not prove that a job had not begun."""
    assert has_begun(status, None, ["Starting", "OnTheMoon"])
    assert not has_begun(status, None, ["Starting", "Pending"])


@pytest.mark.parametrize(
    ("started", "steps", "begun"),
    [
        ("2026-01-01T10:00:00Z", None, True),
        (None, ["Starting", "Downloading"], True),
        (None, ["Training"], True),
        (None, ["Uploading"], True),
        (None, ["Starting", "Failed"], False),
        ("", [], False),
        ("2026-01-01T10:00:00Z", ["Starting", "Failed"], False),
        ("2026-01-01T10:00:00Z", ["Starting", "OnTheMoon", "Failed"], True),
    ],
)
def test_what_began(started: str | None, steps: list[str] | None, begun: bool) -> None:
    """A failed job began if it went through a step in which jobs have their data; without steps, if it has a start time."""
    assert has_begun("Failed", started, steps) is begun


NO_OBJECTS = 'ClientError: No S3 objects found under S3 URL "s3://d/x/" given in input data source. Please ensure that …'


@pytest.mark.parametrize(
    ("status", "steps", "failure", "run"),
    [
        ("Stopped", ["Starting", "Downloading", "Stopped"], None, False),
        ("Failed", ["Starting", "Downloading", "Failed"], None, False),
        ("Stopped", ["Starting", "Downloading", "Training", "Stopped"], None, True),
        ("Failed", ["Starting", "Downloading", "Training", "Interrupted", "Downloading", "Failed"], None, True),
        ("Stopped", ["Starting", "Downloading", "OnTheMoon", "Stopped"], None, True),
        ("Stopped", None, None, True),
        ("Stopped", [], None, True),
        ("InProgress", ["Starting", "Downloading"], None, True),
        ("Completed", ["Downloading"], None, True),
        ("Deleting", ["Downloading"], None, True),
        ("Failed", None, NO_OBJECTS, False),
        ("Failed", None, "ClientError: Data download failed:NoSuchKey (404): The specified key does not exist", False),
        ("Failed", None, "ClientError: Failed to download data. ListObjectsV2 failed for s3://d/x/", False),
        ("Failed", ["Starting", "Downloading", "Training", "Failed"], "ClientError: Data download failed:x", True),
        ("Failed", None, "AlgorithmError: ValueError: no objects found in the image", True),
        ("Failed", None, "AlgorithmError: See job logs", True),
        ("FAILED", None, "clienterror: data download failed: x", False),
    ],
)
def test_whose_program_ran(status: str, steps: list[str] | None, failure: str | None, run: bool) -> None:
    """A job that was cut short before any step with a program ran none; without steps the failure message shows it."""
    assert has_run(status, steps, failure) is run


@pytest.mark.parametrize(
    ("failure", "place", "nothing"),
    [
        (NO_OBJECTS, "s3://d/x/", True),
        (NO_OBJECTS, "s3://d/x", True),
        (NO_OBJECTS, "s3://d/x/y/", False),
        (NO_OBJECTS, "s3://d/other/", False),
        ("ClientError: Data download failed: No objects found under s3://d/x.", "s3://d/x/", True),
        ("ClientError: Data download failed: no objects found", "s3://d/x/", True),
        ("ClientError: Data download failed:PermanentRedirect (301)", "s3://d/x/", False),
        ("AlgorithmError: no objects found", "s3://d/x/", False),
        (None, "s3://d/x/", False),
    ],
)
def test_where_nothing_lay(failure: str | None, place: str, nothing: bool) -> None:
    """SageMaker's failure message says where it found no objects; it, or another message, says nothing about other places."""
    assert found_nothing(failure, place) is nothing


def test_steps_are_words_of_sagemaker() -> None:
    """Each secondary status that counts is one of SageMaker's, and those that are not listed are in doubt."""
    enum = set(MODEL.shape_for("SecondaryStatus").enum)
    assert enum >= status._NO_PROGRAM
    assert enum - status._NO_PROGRAM == {"Training", "Uploading", "Completed", "Updating"}


def test_words_for_sql() -> None:
    """SQL gets the exact words, in lower case; one word alone makes a list as well."""
    assert sql_words(Outcome.PARTLY_FAILED) == "('completedwithfailures')"
    assert sql_words(Outcome.COMPLETED) == "('completed', 'succeeded')"
    over = "('completed', 'succeeded', 'completedwithfailures', 'failed', 'createfailed', 'importfailed', 'stopped', 'expired')"
    assert over == status.OVER


def test_whose_time_was_up() -> None:
    """Secondary statuses that mean a timeout are words of SageMaker's."""
    enum = MODEL.shape_for("SecondaryStatus").enum
    assert [word for word in enum if took_too_long(word)] == ["MaxRuntimeExceeded", "MaxWaitTimeExceeded"]
    assert set(enum) >= status._READING_STEPS


SQL = re.compile(r"status\)? *(?:!?=|(?:NOT )?IN)\s*\(?'", re.IGNORECASE)
ELSEWHERE = {
    "cli/commands/runs.py",  # the words of an option, as the API writes them
    "lineage/domain/status.py",
}


def compared(tree: ast.AST) -> Iterator[str]:
    """The texts of a file that are status words, in SageMaker's spelling, or that SQL compares with a status."""
    own = {word for kind, word in WORDS if outcome(word) is not Outcome.AT_REST} - {"Pending"}
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
        if text in own or SQL.search(text):
            yield text


@pytest.mark.parametrize("folder", ["lineage", "cli"])
def test_nobody_else_knows_the_words(folder: str) -> None:
    """Only one file compares statuses: no other one contains their words."""
    files = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / folder).rglob("*.py"))}
    found = {name: words for name, path in files.items() if (words := list(compared(ast.parse(path.read_text("utf-8")))))}
    assert {name: words for name, words in found.items() if name not in ELSEWHERE} == {}


def test_the_statuses_of_runs_that_can_be_asked_for() -> None:
    """`runs --status` accepts the words of a run's primary status, and all of them."""
    from cli.commands.runs import _STATUSES

    words: Any = MODEL.shape_for("TrialComponentPrimaryStatus").enum
    assert sorted(_STATUSES) == sorted(words)
