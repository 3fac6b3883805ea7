"""Which tables a query reads: none is lost, and what this version can't read is said to be so."""

from __future__ import annotations

import pytest

from lineage.domain.records import Resource
from lineage.domain.sql import tables
from lineage.graphs.graphs import graph_of
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
    ("a sample", "select * from a TABLESAMPLE BERNOULLI (10), b tablesample system (5) as s, c", "a b c"),
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
    ("a query that is called recursive", "with recursive as (select * from a) select * from recursive", "a"),
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
    ("what is unloaded", "UNLOAD (select * from a) TO 's3://b/' WITH (format = 'PARQUET')", "a"),
    ("a second statement", "with t as (select 1) select * from a; select * from t;", "a t"),
    ("a query of no table", "select 1", ""),
]


@pytest.mark.parametrize(("title", "query", "names"), CASES, ids=[one[0] for one in CASES])
def test_the_tables_of_a_query(title: str, query: str, names: str) -> None:
    """Each table that a query reads is found, and nothing else; and these are all."""
    found = tables(query)
    assert found.whole
    assert sorted(found.names) == sorted(tuple(name.split("/" if "/" in name else ".")) for name in names.split())


DOUBTFUL = [
    ("a function that gives a table", "select * from a, TABLE(system.query(query => 'select * from b'))", ["a"]),
    ("a function by its name", "select * from a, json_table(x, 'y') t", ["a"]),
    ("a template", "select * from {{ table }}, a", ["a"]),
    ("a variable", "select * from a, ${b}", ["a"]),
    ("a name of four words", "select * from a.b.c.d, e", ["e"]),
    ("a name with a hyphen", "select * from a, b-c", ["a"]),
    ("a text that does not end", "select * from a where x = 'y, b", ["a"]),
    ("a parenthesis that does not end", "select * from a where (x = 1", ["a"]),
    ("one that never began", "select * from a) union select * from b", ["a", "b"]),
    ("a list that does not end", "select * from a,", ["a"]),
    ("a word that is no table", "select * from a, where x = 1", ["a"]),
    ("a table by itself", "TABLE a", []),
    ("a statement that was prepared", "EXECUTE q", []),
    ("WITH without a name", "with 'x' as (select 1) select * from a", ["a"]),
    ("a name in unicode", 'select * from U&"\\0061"', ["U"]),
]


@pytest.mark.parametrize(("title", "query", "names"), DOUBTFUL, ids=[one[0] for one in DOUBTFUL])
def test_what_it_does_not_know_it_says(title: str, query: str, names: list[str]) -> None:
    """Where a query may read a table that was not found, what was found is not called all."""
    found = tables(query)
    assert not found.whole
    assert {name[0] for name in found.names} == set(names)


def asked(query: str) -> list[Resource]:
    """A job that reads a query's result, and a training job on what it made."""
    definition = {"Catalog": "C", "Database": "d", "QueryString": query, "OutputS3Uri": "s3://b/staged/"}
    inputs = [{"InputName": "q", "DatasetDefinition": {"AthenaDatasetDefinition": definition}}]
    return [processing("p", {}, {"o": "s3://made/"}, ProcessingInputs=inputs), training("t", {"train": "s3://made/"})]


READ = [("select * from a", ["c/d/a"]), ("select * from a, {b}", ["c/d", "c/d/a"]), ("select 1", ["c/d"])]


@pytest.mark.parametrize(("query", "read"), READ)
def test_a_query_that_can_not_be_read_may_read_all_of_its_database(query: str, read: list[str]) -> None:
    """The tables are places of their own; where there may be more, the database is read, too, and nobody knows what of it."""
    graph = graph_of(asked(query))
    places = {source: data["span"] for source, _, data in graph.edges(data=True) if source.startswith("athena://")}
    assert places == {f"athena://{one}": "folder" if one.count("/") > 1 else "unknown" for one in read}
    holes = [hole["detail"] for hole in used(graph, "s3://x/").scope["holes"]]
    assert sum("athena://" in hole for hole in holes) == len(read)
