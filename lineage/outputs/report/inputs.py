"""The data section: each input of each job behind an endpoint, channel by channel, with what made it before."""

from __future__ import annotations

from lineage.domain.records import Json
from lineage.outputs.report.reading import Kept, brief
from lineage.queries.datasets import Datasets
from lineage.queries.trace import Trace

_KEPT = ("uri", "channel", "usage", "state", "data_type", "input_mode", "covers", "pinned", "time", "indirect", "depth")


def data(answer: Datasets, trace: Trace, kept: Kept) -> Json:
    """The declared inputs, and which channels of one job share data."""
    return {
        "inputs": [_input(row, trace, kept) for row in answer.datasets],
        "overlaps": [
            {"verdict": row["verdict"], "job": brief(row["job"]), "channels": list(row["channels"]), "uris": list(row["uris"])}
            for row in answer.overlaps
        ],
        "caveats": [said for said in answer.caveats if said not in trace.caveats],
    }


def _input(row: Json, trace: Trace, kept: Kept) -> Json:
    makers = [brief(one) | {"fit": one["fit"]} for one in row["makers"]]
    job = trace.nodes.get(row["job"]["id"])
    channels = kept.body(job).get("InputDataConfig") or () if job else ()
    return {name: row[name] for name in _KEPT} | {
        "job": brief(row["job"]),
        "content_type": next((one.get("ContentType") for one in channels if one.get("ChannelName") == row["channel"]), None),
        "makers": makers,
        "variants": sorted({one["variant"] for one in row["models"] if one["variant"]}),
    }
