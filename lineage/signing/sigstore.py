"""sigstore: a short-lived certificate for the person who logs in, and an entry in a public log.

Needs the package `sigstore`.  Signing uses the network: the identity provider, and the services that sigstore's signing
configuration names. Checking does not: the roots of trust are those that the package ships, or that its last signature
fetched.
"""

from __future__ import annotations

import json
import logging
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

from cryptography.x509 import Certificate, RFC822Name, SubjectAlternativeName, UniformResourceIdentifier
from rfc3161_client import TimeStampResponse, VerifierBuilder
from rfc3161_client import VerificationError as StampRefused
from sigstore.dsse import Statement
from sigstore.errors import Error, VerificationError
from sigstore.models import Bundle, ClientTrustConfig, TrustedRoot
from sigstore.oidc import IdentityToken, Issuer, detect_credential
from sigstore.sign import SigningContext
from sigstore.verify import Verifier
from sigstore.verify.policy import Identity, OIDCIssuer

from lineage.errors import SignatureRefused, SigningError
from lineage.signing.envelope import Envelope

LOG: Final = "the transparency log"
STAMP: Final = "the time stamp"
_LONGEST = 240  # characters that are shown of the package's messages


def sign(payload: bytes) -> tuple[str, str, str]:
    """The bundle over a statement as JSON, the identity that signed, and who vouches for it. Raises `SigningError`."""
    try:
        context, token = _logged_in()
        with context.signer(token) as signer:
            bundle = signer.sign_dsse(Statement(payload))
    except EOFError as error:
        raise SigningError(
            "sigstore asks for a login, and there is no terminal to ask at: sign where you can log in"
        ) from error
    except Exception as error:  # each service, and requests, raises its own exceptions without a common base
        said = f"sigstore did not sign: {_one_line(error)}; it needs a login and the network"
        raise SigningError(said) from error
    return bundle.to_json(), *_certified(bundle.signing_certificate, token)


def check(envelope: Envelope, who: str, issuer: str) -> tuple[str, str]:
    """When an identity signed an envelope with its bundle, and by whose clock: the log's, or a time stamp authority's.

    `issuer` vouches for the identity. Raises `SignatureRefused` for any other bundle, `SigningError` if there are no roots of
    trust.
    """
    root = _roots()
    try:
        read = Bundle.from_json(envelope.bundle)
        _, payload = Verifier(trusted_root=root).verify_dsse(read, _Expected(who, issuer))
        at, by = min([*_logged(read), *_stamped(read, root)])
    except SignatureRefused:
        raise
    except Exception as error:  # a bundle may hold anything, and the package does not catch what its parts raise
        raise SignatureRefused(f"sigstore does not verify it: {_one_line(error)}") from error
    if payload != envelope.payload:
        raise SignatureRefused("its JSON can be read in two ways, and only one of them is signed")
    return at.strftime("%Y-%m-%dT%H:%M:%SZ"), by


def _certified(cert: Certificate, token: IdentityToken) -> tuple[str, str]:
    """The identity in a certificate, and who vouched for it. A CI job is named by its workflow URL, which its token lacks."""
    names = cert.extensions.get_extension_for_class(SubjectAlternativeName).value
    found = [*names.get_values_for_type(RFC822Name), *names.get_values_for_type(UniformResourceIdentifier), token.identity]
    issuer: Any = cert.extensions.get_extension_for_oid(OIDCIssuer.oid).value
    return found[0], issuer.value.decode()


class _Expected:
    """Compares a certificate, whose chain is verified, with the identity and issuer that the reader named."""

    def __init__(self, who: str, issuer: str) -> None:
        self.who, self.issuer = who, issuer

    def verify(self, cert: Certificate) -> None:
        try:
            OIDCIssuer(self.issuer).verify(cert)
        except VerificationError as error:
            raise SignatureRefused(f"{self.issuer} did not vouch for its signer ({_one_line(error)})") from error
        try:
            Identity(identity=self.who).verify(cert)
        except VerificationError as error:
            raise SignatureRefused(f"it was not signed by {self.who} ({_one_line(error)})") from error


def _logged(bundle: Bundle) -> Iterator[tuple[datetime, str]]:
    """When the log accepted a verified bundle; empty without the log's promise, because only the promise covers that time."""
    (entry,) = json.loads(bundle.to_json())["verificationMaterial"]["tlogEntries"]
    if entry.get("inclusionPromise") and int(entry.get("integratedTime") or 0):
        yield datetime.fromtimestamp(int(entry["integratedTime"]), UTC), LOG


def _stamped(bundle: Bundle, root: TrustedRoot) -> Iterator[tuple[datetime, str]]:
    """When a verified bundle was time-stamped. The package ignores time stamps of unknown authorities without naming them."""
    data = bundle.verification_material.timestamp_verification_data
    for stamp in data.rfc3161_timestamps if data else []:
        if any(_gave(authority, stamp, bundle.signature) for authority in root.get_timestamp_authorities()):
            yield stamp.tst_info.gen_time.astimezone(UTC), STAMP


def _gave(authority: Any, stamp: TimeStampResponse, signature: bytes) -> bool:
    """Whether an authority gave a time stamp over a signature while sigstore trusted it."""
    chain, until = authority.certificates(allow_expired=True), authority.validity_period_end
    at = stamp.tst_info.gen_time
    if len(chain) < 2 or at < authority.validity_period_start or (until and at >= until):
        return False
    leaf, *between, top = chain
    try:
        builder = VerifierBuilder(roots=[top], intermediates=between, tsa_certificate=leaf)
        return builder.build().verify_message(stamp, signature)
    except StampRefused:
        return False


def _logged_in() -> tuple[SigningContext, IdentityToken]:
    """The services of sigstore, and who signs: the identity of a CI job if there is one, otherwise the person who logs in."""
    config = ClientTrustConfig.production()
    found = detect_credential()
    token = IdentityToken(found) if found else Issuer(config.signing_config.get_oidc_url()).identity_token()
    return SigningContext.from_trust_config(config), token


def _roots() -> TrustedRoot:
    """The roots that sigstore trusts, without the network."""
    try:
        with _quiet():
            return ClientTrustConfig.production(offline=True).trusted_root
    except (Error, OSError, ValueError) as error:
        raise SigningError(f"sigstore's roots of trust can't be read: {_one_line(error)}") from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences the package's warning about working offline, which is what we want."""
    logger = logging.getLogger("sigstore")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _one_line(error: BaseException) -> str:
    """The messages of an error and of its causes, because some errors have no message of their own."""
    said, cause = [str(error)], error.__cause__
    while cause:
        said.append(str(cause))
        cause = cause.__cause__
    told = ": ".join(one.strip() for one in said if one.strip()) or type(error).__name__
    return textwrap.shorten(told, _LONGEST, placeholder="…").rstrip(".")
