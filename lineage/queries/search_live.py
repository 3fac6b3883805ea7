"""The service itself: the searches and suggestions of `search.py`, asked of one account and region; nothing is kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from lineage.crawl.aws.fetch import Fetcher
from lineage.crawl.aws.searching import ask_search, ask_suggestions
from lineage.crawl.aws.session import Session
from lineage.crawl.replay.session import replay_session
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
    session: Session | None = None,
) -> Found:
    """What the service itself finds now, in one account and region; the arguments are those of `search`.

    It is paged to its end, or to the limit. Raises `SearchRefused` with the service's reason, `CrawlError`.
    """
    query = query_of(kind, expression, where, sort_by, order, limit, any_of=any_of)
    session = session or _session(profile, region, replay)
    try:
        asked = ask_search(Fetcher(session), query.kind, query.request, session.region, limit)
    except SearchRefused:
        Matcher(query.kind.search, query.expression)  # says it with names that come near, where it would refuse it too
        Sorting(query.kind.search, sort_by or DEFAULT_SORT)
        raise
    records = [match_of(record, body) for record, body in asked.records]
    total = len(records) if asked.counted is None else asked.counted
    exact = asked.ended if asked.counted is None else asked.exact
    said = f"Search counted {asked.lost} more than it gave: narrow the search"
    lost = [Gap(session.account, session.region, "Search", query.kind.name, "failed", said)] if asked.lost else []
    return query.answered(records, total, _live_scope(session, lost), [], exact=exact)


def suggest_live(
    kind: str,
    prefix: str = "",
    *,
    profile: str | None = None,
    region: str | None = None,
    replay: str | Path | None = None,
    session: Session | None = None,
) -> Suggested:
    """What GetSearchSuggestions itself gives, its words spelled as those of `suggest`. Raises `SearchRefused`, `CrawlError`."""
    asked = hinted(kind, prefix)
    session = session or _session(profile, region, replay)
    told = ask_suggestions(Fetcher(session), asked.search, prefix, session.region)
    words = {"hyperparameters": "HyperParameters", "tags": "Tags", "metrics": "Metrics"}  # as the reference spells them
    parts = (name.partition(".") for name in told)
    names = sorted({f"{words.get(word.casefold(), word)}{dot}{own}" for word, dot, own in parts})
    return Suggested(asked.search, asked.name, prefix, names, _live_scope(session, []))


def _session(profile: str | None, region: str | None, replay: str | Path | None) -> Session:
    session = replay_session(replay, region) if replay else Session(profile, region)
    session.check_regions([region] if region else [])
    return session


def _live_scope(session: Session, holes: Sequence[Gap]) -> Json:
    places = {"accounts": [session.account], "regions": [session.region], "crawls": []}
    return places | {"holes": [asdict(hole) for hole in holes], "complete": not holes}
