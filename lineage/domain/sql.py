"""Which tables a query of Athena reads. Pure.

No parser of all of Presto's SQL: it follows parentheses, and in each the clauses that may name a table: what stands after
FROM and JOIN and the commas there, and the names that WITH gives to queries. Whatever it does not know there, it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

TableName = tuple[str, ...]
"""The words of a table's name, its catalog and database before it where the query says them."""

_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)
    | (?P<text>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")+"|`(?:[^`]|``)+`)
    | (?P<number>(?<![\w$"`.])(?:\d+\.\d*|\.\d+)(?!\w))
    | (?P<word>\w[\w$]*)
    | (?P<mark>[(),.;])
    | (?P<other>[-*+/%=<>!|?:\[\]@^~])
    | (?P<unknown>.)""",
    re.DOTALL | re.VERBOSE,
)
_QUERY = frozenset({"select", "values", "with"})
# What ends FROM and has commas of its own.
_AFTER_FROM = frozenset({"where", "group", "having", "order", "union", "except", "intersect"})
_WITH_A_FROM = frozenset({"extract", "trim", "substring", "overlay"})  # functions whose arguments hold a FROM
_JOINS = frozenset({"on", "using", "join", "left", "right", "full", "inner", "cross", "natural"})
_NO_RELATION = _AFTER_FROM | _JOINS | {"from", "as", "select", "unnest"}


class Tables(NamedTuple):
    """The tables that a query reads, and whether these are all of them for sure."""

    names: list[TableName]
    whole: bool


class _Token(NamedTuple):
    kind: str
    text: str  # a keyword in small letters; a quoted name without its quotes

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.casefold() in words


@dataclass(slots=True)
class _Frame:
    """What stands between two parentheses, or the whole query, as far as it was read."""

    opened_by: str = ""  # the word before the parenthesis: of a function, its name
    selects: bool = False
    in_from: bool = False
    wants: str = ""  # what comes next: `relation`, or the `name` of a query
    naming: str = ""  # the query of WITH that is being read
    named: set[str] = field(default_factory=set)


def tables(query: str) -> Tables:
    """The tables that a query reads: those that it names itself, and not what it names with WITH."""
    reader = _QueryReader(list(_tokens(query)))
    reader.read()
    return Tables(sorted(reader.found), reader.whole)


def _tokens(query: str) -> Iterator[_Token]:
    for match in _TOKEN.finditer(query):
        kind, text = str(match.lastgroup), match[0]
        if kind == "quoted":
            yield _Token("name", text[1:-1].replace(text[0] * 2, text[0]))
        elif kind != "blank":
            yield _Token(kind, text)


class _QueryReader:
    """One query under way."""

    def __init__(self, tokens: list[_Token]) -> None:
        self.found: set[TableName] = set()
        self.whole = True
        self._tokens = tokens
        self._at = 0
        self._frames = [_Frame()]

    def read(self) -> None:
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            wants, self._frame.wants = self._frame.wants, ""
            if wants == "relation":
                self._relation(token)
            elif wants == "name":
                self._name(token)
            else:
                self._other(token)
            self._at += 1
        self.whole &= len(self._frames) == 1 and not self._frame.wants

    @property
    def _frame(self) -> _Frame:
        return self._frames[-1]

    def _next(self, after: int = 1) -> _Token:
        at = self._at + after
        return self._tokens[at] if 0 <= at < len(self._tokens) else _Token("end", "")

    def _other(self, token: _Token) -> None:
        """Anything where no table is looked for."""
        if token.kind == "mark":
            self._mark(token.text)
        elif token.kind == "word":
            self._keyword(token.text.casefold())
        elif token.kind == "unknown":
            self.whole = False

    # --- parentheses and commas -----------------------------------------------------------------

    def _mark(self, mark: str) -> None:
        if mark == "(":
            before = self._next(-1)
            self._frames.append(_Frame(opened_by=before.text.casefold() if before.kind == "word" else ""))
        elif mark == ")":
            self._close()
        elif mark == "," and self._frame.in_from:
            self._frame.wants = "relation"
        elif mark == "," and self._frame.naming:
            self._frame.wants = "name"
        elif mark == ";":
            self.whole &= len(self._frames) == 1
            self._frames = [_Frame()]

    def _close(self) -> None:
        """A query that WITH names can be read by its name once it is at its end."""
        if len(self._frames) == 1:
            self.whole = False
            return
        ended = self._frames.pop()
        if ended.opened_by == "as" and self._frame.naming:
            self._frame.named.add(self._frame.naming)

    # --- keywords -------------------------------------------------------------------------------

    def _keyword(self, word: str) -> None:
        frame = self._frame
        if self._next(-1).text == "." or self._next().text == ".":
            return  # a column or a table of that name
        if word in _QUERY - {"with"}:
            frame.selects, frame.in_from, frame.naming = True, False, ""
        elif word in _AFTER_FROM or (word == "window" and self._next(2).is_word("as")):
            frame.in_from = False
        elif word == "join":
            frame.in_from, frame.wants = True, "relation"
        elif word == "from":
            self._from()
        elif word == "with" and self._begins_names():
            frame.wants = "name"
        elif word in ("table", "execute"):
            self.whole = False  # a table by itself is a query, too; what is executed stands elsewhere

    def _from(self) -> None:
        frame = self._frame
        if frame.opened_by in _WITH_A_FROM and not frame.selects:
            return
        if self._next(-1).is_word("distinct") and self._next(-2).is_word("is", "not"):
            return
        frame.in_from, frame.wants = True, "relation"

    def _begins_names(self) -> bool:
        """Whether a WITH names queries: not that of a time zone, of ordinals or of properties."""
        fresh = len(self._frames) == 1 or self._next(-1).text == "("
        return fresh and not self._frame.selects and self._next().text != "("

    # --- names ----------------------------------------------------------------------------------

    def _name(self, token: _Token) -> None:
        """The name that WITH gives to a query; one that is recursive reads itself."""
        if token.is_word("recursive") and self._next().text != "(" and not self._next().is_word("as"):
            self._frame.wants = "name"
            if self._next().kind in ("word", "name"):
                self._frame.named.add(self._next().text.casefold())
        elif token.kind in ("word", "name"):
            self._frame.naming = token.text.casefold()
        else:
            self.whole = False
            self._other(token)

    def _relation(self, token: _Token) -> None:
        """What is read: a table, or in parentheses a query or more relations; what is unnested is a column."""
        if token == _Token("mark", "("):
            inner = self._next()
            self._frames.append(_Frame())
            if not inner.is_word(*_QUERY, "table"):
                self._frame.in_from, self._frame.wants = True, "relation"
        elif token.is_word("lateral") and self._next().text == "(":
            self._frame.wants = "relation"
        elif token.kind == "name" or (token.kind == "word" and token.text.casefold() not in _NO_RELATION):
            self._table()
        elif not (token.is_word("unnest") and self._next().text == "("):
            self.whole = False
            self._other(token)

    def _table(self) -> None:
        words = [self._tokens[self._at].text]
        while self._next().text == "." and self._next(2).kind in ("word", "name"):
            words.append(self._next(2).text)
            self._at += 2
        if self._next().text in ("(", ".", "-") or len(words) > len(("catalog", "database", "table")):
            self.whole = False  # a function that gives a table, or a name that this version can't read
        elif len(words) > 1 or not any(words[0].casefold() in frame.named for frame in self._frames):
            self.found.add(tuple(words))
