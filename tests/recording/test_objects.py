"""Files and documents that go to S3, and pins of objects there."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.pins import Pin, digest_of, read_pin
from lineage.errors import NotRecorded, NotThere, RecordingError, RefusedValue
from lineage.recording import objects
from lineage.recording.objects import (
    Stored,
    default_bucket,
    file_key,
    guess_media_type,
    pin,
    put_json,
    read_file,
    upload,
)
from lineage.recording.service import DENIED, UNREACHABLE, Service
from tests.recording.stand_in import StandIn

VERSIONED, PLAIN = "bank-ml", "sagemaker-eu-west-1-111122223333"
LARGE = 9 * 1024 * 1024  # more than boto3 sends in one part
DENIES = {"code": "AccessDenied", "status": 403, "times": 99}
PARTS = count()


@pytest.fixture(scope="module")
def started() -> Iterator[StandIn]:
    with StandIn() as one:
        yield one


@pytest.fixture
def stand_in(started: StandIn) -> StandIn:
    """One for the module, without the faults and calls of the test before."""
    started.calls.clear()
    started._faults.clear()
    return started


@pytest.fixture
def service(stand_in: StandIn) -> Service:
    return Service(stand_in.session(), patience=5.0)


@pytest.fixture
def hasty(stand_in: StandIn) -> Service:
    return Service(stand_in.session(), patience=0.0)


@pytest.fixture
def prefix() -> str:
    """A part of the buckets that no other test uses."""
    return f"part-{next(PARTS)}/"


@pytest.fixture
def train(tmp_path: Path) -> Path:
    path = tmp_path / "train.csv"
    path.write_text("a,b\n1,2\n")
    return path


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def asked(stand_in: StandIn) -> list[str]:
    return [operation for operation, _ in stand_in.calls]


def put(service: Service, bucket: str, key: str, body: bytes = b"x") -> Any:
    return service._client("s3").put_object(Bucket=bucket, Key=key, Body=body)


def sent(service: Service, operation: str) -> list[dict[str, Any]]:
    """The parameters of each call of an operation from now on, as they are sent."""
    found: list[dict[str, Any]] = []
    service._client("s3").meta.events.register(
        f"before-parameter-build.s3.{operation}", lambda params, **_: found.append(dict(params))
    )
    return found


# --- uploads --------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"a,b\n", b"", b"x" * LARGE], ids=["small", "empty", "in parts"])
@pytest.mark.parametrize("bucket", [VERSIONED, PLAIN])
def test_a_file_is_stored_with_all_that_tells_its_content(
    bucket: str, body: bytes, service: Service, stand_in: StandIn, prefix: str, tmp_path: Path
) -> None:
    """The location, ETag, version, SHA-256 and size are those of the object, in one part or in many."""
    (tmp_path / "model.tar.gz").write_bytes(body)
    stored = upload(service, tmp_path / "model.tar.gz", bucket, f"{prefix}model.tar.gz")
    (there,) = stand_in.objects[f"s3://{bucket}/{prefix}model.tar.gz"]
    version = there.version if bucket == VERSIONED else None
    assert stored == Stored(f"s3://{bucket}/{prefix}model.tar.gz", there.etag, version, sha256(body), len(body))
    assert there.body == body


def test_s3_checks_the_sha256_of_a_file_and_knows_its_type(service: Service, prefix: str, train: Path) -> None:
    """The object has the file's SHA-256 as its checksum, and its media type."""
    upload(service, train, VERSIONED, f"{prefix}train.csv")
    head = service.call("HeadObject", Bucket=VERSIONED, Key=f"{prefix}train.csv", ChecksumMode="ENABLED")
    assert objects._sha256(head) == sha256(train.read_bytes())
    assert head["ContentType"] == "text/csv"


def test_a_file_of_the_users_home_may_be_named_by_a_tilde(
    service: Service, prefix: str, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`~` is the home folder, as in the SDK."""
    monkeypatch.setenv("HOME", str(train.parent))
    assert upload(service, "~/train.csv", PLAIN, f"{prefix}train.csv").size == 8


def no_file(folder: Path) -> Path:
    return folder / "none.csv"


def a_pipe(folder: Path) -> Path:
    os.mkfifo(folder / "pipe")
    return folder / "pipe"


def unreadable(folder: Path) -> Path:
    (folder / "loop").symlink_to("loop")
    return folder / "loop"


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(no_file, "there is no file '.*none.csv'", id="no file"),
        pytest.param(lambda folder: folder, "is a folder: log its files one by one", id="a folder"),
        pytest.param(a_pipe, "is not a regular file", id="a pipe"),
        pytest.param(lambda folder: Path("/dev/zero"), "is not a regular file", id="a device without an end"),
        pytest.param(unreadable, "can't be read: Too many levels of symbolic links", id="a link to itself"),
        pytest.param(lambda folder: Path("a\0b"), "can't be read: embedded null byte", id="a name that is none"),
    ],
)
def test_what_is_no_file_is_refused_before_anything_is_sent(
    make: Callable[[Path], Path], said: str, service: Service, stand_in: StandIn, tmp_path: Path
) -> None:
    """An unreadable file is refused at the call, with the reason of the file system."""
    with pytest.raises(RefusedValue, match=said):
        upload(service, make(tmp_path), PLAIN, "key")
    assert stand_in.calls == []


def longer(path: Path) -> None:
    path.write_text(path.read_text() + "3,4\n")


def other(path: Path) -> None:
    """Another content of the same size, at a time that the file system's clock may not tell apart."""
    before = path.stat()
    with path.open("r+") as file:
        file.write("z")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replaced(path: Path) -> None:
    path.with_suffix(".new").write_text(path.read_text())
    path.with_suffix(".new").rename(path)


def gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize(
    ("change", "after"),
    [
        (longer, False),
        (longer, True),
        (other, False),  # after the upload the change cannot be detected, and the record is of what S3 got
        (replaced, False),
        (replaced, True),
        (gone, False),
        (gone, True),
    ],
)
def test_a_file_that_changes_meanwhile_is_told(
    change: Callable[[Path], None], after: bool, service: Service, prefix: str, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An object in S3 is never recorded with the digest of another content."""
    send = service.upload

    def meanwhile(*where: Any, **extra: Any) -> None:
        if after:
            send(*where, **extra)
        change(train)
        if not after:
            send(*where, **extra)

    monkeypatch.setattr(service, "upload", meanwhile)
    with pytest.raises(RefusedValue, match="train.csv' changed while it was being recorded|there is no file '.*train.csv'"):
        upload(service, train, VERSIONED, f"{prefix}train.csv")


def test_a_file_that_changed_since_it_was_read_is_told(service: Service, prefix: str, train: Path) -> None:
    """A file may be read first, for its key, and uploaded later, if it is still the same."""
    content = read_file(train)
    assert upload(service, content, VERSIONED, f"{prefix}train.csv").sha256 == content.sha256
    longer(train)
    with pytest.raises(RefusedValue, match="changed while it was being recorded"):
        upload(service, content, VERSIONED, f"{prefix}again.csv")


def test_a_file_is_read_once_for_its_digest(
    service: Service, prefix: str, train: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The content that was read for the key is not read again for its digest."""
    content = read_file(train)
    monkeypatch.setattr(objects, "read_file", None)
    assert upload(service, content, PLAIN, f"{prefix}train.csv").size == content.size


def test_a_document_is_stored_as_json(service: Service, stand_in: StandIn, prefix: str) -> None:
    """A document can be read as JSON again, with its type, ETag, version, SHA-256 and size."""
    document = {"title": "Übersicht \ud800", "numbers": [0.5, None]}
    stored = put_json(service, document, VERSIONED, f"{prefix}chart.json")
    (there,) = stand_in.objects[stored.uri]
    assert json.loads(there.body) == document
    assert stored == Stored(
        f"s3://{VERSIONED}/{prefix}chart.json", there.etag, there.version, sha256(there.body), len(there.body)
    )
    head = service.call("HeadObject", Bucket=VERSIONED, Key=f"{prefix}chart.json", ChecksumMode="ENABLED")
    assert (head["ContentType"], objects._sha256(head)) == ("application/json", stored.sha256)


@pytest.mark.parametrize("document", [{"a": float("nan")}, {"a": object()}], ids=["nan", "no json"])
def test_what_json_does_not_hold_is_refused(document: Any, service: Service, stand_in: StandIn) -> None:
    """A document that no JSON reader could read is refused at the call."""
    with pytest.raises(RefusedValue, match="'a.json' can't be written as JSON"):
        put_json(service, document, PLAIN, "a.json")
    assert stand_in.calls == []


Send = Callable[[Service, Path, str, str], Stored]
SENDS = pytest.mark.parametrize(
    "send",
    [
        pytest.param(upload, id="upload"),
        pytest.param(lambda service, path, bucket, key: put_json(service, {}, bucket, key), id="put_json"),
    ],
)


@SENDS
def test_a_missing_bucket_is_told_with_what_to_do(send: Send, service: Service, train: Path) -> None:
    """For a missing bucket the message says how to name another one."""
    with pytest.raises(
        RecordingError, match="there is no bucket 'nobodys': create it, or give another one by `artifact_bucket=`"
    ):
        send(service, train, "nobodys", "key")


@SENDS
@pytest.mark.parametrize(
    "fault", [{"code": "SlowDown", "status": 503}, {"code": "drop"}, {"code": "lost"}], ids=lambda one: one["code"]
)
def test_what_passes_is_waited_out(
    send: Send, fault: dict[str, Any], service: Service, stand_in: StandIn, prefix: str, train: Path
) -> None:
    """Throttling and a broken connection end in the same object, even after botocore's own retries."""
    stand_in.fault("PutObject", times=3, **fault)
    stored = send(service, train, PLAIN, f"{prefix}key")
    assert len(stand_in.objects[stored.uri]) == 1


@SENDS
def test_what_is_denied_is_told(send: Send, service: Service, stand_in: StandIn, train: Path) -> None:
    """A denied write is reported, with its cause."""
    stand_in.fault("PutObject", **DENIES)
    with pytest.raises(NotRecorded) as denied:
        send(service, train, PLAIN, "key")
    assert denied.value.cause == DENIED


def test_who_may_write_and_not_read_records_all_the_same(service: Service, stand_in: StandIn, prefix: str, train: Path) -> None:
    """Where S3 returns no ETag and version, the file's own digest is still known."""
    stand_in.fault("HeadObject", **DENIES)
    stored = upload(service, train, VERSIONED, f"{prefix}train.csv")
    assert (stored.etag, stored.version, stored.sha256) == (None, None, sha256(train.read_bytes()))


@SENDS
def test_a_bucket_that_is_called_after_an_account_must_be_its_own(
    send: Send, service: Service, prefix: str, train: Path
) -> None:
    """Nothing goes to a default bucket that another account owns."""
    requests = sent(service, "PutObject")
    send(service, train, PLAIN, f"{prefix}key")
    send(service, train, VERSIONED, f"{prefix}key")
    assert [one.get("ExpectedBucketOwner") for one in requests] == ["111122223333", None]


@SENDS
def test_what_is_there_already_does_not_go_up_again(
    send: Send, service: Service, stand_in: StandIn, prefix: str, train: Path
) -> None:
    """The same content under the same key is one version of one object, and another content is another version."""
    assert send(service, train, VERSIONED, f"{prefix}key") == send(service, train, VERSIONED, f"{prefix}key")
    assert asked(stand_in).count("PutObject") == 1
    put(service, VERSIONED, f"{prefix}key", b"of somebody else")
    assert (
        send(service, train, VERSIONED, f"{prefix}key").version == stand_in.objects[f"s3://{VERSIONED}/{prefix}key"][2].version
    )


def test_an_object_tells_its_sources(service: Service, prefix: str) -> None:
    """The lineage artifact of an object has its version, its ETag and its digest."""
    stored = put_json(service, {}, VERSIONED, f"{prefix}a.json")
    assert [(one["SourceIdType"], one["Value"]) for one in stored.source_types()] == [
        ("S3Version", stored.version),
        ("S3ETag", stored.etag),
        ("Custom", f"sha256:{stored.sha256}"),
    ]
    assert [one["SourceIdType"] for one in Stored("s3://b/k", None, None, "ab", 1).source_types()] == ["Custom"]


# --- destination ----------------------------------------------------------------------------------


def test_the_default_bucket_is_the_sdks(service: Service) -> None:
    """An upload goes where the SDK would have put it."""
    assert default_bucket(service) == PLAIN


@pytest.mark.parametrize(
    ("prefix", "path", "key"),
    [
        ("trial-component-artifacts", "/data/train.csv", "trial-component-artifacts/churn/first/0123456789abcdef/train.csv"),
        ("/a/b/", "train.csv", "a/b/churn/first/0123456789abcdef/train.csv"),
        ("", "data/über #1?.csv", "churn/first/0123456789abcdef/über #1?.csv"),
    ],
)
def test_the_key_of_a_file_says_run_and_content(prefix: str, path: str, key: str) -> None:
    """A key is prefix, experiment, run, the beginning of the content's digest, and the file's name."""
    assert file_key(prefix, "churn", "first", path, "0123456789abcdef" * 4) == key


def test_files_of_one_name_never_overwrite_each_other(service: Service, stand_in: StandIn, tmp_path: Path, prefix: str) -> None:
    """Two files of one name are two objects, and the same file twice is one."""
    stored = []
    for folder, text in (("a", "1"), ("b", "2"), ("c", "1")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "out.txt").write_text(text)
        content = read_file(tmp_path / folder / "out.txt")
        stored.append(upload(service, content, PLAIN, file_key(prefix, "churn", "first", content.path, content.sha256)))
    assert stored[0].uri == stored[2].uri != stored[1].uri
    assert {uri: versions[-1].body for uri, versions in stand_in.objects.items() if prefix in uri} == {
        stored[0].uri: b"1",
        stored[1].uri: b"2",
    }


def test_a_key_that_s3_would_refuse_is_told() -> None:
    """A key has at most 1,024 bytes."""
    assert file_key("x" * 993, "churn", "first", "a", "0" * 64)
    with pytest.raises(RefusedValue, match="longer than S3's 1024 bytes"):
        file_key("x" * 992 + "ü", "churn", "first", "a", "0" * 64)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("a/train.csv", "text/csv"),
        ("a.json", "application/json"),
        ("model.tar.gz", "application/gzip"),
        ("a.csv.bz2", None),
        ("notes", None),
        ("a b#c.PNG", "image/png"),
        ("report.xls", None),  # application/vnd.ms-excel: SageMaker accepts no dot
    ],
)
def test_a_media_type_is_one_that_sagemaker_takes(path: str, media_type: str | None) -> None:
    """The media type is that of the name, and none where SageMaker would refuse it."""
    assert guess_media_type(path) == media_type


# --- pins -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("bucket", [VERSIONED, PLAIN])
def test_a_pin_of_an_object_tells_its_content(bucket: str, service: Service, prefix: str, train: Path) -> None:
    """For a single object version, ETag, size and SHA-256 are known, as far as its bucket keeps them."""
    stored = upload(service, train, bucket, f"{prefix}train.csv")
    put(service, bucket, f"{prefix}train.csv.bak")
    assert pin(service, stored.uri) == Pin(
        1,
        digest_of([(f"{prefix}train.csv", stored.version or stored.etag or "", 8)]),
        versioned=bucket == VERSIONED,
        size=8,
        version=stored.version,
        etag=stored.etag,
        sha256=stored.sha256,
    )


def test_a_digest_over_parts_is_none_of_the_object(service: Service, prefix: str, tmp_path: Path) -> None:
    """For an object in parts S3 gives a digest over these: a pin does not take it for the content's."""
    (tmp_path / "large").write_bytes(b"x" * LARGE)
    stored = upload(service, tmp_path / "large", VERSIONED, f"{prefix}large")
    known = pin(service, stored.uri)
    assert (known.sha256, known.version, known.size) == (None, stored.version, LARGE)


@pytest.mark.parametrize("bucket", [VERSIONED, PLAIN])
def test_a_pin_of_a_prefix_is_over_what_a_channel_reads(bucket: str, service: Service, prefix: str) -> None:
    """A pin covers all keys with the prefix, by their latest version or ETag, without deleted or replaced objects."""
    for key in ("train/1.csv", "train/0 ü+%.csv", "train-more/2.csv", "test/3.csv"):
        put(service, bucket, prefix + key, b"old")
    put(service, bucket, f"{prefix}train/gone.csv")
    service._client("s3").delete_object(Bucket=bucket, Key=f"{prefix}train/gone.csv")
    latest = [
        (prefix + key, put(service, bucket, prefix + key, key.encode()), len(key.encode()))
        for key in ("train-more/2.csv", "train/0 ü+%.csv", "train/1.csv")
    ]
    listing = [(key, said["VersionId"] if bucket == VERSIONED else said["ETag"].strip('"'), size) for key, said, size in latest]
    size = sum(size for *_, size in latest)
    assert pin(service, f"s3://{bucket}/{prefix}train") == Pin(3, digest_of(listing), versioned=bucket == VERSIONED, size=size)


def test_a_folders_marker_does_not_stand_for_the_folder(service: Service, prefix: str) -> None:
    """The empty object that consoles create for a folder is one of the objects in it, not all of them."""
    put(service, VERSIONED, prefix, b"")
    put(service, VERSIONED, f"{prefix}1.csv")
    assert pin(service, f"s3://{VERSIONED}/{prefix}").objects == 2


def test_an_empty_place_is_pinned_as_empty(service: Service, prefix: str) -> None:
    """An empty place is known and complete, and stays so when it is read again."""
    empty = pin(service, f"s3://{VERSIONED}/{prefix}")
    assert empty == Pin(0, digest_of([]), size=0)
    assert read_pin(empty.text()) == empty


def test_a_whole_bucket_may_be_pinned(service: Service, stand_in: StandIn) -> None:
    """A bucket is also a place."""
    put(service, PLAIN, "one")
    there = [uri for uri in stand_in.objects if uri.startswith(f"s3://{PLAIN}/")]
    assert pin(service, f"s3://{PLAIN}").objects == pin(service, f"s3://{PLAIN}/").objects == len(there)


def test_what_the_next_write_may_replace_is_no_version(service: Service, prefix: str) -> None:
    """Objects whose version id is "null" are pinned by their ETags, and the pin is not over versions."""
    s3 = service._client("s3")
    s3.create_bucket(Bucket=f"suspended-{prefix[:-1]}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    bucket = f"suspended-{prefix[:-1]}"
    first = put(service, bucket, "a/before")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    second = put(service, bucket, "a/versioned")
    known = pin(service, f"s3://{bucket}/a/")
    assert known.digest == digest_of([("a/before", first["ETag"].strip('"'), 1), ("a/versioned", second["VersionId"], 1)])
    assert (known.objects, known.versioned) == (2, False)
    assert pin(service, f"s3://{bucket}/a/before").version is None


@pytest.mark.parametrize("operation", ["GetBucketVersioning", "ListObjectVersions"])
def test_who_may_not_see_versions_pins_etags(operation: str, service: Service, stand_in: StandIn, prefix: str) -> None:
    """Where listing versions is denied the pin is over ETags."""
    etag = put(service, VERSIONED, f"{prefix}a")["ETag"].strip('"')
    stand_in.fault(operation, **DENIES)
    assert pin(service, f"s3://{VERSIONED}/{prefix}") == Pin(1, digest_of([(f"{prefix}a", etag, 1)]), size=1)


@pytest.mark.parametrize(
    ("operations", "key"), [(("HeadObject",), "a"), (("ListObjectVersions", "ListObjectsV2"), ""), (("*",), "a")], ids=str
)
def test_a_place_that_may_not_be_read_is_not_pinned(
    operations: tuple[str, ...], key: str, service: Service, stand_in: StandIn, prefix: str
) -> None:
    """A denied place is reported as denied, and never as empty."""
    for operation in operations:
        stand_in.fault(operation, **DENIES)
    with pytest.raises(NotRecorded) as denied:
        pin(service, f"s3://{VERSIONED}/{prefix}{key}")
    assert denied.value.cause == DENIED


def test_a_place_that_s3_answers_badly_of_is_not_pinned(service: Service, stand_in: StandIn, prefix: str) -> None:
    """An object under a customer key is answered with 400: it cannot be inspected, and the URI is not at fault."""
    stand_in.fault("HeadObject", "400", status=400, times=99)
    with pytest.raises(NotRecorded, match="s3://bank-ml could not be looked at") as refused:
        pin(service, f"s3://{VERSIONED}/{prefix}a")
    assert refused.value.cause == DENIED


def test_a_network_that_is_away_is_told(hasty: Service, stand_in: StandIn) -> None:
    """A place that could not be reached is reported as unreachable, and never as empty."""
    stand_in.fault("*", "drop", times=99)
    with pytest.raises(NotRecorded) as away:
        pin(hasty, f"s3://{VERSIONED}/a/")
    assert away.value.cause == UNREACHABLE


def test_versions_that_could_not_be_asked_for_are_not_left_out(hasty: Service, stand_in: StandIn) -> None:
    """ETags are pinned only where versions are denied: during a short network failure the pin is reported as missing."""
    stand_in.fault("GetBucketVersioning", "drop", times=99)
    with pytest.raises(NotRecorded) as away:
        pin(hasty, f"s3://{VERSIONED}/a/")
    assert away.value.cause == UNREACHABLE


def test_a_file_that_changes_while_it_is_read_is_told(train: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A digest never mixes half of one content with half of another."""
    states = iter([objects._state(str(train)), (9, 9, 9, 9)])
    monkeypatch.setattr(objects, "_state", lambda path: next(states))
    with pytest.raises(RefusedValue, match="changed while it was being recorded"):
        read_file(train)


@pytest.mark.parametrize("key", ["", "/", "/a", "/a/"])
def test_a_bucket_that_is_not_there_is_told(key: str, service: Service) -> None:
    """A place in a missing bucket is not an empty one."""
    with pytest.raises(NotThere, match="there is no bucket 'nobodys'"):
        pin(service, f"s3://nobodys{key}")


# --- listings -------------------------------------------------------------------------------------


class Paged:
    """A bucket that lists the given objects in pages of some length, in place of a `Service`."""

    def __init__(self, entries: list[tuple[str, str, int]], length: int, *, versions: bool = True, old: int = 0) -> None:
        """`old`: the number of older versions of each object."""
        each = ((key, version, size, number) for key, version, size in entries for number in range(old + 1))
        self.rows = [
            {"Key": key, "VersionId": f"{version}{number or ''}", "ETag": f'"{version}"', "Size": size, "IsLatest": not number}
            for key, version, size, number in each
        ]
        self.length, self.versions, self.pages = length, versions, 0

    def steadily(self, operation: str, **asked: Any) -> dict[str, Any]:
        if operation == "GetBucketVersioning":
            return {"Status": "Enabled"} if self.versions else {}
        self.pages += 1
        begin = int(asked.get("KeyMarker") or asked.get("ContinuationToken") or 0)
        end = begin + self.length
        rows = [row if self.versions else {**row, "VersionId": None} for row in self.rows[begin:end]]
        onward = {"NextKeyMarker": str(end), "NextVersionIdMarker": "v", "NextContinuationToken": str(end)}
        truncated = end < len(self.rows)
        return {"Versions" if self.versions else "Contents": rows, "IsTruncated": truncated} | (onward if truncated else {})


KEYS = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=5)
LISTINGS = st.dictionaries(KEYS, st.tuples(st.text("abc", min_size=1, max_size=3), st.integers(0, 9)), max_size=12).map(
    lambda found: [(key, *found[key]) for key in sorted(found, key=str.encode)]
)


def pinned(entries: list[tuple[str, str, int]], length: int, *, versions: bool = True) -> Pin:
    return pin(Paged(entries, length, versions=versions), "s3://b/")


@given(LISTINGS, st.integers(1, 13), st.booleans())
def test_a_digest_does_not_depend_on_pages(entries: list[tuple[str, str, int]], length: int, versions: bool) -> None:
    """However S3 cuts a listing into pages, the pin is that of the listing."""
    size = sum(size for *_, size in entries)
    assert pinned(entries, length, versions=versions) == Pin(
        len(entries), digest_of(entries), versioned=versions and bool(entries), size=size
    )


@given(LISTINGS, LISTINGS)
def test_equal_listings_have_equal_digests_and_others_do_not(
    one: list[tuple[str, str, int]], other_one: list[tuple[str, str, int]]
) -> None:
    """Two places have the same content exactly if key, version and size of each object are the same."""
    assert (pinned(one, 3).digest == pinned(other_one, 3).digest) == (one == other_one)


@given(LISTINGS, st.integers(1, 5), st.integers(1, 13), st.booleans())
def test_a_pin_is_bounded(entries: list[tuple[str, str, int]], length: int, most: int, versions: bool) -> None:
    """Above the limit the pin covers the objects that were read, says that it is incomplete, and reads no further page."""
    service = Paged(entries, length, versions=versions)
    known = pin(service, "s3://b/", most=most)
    assert (known.objects, known.digest, known.complete) == (
        min(most, len(entries)),
        digest_of(entries[:most]),
        len(entries) <= most,
    )
    assert read_pin(known.text()) == known
    assert service.pages <= most // length + 1


def test_old_versions_are_bounded_as_well() -> None:
    """A listing of few objects with very many old versions is not read to its end."""
    service = Paged([("a", "v", 1), ("b", "v", 1)], 10, old=999)
    known = pin(service, "s3://b/", most=5)
    assert (known.objects, known.complete) == (1, False)
    assert service.pages <= 6


# --- given by the caller --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uri", "words", "expected"),
    [
        pytest.param(
            "s3://b/a.csv",
            {"version_ids": "v1"},
            Pin(1, digest_of([("a.csv", "v1", 0)]), given=True, versioned=True, version="v1"),
            id="the version of an object",
        ),
        pytest.param(
            "s3://b/a/",
            {"version_ids": {"a/2": "v2", "a/1": "v1"}},
            Pin(2, digest_of([("a/1", "v1", 0), ("a/2", "v2", 0)]), given=True, versioned=True),
            id="versions by key, in any order",
        ),
        pytest.param("s3://b/a/", {"digest": "md5:0f"}, Pin(0, "md5:0f", complete=False, given=True), id="a digest"),
        pytest.param(
            "s3://b/a/",
            {"digest": "dvc:77", "version_ids": {"a/1": "v1"}},
            Pin(1, "dvc:77", given=True, versioned=True),
            id="both",
        ),
    ],
)
def test_what_is_given_is_taken_and_nobody_looks(
    uri: str, words: dict[str, Any], expected: Pin, service: Service, stand_in: StandIn
) -> None:
    """Version ids and digests from the caller make a pin that says so, without a call, and can be read again."""
    known = pin(service, uri, **words)
    assert known == read_pin(known.text()) == expected
    assert stand_in.calls == []


@pytest.mark.parametrize(
    ("uri", "words", "said"),
    [
        pytest.param("s3://b/a/", {"version_ids": "v1"}, "'s3://b/a/' is a prefix", id="one version of a prefix"),
        pytest.param("s3://b", {"version_ids": "v1"}, "is a prefix", id="one version of a bucket"),
        pytest.param("s3://b/a", {"version_ids": ""}, "'' is not a version id", id="an empty version"),
        pytest.param("s3://b/a", {"version_ids": "v 1"}, "'v 1' is not a version id", id="a space"),
        pytest.param("s3://b/a", {"version_ids": "v" * 1025}, "is not a version id", id="too long"),
        pytest.param("s3://b/a", {"version_ids": {}}, "{} are not version ids", id="none"),
        pytest.param("s3://b/a", {"version_ids": ["v1"]}, "are not version ids", id="a list"),
        pytest.param("s3://b/a", {"version_ids": {"a": 1}}, "1 is not a version id", id="a number"),
        pytest.param("s3://b/a/", {"version_ids": {"b/1": "v1"}}, "'b/1' is not of 's3://b/a/'", id="a key elsewhere"),
        pytest.param("s3://b/a/", {"version_ids": {1: "v1"}}, "give whole keys", id="a key that is none"),
        pytest.param("s3://b/a", {"digest": ""}, "'' is not a digest", id="an empty digest"),
        pytest.param("s3://b/a", {"digest": "a b"}, "'a b' is not a digest", id="a digest with a space"),
        pytest.param("s3://b/a", {"digest": 5}, "5 is not a digest", id="a digest that is a number"),
        pytest.param("s3://b/a", {"digest": "a" * 201}, "is not a digest", id="a digest that is too long"),
        pytest.param("/data/train", {}, "is not an S3 URI", id="a path"),
        pytest.param("https://example.com/a", {}, "is not an S3 URI", id="a page"),
        pytest.param("efs://fs-1/a", {}, "is not an S3 URI", id="another store"),
        pytest.param(None, {}, "None is not an S3 URI", id="none at all"),
        pytest.param("s3://b/a?versionId=v1", {}, "give it as `version_ids=`", id="a version id in the URI"),
    ],
)
def test_what_pins_nothing_is_refused(uri: str, words: dict[str, Any], said: str, service: Service, stand_in: StandIn) -> None:
    """An invalid S3 URI, version id or digest is refused at the call, before anything is sent."""
    with pytest.raises(RefusedValue, match=re.escape(said)):
        pin(service, uri, **words)
    assert stand_in.calls == []
