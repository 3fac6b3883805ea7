"""What belongs to what: runs and jobs, members and groups, and what a pipeline execution took over from another. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.domain.kinds import GROUPS, PIPELINE_EXECUTION, RESOURCE, REUSED
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of

EXECUTION = PIPELINE_EXECUTION.name


def belongings(graph: Flow, node: str, step: str | None = None) -> list[Link]:
    """The edges to what a node belongs to, or was recorded by.

    A pipeline execution that reused another one belongs to the other by that `step` only: a walk that came through the reuse
    gives the step. Without a step the execution stands for itself, and its reuses are left out.
    """
    links = links_out_of(graph, node, "recorded-by", "member-of")
    if step is not None:
        return [link for link in links if is_reuse(link) and link.data["role"] == step]
    return [link for link in links if not (is_reuse(link) and graph.kind(node) == EXECUTION)]


def members(graph: Flow, node: str, step: str | None = None) -> list[Link]:
    """The edges from what belongs to a node, or what it recorded: `belongings`, seen from the other end.

    With a `step` the node is a pipeline execution that reused another one by it, and only what it reused that way counts.
    """
    links = links_into(graph, node, "member-of", "recorded-by")
    return [link for link in links if step is None or (is_reuse(link) and link.data["role"] == step)]


def had_by(graph: Flow, node: str) -> Iterator[str]:
    """The nodes that have what a person says that a node has: itself, and the jobs or other records that it is a record of."""
    yield node
    for recorded in links_into(graph, node, "recorded-by"):
        if graph.kind(recorded.source) not in (*GROUPS, RESOURCE.name):
            yield recorded.source


def ran_in(graph: Flow, job: str) -> tuple[list[str], list[str]]:
    """The pipeline executions that ran a job, and those that reused it. If only the latter are known, they lead to the former.

    What an execution says itself outranks a tag, which anyone can give a job.
    """
    links = [link for link in links_out_of(graph, job, "member-of") if graph.kind(link.target) == EXECUTION]
    reuses = [link for link in links if is_reuse(link)]
    own = [link for link in links if not is_reuse(link)]
    made = {link.target for link in own if link.data["evidence"] != "logged"} or {link.target for link in own}
    return sorted(made or _beginnings(graph, reuses)), sorted({link.target for link in reuses})


def _beginnings(graph: Flow, reuses: list[Link]) -> set[str]:
    """The executions where chains of reuses begin, as far as the graph knows."""
    found, seen = set[str](), set[tuple[str, str]]()
    todo = [(link.target, str(link.data["role"])) for link in reuses]
    while todo:
        at = todo.pop()
        before = belongings(graph, *at)
        found |= set() if before else {at[0]}
        todo += {(link.target, at[1]) for link in before} - seen
        seen |= {at, *todo}
    return found


def is_reuse(link: Link) -> bool:
    """Whether an edge says that something was taken over from an earlier pipeline execution."""
    return link.relation == "member-of" and link.data["usage"] == REUSED


def took_over(graph: Flow, write: Link) -> bool:
    """Whether a pipeline execution only names a write: an earlier execution wrote, and this one took over its step."""
    if graph.kind(write.source) != EXECUTION:
        return False
    found = links_out_of(graph, write.source, "member-of")
    return any(is_reuse(link) and link.data["role"] == write.data["role"] for link in found)
