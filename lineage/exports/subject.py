"""Documents about one thing: which node is meant, and the answer of `trace` about it."""

from __future__ import annotations

import re

from lineage.errors import MalformedName
from lineage.exports.chosen import Chosen
from lineage.graphs import Graph, neighbourhood
from lineage.names import is_location
from lineage.queries.select import find_in
from lineage.queries.trace import Trace, Tracing, find_endpoint

_SEVERAL = re.compile(r"^(kind:|tag:|\d*\+)|\+\d*$|\s")


def endpoint_of(chosen: Chosen, form: str) -> str:
    """The node id of the one endpoint that is named. Raises `MalformedName` and `UnknownNode`."""
    _must_name_one(chosen.selector, form, "an endpoint")
    return find_endpoint(chosen.snapshot.names_of("endpoint"), chosen.selector)


def made_of(chosen: Chosen, form: str, kinds: tuple[str, ...]) -> str:
    """The node id of the one thing that is named, which must be of one of these kinds."""
    said = f"{', '.join(kinds[:-1])} or {kinds[-1]}".replace("-", " ")
    _must_name_one(chosen.selector, form, f"an {said}")
    node = find_in(chosen.snapshot, chosen.selector)
    kind = next(chosen.snapshot.nodes([node])).kind
    if kind not in kinds:
        raise MalformedName(f"{form} is about an {said}, and {chosen.selector} is a {kind.replace('-', ' ')}")
    return node


def traced(chosen: Chosen, node: str) -> tuple[Graph, Trace]:
    """What made a node: the graph upstream of it, and the answer of `trace`."""
    near = neighbourhood(chosen.snapshot, [node], "up")
    tracing = Tracing(near, node)
    tracing.run()
    return near, tracing.answer()


def _must_name_one(selector: str, form: str, what: str) -> None:
    if not selector:
        raise MalformedName(f"{form} is about {what}: name one, as in `lineage export loans-live -f {form}`")
    if not is_location(selector) and _SEVERAL.search(selector):
        raise MalformedName(f"{form} is about {what}, and {selector!r} may name several: give one name or ARN")
