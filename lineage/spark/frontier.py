"""All that some batches of subjects need, found for all of them at once: the nodes, by a join of what is new with its arcs.

A node is needed in a state, which says why, and so what else is needed with it. More than a question looks at does no harm;
less would.
"""

from __future__ import annotations

from collections.abc import Callable
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
    WRITTEN_BY,
)

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

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
_SERVERS = ":(endpoint|endpoint-config|inference-component)/"


def grown(folder_arcs: DataFrame, seeds: DataFrame, on_round: Callable[[int, int], None]) -> DataFrame:
    """All that is needed, as `batch`, `node` and `state`. `seeds` has the same columns."""
    from pyspark.sql import functions as f

    spark = seeds.sparkSession
    rules = f.broadcast(spark.createDataFrame(_rules(), "state string, arc string, further string"))
    new = seeds.distinct().localCheckpoint()
    found = [new]
    number = 0
    while not new.isEmpty():
        number += 1
        reached = new.join(folder_arcs, "node").join(rules, ["state", "arc"])
        further = reached.select("batch", f.col("other").alias("node"), _unless_served().alias("state")).distinct()
        known = reduce(lambda one, other: one.unionByName(other), found)
        new = further.join(known, ["batch", "node", "state"], "left_anti").localCheckpoint()
        found.append(new)
        on_round(number, len(found))
    return reduce(lambda one, other: one.unionByName(other), found)


def _unless_served() -> Column:
    """All that an endpoint serves is needed wherever the endpoint is: else it would seem to have no origin."""
    from pyspark.sql import functions as f

    serves = (f.col("further") == NEEDED) & f.col("other").rlike(_SERVERS)
    return f.when(serves, SERVED).otherwise(f.col("further"))


def _rules() -> list[tuple[str, str, str]]:
    return [(state, arc, further) for state, to in RULES.items() for arc, further in to.items()]
