"""The rules on what is served: is it known what made it, could that change, and was it approved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from lineage.checks.context import Findings, Ground, named_json
from lineage.checks.findings import FAILED, HIGH, MEDIUM, UNKNOWN, Finding, attested
from lineage.domain.jobs import is_job
from lineage.domain.kinds import ENDPOINT, HOLDERS, IMAGE, REGISTERED, kind_of_subject
from lineage.domain.names import is_place
from lineage.domain.records import CLOUDTRAIL, INCOMPLETE, Gap, Json, Node
from lineage.domain.sightings import EVER
from lineage.domain.times import SECOND, bounds, sortable
from lineage.queries.as_json import link_json
from lineage.queries.datasets import resting_on_logs
from lineage.queries.flow.contents import LOGGED, content_json, contents, whole_contents
from lineage.queries.flow.links import Link, links_into, told_once
from lineage.queries.flow.models import NAMED, is_past
from lineage.queries.flow.writers import writers, writes_at
from lineage.queries.scope import empty, not_enumerated
from lineage.queries.trace import Tracing

_UNREAD = ("denied", "throttled", "failed", "not-crawled", *INCOMPLETE)
_SHOWN = 3
_ASK_S3 = "`lineage crawl --digests` asks S3, if some model was not written by a job"


# --- LIN005: what was read --------------------------------------------------------------------------


def unpinned_input(ground: Ground) -> Findings:
    """Each training job read versions, what a read manifest listed, or a content that its run logged."""
    unpinned: dict[str, list[Link]] = {job: [] for job in ground.training_jobs}
    for job, link, how in ground.reads:
        unpinned[job] += [link] if how == "no" else []
    for job, loose in unpinned.items():
        shown = [f"{link.data['role']} = {link.source}{_as_logged(ground, job, link)}" for link in loose[:_SHOWN]]
        more = [f"{len(loose) - _SHOWN} more"] if len(loose) > _SHOWN else []
        said = f"{ground.graph.nodes[job]['name']} read unversioned data: {', '.join([*shown, *more])}"
        evidence = [link_json(link) for link in loose]
        yield Finding(FAILED, ground.node(job), "", said, HIGH, evidence) if loose else None


def _as_logged(ground: Ground, job: str, link: Link) -> str:
    """What the runs of a job say of a content, if that does not pin what was read."""
    several = sorted({one.pin.digest for one in whole_contents(ground.graph, job, link)})
    if several:
        return f" (logged as {' and as '.join(several)})"
    part = any(one.is_of(link.source) and not one.pin.complete for one in contents(ground.graph, job))
    return " (the content of a part of it is logged)" if part else ""


def logged_inputs(ground: Ground) -> list[str]:
    """The notes that the rule needs if it accepts contents that only runs give as pins."""
    logged = ((job, link) for job, link, how in ground.reads if how == LOGGED)
    told = ([content_json(ground.graph, one) for one in whole_contents(ground.graph, job, link)] for job, link in logged)
    return resting_on_logs(told)


# --- LIN006: what made it ---------------------------------------------------------------------------


def no_provenance(ground: Ground) -> Findings:
    """The trace of each endpoint leads to a job, or to a run that a person logged."""
    for tracing in ground.tracings:
        if is_job(ground.graph.nodes[tracing.endpoint]):
            continue
        if not tracing.breaks:
            yield _unsure(ground, tracing)
            continue
        lost = [found for found in tracing.breaks if found.reason not in _UNREAD]
        first, *more = lost or tracing.breaks
        others = f", and {len(more)} more" if more else ""
        name = ground.graph.nodes[tracing.endpoint]["name"]
        said = f"the origin of {name} is not fully known: {first.reason} at {first.at}: {first.detail}{others}"
        evidence = [link_json(link) for link in tracing.links.values() if link.source == first.at]
        # What may not be read is unknown; what does not exist is a finding.
        verdict, sure = (FAILED, HIGH) if lost else (UNKNOWN, "")
        yield Finding(verdict, ground.node(tracing.endpoint), "", said, sure, evidence, first.repair)


def _unsure(ground: Ground, tracing: Tracing) -> Finding | None:
    """Whether nothing breaks the trace, and yet it is not certain which job made what is served. A run may log what made it."""
    gaps = [*(gap for gap, logged in tracing.unsurely_made() if not logged), *tracing.mixed()]
    doubts = [gap.detail for gap in gaps if not ground.vouched.of(gap)]
    if not doubts:
        return None
    subject, more = ground.node(tracing.endpoint), f", and {len(doubts) - 1} more" if len(doubts) > 1 else ""
    return Finding(UNKNOWN, subject, "", f"the origin of {subject['name']} is not certain: {doubts[0]}{more}", "")


# --- LIN007: the artifact ---------------------------------------------------------------------------


def mutable_artifact(ground: Ground) -> Findings:
    """No served artifact was written again after the model was created, before it ran or while it runs."""
    links = {link[:3]: link for tracing in ground.tracings for link in tracing.links.values()}
    loads: dict[str, dict[str, Link]] = defaultdict(dict)
    for link in map(links.get, sorted(links)):
        if link and link.relation == "loads" and is_place(link.source):
            loads[link.source][link.target] = link
    modified = ground.snapshot.modified(loads)
    for place in sorted(loads):  # each model that loads it was created at a time of its own: the worst counts
        found = [_artifact(ground, link, modified.get(place, "")) for link in loads[place].values()]
        yield min(found, key=lambda one: (FAILED, UNKNOWN, "").index(one.verdict if one else ""))


def _artifact(ground: Ground, link: Link, modified: str) -> Finding | None:
    late = [ground.graph.nodes[job]["name"] for job in _written_again(ground, link)]
    limit, when = _written_by(ground, link)
    subject, evidence = ground.node(link.source), [link_json(link)]
    loader = ground.graph.nodes[link.target]["name"]
    if late:
        said = f"{link.source}, which {loader} loads, was written again later by {', '.join(late)}"
        return Finding(FAILED, subject, "", said, HIGH, evidence)
    if not (modified and limit):
        said = f"unknown whether {link.source} changed after it was made: S3 was not asked for its modification time"
        return Finding(UNKNOWN, subject, "", said, "", evidence, _ASK_S3)
    if sortable(modified)[:SECOND] <= sortable(limit)[:SECOND]:
        return None
    said = f"{link.source}, which {loader} loads, was modified {modified}, after {when} {limit}"
    return Finding(FAILED, subject, "", said, HIGH, evidence)


def _written_again(ground: Ground, link: Link) -> list[str]:
    """The jobs that wrote what a model loads after it was created, if another job had written it before."""
    made = [(bounds(write.time)[1] or EVER, write.source) for write in writes_at(ground.graph, link)]
    since = sortable(ground.graph.nodes[link.target]["created"] or "")
    return sorted({job for ended, job in made if ended > since and any(end < ended and one != job for end, one in made)})


def _written_by(ground: Ground, link: Link) -> tuple[str, str]:
    """The time after which nothing should have been written there, and what that time is."""
    wrote = [step.links[0] for step in writers(ground.graph, link) if len(step.links) == 1]
    ends = [bounds(write.time)[1] for write in wrote]
    if all(ends) and ends:
        return max(ends), "its job ended"
    return ground.graph.nodes[link.target]["created"] or "", "the model that loads it was created"


# --- LIN008 and LIN009: what ran --------------------------------------------------------------------


def image_by_tag(ground: Ground) -> Findings:
    """Each image is named by its digest, or the endpoint that runs it says which digest it was."""
    graph = ground.graph
    users = sorted(node for node in ground.path if graph.nodes[node]["kind"] in HOLDERS or node in ground.training_jobs)
    resolved = {link.source.partition("@")[0] for link in _images(ground, ground.roots) if "@sha256:" in link.source}
    for node in users:
        links = list(_images(ground, [node]))
        for image in dict.fromkeys(link.source for link in links):
            evidence = [link_json(link) for link in links if link.source == image]
            said = f"{graph.nodes[node]['name']} ran {image}: a tag may point to another image by now"
            tagged = Finding(FAILED, ground.node(node), image, said, HIGH, evidence)
            at_run = graph.nodes[node]["kind"] in HOLDERS and _repository(image) in resolved
            yield None if at_run or "@sha256:" in image else tagged


def _images(ground: Ground, nodes: Iterable[str]) -> Iterator[Link]:
    given = (link for node in nodes for link in links_into(ground.graph, node, "provides"))
    return (link for link in given if ground.graph.nodes[link.source]["kind"] == IMAGE)


def _repository(image: str) -> str:
    """An image without its tag; a registry may have a port."""
    head, slash, name = image.rpartition("/")
    return f"{head}{slash}{name.partition(':')[0]}"


def network_open_training(ground: Ground) -> Findings:
    """Each training job ran with network isolation: its channels are all that it could read."""
    for job in ground.training_jobs:
        isolated, name = ground.graph.nodes[job].get("isolated"), ground.graph.nodes[job]["name"]
        if isolated is None:
            said = f"unknown whether {name} ran with network isolation: its record does not say"
            yield Finding(UNKNOWN, ground.node(job), "", said, repair="crawl its account and region again")
        else:
            said = f"{name} ran without network isolation and may have read data that no channel names"
            yield None if isolated else Finding(FAILED, ground.node(job), "", said, HIGH)


# --- LIN010: approval -------------------------------------------------------------------------------


def unapproved_in_production(ground: Ground) -> Findings:
    """Each package that an endpoint serves, in a variant that answers, is Approved."""
    for tracing in (one for one in ground.tracings if ground.graph.nodes[one.endpoint]["kind"] == ENDPOINT.name):
        endpoint = tracing.endpoint
        running = [link for link in links_into(ground.graph, endpoint, "configures", "hosts") if not is_past(link)]
        configs, hosted = ([link for link in running if link.relation == one] for one in ("configures", "hosts"))
        deployed = [link for config in configs for link in links_into(ground.graph, config.source, "deploys")]
        served = [link for link in deployed if link.data["usage"] != "shadow"] + hosted
        for link in {link.source: link for link in (*served, *_run_by(ground, hosted))}.values():
            yield from _approval(ground, endpoint, link)
        if not deployed and not served:
            name = ground.graph.nodes[endpoint]["name"]
            said = f"unknown whether what {name} serves was approved: what it serves is unknown"
            yield Finding(UNKNOWN, ground.node(endpoint), "", said, repair="an earlier snapshot may show it")
        for gap in tracing.mixed():
            said = f"unknown whether all that is served was approved: {gap.detail}"
            yield Finding(UNKNOWN, ground.node(endpoint), "mix", said, repair="update the endpoint again")


def _run_by(ground: Ground, hosted: list[Link]) -> list[Link]:
    """The models that inference components run: a component names a model, or artifacts of its own."""
    deployed = (link for one in hosted for link in links_into(ground.graph, one.source, "deploys"))
    return [link for link in deployed if not is_past(link)]


def _approval(ground: Ground, endpoint: str, served: Link) -> Findings:
    """Of one model or component: the packages that it names, and those of the registry that hold its other artifacts."""
    model = ground.graph.nodes[served.source]
    named = links_into(ground.graph, served.source, "instantiates")
    if not model["observed"]:
        said = f"unknown whether {model['name']}, which {ground.graph.nodes[endpoint]['name']} serves, was approved"
        yield Finding(UNKNOWN, ground.node(served.source), endpoint, f"{said}: it was not read")
    for link in named:
        node = ground.graph.nodes[link.source]
        yield _judged(ground, endpoint, ground.node(link.source), node.get("approval"), HIGH, [link, served])
    told = {load.source for link in named for load in links_into(ground.graph, link.source, "loads")}
    for load in told_once(links_into(ground.graph, served.source, "loads")):
        if is_place(load.source) and load.source not in told:
            yield from _registered(ground, endpoint, load, served)


def _registered(ground: Ground, endpoint: str, load: Link, served: Link) -> Findings:
    """What the registry says of an artifact that a model loads, if nothing names the package: one approval is enough.

    It is not if another package pins another content of that very place: then it is unknown which of them is served.
    """
    rows = ground.snapshot.edge_rows(out_of=[load.source], relations=["loads"])
    held = list(ground.snapshot.nodes(dict.fromkeys(row[1] for row in rows)))
    packages = [one for one in held if one.kind in REGISTERED and not one.details.get("deleted")]
    approved, others = ([one for one in packages if (one.details.get("approval") == "Approved") is so] for so in (True, False))
    pins = {digest for one in approved for digest in _pinned(one, load.source)}
    unlike = [one for one in others if pins and _pinned(one, load.source) and pins.isdisjoint(_pinned(one, load.source))]
    if approved and unlike:
        said = f"unknown whether what {ground.graph.nodes[endpoint]['name']} serves was approved: {load.source} is in packages "
        said += f"{approved[-1].name}, which is approved, and {unlike[-1].name}, which is not, and each pins another content"
        yield Finding(UNKNOWN, _package_json(unlike[-1]), endpoint, said, "", [link_json(load), link_json(served)])
    elif approved:
        yield None
    elif others:
        approval = others[-1].details.get("approval")
        yield _judged(ground, endpoint, _package_json(others[-1]), approval, MEDIUM, [load, served])


def _pinned(package: Node, place: str) -> set[str]:
    """The contents that a package pins at a place."""
    return {digest for uri, digest in package.details.get("pins", ()) if uri == place}


def _package_json(package: Node) -> Json:
    return named_json(package.id, package.kind, package.name) | {"arn": package.arn, "observed": True}


def _judged(ground: Ground, endpoint: str, package: Json, approval: str | None, sure: str, links: list[Link]) -> Finding | None:
    name, evidence = ground.graph.nodes[endpoint]["name"], [link_json(link) for link in links]
    if approval is None:
        said = f"unknown whether package {package['name']}, which {name} serves, was approved: its record does not say"
        return Finding(UNKNOWN, package, endpoint, said, "", evidence)
    said = f"{name} serves package {package['name']}, which is {approval}"
    return None if approval == "Approved" else Finding(FAILED, package, endpoint, said, sure, evidence)


# --- LIN090: what was not read ----------------------------------------------------------------------


def coverage_gap(ground: Ground) -> Findings:
    """All that could hold a finding was listed and read: for asked subjects what is on their path, else everything."""
    if ground.asked:
        told = [gap for tracing in ground.tracings for gap in tracing.holes]
    else:
        told = [
            *not_enumerated(ground.scope, within=ground.within),
            *empty(ground.scope, ground.within),
            *ground.scope.holes,
            *ground.scope.silent,
        ]
    # Another rule reports an artifact that nothing made, or may have made.
    gaps = dict.fromkeys(gap for gap in told if gap.reason not in ("unmatched", NAMED) and gap.subject != CLOUDTRAIL)
    for gap in gaps:
        vouching = ground.vouched.of(gap)
        yield attested(_gap(gap), [one.as_json() for one in vouching], left_open=not vouching)
    if not gaps:
        yield None


def _gap(gap: Gap) -> Finding:
    kind = kind_of_subject(gap.subject)
    asked = gap.subject or gap.operation or "every list"
    identity = gap.subject or f"gap:{gap.account}/{gap.region}/{gap.operation}"
    subject = named_json(identity, kind.name if kind else "gap", asked, gap.account, gap.region)
    where = " ".join(filter(None, (gap.account, gap.region))) or "nowhere"
    said = f"{' '.join(filter(None, (gap.operation, gap.subject))) or 'the lists'} of {where}: {gap.reason}"
    detail = f": {gap.detail}" if gap.detail else ""
    return Finding(FAILED, subject, f"{gap.operation} {gap.reason}", f"{said}{detail}", HIGH)
