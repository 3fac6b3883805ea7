"""What edges say of models: which are read, by which specification of a package, whether a name was used before. Pure."""

from __future__ import annotations

from lineage.domain.kinds import REGISTERED, takes_model
from lineage.domain.records import Json
from lineage.domain.sightings import EVER
from lineage.domain.status import serves
from lineage.domain.times import bounds, sortable
from lineage.graphs.deployments import BEFORE, PAST
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of


def is_model(reading: Link) -> bool:
    """Whether what is read is a model, not data to make one from."""
    return takes_model(reading.relation, reading.data["usage"])


NAMED = "named-by-environment"  # why it is not certain what is served: an environment names it, and no field says more


def by_environment(loading: Link) -> bool:
    """Whether only a variable of a container's environment names what may be loaded."""
    return loading.relation == "loads" and loading.data["evidence"] == "logged"


def specified(links: list[Link], name: str) -> list[Link]:
    """What a model loads of a package: the additional specification that it names, else the package's own."""
    return [link for link in links if specification(link) == name]


def specification(link: Link) -> str:
    """The additional specification of a package that an edge into it is about; empty for the package's own."""
    return str(link.data["role"]) if str(link.data["path"]).startswith("AdditionalInferenceSpecifications") else ""


def read_by(links: list[Link], reader: str) -> list[Link]:
    """What a model or a package is made of, as read by one that ran it; by all that ran it if that one did not."""
    if not reader or not any(link.data["reader"] == reader for link in links if link.relation in _READ_BY):
        return links
    return [link for link in links if link.relation not in _READ_BY or link.data["reader"] == reader]


_READ_BY = ("loads", "instantiates")  # what is listed for each of those that ran a model


def is_past(link: Link) -> bool:
    """Whether an endpoint ran a config or a component before, or a component a model, and no longer does."""
    return bool((link.relation == "configures" and link.data["role"] == PAST) or link.data["usage"] == PAST)


def is_doubtful(graph: Flow, link: Link) -> bool:
    """Whether what an edge names may never have run there: a pending config, or a name that was used before."""
    pending = link.relation == "configures" and link.data["settled"] == EVER
    return pending or bool(suspect(graph, link) or changed(graph, link))


def changed(graph: Flow, link: Link) -> str:
    """A note if a package named other artifacts before it was changed: a model made from it may have either."""
    if link.relation != "loads" or graph.kind(link.target) not in REGISTERED:
        return ""
    if not any(one.data["usage"] == BEFORE for one in links_into(graph, link.target, "loads")):
        return ""
    said = f"model package {graph.nodes[link.target]['name']} named other artifacts before it was changed"
    return f"{said}: which of them its models loaded is not certain"


def component_changing(component: Json) -> str:
    """A note if it is unknown whether a component runs what it names; empty if it does, or is out of service."""
    if not component["observed"] or component.get("deleted") or serves(component["status"]) is not None:
        return ""
    said = f"inference component {component['name']} is {component['status']}"
    return f"{said}: it may run something other than it names, or nothing"


def mix_said(endpoint: Json) -> str:
    """What follows where an update of an endpoint failed, and its rollback as well."""
    said = f"endpoint {endpoint['name']} is {endpoint['status']}"
    return f"{said}: it serves a mix of the config that it names and of another one that no record names"


def suspect(graph: Flow, link: Link) -> str:
    """A note if a name was deleted and used again: what is there now is younger than what names it."""
    if link.relation not in ("configures", "deploys") or is_past(link):
        return ""
    source, target = graph.nodes[link.source], graph.nodes[link.target]
    when = target["modified"] if link.relation == "configures" else target["created"]
    if not (source["created"] and when):
        return ""
    if sortable(source["created"]) <= sortable(when):
        return _created_anew(graph, link) if link.relation == "deploys" else ""
    return (
        f"suspect: {source['kind']} {source['name']} was created {source['created']}, after "
        f"{target['kind']} {target['name']} ({when}) that names it: the name was used before"
    )


def _created_anew(graph: Flow, deploys: Link) -> str:
    """A note if a model was deleted and created again before its config was certainly deployed."""
    name = deploys.source.partition("@")[0]
    others = (one.source for one in links_into(graph, deploys.target, "deploys") if one.source.partition("@")[0] == name)
    later = [graph.nodes[one]["created"] or "" for one in others if one != deploys.source]
    ran = links_out_of(graph, deploys.target, "configures")
    settled = max((max(bounds(one.time)[0], sortable(one.data["settled"])) for one in ran), default="")
    anew = min((time for time in later if time and sortable(time) <= settled), default="")
    model, config = graph.nodes[deploys.source], graph.nodes[deploys.target]
    said = f"suspect: model {model['name']} was created again {anew}, before endpoint config {config['name']} was deployed"
    return f"{said}: the one created {model['created']} may or may not have run there" if anew else ""
