"""The records behind what an answer names: each is read once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lineage.domain.names import node_id
from lineage.domain.records import Json, decoded
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.records import Version


class Kept:
    """Looks nodes of answers up in a snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._versions: dict[tuple[str, str | None], list[Version]] = {}
        self._bodies: dict[str, Json] = {}
        self.rows: dict[tuple[object, ...], Json] = {}  # what is told alike of several endpoints, made once

    def versions(self, node: Json) -> list[Version]:
        """Every version that was read of a node's record, the newest last; empty for a node that was only named."""
        if not (node["arn"] and node["observed"]):
            return []
        key = (node["arn"], node["created"])
        if key not in self._versions:
            self._versions[key] = self._snapshot.versions(node_id(node["arn"]), node["created"])
        return self._versions[key]

    def body(self, node: Json) -> Json:
        """The newest version of its record; empty for a node that was only named."""
        versions = self.versions(node)
        if not versions:
            return {}
        last = versions[-1]
        if last.digest not in self._bodies:
            self._bodies[last.digest] = decoded(last.body)
        return self._bodies[last.digest]


def at(body: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path of members; None if there is none."""
    value: Any = body
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def brief(node: Json) -> Json:
    """Only the fields that name a node."""
    return {name: node[name] for name in ("id", "kind", "name", "observed")}
