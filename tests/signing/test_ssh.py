"""A snapshot signed with an SSH key: only the signer that the reader names is trusted."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

import lineage
from lineage.signing.envelope import Envelope
from lineage.signing.ssh import fingerprint
from tests.records import training
from tests.signing.conftest import rewritten
from tests.snapshot.test_file import crawl
from tests.snapshot.test_seals import altered


def pub(key: Path) -> str:
    return f"{key}.pub"


def test_who_signed_what_and_until_when(run, signed: Path, keys: dict[str, Path]) -> None:
    """A signature by the named key proves the file; the answer says who signed, with which key, when and up to which crawl."""
    ran = run("snapshot", "verify", "--signer", pub(keys["jo"]), "-f", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["verdict"]) == (0, "unchanged")
    assert told["proved"] == {"crawl": 2, "how": f"the signature of jo.pub in {signed.name}", "whole_file": True}
    key = subprocess.run(["ssh-keygen", "-lf", pub(keys["jo"])], capture_output=True, text=True, check=True).stdout.split()[1]
    assert told["notes"][-1].startswith(f"signed by jo.pub ({key}), at 20")
    assert told["notes"][-1].endswith(" as the signer says; it covers the crawls up to 2")


def test_bytes_that_hold_nothing_are_told_of(run, signed: Path, keys: dict[str, Path]) -> None:
    """Bytes after the end of the database change no record: the file stays proved, and a note says that it is not the signed one."""
    before = hashlib.sha256(Path("lineage.db").read_bytes()).hexdigest()
    with Path("lineage.db").open("ab") as file:
        file.write(bytes(4096))
    now = hashlib.sha256(Path("lineage.db").read_bytes()).hexdigest()
    ran = run("snapshot", "verify", "--signer", pub(keys["jo"]), "--require-proof", "-f", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["verdict"], told["proved"]["whole_file"]) == (0, "unchanged", False)
    signature = f"the signature of jo.pub in {signed.name} is of sha256:{before}, this file is sha256:{now}"
    assert f"the records are as sealed; the bytes of the file are not ({signature})" in told["notes"]


def test_the_file_is_not_touched_and_the_statement_is_true(run, at, keys: dict[str, Path]) -> None:
    """The envelope is beside the file, whose bytes stay; the statement has the digest of the file and of its newest seal."""
    at(3)
    before = hashlib.sha256(Path("lineage.db").read_bytes()).hexdigest()
    assert run("snapshot", "sign", "--key", str(keys["ann"]), "-o", "e.json").code == 0
    assert hashlib.sha256(Path("lineage.db").read_bytes()).hexdigest() == before
    told = json.loads(Path("e.json").read_text())
    assert told["payloadType"] == "application/vnd.in-toto+json"
    statement = json.loads(base64.b64decode(told["payload"]))
    seals = lineage.verify("lineage.db").seals
    names = {one["name"]: one["digest"]["sha256"] for one in statement["subject"]}
    assert names == {"lineage.db": before, "lineage.db#seal-of-crawl-3": seals[-1]["digest"].removeprefix("sha256:")}
    assert statement["predicate"]["seals"] == seals
    assert [one["id"] for one in statement["predicate"]["crawls"]] == [1, 2, 3]


def test_a_replay_is_called_one(run, at, keys: dict[str, Path]) -> None:
    """Who signs or verifies a snapshot of an account file is told that nothing in it was read from AWS."""
    at(2)
    said = "its crawls replayed an account file: nothing in it was read from AWS"
    assert said in run("snapshot", "sign", "--key", str(keys["ann"])).err
    for form in ("table", "tsv", "csv"):
        assert said in run("snapshot", "verify", "-f", form).out
    assert json.loads(run("snapshot", "verify", "-f", "json").out)["replayed"] is True


def test_what_is_signed_is_what_dsse_says() -> None:
    """The bytes under the signature are DSSE's pre-authentication encoding: the example of its specification."""
    assert Envelope(b"hello world").signed_bytes == b"DSSEv1 28 application/vnd.in-toto+json 11 hello world"


def test_a_list_of_signers(run, signed: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An identity is looked up in a list of signers in git's format; without an identity anyone in the list is accepted."""
    lines = [f"{name}@bank.example {Path(pub(keys[name])).read_text()}" for name in ("ann", "jo")]
    Path("signers").write_text("".join(lines))
    said = run("snapshot", "verify", "--signer", "jo@bank.example", "--allowed-signers", "signers", "-f", "json")
    assert json.loads(said.out)["proved"]["how"] == f"the signature of jo@bank.example in {signed.name}"
    monkeypatch.setenv("LINEAGE_ALLOWED_SIGNERS", "signers")
    assert run("snapshot", "verify", "-f", "json").out == said.out
    other = run("snapshot", "verify", "--signer", "ann@bank.example")
    assert (other.code, other.err.count("\n")) == (3, 1)
    assert "it was not signed by ann@bank.example, as signers lists them" in other.err
    Path("signers").write_text(lines[0])
    assert "it was not signed by any of signers" in run("snapshot", "verify").err


def test_a_later_crawl_is_not_covered(run, at, signed: Path, keys: dict[str, Path]) -> None:
    """An older envelope proves what it covers, and names the crawls that it does not: exit code 4."""
    at(3)
    ran = run("snapshot", "verify", "--signer", pub(keys["jo"]), "-f", "table")
    assert (ran.code, ran.out.partition("\n")[0]) == (
        4,
        "PROVED IN PART  what was given proves lineage.db up to crawl 2, and nothing that came later",
    )
    assert "crawl 3 is covered only by the file's own seals" in ran.out


def test_a_newer_envelope_tells_an_older_file(run, at, signed: Path, keys: dict[str, Path]) -> None:
    """An envelope of a later crawl is an anchor: the file was rolled back."""
    at(1)
    ran = run("snapshot", "verify", "--signer", pub(keys["jo"]), "-f", "json")
    (found,) = json.loads(ran.out)["differences"]
    assert ran.code == 1
    assert found["said"].startswith(
        f"rolled back: the file ends at crawl 1; crawl 2 of this snapshot was signed by jo.pub ({signed.name}) with digest sha256:"
    )


def test_the_envelope_of_another_file(run, signed: Path, bank_path: Path, keys: dict[str, Path]) -> None:
    """A good signature over another file proves nothing about this one."""
    shutil.copy(bank_path, "lineage.db")
    ran = run("snapshot", "verify", "--signer", pub(keys["jo"]), "-f", "json")
    assert ran.code == 1
    assert "the signature of jo.pub in lineage.db.dsse.json is of another file" in ran.out


def alter_payload(told: dict) -> None:
    payload = base64.b64decode(told["payload"]).replace(b'"signed_at":"20', b'"signed_at":"21')
    told["payload"] = base64.b64encode(payload).decode()


def another_namespace(told: dict) -> None:
    """A signature that the same key made for files in general."""
    data = Envelope(base64.b64decode(told["payload"])).signed_bytes
    key = Path("key-of-jo").read_text()
    made = subprocess.run(
        ["ssh-keygen", "-Y", "sign", "-n", "file", "-f", key], input=data, capture_output=True, check=True
    ).stdout.decode()
    told["signatures"][0]["sig"] = "".join(made.split("\n")[1:-2])


NOT_SIGNED = "it was not signed by the key of"
WRONG = {
    "an altered payload": (alter_payload, NOT_SIGNED),
    "a signature for something else": (another_namespace, NOT_SIGNED),
    "a signature that is none": (lambda told: told["signatures"][0].update(sig="QUJD"), NOT_SIGNED),
    "no signature": (lambda told: told.update(signatures=[]), "has no signature: sign it with"),
    "signatures that are none": (lambda told: told.update(signatures=None), "is not a DSSE envelope"),
    "another type": (lambda told: told.update(payloadType="text/plain"), "its payloadType is not application/vnd.in-toto+json"),
    "no type": (lambda told: told.pop("payloadType"), "its payloadType is not application/vnd.in-toto+json"),
    "a payload that is no base64": (lambda told: told.update(payload="%%"), "is not a DSSE envelope"),
    "a payload that is no statement": (lambda told: told.update(payload="e30="), "holds no statement about a snapshot"),
    "a payload that is no JSON": (lambda told: told.update(payload="QUJD"), "holds no statement about a snapshot"),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_what_is_not_believed(run, signed: Path, keys: dict[str, Path], change, said: str) -> None:
    """Each altered envelope is refused in one line, with exit code 3."""
    Path("key-of-jo").write_text(str(keys["jo"]))
    rewritten(signed, change)
    ran = run("snapshot", "verify", "--signer", pub(keys["jo"]))
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert said in ran.err


def test_several_signatures(run, signed: Path, keys: dict[str, Path]) -> None:
    """Of several signatures the named signer's is enough, at any position; the others prove nothing."""
    rewritten(signed, lambda told: told["signatures"].insert(0, {"keyid": "SHA256:x", "sig": "QUJD"}))
    assert run("snapshot", "verify", "--signer", pub(keys["jo"])).code == 0
    assert run("snapshot", "verify", "--signer", pub(keys["ann"])).code == 3


def test_the_hint_of_a_key_is_not_believed(run, signed: Path, keys: dict[str, Path]) -> None:
    """What an envelope says about its key proves nothing."""
    hint = fingerprint(pub(keys["ann"]))
    rewritten(signed, lambda told: told["signatures"][0].update(keyid=hint))
    assert run("snapshot", "verify", "--signer", pub(keys["ann"])).code == 3


def test_a_changed_file_is_not_signed(run, at, keys: dict[str, Path]) -> None:
    """A file that differs from its seals is not signed, and no envelope is written."""
    at(2)
    altered(Path("lineage.db"), Path("s.db"), "UPDATE record SET status = 'x'")
    ran = run("snapshot", "sign", "s.db", "--key", str(keys["jo"]))
    assert (ran.code, ran.err.count("\n"), Path("s.db.dsse.json").exists()) == (3, 1, False)
    assert "s.db is CHANGED since it was sealed" in ran.err


def test_a_changed_file_is_not_proved_by_its_signature(run, signed: Path, keys: dict[str, Path]) -> None:
    """A file that was changed after it was signed is reported as changed, whatever the envelope says."""
    altered(Path("lineage.db"), Path("s.db"), "UPDATE record SET status = 'x'")
    ran = run("snapshot", "verify", "s.db", "--signature", str(signed), "--signer", pub(keys["jo"]), "-f", "json")
    assert (ran.code, json.loads(ran.out)["proved"]) == (1, None)


def test_what_a_log_beside_the_file_holds_is_not_proved(run, signed: Path, keys: dict[str, Path]) -> None:
    """SQLite reads a write-ahead log first: another snapshot in it is not called signed, and the file stays unchanged."""
    true = Path("lineage.db").read_bytes()
    shutil.copy("lineage.db", "work.db")
    crawl(Path("forged.db"), training("other", {"train": "s3://b/other"}))
    writing, forged = sqlite3.connect("work.db"), sqlite3.connect("forged.db")
    writing.execute("PRAGMA journal_mode = WAL")
    forged.backup(writing)
    shutil.copy("work.db-wal", "lineage.db-wal")
    writing.close()
    forged.close()
    for words in (("snapshot", "verify", "--signer", pub(keys["jo"])), ("snapshot", "sign", "--key", str(keys["jo"]))):
        ran = run(*words)
        assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
        assert "lineage.db-wal lies beside it, and lineage never writes one" in ran.err
    assert Path("lineage.db").read_bytes() == true


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("closed", "it has a passphrase; run ssh-add"),
        ("no.pub", "no.pub does not exist"),
        ("shown", "others may read it"),
        ("lonely.pub", "neither its private part nor an agent that holds it is there"),
        ("empty", "did not sign: "),
    ],
)
def test_a_key_that_does_not_sign(run, at, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch, key: str, said: str) -> None:
    """An unusable key ends in one line that says what to do, and there is no prompt without a terminal."""
    at(1)
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    shutil.copy(keys["jo"], "shown")
    Path("shown").chmod(0o644)
    shutil.copy(pub(keys["jo"]), "lonely.pub")
    Path("empty").touch(0o600)
    ran = run("snapshot", "sign", "--key", str(keys.get(key, Path(key))))
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert said in ran.err
    assert "PRIVATE" not in ran.err
    assert not Path("lineage.db.dsse.json").exists()


def test_a_public_key_whose_private_one_an_agent_holds(run, at, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """With only the public key the agent signs."""
    at(1)
    shutil.copy(pub(keys["jo"]), "jo.pub")
    started = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    told = dict(part.split("=", 1) for part in started.replace("\n", "").split(";") if "=" in part)
    monkeypatch.setenv("SSH_AUTH_SOCK", told["SSH_AUTH_SOCK"])
    monkeypatch.setenv("SSH_AGENT_PID", told["SSH_AGENT_PID"])
    try:
        subprocess.run(["ssh-add", "-q", str(keys["jo"])], check=True, stderr=subprocess.DEVNULL)
        assert run("snapshot", "sign", "--key", "jo.pub").code == 0
    finally:
        subprocess.run(["ssh-agent", "-k"], check=True, stdout=subprocess.DEVNULL)
    assert run("snapshot", "verify", "--signer", "jo.pub").code == 0


def test_without_ssh_keygen(run, signed: Path, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where ssh-keygen is missing one line says what to install; a plain verify does not need it."""
    monkeypatch.setenv("PATH", "")
    for words in (("sign", "--key", str(keys["jo"])), ("verify", "--signer", pub(keys["jo"]))):
        ran = run("snapshot", *words)
        assert (ran.code, ran.err) == (3, "lineage: ssh-keygen is missing: install OpenSSH (the package openssh-client)\n")
    assert run("snapshot", "verify").code == 0


def test_nobody_is_named(run, signed: Path) -> None:
    """A signature without a named signer is not checked, and the answer says so; the file beside it is not even read."""
    signed.write_text("no envelope")
    ran = run("snapshot", "verify", "-f", "table")
    assert ran.code == 0
    assert "signature in lineage.db.dsse.json not checked: no signer given" in ran.out


WRONG_WORDS = [
    (("--signer", "nobody.pub"), 3, "nobody.pub does not exist"),
    (("--signer", "lineage.db"), 3, "lineage.db is not a public key"),
    (("--signer", "KEY", "--signature", "no.json"), 3, "no.json: No such file or directory"),
    (("--signer", "jo", "--allowed-signers", "no.list"), 3, "no.list does not exist"),
    (("--timestamp-authority", "tsa.pem"), 2, "--timestamp-authority needs --signer"),
]


@pytest.mark.parametrize(("words", "code", "said"), WRONG_WORDS)
def test_words_that_do_not_fit(run, signed: Path, keys: dict[str, Path], words: tuple[str, ...], code: int, said: str) -> None:
    """A missing file, or one that is no key, is named in one line."""
    ran = run("snapshot", "verify", *(pub(keys["jo"]) if word == "KEY" else word for word in words))
    assert (ran.code, ran.err.count("\n")) == (code, 1)
    assert said in ran.err


def test_a_signer_without_an_envelope(run, at, keys: dict[str, Path]) -> None:
    """With a named signer and no envelope, one line says which file is missing."""
    at(1)
    ran = run("snapshot", "verify", "--signer", pub(keys["jo"]))
    assert (ran.code, "lineage.db.dsse.json does not exist" in ran.err) == (2, True)


def test_what_is_signed_is_anchored(run, at, keys: dict[str, Path]) -> None:
    """`sign --anchors` keeps the newest seal; an older copy is then reported as rolled back."""
    at(2)
    assert run("snapshot", "sign", "--key", str(keys["jo"]), "--anchors", "a.jsonl").code == 0
    (one,) = lineage.load_anchors("a.jsonl")
    assert (one.crawl, one.seal) == (2, lineage.verify("lineage.db").seals[-1]["digest"])
    at(1)
    assert run("snapshot", "verify", "--anchors", "a.jsonl").code == 1


def test_no_seal_to_sign(run, bank_path: Path, keys: dict[str, Path]) -> None:
    """A file that no crawl has sealed is not signed."""
    crawl(Path("s.db"), training("j", {"train": "s3://b/n"}), finish=False)
    ran = run("snapshot", "sign", "s.db", "--key", str(keys["jo"]))
    assert (ran.code, ran.err) == (3, "lineage: s.db has no seal to sign: no crawl of it has finished\n")


# --- the report -----------------------------------------------------------------------------------


@pytest.fixture
def report(run, bank_path: Path, keys: dict[str, Path]):
    """The signature and the first lines of a report of the signed bank."""
    shutil.copy(bank_path, "lineage.db")
    assert run("snapshot", "sign", "--key", str(keys["jo"])).code == 0

    def make(*words: str, code: int = 0) -> tuple[str, str]:
        ran = run("report", "loans-live", *words)
        assert (ran.code, ran.err.count("lineage: exit 1: ")) == (code, code)
        return ran.out.partition("\n## ")[0], ran.out.partition("| Signature | ")[2].partition(" |\n")[0]

    return make


def test_a_report_says_who_signed(report, keys: dict[str, Path]) -> None:
    """The report has the signer, the time and the scope of the signature, once the signature was checked."""
    assert report()[1] == "signature not checked: no signer given"
    first, said = report("--signer", pub(keys["jo"]))
    assert said.startswith("by jo.pub (SHA256:")
    assert said.endswith(" as the signer says; it covers crawl 1")
    assert "NOT VALID" not in first


def test_a_report_says_whose_signature_is_refused(report, keys: dict[str, Path]) -> None:
    """A signature by someone else is shown at the top as not valid, and the report exits with 1; so does an uncheckable one."""
    first, said = report("--signer", pub(keys["ann"]), code=1)
    assert "**NOT VALID** · **lineage.db.dsse.json**" in first
    assert said.startswith("NOT VALID: it was not signed by the key of ")
    Path("lineage.db.dsse.json").write_text("{}")
    assert report("--signer", pub(keys["jo"]), code=1)[1].startswith(
        "signature not checked: lineage.db.dsse.json is not a DSSE envelope"
    )
    Path("lineage.db.dsse.json").unlink()
    assert report("--signer", pub(keys["jo"]), code=1)[1] == "none"
    assert report()[1] == "none"


def test_a_signature_over_another_file_is_none_of_this(report, at, keys: dict[str, Path], bank_path: Path) -> None:
    """A report of a file that was changed after it was signed says CHANGED beside the signer's name."""
    altered(bank_path, Path("lineage.db"), "UPDATE edge SET path = 'x' WHERE number = 1")
    first, said = report("--signer", pub(keys["jo"]), code=1)
    assert "**CHANGED** · **lineage.db**" in first
    assert said.startswith("the signature is genuine, but this file is not what was signed: by ")


def test_a_report_of_a_file_that_was_put_back(run, at, bank_path: Path, keys: dict[str, Path]) -> None:
    """A report says at the top that the file was rolled back, where a later crawl of it was anchored."""
    shutil.copy(bank_path, "old.db")
    shutil.copy(bank_path, "lineage.db")
    crawl(Path("lineage.db"), training("new", {"train": "s3://b/n"}))
    assert run("snapshot", "sign", "--key", str(keys["jo"]), "--anchors", "a.jsonl").code == 0
    ran = run("report", "loans-live", "--snapshot", "old.db", "--anchors", "a.jsonl")
    assert ran.out.index("rolled back: the file ends at crawl 1; crawl 2 of this snapshot was anchored on") < ran.out.index(
        "TRACED"
    )


def test_a_report_says_how_far_a_signature_goes(run, report, keys: dict[str, Path]) -> None:
    """An envelope older than the file's last crawl covers its own crawls, and the report names the rest."""
    crawl(Path("lineage.db"), training("new", {"train": "s3://b/n"}))
    ran = run("report", "loans-live", "--signer", pub(keys["jo"]))
    (told,) = [line for line in ran.out.splitlines() if line.startswith("| Verified |")]
    assert told.startswith("| Verified | proved in part; proved up to crawl 1 by the signature of jo.pub")
    assert "crawl 2 is covered only by the file's own seals" in told
