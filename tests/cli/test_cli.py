"""The command line: what it prints, where, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from cli.main import cli
from tests.conftest import BANK, ROOT
from tests.records import arn


@pytest.fixture
def lineage(run):
    """Run a command line in an empty folder."""
    return run


def test_trace_as_a_tree(ask) -> None:
    """A person reads variant, model, job and data, with the run and experiment beside the job."""
    ran = ask("trace", "loans-live", "-f", "table")
    assert (ran.code, ran.err) == (0, "")
    tree, scope = ran.out.split("\nLooked at: ")
    assert tree.splitlines() == [
        "TRACED  loans-live · endpoint · InService · 111122223333 eu-west-1",
        "└── Main, 100 % of traffic · model Loans-Model-42",
        "    └── s3://bank-ml/models/Loans-Fit-0042/output/model.tar.gz",
        "        └── Loans-Fit-0042 · training job · completed 2026-05-04",
        "            ├── run Loans-Fit-0042-aws-training-job · experiment loan-default",
        "            ├── train  s3://bank-ml/loans/train/  made by Loans-Prep-0042 from s3://bank-raw/loans/2026-05/",
        "            └── validation  s3://bank-ml/loans/validation/  made by Loans-Prep-0042 from s3://bank-raw/loans/2026-05/",
    ]
    by = "by assumed-role/auditor/jo (replayed from an account file, not read from AWS)"
    assert f"{by}. No gaps on this path." in scope


def test_a_pipe_gets_tsv_with_whole_values(ask) -> None:
    """Where stdout is no terminal, rows are tab-separated and no ARN is cut short."""
    ran = ask("trace", "loans-live")
    rows = [line.split("\t") for line in ran.out.splitlines()]
    assert rows[0] == ["level", "relation", "role", "usage", "kind", "name", "id", "status", "note"]
    assert {len(row) for row in rows} == {9}
    assert arn("training-job", "loans-fit-0042") in [row[6] for row in rows]
    assert rows[1][4:9] == ["endpoint", "loans-live", arn("endpoint", "loans-live"), "InService", "traced"]


@pytest.mark.parametrize(("question", "subject"), [("trace", "loans-live"), ("used", "s3://bank-ml/loans/train/")])
def test_json_is_the_python_answer(ask, bank_path: Path, question: str, subject: str) -> None:
    """`--format json` prints what the Python API answers."""
    import lineage as api

    with api.open_snapshot(bank_path) as snapshot:
        answer = getattr(api, question)(api.graph(snapshot), subject)
    assert json.loads(ask(question, subject, "-f", "json").out) == answer.as_json()


def test_used_says_what_and_what_not(ask) -> None:
    """A yes names the job and channel; an unknown lists the gaps."""
    yes = ask("used", "s3://bank-ml/loans/train/", "-f", "table").out
    assert yes.startswith(
        "USED  at least 1 training job read s3://bank-ml/loans/train/\n  used  Loans-Fit-0042  channel train = "
    )
    assert "Note: 4 gaps could hide more; --format json lists them." in yes
    unknown = ask("used", "s3://bank-ml/nothing/", "-f", "table").out
    assert unknown.startswith(
        "UNKNOWN  none of the training jobs that were read names s3://bank-ml/nothing/, but 4 gaps could hide a use\n"
    )
    assert "unread-manifest  training job Mortgage-Tune-8, channel train" in unknown
    rows = [line.split("\t") for line in ask("used", "s3://bank-ml/nothing/").out.splitlines()]
    assert {len(row) for row in rows} == {8}
    assert rows[1][:2] == ["unknown", "s3://bank-ml/nothing/"]
    assert [row[0] for row in rows[2:]] == ["hole"] * 4


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("trace", "loans-live", "--fail-on", "broken,partial"), 0),
        (("trace", "ledger-old", "--fail-on", "broken,partial"), 1),
        (("trace", "ledger-old"), 0),
        (("used", "s3://bank-ml/loans/train/", "--fail-on", "used"), 1),
        (("used", "s3://bank-ml/loans/train/", "--fail-on", "possible"), 0),
        (("used", "s3://bank-raw/loans/", "--fail-on", "used"), 4),
        (("used", "s3://bank-raw/loans/", "--fail-on", "unknown"), 0),
        (("used", "s3://bank-code/loans/prepare.py", "--fail-on", "used,used-indirectly"), 4),
        (("used", "s3://bank-ml/nothing/"), 0),
        (("used", "s3://bank-ml/nothing/", "--fail-on", "used,used-indirectly,possible"), 4),
        (("used", "s3://bank-ml/nothing/", "--fail-on", "unknown"), 1),
    ],
)
def test_gates(ask, arguments: tuple[str, ...], code: int) -> None:
    """A gate exits with 1 on a verdict it names, and with 4 where a gap could hide a verdict it names."""
    assert ask(*arguments).code == code


@pytest.mark.parametrize(
    ("arguments", "code", "why"),
    [
        (("trace", "loans-live", "--fail-on", "TRACED"), 1, "exit 1: the verdict is traced, which --fail-on names"),
        (("used", "s3://bank-ml/loans/train/", "--fail-on", "possible, used"), 1, "exit 1: the verdict is used, which --fail-on names"),
        (("used", "s3://bank-ml/nothing/", "--fail-on", "used,possible"), 4, "exit 4: 4 gaps could hide a verdict that --fail-on names (used or possible)"),
        (("used", "s3://bank-ml/nothing/", "s3://bank-ml/loans/train/", "--fail-on", "used"), 1, "exit 1: the verdict on s3://bank-ml/loans/train/ is used, which --fail-on names"),
        (("used", "s3://bank-ml/nothing/", "s3://bank-ml/none/", "--fail-on", "used"), 4, "exit 4: the verdict on s3://bank-ml/nothing/ is unknown: what was not read could hide a verdict that --fail-on names (used)"),
        (("impact", "s3://bank-ml/nothing/", "--fail-on", "reached"), 4, "exit 4: 12 gaps could hide a verdict that --fail-on names (reached)"),
    ],
)  # fmt: skip
def test_a_gate_says_why_it_failed(ask, arguments: tuple[str, ...], code: int, why: str) -> None:
    """Where --fail-on ends a command with 1 or 4, the last line of stderr says why."""
    ran = ask(*arguments)
    assert (ran.code, ran.err.splitlines()[-1]) == (code, f"lineage: {why}")


def test_declared_only_with_a_hole_is_inconclusive(lineage, tmp_path: Path) -> None:
    """A job that never started does not pass the gate while a gap could hide another one."""
    bank = BANK.read_text().replace('"TrainingJobName": "Ledger-Fit-1"', '"TrainingJobName": "Ledger-Fit-1", "X": 1')
    lines = []
    for line in bank.splitlines():
        entry = json.loads(line)
        if entry.get("record", {}).pop("X", None):
            entry["record"]["TrainingJobStatus"] = "Failed"
            for name in ("TrainingStartTime", "SecondaryStatusTransitions"):
                del entry["record"][name]
        lines.append(json.dumps(entry))
    (tmp_path / "bank.jsonl").write_text("\n".join(lines))
    assert lineage("crawl", "--replay", "bank.jsonl", "--endpoint", "ledger-old").code == 0
    ran = lineage("used", "s3://bank-ml/ledger/", "--fail-on", "used,used-indirectly,possible", "-f", "table")
    assert (ran.code, ran.out.split()[0]) == (4, "DECLARED-ONLY")


BAD_INPUT = [
    (("trace", "nobody"), 2, "no endpoint 'nobody' in the snapshot (it holds aml-restricted, "),
    (("trace", arn("endpoint", "nobody")), 2, "no endpoint 'nobody' in 111122223333 eu-west-1 in the snapshot; "),
    (("used", "bank-ml/loans"), 2, "'bank-ml/loans' is not an S3 URI (expected s3://"),
    (("used", "s3:///x"), 2, "is not an S3 URI"),
    (("used", "s3://b/", "--fail-on", "usd"), 2, "no verdict 'usd'; did you mean used?"),
    (("draw", "nobody", "-o", "x.svg"), 2, "nothing in the snapshot is named 'nobody'"),
    (("draw", "-o", "x.gif"), 2, "no format has the extension .gif (expected .dot, .html, .png, .svg)"),
    (("draw", "-o", "none/x.svg"), 3, "there is no folder none: make it, or name another file"),
    (("draw", "endpint/x"), 2, "nothing in the snapshot is named 'endpint/x': no kind 'endpint'; did you mean endpoint"),
    (("trace", "loans-liv"), 2, "did you mean loans-live?"),
    (("trace", arn("model", "ledger-1")), 2, "is a model, not an endpoint: `lineage datasets ledger-1` lists its data"),
    (("trace", "x", "--snapshot", "empty.db"), 3, "empty.db is empty: fill it with `lineage crawl --snapshot empty.db`"),
    (("trace", "x", "--snapshot", "."), 3, ". is a folder: name the snapshot file in it"),
    (("crawl", "--replay", "."), 3, "the account file . can't be read"),
    (("crawl", "--replay", str(BANK), "--profile", "p"), 2, "give one of them"),
    (("export",), 2, "Missing option '--format'"),
    (("trace",), 2, "Missing argument 'ENDPOINT'"),
    (("trace", "loans-live", "-f", "xml"), 2, "'xml' is not valid (expected one of table, "),
    (("nonsense",), 2, "No such command 'nonsense'"),
    (("trace", "loans-live", "--snapshot", "none.db"), 3, "no snapshot at none.db: make one with `lineage crawl"),
    (("trace", "loans-live", "--snapshot", "text.db"), 3, "text.db can't be read: file is not a database"),
    (("crawl", "--replay", "none.jsonl"), 3, "no account file none.jsonl"),
    (("crawl", "--replay", "text.db"), 3, "text.db line 1: not JSON"),
    (("crawl", "--replay", str(BANK), "--endpoint", "loan-live"), 2, "did you mean loans-live"),
    (("crawl", "--replay", str(BANK), "--endpoint", arn("endpoint", "loans-live", account="999988887777")), 2, "is in account 999988887777"),
    (("crawl", "--replay", str(BANK), "--endpoint", "arn:aws:nonsense"), 2, "is not an ARN"),
    (("crawl", "--replay", str(BANK), "--endpoint", arn("model", "loans-model-42")), 2, "is not an endpoint"),
    (("crawl", "--replay", str(BANK), "--region", "us-east-1", "--endpoint", "loans-live"), 2, "no endpoint 'loans-live' in account"),
    (("crawl", "--replay", str(BANK), "--region", "us-east-1", "--all-regions"), 2, "leave --region out"),
    (("crawl", "--replay", str(BANK), "--only-roles"), 2, "nothing to read without a --role-arn"),
    (("crawl", "--replay", str(BANK), "--endpoint", "loans-live", "--full"), 2, "--full is for whole accounts"),
    (("crawl", "--replay", str(BANK), "--endpoint", "x", "--role-arn", "y"), 2, "--role-arn is for whole accounts"),
    (("crawl", "--replay", str(BANK), "--endpoint", "x", "--region", "a", "--region", "b"), 2, "reads one region at a time"),
    (("crawl", "--replay", str(BANK), "--kind", "modle"), 2, "no kind 'modle'; did you mean model"),
    (("crawl", "--replay", str(BANK), "--role-arn", "auditor"), 2, "'auditor' is not a role ARN (expected one like arn:aws:iam::"),
    (("kinds", "modle"), 2, "no kind 'modle'; did you mean model"),
    (("iam-policy", "--kind", "modle"), 2, "no kind 'modle'; did you mean model"),
    (("gaps", "--snapshot", "none.db"), 3, "no snapshot at none.db: make one with `lineage crawl"),
    (("crawl", "--replay", str(BANK), "--snapshot", "none/lineage.db"), 3, "there is no folder none: make it"),
    (("crawl", "--endpoint", "x", "--region", "eu-west-1"), 3, "no AWS credentials: "),
    (("crawl", "--endpoint", "x"), 3, "no AWS region: use --region, set AWS_DEFAULT_REGION, or set `region`"),
    (("crawl", "--profile", "nobody"), 3, "no profile 'nobody' in ~/.aws/config"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "said"), BAD_INPUT, ids=[" ".join(case[0])[:60] for case in BAD_INPUT])
def test_bad_input(
    lineage, bank_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """A failure is one sentence on stderr with the right exit code, no traceback, and nothing half written."""
    (tmp_path / "text.db").write_text("no database " * 500)
    (tmp_path / "empty.db").touch()
    if "--snapshot" not in arguments and "crawl" not in arguments:
        monkeypatch.setenv("LINEAGE_SNAPSHOT", str(bank_path))
    before = sorted(tmp_path.iterdir())
    ran = lineage(*arguments)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err
    assert ran.err.startswith("lineage: ")
    assert ran.err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


def test_a_bug_is_one_line_and_exit_code_3(lineage, monkeypatch: pytest.MonkeyPatch, bank_path: Path) -> None:
    """An unforeseen error is a line that asks for a report; --debug shows its traceback."""
    import lineage as api

    def broken(*_: object) -> None:
        raise RuntimeError("oh")

    monkeypatch.setattr(api, "trace", broken)
    ran = lineage("trace", "loans-live", "--snapshot", str(bank_path))
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert "RuntimeError: oh (a bug" in ran.err
    told = lineage("--debug", "trace", "loans-live", "--snapshot", str(bank_path))
    assert told.code == 3
    assert "Traceback" in told.err


def test_the_snapshot_goes_before_or_after_the_verb_or_in_the_environment(
    lineage, bank_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--snapshot` may be given before the command, after it, and through LINEAGE_SNAPSHOT."""
    after = lineage("trace", "loans-live", "--snapshot", str(bank_path)).out
    before = lineage("--snapshot", str(bank_path), "trace", "loans-live").out
    monkeypatch.setenv("LINEAGE_SNAPSHOT", str(bank_path))
    assert lineage("trace", "loans-live").out == before == after != ""


def test_crawl_writes_the_snapshot_and_says_so(lineage, tmp_path: Path) -> None:
    """`crawl` prints nothing on stdout, and a summary on stderr; nothing with --quiet."""
    ran = lineage("crawl", "--replay", str(BANK), "--endpoint", "ledger-old")
    assert (ran.code, ran.out) == (0, "")
    said = "read 4 records with 21 calls into lineage.db; 1 gap (lineage gaps)"
    assert ran.err.splitlines()[-2:] == [said, "next: lineage trace ledger-old --snapshot lineage.db"]
    assert lineage("crawl", "--replay", str(BANK), "--endpoint", "ledger-old", "-q").err == ""
    assert (tmp_path / "lineage.db").exists()


@pytest.mark.parametrize("form", ["dot", "svg", "png"])
def test_draw(ask, tmp_path: Path, form: str) -> None:
    """`draw` takes its format from the file's name, writes the file completely, and says so on stderr."""
    ran = ask("draw", "+loans-live", "-o", f"p.{form}")
    assert (ran.code, ran.out, ran.err) == (0, "", f"wrote p.{form}\n")
    assert (tmp_path / f"p.{form}").read_bytes()[:4] in (b"digr", b"<?xm", b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == [f"p.{form}"]


def test_export(ask, tmp_path: Path) -> None:
    """`export -f json` writes node-link JSON, to stdout or to a file."""
    printed = ask("export", "+loans-live", "-f", "json").out
    ask("export", "+loans-live", "-f", "json", "-o", "g.json")
    assert (tmp_path / "g.json").read_text() == printed
    assert len(json.loads(printed)["nodes"]) == 17


def test_the_format_follows_the_files_name(ask, tmp_path: Path) -> None:
    """Without --format, a .json file gets JSON, and a .tsv file gets TSV."""
    ask("trace", "loans-live", "-o", "a.json")
    ask("trace", "loans-live", "-o", "a.tsv")
    assert json.loads((tmp_path / "a.json").read_text())["verdict"] == "traced"
    assert (tmp_path / "a.tsv").read_text().startswith("level\t")


def test_out_writes_through_links_and_into_devices(ask, tmp_path: Path) -> None:
    """A link keeps its target, a device stays a device, and - is stdout."""
    (tmp_path / "real.tsv").write_text("old")
    (tmp_path / "link.tsv").symlink_to("real.tsv")
    ask("trace", "loans-live", "-o", "link.tsv")
    assert (tmp_path / "link.tsv").is_symlink()
    assert (tmp_path / "real.tsv").read_text().startswith("level\t")
    os.mkfifo(tmp_path / "fifo")
    reader = subprocess.Popen(["cat", str(tmp_path / "fifo")], stdout=subprocess.PIPE)
    ask("trace", "loans-live", "-o", "fifo", "-f", "tsv")
    assert reader.communicate()[0].startswith(b"level\t")
    assert (tmp_path / "fifo").is_fifo()
    assert ask("trace", "loans-live", "-o", "-").out.startswith("level\t")


def test_an_interrupt_exits_with_130(lineage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends with one line, exit code 130, and no half-written snapshot."""
    import lineage as api

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "crawl_estate", interrupted)
    ran = lineage("crawl", "--replay", str(BANK))
    assert (ran.code, ran.err.strip()) == (
        130,
        "lineage: interrupted: what was read completely is kept; run the same command again to resume",
    )
    monkeypatch.setattr(api, "open_snapshot", interrupted)
    ran = lineage("ls")
    assert (ran.code, ran.err.strip()) == (130, "lineage: interrupted")


def script(*arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "cli", *arguments]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | environment)


EXITS = [
    (0, ("trace", "loans-live")),
    (0, ("used", "s3://bank-ml/loans/train/")),
    (0, ("export", "-f", "json")),
    (0, ("draw", "--format", "dot")),
    (1, ("used", "s3://bank-ml/loans/train/", "--fail-on", "used")),
    (2, ("trace", "nobody")),
    (2, ("nonsense",)),
    (2, ()),
    (3, ("trace", "loans-live", "--snapshot", "none.db")),
    (4, ("used", "s3://bank-ml/nothing/", "--fail-on", "used")),
]


@pytest.mark.parametrize(("code", "arguments"), EXITS, ids=[f"{code} {' '.join(words)}" for code, words in EXITS])
def test_exit_codes_through_clicks_runner(bank_path: Path, code: int, arguments: tuple[str, ...]) -> None:
    """Each exit code means the same to a program that embeds the command in click."""
    ran = CliRunner().invoke(cli, arguments, env={"LINEAGE_SNAPSHOT": str(bank_path)})
    assert ran.exit_code == code
    assert bool(ran.stdout) == (code in (0, 1, 4))


def test_a_broken_pipe_exits_with_141(bank_path: Path) -> None:
    """A reader that closes the pipe early ends the command quietly."""
    process = script("export", "-f", "json", "--snapshot", str(bank_path))
    assert process.stdout is not None
    process.stdout.close()
    assert process.wait() == 141
    assert process.stderr is not None
    assert process.stderr.read() == b""
    process.stderr.close()


KILLED = """
import os, signal, sys
from lineage import crawl_estate
def stop(progress):
    if progress.records >= 50:
        os.kill(os.getpid(), signal.SIGKILL)
crawl_estate(sys.argv[1], replay=sys.argv[2], on_progress=stop)
"""


def test_a_killed_crawl_leaves_no_half_snapshot(tmp_path: Path) -> None:
    """A crawl that is killed in the middle leaves the snapshot unchanged, and the next one works."""
    path = tmp_path / "s.db"
    subprocess.run(
        [sys.executable, "-m", "cli", "crawl", "--replay", str(BANK), "--endpoint", "ledger-old", "--snapshot", str(path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    process = subprocess.run([sys.executable, "-c", KILLED, str(path), str(BANK)], cwd=ROOT, check=False)
    assert process.returncode == -signal.SIGKILL
    import lineage as api

    with api.open_snapshot(path) as snapshot:
        assert [crawl.roots for crawl in snapshot.crawls() if crawl.complete] == [("ledger-old",)]
    api.crawl_endpoints(path, ["loans-live"], replay=BANK)


def test_every_export_can_be_asked_for() -> None:
    """`export --format` offers each existing format."""
    import lineage as api
    from cli.commands.export import EXPORTS

    assert (*api.FORMATS, *api.FOLDERS, "parquet") == EXPORTS


@pytest.mark.parametrize("verb", sorted(cli.commands))
def test_every_help_has_an_example(lineage, verb: str) -> None:
    """Each command explains itself and shows an example call."""
    ran = lineage(verb, "--help")
    assert ran.code == 0
    assert f"lineage {verb}" in ran.out.partition("Examples:")[2]


def test_the_help_of_check_has_its_exit_codes(lineage) -> None:
    """`check --help` explains the exit codes 1 and 4."""
    said = " ".join(lineage("check", "--help").out.split())
    assert "Exit codes: 0 nothing new as severe as --fail-on; 1 a new finding" in said
    assert "4 a rule of this severity could not be decided" in said


def test_help_imports_nothing_slow() -> None:
    """`--help` loads neither boto3 nor networkx nor rich, and none of our own modules, and so starts at once."""
    code = "import sys; from cli.main import cli\ntry: cli.main(['--help'])\nexcept SystemExit: print(sorted({'boto3', 'botocore', 'networkx', 'rich', 'pydot', 'sqlglot', 'orjson', 'jinja2'} & set(sys.modules)), [one for one in sys.modules if one.startswith(('lineage.', 'cli.commands.', 'cli.render')) and one not in ('cli.commands.completing', 'cli.commands.strict')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[] []"


@pytest.mark.parametrize(("variable", "coloured"), [("", True), ("NO_COLOR", False)])
def test_colour_only_on_a_terminal_and_never_against_no_color(bank_path: Path, variable: str, coloured: bool) -> None:
    """A terminal gets colour, unless NO_COLOR is set."""
    import pty

    main, side = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color"} | ({variable: "1"} if variable else {})
    command = [sys.executable, "-m", "cli", "trace", "loans-live", "--snapshot", str(bank_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=side, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(side)
        output = b""
        with io.FileIO(main) as terminal:
            while True:
                try:
                    output += terminal.read(4096) or b""
                except OSError:
                    break
        assert process.wait() == 0
    assert b"TRACED" in output
    assert (b"\x1b[1;38;5;28m" in output) == coloured


def test_a_check_without_holdouts_says_so_first(ask) -> None:
    """A line directly below the count says that no holdouts were checked, and why; otherwise it would look as if all were."""
    first = ask("check", "-f", "table").out.splitlines()[1]
    assert first == "Note: no lineage-policy.toml was found, and no other policy was named: no holdouts were checked."
    Path("empty.toml").write_text("")
    first = ask("check", "-f", "table", "--policy", "empty.toml").out.splitlines()[1]
    assert first == "Note: the policy names no holdouts: training on a holdout was not checked."


def test_a_second_crawl_finds_no_new_gaps(lineage) -> None:
    """A crawl that meets no gap does not say that the file has none: earlier crawls may have left some."""
    lineage("crawl", "--replay", str(BANK))
    assert "; no new gaps\n" in lineage("crawl", "--replay", str(BANK)).err


def test_a_shell_may_be_named_by_its_path(lineage) -> None:
    """$SHELL may hold a path."""
    assert lineage("completion", "/bin/bash").out == lineage("completion", "bash").out != ""


def test_a_snapshot_of_the_environment_is_told(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where LINEAGE_SNAPSHOT names the missing file, the message says so: nobody typed that name."""
    monkeypatch.setenv("LINEAGE_SNAPSHOT", "gone.db")
    assert run("ls").err.endswith("(LINEAGE_SNAPSHOT names this file)\n")
    assert "LINEAGE_SNAPSHOT" not in run("ls", "--snapshot", "gone.db").err


@pytest.fixture
def whole(run, account_path: Path):
    """Run a command over the bank's whole account."""
    return lambda *arguments: run(*arguments, "--snapshot", str(account_path))


def test_a_path_the_other_way_is_told(whole) -> None:
    """Where no path leads from one end to the other, stderr names the command for swapped ends, if these have one."""
    ran = whole("path", "loans-live", "s3://bank-ml/loans/train/", "-f", "table")
    said = "lineage: there is a path the other way: lineage path s3://bank-ml/loans/train/ loans-live\n"
    assert (ran.out.split()[0], ran.err) == ("NOTHING-FOUND", said)


def test_a_break_is_a_gap_of_the_path(whole) -> None:
    """A trace that is broken does not say that there are no gaps, and one that people logged says so in its first line."""
    assert (
        " 1 gap on this path: broken at s3://bank-vendor/drop/scores-7.tar.gz.\n"
        in whole("trace", "vendor-scores", "-f", "table").out
    )
    first = whole("trace", "appraisal-notebook", "-f", "table").out.splitlines()[0]
    assert first.endswith(" · as people logged it: no job record says what made s3://bank-ml/appraisal/notebook/model.tar.gz")
    assert "logged" not in whole("trace", "loans-live", "-f", "table").out.splitlines()[0]


def test_notes_are_of_the_region_that_was_asked_about(ask) -> None:
    """About a region that no crawl has read, no note counts the jobs of another one."""
    ran = ask("used", "s3://bank-ml/loans/train/", "--region", "eu-west-11", "-f", "table")
    assert ran.out.startswith("UNKNOWN")
    assert "without network isolation and may" not in ran.out


@pytest.mark.parametrize("form", ["dot", "html"])
def test_a_picture_says_that_it_checks_no_times(whole, form: str) -> None:
    """A picture or a page of what is downstream says in itself and on stderr that times are not checked, as `impact` does."""
    said = "times are not checked: `lineage impact` checks them"
    ran = whole("draw", "s3://bank-ml/loans/train/+", "-f", form)
    assert said in ran.out
    assert ran.err == f"lineage: {said}\n"
    up = whole("draw", "+loans-live", "-f", form)
    assert said not in up.out + up.err
