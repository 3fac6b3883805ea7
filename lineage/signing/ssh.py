"""SSH keys: `ssh-keygen -Y` signs, and checks with an allowed_signers file or one public key. Nothing uses the network.

ssh-keygen(1), section "ALLOWED SIGNERS"; PROTOCOL.sshsig of OpenSSH, whose blob is stored in the envelope.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from lineage.domain.called import argument
from lineage.errors import SignatureRefused, SigningError

NAMESPACE = "lineage-snapshot"  # so a signature made for git, files or mail does not count for a snapshot
MAGIC = b"SSHSIG"
_HEAD, _FOOT = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_KEY = re.compile(r"(?:ssh-|ecdsa-|sk-)[\w.@-]+ +[A-Za-z0-9+/]+=*(?= |$)", re.ASCII)
_FINGERPRINT = re.compile(rb" key (SHA256:[A-Za-z0-9+/]+)\s*$")
_ONE_KEY = "signer"  # the principal under which a single public key is listed


def sign(key: str, data: bytes) -> tuple[bytes, str]:
    """The signature over some bytes by a private key, or a public one (the agent holds the private part), and a fingerprint.

    Raises `SigningError`.
    """
    if not Path(key).is_file():
        raise SigningError(f"{key} does not exist (expected the file of an SSH key, awskms:///alias/NAME, or sigstore)")
    done = _run(["-Y", "sign", "-n", NAMESPACE, "-f", key], data)
    if done.returncode:
        raise SigningError(f"{key} did not sign: {_why(done, key)}")
    return _blob(done.stdout.decode(errors="replace")), fingerprint(key)


def fingerprint(key: str) -> str:
    """`SHA256:…` of a key file, as `ssh-keygen -l` prints it. A private key needs no passphrase for this."""
    said = _run(["-l", "-E", "sha256", "-f", key]).stdout.decode(errors="replace").split()
    return said[1] if len(said) > 1 else ""


def public_key(path: str) -> str:
    """The key of a `.pub` file. Raises `SigningError` for another file."""
    try:
        with Path(path).open(encoding="utf-8", errors="replace") as file:
            found = _KEY.match(file.readline(1 << 16).strip())
    except OSError as error:
        raise SigningError(f"{path}: {error.strerror}") from error
    if not found:
        raise SigningError(f"{path} is not a public key (expected an SSH .pub file, or a PEM file with BEGIN PUBLIC KEY)")
    return found[0]


def check_with_key(path: str, data: bytes, sig: bytes) -> str:
    """The fingerprint of the public key that must have made this signature. Raises `SignatureRefused`, `SigningError`."""
    line = f'{_ONE_KEY} namespaces="{NAMESPACE}" {public_key(path)}\n'
    with TemporaryDirectory() as folder:
        allowed = Path(folder) / "allowed_signers"
        allowed.write_text(line, encoding="utf-8")
        return _verify(str(allowed), _ONE_KEY, data, sig, f"the key of {path}")


def check_with_list(allowed: str, identity: str, data: bytes, sig: bytes, at: str = "") -> tuple[str, str]:
    """The identity in an allowed_signers file that made this signature, and the fingerprint of its key.

    Without a named identity, any in the file counts. `valid-after` and `valid-before` in the file are compared with the time
    `at` (ISO 8601), by default now. Raises `SignatureRefused`, `SigningError`.
    """
    if not Path(allowed).is_file():
        takes = f"{argument('allowed')} takes an ALLOWED SIGNERS file (see man ssh-keygen)"
        raise SigningError(f"{allowed} does not exist: {takes}")
    who = identity or _principal(allowed, sig, at)
    return who, _verify(allowed, who, data, sig, f"{who}, as {allowed} lists them", at)


def _principal(allowed: str, sig: bytes, at: str) -> str:
    with TemporaryDirectory() as folder:
        done = _run(["-Y", "find-principals", *_at(at), "-f", allowed, "-s", _armoured(folder, sig)])
    names = done.stdout.decode(errors="replace").split("\n")
    if done.returncode or not names[0]:
        raise SignatureRefused(f"it was not signed by any of {allowed}")
    return names[0]


def _verify(allowed: str, who: str, data: bytes, sig: bytes, said: str, at: str = "") -> str:
    """The fingerprint of the key that signed, as ssh-keygen prints it."""
    with TemporaryDirectory() as folder:
        words = ["-Y", "verify", *_at(at), "-n", NAMESPACE, "-f", allowed, "-I", who, "-s", _armoured(folder, sig)]
        done = _run(words, data)
    if done.returncode:
        raise SignatureRefused(f"it was not signed by {said} ({_last(done)})")
    found = _FINGERPRINT.search(done.stdout)
    return found[1].decode() if found else ""


def _at(at: str) -> list[str]:
    """The option that gives ssh-keygen a time. It is in local time, because versions before 9.1 accept no other."""
    return [f"-Overify-time={datetime.fromisoformat(at).astimezone():%Y%m%d%H%M%S}"] if at else []


def _armoured(folder: str, sig: bytes) -> str:
    text = base64.b64encode(sig).decode()
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    path = Path(folder) / "signature"
    path.write_text("\n".join([_HEAD, *lines, _FOOT, ""]), encoding="utf-8")
    return str(path)


def _blob(armoured: str) -> bytes:
    body = armoured.partition(_HEAD)[2].partition(_FOOT)[0]
    blob = base64.b64decode("".join(body.split()))
    if not blob.startswith(MAGIC):
        raise SigningError("ssh-keygen made no signature: install OpenSSH 8.2 or newer")
    return blob


def _run(words: Sequence[str], data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen. It asks for a passphrase at a terminal. Without a terminal it does not ask and does not wait."""
    program = shutil.which("ssh-keygen")
    if not program:
        raise SigningError("ssh-keygen is missing: install OpenSSH (the package openssh-client)")
    asks = sys.stdin is not None and sys.stdin.isatty()
    around = os.environ if asks else os.environ | {"SSH_ASKPASS_REQUIRE": "never"}
    return subprocess.run(  # noqa: S603  (no shell, and each word is one argument)
        [program, *words], input=data, capture_output=True, check=False, env=around, start_new_session=not asks
    )


def _why(done: subprocess.CompletedProcess[bytes], key: str) -> str:
    """Why a key can't sign, and what to do."""
    said, whole = _last(done), done.stderr.decode(errors="replace")
    if "too open" in whole:
        return f"others may read it, and so ssh-keygen leaves it alone; run chmod 600 {key}"
    if "passphrase" in whole:
        public = key if key.endswith(".pub") else f"{key}.pub"
        return f"it has a passphrase; run ssh-add {key}, and name the public key instead: {argument('key', value=str(public))}"
    if "No private key" in whole:
        return "neither its private part nor an agent that holds it is there; run ssh-add with its private key first"
    return said


def _last(done: subprocess.CompletedProcess[bytes]) -> str:
    lines = [line.strip() for line in (done.stdout + done.stderr).decode(errors="replace").split("\n")]
    said = [line for line in lines if line and not line.startswith("Signing data")]
    return said[-1] if said else f"ssh-keygen ended with {done.returncode}"
