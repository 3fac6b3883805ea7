"""Which tables a query of Athena or Redshift reads. Pure.

sqlglot parses it. A query that sqlglot refuses or takes for an opaque command is reported as not read. So is a table that a
function gives or a variable names. An unread query never counts as one without tables.

This file alone knows sqlglot, and is imported only where a record holds a query.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import groupby, pairwise
from typing import Literal, NamedTuple

from sqlglot import exp
from sqlglot.dialects.athena import Athena
from sqlglot.dialects.redshift import Redshift
from sqlglot.dialects.trino import Trino
from sqlglot.errors import ErrorLevel, ParseError
from sqlglot.tokenizer_core import Token, TokenType
from sqlglot.tokens import Tokenizer

Engine = Literal["athena", "redshift"]
TableName = tuple[str, ...]
"""The parts of a table's name, with its catalog, database or schema first if the query has them."""

_At = tuple[int, int]  # the line and column where a word ends
_Named = dict[int, dict[str, tuple[int, bool]]]  # the names that each WITH defines, by its identity
_LONGEST = len(("catalog", "database", "table"))
_READS = (exp.Query, exp.Values, exp.Insert, exp.Merge, exp.Update, exp.Delete)
_WRITES = (exp.Insert, exp.Merge, exp.Update, exp.Delete, exp.Create, exp.Into, exp.Copy)
_RELATIONS = (exp.Table, exp.Subquery, exp.Unnest, exp.Values, exp.Lateral)
_DEEPEST = 8  # how deep queries may nest: beyond it, sqlglot 30.30 may take very long for little gain
# What can't follow a comma: sqlglot accepts a list that ends with one.
_ENDS = frozenset(
    {
        TokenType.R_PAREN, TokenType.FROM, TokenType.WHERE, TokenType.GROUP_BY, TokenType.HAVING, TokenType.ORDER_BY,
        TokenType.UNION, TokenType.EXCEPT, TokenType.INTERSECT, TokenType.JOIN, TokenType.ON, TokenType.USING,
    }
)  # fmt: skip


class Tables(NamedTuple):
    """The tables that a query reads, and whether the list is certainly complete."""

    names: list[TableName]
    whole: bool


class _AthenaTokenizer(Trino.Tokenizer):
    IDENTIFIERS = ['"', "`"]  # noqa: RUF012 - as in sqlglot; statements that define tables use backquotes


class _RedshiftTokenizer(Redshift.Tokenizer):
    KEYWORDS = {word: kind for word, kind in Redshift.Tokenizer.KEYWORDS.items() if word != "UNLOAD"}  # noqa: RUF012


_ENGINES: dict[Engine, tuple[type[Athena | Redshift], type[Tokenizer]]] = {
    "athena": (Athena, _AthenaTokenizer),
    "redshift": (Redshift, _RedshiftTokenizer),
}


def tables(query: str, engine: Engine) -> Tables:
    """The tables that a query reads by name, without those that it writes or defines with WITH."""
    try:
        query.encode()  # no name contains a lone surrogate
        with _quiet():
            read = list(_statements(query, engine))
    except Exception:  # noqa: BLE001 - a parser of any text may fail in any way: the query then counts as not read
        return Tables([], whole=False)
    return Tables(sorted({name for one in read for name in one.names}), all(one.whole for one in read))


@contextmanager
def _quiet() -> Iterator[None]:
    """Silences sqlglot's log: its failures are reported here."""
    logger = logging.getLogger("sqlglot")

    def nothing(_: logging.LogRecord) -> bool:
        return False

    logger.addFilter(nothing)
    try:
        yield
    finally:
        logger.removeFilter(nothing)


def _statements(query: str, engine: Engine) -> Iterator[Tables]:
    dialect, tokenizer = _ENGINES[engine]
    tokens = tokenizer(dialect=dialect()).tokenize(query)
    for ends, statement in groupby(tokens, key=lambda token: token.token_type is TokenType.SEMICOLON):
        if not ends:
            yield from _statement(list(statement), query, engine)


def _statement(tokens: list[Token], query: str, engine: Engine) -> Iterator[Tables]:
    unloaded = _unloaded(tokens)
    if len(unloaded) == 1 and unloaded[0].token_type is TokenType.STRING:
        yield from _statements(unloaded[0].text, engine)  # as in Redshift
    else:
        yield _parsed(unloaded or tokens, query, engine)


def _unloaded(tokens: list[Token]) -> list[Token]:
    """The text in the parentheses of UNLOAD, which sqlglot does not parse."""
    if [token.text.casefold() for token in tokens[:2]] == ["unload", "("]:
        depth = 0
        for at, token in enumerate(tokens):
            depth += (token.token_type is TokenType.L_PAREN) - (token.token_type is TokenType.R_PAREN)
            if at and not depth:
                return tokens[2:at]
    return []


def _parsed(tokens: list[Token], query: str, engine: Engine) -> Tables:
    dialect = _ENGINES[engine][0]()
    if _depth(tokens) > _DEEPEST:
        return Tables([], whole=False)
    try:
        trees, doubtful = dialect.parser(error_level=ErrorLevel.RAISE).parse(tokens, query), set[_At]()
    except ParseError as refused:
        trees, doubtful = dialect.parser(error_level=ErrorLevel.WARN).parse(tokens, query), _halves(tokens, refused)
    read = [tree for tree in trees if tree]
    clear = all(_reads(tree) and all(map(_is_clear, tree.walk())) for tree in read)
    return Tables(
        [name for tree in read for name in _names(tree, doubtful)], clear and not doubtful and not _stops_short(tokens)
    )


def _halves(tokens: list[Token], refused: ParseError) -> set[_At]:
    """The positions where sqlglot stopped: the word before may be half a name."""
    errors = {(error["line"], error["col"]) for error in refused.errors}
    return {(before.line, before.col) for before, token in pairwise(tokens) if (token.line, token.col) in errors} | {(0, 0)}


def _depth(tokens: list[Token]) -> int:
    """How deep a query nests in the way that costs sqlglot most."""
    types, depths = Trino.Parser.TYPE_TOKENS, [0]
    deepest = 0
    for before, token in pairwise(tokens):
        if token.token_type in (TokenType.L_PAREN, TokenType.L_BRACKET):
            depths.append(depths[-1] + (before.token_type in types))
            deepest = max(deepest, depths[-1])
        elif token.token_type in (TokenType.R_PAREN, TokenType.R_BRACKET) and len(depths) > 1:
            depths.pop()
    return deepest


def _stops_short(tokens: list[Token]) -> bool:
    """Whether something is missing after a comma: it may be a table."""
    ended = any(one.token_type is TokenType.COMMA and other.token_type in _ENDS for one, other in pairwise(tokens))
    return ended or tokens[-1].token_type is TokenType.COMMA


def _reads(statement: exp.Expr) -> bool:
    """Whether a statement reads only tables: for what it copies, calls or executes, the source is elsewhere."""
    made = isinstance(statement, exp.Create) and isinstance(statement.expression, exp.Query)
    return made or isinstance(statement, _READS)


def _is_clear(node: exp.Expr) -> bool:
    """Whether a part of a statement names all that it reads, in words that sqlglot knows."""
    if isinstance(node, exp.Table):
        words = node.parts
        return len(words) <= _LONGEST and all(isinstance(word, exp.Identifier) and word.name for word in words)
    if isinstance(node, (exp.From, exp.Join, exp.Lateral)):
        return isinstance(node.this, _RELATIONS)
    return not isinstance(node, (exp.Command, exp.UserDefinedFunction))


def _names(tree: exp.Expr, doubtful: set[_At]) -> Iterator[TableName]:
    named = {id(one): _first_of_each(one) for one in tree.find_all(exp.With)}
    for table in tree.find_all(exp.Table):
        if _is_clear(table) and not _is_written(table) and not _is_named_by_with(table, named):
            last = table.parts[-1].meta
            if (last.get("line"), last.get("col")) not in doubtful:
                yield tuple(word.name for word in table.parts)


def _first_of_each(names: exp.With) -> dict[str, tuple[int, bool]]:
    """For each name that a WITH defines: its first position, and whether its query may read itself.

    Quoting does not make names case-sensitive, in either engine.
    """
    return {
        one.alias.casefold(): (number, bool(names.recursive) and isinstance(one.this, exp.SetOperation))
        for number, one in reversed(list(enumerate(names.expressions)))
    }


def _is_written(table: exp.Table) -> bool:
    """Whether a table is the target of its statement, or the name of a function."""
    named = table.parent if isinstance(table.parent, exp.Schema) else table
    return named.arg_key == "this" and isinstance(named.parent, (*_WRITES, exp.UserDefinedFunction))


def _is_named_by_with(table: exp.Table, named: _Named) -> bool:
    """Whether a WITH around a table defines it: for the queries after that name, and for itself if it is recursive.

    sqlglot's own scopes also take the alias beside a LATERAL query for a table inside it, and so hide a table.
    """
    node: exp.Expr | None = None if table.db else table
    while node and node.parent:
        above, number = node.parent, node.index or 0
        inside = isinstance(above, exp.With)
        names = above if inside else above.args.get("with_")
        first, itself = named[id(names)].get(table.name.casefold(), (None, False)) if names else (None, False)
        if first is not None and (not inside or first < number + itself):
            return True
        node = above.parent if inside else above
    return False
