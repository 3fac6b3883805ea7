"""Nodes, edges, and what was looked at, as every answer shows them. Pure."""

from __future__ import annotations

from lineage.domain.names import is_place
from lineage.domain.records import Crawl, Gap, Json, Scope
from lineage.queries.flow.links import Flow, Link


def node_json(graph: Flow, node: str) -> Json:
    """A node as every answer shows it."""
    return attributes_json(node, graph.nodes[node])


def said(graph: Flow, subject: Json) -> str:
    """What is asked about, as people say it: a place by its URI, anything else by its kind and name."""
    data = graph.nodes.get(subject["id"])
    if data is None or is_place(subject["id"]):
        return str(subject["id"])
    earlier = f", created {data['created']}" if "@" in subject["id"].rpartition("/")[2] else ""
    return f"{data['kind'].replace('-', ' ')} {data['name']}{earlier}"


def attributes_json(node: str, data: Json) -> Json:
    """The same of a node that is in no graph."""
    return {
        "id": node,
        "kind": data["kind"],
        "name": data["name"],
        "account": data["account"],
        "region": data["region"],
        "arn": data["arn"],
        "created": data["created"],
        "status": data["status"],
        "observed": data["observed"],
    }


def link_json(link: Link) -> Json:
    """An edge as every answer shows it: its ends, its relation, and the field that says so."""
    source, target, _, data = link
    return {
        "source": source,
        "target": target,
        "relation": data["relation"],
        "role": data["role"],
        "usage": data["usage"],
        "path": data["path"],
        "evidence": data["evidence"],
        "time": data["time"],
    }


_GAP = ("account", "region", "operation", "subject", "reason", "detail")


def scope_json(scope: Scope, holes: list[Gap], crawls: set[int] | None = None) -> Json:
    """What was looked at, by the given crawls or by all, with the holes that matter for the answer."""
    return {
        "accounts": list(scope.accounts),
        "regions": list(scope.regions),
        "crawls": [_crawl_json(crawl) for crawl in scope.crawls if crawls is None or crawl.id in crawls],
        "holes": [{name: getattr(hole, name) for name in _GAP} for hole in holes],
    }


def _crawl_json(crawl: Crawl) -> Json:
    names = ("id", "started", "finished", "complete", "caller")
    return {name: getattr(crawl, name) for name in names} | {"endpoints": list(crawl.roots)}
