"""Lineage entities that people wrote: every question follows them through chains; those that SageMaker writes add nothing."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import lineage
from cli.render.answers import trace_text
from cli.render.datasets import datasets_text
from lineage.domain.records import Resource
from lineage.graphs.associations import BACK, FORTH, End, ways
from lineage.graphs.neighbourhoods import making_excerpt
from tests.queries.test_datasets import known
from tests.records import ACCOUNT, REGION, arn, processing, record, served, training
from tests.snapshot.test_file import crawl
from tests.work import grows_straight

HERE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:"
RAW, CLEAN, MODEL = "s3://raw/x/", "s3://clean/x/", "s3://models/fit/output/model.tar.gz"
FIT = training("fit", {"train": CLEAN}, MODEL)
SHOP = [FIT, *served(MODEL)]
RUN = "experiment-trial-component/"


def entity(name: str, uri: str = "", kind: str = "") -> Resource:
    """A lineage entity: `artifact/1`, with its source and its type."""
    noun, _, own = name.partition("/")
    called = noun.capitalize()
    body = {f"{called}Arn": HERE + name, f"{called}Name": own, f"{called}Type": kind, "Source": {"SourceUri": uri}}
    return Resource(f"lineage-{noun}", ACCOUNT, REGION, own, HERE + name, body)


def linked(source: str, target: str, kind: str = "ContributedTo") -> Resource:
    ends = {"SourceArn": HERE + source, "DestinationArn": HERE + target} | ({"AssociationType": kind} if kind else {})
    return Resource("association", ACCOUNT, REGION, "", f"{HERE}association/{source}-{target}-{kind}", ends)


def chain(*ends: str, kind: str = "ContributedTo") -> list[Resource]:
    """Associations from each to the next."""
    return [linked(one, other, kind) for one, other in pairwise(ends)]


def own_run(job: Resource, **body: Any) -> Resource:
    """The trial component that SageMaker makes for a job."""
    source = {"Source": {"SourceArn": job.arn}, "EndTime": f"{(job.created or '')[:10]}T11:00:00Z"}
    return record("trial-component", f"{job.name}-aws-{job.kind.removesuffix('-job')}-job", source | body)


RAW_1, CLEAN_2, MODEL_3 = entity("artifact/1", RAW), entity("artifact/2", CLEAN), entity("artifact/3", MODEL)
TO_PLACE: list[tuple[str, list[Resource]]] = [
    ("an artifact", [*chain("artifact/1", "artifact/2")]),
    ("a derived artifact", [linked("artifact/1", "artifact/2", "DerivedFrom")]),
    ("one that is derived, as the words say", [linked("artifact/2", "artifact/1", "DerivedFrom")]),
    ("an artifact with it", [linked("artifact/2", "artifact/1", "AssociatedWith")]),
    ("the same as another", [linked("artifact/2", "artifact/1", "SameAs")]),
    ("no type", [linked("artifact/2", "artifact/1", "")]),
    ("a produced artifact", [linked("artifact/1", "artifact/2", "Produced")]),
    ("an artifact between", [entity("artifact/9", "s3://mid/"), *chain("artifact/1", "artifact/9", "artifact/2")]),
    ("an artifact that lies in no store of ours", [entity("artifact/9", "dvc:12"), *chain("artifact/1", "artifact/9", "artifact/2")]),
    ("an artifact that was deleted", chain("artifact/1", "artifact/9", "artifact/2")),
    ("an action", [entity("action/a", "s3://code/clean.py"), *chain("artifact/1", "action/a", "artifact/2")]),
    ("an action that produced it", [entity("action/a"), linked("artifact/1", "action/a"), linked("action/a", "artifact/2", "Produced")]),
    ("an action, produced the other way round", [entity("action/a"), linked("artifact/1", "action/a"), linked("artifact/2", "action/a", "Produced")]),
    ("an action that is associated", [entity("action/a"), linked("action/a", "artifact/1", "AssociatedWith"), linked("action/a", "artifact/2", "Produced")]),
    ("a context", [entity("context/c"), *chain("artifact/1", "context/c", "artifact/2", kind="AssociatedWith")]),
    ("a context that lies there", [entity("context/c", CLEAN), *chain("artifact/1", "context/c")]),
    ("a run", [record("trial-component", "r", {}), linked("artifact/1", RUN + "r"), linked(RUN + "r", "artifact/2", "Produced")]),
    ("a cycle", chain("artifact/1", "artifact/2", "artifact/1")),
]  # fmt: skip
STORE = record("feature-group", "features", {"OfflineStoreConfig": {"S3StorageConfig": {"S3Uri": "s3://fs/", "ResolvedOutputS3Uri": CLEAN}}})  # fmt: skip
TO_RECORD: list[tuple[str, list[Resource]]] = [
    ("an artifact of a job", [entity("artifact/j", FIT.arn), *chain("artifact/1", "artifact/j")]),
    ("a job's run", [own_run(FIT), linked("artifact/1", RUN + "fit-aws-training-job")]),
    ("a processing job", [PREP := processing("prep", {}, {"out": CLEAN}), entity("action/p", PREP.arn), *chain("artifact/1", "action/p")]),
    ("a feature group", [STORE, entity("artifact/f", STORE.arn), *chain("artifact/1", "artifact/f")]),
    ("a job that prepared it, unsaid", [PREP_MID := processing("prep", {"in": "s3://mid/"}, {"out": CLEAN}), entity("artifact/9", "s3://mid/in/"), *chain("artifact/1", "artifact/9")]),
]  # fmt: skip


def asked(*records: Resource) -> dict[str, Any]:
    """What each question says about the raw data."""
    graph = known(*records)
    (held,) = lineage.datasets(graph, "endpoint/shop", holdouts=[RAW]).holdouts
    return {
        "used": lineage.used(graph, RAW).verdict,
        "holdout": held["verdict"],
        "impact": lineage.impact(graph, RAW).verdict,
        "serving": lineage.impact(graph, RAW).serving,
        "traced": any(row["uri"] == RAW and row["indirect"] for row in lineage.trace(graph, "shop").datasets),
    }


@pytest.mark.parametrize(("title", "said"), TO_PLACE + TO_RECORD, ids=[one[0] for one in TO_PLACE + TO_RECORD])
def test_a_chain_that_people_wrote_may_be_a_use(title: str, said: list[Resource]) -> None:
    """Data is possibly used, to every question, if a chain of entities leads from it to what a training job read."""
    found = asked(*SHOP, RAW_1, CLEAN_2, *said)
    assert {found["used"], found["holdout"], found["impact"]} == {"possible"}
    assert found["serving"] == [arn("endpoint", "shop")]


@pytest.mark.parametrize(("title", "said"), TO_PLACE, ids=[one[0] for one in TO_PLACE])
def test_a_chain_is_traced(title: str, said: list[Resource]) -> None:
    """A trace shows the data at the beginning of a chain as upstream, on people's word."""
    assert asked(*SHOP, RAW_1, CLEAN_2, *said)["traced"]


READS_RAW = training("fit", {"train": RAW}, MODEL)
DEPLOYED = [
    entity("context/e", arn("endpoint", "shop"), "Endpoint"),
    entity("action/d", arn("endpoint", "shop"), "ModelDeployment"),
    linked("context/e", "action/d", "AssociatedWith"),
]
NOTHING_NEW: list[tuple[str, list[Resource]]] = [
    ("entities alone", [CLEAN_2, entity("artifact/8", "s3://nobody/"), *chain("artifact/1", "artifact/8")]),
    ("the other way", [CLEAN_2, *chain("artifact/2", "artifact/1")]),
    ("what was produced of it, by who reads it", [CLEAN_2, linked("artifact/2", "artifact/1", "Produced")]),
    ("who wrote it is no reader", [own_run(PREP_RAW := processing("prep", {}, {"out": RAW})), PREP_RAW, entity("artifact/8", "s3://b/"), linked(RUN + "prep-aws-processing-job", "artifact/1", "Produced"), linked("artifact/1", RUN + "prep-aws-processing-job", "Produced"), linked(RUN + "prep-aws-processing-job", "artifact/8", "Produced")]),
    ("a job's model and who trained it", [own_run(FIT), MODEL_3, entity("artifact/1", MODEL), linked("artifact/3", RUN + "fit-aws-training-job", "Produced"), linked(RUN + "fit-aws-training-job", "artifact/3", "Produced")]),
    ("an image of both", [CLEAN_2, entity("artifact/i", "1.dkr.ecr.us-east-1.amazonaws.com/x:1", "Image"), linked("artifact/1", "artifact/i", "AssociatedWith"), linked("artifact/i", "artifact/2", "AssociatedWith")]),
    ("a project of both", [CLEAN_2, entity("context/c"), *(linked(f"artifact/{one}", "context/c", "AssociatedWith") for one in (1, 2))]),
    ("a group of both", [CLEAN_2, entity("context/g", arn("model-package-group", "g"), "ModelGroup"), *chain("artifact/1", "context/g", "artifact/2", kind="AssociatedWith")]),
    ("a deployment of both", [CLEAN_2, *DEPLOYED, linked("action/d", "artifact/1", "AssociatedWith"), linked("action/d", "artifact/2", "AssociatedWith")]),
]  # fmt: skip


@pytest.mark.parametrize(("title", "said"), NOTHING_NEW, ids=[one[0] for one in NOTHING_NEW])
def test_what_says_no_use_is_none(title: str, said: list[Resource]) -> None:
    """Entities that lead to no reader, are only adjacent, or only name writers do not make a clean "no" a possible use."""
    found = asked(*SHOP, RAW_1, *said)
    assert (found["used"], found["holdout"], found["serving"]) == ("not-referenced", "not-referenced", [])


def test_what_sagemaker_associates_with_a_job_adds_nothing() -> None:
    """A shared place that one job wrote after another had read it leads nowhere, whatever SageMaker associates with both."""
    first, late = training("fit", {"train": CLEAN}, MODEL), processing("late", {"in": RAW}, {"out": CLEAN}, day="2026-01-09")
    runs = [own_run(first), own_run(late)]
    said = [
        RAW_1, CLEAN_2, MODEL_3, entity("artifact/4", "s3://models"),
        linked("artifact/1", RUN + runs[1].name), linked(RUN + runs[1].name, "artifact/2", "Produced"),
        linked("artifact/2", RUN + runs[0].name), linked(RUN + runs[0].name, "artifact/4", "Produced"),
    ]  # fmt: skip
    records = [first, late, *runs, *served(MODEL)]
    assert asked(*records, *said) == asked(*records)
    graph, bare = (
        known(*records, *said),
        known(
            *records,
        ),
    )
    assert lineage.used(graph, CLEAN).as_json() == lineage.used(bare, CLEAN).as_json()
    assert lineage.trace(graph, "shop").as_json() == lineage.trace(bare, "shop").as_json()


def test_what_the_record_says_stays_as_strong() -> None:
    """A use that a channel declares is shown once, unchanged, whatever people wrote beside it."""
    said = [RAW_1, own_run(READS_RAW), linked("artifact/1", RUN + "fit-aws-training-job", "AssociatedWith")]
    answer = lineage.used(known(READS_RAW, *said), RAW)
    assert [(row["verdict"], row["channel"]) for row in answer.findings] == [("used", "train")]


def test_what_the_data_reached_before_it_was_associated() -> None:
    """A job that declares the data hands it on where people say so: from a place in between, and from a run."""
    prep = processing("prep", {"in": RAW}, {"out": "s3://mid/"})
    mid = [prep, entity("artifact/9", "s3://mid/"), CLEAN_2, *chain("artifact/9", "artifact/2")]
    run = [prep, own_run(prep), CLEAN_2, linked(RUN + "prep-aws-processing-job", "artifact/2", "Produced")]
    for said in (mid, run):
        assert asked(*SHOP, *said)["used"] == asked(*SHOP, *said)["holdout"] == "possible"


def into(target: str) -> Resource:
    """The statement that the raw data contributed to something with an ARN."""
    ends = {"SourceArn": f"{HERE}artifact/1", "DestinationArn": target, "AssociationType": "ContributedTo"}
    return Resource("association", ACCOUNT, REGION, "", f"{HERE}association/into", ends)


LOST = [
    ("an artifact", linked("artifact/1", "artifact/gone")),
    ("an action", linked("artifact/1", "action/gone")),
    ("an artifact of another account", into(f"arn:aws:sagemaker:{REGION}:444455556666:artifact/theirs")),
]  # fmt: skip


@pytest.mark.parametrize(("title", "said"), LOST, ids=[one[0] for one in LOST])
def test_an_entity_that_is_gone_at_the_end_of_a_chain(title: str, said: Resource) -> None:
    """Where people say that data got into an unread thing, its place is unknown: a gap for that data alone."""
    graph = known(*SHOP, RAW_1, said)
    answer = lineage.used(graph, RAW)
    (hole,) = answer.scope["holes"]
    assert (answer.verdict, hole["subject"]) == ("unknown", said.body["DestinationArn"])
    assert lineage.datasets(graph, "endpoint/shop", holdouts=[RAW]).holdouts[0]["verdict"] == "unknown"
    assert hole in lineage.impact(graph, RAW).scope["holes"]
    assert lineage.used(graph, "s3://nobody/").verdict == "not-referenced"


def test_what_people_say_that_a_job_read_is_never_certain() -> None:
    """Data that people associate with a training job itself is possible to each question, beside a channel that is certain."""
    graph = known(*SHOP, RAW_1, into(FIT.arn))
    assert lineage.used(graph, RAW).verdict == "possible"
    answer = lineage.datasets(graph, "endpoint/shop", holdouts=[RAW, CLEAN])
    assert [(row["uri"], row["verdict"]) for row in answer.holdouts] == [(RAW, "possible"), (CLEAN, "used")]
    assert {row["uri"]: row["state"] for row in answer.datasets} == {CLEAN: "read", RAW: "possible"}
    assert "ContributedTo (possible)" in datasets_text(answer, colour=False)
    assert "made from 1 dataset directly" in datasets_text(answer, colour=False)
    told = " ".join(trace_text(lineage.trace(graph, "shop"), colour=False).split())
    assert f"ContributedTo {RAW} (possible: only text that people wrote says so)" in told


def test_what_a_feature_group_gave() -> None:
    """Data in the storage of a feature group is possibly used by the jobs that people associate with the group."""
    other = training("other", {"train": "s3://d/"})
    said = [STORE, entity("artifact/f", STORE.arn), entity("artifact/o", other.arn), *chain("artifact/f", "artifact/o")]
    answer = lineage.used(known(other, *said), f"{CLEAN}part.parquet")
    assert [(row["job"]["name"], row["verdict"]) for row in answer.findings] == [("other", "possible")]


def test_an_endpoint_at_the_end_of_a_chain() -> None:
    """A statement that data got into an endpoint is shown with it, and leads nowhere from there."""
    end = entity("context/e", arn("endpoint", "shop"), "Endpoint")
    records = [*SHOP, RAW_1, CLEAN_2, end, *chain("artifact/1", "context/e", "artifact/2")]
    answer = lineage.impact(known(*records), RAW)
    assert (answer.verdict, [(row["name"], row["serves"]) for row in answer.reached]) == ("possible", [("shop", "now")])
    used = lineage.used(known(*records), RAW)
    assert (used.verdict, [row["job"]["name"] for row in used.findings]) == ("possible", ["shop"])


@pytest.mark.parametrize(
    "end",
    [
        entity("artifact/m", arn("model", "shop-model")),
        entity("context/m", arn("model", "shop-model")),
        entity("action/m", arn("model-package", "sold/1")),
        entity("action/m", arn("endpoint", "shop")),
    ],
    ids=["a model", "a model's context", "a package", "an endpoint"],
)
def test_what_people_say_got_into_a_model_may_be_a_use(end: Resource) -> None:
    """`used` says so too, as `impact` does; the model of a training job that is itself a finding is no second use."""
    package = record("model-package", "sold/1", {"CreationTime": "2026-02-01T09:00:00Z"})
    target = end.arn.removeprefix(HERE)
    answer = lineage.used(known(*SHOP, package, RAW_1, end, *chain("artifact/1", target)), RAW)
    assert (answer.verdict, len(answer.findings)) == ("possible", 1)
    trained = lineage.used(known(*SHOP, package, MODEL_3, end, *chain("artifact/3", target)), CLEAN)
    assert [(row["job"]["name"], row["verdict"]) for row in trained.findings] == [("fit", "used")]


def test_models_and_packages_at_the_end_of_a_chain() -> None:
    """What people say got into a model is in what serves it, and above it in a trace; a model's own artifact is unchanged."""
    model = entity("artifact/m", arn("model", "shop-model"))
    graph = known(*SHOP, RAW_1, model, *chain("artifact/1", "artifact/m"))
    answer = lineage.impact(graph, RAW)
    assert (answer.verdict, answer.serving) == ("possible", [arn("endpoint", "shop")])
    assert {row["kind"] for row in answer.reached} == {"model", "endpoint-config", "endpoint"}
    traced = lineage.trace(graph, "shop")
    assert traced.verdict == "traced"
    assert {row["uri"]: row["indirect"] for row in traced.datasets} == {CLEAN: False, RAW: True}


@pytest.mark.parametrize(
    ("role", "source", "target", "expected"),
    [
        ("ContributedTo", End("lineage-artifact"), End("lineage-artifact"), FORTH),
        ("Produced", End("lineage-artifact"), End("trial-component"), BACK),
        ("Produced", End("trial-component"), End("lineage-artifact"), FORTH),
        ("DerivedFrom", End("lineage-artifact"), End("lineage-artifact"), FORTH | BACK),
        ("AssociatedWith", End("lineage-artifact"), End("lineage-context"), FORTH),
        ("AssociatedWith", End("lineage-artifact"), End("lineage-action"), FORTH | BACK),
        ("", End("lineage-artifact"), End("lineage-artifact"), FORTH | BACK),
        ("ContributedTo", End("lineage-artifact", "Image"), End("trial-component"), 0),
        ("AssociatedWith", End("lineage-context", "Endpoint"), End("lineage-action", "ModelDeployment"), 0),
        ("ContributedTo", End("lineage-artifact"), End("lineage-context", "Endpoint", "endpoint"), FORTH),
        ("AssociatedWith", End("lineage-action", "ModelDeployment"), End("lineage-artifact"), 0),
    ],
)
def test_ways(role: str, source: End, target: End, expected: int) -> None:
    """An association's type says which way data may have gone; without one both ways count, except for groups."""
    assert ways(role, source, target) == expected


@pytest.mark.parametrize(
    ("title", "said"), [*TO_PLACE, *TO_RECORD, *NOTHING_NEW], ids=lambda one: one if isinstance(one, str) else ""
)
def test_the_neighbourhood_has_the_whole_chain(tmp_path: Path, title: str, said: list[Resource]) -> None:
    """The part of a large estate that a question loads gives the answers of the whole graph."""
    crawl(tmp_path / "s.db", *SHOP, RAW_1, CLEAN_2, *said)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        whole = lineage.graph(snapshot)
        near = lineage.around_dataset(snapshot, RAW), lineage.around_subject(snapshot, RAW)
        assert lineage.used(near[0], RAW).as_json() == lineage.used(whole, RAW).as_json()
        assert lineage.impact(near[1], RAW).as_json() == lineage.impact(whole, RAW).as_json()
        made = making_excerpt(snapshot, arn("endpoint", "shop"))
        for part in (made, lineage.neighbourhood(snapshot, [arn("endpoint", "shop")], "up")):
            assert lineage.trace(part, "shop").as_json() == lineage.trace(whole, "shop").as_json()
        (held,), (known_,) = (
            lineage.datasets(one, arn("endpoint", "shop"), holdouts=[RAW]).holdouts for one in (snapshot, whole)
        )
        assert held["verdict"] == known_["verdict"]


def test_a_long_chain_grows_straight(tmp_path: Path) -> None:
    """A chain of artifacts that is twice as long takes twice the work, and no recursion."""

    def asks(length: int) -> Any:
        ends = [entity(f"artifact/{number}", f"s3://mid/{number}/") for number in range(2, length)]
        named = ["artifact/1", *(f"artifact/{number}" for number in range(2, length)), "artifact/z"]
        graph = known(*SHOP, RAW_1, *ends, entity("artifact/z", CLEAN), *chain(*named))
        return lambda: lineage.used(graph, RAW)

    assert asks(3000)().verdict == "possible"
    assert grows_straight(asks, 200)
