"""A snapshot signed with a key of AWS KMS, through moto's server: only on request, and checked without AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto.kms import utils
from moto.server import ThreadedMotoServer

from tests.signing.conftest import rewritten


def sign_digest(key: Any, message: bytes, algorithm: str) -> bytes:
    """KMS's behaviour with MessageType DIGEST and a salt as long as the hash; moto hashes the digest once more."""
    hash_ = {32: hashes.SHA256, 48: hashes.SHA384, 64: hashes.SHA512}[len(message)]()
    if algorithm.startswith("ECDSA"):
        return bytes(key.private_key.sign(message, ec.ECDSA(Prehashed(hash_))))
    pss = padding.PSS(mgf=padding.MGF1(hash_), salt_length=padding.PSS.DIGEST_LENGTH)
    return bytes(key.private_key.sign(message, pss, Prehashed(hash_)))


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    started = ThreadedMotoServer(port=0, verbose=False)
    started.start()
    host, port = started.get_host_and_port()
    yield f"http://{host}:{port}"
    started.stop()


@pytest.fixture
def kms(server: str, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A client of KMS in the commands' account."""
    for one in (utils.ECDSAPrivateKey, utils.RSAPrivateKey):
        monkeypatch.setattr(one, "sign", sign_digest)
    surroundings = {"ENDPOINT_URL": server, "ACCESS_KEY_ID": "made", "SECRET_ACCESS_KEY": "up", "DEFAULT_REGION": "eu-west-1"}
    for name, value in surroundings.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    return boto3.Session().client("kms")


def new_key(kms: Any, spec: str, usage: str = "SIGN_VERIFY") -> str:
    return str(kms.create_key(KeySpec=spec, KeyUsage=usage)["KeyMetadata"]["Arn"])


@pytest.mark.parametrize("spec", ["ECC_NIST_P256", "ECC_NIST_P384", "ECC_SECG_P256K1", "RSA_3072"])
def test_signed_in_kms_checked_without_it(run, at, kms: Any, monkeypatch: pytest.MonkeyPatch, spec: str) -> None:
    """The saved public key checks the signature without AWS; the key itself does so through AWS."""
    at(2)
    arn = new_key(kms, spec)
    signed = run("snapshot", "sign", "--key", arn, "--public-key", "audit.pem")
    assert signed.code == 0
    assert signed.err.endswith(f"lineage.db.dsse.json: signed lineage.db up to crawl 2 with {arn}\n")
    assert run("snapshot", "verify", "--signer", arn).code == 0
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    told = json.loads(run("snapshot", "verify", "--signer", "audit.pem", "-f", "json").out)
    assert told["proved"]["how"] == "the signature of audit.pem in lineage.db.dsse.json"
    rewritten(Path("lineage.db.dsse.json"), lambda told: told["signatures"][0].update(sig="QUJD"))
    refused = run("snapshot", "verify", "--signer", "audit.pem")
    assert (refused.code, "it was not signed by the key of audit.pem" in refused.err) == (3, True)


def test_a_key_by_its_alias(run, at, kms: Any) -> None:
    """A key may be named by its alias; another key of the account is not accepted as the signer."""
    at(1)
    kms.create_alias(AliasName="alias/audit", TargetKeyId=new_key(kms, "ECC_NIST_P256"))
    assert run("snapshot", "sign", "--key", "awskms:///alias/audit").code == 0
    assert run("snapshot", "verify", "--signer", "awskms:///alias/audit").code == 0
    assert run("snapshot", "verify", "--signer", new_key(kms, "ECC_NIST_P256")).code == 3


@pytest.mark.parametrize(
    ("spec", "usage", "said"),
    [
        ("", "", "KMS refuses GetPublicKey (NotFoundException)"),
        ("RSA_2048", "ENCRYPT_DECRYPT", "cannot sign: create one with the key usage SIGN_VERIFY"),
    ],
)
def test_a_key_that_does_not_sign(run, at, kms: Any, spec: str, usage: str, said: str) -> None:
    """A missing key, or one of another usage, gives one line, and no envelope is written."""
    at(1)
    ran = run("snapshot", "sign", "--key", new_key(kms, spec, usage) if spec else "awskms:///alias/none")
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert said in ran.err
    assert not Path("lineage.db.dsse.json").exists()


def test_a_caller_who_may_not(run, at, kms: Any, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A denial names the permission that is missing."""
    at(1)
    arn = new_key(kms, "ECC_NIST_P256")
    monkeypatch.setattr("moto.kms.responses.KmsResponse.sign", denied)
    ran = run("snapshot", "sign", "--key", arn)
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "KMS refuses Sign (AccessDeniedException): the caller needs kms:Sign on this key" in ran.err


def denied(_: Any) -> Any:
    from moto.core.exceptions import JsonRESTError

    raise JsonRESTError("AccessDeniedException", "no identity-based policy allows it")


def test_nothing_is_asked_of_aws_unasked(run, at, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """An SSH key creates no AWS client, neither to sign nor to check; without credentials a KMS key ends in one line."""
    at(1)
    assert run("snapshot", "sign", "--key", "awskms:///alias/audit").err.count("\n") == 1
    monkeypatch.setattr("boto3.Session", None)
    assert run("snapshot", "sign", "--key", str(keys["jo"])).code == 0
    assert run("snapshot", "verify", "--signer", f"{keys['jo']}.pub").code == 0


def test_public_key_is_of_kms(run, at, keys: dict[str, Path]) -> None:
    """--public-key with an SSH key is refused before anything is written."""
    at(1)
    ran = run("snapshot", "sign", "--key", str(keys["jo"]), "--public-key", "jo.pem")
    assert (ran.code, Path("jo.pem").exists(), Path("lineage.db.dsse.json").exists()) == (2, False, False)


def test_keys_that_prove_too_little(run, at, keys: dict[str, Path]) -> None:
    """A PEM key that is short, of another kind, or malformed is refused in one line."""
    from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    at(1)
    run("snapshot", "sign", "--key", str(keys["jo"]))
    short = rsa.generate_private_key(65537, 1024)  # noqa: S505  (it is to be refused)
    for key in (short, ed25519.Ed25519PrivateKey.generate()):
        Path("k.pem").write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
        ran = run("snapshot", "verify", "--signer", "k.pem")
        assert (ran.code, "k.pem is not a supported key (expected RSA of at least 2048 bits, or a NIST curve)" in ran.err) == (
            3,
            True,
        )
    Path("k.pem").write_text("-----BEGIN PUBLIC KEY-----\nQUJD\n-----END PUBLIC KEY-----\n")
    assert "k.pem is not a readable public key (expected PEM)" in run("snapshot", "verify", "--signer", "k.pem").err


def test_without_the_package(run, at, keys: dict[str, Path], kms: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra one line says what to install; SSH keys do not need it."""
    at(1)
    monkeypatch.setitem(__import__("sys").modules, "lineage.signing.cryptography", None)
    ran = run("snapshot", "sign", "--key", new_key(kms, "ECC_NIST_P256"))
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "needs the package cryptography: pip install 'sagemaker-lineage[sign]'" in ran.err
    assert run("snapshot", "sign", "--key", str(keys["jo"])).code == 0
