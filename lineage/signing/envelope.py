"""A DSSE envelope: a statement, and signatures over it (https://github.com/secure-systems-lab/dsse, protocol 1.0)."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from lineage.domain.records import Json
from lineage.errors import SigningError

PAYLOAD_TYPE: Final = "application/vnd.in-toto+json"
_BUNDLE = "application/vnd.dev.sigstore.bundle"  # how the media type of a sigstore bundle begins in every version
_MOST = 256 << 20  # most bytes of an envelope; even one about a million lists is smaller


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: its bytes, a hint of the key, and the time stamps over it (DER of RFC 3161).

    Time stamps are where in-toto's witness keeps them: in `timestamps`, each with the type `tsp`.
    """

    sig: bytes
    keyid: str = ""
    timestamps: tuple[bytes, ...] = ()

    def as_json(self) -> Json:
        stamps = [{"type": "tsp", "data": _text(one)} for one in self.timestamps]
        return {"keyid": self.keyid, "sig": _text(self.sig)} | ({"timestamps": stamps} if stamps else {})


@dataclass(frozen=True, slots=True)
class Envelope:
    """A payload with its signatures. `signed_bytes` is what is signed; it includes the type of the payload.

    `bundle` is the text of the sigstore bundle that the envelope is a part of; empty for one that stands alone.
    """

    payload: bytes
    signatures: tuple[Signature, ...] = field(default=())
    bundle: str = ""

    @property
    def signed_bytes(self) -> bytes:
        """DSSE's pre-authentication encoding of the type and the payload."""
        kind = PAYLOAD_TYPE.encode()
        return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(self.payload), self.payload)

    def as_json(self) -> Json:
        """The envelope as a DSSE object."""
        signatures = [one.as_json() for one in self.signatures]
        return {"payloadType": PAYLOAD_TYPE, "payload": _text(self.payload), "signatures": signatures}


def load_envelope(path: str | Path) -> Envelope:
    """The envelope of a file, also of one that holds a sigstore bundle.

    Raises `SigningError` for a file that is not an envelope, is not signed, or has no in-toto statement.
    """
    try:
        with Path(path).open("rb") as file:
            text = file.read(_MOST).decode()
        told: Any = json.loads(text)
        bundle = text if str(told.get("mediaType")).startswith(_BUNDLE) else ""
        told = told["dsseEnvelope"] if bundle else told
        envelope = _envelope(told, bundle)
    except OSError as error:
        raise SigningError(f"{path}: {error.strerror}: `lineage snapshot sign` writes an envelope") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise SigningError(f"{path} is not a DSSE envelope: `lineage snapshot sign` writes one") from error
    if told.get("payloadType") != PAYLOAD_TYPE:
        raise SigningError(f"{path} has no in-toto statement: its payloadType is not {PAYLOAD_TYPE}")
    if not envelope.signatures:
        raise SigningError(f"{path} has no signature: sign it with `lineage snapshot sign`")
    return envelope


def _envelope(told: Any, bundle: str) -> Envelope:
    signatures = [Signature(_bytes(one["sig"]), str(one.get("keyid", "")), _stamps(one)) for one in told["signatures"]]
    return Envelope(_bytes(told["payload"]), tuple(signatures), bundle)


def _stamps(one: Json) -> tuple[bytes, ...]:
    return tuple(_bytes(stamp["data"]) for stamp in one.get("timestamps", []) if stamp["type"] == "tsp")


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: Any) -> bytes:
    """Bytes from Base64 in the standard or the URL-safe alphabet, because DSSE readers accept both."""
    if not isinstance(text, str):
        raise TypeError(text)
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error as error:
        raise ValueError(text) from error
