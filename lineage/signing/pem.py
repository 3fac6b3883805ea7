"""Checks signatures of AWS KMS with a public key in a PEM file. Nothing goes over a network.

The key alone determines the algorithm, never the envelope: ECDSA with the hash that fits the curve, RSASSA-PSS with SHA-256
(the AWS KMS developer guide, "Key spec reference").
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from lineage.domain.canonical import bytes_digest
from lineage.errors import SignatureRefused, SigningError

BEGIN = b"-----BEGIN PUBLIC KEY-----"
EXTRA = "pip install 'sagemaker-lineage[sign]'"
_CURVES = {"secp256r1": "sha256", "secp256k1": "sha256", "secp384r1": "sha384", "secp521r1": "sha512"}


def is_pem(path: str) -> bool:
    """Whether a file is a public key in PEM."""
    try:
        with Path(path).open("rb") as file:
            return file.read(len(BEGIN)) == BEGIN
    except OSError:
        return False


def check_with_pem(path: str, data: bytes, sig: bytes) -> str:
    """The fingerprint of the PEM key that must have made this signature. Raises `SignatureRefused`, `SigningError`."""
    return check_with_bytes(Path(path).read_bytes(), data, sig, path)


def check_with_bytes(pem: bytes, data: bytes, sig: bytes, named: str) -> str:
    """The same for the bytes of a PEM key; `named` is its name in messages."""
    crypto = _cryptography()
    try:
        key: Any = crypto.load_pem_public_key(pem)
    except (ValueError, crypto.UnsupportedAlgorithm) as error:
        raise SigningError(f"{named} is not a readable public key (expected PEM)") from error
    hash_ = getattr(crypto.hashes, hash_of(key, named).upper())()
    try:
        if isinstance(key, crypto.rsa.RSAPublicKey):
            pss = crypto.padding.PSS(mgf=crypto.padding.MGF1(hash_), salt_length=crypto.padding.PSS.DIGEST_LENGTH)
            key.verify(sig, data, pss, hash_)
        else:
            key.verify(sig, data, crypto.ec.ECDSA(hash_))
    except crypto.InvalidSignature as error:
        raise SignatureRefused(f"it was not signed by the key of {named}") from error
    return fingerprint(key)


def hash_of(key: Any, named: str) -> str:
    """The hash with which a key signs: `sha256`, `sha384` or `sha512`. Raises `SigningError` for another kind of key."""
    crypto = _cryptography()
    if isinstance(key, crypto.rsa.RSAPublicKey) and key.key_size >= 2048:
        return "sha256"
    if isinstance(key, crypto.ec.EllipticCurvePublicKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    raise SigningError(f"{named} is not a supported key (expected RSA of at least 2048 bits, or a NIST curve)")


def fingerprint(key: Any) -> str:
    """The SHA-256 of a public key's DER."""
    crypto = _cryptography()
    der = key.public_bytes(crypto.Encoding.DER, crypto.PublicFormat.SubjectPublicKeyInfo)
    return bytes_digest(der)


def pem_of(der: bytes, named: str) -> tuple[bytes, str, bool]:
    """A public key as PEM, the hash with which it signs, and whether it is RSA."""
    crypto = _cryptography()
    try:
        key = crypto.load_der_public_key(der)
    except (ValueError, crypto.UnsupportedAlgorithm) as error:
        raise SigningError(f"the public key of {named} can't be read") from error
    pem = key.public_bytes(crypto.Encoding.PEM, crypto.PublicFormat.SubjectPublicKeyInfo)
    return pem, hash_of(key, named), isinstance(key, crypto.rsa.RSAPublicKey)


def _cryptography() -> Any:
    try:
        return import_module("lineage.signing.cryptography")
    except ImportError as error:
        raise SigningError(f"a PEM or KMS key needs the package cryptography: {EXTRA}") from error
