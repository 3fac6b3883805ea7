"""The edges of `used`: what is shown once, what is followed first, how much is covered, and what was not read."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from lineage.domain.names import parse_location
from lineage.domain.records import CLOUDTRAIL, Crawl, Enumeration, Gap, Resource, Scope
from lineage.graphs.build import graph_of
from lineage.graphs.excerpts import Graph
from lineage.queries.scope import Within, caveats, is_about, not_enumerated, traceless
from lineage.queries.used import Usage, used
from lineage.snapshot.manifests import Listings, Manifest
from tests.records import ACCOUNT, COMPLETE, REGION, channel, processing, training

RAW = "s3://raw/"
SURE, MAYBE = "used-indirectly", "possible"
REPACK = {"HyperParameters": {"sagemaker_program": "_repack_model.py"}}


def whole(*records: Resource) -> Graph:
    """A graph whose crawl read every job."""
    graph = graph_of(records)
    crawl = Crawl(1, "2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "arn:x", (ACCOUNT,), (REGION,), (), "0", "1")
    graph.graph["scope"] = Scope((crawl,), (), COMPLETE)
    return graph


def made(name: str, day: str, out: str = "s3://prep/", reads: str = RAW, **body: Any) -> Resource:
    """A processing job that makes something on a day of January."""
    return processing(name, {"in": reads}, {"out": out}, day=f"2026-01-{day}", **body)


def failed(name: str, day: str, out: str = "s3://prep/") -> Resource:
    """A job that may have written, or not."""
    return made(name, day, out, ProcessingJobStatus="Failed")


def fit(*places: str, name: str = "j", day: str = "09") -> Resource:
    return training(name, {f"c{number}": place for number, place in enumerate(places)}, day=f"2026-01-{day}")


def told(answer: Usage) -> list[tuple[str, str]]:
    return [(row["job"]["name"], row["verdict"]) for row in answer.findings]


# --- what is shown once -------------------------------------------------------------------------

A, B = "s3://prep/a/", "s3://prep/b/"


@pytest.mark.parametrize(
    ("makers", "verdicts"),
    [
        ([made("p", "02", A), made("q", "03", B)], [SURE]),
        ([failed("p", "02", A), failed("q", "03", B)], [MAYBE]),
        ([failed("p", "02", A), made("q", "03", B)], [SURE, MAYBE]),
        ([made("p", "02", A), failed("q", "03", B)], [SURE]),
    ],
    ids=["surely twice", "possibly twice", "possibly, then surely", "surely, then possibly"],
)
def test_a_job_that_is_reached_twice(makers: list[Resource], verdicts: list[str]) -> None:
    """A job is shown once for each sort of path; a possible path to it is dropped once a certain one is found."""
    assert told(used(whole(*makers, fit(A, B)), RAW)) == [("j", verdict) for verdict in verdicts]


def test_what_is_reached_surely_later_leads_on_surely() -> None:
    """A job in between that was reached possibly first, and then for certain, hands the data on for certain, and once."""
    between = processing("mid", {"a": A, "b": B}, {"out": "s3://mid/"}, day="2026-01-05")
    assert told(used(whole(failed("p", "02", A), made("q", "03", B), between, fit("s3://mid/")), RAW)) == [("j", SURE)]


def test_a_circle_is_walked_once() -> None:
    """Two jobs that may each have read the other's output, and are reached only possibly, are shown once each."""
    one = processing("one", {"a": A, "c": "s3://two/"}, {"out": "s3://one/"}, day="2026-01-03")
    two = processing("two", {"c": "s3://one/"}, {"out": "s3://two/"}, day="2026-01-03")
    readers = fit("s3://one/", name="j"), fit("s3://two/", name="k")
    assert told(used(whole(failed("p", "02", A), one, two, *readers), RAW)) == [("j", MAYBE), ("k", MAYBE)]


# --- what is followed first ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        (made("b", "02"), made("a", "03"), [("j", SURE, ["b"])]),
        (failed("b", "02"), made("a", "03"), [("j", SURE, ["a"]), ("j", MAYBE, ["b"])]),
        (
            processing("b", {"code": RAW}, {"out": "s3://prep/"}, day="2026-01-02"),
            made("a", "03"),
            [("j", SURE, ["a"])],
        ),
        (
            made("b", "03"),
            processing("a", {"code": RAW}, {"out": "s3://prep/"}, day="2026-01-02"),
            [("j", SURE, ["b"])],
        ),
    ],
    ids=["the earlier of two sure ones", "a failed one beside a sure one", "code before data", "code before data, by name"],
)
def test_the_surest_and_then_the_earliest_is_told(
    first: Resource, second: Resource, expected: list[tuple[str, str, list[str]]]
) -> None:
    """Of two jobs that wrote to one place, the certain reader of the data is followed first; of certain ones the earlier."""
    answer = used(whole(first, second, fit("s3://prep/")), RAW)
    rows = [(row["job"]["name"], row["verdict"], [one["name"] for one in row["through"]]) for row in answer.findings]
    assert rows == expected


def test_a_sure_way_is_followed_to_its_end_first() -> None:
    """A long certain path is shown before a short possible one can take its place."""
    records = [
        failed("p", "02", A),
        made("q", "02", B),
        processing("maybe", {"in": A}, {"out": "s3://mid/"}, day="2026-01-03"),
        processing("sure", {"in": B}, {"out": "s3://mid/"}, day="2026-01-04"),
    ]
    assert told(used(whole(*records, fit("s3://mid/")), RAW))[0] == ("j", SURE)


@pytest.mark.parametrize("leads", [True, False], ids=["it wrote", "it wrote nothing that is known"])
@pytest.mark.parametrize("through", [[], ["mid"]], ids=["a first reader", "a later reader"])
def test_a_job_that_trains_nothing_is_always_looked_into(through: list[str], *, leads: bool) -> None:
    """Where a job may write to a place that only its arguments name, the answer is not "not used"."""
    arguments = {"AppSpecification": {"ContainerArguments": ["--out", "s3://lost/"]}}
    last = processing("p", {"in": A if through else RAW}, {"out": "s3://x/"} if leads else {}, day="2026-01-03", **arguments)
    answer = used(whole(last, *[made(name, "02", A) for name in through]), RAW)
    assert (answer.verdict, [hole["subject"] for hole in answer.scope["holes"]]) == ("unknown", ["s3://lost/"])


def test_a_job_that_trains_leads_on() -> None:
    """The output of a training job leads to the jobs that started from it, over any number; an unread output leads nowhere."""
    jobs = [training("a", {"train": RAW}, "s3://m/a", day="2026-01-02")]
    jobs += [training("b", {"model": "s3://m/a"}, "s3://m/b", day="2026-01-03")]
    jobs += [training("c", {"model": "s3://m/b"}, "s3://m/c", day="2026-01-04")]
    jobs += [training("alone", {"train": RAW}, "s3://m/alone", day="2026-01-02")]
    assert told(used(whole(*jobs), RAW)) == [("a", "used"), ("alone", "used"), ("b", SURE), ("c", SURE)]


# --- how much is covered ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("manifest", "lists", "asked", "cover"),
    [
        ("s3://d/x", ["s3://d/x/1.csv"], "s3://d/x", "all"),
        ("s3://d/x/m", ["s3://d/x/1.csv"], "s3://d/x/", "part"),
        ("s3://d/x/m", ["s3://d/x"], "s3://d/x/", "all"),
        ("s3://d/x/m", ["s3://e/1.csv"], "s3://d/x/", "part"),
        ("s3://l/m", ["s3://d/x/1.csv"], "s3://d/x/", "part"),
        ("s3://l/m", ["s3://d/x/1.csv"], "s3://d/x/1.csv", "all"),
        ("s3://l/m", ["s3://d/x/1.csv"], "s3://l/m", "all"),
        ("s3://l/m", ["s3://d/x/1.csv"], "s3://d/y/", ""),
    ],
    ids=[
        "it is the list, and lists part",
        "it holds the list, and the list names part",
        "it holds the list, and the list names all",
        "it holds the list alone",
        "part is listed",
        "all is listed",
        "it is the list alone",
        "neither",
    ],
)
def test_what_a_list_covers(manifest: str, lists: list[str], asked: str, cover: str) -> None:
    """Of a manifest and what it lists, the one that covers more of the dataset counts."""
    listings = Listings.in_memory()
    version = Manifest(manifest, "ManifestFile", "e", "2026-01-01T00:00:00Z")
    listings.put(version, map(parse_location, lists), "2026-02-01T00:00:00Z")
    graph = graph_of([training("j", [channel("train", manifest, "ManifestFile")])], listings=listings)
    assert [row["cover"] for row in used(graph, asked).findings] == ([cover] if cover else [])


# --- what was not read --------------------------------------------------------------------------

ASKED = "2026-03-10T00:00:00Z"


@pytest.mark.parametrize(
    ("crawls", "later"),
    [
        (["2026-03-09T00:00:00Z"], False),
        ([ASKED], False),
        (["2026-03-10T00:00:01Z"], True),
        (["2026-03-09T00:00:00Z", "2026-03-11T00:00:00Z"], True),
        ([], False),
    ],
    ids=["a crawl before it", "a crawl that began with it", "a crawl a second later", "one before and one later", "no crawl"],
)
def test_deletions_after_the_last_lookup(crawls: list[str], later: bool) -> None:
    """Jobs can have been deleted unseen only where a crawl began after CloudTrail was last read."""
    lookup = Enumeration(ACCOUNT, REGION, CLOUDTRAIL, "LookupEvents", ASKED, "2025-12-10T00:00:00Z", ASKED, joined=True)
    began = [Crawl(number, at, None, "arn:x", (ACCOUNT,), (REGION,), (), "0", "1") for number, at in enumerate(crawls)]
    said = traceless(Scope(tuple(began), places=frozenset({(ACCOUNT, REGION)}), lookups=(lookup,)))
    assert said.startswith("training jobs that were deleted before 2025-12-10T00:00:00Z, ")
    assert (f"nor do those deleted after {ASKED}" in said) is later


@pytest.mark.parametrize(
    ("jobs", "isolated", "expected"),
    [
        (3, 3, []),
        (0, 0, []),
        (3, 2, ["1 of 3 training jobs ran without"]),
        (1, 0, ["the only training job that was read ran without"]),
    ],
)
def test_who_could_read_more(jobs: int, isolated: int, expected: list[str]) -> None:
    """The number of jobs with an open network is shown where there are any, before the standing notes."""
    said = caveats(Scope(training_jobs=jobs, isolated_training_jobs=isolated))
    assert [one.partition(" network")[0] for one in said[:-2]] == expected
    assert said[-2].startswith("training jobs that were deleted")


# --- the scope of the question, and what could hide a use ---------------------------------------


@pytest.mark.parametrize(
    ("accounts", "regions", "account", "region", "takes"),
    [
        ([], [], "1", "r", True),
        (["1"], [], "1", "r", True),
        (["1"], [], "2", "r", False),
        (["1", "2"], [], "2", None, True),
        ([], ["r"], "1", "r", True),
        ([], ["r"], "1", "s", False),
        (["1"], ["r"], "1", "s", False),
        (["1"], ["r"], "2", "r", False),
        (["1"], ["r"], "1", "r", True),
        (["1"], ["r"], None, "r", True),
        (["1"], ["r"], "1", None, True),
        (["1"], ["r"], None, None, True),
        (["1"], ["r"], None, "s", False),
    ],
)
def test_what_is_asked_about(
    accounts: list[str], regions: list[str], account: str | None, region: str | None, takes: bool
) -> None:
    """Each account and region that is named, and all where none is; what is unknown is never said to be elsewhere."""
    assert Within.of(accounts, regions).takes(account, region) is takes


@pytest.mark.parametrize(
    ("accounts", "regions", "expected"),
    [
        ([], [], [("1", "r"), ("2", "s")]),
        (["1"], [], [("1", "r"), ("2", "s")]),
        (["3"], [], [("1", "r"), ("2", "s"), ("3", "")]),
        ([], ["t"], [("", "t"), ("1", "r"), ("2", "s")]),
        (["1"], ["r"], [("1", "r"), ("2", "s")]),
        (["1"], ["s"], [("1", "r"), ("1", "s"), ("2", "s")]),
        (["1", "2"], ["r", "s"], [("1", "r"), ("1", "s"), ("2", "r"), ("2", "s")]),
    ],
)
def test_which_places_must_have_been_read(accounts: list[str], regions: list[str], expected: list[tuple[str, str]]) -> None:
    """All known accounts count, because data may be handed on from anywhere, and so do unknown ones in the question."""
    assert Within.of(accounts, regions).places([("2", "s"), ("1", "r")]) == expected


@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (["training-job", "processing-job"], []),
        (["training-job"], ["processing-job"]),
        ([], [""]),
    ],
    ids=["both", "one of them", "none"],
)
def test_which_lists_are_missing(read: list[str], expected: list[str]) -> None:
    """Each list that was not finished is a gap of its own; where no list was finished, that is one gap."""
    kinds = ["training-job", "processing-job"]
    scope = Scope(places=frozenset({(ACCOUNT, REGION)}), enumerated=frozenset((ACCOUNT, REGION, kind) for kind in read))
    holes = not_enumerated(scope, kinds)
    assert [hole.subject for hole in holes] == expected
    assert all((hole.account, hole.region, hole.reason) == (ACCOUNT, REGION, "not-enumerated") for hole in holes)
    assert len(not_enumerated(Scope(), kinds)) == 1


@pytest.mark.parametrize(
    ("operation", "subject", "reason", "about"),
    [
        ("DescribeTrainingJob", f"training-job:{ACCOUNT}/{REGION}/j", "denied", True),
        ("DescribeModel", f"model:{ACCOUNT}/{REGION}/m", "denied", False),
        ("ListTrainingJobs", "", "denied", True),
        ("ListModels", "", "denied", False),
        ("", "", "denied", True),
        ("GetObject", "s3://l/m", "denied", False),
        ("HeadObject", "s3://l/m", "denied", False),
        ("LookupEvents", CLOUDTRAIL, "denied", False),
        ("DescribeTrainingJob", f"training-job:{ACCOUNT}/{REGION}/j", "unmatched", False),
    ],
)
def test_which_gap_could_hide_a_use(operation: str, subject: str, reason: str, about: bool) -> None:
    """A gap counts by its own kind, or as a training job where the kind is unknown; not where another answer covers it."""
    assert is_about(Gap(ACCOUNT, REGION, operation, subject, reason, ""), ["training-job"]) is about


@pytest.mark.parametrize(
    ("within", "jobs", "said"),
    [
        ({}, ["here", "there"], []),
        ({"regions": [REGION]}, ["here"], [REGION]),
        ({"regions": ["us-east-1"]}, ["there"], ["us-east-1"]),
        ({"accounts": [ACCOUNT]}, ["here", "there"], [ACCOUNT]),
        ({"accounts": [ACCOUNT], "regions": [REGION, "us-east-1"]}, ["here", "there"], [f"{ACCOUNT} and {REGION}, us-east-1"]),
        ({"accounts": ["2"]}, [], ["2"]),
    ],
)
def test_only_uses_of_what_is_asked_about(within: dict[str, list[str]], jobs: list[str], said: list[str]) -> None:
    """Only jobs that the question is about are shown, and the answer says what it left out."""
    here, there = (training(name, {"train": RAW}) for name in ("here", "there"))
    moved = replace(there, region="us-east-1", arn=there.arn.replace(REGION, "us-east-1"))
    answer = used(whole(here, moved), RAW, **within)
    assert [row["job"]["name"] for row in answer.findings] == jobs
    left_out = [f"only {names} was asked about: jobs elsewhere may have used it" for names in said]
    assert [one for one in answer.caveats if one.startswith("only ")] == left_out
    assert ("narrowed" in answer.scope) is bool(within)
