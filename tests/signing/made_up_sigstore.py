"""A sigstore of our own, without a network: a certificate authority with its log, a transparency log, a time stamp authority,
and roots that trust them.

It answers in place of Fulcio and Rekor. The package itself signs and checks; only its network calls are patched.
"""

from __future__ import annotations

import base64
import hashlib
import json
import struct
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jwt
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from rfc3161_client import TimestampRequestBuilder, TimeStampResponse, decode_timestamp_response
from sigstore.models import TransparencyLogEntry, TrustedRoot
from sigstore.oidc import IdentityToken
from sigstore.sign import SigningContext

from tests.signing.test_timestamps import authority, openssl

LOGGED = datetime(2998, 1, 1, 6, 42, tzinfo=UTC)  # later than any time stamp made here: the earlier of both counts
_FROM, _TO = datetime(2026, 11, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
_SCT = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
_ISSUER = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def sign(key: ec.EllipticCurvePrivateKey, data: bytes) -> bytes:
    return key.sign(data, ec.ECDSA(hashes.SHA256()))


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def token(who: str, issuer: str) -> IdentityToken:
    """The token that an identity provider gives at login. sigstore's clients let Fulcio check its signature."""
    claims = {"iss": issuer, "sub": who, "email": who, "aud": "sigstore", "iat": 0, "exp": int(_TO.timestamp())}
    return IdentityToken(jwt.encode(claims, "made up, thirty-two bytes or more"))


class Fulcio:
    """Certifies the key of a caller with a token, and logs each certificate."""

    def __init__(self) -> None:
        self.key, self.log = new_key(), new_key()
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "made up")])
        self.identifier = x509.SubjectKeyIdentifier.from_public_key(self.key.public_key())
        usage = x509.KeyUsage(**dict.fromkeys(_USAGES, False) | {"key_cert_sign": True})
        built = _certificate(self.name, self.name, self.key.public_key()).add_extension(usage, critical=True)
        built = built.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        self.root = built.add_extension(self.identifier, critical=False).sign(self.key, hashes.SHA256())
        self.signing_cert = self

    def post(self, csr: x509.CertificateSigningRequest, shown: IdentityToken) -> Any:
        usage = x509.KeyUsage(**dict.fromkeys(_USAGES, False) | {"digital_signature": True})
        built = _certificate(x509.Name([]), self.name, csr.public_key())  # type: ignore[arg-type]
        for extension, critical in (
            (usage, True),
            (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), False),
            (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(self.identifier), False),
            (x509.SubjectAlternativeName([x509.RFC822Name(shown.identity)]), True),
            (x509.UnrecognizedExtension(_ISSUER, shown.federated_issuer.encode()), False),
        ):
            built = built.add_extension(extension, critical=critical)
        logged = self._logged(built.sign(self.key, hashes.SHA256()).tbs_certificate_bytes)
        cert = built.add_extension(x509.UnrecognizedExtension(_SCT, logged), critical=False).sign(self.key, hashes.SHA256())
        return SimpleNamespace(cert=cert, chain=[self.root])

    def _logged(self, certificate: bytes) -> bytes:
        """The log's promise of RFC 6962 over a certificate that has none yet, as the extension that holds a list of one."""
        at = int(LOGGED.timestamp() * 1000)
        entry = hashlib.sha256(spki(self.key)).digest() + len(certificate).to_bytes(3) + certificate
        sig = sign(self.log, struct.pack("!BBQH", 0, 0, at, 1) + entry + struct.pack("!H", 0))
        log = hashlib.sha256(spki(self.log)).digest()
        one = b"\0" + log + struct.pack("!QHBBH", at, 0, 4, 3, len(sig)) + sig
        listed = struct.pack("!HH", len(one) + 2, len(one)) + one
        return b"\x04" + (bytes([len(listed)]) if len(listed) < 128 else b"\x81" + bytes([len(listed)])) + listed


_USAGES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign")
_USAGES += ("crl_sign", "encipher_only", "decipher_only")


def _certificate(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    built = x509.CertificateBuilder(issuer, subject, key, x509.random_serial_number())
    return built.not_valid_before(_FROM).not_valid_after(_TO)


class Rekor:
    """A log whose every entry is its first and only one."""

    def __init__(self) -> None:
        self.key = new_key()
        self.id = hashlib.sha256(spki(self.key)).digest()

    def _build_dsse_request(self, envelope: Any, certificate: x509.Certificate) -> bytes:
        """The body of the entry that Rekor makes from an envelope."""
        told = json.loads(envelope.to_json())
        payload, (signature,) = base64.b64decode(told["payload"]), told["signatures"]
        sha256 = {"algorithm": "sha256"}
        spec = {
            "envelopeHash": sha256 | {"value": hashlib.sha256(envelope.to_json().encode()).hexdigest()},
            "payloadHash": sha256 | {"value": hashlib.sha256(payload).hexdigest()},
            "signatures": [{"signature": signature["sig"], "verifier": b64(certificate.public_bytes(Encoding.PEM))}],
        }
        return rfc8785.dumps({"apiVersion": "0.0.1", "kind": "dsse", "spec": spec})

    def create_entry(self, body: bytes) -> TransparencyLogEntry:
        root = hashlib.sha256(b"\0" + body).digest()
        note = f"made.up - 1\n1\n{b64(root)}\n"
        checkpoint = f"{note}\n\u2014 made.up {b64(self.id[:4] + sign(self.key, note.encode()))}\n"
        entry = {"body": b64(body), "integratedTime": int(LOGGED.timestamp()), "logID": self.id.hex(), "logIndex": 0}
        proof = {"logIndex": 0, "rootHash": root.hex(), "treeSize": 1, "hashes": [], "checkpoint": checkpoint}
        promise = b64(sign(self.key, rfc8785.dumps(entry)))  # type: ignore[arg-type]
        verification = {"inclusionProof": proof, "signedEntryTimestamp": promise}
        return TransparencyLogEntry._from_v1_response({"one": entry | {"verification": verification}})


class Stamping:
    """A time stamp authority, made with `openssl ts`."""

    url = "https://made.up"

    def __init__(self, folder: Path) -> None:
        self.folder = authority(folder)
        pems = [(self.folder / name).read_bytes() for name in ("tsa.pem", "root.pem")]
        self.chain = [x509.load_pem_x509_certificate(pem) for pem in pems]

    def request_timestamp(self, signature: bytes) -> TimeStampResponse:
        (self.folder / "query").write_bytes(TimestampRequestBuilder().data(signature).build().as_bytes())
        words = "-queryfile query -signer tsa.pem -inkey tsa.key -out reply"
        openssl(self.folder, f"ts -reply -config conf -section stamping {words}")
        return decode_timestamp_response((self.folder / "reply").read_bytes())


class Sigstore:
    """All services, and the roots of trust for a verifier."""

    def __init__(self, folder: Path) -> None:
        self.fulcio, self.rekor, self.stamping = Fulcio(), Rekor(), Stamping(folder)
        path = folder / "trusted_root.json"
        path.write_text(json.dumps(self._roots()))
        self.roots = TrustedRoot.from_file(str(path))

    def context(self, *stamping: Stamping) -> SigningContext:
        """The services for signing; each authority stamps the time on it."""
        services: Any = {"fulcio": self.fulcio, "rekor": self.rekor, "tsa_clients": list(stamping)}
        return SigningContext(trusted_root=self.roots, **services)

    def _roots(self) -> dict[str, Any]:
        since = {"start": "2026-11-01T00:00:00Z"}
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [_log(self.rekor.key, since)],
            "ctlogs": [_log(self.fulcio.log, since)],
            "certificateAuthorities": [_authority([self.fulcio.root], since)],
            "timestampAuthorities": [_authority(self.stamping.chain, since)],
        }


def _authority(chain: list[x509.Certificate], since: dict[str, str]) -> dict[str, Any]:
    certificates = [{"rawBytes": b64(one.public_bytes(Encoding.DER))} for one in chain]
    subject = {"organization": "made up", "commonName": "made up"}
    return {"uri": "https://made.up", "subject": subject, "certChain": {"certificates": certificates}, "validFor": since}


def _log(key: ec.EllipticCurvePrivateKey, since: dict[str, str]) -> dict[str, Any]:
    public = {"rawBytes": b64(spki(key)), "keyDetails": "PKIX_ECDSA_P256_SHA_256", "validFor": since}
    log = {"keyId": b64(hashlib.sha256(spki(key)).digest())}
    return {"baseUrl": "https://made.up", "hashAlgorithm": "SHA2_256", "publicKey": public, "logId": log}
