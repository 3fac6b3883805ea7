"""The shapes of a kind's record in botocore's model: in Describe, in Search, in a page of a List."""

from __future__ import annotations

from typing import Any

from lineage.domain.kinds import Kind

_SEARCH_MEMBER = {"ExperimentTrial": "Trial", "ExperimentTrialComponent": "TrialComponent"}


def described_shape(model: Any, kind: Kind) -> Any:
    """The shape of the record in the answer of the kind's Describe."""
    shape = model.operation_model(kind.describe).output_shape
    return shape.members[kind.wrapped] if kind.wrapped else shape


def search_member(resource: str) -> str:
    """The member of a search result that holds a record of the resource."""
    return _SEARCH_MEMBER.get(resource, resource)


def search_shape(model: Any, kind: Kind) -> Any:
    """The shape of a search result for the kind: for a model, that of the dashboard record around it."""
    return model.shape_for("SearchRecord").members[search_member(kind.search)]


def list_member(operation: Any) -> tuple[str, Any]:
    """The member of a List or Search answer that holds the list, and the shape of its elements."""
    return next((name, shape.member) for name, shape in operation.output_shape.members.items() if shape.type_name == "list")
