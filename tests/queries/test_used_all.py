"""`used` for many locations in one call: the same answers as one by one, and one line each."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lineage
from cli.main import cli
from tests.conftest import BANK, ROOT, examples
from tests.queries.test_random_estates import JOBS, KEYS, resource
from tests.queries.test_used import TEACHER
from tests.records import channel, training
from tests.snapshot.test_file import crawl

HOLDOUTS = str(ROOT / "fixtures" / "holdouts.txt")
GATE = ("--fail-on", "used,used-indirectly")


def one_by_one(snapshot: lineage.Snapshot, uris: list[str], **within: list[str]) -> list[object]:
    return [lineage.used(lineage.around_dataset(snapshot, uri), uri, **within).as_json() for uri in uris]


OPAQUE = [
    [channel("list", "s3://x/a", "ManifestFile")],
    [channel("new", "s3://x/b/", "NewIn2027")],
    [channel("alias", "s3://ap-1-s3alias/a")],
    [channel("sagemaker_remote_function_bootstrap", "s3://x/ab")],
    [channel("nothing", "somewhere")],
]
ASKED = st.lists(KEYS.map("s3://x/{}".format) | st.sampled_from(["s3://x", "s3://ap-1-s3alias/a", "efs://fs-1/a"]), max_size=6)


@settings(max_examples=examples(60))
@given(JOBS, st.lists(st.sampled_from(OPAQUE), max_size=2), ASKED)
def test_many_are_answered_as_each_alone(jobs: list, opaque: list, uris: list[str]) -> None:
    """An answer stays the same byte for byte, whatever else the same call contains, also an unreadable place."""
    records = [resource(number, job) for number, job in enumerate(jobs)]
    hidden = [training(f"h{number}", channels) for number, channels in enumerate(opaque)]
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "s.db"
        crawl(path, *records, *hidden)
        with lineage.open_snapshot(path) as snapshot:
            together = [answer.as_json() for answer in lineage.used_all(snapshot, uris)]
            assert together == one_by_one(snapshot, uris)


def test_models_are_answered_as_alone(tmp_path: Path) -> None:
    """A place that is loaded as a model, and whose predictions train, has the same answer in a list as alone."""
    crawl(tmp_path / "s.db", *TEACHER, training("j", {"train": "s3://said/"}, day="2026-02-03"))
    uris = ["s3://ext/", "s3://ext/model.tar.gz", "s3://said/"]
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        together = [answer.as_json() for answer in lineage.used_all(snapshot, uris)]
        assert together == one_by_one(snapshot, uris)
        assert [answer["verdict"] for answer in together] == ["used-indirectly", "used-indirectly", "used"]


def test_every_place_of_the_bank_is_answered_as_alone(tmp_path: Path) -> None:
    """For manifests, buckets, folders and objects in one call, each answer is that of the location alone."""
    lineage.crawl_estate(tmp_path / "s.db", replay=BANK)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        places = [node for node in lineage.graph(snapshot, edges=False) if lineage.is_location(node)]
        uris = sorted({uri for place in places for uri in (place, place.rpartition("/")[0], place + "x", place[:-1])})
        uris += ["s3://bank-raw/receipts/2026-08/0002.jpg", "s3://bank-raw/receipts/", "s3://ap-1-s3alias/loans/"]
        assert [one.as_json() for one in lineage.used_all(snapshot, uris)] == one_by_one(snapshot, uris)
        within = {"accounts": ["111122223333"], "regions": ["us-east-1"]}
        assert [one.as_json() for one in lineage.used_all(snapshot, uris[:5], **within)] == one_by_one(
            snapshot, uris[:5], **within
        )


def test_a_malformed_uri_is_told_before_any_answer(bank: lineage.Snapshot) -> None:
    """A call never gives half of the answers and then an error."""
    with pytest.raises(lineage.MalformedName, match="'nowhere' is not an S3 URI"):
        lineage.used_all(bank, ["s3://bank-ml/loans/", "nowhere"])


@pytest.fixture
def check(run, account_path: Path):
    """Run `used` over the whole bank."""
    return lambda *words: run("used", *words, "--snapshot", str(account_path))


LINES = [
    ["uri", "verdict", "findings", "job", "channel", "holes"],
    ["s3://bank-ml/fraud/holdout/", "used", "1", "Fraud-NN-1", "test", "2"],
    ["s3://bank-ml/fraud/secret-test/", "unknown", "0", "", "", "2"],
    ["s3://bank-ml/loans/validation/", "used", "2", "Loans-Fit-0042", "validation", "2"],
    ["s3://bank-raw/loans/2026-05/", "used-indirectly", "1", "Loans-Fit-0042", "train", "2"],
    ["s3://bank-raw/receipts/2026-08/0002.jpg", "used", "1", "Travel-Fit-5", "train", "2"],
    ["s3://bank-raw/transactions/", "used-indirectly", "3", "Fraud-NN-1", "train", "2"],
]


@pytest.mark.parametrize("form", ["table", "tsv", "csv", "md", "html"])
def test_what_is_so_for_all_is_said_once(check, form: str) -> None:
    """The scope and each note stand once below many answers, not once for each; what differs is one note."""
    ran = check("s3://bank-ml/loans/train/", "s3://bank-ml/nothing/", "--from", HOLDOUTS, "-f", form)
    lines = [line.removeprefix("<p>").removesuffix("</p>") for line in (ran.out + ran.err).splitlines()]
    said = [line for line in lines if line.startswith(("Looked at: ", "In numbers: ", "Not read at all: ", "Note: "))]
    assert len(said) == len(set(said)) == 8
    assert "Note: no record names s3://bank-ml/nothing/, s3://bank-ml/fraud/secret-test/." in said


def test_one_line_each(check) -> None:
    """In the order of the file: the verdict, the number of findings, the strongest job and channel, the number of gaps."""
    ran = check("--from", HOLDOUTS, "-f", "csv")
    rows = list(csv.reader(io.StringIO(ran.out)))
    assert (ran.code, [row[:6] for row in rows]) == (0, LINES)
    assert "\nLooked at: account 111122223333, region eu-west-1, " in ran.err
    assert rows[1][6] == "arn:aws:sagemaker:eu-west-1:111122223333:training-job/fraud-nn-1"


def test_the_formats_say_the_same(check) -> None:
    """TSV and Markdown have the rows of CSV, JSON and JSON lines the whole answers, and a table the notes as well."""
    tsv, md, table = (check("--from", HOLDOUTS, "-f", form).out.splitlines() for form in ("tsv", "md", "table"))
    assert [line.split("\t")[:6] for line in tsv] == LINES
    assert [line.strip("| ").split(" | ")[:2] for line in md[2:]] == [line[:2] for line in LINES[1:]]
    assert table[0] == "6 URIs: 3 used, 2 used-indirectly, 1 unknown"
    assert [line.split()[:2] for line in table[1:8]] == [line[:2] for line in LINES]
    assert "Note: a channel is a location; the objects present at read time were not checked." in table
    answers = json.loads(check("--from", HOLDOUTS, "-f", "json").out)
    assert (answers["schema"], answers["question"]) == ("lineage.usages/1", "usage")
    lines = [json.loads(line) for line in check("--from", HOLDOUTS, "-f", "jsonl").out.splitlines()]
    assert lines == answers["answers"]
    assert {line["schema"] for line in lines} == {"lineage.usage/1"}


def test_arguments_and_a_file_together(check, tmp_path: Path) -> None:
    """The URIs of the command line come first; comments, blank lines, a BOM and Windows line ends are not taken for URIs."""
    listed = tmp_path / "list.txt"
    listed.write_bytes("\ufeff# mine\r\n\r\n  s3://bank-ml/loans/train/ \r\ns3://bank-ml/odd\u2028key\r\n".encode())
    rows = list(csv.reader(io.StringIO(check("s3://bank-ml/kyc/faces/", "--from", str(listed), "-f", "csv").out)))
    assert [row[0] for row in rows[1:]] == [
        "s3://bank-ml/kyc/faces/",
        "s3://bank-ml/loans/train/",
        "s3://bank-ml/odd\\u2028key",
    ]


def test_one_uri_is_answered_in_full(check) -> None:
    """A single argument gives all its findings, as rows in CSV and as one line of JSON."""
    rows = list(csv.reader(io.StringIO(check("s3://bank-ml/loans/train/", "-f", "csv").out)))
    assert rows[0] == ["verdict", "id", "channel", "cover", "location", "through", "time", "detail"]
    (line,) = check("s3://bank-ml/loans/train/", "-f", "jsonl").out.splitlines()
    assert json.loads(line)["subject"]["id"] == "s3://bank-ml/loans/train/"


@pytest.mark.parametrize(
    ("uris", "code"),
    [
        (["s3://bank-ml/loans/train/", "s3://bank-ml/nothing/"], 1),
        (["s3://bank-ml/nothing/", "s3://bank-ml/loans/train/"], 1),
        (["s3://bank-ml/nothing/", "s3://bank-ml/nowhere/"], 4),
    ],
)
def test_a_gate_takes_the_worst(check, uris: list[str], code: int) -> None:
    """One bad answer among good ones fails the gate, and one unknown makes it inconclusive."""
    assert check(*uris, *GATE).code == code


def test_each_fail_on_counts(check) -> None:
    """A repeated --fail-on adds to the verdicts: the last one alone would let pass what the first one names."""
    assert check("s3://bank-ml/loans/train/", "--fail-on", "used", "--fail-on", "declared-only").code == 1


def test_each_list_counts(check, tmp_path: Path) -> None:
    """Each --from is asked about, in order, and a file that is named twice once."""
    for name in ("a", "b"):
        (tmp_path / name).write_text(f"s3://bank-ml/{name}/\n")
    files = [part for name in ("a", "b", "a") for part in ("--from", str(tmp_path / name))]
    rows = check(*files, "-f", "csv").out.splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == ["s3://bank-ml/a/", "s3://bank-ml/b/"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"s3://a/b\n\nnowhere\n", "list.txt line 3: 'nowhere' is not an S3 URI"),
        (b"# nothing\n\n", "holds no S3 URI"),
        (b"s3://a/\xff\n", "list.txt is not UTF-8 text"),
    ],
)
def test_a_wrong_list(check, tmp_path: Path, text: bytes, said: str) -> None:
    """Text that is no S3 URI is reported with its line before anything is printed; an empty list passes no gate."""
    (tmp_path / "list.txt").write_bytes(text)
    ran = check("--from", str(tmp_path / "list.txt"), *GATE)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err


def test_no_uri_and_no_file(check) -> None:
    """Without input the command says what it takes; a missing file is named."""
    assert "missing S3 URI: name one, or a file of them with --from" in check().err
    ran = check("--from", "nowhere.txt")
    assert (ran.code, "nowhere.txt" in ran.err) == (3, True)


def test_stdin(account_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    """`-` is stdin, and errors count its lines as well."""
    given = io.TextIOWrapper(io.BytesIO(b"s3://bank-ml/loans/train/\nnowhere\n"))
    monkeypatch.setattr("sys.stdin", given)
    with pytest.raises(SystemExit) as stopped:
        cli.main(["used", "--from", "-", "--snapshot", str(account_path)])
    assert (stopped.value.code, b"stdin line 2: 'nowhere'" in capfdbinary.readouterr().err) == (2, True)
