"""The answer first: what made an endpoint's models, in one sentence, with the shortest path and what could change it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from lineage.domain.kinds import TRAINING_JOB
from lineage.domain.names import is_place
from lineage.domain.records import Json
from lineage.domain.text import listed
from lineage.graphs.deployments import PENDING
from lineage.outputs.report.reading import brief
from lineage.queries.attested import left_open
from lineage.queries.runs.shared_channels import measures
from lineage.queries.trace import COPY, VENDOR, Trace, TreeStep

TRACED, PARTIAL, BROKEN = "traced", "partial", "broken"
UNTOLD = "whose training data is not known here"
_NAMED = 3  # jobs that a sentence names; the rest are counted


def answer(trace: Trace, loaded: dict[str, str | None]) -> Json:
    """The verdict of one endpoint, the reason, the counts, and what could change it. `loaded`: `parts.artifacts`."""
    return {
        "verdict": trace.verdict,
        "sentence": _sentence(trace, loaded),
        "way": _way(trace),
        "counts": {
            "models": len(trace.models),
            "model_packages": len(trace.model_packages),
            "training_jobs": len(_trained(trace)),
            "datasets": len({row["uri"] for row in trace.datasets if not row["indirect"]}),
            "upstream_datasets": len({row["uri"] for row in trace.datasets if row["indirect"]}),
            "runs": len(trace.runs),
            "pipeline_executions": len(trace.pipeline_executions),
            "images": len(trace.images),
            "evidence": len(trace.evidence),
            "breaks": len(trace.breaks),
            "gaps": len(trace.scope["holes"]),
            **({"left_open": len(left_open(trace.scope["holes"]))} if trace.rests.without else {}),
        },
        "breaks": trace.breaks,
        "gaps": trace.scope["holes"],
        "caveats": [*trace.caveats, *_not_asked(loaded)],
        **trace.rests.as_json(),
    }


def _not_asked(loaded: dict[str, str | None]) -> Iterator[str]:
    """Notes that it is unknown whether an artifact is still what the job wrote."""
    loose = sum(not etag for etag in loaded.values())
    if loose:
        of = f"{loose} of {_number(len(loaded), 'artifact')}"
        yield f"S3 was not asked whether {of} changed after the job wrote it (section 2)"


def _trained(trace: Trace) -> list[Json]:
    return [job for job in trace.training_jobs if job["trains"]]


def _sentence(trace: Trace, loaded: dict[str, str | None]) -> str:
    name = trace.subject["name"]
    if trace.verdict == BROKEN:
        return f"Nothing that endpoint {name} serves could be traced to the data it was made of{_first_break(trace)}."
    serves = ": its variants together serve" if len(trace.models) > 1 else " serves"
    made = f"Endpoint {name}{serves} {_served(trace)}"
    if trace.verdict == TRACED:
        return f"{made}. {_holds(trace, loaded)}."
    return f"{made}, as far as records show. Another part could not be traced{_first_break(trace)}."


def _served(trace: Trace) -> str:
    """What made it, and from what. For a vendor's model, nothing here shows that."""
    steps = list(steps_of(trace.tree))
    vendors = any(step.note == VENDOR for step in steps)
    if vendors and not (_trained(trace) or any(step.relation == "writes" for step in steps)):
        return f"a model of a vendor, {UNTOLD}"
    made = f"what {_makers(trace)} made from {_inputs(trace)}"
    return f"{made}; part of it is a model of a vendor, {UNTOLD}" if vendors else made


def _holds(trace: Trace, loaded: dict[str, str | None]) -> str:
    """How certain the chain is. A step that the times only allow, or that no field of a record states, is weaker."""
    steps = list(steps_of(trace.tree))
    weak = weaker(steps)
    soon = any(step.relation == "configures" and step.role == PENDING for step in steps)
    added = "; some of this comes by a config that is still being deployed" if soon else ""
    if weak:
        return f"The chain reaches that data, with {listed(weak)}{added}"
    unread = sum(step.manifest for step in steps)
    if unread:
        return f"What {_number(unread, 'manifest')} listed was not read: the chain may lack inputs{added}"
    unchecked = "" if all(loaded.values()) else "; the model file itself was not checked"
    return f"Record fields name each step of this chain{unchecked}{added}"


def weaker(steps: Iterable[TreeStep]) -> list[str]:
    """How many of some steps no field of a record proves, by what is known of them instead."""
    said = {
        "only possible": lambda step: step.note.startswith("possible"),
        "told only by a text or by people": lambda step: step.evidence == "logged",
        "known only by the same content": lambda step: step.note == COPY,
    }
    steps = list(steps)
    counts = {words: sum(map(tells, steps)) for words, tells in said.items()}
    return [f"{_number(count, 'step')} {words}" for words, count in counts.items() if count]


def steps_of(root: TreeStep) -> Iterator[TreeStep]:
    todo = [root]
    while todo:
        step = todo.pop()
        yield step
        todo += step.steps


def _makers(trace: Trace) -> str:
    jobs = _trained(trace)
    if not jobs:
        return "another job or a logged run (no training job is known)"
    return f"training job{'' if len(jobs) == 1 else 's'} {few([str(job['name']) for job in jobs], 'job')}"


def _inputs(trace: Trace) -> str:
    """The data by name: what the jobs learned from, what they were measured on, and how much is upstream of that."""
    upstream = list(dict.fromkeys(str(row["uri"]) for row in trace.datasets if row["indirect"]))
    direct = [row for row in trace.datasets if not row["indirect"]]
    if not direct and upstream and not _trained(trace):  # what made it is not a training job, and read this
        return upstream[0] if len(upstream) == 1 else _number(len(upstream), "location")
    if not direct:
        return f"data of which no record names the place{_upstream(upstream)}"
    taught = _places(row for row in direct if not measures(row["channel"])) or _places(direct)
    measured = [row for row in direct if row["uri"] not in taught]
    return f"{_number_of(taught)} {few(taught)}{_measured(measured)}{_upstream(upstream)}"


def _places(rows: Iterable[Json]) -> list[str]:
    return list(dict.fromkeys(str(row["uri"]) for row in rows))


def few(places: list[str], noun: str = "location") -> str:
    """The first few places by name; the rest are counted."""
    more = [_number(len(places) - _NAMED, f"more {noun}")] if len(places) > _NAMED else []
    return listed([*places[:_NAMED], *more])


def _measured(rows: list[Json]) -> str:
    """What was read only by channels that measure, judged by their names alone."""
    if not rows:
        return ""
    channels = sorted({str(row["channel"]) for row in rows})
    by = f"channel {channels[0]}, by its name" if len(channels) == 1 else f"channels {listed(channels)}, by their names"
    return f" and measured on {few(_places(rows))} ({by})"


def _number_of(places: list[str]) -> str:
    return "its declared input" if len(places) == 1 else "its declared inputs"


def _upstream(places: list[str]) -> str:
    if not places:
        return ""
    return f"; upstream of that: {places[0] if len(places) == 1 else _number(len(places), 'location')}"


def _first_break(trace: Trace) -> str:
    if not trace.breaks:
        return ""
    found = trace.breaks[0]
    at = found["at"]
    what = at["id"] if is_place(at["id"]) else f"{at['kind'].replace('-', ' ')} {at['name']}"
    return f": {what} is {found['reason']} ({found['detail']})"


def _way(trace: Trace) -> list[Json]:
    """The shortest path from the endpoint to a job that trained and a location that it read; otherwise to the first break."""
    way = _shortest(trace)
    said = {(edge["source"], edge["target"]): edge for edge in reversed(trace.evidence)}
    rows = [brief(trace.nodes[trace.tree.node]) | {"relation": "", "role": "", "path": "", "evidence": ""}]
    for above, step in zip([trace.tree, *way], way, strict=False):
        edge = said.get((step.node, above.node)) or {"relation": step.relation, "path": "", "evidence": "matched"}
        kept = {name: edge[name] for name in ("relation", "path", "evidence")}
        rows.append(brief(trace.nodes[step.node]) | {"role": step.role} | kept)
    return rows


def _shortest(trace: Trace) -> list[TreeStep]:
    broken = {found["at"]["id"] for found in trace.breaks}
    best: list[TreeStep] = []
    todo: deque[tuple[TreeStep, list[TreeStep]]] = deque([(trace.tree, [])])
    while todo:
        step, way = todo.popleft()
        node = trace.nodes[step.node]
        if node["kind"] == TRAINING_JOB.name and node.get("trains"):
            read = next((one for one in step.steps if one.usage == "data"), None)
            return [*way, read] if read else way
        if step.node in broken and not best:
            best = way
        todo.extend((one, [*way, one]) for one in step.steps)
    return best


def _number(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
