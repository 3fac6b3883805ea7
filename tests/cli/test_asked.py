"""Questions about places on the command line: which are refused, with which line, and what each format says about the scope."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from tests.estate import HEADER
from tests.records import processing, served, training

FIT = training("fit", {"train": "s3://bank-ml/loans/train/"}, "s3://bank-ml/m/model.tar.gz", day="2026-01-03")
PREP = processing("prep", {"in": "s3://bank-raw/loans/"}, {"out": "s3://bank-ml/loans/train/"})
RECORDS = [FIT, PREP, *served("s3://bank-ml/m/model.tar.gz", name="live")]
MISSPELT, MEANT = "s3://bank-ml/laons/train/", "s3://bank-ml/loans/train/"


def account(path: Path, *records: Resource) -> Path:
    lines = [HEADER, *({"kind": one.kind, "record": dict(one.body)} for one in records)]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


@pytest.fixture
def asking(run: Any, tmp_path: Path) -> Any:
    """Ask about a small account, whose lists were all finished."""
    ran = run("crawl", "-q", "--replay", str(account(tmp_path / "a.jsonl", *RECORDS)))
    assert (ran.code, ran.err) == (0, "")
    return run


# --- refusals -------------------------------------------------------------------------------------


def _asked_about(uri: str, tmp_path: Path) -> list[tuple[list[str], str]]:
    """Each way to ask about a place, and how its source is named."""
    (tmp_path / "list.txt").write_text(f"# ours\ns3://bank-ml/loans/holdout/\n\n{uri}\n")
    (tmp_path / "policy.toml").write_text(f'holdouts = [\n  "s3://bank-ml/loans/holdout/",\n  "{uri}",\n]\n')
    return [
        (["used", uri], ""),
        (["used", "s3://bank-ml/loans/holdout/", uri], ""),
        (["used", "--from", "list.txt"], "list.txt line 4: "),
        (["impact", uri], ""),
        (["path", uri, "fit"], ""),
        (["datasets", "live", "--holdouts", "list.txt"], "list.txt line 4: "),
        (["check", "--policy", "policy.toml"], "policy.toml line 3: "),
        (["report", "live", "--holdouts", "list.txt"], "list.txt line 4: "),
        (["report", "live", "--policy", "policy.toml"], "policy.toml line 3: "),
    ]


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        (MISSPELT, f"no record names '{MISSPELT}'; did you mean {MEANT}? ("),
        ("s3://bank-ml/loans/*", "holds a wildcard"),
        ("s3://bank-ml/loans/train/ and more", "has text after the URI"),
        ("s3://bank-ml/loans/train/ s3://bank-ml/x/", "holds two URIs"),
        ("s3://Not_Ours/x", "'Not_Ours' is not a valid bucket name"),
    ],
)
def test_wherever_a_place_is_asked_about_it_is_refused(asking: Any, tmp_path: Path, uri: str, said: str) -> None:
    """A place that nobody can mean is refused as an argument, in a list and in a policy, with the line; --exact accepts it."""
    for arguments, where in _asked_about(uri, tmp_path):
        ran = asking(*arguments)
        assert (ran.code, ran.out) == (2, ""), arguments
        assert ran.err.startswith(f"lineage: {where}"), (arguments, ran.err)
        assert said in ran.err, (arguments, ran.err)
        assert asking(*arguments, "--exact").code in (0, 1), arguments  # the data was read, so a check fails


def test_a_report_names_its_command_whole(asking: Any, tmp_path: Path) -> None:
    """A report with an --exact place is made again by the command that it names."""
    (tmp_path / "list.txt").write_text(f"{MISSPELT}\n")
    told = asking("report", "live", "--holdouts", "list.txt", "--exact", "-f", "json").out
    assert "--holdouts list.txt --exact" in told


# --- a place that no record names -----------------------------------------------------------------


def test_a_place_that_no_record_names_is_a_good_no(asking: Any, tmp_path: Path) -> None:
    """An untouched holdout is not referenced, and each answer says that no record names it, or its bucket."""
    beside, elsewhere = "s3://bank-ml/loans/holdout/", "s3://other-bank/x/"
    said = {
        beside: f"no record names {beside}: only other locations in its bucket",
        elsewhere: "no record names bucket other-bank",
    }
    for uri, note in said.items():
        for question, no in (("used", "not-referenced"), ("impact", "nothing-found")):
            answer = json.loads(asking(question, uri, "-f", "json").out)
            assert (answer["verdict"], answer["named"], answer["caveats"][0]) == (no, False, note)
    (tmp_path / "list.txt").write_text(f"{beside}\n{elsewhere}\n{MEANT}\n")
    answer = json.loads(asking("datasets", "live", "--holdouts", "list.txt", "-f", "json").out)
    assert [(row["verdict"], row["named"]) for row in answer["holdouts"]] == [
        ("not-referenced", False),
        ("not-referenced", False),
        ("used", True),
    ]
    assert answer["caveats"][0] == f"no record names 2 of the 3 places: {beside}, {elsewhere}"
    (tmp_path / "policy.toml").write_text(f'holdouts = ["{elsewhere}"]\n')
    assert said[elsewhere] in json.loads(asking("check", "--policy", "policy.toml", "-f", "json").out)["caveats"]
    assert json.loads(asking("used", MEANT, "-f", "json").out)["named"] is True


@pytest.mark.usefixtures("asking")
def test_python_says_what_the_command_line_refuses(tmp_path: Path) -> None:
    """A location with a wildcard, or in a bucket that cannot exist, has a note in each answer from Python, and is no quiet "no"."""
    noted = {
        "s3://bank-ml/*": "holds a wildcard: a prefix already covers everything below it",
        "s3://bank-ml/loans/train ": "has text after the URI, or a space in it",
        "s3://Bank-ML/loans/": "is probably misspelt: only a bucket from before 2018 can have that name",
        "s3://b/": "is probably misspelt: no bucket can have that name",
    }
    with lineage.open_snapshot(tmp_path / "lineage.db") as snapshot:
        for uri, note in noted.items():
            answers = (
                lineage.used(snapshot, uri),
                lineage.impact(snapshot, uri),
                lineage.datasets(snapshot, "live", holdouts=[uri]),
                lineage.check(snapshot, lineage.Policy(holdouts=(uri,))),
            )
            assert all(f"{uri} {note}" in answer.caveats for answer in answers), uri
        assert {f"{uri} {note}" for uri, note in noted.items()} <= {
            *lineage.datasets(snapshot, "live", holdouts=[*noted]).caveats
        }
        (found, *_) = lineage.used(snapshot, "s3://other-bank/x/").caveats
        assert found == "no record names bucket other-bank"


def test_a_place_that_only_a_wider_one_covers_may_be_misspelt(asking: Any) -> None:
    """A read of all loans is no record of a folder there: the first lines say why it counts, and JSON is unchanged."""
    asked, wide = "s3://bank-ml/loans/train/does-not-exist-77/", "s3://bank-ml/loans/train/"
    said = {
        "used": ("used", "it counts as read"),
        "impact": ("reached", "what was found may hold it, and is listed only"),
    }
    for question, (verdict, follows) in said.items():
        head, *lines = asking(question, asked, "-f", "table").out.splitlines()
        assert f"{wide}, which covers {asked}" in head
        answer = json.loads(asking(question, asked, "-f", "json").out)
        assert (answer["verdict"], answer["named"]) == (verdict, True)
        assert answer["caveats"][0] == f"no record names {asked} itself: {follows} because {wide} covers it; check the spelling"
        notes = [line for line in lines if line.startswith(("Note: ", "Looked at: ")) and "gap" not in line]
        assert notes[0] == f"Note: {answer['caveats'][0]}."
        named = asking(question, wide, "-f", "table").out
        assert not any(said in named for said in ("itself", "which covers s3"))


def test_show_names_the_place_that_covers_one(asking: Any) -> None:
    """`show` knows no place inside one that is read: it names that one, instead of others that are spelt alike."""
    ran = asking("show", "s3://bank-ml/loans/train/does-not-exist-77/")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.endswith(f"itself: name {MEANT}, which covers it and is read\n")
    assert "did you mean" in asking("show", "s3://bank-ml/loans/trian/").err


# --- the scope in every format ----------------------------------------------------------------------

QUESTIONS = {
    "used": (["used", MEANT], ["json", "jsonl", "csv", "tsv", "md", "table"]),
    "used of many": (["used", MEANT, "s3://bank-ml/x/"], ["json", "jsonl", "csv", "tsv", "md", "table"]),
    "impact": (["impact", MEANT], ["json", "tsv", "table"]),
    "path": (["path", MEANT, "live"], ["json", "tsv", "table"]),
    "trace": (["trace", "live"], ["json", "tsv", "table"]),
    "datasets": (["datasets", "live"], ["json", "jsonl", "csv", "tsv", "md", "table"]),
    "check": (["check"], ["json", "jsonl", "csv", "tsv", "md", "table", "sarif", "junit"]),
}


@pytest.mark.parametrize(("arguments", "form"), [(one, form) for one, forms in QUESTIONS.values() for form in forms])
def test_each_format_says_what_was_looked_at(asking: Any, arguments: list[str], form: str) -> None:
    """Scope, numbers, what is never read, and the notes are in the data, or on stderr where the format has no room."""
    ran = asking(*arguments, "-f", form)
    assert ran.code == 0
    told = ran.out if form in ("json", "table") or (form == "jsonl" and arguments[0] == "used") else ran.err
    if told.startswith("{"):
        answer = json.loads(told.splitlines()[0] if form == "jsonl" else told)
        answer = answer["answers"][0] if "answers" in answer else answer
        assert answer["scope"]["accounts"] == ["111122223333"]
        assert answer["scope"]["numbers"]["training_jobs"] == 1
        assert answer["scope"]["numbers"]["channels_of_unknown_writer"] == 0
        assert answer["scope"]["not_read"]
        assert answer["caveats"]
    else:
        assert "Looked at: account 111122223333, region eu-west-1, crawled " in told
        assert (
            "In numbers: read 1 training job (1 without network isolation) and 1 processing job (1 without network isolation); "
            "0 of 1 training channel read data that no known job wrote.\n"
        ) in told
        assert "Not read at all: Bedrock, HyperPod, " in told
        assert "Note: " in told


def test_an_answer_of_one_part_has_the_numbers_of_that_part(asking: Any) -> None:
    """Where the question is about one region, the numbers are those of that region."""
    answer = json.loads(asking("used", MEANT, "--region", "us-east-1", "-f", "json").out)
    assert answer["scope"]["numbers"]["training_jobs"] == 0
    assert answer["verdict"] == "unknown"


# --- a crawl that found nothing -----------------------------------------------------------------------


def test_a_crawl_that_found_nothing_warns(run: Any, tmp_path: Path) -> None:
    """A crawl of an empty account says which account and region that was, even when quiet; a "no" is then unknown."""
    ran = run("crawl", "-q", "--replay", str(account(tmp_path / "a.jsonl")))
    assert ran.code == 0
    nothing, nobody = ran.err.splitlines()
    assert nothing.startswith("lineage: WARNING: no record of any kind was found in account 111122223333 in region eu-west-1; ")
    assert nobody.startswith("lineage: WARNING: there is no training job in account 111122223333 in region eu-west-1: ")
    for question in ("used", "impact"):
        answer = json.loads(run(question, "s3://some-bucket/x/", "-f", "json").out)
        assert (answer["verdict"], [one["reason"] for one in answer["scope"]["holes"]]) == ("unknown", ["empty"])
    for command in ("check", "gaps"):
        assert "there is no training job in 111122223333 eu-west-1" in run(command, "-f", "table").out
    assert [row.split("\t")[6] for row in run("gaps", "-f", "tsv").out.splitlines() if row.startswith("hole")] == ["empty"]
    ran = run("gaps", "--attest-template")
    assert ("[[attestations]]" in ran.out, "no gap needs a person" in ran.err) == (False, True)


def test_an_account_without_training_warns(run: Any, tmp_path: Path) -> None:
    """Where an account has records but no training, only that is said; where only some kinds were requested, nothing is."""
    path = str(account(tmp_path / "a.jsonl", PREP))
    (line,) = run("crawl", "-q", "--replay", path).err.splitlines()
    assert "there is no training job in account 111122223333 in region eu-west-1" in line
    assert run("crawl", "-q", "--replay", path, "--kind", "processing-job", "--snapshot", "other.db").err == ""


@pytest.mark.parametrize("form", ["csv-nodes", "csv-edges", "jsonl-nodes", "jsonl-edges", "mermaid", "openlineage", "json"])
def test_an_export_says_what_was_looked_at(asking: Any, form: str) -> None:
    """An export without room for the scope has it on stderr; one with room has it only in the data."""
    ran = asking("export", "-f", form)
    assert ran.code == 0
    if form == "json":
        assert (json.loads(ran.out)["graph"]["scope"]["numbers"]["training_jobs"], ran.err) == (1, "")
    else:
        assert ran.err.startswith("Looked at: account 111122223333, region eu-west-1, crawled ")


def test_a_report_says_on_what_it_stands(asking: Any) -> None:
    """A report counts what was read, and names what this version never reads."""
    told = asking("report", "live", "-f", "md").out
    assert "account 111122223333 in region eu-west-1, and no others" in told
    assert "1 training job and 1 processing job; 0 of 1 training channel read data that no known job wrote" in told
    assert "does not read Bedrock, HyperPod" in told
