"""Time stamps of RFC 3161, by an authority that `openssl ts` makes here: requested at the given address, and nowhere else."""

from __future__ import annotations

import base64
import json
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from tests.signing.conftest import rewritten

CONFIG = """
[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[tsa]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[user]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, emailProtection
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[stamping]
dir = .
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
"""


def openssl(folder: Path, line: str) -> None:
    subprocess.run(["openssl", *line.split()], cwd=folder, check=True, capture_output=True)


def authority(folder: Path) -> Path:
    """An authority: a root, a certificate of it that may stamp times, and one that may not."""
    (folder / "conf").write_text(CONFIG)
    (folder / "serial").write_text("01\n")
    for name in ("root", "tsa", "user"):
        openssl(folder, f"ecparam -name prime256v1 -genkey -noout -out {name}.key")
    openssl(folder, "req -x509 -new -key root.key -subj /CN=root -days 3 -config conf -extensions ca -out root.pem")
    for name in ("tsa", "user"):
        openssl(folder, f"req -new -key {name}.key -subj /CN={name} -config conf -out {name}.csr")
        by = "-CA root.pem -CAkey root.key -CAcreateserial"
        openssl(folder, f"x509 -req -in {name}.csr {by} -days 3 -extfile conf -extensions {name} -out {name}.pem")
    return folder


class Authority(BaseHTTPRequestHandler):
    """Answers as a time stamp authority does; below /old with the answer to its first request."""

    folder: Path
    first: bytes = b""

    def do_POST(self) -> None:
        query = self.rfile.read(int(self.headers["Content-Length"]))
        (self.folder / "query").write_bytes(query)
        openssl(
            self.folder, "ts -reply -config conf -section stamping -queryfile query -signer tsa.pem -inkey tsa.key -out reply"
        )
        reply = (self.folder / "reply").read_bytes()
        Authority.first = Authority.first or reply
        self.send_response(500 if self.path == "/broken" else 200)
        self.end_headers()
        self.wfile.write({"/old": Authority.first, "/page": b"<html>"}.get(self.path, reply))

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of an authority, and its root certificate."""
    Authority.folder = authority(tmp_path_factory.mktemp("tsa"))
    with HTTPServer(("127.0.0.1", 0), Authority) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", Authority.folder / "root.pem"
        server.shutdown()
        thread.join()


@pytest.fixture
def stamped(run, at, keys: dict[str, Path], tsa: tuple[str, Path]) -> Path:
    at(2)
    assert run("snapshot", "sign", "--key", str(keys["jo"]), "--timestamp", tsa[0]).code == 0
    return Path("lineage.db.dsse.json")


def verify(run, keys: dict[str, Path], root: Path):
    words = ("--signer", f"{keys['jo']}.pub", "--timestamp-authority", str(root), "-f", "json")
    return run("snapshot", "verify", *words)


def test_the_time_of_an_authority(run, stamped: Path, keys: dict[str, Path], tsa: tuple[str, Path]) -> None:
    """The time is shown as the authority's where its root is given, and otherwise as the signer's own word."""
    ran = verify(run, keys, tsa[1])
    assert (ran.code, ran.err) == (0, "")
    assert "by the time stamp; it covers the crawls up to 2" in json.loads(ran.out)["notes"][-1]
    plain = run("snapshot", "verify", "--signer", f"{keys['jo']}.pub", "-f", "json")
    assert "as the signer says" in json.loads(plain.out)["notes"][-1]


def test_the_report_has_the_time(run, stamped: Path, keys: dict[str, Path], tsa: tuple[str, Path], bank_path: Path) -> None:
    """A report prints the time of the authority."""
    words = ("--timestamp-authority", str(tsa[1]), "--signer", f"{keys['jo']}.pub")
    assert run("snapshot", "sign", str(bank_path), "--key", str(keys["jo"]), "--timestamp", tsa[0], "-o", "bank.json").code == 0
    ran = run("report", "loans-live", "--snapshot", str(bank_path), "--signature", "bank.json", *words)
    assert " by the time stamp; it covers crawl 1 |" in ran.out


def test_an_authority_that_was_not_named(run, stamped: Path, keys: dict[str, Path], tmp_path: Path) -> None:
    """A time stamp by another authority does not count."""
    (tmp_path / "other").mkdir()
    ran = verify(run, keys, authority(tmp_path / "other") / "root.pem")
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "its time stamp is not one of " in ran.err


def test_a_time_stamp_of_another_signature(run, at, stamped: Path, keys: dict[str, Path], tsa: tuple[str, Path]) -> None:
    """A time stamp is over one signature, and proves nothing about another one."""
    stamps = json.loads(stamped.read_text())["signatures"][0]["timestamps"]
    at(3)
    assert run("snapshot", "sign", "--key", str(keys["jo"])).code == 0
    missing = verify(run, keys, tsa[1])
    assert (missing.code, "it has no time stamp" in missing.err) == (3, True)
    rewritten(stamped, lambda told: told["signatures"][0].update(timestamps=stamps))
    ran = verify(run, keys, tsa[1])
    assert (ran.code, "its time stamp is not one of " in ran.err) == (3, True)


def made_by_hand(folder: Path, signer: str, *more: str) -> bytes:
    """The newest time stamp of an authority, signed again with a certificate of its root, and with `more` of them included."""
    openssl(folder, "ts -reply -in reply -token_out -out token")
    openssl(folder, "cms -verify -noverify -binary -inform DER -in token -out info")
    laid = "".join(f" -certfile {name}.pem" for name in more)
    how = f"-binary -nodetach -outform DER -econtent_type 1.2.840.113549.1.9.16.1.4 -signer {signer}.pem -inkey {signer}.key"
    openssl(folder, f"cms -sign {how}{laid} -in info -out forged")
    body = b"\x30\x03\x02\x01\x00" + (folder / "forged").read_bytes()  # "granted", and the token
    return b"\x30\x82" + len(body).to_bytes(2) + body


@pytest.mark.parametrize(("certificates", "code"), [(("tsa",), 0), (("user",), 3), (("user", "tsa"), 3)])
def test_a_certificate_that_may_not_stamp_times(
    run, stamped: Path, keys: dict[str, Path], tsa: tuple[str, Path], certificates: tuple[str, ...], code: int
) -> None:
    """Only a certificate for time stamping may say when something was signed, even under the same root."""
    der = made_by_hand(tsa[1].parent, *certificates)
    stamp = [{"type": "tsp", "data": base64.b64encode(der).decode()}]
    rewritten(stamped, lambda told: told["signatures"][0].update(timestamps=stamp))
    ran = verify(run, keys, tsa[1])
    assert (ran.code, "its time stamp is not one of " in ran.err) == (code, code == 3), ran.err


def test_what_is_no_time_stamp(run, stamped: Path, keys: dict[str, Path], tsa: tuple[str, Path]) -> None:
    """Bytes that are no time stamp, and a file that is no certificate, end in one line each."""
    assert "has no readable certificate" in verify(run, keys, stamped).err
    stamp = [{"type": "tsp", "data": "QUJD"}]
    rewritten(stamped, lambda told: told["signatures"][0].update(timestamps=stamp))
    ran = verify(run, keys, tsa[1])
    assert (ran.code, ran.err.count("\n")) == (3, 1)


ODD = ("http://x[2J", "http://127.0.0.1:x", "http://127.0.0.1:9/a b\n")  # a bracket, a port and blanks that no address has


@pytest.mark.parametrize("where", ["/broken", "/page", "/old", "nowhere", "file:///etc/hostname", *ODD])
def test_an_authority_that_gives_none(run, at, keys: dict[str, Path], tsa: tuple[str, Path], where: str) -> None:
    """An address that fails, returns a page or an old stamp, is missing or is invalid gives one line, and no envelope."""
    at(1)
    assert run("snapshot", "sign", "--key", str(keys["jo"]), "--timestamp", tsa[0], "-o", "first.json").code == 0
    url = {"nowhere": "http://127.0.0.1:9"}.get(where, f"{tsa[0]}{where}" if where.startswith("/") else where)
    ran = run("snapshot", "sign", "--key", str(keys["jo"]), "--timestamp", url)
    assert (ran.code, ran.out, ran.err.count("\n"), Path("lineage.db.dsse.json").exists()) == (3, "", 1, False)
    assert "a bug" not in ran.err


def test_without_the_package(run, at, keys: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra one line says what to install."""
    at(1)
    monkeypatch.setitem(__import__("sys").modules, "rfc3161_client", None)
    ran = run("snapshot", "sign", "--key", str(keys["jo"]), "--timestamp", "http://127.0.0.1:9")
    assert (ran.code, ran.err) == (
        3,
        "lineage: time stamps need the package rfc3161-client: pip install 'sagemaker-lineage[sign]'\n",
    )
