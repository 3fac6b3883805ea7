"""Reads one record at a time: those that Search gives incompletely, and those that only references lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from lineage.crawl.aws.fetch import Fetcher
from lineage.crawl.aws.refusals import refused_by
from lineage.domain.kinds import KINDS, VERSIONED, Kind, kind_of_arn
from lineage.domain.names import is_arn, parse_arn
from lineage.domain.records import Gap, Named, Resource
from lineage.domain.references import detail, follow


def doubted(kind: Kind, record: Resource) -> bool:
    """Whether Describe gives something that a Search record lacks (by the row's `doubts`), or may give it better."""
    odd = kind.describe and any(one.odd for one in record.unknown)
    return bool(odd) or any(_holds(doubt, record) for doubt in kind.doubts)


def _holds(doubt: str, record: Resource) -> bool:
    if "&" in doubt:
        return all(_holds(one, record) for one in doubt.split("&"))
    path, differs, wanted = doubt.partition("!=") if not doubt.startswith("!") else (doubt[1:], "", "")
    value = detail(record.body, path)
    if differs:
        return bool(value != wanted)
    return (value is None) is doubt.startswith("!")


def record_of(fetcher: Fetcher, kind: Kind, named: Named, known: Resource | None) -> list[Resource | Gap]:
    """The record with a name, and what only other calls give about it, as far as it could be read."""
    found: list[Resource] = []

    def read() -> None:
        silent = fetcher.silent(kind, "search", named.region) if known else frozenset()
        found.append(replace(known, silent=silent) if known else fetcher.described(kind, named))
        found.append(fetcher.completed(kind, found[0]))

    refused = refused_by(read)
    where = (named.account, named.region, kind.describe, named.id)
    return [*found[-1:], *([Gap(*where, refused.reason, refused.detail)] if refused else [])]


# The fields that refer to things that may be in another account, or in no list.
_FAR = {
    kind.name: paths
    for kind in KINDS.values()
    if (paths := [reference.path for reference in kind.references if reference.to in VERSIONED])
}


def _names(path: str) -> str:
    """The last name of a path; of one into a document, which may write its names otherwise, that of the document."""
    return [step.strip("[]") for step in path.partition("{}")[0].split(".") if step.strip("[]*")][-1]


REFERRING = {kind: sorted({_names(path) for path in paths}) for kind, paths in sorted(_FAR.items())}
"""The kinds that have such fields, with the names of the fields: the JSON of a record that refers so holds one of them."""


def far(record: Resource) -> Iterator[Named]:
    """The ARNs in a record of one of `REFERRING` that refer to things that may be in no list of ours."""
    for path in _FAR[record.kind]:
        for value, _ in follow(record.body, path):
            if isinstance(value, str) and is_arn(value) and KINDS[kind_of_arn(value).name].describe:
                arn = parse_arn(value)
                yield Named(kind_of_arn(value).name, arn.account, arn.region, value, arn.resource.partition("/")[2])
