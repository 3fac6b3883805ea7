#!/usr/bin/env bash
# Three readers of Parquet give one Hive partition value three types, and two of them lose its zeros without a warning.
#
# `account=000012345678` is a text: an AWS account id. pyarrow 26.0.1 reads it as int32 when it is alone, and as text when an account that does not
# fit 32 bits is beside it. So the type of a column depends on which other partitions exist. polars 2.1.0 reads Int64 both times. DuckDB 2.0.1
# reads text both times. The value for null, __HIVE_DEFAULT_PARTITION__, is null for all three; alone, pyarrow cannot read it.
#
# Expected: a value that its number would not give back stays text, as in DuckDB.
# Seen: the output below. Exits 1 if the output differs. What helps: say the types (docs/parquet.md).
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1 2>/dev/null
cat >"$folder/expected.txt" <<'OUT'
000012345678
  pyarrow int32 [12345678]
  polars  Int64 [12345678]
  duckdb  VARCHAR ['000012345678']
000012345678 and 111122223333
  pyarrow string ['000012345678', '111122223333']
  polars  Int64 [12345678, 111122223333]
  duckdb  VARCHAR ['000012345678', '111122223333']
000012345678 and __HIVE_DEFAULT_PARTITION__
  pyarrow int32 [12345678, None]
  polars  Int64 [12345678, None]
  duckdb  VARCHAR ['000012345678', None]
__HIVE_DEFAULT_PARTITION__
  pyarrow No non-null segments were available for field 'account'; couldn't infer type
  polars  String [None]
  duckdb  VARCHAR [None]
OUT
cat >"$folder/try.py" <<'PY'
import shutil
import sys
from pathlib import Path

import duckdb
import polars
import pyarrow
from pyarrow import dataset, parquet

ROOT = Path(sys.argv[1]) / "table"


def by_pyarrow():
    try:
        found = dataset.dataset(ROOT, partitioning="hive").to_table()["account"]
        return found.type, found.to_pylist()
    except pyarrow.ArrowInvalid as error:
        return (error,)


def by_polars():
    found = polars.read_parquet(ROOT)["account"]
    return found.dtype, found.to_list()


def by_duckdb():
    rows = duckdb.sql(f"SELECT typeof(account), account FROM read_parquet('{ROOT}/**/*.parquet') ORDER BY account").fetchall()
    return rows[0][0], [row[1] for row in rows]


NULL = "__HIVE_DEFAULT_PARTITION__"
for accounts in (["000012345678"], ["000012345678", "111122223333"], ["000012345678", NULL], [NULL]):
    shutil.rmtree(ROOT, ignore_errors=True)
    for account in accounts:
        folder = ROOT / f"account={account}"
        folder.mkdir(parents=True)
        parquet.write_table(pyarrow.table({"id": [1]}), folder / "part-0.parquet")
    print(" and ".join(accounts))
    for name, read in (("pyarrow", by_pyarrow), ("polars", by_polars), ("duckdb", by_duckdb)):
        print(f"  {name:7}", *read())
PY
"$folder/venv/bin/python" "$folder/try.py" "$folder" | tee "$folder/seen.txt"
diff "$folder/expected.txt" "$folder/seen.txt"
