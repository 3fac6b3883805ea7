"""On which data candidates were trained and measured, which share it, and where it may have changed in between."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from string import ascii_uppercase

from lineage.domain.times import CERTAIN
from lineage.queries.flow.links import Flow, Link, links_into
from lineage.queries.flow.writers import writers
from lineage.queries.runs.candidates import Candidate

DataKey = frozenset[tuple[str, int]]
"""A set of data: its places, and for each the version of the manifest that was read there (0: no manifest, or unknown)."""

_MEASURING = frozenset(
    {"validation", "validate", "valid", "val", "test", "testing", "eval", "evaluation", "holdout", "heldout"}
)


@dataclass(slots=True)
class Data:
    """The data of one candidate. `declared`: whether a channel says what it was measured on."""

    trained: list[Link] = field(default_factory=list)
    measured: list[Link] = field(default_factory=list)
    declared: bool = False

    @property
    def yardstick(self) -> list[Link]:
        """What it was measured on. If no channel says, the training data: its code may have held back some of it."""
        return self.measured if self.declared else self.trained


def key(links: Iterable[Link]) -> DataKey:
    return frozenset((link.source, link.data["listing"] or 0) for link in links)


def data_of(graph: Flow, one: Candidate, metric: str) -> Data:
    """What a candidate read as data. A metric `test:rmse` was measured on the channel `test`, if there is one.

    The built-in algorithms name their metrics this way. Otherwise it was measured on the channels named validation, test, and
    the like.
    """
    found = [link for member in one.members if member in graph for link in links_into(graph, member, "reads")]
    declared = [link for link in found if link.data["evidence"] != "logged"]
    links = [link for link in declared or found if link.data["usage"] == "data"]  # what runs have logged is second best
    named = [link for link in links if link.data["role"].casefold() == metric.partition(":")[0].casefold()]
    measuring = [link for link in links if is_measuring(link.data["role"])]
    trained = [link for link in links if link not in measuring]
    return Data(trained, named or measuring, bool(named or measuring))


def is_measuring(channel: str) -> bool:
    """Whether a channel has a name of the kind used for what a model is measured on."""
    return not _MEASURING.isdisjoint(re.split(r"[^a-z]+", channel.casefold()))


class Letters:
    """A short name for each set of data, in the order in which they are asked for."""

    def __init__(self) -> None:
        self.given: dict[DataKey, str] = {}

    def of(self, wanted: DataKey) -> str:
        """The letter of a set of data: A to Z, then A2 to Z2 and on; `?` for none."""
        if not wanted:
            return "?"
        if wanted not in self.given:
            turn, place = divmod(len(self.given), len(ascii_uppercase))
            self.given[wanted] = f"{ascii_uppercase[place]}{turn + 1 if turn else ''}"
        return self.given[wanted]


def changed(graph: Flow, readings: Iterable[Link]) -> dict[str, list[str]]:
    """The places that may not have held the same for each of their readers, with who may have written there in between.

    That is so if a write came too late for one reader and not for another, or if its times do not decide.
    """
    by_place = defaultdict[str, dict[str, Link]](dict)
    for link in readings:
        by_place[link.source][link.target] = link
    found = {}
    for place, links in by_place.items():
        if len(links) == 1:
            continue
        seen = [{(step.job, step.fit) for step in writers(graph, reading)} for reading in links.values()]
        by_all = {job for job, fit in set.intersection(*seen) if fit == CERTAIN}
        found[place] = sorted({job for steps in seen for job, _ in steps} - by_all)
    return {place: makers for place, makers in found.items() if makers}
