"""An IAM policy in Terraform, as the data source `aws_iam_policy_document`. A comment above each statement says why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import indent, wrap

import lineage

_NAME = "lineage"


def terraform(statements: Iterable[lineage.Statement]) -> str:
    """The document `data.aws_iam_policy_document.lineage`; a policy resource takes its `json`."""
    blocks = "\n".join(indent("\n".join(_statement(one)), "  ") + "\n" for one in statements)
    return f'data "aws_iam_policy_document" "{_NAME}" {{\n{blocks}}}\n'


def _statement(one: lineage.Statement) -> Iterator[str]:
    yield from (f"# {line}" for line in wrap(one.why, 100))
    yield "statement {"
    yield f"  sid = {_text(one.sid)}"
    yield from _list("actions", one.actions)
    yield from _list("resources", one.resources)
    for test, keys in one.condition.items():
        for variable, values in keys.items():
            yield "  condition {"
            yield f"    test     = {_text(test)}"
            yield f"    variable = {_text(variable)}"
            yield from (f"  {line}" for line in _list("values", values))
            yield "  }"
    yield "}"


def _list(name: str, values: list[str]) -> Iterator[str]:
    yield f"  {name} = ["
    yield from (f"    {_text(value)}," for value in values)
    yield "  ]"


def _text(value: str) -> str:
    """A text in HCL: as in JSON, except for the start of a template."""
    return lineage.json_text(value).replace("${", "$${").replace("%{", "%%{")
