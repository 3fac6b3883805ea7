"""After each crawl the graph is the same whether only what changed is joined, or everything."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lineage
from lineage.collect.endpoints import FAILED, patch_graph
from lineage.domain.records import Content, Resource
from lineage.graphs import again
from lineage.graphs.derive import join
from lineage.graphs.joiner import joiner
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.writing import Recording
from tests.conftest import BANK, examples
from tests.graphs.deltas import Change, Estate, association, differences, tables
from tests.queries.worlds import MOVES, Move, records, seen_at
from tests.records import arn, processing, record, served, training
from tests.snapshot.test_file import CRAWL

Crawls = Iterable[Sequence[Change]]


def add(*found: Resource) -> list[Change]:
    """What a crawl does that finds some records."""
    return [lambda recording, one=one: recording.add(one) for one in found]  # type: ignore[misc]


def by_first_join(recording: Recording) -> dict[str, Any]:
    """The tables as the first join of the same records fills them; nothing of it stays."""
    recording._db.execute("SAVEPOINT first")
    recording.replace_graph(
        lambda db: join(db, recording.resources, earlier=recording.earlier_versions, listings=recording.listings)
    )
    found = tables(recording)
    recording._db.execute("ROLLBACK TO first")
    recording._db.execute("RELEASE first")
    return found


def insist_same(crawls: Crawls) -> None:
    """After each of some crawls the tables hold what the first join would put there."""
    with TemporaryDirectory() as folder, Snapshot(Path(folder) / "s.db", writing=True) as snapshot:
        for number, changes in enumerate(crawls, 1):
            with snapshot.recording() as recording:
                recording.begin(replace(CRAWL, started=f"2026-03-{number:02}T00:00:00Z"))
                for change in changes:
                    change(recording)
                patch_graph(recording, insist_sound)
                assert list(differences(tables(recording), by_first_join(recording))) == []


def insist_sound(doing: str, _: int) -> None:
    """An error in a patch is no fault for a crawl, which joins everything then, but it is one here."""
    assert FAILED not in doing


def drawn(seed: int, crawls: int = 4, *, tells: bool = False) -> Crawls:
    """What some crawls of a random estate find."""
    chance = Random(seed)
    estate = Estate(chance, associates=chance.random() < 0.5, tells=tells)
    first, later = chance.choice([3, 6, 12, 30]), chance.choice([1, 2, 4])
    yield estate.changes(first)
    yield from (estate.changes(later) for _ in range(crawls - 1))


@settings(max_examples=examples(30))
@given(st.integers(0, 10**9))
@example(59)  # what led nowhere was said again
@example(5941)  # a place with a known content was named no more
@example(20422)  # a model whose content is known was only named in a text
@example(2132)  # an earlier version of a feature group gave the place of a name
@example(10208)  # a new record between others changed which of two spellings of a name came first
def test_random_crawls(seed: int) -> None:
    """Whatever crawls find one after another, joining what changed gives the tables of a first join."""
    insist_same(drawn(seed))


@settings(max_examples=examples(20))
@given(st.integers(0, 10**9))
def test_random_crawls_of_texts(seed: int) -> None:
    """The same where texts name tables and things, also with variables, and what jobs made last or are tagged with changes."""
    insist_same(drawn(seed, tells=True))


@settings(max_examples=examples(20))
@given(MOVES, st.data())
def test_accounts_in_which_things_happen_in_sequence(moves: list[Move], data: st.DataObject) -> None:
    """The same for accounts crawled while jobs run and endpoints are updated, deleted and made anew."""
    times = sorted(data.draw(st.lists(st.integers(1, len(moves)), min_size=1, max_size=4)))
    insist_same([add(*seen_at(time, records(moves[:time]))) for time in (*times, len(moves) + 3)])


@settings(max_examples=examples(8))
@given(st.randoms(use_true_random=False))
def test_the_bank_in_several_crawls(account_path: Path, chance: Random) -> None:
    """The same for an account with a record of each kind that tells a use, found in any order."""
    with lineage.open_snapshot(account_path) as snapshot:
        found = [replace(one, crawl=None, deleted=None) for one in snapshot.resources()]
    chance.shuffle(found)
    cuts = sorted(chance.randrange(len(found)) for _ in range(4))
    insist_same([add(*found[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(found)], strict=True)])


# --- what a reader can follow --------------------------------------------------------------------

JOBS = [training(f"j{number}", {"train": f"s3://d/{number}/"}) for number in range(30)]
RUN = {"Source": {"SourceArn": JOBS[3].arn}, "InputArtifacts": {"x": {"Value": "s3://d/3/"}, "y": {"Value": "s3://d/y/"}}}
STORE = {"S3StorageConfig": {"S3Uri": "s3://f/", "ResolvedOutputS3Uri": "s3://f/data"}}
PUT = [{"OutputName": "f", "FeatureStoreOutput": {"FeatureGroupName": "Features"}}]
TRANSFORMED = {"TransformJobStatus": "Completed", "ModelName": "Shop-Model", "CreationTime": "2026-02-01T00:00:00Z"}


TABLE = {"DataCatalogConfig": {"Catalog": "AwsDataCatalog", "Database": "db", "TableName": "t"}}
NAMED_TABLE = {"DataCatalogConfig": {"Catalog": "AwsDataCatalog", "Database": "db", "TableName": "t_1690000000"}}
ATHENA = {"Catalog": "AwsDataCatalog", "Database": "db", "QueryString": "SELECT * FROM t", "OutputS3Uri": "s3://q/"}
QUERY = [{"InputName": "q", "DatasetDefinition": {"AthenaDatasetDefinition": ATHENA}}]
LATER = {"CreationTime": "2026-03-01T00:00:00Z"}
DEFINITION = '{"Parameters": [{"Name": "P", "Type": "String"}], "Steps": [{"Arguments": {"Get": "Parameters.P"}}]}'
EXECUTION = record(
    "pipeline-execution",
    "p/execution/e",
    {
        "PipelineExecutionArn": f"{arn('pipeline', 'p')}/execution/e",
        "PipelineArn": arn("pipeline", "p"),
        "PipelineParameters": [{"Name": "P", "Value": "s3://d/p/"}],
    },
)


def config(name: str, model: str) -> Resource:
    body = {"CreationTime": "2026-02-02T00:00:00Z", "ProductionVariants": [{"VariantName": "all", "ModelName": model}]}
    return record("endpoint-config", name, body)


@pytest.mark.parametrize(
    ("before", "after", "also"),
    [
        ([], [JOBS[0]], 0),
        ([], [record("trial-component", "run", RUN)], 1),
        ([record("trial-component", "run", RUN)], [training("j3", {"train": "s3://d/z/"})], 1),
        (served("s3://m/1"), [config("other", "shop-model")], 1),
        ([config("early", "Shop-Model")], served("s3://m/1")[:1], 1),
        ([record("transform-job", "t", TRANSFORMED)], served("s3://m/1")[:1], 1),
        (
            [processing("p", {}, {}, ProcessingOutputConfig={"Outputs": PUT})],
            [record("feature-group", "features", {"OfflineStoreConfig": STORE})],
            1,
        ),
        ([training("again", {"train": "s3://d/1/"})], [training("again", {"train": "s3://d/2/"}, day="2026-03-01")], 0),
        (served("s3://m/1"), [record("endpoint", "shop", dict(served("")[2].body) | {"EndpointConfigName": "new"})], 2),
        (
            [processing("p", {}, {}, ProcessingInputs=QUERY)],
            [record("feature-group", "features", {"OfflineStoreConfig": STORE | TABLE})],
            1,
        ),
        (
            [training("asks", {"t": "s3://t/"}, Environment={"TABLE": "db.t_1690000000"})],
            [record("feature-group", "features", {"OfflineStoreConfig": STORE | NAMED_TABLE})],
            1,
        ),
        (served("s3://m/1"), [record("model", "shop-model", dict(served("s3://m/2")[0].body) | LATER)], 1),
        ([EXECUTION], [record("pipeline", "p", {"PipelineDefinition": DEFINITION})], 1),
    ],
    ids=[
        "new",
        "a run",
        "what a run repeats",
        "a config",
        "named early",
        "a model that ran",
        "by name",
        "used again",
        "an update",
        "by the name of a table",
        "by the name of a table in a text",
        "a model made anew",
        "a pipeline",
    ],
)
def test_few_records_are_read_again(
    before: list[Resource], after: list[Resource], also: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A join after a crawl reads what changed, and of the other records only those whose edges depend on that."""
    reads: list[set[str]] = []
    grow = again.Region.grow

    def noting(region: again.Region) -> None:
        grow(region)
        reads.append(region.anew - {one.id for one in after})

    monkeypatch.setattr(again.Region, "grow", noting)
    insist_same([add(*JOBS[1:], *before), add(*after)])
    assert [len(found) for found in reads] == [also]


def entity(name: str, source: str, kind: str = "DataSet") -> Resource:
    return record("lineage-artifact", name, {"Source": {"SourceUri": source}, "ArtifactType": kind})


DATA, IMAGE = entity("data", "s3://d/shared/"), entity("image", "image:1", "Image")
RUNS = [record("trial-component", f"r{number}", {"Source": {"SourceArn": JOBS[number].arn}}) for number in range(30)]
NOT_SAID = [association(DATA.arn, one.arn) for one in RUNS] + [association(IMAGE.arn, one.arn) for one in RUNS]


@pytest.mark.parametrize(
    "after",
    [
        [JOBS[0], RUNS[0], NOT_SAID[0], NOT_SAID[30]],
        [RUNS[0], NOT_SAID[0]],
        [association(JOBS[3].arn, DATA.arn, "Produced")],
        [record("lineage-artifact", "data", dict(DATA.body) | {"Properties": {"a": "b"}})],
        [association(JOBS[3].arn, entity("unread", "").arn), association(entity("unread", "").arn, RUNS[4].arn)],
        [training("j3", {"train": "s3://d/shared/"}, day="2026-03-01")],
    ],
    ids=["a job as SageMaker associates it", "a run", "made by a job", "another property", "through an unread one", "an echo"],
)
def test_associations_are_patched(after: list[Resource], monkeypatch: pytest.MonkeyPatch) -> None:
    """What follows from associations is made anew only near a change, and not everything is joined for it."""
    first, second = add(*JOBS[1:], *RUNS[1:], DATA, IMAGE, *NOT_SAID[1:30], *NOT_SAID[31:]), add(*after)
    forbid = lambda *_: pytest.fail("everything was joined")  # noqa: E731
    second.insert(0, lambda _: monkeypatch.setattr("lineage.collect.endpoints.join_graph", forbid))
    insist_same([first, second])


def test_an_association_with_another_id_is_left_to_the_first_join() -> None:
    """An association whose id is not made of its ends can't be found by these, so it is never patched."""
    odd = replace(association(DATA.arn, RUNS[4].arn), arn=f"{DATA.arn}-4")
    insist_same([add(*JOBS[:5], *RUNS[:5], DATA), add(odd), add(association(DATA.arn, RUNS[4].arn))])


def test_a_killed_crawl_leaves_its_records_to_the_next_join(tmp_path: Path) -> None:
    """What a crawl has stored and not joined is joined by the next one, which finds something else."""
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot:
        for found, joins in ((JOBS[:2], True), (JOBS[2:4], False), (JOBS[4:5], True)):
            with snapshot.recording() as recording:
                recording.begin(CRAWL)
                for one in found:
                    recording.add(one)
                if joins:
                    patch_graph(recording, lambda _doing, _done: None)
        assert {node.name for node in snapshot.every("training-job")} == {one.name for one in JOBS[:5]}


@pytest.mark.parametrize("how", ["DELETE FROM joined", "UPDATE joined SET tool = '1.0.0+0'"], ids=["unknown", "another build"])
def test_what_another_build_joined_is_joined_from_the_beginning(
    tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the code that joined a graph knows how to change it."""
    monkeypatch.setattr(again.Region, "grow", lambda _: pytest.fail("only what changed was joined"))
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        recording.add(JOBS[0])
        patch_graph(recording, lambda _doing, _done: None)
        recording._db.execute(how)
        recording.add(JOBS[1])
        patch_graph(recording, lambda _doing, _done: None)
        assert recording.is_joined_by(joiner())
        assert list(differences(tables(recording), by_first_join(recording))) == []


@pytest.mark.parametrize("patch", [False, True])
def test_a_crawl_patches_only_if_it_is_asked_to(tmp_path: Path, patch: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crawl joins everything from the beginning, whole accounts and single endpoints, unless it is asked to patch."""
    grown: list[again.Region] = []
    grow = again.Region.grow
    monkeypatch.setattr(again.Region, "grow", lambda region: (grown.append(region), grow(region)))
    lineage.crawl_estate(tmp_path / "s.db", replay=BANK)
    lineage.crawl_estate(tmp_path / "s.db", replay=BANK, patch=patch)
    lineage.crawl_endpoints(tmp_path / "s.db", ["loans-live"], replay=BANK, patch=patch)
    assert len(grown) == (2 if patch else 0)


def test_an_interrupted_join_changes_nothing(tmp_path: Path) -> None:
    """Ctrl-C while what changed is joined leaves the graph as it was, and the change to the next join."""
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        recording.add(JOBS[0])
        patch_graph(recording, lambda _doing, _done: None)
        recording.add(JOBS[1])
        before = tables(recording)

        def interrupt(doing: str, _: int) -> None:
            if doing == "joining places":
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            patch_graph(recording, interrupt)
        assert list(differences(tables(recording), before)) == []
        patch_graph(recording, lambda _doing, _done: None)
        assert list(differences(tables(recording), by_first_join(recording))) == []


@pytest.mark.parametrize("statements", [1, 20, 40, 60, 80, 100])
def test_an_error_while_what_changed_is_joined(tmp_path: Path, statements: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the middle of a patch leaves nothing of it, and everything is joined from the beginning."""
    run, doing, left = again.Patching.run, [], iter(range(statements))

    def fail(patching: again.Patching, sql: str) -> None:
        run(patching, sql)
        if next(left, None) is None:
            raise RuntimeError

    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        for one in JOBS[1:]:
            recording.add(one)
        patch_graph(recording, insist_sound)
        monkeypatch.setattr(again.Patching, "run", fail)
        recording.add(JOBS[0])
        patch_graph(recording, lambda step, _: doing.append(step))
        assert any(FAILED in step for step in doing)
        assert recording.unjoined("record") == frozenset()
        assert list(differences(tables(recording), by_first_join(recording))) == []


KILLED = """
import os, signal, sys
import lineage
def die(progress):
    if progress.doing == "joining: joining places":
        os.kill(os.getpid(), signal.SIGKILL)
lineage.crawl_estate(sys.argv[1], replay=sys.argv[2], patch=True, on_progress=die)
"""


def test_a_crawl_killed_while_it_patches(tmp_path: Path) -> None:
    """The graph stays as it was, the records stay, and the next crawl joins what the killed one has found."""
    path = tmp_path / "s.db"
    lineage.crawl_endpoints(path, ["loans-live"], replay=BANK)
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        before = {name: rows for name, rows in tables(recording).items() if name != "unjoined"}
    killed = subprocess.run([sys.executable, "-c", KILLED, path, BANK], check=False)
    assert killed.returncode == -signal.SIGKILL
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        after = tables(recording)
        assert after.pop("unjoined") != []
        assert list(differences(after, before)) == []
    lineage.crawl_estate(path, replay=BANK, patch=True)
    with Snapshot(path, writing=True) as snapshot, snapshot.recording() as recording:
        assert list(differences(tables(recording), by_first_join(recording))) == []


# --- what hostile readers found: each history once joined otherwise than from the beginning -------

ETAGS = ["etag:" + digit * 32 for digit in "01"]


def package(number: int, *containers: dict[str, Any]) -> Resource:
    times = {"CreationTime": "2026-01-01T00:00:00Z", "LastModifiedTime": f"2026-01-{number:02}T00:00:00Z"}
    return record("model-package", "g/1", times | {"InferenceSpecification": {"Containers": list(containers)}})


def sight(place: str, etag: str) -> Change:
    """S3 tells the digest of an object."""
    return lambda recording: recording.keep_content(Content(place, (etag,), "2026-01-01T04:00:00Z", "2026-03-05T06:00:00Z"))


NAMES_PLACE = processing("e", {"in": "s3://raw/"}, {}, Environment={"A": "s3://b/p"})
S3_OBJECT = {"S3Uri": "s3://b/p", "S3DataType": "S3Object", "CompressionType": "None", "ETag": "1" * 32}
PINNED = {"CreationTime": "2026-01-05T02:00:00Z", "PrimaryContainer": {"ModelDataSource": {"S3DataSource": S3_OBJECT}}}
FIRST = {"ModelDataUrl": "s3://m/1/model.tar.gz"}
PACKAGE = arn("model-package", "g/1")
NEAR_IT = record("model", "m", {"CreationTime": "2026-01-05T02:00:00Z"}, region="us-east-1")
BY_NAME = processing("p", {}, {}, ProcessingOutputConfig={"Outputs": PUT})

YOUNG = {"CreationTime": "2026-02-05T02:00:00Z"}
STEPS = [{"StepName": "Fit", "Metadata": {"TrainingJob": {"Arn": arn("training-job", "j")}}}]
STEP_OF_J = record("pipeline-execution", "p/execution/e", {
    "PipelineArn": arn("pipeline", "p"), "PipelineExecutionArn": arn("pipeline", "p/execution/e"), "PipelineExecutionSteps": STEPS,
    "PipelineExecutionStatus": "Succeeded", "LastModifiedTime": "2026-01-05T02:00:00Z",
})  # fmt: skip
TAG = [{"Key": "data", "Value": "s3://b/p/"}]
OTHER_STEP = [{"StepName": "Fit", "Metadata": {"TrainingJob": {"Arn": arn("training-job", "k")}}}]
RETRIED = record("pipeline-execution", "p/execution/e", dict(STEP_OF_J.body) | {
    "PipelineExecutionSteps": OTHER_STEP, "LastModifiedTime": "2026-01-06T02:00:00Z",
})  # fmt: skip


@pytest.mark.parametrize(
    "crawls",
    [
        pytest.param([
            [*add(NAMES_PLACE, training("t", {"model": "s3://b/q"})), sight("s3://b/q", ETAGS[1])],
            add(record("model", "a", PINNED)),
        ], id="a copy of what a job only names"),
        pytest.param([
            [*add(package(1, FIRST | {"ModelDataETag": "0" * 32})), sight("s3://m/1/model.tar.gz", ETAGS[1])],
            add(package(2, {"ModelDataUrl": "s3://m/2/model.tar.gz"})),
            add(package(3, {"ModelDataUrl": "s3://m/2/model.tar.gz"})),
        ], id="a pin of an earlier version"),
        pytest.param([
            add(training("k", {"t": PACKAGE}), package(1)),
            add(training("k", {"t": "s3://x/"}, LastModifiedTime="2026-03-01T00:00:00Z")),
        ], id="a channel that no longer reads a record"),
        pytest.param([
            add(processing("p", {}, {"out": "s3://d/shared/"}), *JOBS[:2], DATA),
            add(association(DATA.arn, JOBS[0].arn)),
        ], id="a channel without a time"),
        pytest.param([add(package(1), training("y", {"t": "s3://y/"})), add(training("k", {"t": PACKAGE}))], id="one that does"),
        pytest.param([
            add(BY_NAME, record("feature-group", "features", {"OfflineStoreConfig": STORE})),
            add(record("feature-group", "features", {"LastModifiedTime": "2026-03-01T00:00:00Z"})),
        ], id="a feature group without its store"),
        pytest.param([
            add(DATA, association(DATA.arn, arn("training-job", "far", region="us-east-1"))),
            add(NEAR_IT),
        ], id="the first record of a region in which a job was only named"),
        pytest.param([
            add(training("t", {}, TrainingJobStatus="InProgress", TrainingEndTime=None, Tags=TAG), processing("p", {}, {"out": "s3://b/p/"})),
            add(training("t", {}, Tags=[])),
        ], id="a tag that was taken away while its job ran"),
        pytest.param([add(STEP_OF_J, training("k", {})), add(RETRIED)], id="a step that was tried again"),
        *(
            pytest.param([add(naming, training("t", {"a": "s3://x/"})), add(record(kind, name, YOUNG))], id=f"a {kind} that is younger than its {naming.kind}")
            for naming in (BY_NAME, training("n", {}, HyperParameters={"g": arn("feature-group", "features")}), STEP_OF_J)
            for kind, name in (("feature-group", "features"), ("training-job", "j"))
        ),
    ],
)  # fmt: skip
def test_what_once_differed(crawls: Crawls) -> None:
    """The tables are those of a first join after histories that once gave others."""
    insist_same(crawls)
