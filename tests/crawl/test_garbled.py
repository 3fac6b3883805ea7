"""Malformed answers: what a proxy, a gateway or a broken line sends in AWS's place is never an empty list.

Each is sent through a real botocore client, with a 200 unless a case says otherwise.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import lineage
from cli.main import cli
from lineage.crawl.aws.session import RESTS, Session
from lineage.crawl.replay.session import Replay, _Reply, _response
from lineage.domain.kinds import KINDS, Kind
from lineage.domain.redact import excerpt
from lineage.errors import CrawlError
from tests.estate import CALLER, account, estate, fit, line, prepared
from tests.records import ACCOUNT, REGION, arn

LOGIN = b"""<!DOCTYPE html><html><head><title>Sign in to Acme</title><script>var token="hunter2"</script></head>
<body><form action="/sso"><input name="csrf" value="hunter2"></form></body></html>"""
SAID = "a page that says Sign in to Acme"
NOWHERE = "s3://nowhere/x/"
TRIES = len(RESTS) + 1
LISTED = [kind for kind in KINDS.values() if kind.list and kind.tells_use]
S3_HEADERS = {"Content-Length": "5", "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT"}
EVERY = 10**6


class Gateway:
    """An account file behind a gateway that answers some of the calls itself."""

    def __init__(self, path: Path) -> None:
        self.answered: Counter[str] = Counter()
        self._boto = Replay(path).boto()
        self._events: Any = self._boto.events

    def answers(
        self, operation: str, body: bytes, *, service: str = "sagemaker", status: int = 200, times: int = EVERY,
        first: int = 0, headers: Mapping[str, str] | None = None,
    ) -> Gateway:  # fmt: skip
        """Make the gateway answer this many calls of an operation, after it has let some `first` ones through."""
        met = Counter[str]()

        def answer(request: Any, **_: Any) -> Any:
            met[operation] += 1
            if not first < met[operation] <= first + times:
                return None
            self.answered[operation] += 1
            return _response(request, _Reply(body, status, headers or {}))

        self._events.register(f"before-send.{service}.{operation}", answer)
        return self

    def session(self) -> Session:
        session = Session(boto=self._boto, tries=1, paced=False)
        session.replayed = True
        session.patience = 0
        return session


class Crawled:
    """What a snapshot holds after a crawl through a gateway."""

    def __init__(self, folder: Path, gateway: Gateway, **words: Any) -> None:
        self.path = folder / "s.db"
        self.progress = lineage.crawl_estate(self.path, session=gateway.session(), **words)
        with lineage.open_snapshot(self.path) as snapshot:
            self.lists = {one.kind: one for one in snapshot.enumerations()}
            self.gaps = snapshot.gaps()
            self.records = {one.id: one for one in snapshot.resources()}
            self.said = lineage.used(lineage.around_dataset(snapshot, NOWHERE), NOWHERE).verdict

    def finished(self, kind: str) -> bool:
        return self.lists[kind].finished is not None

    def exit_code(self) -> int:
        words = ["used", NOWHERE, "--fail-on", "used,used-indirectly,possible", "--snapshot", str(self.path)]
        return CliRunner().invoke(cli, words).exit_code


def listed(*found: Any) -> bytes:
    return json.dumps({"TrainingJobSummaries": found}).encode()


BROKEN = {
    "a login page": (LOGIN, SAID),
    "nothing": (b"", ": nothing"),
    "white space": (b" \r\n", ": nothing"),
    "half a JSON": (b'{"TrainingJobSummaries": [{"TrainingJobNa', ': {"TrainingJobSummaries": [{"TrainingJobNa'),
    "no text": (b"\xff\xfe\x00\x01", ""),
    "an empty object": (b"{}", "it has no TrainingJobSummaries: {}"),
    "null": (b"null", ": null"),
    "a list": (b"[]", ": []"),
    "a word": (b'"ok"', ': "ok"'),
    "the message of a gateway": (b'{"message": "Welcome"}', 'it has no TrainingJobSummaries: {"message": "Welcome"}'),
    "another list": (b'{"Endpoints": []}', "it has no TrainingJobSummaries"),
    "a list that is null": (b'{"TrainingJobSummaries": null}', "it has no TrainingJobSummaries"),
    "a list that is an object": (b'{"TrainingJobSummaries": {}}', "TrainingJobSummaries is not a list"),
    "a list that is a word": (b'{"TrainingJobSummaries": "x"}', "TrainingJobSummaries is not a list"),
    "elements that are words": (listed("x"), "is not a structure"),
    "elements that are null": (listed(None), "an element of its list is null"),
    "elements without an ARN": (listed({"TrainingJobName": "x"}), "something in it has no TrainingJobArn"),
    "an ARN that is none": (listed({"TrainingJobArn": "x"}), "'x' is not an ARN"),
    "an ARN that is an object": (listed({"TrainingJobArn": {"x": 1}}), "TrainingJobArn is not a text"),
    "too deep": (b"[" * 100_000, ": ["),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_list_that_is_none(tmp_path: Path, case: str) -> None:
    """A list with a foreign answer is unfinished and says what came; neither answer nor gap says "not used"."""
    body, told = BROKEN[case]
    gateway = Gateway(account(tmp_path)).answers("ListTrainingJobs", body)
    crawled = Crawled(tmp_path, gateway)
    one = crawled.lists["training-job"]
    assert (crawled.finished("training-job"), one.reason) == (False, "failed")
    assert one.detail.startswith("the answer to ListTrainingJobs is not one of AWS's: ")
    assert told in one.detail
    assert len(one.detail) < 300
    assert "hunter2" not in one.detail
    assert (crawled.said, crawled.exit_code()) == ("unknown", 4)
    assert [gap.subject for gap in crawled.gaps] == ["training-job"]


def test_nothing_is_broken_without_a_gateway(tmp_path: Path) -> None:
    """The same account, answered by AWS itself, is read whole."""
    crawled = Crawled(tmp_path, Gateway(account(tmp_path)))
    assert (crawled.gaps, crawled.said, crawled.exit_code()) == ([], "not-referenced", 0)


@pytest.mark.parametrize("kind", LISTED, ids=lambda kind: kind.name)
def test_each_list(tmp_path: Path, kind: Kind) -> None:
    """For each kind that may show a use, an answer without its list is no list."""
    crawled = Crawled(tmp_path, Gateway(account(tmp_path)).answers(kind.list, b"{}"))
    assert (crawled.finished(kind.name), crawled.lists[kind.name].reason) == (False, "failed")
    assert (crawled.said, crawled.exit_code()) == ("unknown", 4)


EXTRAS = [extra.operation for kind in KINDS.values() for extra in kind.extras]


@pytest.mark.parametrize("operation", EXTRAS)
def test_a_list_inside_a_record(tmp_path: Path, operation: str) -> None:
    """A field that only another list gives is a gap of that record, if that list is malformed."""
    gateway = Gateway(account(tmp_path)).answers("Search", b"{}").answers(operation, b"{}")  # Search would give some of them
    crawled = Crawled(tmp_path, gateway)
    assert [(gap.subject, gap.reason) for gap in crawled.gaps] == [(f"{arn('pipeline', 'p')}/execution/e", "failed")]
    assert crawled.said == "unknown"


@pytest.mark.parametrize("times", range(1, TRIES + 1))
def test_it_is_asked_for_again(tmp_path: Path, times: int) -> None:
    """A malformed call is repeated a few times, and is no gap if it succeeds by then."""
    gateway = Gateway(account(tmp_path)).answers("ListAlgorithms", LOGIN, times=times)
    assert Crawled(tmp_path, gateway).finished("algorithm") is (times < TRIES)
    assert gateway.answered["ListAlgorithms"] == times


def test_it_is_not_asked_for_for_ever(tmp_path: Path) -> None:
    """However long a gateway repeats itself, a call is given up after a few tries."""
    gateway = Gateway(account(tmp_path)).answers("ListAlgorithms", LOGIN)
    Crawled(tmp_path, gateway)
    assert gateway.answered["ListAlgorithms"] == TRIES


def many() -> list[dict[str, Any]]:
    day = "2026-01-02T10"
    return [prepared(f"p{n:03}", "s3://raw/", {"S3Output": {"S3Uri": "s3://made/"}}) for n in range(120)] + [
        line("algorithm", f"a{n:03}", {"AlgorithmStatus": "Completed", "CreationTime": f"{day}:{n // 60:02}:{n % 60:02}Z"})
        for n in range(120)
    ]


@pytest.mark.parametrize("operation", ["ListAlgorithms", "ListProcessingJobs"])
def test_a_later_page(tmp_path: Path, operation: str) -> None:
    """What came before stays; the list is unfinished."""
    kind = next(kind.name for kind in KINDS.values() if kind.list == operation)
    crawled = Crawled(tmp_path, Gateway(account(tmp_path, records=many())).answers(operation, b"{}", first=1))
    assert sum(one.kind == kind for one in crawled.records.values()) >= 100
    assert (crawled.finished(kind), crawled.lists[kind].reason, crawled.said) == (False, "failed", "unknown")


DESCRIBED = {
    "a login page": LOGIN,
    "nothing": b"",
    "an empty object": b"{}",
    "null": b"null",
    "no ARN": b'{"ProcessingJobName": "prep"}',
    "no name in it": json.dumps({"ProcessingJobArn": "prep"}).encode(),
    "another record": json.dumps({"ProcessingJobName": "other", "ProcessingJobArn": arn("processing-job", "other")}).encode(),
}


@pytest.mark.parametrize("case", DESCRIBED)
def test_a_record_that_is_none(tmp_path: Path, case: str) -> None:
    """A Describe that returns nothing, or something else, gives no record but a gap of the requested resource."""
    records = [prepared("prep", "s3://raw/", {"S3Output": {"S3Uri": "s3://made/"}}), fit("after", {"train": "s3://made/"})]
    gateway = Gateway(account(tmp_path, records=records)).answers("DescribeProcessingJob", DESCRIBED[case])
    crawled = Crawled(tmp_path, gateway)
    assert gateway.answered["DescribeProcessingJob"] in (1, TRIES)
    assert [(gap.operation, gap.subject, gap.reason) for gap in crawled.gaps] == [
        ("DescribeProcessingJob", arn("processing-job", "prep"), "failed")
    ]
    assert [one.kind for one in crawled.records.values()] == ["training-job"]
    assert (crawled.said, crawled.exit_code()) == ("unknown", 4)


# --- a later crawl --------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b"{}", LOGIN, b""], ids=["an empty object", "a login page", "nothing"])
@pytest.mark.parametrize("full", [False, True])
def test_it_deletes_nothing(tmp_path: Path, body: bytes, *, full: bool) -> None:
    """A later crawl without answers calls nothing deleted; the next one reads the lists again from where they were."""
    path = account(tmp_path)
    before = Crawled(tmp_path, Gateway(path)).records
    gateway = Gateway(path)
    for call in {one for kind in KINDS.values() for one in (kind.list, kind.describe) if one} | {"Search"}:
        gateway.answers(call, body)
    with pytest.raises(CrawlError, match="nothing could be read: .* is not one of AWS's"):
        Crawled(tmp_path, gateway, full=full)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert {one.id: one.deleted for one in snapshot.resources()} == dict.fromkeys(before)
        assert lineage.used(lineage.around_dataset(snapshot, NOWHERE), NOWHERE).verdict == "unknown"
    late = fit("late", {"train": NOWHERE}, CreationTime="2026-01-05T00:00:00Z", LastModifiedTime="2026-01-05T00:00:00Z")
    again = Crawled(tmp_path, Gateway(account(tmp_path, records=[*estate(), late])), full=full)
    assert all(one.finished for one in again.lists.values())
    assert (again.gaps, again.said) == ([], "used" if full else again.said)


def test_a_job_that_came_while_the_gateway_was_down(tmp_path: Path) -> None:
    """The list continues from the last time that it was finished: what was created meanwhile is read."""
    Crawled(tmp_path, Gateway(account(tmp_path)))
    late = fit("late", {"train": NOWHERE}, CreationTime="2031-01-05T00:00:00Z", LastModifiedTime="2031-01-05T00:00:00Z")
    path = account(tmp_path, records=[*estate(), late])
    broken = Gateway(path).answers("ListTrainingJobs", b"{}").answers("Search", LOGIN)
    assert Crawled(tmp_path, broken).said == "unknown"
    assert Crawled(tmp_path, Gateway(path)).said == "used"


def test_a_list_of_some_is_no_deletion(tmp_path: Path) -> None:
    """Where only a later page of the list is malformed, the records on it are not gone."""
    path = account(tmp_path, records=many())
    Crawled(tmp_path, Gateway(path))
    crawled = Crawled(tmp_path, Gateway(path).answers("ListAlgorithms", LOGIN, first=1), full=True)
    assert {one.deleted for one in crawled.records.values()} == {None}
    assert not crawled.finished("algorithm")


@pytest.mark.parametrize("body", [b"{}", LOGIN, b'{"Results": [{"Endpoint": {}}]}'], ids=["no list", "a page", "another kind"])
def test_a_search_that_is_none(tmp_path: Path, body: bytes) -> None:
    """What Search does not give is in the list, and is described; later changes only Search can show."""
    path = account(tmp_path)
    crawled = Crawled(tmp_path, Gateway(path).answers("Search", body))
    assert (crawled.finished("training-job"), crawled.said) == (True, "not-referenced")
    later = Crawled(tmp_path, Gateway(path).answers("Search", body))
    assert (later.finished("training-job"), later.lists["training-job"].reason, later.said) == (False, "failed", "unknown")
    assert later.lists["training-job"].detail.startswith("the answer to Search is not one of AWS's: ")


# --- errors that AWS did not send -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "body", "reason", "told"),
    [
        (404, LOGIN, "failed", f"404: {SAID}"),
        (404, b"", "failed", "404: nothing"),
        (403, LOGIN, "denied", SAID),
        (302, LOGIN, "failed", f"302: {SAID}"),
        (503, LOGIN, "failed", f"503: {SAID}"),
        (502, b"", "failed", "502: nothing"),
        (500, b"null", "failed", "500: null"),
        (400, b"[]", "failed", "400: []"),
        (400, b'{"__type": {"a": 1}, "message": ["x"]}', "failed", "400: "),
        (204, b"", "failed", "is not one of AWS's: nothing"),
    ],
)
def test_a_gateway_that_refuses(tmp_path: Path, status: int, body: bytes, reason: str, told: str) -> None:
    """A gateway's 404 does not mean "not found", and its pages give no traceback and are not kept whole."""
    records = [prepared("prep", "s3://raw/", {"S3Output": {"S3Uri": "s3://made/"}}), fit("after", {"train": "s3://made/"})]
    path = account(tmp_path, records=records)
    for operation in ("ListAlgorithms", "DescribeProcessingJob"):
        folder = tmp_path / operation
        folder.mkdir()
        crawled = Crawled(folder, Gateway(path).answers(operation, body, status=status))
        (gap,) = crawled.gaps
        assert (gap.operation, gap.reason) == (operation, reason)
        assert told in gap.detail
        assert "hunter2" not in gap.detail
        assert crawled.said == "unknown"


# --- from endpoints -------------------------------------------------------------------------------

STEPS = [
    "DescribeEndpointConfig",
    "DescribeModel",
    "ListInferenceComponents",
    "ListProcessingJobs",
    "ListTrialComponents",
    "Search",
]


@pytest.mark.parametrize("body", [b"{}", LOGIN, b"null", b""], ids=["an empty object", "a login page", "null", "nothing"])
@pytest.mark.parametrize("operation", STEPS)
def test_a_walk_from_an_endpoint(tmp_path: Path, operation: str, body: bytes) -> None:
    """Each unanswered call of the walk is a gap, and the trace shows it."""
    session = Gateway(account(tmp_path)).answers(operation, body).session()
    lineage.crawl_endpoints(tmp_path / "s.db", ["live"], session=session)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        gaps = [gap for gap in snapshot.gaps() if gap.operation == operation]
        assert {gap.reason for gap in gaps} == {"failed"}
        assert lineage.trace(lineage.graph(snapshot), "live").scope["holes"]


@pytest.mark.parametrize("operation", ["DescribeEndpoint", "ListEndpoints"])
def test_a_walk_without_its_endpoint(tmp_path: Path, operation: str) -> None:
    """Where the endpoint itself could not be read, nothing is kept."""
    session = Gateway(account(tmp_path)).answers(operation, b"{}").session()
    with pytest.raises(CrawlError, match="is not one of AWS's"):
        lineage.crawl_endpoints(tmp_path / "s.db", session=session)
    assert not (tmp_path / "s.db").exists()


@pytest.mark.parametrize(
    "body", [b"{}", LOGIN, b'{"Results": [{}]}', b'{"Results": [null]}', b'{"Results": [{"TrainingJob": {}}]}']
)
def test_a_live_search(tmp_path: Path, body: bytes) -> None:
    """The result is one line that says what came, and not an empty result."""
    session = Gateway(account(tmp_path)).answers("Search", body).session()
    with pytest.raises(CrawlError, match="sagemaker:Search was not answered"):
        lineage.search_live("training-job", session=session)


@pytest.mark.parametrize("body", [b"{}", LOGIN, b'{"PropertyNameSuggestions": [{}]}'])
def test_live_suggestions(tmp_path: Path, body: bytes) -> None:
    """Suggestions are not reported as empty either."""
    session = Gateway(account(tmp_path)).answers("GetSearchSuggestions", body).session()
    with pytest.raises(CrawlError, match="sagemaker:GetSearchSuggestions was not answered"):
        lineage.suggest_live("training-job", "Tags.", session=session)


# --- other services -------------------------------------------------------------------------------

IDENTITY = "<GetCallerIdentityResponse>{}</GetCallerIdentityResponse>"
ACCOUNT_ONLY = f"<GetCallerIdentityResult><Account>{ACCOUNT}</Account></GetCallerIdentityResult>"
ARN_ONLY = f"<GetCallerIdentityResult><Arn>{CALLER}</Arn></GetCallerIdentityResult>"


@pytest.mark.parametrize(
    "body",
    [
        LOGIN,
        b"",
        b"{}",
        b"<html><body>Sign in</body></html>",
        IDENTITY.format("").encode(),
        IDENTITY.format("<GetCallerIdentityResult/>").encode(),
        IDENTITY.format(ACCOUNT_ONLY).encode(),
        IDENTITY.format(ARN_ONLY).encode(),
        IDENTITY.format(ARN_ONLY.replace(CALLER, "somebody")).encode(),
    ],
)
def test_who_is_asking(tmp_path: Path, body: bytes) -> None:
    """An STS answer without the caller, in XML and whole, counts as none: one line, without what a page hides."""
    gateway = Gateway(account(tmp_path)).answers("GetCallerIdentity", body, service="sts")
    with pytest.raises(CrawlError, match="AWS did not identify the caller") as error:
        gateway.session()
    assert "hunter2" not in str(error.value)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("body", [LOGIN, b"", b"{}", b"<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>"])
def test_a_role_that_nobody_gives(tmp_path: Path, body: bytes) -> None:
    """A role without credentials cannot be assumed: its account is unread, and the crawl goes on."""
    role = "arn:aws:iam::222233334444:role/auditor"
    crawled = Crawled(tmp_path, Gateway(account(tmp_path)).answers("AssumeRole", body, service="sts"), roles=[role])
    assert {gap.operation for gap in crawled.gaps} == {"AssumeRole"}
    assert {gap.account for gap in crawled.gaps} == {"222233334444"}
    assert crawled.said == "unknown"


@pytest.mark.parametrize("body", [LOGIN, b"", b"{}", b"null", b"[]", b'{"Regions": [{}]}'])
def test_which_regions_are_enabled(tmp_path: Path, body: bytes) -> None:
    """A malformed answer from Account leads to EC2's; where that is malformed as well, no region is guessed."""
    path = account(tmp_path)
    assert Gateway(path).answers("ListRegions", body, service="account").session().enabled_regions() == [REGION]
    both = Gateway(path).answers("ListRegions", body, service="account").answers("DescribeRegions", LOGIN, service="ec2")
    with pytest.raises(CrawlError, match="does not tell its enabled regions"):
        both.session().enabled_regions()


MANIFEST = "s3://lists/a.manifest"


def reading_a_manifest(folder: Path) -> Path:
    source = {"S3DataType": "ManifestFile", "S3Uri": MANIFEST}
    job = fit("listed", {}, InputDataConfig=[{"ChannelName": "t", "DataSource": {"S3DataSource": source}}])
    there = {"object": MANIFEST, "json": [{"prefix": "s3://pictures/"}, "1.jpg"]}
    return account(folder, there, records=[job])


@pytest.mark.parametrize(
    ("status", "headers", "reason", "told"),
    [
        (200, {}, "failed", "no ETag"),
        (200, S3_HEADERS, "failed", f"it has no ETag: {SAID}"),
        (200, S3_HEADERS | {"ETag": '"x"', "Last-Modified": "soon"}, "failed", "is not one of AWS's"),
        (200, S3_HEADERS | {"ETag": '"x"'}, "malformed", "it is not a valid ManifestFile"),
        (404, {}, "failed", "404"),
        (403, {}, "denied", ""),
    ],
)
def test_a_manifest_that_is_a_page(tmp_path: Path, status: int, headers: Mapping[str, str], reason: str, told: str) -> None:
    """A page in a manifest's place is an unread manifest, and the next crawl reads it again."""
    path = reading_a_manifest(tmp_path)
    headers = headers | {"Content-Length": str(len(LOGIN))} if headers else headers
    broken = Gateway(path).answers("GetObject", LOGIN, service="s3", status=status, headers=headers)
    crawled = Crawled(tmp_path, broken)
    (gap,) = crawled.gaps
    assert (gap.operation, gap.subject, gap.reason) == ("GetObject", MANIFEST, reason)
    assert told in gap.detail
    assert "hunter2" not in gap.detail
    assert crawled.said == "unknown"
    well = Crawled(tmp_path, Gateway(path))
    assert (well.gaps, well.said) == ([], "not-referenced")


@pytest.mark.parametrize("headers", [{}, S3_HEADERS, {"ETag": '"x"'}])
def test_a_digest_that_nobody_gives(tmp_path: Path, headers: Mapping[str, str]) -> None:
    """HeadObject without an ETag, a time or a length is a gap, and no content."""
    model = line("model", "lost", {"PrimaryContainer": {"ModelDataUrl": "s3://lost/model.tar.gz"}})
    gateway = Gateway(account(tmp_path, records=[model, fit("other", {"train": "s3://d/"})]))
    crawled = Crawled(tmp_path, gateway.answers("HeadObject", b"", service="s3", headers=headers), digests=True)
    assert {(gap.operation, gap.reason) for gap in crawled.gaps} == {("HeadObject", "failed")}


@pytest.mark.parametrize("body", [LOGIN, b"", b"{}", b'{"Events": [{}]}', b'{"Events": null}'])
def test_a_lookup_that_is_none(tmp_path: Path, body: bytes) -> None:
    """CloudTrail without its events has not answered: that does not mean that there were no deletions."""
    gateway = Gateway(account(tmp_path)).answers("LookupEvents", body, service="cloudtrail")
    crawled = Crawled(tmp_path, gateway, cloudtrail=True)
    assert [(gap.operation, gap.reason) for gap in crawled.gaps] == [("LookupEvents", "failed")]


# --- how it is shown ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", "nothing"),
        (LOGIN, SAID),
        (b"<html><script>x", "a page that says nothing"),
        (b"Bad\ngateway", "Bad gateway"),
        (b"<a><password>hunter2</password></a>", "a page that says (redacted)"),
        (b"<p>password=<b>hunter2</b>", "a page that says password=(redacted)"),
        (
            b'{"HyperParameters": {"hf_token": "hunter2", "eta": "1"',
            '{"HyperParameters": {"hf_token": "(redacted)", "eta": "1"',
        ),
        (b'{"DbPassword": "hunt', '{"DbPassword": "(redacted)'),
        (b"password=hunter2 next", "password=(redacted) next"),
        (b"x" * 1000, "x" * 120 + "…"),
        (b"\x1b[31mred", "␛[31mred"),
    ],
)
def test_excerpts(body: bytes, expected: str) -> None:
    """The message shows the beginning of an answer, on one line, without markup, secrets and control characters."""
    assert excerpt(body) == expected
