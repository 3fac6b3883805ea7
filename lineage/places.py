"""Which written places a reader of a place gets: one rule, for models, datasets and repack jobs alike. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from lineage.names import Cover, Location, Span, cover, folders_above, parse_location


class PlaceIndex:
    """Places, sorted: what lies under a key and what lies around it, without a look at all the others."""

    def __init__(self, uris: Iterable[str]) -> None:
        """`uris` in normal form."""
        self._uris = sorted(uris)
        self._known = set(self._uris)

    def near(self, uri: str) -> Iterator[str]:
        """Every place that could share a key with `uri`: a superset, each once."""
        location = parse_location(uri)
        bare = location.uri.rstrip("/")
        for index in range(bisect_left(self._uris, bare), len(self._uris)):
            if not self._uris[index].startswith(bare):
                break
            yield self._uris[index]
        yield from (known for known in places_around(location) if known in self._known and not known.startswith(bare))


def places_around(location: Location) -> Iterator[str]:
    """The folders that hold a location, its bucket among them, each with and without a slash at its end."""
    for folder in (*folders_above(location), Location(location.root, "")):
        yield from (folder.uri, f"{folder.uri}/")


def gets(read: str, read_span: Span, written: str, written_span: Span = Span.FOLDER) -> bool:
    """Whether a reader of the one place gets something of what was written to the other (both in normal form)."""
    return meets(parse_location(read), read_span, parse_location(written), written_span)


def meets(read: Location, read_span: Span, written: Location, written_span: Span) -> bool:
    """`gets` of locations that are parsed. Of a manifest, the object itself counts: what it lists, `Listings` tells."""
    span = Span.OBJECT if read_span in (Span.MANIFEST, Span.LISTING) else read_span
    return cover(read, span, written, written_span) in (Cover.ALL, Cover.PART)
