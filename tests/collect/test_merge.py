"""Merged snapshots: the answers of one crawl of all, and each file's seals beside the new one."""

from __future__ import annotations

import dataclasses
import sqlite3
from itertools import combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings

import lineage
from lineage.crawl.replay.session import replay_session
from lineage.domain.names import Location
from lineage.domain.records import Content, Crawl, Enumeration, Gap, Resource
from lineage.errors import LineageError, MalformedName, MixedRecords, SnapshotError
from lineage.snapshot.manifests import Manifest
from lineage.snapshot.reading import Snapshot
from lineage.snapshot.writing import Recording
from tests.conftest import examples
from tests.estate import account
from tests.queries.worlds import DATA, HOMES, MOVES, Move, records
from tests.records import ACCOUNT, REGION, arn, channel, record, served, training
from tests.snapshot.packing import with_bodies
from tests.swept import swept

OTHER = "444455556666"
LATER = ("2026-06-02T00:00:00Z", "2026-06-02T00:01:00Z")
JOB = training("t", {"train": "s3://b/x/"}, "s3://m/t/output/model.tar.gz")
MORE = training("more", {"train": "s3://b/z/"})


def moved(found: list[Resource], account: str = OTHER) -> list[Resource]:
    """The same records in another account."""
    return [dataclasses.replace(one, account=account, arn=one.arn.replace(ACCOUNT, account)) for one in found]


def plain(answer: Any) -> Any:
    """An answer without what tells how many crawls it rests on."""
    if isinstance(answer, dict):
        return {key: plain(value) for key, value in answer.items() if key not in ("crawls", "crawl")}
    return [plain(one) for one in answer] if isinstance(answer, list) else answer


def answers(path: Path, endpoints: list[str]) -> Any:
    with lineage.open_snapshot(path) as snapshot:
        asked = [*(lineage.trace(snapshot, one) for one in endpoints), *(lineage.datasets(snapshot, one) for one in endpoints)]
        asked += [question(snapshot, uri) for uri in (*DATA, "s3://b/x/") for question in (lineage.used, lineage.impact)]
        return [plain(one.as_json()) for one in asked]


def two(folder: Path) -> tuple[Path, Path]:
    """A file of one account with two training jobs, and one of another that serves the model of the first, has read this job,
    too, and may not read the second one.
    """
    swept(folder / "a.db", [JOB, MORE])
    denied = Gap(ACCOUNT, REGION, "DescribeTrainingJob", MORE.id, "denied", "no")
    swept(folder / "b.db", [*moved(served("s3://m/t/output/model.tar.gz")), JOB, denied], [(OTHER, REGION)], *LATER)
    return folder / "a.db", folder / "b.db"


@settings(max_examples=examples(12), deadline=None)
@given(MOVES)
def test_answers_are_those_of_one_crawl_of_all(moves: list[Move]) -> None:
    """Files of three accounts and regions, merged in any order, answer like one crawl of all three."""
    found = records(moves)
    endpoints = [one.id for one in found if one.kind == "endpoint"]
    with TemporaryDirectory() as name:
        folder = Path(name)
        swept(folder / "one.db", found, HOMES)
        for number, home in enumerate(HOMES):
            here = [one for one in found if (one.account, one.region) == home]
            swept(folder / f"{number}.db", here, [home], *(LATER if number == 1 else ()))
        lineage.merge_snapshots([folder / "2.db", folder / "0.db"], folder / "some.db")
        lineage.merge_snapshots([folder / "some.db", folder / "1.db"], folder / "all.db")
        assert answers(folder / "all.db", endpoints) == answers(folder / "one.db", endpoints)
        assert lineage.verify(folder / "all.db").differences == []


def test_what_one_account_could_not_read_of_another_is_read_in_its_file(tmp_path: Path) -> None:
    """A denied record of another account is no hole any more once the file of that account is merged."""
    denied = Gap(ACCOUNT, REGION, "DescribeTrainingJob", JOB.id, "denied", "no")
    naming = record("trial-component", "run", {"Source": {"SourceArn": JOB.arn}, "CreationTime": "2026-01-02T00:00:00Z"})
    swept(tmp_path / "a.db", [JOB])
    swept(tmp_path / "b.db", [*moved([naming]), denied], [(OTHER, REGION)])
    lineage.merge_snapshots([tmp_path / "a.db", tmp_path / "b.db"], tmp_path / "all.db")
    verdicts = []
    for name in ("b.db", "all.db"):
        with lineage.open_snapshot(tmp_path / name) as snapshot:
            verdicts.append(lineage.used(snapshot, "s3://elsewhere/").verdict)
    assert verdicts == ["unknown", "not-referenced"]


STEPS = Gap(ACCOUNT, REGION, "DescribePipelineExecution", arn("pipeline-execution", "p/execution/e"), "denied", "no steps")
RUN = record("pipeline-execution", "e", {"PipelineExecutionArn": STEPS.subject, "CreationTime": "2026-01-01T00:00:00Z"})
STEP = {"StepName": "fit", "Metadata": {"TrainingJob": {"Arn": JOB.arn}}}
WHOLE_RUN = dataclasses.replace(RUN, body={**RUN.body, "PipelineExecutionSteps": [STEP]})


@pytest.mark.parametrize(
    ("first", "second", "closed"),
    [
        ([RUN, STEPS], [RUN, STEPS], False),  # none of them read its steps
        ([WHOLE_RUN], [RUN, STEPS], False),  # the record that counts is the later one, which lacks them
        ([RUN, STEPS], [WHOLE_RUN], True),
        ([WHOLE_RUN], [STEPS], True),
    ],
)
def test_half_a_record_closes_no_gap(tmp_path: Path, first: list[Any], second: list[Any], closed: bool) -> None:
    """A gap about a part of a record stays open until a file holds the whole record, also if several files hold the rest."""
    swept(tmp_path / "a.db", [JOB, *first])
    swept(tmp_path / "b.db", second, [(OTHER, REGION)], *LATER)
    for order in (("a", "b"), ("b", "a")):
        out = tmp_path / f"{''.join(order)}.db"
        lineage.merge_snapshots([tmp_path / f"{name}.db" for name in order], out)
        with lineage.open_snapshot(out) as snapshot:
            assert (snapshot.gaps() == []) is closed
            assert lineage.used(snapshot, "s3://elsewhere/").verdict == ("not-referenced" if closed else "unknown")


@pytest.mark.parametrize(("named", "closed"), [("2026-05-31T00:00:00Z", True), ("2026-06-01T12:00:00Z", False)])
def test_an_older_record_closes_no_gap_about_a_later_one_of_its_name(tmp_path: Path, named: str, closed: bool) -> None:
    """A name that was given after its account was crawled may be that of a new thing, which nobody has read."""
    denied = Gap(ACCOUNT, REGION, "DescribeTrainingJob", JOB.id, "denied", "no")
    naming = record("trial-component", "run", {"Source": {"SourceArn": JOB.arn}, "CreationTime": named})
    swept(tmp_path / "a.db", [JOB])
    swept(tmp_path / "b.db", [*moved([naming]), denied], [(OTHER, REGION)], *LATER)
    lineage.merge_snapshots([tmp_path / "a.db", tmp_path / "b.db"], tmp_path / "ab.db")
    swept(tmp_path / "c.db", moved([JOB], "777788889999"), [("777788889999", REGION)])
    lineage.merge_snapshots([tmp_path / "ab.db", tmp_path / "c.db"], tmp_path / "all.db")
    for name in ("ab.db", "all.db"):
        with lineage.open_snapshot(tmp_path / name) as snapshot:
            assert lineage.used(snapshot, "s3://elsewhere/").verdict == ("not-referenced" if closed else "unknown")


def test_an_earlier_merge_closes_no_gap_of_another_file(tmp_path: Path) -> None:
    """What a merge closed is looked at again in the next one: a further file may have named a later thing of that name."""
    denied = Gap(ACCOUNT, REGION, "DescribeTrainingJob", JOB.id, "denied", "no")
    naming = record("trial-component", "run", {"Source": {"SourceArn": JOB.arn}, "CreationTime": "2026-06-01T12:00:00Z"})
    other = ("777788889999", REGION)
    swept(tmp_path / "a.db", [JOB])
    swept(tmp_path / "b.db", [denied], [(OTHER, REGION)], *LATER)
    swept(tmp_path / "c.db", [*moved([naming], other[0]), denied], [other], "2026-06-01T18:00:00Z", "2026-06-01T18:01:00Z")
    lineage.merge_snapshots([tmp_path / "a.db", tmp_path / "b.db"], tmp_path / "ab.db")
    verdicts = []
    for name, files in (("flat", "a b c"), ("nested", "ab c")):
        lineage.merge_snapshots([tmp_path / f"{file}.db" for file in files.split()], tmp_path / f"{name}.db")
    for name in ("ab", "flat", "nested"):
        with lineage.open_snapshot(tmp_path / f"{name}.db") as snapshot:
            verdicts.append(lineage.used(snapshot, "s3://elsewhere/").verdict)
    assert verdicts == ["not-referenced", "unknown", "unknown"]


def test_each_seal_is_told_apart(tmp_path: Path) -> None:
    """`info` says which file and crawl each crawl was, and `verify` knows the seals of the files by their digests."""
    a, b = two(tmp_path)
    there = {path.name: lineage.snapshot_info(path).crawls[0]["seal"] for path in (a, b)}
    done = lineage.merge_snapshots([a, b], tmp_path / "all.db")
    told = lineage.snapshot_info(done.path).crawls
    assert [one["merged"] for one in told] == [[{"file": name, "crawl": 1, "seal": there[name]}] for name in there]
    assert [one["seal"] for one in told] == [None, done.seal]
    checked = lineage.verify(done.path, digest=there["a.db"])
    assert checked.verdict == "proved-in-part"
    assert any(note.startswith("what a.db wrote up to its crawl 1 is proved by the digest") for note in checked.notes)
    with pytest.raises(MalformedName, match=r"is of a.db, which was merged: give that of its newest seal, as"):
        lineage.verify(done.path, digest=lineage.snapshot_info(a).digest)  # it says nothing of the seals that came along
    assert lineage.verify(done.path, digest=done.seal).verdict == "unchanged"
    assert lineage.verify(done.path, digest="0" * 64).verdict == "changed"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE record SET status = 'Failed' WHERE kind = 'training-job'", "not as any of the merged files sealed it"),
        ("UPDATE record SET name = 'x' WHERE kind = 'model'", "of b.db wrote into the table record is not what it sealed"),
        ("DELETE FROM record WHERE kind = 'model'", "of b.db wrote into the table record is not what it sealed"),
        ("UPDATE enumeration SET pages = 9 WHERE crawl = 1", "of a.db wrote into the table enumeration is not what it sealed"),
        ("UPDATE crawl SET caller = 'me' WHERE id = 2", "of b.db wrote into the table crawl is not what it sealed"),
        (
            "UPDATE read_too SET line = replace(line, 'Completed', 'Failed')",
            "wrote into the table record is not what it sealed",
        ),
        ("UPDATE chain SET wrote = '{}' WHERE source = 1", "the seal does not match its own digest"),
        *((f"DELETE FROM {table}", "sealed row") for table in ("chain", "merged", "read_too", "answered")),
        ("DELETE FROM source; DELETE FROM chain; DELETE FROM merged; DELETE FROM read_too", "sealed row"),
    ],
)
def test_what_is_changed_afterwards_is_found(tmp_path: Path, change: str, said: str) -> None:
    """`verify` compares what each crawl wrote with the seal of its own file, so a new seal of the merged file hides nothing."""
    done = lineage.merge_snapshots(two(tmp_path), tmp_path / "all.db")
    db = sqlite3.connect(done.path)
    db.executescript(change)
    db.close()
    checked = lineage.verify(done.path)
    assert checked.verdict == "changed"
    assert any(said in one.said for one in checked.differences), checked.differences


def test_a_merged_file_is_crawled_and_merged_again(tmp_path: Path) -> None:
    """Later crawls go on in a merged file, their seals follow its own, and it can be merged with a third one."""
    a, b = two(tmp_path)
    lineage.merge_snapshots([b, a], tmp_path / "ab.db")
    again = dataclasses.replace(
        JOB, modified="2026-01-09T00:00:00Z", body={**JOB.body, "LastModifiedTime": "2026-01-09T00:00:00Z"}
    )
    swept(tmp_path / "ab.db", [again], began="2026-06-03T00:00:00Z", ended="2026-06-03T00:01:00Z")
    third = moved([training("u", {"train": "s3://b/y/"})], "777788889999")
    swept(tmp_path / "c.db", [*third, again], [("777788889999", REGION)], "2026-06-01T12:00:00Z", "2026-06-01T13:00:00Z")
    done = lineage.merge_snapshots([tmp_path / "c.db", tmp_path / "ab.db"], tmp_path / "all.db")
    checked = lineage.verify(done.path)
    assert (checked.verdict, checked.differences) == ("unchanged", [])
    assert [one["file"] for one in checked.merged] == ["c.db", "ab.db", "ab.db: b.db", "ab.db: a.db"]
    with lineage.open_snapshot(done.path) as snapshot:
        assert lineage.used(snapshot, "s3://b/y/").verdict == lineage.used(snapshot, "s3://b/x/").verdict == "used"
        assert [one.started[:13] for one in snapshot.crawls()] == sorted(one.started[:13] for one in snapshot.crawls())


def test_a_record_that_two_files_hold_has_all_its_versions(tmp_path: Path) -> None:
    """The version that was read last counts, whichever file it is in."""
    edited = dataclasses.replace(JOB, status="Stopped", body={**JOB.body, "TrainingJobStatus": "Stopped"})
    for order in ((JOB, edited), (edited, JOB)):
        folder = tmp_path / str(order[0].status)
        folder.mkdir()
        swept(folder / "a.db", [order[0]])
        swept(folder / "b.db", [order[1]], [(OTHER, REGION)], *LATER)
        lineage.merge_snapshots([folder / "b.db", folder / "a.db"], folder / "all.db")
        with lineage.open_snapshot(folder / "all.db") as snapshot:
            assert [one.status for one in snapshot.resources()] == [order[1].status]
            assert len(snapshot.versions(JOB.id, JOB.created)) == 2


def test_manifests_and_contents_come_along(tmp_path: Path) -> None:
    """What manifests list is found in a merged file, once for a version that several files hold."""
    reads = training("listed", [channel("train", "s3://lists/m.manifest", "ManifestFile")])
    for name, found, place in (("a.db", [reads], (ACCOUNT, REGION)), ("b.db", moved([reads]), (OTHER, REGION))):
        with Snapshot(tmp_path / name, writing=True) as snapshot, snapshot.recording() as recording:
            recording.begin(Crawl(0, "2026-05-31T00:00:00Z", None, "arn:x", (), (), (), "0 (replayed)", "1"))
            listed = [Location("s3://data", "one/part-0"), Location("s3://data", f"{name}/part-0")]
            manifest = Manifest("s3://lists/m.manifest", "ManifestFile", "e1", "2026-01-01T00:00:00Z")
            recording.listings.put(manifest, listed, "2026-05-31T00:00:00Z")
            recording.keep_content(
                Content("s3://data/one/part-0", ("sha256:x",), "2026-01-01T00:00:00Z", "2026-05-31T00:00:00Z")
            )
            recording.finish("2026-05-31T00:01:00Z")
        swept(tmp_path / name, found, [place])
    lineage.merge_snapshots([tmp_path / "a.db", tmp_path / "b.db"], tmp_path / "all.db")
    with lineage.open_snapshot(tmp_path / "all.db") as snapshot:
        assert lineage.used(snapshot, "s3://data/one/part-0").verdict == "used"
    db = sqlite3.connect(tmp_path / "all.db")
    assert [db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("manifest", "entry", "content")] == [
        1,
        2,
        1,
    ]


def refused(files: list[Path], out: Path) -> str:
    before = sorted(out.parent.iterdir())
    with pytest.raises(LineageError) as raised:
        lineage.merge_snapshots(files, out)
    assert sorted(out.parent.iterdir()) == before  # nothing is left behind
    return str(raised.value)


def test_what_must_not_be_merged_is_refused(tmp_path: Path) -> None:
    """One account twice, an unfinished crawl, a changed file, a file alone, or a name that is taken: one sentence each."""
    a, b = two(tmp_path)
    out = tmp_path / "all.db"
    swept(tmp_path / "again.db", [JOB], [(OTHER, "us-east-1"), (ACCOUNT, REGION)])
    assert f"both hold account {ACCOUNT} in {REGION}: merge files of different accounts" in refused(
        [a, tmp_path / "again.db"], out
    )
    assert f"a merge was given {a} twice: name each file once" in refused([a, a], out)
    (tmp_path / "link.db").symlink_to(a)
    assert "link.db, which are one file" in refused([a, tmp_path / "link.db"], out)
    (tmp_path / "dangling.db").symlink_to(tmp_path / "none.db")
    assert "dangling.db exists: name a new file" in refused([a, b], tmp_path / "dangling.db")
    assert "a merge needs two snapshot files or more" in refused([a], out)
    assert "exists: name a new file" in refused([a, b], b)
    assert "no snapshot at" in refused([a, tmp_path / "none.db"], out)
    db = with_bodies(sqlite3.connect(b))
    db.execute("UPDATE node SET name = 'x' WHERE kind = 'model'")
    db.commit()
    db.close()
    assert "b.db was changed since it was sealed: node" in refused([a, b], out)


def test_an_account_that_a_file_only_tried_is_told_apart(tmp_path: Path) -> None:
    """If one file could read nothing of an account that another one holds, the refusal says which one, and what to do."""
    a, b = two(tmp_path)
    with Snapshot(b, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(Crawl(0, *LATER[:1], None, "arn:x", (ACCOUNT, OTHER), (REGION,), (), "0 (replayed)", "1"))
        refusal = Enumeration(ACCOUNT, REGION, "model", "AssumeRole", LATER[0], reason="denied", detail="no")
        recording.progress(refusal)
        recording.finish(LATER[1])
    said = (
        f"{b} tried account {ACCOUNT} in {REGION} and could read nothing there, and {a} holds it: crawl it with access into {b}"
    )
    assert said in refused([a, b], tmp_path / "all.db")


def test_an_unfinished_crawl_is_refused(tmp_path: Path) -> None:
    """A file whose newest crawl did not finish has no seal that covers it."""
    a, b = two(tmp_path)
    with Snapshot(b, writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(Crawl(0, *LATER[:1], None, "arn:x", (OTHER,), (REGION,), (), "0 (replayed)", "1"))
    assert "b.db: crawl 2 did not finish: run the same crawl again to finish it" in refused([a, b], tmp_path / "all.db")


def test_two_merges_into_one_file_do_not_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two merges into one file at the same time the first one to end writes it, and the other one is refused."""
    a, b = two(tmp_path)
    out, done = tmp_path / "all.db", []
    seal = Recording.seal_merged

    def meanwhile(recording: Recording) -> None:
        if not done:
            done.append(None)
            done[0] = lineage.merge_snapshots([b, a], out).seal
        seal(recording)

    monkeypatch.setattr(Recording, "seal_merged", meanwhile)
    with pytest.raises(SnapshotError, match="exists by now"):
        lineage.merge_snapshots([a, b], out)
    assert lineage.verify(out, digest=done[0]).verdict == "unchanged"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.db", "all.db", "b.db"]


def test_what_a_killed_merge_left_is_left_alone(tmp_path: Path) -> None:
    """A merge writes under a name that nothing has, so a file called `.merging` may even be merged."""
    a, b = two(tmp_path)
    left = b.rename(tmp_path / "all.db.merging")
    lineage.merge_snapshots([a, left], tmp_path / "all.db")
    assert lineage.verify(left).verdict == "unchanged"


def test_replays_are_never_mixed_with_records_from_aws(tmp_path: Path) -> None:
    """A merged file holds only records from AWS, or only replayed ones."""
    a, _ = two(tmp_path)
    with Snapshot(tmp_path / "aws.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(Crawl(0, *LATER[:1], None, "arn:x", (OTHER,), (REGION,), (), "0", "1"))
        recording.finish(LATER[1])
    with pytest.raises(MixedRecords, match="which are never mixed"):
        lineage.merge_snapshots([a, tmp_path / "aws.db"], tmp_path / "all.db")


def test_a_crawl_goes_on_where_the_merged_ones_ended(tmp_path: Path) -> None:
    """After a merge a crawl asks only for what is new, as in the account's own file."""
    (tmp_path / "one").mkdir()
    own = account(tmp_path / "one")
    for name in ("own.db", "a.db"):
        lineage.crawl_estate(tmp_path / name, session=replay_session(own))
    swept(tmp_path / "b.db", moved([JOB]), [(OTHER, REGION)])
    lineage.merge_snapshots([tmp_path / "a.db", tmp_path / "b.db"], tmp_path / "all.db")
    calls = [lineage.crawl_estate(tmp_path / name, session=replay_session(own)).calls for name in ("own.db", "all.db")]
    assert calls[0] == calls[1]


def test_no_order_changes_an_answer(tmp_path: Path) -> None:
    """The files may be named in any order."""
    files = two(tmp_path)
    found = []
    for number, order in enumerate((files, files[::-1])):
        lineage.merge_snapshots(order, tmp_path / f"all-{number}.db")
        found.append(answers(tmp_path / f"all-{number}.db", ["shop"]))
    assert all(one == other for one, other in combinations(found, 2))


def test_paths_are_asked_for(tmp_path: Path) -> None:
    """One path instead of a list of them is named as a mistake."""
    with pytest.raises(TypeError, match="takes a list of paths"):
        lineage.merge_snapshots(str(tmp_path / "a.db"), tmp_path / "b.db")
    with pytest.raises(SnapshotError, match="two snapshot files or more"):
        lineage.merge_snapshots([], tmp_path / "b.db")
