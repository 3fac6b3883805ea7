"""Time stamps of RFC 3161: an authority's statement that a signature existed at a time.

The authority gets the SHA-256 of the signature over the network, and only if its URL is given. Checking needs its root
certificate and no network.
"""

from __future__ import annotations

from datetime import UTC
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from lineage.domain.called import argument
from lineage.errors import SignatureRefused, SigningError
from lineage.signing.pem import EXTRA

_WAIT = 30  # seconds for an authority's answer
_MOST = 1 << 20  # most bytes of an answer


def stamped(url: str, sig: bytes) -> bytes:
    """The time stamp that the authority at an address gives over a signature, as DER. Raises `SigningError`."""
    rfc3161 = _library()
    if not _is_address(url):
        raise SigningError(f"{url} is not a URL of a time stamp authority (expected https:// or http://)")
    asked = rfc3161.TimestampRequestBuilder().data(sig).build()
    request = Request(url, asked.as_bytes(), {"Content-Type": "application/timestamp-query"})  # noqa: S310  (checked above)
    try:
        with urlopen(request, timeout=_WAIT) as answer:  # noqa: S310  (checked above)
            der: bytes = answer.read(_MOST)
    except (OSError, HTTPException, ValueError) as error:  # an odd URL raises one of the last two, an odd answer the second
        raise SigningError(f"{url} gave no time stamp: {getattr(error, 'reason', error)}") from error
    told = _decoded(rfc3161, der, url)
    if told.status != 0 or told.tst_info.nonce != asked.nonce:
        raise SigningError(f"{url} gave no time stamp: it refused the request, or its answer does not match it")
    return der


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:  # for a URL with an unclosed bracket
        return False


def time_of(der: bytes, sig: bytes, authority: str) -> str:
    """When an authority saw a signature (UTC). Its root certificates are in a PEM file.

    Raises `SigningError`, and `SignatureRefused` for a time stamp of something else or by somebody else.
    """
    rfc3161 = _library()
    from cryptography.x509 import load_pem_x509_certificates

    try:
        roots = load_pem_x509_certificates(Path(authority).read_bytes())
    except (OSError, ValueError) as error:
        said = f"{argument('authority')} names its root certificate in PEM"
        raise SigningError(f"{authority} has no readable certificate: {said}") from error
    told = _decoded(rfc3161, der, "the envelope")
    try:
        rfc3161.VerifierBuilder(roots=list(roots)).build().verify_message(told, sig)
    except (rfc3161.VerificationError, ValueError) as error:
        why = " ".join(str(error).split())
        raise SignatureRefused(f"its time stamp is not one of {authority} over this signature ({why})") from error
    return str(told.tst_info.gen_time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))


def _decoded(rfc3161: Any, der: bytes, where: str) -> Any:
    try:
        return rfc3161.decode_timestamp_response(der)
    except ValueError as error:
        raise SigningError(f"{where} has no RFC 3161 time stamp") from error


def _library() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise SigningError(f"time stamps need the package rfc3161-client: {EXTRA}") from error
    return rfc3161_client
