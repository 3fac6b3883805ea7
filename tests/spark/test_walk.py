"""How a task walks along the arcs that it holds: as far as they lead, by the rules, and no further."""

from __future__ import annotations

import random

import numpy as np
import pyarrow as pa

from lineage.spark.arcs import DOWN, MADE_OF, TO_SERVER, WORDS
from lineage.spark.frontier import NEEDED, REACHED, RULES, SERVED, STATES, _walked

Arc = tuple[int, int, int]
Found = set[tuple[int, int, int]]


def walked(start: list[tuple[int, int, int]], arcs: list[Arc]) -> Found:
    """What a task gives for a start, as batch, node and state, and for arcs, as node, arc and other."""
    types = {"batch": pa.int32(), "node": pa.int64(), "state": pa.int8(), "arc": pa.int8(), "other": pa.int64()}
    columns = lambda names, rows: {name: pa.array([row[at] for row in rows], types[name]) for at, name in enumerate(names)}  # noqa: E731
    batches = pa.table(columns(("node", "arc", "other"), arcs)).to_batches(max_chunksize=7)
    told = _walked(pa.table(columns(("batch", "node", "state"), start)), iter(batches))
    return {tuple(row.values()) for batch in told for row in batch.to_pylist()}


def by_hand(start: list[tuple[int, int, int]], arcs: list[Arc]) -> Found:
    """The same, one arc after the other."""
    found: Found = set()
    todo = list(start)
    while todo:
        batch, node, state = todo.pop()
        for one, arc, other in arcs:
            further = RULES[STATES[state]].get(WORDS[arc % TO_SERVER]) if one == node else None
            if further:
                further = SERVED if further == NEEDED and arc >= TO_SERVER else further
                new = batch, other, STATES.index(further)
                todo += [new] if new not in found else []
                found.add(new)
    return found


def test_a_task_finds_what_the_rules_say() -> None:
    """Each node that arcs lead to is found, in each state of each batch, as if the arcs were tried one by one."""
    chance = random.Random(3)
    many = 0
    for _ in range(40):
        arcs = [
            (chance.randrange(30) - 15, chance.randrange(2 * TO_SERVER), chance.randrange(36) - 18)
            for _ in range(chance.randrange(90))
        ]
        start = list(
            {(batch, chance.randrange(40) - 20, chance.randrange(len(STATES))) for batch in (0, 3, -1) for _ in range(3)}
        )
        found = walked(start, arcs)
        assert found == by_hand(start, arcs)
        many += len(found)
    assert many > 300


def test_a_long_chain_is_one_step() -> None:
    """Thousands of trainings, each of which continues the last one, are walked in one task, and no step needs Spark."""
    down, back = WORDS.index(DOWN), WORDS.index(MADE_OF)
    arcs = [arc for at in range(3000) for arc in ((at, down, at + 1), (at + 1, back, at))]
    found = walked([(0, 0, STATES.index(REACHED))], arcs)
    reached = {node for _, node, state in found if state == STATES.index(REACHED)}
    assert reached == set(range(1, 3001))


def test_no_arcs_lead_nowhere() -> None:
    """A task without arcs finds nothing, and neither does a start that no arc leads out of."""
    assert list(_walked(pa.table({}), iter([]))) == []
    assert walked([(0, 5, 0)], [(1, 0, 2)]) == set()
    assert np.iinfo(np.int8).max > 2 * TO_SERVER
