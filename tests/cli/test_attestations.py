"""`--attestations` and `--no-attestations`, whatever the command and the format; and the template of `gaps`."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

import lineage

CUSTOMERS = "s3://bank-eu/customers/"
FILE = """
[[attestations]]
kind = "unread-manifest"
subject = "s3://bank-ml/mortgage/lists/2026-09.manifest"
who = "Ada, mortgage team"
when = 2020-11-20
why = "the list named public house prices only"
until = 2099-11-20

[[attestations]]
kind = "unresolved"
subject = "efs://fs-0a1b2c3d4e5f60718/kyc/passports"
who = "Bo, storage team"
when = 2020-11-21
why = "scans of passports; no customer of the bank is among them"
until = 2099-11-20
"""
OLD = FILE.replace("2099", "2021").replace("public", "very public")
SAID = "not-referenced, based on 2 attestations; unknown without them"


@pytest.fixture
def asked(run, account_path: Path, tmp_path: Path):
    """Run a command over the bank's whole account, in a folder with an attestations file."""
    (tmp_path / "a.toml").write_text(FILE, encoding="utf-8")
    return lambda *words: run(*words, "--snapshot", str(account_path))


def test_used_says_both_verdicts_in_each_format(asked) -> None:
    """The table has the sentence and each attestation, the rows have them below the gaps, JSON has its keys."""
    bare = asked("used", CUSTOMERS, "-f", "json")
    assert json.loads(bare.out)["verdict"] == "unknown"
    table = asked("used", CUSTOMERS, "--attestations", "a.toml", "-f", "table").out
    assert table.startswith(f"NOT-REFERENCED, ATTESTED  none of the training jobs that were read names {CUSTOMERS}\n{SAID}:\n")
    assert "Bo, storage team on 2020-11-21, until 2099-11-20: scans of passports" in table
    assert table.count("[attested: ") == 2
    tsv = asked("used", CUSTOMERS, "--attestations", "a.toml", "-f", "tsv").out
    assert [line.split("\t")[0] for line in tsv.splitlines()] == [
        "verdict",
        "not-referenced",
        "hole",
        "hole",
        "rests",
        "attestation",
        "attestation",
    ]
    said = json.loads(asked("used", CUSTOMERS, "--attestations", "a.toml", "-f", "json").out)
    assert (said["verdict"], said["verdict_without_attestations"], len(said["attestations"])) == (
        "not-referenced",
        "unknown",
        2,
    )
    assert asked("used", CUSTOMERS, "--attestations", "a.toml", "--no-attestations").code == 2


def test_a_gate_takes_the_attested_verdict_unless_it_demands_the_bare_one(asked, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--fail-on` uses the verdict that stands; `--no-attestations` overrides the environment."""
    gate = ("used", CUSTOMERS, "--fail-on", "used,unknown")
    assert asked(*gate).code == 1
    assert asked(*gate, "--attestations", "a.toml").code == 0
    monkeypatch.setenv("LINEAGE_ATTESTATIONS", "a.toml")
    assert asked(*gate).code == 0
    assert asked(*gate, "--no-attestations").code == 1
    assert asked("used", CUSTOMERS, "--fail-on", "used", "--no-attestations").code == 4
    assert asked("used", CUSTOMERS, "--fail-on", "used").code == 0


def test_of_many_each_line_has_both(asked) -> None:
    """In a list of URIs each line has the verdict without attestations, and the ids; a table has the attestations below it."""
    told = asked("used", CUSTOMERS, "s3://bank-ml/loans/train/", "--attestations", "a.toml", "-f", "csv").out.splitlines()
    assert told[0] == "uri,verdict,findings,job,channel,holes,without,attestations,id"
    assert told[1].startswith(f"{CUSTOMERS},not-referenced,0,,,2,unknown,")
    assert ",used,2,Loans-Fit-0042,train,2,used," in told[2]
    table = asked("used", CUSTOMERS, "s3://bank-ml/loans/train/", "--attestations", "a.toml", "-f", "table").out
    assert table.count("until 2099-11-20") == 2
    plain = asked("used", CUSTOMERS, "s3://bank-ml/loans/train/", "-f", "csv").out
    assert plain.startswith("uri,verdict,findings,job,channel,holes,id\n")


def test_the_making_of_a_model_rests_on_them(asked, tmp_path: Path) -> None:
    """`datasets --holdouts` says what each verdict about a holdout rests on, and its gate uses that."""
    (tmp_path / "held.txt").write_text(f"{CUSTOMERS}\n")
    words = ("datasets", "mortgage-tuned", "--holdouts", "held.txt")
    assert asked(*words, "--fail-on", "used").code == 4
    ran = asked(*words, "--fail-on", "used", "--attestations", "a.toml", "-f", "table")
    assert ran.code == 0
    assert f"{CUSTOMERS}  (not-referenced, based on 1 attestation; unknown without it)" in ran.out
    rows = asked(*words, "--attestations", "a.toml", "-f", "csv").out.splitlines()
    assert rows[0].endswith("holes,without,attestations,id")
    assert [row["verdict_without_attestations"] for row in json.loads(
        asked(*words, "--attestations", "a.toml", "-f", "json").out
    )["holdouts"]] == ["unknown"]  # fmt: skip


@pytest.mark.parametrize(
    "words",
    [
        ("trace", "mortgage-tuned"),
        ("impact", CUSTOMERS),
        ("path", CUSTOMERS, "mortgage-tuned"),
        ("datasets", "mortgage-tuned"),
        ("check",),
        ("gaps",),
    ],
    ids=lambda words: words[0],
)
def test_each_command_tells_who_vouches(asked, words: tuple[str, ...]) -> None:
    """In each format, an answer names the people whose word it may rest on, and without attestations none."""
    for form in ("table", "json", "tsv"):
        assert "Ada, mortgage team" in asked(*words, "--attestations", "a.toml", "-f", form).out
        assert "Ada" not in asked(*words, "-f", form).out


def test_an_expired_one_is_told_on_stderr(asked, tmp_path: Path) -> None:
    """An expired attestation closes nothing, and each command says so with the line of the file."""
    (tmp_path / "a.toml").write_text(OLD, encoding="utf-8")
    ran = asked("used", CUSTOMERS, "--attestations", "a.toml", "-f", "json")
    assert ran.err.count("\n") == 2
    assert "lineage: a.toml line 2: attestation " in ran.err
    assert "expired on 2021-11-20: it does not count" in ran.err
    said = json.loads(ran.out)
    assert (said["verdict"], said["attestations"]) == ("unknown", [])
    assert sum("expired on 2021-11-20" in caveat for caveat in said["caveats"]) == 2


def test_a_note_that_asks_what_was_meant_ends_with_its_question(asked, tmp_path: Path) -> None:
    """A note on a typo is a question, in an answer, a check and an export; no full stop comes after it."""
    (tmp_path / "typo.toml").write_text(FILE.replace("2026-09.manifest", "2026-09.manifst"), encoding="utf-8")
    for words in (
        ("used", CUSTOMERS, "-f", "table"),
        ("check", "-f", "table"),
        ("export", "mortgage-tuned", "-f", "cyclonedx"),
    ):
        told = "".join(asked(*words, "--attestations", "typo.toml")[1:])
        assert "did you mean s3://bank-ml/mortgage/lists/2026-09.manifest?" in told
        assert "?." not in told


def test_a_wrong_file_is_one_line(asked, tmp_path: Path) -> None:
    """A missing file, or one with too broad an entry, ends the command with one sentence."""
    assert asked("used", CUSTOMERS, "--attestations", "none.toml").code == 2
    (tmp_path / "a.toml").write_text(FILE.replace("efs://fs-0a1b2c3d4e5f60718/kyc/passports", "s3://bank-ml/"))
    ran = asked("used", CUSTOMERS, "--attestations", "a.toml")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert "a.toml: line 10: attestations[2] is a whole bucket (s3://bank-ml/)" in ran.err


def test_gaps_warns_of_what_names_no_hole_and_writes_the_stubs(asked, tmp_path: Path) -> None:
    """The template has the gaps that nobody vouches for yet; an attestation that matches no gap is reported on stderr."""
    everything = asked("gaps", "--attest-template").out
    rest = asked("gaps", "--attest-template", "--attestations", "a.toml").out
    assert (everything.count("[[attestations]]"), rest.count("[[attestations]]")) == (everything.count('who = ""'), everything.count("[[attestations]]") - 3)  # fmt: skip
    (tmp_path / "stubs.toml").write_text(everything, encoding="utf-8")
    assert "who is empty" in asked("used", CUSTOMERS, "--attestations", "stubs.toml").err
    (tmp_path / "a.toml").write_text(FILE.replace("/kyc/passports", "/"), encoding="utf-8")
    ran = asked("gaps", "--attestations", "a.toml", "-f", "tsv")
    assert [line.split()[0] for line in ran.err.splitlines()] == ["lineage:", "crawl"]
    assert "line 10: attestation " in ran.err
    near = "efs://fs-0a1b2c3d4e5f60718/kyc/passports: an attestation names one whole subject"
    assert f"matches no gap of this snapshot; there is one about {near}" in ran.err
    assert "attestation\t\t\t\t\tefs://fs-0a1b2c3d4e5f60718/\tunmatched\t" in ran.out


@pytest.mark.parametrize("form", ["md", "html", "json"])
def test_a_report_shows_them(asked, tmp_path: Path, form: str) -> None:
    """The report has both verdicts of a holdout, who vouches and why, and the command that makes it again."""
    (tmp_path / "held.txt").write_text(f"{CUSTOMERS}\n")
    out = asked("report", "mortgage-tuned", "--holdouts", "held.txt", "--attestations", "a.toml", "-f", form).out
    for said in ("Ada, mortgage team", "the list named public house prices only", "--attestations a.toml"):
        assert said in out
    if form == "json":
        told: dict[str, Any] = json.loads(out)
        (row,) = told["endpoints"][0]["evaluation"]["holdouts"]
        assert (row["verdict"], row["verdict_without_attestations"]) == ("not-referenced", "unknown")
        assert {one["state"] for one in told["coverage"]["attestations"]} == {"counts"}
        assert told["document"]["report_digest"] == lineage.report_digest(told)
    else:
        assert "not-referenced, based on 1 attestation; unknown without" in out
        first = "Holdouts: 0 of 1 used; 1 is not-referenced only because people vouch for it (unknown without them) (section 7)"
        assert first in out


def test_a_report_names_the_files_of_people_by_digest(asked, tmp_path: Path) -> None:
    """The report lists the attestations, the policy and each list of holdouts with their SHA-256, unless they do not count."""
    (tmp_path / "held.txt").write_text(f"{CUSTOMERS}\n")
    (tmp_path / "p.toml").write_text('fail-on = "error"\n')
    words = ("report", "mortgage-tuned", "--holdouts", "held.txt", "--policy", "p.toml", "--attestations", "a.toml")
    named = {"attestations": "a.toml", "policy": "p.toml", "holdouts": "held.txt"}
    digests = {role: f"sha256:{hashlib.sha256((tmp_path / file).read_bytes()).hexdigest()}" for role, file in named.items()}
    told = json.loads(asked(*words, "-f", "json").out)
    assert told["document"]["rests_on"] == [{"role": role, "file": named[role], "digest": digests[role]} for role in named]
    page = asked(*words, "-f", "md").out
    assert all(f"| Rests on {role} | <code>{named[role]} {digests[role]}</code> |" in page for role in named)
    (tmp_path / "p.toml").write_text("attestations = false\n")
    assert [row["role"] for row in json.loads(asked(*words, "-f", "json").out)["document"]["rests_on"]] == [
        "policy",
        "holdouts",
    ]
    assert json.loads(asked("report", "mortgage-tuned", "-f", "json").out)["document"]["rests_on"] == []


def test_a_report_counts_open_and_attested_gaps_apart(asked) -> None:
    """What could change the answer, the table of gaps, their count and the limits agree on which gaps are open."""
    words = ("report", "mortgage-tuned", "-f")
    open_table, closed_table = "*Gaps that could change this answer*", "*Gaps of this answer that attestations close*"
    bare, vouched = (asked(*words, "md", *more).out for more in ((), ("--attestations", "a.toml")))
    assert (open_table in bare, closed_table in bare, "Open gaps: 1 (1 missing)," in bare) == (True, False, True)
    assert (open_table in vouched, closed_table in vouched, "Open gaps" in vouched) == (False, True, False)
    assert "No open gap could change this answer: attestations close 1 gap." in vouched
    assert "No gap is open, and 1 is closed by attestations, of what the crawls asked for" in vouched
    told = json.loads(asked(*words, "json", "--attestations", "a.toml").out)
    answer = told["endpoints"][0]["answer"]
    assert (answer["counts"]["gaps"], answer["counts"]["left_open"], len(answer["gaps"])) == (1, 0, 1)
    assert [len(gap["attested"]) for gap in told["coverage"]["gaps"]] == [1]
    every = asked("report", "-f", "md", "--attestations", "a.toml").out
    assert "1, 1 of them closed by attestations |" in next(
        line for line in every.splitlines() if line.startswith("| mortgage-tuned |")
    )


def test_exports_that_tell_of_holes_tell_who_vouches(asked) -> None:
    """Exports that show gaps name the people who vouch for them; a format without gaps says that it shows no attestations."""
    for words in (("mortgage-tuned", "-f", "cyclonedx"), ("-f", "in-toto"), ("mortgage-tuned", "-f", "model-card")):
        assert "Ada, mortgage team" in asked("export", *words, "--attestations", "a.toml").out
        assert "Ada" not in asked("export", *words).out
    ran = asked("export", "+mortgage-tuned", "-f", "dot", "--attestations", "a.toml")
    assert (ran.code, ran.err) == (0, "lineage: -f dot does not show gaps, and so no attestations\n")


def test_the_same_question_gives_the_same_bytes(asked, tmp_path: Path) -> None:
    """The same question gives the same bytes, in any order of the file."""
    first = asked("used", CUSTOMERS, "--attestations", "a.toml", "-f", "json").out
    one, two = FILE.strip().split("\n\n")
    (tmp_path / "b.toml").write_text(f"{two}\n\n{one}\n", encoding="utf-8")
    assert asked("used", CUSTOMERS, "--attestations", "b.toml", "-f", "json").out == first
