"""All that some batches of subjects need, found for all of them at once: the nodes, by a walk along the arcs from what is new.

A node is needed in a state, which says why, and so what else is needed with it. More than a question looks at does no harm;
less would.

Spark keeps the arcs of an account together. So a task walks as far as they lead, and only what it found is told to the others:
a chain of a thousand trainings in one account is one step, and not thousands of joins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import TYPE_CHECKING, Final

from lineage.spark.arcs import (
    BELONGS,
    BESIDE,
    DOWN,
    GETS,
    GOT_FROM,
    GOT_FROM_MODEL,
    LISTED,
    MADE_OF,
    RECORDED,
    SAME,
    SERVES,
    TAKES,
    TAKES_MODEL,
    TO_SERVER,
    WORDS,
    WRITTEN_BY,
)

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from pyspark.sql import DataFrame

# The states of nodes.
REACHED = "reached"  # the data may be in it
SERVED = "served"  # an endpoint may serve it: who made it is asked
LEFT_OPEN = "left open"  # the same of what has an unknown origin, and all that serves it
WROTE = "wrote"  # a place whose writers count
READ = "read"  # data that a reached job reads: if a job made a model there, it is no data
NEEDED = "needed"  # only its record
_TO_WRITERS = {WRITTEN_BY: NEEDED, SAME: WROTE}
_OF_MODELS = {
    TAKES_MODEL: SERVED, MADE_OF: SERVED, WRITTEN_BY: NEEDED, GOT_FROM: WROTE, GOT_FROM_MODEL: WROTE, SAME: SERVED,
    RECORDED: NEEDED, SERVES: SERVED, BELONGS: NEEDED, TAKES: READ, BESIDE: NEEDED, LISTED: NEEDED,
}  # fmt: skip
RULES: Final = {
    REACHED: {
        DOWN: REACHED, SERVES: REACHED, GETS: REACHED, SAME: REACHED, RECORDED: REACHED, BELONGS: NEEDED, WRITTEN_BY: NEEDED,
        TAKES_MODEL: SERVED, TAKES: READ, MADE_OF: SERVED, BESIDE: NEEDED, LISTED: NEEDED,
    },
    SERVED: _OF_MODELS,
    LEFT_OPEN: {**_OF_MODELS, SERVES: LEFT_OPEN},
    WROTE: _TO_WRITERS,
    READ: {**_TO_WRITERS, GOT_FROM_MODEL: WROTE, SAME: READ},
    NEEDED: {RECORDED: NEEDED, SAME: NEEDED, LISTED: NEEDED},  # of a manifest that is not there, it would read anything
}  # fmt: skip
"""By state, what each arc leads to."""
STATES: Final = tuple(RULES)
NEW: Final = "batch int, node bigint, state tinyint"
"""The columns of what is needed: a batch, the number of a node, and that of its state."""


def grown(all_arcs: DataFrame, seeds: DataFrame, on_round: Callable[[int], None]) -> DataFrame:
    """All that is needed, with the columns `NEW`, as `seeds` has them."""
    new = seeds.distinct().localCheckpoint()
    found = [new]
    while not new.isEmpty():
        start = new.toArrow()
        reached = all_arcs.mapInArrow(lambda batches: _walked(start, batches), NEW).distinct()  # noqa: B023  (it runs in this round)
        known = reduce(lambda one, other: one.unionByName(other), found)
        new = reached.join(known, ["batch", "node", "state"], "left_anti").localCheckpoint()
        found.append(new)
        on_round(len(found) - 1)
    return reduce(lambda one, other: one.unionByName(other), found)


def _walked(start: pa.Table, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """What the arcs of a task lead to from the nodes of a table, however far."""
    import numpy as np
    import pyarrow as pa

    every = list(batches)
    if not every:
        return
    walk = _Walk(*(pa.Table.from_batches(every)[name].to_numpy() for name in ("node", "arc", "other")))
    batch, node, state = (start[name].to_numpy() for name in ("batch", "node", "state"))
    for number in np.unique(batch):
        own = batch == number
        nodes, states = walk.out_of(node[own], state[own])
        columns = [pa.array(np.full(len(nodes), number, np.int32)), pa.array(nodes), pa.array(states)]
        yield pa.RecordBatch.from_arrays(columns, names=["batch", "node", "state"])


class _Walk:
    """The arcs of a task, in the order of the nodes that they lead from."""

    def __init__(self, node: np.ndarray, arc: np.ndarray, other: np.ndarray) -> None:
        import numpy as np

        order = np.argsort(node, kind="stable")  # they are in order, but Spark does not promise it
        self._arc, self._other = arc[order], other[order]
        self._nodes, self._first, self._many = np.unique(node[order], return_index=True, return_counts=True)
        self._table = _table()

    def out_of(self, nodes: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """All that some nodes lead to, each once in each state."""
        import numpy as np

        seen = np.zeros((len(STATES), len(self._nodes)), bool)
        found = []
        while len(nodes):
            at = np.searchsorted(self._nodes, nodes)
            inside = at < len(self._nodes)
            inside[inside] = self._nodes[at[inside]] == nodes[inside]
            inside[inside] = ~seen[states[inside], at[inside]]
            at, states = at[inside], states[inside]
            seen[states, at] = True
            nodes, states = self._along(at, states)
            found.append((nodes, states))
        return _once(*(np.concatenate(every) for every in zip(*found, strict=True)))

    def _along(self, at: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """What the arcs out of some nodes, by their places, lead to."""
        import numpy as np

        many = self._many[at]
        rows = np.repeat(self._first[at] - np.cumsum(many) + many, many) + np.arange(many.sum())
        further = self._table[np.repeat(states, many), self._arc[rows]]
        led = further >= 0
        return _once(self._other[rows[led]], further[led])


def _once(nodes: np.ndarray, states: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pair of a node and a state once."""
    import numpy as np

    order = np.lexsort((nodes, states))
    nodes, states = nodes[order], states[order]
    first = np.ones(len(nodes), bool)
    first[1:] = (nodes[1:] != nodes[:-1]) | (states[1:] != states[:-1])
    return nodes[first], states[first]


def _table() -> np.ndarray:
    """By the numbers of a state and an arc, the number of what it leads to; -1 for nothing.

    All that an endpoint serves is needed wherever the endpoint is: else it would seem to have no origin.
    """
    import numpy as np

    table = np.full((len(STATES), 2 * len(WORDS)), -1, np.int8)
    for state, to in RULES.items():
        for arc, further in to.items():
            at = STATES.index(state), WORDS.index(arc)
            table[at] = STATES.index(further)
            table[at[0], at[1] + TO_SERVER] = STATES.index(SERVED if further == NEEDED else further)
    return table
