"""Near misses: the known names that a person most likely meant by an unknown one. Pure."""

from __future__ import annotations

from collections.abc import Iterable

MAX_COMPARED = 1_000  # names that are compared letter by letter
_MAX_SLIPS = 3  # how much longer or shorter a name may be than the one that is meant
_BEGINNING = 3  # letters of a name that say which one is meant
_LONGEST = 200
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789-_./:"
_ADVICE = 3  # names that a message offers


def near(names: Iterable[str], wanted: str) -> list[str]:
    """The names that differ by one slip, ignoring case, and the most similar of the others of about the same length.

    If there are none, those of which somebody wrote only the beginning.
    """
    import difflib  # few commands meet a slip
    import heapq

    folded = wanted.casefold()
    slips = one_slip(folded)
    alike, longer = dict[str, str](), set[str]()
    for name in names:
        if abs(len(name) - len(wanted)) <= _MAX_SLIPS:
            alike[name.casefold()] = name
        elif len(wanted) >= _BEGINNING and name.casefold().startswith(folded):
            longer.add(name)
    first = difflib.get_close_matches(folded, sorted(name for name in alike if name in slips))
    others = difflib.get_close_matches(folded, heapq.nsmallest(MAX_COMPARED, alike))
    return [alike[name] for name in dict.fromkeys([*first, *others])][:_ADVICE] or heapq.nsmallest(_ADVICE, longer)


def one_slip(word: str) -> set[str]:
    """All words one slip away from a word: a letter left out, added or replaced, or two of them swapped.

    None for a very long one: there would be too many.
    """
    if len(word) > _LONGEST:
        return set()
    cuts = [(word[:at], word[at:]) for at in range(len(word) + 1)]
    shorter = {head + tail[1:] for head, tail in cuts if tail}
    swapped = {head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1}
    other = {head + letter + tail[1:] for head, tail in cuts if tail for letter in _LETTERS}
    longer = {head + letter + tail for head, tail in cuts for letter in _LETTERS}
    return shorter | swapped | other | longer


def did_you_mean(names: Iterable[str], wanted: str, otherwise: str = "") -> str:
    """The end of a message about an unknown name: the nearest names, else the text in `otherwise`."""
    alike = near(names, wanted)
    return f"; did you mean {' or '.join(alike)}?" if alike else otherwise


def one_of(what: str, wanted: str, names: Iterable[str]) -> str:
    """The same for a word of which there are a few: all of them, and the one that is meant, which may be cut short."""
    known = list(names)
    folded = wanted.casefold()
    short = [one for one in known if folded and (one.casefold().startswith(folded) or folded.startswith(one.casefold()))]
    meant = (short or near(known, wanted))[:1]
    listed = f"expected one of {', '.join(known)}"
    return f"no {what} {wanted!r}; did you mean {meant[0]}? ({listed})" if meant else f"no {what} {wanted!r} ({listed})"


def no_such(what: str, wanted: str, names: Iterable[str]) -> str:
    """A hint for a word that is not in a short list: the near misses, else the whole list."""
    known = list(names)
    listed = f" (expected one of {', '.join(known)})"
    return f"no {what} {wanted!r}{did_you_mean(known, wanted, listed)}"
