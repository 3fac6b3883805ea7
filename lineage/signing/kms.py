"""Asymmetric keys of AWS KMS: besides the crawl, the only code that calls AWS, and only if such a key is named.

Signing needs kms:GetPublicKey and kms:Sign. KMS gets only the digest of what is signed, and nothing else of the snapshot.
Checking needs no AWS if the public key is in a file, and kms:GetPublicKey if the key itself is named.
"""

from __future__ import annotations

import hashlib
from typing import Any

from lineage.errors import SigningError
from lineage.signing.pem import check_with_bytes, pem_of

SCHEME = "awskms:///"


def is_kms(key: str) -> bool:
    """Whether a name means a KMS key: `awskms:///alias/NAME`, `awskms:///KEY-ID`, or its ARN."""
    return key.startswith(SCHEME) or (key.startswith("arn:aws") and ":kms:" in key)


def sign(key: str, data: bytes) -> tuple[bytes, str, bytes]:
    """The signature over some bytes, the key's name, and its public part as PEM. Raises `SigningError`."""
    client = _client(key)
    pem, hashed, rsa = _public(client, key)
    algorithm = f"RSASSA_PSS_{hashed}" if rsa else f"ECDSA_{hashed}"
    digest = hashlib.new(hashed.replace("_", "").lower(), data).digest()
    words = {"Message": digest, "MessageType": "DIGEST", "SigningAlgorithm": algorithm}
    answer = _call(client, key, "Sign", words)
    check_with_bytes(pem, data, answer["Signature"], key)
    return answer["Signature"], key, pem


def check_with_kms(key: str, data: bytes, sig: bytes) -> str:
    """The fingerprint of the KMS key that must have made this signature. AWS is asked only for its public part."""
    return check_with_bytes(_public(_client(key), key)[0], data, sig, key)


def _public(client: Any, key: str) -> tuple[bytes, str, bool]:
    """The public key as PEM, its hash in KMS spelling (`SHA_256`), and whether it is RSA."""
    answer = _call(client, key, "GetPublicKey", {})
    if answer.get("KeyUsage") != "SIGN_VERIFY":
        raise SigningError(f"the KMS key {key} cannot sign: create one with the key usage SIGN_VERIFY")
    pem, hashed, rsa = pem_of(answer["PublicKey"], key)
    return pem, f"SHA_{hashed.removeprefix('sha')}", rsa


def _client(key: str) -> Any:
    import boto3
    from botocore.exceptions import BotoCoreError

    parts = key.split(":")
    region = parts[3] if key.startswith("arn:") and len(parts) > 3 else None
    try:
        return boto3.Session().client("kms", region_name=region)
    except BotoCoreError as error:
        raise SigningError(f"{key}: AWS KMS can't be asked: {_one(error)}") from error


def _call(client: Any, key: str, operation: str, words: dict[str, Any]) -> Any:
    from botocore.exceptions import BotoCoreError, ClientError  # slow, and a report does not need it

    method = {"Sign": client.sign, "GetPublicKey": client.get_public_key}[operation]
    try:
        return method(KeyId=key.removeprefix(SCHEME), **words)
    except ClientError as error:
        told = error.response.get("Error", {})
        may = f": the caller needs kms:{operation} on this key" if "AccessDenied" in str(told.get("Code")) else ""
        raise SigningError(f"{key}: KMS refuses {operation} ({told.get('Code')}){may or f': {_one(error)}'}") from error
    except BotoCoreError as error:
        raise SigningError(f"{key}: AWS KMS can't be asked: {_one(error)}") from error


def _one(error: Exception) -> str:
    return " ".join(str(error).split()).rstrip(".")
