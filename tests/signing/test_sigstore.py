"""A snapshot signed through sigstore: by a logged-in identity, with an entry in a log, and checked without the network."""

from __future__ import annotations

import base64
import dataclasses
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("sigstore", reason="the extra sigstore is not installed")

from sigstore.dsse import Statement
from sigstore.errors import NetworkError
from sigstore.sign import SigningContext

from lineage.errors import SignatureRefused
from lineage.signing import sigstore
from lineage.signing.envelope import load_envelope
from tests.signing.conftest import rewritten
from tests.signing.made_up_sigstore import Sigstore, Stamping, token

JO, GOOGLE = "jo@bank.example", "https://accounts.google.com"
BUNDLE = "lineage.db.sigstore.json"
ROOTS = sigstore._roots
MINE = ("--signer", JO, "--issuer", GOOGLE)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Sigstore:
    return Sigstore(tmp_path_factory.mktemp("sigstore"))


@pytest.fixture
def signed(run, at, world: Sigstore, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The snapshot after its second crawl, signed by Jo with our own services: the bundle."""
    monkeypatch.setattr(sigstore, "_logged_in", lambda: (world.context(), token(JO, GOOGLE)))
    monkeypatch.setattr(sigstore, "_roots", lambda: world.roots)
    at(2)
    ran = run("snapshot", "sign", "--key", "sigstore")
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith("sigstore: contacts ")
    assert ran.err.endswith(f"{BUNDLE}: signed lineage.db up to crawl 2 with {JO} ({GOOGLE})\n")
    return Path(BUNDLE)


def test_who_signed_and_when_the_log_took_it_in(run, signed: Path) -> None:
    """A bundle by the named identity proves the file; the answer names signer, issuer, the log's time, and the crawl."""
    ran = run("snapshot", "verify", *MINE, "-f", "json")
    told = json.loads(ran.out)
    assert (ran.code, ran.err, told["verdict"], told["proved_all"]) == (0, "", "unchanged", True)
    assert told["proved"]["how"] == f"the signature of {JO} in {BUNDLE}"
    said = f"signed by {JO} ({GOOGLE}), at 2998-01-01T06:42:00Z by the transparency log; it covers the crawls up to 2"
    assert told["notes"][-1] == said


def _without_promise(told: dict[str, Any]) -> None:
    _entry(told).pop("inclusionPromise")


def test_whose_clock_counts(run, signed: Path, world: Sigstore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A time stamp counts where it is earlier than the log, or the log promises no time; another authority's never does."""
    stranger = Stamping(tmp_path)
    for stamping, promised, said in (
        ([world.stamping], True, "Z by the time stamp"),
        ([world.stamping], False, "Z by the time stamp"),
        ([stranger], True, "2998-01-01T06:42:00Z by the transparency log"),
        ([stranger], False, "not enough sources of verified time"),
    ):
        monkeypatch.setattr(sigstore, "_logged_in", lambda by=stamping: (world.context(*by), token(JO, GOOGLE)))
        run("snapshot", "sign", "--key", "sigstore")
        if not promised:
            rewritten(signed, _without_promise)
        ran = run("snapshot", "verify", *MINE, "-f", "json")
        assert said in ran.out + ran.err


def test_a_ci_job_signs_as_itself(run, at, world: Sigstore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a CI job has an identity, no login is requested, and only sigstore's services are called."""
    at(1)
    monkeypatch.setattr(sigstore.ClientTrustConfig, "production", lambda: None)
    monkeypatch.setattr(sigstore.SigningContext, "from_trust_config", lambda _: world.context())
    monkeypatch.setattr(sigstore, "detect_credential", lambda: str(token("job@ci.example", "https://ci.example")))
    ran = run("snapshot", "sign", "--key", "sigstore")
    assert (ran.code, ran.err.endswith("up to crawl 1 with job@ci.example (https://ci.example)\n")) == (0, True)


def test_a_later_crawl_and_an_older_file(run, at, signed: Path) -> None:
    """A bundle proves no later crawl, and it reveals that a file was rolled back."""
    at(3)
    assert run("snapshot", "verify", *MINE).code == 4
    at(1)
    ran = run("snapshot", "verify", *MINE)
    assert (ran.code, "rolled back" in ran.out) == (1, True)


def test_the_report_says_who_and_when(run, signed: Path, bank_path: Path) -> None:
    """A report prints the signer, the issuer and the log's time; another signer's bundle is NOT VALID in it."""
    assert run("snapshot", "sign", str(bank_path), "--key", "sigstore", "-o", "bank.json").code == 0
    words = ("report", "loans-live", "--snapshot", str(bank_path), "--signature", "bank.json", "--issuer", GOOGLE, "--signer")
    said = f"by {JO} ({GOOGLE}), at 2998-01-01T06:42:00Z by the transparency log; it covers crawl 1 |"
    assert said in run(*words, JO).out
    assert "NOT VALID" in run(*words, "ann@bank.example").out


def test_no_signer_is_no_check(run, signed: Path) -> None:
    """Without a signer the bundle beside the file is not checked; with a signer but no issuer it is refused."""
    assert f"signature in {BUNDLE} not checked: no signer given" in run("snapshot", "verify", "-f", "json").out
    ran = run("snapshot", "verify", "--signer", JO)
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert f"{BUNDLE} is a sigstore bundle: name the identity with --signer, and who vouches for it with --issuer" in ran.err


@pytest.mark.parametrize(
    ("who", "issuer", "said"),
    [
        ("ann@bank.example", GOOGLE, "it was not signed by ann@bank.example (Certificate's SANs do not match"),
        (
            JO,
            "https://github.com/login/oauth",
            "https://github.com/login/oauth did not vouch for its signer (Certificate's OIDC",
        ),
        ("JO@BANK.EXAMPLE", GOOGLE, "it was not signed by JO@BANK.EXAMPLE"),
        (JO, f"{GOOGLE}/", f"{GOOGLE}/ did not vouch for its signer"),
    ],
)
def test_another_identity_is_refused(run, signed: Path, who: str, issuer: str, said: str) -> None:
    """Another identity, and the same identity from another provider, are refused in one line."""
    ran = run("snapshot", "verify", "--signer", who, "--issuer", issuer)
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert f"{BUNDLE}: signature refused: {said}" in ran.err


def _entry(told: dict[str, Any]) -> dict[str, Any]:
    return told["verificationMaterial"]["tlogEntries"][0]


def _alter_payload(told: dict[str, Any]) -> None:
    payload = base64.b64decode(told["dsseEnvelope"]["payload"]).replace(b'"signed_at":"20', b'"signed_at":"21')
    told["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()


def _second_envelope(told: dict[str, Any]) -> None:
    """One under the name that JSON has, and one under the name that the field has in the package."""
    told["dsse_envelope"] = dict(told["dsseEnvelope"])
    _alter_payload(told)


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another payload": (_alter_payload, "signature refused: sigstore does not verify it: DSSE: invalid signature"),
    "two payloads": (_second_envelope, "failed to load bundle"),
    "another time": (lambda told: _entry(told).update(integratedTime="1795000000"), "SET: invalid inclusion promise"),
    "no promise of the log": (lambda told: _entry(told).pop("inclusionPromise"), "bundle must contain an inclusion promise"),
    "no entry of a log": (lambda told: told["verificationMaterial"].update(tlogEntries=[]), "exactly one log entry"),
    "another entry": (lambda told: _entry(told).update(canonicalizedBody="e30="), "does not verify it: invalid log entry"),
    "no certificate": (lambda told: told["verificationMaterial"].pop("certificate"), "does not verify it"),
    "a certificate that is none": (
        lambda told: told["verificationMaterial"]["certificate"].update(rawBytes="QUJD"),
        "does not verify it",
    ),
    "a version that nobody knows": (
        lambda told: told.update(mediaType="application/vnd.dev.sigstore.bundle.v9+json"),
        "failed to load bundle",
    ),
    "no bundle by its media type": (lambda told: told.update(mediaType="text/plain"), "is not a DSSE envelope"),
    "a signature over a file": (lambda told: told.pop("dsseEnvelope"), "is not a DSSE envelope"),
    "another type of payload": (
        lambda told: told["dsseEnvelope"].update(payloadType="text/plain"),
        "has no in-toto statement",
    ),
}


@pytest.mark.parametrize(("change", "said"), SPOILT.values(), ids=list(SPOILT))
def test_a_bundle_that_is_spoilt(run, signed: Path, change: Callable[[dict[str, Any]], object], said: str) -> None:
    """If any part of a bundle differs from what was signed and logged, it proves nothing, and one line says so."""
    rewritten(signed, change)
    ran = run("snapshot", "verify", *MINE)
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert said in ran.err


def test_what_is_told_is_what_was_verified(signed: Path) -> None:
    """Where our JSON reader and the package's find different payloads in one bundle, it is refused."""
    envelope = dataclasses.replace(load_envelope(signed), payload=b"{}")
    with pytest.raises(SignatureRefused, match="can be read in two ways"):
        sigstore.check(envelope, JO, GOOGLE)


def test_garbage_is_no_bundle(run, signed: Path) -> None:
    """A file that is no JSON, and an envelope without a bundle, are refused with that reason."""
    signed.write_bytes(b"\xff\x00garbage")
    assert f"{BUNDLE} is not a DSSE envelope" in run("snapshot", "verify", *MINE).err
    envelope = {"payloadType": "application/vnd.in-toto+json", "payload": "e30=", "signatures": [{"sig": "QUJD"}]}
    signed.write_text(json.dumps(envelope))
    assert run("snapshot", "verify", *MINE).code == 3


def test_roots_that_do_not_know_the_log(run, signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bundle whose authority and log are not among the roots of trust is refused."""
    other = Sigstore(tmp_path)
    monkeypatch.setattr(sigstore, "_roots", lambda: other.roots)
    assert "does not verify it" in run("snapshot", "verify", *MINE).err


def test_the_shipped_roots(
    run, signed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The roots of trust are read offline and silently; they do not contain an authority that we made up."""
    monkeypatch.setattr(sigstore, "_roots", ROOTS)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    ran = run("snapshot", "verify", *MINE)
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "signature refused: sigstore does not verify it: failed to build timestamp certificate chain" in ran.err
    assert caplog.text == ""


def test_another_statement(run, signed: Path, world: Sigstore, bank_path: Path) -> None:
    """A good bundle over a statement about something else, or about another snapshot, proves nothing about this file."""
    shutil.copy(bank_path, "lineage.db")
    ran = run("snapshot", "verify", *MINE)
    assert (ran.code, f"the signature of {JO} in {BUNDLE} is of another file" in ran.out) == (1, True)
    told = json.loads(base64.b64decode(json.loads(signed.read_text())["dsseEnvelope"]["payload"]))
    with world.context().signer(token(JO, GOOGLE)) as signer:
        other = Statement(json.dumps(told | {"predicateType": "https://slsa.dev/provenance/v1"}).encode())
        signed.write_text(signer.sign_dsse(other).to_json())
    ran = run("snapshot", "verify", *MINE)
    assert (ran.code, f"{BUNDLE} holds no statement about a snapshot" in ran.err) == (3, True)


def _no_network() -> tuple[SigningContext, Any]:
    raise NetworkError from ConnectionError("Name or service not known")


def _no_terminal() -> tuple[SigningContext, Any]:
    raise EOFError


@pytest.mark.parametrize(
    ("logged_in", "said"),
    [
        (_no_network, "sigstore did not sign: Name or service not known; it needs a login and the network"),
        (_no_terminal, "sigstore asks for a login, and there is no terminal to ask at"),
    ],
)
def test_what_hinders_to_sign(run, at, monkeypatch: pytest.MonkeyPatch, logged_in: Callable[[], Any], said: str) -> None:
    """Without the network or a login nothing is written, and one line says why."""
    at(1)
    monkeypatch.setattr(sigstore, "_logged_in", logged_in)
    ran = run("snapshot", "sign", "--key", "sigstore")
    assert (ran.code, Path(BUNDLE).exists(), said in ran.err.splitlines()[-1]) == (3, False, True)


def test_a_log_that_breaks_off(run, at, world: Sigstore, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service with an unexpected answer ends in one line, too."""
    at(1)
    monkeypatch.setattr(sigstore, "_logged_in", lambda: (world.context(), token(JO, GOOGLE)))
    monkeypatch.setattr(world.rekor, "create_entry", lambda _: {}["one"], raising=True)
    ran = run("snapshot", "sign", "--key", "sigstore")
    assert (ran.code, Path(BUNDLE).exists(), ran.err.count("\n")) == (3, False, 2)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("verify", "--issuer", GOOGLE), "--issuer needs --signer"),
        (("verify", *MINE, "--allowed-signers", "signers"), "leave --allowed-signers and --timestamp-authority out"),
        (("verify", *MINE), "lineage.db.sigstore.json does not exist: name the envelope with --signature"),
    ],
)
def test_options_that_do_not_fit(run, at, words: tuple[str, ...], said: str) -> None:
    """An option that does not fit an issuer is a usage error: exit code 2."""
    at(1)
    ran = run("snapshot", *words)
    assert (ran.code, said in ran.err) == (2, True)


def test_an_authority_besides(run, at) -> None:
    """The log has a time of its own, so no time stamp authority is called."""
    at(1)
    ran = run("snapshot", "sign", "--key", "sigstore", "--timestamp", "https://freetsa.org/tsr")
    assert (ran.code, "leave out --timestamp" in ran.err) == (3, True)


def test_without_the_package(run, signed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra one line says what to install, to sign and to check."""
    for name in ("sigstore", "lineage.signing.sigstore"):
        monkeypatch.setitem(sys.modules, name, None)
    for words in (("verify", *MINE), ("sign", "--key", "sigstore")):
        ran = run("snapshot", *words)
        assert (ran.code, ran.err.count("\n")) == (3, 1)
        assert "this needs the package sigstore: pip install 'sagemaker-lineage[sigstore]'" in ran.err
