"""SSH keys: `ssh-keygen -Y` signs, and checks against an allowed_signers file or one public key. Nothing goes over a network.

ssh-keygen(1), section "ALLOWED SIGNERS"; PROTOCOL.sshsig of OpenSSH, whose blob is what stands in the envelope.
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

NAMESPACE = "lineage-snapshot"  # a signature that was made for git, for files or for mail is none over a snapshot
MAGIC = b"SSHSIG"
_HEAD, _FOOT = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
_KEY = re.compile(r"(?:ssh-|ecdsa-|sk-)[\w.@-]+ +[A-Za-z0-9+/]+=*(?= |$)", re.ASCII)
_FINGERPRINT = re.compile(rb" key (SHA256:[A-Za-z0-9+/]+)\s*$")
_ONE_KEY = "signer"  # under which principal the one public key is listed


def sign(key: str, data: bytes) -> tuple[bytes, str]:
    """The signature over some bytes by a private key, or by a public one whose private part the agent holds; and its finger.

    Raises `SigningError`.
    """
    if not Path(key).is_file():
        raise SigningError(f"{key}: no such key: name the file of an SSH key, awskms:///alias/NAME, or sigstore")
    done = _run(["-Y", "sign", "-n", NAMESPACE, "-f", key], data)
    if done.returncode:
        raise SigningError(f"{key} did not sign: {_why(done, key)}")
    return _blob(done.stdout.decode(errors="replace")), fingerprint(key)


def fingerprint(key: str) -> str:
    """`SHA256:…` of a key file, as `ssh-keygen -l` prints it; of a private one it asks for no passphrase."""
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
        raise SigningError(f"{path} is no public key: name a .pub file of SSH, or a PEM file that begins with BEGIN PUBLIC KEY")
    return found[0]


def check_with_key(path: str, data: bytes, sig: bytes) -> str:
    """The fingerprint of the one public key, whose signature this must be. Raises `SignatureRefused`, `SigningError`."""
    line = f'{_ONE_KEY} namespaces="{NAMESPACE}" {public_key(path)}\n'
    with TemporaryDirectory() as folder:
        allowed = Path(folder) / "allowed_signers"
        allowed.write_text(line, encoding="utf-8")
        return _verify(str(allowed), _ONE_KEY, data, sig, f"the key of {path}")


def check_with_list(allowed: str, identity: str, data: bytes, sig: bytes, at: str = "") -> tuple[str, str]:
    """The identity in an allowed_signers file whose signature this is, and the fingerprint of its key.

    Where no identity is named, any in the file is taken. `valid-after` and `valid-before` in the file are held against the
    time `at` (ISO 8601), else against now. Raises `SignatureRefused`, `SigningError`.
    """
    if not Path(allowed).is_file():
        raise SigningError(f"{allowed}: no such file: {argument('allowed')} names one as ssh-keygen(1) describes it")
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
    """The fingerprint of the key that signed, as ssh-keygen tells it."""
    with TemporaryDirectory() as folder:
        words = ["-Y", "verify", *_at(at), "-n", NAMESPACE, "-f", allowed, "-I", who, "-s", _armoured(folder, sig)]
        done = _run(words, data)
    if done.returncode:
        raise SignatureRefused(f"it was not signed by {said} ({_last(done)})")
    found = _FINGERPRINT.search(done.stdout)
    return found[1].decode() if found else ""


def _at(at: str) -> list[str]:
    """The option that tells ssh-keygen a time. It is written in local time: versions before 9.1 know no other."""
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
        raise SigningError("ssh-keygen gave no signature: it must be that of OpenSSH 8.2 or newer")
    return blob


def _run(words: Sequence[str], data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run ssh-keygen. For a passphrase it asks at a terminal; where there is none it asks nobody, and does not wait."""
    program = shutil.which("ssh-keygen")
    if not program:
        raise SigningError("ssh-keygen is missing: install OpenSSH (the package openssh-client)")
    asks = sys.stdin is not None and sys.stdin.isatty()
    around = os.environ if asks else os.environ | {"SSH_ASKPASS_REQUIRE": "never"}
    return subprocess.run(  # noqa: S603  (no shell, and each word is one argument)
        [program, *words], input=data, capture_output=True, check=False, env=around, start_new_session=not asks
    )


def _why(done: subprocess.CompletedProcess[bytes], key: str) -> str:
    """What hinders a key to sign, and what to do."""
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
