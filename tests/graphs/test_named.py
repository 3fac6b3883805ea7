"""Which places records name, and which are refused as similar to one: a "no" about a misspelled place would be wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

import lineage
from lineage.domain.names import parse_location
from lineage.graphs.excerpts import Excerpt
from lineage.graphs.named import MOST, Known, NamedPlaces, known_in
from tests.records import channel, processing, training
from tests.snapshot.test_file import crawl
from tests.work import steps

RECORDS = [
    training("fit", [channel("train", "s3://bank-ml/loans/train/"), channel("test", "s3://bank-ml/loans/fold-1/part-a.csv")]),
    training("prefix", {"train": "s3://bank-ml/curated/tra"}),
    training("fast", [channel("train", "s3://bank-ml/fast/train", mode="FastFile")]),
    training("odd", {"train": "s3://bank-ml/my data/a*b/", "more": "s3://bank-ml/twice//data/", "url": "s3://bank-ml/50%25/"}),
    training("old", {"train": "s3://Old_Bucket/x/"}),
    training("deep", {"train": "s3://whole/"}),
    training("slash", {"train": "s3://slash//"}),
    processing("p", {"in": "s3://bank-raw/customers/"}, {"out": "s3://bank-out/secret/"}),
]
KNOWN = {
    "s3://bank-ml/loans/train/": Known.PLACE,
    "s3://bank-ml/loans/train": Known.PLACE,
    "s3://bank-ml/loans/train/x/1.csv": Known.AROUND,
    "s3://bank-ml/loans/": Known.PLACE,
    "s3://bank-ml/": Known.PLACE,
    "s3://bank-ml/loans/fold-1/part-a.csv": Known.PLACE,
    "s3://bank-ml/loans/fold-2/": Known.BUCKET,
    "s3://bank-ml/curated/train/": Known.AROUND,
    "s3://bank-ml/fast/training/": Known.BUCKET,
    "s3://bank-out/secret/": Known.PLACE,
    "s3://bank-out/secret/x": Known.BUCKET,  # a job wrote around it, and nothing read that
    "s3://whole/any/thing": Known.AROUND,
    "s3://slash/a": Known.BUCKET,
    "s3://nowhere/": Known.NOTHING,
    "s3://bank/": Known.NOTHING,
}
REFUSED = {
    "s3://bnak-ml/loans/": "s3://bank-ml/loans/",
    "s3://bankml/loans/": "s3://bank-ml/loans/",
    "s3://Bank-ML/loans/": "s3://bank-ml/loans/",
    "s3://bank-ml/laons/train/": "s3://bank-ml/loans/train/",
    "s3://bank-ml/loans/trian/": "s3://bank-ml/loans/train/",
    "s3://bank-ml/loans/trin/x/1.csv": "s3://bank-ml/loans/train/x/1.csv",
    "s3://bank-ml/loans/Train": "s3://bank-ml/loans/train",
    "s3://bank-ml/loans//train/": "s3://bank-ml/loans/train/",
    "s3://bank-ml//loans/train/": "s3://bank-ml/loans/train/",
    "s3://bank-ml/loans%2Ftrain/": "s3://bank-ml/loans/train/",
    "s3://bank-ml/twice/data/": "s3://bank-ml/twice//data/",
    "s3://bank-ml/my%20data/": "s3://bank-ml/my data/",
    "s3://bank-ml/50%/": "s3://bank-ml/50%25/",
    "s3://bank-ml/fast/trainn/": "s3://bank-ml/fast/train/",
    "s3://bank-out/secrt/": "s3://bank-out/secret/",
    "s3://bank-raw/custmers/4711.csv": "s3://bank-raw/customers/4711.csv",
    "s3://wohle/x/": "s3://whole/x/",
}
TAKEN = [
    *KNOWN,
    "s3://bank-ml/loans/fold-1/part-b.csv",
    "s3://bank-ml/loans/holdout/",
    "s3://bank-ml/curated/trai/",  # everything that begins with `tra` is read
    "s3://bank-ml/my data/",
    "s3://bank-ml/my data/x",
    "s3://bank-ml/my data/a*b/",
    "s3://bank-ml/my data/a*b/c",
    "s3://Old_Bucket/x/",
    "s3://Old_Bucket/y/",
    "s3://bank-raw-2/customers/",
    "efs://fs-1/x",
    "arn:aws:s3:::bank-ml/loans/",
    "https://bank-ml.s3.eu-west-1.amazonaws.com/my%20data/",
    "s3://arn:aws:s3:eu-west-1:111122223333:accesspoint/x/loans/",
]
WRONG = {
    "s3://bank-ml/loans/*": "holds a wildcard",
    "s3://bank-ml/loans/train/*.csv": "holds a wildcard",
    "s3://bank-ml/loans/tr?in/": "holds a wildcard",
    "s3://bank-ml/loans/fold-[12]/": "holds a wildcard",
    "s3://whole/*": "holds a wildcard",  # it is read, and so is anything else below it
    "s3://bank-ml/loans/ # ours": "has text after the URI",
    "s3://bank-ml/loans/train/ s3://bank-ml/loans/test/": "holds two URIs",
    "s3://x/": "'x' is not a valid bucket name",
    "s3://Other_Bucket/x": "'Other_Bucket' is not a valid bucket name (exact=True",
    "s3://192.168.1.1/x": "is not a valid bucket name",
    "s3://": "is not an S3 URI",
    "loans/train": "is not an S3 URI",
}


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("named") / "s.db"
    crawl(path, *RECORDS)
    return path


@pytest.fixture
def places(path: Path) -> Iterator[NamedPlaces]:
    with lineage.open_snapshot(path) as snapshot:
        yield NamedPlaces(snapshot)


@pytest.mark.parametrize(("uri", "known"), KNOWN.items())
def test_what_records_name(path: Path, places: NamedPlaces, uri: str, known: Known) -> None:
    """A place is named by what is in it, and by a read around it; the file and the whole graph agree."""
    place = parse_location(uri)
    with lineage.open_snapshot(path) as snapshot:
        assert (places.known(place), known_in(Excerpt.of(lineage.graph(snapshot)), place)) == (known, known)


@pytest.mark.parametrize(("uri", "near"), REFUSED.items())
def test_a_slip_is_refused_with_what_was_meant(places: NamedPlaces, uri: str, near: str) -> None:
    """A bucket or a folder that is one slip from a named one is refused with that, unless --exact is set."""
    with pytest.raises(lineage.MalformedName) as refused:
        places.asked(uri)
    assert f"did you mean {near}? (" in str(refused.value)
    if "Bank-ML" not in uri:
        assert places.asked(uri, exact=True) == parse_location(uri)


@pytest.mark.parametrize("uri", TAKEN)
def test_what_is_no_slip_is_taken(places: NamedPlaces, uri: str) -> None:
    """A place that records name is accepted, and so is one that differs on purpose."""
    assert places.asked(uri) == parse_location(uri)


@pytest.mark.parametrize(("uri", "said"), WRONG.items())
def test_what_nobody_can_mean_is_refused(places: NamedPlaces, uri: str, said: str) -> None:
    """Wildcards, text after the URI and impossible buckets are refused, and never answered."""
    with pytest.raises(lineage.MalformedName) as refused:
        places.asked(uri)
    assert said in str(refused.value)


def test_an_impossible_bucket_is_refused_even_if_insisted_on(places: NamedPlaces) -> None:
    """An old bucket may have a name that new ones may not; a name that no bucket ever had stays refused."""
    assert places.asked("s3://Other_Bucket/x", exact=True)
    with pytest.raises(lineage.MalformedName, match="'x' is not a valid bucket name$"):
        places.asked("s3://x/", exact=True)


def test_a_full_folder_is_looked_at_by_how_its_names_begin(tmp_path: Path) -> None:
    """In a folder with more names than the limit, those count that begin like the place; the look-up stays short."""
    jobs = [training(f"j{number}", {"train": f"s3://bank/all/{number:05}x/"}) for number in range(3 * MOST)]
    crawl(tmp_path / "s.db", *jobs, training("far", {"train": "s3://bank/all/customers/"}))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot, steps(snapshot) as gone:
        places = NamedPlaces(snapshot)
        assert places.near(parse_location("s3://bank/all/custmers/")) == "s3://bank/all/customers/"
        for number in range(100):
            places.near(parse_location(f"s3://bank/all/other-{number}/"))
    assert len(gone) < 3 * MOST


def test_buckets_and_folders_are_found_from_one_to_the_next(tmp_path: Path) -> None:
    """The content of a folder is known without a look at everything below it."""
    jobs = [
        training(f"j{number}", {"train": f"s3://bank/a/{number}/", "more": f"s3://bank/b/{number}"}) for number in range(500)
    ]
    crawl(tmp_path / "s.db", *jobs, training("k", {"x": "s3://bank-2/x", "y": "s3://bank/a-b/y", "z": "s3://bank//z"}))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot, steps(snapshot) as gone:
        assert list(snapshot.beginnings("s3://bank/")) == ["", "a-b", "a", "b"]
        assert set(snapshot.beginnings("s3://")) >= {"bank", "bank-2"}
        assert len(list(snapshot.beginnings("s3://bank/a/", 7))) == 7
    assert len(gone) < 20


def test_the_names_of_a_full_folder_are_read_many_at_a_time(tmp_path: Path) -> None:
    """A folder with thousands of names takes a few statements, also if there is something below some of its names."""
    jobs = [training(f"j{number}", {"train": f"s3://bank/a/{number:04}", "x": "s3://bank/b/"}) for number in range(2000)]
    below = [training(f"b{number}", {"train": f"s3://bank/a/0700/{number}/"}) for number in range(500)]
    crawl(tmp_path / "s.db", *jobs, *below)
    asked: list[str] = []
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        snapshot._db.set_trace_callback(asked.append)
        assert list(snapshot.beginnings("s3://bank/a/")) == [f"{number:04}" for number in range(2000)]
    assert len(asked) < 40
