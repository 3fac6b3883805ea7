"""What belongs to what: runs and their jobs, members and groups, and what a pipeline execution took over from another. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lineage.domain.kinds import GROUPS, PIPELINE_EXECUTION, RESOURCE, REUSED
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of

EXECUTION = PIPELINE_EXECUTION.name


def belongings(graph: Flow, node: str, step: str | None = None) -> list[Link]:
    """The edges to what a node belongs to, or was recorded by.

    A pipeline execution that reused what another one made belongs to the other by that `step` only: for whoever came to
    it through the reuse. Without a step it stands for itself, and its reuses lead nowhere.
    """
    links = links_out_of(graph, node, "recorded-by", "member-of")
    if step is not None:
        return [link for link in links if is_reuse(link) and link.data["role"] == step]
    return [link for link in links if not (is_reuse(link) and graph.nodes[node]["kind"] == EXECUTION)]


def members(graph: Flow, node: str, step: str | None = None) -> list[Link]:
    """The edges from what belongs to a node, or what it recorded: `belongings`, seen from the other end.

    With a `step` the node is a pipeline execution that reused another one by it: only what it reused so counts.
    """
    links = links_into(graph, node, "member-of", "recorded-by")
    return [link for link in links if step is None or (is_reuse(link) and link.data["role"] == step)]


def had_by(graph: Flow, node: str) -> Iterator[str]:
    """Who has what a person says that a node has: the node, and the jobs or other records that it is a record of."""
    yield node
    for recorded in links_into(graph, node, "recorded-by"):
        if graph.nodes[recorded.source]["kind"] not in (*GROUPS, RESOURCE.name):
            yield recorded.source


def ran_in(graph: Flow, job: str) -> tuple[list[str], list[str]]:
    """The pipeline executions that ran a job, and those that reused it. Where only these are known, they lead to who ran it.

    What an execution says itself outranks a tag, which anybody may give a job.
    """
    links = [link for link in links_out_of(graph, job, "member-of") if graph.nodes[link.target]["kind"] == EXECUTION]
    reuses = [link for link in links if is_reuse(link)]
    own = [link for link in links if not is_reuse(link)]
    made = {link.target for link in own if link.data["evidence"] != "logged"} or {link.target for link in own}
    return sorted(made or _beginnings(graph, reuses)), sorted({link.target for link in reuses})


def _beginnings(graph: Flow, reuses: list[Link]) -> set[str]:
    """Where chains of reuses begin, as far as the graph knows."""
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
    """Whether a pipeline execution only names a write: it took its step over from an earlier execution, which wrote."""
    if graph.nodes[write.source]["kind"] != EXECUTION:
        return False
    found = links_out_of(graph, write.source, "member-of")
    return any(is_reuse(link) and link.data["role"] == write.data["role"] for link in found)
