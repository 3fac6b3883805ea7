"""Random small estates of copies, reuses, logged runs and endpoints with data capture: all questions agree on each fact."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.records import Resource
from tests.conftest import examples
from tests.graphs.test_copies import package
from tests.queries.test_entities import chain, entity
from tests.queries.test_pipelines import cached, step
from tests.queries.test_pipelines import run as execution
from tests.records import arn, channel, processing, record, served, training
from tests.snapshot.test_file import crawl

PLACES = ["s3://x/a/", "s3://x/a/b/", "s3://m/1/model.tar.gz", "s3://m/2/model.tar.gz", "s3://m/", "s3://kept/"]
PLACE, DAY = st.sampled_from(PLACES), st.integers(2, 9)
JOB = st.tuples(st.sampled_from(["trains", "prepares"]), PLACE, PLACE, DAY)
OTHERS = ["pins", "logs", "predicts", "serves", "hosts", "reuses", "says", "does", "names"]
OTHER = st.tuples(st.sampled_from(OTHERS), PLACE, PLACE, DAY)
SURELY = ("used", "used-indirectly")


def job(number: int, kind: str, read: str, write: str, day: int) -> Resource:
    name, on = f"job{number}", f"2026-01-0{day}"
    if kind == "prepares" and number:  # the first one trains, because runs and executions name it
        return processing(name, {"in": read}, {"out": write}, day=on)
    return training(name, [channel("model" if "/m/" in read else "train", read)], write, day=on)


def kept(number: int, read: str, write: str) -> list[Resource]:
    """An endpoint whose config alone says that it captures its answers."""
    model, config, endpoint = served(read, name=f"e{number}")
    config.body["AsyncInferenceConfig"] = {"OutputConfig": {"S3OutputPath": write}}
    return [model, config, endpoint]


def said(number: int, kind: str, one: str, two: str) -> list[Resource]:
    """Artifacts of two places, and people's statement that one leads to the other, directly or over the first job's action."""
    ends = [f"artifact/{PLACES.index(place)}" for place in (one, two)]
    types = ["ContributedTo", "DerivedFrom", "Produced", "AssociatedWith", ""]
    between = [f"action/{number}"] if kind == "does" else []
    done = [entity(name, arn("training-job", "job0") if number % 2 else "") for name in between]
    along = chain(ends[0], *between, ends[1], kind=types[number % len(types)])
    return [*(entity(name, place) for name, place in zip(ends, (one, two), strict=True)), *done, *along]


def others(number: int, kind: str, one: str, two: str, day: int) -> list[Resource]:
    """What stands beside the jobs; runs and executions belong to the first one."""
    on = f"2026-01-0{day}"
    if kind == "pins":
        return [package(f"g/{number}{end}", place, "same", on) for end, place in (("a", one), ("b", two))]
    if kind == "logs":
        body = {
            "InputArtifacts": {"i": {"Value": one}},
            "OutputArtifacts": {"o": {"Value": two}},
            "StartTime": f"{on}T06:00:00Z",
        }
        return [record("trial-component", f"run{number}", body | {"Source": {"SourceArn": arn("training-job", "job0")}})]
    if kind == "predicts":
        model = record("model", f"m{number}", {"CreationTime": f"{on}T12:00:00Z", "PrimaryContainer": {"ModelDataUrl": one}})
        times = {
            "TransformStartTime": f"{on}T13:00:00Z",
            "TransformEndTime": f"{on}T14:00:00Z",
            "TransformJobStatus": "Completed",
        }
        body = times | {"ModelName": model.name, "TransformOutput": {"S3OutputPath": two}}
        return [model, record("transform-job", f"t{number}", body)]
    if kind == "serves":
        return kept(number, one, two)
    if kind == "hosts":
        spec = {"Container": {"ArtifactUrl": one}}
        hosted = {"EndpointArn": arn("endpoint", f"e{number}"), "CreationTime": f"{on}T12:00:00Z", "Specification": spec}
        return [*kept(number, "s3://m/2/model.tar.gz", two), record("inference-component", f"c{number}", hosted)]
    if kind in ("says", "does"):
        return said(number, kind, one, two)
    if kind == "names":
        return served("", name=f"n{number}", ModelDataUrl=None, Environment={"HF_MODEL_ID": one})
    query = step("Query", two, "Athena") | {"Metadata": {"Athena": {"S3OutputLocation": two}}}
    fit = step(made=arn("training-job", "job0"))
    return [execution(f"a{number}", fit, query), execution(f"b{number}", *(one | cached(f"a{number}") for one in (fit, query)))]


def ask(snapshot: lineage.Snapshot, uris: list[str]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """What `used` and `impact` say about places, which is the same from the loaded part as from the whole graph."""
    whole = lineage.graph(snapshot)
    used = [lineage.used(whole, uri).as_json() for uri in uris]
    reached = [lineage.impact(whole, uri).as_json() for uri in uris]
    assert used == [lineage.used(lineage.around_dataset(snapshot, uri), uri).as_json() for uri in uris]
    assert used == [answer.as_json() for answer in lineage.used_all(snapshot, uris)]
    assert reached == [lineage.impact(lineage.around_subject(snapshot, uri), uri).as_json() for uri in uris]
    return list(zip(used, reached, strict=True))


# An endpoint captures, as its config says, what a component of it made from the data.
BY_COMPONENT = [("logs", "s3://x/a/b/", "s3://x/a/", 2), ("hosts", "s3://x/a/", "s3://x/a/", 2)]


@settings(max_examples=examples(60))
@given(st.lists(JOB, min_size=1, max_size=4), st.lists(OTHER, max_size=4), st.lists(PLACE, min_size=2, max_size=2, unique=True))
@example([("trains", "s3://x/a/", "s3://x/a/", 3)], BY_COMPONENT, ["s3://x/a/", "s3://x/a/b/"])
def test_all_questions_tell_of_one_fact_the_same(jobs: list[Any], more: list[Any], uris: list[str]) -> None:
    """The data reached each job that trained with it, and what it surely reached was surely made from it and nothing else."""
    records = [job(number, *one) for number, one in enumerate(jobs)]
    records += [one for number, other in enumerate(more) for one in others(number, *other)]
    with tempfile.TemporaryDirectory() as directory:
        crawl(Path(directory) / "s.db", *records)
        with lineage.open_snapshot(Path(directory) / "s.db") as snapshot:
            for uri, (used, impact) in zip(uris, ask(snapshot, uris), strict=True):
                reached = {row["id"]: row["sure"] for row in impact["reached"]}
                found = [(one["job"]["id"], one["verdict"] != "possible") for one in used["findings"]]
                fitted = [one.id for one in records if one.kind == "training-job" and one.id in reached]
                assert {one for one, sure in found if sure} <= {one for one in fitted if reached[one]}
                assert {one for one, _ in found if "training-job/" in one} <= {*reached}  # also what is unread
                for last in fitted:
                    (told,) = lineage.datasets(snapshot, last, holdouts=[uri]).holdouts
                    assert (told["verdict"] in SURELY) == reached[last], told
