"""Time stamps of RFC 3161: an authority's word that a signature was there at a time.

The authority gets the SHA-256 of the signature, over the network, and only where its address is given. To check takes its root
certificate, and no network.
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
_MOST = 1 << 20  # bytes of one


def stamped(url: str, sig: bytes) -> bytes:
    """The time stamp that the authority at an address gives over a signature, as DER. Raises `SigningError`."""
    rfc3161 = _library()
    if not _is_address(url):
        raise SigningError(f"{url} is no address of a time stamp authority: it begins with https:// or http://")
    asked = rfc3161.TimestampRequestBuilder().data(sig).build()
    request = Request(url, asked.as_bytes(), {"Content-Type": "application/timestamp-query"})  # noqa: S310  (checked above)
    try:
        with urlopen(request, timeout=_WAIT) as answer:  # noqa: S310  (checked above)
            der: bytes = answer.read(_MOST)
    except (OSError, HTTPException, ValueError) as error:  # an odd address is one of the last two, an odd answer the second
        raise SigningError(f"{url} gave no time stamp: {getattr(error, 'reason', error)}") from error
    told = _decoded(rfc3161, der, url)
    if told.status != 0 or told.tst_info.nonce != asked.nonce:
        raise SigningError(f"{url} gave no time stamp: it refused, or answered another question")
    return der


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).scheme in ("http", "https")
    except ValueError:  # a bracket that no other closes
        return False


def time_of(der: bytes, sig: bytes, authority: str) -> str:
    """When an authority, known by its root certificates in a PEM file, saw a signature (UTC).

    Raises `SignatureRefused` for a time stamp over something else or of somebody else, `SigningError`.
    """
    rfc3161 = _library()
    from cryptography.x509 import load_pem_x509_certificates

    try:
        roots = load_pem_x509_certificates(Path(authority).read_bytes())
    except (OSError, ValueError) as error:
        said = f"{argument('authority')} names its root certificate in PEM"
        raise SigningError(f"{authority} holds no certificate that can be read: {said}") from error
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
        raise SigningError(f"{where} holds no time stamp of RFC 3161") from error


def _library() -> Any:
    try:
        import rfc3161_client
    except ImportError as error:
        raise SigningError(f"time stamps need the package rfc3161-client: {EXTRA}") from error
    return rfc3161_client
