"""Writes the Parquet of many accounts: `python benchmarks/fleet.py FOLDER [--accounts N] [--jobs N] [--seed N]`.

One account of `generator.py` is crawled, so to say, and exported. Each further account has its rows under another account
id, with buckets of its own. Two things are common: all accounts read the archive, and a dataset that the first one writes.
34,000 training jobs are 245,000 edges, so 41 accounts are 10⁷. The same seed gives the same folder.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from estate import ACCOUNT
from generator import manifests, own, records, write
from measuring import apart

import lineage
from lineage.outputs.parquet.folder import LISTS, list_name, path_of

OWN: Final = "s3://(code|data|lists|loop|models|own|raw|shared)/"  # the buckets that each account has
CENTRAL: Final = "prep-000001/"  # the dataset of the first account that all accounts read
GROUP: Final = 100_000  # rows of a row group, as the export has them


def account(number: int) -> str:
    return f"{100_000_000_000 + number}"


def subjects(count: int, accounts: int, jobs: int) -> list[str]:
    """Objects to ask about, over all accounts: of datasets that one job read, of those that many read, and of none."""
    asked = []
    for number in range(count):
        bucket, job = f"{number % accounts:03}", number * 7919 % jobs // 10 * 10 + 3
        mine = own(job).replace("s3://own/", f"s3://own-{bucket}/")
        shared = f"s3://data-{bucket}/prep-{number * 31 % (jobs // 40):06}/"
        place = (mine, mine, shared, f"s3://nowhere-{bucket}/{number:06}/")[number // accounts % 4]
        asked.append(f"{place}part-{number:06}")
    return asked


def multiply(one: Path, folder: Path, accounts: int) -> int:
    """Write the only account of a folder into another one, under many names. Returns the number of edges."""
    (found,) = (one / LISTS).iterdir()
    said = json.loads(found.read_text())
    (folder / LISTS).mkdir(parents=True)
    return sum(_account(one, folder, said, number) for number in range(accounts))


def _account(one: Path, folder: Path, said: dict[str, Any], number: int) -> int:
    """Write one account. Returns the number of its edges."""
    made = f"{number:012x}"
    files = [_file(one, folder, file, number) for file in said["files"]]
    places = [[account(number), region] for _, region in said["places"]]
    crawls = [one | {"accounts": [account(number)]} for one in said["crawls"]]
    told = said | {"id": made, "places": places, "crawls": crawls, "files": files}
    (folder / LISTS / list_name(map(tuple, places))).write_text(json.dumps(told, indent=1) + "\n")
    return sum(file["rows"] for file in files if file["table"] == "edges")


def _file(one: Path, folder: Path, file: dict[str, Any], number: int) -> dict[str, Any]:
    """Write one file, and say what its list says of it."""
    home, made = (account(number) if file["account"] else None, file["region"]), f"{number:012x}"
    part = Path(file["path"]).name.split("-")[1]
    path = path_of(file["table"], home, int(part), made)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    source, rows = pq.ParquetFile(one / file["path"]), 0
    with pq.ParquetWriter(folder / path, source.schema_arrow, compression="zstd") as writer:
        for batch in source.iter_batches(GROUP):
            table = pa.Table.from_batches([batch])
            renamed = [_renamed(table[name].combine_chunks(), number) for name in table.column_names]
            table = pa.Table.from_arrays([pa.repeat(made, len(table)), *renamed[1:]], schema=table.schema)
            written = _with_central(file["table"], table, number) if number else table
            writer.write_table(written, row_group_size=GROUP)
            rows += len(written)
    size = (folder / path).stat().st_size
    return file | {"account": home[0], "path": path, "rows": rows, "bytes": size}


def _renamed(column: Any, number: int) -> Any:
    """A column with the names of an account."""
    if pa.types.is_list(column.type):
        values = _renamed(column.values, number)
        return pa.ListArray.from_arrays(column.offsets, values, type=column.type, mask=column.is_null())
    if not pa.types.is_string(column.type):
        return column
    plain = pc.replace_substring(column, ACCOUNT, account(number))
    return pc.replace_substring_regex(plain, OWN, rf"s3://\1-{number:03}/")


def _with_central(name: str, table: Any, number: int) -> Any:
    """A table in which what read the dataset of this account reads that of the first account."""
    mine, central = (f"s3://data-{one:03}/{CENTRAL}" for one in (number, 0))
    if name == "edges":
        read = pc.if_else(pc.equal(table["source"], mine), central, table["source"])
        return table.set_column(table.schema.get_field_index("source"), table.schema.field("source"), read)
    key = {"nodes": "id", "places": "place"}.get(name, "")
    if not key:
        return table
    row = table.filter(pc.equal(table[key], mine)).to_pylist()
    also = [one | {key: central} | ({"written": False, "written_spans": []} if name == "places" else {}) for one in row]
    return pa.concat_tables([table, pa.Table.from_pylist(also, schema=table.schema)])


def make(folder: Path, accounts: int, jobs: int, seed: int = 1) -> int:
    """Write the folder. Returns the number of edges."""
    with tempfile.TemporaryDirectory() as scratch:
        apart(_export, Path(scratch), jobs, seed)
        return multiply(Path(scratch) / "one", folder, accounts)


def _export(scratch: Path, jobs: int, seed: int) -> None:
    write(scratch / "one.db", records(jobs, seed), manifests(jobs))
    with lineage.open_snapshot(scratch / "one.db") as snapshot:
        lineage.export_parquet(snapshot, scratch / "one")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--accounts", type=int, default=41)
    parser.add_argument("--jobs", type=int, default=34_000, help="training jobs of each account")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    edges = make(asked.folder, asked.accounts, asked.jobs, asked.seed)
    print(f"{edges:,} edges of {asked.accounts} accounts in {asked.folder}")


if __name__ == "__main__":
    main()
