"""The table, held against botocore's own service model: every word of every row means something there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import botocore.session
import pytest

from lineage.domain.kinds import ANY, IMAGE, KINDS, LOCATION, RELATIONS, Kind, Reference, kind_of_arn

MODEL = botocore.session.get_session().get_service_model("sagemaker")
ROWS = [kind for kind in KINDS.values() if kind.describe or kind.list]
DESCRIBED = [kind for kind in ROWS if kind.describe]
LISTED = [kind for kind in ROWS if kind.list]
SEARCHED = [kind for kind in ROWS if kind.search]
REFERENCES = [(kind, reference) for kind in ROWS for reference in kind.references]
DATA = Path(__file__).parent / "data"
# What a field that refers to something is called. Wide on purpose: a name too many costs a line in the list.
REFERENCE_SHAPED = re.compile(
    r"Arn|Ur[il]|Image|S3|Name$|Id$|Ids|Path$|Source|Environment|HyperParameter|Argument|Entrypoint|Query|Location"
)


class Structure(NamedTuple):
    """As much of a botocore shape as the lint looks at, for a record that several calls give together."""

    name: str
    members: dict[str, Any]
    type_name: str = "structure"


def name_of(kind: Kind) -> str:
    return kind.name


def taken(operation: str) -> Any:
    return MODEL.operation_model(operation).input_shape


def results(operation: str) -> Any:
    """What a List call lists: the one list of its answer."""
    [found] = [shape for shape in MODEL.operation_model(operation).output_shape.members.values() if shape.type_name == "list"]
    return found


def answered(kind: Kind) -> dict[str, Any]:
    """The members of the call that reads one record: Describe, or List where the summary is the record."""
    shape = MODEL.operation_model(kind.describe).output_shape if kind.describe else results(kind.list).member
    return dict((shape.members[kind.wrapped] if kind.wrapped else shape).members)


def crawled(kind: Kind) -> dict[str, Any]:
    """The members that the calls of the row's own give together."""
    return {extra.member: results(extra.operation) for extra in kind.extras} | answered(kind)


def searched(kind: Kind) -> dict[str, Any]:
    """The members of a Search record. A trial's drops the prefix of its type, and a model's lies inside a dashboard's."""
    name = kind.search.removeprefix("Experiment") or kind.search
    shape = MODEL.shape_for("SearchRecord").members[name]
    return dict(shape.members.get(name, shape).members)


def record_shape(kind: Kind) -> Structure:
    """All that a record can hold: the answer of its call, its extras, its tags, and what Search alone gives."""
    found = searched(kind) if kind.search else {}
    return Structure(kind.name, found | {"Tags": MODEL.shape_for("TagList")} | crawled(kind))


def scopes(shape: Any, path: str) -> list[Any]:
    """The shapes along a plain path, outermost first; the last is that of the field itself. Raises where there is none."""
    found = [shape]
    for step in path.split("."):
        name = step.removesuffix("[]")
        if shape.type_name == "map":
            shape = shape.value
        elif name in getattr(shape, "members", ()):
            shape = shape.members[name]
        else:
            raise LookupError(f"{path}: {shape.name} has no {name}")
        if step.endswith("[]"):
            assert shape.type_name == "list", f"{path}: {name} is no list"
            shape = shape.member
        found.append(shape)
    return found


def holds(members: dict[str, Any], path: str) -> bool:
    try:
        return bool(scopes(Structure("", members), path))
    except LookupError:
        return False


def siblings(name: str, around: list[Any]) -> list[Any]:
    """The shapes of a sibling field, looked up as the crawl's reader does it: innermost first, by name or dotted path."""
    return [
        scopes(scope, name)[-1] for scope in reversed(around) if scope.type_name == "structure" and holds(scope.members, name)
    ]


def allows(shape: Any, value: str) -> bool:
    return not shape.enum or value in shape.enum


@pytest.mark.parametrize("kind", DESCRIBED, ids=name_of)
def test_describe(kind: Kind) -> None:
    """Describe takes one required name, or exactly the row's keys, and gives an ARN."""
    shape = taken(kind.describe)
    assert set(shape.required_members) <= set(kind.keys or shape.required_members[:1])
    assert set(kind.keys) <= set(shape.members)
    assert f"{kind.noun}Arn" in answered(kind)


@pytest.mark.parametrize("kind", LISTED, ids=name_of)
def test_list(kind: Kind) -> None:
    """List is told what it requires, in words that it knows."""
    shape, told = taken(kind.list), dict(kind.list_with)
    parameter, values_of = kind.list_by
    assert set(shape.required_members) <= {*told, parameter}
    assert all(allows(shape.members[name], value) for name, value in told.items())
    if parameter:
        values = shape.members[parameter].enum
        assert KINDS[values_of].list if values_of else values


@pytest.mark.parametrize("kind", LISTED, ids=name_of)
def test_summaries_name_what_to_describe(kind: Kind) -> None:
    """A summary has an ARN at least, and the name as well where Describe takes no ARN; what is an edge has its ends."""
    fields = results(kind.list).member.members
    noun = kind.listed_as or kind.noun
    assert {*kind.between} <= set(fields)
    assert kind.between or f"{noun}Arn" in fields
    if kind.describe:
        key = taken(kind.describe).required_members[0]
        by_name = f"{noun}Name" in fields or key == f"{noun}Name"  # a summary without one has its ARN, which ends in it
        assert by_name or "arn" in taken(kind.describe).members[key].metadata["pattern"]


@pytest.mark.parametrize("kind", LISTED, ids=name_of)
def test_what_accrues_is_asked_for_since_a_time(kind: Kind) -> None:
    """The List call of what accrues has a filter by creation time."""
    assert not kind.accrues or {"CreationTimeAfter", "CreatedAfter"} & set(taken(kind.list).members)


@pytest.mark.parametrize("kind", SEARCHED, ids=name_of)
def test_search_lacks_what_the_row_says(kind: Kind) -> None:
    """A Search record holds every field that the row reads, or the row says that it does not, by a word or a doubt."""
    assert kind.search in MODEL.shape_for("ResourceType").enum
    read = {reference.path for reference in kind.references} | {path for _, path in kind.details}
    read |= {f"{kind.noun}Arn", "CreationTime", *filter(None, kind.times)}
    lacking = {path.partition(".")[0].removesuffix("[]") for path in read if not holds(searched(kind), path)}
    known = {doubt.removeprefix("!") for doubt in kind.doubts if doubt.startswith("!")} | {one.member for one in kind.extras}
    assert lacking - known == set(kind.search_lacks)


@pytest.mark.parametrize("kind", ROWS, ids=name_of)
def test_doubts(kind: Kind) -> None:
    """A doubt speaks of a field, and of a value that the field can have."""
    for doubt in [one for doubts in kind.doubts for one in doubts.split("&")]:
        path, unequal, value = doubt.removeprefix("!").partition("!=")
        *_, field = scopes(record_shape(kind), path)
        assert kind.search
        assert not unequal or allows(field, value)


@pytest.mark.parametrize("kind", [kind for kind in ROWS if kind.carried_by], ids=name_of)
def test_carried_by(kind: Kind) -> None:
    """The Search record that carries a record of this kind carries every member that Describe gives."""
    carrier = KINDS[kind.carried_by]
    assert carrier.search
    assert set(answered(kind)) <= set(searched(carrier)["SourceDetail"].members[kind.noun].members)


@pytest.mark.parametrize("kind", ROWS, ids=name_of)
def test_common_fields_exist(kind: Kind) -> None:
    """Every record has the status, the times, the parts and the details that its row counts on."""
    shape = record_shape(kind)
    status = kind.status or f"{kind.noun}Status"
    paths = ["CreationTime", *filter(None, kind.times), *kind.parts, *(path for _, path in kind.details)]
    paths += [status] if kind.status or status in shape.members else []
    for path in paths:
        scopes(shape, path)
    steps = {value for one in MODEL.shape_names if one.endswith("SecondaryStatus") for value in MODEL.shape_for(one).enum}
    assert {*filter(None, (kind.download, kind.upload))} <= steps


@pytest.mark.parametrize("kind", ROWS, ids=name_of)
def test_finders_exist(kind: Kind) -> None:
    """Every finder filters a List call by a parameter it has, with a field the record has."""
    for finder in kind.finders:
        assert finder.parameter in taken(finder.operation).members
        assert finder.value == "{Arn}" or finder.value in answered(kind)
        assert KINDS[finder.kind].list == finder.operation


@pytest.mark.parametrize("kind", ROWS, ids=name_of)
def test_extras_exist(kind: Kind) -> None:
    """Every extra is the list of a List call, filtered by a parameter it has, with a field the record has."""
    for extra in kind.extras:
        assert results(extra.operation)
        assert set(taken(extra.operation).required_members) <= {extra.parameter} <= set(taken(extra.operation).members)
        assert extra.value in answered(kind)
        assert extra.member not in answered(kind)


@pytest.mark.parametrize("kind", ROWS, ids=name_of)
def test_who_trains_tells_use(kind: Kind) -> None:
    """No answer says "not used" without the kinds that train, and those whose jobs read data or a model."""
    assert kind.trains in {"", "always", *dict(kind.details)}
    usages = {one.usage for one in kind.references if one.relation == "reads"}
    reads = usages & {"data", "model", "checkpoint"} or (kind.job and "" in usages)
    assert kind.tells_use or not (reads or kind.trains)


@pytest.mark.parametrize(("kind", "reference"), REFERENCES, ids=lambda value: getattr(value, "path", None))
def test_reference(kind: Kind, reference: Reference) -> None:
    """Every path is a field of the record, every sibling it counts on lies around it, every target exists."""
    *around, field = scopes(record_shape(kind), reference.path)
    assert field.type_name == "string"
    sibling, value = reference.when
    words = [reference.role, reference.data_type, reference.continuous, reference.open_ended, *reference.input_mode]
    words += [*re.findall(r"\{(\w+)\}", reference.template), reference.select, *reference.reused, sibling]
    for word in words:
        assert not word or word.startswith("=") or siblings(word, around), f"{reference.path}: no {word} around it"
    assert not sibling or allows(siblings(sibling, around)[0], value)
    assert reference.to in (LOCATION, IMAGE, ANY) or reference.to in KINDS
    assert reference.relation in RELATIONS


def test_no_reference_stands_twice() -> None:
    """A field says each thing once."""
    said = [(kind.name, one.path, one.relation, one.to) for kind, one in REFERENCES]
    assert len(said) == len(set(said))


def leaves(shape: Any, path: str = "", seen: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
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


def unread(kind: Kind) -> set[tuple[str, str]]:
    read = {*kind.between, *(reference.path for reference in kind.references)}
    return {
        (kind.name, path)
        for path, shape in leaves(Structure(kind.name, crawled(kind)))
        if path not in read and (REFERENCE_SHAPED.search(path.rpartition(".")[2]) or REFERENCE_SHAPED.search(shape.name))
    }


def table(name: str) -> list[list[str]]:
    """The rows of a checked-in list, each of which ends in a word why."""
    listed = [line.split("\t") for line in (DATA / name).read_text().splitlines()[1:]]
    assert all(row[-1] for row in listed)
    assert listed == sorted(listed)
    return listed


def test_what_is_not_read_is_known() -> None:
    """Each reference-shaped field that no row reads stands in the list, with a word why; a new botocore shows as a diff."""
    assert [(kind, path) for kind, path, _ in table("unread_references.tsv")] == sorted(set().union(*map(unread, ROWS)))


def test_what_is_not_described_is_known() -> None:
    """Each resource that no row describes stands in the list, with a word why; a new botocore shows as a diff."""
    described = {kind.describe for kind in ROWS}
    left_out = [name for name in MODEL.operation_names if name.startswith("Describe") and name not in described]
    assert [operation for operation, _ in table("unread_resources.tsv")] == sorted(left_out)


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        ("endpoint/x", "endpoint"),
        ("endpoint-config/x", "endpoint-config"),
        ("model-package/group/3", "model-package"),
        ("experiment-trial-component/x", "trial-component"),
        ("experiment-trial/x", "trial"),
        ("experiment/x", "experiment"),
        ("hyper-parameter-tuning-job/x", "tuning-job"),
        ("pipeline/p/execution/e", "pipeline-execution"),
        ("pipeline/p", "pipeline"),
        ("Training-Job/X", "training-job"),
        ("transform-job/x", "transform-job"),
        ("automl-job/x", "automl-job"),
        ("job/agentrft/x", "job"),
        ("training-session/x", "training-session"),
        ("compilation-job/x", "compilation-job"),
        ("optimization-job/x", "optimization-job"),
        ("labeling-job/x", "labeling-job"),
        ("algorithm/x", "algorithm"),
        ("feature-group/x", "feature-group"),
        ("model-card/x", "model-card"),
        ("hub-content/hub/Model/x/1.0.0", "hub-content"),
        ("monitoring-schedule/x", "monitoring-schedule"),
        ("data-quality-job-definition/x", "data-quality-job-definition"),
        ("model-quality-job-definition/x", "model-quality-job-definition"),
        ("model-bias-job-definition/x", "model-bias-job-definition"),
        ("model-explainability-job-definition/x", "model-explainability-job-definition"),
        ("artifact/0123abcd", "lineage-artifact"),
        ("action/x", "lineage-action"),
        ("context/x", "lineage-context"),
        ("never-heard-of/x", "resource"),
    ],
)
def test_kind_of_arn(resource: str, kind: str) -> None:
    """An ARN tells its kind, the most particular pattern first."""
    assert kind_of_arn(f"arn:aws:sagemaker:eu-west-1:111122223333:{resource}").name == kind


def test_kind_of_a_foreign_arn() -> None:
    """An ARN of another service is of no kind of ours."""
    assert kind_of_arn("arn:aws:lambda:eu-west-1:111122223333:function:x").name == "resource"


def test_shapes_and_colours_tell_kinds_apart() -> None:
    """No two kinds that are read look the same in a picture."""
    places = [KINDS[name] for name in ("dataset", "artifact", "code", "image")]
    looks = [(kind.shape, kind.colour) for kind in [*ROWS, *places] if not kind.between]
    assert len(looks) == len(set(looks))
