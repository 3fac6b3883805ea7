"""The join in tables: streamed, with constant memory, and the same as comparing all pairs."""

from __future__ import annotations

import json
import sqlite3
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import lineage
from lineage.domain.names import Span, gets, named_id
from lineage.domain.records import Edge, Resource, Window
from lineage.graphs import tables as joining
from lineage.graphs.derive import STEP, derive, join
from lineage.graphs.levels import note_levels
from lineage.graphs.tables import ROWS, Joining, fill
from lineage.snapshot.levels import into, out_of
from lineage.snapshot.manifests import Listings
from lineage.snapshot.reading import Snapshot, open_snapshot
from lineage.snapshot.schema import CONTENT_SCHEMA, new_graph
from tests.records import ACCOUNT, REGION, arn, channel, record, served, training
from tests.snapshot.test_file import crawl

DAYS = ["2026-01-01", "2026-02-01", "2026-03-01"]
JOB = arn("training-job", "j")


def life(day: str, **body: Any) -> Resource:
    return training("j", {"train": f"s3://b/{day}"}, day=day, **body)


@pytest.mark.parametrize(
    "days",
    [DAYS[:1], DAYS[:2], DAYS[:2][::-1], DAYS, [DAYS[1], DAYS[2], DAYS[0]]],
    ids=["one", "two", "turned", "three", "mixed"],
)
def test_several_lives(tmp_path: Path, days: list[str]) -> None:
    """Each life of a reused name is a node with its own reads, and the last one has the plain id; nothing is mixed."""
    neighbours = [training(name, {"train": f"s3://b/{name}"}) for name in ("i", "j-1", "j0", "k")]
    crawl(tmp_path / "s.db", *(life(day) for day in days), *neighbours)
    expected = {(f"s3://b/{day}", f"{JOB}@{day}T09:55:00Z") for day in sorted(days)[:-1]}
    expected |= {(f"s3://b/{max(days)}", JOB)} | {(f"s3://b/{one.name}", one.id) for one in neighbours}
    with open_snapshot(tmp_path / "s.db") as snapshot:
        assert {(edge.source, edge.target) for edge in snapshot.edges() if edge.relation == "reads"} == expected
        assert {node.id for node in snapshot.of_kind("training-job")} == {target for _, target in expected}


def test_of_records_that_differ_in_nothing_the_last_one_counts() -> None:
    """Records with one id and one creation time are one lifetime, and the last of them is the node of it."""
    records = [life(DAYS[0], TrainingJobStatus=status) for status in ("Failed", "Stopped", "Completed")]
    db = sqlite3.connect(":memory:")
    db.execute(CONTENT_SCHEMA)
    new_graph(db, lambda db: join(db, lambda: records, listings=Listings.in_memory()))
    nodes = db.execute("SELECT id, status FROM node WHERE kind = 'training-job' ORDER BY id").fetchall()
    stored = db.execute("SELECT count(*) FROM stored_node WHERE kind = 'training-job'").fetchone()
    db.close()
    assert (nodes, stored) == ([(JOB, "Completed"), (f"{JOB}@{DAYS[0]}T09:55:00Z", "Stopped")], (2,))


def test_more_ways_of_saying_than_are_remembered_give_the_same_edges(monkeypatch: pytest.MonkeyPatch) -> None:
    """Channels of any number of names are told apart, also those that were named long before."""
    jobs = [training(f"j{number}", {f"c{number % 7}": f"s3://b/{number}"}) for number in range(30)]
    expected = derive(jobs).edges
    monkeypatch.setattr(joining, "REMEMBERED", 3)
    monkeypatch.setattr(joining, "AT_ONCE", 4)
    assert derive(jobs).edges == expected
    assert {(edge.source, edge.role) for edge in expected if edge.relation == "reads"} == {
        (f"s3://b/{number}", f"c{number % 7}") for number in range(30)
    }


@pytest.mark.parametrize(
    ("name", "named"),
    [("Shop", "sHOP"), ("SHOP", "shop"), ("shop", "Shop"), ("stra\u00dfe", "STRASSE"), ("STRASSE", "stra\u00dfe")],
)
def test_a_name_meets_the_last_life_of_its_arn(name: str, named: str) -> None:
    """A name resolves to the node of the last record of that name, in any case."""
    lives = [record("model", name, {"CreationTime": f"{day}T00:00:00Z"}) for day in DAYS]
    namer = record("endpoint-config", "c", {"ProductionVariants": [{"VariantName": "v", "ModelName": named}]})
    (edge,) = derive([*lives, namer]).edges
    assert edge.source == lives[0].id


def test_a_name_of_nobody_keeps_its_letters() -> None:
    """If nothing has that name in the account and region, the node has the name as written in the record."""
    config = record("endpoint-config", "c", {"ProductionVariants": [{"VariantName": "v", "ModelName": "Shop"}]})
    elsewhere = record("model", "shop", {}, region="us-east-1")
    (edge,) = derive([config, elsewhere]).edges
    assert edge.source == named_id("model", ACCOUNT, REGION, "Shop")


@pytest.mark.parametrize("remembered", [0, 1000])
def test_the_first_to_name_a_node_says_how_it_is_written(monkeypatch: pytest.MonkeyPatch, remembered: int) -> None:
    """A thing without a record is written as in the first record, by id, for any size of the memory."""
    monkeypatch.setattr(joining, "REMEMBERED", remembered)
    package = arn("model-package", "risk/3")
    spellings = [package.upper().replace("ARN:AWS:SAGEMAKER", "arn:aws:sagemaker").replace(REGION.upper(), REGION), package]
    models = [record("model", f"m{n}", {"Containers": [{"ModelPackageName": one}]}) for n, one in enumerate(spellings)]
    for records in (models, models[::-1]):
        assert derive(records).nodes[package].arn == spellings[0]


@pytest.mark.parametrize(
    ("outputs", "kept"),
    [
        ({"same": "s3://b/own"}, set()),
        ({"other": "s3://b/others"}, {"s3://b/others"}),
        ({"same": "s3://b/own", "new": "s3://b/new"}, {"s3://b/new"}),
    ],
    ids=["its job's own", "another job's", "both"],
)
def test_only_its_own_job_is_echoed(outputs: dict[str, str], kept: set[str]) -> None:
    """Of the logged outputs of a run, those are left out that its own job declares, and no other job's."""
    own, others = training("own", {}, "s3://b/own"), training("others", {}, "s3://b/others")
    logged = {role: {"Value": uri} for role, uri in outputs.items()}
    run = record("trial-component", "run", {"Source": {"SourceArn": own.arn}, "OutputArtifacts": logged})
    joined = derive([own, others, run])
    assert {edge.target for edge in joined.edges if edge.relation == "writes" and edge.source == run.id} == kept


def test_what_a_run_calls_its_model_makes_no_model_of_a_dataset() -> None:
    """Only a declared output of a job is a model that may contain another job's channel."""
    run = record("trial-component", "run", {"OutputArtifacts": {"model": {"Value": "s3://b/m"}}})
    joined = derive([run, training("j", {"train": "s3://b/m/x"})])
    assert [edge.usage for edge in joined.edges if edge.relation == "reads"] == ["data"]


# --- associations -------------------------------------------------------------------------------

MODEL, ARTIFACT = arn("model", "shop-model"), arn("lineage-artifact", "1a")


def association(source: str | None, target: str | None, kind: str | None = "ContributedTo") -> Resource:
    fields = {"SourceArn": source, "DestinationArn": target, "AssociationType": kind}
    body = {name: value for name, value in fields.items() if value}
    return Resource("association", ACCOUNT, REGION, "", f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:association/1", body)


@pytest.mark.parametrize(
    ("one", "edges"),
    [
        (association(ARTIFACT, MODEL), [(ARTIFACT, MODEL, "ContributedTo")]),
        (association(ARTIFACT, MODEL.replace("shop", "SHOP")), [(ARTIFACT, MODEL, "ContributedTo")]),
        (association(MODEL, ARTIFACT, None), [(MODEL, ARTIFACT, "")]),
        (association(MODEL, None), []),
        (association("people", MODEL), []),
    ],
    ids=["both", "case", "untyped", "one end", "no arn"],
)
def test_an_association_is_an_edge(one: Resource, edges: list[tuple[str, str, str]]) -> None:
    """The record of an association is no node, but one logged edge between the nodes that it names."""
    joined = derive([*served("s3://b/m"), one])
    associated = [edge for edge in joined.edges if edge.relation == "associated"]
    assert [(edge.source, edge.target, edge.role) for edge in associated] == edges
    assert all((edge.evidence, edge.path, edge.window) == ("logged", "SourceArn", None) for edge in associated)
    assert one.id not in joined.nodes


def test_an_associations_ends_are_nodes_all_the_same() -> None:
    """An end without a record is a node of its ARN's kind; one with a record is unchanged."""
    nodes = derive([*served("s3://b/m"), association(ARTIFACT, MODEL)]).nodes
    assert [(nodes[end].kind, nodes[end].observed) for end in (ARTIFACT, MODEL)] == [
        ("lineage-artifact", False),
        ("model", True),
    ]


def test_an_association_does_not_part_the_lives_of_its_neighbour() -> None:
    """A record that is no node does not count as a life, even under the same ARN."""
    one = association(ARTIFACT, MODEL)
    between = Resource(one.kind, ACCOUNT, REGION, "", JOB, one.body, created="2026-01-15T00:00:00Z")
    joined = derive([life(DAYS[0]), between, life(DAYS[1])])
    assert {node.id for node in joined.nodes.values() if node.kind == "training-job"} == {JOB, f"{JOB}@{DAYS[0]}T09:55:00Z"}


# --- places -------------------------------------------------------------------------------------

PLACES = st.text("ab/", max_size=4).map(lambda key: f"s3://x/{key}") | st.sampled_from(
    ["s3://xx/a", "s3://x/a\uffff", "s3://x/a😀"]
)
SPANS = st.sampled_from([Span.PREFIX, Span.FOLDER, Span.OBJECT, Span.MANIFEST])
READS = st.sets(st.tuples(PLACES, SPANS), max_size=6)


GIVEN = "json_each(?) AS asked CROSS JOIN main.level AS {0} ON {0}.place = asked.value"


def overlaps(edges: Iterable[Edge]) -> set[tuple[str, str]]:
    """The pairs that share keys: the same when either end is looked up, and given at each."""
    db = sqlite3.connect(":memory:")

    def fill(db: sqlite3.Connection) -> None:
        room = Joining(db, Listings.in_memory())
        room.add_edges(edges)
        room.sort_places()
        note_levels(room)

    new_graph(db, fill)
    places = json.dumps([row[0] for row in db.execute("SELECT place FROM level")])
    found = [row[:2] for row in db.execute(out_of(GIVEN.format("w")), (places,) * 4)]
    assert sorted(found) == sorted(set(found)) == sorted(row[:2] for row in db.execute(into(GIVEN.format("r")), (places,) * 4))
    for end, ends in (("leads", {source for source, _ in found}), ("fed", {target for _, target in found})):
        assert {row[0] for row in db.execute(f"SELECT place FROM level WHERE {end}")} == ends
    return set(found)


def reads(places: Iterable[tuple[str, Span]]) -> list[Edge]:
    return [Edge(place, f"r{place}{span}", "reads", span=span) for place, span in places]


@given(st.sets(PLACES, max_size=6), READS)
def test_joining_misses_nothing(written: set[str], read: set[tuple[str, Span]]) -> None:
    """The tables give exactly the pairs that a comparison of all pairs finds."""
    writes = [Edge(f"w{place}", place, "writes", span=Span.FOLDER) for place in written]
    found = overlaps([*writes, *reads(read)])
    assert found == {(w, r) for w in written for r, span in read if w != r and gets(r, span, w)}


Write = tuple[str, Window, str, Span]
WRITTEN = st.sampled_from([Span.FOLDER, Span.OBJECT])  # no row has a write of another span
WRITES = st.lists(
    st.tuples(st.sampled_from("vw"), st.sampled_from([Window("1", "2"), Window("3", "4")]), PLACES, WRITTEN), max_size=8
)


def told(place: str, ways: set[Span], writes: list[Write]) -> Iterator[str]:
    """By comparison of all pairs, narrowest first: the written places that tell a reader of `place` something new.

    A place that is written in several ways does not replace a wider one.
    """
    ordered = sorted(writes, key=lambda write: (write[2] != place, -len(write[2]), write[2]))
    seen: list[tuple[str, Window, str, set[Span]]] = []
    for uri, group in groupby(ordered, key=lambda write: write[2]):
        these = list(group)
        got = {way for way in ways if any(gets(place, way, uri, span) for *_, span in these)}
        inside = f"{uri.rstrip('/')}/"
        known = {(who, when) for who, when, at, way in seen if at.startswith(inside) and got <= way}
        one_way = len({span for *_, span in these}) == 1
        if got and uri != place and not (one_way and {(who, when) for who, when, *_ in these} <= known):
            yield uri
        seen += [(who, when, uri, got) for who, when, *_ in these if got and one_way]


@given(WRITES, READS)
def test_only_what_adds_something_is_joined(written: list[Write], read: set[tuple[str, Span]]) -> None:
    """A place is left out exactly where each of its writers wrote something narrower that the same readers get, in one way."""
    writes = [Edge(who, place, "writes", window=when, span=span) for who, when, place, span in written]
    ways = {place: {span for other, span in read if other == place} for place, _ in read}
    assert overlaps([*writes, *reads(read)]) == {(uri, place) for place in ways for uri in told(place, ways[place], written)}


WHEN = Window("1", "2")


@given(WRITES, READS)
@example(
    [("v", WHEN, "s3://x/", Span.FOLDER), ("v", WHEN, "s3://x/a", Span.OBJECT), ("w", WHEN, "s3://x/a", Span.FOLDER)],
    {("s3://x/a/b", Span.OBJECT)},
)
def test_no_writer_is_lost(written: list[Write], read: set[tuple[str, Span]]) -> None:
    """Whatever is left out, each writer of what a reader gets is found from the reader, by a write that the reader gets."""
    writes = [Edge(who, place, "writes", window=when, span=span) for who, when, place, span in written]
    found = overlaps([*writes, *reads(read)])
    for place, way in read:
        got = [(who, when, uri) for who, when, uri, span in written if gets(place, way, uri, span)]
        kept = {(who, when) for who, when, uri in got if uri == place or (uri, place) in found}
        assert kept == {(who, when) for who, when, _ in got}


@pytest.mark.parametrize("span", [None, Span.UNKNOWN])
def test_what_nothing_is_known_of_meets_nothing(span: Span | None) -> None:
    """A place without a span, or with an unknown one, is joined to no other place."""
    write, read = Edge("w", "s3://b/", "writes", span=Span.FOLDER), Edge("s3://b/x", "r", "reads", span=Span.PREFIX)
    assert overlaps([write, read]) == {("s3://b/", "s3://b/x")}
    assert overlaps([write, Edge("s3://b/x", "r", "reads", span=span)]) == set()
    assert overlaps([Edge("w", "s3://b/", "writes", span=span), read]) == set()


@pytest.mark.parametrize(
    ("makers", "reader", "usage"),
    [
        (["one"], "one", "data"),
        (["one"], "two", "model"),
        (["one", "two"], "one", "model"),
        (["one", "two", "three"], "three", "model"),
    ],
)
def test_a_job_that_reads_its_own_place_reads_no_model(makers: list[str], reader: str, usage: str) -> None:
    """A job's read inside a model is a model if another job made it, whether one or many."""
    jobs = [training(name, {"x": "s3://b/m/part"} if name == reader else {}, "s3://b/m") for name in {*makers, reader}]
    jobs = [job if job.name in makers else training(job.name, {"x": "s3://b/m/part"}) for job in jobs]
    assert [edge.usage for edge in derive(jobs).edges if edge.relation == "reads"] == [usage]


# --- the join as a whole ------------------------------------------------------------------------


def estate(size: int) -> Iterator[Resource]:
    """Ordered as a snapshot gives its records; half of them share places, images and names with others."""
    for number in range(10_000, 10_000 + size):
        yield training(
            f"j{number}",
            [channel("train", f"s3://in/{number}/"), channel("all", "s3://shared/latest/")],
            f"s3://models/{number}/model.tar.gz",
            AlgorithmSpecification={"TrainingImage": f"image:{number}"},
        )


def graph_in(snapshot: Snapshot) -> tuple[list[Any], list[Any]]:
    return list(snapshot.nodes()), list(snapshot.edges())


STEPS = [
    "reading records",
    "reading what they name",
    "sorting",
    "finding what ran where",
    "leaving out echoes",
    "separating data from models",
    "following associations",
    "joining places",
    "joining copies",
    "classifying places",
    "finding models of unknown origin",
]


@pytest.mark.parametrize("many", [0, 1, ROWS, ROWS + 1, 3 * ROWS])
def test_all_rows_are_put_in_their_order(many: int) -> None:
    """However many rows there are, a table gets each once and in order."""
    rows = [(number, f"row {number}") for number in range(many)]
    db = sqlite3.connect(":memory:")
    db.execute("CREATE TABLE told (number, text)")
    fill(db, "INSERT INTO told", iter(rows))
    assert db.execute("SELECT * FROM told").fetchall() == rows
    db.close()


def test_progress_is_told(tmp_path: Path) -> None:
    """A person sees the start of each step, and progress every few thousand records."""
    steps: list[tuple[str, int]] = []
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.replace_graph(
            lambda db: join(db, lambda: estate(STEP), lambda *step: steps.append(step), listings=recording.listings)
        )
    assert [doing for doing, done in steps if not done] == STEPS
    assert [doing for doing, done in steps if done == STEP] == [
        "reading records",
        "reading what they name",
        "separating data from models",
    ]


@pytest.mark.parametrize("at", STEPS)
def test_an_interrupted_join_leaves_the_old_graph(tmp_path: Path, at: str) -> None:
    """Wherever a join is interrupted, the former graph stays; the next join works, even while the interruption is handled."""

    def cut(doing: str, _: int) -> None:
        if doing == at:
            raise KeyboardInterrupt

    crawl(tmp_path / "s.db", training("j", {"train": "s3://b/t/"}, "s3://b/"))
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot:
        before = graph_in(snapshot)
        with pytest.raises(KeyboardInterrupt) as interrupt, snapshot.recording() as recording:
            recording.add(training("k", {"train": "s3://b/k"}))
            recording.replace_graph(lambda db: join(db, recording.resources, cut, listings=recording.listings))
        assert graph_in(snapshot) == before
        with snapshot.recording() as recording:
            recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        assert graph_in(snapshot) == before
        assert interrupt.tb  # this holds the frames of the interrupted join


def test_a_join_is_the_same_again(tmp_path: Path, bank_path: Path) -> None:
    """A second join of the same records gives the same graph, and leaves nothing else in the file."""
    path = tmp_path / "again.db"
    path.write_bytes(bank_path.read_bytes())
    with Snapshot(path, writing=True) as snapshot:
        before = graph_in(snapshot)
        with snapshot.recording() as recording:
            recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        assert graph_in(snapshot) == before
        assert snapshot._one("SELECT count(*) FROM sqlite_temp_master") == 0
    with lineage.open_snapshot(bank_path) as old, lineage.open_snapshot(path) as new:
        schema = "SELECT name, sql FROM sqlite_master ORDER BY name"
        assert list(old._rows(schema)) == list(new._rows(schema))


def named_by_all(size: int) -> list[Resource]:
    """This many jobs that name one place in a text; whether they read or wrote there is unknown."""
    return [training(f"j{n}", {"train": f"s3://d/{n}/"}, Environment={"BASE": "s3://shared/base/"}) for n in range(size)]


def deployed_by_all(size: int) -> list[Resource]:
    """This many jobs that wrote one artifact one after the other, and as many models and endpoints of it."""
    wrote = [training(f"j{n}", {}, "s3://m/latest.tar.gz", day=f"{2000 + n}-01-01") for n in range(size)]
    return [*wrote, *(one for n in range(size) for one in served("s3://m/latest.tar.gz", name=f"e{n}"))]


@pytest.mark.parametrize("many", [named_by_all, deployed_by_all])
def test_a_shared_place_is_not_looked_through_for_each(many: Callable[[int], list[Resource]]) -> None:
    """Things that many jobs and models share are joined with no more work for each than among few."""
    assert steps_of(many(400)) < 2.6 * steps_of(many(200))


def steps_of(records: list[Resource]) -> int:
    """The hundreds of SQLite steps for joining some records."""
    gone: list[None] = []
    db = sqlite3.connect(":memory:")
    db.execute(CONTENT_SCHEMA)
    db.set_progress_handler(lambda: gone.append(None), 100)
    ordered = sorted(records, key=lambda record: record.id)
    new_graph(db, lambda db: join(db, lambda: ordered, listings=Listings.in_memory()))
    db.close()
    return len(gone)


def peak(path: Path, size: int) -> int:
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        tracemalloc.start()
        try:
            recording.replace_graph(lambda db: join(db, lambda: estate(size), listings=recording.listings))
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()


def test_memory_does_not_grow_with_the_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apart from bounded caches, a join of many records needs no more memory than one of a few."""
    monkeypatch.setattr(joining, "REMEMBERED", 50)
    monkeypatch.setattr(joining, "AT_ONCE", 50)
    peak(tmp_path / "warm.db", 1600)  # the caches are filled now
    few, many = (peak(tmp_path / f"{size}.db", size) for size in (200, 1600))
    assert many < few + 50_000
