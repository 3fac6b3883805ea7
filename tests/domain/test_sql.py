"""Which tables a query reads: none is lost, and unreadable parts are reported."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import get_args

import pytest

from lineage.domain.records import Resource
from lineage.domain.sql import Engine, tables
from lineage.graphs.build import graph_of
from lineage.queries.used import used
from tests.records import processing, training

CASES = [
    ("a quoted name", 'SELECT * FROM "customers_1623" LIMIT 10', "customers_1623"),
    ("names and aliases in commas", 'select a from x.T as t, y u join "db"."tab-le" on 1=1', "db.tab-le x.T y"),
    ("quoted aliases in commas", 'SELECT * FROM "a" "x", b AS "y", c', "a b c"),
    ("a catalog before it", "select * from a\nleft join Cat . `db`.t on a.id = t.id", "Cat.db.t a"),
    ("dots and quotes inside quotes", 'select * from "my.db"."a""b", `c``d`', 'c`d my.db/a"b'),
    ("comments and texts", "select 'from x', '''from y' -- from b\n from a where z = 'from it''s' /* join c */", "a"),
    ("a comment in the middle", "select * from /* the old one */ a -- , b\n, c", "a c"),
    ("a sample", "select * from a TABLESAMPLE BERNOULLI (10), b as s tablesample system (5), c", "a b c"),
    ("a join in parentheses", "select * from (a JOIN b ON a.x = b.x) JOIN c ON b.y = c.y, d", "a b c d"),
    ("parentheses in parentheses", "select * from ((a join (b cross join c) on true)), d", "a b c d"),
    ("commas after a condition", "select * from a join b on a.x = b.x and f(a.y, 1) > 2, c", "a b c"),
    ("columns that are called as clauses", "select * from a join b on a.x = offset, c where window = 1", "a b c"),
    ("columns of an alias", "select * from a as t (x, y), b", "a b"),
    ("unnested columns", "select * from a, UNNEST(a.y) WITH ORDINALITY AS t (y, n), b cross join unnest(b.x) u", "a b"),
    ("a lateral query", "select * from a, LATERAL (select * from b where b.x = a.x) as t, c", "a b c"),
    ("a query in FROM", "select * from (select * from a where x in (select y from b)) t, c", "a b c"),
    ("a query anywhere", "select (select max(x) from a), y from b where exists (select 1 from c, d)", "a b c d"),
    (
        "names of WITH",
        "with t as (select * from a), u (x, y) as (select * from t join b on true) select * from t, u, c",
        "a b c",
    ),
    ("a name of WITH is quoted", 'with "T" as (select * from a) select * from t', "a"),
    ("a name of WITH hides a table", "with t as (select * from t) select * from t", "t"),
    ("no name of WITH has a database", "with t as (select * from a) select * from db.t", "a db.t"),
    ("a recursive name", "with recursive t (n) as (select 1 union all select n from t, a) select * from t", "a"),
    (
        "each name of a recursive WITH",
        "with recursive u as (select 1), t as (select 1 union select n from t, u) select * from t",
        "",
    ),
    ("a name of a recursive WITH that is none", "with recursive t as (select * from t) select * from t", "t"),
    ("a name of WITH before it is given", "with t as (select * from u), u as (select 1) select * from t, u", "u"),
    ("a name of WITH after a union", "with t as (select * from a) select * from t union select * from t", "a"),
    ("an alias beside a lateral query", "select * from a as b, lateral (select * from b) as t", "a b"),
    ("a table by itself", "TABLE a", "a"),
    ("a table by itself in parentheses", "select * from a where x in (table b)", "a b"),
    ("queries in parentheses", "((select * from a) union (select * from b)) order by 1", "a b"),
    ("a comment in a comment", "select * from a /* x /* y */, b /* z */", "a b"),
    ("a name of WITH ends with its query", "select * from (with t as (select * from a) select * from t) x, t", "a t"),
    ("a name of WITH reaches inwards", "with t as (select * from a) select * from (select * from (t join b on true))", "a b"),
    ("unions", "select * from a union all (select * from b, c) except select * from d order by x, y", "a b c d"),
    ("values", "select * from (values (1, 2), (3, 4)) as t (x, y), a", "a"),
    ("functions with a FROM", "select extract(year from d), trim(both ' ' from n), substring(x from 2 for 3) from a", "a"),
    ("distinct from", "select * from a join b on a.x is distinct from b.x and a.y is not distinct from b.y, c", "a b c"),
    ("grouping and windows", "select sum(x) over (partition by y, z order by q, r) from a group by 1, 2 order by 3, 4", "a"),
    ("a named window", "select rank() over w from a window w as (order by x), v as (order by y)", "a"),
    ("numbers", "select 1. from a, b where x > .5", "a b"),
    ("time travel", "select * from a FOR TIMESTAMP AS OF TIMESTAMP '2026-01-01', b for version as of 3", "a b"),
    ("a dollar, a time zone", 'select cast(x as timestamp with time zone) from "a$files", b$c', "a$files b$c"),
    ("what is unloaded", "UNLOAD (select f(x) from a) TO 's3://b/' WITH (format = 'PARQUET')", "a"),
    ("a table that is made", "create table t as with u as (select * from a) select * from u", "a"),
    ("a table that is filled", "insert into db.t (x) select * from a", "a"),
    ("a table that is filled with what it held", "insert into t select * from t", "t"),
    ("a table that is merged into", "merge into t using a on t.x = a.x when matched then delete", "a"),
    ("a table that is cut down", "delete from t where x in (select x from a)", "a"),
    ("a second statement", "with t as (select 1) select * from a; select * from t;", "a t"),
    ("a query of no table", "select 1", ""),
]


@pytest.mark.parametrize(("title", "query", "names"), CASES, ids=[one[0] for one in CASES])
def test_the_tables_of_a_query(title: str, query: str, names: str) -> None:
    """Each table that a query reads is found, and nothing else, and the list is called complete."""
    found = tables(query, "athena")
    assert found.whole
    assert sorted(found.names) == sorted(tuple(name.split("/" if "/" in name else ".")) for name in names.split())


REDSHIFT = [
    ("a catalog and a schema", 'select top 5 * from dev.sales.orders o, "S"."t" where o.x = t.y (+)', "S.t dev.sales.orders"),
    ("a table for a while", "select * into #n from a; select * from #n", "#n a"),
    ("a column that is walked", "select * from a as t, t.orders o, elsewhere.x", "a elsewhere.x"),
    (
        "a name of WITH",
        "with t as (select x::int from a qualify rank() over (order by y) = 1) select * from T minus select 1",
        "a",
    ),
    ("what is unloaded", "unload ('select * from a where x = ''b, c'' ') to 's3://b/' iam_role default", "a"),
    ("a table that is made", "create temp table t as select getdate(), x from a", "a"),
    ("tables that are changed", "update t set x = 1 from a where t.x = a.x; delete from t using b where t.x = b.x", "a b"),
    ("a comment in a comment", "select * from a /* x /* y */ , b */", "a"),
    ("a text with an escape", r"select 'it\'s, ' from a, b", "a b"),
]


@pytest.mark.parametrize(("title", "query", "names"), REDSHIFT, ids=[one[0] for one in REDSHIFT])
def test_the_tables_of_a_query_of_redshift(title: str, query: str, names: str) -> None:
    """Redshift's own keywords are known: each table is found, and nothing else, and the list is called complete."""
    found = tables(query, "redshift")
    assert found.whole
    assert found.names == [tuple(name.split(".")) for name in names.split()]


DOUBTFUL = [
    ("a function that gives a table", "select * from a, TABLE(system.query(query => 'select * from b'))", ["a"]),
    ("a function by its name", "select * from a, json_table(x, 'y') t", ["a"]),
    ("a template", "select * from {{ table }}, a", ["a"]),
    ("a variable", "select * from a, ${b}", ["a"]),
    ("a name of four words", "select * from a.b.c.d, e", ["e"]),
    ("a name with a hyphen", "select * from a, b-c", ["a"]),
    ("a text that does not end", "select * from a where x = 'y, b", []),
    ("a comment that does not end", "select * from a /* , b", []),
    ("a parenthesis that does not end", "select * from a where (x = 1", ["a"]),
    ("one that never began", "select * from c, a) union select * from b", ["c"]),
    ("a list that does not end", "select * from a,", ["a"]),
    ("a word that is no table", "select * from a, where x = 1", ["a"]),
    ("a query that is called recursive", "with recursive as (select * from a) select * from recursive", ["a", "recursive"]),
    ("a parameter", "select * from a, ?", ["a"]),
    ("a parameter with a name", "select * from a, :b", ["a"]),
    ("a table that a function is given", "select * from a, table(f(input => table(orders)))", ["a"]),
    ("a function of its own", "with function f() returns int return (select max(x) from b) select f() from a", ["a", "b"]),
    ("a function of a Lambda", "using external function f(x int) returns int lambda 'l' select f(x) from a", []),
    ("a table that is made by one", "create table t as using external function f() returns int lambda 'l' select 1 from a", []),
    ("a table that is filled by one", "insert into t using external function f() returns int lambda 'l' select 1 from a", []),
    ("a statement that is kept", "PREPARE q FROM select * from a", []),
    ("a statement in a text", "EXECUTE IMMEDIATE 'select * from a'", []),
    ("what is explained", "EXPLAIN ANALYZE select * from a", []),
    ("a procedure", "CALL p()", []),
    ("a table without rows", "create external table t (x int) location 's3://b/'", []),
    ("one of two statements", "select * from a; show tables; select * from b", ["a", "b"]),
    ("what is unloaded does not end", "unload (select * from a where x = 1", ["a"]),
    ("no SQL", "every row of a, please", []),
    ("a lone surrogate", "select * from a, \ud800", []),
    ("a statement that was prepared", "EXECUTE q", []),
    ("WITH without a name", "with as (select 1) select * from a", ["a"]),
    ("a name in unicode", 'select * from U&"\\0061"', []),
]


@pytest.mark.parametrize(("title", "query", "names"), DOUBTFUL, ids=[one[0] for one in DOUBTFUL])
def test_what_it_does_not_know_it_says(title: str, query: str, names: list[str]) -> None:
    """Where a query may read a table that was not found, the list is not called complete."""
    found = tables(query, "athena")
    assert not found.whole
    assert {name[0] for name in found.names} == set(names)


DOUBTFUL_IN_REDSHIFT = [
    ("a copy", "copy t from 's3://b/x' iam_role default", []),
    ("another database's answer", "select * from a, external_query('c', 'select * from b')", ["a"]),
    ("numbers", "select * from generate_series(1, 2)", []),
    ("a cursor", "declare c cursor for select * from a", []),
    ("a schema of elsewhere", "create external schema x from data catalog database 'd'", []),
    ("an object that is unpivoted", "select * from a, unpivot a.x as v at k", ["a"]),
    ("a parameter", "select * from a, $1", ["a"]),
]


@pytest.mark.parametrize(("title", "query", "names"), DOUBTFUL_IN_REDSHIFT, ids=[one[0] for one in DOUBTFUL_IN_REDSHIFT])
def test_what_it_does_not_know_of_redshift_it_says(title: str, query: str, names: list[str]) -> None:
    """Redshift commands that copy, call or delegate make the list of tables incomplete."""
    found = tables(query, "redshift")
    assert not found.whole
    assert {name[0] for name in found.names} == set(names)


DEEP = ["(" * 5000 + "1" + ")" * 5000, "not " * 5000 + "x", "array[" * 9 + "1" + "]" * 9, "date(" * 9 + "x" + ")" * 9]


@pytest.mark.parametrize("engine", get_args(Engine))
@pytest.mark.parametrize("expression", DEEP, ids=["parentheses", "not", "lists", "types"])
def test_a_deep_query_ends_nothing(expression: str, engine: Engine) -> None:
    """A query deeper than the parser's limit is not read, and the next query is."""
    assert not tables(f"select {expression} from a", engine).whole
    assert tables("select date(x), array[array[1]] from a", engine) == ([("a",)], True)


def test_nothing_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Parser messages about a query are reported by us, and its logging works again afterwards."""
    tables("select * from {{ a }}; call p()", "athena")
    assert not caplog.records
    logging.getLogger("sqlglot").warning("heard")
    assert [one.message for one in caplog.records] == ["heard"]


def test_the_parser_is_loaded_for_queries_alone() -> None:
    """A question about a snapshot, or a crawl without queries, does not load the SQL parser."""
    script = "import sys, lineage.queries.used, lineage.graphs.derive; raise SystemExit('sqlglot' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True)


def asked(query: str, engine: Engine = "athena") -> list[Resource]:
    """A job that reads a query's result, and a training job on its output."""
    where = {"Catalog": "C"} if engine == "athena" else {"ClusterId": "C"}
    definition = where | {"Database": "D", "QueryString": query, "OutputS3Uri": "s3://b/staged/"}
    inputs = [{"InputName": "q", "DatasetDefinition": {f"{engine.title()}DatasetDefinition": definition}}]
    return [processing("p", {}, {"o": "s3://made/"}, ProcessingInputs=inputs), training("t", {"train": "s3://made/"})]


READ = [
    ("athena", "select * from a", ["c/d/a"]),
    ("athena", "select * from a, {b}", ["c/d", "c/d/a"]),
    ("athena", "select 1", ["c/d"]),
    ("athena", 'select * from a, "b\n"', ["c/d", "c/d/a"]),
    ("redshift", "select * from A", ["c/d/public/a"]),
    ("redshift", "select * from s.a, e.s.b", ["c/d/s/a", "c/e/s/b"]),
    ("redshift", "select * from a, external_query('c', 'd')", ["c/d", "c/d/public/a"]),
    ("redshift", "call p()", ["c/d"]),
]


@pytest.mark.parametrize(("engine", "query", "read"), READ)
def test_a_query_that_can_not_be_read_may_read_all_of_its_database(engine: Engine, query: str, read: list[str]) -> None:
    """Each table is a place; if there may be more tables, an unknown part of the database is read, too."""
    graph = graph_of(asked(query, engine))
    places = {source: data["span"] for source, _, data in graph.edges(data=True) if source.startswith(engine)}
    assert places == {f"{engine}://{one}": "folder" if one != "c/d" else "unknown" for one in read}
    holes = [hole["detail"] for hole in used(graph, "s3://x/").scope["holes"]]
    assert sum(f"{engine}://" in hole for hole in holes) == len(read)
