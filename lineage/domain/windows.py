"""Matches patterns over long texts one window at a time, so that Ctrl-C works and no text is too long.

Python delays signals until a match returns. Each pattern here matches at most `LONGEST` characters, including what it looks at
around the match. The work is linear in the length of the text.
"""

from __future__ import annotations

import re
from typing import Final

WINDOW: Final = 8_192  # characters that one match call may look at
LONGEST: Final = 2_048  # characters that one match may take


def first(pattern: re.Pattern[str], text: str, at: int = 0) -> re.Match[str] | None:
    """The first match from a position on, as one search over the whole text would find it."""
    end = len(text)
    while at < end:
        stop = min(at + WINDOW, end)
        found = pattern.search(text, at, stop)
        if found is None:
            if stop == end:
                return None
            at = stop - LONGEST
        elif found.end() < stop or stop == end or found.start() == at:
            return found
        else:
            at = found.start()  # the end of the window may have cut the match short
    return None


def run(pattern: re.Pattern[str], text: str, at: int) -> int:
    """Where a run of matches that begins at a position ends: each match has at least one character."""
    while at < len(text) and (found := pattern.match(text, at, at + WINDOW)):
        at = found.end()
    return at
