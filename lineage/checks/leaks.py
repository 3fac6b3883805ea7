"""The rules on holdouts: none of their data may reach training, by any path and under any channel's name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import product

from lineage.checks.context import Findings, Ground, place_json
from lineage.checks.findings import FAILED, HIGH, LOW, MEDIUM, UNKNOWN, Finding, attested, gap_ids
from lineage.checks.policy import TAG
from lineage.domain.jobs import got_nothing, ran
from lineage.domain.kinds import TRAINING_JOB
from lineage.domain.names import Cover, Span, location_of
from lineage.domain.opaque import is_opaque
from lineage.domain.records import Json
from lineage.domain.text import counted, listed
from lineage.domain.training import trains
from lineage.graphs.leads import places_near
from lineage.graphs.neighbourhoods import reads_of
from lineage.queries.as_json import link_json, node_json
from lineage.queries.attested import left_open
from lineage.queries.flow.links import Flow, Link, links_into, links_out_of, told_once
from lineage.queries.flow.steps import listings_of
from lineage.queries.runs.shared_channels import SHARED, measures, overlapping
from lineage.queries.used import INDIRECT, MAYBE, USED, Usage
from lineage.snapshot.tables import Row

_RULE = {USED: "used for training", INDIRECT: "used for training through other jobs"}
_READ_TAGS = "`lineage crawl --tags` reads more, and a search of trial components those of jobs; or name the holdout by S3 URI"


# --- LIN001 and LIN002 ------------------------------------------------------------------------------


def holdout_in_training(ground: Ground) -> Findings:
    """No training job reads a holdout as data."""
    for selector, places in ground.holdouts.items():
        if not places:
            said = f"the data of the holdout {selector} is unknown: nothing with that tag writes to S3"
            yield Finding(UNKNOWN, place_json(selector), selector, said, repair="name the holdout by its S3 URI")
        elif selector.startswith(TAG) and ground.untagged:
            unread = listed([counted(number, kind.replace("-", " ")) for kind, number in ground.untagged.items()])
            said = f"unknown whether more data has the tag of the holdout {selector}: no tags of {unread} were read"
            yield Finding(UNKNOWN, place_json(selector), f"{selector} tags", said, repair=_READ_TAGS)
    yield from _leaks(ground, USED)


def holdout_transitive(ground: Ground) -> Findings:
    """No holdout reaches training through other jobs, a base model or a checkpoint."""
    yield from _leaks(ground, INDIRECT)


def _leaks(ground: Ground, verdict: str) -> Findings:
    for uri, usage in ground.usages.items():
        told = list(_told(ground, uri, usage, verdict))
        yield from told
        if not told:
            yield None


def _told(ground: Ground, uri: str, usage: Usage, verdict: str) -> Iterator[Finding]:
    for row in usage.findings:
        if not ground.takes(row["job"]["id"]):
            continue
        if row["verdict"] == verdict:
            yield _leak(uri, row)
        elif row["verdict"] == MAYBE and bool(row["through"]) == (verdict == INDIRECT):
            name, place = row["job"]["name"], row["location"]
            said = f"{name} may have trained on holdout {uri}: {place} is named, or the times are inconclusive"
            yield Finding(UNKNOWN, row["job"], f"{uri} {row['channel']}", said, LOW, row["evidence"])
    holes = usage.scope["holes"]
    if ground.asked:
        yield from _hidden_in_making(ground, uri, verdict)
    elif holes:
        left = left_open(holes)
        said = _undecided(uri, verdict, "", left or holes)
        finding = Finding(UNKNOWN, place_json(uri), uri, said, repair=_REPAIR, gaps=gap_ids(left or holes))
        yield attested(finding, usage.rests.attestations, left_open=bool(left))


def _leak(uri: str, row: Json) -> Finding:
    """How the holdout got into the job: what it read, and how much of the holdout that is, or what others made of it."""
    idle = measures(row["channel"])
    sure = LOW if idle else HIGH if row["cover"] == "all" and row["verdict"] == USED else MEDIUM
    way = f"channel {row['channel']} = {row['location']}" if row["channel"] else row["location"]
    if row["through"]:
        way += f", made from it by {' and '.join(one['name'] for one in row['through'])}"
    elif row["location"] != uri:
        way += f", which covers {row['cover']} of it"
    given = f"{'data of ' if row['through'] else ''}holdout {uri}"
    said = f"{row['job']['name']} {_given(given, row['channel']) if idle else f'trained on holdout {uri}'}: {way}"
    return Finding(FAILED, row["job"], f"{uri} {row['channel']}", said, sure, row["evidence"])


def _given(what: str, channel: str) -> str:
    """The words for a job that got data in a channel which, by its name, it does not learn from."""
    return f"was given {what} in channel {channel}, which by its name only measures"


def _hidden_in_making(ground: Ground, uri: str, verdict: str) -> Iterator[Finding]:
    """The gaps that could hide that an asked subject was made from the holdout."""
    for making in ground.makings:
        for row in making.holdouts:
            if row["uri"] == uri and row["holes"] and row["verdict"] not in (USED, INDIRECT):
                holes = making.scope["holes"]
                where = f" in the making of {making.subject['name']}"
                left = left_open(holes) or holes
                said = _undecided(uri, verdict, where, left)
                finding = Finding(UNKNOWN, making.subject, uri, said, repair=_REPAIR, gaps=gap_ids(left))
                yield attested(finding, row.get("attestations", []), left_open=bool(row.get("left_open", row["holes"])))


_REPAIR = "fix the gaps (`lineage gaps` lists them) and crawl the whole account again"


def _undecided(uri: str, verdict: str, where: str, holes: list[Json]) -> str:
    first = holes[0]["detail"] or holes[0]["reason"] if holes else "its trace is broken"
    more = f", and {len(holes) - 1} more" if len(holes) > 1 else ""
    return f"unknown whether holdout {uri} was {_RULE[verdict]}{where}: {first}{more}"


# --- LIN003 -----------------------------------------------------------------------------------------


def train_and_evaluation_overlap(ground: Ground) -> Findings:
    """No training job shares data between a training channel and a measuring channel."""
    candidates, fine = _candidates(ground)
    yield from (None for _ in range(fine))
    graph = Flow(reads_of(ground.snapshot, candidates))
    for job in sorted(candidates):
        found: list[Finding | None] = [_overlap(graph, job, row) for row in overlapping(graph, job)]
        yield from found or [None]


def _candidates(ground: Ground) -> tuple[set[str], int]:
    """The jobs whose channels may share data, by a quick look at their names; and how many others have both sorts."""
    channels: dict[str, list[Row]] = defaultdict(list)
    for row in ground.snapshot.edge_rows(into=ground.path if ground.asked else None, relations=["reads"]):
        if row[4] == "data" and ":training-job/" in row[1]:
            channels[row[1]].append(row)
    found, fine = set(), 0
    for job, rows in channels.items():
        pairs = product((row for row in rows if not measures(row[3])), [row for row in rows if measures(row[3])])
        near = [_may_share(*pair) for pair in pairs] if len(rows) > 1 and ground.takes(job) else []
        fine += bool(near) and not any(near)
        found |= {job} if any(near) else set()
    return found, fine


def _may_share(one: Row, other: Row) -> bool:
    here, there = one[0].rstrip("/"), other[0].rstrip("/")
    near = here.startswith(there) or there.startswith(here)
    return near or any(row[9] == Span.LISTING or is_opaque(row[0], row[3], row[9]) for row in (one, other))


def _overlap(graph: Flow, job: str, row: Json) -> Finding:
    job_row, (taught, measured) = row["job"], row["channels"]
    about = f"{taught} {measured}"
    links = [link for link in links_into(graph, job, "reads") if link.data["role"] in row["channels"]]
    evidence = [link_json(link) for link in links]
    if row["verdict"] == SHARED:
        said = f"{job_row['name']} trains and evaluates on the same data: {taught} and {measured} share {row['shown']}"
        return Finding(FAILED, job_row, about, said, HIGH, evidence)
    said = f"unknown whether the channels {taught} and {measured} of {row['job']['name']} share data: what they read is unknown"
    return Finding(UNKNOWN, row["job"], about, said, "", evidence, _REPAIR)


# --- LIN004 -----------------------------------------------------------------------------------------


def holdout_object_overlap(ground: Ground) -> Findings:
    """No training job reads an object that a holdout's manifest lists. It applies only to holdouts that are manifests."""
    for uri in ground.places:
        graph = Flow(reads_of(ground.snapshot, _near_manifest(ground, uri)))
        versions = listings_of(graph).versions(uri)
        if versions:
            found: list[Finding | None] = list(_objects(ground, graph, uri, versions))
            yield from found or [None]
        elif uri in graph and any(link.data["span"] == Span.MANIFEST for link in links_out_of(graph, uri, "reads")):
            said = f"the objects that the holdout {uri} lists are unknown: its manifest was not read"
            yield Finding(UNKNOWN, place_json(uri), uri, said, repair="allow the crawl to read the manifest, then crawl again")


def _near_manifest(ground: Ground, uri: str) -> set[str]:
    """The jobs that may read an object which a manifest lists, and those that read the manifest."""
    listings = ground.snapshot.listings()
    folders = {folder for version in listings.versions(uri) for folder in listings.folders(version)}
    places = {uri} | {place for version in listings.versions(uri) for place in listings.beside(version)}
    for folder in folders:
        location = location_of(folder)
        places |= set(places_near(ground.snapshot, location)) if location else set()
    return {edge[1] for edge in ground.snapshot.edge_rows(out_of=places, relations=["reads"]) if edge[4] == "data"}


def _objects(ground: Ground, graph: Flow, uri: str, versions: list[int]) -> Iterator[Finding]:
    jobs = sorted(node for node in graph.nodes if graph.nodes[node]["kind"] == TRAINING_JOB.name and ground.takes(node))
    for job in jobs:
        if not trains(graph.nodes[job]):
            continue
        for link in told_once(links_into(graph, job, "reads")):
            asked = link.source != uri and link.data["usage"] == "data" and not got_nothing(graph.nodes[job], link.source)
            shown = _shows(graph, link, versions) if asked else ""
            if shown:
                idle = measures(link.data["role"])
                listed = f"{shown}, which the holdout's manifest {uri} lists"
                got = _given(f"{listed},", link.data["role"]) if idle else f"trained on {listed}"
                said = f"{graph.nodes[job]['name']} {got}"
                doubt = idle or not ran(graph.nodes[job])
                sure = LOW if doubt else HIGH if link.data["listing"] else MEDIUM
                yield Finding(FAILED, node_json(graph, job), f"{uri} {link.data['role']}", said, sure, [link_json(link)])


def _shows(graph: Flow, link: Link, versions: list[int]) -> str:
    """An object that a version of the manifest lists and that was read; empty if there is none."""
    listings, place = listings_of(graph), location_of(link.source)
    for version in versions:
        if link.data["listing"]:
            shown = listings.shared(link.data["listing"], version)
        else:
            covered, entry = listings.cover(version, place) if place else (Cover.NONE, "")
            # The entry, or the place itself if an entry holds all of it.
            shown = place.uri if place and covered is Cover.ALL else entry if covered is Cover.PART else ""
            begins = link.data["span"] == Span.PREFIX and not shown
            shown = listings.beginning(version, link.source) if begins else shown
        if shown:
            return shown
    return ""
