"""The table, held against botocore's own service model: every word of every row means something there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from lineage.kinds import ANY, IMAGE, KINDS, LOCATION, RELATIONS, Kind, Reference, kind_of_arn

MODEL = botocore.session.get_session().get_service_model("sagemaker")
DESCRIBED = [kind for kind in KINDS.values() if kind.describe]
REFERENCES = [(kind, reference) for kind in DESCRIBED for reference in kind.references]
UNREAD = Path(__file__).parent / "data" / "unread_references.tsv"
# What a field that refers to something is called. Wide on purpose: a name too many costs a line in the list.
REFERENCE_SHAPED = re.compile(
    r"Arn|Ur[il]|Image|S3|Name$|Id$|Ids|Path$|Source|Environment|HyperParameter|Argument|Entrypoint|Query|Location"
)


def output(kind: Kind) -> Any:
    return MODEL.operation_model(kind.describe).output_shape


def scopes(shape: Any, path: str) -> list[Any]:
    """The shapes along a plain path, outermost first; the last is that of the field itself. Fails where there is none."""
    found = [shape]
    for step in path.split("."):
        if step == "*":
            assert shape.type_name == "map", f"{path}: {shape.name} is no map"
            shape = shape.value
        elif shape.type_name == "map":
            shape = shape.value
        else:
            name = step.removesuffix("[]")
            assert shape.type_name == "structure", f"{path}: {shape.name} has no members"
            assert name in shape.members, f"{path}: {shape.name} has no {name}"
            shape = shape.members[name]
            if step.endswith("[]"):
                assert shape.type_name == "list", f"{path}: {name} is no list"
                shape = shape.member
        found.append(shape)
    return found


def is_sibling(name: str, around: list[Any]) -> bool:
    return any(scope.type_name == "structure" and name.partition(".")[0] in scope.members for scope in around)


@pytest.mark.parametrize("kind", DESCRIBED, ids=lambda kind: kind.name)
def test_operations_exist(kind: Kind) -> None:
    """Every operation that a row names exists, takes one required name, and is searched under a name Search knows."""
    assert MODEL.operation_model(kind.describe).input_shape.required_members
    assert MODEL.operation_model(kind.list).output_shape.members
    assert not kind.search or kind.search in MODEL.shape_for("ResourceType").enum


@pytest.mark.parametrize("kind", DESCRIBED, ids=lambda kind: kind.name)
def test_common_fields_exist(kind: Kind) -> None:
    """Every record has the ARN, the status, the times and the details that its row counts on."""
    shape = output(kind)
    status = kind.status or f"{kind.noun}Status"
    paths = [f"{kind.noun}Arn", "CreationTime", *filter(None, kind.times), *(path for _, path in kind.details)]
    paths += [status] if kind.status or status in shape.members else []
    for path in paths:
        scopes(shape, path)


@pytest.mark.parametrize("kind", DESCRIBED, ids=lambda kind: kind.name)
def test_finders_exist(kind: Kind) -> None:
    """Every finder filters a List call by a parameter it has, with a field the record has."""
    for finder in kind.finders:
        operation = MODEL.operation_model(finder.operation)
        assert finder.parameter in operation.input_shape.members
        assert finder.value == "{Arn}" or finder.value in output(kind).members
        assert KINDS[finder.kind].list == finder.operation


@pytest.mark.parametrize(("kind", "reference"), REFERENCES, ids=lambda value: getattr(value, "path", None))
def test_reference(kind: Kind, reference: Reference) -> None:
    """Every path is a field of the describe output, every sibling it counts on lies around it, every target exists."""
    shape = output(kind)
    if reference.path.startswith("Parents[]"):  # only Search and ListTrials give it; the crawl puts it there
        shape = MODEL.shape_for("SearchRecord").members["TrialComponent"]
    *around, field = scopes(shape, reference.path)
    assert field.type_name == "string"
    words = [reference.role, reference.data_type, reference.continuous, reference.open_ended, *reference.input_mode]
    words += re.findall(r"\{(\w+)\}", reference.template)
    for word in words:
        assert not word or word.startswith("=") or is_sibling(word, around), f"{reference.path}: no {word} around it"
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
    read = {reference.path for reference in kind.references}
    return {
        (kind.name, path)
        for path, shape in leaves(output(kind))
        if path not in read and (REFERENCE_SHAPED.search(path.rpartition(".")[2]) or REFERENCE_SHAPED.search(shape.name))
    }


def test_what_is_not_read_is_known() -> None:
    """Each reference-shaped field that no row reads stands in the list, with a word why; a new botocore shows as a diff."""
    listed = [line.split("\t") for line in UNREAD.read_text().splitlines()[1:]]
    assert all(why for _, _, why in listed)
    assert {(kind, path) for kind, path, _ in listed} == set().union(*map(unread, DESCRIBED))


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
    looks = [
        (kind.shape, kind.colour) for kind in [*DESCRIBED, *(KINDS[name] for name in ("dataset", "artifact", "code", "image"))]
    ]
    assert len(looks) == len(set(looks))
