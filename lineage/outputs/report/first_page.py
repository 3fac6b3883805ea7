"""The lines under the verdict on the first page: findings, holdouts, and whether the records came from AWS at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from lineage.checks.findings import NEW, SEVERITIES
from lineage.domain.records import REPLAYED, Json
from lineage.domain.text import counted as number
from lineage.domain.text import listed
from lineage.outputs.report.blocks import Block, Items, Para
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
    """How many holdouts were used in making any of the endpoints, how many may have been, and which verdicts rest on people."""
    worst, bare = _worst(endpoints, lambda row: row["verdict"]), _worst(endpoints, _without_people)
    if not worst:
        return ""
    counted = Counter(worst.values())
    used = counted[USED] + counted[INDIRECT]
    more = [f"{counted[verdict]:,} {verdict}" for verdict in (MAYBE, UNKNOWN, DECLARED) if counted[verdict]]
    vouched = Counter((verdict, bare[uri]) for uri, verdict in worst.items() if verdict != bare[uri])
    rests = [f"; {_rests(count, *verdicts)}" for verdicts, count in sorted(vouched.items())]
    return f"Holdouts: {used:,} of {len(worst):,} used{', ' + listed(more) if more else ''}{''.join(rests)} (section 7)"


def _worst(endpoints: list[Json], verdict_of: Callable[[Json], str]) -> dict[str, str]:
    """The strongest verdict about each holdout, over all endpoints."""
    worst: dict[str, str] = {}
    for row in (row for one in endpoints for row in one["evaluation"]["holdouts"]):
        worst[row["uri"]] = min(verdict_of(row), worst.get(row["uri"], NOT_REFERENCED), key=_WORST.index)
    return worst


def _without_people(row: Json) -> str:
    """The verdict on a holdout if nobody vouched for a gap."""
    return str(row.get("verdict_without_attestations", row["verdict"]))


def _rests(count: int, verdict: str, without: str) -> str:
    return f"{count:,} {'is' if count == 1 else 'are'} {verdict} only because people vouch for it ({without} without them)"
