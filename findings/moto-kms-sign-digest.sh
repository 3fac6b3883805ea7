#!/usr/bin/env bash
# moto 5.2.5 (the newest on 2026-11-29): kms.Sign ignores MessageType. With DIGEST it hashes the digest again, so the signature is over
# the hash of the digest, and does not verify with the key's public half. RAW is correct.
#
# AWS KMS does not hash then (API reference, Sign, MessageType): this is how to sign more than the 4,096 bytes of a message. A test
# of such a signer against moto fails, or leads to a fix in the wrong place.
#
# Expected: valid for both, over the message.
# Seen: the output below. Exits 1 if the output differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'moto[kms]==5.2.5' boto3==1.44.8 botocore==1.44.8
cat >"$folder/expected.txt" <<'OUT'
ECDSA_SHA_256 RAW over the message: valid
ECDSA_SHA_256 DIGEST over the message: not valid
ECDSA_SHA_256 DIGEST over the digest, hashed once more: valid
RSASSA_PKCS1_V1_5_SHA_256 RAW over the message: valid
RSASSA_PKCS1_V1_5_SHA_256 DIGEST over the message: not valid
RSASSA_PKCS1_V1_5_SHA_256 DIGEST over the digest, hashed once more: valid
OUT
cat >"$folder/try.py" <<'PY'
from hashlib import sha256

import boto3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key
from moto import mock_aws

MESSAGE = b"a statement about a file"
DIGEST = sha256(MESSAGE).digest()
KEYS = {
    "ECDSA_SHA_256": ("ECC_NIST_P256", (ECDSA(SHA256()),)),
    "RSASSA_PKCS1_V1_5_SHA_256": ("RSA_2048", (PKCS1v15(), SHA256())),
}


def told(public, signature, message, how):
    try:
        public.verify(signature, message, *how)
    except InvalidSignature:
        return "not valid"
    return "valid"


with mock_aws():
    client = boto3.client("kms", "eu-west-1", aws_access_key_id="AKIAMADEUP", aws_secret_access_key="made-up")
    for algorithm, (spec, how) in KEYS.items():
        key = client.create_key(KeySpec=spec, KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        public = load_der_public_key(client.get_public_key(KeyId=key)["PublicKey"])
        asked = {"KeyId": key, "SigningAlgorithm": algorithm}
        raw = client.sign(Message=MESSAGE, MessageType="RAW", **asked)["Signature"]
        digest = client.sign(Message=DIGEST, MessageType="DIGEST", **asked)["Signature"]
        print(f"{algorithm} RAW over the message: {told(public, raw, MESSAGE, how)}")
        print(f"{algorithm} DIGEST over the message: {told(public, digest, MESSAGE, how)}")
        print(f"{algorithm} DIGEST over the digest, hashed once more: {told(public, digest, DIGEST, how)}")
PY
"$folder/venv/bin/python" "$folder/try.py" | diff "$folder/expected.txt" -
echo "as stated"
