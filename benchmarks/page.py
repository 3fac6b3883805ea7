"""Measures how long a browser needs for a graph page: `python benchmarks/page.py [--nodes 40 800 16000]`.

Writes pages of made-up accounts and opens each in headless Chromium without a graphics card. Measures the time until the graph
is painted, and a frame of a slow pan with all of it visible and with readable names. Needs Playwright and Chromium.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from estate import account
from playwright.sync_api import Page, sync_playwright

import lineage

JOBS_OF_1000_NODES = 230
FRAMES = """async (frames) => {
  const took = [], canvas = document.getElementById("graph"), frame = () => new Promise(requestAnimationFrame);
  await frame();
  for (let n = 0; n < frames; n++) {
    const began = performance.now();
    canvas.dispatchEvent(new WheelEvent("wheel", { deltaX: n % 2 ? 40 : -40, bubbles: true, cancelable: true }));
    await frame();
    canvas.getContext("2d").getImageData(0, 0, 1, 1);  // only then it is drawn
    took.push(performance.now() - began);
  }
  return took.sort((a, b) => a - b)[frames >> 1];
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--nodes", type=int, nargs="+", default=[40, 800, 16000])
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--keep", metavar="FOLDER", help="leave the pages there")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=asked.chromium, args=["--no-sandbox", "--disable-gpu"])
        for wanted in asked.nodes:
            path, written, nodes = write(Path(asked.keep or folder), wanted)
            page = browser.new_page(viewport={"width": 1440, "height": 860})
            opened, whole, close = measured(page, path)
            size = path.stat().st_size / 1e6
            print(f"{nodes:,} nodes: {size:.1f} MB written in {written:.2f} s, opened in {opened:.2f} s, ", end="")
            print(f"a frame of all {whole:.0f} ms, of what can be read {close:.0f} ms")
            page.close()
        browser.close()


def write(folder: Path, wanted: int) -> tuple[Path, float, int]:
    """The page of an account with about this many nodes, the seconds to make it, and the number of nodes."""
    source, snapshot, path = (folder / f"{wanted}.{suffix}" for suffix in ("jsonl", "db", "html"))
    with source.open("w") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in account(max(1, wanted * JOBS_OF_1000_NODES // 1000)))
    snapshot.unlink(missing_ok=True)
    lineage.crawl_estate(snapshot, replay=source)
    with lineage.open_snapshot(snapshot) as opened:
        graph = lineage.graph(opened)
        began = time.monotonic()
        path.write_text(lineage.to_page(graph, opened, title=f"{wanted} nodes"), encoding="utf-8")
    return path, time.monotonic() - began, len(graph)


def measured(page: Page, path: Path) -> tuple[float, float, float]:
    """The seconds until the graph is painted, and the milliseconds of a frame: of the whole, and at readable size."""
    began = time.monotonic()
    page.goto(path.as_uri())
    page.evaluate("document.getElementById('graph').getContext('2d').getImageData(0, 0, 1, 1).data[0]")
    opened = time.monotonic() - began
    whole = page.evaluate(FRAMES, 15)
    page.fill("#search", "train-00000")
    page.keyboard.press("Enter")
    return opened, whole, page.evaluate(FRAMES, 15)


if __name__ == "__main__":
    sys.exit(main())
