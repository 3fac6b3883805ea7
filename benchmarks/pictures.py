"""Measures how long a picture takes: `python benchmarks/pictures.py [--jobs N] [--times N] [--folder DIR]`.

Writes a snapshot like `questions.py` and draws it with the built-in layout: whole, and folded to 500 nodes. The
pictures stay in the folder so that people can look at them.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from questions import told, write

import lineage
from lineage.outputs.pictures.layout import layout


def seconds(call: Callable[[], Any], times: int) -> list[float]:
    """The CPU times of a call, shortest first: other work on the machine does not count."""
    taken = []
    for _ in range(times):
        began = time.process_time()
        call()
        taken.append(time.process_time() - began)
    return sorted(taken)


def draw(graph: lineage.Graph, folder: Path, times: int) -> None:
    """Print the table, and leave the pictures."""
    whole = lineage.picture(graph)
    folded = lineage.picture(graph, max_nodes=lineage.MOST)
    print(f"| {len(graph):,} nodes, {graph.number_of_edges():,} edges, seconds | least | median | most |\n|---|---|---|---|")
    print(told("the layout alone", seconds(lambda: layout(graph), times)))
    print(told("what to draw of it all", seconds(lambda: lineage.picture(graph), times)))
    print(told("as SVG", seconds(lambda: lineage.to_svg(whole), times)))
    print(told("folded", seconds(lambda: lineage.picture(graph, max_nodes=lineage.MOST), times)))
    print(told(f"as SVG, {len(folded.figures):,} nodes", seconds(lambda: lineage.to_svg(folded), times)))
    for name, picture in (("whole", whole), ("folded", folded)):
        path = folder / f"{name}-{len(graph)}.svg"
        path.write_text(lineage.to_svg(picture), encoding="utf-8")
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB, {len(picture.figures):,} nodes, {len(picture.arrows):,} arrows")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=3_000)
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--folder", type=Path, default=Path())
    asked = parser.parse_args()
    path = asked.folder / f"pictures-{asked.jobs}.db"
    if not path.exists():
        write(path, asked.jobs)
    with lineage.open_snapshot(path) as snapshot:
        graph = lineage.graph(snapshot)
    gc.disable()  # as the command does
    draw(graph, asked.folder, asked.times)


if __name__ == "__main__":
    main()
