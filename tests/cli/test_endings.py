"""How a command ends on a signal, or where the machine has no room for its output."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

import lineage
from tests.conftest import BANK, HANGS, ROOT

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "made-up",
    "AWS_DEFAULT_REGION": "eu-west-1",
}


def start(*arguments: str, ignore: tuple[int, ...] = (), most: int = 0, **environment: str) -> subprocess.Popen[str]:
    """A command line as a process, which ignores signals, or may write no file above a number of bytes."""

    def prepare() -> None:
        for number in ignore:
            signal.signal(number, signal.SIG_IGN)
        if most:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    command = [sys.executable, "-m", "cli", *arguments]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, text=True, env=os.environ | environment, preexec_fn=prepare, **pipes)  # noqa: PLW1509


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["Ctrl-C", "SIGTERM", "SIGHUP"]
)
def test_a_signal_ends_a_crawl_that_waits_for_aws(tmp_path: Path, number: signal.Signals, code: int) -> None:
    """Ctrl-C, SIGTERM and SIGHUP end a command at once even if AWS is silent, with one line, and with nothing half written."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(HANGS / 10)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = start("crawl", "--snapshot", str(tmp_path / "s.db"), **CREDENTIALS, AWS_ENDPOINT_URL=url)
        with silent.accept()[0] as asked:
            asked.recv(1)  # the first call is in progress
            process.send_signal(number)
            out, err = process.communicate(timeout=HANGS / 10)  # the call itself would wait for a minute, five times
    said = "lineage: interrupted: what was read completely is kept; run the same command again to resume"
    assert (process.returncode, out, err.strip()) == (code, "", said)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [("ls",), ("trace", "loans-live"), ("check",), ("draw",), ("export", "-f", "json")])
def test_a_closed_stdout_is_said(ask, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    """With `>&-` stdout is closed: one line says so, and the exit code is that of a failure."""
    monkeypatch.setattr("sys.stdout", None)
    ran = ask(*arguments)
    assert (ran.code, ran.out, ran.err) == (3, "", "lineage: stdout is closed: name a file with --out\n")


def test_a_closed_stdout_is_not_needed_for_a_file(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --out, nothing is printed to stdout, and so it may be closed."""
    monkeypatch.setattr("sys.stdout", None)
    assert ask("ls", "-o", "x.csv").code == 0
    assert Path("x.csv").read_text().startswith("kind,name,")


def test_what_ignores_a_signal_still_does(tmp_path: Path) -> None:
    """Under nohup a crawl survives its terminal."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(HANGS / 10)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        words = CREDENTIALS | {"AWS_ENDPOINT_URL": url}
        process = start("crawl", "--snapshot", str(tmp_path / "s.db"), ignore=(signal.SIGHUP,), **words)
        with silent.accept()[0] as asked:
            asked.recv(1)
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=HANGS / 10)
    assert process.returncode == 143


def test_a_disk_without_room(tmp_path: Path, bank_path: Path) -> None:
    """A full disk gives one line, exit code 3, a snapshot that is still sound, and no half of a file."""
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    old.write_bytes(bank_path.read_bytes())
    report = tmp_path / "r.html"
    cases = [
        start("crawl", "-q", "--replay", str(BANK), "--snapshot", str(new), most=100_000),
        start("crawl", "-q", "--replay", str(BANK), "--snapshot", str(old), most=old.stat().st_size),
        start("report", "loans-live", "-o", str(report), "--snapshot", str(bank_path), most=5_000),
    ]
    for process in cases:
        out, err = process.communicate(timeout=HANGS)
        told = [
            line for line in err.splitlines() if not line.endswith(": every row of it is read")
        ]  # printed where that takes long
        assert (process.returncode, out, len(told)) == (3, "", 1), err
    assert sorted(tmp_path.iterdir()) == [old]
    with lineage.open_snapshot(old) as snapshot:
        assert [one.complete for one in snapshot.crawls()] == [True, False]  # the second one continues where there is room
        assert list(snapshot.damages()) == []


NOWHERE = {
    "a file as a folder": ("ls", "--snapshot", f"{BANK}/s.db"),
    "a crawl into a file as a folder": ("crawl", "-q", "--replay", str(BANK), "--snapshot", f"{BANK}/s.db"),
    "a crawl where nobody writes": ("crawl", "-q", "--replay", str(BANK), "--snapshot", "/proc/s.db"),
    "a crawl into a folder": ("crawl", "-q", "--replay", str(BANK), "--snapshot", "/"),
    "a crawl into a full device": ("crawl", "-q", "--replay", str(BANK), "--snapshot", "/dev/full"),
    "an answer into a full device": ("trace", "loans-live", "-o", "/dev/full"),
    "a picture into a full device": ("draw", "--format", "dot", "-o", "/dev/full"),
    "a baseline into a full device": ("check", "--write-baseline", "/dev/full"),
    "an answer where nobody writes": ("report", "loans-live", "-o", "/proc/r.html"),
    "an answer into a folder": ("report", "loans-live", "-f", "html", "-o", "/"),
}


@pytest.mark.parametrize("arguments", NOWHERE.values(), ids=NOWHERE)
def test_nowhere_to_write(run, bank_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]) -> None:
    """Where nothing can be written or read, one line says where and why, also for root, and the exit code is 3."""
    if "--snapshot" not in arguments:
        monkeypatch.setenv("LINEAGE_SNAPSHOT", str(bank_path))
    ran = run(*arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)


def test_a_full_disk_behind_stdout(bank_path: Path) -> None:
    """`> /dev/full` is reported, and is no success."""
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "cli", "ls", "--snapshot", str(bank_path)]
        ran = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (3, "lineage: stdout: No space left on device\n")


def test_no_home_and_no_room_for_scratch(run, bank_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A crawl and a question need neither a home folder nor one for temporary files."""
    for name in ("HOME", "TMPDIR"):
        monkeypatch.setenv(name, "/nonexistent")
    assert run("crawl", "-q", "--replay", str(BANK), "--endpoint", "ledger-old").code == 0
    assert run("trace", "loans-live", "--snapshot", str(bank_path)).code == 0


DEEP = "[" * 30_000 + "]" * 30_000
ODD_FILES: dict[str, bytes] = {
    "brackets without end": f"x = {DEEP}".encode(),
    "tables without end": b"x = " + b"{a=" * 3000 + b"1" + b"}" * 3000,
    "a number without end": b"x = " + b"9" * 6000,
    "JSON without end": DEEP.encode(),
    "bytes": bytes(range(256)),
    "UTF-16": "x = 1".encode("utf-16"),
    "other types": b"rules = 5\nholdouts = 'x'\nattestations = [1, 2]\n",
    "null": b"null",
    "a list": b'[{"schema": null}]',
    "rows that are none": b'{"schema": "lineage.baseline/1", "findings": [1, null]}',
    "a cut file": b'{"schema": "lineage.baseline/1", "findings": [{"rule"',
}
READERS = {
    "a policy": (2, ("check", "--policy")),
    "a baseline": (2, ("check", "--baseline")),
    "attestations": (2, ("trace", "loans-live", "--attestations")),
    "an earlier report": (3, ("report", "loans-live", "-f", "json", "--previous")),
    "an account file": (3, ("crawl", "-q", "--replay")),
}


@pytest.mark.parametrize("content", ODD_FILES.values(), ids=ODD_FILES)
@pytest.mark.parametrize(("code", "arguments"), READERS.values(), ids=READERS)
def test_odd_files(
    run, bank_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, arguments: tuple[str, ...], content: bytes
) -> None:
    """A malformed file, however deep or long, is one line with its name, and is never called a bug."""
    if "crawl" not in arguments:
        monkeypatch.setenv("LINEAGE_SNAPSHOT", str(bank_path))
    (tmp_path / "odd.file").write_bytes(content)
    ran = run(*arguments, "odd.file")
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert "odd.file" in ran.err
    assert "a bug" not in ran.err
