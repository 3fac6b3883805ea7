"""Manifests: what a channel really read, and what can no longer be known."""

from __future__ import annotations

import contextlib
import json
import pickle
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.crawl import manifests
from lineage.crawl.aws.refusals import Refused
from lineage.crawl.manifests import entries
from lineage.crawl.replay.session import replay_session
from lineage.domain.names import Cover, parse_location
from lineage.domain.records import Resource, Window
from lineage.snapshot.manifests import Listings, Manifest
from tests.conftest import BANK
from tests.estate import HEADER, IMAGE
from tests.records import ACCOUNT, REGION, channel, processing, record, training

LIST = "s3://lists/a.manifest"
PLAIN, AUGMENTED = "ManifestFile", "AugmentedManifestFile"
TIMES = {"LastModifiedTime": "2026-01-02T11:00:00Z"}


def job(name: str = "fit", form: str = PLAIN, *, place: str = LIST, attributes: list[str] | None = None) -> Resource:
    """A training job that reads a manifest."""
    one = channel("train", place, form)
    one["DataSource"]["S3DataSource"] |= {"AttributeNames": attributes} if attributes else {}
    return training(name, [one], **(IMAGE | TIMES))


def content(value: Any = None, *, place: str = LIST, **words: Any) -> dict[str, Any]:
    """An object of an account file; by default a plain manifest of these names."""
    return {"object": place} | ({"json": value} if value is not None else {}) | words


def crawl(folder: Path, *lines: Resource | dict[str, Any], **words: Any) -> Path:
    """A snapshot of an account that holds these records, objects and faults."""
    rows = [{"kind": one.kind, "record": dict(one.body)} if isinstance(one, Resource) else one for one in lines]
    (folder / "account.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in [HEADER, *rows]))
    session = replay_session(folder / "account.jsonl")
    lineage.crawl_estate(folder / "s.db", session=session, **({"full": True} | words))
    return folder / "s.db"


def ask(snapshot: Path, uri: str) -> lineage.Usage:
    """The answer of `used`, which is the same from the whole graph and from the loaded part."""
    with lineage.open_snapshot(snapshot) as opened:
        part, whole = lineage.around_dataset(opened, uri), lineage.graph(opened)
    answer = lineage.used(part, uri)
    assert answer.as_json() == lineage.used(whole, uri).as_json()
    return answer


def verdict(snapshot: Path, uri: str) -> str:
    return ask(snapshot, uri).verdict


def test_a_manifest_names_what_was_read(tmp_path: Path) -> None:
    """A listed object was used, an unlisted one was not, and the manifest's entry is the evidence."""
    path = crawl(tmp_path, job(), content([{"prefix": "s3://data/x/"}, "1.csv", "y/2.csv"]))
    assert verdict(path, "s3://data/x/1.csv") == "used"
    assert verdict(path, "s3://data/x/3.csv") == "not-referenced"
    assert verdict(path, "s3://elsewhere/") == "not-referenced"
    (found,) = ask(path, "s3://data/x/y").findings
    assert (found["cover"], found["location"], found["entry"]) == ("part", LIST, "s3://data/x/y/2.csv")


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("s3://data", "used"),
        ("s3://data/", "used"),
        ("s3://data/a", "used"),
        ("s3://data/a/", "used"),
        ("s3://data/a/b", "used"),
        ("s3://data/a/b/c.csv", "used"),
        ("https://data.s3.eu-west-1.amazonaws.com/a/b/c.csv", "used"),
        ("s3://data/a/b/c", "not-referenced"),
        ("s3://data/a/b/C.csv", "not-referenced"),
        ("s3://data/a/b//c.csv", "not-referenced"),
        ("s3://data/a/bb", "not-referenced"),
        ("s3://data/top.csv", "used"),
        ("s3://data/to", "not-referenced"),
        ("s3://data/a/folder/inside.csv", "used"),
        ("s3://data/odd//name", "used"),
        ("s3://data/odd/", "used"),
        ("s3://data2/a/b/c.csv", "not-referenced"),
        (LIST, "used"),
        ("s3://lists/", "used"),
    ],
)
def test_what_is_asked_of_a_manifest(tmp_path: Path, uri: str, expected: str) -> None:
    """An object, a folder or a bucket is found by any of its names, and nothing else; the list itself counts as read."""
    names = ["a/b/c.csv", "top.csv", "a/folder/", "odd//name"]
    path = crawl(tmp_path, job(), content([{"prefix": "s3://data/"}, *names]))
    assert verdict(path, uri) == expected


def test_attributes(tmp_path: Path) -> None:
    """From an augmented manifest a channel reads the attributes that it names, in any bucket; the others it does not."""
    line = {"source-ref": "s3://pictures/1.jpg", "mask-ref": "s3://masks/1.png", "label": "s3://no/ref"}
    path = crawl(tmp_path, job(form=AUGMENTED, attributes=["source-ref", "label"]), content(lines=[line]))
    assert verdict(path, "s3://pictures/1.jpg") == "used"
    assert verdict(path, "s3://masks/") == verdict(path, "s3://no/ref") == "not-referenced"
    odd = {"a,b-ref": "s3://odd/1.jpg"}
    place = "s3://lists/odd.manifest"
    path = crawl(tmp_path, job("odd", AUGMENTED, attributes=["a,b-ref"], place=place), content(lines=[odd], place=place))
    assert verdict(path, "s3://odd/1.jpg") == "used"
    path = crawl(tmp_path, job("all", AUGMENTED), content(lines=[line]))
    assert verdict(path, "s3://masks/") == "used"


def test_made_by_another_job(tmp_path: Path) -> None:
    """A job's output that a manifest lists leads back to what that job read; an output that it leaves out does not."""
    early = processing("split", {"raw": "s3://raw/"}, {"out": "s3://data/x/"}, day="2026-01-01", **TIMES)
    other = processing("other", {"raw": "s3://other/"}, {"out": "s3://data/z/"}, day="2026-01-01", **TIMES)
    path = crawl(tmp_path, early, other, job(), content(["s3://data/x/1.csv"]))
    (found,) = ask(path, "s3://raw/1.csv").findings
    assert (found["verdict"], found["evidence"][2]["usage"]) == ("used-indirectly", "listed")
    assert verdict(path, "s3://other/1.csv") == "not-referenced"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "missing"),
        ([content([], modified="2026-01-02T10:30:00Z")], "changed since"),
        ([content(text="[1]")], "malformed"),
        ([content(text='["s3://data/1.csv", ')], "malformed"),
        ([content(text='["no uri"]')], "malformed"),
        ([content(text='[{"prefix": "s3://data/"}]')], "malformed"),
        ([content(text='[{"prefix": "s3://data/"}, {"prefix": "s3://other/"}, "1.csv"]')], "malformed"),
        ([content(text='["s3://data/1.csv"]["s3://anything/"]')], "something follows its array"),
        ([content(text='["s3://data/1.csv"]\n["s3://anything/"]\n')], "something follows its array"),
        ([content(text='["s3://data/1.csv"],')], "something follows its array"),
        ([content(text='["s3://data/1.csv"] }')], "something follows its array"),
        ([content(text='["s3://data/1.csv" "s3://anything/"]')], "malformed"),
        ([content(text='[,"s3://data/1.csv"]')], "malformed"),
        ([content(text='["s3://data/1.csv",]')], "malformed"),
        ([content(text='["s3://data/1.csv", null]')], "malformed"),
        ([content(text='[{"prefix": "s3://data/", "prefix": "s3://anything/"}, "1.csv"]')], "an object in it repeats a name"),
        ([content(text=f"[{'[' * 5000}{']' * 5000}]")], "malformed"),
        ([content(text=f'["s3://data/1.csv", {"9" * 5000}]')], "malformed"),
        ([content(text=json.dumps(["s3://data/" + "x" * 1025]))], "malformed"),
        ([content(text="{}")], "malformed"),
        ([content(text='["s3://data/\\ud800.csv"]')], "malformed"),
        ([content(text="")], "malformed"),
        ([content(["s3://team-abc-s3alias/1.csv"])], "access point"),
        ([content([]), {"fault": "AccessDeniedException", "operation": "GetObject"}], "denied"),
        ([content([]), {"fault": "ThrottlingException", "operation": "GetObject", "name": LIST}], "throttled"),
        ([content([]), {"fault": "InternalFailure", "operation": "GetObject", "region": REGION, "account": ACCOUNT}], "failed"),
    ],
)
def test_an_unread_manifest_is_a_hole(tmp_path: Path, lines: list[dict[str, Any]], said: str) -> None:
    """A manifest that is unread, incomplete, or changed since could list anything: no dataset is called unused."""
    answer = ask(crawl(tmp_path, job(), *lines), "s3://anything/")
    assert answer.verdict == "unknown"
    (hole,) = answer.scope["holes"]
    assert (hole["reason"], hole["subject"]) == ("unread-manifest", LIST)
    assert said in hole["detail"]


@pytest.mark.parametrize(
    "second",
    [
        "[]", '"x"', "7", "null", "{", '{"source-ref": 7}', '{"source-ref": null}', '{"source-ref": {"a": 1}}',
        '{"source-ref": "s3://a/1"} {"source-ref": "s3://anything/"}', '{"source-ref": "s3://a/1", "source-ref": "s3://b/1"}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_object_is_a_hole(tmp_path: Path, second: str) -> None:
    """Each line of an augmented manifest is one object; otherwise it is unknown what the channel read."""
    text = f'{{"source-ref": "s3://data/1.jpg"}}\n{second}\n'
    answer = ask(crawl(tmp_path, job(form=AUGMENTED), content(text=text)), "s3://anything/")
    assert (answer.verdict, [hole["reason"] for hole in answer.scope["holes"]]) == ("unknown", ["unread-manifest"])


PARTS = st.lists(st.sampled_from(['"s3://b/1"', '{"prefix": "s3://b/"}', "[", "]", ",", " ", "\n", "7", "null", '"']))


@given(PARTS, st.integers(1, 9))
def test_a_plain_manifest_is_one_array_as_json_has_it(parts: list[str], size: int) -> None:
    """What is read as a manifest is JSON, and nothing of it is left out."""
    text = "".join(["[", *parts])
    try:
        listed = list(entries(PLAIN, pieces(text.encode(), size)))
    except Refused:
        return
    assert len(listed) == sum(isinstance(one, str) for one in json.loads(text))


@pytest.mark.parametrize("form", [PLAIN, AUGMENTED])
def test_what_never_ends_is_no_manifest(form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line or a name without an end is refused before all of it is in memory."""
    monkeypatch.setattr(manifests, "MOST_OF_ONE", 1000)
    taken: list[int] = []

    def endless() -> Iterator[bytes]:
        for number in range(1000):
            taken.append(number)
            yield b"['s3://b/x'" * 10

    with pytest.raises(Refused, match="more than 1,000 characters"):
        list(entries(form, endless()))
    assert len(taken) < 20


def test_what_one_account_may_not_read_another_may(tmp_path: Path) -> None:
    """A manifest that jobs of two regions read is requested from each of them until one request is allowed."""
    there = training("far", [channel("train", LIST, PLAIN)], **(IMAGE | TIMES))
    body = dict(there.body) | {"TrainingJobArn": there.arn.replace("eu-west-1", "us-east-1")}
    denied = {"fault": "AccessDeniedException", "operation": "GetObject", "region": "us-east-1"}
    lines = (job(), {"kind": "training-job", "record": body}, content(["s3://data/1.csv"]), denied)
    path = crawl(tmp_path, *lines, regions=["eu-west-1", "us-east-1"])
    assert len(ask(path, "s3://data/1.csv").findings) == 2
    assert verdict(path, "s3://data/2.csv") == "not-referenced"


def test_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest above the size limit is a gap that says its size."""
    monkeypatch.setattr(manifests, "MOST_BYTES", 10)
    (hole,) = ask(crawl(tmp_path, job(), content(["s3://data/1.csv"])), "s3://data/1.csv").scope["holes"]
    assert "too-large: it has 19 bytes; the limit is 10" in hole["detail"]


def test_without_manifests(tmp_path: Path) -> None:
    """A crawl without manifests requests none from S3, and their content is unknown."""
    assert verdict(crawl(tmp_path, job(), content(["s3://data/1.csv"]), manifests=False), "s3://data/1.csv") == "unknown"
    assert verdict(crawl(tmp_path, job(), content(["s3://data/1.csv"])), "s3://data/1.csv") == "used"


def test_a_version_that_was_seen_in_time_stays(tmp_path: Path) -> None:
    """A manifest's content at the time of a read stays known after the manifest was changed or deleted."""
    first = content([{"prefix": "s3://data/"}, "old.csv"])
    assert verdict(crawl(tmp_path, job(), first), "s3://data/old.csv") == "used"
    for later in ([content(["s3://data/new.csv"], modified="2026-05-01T00:00:00Z")], []):
        path = crawl(tmp_path, job(), *later)
        assert verdict(path, "s3://data/old.csv") == "used"
        assert verdict(path, "s3://data/new.csv") == "not-referenced"


def test_each_job_has_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two jobs that read one manifest at different times read different lists."""
    monkeypatch.setattr(manifests, "now", lambda: "2026-04-01T00:00:00Z")
    crawl(tmp_path, job(), content(["s3://data/old.csv"]))
    monkeypatch.undo()
    later = training("later", [channel("train", LIST, PLAIN)], day="2026-06-01", **(IMAGE | TIMES))
    path = crawl(tmp_path, job(), later, content(["s3://data/new.csv"], modified="2026-05-01T00:00:00Z"))
    assert [one["job"]["name"] for one in ask(path, "s3://data/old.csv").findings] == ["fit"]
    assert [one["job"]["name"] for one in ask(path, "s3://data/new.csv").findings] == ["later"]


def test_two_versions_and_two_writers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The output of two jobs that two versions of one manifest list reaches the readers of both versions."""
    first = processing("first", {"raw": "s3://raw/"}, {"out": "s3://data/x/"}, day="2026-01-01", **TIMES)
    second = processing("second", {"raw": "s3://raw/"}, {"out": "s3://data/z/"}, day="2026-01-01", **TIMES)
    later = training("later", [channel("train", LIST, PLAIN)], day="2026-06-01", **(IMAGE | TIMES))
    monkeypatch.setattr(manifests, "now", lambda: "2026-04-01T00:00:00Z")
    crawl(tmp_path, first, second, job(), content(["s3://data/x/1.csv"]))
    monkeypatch.undo()
    listed = content(["s3://data/z/1.csv"], modified="2026-05-01T00:00:00Z")
    path = crawl(tmp_path, first, second, job(), later, listed)
    assert {one["job"]["name"] for one in ask(path, "s3://raw/").findings} == {"fit", "later"}


def test_an_access_point_may_hide_what_is_listed(tmp_path: Path) -> None:
    """It is unknown whether a manifest lists what is behind an access point."""
    path = crawl(tmp_path, job(), content(["s3://data/1.csv"]))
    assert verdict(path, "s3://team-abc-s3alias/1.csv") == "unknown"


def test_bytes_that_came_back_are_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A manifest that was changed and changed back between two crawls is not taken for the one that existed in between."""
    later = training("later", [channel("train", LIST, PLAIN)], day="2026-03-01", **(IMAGE | TIMES))
    monkeypatch.setattr(manifests, "now", lambda: "2026-01-03T00:00:00Z")
    crawl(tmp_path, job(), content(["s3://data/1.csv"]))
    monkeypatch.undo()
    path = crawl(tmp_path, job(), later, content(["s3://data/1.csv"], modified="2026-04-01T00:00:00Z"))
    assert verdict(path, "s3://data/2.csv") == "unknown"
    assert [one["job"]["name"] for one in ask(path, "s3://data/1.csv").findings] == ["fit"]


def test_a_manifest_that_was_gone_and_came_back(tmp_path: Path) -> None:
    """A missing manifest is requested again where another job reads it."""
    crawl(tmp_path, job())
    later = training(
        "later", [channel("train", LIST, PLAIN)], day="2027-03-01", **(IMAGE | {"LastModifiedTime": "2027-03-02T00:00:00Z"})
    )
    path = crawl(tmp_path, job(), later, content(["s3://data/1.csv"], modified="2027-01-01T00:00:00Z"), full=False)
    with lineage.open_snapshot(path) as opened:
        assert not opened.gaps()


def test_labeled_sequences(tmp_path: Path) -> None:
    """A manifest of labeled frames lists files that list the frames, which are not read; the images of a frame are in its line."""
    shape = {
        "LabelingJobStatus": "Completed",
        "LastModifiedTime": "2026-01-02T00:00:00Z",
        "LabelCounters": {},
        "JobReferenceCode": "x",
    }
    shape |= {"LabelingJobOutput": {"OutputDatasetS3Uri": "s3://labels/l/output.manifest"}}
    shape |= {"InputConfig": {"DataSource": {"S3DataSource": {"ManifestS3Uri": LIST}}}, "CreationTime": "2026-01-02T00:00:00Z"}
    labeling = record("labeling-job", "l", shape)
    frame = {"prefix": "s3://seq/frames/", "images": [{"image-path": "1.pcd"}]}
    whole = {"images": [{"image-path": "s3://seq/frames/1.pcd"}]}
    for listed, beside, expected in (
        ("s3://seq/1.jpg", {}, "not-referenced"),
        ("s3://seq/1.json", {}, "unknown"),
        ("s3://seq/1.bin", {"source-ref-metadata": frame}, "used-indirectly"),
        ("s3://seq/1.bin", {"source-ref-metadata": whole}, "used-indirectly"),
        ("s3://seq/1.bin", {"source-ref-metadata": {"images": 3}}, "unknown"),
        ("s3://seq/1.bin", {"source-ref-metadata": {**frame, "images": [{"path": "1.pcd"}]}}, "unknown"),
    ):
        path = crawl(
            tmp_path,
            labeling,
            training("other", {"train": "s3://o/"}, **(IMAGE | TIMES)),
            training("after", {"train": "s3://labels/"}, day="2026-03-01", **(IMAGE | TIMES)),
            content(lines=[{"source-ref": listed, **beside}], modified="2026-01-01T00:00:00Z"),
            content([], place="s3://x/"),
        )
        assert verdict(path, "s3://seq/frames/1.pcd") == expected
        (tmp_path / "s.db").unlink()


def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    """A manifest whose readers had all finished when it was seen is not requested again."""
    crawl(tmp_path, job(), content(["s3://data/1.csv"]))
    denied = {"fault": "AccessDeniedException", "operation": "GetObject"}
    path = crawl(tmp_path, job(), denied)
    assert verdict(path, "s3://data/1.csv") == "used"
    with lineage.open_snapshot(path) as opened:
        assert opened.gaps() == []


def test_a_gap_closes(tmp_path: Path) -> None:
    """A manifest that could not be read once, and can be now, is no longer a gap."""
    crawl(tmp_path, job(), content(["s3://data/1.csv"]), {"fault": "AccessDeniedException", "operation": "GetObject"})
    path = crawl(tmp_path, job(), content(["s3://data/1.csv"]))
    assert verdict(path, "s3://data/2.csv") == "not-referenced"


def test_an_unchanged_manifest_is_seen_again(tmp_path: Path) -> None:
    """A job that ran when its manifest was first seen has read it, once it is seen unchanged after the job's end."""
    running = training("fit", [channel("train", LIST, PLAIN)], **(IMAGE | TIMES))
    body = dict(running.body) | {"TrainingJobStatus": "InProgress", "SecondaryStatus": "Training"}
    del body["TrainingEndTime"]
    path = crawl(tmp_path, {"kind": "training-job", "record": body}, content(["s3://data/1.csv"]))
    assert verdict(path, "s3://data/1.csv") == "used"
    path = crawl(tmp_path, running, content(["s3://data/1.csv"]))
    assert verdict(path, "s3://data/2.csv") == "not-referenced"


def test_the_walk_from_an_endpoint_reads_manifests_too(tmp_path: Path) -> None:
    """`crawl --endpoint` reads the manifests of the jobs that it visits, and says what it could not read."""
    lineage.crawl_endpoints(tmp_path / "s.db", ["mortgage-tuned"], replay=BANK)
    with lineage.open_snapshot(tmp_path / "s.db") as opened:
        assert [gap.operation for gap in opened.gaps() if gap.subject.endswith(".manifest")] == ["GetObject"]


def test_a_graph_outlives_its_snapshot(tmp_path: Path) -> None:
    """A graph that was copied, or sent to another process, still knows what manifests list."""
    path = crawl(tmp_path, job(), content(["s3://data/1.csv"]))
    with lineage.open_snapshot(path) as opened:
        graph = lineage.graph(opened)
    sent = pickle.loads(pickle.dumps(graph))  # noqa: S301  (our own)
    for copy in (nx.MultiDiGraph(graph), deepcopy(graph), sent, graph.subgraph(graph).copy()):
        assert lineage.used(copy, "s3://data/1.csv").verdict == "used"


# --- reading ------------------------------------------------------------------------------------


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


NAMES = st.lists(st.text('aé/"\\,[]{} \u2028', min_size=1, max_size=8).map(lambda text: f"k{text}"), min_size=1, max_size=6)


@given(NAMES, st.integers(1, 40), st.sampled_from([None, 1]))
def test_pieces_mean_nothing(names: list[str], size: int, indent: int | None) -> None:
    """However S3 cuts a manifest into pieces, and whatever its layout, the list is the same."""
    listed = [f"s3://b/p/{name}" for name in names]
    plain = json.dumps([{"prefix": "s3://b/p/"}, *names], indent=indent, ensure_ascii=False).encode()
    assert [place.uri for place in entries(PLAIN, pieces(plain, size))] == listed
    lines = "\n".join(json.dumps({"source-ref": uri}, ensure_ascii=False) for uri in listed).encode()
    assert [place.uri for place in entries(AUGMENTED, pieces(lines, size))] == listed


@given(st.binary(max_size=40), st.integers(1, 9))
def test_whatever_it_is_it_is_read_or_refused(data: bytes, size: int) -> None:
    """A text that is no manifest is refused as malformed, and nothing else goes wrong."""
    for form in (PLAIN, AUGMENTED):
        with contextlib.suppress(Refused):
            list(entries(form, pieces(data, size)))


# --- keeping ------------------------------------------------------------------------------------

KEYS = st.lists(st.text("ab/", max_size=5), min_size=1, max_size=5)


@given(KEYS, st.text("ab/", max_size=5))
def test_cover_agrees_with_keys(keys: list[str], asked: str) -> None:
    """The answer of a list about a dataset agrees with a look at each of its entries."""
    listings = Listings.in_memory()
    listings.put(Manifest(LIST, PLAIN, "e", "2026-01-01T00:00:00Z"), [parse_location(f"s3://b/{key}") for key in keys], "")
    covered, entry = listings.cover(1, parse_location(f"s3://b/{asked}"))
    wanted, texts = f"b/{asked}".removesuffix("/"), [f"b/{key}".removesuffix("/") for key in keys]
    whole = any(wanted == text or wanted.startswith(f"{text}/") for text in texts)
    part = any(text.startswith(f"{wanted}/") for text in texts)
    assert covered is (Cover.ALL if whole else Cover.PART if part else Cover.NONE)
    assert bool(entry) is (covered is not Cover.NONE)


@pytest.mark.parametrize(
    ("versions", "window", "expected"),
    [
        (["01/09"], "03/04", 1),
        (["01/09"], "03/", 1),
        (["01/09"], "/04", None),
        (["05/09"], "03/04", None),
        (["05/09"], "03/06", None),
        (["01/05"], "03/06", None),
        (["01/02", "05/09"], "06/07", 2),
        (["01/02", "05/09"], "03/04", None),
        (["01/09", "05/08"], "06/07", None),
        (["01/09", "05/08"], "02/03", 1),
        (["01-02T10:00:00Z/09"], "01-02T10:00:00.100Z/01-02T11:00:00Z", None),
        (["01-02T10:00:00Z/09"], "01-02T10:00:01.100Z/01-02T11:00:00Z", 1),
    ],
)
def test_which_version_was_read(versions: list[str], window: str, expected: int | None) -> None:
    """A version seen both before a read began and after it ended is the one that was read, if it is the only one."""
    listings = Listings.in_memory()
    for number, version in enumerate(versions):
        modified, _, seen = version.partition("/")
        listings.put(Manifest(LIST, PLAIN, str(number), f"2026-{modified}"), [], f"2026-{seen}")
    dates = Window(*(f"2026-{month}" if month else "" for month in window.split("/")))
    assert listings.read_by(LIST, PLAIN, dates) == expected


def test_other_views_tell_of_versions_too() -> None:
    """A version that was seen for another view was there for this one as well."""
    listings = Listings.in_memory()
    listings.put(Manifest(LIST, "a", "1", "2026-01-01"), [], "2026-09-01")
    assert listings.read_by(LIST, "a", Window("2026-03-01", "2026-03-02"))
    listings.put(Manifest(LIST, "b", "2", "2026-02-01"), [], "2026-04-01")
    assert listings.read_by(LIST, "a", Window("2026-03-01", "2026-03-02")) is None


def test_half_a_manifest_is_none() -> None:
    """A list that breaks off is not kept at all."""

    def broken() -> Iterator[Any]:
        yield parse_location("s3://b/1")
        raise Refused("malformed", "")

    listings = Listings.in_memory()
    with pytest.raises(Refused):
        listings.put(Manifest(LIST, PLAIN, "e", "2026-01-01T00:00:00Z"), broken(), "")
    assert list(listings.places()) == []
    assert listings.listing(parse_location("s3://b/1")) == set()


@pytest.mark.parametrize(
    "text", ['["https://jo:hunter2@host/a.csv"]', '[{"password": "hunter2"}, 3]', '["s3://b/a" "token=hunter2"]']
)
def test_no_secret_of_a_manifest_is_in_its_gap(text: str) -> None:
    """The message about an unreadable manifest holds nothing that looks like a secret."""
    with pytest.raises(Refused) as refused:
        list(entries(PLAIN, [text.encode()]))
    assert "hunter2" not in f"{refused.value} {refused.value.detail}"
