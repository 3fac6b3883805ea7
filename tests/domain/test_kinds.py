"""The table, compared with botocore's own service model: every word of every row means something there."""

from __future__ import annotations

import re
from typing import Any

import pytest
from packaging.version import Version

from lineage.domain.kinds import ANY, IMAGE, KINDS, LOCATION, RELATIONS, Kind, Reference, kind_of_arn
from tests.domain.service import (
    CHECKED,
    INSTALLED,
    INSTALLED_VERSION,
    LISTS,
    ROWS,
    Difference,
    Structure,
    difference,
    holds,
    scopes,
    untrue,
)

MODEL, taken, results = INSTALLED.model, INSTALLED.taken, INSTALLED.results
answered, crawled = INSTALLED.answered, INSTALLED.crawled
DESCRIBED = [kind for kind in ROWS if kind.describe]
LISTED = [kind for kind in ROWS if kind.list]
SEARCHED = [kind for kind in ROWS if kind.search]
REFERENCES = [(kind, reference) for kind in ROWS for reference in kind.references]


def name_of(kind: Kind) -> str:
    return kind.name


def searched(kind: Kind) -> dict[str, Any]:
    """The members of a Search record. A trial's drops the prefix of its type, and a model's lies inside a dashboard's."""
    name = kind.search.removeprefix("Experiment") or kind.search
    shape = MODEL.shape_for("SearchRecord").members[name]
    return dict(shape.members.get(name, shape).members)


def record_shape(kind: Kind) -> Structure:
    """Everything a record can hold: the answer of its call, its extras, its tags, and what only Search gives."""
    found = searched(kind) if kind.search else {}
    return Structure(kind.name, found | {"Tags": MODEL.shape_for("TagList")} | crawled(kind))


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
    """List gets what it requires, in words that it knows."""
    shape, told = taken(kind.list), dict(kind.list_with)
    parameter, values_of = kind.list_by
    assert set(shape.required_members) <= {*told, parameter}
    assert all(allows(shape.members[name], value) for name, value in told.items())
    if parameter:
        assert KINDS[values_of].list if values_of else set(shape.members[parameter].enum) <= {*kind.list_values}


@pytest.mark.parametrize("kind", LISTED, ids=name_of)
def test_summaries_name_what_to_describe(kind: Kind) -> None:
    """A summary has at least an ARN, and the name as well where Describe takes no ARN; an edge has both ends."""
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
    """The List call of a kind that accumulates has a filter by creation time."""
    assert not kind.accrues or {"CreationTimeAfter", "CreatedAfter"} & set(taken(kind.list).members)


@pytest.mark.parametrize("kind", [kind for kind in ROWS if kind.constant], ids=name_of)
def test_what_is_constant_no_call_changes(kind: Kind) -> None:
    """SageMaker has no Update call for a constant kind, and its list says when each was created: a name may be used again."""
    assert not {name for name in MODEL.operation_names if name.startswith(kind.describe.replace("Describe", "Update"))}
    assert kind.describe
    assert not kind.search
    assert "CreationTime" in results(kind.list).member.members


@pytest.mark.parametrize("kind", SEARCHED, ids=name_of)
def test_search_lacks_what_the_row_says(kind: Kind) -> None:
    """A Search record holds every field that the row reads, or the row says that it does not, by a word or a doubt."""
    assert kind.search in MODEL.shape_for("ResourceType").enum
    read = {reference.path for reference in kind.references} | {path for _, path in kind.details}
    read |= {f"{kind.noun}Arn", "CreationTime", *filter(None, kind.times)}
    read -= {*kind.unpublished}
    lacking = {path.partition(".")[0].removesuffix("[]") for path in read if not holds(searched(kind), path)}
    known = {doubt.removeprefix("!") for doubt in kind.doubts if doubt.startswith("!")} | {one.member for one in kind.extras}
    assert lacking - known <= set(kind.search_lacks)
    assert lacking - known == set(kind.search_lacks) or INSTALLED_VERSION != CHECKED


@pytest.mark.parametrize("kind", ROWS, ids=name_of)
def test_doubts(kind: Kind) -> None:
    """A doubt is about a field, and a value that the field can have."""
    for doubt in [one for doubts in kind.doubts for one in doubts.split("&")]:
        path, unequal, value = doubt.removeprefix("!").partition("!=")
        *_, field = scopes(record_shape(kind), path)
        assert kind.search
        assert not unequal or allows(field, value)


@pytest.mark.parametrize("kind", [kind for kind in ROWS if kind.carried_by], ids=name_of)
def test_carried_by(kind: Kind) -> None:
    """The Search record that carries a record of this kind carries every field that the row reads.

    So far it carries every member that Describe gives, too.
    """
    carrier = KINDS[kind.carried_by]
    assert carrier.search
    carried = searched(carrier)["SourceDetail"].members[kind.noun].members
    assert all(holds(carried, reference.path) for reference in kind.references)
    assert set(answered(kind)) <= set(carried) or INSTALLED_VERSION > CHECKED


@pytest.mark.parametrize("kind", ROWS, ids=name_of)
def test_common_fields_exist(kind: Kind) -> None:
    """Every record has the status, the times, the parts and the details that its row relies on."""
    shape = record_shape(kind)
    status = kind.status or f"{kind.noun}Status"
    paths = ["CreationTime", *filter(None, kind.times), *kind.parts, *(path for _, path in kind.details)]
    assert not any(holds(shape.members, path) for path in kind.unpublished)
    paths += [status] if kind.status or status in shape.members else []
    for path in {*paths} - {*kind.unpublished}:
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
    assert kind.tells_use or kind.only_named or not (reads or kind.trains)  # what no list shows is missed where it is named


@pytest.mark.parametrize(("kind", "reference"), REFERENCES, ids=lambda value: getattr(value, "path", None))
def test_reference(kind: Kind, reference: Reference) -> None:
    """Every path is a field of the record, every sibling that it relies on is near it, and every target exists."""
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
    """A row has each reference once."""
    said = [(kind.name, one.path, one.relation, one.to) for kind, one in REFERENCES]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("what", LISTS)
def test_what_is_not_read_is_listed(what: str) -> None:
    """The list has exactly what no row reads in the botocore that the lists were checked against.

    A newer one has all that is listed, and an older one nothing that is not.
    """
    assert untrue(INSTALLED_VERSION, difference(what, INSTALLED)) == []


@pytest.mark.parametrize(
    ("version", "known"),
    [("0.1", ["vanished"]), (str(CHECKED), []), ("999.0", ["added"])],
    ids=["older", "the one that the lists were checked against", "newer"],
)
def test_what_a_list_may_differ_in(version: str, known: list[str]) -> None:
    """A newer botocore may add something, an older one may lack something; any other difference is reported."""
    assert untrue(Version(version), Difference(["added"], ["vanished"])) == [
        one for one in ("added", "vanished") if one not in known
    ]


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
    """An ARN gives its kind, the most specific pattern first."""
    assert kind_of_arn(f"arn:aws:sagemaker:eu-west-1:111122223333:{resource}").name == kind


def test_the_pattern_of_an_arn_begins_with_a_plain_word() -> None:
    """The kind of an ARN is looked up by the first word of its resource, so each kind's pattern begins with a word."""
    heads = {kind.name: (kind.arn or kind.name).partition("/")[0] for kind in KINDS.values()}
    assert {name: head for name, head in heads.items() if not re.fullmatch("[a-z-]+", head)} == {}


def test_kind_of_a_foreign_arn() -> None:
    """An ARN of another service has no kind of ours."""
    assert kind_of_arn("arn:aws:lambda:eu-west-1:111122223333:function:x").name == "resource"


def test_shapes_and_colours_tell_kinds_apart() -> None:
    """No two kinds that are read look the same in a picture."""
    places = [KINDS[name] for name in ("dataset", "artifact", "code", "image")]
    looks = [(kind.shape, kind.colour) for kind in [*ROWS, *places] if not kind.between]
    assert len(looks) == len(set(looks))
