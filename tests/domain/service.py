"""SageMaker as one botocore knows it, compared with the lists of what no row of the table reads.

The lists are in `data/` and were checked against the botocore that `tests/constraints.txt` names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import botocore
import botocore.session
from botocore.loaders import Loader
from botocore.model import ServiceModel
from packaging.version import Version

from lineage.domain.kinds import KINDS, Kind

DATA = Path(__file__).parent / "data"
CONSTRAINTS = Path(__file__).parent.parent / "constraints.txt"
CHECKED = Version(re.findall(r"^botocore==(\S+)", CONSTRAINTS.read_text(), re.MULTILINE)[0])
ROWS = [kind for kind in KINDS.values() if kind.describe or kind.list]
# The names of fields that refer to something. Wide on purpose: a name too many costs a line in the list.
REFERENCE_SHAPED = re.compile(
    r"Arn|Ur[il]|Image|S3|Name$|Id$|Ids|Path$|Source|Environment|HyperParameter|Argument|Entrypoint|Query|Location"
)


class Structure(NamedTuple):
    """The needed part of a botocore shape, for a record that several calls give together."""

    name: str
    members: dict[str, Any]
    type_name: str = "structure"


class Shape(NamedTuple):
    """A shape inside a document, which is a text to botocore: as `documents.tsv` says."""

    name: str
    type_name: str
    members: dict[str, Any]
    member: Any = None
    enum: tuple[str, ...] = ()


def document(start: str, rest: list[str]) -> Shape:
    """The shapes of a document at a path below its kind, by the rest of each field's path."""
    members: dict[str, Any] = {}
    heads = {path.partition(".")[0] for path in rest if path}
    for head in heads:
        inside = document(f"{start}.{head}", [path.partition(".")[2] for path in rest if path.partition(".")[0] == head])
        name = head.removesuffix("[]")
        members[name] = Shape(name, "list", {}, inside) if head.endswith("[]") else inside
    return Shape(start, "structure" if members else "string", members)


def scopes(shape: Any, path: str) -> list[Any]:
    """The shapes along a plain path, outermost first; the last is that of the field itself. Raises where there is none."""
    found = [shape]
    for step in path.split("."):
        name = step.removesuffix("[]").removesuffix("{}")
        if shape.type_name == "map":
            shape = shape.value
        elif name in getattr(shape, "members", ()):
            shape = shape.members[name]
        else:
            raise LookupError(f"{path}: {shape.name} has no {name}")
        if step.endswith("[]"):
            assert shape.type_name == "list", f"{path}: {name} is no list"
            shape = shape.member
        if step.endswith("{}"):
            assert shape.type_name == "string", f"{path}: {name} is no text"
            rows = [what.partition(f"\t{step}.")[2] for what, _ in table("documents.tsv")]
            shape = document(step, [row for row in rows if row])
        found.append(shape)
    return found


def holds(members: dict[str, Any], path: str) -> bool:
    try:
        return bool(scopes(Structure("", members), path))
    except LookupError:
        return False


@dataclass(frozen=True)
class Service:
    """SageMaker as a botocore describes it."""

    model: ServiceModel

    def taken(self, operation: str) -> Any:
        return self.model.operation_model(operation).input_shape

    def results(self, operation: str) -> Any:
        """The items of a List call: the one list of its answer."""
        members = self.model.operation_model(operation).output_shape.members.values()
        [found] = [shape for shape in members if shape.type_name == "list"]
        return found

    def answered(self, kind: Kind) -> dict[str, Any]:
        """The members of the call that reads one record: Describe, or List where the summary is the record."""
        describes = kind.describe and self.model.operation_model(kind.describe).output_shape
        shape = describes or self.results(kind.list).member
        return dict((shape.members[kind.wrapped] if kind.wrapped else shape).members)

    def crawled(self, kind: Kind) -> dict[str, Any]:
        """The members that the row's own calls give together."""
        return {extra.member: self.results(extra.operation) for extra in kind.extras} | self.answered(kind)


INSTALLED = Service(botocore.session.get_session().get_service_model("sagemaker"))
INSTALLED_VERSION = Version(botocore.__version__)


def service_in(folder: Path) -> Service:
    """The service from the model in a folder that has the layout of `botocore/data`."""
    loader = Loader(extra_search_paths=[str(folder)], include_default_search_paths=False)
    return Service(ServiceModel(loader.load_service_model("sagemaker", "service-2"), "sagemaker"))


# --- what no row reads ----------------------------------------------------------------------------


def leaves(shape: Any, path: str = "", seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The path and the shape of each text inside a shape that may name something."""
    if shape.name in seen:
        return
    if shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from leaves(member, f"{path}.{name}" if path else name, (*seen, shape.name))
    elif shape.type_name == "list":
        yield from leaves(shape.member, f"{path}[]", seen)
    elif shape.type_name == "map":
        yield from leaves(shape.value, f"{path}.*", seen)
    elif shape.type_name == "string" and not shape.enum:
        yield path, shape


def unread_references(service: Service) -> set[str]:
    """The fields that look like references and that no row reads, each after its kind."""
    return {
        f"{kind.name}\t{path}"
        for kind in ROWS
        for path, shape in leaves(Structure(kind.name, service.crawled(kind)))
        if path not in {*kind.between, *(reference.path for reference in kind.references)}
        and (REFERENCE_SHAPED.search(path.rpartition(".")[2]) or REFERENCE_SHAPED.search(shape.name))
    }


def unread_resources(service: Service) -> set[str]:
    """The Describe calls that no row makes, and the List calls of things without a known Describe call."""
    names = set(service.model.operation_names)
    called = {one for kind in ROWS for one in (kind.describe, kind.list)}
    called |= {one.operation for kind in ROWS for one in (*kind.extras, *kind.finders)}
    return {
        name
        for name in names - called
        if name.startswith("Describe") or (name.startswith("List") and f"Describe{singular(name[4:])}" not in names)
    }


def singular(noun: str) -> str:
    return f"{noun[:-3]}y" if noun.endswith("ies") else noun.removesuffix("s")


def status_words(service: Service) -> set[str]:
    """The words of a record's status, each after its kind."""
    return {
        f"{kind.name}\t{word}"
        for kind in ROWS
        for path in (kind.status or f"{kind.noun}Status", "SecondaryStatus")
        if holds(service.answered(kind), path)
        for word in scopes(Structure(kind.name, service.answered(kind)), path)[-1].enum
    }


# --- the lists ------------------------------------------------------------------------------------


class Difference(NamedTuple):
    added: list[str]  # in the service, not in the list
    vanished: list[str]  # in the list, not in the service


def table(name: str) -> list[tuple[str, str]]:
    """The rows of a checked-in list: what each names, and its last column, the reason."""
    lines = (DATA / name).read_text().splitlines()[1:]
    rows = [(what, why) for what, _, why in (line.rpartition("\t") for line in lines)]
    assert all(why for _, why in rows)
    assert rows == sorted(rows)
    return rows


LISTS: dict[str, tuple[Callable[[Service], set[str]], set[str]]] = {
    "reference-shaped field": (unread_references, {what for what, _ in table("unread_references.tsv")}),
    "call": (unread_resources, {what for what, _ in table("unread_resources.tsv")}),
    "status word": (
        status_words,
        {f"{kind}\t{word}" for kind, words in table("status_words.tsv") for word in words.split()},
    ),
}
"""What the lists are of: how that is found in a service, and what is listed."""


def difference(what: str, service: Service) -> Difference:
    find, named = LISTS[what]
    found = find(service)
    return Difference(sorted(found - named), sorted(named - found))


def untrue(version: Version, between: Difference) -> list[str]:
    """The differences that this version may not have: an older botocore adds nothing, a newer one has all that is listed."""
    return (between.added if version <= CHECKED else []) + (between.vanished if version >= CHECKED else [])
