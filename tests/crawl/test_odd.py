"""Odd records: each is kept as far as it can be read, with a gap of its own, and the crawl goes on.

Each is sent through a real botocore client: the account file answers, and a layer in between changes a member of an answer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

import lineage
from cli.main import cli
from lineage.crawl.aws import fetch
from lineage.crawl.aws.fetch import Fetcher, resource_of
from lineage.crawl.aws.refusals import Refused
from lineage.crawl.aws.session import Session
from lineage.crawl.replay.session import Replay, _Reply, _response
from lineage.crawl.unknown import completeness
from lineage.crawl.walk import Walk, endpoint_named
from lineage.domain.kinds import KINDS
from lineage.domain.records import Resource, Unknown
from lineage.domain.redact import read
from lineage.graphs.derive import derive
from tests.conftest import examples
from tests.estate import MODEL, account, estate, fit, line, only, prepared
from tests.records import REGION, arn

NOWHERE = "s3://nowhere/x/"
HALF = "\ud800"
DEEP = "(a list in a list, thousands deep)"
DEEPEST = "[" * 5000 + "]" * 5000
NO_UTF8 = "(a byte that is no UTF-8)"
AGAIN = " (again)"  # behind a name that an object has already
Change = Callable[[Any], Any]


class Changed:
    """An account file, and a layer before it that changes its answers."""

    def __init__(self, path: Path, changes: Mapping[str, Change]) -> None:
        replay = Replay(path)
        self._boto = replay.boto()
        self._respond = replay.hooks()["before-send"]
        events: Any = self._boto.events
        for operation, change in changes.items():
            events.register(f"before-send.sagemaker.{operation}", self._changed(change))

    def _changed(self, change: Change) -> Callable[..., Any]:
        def answer(request: Any, event_name: str, **_: Any) -> Any:
            asked = {name: value for name, value in json.loads(request.body).items() if name != "NextToken"}
            request.body = json.dumps(asked).encode()  # whatever page is requested, the file gives the first one
            reply = self._respond(request, event_name=event_name)
            if reply.status_code >= 300:
                return reply
            text = json.dumps(change(json.loads(reply.content))).replace(json.dumps(DEEP), DEEPEST).replace(AGAIN, "")
            return _response(request, _Reply(text.encode().replace(NO_UTF8.encode(), b"\xff")))

        return answer

    def session(self) -> Session:
        session = Session(boto=self._boto, tries=1, paced=False)
        session.replayed = True
        session.patience = 0
        return session


class Crawled:
    """What a snapshot holds after such a crawl."""

    def __init__(self, folder: Path, changes: Mapping[str, Change], records: list[dict[str, Any]] | None = None) -> None:
        self.path = folder / "s.db"
        lineage.crawl_estate(self.path, session=Changed(account(folder, records=records), changes).session())
        with lineage.open_snapshot(self.path) as snapshot:
            self.gaps = snapshot.gaps()
            self.records = {one.name: one for one in snapshot.resources()}
            self.lists = {one.kind: one for one in snapshot.enumerations()}

    def used(self, place: str) -> str:
        with lineage.open_snapshot(self.path) as snapshot:
            return lineage.used(lineage.around_dataset(snapshot, place), place).verdict

    def survives(self, *words: str) -> None:
        """Run a command over the snapshot: it answers, or says in one line why not."""
        done = CliRunner().invoke(cli, [*words, "--snapshot", str(self.path)])
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
        assert done.exit_code in (0, 2), done.output


def at(*path: str | int, value: Any) -> Change:
    """Put a value at a path of each answer that has it."""

    def change(answer: Any) -> Any:
        within = answer
        for step in path[:-1]:
            within = within[step]
        within[path[-1]] = value
        return answer

    return change


# --- a record -------------------------------------------------------------------------------------

PREP = [prepared("prep", "s3://raw/", {"S3Output": {"S3Uri": "s3://made/"}}), fit("after", {"train": "s3://made/"})]
INPUT: tuple[str | int, ...] = ("ProcessingInputs", 0, "S3Input", "S3Uri")
ODD = {
    "half a character": ((*INPUT,), f"s3://raw/{HALF}/", "is a text with half a character"),
    "the character zero": ((*INPUT,), "s3://raw/\0/", "is a text with the character zero"),
    "the character zero in a map": (("Environment",), {"a\0": "x"}, "the character zero in a name"),
    "a byte that is no UTF-8": ((*INPUT,), f"s3://raw/{NO_UTF8}/", "is a text with half a character"),
    "a list that is said twice": ((f"ProcessingInputs{AGAIN}",), [], "ProcessingInputs is given twice"),
    "a place that is said twice": ((*INPUT[:-1], f"S3Uri{AGAIN}"), "s3://other/", "S3Input.S3Uri is given twice"),
    "a time that is said twice": ((f"ProcessingEndTime{AGAIN}",), 1, "ProcessingEndTime is given twice"),
    "a place that is an object": ((*INPUT,), {"Bucket": "raw"}, "ProcessingInputs[].S3Input.S3Uri is not a text"),
    "a place that is a number": ((*INPUT,), 10**400, "ProcessingInputs[].S3Input.S3Uri is not a text"),
    "a place that is very deep": ((*INPUT,), DEEP, "ProcessingInputs[].S3Input.S3Uri is not a text"),
    "a list that is a word": (("ProcessingInputs",), "none", 'ProcessingInputs is not a list ("none")'),
    "a list that is an object": (("ProcessingInputs",), {"0": {}}, "ProcessingInputs is not a list"),
    "a list that is very deep": (("ProcessingInputs",), DEEP, "ProcessingInputs[] is not a structure"),
    "a structure that is a list": (("ProcessingInputs", 0), [], "ProcessingInputs[] is not a structure ([])"),
    "a structure that is a number": (("ProcessingOutputConfig",), 7, "ProcessingOutputConfig is not a structure (7)"),
    "null in a list": (("ProcessingInputs", 0), None, "ProcessingInputs[] is null"),
    "null in a list of texts": (("AppSpecification", "ContainerArguments"), ["a", None], "ContainerArguments[] is null"),
    "null in a map": (("Environment",), {"A": None}, "Environment.* is null"),
    "half a name in a map": (("Environment",), {HALF: "x"}, "half a character in a name"),
    "the year 0": (("ProcessingEndTime",), "0000-01-01T00:00:00Z", "ProcessingEndTime is not a time that a record can have"),
    "the year 1": (("ProcessingStartTime",), "0001-01-01T00:00:00Z", "is not a time that a record can have"),
    "the last moment": (("CreationTime",), "9999-12-31T23:59:59Z", "is not a time that a record can have"),
    "a time that no calendar has": (("CreationTime",), 1e30, "CreationTime is not a time that a record can have (1e+30)"),
    "a time of more digits than can be read": (("CreationTime",), 10**4000, "CreationTime is not a time"),
    "a time before computers": (("LastModifiedTime",), -1, "LastModifiedTime is not a time that a record can have (-1)"),
    "a time that is no number": (("CreationTime",), float("nan"), "CreationTime is not a time"),
    "a time that is an object": (("CreationTime",), {"$date": 1}, "CreationTime is not a time"),
    "a time that is a flag": (("CreationTime",), True, "CreationTime is not a time"),
    "a status that is a list": (("ProcessingJobStatus",), ["Completed"], "ProcessingJobStatus is not a text"),
    "a name that is a number": (("ProcessingJobName",), 5, "ProcessingJobName is not a text (5)"),
    "a flag that is a word": (
        ("NetworkConfig",),
        {"EnableNetworkIsolation": "yes"},
        "EnableNetworkIsolation is not true or false",
    ),
    "a number that is a list": (("StoppingCondition",), {"MaxRuntimeInSeconds": []}, "MaxRuntimeInSeconds is not a number"),
    "too large a number": (("StoppingCondition",), {"MaxRuntimeInSeconds": 2**65}, "is not a 64-bit number"),
}


def spoilt(*path: str | int, value: Any) -> dict[str, Change]:
    """A change to what Describe says about a processing job."""
    return {"DescribeProcessingJob": at(*path, value=value)}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_member_costs_that_member(tmp_path: Path, case: str) -> None:
    """A record is stored without its odd part, a gap names that part, and the answer is not "not used"."""
    path, value, told = ODD[case]
    crawled = Crawled(tmp_path, spoilt(*path, value=value), PREP)
    (gap,) = crawled.gaps
    assert (gap.operation, gap.subject, gap.reason) == ("DescribeProcessingJob", arn("processing-job", "prep"), "odd-member")
    assert told in gap.detail
    assert len(gap.detail) < 800
    assert set(crawled.records) == {"prep", "after"}
    assert crawled.used(NOWHERE) == "unknown"
    crawled.survives("gaps", "-f", "tsv")


def test_what_is_well_in_an_odd_record_is_read(tmp_path: Path) -> None:
    """One odd input hides neither the others nor the job's outputs."""
    both = prepared("prep", "s3://raw/", {"S3Output": {"S3Uri": "s3://made/"}})
    both["record"]["ProcessingInputs"] += [{"InputName": "more", "S3Input": {"S3Uri": "s3://more/", "S3DataType": "S3Prefix"}}]
    crawled = Crawled(tmp_path, spoilt("ProcessingInputs", 0, value=None), [both, PREP[1]])
    assert crawled.used("s3://more/") == "used-indirectly"
    assert crawled.used("s3://raw/") == "unknown"


def test_describe_mends_what_search_says(tmp_path: Path) -> None:
    """An odd result of Search is fetched individually: a record that Describe gives whole has no gap."""
    spoil = {"Search": at("Results", 0, "TrainingJob", "InputDataConfig", value="none")}
    crawled = Crawled(tmp_path, spoil, PREP)
    assert (crawled.gaps, crawled.used("s3://raw/"), crawled.used(NOWHERE)) == ([], "used-indirectly", "not-referenced")
    both = spoil | {"DescribeTrainingJob": at("InputDataConfig", value="none")}
    (folder := tmp_path / "both").mkdir()
    crawled = Crawled(folder, both, PREP)
    assert [(gap.operation, gap.subject, gap.reason) for gap in crawled.gaps] == [
        ("DescribeTrainingJob", arn("training-job", "after"), "odd-member")
    ]
    assert crawled.used(NOWHERE) == "unknown"


def test_a_record_that_is_well_again_has_no_gap(tmp_path: Path) -> None:
    """The next crawl fetches an odd record again, and closes its gap."""
    assert Crawled(tmp_path, spoilt("ProcessingInputs", value="none"), PREP).gaps
    crawled = Crawled(tmp_path, {}, PREP)
    assert (crawled.gaps, crawled.used(NOWHERE)) == ([], "not-referenced")


# --- documents inside a record --------------------------------------------------------------------

JOINED = json.dumps({"Std:Join": {"On": "/", "Values": ["s3:/", "hidden", "x"]}})
DOCUMENTS = {
    "nested too deeply": f'{{"Deep": {DEEPEST}, "Data": {JOINED}}}',
    "as deep as Python just goes": f'{{"Deep": {"[" * 900 + "]" * 900}, "Data": {JOINED}}}',
    "a name said twice": f'{{"Data": {JOINED}, "Data": 1}}',
    "half of it": f'{{"Data": {JOINED}',
    "a list": f"[{JOINED}]",
    "a word": "none",
}


@pytest.mark.parametrize("case", DOCUMENTS)
def test_a_definition_that_can_not_be_read_is_a_hole(tmp_path: Path, case: str) -> None:
    """A pipeline definition with unresolvable joins could name any place."""
    definition = line("pipeline", "p", {"PipelineStatus": "Active", "PipelineDefinition": DOCUMENTS[case]})
    crawled = Crawled(tmp_path, {}, [definition, *PREP])
    assert [(gap.subject, gap.reason) for gap in crawled.gaps] == [(arn("pipeline", "p"), "odd-member")]
    assert crawled.gaps[0].detail.startswith("PipelineDefinition can't be read: ")
    assert crawled.used("s3://hidden/x") in ("unknown", "possible")
    assert crawled.used(NOWHERE) == "unknown"


@pytest.mark.parametrize("parameters", [5, "x", {"Name": "x"}, [5, None, {"Name": 7, "DefaultValue": [1]}]])
def test_a_definition_of_odd_parts_is_read(tmp_path: Path, parameters: Any) -> None:
    """A document by people may have any shape, and its readable parts are read."""
    text = json.dumps({"Parameters": parameters, "Steps": [{"Name": ["x"], "Arguments": {"S3Uri": "s3://hidden/x"}}, 5]})
    definition = line("pipeline", "p", {"PipelineStatus": "Active", "PipelineDefinition": text})
    crawled = Crawled(tmp_path, {}, [definition, *PREP])
    assert (crawled.gaps, crawled.used("s3://hidden/x"), crawled.used(NOWHERE)) == ([], "possible", "not-referenced")


@pytest.mark.parametrize("wrapped", ["[" * 5000 + '"s3://hidden/x"' + "]" * 5000, "{" + '"a":{' * 3000 + "s3://hidden/x"])
def test_a_text_that_is_very_deep_is_looked_through(tmp_path: Path, wrapped: str) -> None:
    """A hyperparameter that holds JSON of any depth names the places in it."""
    job = fit("deep", {"train": "s3://d/"}, HyperParameters={"config": wrapped})
    crawled = Crawled(tmp_path, {}, [job])
    assert (crawled.gaps, crawled.used("s3://hidden/x")) == ([], "possible")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": "s3://d/\\ud800x", "password": "p"}',
        '"s3://d/\\udfff"',
        '{"\\ud800": {"b": ["\\uDC00"]}}',
        '{"a": "s3://d/\\u0000"}',
    ],
)
@pytest.mark.parametrize("member", ["HyperParameters", "Environment"])
def test_half_a_character_inside_a_text_is_survived(tmp_path: Path, member: str, text: str) -> None:
    """JSON inside a text may name half a character, too; no key or name contains one."""
    jobs = [fit("j", {"train": "s3://d/"}, **{member: {"config": text}})]
    documents = [
        line("pipeline", "p", {"PipelineStatus": "Active", "PipelineDefinition": text if text[0] == "{" else "{}"}),
        line(
            "job",
            "AgentRFT/rft",
            {"JobName": "rft", "JobCategory": "AgentRFT", "JobStatus": "Completed", "JobConfigDocument": text},
        ),
    ]
    crawled = Crawled(tmp_path, {}, [*jobs, *documents])
    assert crawled.used("s3://d/") == "used"
    for words in (("gaps",), ("export", "-f", "json", "-o", f"{tmp_path}/e.json")):
        crawled.survives(*words)


# The content of an odd but well-formed training job, and whether its places are known all the same.
STRANGE: dict[str, tuple[dict[str, Any], str]] = {
    "another partition": ({"TrainingJobArn": arn("training-job", "after").replace("arn:aws:", "arn:aws-cn:")}, "used"),
    "no region in its ARN": ({"TrainingJobArn": arn("training-job", "after").replace("eu-west-1", "")}, "used"),
    "the ARN of another kind": ({"TrainingJobArn": arn("model", "after")}, "used"),
    "an ARN in capitals": ({"TrainingJobArn": arn("training-job", "after").upper()}, "unknown"),
    "empty texts": ({"TrainingJobName": "", "TrainingJobStatus": "", "RoleArn": ""}, "used"),
    "no times": ({"CreationTime": None, "LastModifiedTime": None, "TrainingStartTime": None, "TrainingEndTime": None}, "used"),
    "an end before its start": ({"TrainingStartTime": 1767400000, "TrainingEndTime": 1767300000}, "used"),
    "a name of a megabyte": ({"TrainingJobName": "n" * 1_000_000}, "used"),
    "keys with NUL": ({"HyperParameters": {"a\x00b": "s3://x\x00/y", "": ""}}, "used"),
    "a name with NUL": ({"TrainingJobName": "aft\x00er"}, "unknown"),
    "a place of a megabyte": ({"HyperParameters": {"p": "s3://q/" * 100_000}}, "used"),
    "empty tags and steps": (
        {"Tags": [{}, {"Key": "a"}], "SecondaryStatusTransitions": [{}, {"Status": "Downloading"}]},
        "used",
    ),
}


@pytest.mark.parametrize("case", STRANGE)
def test_what_is_strange_and_well_formed_is_read(tmp_path: Path, case: str) -> None:
    """An unlikely but possible record leaves every question answered, and the data stays used."""
    said, verdict = STRANGE[case]
    spoil: dict[str, Change] = {
        "DescribeTrainingJob": lambda answer: answer | said,
        "Search": lambda answer: (
            answer
            | {"Results": [{"TrainingJob": one["TrainingJob"] | said} for one in answer["Results"] if "TrainingJob" in one]}
        ),
    }
    crawled = Crawled(tmp_path, spoil, [fit("after", {"train": "s3://made/"})])
    assert crawled.used("s3://made/") == verdict
    for words in (("gaps",), ("export", "-f", "json", "-o", f"{tmp_path}/e.json"), ("report", "-o", f"{tmp_path}/r.html")):
        crawled.survives(*words)


# --- pages ----------------------------------------------------------------------------------------

ITEMS = {
    "null": (None, "an element of its list is null"),
    "a word": ("x", "an element of its list is not a structure"),
    "very deep": (DEEP, "an element of its list is not a structure"),
    "no name": ({}, "something in it has no ProcessingJobArn"),
    "an empty ARN": ({"ProcessingJobArn": ""}, "something in it has no ProcessingJobArn"),
    "an ARN that is a list": ({"ProcessingJobArn": ["x"]}, "ProcessingJobArn is not a text"),
    "an ARN that is none": ({"ProcessingJobArn": "prep"}, "is not an ARN"),
    "a name, and an ARN that is none": ({"ProcessingJobName": "other", "ProcessingJobArn": "0"}, "is not an ARN"),
}


@pytest.mark.parametrize("case", ITEMS)
def test_an_odd_element_costs_that_element(tmp_path: Path, case: str) -> None:
    """The rest of the page is read; the list is unfinished, and says which element has no readable name."""
    item, told = ITEMS[case]

    def insert(answer: Any) -> Any:
        answer["ProcessingJobSummaries"].insert(0, item)
        return answer

    crawled = Crawled(tmp_path, {"ListProcessingJobs": insert}, PREP)
    assert set(crawled.records) == {"prep", "after"}
    assert [(gap.subject, gap.reason) for gap in crawled.gaps] == [("processing-job", "failed")]
    assert told in crawled.gaps[0].detail
    assert (crawled.used("s3://raw/"), crawled.used(NOWHERE)) == ("used-indirectly", "unknown")


@pytest.mark.parametrize("value", ["", 10**30, -1, None, HALF, [], 1e30])
def test_an_element_without_a_time_is_read(tmp_path: Path, value: Any) -> None:
    """A name with an odd time still counts; the record comes from another call."""
    crawled = Crawled(tmp_path, {"ListProcessingJobs": at("ProcessingJobSummaries", 0, "CreationTime", value=value)}, PREP)
    assert set(crawled.records) == {"prep", "after"}
    assert (crawled.gaps, crawled.used(NOWHERE)) == ([], "not-referenced")


@pytest.mark.parametrize("token", [5, {"a": 1}, ["x"], True, HALF])
def test_a_token_that_is_none_ends_the_list_in_a_gap(tmp_path: Path, token: Any) -> None:
    """Whether more follows is unknown: what came is stored, and the list is unfinished."""
    crawled = Crawled(tmp_path, {"ListProcessingJobs": at("NextToken", value=token)}, PREP)
    assert set(crawled.records) == {"prep", "after"}
    assert [(gap.subject, gap.reason) for gap in crawled.gaps] == [("processing-job", "failed")]
    assert "NextToken is " in crawled.gaps[0].detail
    assert crawled.used(NOWHERE) == "unknown"


# --- pages without an end -------------------------------------------------------------------------


def endless(*, same: bool, grow: bool) -> Change:
    """Every page has a token, the same or a fresh one, and names the same records again, or something new."""
    met = 0

    def change(answer: Any) -> Any:
        nonlocal met
        met += 1
        if grow:
            new = {"ProcessingJobName": f"p{met}", "ProcessingJobArn": arn("processing-job", f"p{met}")}
            answer["ProcessingJobSummaries"] = [answer["ProcessingJobSummaries"][0] | new]
        return answer | {"NextToken": "again" if same else f"t{met}"}

    return change


@pytest.mark.parametrize(
    ("same", "grow", "told"),
    [
        (True, False, "the same NextToken again and again"),
        (True, True, "the same NextToken again and again"),
        (False, False, "a new NextToken with each of 30 pages in a row that bring nothing new"),
        (False, True, "a new NextToken with each of 50 pages"),
    ],
)
def test_pages_without_an_end_are_a_gap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, same: bool, grow: bool, told: str
) -> None:
    """A list that never stops returning a token ends in a gap that says how, and its names are kept."""
    monkeypatch.setattr(fetch, "MOST_BARREN", 30)
    monkeypatch.setattr(fetch, "MOST_PAGES", 50)
    crawled = Crawled(tmp_path, {"ListProcessingJobs": endless(same=same, grow=grow)}, PREP)
    (gap,) = (gap for gap in crawled.gaps if gap.subject == "processing-job")
    assert gap.detail.startswith(f"ListProcessingJobs gives {told}")
    assert "after" in crawled.records
    assert crawled.used(NOWHERE) == "unknown"


def test_pages_that_bring_nothing_may_be_followed_by_one_that_does(tmp_path: Path) -> None:
    """Some hundred empty pages are no end: what comes behind them is read."""
    left = 200

    def change(answer: Any) -> Any:
        nonlocal left
        left -= 1
        return answer if left < 0 else {"ProcessingJobSummaries": [], "NextToken": f"t{left}"}

    crawled = Crawled(tmp_path, {"ListProcessingJobs": change}, PREP)
    assert (set(crawled.records), crawled.gaps) == ({"prep", "after"}, [])


# --- any odd value --------------------------------------------------------------------------------

TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
NUMBER = st.integers(-(10**40), 10**40) | st.floats() | st.sampled_from([0, -1, 1e30, 10**400])
LEAF = st.none() | st.booleans() | NUMBER | TEXT | st.sampled_from([DEEP, HALF, "", "\x00", "x" * 100_000])
INNER = LEAF | st.lists(LEAF, max_size=3) | st.dictionaries(TEXT, LEAF, max_size=3)
JSON = INNER | st.lists(INNER, max_size=3) | st.dictionaries(TEXT, INNER, max_size=3)
PLACES = [only(kind) for kind in KINDS if any(only(kind) in json.dumps(entry) for entry in estate())]


def is_odd(old: Any, new: Any, *, listed: bool) -> bool:
    """Whether a value could not stand in the place of another one: it has another type, or no value of its type."""
    if new is None or old is None:
        return listed and old is not None
    sorts = [next(sort for sort in (bool, str, (int, float), list, dict) if isinstance(one, sort)) for one in (old, new)]
    if sorts[0] is not sorts[1]:
        return not (isinstance(new, str) and new.replace(".", "", 1).isdigit())  # a time may have this form
    return isinstance(new, str) and HALF in new


def members(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every member of an answer at any depth: its container, and its key or number."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from members(value[key])


class Spoiler:
    """Puts a value into the place of a member of each answer, and records whether all of these were odd."""

    def __init__(self, which: int, value: Any) -> None:
        self.odd = True
        self._which, self._value = which, value

    def __call__(self, answer: Any) -> Any:
        if found := list(members(answer)):
            within, key = found[self._which % len(found)]
            self.odd &= is_odd(within[key], self._value, listed=isinstance(within, list))
            within[key] = self._value
        return answer


SPOILT = [
    "DescribeProcessingJob", "DescribePipeline", "DescribePipelineExecution", "DescribeAlgorithm", "DescribeModelCard", "DescribeTrainingJob",
    "Search", "ListTrainingJobs", "ListProcessingJobs", "ListPipelineExecutionSteps", "ListAssociations", "ListModels",
]  # fmt: skip
QUESTIONS = (
    ("used", NOWHERE), ("trace", "live"), ("gaps",), ("report", "-o", "r.html"), ("export", "-f", "json", "-o", "e.json"),
)  # fmt: skip


@settings(max_examples=8)
@given(operation=st.sampled_from(SPOILT), which=st.integers(0, 10**6), value=JSON)
def test_any_json_in_an_answer_is_survived(operation: str, which: int, value: Any) -> None:
    """Whatever stands in the place of a member, all questions are answered; if it was odd, no place is called unused."""
    with TemporaryDirectory() as folder:
        spoiler = Spoiler(which, value)
        crawled = Crawled(Path(folder), {operation: spoiler})
        for words in QUESTIONS:
            crawled.survives(*(f"{folder}/{word}" if word.endswith((".html", ".json")) else word for word in words))
        if spoiler.odd:
            assert [place for place in PLACES if crawled.used(place) == "not-referenced"] == []


@settings(max_examples=examples(15))
@given(which=st.integers(0, 10**6), value=JSON, operation=st.sampled_from([
    "DescribeEndpoint", "DescribeEndpointConfig", "DescribeModel", "DescribeTrainingJob", "DescribeProcessingJob",
    "ListProcessingJobs", "ListTrialComponents", "ListAssociations", "Search",
]))  # fmt: skip
def test_any_json_on_a_walk_is_survived(which: int, value: Any, operation: str) -> None:
    """A crawl from an endpoint survives it as well, once it has the endpoint's own record; the kept records form a graph."""
    with TemporaryDirectory() as folder:
        fetcher = Fetcher(Changed(account(Path(folder)), {operation: Spoiler(which, value)}).session())
        found: list[Any] = []
        try:
            endpoint = endpoint_named(fetcher, "live")
        except Refused:
            return
        Walk(fetcher, found.append).upstream(endpoint)
        nodes = derive([one for one in found if isinstance(one, Resource)]).nodes
        assert endpoint.id in nodes


BODIES = {
    "training-job": estate()[0]["record"],
    **{entry["kind"]: entry["record"] for entry in estate() if entry["kind"] in (
        "processing-job", "transform-job", "tuning-job", "automl-job", "job", "pipeline", "trial-component", "model",
        "endpoint-config", "endpoint", "algorithm", "feature-group", "model-card", "model-package",
    )},
}  # fmt: skip


@settings(max_examples=examples(40))
@given(kind=st.sampled_from(sorted(BODIES)), changes=st.lists(st.tuples(st.integers(0, 10**6), JSON), max_size=3))
def test_any_json_in_a_record_is_joined(kind: str, changes: list[tuple[int, Any]]) -> None:
    """The kept part of a record, whatever its members are, forms a graph."""
    row, body = KINDS[kind], json.loads(json.dumps(BODIES[kind]))
    for which, value in changes:
        body = Spoiler(which, value)(body)
    unknown: list[Unknown] = []
    shape = MODEL.operation_model(row.describe).output_shape
    kept = read(body, shape.members[row.wrapped] if row.wrapped else shape, unknown)
    try:
        record = resource_of(row, kept, REGION, tuple(unknown))
    except Refused:
        return
    gap = completeness(record)
    assert gap is None or gap.detail.encode()
    assert record.id in derive([record]).nodes
