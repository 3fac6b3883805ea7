"""The searches and suggestions of `search.py`, asked of the service itself in one account and region. Nothing is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from lineage.crawl.aws.fetch import Fetcher
from lineage.crawl.aws.searching import ask_search, ask_suggestions
from lineage.crawl.aws.session import Session
from lineage.crawl.callers import AnySession, session_for
from lineage.domain.records import Gap, Json
from lineage.errors import SearchRefused
from lineage.queries.search import Found, Suggested, hinted, match_of, query_of
from lineage.search_language.expressions import DEFAULT_SORT, Expression, Matcher, Sorting


def search_live(
    kind: str,
    expression: Expression | None = None,
    *,
    where: Iterable[str] = (),
    any_of: bool = False,
    sort_by: str | None = None,
    order: str | None = None,
    limit: int | None = None,
    profile: str | None = None,
    region: str | None = None,
    replay: str | Path | None = None,
    session: AnySession | None = None,
) -> Found:
    """What the service itself finds now, in one account and region; the arguments are those of `search`.

    It reads every page, up to the limit. Raises `SearchRefused` with the service's reason, `CrawlError`.
    """
    query = query_of(kind, expression, where, sort_by, order, limit, any_of=any_of)
    asking = _caller(profile, region, replay, session)
    try:
        asked = ask_search(Fetcher(asking), query.kind, query.request, asking.region, limit)
    except SearchRefused:
        Matcher(query.kind.search, query.expression)  # raises, with the nearest names, where the service would refuse too
        Sorting(query.kind.search, sort_by or DEFAULT_SORT)
        raise
    records = [match_of(record, body) for record, body in asked.records]
    total = len(records) if asked.counted is None else asked.counted
    exact = asked.ended if asked.counted is None else asked.exact
    said = f"Search counted {asked.lost} more than it gave: narrow the search"
    lost = [Gap(asking.account, asking.region, "Search", query.kind.name, "failed", said)] if asked.lost else []
    return query.answered(records, total, _live_scope(asking, lost), [], exact=exact)


def suggest_live(
    kind: str,
    prefix: str = "",
    *,
    profile: str | None = None,
    region: str | None = None,
    replay: str | Path | None = None,
    session: AnySession | None = None,
) -> Suggested:
    """What GetSearchSuggestions returns, with words spelled as `suggest` does. Raises `SearchRefused`, `CrawlError`."""
    asked = hinted(kind, prefix)
    asking = _caller(profile, region, replay, session)
    told = ask_suggestions(Fetcher(asking), asked.search, prefix, asking.region)
    words = {"hyperparameters": "HyperParameters", "tags": "Tags", "metrics": "Metrics"}  # as the reference spells them
    parts = (name.partition(".") for name in told)
    names = sorted({f"{words.get(word.casefold(), word)}{dot}{own}" for word, dot, own in parts})
    return Suggested(asked.search, asked.name, prefix, names, _live_scope(asking, []))


def _caller(profile: str | None, region: str | None, replay: str | Path | None, session: AnySession | None) -> Session:
    asking = session_for(profile=profile, region=region, replay=replay, session=session)
    asking.check_regions([region] if region else [])
    return asking


def _live_scope(session: Session, holes: Sequence[Gap]) -> Json:
    places = {"accounts": [session.account], "regions": [session.region], "crawls": []}
    return places | {"holes": [asdict(hole) for hole in holes], "complete": not holes}
