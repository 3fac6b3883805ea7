"""For documents about one thing: which node is meant, and the answer of `trace` about it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lineage.domain.called import asking
from lineage.domain.kinds import SERVING
from lineage.domain.names import is_location
from lineage.domain.records import Json
from lineage.domain.training import trains
from lineage.errors import MalformedName
from lineage.graphs.excerpts import Excerpt
from lineage.graphs.neighbourhoods import near_excerpt
from lineage.outputs.formats.chosen import Chosen
from lineage.queries.selectors import find_in
from lineage.queries.trace import Trace, Tracing, find_endpoint

_SEVERAL = re.compile(r"^(kind:|tag:|\d*\+)|\+\d*$|\s")


def endpoint_of(chosen: Chosen, form: str) -> str:
    """The node id of the one endpoint that is named. Raises `MalformedName` and `UnknownNode`."""
    _must_name_one(chosen.selector, form, "an endpoint")
    return find_endpoint(chosen.snapshot, chosen.selector)


def made_of(chosen: Chosen, form: str, kinds: tuple[str, ...]) -> str:
    """The node id of the one thing that is named, which must be of one of these kinds."""
    said = f"{', '.join(kinds[:-1])} or {kinds[-1]}".replace("-", " ")
    _must_name_one(chosen.selector, form, f"one {said}")
    node = find_in(chosen.snapshot, chosen.selector)
    kind = next(chosen.snapshot.nodes([node])).kind
    if kind not in kinds:
        raise MalformedName(f"{form} is about one {said}, and {chosen.selector} is of kind {kind}")
    return node


def traced(chosen: Chosen, node: str) -> tuple[Excerpt, Trace]:
    """What made a node: the graph upstream of it, and the answer of `trace`."""
    near = near_excerpt(chosen.snapshot, [node], "up")
    tracing = Tracing(near, node)
    tracing.run()
    return near, tracing.answer(chosen.vouched)


def makers(graph: Excerpt, evidence: Iterable[Json], node: str) -> set[str]:
    """The training jobs that made what a node is or serves, by the evidence of its trace. Jobs that only repack are skipped."""
    # The edges that lead back to a model's content, and not to its container image.
    from_them = {*SERVING, "writes", "overlaps"} - {"provides"}
    made = [edge for edge in evidence if edge["relation"] in from_them or edge["usage"] == "model"]
    found, seen, todo = set[str](), {node}, [node]
    while todo:
        at = todo.pop()
        if trains(graph.nodes[at]):
            found.add(at)
        else:
            before = {edge["source"] for edge in made if edge["target"] == at} - seen
            seen |= before
            todo += before
    return found


def _must_name_one(selector: str, form: str, what: str) -> None:
    if not selector:
        named = asking(f"lineage export loans-live -f {form}", "lineage.Chosen(snapshot, 'loans-live')")
        raise MalformedName(f"{form} is about {what}: name one, as in {named}")
    if not is_location(selector) and _SEVERAL.search(selector):
        raise MalformedName(f"{form} is about {what}, and {selector!r} may name several: give one name or ARN")
