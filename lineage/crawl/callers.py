"""Who a crawl calls as: a session that the caller has made, the one of a profile, or an account file in AWS's place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from lineage.crawl.aws.session import Session
from lineage.crawl.replay.session import replay_session

if TYPE_CHECKING:
    import boto3

AnySession: TypeAlias = "boto3.Session | Session"


def session_for(
    *,
    profile: str | None = None,
    region: str | None = None,
    replay: str | Path | None = None,
    session: AnySession | None = None,
) -> Session:
    """The session to call with. Of several that are given, `session` goes first, then `replay`. Raises `CrawlError`."""
    if isinstance(session, Session):
        return session
    if session is not None:
        return Session(region=region, boto=session)
    return replay_session(replay, region) if replay else Session(profile, region)


def is_replayed(replay: str | Path | None, session: AnySession | None) -> bool:
    """Whether an account file will answer in AWS's place: a boto3 session of the caller's asks AWS."""
    return session.replayed if isinstance(session, Session) else session is None and bool(replay)
