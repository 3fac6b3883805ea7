"""W3C PROV, as PROV-JSON: for archives, research and the public sector.

A job, a run and a pipeline execution are activities. The role that a job took is an agent. Everything else is an entity. An
activity `used` what it read, in the role of its channel. What it wrote `wasGeneratedBy` it. A model `wasDerivedFrom` its
artifact, and so on up to the endpoint. Two locations that share keys are `alternateOf` each other. What only belongs to
something, or is only mentioned, is an influence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

from lineage.domain.jobs import is_job
from lineage.domain.kinds import RUNS
from lineage.domain.names import is_place
from lineage.domain.records import Json
from lineage.graphs.nodes import Attributes
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.text import dumped
from lineage.queries.flow.belonging import EXECUTION
from lineage.queries.flow.links import Link

_STEM = re.compile(r"arn:[^:]*:[^:]*:[^:]*:[^:]*:")
_OURS = "urn:lineage:"
_LOCAL = "/-._~"
_DERIVES = ("loads", "provides", "instantiates", "deploys", "configures", "hosts")


def write_prov(chosen: Chosen) -> Iterator[str]:
    """The document, one thing or relation per line. The nodes or edges are read once for each section."""
    return _Document(chosen).pieces()


class _Document:
    """Builds a document from what is chosen, with its prefixes and the nodes that are activities."""

    def __init__(self, chosen: Chosen) -> None:
        self.chosen = chosen
        stems = {found[0] for node, _ in chosen.nodes() if (found := _STEM.match(node))}
        schemes = {node.partition("://")[0] for node, _ in chosen.nodes() if is_place(node)}
        self.prefixes = {stem: f"aws{number}" for number, stem in enumerate(sorted(stems))}
        self.prefixes |= {f"{scheme}://": re.sub(r"\W", "", scheme) for scheme in sorted(schemes)}
        self.activities = {node for node, data in chosen.nodes() if is_job(data) or data["kind"] in (EXECUTION, *RUNS)}
        self.roles: dict[str, str] = {}

    def pieces(self) -> Iterator[str]:
        """The whole document. The roles are known after the activities, so agents come after these."""
        named = {prefix: stem for stem, prefix in self.prefixes.items()}
        about = self.chosen.about()
        crawled = {"lineage:scope": dumped(about["scope"]), "lineage:gaps": dumped(about["gaps"])}
        yield f'{{"prefix": {dumped(named | {"lineage": _OURS})},\n"entity": {{'
        bundle = {"prov:label": "what was looked at, and what could not be"} | crawled
        yield f"\n{dumped('lineage:crawl')}: {dumped(bundle)}"
        yield from self._lines(lambda node, data: None if node in self.activities else _said(node, data), first=False)
        yield '},\n"activity": {'
        yield from self._lines(self._activity)
        yield "}"
        yield from self._agents()
        for name, told in _RELATIONS.items():
            yield from self._section(name, told)
        yield "}\n"

    def _lines(self, told: Callable[[str, Attributes], Json | None], *, first: bool = True) -> Iterator[str]:
        for node, data in self.chosen.nodes():
            said = told(node, data)
            if said is not None:
                yield f"{'' if first else ','}\n{dumped(self.name(node))}: {dumped(said)}"
                first = False

    def name(self, node: str) -> str:
        """The name of a node: its stem as a prefix, and the rest escaped so that any parser takes it."""
        scheme, slashes, rest = node.partition("://")
        found = _STEM.match(node)
        stem = found[0] if found else f"{scheme}{slashes}" if slashes else ""
        local = node.removeprefix(stem) if found else rest if slashes else node
        return f"{self.prefixes.get(stem, 'lineage')}:{quote(local, safe=_LOCAL) or '%20'}"

    # --- things ---------------------------------------------------------------------------------

    def _activity(self, node: str, data: Attributes) -> Json | None:
        if node not in self.activities:
            return None
        role = self.chosen.record(data).get("RoleArn") if is_job(data) else None
        if role:
            self.roles[node] = role
        times = {"prov:startTime": data.get("started"), "prov:endTime": data.get("ended")}
        return {name: time for name, time in times.items() if time} | _said(node, data)

    def _agents(self) -> Iterator[str]:
        roles = {self.agent(role): {"prov:type": "role", "lineage:arn": role} for role in sorted(set(self.roles.values()))}
        associated = {
            f"_:a{number}": {"prov:activity": self.name(job), "prov:agent": self.agent(role)}
            for number, (job, role) in enumerate(sorted(self.roles.items()))
        }
        if roles:
            yield f',\n"agent": {dumped(roles)},\n"wasAssociatedWith": {dumped(associated)}'

    @staticmethod
    def agent(role: str) -> str:
        return f"lineage:{quote(role, safe=_LOCAL)}"

    # --- what they are to each other --------------------------------------------------------------

    def _section(self, name: str, told: tuple[str, str]) -> Iterator[str]:
        first = True
        for number, link in enumerate(self.chosen.edges()):
            if self._relation(link) == name:
                # What belongs to something was influenced by it, although the edge points the other way.
                ends = (link.source, link.target) if link.relation == "member-of" else (link.target, link.source)
                said = {f"prov:{role}": self.name(end) for role, end in zip(told, ends, strict=True)} | _facts(link, name)
                yield f',\n"{name}": {{' if first else ","
                yield f"\n{dumped(f'_:{name}{number}')}: {dumped(said)}"
                first = False
        yield "" if first else "}"

    def _relation(self, link: Link) -> str:
        if link.target in self.activities and link.relation in ("reads", "provides", "loads"):
            return "wasInfluencedBy" if link.source in self.activities else "used"
        if link.source in self.activities and link.relation == "writes":
            return "wasInfluencedBy" if link.target in self.activities else "wasGeneratedBy"
        between_entities = not {link.source, link.target} & self.activities
        if link.relation == "overlaps" and between_entities:
            return "alternateOf"
        return "wasDerivedFrom" if link.relation in _DERIVES and between_entities else "wasInfluencedBy"


# The two ends of each relation, first the one to which the edge points.
_RELATIONS: dict[str, tuple[str, str]] = {
    "used": ("activity", "entity"),
    "wasGeneratedBy": ("entity", "activity"),
    "wasDerivedFrom": ("generatedEntity", "usedEntity"),
    "alternateOf": ("alternate1", "alternate2"),
    "wasInfluencedBy": ("influencee", "influencer"),
}


def _said(node: str, data: Attributes) -> Json:
    names = ("kind", "account", "region", "arn", "created", "modified", "status", "failure")
    said: dict[str, Any] = {f"lineage:{name}": str(data[name]) for name in names if data.get(name)}
    return {"prov:label": data["name"] or node, "lineage:id": node, "lineage:observed": data["observed"]} | said


def _facts(link: Link, name: str) -> Json:
    """What an edge says besides its ends. `alternateOf` has room for nothing."""
    if name == "alternateOf":
        return {}
    words = ("relation", "role", "usage", "path", "evidence", "time")
    said = link.attributes()
    told = {f"lineage:{word}": said[word] for word in words if said[word]}
    role = told.get("lineage:role") if name in ("used", "wasGeneratedBy") else None
    return told | ({"prov:role": role} if role else {})
