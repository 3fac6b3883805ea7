#!/usr/bin/env bash
# DuckDB 2.0.1 (the newest on 2026-11-30) silently reads values of JSON lines as NULL.
#
# read_json takes the types from the first 20,480 lines. A column that is null in all of them gets the type "NULL", and every later value of it
# becomes NULL without an error or a warning. With one line less before it, the same value is read. A key that is absent from these lines,
# and not null, is an error that names the line and says what to do.
#
# Expected: the value is read, as DuckDB 1.4.4 does. A maintainer in duckdb/duckdb#17126: "The JSON reader should never detect the NULL type",
# because values "would then become NULL even though they were non-null". With sample_size = -1 DuckDB 2.0.1 reads it, too.
# Seen: the output below. Exits 1 if the output differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat >"$folder/expected.txt" <<'OUT'
duckdb 1.4.4, 20479 lines of null before it: VARCHAR 'late'
duckdb 1.4.4, 20480 lines of null before it: VARCHAR 'late'
duckdb 1.4.4, 50000 lines of null before it: VARCHAR 'late'
duckdb 1.4.4, sample_size = -1: VARCHAR 'late'
duckdb 2.0.1, 20479 lines of null before it: VARCHAR 'late'
duckdb 2.0.1, 20480 lines of null before it: "NULL" None
duckdb 2.0.1, 50000 lines of null before it: "NULL" None
duckdb 2.0.1, sample_size = -1: VARCHAR 'late'
OUT
cat >"$folder/try.py" <<'PY'
import sys

import duckdb


def read(lines: int, options: str = "") -> str:
    path = f"{sys.argv[1]}/rows.jsonl"
    with open(path, "w") as file:
        file.writelines('{"id": %d, "said": null}\n' % number for number in range(lines))
        file.write('{"id": -1, "said": "late"}\n')
    query = f"SELECT typeof(said), said FROM read_json('{path}'{options}) WHERE id = -1"
    return "{} {!r}".format(*duckdb.sql(query).fetchall()[0])


for lines in (20479, 20480, 50000):
    print(f"duckdb {duckdb.__version__}, {lines} lines of null before it: {read(lines)}")
print(f"duckdb {duckdb.__version__}, sample_size = -1: {read(20480, ', sample_size = -1')}")
PY
for version in 1.4.4 2.0.1; do
    python3 -m venv --clear "$folder/venv"
    "$folder/venv/bin/pip" install -q --disable-pip-version-check duckdb==$version 2>/dev/null
    "$folder/venv/bin/python" "$folder/try.py" "$folder"
done | tee "$folder/seen.txt"
diff "$folder/expected.txt" "$folder/seen.txt"
