"""Questions to the service itself: a Search to its last page, and GetSearchSuggestions. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from lineage.crawl.aws.fetch import PAGE, Fetcher, named_in, resource_of, searched
from lineage.crawl.aws.refusals import Refused
from lineage.domain.kinds import Kind
from lineage.domain.records import Resource
from lineage.errors import CrawlError, SearchRefused

_INVALID = "ValidationException: "
_SUGGESTED = "PropertyNameSuggestions"


class Asked(NamedTuple):
    """What Search answered: its records, each with its body as Search gives it, and how many it counted.

    `counted` is None if it gave no count; `exact` is False if there may be more. `lost` is how many it counted but did not
    give, if it came to its last page.
    """

    records: list[tuple[Resource, Mapping[str, Any]]]
    counted: int | None
    exact: bool
    ended: bool  # it came to its last page
    lost: int = 0


def ask_search(fetcher: Fetcher, kind: Kind, query: Mapping[str, Any], region: str, limit: int | None) -> Asked:
    """Ask for all that Search finds, or the first `limit`. Raises `SearchRefused` with the service's reason, `CrawlError`."""
    size = {"MaxResults": min(PAGE, limit or PAGE)}
    records: list[tuple[Resource, Mapping[str, Any]]] = []
    hits: Mapping[str, Any] = {}
    ended = True
    try:
        for page in fetcher.pages("Search", {"Resource": kind.search, **query, **size}, region):
            for whole, body in (searched(kind, result) for result in page["Results"]):
                records.append((resource_of(kind, body, region), whole))
            hits = page.get("TotalHits") or hits
            ended = not page.get("NextToken")
            if limit and len(records) >= limit:
                break
    except Refused as refused:
        raise _error("Search", refused) from refused
    lost = max(0, hits.get("Value", 0) - len(records)) if ended else 0
    return Asked(records[:limit], hits.get("Value"), hits.get("Relation") == "EqualTo", ended, lost)


def ask_suggestions(fetcher: Fetcher, resource: str, hint: str, region: str) -> Iterator[str]:
    """The property names that the service suggests, in its spelling. Raises `SearchRefused`, `CrawlError`."""
    query = {"PropertyNameQuery": {"PropertyNameHint": hint}}
    try:
        asked = {"Resource": resource, "SuggestionQuery": query}
        answer = fetcher.call("GetSearchSuggestions", asked, region, _SUGGESTED)
        names = [named_in(one, "PropertyName", "GetSearchSuggestions") for one in answer[_SUGGESTED]]
    except Refused as refused:
        raise _error("GetSearchSuggestions", refused) from refused
    return iter(names)


def _error(operation: str, refused: Refused) -> Exception:
    if refused.detail.startswith(_INVALID):
        return SearchRefused(refused.detail.removeprefix(_INVALID))
    return CrawlError(f"sagemaker:{operation} was not answered ({refused.reason}): {refused.detail}")
