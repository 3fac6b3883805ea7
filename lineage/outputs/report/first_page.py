"""The lines under the verdict on the first page: findings, holdouts, and whether the records came from AWS at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lineage.checks.findings import NEW, SEVERITIES
from lineage.domain.records import REPLAYED, Json
from lineage.domain.text import listed
from lineage.outputs.report.blocks import Block, Items, Para, number
from lineage.queries.used import DECLARED, INDIRECT, MAYBE, NOT_REFERENCED, UNKNOWN, USED

_REPLAYED = "Demo data or a replay, not read from AWS: the crawls of this snapshot read an account file."
_WORST = (USED, INDIRECT, MAYBE, UNKNOWN, DECLARED, NOT_REFERENCED)


def below_the_verdict(report: Json) -> Iterator[Block]:
    """The lines that a reader must not miss, even of the first page alone."""
    if any(one["tool"].endswith(REPLAYED) for one in report["coverage"]["crawls"]):
        yield Para(_REPLAYED, "note")
    holdouts = _holdouts(report["endpoints"])
    yield Items([_findings(report["findings"]), *([holdouts] if holdouts else [])])


def _findings(told: Json) -> str:
    counted = Counter(row["severity"] for row in told["findings"] if row["state"] == NEW)
    said = ", ".join(number(counted[severity], severity) for severity in reversed(SEVERITIES) if counted[severity])
    undecided = sum(row["undecided"] for row in told["rules"])
    return f"Findings: {said or 'none'}; {undecided:,} undecided (section 9)"


def _holdouts(endpoints: list[Json]) -> str:
    """How many holdouts were used in making any of the endpoints, and how many may have been."""
    worst: dict[str, str] = {}
    for row in (row for one in endpoints for row in one["evaluation"]["holdouts"]):
        worst[row["uri"]] = min(row["verdict"], worst.get(row["uri"], NOT_REFERENCED), key=_WORST.index)
    if not worst:
        return ""
    counted = Counter(worst.values())
    used = counted[USED] + counted[INDIRECT]
    more = [f"{counted[verdict]:,} {verdict}" for verdict in (MAYBE, UNKNOWN, DECLARED) if counted[verdict]]
    return f"Holdouts: {used:,} of {len(worst):,} used{', ' + listed(more) if more else ''} (section 7)"
