"""SARIF for GitHub: each result points at a line of a file of the repository, and stays the same alert."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

import lineage
from lineage.outputs.formats import sarif
from tests.checks.test_checks import HELD, fit, live, sarif_schema
from tests.conftest import BANK
from tests.snapshot.test_file import crawl as keep

POLICY = f'fail-on = "never"\nholdouts = [\n  "{HELD}deep/",\n  "{HELD}",\n]\n'
LIST = "lineage-resources.txt"
READS = {"train": HELD}


def results(text: str) -> list[Any]:
    (run,) = json.loads(text)["runs"]
    return list(run["results"])


def place(result: Any) -> tuple[str, int]:
    """The file and the line of a result."""
    found = result["locations"][0]["physicalLocation"]
    return found["artifactLocation"]["uri"], found["region"]["startLine"]


def fingerprints(told: list[Any]) -> dict[tuple[str, str], str]:
    """By rule and message, the fingerprint that GitHub reads."""
    named = ((one["ruleId"], one["message"]["text"]) for one in told)
    return dict(zip(named, (one["partialFingerprints"]["primaryLocationLineHash"] for one in told), strict=True))


@pytest.fixture
def asked(tmp_path: Path, run, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Check some records as SARIF, in a folder that is the repository."""
    monkeypatch.chdir(tmp_path)

    def ask(*words: str, records: Any = None, policy: str = "") -> Any:
        if records is not None:
            keep(tmp_path / "s.db", *records)
        (tmp_path / lineage.POLICY_FILE).write_text(policy) if policy else None
        return run("check", "-f", "sarif", "--snapshot", "s.db", *words)

    return ask


def test_each_result_stands_at_the_line_of_its_subject(account_path: Path, run, tmp_path: Path, monkeypatch: Any) -> None:
    """The list is sorted and has each checked resource once; for the whole bank no result points anywhere else."""
    monkeypatch.chdir(tmp_path)
    ran = run("check", "-f", "sarif", "--snapshot", str(account_path), "--resources", LIST)
    jsonschema.Draft7Validator(sarif_schema()).validate(json.loads(ran.out))
    lines = Path(LIST).read_text().splitlines()
    rows = [line.split("\t") for line in lines]
    assert rows == sorted(rows)
    assert len({identity for _, _, identity in rows}) == len(rows) > len({kind for kind, _, _ in rows}) > 4
    for one in results(ran.out):
        (uri, line), (logical,) = place(one), one["locations"][0]["logicalLocations"]
        assert (uri, lines[line - 1].split("\t")[1:]) == (LIST, [logical["name"], logical["fullyQualifiedName"]])
        region = one["locations"][0]["physicalLocation"]["region"]
        assert (region["endLine"], region["endColumn"]) == (line, len(lines[line - 1]) + 1)


def test_a_holdout_stands_at_its_own_line_of_the_policy(asked) -> None:
    """A line is found also where an earlier holdout begins the same, and where a list of resources has the rest."""
    ran = asked("--resources", LIST, records=[fit(READS), *live()], policy=POLICY)
    told = {one["properties"]["about"]: place(one) for one in results(ran.out)}
    assert told[f"{HELD}deep/ train"] == (lineage.POLICY_FILE, 3)
    assert told[f"{HELD} train"] == (lineage.POLICY_FILE, 4)
    assert {uri for about, (uri, _) in told.items() if not about.startswith(HELD)} == {LIST}
    assert {place(one)[0] for one in results(asked().out)} == {lineage.POLICY_FILE}


def test_without_a_file_stderr_names_the_option(asked) -> None:
    """No result points at the snapshot; one line says that GitHub needs a file, and the document says it too."""
    ran = asked(records=[fit(READS), *live()])
    (run,) = json.loads(ran.out)["runs"]
    assert all("physicalLocation" not in one["locations"][0] for one in run["results"])
    (line,) = (line for line in ran.err.splitlines() if "--resources FILE" in line)
    assert line.startswith("lineage: GitHub shows a result only at a line of a file")
    said = [note["message"]["text"] for note in run["invocations"][0]["toolExecutionNotifications"]]
    assert line.removeprefix("lineage: ") in said
    assert "GitHub" not in asked("--resources", LIST).err


def test_fingerprints_stay_when_all_else_changes(asked) -> None:
    """Another finding, another crawl and another resource change no fingerprint of an earlier finding."""
    before = asked("--resources", LIST, records=[fit(READS), *live()], policy=POLICY)
    listed = Path(LIST).read_text()
    first = fingerprints(results(before.out))
    Path("s.db").unlink()
    more = [fit(READS, "a-job", EnableNetworkIsolation=False), fit(READS), *live()]
    second = fingerprints(results(asked("--resources", LIST, records=more, policy=POLICY).out))
    assert len(second) > len(first) > 2
    assert {key: second[key] for key in first} == first
    assert set(listed.splitlines()) < set(Path(LIST).read_text().splitlines())


def test_no_two_alerts_are_one(account_path: Path) -> None:
    """GitHub treats two results of one rule and file with the same fingerprint as one alert."""
    with lineage.open_snapshot(account_path) as snapshot:
        answer = lineage.check(snapshot, lineage.load_policy(BANK.parent / "lineage-policy.toml"))
    told = results(lineage.to_sarif(answer, "s.db"))
    assert len({one["partialFingerprints"]["primaryLocationLineHash"] for one in told}) == len(told) > 20


def test_odd_names_and_paths_are_safe(asked) -> None:
    """A name with line ends stays on one line; a path with blanks, percents and other letters is a URI."""
    ran = asked("--resources", "a b/100% \u00e4:#.txt", records=[fit(READS, "f\n\x1b\u2028\u202ei\tt"), *live()])
    assert (ran.code, "there is no folder" in ran.err) == (3, True)
    Path("a b").mkdir()
    ran = asked("--resources", "./a b/../a b/100% \u00e4:#.txt")
    text = Path("a b/100% \u00e4:#.txt").read_text()
    assert not set(text) & set("\r\x1b\u2028\u202e")
    assert all(len(line.split("\t")) == 3 for line in text.split("\n")[:-1])
    (uri,) = {place(one)[0] for one in results(ran.out)}
    assert (uri, unquote(uri)) == ("a%20b/100%25%20%C3%A4%3A%23.txt", "a b/100% \u00e4:#.txt")


@pytest.mark.parametrize(
    ("file", "says"),
    [
        ("../out.txt", "must be a file below the working folder"),
        ("/dev/null", "must be a file below the working folder"),
        (".", "must be a file below the working folder"),
        ("-", "must be a file below the working folder"),
        ("s.db", "would overwrite a file"),
        ("lineage-policy.toml", "would overwrite a file"),
        ("out.sarif", "would overwrite a file"),
    ],
)
def test_a_list_that_github_cannot_show_is_refused(asked, file: str, says: str) -> None:
    """An invalid option is refused before anything is written, in one line."""
    keep(Path("s.db"), fit(READS), *live())
    kept = Path("s.db").read_bytes()
    ran = asked("--resources", file, "-o", "out.sarif", policy=POLICY)
    assert (ran.code, says in ran.err, Path("out.sarif").exists()) == (2, True, False)
    assert (Path("s.db").read_bytes(), Path(lineage.POLICY_FILE).read_text()) == (kept, POLICY)


def test_the_list_goes_with_sarif_alone(run) -> None:
    """Another format points at no lines."""
    ran = run("check", "-f", "json", "--resources", LIST)
    assert (ran.code, "--resources goes with -f sarif" in ran.err) == (2, True)


def test_a_policy_outside_the_repository_is_told(asked, tmp_path_factory: pytest.TempPathFactory) -> None:
    """GitHub cannot show it: one line says so, and with a list of resources nothing points there."""
    policy = tmp_path_factory.mktemp("elsewhere") / "risk.toml"
    policy.write_text(POLICY)
    ran = asked("--policy", str(policy), records=[fit(READS), *live()])
    assert f"lineage: GitHub cannot show {policy}, which is outside the working folder" in ran.err
    assert {place(one)[0] for one in results(ran.out)} == {policy.as_uri()}
    listed = asked("--policy", str(policy), "--resources", LIST)
    assert ({place(one)[0] for one in results(listed.out)}, "GitHub" in listed.err) == ({LIST}, False)


def test_what_github_does_not_take_is_left_out_and_told(account_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many results the least severe are left out, and a note says how many."""
    monkeypatch.setattr(sarif, "MOST_RESULTS", 5)
    monkeypatch.setattr(sarif, "SHOWN_RESULTS", 3)
    with lineage.open_snapshot(account_path) as snapshot:
        answer = lineage.check(snapshot, lineage.load_policy(BANK.parent / "lineage-policy.toml"))
    told = results(lineage.to_sarif(answer, "s.db"))
    worst = [one.fingerprint for one in answer.findings[:5]]
    assert [one["partialFingerprints"]["lineageFinding/v1"] for one in told] == worst
    number = len(answer.findings) + len(answer.undecided) - 5
    assert [note.partition(":")[2] for note in lineage.sarif_notes(answer)[-2:]] == [
        f" the {number} least severe are left out",
        " check fewer subjects, or turn rules off",
    ]


def test_the_rules_keep_the_limits_of_github() -> None:
    """A name has at most 255 characters, a description 1,024, a rule 10 tags, a result 10 places."""
    assert all(len(rule.name) <= 255 and 0 < len(rule.says) <= 1024 and rule.repair for rule in lineage.RULES)
