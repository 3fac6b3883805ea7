"""The targets of the fuzzer: whatever people or AWS write, it is read or refused with an error of our own.

Run them with `python -m tests.fuzz`. To keep an example that failed, paste it as `@example(...)` below its `@target`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from copy import deepcopy
from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import example
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

import lineage
from lineage.checks.baseline import SCHEMA, load_baseline
from lineage.checks.policy import load_policy
from lineage.crawl.aws.refusals import Refused
from lineage.crawl.manifests import entries
from lineage.crawl.replay.account import read_account
from lineage.domain.definitions import definition
from lineage.domain.names import Cover, Span, cover, is_location, location_of, node_id, parse_location
from lineage.domain.redact import excerpt, under_name, without_secrets
from lineage.domain.sql import tables
from lineage.errors import CrawlError, MalformedDefinition, MalformedName, MalformedPolicy, SearchRefused, SigningError
from lineage.queries.attested import load_attestations
from lineage.queries.select import named, select
from lineage.queries.selectors import nodes, parse_selector
from lineage.search_language.conditions import expression_of
from lineage.search_language.expressions import Matcher, Sorting
from lineage.signing.envelope import Envelope, Signature, load_envelope
from lineage.signing.statement import claim_of
from tests.crawl.test_manifests import AUGMENTED, PARTS, PLAIN, pieces
from tests.crawl.test_odd import DEEP, DEEPEST, JSON, TEXT, Spoiler
from tests.domain.examples import EXAMPLES
from tests.domain.test_definitions import SPELLINGS, reading, writing, written
from tests.estate import HEADER, MODEL, estate
from tests.fuzz.target import TARGETS, target
from tests.queries.test_search import EXPRESSIONS, FACTS, body_of
from tests.records import arn, channel, training
from tests.signing.test_statement import JSON as ENVELOPES
from tests.signing.test_statement import TRUE
from tests.snapshot.test_file import crawl

__all__ = ["TARGETS"]

TODAY = date(2026, 6, 1)


@cache
def _folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="lineage-fuzz-")


def _file(content: str | bytes) -> Path:
    """A file with this content, replacing the former one."""
    path = Path(_folder().name) / "file"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(errors="surrogatepass"))
    return path


@contextmanager
def _refusing(error: type[Exception], path: Path) -> Iterator[None]:
    """A file may be refused by an error that names it."""
    try:
        yield
    except error as refused:
        if str(path) not in str(refused):
            raise AssertionError("the message names no file") from refused


def _spoilt(*documents: Any) -> SearchStrategy[str]:
    """JSON texts: one of some documents, with up to three members replaced by anything."""

    def told(document: Any, changes: list[tuple[int, Any]]) -> str:
        changed = deepcopy(document)
        for which, value in changes:
            changed = Spoiler(which, value)(changed)
        return json.dumps(changed).replace(json.dumps(DEEP), DEEPEST)

    return st.builds(told, st.sampled_from(documents), st.lists(st.tuples(st.integers(0, 10**6), JSON), max_size=3))


def _of(parts: Sequence[str], most: int = 12) -> SearchStrategy[str]:
    """Texts that are joined from parts, and from anything."""
    return st.lists(st.sampled_from(parts) | TEXT, max_size=most).map("".join)


# --- what people ask ------------------------------------------------------------------------------


@cache
def _snapshot() -> Path:
    path = Path(_folder().name) / "lineage.db"
    job = training("fit", [channel("train", "s3://b/train/")], Tags=[{"Key": "team", "Value": "fraud"}])
    crawl(path, job, training("fit 2", [channel("train", "s3://b/a+b c/")]))
    return path


def _told(question: Callable[..., Iterable[str]], *words: Any) -> list[str] | str:
    """The nodes that are found, or why there are none."""
    try:
        return sorted(question(*words))
    except (MalformedName, lineage.UnknownNode) as error:
        return str(error)


@target(text=_of([
    "+", "1", "2", "9" * 5000, "²", "٣", " ", "fit", "training-job/", "kind:", "training-job", "tag:", "team", "=fraud", "s3://b/", "train/",
    "s3://b/a+b c/", "https://", "@", arn("training-job", "fit"),
]))  # fmt: skip
@example(text="\ud800")
@example(text="https://")
@example(text=f"{'9' * 5000}+fit")
def selector(text: str) -> None:
    """A selector selects nodes of the graph, including those that it names, or is refused; in a snapshot as in its graph."""
    with suppress(MalformedName, lineage.UnknownNode):
        assert parse_selector(text).body
    with lineage.open_snapshot(_snapshot()) as snapshot:
        graph = lineage.graph(snapshot)
        assert _told(select, graph, text) == _told(select, snapshot, text)
        assert _told(named, graph, text) == _told(named, snapshot, text)
        with suppress(MalformedName, lineage.UnknownNode):
            assert {one.id for one in nodes(snapshot, text)} <= set(graph)


SCHEMES = (
    "s3://", "S3://", "s3a://", "https://", "efs://", "athena://", "arn:aws:s3:::", "arn:aws:s3:eu-west-1:111122223333:accesspoint/",
)  # fmt: skip
KEY_PARTS = (
    "b", "/", "//", "a", "A", ".", "..", "%2F", "%", "+", "?", "#", "@", ":", "[", "]", "é", " ", ".s3.amazonaws.com", "s3-eu-west-1.amazonaws.com",
    "s3express-a.", "-s3alias", "arn:aws:s3:::", "x" * 1100,
)  # fmt: skip
LOCATIONS = st.builds(str.__add__, st.sampled_from(SCHEMES), _of(KEY_PARTS, 6)) | _of([*SCHEMES, *KEY_PARTS])


@target(text=LOCATIONS)
@example(text="arn:aws:s3:eu-west-1:111122223333:accesspoint/@")
@example(text="arn:aws:s3:eu-west-1:111122223333:accesspoint/accesspoint/k")
def location(text: str) -> None:
    """A location has one normal form, whose normal form is itself; a text without one is refused, without other errors."""
    try:
        place = parse_location(text)
    except MalformedName:
        assert location_of(text) is None
        return
    assert parse_location(place.uri) == place
    assert is_location(text)
    assert node_id(node_id(text)) == node_id(text) == place.uri


@target(one=_of(KEY_PARTS, 4), more=_of(KEY_PARTS, 4))
def covering(one: str, more: str) -> None:
    """A prefix covers the whole of each longer one, which covers a part of it, whatever their keys hold."""
    reader, dataset = location_of(f"s3://bucket/{one}"), location_of(f"s3://bucket/{one}{more}")
    if not reader or not dataset:
        return
    assert cover(reader, Span.PREFIX, dataset, Span.PREFIX) is Cover.ALL
    assert cover(reader, Span.PREFIX, dataset, Span.OBJECT) is Cover.ALL
    assert cover(dataset, Span.PREFIX, reader, Span.PREFIX) is (Cover.PART if more else Cover.ALL)
    assert (cover(reader, Span.OBJECT, dataset, Span.OBJECT) is Cover.ALL) == (not more)
    assert cover(reader, Span.FOLDER, dataset) is not Cover.NONE or not (one.endswith("/") or more.startswith("/") or not one)


# --- searches -------------------------------------------------------------------------------------

RECORDS = FACTS.map(lambda facts: json.dumps(body_of(facts)))
RESOURCES = ("TrainingJob", "Experiment", "ExperimentTrialComponent", "ModelPackage", "FeatureGroup")


def _asked(resource: str, expression: Any, record: str) -> None:
    with suppress(SearchRefused):
        assert Matcher(resource, expression).holds(json.loads(record)) in (True, False)


@target(resource=st.sampled_from(RESOURCES), record=RECORDS, conditions=st.lists(_of([
    "CreationTime", "HyperParameters.eta", "Metrics.auc", "Tags.team", "Tags", "TrainingJobName", "EnableNetworkIsolation", "InputDataConfig",
    " = ", "!=", " > ", "<=", " in ", " contains ", " exists", " not-exists", "'", '"', "\\", ",", "true", "1e999", "-0.5", "9" * 400,
    "2026-01-01", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "\n",
], 8), max_size=3))  # fmt: skip
@example(resource="TrainingJob", record="{}", conditions=["CreationTime > 0001-01-01T00:00:00+23:59"])
def conditions(resource: str, record: str, conditions: list[str]) -> None:
    """Conditions of a search match a record or not, or are refused."""
    with suppress(SearchRefused):
        _asked(resource, expression_of(resource, conditions), record)


@target(resource=st.sampled_from(RESOURCES), record=RECORDS, expression=EXPRESSIONS.flatmap(lambda drawn: _spoilt(drawn.part)))
def search_expression(resource: str, record: str, expression: str) -> None:
    """An expression of the API matches a record or not, or is refused, whatever its members are."""
    try:
        told = json.loads(expression)
    except RecursionError:
        return
    _asked(resource, told, record)


@target(
    resource=st.sampled_from(RESOURCES),
    record=RECORDS,
    by=_of(["CreationTime", "Metrics", ".", "auc", "Tags", "team", "HyperParameters"], 4),
)
def sorting(resource: str, record: str, by: str) -> None:
    """Records can be sorted by a property, or the property is refused."""
    with suppress(SearchRefused):
        key = Sorting(resource, by).key(json.loads(record))
        assert Sorting(resource, by).ordered([(None, "a", 1), (key, "b", 2)])[0][2] == (1 if key is None else 2)


# --- what AWS and accounts hold -------------------------------------------------------------------


@target(
    form=st.sampled_from([PLAIN, AUGMENTED]),
    content=st.binary(max_size=40) | PARTS.map(lambda parts: "".join(parts).encode()) | _spoilt(
        [{"prefix": "s3://b/"}, "k1", "k2"], {"source-ref": "s3://b/1.jpg", "class": 1}
    ).map(str.encode),
    size=st.integers(1, 50),
)  # fmt: skip
def manifest(form: str, content: bytes, size: int) -> None:
    """A manifest lists locations, or is refused as a whole, however S3 cuts it into pieces."""
    listed = []
    for pieced in (pieces(content, size), iter([content])):
        try:
            listed.append([parse_location(place.uri) for place in entries(form, pieced)])
        except Refused:
            listed.append([])
    assert listed[0] == listed[1]


OBJECT = {"object": "s3://b/k", "text": "x", "modified": "2026-01-01T00:00:00Z", "etag": "e"}
EVENT = {"event": "DeleteTrainingJob", "time": "2026-11-01T08:00:00Z", "user": "jo", "request": {"trainingJobName": "x"}}
FAULT = {"fault": "AccessDeniedException", "operation": "DescribeModel", "name": "m", "times": 1}
ODD_TIMES = ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59")
LINES = (
    HEADER,
    OBJECT,
    EVENT,
    FAULT,
    *(OBJECT | {"modified": one} for one in ODD_TIMES),
    *(EVENT | {"time": one} for one in ODD_TIMES),
)


@target(lines=st.lists(_spoilt(*LINES, *estate()) | TEXT, max_size=3), begins=st.booleans())
@example(lines=[json.dumps(OBJECT | {"modified": ODD_TIMES[0]})], begins=True)
def account_file(lines: list[str], begins: bool) -> None:
    """An account file is read, or the unreadable line is named."""
    path = _file("\n".join([*([json.dumps(HEADER)] if begins else []), *lines]))
    with _refusing(CrawlError, path):
        account = read_account(path, MODEL)
        assert account.region
        assert all(one.moment and one.user for one in account.events)


@target(text=st.builds(
    lambda spelling, arguments: written(arguments(spelling("s3://b/b/x")[0]), spelling("s3://b/b/x")[1]),
    st.sampled_from(SPELLINGS), st.sampled_from([reading, writing]),
).map(json.loads).flatmap(_spoilt), values=st.dictionaries(TEXT | st.just("Where"), TEXT | st.integers(), max_size=2))  # fmt: skip
def pipeline_definition(text: str, values: dict[str, Any]) -> None:
    """A pipeline definition gives the texts that it names, or is refused as malformed."""
    with suppress(MalformedDefinition):
        read = definition(text)
        assert all(isinstance(one, str) for one in [*read.texts(values), *read.texts(parameter="Where"), *read.alternatives()])


@target(engine=st.sampled_from(["athena", "redshift"]), query=st.lists(st.sampled_from([
    "select", "*", "from", "a", "b.c", '"d e"', "`f`", "join", "on", "where", "x = 1", "(", ")", ",", ";", "with", "as", "union all", "insert into",
    "create table", "unload", "'s3://b/'", "to", "values", "unnest", "lateral", "table", "{{ t }}", "${t}", "?", "--", "/*", "*/", "'", '"', "\n", "[",
    "]", "case when", "end", "cast", "copy", "call p()", ".", "::", "in", "not", "exists", "update", "set", "delete", "merge into", "using",
]) | TEXT, max_size=20).map(" ".join))  # fmt: skip
def sql(engine: Any, query: str) -> None:
    """Any query gives names of tables, of at most three words, or says that it was not read completely."""
    found = tables(query, engine)
    assert all(0 < len(name) <= 3 and all(isinstance(word, str) for word in name) for name in found.names)
    assert found == tables(query, engine)


# --- files of people ------------------------------------------------------------------------------

VALUES = st.sampled_from([
    '"s3://b/x"', '"tag:a=b"', '"error"', '"off"', '"LIN001"', '""', "1", "true", "[]", "{}", "nan", "2027-06-30", "2027-06-30T00:00:00Z", "07:32:00",
    '["s3://b/"]', '["x", 1]', "{a = 1}", "[[[[]]]]", f"0x{'f' * 5000}", "9" * 5000, '"2027-06-30"', '"\\u0000"', "'''", '"é',
    "[" * 2000, '"arn:aws:sagemaker:eu-west-1:111122223333:model/m"', '"denied"', "2026-01-01",
]) | TEXT  # fmt: skip


def _toml(keys: Sequence[str], heads: Sequence[str]) -> SearchStrategy[str]:
    """Texts of TOML lines, from some keys and table heads, and from anything."""
    key = st.sampled_from([*keys, "x", '"a b"', *(f"{one}.a" for one in keys), f"{keys[0]}{'.a' * 1500}"])
    heading = st.sampled_from([*(f"[{one}]" for one in heads), "", "# x"])
    lines = st.builds("{} = {}".format, key, VALUES) | heading
    return (st.lists(lines, max_size=3) | st.lists(lines | TEXT, max_size=8)).map("\n".join)


SUPPRESSION = '[[suppressions]]\nrule = "LIN001"\nsubject = "x*"\nreason = "y"\n'


@target(text=st.builds(str.__add__, st.sampled_from(["", SUPPRESSION]), _toml(
    ["holdouts", "fail-on", "attestations", "severities", "suppressions", "rule", "subject", "about", "reason", "owner", "expires"],
    ["severities", "[suppressions]", "suppressions"],
)))  # fmt: skip
@example(text=f"fail-on = 0x{'f' * 5000}")
@example(text=f"fail-on{'.a' * 1500} = 1")
@example(text=f"{SUPPRESSION}expires = 0x{'f' * 5000}")
def policy(text: str) -> None:
    """A policy is read, or refused with a sentence that names the file."""
    path = _file(text)
    with _refusing(MalformedPolicy, path):
        read = load_policy(path, ["LIN001", "holdout-trained-on"])
        assert read.severity("LIN001", "holdout-trained-on", "error")
        assert all(one.expired(TODAY) in (True, False) for one in read.suppressions)


ATTESTATION = (
    '[[attestations]]\nkind = "denied"\nsubject = "arn:aws:sagemaker:eu-west-1:111122223333:model/m"\n'
    'who = "jo"\nwhy = "looked"\nwhen = 2026-01-01\n'
)


@target(text=st.builds(str.__add__, st.sampled_from(["", ATTESTATION, f"{ATTESTATION}until = 2027-01-01\n"]), _toml(
    ["kind", "subject", "channel", "manifest", "output", "who", "when", "why", "until", "attestations"], ["[attestations]", "attestations"],
)))  # fmt: skip
def attestations(text: str) -> None:
    """An attestations file is read, or refused with a sentence that names the file; its content can be shown."""
    path = _file(text)
    with _refusing(MalformedPolicy, path):
        read = load_attestations(path, today=TODAY)
        assert all(json.dumps(one.as_json()) and one.hole.normal() == one.hole.normal().normal() for one in read.said)


BASELINE = {"schema": SCHEMA, "findings": [{"fingerprint": "f", "rule": "LIN001", "verdict": "found", "subject": "s"}]}


@target(text=_spoilt(BASELINE) | TEXT)
def baseline(text: str) -> None:
    """A baseline gives fingerprints, or is refused with a sentence that names the file."""
    path = _file(text)
    with _refusing(MalformedPolicy, path):
        assert all(isinstance(one, str) for one in load_baseline(path))


SIGNED = Envelope(json.dumps(TRUE).encode(), (Signature(b"sig", "key", (b"stamp",)),)).as_json()


@target(text=_spoilt(SIGNED) | ENVELOPES.map(json.dumps) | TEXT)
def envelope(text: str) -> None:
    """An envelope has a signature, or is refused."""
    with suppress(SigningError):
        assert load_envelope(_file(text)).signatures


@target(text=_spoilt(TRUE) | TEXT)
def statement(text: str) -> None:
    """A statement says which crawl and file it is about, or is refused."""
    with suppress(SigningError):
        claim = claim_of(text.encode(errors="surrogatepass"), "e.json")
        assert claim.proof("how", "seen").crawl == claim.seals[-1]["crawl"]


# --- secrets --------------------------------------------------------------------------------------

AROUND = st.lists(
    st.sampled_from(["\n", " ", "see ", "it failed: ", "s3://d/x/ ", "n = 3 ", "é ", "1,2 ", "x" * 9_000 + " "]), max_size=4
).map("".join)


@target(before=AROUND, which=st.sampled_from(sorted(EXAMPLES)), after=AROUND)
@example(before="", which="xml", after="")
def planted_secret(before: str, which: str, after: str) -> None:
    """No secret survives, whatever is around it, and redacting again changes nothing."""
    text, secret = EXAMPLES[which]
    for written_as in (f"{before}\n{text}\n{after}", json.dumps({"a": [f"{before}\n{text}\n{after}"]})):
        shown = without_secrets(written_as)
        assert secret not in shown
        assert without_secrets(shown) == shown
        assert secret not in str(under_name("note", written_as))
    assert secret not in excerpt(f"{before}\n{text}\n{after}".encode())


@target(name=_of(["token", "password", "secret", "_", "path", "s3_uri", "key"], 3), text=st.lists(st.sampled_from([
    *(one.text for one in EXAMPLES.values()), "token", "password", "key", "=", ": ", '"', "'", "{", "}", "[", "]", ",", "\\", " ", "\n", "s3://b/", "https://",
    "@", "%3A%2F%2F", "bearer ", "-p", "--token ", "x" * 9_000, "&sig=", "\\u002f", DEEPEST,
]) | TEXT, max_size=8).map(" ".join))  # fmt: skip
def redaction(name: str, text: str) -> None:
    """Redaction raises nothing; and for separate parts, redacting again changes nothing."""
    once = without_secrets(text)
    assert without_secrets(once) == once
    under_name(name, text)
    excerpt(text.encode(errors="surrogatepass"))
