"""Signs a snapshot, and checks a signature against the signer that the user names. No other signer is trusted."""

from __future__ import annotations

import dataclasses
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from lineage.domain.called import argument
from lineage.domain.canonical import canonical
from lineage.domain.records import Json
from lineage.domain.version import __version__
from lineage.errors import SignatureRefused, SigningError, SnapshotError
from lineage.queries.verify import Proof
from lineage.signing import kms, ssh
from lineage.signing.envelope import Envelope, Signature, load_envelope
from lineage.signing.pem import check_with_pem, is_pem
from lineage.signing.statement import Claim, claim_of, statement
from lineage.signing.timestamps import stamped, time_of
from lineage.snapshot.reading import open_snapshot

BESIDE: Final = ".dsse.json"  # ending that the name of an envelope adds to that of the snapshot
BUNDLE_BESIDE: Final = ".sigstore.json"  # the same for a sigstore bundle
SIGSTORE: Final = "sigstore"  # in place of a key: the person who logs in signs
_KEY_FILES: Final = (".pub", ".pem")
VALID, REFUSED, UNCHECKED = "valid", "refused", "unchecked"


def crawls_up_to(newest: int) -> str:
    """The crawls of a snapshot up to one, in words."""
    return f"the crawls up to {newest}" if newest > 1 else f"crawl {newest}"


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose signature is trusted: `who` is a public key (a .pub file, a PEM file, a KMS key), or an identity in `allowed`.

    `allowed` is an allowed_signers file as ssh-keygen(1) describes it; without `who`, everybody in it is trusted. `authority`
    is a PEM file with the root certificates of a time stamp authority. The dates in `allowed` are then compared with its time.
    With an `issuer`, the URL of an identity provider, `who` is the identity that it vouched for in a sigstore bundle.
    """

    who: str = ""
    allowed: str = ""
    authority: str = ""
    issuer: str = ""

    def __bool__(self) -> bool:
        """Whether anybody is named."""
        return bool(self.who or self.allowed)

    @property
    def names_key(self) -> bool:
        """Whether `who` is written as a key: a KMS key, a `.pub` or `.pem` file, or a path with a folder in it.

        Any other word may be an identity. A file with the name of an identity is not used as its key, because the person who
        hands over a snapshot could put such a file beside it.
        """
        path = Path(self.who)
        return kms.is_kms(self.who) or path.suffix in _KEY_FILES or str(path.parent) != "." or self.who.startswith("./")


NOBODY: Final = Signer()


@dataclass(frozen=True, slots=True)
class Signing:
    """A signed snapshot: the envelope, the PEM of a KMS key (otherwise empty), and what the signature proves from now on."""

    envelope: Envelope
    pem: bytes
    proof: Proof

    @property
    def text(self) -> str:
        """The envelope, or the sigstore bundle that it is part of, as text of its file."""
        return self.envelope.bundle or json.dumps(self.envelope.as_json(), indent=1) + "\n"

    @property
    def beside(self) -> str:
        """The ending that the name of that file adds to the snapshot's."""
        return BUNDLE_BESIDE if self.envelope.bundle else BESIDE


@dataclass(frozen=True, slots=True)
class Signed:
    """What an envelope says about a snapshot, and who signed it: `state` is valid, refused or unchecked.

    `covers` is the newest crawl in the statement, and `digest` that of the whole file at that time. `signed_at` is the time
    that the signer claims. `stamped_at` is the time of a time stamp authority or of sigstore's log, if that was checked, and
    `stamped_by` names it. `issuer` vouched for the identity in a sigstore bundle. `said` is the reason for a refusal.
    """

    envelope: str
    state: str
    signer: str
    key: str
    covers: int
    digest: str
    signed_at: str
    stamped_at: str
    said: str
    proof: Proof | None = None
    stamped_by: str = ""
    issuer: str = ""

    @property
    def when(self) -> str:
        """When it was signed, and who says so."""
        if self.stamped_at:
            return f"at {self.stamped_at} by {self.stamped_by}"
        return f"at {self.signed_at or 'a time that is not given,'} as the signer says"

    @property
    def covered(self) -> str:
        """The crawls that the signature covers, in words."""
        return crawls_up_to(self.covers)

    def as_json(self) -> Json:
        """The answer as one JSON object."""
        return {name: getattr(self, name) for name in self.__slots__ if name != "proof"}


def sign_snapshot(path: str | Path, key: str, *, timestamp: str = "") -> Signing:
    """Sign a snapshot, which is verified first and is not changed.

    `key` is the file of an SSH key, or of its public part if an agent holds the private one. It may also be a KMS key
    (`awskms:///alias/NAME`, or its ARN), or `sigstore`: then the person who logs in signs. `timestamp` is the URL of a time
    stamp authority (RFC 3161). Raises `SigningError`, and `SnapshotError` for a file that changed since it was sealed or whose
    last crawl has no seal.
    """
    if key == SIGSTORE:
        _sigstore()
        if timestamp:
            raise SigningError(f"sigstore has its own time stamp: leave out {argument('timestamp')}")
    bare = Envelope(_stated(path))
    if key == SIGSTORE:
        return _signed_in_log(bare.payload, path)
    sig, named, pem = kms.sign(key, bare.signed_bytes) if kms.is_kms(key) else (*ssh.sign(key, bare.signed_bytes), b"")
    stamps = (stamped(timestamp, sig),) if timestamp else ()
    proof = claim_of(bare.payload, path).proof(f"the signature by {named}", "was signed")
    return Signing(dataclasses.replace(bare, signatures=(Signature(sig, named, stamps),)), pem, proof)


def _signed_in_log(payload: bytes, path: str | Path) -> Signing:
    """The same, signed by the person who logs in. sigstore's bundle has the signature, the certificate, and the log entry."""
    bundle, who, issuer = _sigstore().sign(payload)
    named = f"{who} ({issuer})"
    proof = claim_of(payload, path).proof(f"the signature by {named}", "was signed")
    return Signing(Envelope(payload, (Signature(b"", named),), bundle), b"", proof)


def _stated(path: str | Path) -> bytes:
    """The statement about a snapshot that is signed, with the time of our own clock."""
    producer = {"name": "sagemaker-lineage", "version": __version__}
    with open_snapshot(path) as snapshot:
        if not snapshot.seals():
            raise SnapshotError(f"{path} has no seal to sign: no crawl of it has finished")
        told = statement(snapshot, producer)
    if late := told["predicate"]["unsealed_crawls"]:
        said = (
            f"no seal covers its newest state, for crawl {late[-1]} did not finish: run the crawl again to its end, then sign"
        )
        raise SnapshotError(f"{path}: {said}")
    told["predicate"]["signed_at"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return canonical(told).encode(errors="surrogatepass")


def envelope_beside(path: str | Path, *, bundle: bool = False) -> str:
    """The name of the envelope beside a snapshot, or else of the sigstore bundle; empty if there is neither.

    With `bundle`, only a sigstore bundle counts.
    """
    names = [f"{path}{BUNDLE_BESIDE}"] if bundle else [f"{path}{BESIDE}", f"{path}{BUNDLE_BESIDE}"]
    return next((name for name in names if os.path.lexists(name)), "")


def check_signature(envelope: str | Path, signer: Signer) -> Signed:
    """Whether a signer made at least one signature of an envelope.

    Nothing else in it is trusted.  Raises `SigningError` for a file that is not an envelope, and if the check can't be made.
    """
    read, name = load_envelope(envelope), Path(envelope).name
    claim = claim_of(read.payload, envelope)
    if not signer:
        return _told(name, UNCHECKED, claim, said="no signer given")
    if read.bundle or signer.issuer:
        return _checked_in_log(read, name, claim, signer)
    refused: list[str] = []
    for one in read.signatures:
        try:
            at = _stamped_at(one, signer)
            who, key = _checked(read.signed_bytes, one.sig, signer, at)
        except SignatureRefused as error:
            refused.append(str(error))
        else:
            return dataclasses.replace(_valid(name, claim, who, at), key=key, stamped_by="the time stamp" if at else "")
    return _told(name, REFUSED, claim, said=refused[0])


def _checked_in_log(read: Envelope, name: str, claim: Claim, signer: Signer) -> Signed:
    """The same for a sigstore bundle, checked by its identity and the issuer that vouched for it."""
    if not read.bundle:
        raise SigningError(
            f"{name} is not a sigstore bundle: leave {argument('issuer')} out, or name the bundle with {argument('signature')}"
        )
    if not signer.issuer:
        both = f"name the identity with {argument('who')}, and who vouches for it with {argument('issuer')}"
        raise SigningError(f"{name} is a sigstore bundle: {both}")
    try:
        at, by = _sigstore().check(read, signer.who, signer.issuer)
    except SignatureRefused as error:
        return _told(name, REFUSED, claim, said=str(error))
    return dataclasses.replace(_valid(name, claim, signer.who, at), issuer=signer.issuer, stamped_by=by)


def _sigstore() -> Any:
    try:
        return import_module("lineage.signing.sigstore")
    except ImportError as error:
        raise SigningError("this needs the package sigstore: pip install 'sagemaker-lineage[sigstore]'") from error


def insist_signed(envelope: str | Path, signer: Signer) -> Signed:
    """The same, but a signature of somebody else is an error: `SignatureRefused`."""
    signed = check_signature(envelope, signer)
    if signed.state == REFUSED:
        raise SignatureRefused(f"{envelope}: signature refused: {signed.said}")
    return signed


def _valid(name: str, claim: Claim, who: str, at: str) -> Signed:
    when = f" on {at}" if at else ""
    proof = claim.proof(f"the signature of {who} in {name}", f"was signed by {who}{when} ({name})")
    return dataclasses.replace(_told(name, VALID, claim), signer=who, stamped_at=at, proof=proof)


def _told(name: str, state: str, claim: Claim, *, said: str = "") -> Signed:
    return Signed(name, state, "", "", claim.seals[-1]["crawl"], claim.digest, claim.signed_at, "", said)


def _checked(data: bytes, sig: bytes, signer: Signer, at: str) -> tuple[str, str]:
    """Who signed, and the fingerprint of the key. `at` is the time of the signature, if an authority stated it."""
    who = signer.who
    if signer.allowed:
        return ssh.check_with_list(signer.allowed, who, data, sig, at)
    if "@" in who and not signer.names_key:
        listed = argument("allowed")
        raise SigningError(f"{who} is an identity: give its list with {listed}; a key file of that name is ./{who}")
    if kms.is_kms(who):
        return who, kms.check_with_kms(who, data, sig)
    if is_pem(who):
        return Path(who).name, check_with_pem(who, data, sig)
    if not Path(who).is_file():
        said = f"name a public key file or a key of KMS, or give the identity's list with {argument('allowed')}"
        raise SigningError(f"{who} does not exist: {said}")
    return Path(who).name, ssh.check_with_key(who, data, sig)


def _stamped_at(one: Signature, signer: Signer) -> str:
    """When an authority saw the signature; empty if none is named. A named authority must have seen it."""
    if not signer.authority:
        return ""
    if not one.timestamps:
        raise SignatureRefused("it has no time stamp")
    return min(time_of(der, one.sig, signer.authority) for der in one.timestamps)
