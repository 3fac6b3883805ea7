"""Copies: a model that was promoted, renamed or sent to another account is matched by content to the job that made it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from lineage.graphs.build import graph_of
from lineage.queries.impact import impact
from lineage.queries.trace import trace
from lineage.queries.used import used
from tests.crawl.test_manifests import IMAGE, TIMES, content, crawl
from tests.records import arn, processing, record, served, training

MADE, COPY = "s3://models/fit/output/model.tar.gz", "s3://prod/shop/model.tar.gz"
FIT = training("fit", {"train": "s3://data/x/"}, MADE, **(IMAGE | TIMES))
SERVED = served(COPY)


def package(name: str, place: str, etag: str, day: str = "2026-01-20", changed: str = "", **words: Any) -> Resource:
    """A model package, registered before the endpoint was created, that pins what it loads."""
    one = {"Image": "image:1", "ModelDataUrl": place, "ModelDataETag": etag} | words
    times = {"CreationTime": f"{day}T10:00:00Z"} | ({"LastModifiedTime": f"{changed}T10:00:00Z"} if changed else {})
    return record("model-package", name, times | {"InferenceSpecification": {"Containers": [one]}})


def listed(one: Resource) -> dict[str, Any]:
    """The line of a package in an account file."""
    body = {"ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": []}} | dict(one.body)
    return {"kind": "model-package", "record": body}


def makers(*records: Resource) -> list[str]:
    return [job["name"] for job in trace(graph_of(records), "shop").training_jobs]


@pytest.mark.parametrize(
    ("etags", "expected"),
    [(("abc", "abc"), ["fit"]), (("abc", '"abc"'), ["fit"]), (("abc", "abd"), []), (("", ""), []), (("abc", ""), [])],
)
def test_packages_pin_what_they_load(etags: tuple[str, str], expected: list[str]) -> None:
    """Two packages that pin the same ETag load the same model, and nothing follows from ETags that differ."""
    packages = package("dev", MADE, etags[0]), package("prod", COPY, etags[1])
    assert makers(FIT, *packages, *SERVED) == expected


def test_the_evidence_is_the_content() -> None:
    """An answer that rests on equal content says so, and so does a picture."""
    graph = graph_of([FIT, package("dev", MADE, "a"), package("prod", COPY, "a"), *SERVED])
    assert "same content" in lineage.to_dot(graph)
    answer = trace(graph, "shop")
    (edge,) = (edge for edge in answer.evidence if edge["evidence"] == "content")
    assert (edge["source"], edge["target"], edge["relation"]) == (MADE, COPY, "overlaps")
    assert answer.verdict == "traced"


PACKAGES = package("dev", MADE, "a"), package("prod", COPY, "a")


@pytest.mark.parametrize(
    "other",
    [
        processing("late", {}, {"o": "s3://prod/"}, day="2026-05-01"),
        record("trial-component", "r", {"OutputArtifacts": {"m": {"Value": COPY}}}),
        record("trial-component", "r", {"OutputArtifacts": {"m": {"Value": "s3://prod/shop/"}}}),
    ],
    ids=["a job that came later", "a run that logs it", "a run that logs what is around it"],
)
def test_who_else_has_to_do_with_the_place(other: Resource) -> None:
    """A copy is matched to its original even if another job writes there later, or the answer says so."""
    assert "fit" in makers(FIT, *PACKAGES, *SERVED, other)


def test_a_failed_job_made_nothing() -> None:
    """A failed job may have written nothing to its place, and hides no copy there."""
    own = training("own", {}, COPY, day="2026-01-05", TrainingJobStatus="Failed")
    times = {"OptimizationStartTime": "2026-01-05T10:00:00Z", "OptimizationEndTime": "2026-01-05T11:00:00Z"}
    shaped = record(
        "optimization-job", "o", times | {"OptimizationJobStatus": "FAILED", "OutputConfig": {"S3OutputLocation": COPY}}
    )
    for failed in (own, shaped):
        assert "fit" in makers(FIT, failed, *PACKAGES, *SERVED)


def test_who_surely_made_it_is_told_beside_the_original() -> None:
    """Where a job wrote the exact place before it was loaded, it is shown, and so is each writer of equal content elsewhere."""
    own = training("own", {}, COPY, day="2026-01-05")
    assert makers(FIT, own, *PACKAGES, *SERVED) == ["fit", "own"]


def test_the_content_of_who_surely_made_it_is_told_as_possible() -> None:
    """Where a job wrote the exact place and its content is also another job's, the data of that one may be in it."""
    own = training("own", {}, COPY, day="2026-01-05")
    tuned = training("tuned", {"model": COPY}, day="2026-01-25")
    graph = graph_of([FIT, own, *PACKAGES, *SERVED, tuned])
    assert [row["sure"] for row in impact(graph, "s3://data/x/").reached if row["name"] == "shop"] == [False]
    assert {one["job"]["name"]: one["verdict"] for one in used(graph, "s3://data/x/").findings}["tuned"] == "possible"


def test_edges_grow_with_the_places() -> None:
    """One content at many places has as many edges as places, and each original reaches each copy in one hop."""
    jobs = [maker(f"fit-{n}", "2026-01-02", f"s3://models/{n}/m") for n in range(30)]
    pins = [package(f"{place}-{n}", f"s3://{place}/{n}/m", "a") for place in ("models", "prod") for n in range(30)]
    graph = graph_of([*jobs, *pins, *served("s3://prod/7/m")])
    assert sum(data["evidence"] == "content" for _, _, data in graph.edges(data=True)) < 5 * 60
    assert len(trace(graph, "shop").training_jobs) == 30
    reached = {row["name"] for row in impact(graph, "s3://fit-9/x/").reached}
    assert {*(f"prod-{n}" for n in range(30)), "models-9", "shop"} <= reached


def test_uncompressed_models() -> None:
    """A model that is a folder is the same with and without a slash at its end."""
    folder = training("fit", {"train": "s3://data/x/"}, "s3://models/fit/output/model")
    assert makers(folder, package("dev", "s3://models/fit/output/model/", "a"), package("prod", COPY, "a"), *SERVED) == ["fit"]


def test_two_pins_of_one_place_tell_two() -> None:
    """A place that was rewritten between two packages does not show which bytes were served: both are possible."""
    other = training("other", {}, "s3://models/other/output/model.tar.gz")
    pins = [package("one", "s3://models/other/output/model.tar.gz", "b"), package("two", COPY, "b")]
    graph = graph_of([FIT, other, *PACKAGES, *pins, *SERVED])
    assert [job["name"] for job in trace(graph, "shop").training_jobs] == ["fit", "other"]
    assert sum("was not observed there" in caveat for caveat in trace(graph, "shop").caveats) == 2


def test_two_packages_of_one_moment_pin_two_contents() -> None:
    """Two records that pin different contents at one place and time do not make them one: each package got its own."""
    other = training("other", {}, "s3://models/other/output/model.tar.gz")
    pins = [package("one", "s3://models/other/output/model.tar.gz", "b"), package("two", COPY, "b")]
    assert makers(FIT, other, *PACKAGES, *pins, *served("", ModelPackageName=arn("model-package", "two"))) == ["other"]


SURE, MAYBE, NO = "sure", "possible", "no"
EARLY, LATE, END = "2026-01-10", "2026-01-20", "2026-02-01"


def maker(name: str, day: str, place: str = MADE) -> Resource:
    """A job that trains a model on data of its own."""
    return training(name, {"train": f"s3://{name}/x/"}, place, day=day)


def pin(day: str, etag: str = "a", place: str = COPY, changed: str = "") -> Resource:
    """A package named by its day, which pins the copy."""
    return package(f"of-{day}", place, etag, day, changed)


def by_package(day: str) -> list[Resource]:
    """The endpoint, which serves the package of a day."""
    return [*served("", ModelPackageName=arn("model-package", f"of-{day}"))]


def told(job: str, *records: Resource) -> tuple[str, str]:
    """Whether an endpoint serves the model of a job, as `trace` and `impact` say, and whether `tuned`, of `END`, started from
    it.

    Where they say no, they also say that any other origin is unknown.
    """
    graph = graph_of([*records, training("tuned", {"model": COPY}, day=END)])
    traced, spread = trace(graph, "shop"), impact(graph, f"s3://{job}/x/")
    made = job in {one["name"] for one in traced.training_jobs}
    doubted = any(caveat.startswith(f"{job} wrote") for caveat in traced.caveats)
    reached = {row["name"]: row["sure"] for row in spread.reached if row["kind"] == "endpoint"}
    says = [MAYBE if doubted else SURE if made else NO, {True: SURE, False: MAYBE, None: NO}[reached.get("shop")]]
    assert says[0] == says[1]
    assert made or traced.breaks or traced.training_jobs
    assert reached or spread.scope["holes"]
    uses = {one["job"]["name"]: one["verdict"] for one in used(graph, f"s3://{job}/x/").findings}
    return says[0], {"used-indirectly": SURE, "possible": MAYBE, None: NO}[uses.get("tuned")]


ONE, DEV, PROD = maker("one", "2026-01-02"), package("dev", MADE, "a", EARLY), pin(LATE)


@pytest.mark.parametrize(
    ("more", "one", "two"),
    [
        ([*by_package(LATE)], (SURE, MAYBE), None),
        ([*SERVED], (MAYBE, MAYBE), None),
        ([*by_package(LATE), maker("two", "2026-01-15")], (SURE, MAYBE), (NO, NO)),
        ([*by_package(LATE), maker("two", "2026-01-05")], (MAYBE, MAYBE), (SURE, MAYBE)),
        ([*by_package(LATE), maker("two", "2026-01-15"), package("new", MADE, "b", "2026-01-16")], (SURE, MAYBE), (NO, NO)),
        ([*by_package(LATE), pin("2026-01-15", "b")], (SURE, MAYBE), None),
        ([*by_package(LATE), pin("2026-01-25", "b")], (SURE, NO), None),
        ([*by_package("2026-01-25"), pin("2026-01-25", "b")], (NO, NO), None),
        ([*by_package(LATE), pin("2026-01-25", "b"), pin("2026-01-28", "a")], (SURE, MAYBE), None),
        ([*SERVED, pin("2026-01-15", "b"), pin("2026-03-01", "a")], (MAYBE, MAYBE), None),
        ([*SERVED, pin("2026-03-01", "b")], (MAYBE, MAYBE), None),
        ([*by_package("2026-01-05"), pin("2026-01-05", "b", changed=END)], (NO, MAYBE), None),
    ],
    ids=[
        "the package that pins it",
        "who loads the place itself, later",
        "the original overwritten after its package",
        "the original overwritten before its package",
        "the original overwritten and pinned anew",
        "the copy overwritten before its package",
        "the copy overwritten after its package",
        "another package after that",
        "the same again",
        "the same again, after it was loaded",
        "overwritten before or after it was loaded",
        "an earlier package, changed much later",
    ],
)
def test_a_pin_has_its_time(more: list[Resource], one: tuple[str, str], two: tuple[str, str] | None) -> None:
    """A package's pin held when it was registered: certain for a model that loads the package, possible for others near it."""
    assert told("one", ONE, DEV, PROD, *more) == one
    assert two is None or told("two", ONE, DEV, PROD, *more) == two


def test_a_package_that_pins_before_the_job() -> None:
    """Content that was at a place before a job wrote there is not that job's output."""
    assert told("one", ONE, package("dev", MADE, "a", "2026-01-01"), PROD, *SERVED) == (NO, NO)


def test_a_package_that_was_changed_while_the_job_wrote() -> None:
    """A package pins at some time before its last change: a write in between may be what it pins, or not."""
    assert told("one", ONE, package("dev", MADE, "a", "2026-01-01", EARLY), PROD, *by_package(LATE)) == (MAYBE, MAYBE)


def test_a_later_job_made_no_copy() -> None:
    """A job that ended after a model was deployed is not its maker, whatever the content."""
    late = training("fit", {}, MADE, day="2026-05-01")
    assert makers(late, package("dev", MADE, "a"), package("prod", COPY, "a"), *SERVED) == []


def test_what_is_copied_trains_on() -> None:
    """Data reaches a model that was fine-tuned from a copy."""
    tuned = training("tuned", {"model": COPY}, day="2026-01-25")
    graph = graph_of([FIT, package("dev", MADE, "a"), package("prod", COPY, "a"), tuned])
    assert [one["job"]["name"] for one in used(graph, "s3://data/x/").findings] == ["fit", "tuned"]


def ask(path: Path) -> list[str]:
    with lineage.open_snapshot(path) as opened:
        return [job["name"] for job in lineage.trace(lineage.graph(opened), "shop").training_jobs]


def lines(*more: Any, made: str = "weights", copy: str = "weights", at: str = "2026-01-10", **words: Any) -> list[Any]:
    """The job, the endpoint, the job's output, and what the endpoint loads."""
    job = training(
        "fit", {"train": "s3://data/x/"}, MADE, TrainingEndTime=words.pop("ended", "2026-01-02T11:00:00Z"), **(IMAGE | TIMES)
    )
    endpoint = [one for one in SERVED if one.kind != "endpoint"]
    (live,) = (one for one in SERVED if one.kind == "endpoint")
    original = {"object": MADE, "text": made, "modified": "2026-01-02T10:59:00Z"} | words
    return [job, *endpoint, live, original, content(place=COPY, text=copy, modified=f"{at}T00:00:00Z"), *more]


def test_what_is_needed_is_enough_for_a_copy(tmp_path: Path) -> None:
    """The part that a question loads follows a copy as the whole graph does."""
    tuned = training("tuned", {"model": COPY}, day="2026-01-25", **(IMAGE | TIMES))
    path = crawl(tmp_path, *lines(tuned), digests=True)
    with lineage.open_snapshot(path) as opened:
        graphs = lineage.around_dataset(opened, "s3://data/x/"), lineage.graph(opened)
        reached = lineage.impact(lineage.around_subject(opened, "s3://data/x/"), "s3://data/x/")
    answers = [lineage.used(graph, "s3://data/x/") for graph in graphs]
    assert [one["job"]["name"] for one in answers[0].findings] == ["fit", "tuned"]
    assert answers[0].as_json() == answers[1].as_json()
    assert [row["name"] for row in reached.reached if row["kind"] == "endpoint"] == ["shop"]


def test_digests_find_the_original(tmp_path: Path) -> None:
    """With --digests, a model without a known writer is matched to the job that wrote the same bytes; otherwise S3 is not
    read."""
    assert ask(crawl(tmp_path, *lines())) == []
    assert ask(crawl(tmp_path, *lines(), digests=True)) == ["fit"]
    assert ask(crawl(tmp_path, *lines())) == ["fit"]  # what was known stays


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ({"etag": "abc-7"}, ["fit"]),
        ({"copy": "other"}, []),
        ({"made": "", "copy": ""}, []),
        ({"modified": "2026-01-03T00:00:00Z"}, []),
        ({"at": "2026-03-01"}, ["fit"]),  # and the endpoint still serves: a replaced instance got it
        ({"modified": "2026-01-02T11:00:00Z", "ended": "2026-01-02T11:00:00.512Z"}, ["fit"]),
    ],
    ids=["in other parts", "other bytes", "no bytes", "anew after the job", "anew after the model", "in the job's last second"],
)
def test_what_digests_tell(tmp_path: Path, words: dict[str, Any], expected: list[str]) -> None:
    """A checksum decides where an ETag cannot; an object that was rewritten since proves nothing about its former content."""
    assert ask(crawl(tmp_path, *lines(**words), digests=True)) == expected


def test_one_content_by_two_kinds_of_digest(tmp_path: Path) -> None:
    """A package's ETag is found where S3 gives another ETag: a third place has both that ETag and the checksum."""
    between = content(place="s3://dev/model.tar.gz", text="weights", etag="one", modified="2026-01-05T00:00:00Z")
    copy = content(place=COPY, text="weights", etag="two-7", modified="2026-01-10T00:00:00Z")
    job, *endpoint = [one for one in lines() if isinstance(one, Resource)]
    pinned = [package("dev", MADE, "one", "2026-01-04"), package("staging", "s3://dev/model.tar.gz", "one")]
    path = crawl(tmp_path, job, *endpoint, *(listed(one) for one in pinned), between, copy, digests=True)
    assert ask(path) == ["fit"]
    assert ask(crawl(tmp_path, job, *endpoint, listed(pinned[0]), copy, digests=True)) == ["fit"]  # S3 said so once


@pytest.mark.parametrize(("modified", "expected"), [("2026-01-05", ["fit"]), ("2026-02-05", [])])
def test_a_place_joins_no_two_contents(tmp_path: Path, modified: str, expected: list[str]) -> None:
    """A place that had the one ETag, and has another one since its rewrite, does not make them the same."""
    etag = "one" if expected else "anew"
    between = content(place="s3://dev/model.tar.gz", text="weights", etag=etag, modified=f"{modified}T00:00:00Z")
    copy = content(place=COPY, text="weights", etag="two-7", modified="2026-01-10T00:00:00Z")
    job, *endpoint = [one for one in lines() if isinstance(one, Resource)]
    pinned = [package("dev", MADE, "one", "2026-01-04"), package("staging", "s3://dev/model.tar.gz", "one")]
    assert ask(crawl(tmp_path, job, *endpoint, *map(listed, pinned), between, copy, digests=True)) == expected


BY_PREFIX = record(
    "model",
    "shop-model",
    {
        "CreationTime": "2026-02-01T10:00:00Z",
        "PrimaryContainer": {
            "ModelDataSource": {"S3DataSource": {"S3Uri": COPY, "S3DataType": "S3Prefix", "CompressionType": "Gzip"}}
        },
    },
)
AROUND = {
    "a stopped job wrote the folder around": ("Stopped", "s3://prod/", []),
    "a job that ended wrote the folder around": ("Completed", "s3://prod/", []),
    "a job wrote beside it, below its prefix": ("Completed", f"{COPY}.sha/", [BY_PREFIX]),
}


@pytest.mark.parametrize(("status", "wrote", "instead"), AROUND.values(), ids=AROUND)
def test_who_wrote_around_a_copy_hides_no_original(tmp_path: Path, status: str, wrote: str, instead: list[Resource]) -> None:
    """Whatever was written around a copy before it, --digests reads the copy, and no question loses the original's data."""
    app = {"AppSpecification": {"ImageUri": "image:1"}, "LastModifiedTime": "2026-01-01T09:00:00Z"}
    other = processing("other", {"in": "s3://y/"}, {"out": wrote}, day="2026-01-01", ProcessingJobStatus=status, **app)
    replaced = {one.name for one in instead}
    found = [one for one in lines(other) if not (isinstance(one, Resource) and one.name in replaced)]
    path = crawl(tmp_path, *found, *instead, digests=True)
    assert "fit" in ask(path)
    with lineage.open_snapshot(path) as opened:
        graph, shop = lineage.graph(opened), lineage.find_in(opened, "endpoint/shop")
        held = lineage.datasets(opened, shop, holdouts=["s3://data/x/"])
        assert [one["verdict"] for one in held.holdouts] == ["used"]
        assert shop in lineage.impact(graph, "s3://data/x/").serving


def test_digests_are_asked_for_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Content that came to a place after its digests were read is not taken for the earlier content."""
    monkeypatch.setattr("lineage.crawl.manifests.now", lambda: "2026-02-10T00:00:00Z")
    assert ask(crawl(tmp_path, *lines(), digests=True)) == ["fit"]
    monkeypatch.undo()
    model = {"CreationTime": "2026-03-10T10:00:00Z", "PrimaryContainer": {"ModelDataUrl": COPY}}
    config = {"CreationTime": "2026-03-10T10:10:00Z", "ProductionVariants": [{"VariantName": "all", "ModelName": "next"}]}
    times = {"CreationTime": "2026-03-10T10:20:00Z", "LastModifiedTime": "2026-03-10T10:30:00Z"}
    endpoint = times | {"EndpointStatus": "InService", "EndpointConfigName": "next"}
    later = [record("model", "next", model), record("endpoint-config", "next", config), record("endpoint", "next", endpoint)]
    path = crawl(tmp_path, *lines(*later, copy="newer", at="2026-03-05"), digests=True)
    with lineage.open_snapshot(path) as opened:
        assert lineage.trace(lineage.graph(opened), "next").training_jobs == []


def test_a_copy_that_is_older_than_the_model(tmp_path: Path) -> None:
    """Content that was at its place before a job wrote the same may be older than the model: it is not certainly its copy."""
    other = training("other", {}, "s3://models/other/output/model.tar.gz", day="2026-01-12", **(IMAGE | TIMES))
    same = content(place="s3://models/other/output/model.tar.gz", text="weights", modified="2026-01-12T10:59:00Z")
    pins = package("pins", COPY, "x", "2026-01-30")  # so that its digest is read
    path = crawl(tmp_path, *lines(other, same, listed(pins)), digests=True)
    with lineage.open_snapshot(path) as opened:
        traced = lineage.trace(lineage.graph(opened), "shop")
    assert [job["name"] for job in traced.training_jobs] == ["fit", "other"]
    assert [caveat for caveat in traced.caveats if "was not observed there" in caveat and caveat.startswith("other")]
    assert not [caveat for caveat in traced.caveats if caveat.startswith("fit")]


def fitted(name: str, day: str, place: str = "", **body: Any) -> Resource:
    """A job whose model is in no bucket any more, so that its digest is a gap."""
    return training(name, {}, place, day=day, **(IMAGE | TIMES | body))


@pytest.mark.parametrize(
    ("lost", "asked"),
    [
        ([], {"before"}),
        ([package("pins", COPY, "a", "2026-01-30")], {"before", "after"}),
    ],
)
def test_what_is_asked_of(tmp_path: Path, lost: list[Resource], asked: set[str]) -> None:
    """S3 is read only for models of jobs that began before the copy was made or pinned: no other job can be its maker."""
    jobs = fitted("before", "2026-01-05"), fitted("after", "2026-01-20"), fitted("much-later", "2026-04-01")
    told: list[str] = []
    path = crawl(tmp_path, *lines(*jobs, *map(listed, lost)), digests=True, on_progress=lambda one: told.append(one.doing))
    with lineage.open_snapshot(path) as opened:
        assert {gap.subject.split("/")[3] for gap in opened.gaps()} == asked
    assert f"asking for digests: {1 + len(asked)} of {1 + len(asked)}" in told
    assert ask(path) == ["fit"]


def test_nothing_is_asked_for_nothing(tmp_path: Path) -> None:
    """Where the content of the copy cannot be known, S3 is not read for the output of jobs."""
    records = [one for one in lines() if isinstance(one, Resource)]
    path = crawl(tmp_path, *records, digests=True)
    with lineage.open_snapshot(path) as opened:
        assert {gap.subject for gap in opened.gaps()} == {COPY}


@pytest.mark.parametrize("fault", [{"fault": "AccessDeniedException", "operation": "HeadObject"}, None])
def test_digests_that_can_not_be_had(tmp_path: Path, fault: dict[str, Any] | None) -> None:
    """An object that S3 does not show is a gap, the model stays unmatched, and no answer about a dataset becomes weaker."""
    records = [one for one in lines() if isinstance(one, Resource)]
    path = crawl(tmp_path, *(lines(fault) if fault else records), digests=True)
    with lineage.open_snapshot(path) as opened:
        assert {(gap.operation, gap.reason) for gap in opened.gaps()} == {("HeadObject", "denied" if fault else "missing")}
        assert lineage.used(lineage.graph(opened), "s3://elsewhere/").verdict == "not-referenced"
    assert ask(path) == []
    assert ask(crawl(tmp_path, *lines(), digests=True)) == ["fit"]


OWN = [
    training(name, {"train": f"s3://data/{name}/"}, COPY, day=day, **(IMAGE | TIMES))
    for name, day in (("one", "2026-01-05"), ("two", "2026-01-20"))
]


@pytest.mark.parametrize(
    ("etag", "here", "expected", "told"),
    [
        ("", "a", {"two": True}, False),
        ("a", None, {"two": True}, False),
        ("a", "a", {"one": True}, False),
        ("a", "b", {"two": False}, True),  # it was put there after both jobs
    ],
    ids=[
        "not pinned",
        "pinned, and S3 was not asked",
        "pinned, and it lies there again",
        "pinned, and another object lies there",
    ],
)
def test_a_pin_that_the_object_has_decides(
    tmp_path: Path, etag: str, here: str | None, expected: dict[str, bool], told: bool
) -> None:
    """An ETag that a package pins and S3 confirms outweighs the times of writes; a different one is reported."""
    made = package("g/1", COPY, etag, "2026-01-10")
    model, *rest = served("", PrimaryContainer=None)
    model = replace(model, body=model.body | {"PrimaryContainer": {"ModelPackageName": made.arn}})
    seen = [content(place=COPY, text=here, etag=here, modified="2026-01-25T00:00:00Z")] if here else []
    path = crawl(tmp_path, *OWN, listed(made), model, *rest, *seen, digests=bool(here))
    with lineage.open_snapshot(path) as opened:
        answer = lineage.trace(lineage.graph(opened), "shop")
        reached = {
            name: lineage.impact(lineage.around_subject(opened, f"s3://data/{name}/"), f"s3://data/{name}/").serving
            for name in ("one", "two")
        }
    assert {job["name"]: job["sure"] for job in answer.training_jobs} == expected
    assert {name for name, serving in reached.items() if serving} == set(expected)
    assert any("pins an ETag" in caveat for caveat in answer.caveats) == told
