"""How far a kind in a place has come: what each step of a sweep changes."""

from __future__ import annotations

from typing import Any

import pytest

from lineage.crawl.course import Standing, Step

BUSY = Standing(walking=2, searches=1, in_hand=3, lost=4, singly=5)
# Each step, and what it changes for a course in progress, and for one with a doubtful list whose names ran out.
CHANGES: list[tuple[Step, dict[str, Any], dict[str, Any]]] = [
    (Step.WALK_BEGAN, {"walking": 3}, {"walking": 3}),
    (Step.WALK_ENDED, {"walking": 1}, {"walking": 1}),
    (Step.SEARCH_BEGAN, {"searches": 2}, {"searches": 2}),
    (Step.PAGE_CAME, {"lost": 11}, {"lost": 11, "hungry": True}),
    (Step.SEARCH_WAS_DOUBTED, {"singly": 4}, {"singly": 4}),
    (Step.HANDED_OUT, {"in_hand": 4}, {"in_hand": 4}),
    (Step.DESCRIBED, {"in_hand": 2, "singly": 6}, {"in_hand": 2}),
    (Step.COMPLETED, {"in_hand": 2}, {"in_hand": 2}),
    (Step.NAMES_RAN_OUT, {"hungry": False}, {}),
    (Step.LIST_WAS_DOUBTED, {"doubting": True}, {"hungry": True}),
    (Step.ENDED, {"done": True}, {"done": True}),
]


def test_every_step_is_known() -> None:
    """No step is missing from the table below."""
    assert [step for step, *_ in CHANGES] == list(Step)


@pytest.mark.parametrize(("step", "busy", "doubting"), CHANGES, ids=[step.name for step, *_ in CHANGES])
def test_a_step_changes_this_and_nothing_else(step: Step, busy: dict[str, Any], doubting: dict[str, Any]) -> None:
    """A step changes what it says; a record described because of a doubtful list is not one that Search lost."""
    doubted = BUSY._replace(doubting=True, hungry=False)
    assert BUSY.after(step, lost=7) == BUSY._replace(**busy)
    assert doubted.after(step, lost=7) == doubted._replace(**doubting)


@pytest.mark.parametrize(("steps", "alone"), [([], 0), ([Step.DESCRIBED], 1), ([Step.SEARCH_WAS_DOUBTED], 0)])
def test_what_was_described_alone(steps: list[Step], alone: int) -> None:
    """A record in two windows that was described once does not make up for one that Search lost."""
    standing = Standing()
    for step in steps:
        standing = standing.after(step)
    assert standing.described_alone == alone
