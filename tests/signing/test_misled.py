"""An auditor is not misled: neither a slip nor a file beside a snapshot turns something into a proof that is none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

import lineage
from lineage.queries.verify import UNCHANGED
from tests.records import training
from tests.signing.test_timestamps import tsa as tsa  # noqa: PLC0414  (the fixture)
from tests.snapshot.test_file import crawl
from tests.snapshot.test_seals import altered


def pub(key: Path) -> str:
    return f"{key}.pub"


EMPTY = [
    ("verify", name)
    for name in ("digest", "against", "signature", "signer", "allowed-signers", "timestamp-authority", "anchors")
]
EMPTY += [("sign", name) for name in ("key", "timestamp", "public-key", "anchors", "out")]


@pytest.mark.parametrize(("command", "option"), EMPTY)
def test_an_empty_value(run, signed: Path, keys: dict[str, Path], command: str, option: str) -> None:
    """An option with an empty value, as from an unset shell variable, is refused: it turns no check off."""
    key = ("--key", str(keys["jo"])) if (command, option) == ("sign", "key") else ()
    ran = run("snapshot", command, *key, f"--{option}", " ")
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1)
    assert f"--{option} is empty: give a value, or leave it out" in ran.err


def test_a_file_that_is_called_like_an_identity(
    run, signed: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file beside the snapshot with the name of a signer is not taken for the signer's key."""
    assert run("snapshot", "sign", "--key", str(keys["ann"])).code == 0
    for name in ("jo@bank.example", "jo"):
        shutil.copy(pub(keys["ann"]), name)
    words = ("snapshot", "verify", "--signer", "jo@bank.example")
    assert "jo@bank.example is an identity: give its list with --allowed-signers" in run(*words).err
    Path("signers").write_text("".join(f"{who} {Path(pub(keys['jo'])).read_text()}" for who in ("jo@bank.example", "jo")))
    monkeypatch.setenv("LINEAGE_ALLOWED_SIGNERS", "signers")
    for who in ("jo@bank.example", "jo"):
        ran = run(*words[:-1], who)
        assert (ran.code, f"signature refused: it was not signed by {who}, as signers lists them" in ran.err) == (3, True)
    assert run(*words[:-1], "./jo").code == 0  # a written path means the file


def test_the_key_of_an_identity_is_told(run, signed: Path, keys: dict[str, Path]) -> None:
    """Two keys may belong to one identity: the answer says which of them signed."""
    lines = [f"team@bank.example {Path(pub(keys[name])).read_text()}" for name in ("ann", "jo")]
    Path("signers").write_text("".join(lines))
    told = json.loads(run("snapshot", "verify", "--allowed-signers", "signers", "-f", "json").out)
    assert f"signed by team@bank.example ({json.loads(signed.read_text())['signatures'][0]['keyid']}), at" in told["notes"][-1]


DATES = {"expired": ("2001", "2002", 3), "not yet valid": ("2098", "2099", 3), "valid": ("2001", "2099", 0)}


@pytest.mark.parametrize(("begins", "ends", "code"), DATES.values(), ids=DATES)
def test_the_dates_of_a_key(run, signed: Path, keys: dict[str, Path], begins: str, ends: str, code: int) -> None:
    """Without a time stamp the dates in a list of signers are compared with now, because a signature could be backdated."""
    dates = f'valid-after="{begins}0101",valid-before="{ends}0101"'
    Path("signers").write_text(f"jo@bank.example {dates} {Path(pub(keys['jo'])).read_text()}")
    for who in ((), ("--signer", "jo@bank.example")):
        assert run("snapshot", "verify", "--allowed-signers", "signers", *who).code == code


@pytest.mark.parametrize(("year", "code"), [("2001", 0), ("2011", 3)])
def test_the_dates_of_a_key_at_the_time_of_the_stamp(
    run, at, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch, tsa: tuple[str, Path], year: str, code: int
) -> None:
    """A key that was valid when the authority saw its signature stays accepted; one that was not is never accepted."""
    at(1)
    assert run("snapshot", "sign", "--key", str(keys["jo"]), "--timestamp", tsa[0]).code == 0
    monkeypatch.setattr("lineage.signing.signed.time_of", lambda *_: f"{year}-06-01T00:00:00Z")
    Path("signers").write_text(f'jo valid-after="20010101",valid-before="20020101" {Path(pub(keys["jo"])).read_text()}')
    for who in ((), ("--signer", "jo")):
        ran = run("snapshot", "verify", "--allowed-signers", "signers", "--timestamp-authority", str(tsa[1]), *who)
        assert ran.code == code


def test_the_file_is_no_proof_of_itself(run, at, tmp_path: Path) -> None:
    """The file itself, under any name, is no earlier copy; nor is a copy that no crawl has sealed."""
    at(1)
    Path("link.db").symlink_to("lineage.db")
    crawl(Path("bare.db"), training("j", {"train": "s3://b/n"}), finish=False)
    cases = (("lineage.db", 2, "is the file itself"), ("link.db", 2, "is the file itself"), ("bare.db", 3, "has no seal"))
    for name, code, said in cases:
        ran = run("snapshot", "verify", "--against", name)
        assert (ran.code, ran.out, said in ran.err) == (code, "", True)


def test_proof_can_be_required(run, at, signed: Path, keys: dict[str, Path]) -> None:
    """With --require-proof exit code 0 says that something that was kept elsewhere proves the newest crawl."""
    by = ("--signer", pub(keys["jo"]))
    told = {words: run("snapshot", "verify", "--require-proof", *words).code for words in ((), by)}
    assert told == {(): 4, by: 0}
    run("snapshot", "verify", *by, "--anchors", "a.jsonl")
    assert run("snapshot", "verify", "--require-proof", "--anchors", "a.jsonl").code == 0
    at(3)
    ran = run("snapshot", "verify", "--require-proof", "--anchors", "a.jsonl", "-f", "json")
    assert (ran.code, json.loads(ran.out)["proved_all"], json.loads(ran.out)["proved"]["crawl"]) == (4, False, 2)
    crawl(Path("bare.db"), training("j", {"train": "s3://b/n"}), finish=False)
    assert run("snapshot", "verify", "bare.db", "--require-proof").code == 4


def test_a_newest_state_that_is_not_sealed_is_not_called_unchanged(run, at) -> None:
    """After a killed crawl the first line says that the newest state is not sealed, and JSON names the crawl."""
    at(2)
    crawl(Path("lineage.db"), training("new", {"train": "s3://b/n"}), finish=False)
    ran = run("snapshot", "verify", "-f", "table")
    assert ran.out.splitlines()[0] == (
        "UNCHANGED, NOT PROVED  what 2 crawls wrote into lineage.db is as sealed; the newest state is not sealed"
    )
    done = lineage.verify("lineage.db")
    assert (done.verdict, done.unsealed_crawls) == (UNCHANGED, [3])


def test_the_first_line_says_what_is_proved(run, signed: Path, keys: dict[str, Path], tmp_path: Path) -> None:
    """The first line says when proof is missing; a genuine signature of a changed file is reported as that."""
    by = ("--signer", pub(keys["jo"]))
    heads = [run("snapshot", "verify", "-f", "table", *words).out.split("  ")[0] for words in ((), by)]
    assert heads == ["UNCHANGED, NOT PROVED", "UNCHANGED"]
    assert json.loads(run("snapshot", "verify", "-f", "json").out)["verdict"] == UNCHANGED
    altered(Path("lineage.db"), Path("s.db"), "DELETE FROM edge")
    ran = run("snapshot", "verify", "s.db", "-f", "table", "--signature", str(signed), *by)
    assert ran.out.startswith("CHANGED  ")
    assert "Note: the signature is genuine, but this file is not what was signed: signed by jo.pub" in ran.out


def test_what_no_seal_covers_is_not_signed(run, signed: Path, keys: dict[str, Path]) -> None:
    """After a killed crawl edges could be removed unseen: such a state is not signed, and a statement says so."""
    crawl(Path("lineage.db"), training("new", {"train": "s3://b/n"}), finish=False)
    altered(Path("lineage.db"), Path("s.db"), "DELETE FROM edge")
    ran = run("snapshot", "sign", "s.db", "--key", str(keys["jo"]))
    assert (ran.code, ran.err.count("\n"), Path("s.db.dsse.json").exists()) == (3, 1, False)
    assert (
        "s.db: no seal covers its newest state, for crawl 3 did not finish: run the crawl again to its end, then sign"
        in ran.err
    )
    told = json.loads(run("export", "-f", "in-toto", "--snapshot", "s.db").out)
    assert told["predicate"]["unsealed_crawls"] == [3]


def test_anchors_that_are_not_there(run, at, keys: dict[str, Path]) -> None:
    """A file of anchors that is missing, empty, or only about other snapshots is reported: it may be the wrong one."""
    at(1)
    for make in (lambda: None, Path("a.jsonl").touch):
        make()
        ran = run("snapshot", "verify", "--anchors", "a.jsonl")
        assert (ran.code, "so none is checked" in ran.err) == (0, True)
    crawl(Path("other.db"), training("other", {"train": "s3://b/n"}))
    assert run("snapshot", "sign", "other.db", "--key", str(keys["jo"]), "--anchors", "a.jsonl").code == 0
    ran = run("snapshot", "verify", "--anchors", "a.jsonl")
    assert "no anchor matches this snapshot's first seal; 1 are for other snapshots" in ran.out


def test_anchors_that_cannot_be_written(run, signed: Path, keys: dict[str, Path]) -> None:
    """Where anchors cannot be added the answer and its exit code stand, and stderr says so; the signature is there."""
    ran = run("snapshot", "verify", "--signer", pub(keys["jo"]), "--anchors", "no/a.jsonl", "-f", "json")
    assert (ran.code, json.loads(ran.out)["proved_all"]) == (0, True)
    assert "no/a.jsonl: No such file or directory: what was proved is not added to these anchors" in ran.err
    signed.unlink()
    ran = run("snapshot", "sign", "--key", str(keys["jo"]), "--anchors", "no/a.jsonl")
    assert (ran.code, signed.exists(), "signed lineage.db up to crawl 2" in ran.err) == (3, True, True)


def test_who_signs_again_is_told_what_goes(run, signed: Path, keys: dict[str, Path]) -> None:
    """A second signature replaces the first, and stderr says so; with another name both are there."""
    assert "replaced" not in run("snapshot", "sign", "--key", str(keys["ann"]), "-o", "ann.json").err
    assert run("snapshot", "verify", "--signer", pub(keys["jo"])).code == 0
    assert run("snapshot", "verify", "--signer", pub(keys["ann"]), "--signature", "ann.json").code == 0
    assert "; the envelope that was there is replaced" in run("snapshot", "sign", "--key", str(keys["ann"])).err


@pytest.mark.parametrize("words", [("sign", "--key", "KEY"), ("info", "-f", "tsv")])
def test_a_snapshot_is_not_written_over(run, at, keys: dict[str, Path], words: tuple[str, ...]) -> None:
    """No answer overwrites a snapshot, whichever command gets its name."""
    at(1)
    before = Path("lineage.db").read_bytes()
    ran = run("snapshot", *(str(keys["jo"]) if word == "KEY" else word for word in words), "-o", "lineage.db")
    assert (ran.code, "is a database, perhaps the snapshot" in ran.err) == (2, True)
    assert Path("lineage.db").read_bytes() == before
