"""`--account` and `--region`: what a filter leaves out is never reported as absent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.conftest import BANK
from tests.records import arn

HERE, ABROAD = "eu-west-1", "us-east-1"


@pytest.fixture
def over(run: Any, account_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command over the bank's whole account, which is in one region."""
    monkeypatch.setenv("LINEAGE_SNAPSHOT", str(account_path))
    return run


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls", "kind:endpoint"),
        ("ls", "+loans-live"),
        ("experiments",),
        ("runs",),
        ("pipelines",),
        ("search", "training-job"),
        ("trace", "loans-live"),
        ("used", "s3://bank-ml/loans/train/"),
        ("gaps",),
        ("export", "+loans-live", "-f", "csv-nodes"),
    ],
)
def test_a_filter_that_takes_all_changes_no_row(over: Any, arguments: tuple[str, ...]) -> None:
    """For an account in one region, the account and the region leave nothing out."""
    whole = over(*arguments)
    narrow = over(*arguments, "--account", "111122223333", "--region", HERE)
    assert narrow.code == whole.code == 0
    rows = [set(one.out.splitlines()) for one in (narrow, whole)]
    assert rows[0] <= rows[1]
    if arguments[0] in ("ls", "export"):  # an image belongs to another account, and is kept beside what runs it
        assert {line for line in rows[1] - rows[0] if arn("", "")[:-1] in line} == set()
    else:
        assert rows[0] == rows[1]


@pytest.mark.parametrize("command", ["experiments", "runs", "pipelines"])
def test_a_list_of_a_region_that_nobody_read_is_not_empty_for_sure(over: Any, command: str) -> None:
    """The list of an unread region has a gap that says so, and its scope names the request."""
    answer = json.loads(over(command, "--region", ABROAD, "-f", "json").out)
    assert answer[command] == []
    assert [(hole["region"], hole["reason"]) for hole in answer["scope"]["holes"]] == [(ABROAD, "not-enumerated")]
    assert answer["scope"]["narrowed"] == {"accounts": [], "regions": [ABROAD]}
    assert "as far as was read" in over(command, "--region", ABROAD, "-f", "table").out


def test_gaps_of_a_region_that_nobody_read(over: Any) -> None:
    """The gaps of an unread region are no empty list: the region itself is one."""
    told = over("gaps", "--region", ABROAD).out.splitlines()[1:]
    assert [line.split("\t")[2:7:4] for line in told] == [[ABROAD, "not-enumerated"]]


def test_a_check_of_a_region_says_that_it_is_one(over: Any) -> None:
    """A check of a region finds what is there, names what no crawl read, and says its scope; an empty region passes no gate."""
    whole = json.loads(over("check", "-f", "json").out)
    both = json.loads(over("check", "--region", HERE, "--region", ABROAD, "-f", "json").out)
    more = [one for one in both["findings"] if one not in whole["findings"]]
    assert [one for one in both["findings"] if one not in more] == whole["findings"]
    assert [(one["rule"], one["subject"]["region"]) for one in more] == [("LIN090", ABROAD)]
    assert both["caveats"][0].startswith(f"only {HERE}, {ABROAD} was asked about")
    ran = over("check", "--region", ABROAD)
    assert (ran.code, ran.err) == (2, f"lineage: nothing in {ABROAD} matches: the snapshot holds 111122223333, {HERE}\n")


def test_a_report_of_a_region_names_its_endpoints(over: Any) -> None:
    """A report of a region is about its endpoints, and the command in it makes it again."""
    told = json.loads(over("report", "loans-live", "--region", HERE, "-f", "json").out)
    assert told["document"]["subject"] == [arn("endpoint", "loans-live")]
    assert f"lineage report {arn('endpoint', 'loans-live')}" in told["reproduce"]["command"]


def test_pictures_of_a_region(over: Any) -> None:
    """A picture keeps the data beside what is in the region, and an empty picture is refused."""
    dot = over("draw", "+loans-live", "--region", HERE).out
    assert ("loans-live" in dot, "s3://bank-ml/loans/train/" in dot) == (True, True)
    assert over("draw", "--region", ABROAD).code == 2


@pytest.mark.parametrize(
    "arguments", [("ls", "kind:endpoint"), ("draw", "+loans-live"), ("export", "-f", "csv-nodes"), ("report", "-f", "json")]
)
def test_part_of_what_is_asked_about_was_never_read(over: Any, arguments: tuple[str, ...]) -> None:
    """Where no scope is printed, stderr names it once; where nothing was read, only the error does."""
    said = f"lineage: no crawl has read anything in {ABROAD}: `lineage crawl` reads it"
    ran = over(*arguments, "--region", HERE, "--region", ABROAD)
    assert (ran.code, ran.err.splitlines().count(said)) == (0, 1)
    alone = over(*arguments, "--region", ABROAD)
    assert (alone.code, alone.err.count("\n")) == (2, 1)


def test_what_is_narrowed_says_so(over: Any) -> None:
    """A narrowed answer says so, a picture in its title, an export and a search in their scope; none claims an unread scope."""
    picture = over("draw", "+loans-live", "--region", HERE, "--account", "111122223333").out
    assert f"loans-live with everything upstream, only in 111122223333 and {HERE}" in picture
    told = json.loads(over("export", "-f", "cytoscape", "--region", HERE).out)
    assert json.loads(told["data"]["scope"])["narrowed"] == {"accounts": [], "regions": [HERE]}
    found = json.loads(over("search", "training-job", "--region", ABROAD, "-f", "json").out)["scope"]
    assert (found["accounts"], found["regions"], found["narrowed"]["regions"]) == ([], [], [ABROAD])
    assert len(found["holes"]) > 0


def test_gaps_of_a_part_do_not_tell_of_all_crawls(over: Any) -> None:
    """A narrowed answer does not say that no list was read when other lists were."""
    for form in ("tsv", "table"):
        ran = over("gaps", "--region", ABROAD, "-f", form)
        assert "No list was read" not in ran.out + ran.err


def test_what_a_filter_does_not_narrow_refuses_it(over: Any) -> None:
    """Commands that are always about the whole (one run, one pipeline, a form for all gaps) refuse a filter."""
    for arguments in (("runs", "-", "x"), ("pipelines", "Renewal-Price"), ("gaps", "--attest-template")):
        assert over(*arguments, "--region", HERE).code == 2


def test_names_with_wildcards(over: Any) -> None:
    """`*` and `?` stand for other characters, in a name or in one of a kind, upstream too, in any case."""

    def names(*selector: str) -> list[str]:
        return [line.split("\t")[1] for line in over("ls", *selector).out.splitlines()[1:]]

    assert names("LOANS-*", "kind:endpoint") == ["loans-live"]
    assert names("endpoint/loans-l?ve") == ["loans-live"]
    assert "Loans-Fit-0042" in names("+endpoint/loans*")
    assert names("kind:training-job", "*Fit-0042") == ["Loans-Fit-0042"]
    below = names("s3://bank-ml/loans/*")
    assert {"s3://bank-ml/loans/", "s3://bank-ml/loans/train/", "s3://bank-ml/loans/validation/"} <= set(below)
    assert {one for one in below if not one.startswith("s3://bank-ml/loans/")} == set()
    assert set(below) <= set(names("s3://bank-ml/loans/*+1"))
    assert names("s3://bank-r*") == sorted(one for one in names("s3://*") if one.startswith("s3://bank-r")) != []


@pytest.mark.parametrize("command", ["show", "impact"])
def test_one_thing_takes_no_wildcard(over: Any, command: str) -> None:
    """A question about one node does not say that nothing matches: it says how to list the nodes that do."""
    said = "'loans-*' may match several: name one of those that `lineage ls 'loans-*'` lists"
    assert (ran := over(command, "loans-*")).code == 2
    assert ran.err == f"lineage: {said}\n"


def test_a_crawl_takes_the_url_of_an_endpoint(run: Any) -> None:
    """`--endpoint` accepts what the console shows."""
    url = f"https://{HERE}.console.aws.amazon.com/sagemaker/home?region={HERE}#/endpoints/ledger-old"
    assert run("crawl", "-q", "--replay", str(BANK), "--endpoint", url).code == 0
    assert run("trace", url).out == run("trace", "ledger-old").out != ""
