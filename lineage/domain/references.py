"""What the fields of a record refer to: follows the table's paths through one body. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

from lineage.domain.arguments import Thing, names_bucket, paired, places_in, thing_of, things_beside, things_in, things_of
from lineage.domain.encoded import texts_in_base64
from lineage.domain.feature_tables import feature_tables, names_table
from lineage.domain.kinds import (
    ALLOWED,
    ANY,
    CHANNEL_USAGE,
    GIVING,
    KINDS,
    LOCATION,
    MENTIONED_USAGE,
    REUSED,
    SERVERS,
    SOURCE,
    Kind,
    Reference,
    kind_of_arn,
)
from lineage.domain.names import ARN_OF_PLACE, LONGEST_KEY, Location, Span, channel_span, is_arn, location_of
from lineage.domain.nesting import is_too_deep, parsed_text
from lineage.domain.records import REDACTED, Body, etag_digest
from lineage.domain.weights import VARIABLES, named, sounds_like_weights
from lineage.errors import MalformedDefinition

if TYPE_CHECKING:
    from lineage.domain.sql import Engine, TableName

Scopes = tuple[Mapping[str, Any], ...]
"""The objects around a field, innermost first."""

# A location inside free text, in each form that people write; up to a glob, without the end of a sentence or a list.
_IN_TEXT = re.compile(rf"(?:s3[an]?://|https?://|{ARN_OF_PLACE})[^\s\"'<>,;|\\*\[{{]+", re.IGNORECASE)
PLAIN, AUGMENTED = "ManifestFile", "AugmentedManifestFile"  # the API's names for the forms of a manifest
LABELED = "labeling"  # the input of a labeling job, for which the API has no name
_HEAD = re.compile(r"(?:s3[an]?|https?)://", re.IGNORECASE)
_SHORTEST = len("s3://b")
_LONGEST_SCHEME = len("redshift")
_JOINING = ":+&=!~"
_ARN_IN_TEXT = re.compile(r"arn:aws[a-z-]{0,16}:sagemaker:[a-z0-9-]{1,32}:[0-9]{12}:[a-z-]{1,40}/[\w./-]{1,512}", re.IGNORECASE)
_BESIDE = re.compile(r"(?:.*\.)?(\w+)(?:\[\]|\.\*)")  # the member that holds the values beside each other
TAGGED = "Tags[].Value"
_BARE = re.compile(r"s3://[^/]*/")  # a whole bucket
_BEGINS_JSON = tuple('"[{-0123456789tfnNI')
_PART_NAMES = ("ContainerHostname", "ChannelName", "InputName")
_NUMBER = itemgetter(0)
# A cut inside a location, except for credentials before its bucket: the rest of the location is unknown.
_CUT = re.compile(rf"(?<!://){re.escape(REDACTED)}")
# What ends the known part of a key that people write in a text: what a shell or a program fills in, a glob, a regular
# expression, a version, a member of an archive. S3 allows these signs in keys: a prefix covers those keys, too.
_OPEN_END = re.compile(r"\$|%(?![0-9a-f]{2})|[?#]|[!+@]?\(|!/", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:\{(?P<braced>\w+)(?::?-(?P<default>[^}]*))?\}|(?P<plain>\w+))")  # as a shell has them
_GDAL = re.compile(r"/vsis3(?:_streaming)?/")  # its file systems in S3
_MOST_FILLED = 1_000_000  # characters that variables add to a text: beyond it, they stay as they are
_CLOSERS, _CLOSING = ")]}.:", (":ro", ":rw")


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


class _Step:
    """A step of some paths that begin alike: the references that end with it, by their numbers, and the steps after it."""

    __slots__ = ("after", "ends", "member", "way")

    def __init__(self, step: str) -> None:
        form = next((form for form in _WAYS if step.endswith(form)), "")
        self.member = step.removesuffix(form)  # without one it leads to all members
        self.way = _WAYS.get(form)
        self.ends: list[int] = []
        self.after: list[_Step] = []


_Steps = Sequence[_Step]
_Found = list[tuple[int, Any, Scopes]]
"""The values at the ends of paths, each with the number of its path and its scopes."""


def _steps_of(paths: Iterable[str]) -> _Steps:
    """Paths as steps, so that what several of them share is walked once."""
    first: list[_Step] = []
    known: dict[tuple[str, ...], _Step] = {}
    for number, path in enumerate(paths):
        steps = tuple(path.split("."))
        for length in range(1, len(steps) + 1):
            if steps[:length] not in known:
                known[steps[:length]] = step = _Step(steps[length - 1])
                (known[steps[: length - 1]].after if length > 1 else first).append(step)
        known[steps].ends.append(number)
    return first


def _found(body: Any, steps: _Steps) -> _Found:
    """The values at the ends of paths that are not empty; those of each path in the body's order."""
    found: _Found = []
    if isinstance(body, dict):
        _walk(body, (), steps, found)
    return found


def _walk(value: dict[str, Any], scopes: Scopes, steps: _Steps, found: _Found) -> None:
    """Find what is at the ends of some steps out of an object."""
    inside = (value, *scopes)
    for step in steps:
        member, way = step.member, step.way
        if member and member not in value:
            continue
        for element, around in way(value, member, inside) if way else ((value[member], inside),):
            if element is not None and element != "":
                for number in step.ends:
                    found.append((number, element, around))
                if step.after and isinstance(element, dict):
                    _walk(element, around, step.after, found)


_Way = Callable[[dict[str, Any], str, Scopes], list[tuple[Any, Scopes]]]
"""The values one step further, each with its scopes."""


def _elements(value: dict[str, Any], member: str, scopes: Scopes) -> list[tuple[Any, Scopes]]:
    return [(element, scopes) for element in _list(value[member])]


def _parsed(value: dict[str, Any], member: str, scopes: Scopes) -> list[tuple[Any, Scopes]]:
    return [(_document(value[member]), scopes)]


def _members(value: dict[str, Any], _: str, scopes: Scopes) -> list[tuple[Any, Scopes]]:
    return [(element, ({"*": key}, *scopes[1:])) for key, element in value.items()]


def _elements_of_members(value: dict[str, Any], _: str, scopes: Scopes) -> list[tuple[Any, Scopes]]:
    return [(element, around) for elements, around in _members(value, _, scopes) for element in _list(elements)]


_WAYS: dict[str, _Way] = {"*[]": _elements_of_members, "*": _members, "[]": _elements, "{}": _parsed}
"""How a step leads on that is not the name of a member, by how it ends."""


Read = Callable[[Reference, str, str, Scopes], Iterable[Hit]]
"""Reads the text of a field, given its role and its scopes."""


class _End(NamedTuple):
    """What ends a path of a kind: its reference, how to read it, its role, whether it is read only under a condition, its
    member, and whether it is inside a document.
    """

    reference: Reference
    read: Read
    role: str
    conditional: bool
    member: str
    inside: bool


class _Plan(NamedTuple):
    """The references of a kind, ready to be looked for in many records."""

    steps: _Steps
    ends: tuple[_End, ...]
    documents: bool  # whether one of them is inside a document


@lru_cache(maxsize=1000)
def _plan(kind: Kind) -> _Plan:
    ends = []
    for one in kind.references:
        member, inside, _ = one.path.partition("{}")
        ends.append(_End(one, _way_to_read(one), one.role, bool(one.when[0]) or one.weights is False, member, bool(inside)))
    return _Plan(_steps_of(one.path for one in kind.references), tuple(ends), any(one.inside for one in ends))


def hits(kind: Kind, body: Body, *, mentions: bool = True) -> Iterator[Hit]:
    """Every reference that the fields of `body` hold, in the table's order; `mentions` includes those of free texts.

    If a field inside a document names a place, the same place is not reported as a mention by the document again.
    """
    plan = _plan(kind)
    found = _found(body, plan.steps)
    found.sort(key=_NUMBER)
    told: set[tuple[str, str]] = set()  # the document, and the place
    for number, value, scopes in found:
        reference, read, role, conditional, member, inside = plan.ends[number]
        if (reference.relation == "mentions" and not mentions) or (conditional and not _is_meant(reference, scopes)):
            continue
        some = read(reference, str(value), _word(role, scopes) if role else "", scopes)
        if not plan.documents:
            yield from some
            continue
        for hit in some:
            place = (member, hit.location.uri if hit.location else "")
            if inside:
                told.add(place)
            if inside or place not in told:
                yield hit


def follow(body: Body, path: str) -> Iterator[tuple[Any, Scopes]]:
    """The values at a plain path, each with the objects around it. A map's key appears as the sibling `*`."""
    return ((value, scopes) for _, value, scopes in _found(body, _way(path)))


@cache
def _way(path: str) -> _Steps:
    return _steps_of([path])


@cache
def _names(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


def detail(body: Body, path: str) -> Any:
    """The value at a path: a list of values if the path contains `[]`, else the one value or None."""
    names = _plain(path)
    if not names:
        values = [value for value, _ in follow(body, path)]
        return values if "[]" in path else next(iter(values), None)
    value: Any = body
    for step in names:
        value = value.get(step) if isinstance(value, dict) else None
    return None if value == "" else value


@cache
def _plain(path: str) -> tuple[str, ...]:
    """The steps of a path to one value; none for a path to several."""
    return () if "[]" in path or "*" in path else _names(path)


def empty_parts(kind: Kind, body: Body) -> list[str]:
    """The parts of a record, by their role or number, that name neither a model nor a source of data."""
    empty = []
    for part in kind.parts:
        for number, (element, _) in enumerate(follow(body, part)):
            if not _names_source(kind.name, part, element):
                name = next((element[field] for field in _PART_NAMES if element.get(field)), None)
                empty.append(str(name or f"{part.removesuffix('[]')} {number}"))
    return empty


def _names_source(kind: str, part: str, element: Any) -> bool:
    """Whether an element of a part names what it is made of."""
    steps, references = _sources(kind, part)
    found = _found(element, steps)
    named = ((references[number], value, around) for number, value, around in found)
    return any(not one.weights or any(_weights(one, str(value), "", around)) for one, value, around in named)


@cache
def _sources(kind: str, part: str) -> tuple[_Steps, tuple[Reference, ...]]:
    """The paths below a part that name what it is made of, and the field's reference for each."""
    naming = (one for one in KINDS[kind].references if one.relation in ("loads", "instantiates", "reads"))
    below = tuple(one for one in naming if one.path.startswith(f"{part}."))
    return _steps_of(one.path.removeprefix(f"{part}.") for one in below), below


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


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


@lru_cache(maxsize=256)  # each reference of a record reads the same text
def _document(text: Any) -> Any:
    """The JSON value of a text; None if it is not JSON."""
    try:
        return parsed_text(text)
    except (TypeError, ValueError):
        return None


def _way_to_read(reference: Reference) -> Read:
    """How the value of a field is read, as its row says."""
    if reference.weights:
        return _weights
    if reference.sql:
        return _queried
    if reference.relation == "mentions":
        return _told
    return _located if reference.to == LOCATION else _named


def _is_meant(reference: Reference, scopes: Scopes) -> bool:
    """Whether a field names what its row says, with these siblings."""
    sibling, wanted = reference.when
    if sibling and _word(sibling, scopes) != wanted:
        return False
    return reference.weights is not False or str(_sibling("*", scopes)) not in VARIABLES


def _named(reference: Reference, text: str, role: str, scopes: Scopes) -> Iterable[Hit]:
    """A resource, an image, or something else with a name."""
    if not reference.to and not is_arn(text):
        return ()
    # A sibling says which part of the target is meant, or that it was inherited.
    taken_over = reference.reused and any(_sibling(name, scopes) for name in reference.reused)
    usage = REUSED if taken_over else _word(reference.select, scopes)
    return (Hit(reference, text, role, usage or _usage(reference, role)),)


def _told(reference: Reference, text: str, _: str, scopes: Scopes) -> Iterable[Hit]:
    """The locations in a free text, and those that several values beside it name together."""
    name = str(_sibling("*", scopes) or "")
    texts = _defined(reference, text, scopes) if reference.definition else [text]
    if reference.definition != reference.path:  # a definition is read as a whole
        texts = [*texts, *places_in(_unquoted(text)), *texts_in_base64(text)]
    option = name or str(scopes[0].get("Key") or scopes[0].get("Name") or text)
    if reference.paired and names_bucket(option):
        places = _paired(reference, option, scopes)
        # of a definition's parameter that names only a bucket, the texts above tell where it is used
        texts = [*texts, *(uri for uri in places if not (reference.definition and _BARE.fullmatch(uri)))]
    texts = [one for text in texts for one in (text, *_filled_in(text, scopes))]
    # a text with a location, plain or escaped, has one of these signs
    likely = [text for text in texts if ":" in text or "\\" in text or "%" in text]
    hits = _mentioned(reference, likely, name) if likely and not _is_weights(reference, text, scopes) else []
    hits += _tables(reference, texts, name, option, scopes)
    return [*hits, *_things(reference, text, name, option, scopes)] if _names_things(option, text) else hits


def _tables(reference: Reference, texts: Iterable[str], role: str, option: str, scopes: Scopes) -> Iterator[Hit]:
    """The tables of feature groups that the texts of a field name; a list of arguments has the value after its option."""
    told = [(text, option) for text in texts]
    name, _, value = option.partition("=")
    if reference.paired and option.startswith("-") and names_table(name):
        following = pairwise(_words_beside(reference, scopes)) if not value else ()
        values = (_in_shell(value, scopes), *(after for before, after in following if before == option))
        told += [(one, name) for one in values]
    for uri in dict.fromkeys(uri for text, name in dict.fromkeys(told) for uri in feature_tables(text, name)):
        yield Hit(reference, uri, role, reference.usage, location_of(uri), Span.FOLDER)


def _names_things(option: str, text: str) -> bool:
    """Whether a text, the value of an option, may name things: a quick look, because nearly none does."""
    signs = "=" in text or " " in text or "{" in text or "[" in text  # a text with options has one of these
    return signs or "sagemaker:" in text or bool(thing_of(option))


def _things(reference: Reference, text: str, role: str, option: str, scopes: Scopes) -> Iterator[Hit]:
    """The things that a text names by ARN, or in an option, if what they hold, made or answer may have gone into the record.

    A definition names what its executions may use, and an entity's source is read by a row of its own.
    """
    if reference.definition or reference.path == SOURCE:
        return
    if "sagemaker:" in text:
        named = (one.rstrip("./") for one in _ARN_IN_TEXT.findall(text))
        for arn in dict.fromkeys(one if is_arn(one) else one.lower() for one in named):  # capitals at its head are a person's
            if kind_of_arn(arn).name in GIVING:
                yield Hit(_taking(reference, ANY), arn, role)
    for kind, name in dict.fromkeys(_called(reference, text, option, scopes)):
        # A tag, or a variable of a server, names the endpoint where the thing goes.
        if not (kind in SERVERS and (reference.usage == "serving" or reference.path == TAGGED)):
            yield Hit(_taking(reference, kind), name, role)


def _called(reference: Reference, text: str, option: str, scopes: Scopes) -> Iterator[Thing]:
    """The things whose names a text gives: it is the value of an option, one among arguments, or has options in it."""
    if option != text:
        yield from things_of(option, _in_shell(text, scopes))
    elif reference.paired and text.startswith("-") and thing_of(text):
        yield from things_beside(_words_beside(reference, scopes))
    yield from things_in(_unquoted(_in_shell(text, scopes)))


@cache
def _taking(reference: Reference, to: str) -> Reference:
    """The reference by which the text of a field names things of a kind."""
    return Reference(reference.path, "may-take", to, evidence="logged")


def _located(reference: Reference, text: str, role: str, scopes: Scopes) -> Iterable[Hit]:
    """A place: the field, or what its siblings say together with it."""
    if not role and reference.evidence == "logged":
        role = str(_sibling("*", scopes) or "")
    if reference.template and not (reference.bare and _sibling(reference.bare, scopes) is True):
        text = _fill(reference.template, scopes)
    text = _unquoted(text) if reference.evidence == ALLOWED else text
    known = _known_part(text) if reference.evidence == "logged" else text
    location, is_cut = _kept_location(known)
    is_cut = is_cut or known != text
    if reference.evidence == "logged" and reference.relation == "reads" and (location is None or _is_list(text)):
        # people write numbers, image names and "NA" there; and lists, sentences and ARNs
        places = _mentioned(reference, [text, *texts_in_base64(text)], role)
        return [*(hit._replace(usage=_usage(reference, role)) for hit in places), *_things(reference, text, role, role, scopes)]
    if location is None and reference.evidence in ("logged", ALLOWED):
        return _mentioned(reference, [text], role) if text.startswith(REDACTED) else ()
    open_ended = bool(reference.open_ended) and _word(reference.open_ended, scopes) == "MultiModel"
    mode = ""
    for name in reference.input_mode:
        mode = mode or _word(name, scopes)
    data_type = _word(reference.data_type, scopes) if reference.data_type else ""
    span = Span.PREFIX if open_ended else reference.span or channel_span(data_type, mode)
    span = (Span.PREFIX if is_cut and span in (Span.OBJECT, Span.FOLDER) else span) if location else Span.UNKNOWN
    view = _view(reference, scopes) if span is Span.MANIFEST and reference.relation == "reads" else ""
    continuous = bool(reference.continuous) and _word(reference.continuous, scopes) == "Continuous"
    digest = etag_digest(_word(reference.digest, scopes)) if reference.digest else ""
    usage = _usage(reference, role)
    return (Hit(reference, text, role, usage, location, span, view, mode, continuous, open_ended, data_type, digest),)


def _is_list(text: str) -> bool:
    """Whether a text that begins like a location may name several."""
    return text.rfind("://") > _LONGEST_SCHEME


def _kept_location(text: str) -> tuple[Location | None, bool]:
    """The location that a text names, and whether it is only its beginning, because a secret was cut out of it."""
    if REDACTED not in text:
        return location_of(text), False
    kept = _CUT.split(text, maxsplit=1)[0]
    return location_of(kept), kept != text


def _weights(reference: Reference, value: str, role: str, scopes: Scopes) -> Iterator[Hit]:
    """The weights that a variable names: those at a place, or those that only have a name, as the reference wants."""
    variable = str(_sibling("*", scopes) or "")
    field = reference.path.removesuffix("*") + variable
    for what in named(variable, _in_shell(value, scopes)):
        known = _known_part(what)
        location, is_cut = _kept_location(known)
        is_cut = is_cut or known != what
        if bool(location) == (reference.to == LOCATION):
            span = (Span.PREFIX if is_cut else reference.span) if location else None
            yield Hit(reference, what, role or variable, reference.usage, location, span, path=field)
    if reference.guessed:
        yield from _guessed(reference, value, role, scopes)


def _guessed(reference: Reference, value: str, role: str, scopes: Scopes) -> Iterator[Hit]:
    """The places of weights that somebody's own variable of a container names: in its value, or as a bucket with its key."""
    variable = str(_sibling("*", scopes) or "")
    given = _beside(reference, scopes)
    texts = [_in_shell(value, scopes)] if sounds_like_weights(variable) else []
    if isinstance(given, dict) and names_bucket(variable):
        told = {name: str(one) for name, one in given.items() if texts or name == variable or sounds_like_weights(name)}
        texts += [_in_shell(uri, scopes) for uri in paired(told, variable) if not _BARE.fullmatch(uri)]
    for hit in _mentioned(reference, texts, role or variable):
        span = reference.span if hit.value.rstrip("/") in {text.strip("\"' ").rstrip("/") for text in texts} else hit.span
        yield hit._replace(usage=reference.usage, span=span, path=reference.path.removesuffix("*") + variable)


def _is_weights(mention: Reference, value: str, scopes: Scopes) -> bool:
    """Whether a variable of a container names weights, which another reference is about."""
    return mention.weights is False and mention.usage == "serving" and any(_guessed(mention, value, "", scopes))


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
    given = _beside(reference, scopes)
    if isinstance(given, list) and all(isinstance(one, dict) for one in given):
        given = {str(one.get("Key") or one.get("Name")): one.get("Value") for one in given}
    if isinstance(given, dict):
        values = {known: value.get("StringValue") if isinstance(value, dict) else value for known, value in given.items()}
        yield from paired({known: _unquoted(str(value)) for known, value in values.items() if value is not None}, name)
    elif isinstance(given, list):
        yield from paired([_unquoted(str(one)) for one in given], name)


def _beside(reference: Reference, scopes: Scopes) -> Any:
    """The values among which a value of a field is."""
    member = _BESIDE.match(reference.path)
    return _sibling(member[1], scopes) if member else None


def _words_beside(reference: Reference, scopes: Scopes) -> list[str]:
    """The arguments among which one is, as a shell passes them on."""
    return [_in_shell(str(one), scopes) for one in _beside(reference, scopes) or ()]


def _mentioned(reference: Reference, texts: Iterable[str], role: str) -> list[Hit]:
    """S3 URIs inside free texts. The SDK JSON-quotes hyperparameters, so escapes are undone first."""
    found = {
        _unclosed(uri)
        for text in map(_unquoted, texts)
        for several in (*_IN_TEXT.findall(text), *_escaped(text))
        for uri in map(_known_part, _apart(several) if _is_list(several) else (several,))
    }
    read = []
    for uri in sorted(found):
        location = location_of(uri) or location_of(_first_folder(uri)) or _on_page(uri)
        if location:
            usage = reference.usage or MENTIONED_USAGE.get(role.casefold(), "")
            read.append(Hit(reference, uri, role, usage, location, Span.PREFIX))
    return read


def _apart(several: str) -> Iterator[str]:
    """The locations in a text without spaces: a sign between two of them may also be a part of a key."""
    heads = (head.start() for head in _HEAD.finditer(several, _SHORTEST))
    begins = [0, *(at for at in heads if location_of(several[at : at + LONGEST_KEY]))]
    for begin, end in pairwise([*begins, len(several)]):
        yield several[begin:end] if end == len(several) else several[begin:end].rstrip(_JOINING)


def _on_page(uri: str) -> Location | None:
    """The location that a page of S3's console shows."""
    if "console" not in uri:
        return None
    from lineage.domain.urls import from_url  # few texts name a page

    return location_of(from_url(uri))


def _filled_in(text: str, scopes: Scopes) -> Iterator[str]:
    """A text with the record's own variables in it, and as a URI where it is a path of GDAL."""
    filled = _in_shell(text, scopes)
    if filled != text:
        yield filled
    if "/vsis3" in filled:
        yield _GDAL.sub("s3://", filled)


def _in_shell(text: str, scopes: Scopes) -> str:
    """A text as a shell reads it that has the variables of the record's own environment."""
    given = _sibling("Environment", scopes) if "$" in text else None
    return _with(given, text) if isinstance(given, dict) else text


def _with(given: Mapping[str, Any], text: str) -> str:
    """A text with these variables, as far as it does not become too long."""
    room = _MOST_FILLED

    def fill(variable: re.Match[str]) -> str:
        nonlocal room
        value = str(given.get(variable["braced"] or variable["plain"], variable["default"] or variable[0]))
        room -= len(value)
        return value if room > 0 else variable[0]

    return _VARIABLE.sub(fill, text)


def _known_part(uri: str) -> str:
    """A URI up to where its key is open: the rest is known only when a program runs."""
    key = uri.find("/", uri.find("://") + len("://")) if uri[:2] in ("s3", "S3") else -1
    ends = _OPEN_END.search(uri, key) if key > 0 else None
    return uri[: ends.start()] if ends else uri


def _unclosed(uri: str) -> str:
    while uri.endswith((*_CLOSERS, *_CLOSING)):  # a regular expression would begin at each of many signs
        uri = uri[:-3] if uri.endswith(_CLOSING) else uri.rstrip(_CLOSERS)
    return uri


def _first_folder(text: str) -> str:
    """The folder at the beginning of a text without spaces that is too long to be one place."""
    return f"{text[:LONGEST_KEY].rpartition('/')[0]}/" if len(text) > LONGEST_KEY else ""


def _escaped(text: str) -> Iterator[str]:
    """The locations in a text whose slashes are escaped or percent-encoded."""
    if "\\" in text or "%" in text:
        from lineage.domain.uris import found  # few texts escape

        yield from (one.plain for one in found(text))


def _unquoted(text: str) -> str:
    if not text.lstrip().startswith(_BEGINS_JSON):
        return text
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
    first, *further = _names(name)
    for scope in scopes if name else ():
        value = scope.get(first)
        for step in further:
            value = value.get(step) if isinstance(value, dict) else None
        if value is not None:
            return value
    return None


def _fill(template: str, scopes: Scopes) -> str:
    """The template with each `{Sibling}` filled in, without doubling a slash of the template."""
    return "".join(
        str(_sibling(part, scopes) or "").removeprefix("/").removesuffix("/") if number % 2 else part
        for number, part in enumerate(_parts(template))
    )


@cache
def _parts(template: str) -> tuple[str, ...]:
    """A template as texts, with the name of a sibling between each two."""
    return tuple(re.split(r"\{(\w+)\}", template))
