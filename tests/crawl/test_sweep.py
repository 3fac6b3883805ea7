"""One sweep of a small account: which calls it makes, how often, what it counts, and what it reads besides the lists."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.crawl.replay.session import replay_session
from lineage.crawl.sweep import doubted
from lineage.domain.kinds import KINDS
from lineage.domain.records import Enumeration, Gap, Resource
from tests.estate import account, estate, fit, line
from tests.records import ACCOUNT, REGION, arn, record

OTHER = "999988887777"
CATEGORIES = len(KINDS["job"].list_values)  # each is listed by itself
PUBLIC = f"arn:aws:sagemaker:{REGION}:aws:hub-content/public/Model/base/1.0.0"
PRIVATE = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:hub-content/own/Model/tuned/1.0.0"


@dataclass
class Swept:
    """The calls of a sweep, by operation, and what it left in its snapshot."""

    asked: Counter[str]
    records: list[Resource]
    lists: dict[str, Enumeration]
    gaps: list[Gap]
    told: list[lineage.Progress]

    def names(self, kind: str) -> list[str]:
        return sorted(one.name for one in self.records if one.kind == kind)


def sweep(folder: Path, *records: dict[str, Any], faults: tuple[dict[str, Any], ...] = (), **words: Any) -> Swept:
    """Crawl an account of some records, or of one of each kind, and keep the calls to AWS."""
    asked: Counter[str] = Counter()
    told: list[lineage.Progress] = []
    path = account(folder, *faults, records=list(records) or estate())
    session = replay_session(path, tries=1, on_answer=lambda call, said: asked.update([call + said.get("Resource", "")]))
    lineage.crawl_estate(folder / "s.db", session=session, on_progress=told.append, **words)
    with lineage.open_snapshot(folder / "s.db") as snapshot:
        lists = {one.kind: one for one in snapshot.enumerations()}
        return Swept(asked, list(snapshot.resources()), lists, snapshot.gaps(), told)


def described(found: Swept) -> set[str]:
    """The Describe calls of a sweep."""
    return {call for call in found.asked if call.startswith("Describe")}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Swept:
    return sweep(tmp_path_factory.mktemp("whole"))


def test_each_call_is_made_once(whole: Swept) -> None:
    """A sweep makes one list and one Search per kind, and one Describe per record that no Search gives: no more than that."""
    assert {call: times for call, times in whole.asked.items() if times != 1} == {"ListJobs": CATEGORIES}
    there = {entry["kind"] for entry in estate()}
    assert {call.removeprefix("Search") for call in whole.asked if call.startswith("Search")} == {
        KINDS[kind].search for kind in there if KINDS[kind].search
    }
    single = {KINDS[kind].describe for kind in there if not KINDS[kind].search}
    doubted_here = {"DescribePipeline"}  # only Describe has its definition
    assert {call for call in whole.asked if call.startswith("Describe")} == single | doubted_here


def test_what_is_counted(whole: Swept) -> None:
    """The sum over all lists is the number of calls made, and each list counts its records; progress ends with the sums."""
    assert sum(one.calls for one in whole.lists.values()) == whole.asked.total() == whole.told[-1].calls
    of_kind = Counter(entry["kind"] for entry in estate())
    assert {kind: one.records for kind, one in whole.lists.items() if one.records} == dict(of_kind)
    assert (whole.told[-1].records, whole.told[-1].gaps) == (len(estate()), 0)
    assert (whole.told[-1].done, whole.told[-1].total) == (len(whole.lists), len(whole.lists))
    pages = {kind: whole.lists[kind].pages for kind in ("training-job", "algorithm", "model-package-group", "job")}
    assert pages == {"training-job": 2, "algorithm": 1, "model-package-group": 1, "job": CATEGORIES + 1}


def test_what_waits_for_another_kind(tmp_path: Path) -> None:
    """The executions are listed pipeline by pipeline; where not every pipeline was listed, the list of executions says why."""
    of_pipelines = [entry for entry in estate() if entry["kind"].startswith("pipeline")]
    kinds = ["pipeline", "pipeline-execution"]
    (tmp_path / "all").mkdir()
    fine = sweep(tmp_path / "all", *of_pipelines, kinds=kinds)
    assert (fine.names("pipeline-execution"), fine.asked["ListPipelineExecutions"]) == (["p/execution/e"], 1)
    assert fine.lists["pipeline-execution"].finished
    denied = {"fault": "AccessDeniedException", "operation": "ListPipelines"}
    refused = sweep(tmp_path, *of_pipelines, kinds=kinds, faults=(denied,))
    lost = refused.lists["pipeline-execution"]
    assert (lost.finished, lost.reason) == (None, "not-enumerated")
    assert lost.detail.startswith("not every pipeline was listed: ")
    assert refused.told[-1].gaps == 2


def test_what_waits_for_a_kind_that_is_not_asked_for(tmp_path: Path) -> None:
    """Executions cannot be listed without pipelines, and their list says so."""
    lost = sweep(tmp_path, *estate(), kinds=["pipeline-execution", "algorithm"]).lists["pipeline-execution"]
    assert (lost.finished, lost.reason) == (None, "not-enumerated")
    assert lost.detail == "it is listed by pipeline, which was not requested"


def hub_content(hub: str, **body: Any) -> dict[str, Any]:
    """A model of a hub, by its ARN."""
    parts = dict(zip(KINDS["hub-content"].keys, hub.split("/")[1:], strict=True))
    return {"kind": "hub-content", "record": parts | {"HubContentArn": hub, "CreationTime": "2025-01-01T00:00:00Z"} | body}


def begins_with(hub: str, name: str) -> dict[str, Any]:
    """A training job that started from a model of a hub."""
    source = {"S3DataType": "S3Prefix", "S3Uri": "s3://jumpstart/", "HubAccessConfig": {"HubContentArn": hub}}
    return fit(name, {}, InputDataConfig=[{"ChannelName": "model", "DataSource": {"S3DataSource": source}}])


def test_what_only_records_name_is_read_once(tmp_path: Path) -> None:
    """A resource without a list is read once where records name it by ARN, and so is what it names in turn."""
    jobs = [begins_with(PRIVATE, name) for name in ("one", "two")]
    chain = hub_content(PRIVATE, SageMakerPublicHubContentArn=PUBLIC), hub_content(PUBLIC)
    package = arn("model-package", "g/1", account=OTHER)
    model = line("model", "m", {"Containers": [{"ModelPackageName": package}]})
    theirs = {"kind": "model-package", "record": {"ModelPackageArn": package, "ModelPackageGroupName": "g", "ModelPackageVersion": 1, "CreationTime": "2025-01-01T00:00:00Z", "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": []}}}  # fmt: skip
    found = sweep(tmp_path, *jobs, *chain, model, theirs, kinds=["training-job", "model"])
    assert found.names("hub-content") == ["base", "tuned"]
    assert (found.asked["DescribeHubContent"], found.asked["DescribeModelPackage"], found.gaps) == (2, 1, [])
    assert [one.account for one in found.records if one.kind == "model-package"] == [OTHER]


def test_what_only_records_name_may_be_gone(tmp_path: Path) -> None:
    """A deleted resource that a record names becomes a gap, after a second request to make sure."""
    found = sweep(tmp_path, begins_with(PUBLIC, "one"), kinds=["training-job"])
    assert [(gap.operation, gap.reason) for gap in found.gaps] == [("DescribeHubContent", "missing")]
    assert found.asked["DescribeHubContent"] == 2


def test_what_search_gives_by_halves_is_described(tmp_path: Path) -> None:
    """An updating endpoint is described, because only Describe has its pending deployment; one in service is not."""
    states = [
        line("endpoint", f"e-{status.lower()}", {"EndpointConfigName": "c", "EndpointStatus": status})
        for status in ("InService", "Updating", "Creating")
    ]
    found = sweep(tmp_path, *states, kinds=["endpoint"])
    assert (found.asked["DescribeEndpoint"], found.lists["endpoint"].records) == (2, 3)
    assert found.lists["endpoint"].finished


def test_what_search_refuses_is_described(tmp_path: Path) -> None:
    """Where Search is refused, each record of the list is described, and nothing is missing."""
    denied = {"fault": "AccessDeniedException", "operation": "Search"}
    found = sweep(tmp_path, *(fit(f"j{number}", {}) for number in range(40)), kinds=["training-job"], faults=(denied,))
    assert (found.asked["DescribeTrainingJob"], found.lists["training-job"].records, found.gaps) == (40, 40, [])


@pytest.mark.parametrize(
    ("doubts", "body", "expected"),
    [
        ((), {"A": 1}, False),
        (("A",), {"A": 1}, True),
        (("A",), {"B": 1}, False),
        (("!A",), {"A": 1}, False),
        (("!A",), {"B": 1}, True),
        (("A!=x",), {"A": "x"}, False),
        (("A!=x",), {"A": "y"}, True),
        (("A!=x",), {}, True),
        (("!A&B",), {"B": 1}, True),
        (("!A&B",), {"A": 1, "B": 1}, False),
        (("!A&B",), {}, False),
        (("A", "B"), {"B": 1}, True),
        (("A", "B"), {"C": 1}, False),
        (("A.B",), {"A": {"B": 1}}, True),
    ],
)
def test_what_is_doubted(doubts: tuple[str, ...], body: dict[str, Any], expected: bool) -> None:
    """A field that is present, absent or different, or two of these at once: any one doubt of a kind is enough."""
    assert doubted(replace(KINDS["model"], doubts=doubts), record("model", "m", body)) is expected


# --- a second sweep -----------------------------------------------------------------------------

OLD = [fit(name, {}) for name in ("a", "b", "c")]
NEW_TIMES = {"CreationTime": "2031-01-02T09:55:00Z", "LastModifiedTime": "2031-01-02T11:00:00Z"}
NEW = fit("new", {}, **NEW_TIMES)
CHANGED = fit("a", {}, LastModifiedTime="2031-01-02T11:00:00Z", HyperParameters={"h": "1"})
RUNNING = fit("r", {}, TrainingJobStatus="InProgress")
ENDED = fit("r", {}, TrainingJobStatus="Completed")


@pytest.mark.parametrize(
    ("before", "after", "described", "records"),
    [
        (OLD, OLD, 0, 0),
        (OLD, [*OLD, NEW], 0, 1),
        (OLD, [CHANGED, *OLD[1:]], 0, 1),
        ([*OLD, RUNNING], [*OLD, ENDED], 1, 1),
        (OLD, OLD[1:], 0, 0),
    ],
    ids=["nothing new", "a new job", "a job that was changed", "a job that has ended", "a job that is gone"],
)
def test_a_second_sweep_asks_for_what_is_new(
    tmp_path: Path, before: list[Any], after: list[Any], described: int, records: int
) -> None:
    """New and changed records come by the list and by Search; a job that had not ended is described individually."""
    sweep(tmp_path, *before, kinds=["training-job"])
    second = sweep(tmp_path, *after, kinds=["training-job"])
    assert (second.asked["DescribeTrainingJob"], second.lists["training-job"].records) == (described, records)
    assert second.lists["training-job"].finished
    assert second.lists["training-job"].since
    bodies = {one["record"]["TrainingJobName"]: one["record"] for one in [*before, *after]}
    assert {one.name: one.body for one in second.records} == bodies


@pytest.mark.parametrize(("full", "gone"), [(True, {"a"}), (False, set())])
def test_only_a_whole_list_tells_what_is_gone(tmp_path: Path, full: bool, gone: set[str]) -> None:
    """A job that is no longer on the list is deleted, if the list was complete; otherwise its absence means nothing."""
    sweep(tmp_path, *OLD, kinds=["training-job"])
    sweep(tmp_path, *OLD[1:], kinds=["training-job"], full=full)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert {node.name for node in snapshot.of_kind("training-job") if node.details.get("deleted")} == gone


@pytest.mark.parametrize(("full", "finished"), [(True, True), (False, False)])
def test_what_was_changed_only_search_tells(tmp_path: Path, full: bool, finished: bool) -> None:
    """Where Search is refused a complete list replaces it; a list of new records alone does not, and is unfinished."""
    sweep(tmp_path, *OLD, kinds=["training-job"])
    denied = {"fault": "AccessDeniedException", "operation": "Search"}
    second = sweep(tmp_path, *OLD, NEW, kinds=["training-job"], full=full, faults=(denied,))
    assert bool(second.lists["training-job"].finished) is finished
    assert (second.lists["training-job"].reason == "denied") is not finished


MANY = [fit(f"o{number:02}", {}, CreationTime=f"2026-01-02T09:{number:02}:00Z") for number in range(24)]
LATER = [fit(f"n{number:02}", {}, **NEW_TIMES | {"CreationTime": f"2031-01-02T09:{number:02}:00Z"}) for number in range(6)]


@pytest.mark.parametrize(("orderly", "pages"), [(True, 2), (False, 8)], ids=["in the order asked for", "in another one"])
def test_a_list_of_new_records_ends_at_a_known_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, orderly: bool, pages: int
) -> None:
    """A list is read from its newest element up to the first that an earlier crawl has listed, if it comes in order."""
    for module in ("aws.fetch", "listing"):
        monkeypatch.setattr(f"lineage.crawl.{module}.PAGE", 4)
    sweep(tmp_path, *MANY, kinds=["training-job"])

    def reverse(response_dict: dict[str, Any], **_: Any) -> None:
        page = json.loads(response_dict["body"])
        response_dict["body"] = json.dumps(page | {"TrainingJobSummaries": page["TrainingJobSummaries"][::-1]}).encode()

    asked: Counter[str] = Counter()
    path = account(tmp_path, records=[*MANY, *LATER])
    session = replay_session(path, on_answer=lambda call, _: asked.update([call]))
    if not orderly:
        session.client(REGION).meta.events.register_first("before-parse.sagemaker.ListTrainingJobs", reverse)
    lineage.crawl_estate(tmp_path / "s.db", session=session, kinds=["training-job"])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        (one,) = snapshot.enumerations()
        assert (asked["ListTrainingJobs"], one.records, bool(one.finished)) == (pages, len(LATER), True)
        assert len(list(snapshot.records("training-job"))) == len(MANY) + len(LATER)
    assert asked["DescribeTrainingJob"] == 0


def test_nothing_is_searched_where_nothing_is(tmp_path: Path) -> None:
    """Where no crawl has read a record of a kind, only its list is asked for new ones: none can have changed."""
    sweep(tmp_path, *OLD)
    second = sweep(tmp_path, *OLD)
    assert {call for call in second.asked if call.startswith("Search")} == {"SearchTrainingJob"}
    assert not [one.kind for one in second.lists.values() if not one.finished]


CONSTANT = [
    *(entry for entry in estate() if KINDS[entry["kind"]].constant),
    *(line(kind.name, "d", {}) for kind in KINDS.values() if kind.constant and kind.noun == "JobDefinition"),
]
(CONFIG,) = (entry for entry in CONSTANT if entry["kind"] == "endpoint-config")
(ALGORITHM,) = (entry for entry in CONSTANT if entry["kind"] == "algorithm")


def changed(entry: dict[str, Any], **body: Any) -> dict[str, Any]:
    return entry | {"record": entry["record"] | body}


def test_what_cannot_change_is_described_once(tmp_path: Path) -> None:
    """A constant record that was read is on the list of the next crawl, which describes none of them and keeps all it knew."""
    first = sweep(tmp_path, *CONSTANT)
    second = sweep(tmp_path, *CONSTANT)
    assert described(first) == {kind.describe for kind in KINDS.values() if kind.constant}
    assert described(second) == set()
    assert (second.records, second.gaps) == (first.records, first.gaps)
    assert {one.crawl for one in second.records} == {2}
    assert all(second.lists[entry["kind"]].finished for entry in CONSTANT)
    third = sweep(tmp_path, ALGORITHM)
    assert {one.kind for one in third.records if not one.deleted} == {"algorithm"}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (CONFIG, changed(CONFIG, CreationTime="2026-05-01T00:00:00Z"), {}),
        (changed(ALGORITHM, AlgorithmStatus="InProgress"), ALGORITHM, {}),
        (CONFIG, CONFIG, {"full": True}),
        (CONFIG, CONFIG, {"tags": True}),
    ],
    ids=["a name that was used again", "an algorithm that had not ended", "all again", "tags"],
)
def test_what_may_have_changed_is_described_again(tmp_path: Path, before: Any, after: Any, words: dict[str, Any]) -> None:
    """A record of another creation, one that was under way, and one whose tags are asked for, are described again."""
    sweep(tmp_path, before)
    second = sweep(tmp_path, after, **words)
    assert described(second) == {KINDS[before["kind"]].describe}
    assert any(after["record"].items() <= one.body.items() for one in second.records)


def test_what_another_version_read_is_described_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A newer botocore may know members that the one before dropped, so it describes everything once."""
    monkeypatch.setattr("lineage.collect.endpoints.BOTOCORE_VERSION", "1.0.0")
    sweep(tmp_path, CONFIG)
    monkeypatch.undo()
    assert described(sweep(tmp_path, CONFIG)) == {"DescribeEndpointConfig"}
    assert described(sweep(tmp_path, CONFIG)) == set()


@pytest.mark.parametrize(
    ("member", "again", "gaps", "notes"),
    [('"LakeUri": "lake://x/"', {"DescribeEndpointConfig"}, 1, 0), ('"Speed": 7', set(), 0, 1)],
    ids=["one that names something", "one that does not"],
)
def test_what_describe_could_not_tell_stays_open(tmp_path: Path, member: str, again: set[str], gaps: int, notes: int) -> None:
    """A gap of a constant record is asked for again, and a note of one that is not described again stays."""
    name = b'"EndpointConfigName"'

    def add(response_dict: dict[str, Any], **_: Any) -> None:
        response_dict["body"] = response_dict["body"].replace(name, member.encode() + b", " + name)

    asked: list[set[str]] = []
    for _ in range(2):
        calls: set[str] = set()
        session = replay_session(account(tmp_path, records=[CONFIG]), on_answer=lambda call, _, calls=calls: calls.add(call))
        session.client(REGION).meta.events.register_first("before-parse.sagemaker.DescribeEndpointConfig", add)
        lineage.crawl_estate(tmp_path / "s.db", session=session)
        asked.append({call for call in calls if call.startswith("Describe")})
        with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
            assert (len(snapshot.gaps()), len(snapshot.notes())) == (gaps, notes)
    assert asked == [{"DescribeEndpointConfig"}, again]


def test_what_a_list_tells_whole_is_asked_for_no_more(tmp_path: Path) -> None:
    """Associations have no Describe: their list holds all there is, and is counted."""
    ends = {"SourceArn": arn("training-job", "a"), "DestinationArn": arn("model", "m"), "AssociationType": "Produced"}
    entry = {"kind": "association", "record": ends | {"CreationTime": "2026-01-02T09:55:00Z"}}
    found = sweep(tmp_path, entry, kinds=["association"])
    assert ([dict(one.body) for one in found.records], dict(found.asked)) == ([entry["record"]], {"ListAssociations": 1})
    assert found.lists["association"].records == 1
    assert found.lists["association"].finished
