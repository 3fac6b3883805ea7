"""Gaps that people vouch for: each question gives the verdict that stands, what it rests on, and the verdict without it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.domain.attestations import Attestation, Attestations, HoleName, names_of
from lineage.domain.names import parse_location
from lineage.domain.records import READ, Gap, Resource
from lineage.errors import MalformedPolicy
from lineage.graphs.build import graph_of
from lineage.graphs.derive import join
from lineage.queries.attested import judged, vouched_in
from lineage.snapshot.manifests import Listings, Manifest
from lineage.snapshot.reading import Snapshot
from tests.queries.test_impact import whole
from tests.queries.test_random_estates import JOBS, KEYS, resource
from tests.records import ACCOUNT, REGION, arn, channel, processing, served, training
from tests.snapshot.test_file import CRAWL, crawl

TODAY = date(2026, 6, 1)
STORE, ELSEWHERE = "s3://lists/faces.manifest", "s3://raw/customers/"
FACES = training("faces", [channel("train", STORE, "ManifestFile")])
GONE = arn("training-job", "gone")
DENIED = Gap(ACCOUNT, REGION, "DescribeTrainingJob", GONE, "denied", "no")
UNREAD = HoleName("unread-manifest", FACES.arn, "train", STORE)


def vouch(*names: HoleName, until: date = date(2027, 1, 1), who: str = "jo") -> Attestations:
    return Attestations([Attestation(name, who, date(2026, 1, 1), "looked", until) for name in names], today=TODAY)


def told(answer: Any) -> tuple[str, str, int]:
    """The verdict, the verdict without attestations, and how many of them it rests on, as JSON has them."""
    said = answer.as_json()
    return said["verdict"], said["verdict_without_attestations"], len(said["attestations"])


# --- the questions --------------------------------------------------------------------------------


def asked_used(graph: lineage.Graph, vouched: Attestations) -> Any:
    return lineage.used(graph, ELSEWHERE, attestations=vouched)


def asked_impact(graph: lineage.Graph, vouched: Attestations) -> Any:
    return lineage.impact(graph, ELSEWHERE, attestations=vouched)


def asked_path(graph: lineage.Graph, vouched: Attestations) -> Any:
    return lineage.path(graph, ELSEWHERE, "training-job/faces", attestations=vouched)


QUESTIONS = [(asked_used, "not-referenced"), (asked_impact, "nothing-found"), (asked_path, "nothing-found")]


@pytest.mark.parametrize(("ask", "no"), QUESTIONS)
def test_a_question_says_both_verdicts(ask: Callable[..., Any], no: str) -> None:
    """Where people vouch for every gap the answer is a "no" that names them; where one stays open it remains unknown."""
    graph = whole(FACES, holes=(DENIED,))
    both = vouch(UNREAD, HoleName("denied", GONE))
    assert told(ask(graph, both)) == (no, "unknown", 2)
    assert told(ask(graph, vouch(UNREAD))) == ("unknown", "unknown", 1)
    answer = ask(graph, both).as_json()
    attested = {hole["subject"]: hole["attested"] for hole in answer["scope"]["holes"]}
    assert attested == {row["hole"].get("manifest", row["hole"]["subject"]): [row["id"]] for row in answer["attestations"]}
    assert {row["who"] for row in answer["attestations"]} == {"jo"}


@pytest.mark.parametrize(("ask", "no"), QUESTIONS)
def test_without_attestations_an_answer_is_as_it_was(ask: Callable[..., Any], no: str) -> None:
    """Without attestations the answer has no keys about them, and all gaps count."""
    del no
    answer = ask(whole(FACES), Attestations()).as_json()
    assert answer["verdict"] == "unknown"
    assert {"attestations", "verdict_without_attestations"}.isdisjoint(answer)
    assert "attested" not in answer["scope"]["holes"][0]
    assert [hole["attest"] for hole in answer["scope"]["holes"]] == [UNREAD._replace(subject=FACES.arn).as_json()]


def test_the_making_of_one_thing_says_both_verdicts(tmp_path: Path) -> None:
    """`datasets --holdouts` closes the same gaps as `used`, and a check rests on both."""
    path = tmp_path / "s.db"
    crawl(path, FACES)
    with lineage.open_snapshot(path) as snapshot:
        answer = lineage.datasets(snapshot, "training-job/faces", holdouts=[ELSEWHERE], attestations=vouch(UNREAD))
        (row,) = answer.holdouts
        assert (row["verdict"], row["holes"] - row["left_open"], len(row["attestations"])) == ("unknown", 1, 1)
        assert len(answer.rests.attestations) == 1
        policy = lineage.Policy(holdouts=(ELSEWHERE,))
        bare = lineage.check(snapshot, policy, today=TODAY)
        checked = lineage.check(snapshot, policy, today=TODAY, attestations=vouch(UNREAD))
        assert [one.rule for one in bare.undecided] == [one.rule for one in checked.undecided]  # nothing is removed


def test_a_trace_mends_no_break_by_it() -> None:
    """The trace says that a person vouches for a gap on the path; its origin stays unknown."""
    board = [training("faces", [channel("train", STORE, "ManifestFile")]), *served("s3://bought/model.tar.gz")]
    graph = whole(*board)
    names = vouch(HoleName("unmatched", "s3://bought/model.tar.gz"))
    assert told(lineage.trace(graph, "shop", attestations=names)) == ("broken", "broken", 0)
    made = whole(FACES, *served("s3://models/faces/output/model.tar.gz"))
    assert told(lineage.trace(made, "shop", attestations=vouch(UNREAD))) == ("traced", "traced", 1)


def test_what_is_served_and_nobody_made_can_be_attested() -> None:
    """A bought model is a gap for `impact`, which a person can close."""
    graph = whole(*served("s3://bought/model.tar.gz"))
    bought = vouch(HoleName("unmatched", "s3://bought/model.tar.gz"))
    assert told(asked_impact(graph, bought)) == ("nothing-found", "unknown", 1)


# --- what an attestation never does ---------------------------------------------------------------

HOLES = st.lists(
    st.builds(
        Gap,
        st.just(ACCOUNT),
        st.just(REGION),
        st.sampled_from(["DescribeModel", "DescribeTrainingJob", "ListModels", ""]),
        st.sampled_from([GONE, FACES.arn, STORE, "model", ""]),
        st.sampled_from(["denied", "missing", "unmatched", "not-enumerated", "empty"]),
        st.just("said so"),
    ),
    max_size=4,
)
NAMES = st.lists(
    st.builds(HoleName, st.sampled_from(["denied", "missing", "not-enumerated"]), st.sampled_from([GONE, FACES.arn, "x:y"])),
    max_size=4,
    unique=True,
)


@given(st.sampled_from(["", "used", "possible"]), HOLES, NAMES)
def test_the_verdict_is_that_without_the_attested_holes(found: str, holes: list[Gap], names: list[HoleName]) -> None:
    """The verdict is exactly the one without the gaps that somebody vouches for."""
    vouched = vouch(*names)
    left = [hole for hole in holes if not vouched.of(hole)]
    verdict, rests = judged(found, "no", holes, vouched)
    assert verdict == judged(found, "no", left).verdict
    assert rests.without in ("", judged(found, "no", holes).verdict)
    assert all(hole.reason in {name.kind for name in names} for hole in holes if hole not in left)
    assert not any(hole.reason in ("not-enumerated", "empty") or not hole.subject for hole in holes if hole not in left)


@given(JOBS, KEYS, HOLES, NAMES, st.randoms(use_true_random=False))
def test_no_attestation_takes_a_finding_away(
    jobs: list[Any], key: str, holes: list[Gap], names: list[HoleName], random: Any
) -> None:
    """Findings stay, in the same words; only `unknown` can become a "no", and the order of the file means nothing."""
    records = [resource(number, job) for number, job in enumerate(jobs)]
    graph, uri = whole(*records, holes=tuple(holes)), f"s3://x/{key}"
    bare, vouched = lineage.used(graph, uri), lineage.used(graph, uri, attestations=vouch(*names))
    assert (vouched.findings, vouched.also_read) == (bare.findings, bare.also_read)
    assert vouched.verdict == bare.verdict or (bare.verdict, vouched.verdict) == ("unknown", "not-referenced")
    left = tuple(hole for hole in holes if not vouch(*names).of(hole))
    assert vouched.verdict == lineage.used(whole(*records, holes=left), uri).verdict
    assert [hole["subject"] for hole in vouched.scope["holes"]] == [hole["subject"] for hole in bare.scope["holes"]]
    random.shuffle(names)
    assert lineage.used(graph, uri, attestations=vouch(*names)).as_json() == vouched.as_json()


@given(NAMES)
def test_an_expired_or_unmatched_one_changes_nothing(names: list[HoleName]) -> None:
    """An expired or unmatched attestation closes no gap; a note reports it."""
    graph = whole(FACES, holes=(DENIED,))
    expired = vouch(
        HoleName("denied", GONE), UNREAD, *(name for name in names if name.subject == "x:y"), until=date(2026, 5, 1)
    )
    answer, bare = asked_used(graph, expired), asked_used(graph, Attestations())
    assert (answer.verdict, answer.findings, answer.rests.attestations) == (bare.verdict, bare.findings, [])
    assert [hole["attested"] for hole in answer.scope["holes"]] == [[], []]
    assert sum("expired on 2026-05-01: it does not count" in note for note in answer.caveats) == 2


def test_two_people_may_vouch_for_one_hole() -> None:
    """Both people are named, and one attestation is enough when the other has expired."""
    both = Attestations([*vouch(UNREAD, who="ada").said, *vouch(UNREAD, who="bo").said], today=TODAY)
    assert told(asked_used(whole(FACES), both)) == ("not-referenced", "unknown", 2)
    old = vouch(UNREAD, who="ada", until=date(2026, 5, 1)).said
    assert told(asked_used(whole(FACES), Attestations([*old, *both.said[:1]], today=TODAY)))[:2] == (
        "not-referenced",
        "unknown",
    )


def test_an_attestation_of_what_was_read_hides_no_trail() -> None:
    """An attestation that a file system holds nothing does not cover what a job of this data wrote there."""
    prep = processing("prep", {"in": ELSEWHERE}, {"out": "s3://out-s3alias/x/"})
    fits = training("fit", {"train": "s3://out-s3alias/x/"})
    graph, store = whole(prep, fits), HoleName("access-point", "s3://out-s3alias/x/")
    assert asked_used(graph, vouch(store)).verdict != "not-referenced"


@pytest.mark.parametrize(("written", "closed"), [("2026-01-02T10:30:00Z", False), ("2026-02-01T00:00:00Z", False), ("", True)])
@pytest.mark.parametrize(("ask", "no"), QUESTIONS)
def test_nobody_vouches_against_a_list_that_was_read(ask: Callable[..., Any], no: str, written: str, closed: bool) -> None:
    """A manifest that was written after the job read it may say the same as the earlier one: what it lists stays unknown."""
    manifests = Listings.in_memory()
    if written:
        listed = [parse_location(f"{ELSEWHERE}a.csv")]
        manifests.put(Manifest(STORE, "ManifestFile", "e", written), listed, "2026-12-01T00:00:00Z")
    graph = graph_of([FACES], listings=manifests)
    graph.graph["scope"] = whole(FACES).graph["scope"]
    answer = ask(graph, vouch(UNREAD)).as_json()
    assert (answer["verdict"], answer["verdict_without_attestations"]) == (no if closed else "unknown", "unknown")
    (hole,) = answer["scope"]["holes"]
    assert ("a version of it that was read lists s3://raw/customers/" in hole["detail"]) is not closed
    assert (hole["attest"] is None) is not closed
    other = lineage.used(graph, "s3://raw/other/", attestations=vouch(UNREAD))  # which no version lists
    assert told(other) == ("not-referenced", "unknown", 1)


@pytest.mark.parametrize(("day", "closed"), [("2026-01-02", False), ("2026-01-03", True)])
@pytest.mark.parametrize(("ask", "no"), [QUESTIONS[0], QUESTIONS[2]])
def test_nobody_vouches_against_a_list_of_what_was_made_of_the_data(
    ask: Callable[..., Any], no: str, day: str, closed: bool
) -> None:
    """What a job made of the data counts as the data itself, if it was there when the manifest was read."""
    prep = processing("prep", {"in": ELSEWHERE}, {"out": "s3://made/x/"}, day=day)
    manifests = Listings.in_memory()
    listed = [parse_location("s3://made/x/a.csv")]
    manifests.put(Manifest(STORE, "ManifestFile", "e", "2026-02-01T00:00:00Z"), listed, "2026-12-01T00:00:00Z")
    graph = graph_of([prep, FACES], listings=manifests)
    graph.graph["scope"] = whole(prep, FACES).graph["scope"]
    answer = ask(graph, vouch(UNREAD)).as_json()
    assert (answer["verdict"], answer["verdict_without_attestations"]) == (no if closed else "unknown", "unknown")
    (hole,) = answer["scope"]["holes"]
    made = "lists s3://made/x/ or part of it, which processing job prep made of the data, so no attestation closes this gap"
    assert (made in hole["detail"]) is not closed
    reached = lineage.impact(graph, "processing-job/prep", attestations=vouch(UNREAD))  # the job itself is asked about
    assert len(reached.rests.attestations) == closed


def test_a_holdout_in_a_list_that_was_read_stays_unknown(tmp_path: Path) -> None:
    """`datasets --holdouts` agrees with `used` on it, of a snapshot too, and on data of which something listed was made."""
    prep = processing("prep", {"in": "s3://raw/upstream/"}, {"out": ELSEWHERE})
    with Snapshot(tmp_path / "s.db", writing=True) as snapshot, snapshot.recording() as recording:
        recording.begin(CRAWL)
        recording.add(FACES)
        recording.add(prep)
        manifest = Manifest(STORE, "ManifestFile", "e", "2026-02-01T00:00:00Z")
        recording.listings.put(manifest, [parse_location(f"{ELSEWHERE}a.csv")], "2026-06-01T00:00:00Z")
        recording.replace_graph(lambda db: join(db, recording.resources, listings=recording.listings))
        recording.finish("2026-06-01T00:00:00Z")
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        for uri, closing in ((ELSEWHERE, 0), ("s3://raw/upstream/", 0), ("s3://raw/other/", 1)):
            assert len(lineage.used(snapshot, uri, attestations=vouch(UNREAD)).rests.attestations) == closing
            (row,) = lineage.datasets(snapshot, "training-job/faces", holdouts=[uri], attestations=vouch(UNREAD)).holdouts
            assert len(row["attestations"]) == closing


# --- the file -------------------------------------------------------------------------------------

ENTRY = {"kind": "denied", "subject": GONE, "who": "jo", "when": "2026-01-01", "why": "looked", "until": "2027-01-01"}


def written(path: Path, *entries: dict[str, Any], more: str = "") -> Path:
    lines = [line for one in entries for line in ("[[attestations]]", *(f'{key} = "{value}"' for key, value in one.items()))]
    path.write_text(more + "\n".join(lines) + "\n", encoding="utf-8")
    return path


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"who": ""}, "line 1: attestations[1].who is empty"),
    ({"why": "  "}, "attestations[1].why is empty"),
    ({"kind": ""}, "attestations[1].kind is empty"),
    ({"subject": ""}, "attestations[1].subject is empty"),
    ({"when": ""}, "attestations[1].when is missing"),
    ({"until": ""}, "attestations[1].until is missing"),
    ({"until": "soon"}, "attestations[1].until soon is not a day (expected one like 2027-06-30)"),
    ({"until": "2025-01-01"}, "is 2025-01-01, before it was made on 2026-01-01"),
    ({"when": "1970-01-01"}, "is 1970-01-01, before SageMaker began on 2017-11-29: write the day on which this was said"),
    ({"until": "9999-12-31"}, "more than 100 years after 2026-01-01: write the day by which somebody looks again"),
    ({"subject": "*"}, "wildcard"),
    ({"subject": "m"}, "which may match several"),
    ({"subject": "model"}, "is every model"),
    ({"subject": "s3://lists/"}, "whole bucket"),
    ({"kind": "not-enumerated"}, "crawl it"),
    ({"reason": "x"}, "is not a key of an attestation"),
    *(({key: ""}, f"attestations[1].{key} is empty: name it, or leave it out") for key in ("channel", "manifest", "output")),
    ({"output": STORE, "channel": "train"}, "two gaps"),
]


@pytest.mark.parametrize(("words", "said"), REFUSED, ids=str)
def test_a_wrong_entry_is_refused_in_one_sentence(tmp_path: Path, words: dict[str, str], said: str) -> None:
    """An entry that lacks something or is too broad is reported with its line and number."""
    path = written(tmp_path / "a.toml", ENTRY | words)
    with pytest.raises(MalformedPolicy) as error:
        lineage.load_attestations(path, today=TODAY)
    assert said in str(error.value)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[", "is not TOML"),
        ("x = 1", "x is not a key of an attestation"),
        ("attestations = 1", "must be a list of tables"),
        ("[[attestations]]\nkind = 1", "must be a text"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, said: str) -> None:
    """A file that is no attestation file is refused with the reason."""
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    with pytest.raises(MalformedPolicy, match=said):
        lineage.load_attestations(tmp_path / "a.toml")


def test_the_same_entry_twice_is_refused(tmp_path: Path) -> None:
    """The same entry twice would count as two people."""
    with pytest.raises(MalformedPolicy, match=r"attestations\[2\] says what attestations\[1\] says"):
        lineage.load_attestations(written(tmp_path / "a.toml", ENTRY, ENTRY))


def test_a_file_is_shown_without_secrets_and_on_one_line(tmp_path: Path) -> None:
    """Text that looks like a secret is cut out, and control characters of a terminal are made visible."""
    path = written(tmp_path / "a.toml", ENTRY | {"why": "see password=hunter2", "who": "jo\\u001b[31m\\nx"})
    (one,) = lineage.load_attestations(path, today=TODAY).said
    assert (one.why, one.who, one.line) == ("see password=(redacted)", "jo␛[31m x", 1)


def test_the_day_is_that_of_the_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOURCE_DATE_EPOCH sets the day, so that the same question gives the same bytes."""
    path = written(tmp_path / "a.toml", ENTRY)
    for epoch, counts in (("1780272000", 1), ("1893456000", 0)):  # 2026-06-01, 2030-01-01
        monkeypatch.setenv("SOURCE_DATE_EPOCH", epoch)
        assert len(lineage.load_attestations(path).of(DENIED)) == counts
    assert lineage.used(whole(FACES, holes=(DENIED,)), ELSEWHERE, attestations=path).rests.without == "unknown"


def test_one_that_is_older_than_its_job_makes_no_answer_a_no(tmp_path: Path) -> None:
    """Of a snapshot and of a graph, what was said before the job existed closes nothing, and the answer says so."""
    early = "is dated 2026-01-01, before what it names was created on 2026-03-01"
    late = replace(FACES, created="2026-03-01T00:00:00Z")
    crawl(tmp_path / "s.db", late)
    by_name = UNREAD._replace(subject=f"training-job:{ACCOUNT}/{REGION}/Faces")
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        for source in (snapshot, lineage.graph(snapshot), lineage.around_dataset(snapshot, ELSEWHERE)):
            for name in (UNREAD, by_name):
                answer = lineage.used(source, ELSEWHERE, attestations=vouch(name))
                assert told(answer) == ("unknown", "unknown", 0)
                assert sum(f"{early}: it does not count" in note for note in answer.caveats) == 1
            place = vouch(HoleName("unread-manifest", STORE))  # what lies at a place may have been there before the job
            assert told(lineage.used(source, ELSEWHERE, attestations=place))[2] == 1
        said = lineage.vouched_for(snapshot, vouch(UNREAD))
        assert [row["state"] for row in said["attestations"]] == [early]
        assert len(said["warnings"]) == 1
        assert sum(early in note for note in lineage.check(snapshot, attestations=vouch(UNREAD)).notes) == 1


def test_a_part_of_a_snapshot_lets_no_more_count_than_the_whole(tmp_path: Path) -> None:
    """A graph of one dataset lacks the job that a gap is about, and yet what was said before that job existed closes nothing."""
    late = training("gone", {"train": "s3://other/"}, day="2026-03-01")
    crawl(tmp_path / "s.db", late, DENIED)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        part = lineage.around_dataset(snapshot, ELSEWHERE)
    assert late.arn not in part
    assert told(lineage.used(part, ELSEWHERE, attestations=vouch(HoleName("denied", GONE))))[2] == 0
    later = Attestations([replace(vouch(HoleName("denied", GONE)).said[0], when=date(2026, 4, 1))], today=TODAY)
    assert told(lineage.used(part, ELSEWHERE, attestations=later))[2] == 1


STRANGE = [
    (
        HoleName("unread-manifest", "s3://lists/face.manifest"),
        "names no gap in this answer; did you mean s3://lists/faces.manifest?",
    ),
    (HoleName("denied", FACES.arn), "names no gap in this answer; for its subject there is unread-manifest: name the gap as "),
    (HoleName("denied", arn("model", "recommender")), "names no gap in this answer: no model 'recommender' in "),
]


@pytest.mark.parametrize(("name", "said"), STRANGE, ids=[one[0].subject for one in STRANGE])
def test_one_that_closes_nothing_is_named_with_what_may_be_meant(tmp_path: Path, name: HoleName, said: str) -> None:
    """An answer names each attestation that may be a slip: a gap is near, or nothing in the snapshot has that name."""
    crawl(tmp_path / "s.db", FACES, *served("s3://bought/model.tar.gz"), DENIED)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        answer = lineage.used(snapshot, ELSEWHERE, attestations=vouch(name))
    (note,) = [note for note in answer.caveats if "names no gap in this answer" in note]
    assert said in note
    assert str(name) in note


def test_what_a_snapshot_told_stays(tmp_path: Path) -> None:
    """A question that hands its attestations on, to a question about a part of the records, does not lose what it knows."""
    crawl(tmp_path / "s.db", replace(FACES, created="2026-03-01T00:00:00Z"))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        known = vouched_in(vouch(UNREAD), snapshot)
    assert known.early() != []
    assert vouched_in(known, whole(*served("s3://bought/model.tar.gz"))) is known


def test_many_that_close_nothing_are_counted(tmp_path: Path) -> None:
    """Three that may be slips have a note each; the others are counted, and three of them named."""
    names = [HoleName("denied", arn("transform-job", f"{letter * 9}")) for letter in "abcdefgh"]
    crawl(tmp_path / "s.db", FACES)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        for source, slips, others in ((snapshot, 3, 5), (lineage.graph(snapshot), 3, 5), (whole(FACES), 0, 8)):
            notes = [note for note in asked_used(source, vouch(*names)).caveats if "no gap in this answer" in note]
            assert sum("names no gap in this answer: no transform job" in note for note in notes) == slips
            assert notes[-1].startswith(f"{others} of 8 attestations name no gap in this answer (")
            assert notes[-1].count("denied of arn:") == 3
            assert notes[-1].endswith(f"; and {others - 3} more)")
            assert len(notes) == slips + 1


# --- the template ---------------------------------------------------------------------------------


def board() -> list[Resource | Gap]:
    """A snapshot with a gap of each sort that only questions meet, and one that the crawl left."""
    remote = training("remote", [channel("sagemaker_remote_function_bootstrap", "s3://code/fn/")])
    told = processing(
        "told", {"in": "s3://a/"}, {"out": "s3://b/"}, AppSpecification={"ContainerArguments": ["--to", "s3://c/d/"]}
    )
    out = processing("out", {"in": "s3://a/"}, {"out": "s3://x-s3alias/y/"})
    files = {"FileSystemId": "fs-1", "FileSystemType": "EFS", "DirectoryPath": "/data", "FileSystemAccessMode": "ro"}
    disk = training("disk", [{"ChannelName": "train", "DataSource": {"FileSystemDataSource": files}}])
    return [FACES, remote, told, out, disk, training("silent", []), *served("s3://bought/model.tar.gz"), DENIED]


def test_the_template_has_each_hole_and_is_refused_until_filled_in(tmp_path: Path) -> None:
    """The template lists each closable gap once; unfilled it attests nothing, filled in it closes them all."""
    crawl(tmp_path / "s.db", *board())
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        text = lineage.attest_template(snapshot)
        holes = {(row["kind"], row.get("output") or row["subject"]) for row in tomllib.loads(text)["attestations"]}
        jobs = {name: arn("training-job", name) for name in ("faces", "remote", "disk")}
        assert holes >= {
            ("unread-manifest", jobs["faces"]),
            ("unresolved", jobs["remote"]),
            ("unresolved", jobs["disk"]),
            ("no-channels", arn("training-job", "silent")),
            ("unresolved", "s3://c/d/"),
            ("unresolved", "s3://x-s3alias/y/"),
            ("unmatched", "s3://bought/model.tar.gz"),
            ("denied", GONE),
        }
        path = tmp_path / "a.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(MalformedPolicy, match=r"\.who is empty"):
            lineage.load_attestations(path)
        days = {"who": "jo", "why": "looked", "when": "2026-01-01", "until": "2027-01-01"}
        for key, value in days.items():
            text = text.replace(f'{key} = ""', f'{key} = "{value}"')
        path.write_text(text, encoding="utf-8")
        filled = lineage.load_attestations(path, today=TODAY)
        assert tomllib.loads(lineage.attest_template(snapshot, filled)) == {}
        said = lineage.vouched_for(snapshot, filled)
        assert {row["state"] for row in said["attestations"]} == {"counts"}
        assert said["warnings"] == []
        unclosed = [hole for hole in [*said["gaps"], *said["holes"]] if not hole["attested"]]
        assert {hole["reason"] for hole in unclosed} == {"not-enumerated"}


def test_what_names_no_hole_is_told_with_what_may_be_meant(tmp_path: Path) -> None:
    """The check of a whole snapshot lists each attestation without effect, with the gaps of its subject or below it."""
    crawl(tmp_path / "s.db", *board())
    names = [HoleName("denied", FACES.arn), HoleName("unresolved", "efs://fs-1/"), HoleName("denied", arn("model", "no"))]
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        warnings = "\n".join(lineage.vouched_for(snapshot, vouch(*names))["warnings"])
    assert warnings.count("matches no gap of this snapshot") == 3
    assert "for its subject there is unread-manifest" in warnings


def test_every_hole_of_an_answer_is_in_the_template(tmp_path: Path) -> None:
    """Each closable gap that a question reports is also in the list for the whole snapshot."""
    crawl(tmp_path / "s.db", *board())
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        said = lineage.vouched_for(snapshot, None)
        known = {str(hole["attest"]) for hole in [*said["gaps"], *said["holes"]]}
        graph = lineage.graph(snapshot)
        for uri in ("s3://a/", ELSEWHERE):
            answers = [lineage.used(graph, uri), lineage.impact(graph, uri), lineage.trace(graph, "shop")]
            answers.append(lineage.datasets(snapshot, "shop", holdouts=[uri]))
            assert {str(hole["attest"]) for answer in answers for hole in answer.scope["holes"]} <= known


def test_a_read_hole_is_told_with_its_names() -> None:
    """The first name of a gap in what a job read is the narrowest."""
    hole = Gap(ACCOUNT, REGION, "", STORE, "unread-manifest", "", READ, FACES.arn, "train")
    assert names_of(hole)[0] == UNREAD
