"""What data something was made from, as text for people."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from .answers import COLOURS, rows_text
from .attested import rest_lines, row_rest_said
from .lines import Line, hole_lines, looked_and_noted, looked_lines, printed, spaced, styled
from .words import plural

if TYPE_CHECKING:
    import lineage

Row = dict[str, Any]
_MAX_MAKERS = 3
_OVERLAPS = {"overlap": "share data", "unknown": "may share data: what they read is unknown"}
_LEAST = ("reads", "read from", "variants")
_SHOWN = ("model", "checkpoint", "code", "named")


def datasets_text(answer: lineage.Datasets, *, colour: bool) -> str:
    """A line for each read, then where channels share data, what is unknown, and what was looked at."""
    head = ["", "job", "channel", "uri", "reads", "read from", "made by", "variants"]
    served = any(row["models"] for row in answer.datasets)
    rows = [_cells(row) for row in answer.datasets]
    width = len(head) if served else -1
    table = rows_text([head[:width], *(cells[:width] for cells in rows)], colour=colour, least=_LEAST) if rows else ""
    return printed(_head(answer, _counted(answer)), colour=colour) + table + printed(*rest_of(answer), colour=colour)


def holdouts_text(answer: lineage.Datasets, *, colour: bool) -> str:
    """A line for each holdout, then everything else that matters."""
    counts = Counter(row["verdict"] for row in answer.holdouts)
    said = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in COLOURS if counts[verdict])
    head = _head(answer, f"{plural(len(answer.holdouts), 'holdout')}: {said}")
    lines = [_holdout(row) for row in answer.holdouts]
    return printed(head, *lines, *rest_of(answer), colour=colour)


def _head(answer: lineage.Datasets, said: str) -> Line:
    subject = answer.subject
    verdict = (answer.verdict.upper(), COLOURS[answer.verdict])
    return styled(verdict, "  ", (subject["name"], "bold"), f" · {spaced(subject['kind'])} · {said}")


def _counted(answer: lineage.Datasets) -> str:
    data = [row for row in answer.datasets if row["usage"] == "data" and row["state"] != "possible"]
    counts = [len({row["uri"] for row in data if row["indirect"] is indirect}) for indirect in (False, True)]
    return f"made from {plural(counts[0], 'dataset')} directly and {counts[1]:,} indirectly"


def _cells(row: Row) -> list[str]:
    how = "indirect" if row["indirect"] else "direct"
    usage = f" ({row['usage']})" if row["usage"] in _SHOWN and row["usage"] != row["channel"] else ""
    names = [one["name"] + (" (possible)" if one["fit"] != "certain" else "") for one in row["makers"]]
    more = [f"{len(names) - _MAX_MAKERS} more"] if len(names) > _MAX_MAKERS else []
    variants = ", ".join(dict.fromkeys(one["variant"] or one["name"] for one in row["models"]))
    maybe = " (possible)" if row["state"] == "possible" and row["usage"] != "named" else ""
    return [
        how,
        row["job"]["name"],
        row["channel"] + usage + maybe,
        row["uri"],
        _reads(row),
        _when(row),
        ", ".join([*names[:_MAX_MAKERS], *more]),
        variants,
    ]


def _reads(row: Row) -> str:
    """What is read at the location, and what is pinned."""
    listed = f"of {plural(row['manifest']['entries'], 'object')}" if row["manifest"] else ""
    mode = f", {row['input_mode']}" if row["input_mode"] else ""
    unread = "not read" if row["covers"] == "manifest" else ""
    pinned = {"no": "", "logged": ", pinned as logged"}.get(row["pinned"], f", {row['pinned']} pinned")
    return " ".join(filter(None, (row["data_type"], listed, unread))) + mode + pinned


def _when(row: Row) -> str:
    opens = (row["time"] or "").partition("/")[0]
    return {"declared-only": "never read", "possible": "unknown"}.get(row["state"], opens)


def _holdout(row: Row) -> Line:
    verdict = (f"{row['verdict']:<15}", COLOURS[row["verdict"]])
    if not row["job"]:
        rests = row_rest_said(row)
        return styled("  ", verdict, "  ", (row["uri"], "bold"), f"  ({rests})" if rests else "")
    channel = f" as {row['channel']}" if row["channel"] else ""
    covers = {"all": ", which covers all of it", "part": ", which covers part of it"}.get(row["cover"], "")
    way = " > ".join(one["name"] for one in row["through"])
    variants = ", ".join(one["variant"] for one in row["models"] if one["variant"])
    said = f"  {row['job']['name']}{channel} = {row['location']}{covers}{f'  through {way}' if way else ''}"
    return styled("  ", verdict, "  ", (row["uri"], "bold"), said, f"  in {variants}" if variants else "")


def rest_of(answer: lineage.Datasets) -> list[Line]:
    """The lines below the rows: data that channels share, breaks, what was looked at, and the notes."""
    holes = answer.scope["holes"]
    gaps = f"{plural(len(holes), 'gap')} upstream:" if holes else "No gaps upstream."
    looked = looked_lines(answer.scope, f" {gaps}", hole_lines(holes))
    return [
        *map(_overlap, answer.overlaps),
        *(
            styled("  ", ("broken", "bold red"), f"  {one['at']['id']}  {one['reason']}: {one['detail']}")
            for one in answer.breaks
        ),
        *looked_and_noted([*looked, *rest_lines(answer.verdict, answer.rests)], answer.caveats),
    ]


def _overlap(found: Row) -> Line:
    what = f"channels {' and '.join(found['channels'])} {_OVERLAPS[found['verdict']]}"
    shown = f": {found['shown']}" if found["shown"] else ""
    return styled(("Note: ", "bold yellow"), f"{found['job']['name']}: {what}{shown}.")
