"""What the fields of a record refer to: follows the table's paths through one body. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from lineage.domain.arguments import names_bucket, paired
from lineage.domain.kinds import ALLOWED, CHANNEL_USAGE, KINDS, LOCATION, MENTIONED_USAGE, REUSED, Kind, Reference
from lineage.domain.names import ARN_OF_PLACE, LONGEST_KEY, Location, Span, channel_span, is_arn, location_of
from lineage.domain.nesting import is_too_deep, parsed_text
from lineage.domain.records import REDACTED, Body, etag_digest
from lineage.domain.weights import VARIABLES, named
from lineage.errors import MalformedDefinition

if TYPE_CHECKING:
    from lineage.domain.sql import Engine, TableName

Scopes = tuple[Mapping[str, Any], ...]
"""The objects around a field, innermost first."""

# A location inside free text, in each form that people write; up to a glob, without the end of a sentence or a list.
_IN_TEXT = re.compile(rf"(?:s3[an]?://|https?://|{ARN_OF_PLACE})[^\s\"'<>,;|\\*\[{{]+", re.IGNORECASE)
PLAIN, AUGMENTED = "ManifestFile", "AugmentedManifestFile"  # the API's names for the forms of a manifest
LABELED = "labeling"  # the input of a labeling job, for which the API has no name
_SIGNS = (":", "\\", "%")  # a text with a location, plain or escaped, has one of these
_PART_NAMES = ("ContainerHostname", "ChannelName", "InputName")
# A cut inside a location, except for credentials before its bucket: the rest of the location is unknown.
_CUT = re.compile(rf"(?<!://){re.escape(REDACTED)}")
_CLOSING = re.compile(r"(?::r[ow]|[)\]}.:])+$")


class Hit(NamedTuple):
    """One field of one record that names something: the value as written, and what its siblings say about it."""

    reference: Reference
    value: str
    role: str = ""
    usage: str = ""
    location: Location | None = None  # None: not a location, or one that can't be parsed
    span: Span | None = None
    view: str = ""  # for a manifest: its form, and after a colon the attributes that are read from each line
    mode: str = ""  # File, Pipe or FastFile
    continuous: bool = False
    open_ended: bool = False
    data_type: str = ""  # the API's name
    digest: str = ""  # of the object there, according to the record
    path: str = ""  # the field, if the reference is about a whole map


class _Path:
    """The steps to a field: one after those before it. There is one object for each path, so it is its own key."""

    def __init__(self, step: str, before: _Path | None) -> None:
        self.step = step
        self.before = before


_WHOLE = _Path("", None)
_Reached = dict[_Path, list[tuple[Any, Scopes]]]
"""What paths of one body have reached: each value with its scopes."""


def hits(kind: Kind, body: Body, *, mentions: bool = True) -> Iterator[Hit]:
    """Every reference that the fields of `body` hold, in the table's order; `mentions` includes those of free texts.

    If a field inside a document names a place, the same place is not reported as a mention by the document again.
    """
    told: set[tuple[str, str]] = set()  # the document, and the place
    reached: _Reached = {_WHOLE: [(body, ())]}
    for reference, member, path, inside in _filled(kind, tuple(body)):
        if reference.relation == "mentions" and not mentions:
            continue
        for value, scopes in _values(path, reached):
            for hit in _read(reference, value, scopes):
                place = (member, hit.location.uri if hit.location else "")
                if inside:
                    told.add(place)
                if inside or place not in told:
                    yield hit


@lru_cache(maxsize=1000)  # bodies of one kind have few sets of members
def _filled(kind: Kind, members: tuple[str, ...]) -> tuple[tuple[Reference, str, _Path, bool], ...]:
    """The references of a kind in bodies with these members: each with its member and path, and whether it is in a document."""
    found = []
    for reference in kind.references:
        member, inside, _ = reference.path.partition("{}")
        if _steps(reference.path)[0].rstrip("[]{}") in members:
            found.append((reference, member, _path(reference.path), bool(inside)))
    return tuple(found)


def follow(body: Body, path: str) -> Iterator[tuple[Any, Scopes]]:
    """The values at a plain path, each with the objects around it. A map's key appears as the sibling `*`."""
    yield from _values(_path(path), {_WHOLE: [(body, ())]})


@cache
def _steps(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


@cache
def _path(text: str) -> _Path:
    before, _, step = text.rpartition(".")
    return _Path(step, _path(before) if before else _WHOLE)


def detail(body: Body, path: str) -> Any:
    """The value at a path: a list of values if the path contains `[]`, else the one value or None."""
    if "[]" in path or "*" in path:
        values = [value for value, _ in follow(body, path)]
        return values if "[]" in path else next(iter(values), None)
    value: Any = body
    for step in _steps(path):
        value = value.get(step) if isinstance(value, dict) else None
    return None if value == "" else value


def empty_parts(kind: Kind, body: Body) -> list[str]:
    """The parts of a record, by their role or number, that name neither a model nor a source of data."""
    empty = []
    for part in kind.parts:
        for number, (element, _) in enumerate(follow(body, part)):
            if not any(True for path, reference in _sources(kind.name, part) for _ in _sourced(element, path, reference)):
                name = next((element[field] for field in _PART_NAMES if element.get(field)), None)
                empty.append(str(name or f"{part.removesuffix('[]')} {number}"))
    return empty


def unread_documents(kind: Kind, body: Body) -> Iterator[tuple[str, str]]:
    """The members of a record whose text should be JSON that names things but can't be read so, each with the reason.

    Locations written out in such a text are found all the same, but not computed ones: a join, half of a location.
    """
    for member in _documents(kind.name):
        if why := _unparsed(str(body.get(member) or "")):
            yield member, why


@cache
def _documents(kind: str) -> tuple[str, ...]:
    references = KINDS[kind].references
    inside = (one.path.partition("{}")[0] for one in references if "{}" in one.path)
    defined = (one.definition for one in references if one.definition == one.path)
    return tuple(dict.fromkeys(filter(None, (*inside, *defined))))


def _unparsed(text: str) -> str:
    """Why a document can't be read; empty if it can, or if there is none."""
    from lineage.domain.pipelines import parse_definition  # few records hold a document

    if is_too_deep(text):  # independent of the caller's own recursion depth
        return "it is nested too deeply"
    try:
        parse_definition(text or {})
    except MalformedDefinition as error:
        return str(error)
    return ""


@cache
def _sources(kind: str, part: str) -> tuple[tuple[str, Reference], ...]:
    """The paths below a part that name what it is made of, each with the field's reference."""
    naming = (one for one in KINDS[kind].references if one.relation in ("loads", "instantiates", "reads"))
    return tuple((one.path.removeprefix(f"{part}."), one) for one in naming if one.path.startswith(f"{part}."))


def _sourced(element: Body, path: str, reference: Reference) -> Iterator[object]:
    """The values at a path that name what a part is made of."""
    values = follow(element, path)
    return (hit for value, scopes in values for hit in _weights(reference, str(value), scopes)) if reference.weights else values


def _values(path: _Path, reached: _Reached) -> Iterator[tuple[Any, Scopes]]:
    """The values at a path that are not empty, from what other paths of the same body have already reached."""
    return (found for found in _reach(path, reached) if found[0] not in (None, ""))


def _reach(path: _Path, reached: _Reached) -> list[tuple[Any, Scopes]]:
    """Each value at the end of a path, in the body's order; paths that begin alike are walked once."""
    if path not in reached:
        before = _reach(path.before, reached) if path.before else []
        reached[path] = _after(path.step, before) if before else []
    return reached[path]


def _after(step: str, before: list[tuple[Any, Scopes]]) -> list[tuple[Any, Scopes]]:
    """The values one step further."""
    inside = [found for found in before if isinstance(found[0], dict)]
    if step == "*":
        return [(element, ({"*": key}, *scopes)) for value, scopes in inside for key, element in value.items()]
    if step == "*[]":
        return [
            (element, ({"*": key}, *scopes))
            for value, scopes in inside
            for key, elements in value.items()
            for element in _list(elements)
        ]
    if step[-1] == "]":
        return [(element, (value, *scopes)) for value, scopes in inside for element in _list(value.get(step[:-2]))]
    if step[-1] == "}":
        return [(_document(value.get(step[:-2])), (value, *scopes)) for value, scopes in inside]
    return [(value[step], (value, *scopes)) for value, scopes in inside if step in value]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@lru_cache(maxsize=256)  # each reference of a record reads the same text
def _document(text: Any) -> Any:
    """The JSON value of a text; None if it is not JSON."""
    try:
        return parsed_text(text)
    except (TypeError, ValueError):
        return None


def _read(reference: Reference, value: Any, scopes: Scopes) -> Iterator[Hit]:
    sibling, wanted = reference.when
    if sibling and _word(sibling, scopes) != wanted:
        return
    text = str(value)
    role = _word(reference.role, scopes)
    if reference.weights:
        yield from _weights(reference, text, scopes)
    elif reference.weights is False and str(_sibling("*", scopes)) in VARIABLES:
        return
    elif reference.sql:
        yield from _queried(reference, text, role, scopes)
    elif reference.relation == "mentions":
        name = str(_sibling("*", scopes) or "")
        texts = _defined(reference, text, scopes) if reference.definition else [text]
        more = _paired(reference, name or text, scopes) if reference.paired and names_bucket(name or text) else ()
        yield from _mentioned(reference, [*texts, *more], name)
    elif reference.to != LOCATION:
        if reference.to or is_arn(text):
            # A sibling says which part of the target is meant, or that it was inherited.
            taken_over = any(_sibling(name, scopes) for name in reference.reused)
            usage = REUSED if taken_over else _word(reference.select, scopes)
            yield Hit(reference, text, role, usage or _usage(reference, role))
    else:
        yield from _located(reference, text, role, scopes)


def _located(reference: Reference, text: str, role: str, scopes: Scopes) -> Iterator[Hit]:
    role = role or (str(_sibling("*", scopes) or "") if reference.evidence == "logged" else "")
    whole = not reference.template or (reference.bare and _sibling(reference.bare, scopes) is True)
    text = text if whole else _fill(reference.template, scopes)
    text = _unquoted(text) if reference.evidence == ALLOWED else text
    location, is_cut = _kept_location(text)
    if location is None and reference.evidence in ("logged", ALLOWED):
        if text.startswith(REDACTED):  # only the locations are left of a value that was cut
            yield from _mentioned(reference, [text], role)
        return  # people write numbers, image names and "NA" there
    open_ended = _word(reference.open_ended, scopes) == "MultiModel"
    mode = next(filter(None, (_word(name, scopes) for name in reference.input_mode)), "")
    data_type = _word(reference.data_type, scopes)
    span = Span.PREFIX if open_ended else reference.span or channel_span(data_type, mode)
    span = (Span.PREFIX if is_cut and span in (Span.OBJECT, Span.FOLDER) else span) if location else Span.UNKNOWN
    yield Hit(
        reference,
        text,
        role,
        _usage(reference, role),
        location,
        span,
        _view(reference, scopes) if span is Span.MANIFEST and reference.relation == "reads" else "",
        mode,
        continuous=_word(reference.continuous, scopes) == "Continuous",
        open_ended=open_ended,
        data_type=data_type,
        digest=etag_digest(_word(reference.digest, scopes)),
    )


def _kept_location(text: str) -> tuple[Location | None, bool]:
    """The location that a text names, and whether it is only its beginning, because a secret was cut out of it."""
    kept = _CUT.split(text, maxsplit=1)[0] if REDACTED in text else text
    return location_of(kept), kept != text


def _weights(reference: Reference, value: str, scopes: Scopes) -> Iterator[Hit]:
    """The weights that a variable names: those at a place, or those that only have a name, as the reference wants."""
    variable = str(_sibling("*", scopes) or "")
    role, field = _word(reference.role, scopes), reference.path.removesuffix("*") + variable
    for what in named(variable, value):
        location, is_cut = _kept_location(what)
        if bool(location) == (reference.to == LOCATION):
            span = (Span.PREFIX if is_cut else reference.span) if location else None
            yield Hit(reference, what, role or variable, reference.usage, location, span, path=field)


def _defined(reference: Reference, text: str, scopes: Scopes) -> list[str]:
    """What a pipeline's definition names, or what one of its parameters adds for an execution."""
    from lineage.domain.definitions import definition  # few records are of pipelines

    try:
        whole = definition(str(_sibling(reference.definition, scopes) or ""))
    except MalformedDefinition:
        return [text]
    variables = {"Execution.PipelineName": _sibling("PipelineName", scopes) or _sibling("Pipeline.PipelineName", scopes)}
    if reference.definition == reference.path:
        return [*whole.texts(variables), *whole.alternatives()]
    name, given = str(_sibling("Name", scopes)), _sibling("PipelineParameters", scopes)
    values = {str(one.get("Name")): one.get("Value") for one in given}
    # the current definition may differ from the executed one
    since, then = (str(_sibling(path, scopes) or "") for path in ("Pipeline.LastModifiedTime", "CreationTime"))
    only_written = name in whole.ignored and since and since <= then
    return [*whole.texts(variables | values, name), *([] if only_written else [text])]


def _paired(reference: Reference, name: str, scopes: Scopes) -> Iterator[str]:
    """The places in the bucket that a value names, from the other values beside it."""
    given = _sibling(reference.path.removesuffix("[]").removesuffix(".*").rpartition(".")[2], scopes)
    if isinstance(given, dict):
        yield from paired({known: _unquoted(str(value)) for known, value in given.items()}, name)
    elif isinstance(given, list):
        yield from paired([str(one) for one in given], name)


def _mentioned(reference: Reference, texts: Iterable[str], role: str) -> Iterator[Hit]:
    """S3 URIs inside free texts. The SDK JSON-quotes hyperparameters, so escapes are undone first."""
    likely = (_unquoted(text) for text in texts if any(map(text.__contains__, _SIGNS)))
    found = {_CLOSING.sub("", uri) for text in likely for uri in (*_IN_TEXT.findall(text), *_escaped(text))}
    for uri in sorted(found):
        location = location_of(uri) or location_of(_first_folder(uri))
        if location:
            usage = reference.usage or MENTIONED_USAGE.get(role.casefold(), "")
            yield Hit(reference, uri, role, usage, location, Span.PREFIX)


def _first_folder(text: str) -> str:
    """The folder at the beginning of a text without spaces that is too long to be one place."""
    return f"{text[:LONGEST_KEY].rpartition('/')[0]}/" if len(text) > LONGEST_KEY else ""


def _escaped(text: str) -> Iterator[str]:
    """The locations in a text whose slashes are escaped or percent-encoded."""
    if "\\" in text or "%" in text:
        from lineage.domain.uris import found  # few texts escape

        yield from (one.plain for one in found(text))


def _unquoted(text: str) -> str:
    try:
        value = parsed_text(text)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


# Where a table without a schema in its name belongs: in Athena right below its database, in Redshift in the schema of all
# users, unless a search path differs. Tables are never read, so each is a gap wherever it is.
_SCHEMA: dict[Engine, list[str]] = {"athena": [], "redshift": ["public"]}


def _queried(reference: Reference, query: str, role: str, scopes: Scopes) -> Iterator[Hit]:
    """The tables that a query names, as places below its database; the whole database if it may read more of it."""
    from lineage.domain.sql import tables  # few records hold a query: the parser is loaded only for them

    database = _fill(reference.template, scopes)
    engine: Engine = "redshift" if database.startswith("redshift:") else "athena"
    read = tables(query, engine)
    places = dict.fromkeys(location_of(_qualified(database, name, engine)) for name in read.names)
    for table in filter(None, places):
        yield Hit(reference, table.uri, role, _usage(reference, role), table, Span.FOLDER)
    if not (read.whole and all(places) and places) or REDACTED in query:  # a table's name may have been cut with a secret
        yield from _located(reference, query, role, scopes)


def _qualified(database: str, name: TableName, engine: Engine) -> str:
    above = [*database.partition("://")[2].split("/"), *_SCHEMA[engine]]
    return f"{engine}://{'/'.join([*above[: len(above) + 1 - len(name)], *name])}"


def _usage(reference: Reference, role: str) -> str:
    if reference.usage or reference.relation not in ("reads", "writes"):
        return reference.usage
    return CHANNEL_USAGE.get(role.casefold(), "data")


def _view(reference: Reference, scopes: Scopes) -> str:
    """What is read from a manifest: its form, and the attributes of its lines as JSON."""
    form = _word(reference.data_type, scopes) or LABELED
    names = _sibling(reference.attributes, scopes) or ()
    return f"{form}:{json.dumps(sorted(names))}" if form == AUGMENTED and names else form


def _word(name: str, scopes: Scopes) -> str:
    """The text of a sibling field, or the text after `=`."""
    if not name:
        return ""
    return name[1:] if name[0] == "=" else str(_sibling(name, scopes) or "")


def _sibling(name: str, scopes: Scopes) -> Any:
    """A field by name or dotted path, from the innermost object that has it."""
    first, *further = _steps(name)
    for scope in scopes if name else ():
        value = scope.get(first)
        for step in further:
            value = value.get(step) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def _fill(template: str, scopes: Scopes) -> str:
    """The template with each `{Sibling}` filled in, without doubling a slash of the template."""

    def value(match: re.Match[str]) -> str:
        return str(_sibling(match[1], scopes) or "").removeprefix("/").removesuffix("/")

    return re.sub(r"\{(\w+)\}", value, template)
