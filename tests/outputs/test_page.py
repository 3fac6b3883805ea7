"""The page: it opens from disk, makes no requests, shows what the graph holds, and no text of an account becomes markup."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

import lineage
from lineage.domain.kinds import RELATIONS
from lineage.graphs.build import graph_of
from lineage.outputs.page import page as pages
from tests.estate import HEADER, fit
from tests.records import served, training

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
NASTY = [
    "</script><img src=x onerror=window.hit=1>", '"><svg onload=window.hit=1>', "'-window.hit-'", "`${window.hit=1}`", "\u2028window.hit=1\u2029",
    "]]><!-- <script>window.hit=1</script> -->", "<!--<script>", "{{data}}", "\\u003cimg src=x onerror=window.hit=1>", "a&lt;b&amp;c", "é漢字🙂", "x" * 2000,
    "javascript:window.hit=1", "\u202egnirts", "<b>bold</b>",
]  # fmt: skip


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A headless Chromium; CI has it with its driver, elsewhere they may be missing."""
    missing = "" if CHROMIUM else "no Chromium on this machine: `apt install chromium`"
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing = "no Playwright: `pip install -e '.[test]'`"
    if missing:
        (pytest.fail if os.environ.get("LINEAGE_CI") else pytest.skip)(missing)

    with sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


# The colour of the canvas's corner, through a copy: the browser warns in the console about a canvas that is read often.
CORNER = """(() => { const copy = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
copy.drawImage(document.getElementById('graph'), 0, 0); return [...copy.getImageData(2, 2, 1, 1).data].slice(0, 3); })()"""


# The box around all that differs from the corner's colour, as parts of the canvas.
DRAWN = """(() => { const { width, height } = document.getElementById('graph');
const copy = Object.assign(document.createElement('canvas'), { width, height }).getContext('2d', { willReadFrequently: true });
copy.drawImage(document.getElementById('graph'), 0, 0);
const dots = new Uint32Array(copy.getImageData(0, 0, width, height).data.buffer), xs = [], ys = [];
dots.forEach((dot, at) => { if (dot !== dots[0]) { xs.push(at % width / width); ys.push(Math.floor(at / width) / height); } });
const ends = (all) => all.reduce(([low, high], one) => [Math.min(low, one), Math.max(high, one)], [1, 0]);
const [left, right] = ends(xs), [top, bottom] = ends(ys); return [left, top, right, bottom]; })()"""


class Opened:
    """A page in the browser, with all of its requests and console messages."""

    def __init__(self, browser: Any, path: Path, **words: Any) -> None:
        self.tab = browser.new_page(**{"viewport": {"width": 1200, "height": 800}} | words)
        self.asked: list[str] = []
        self.said: list[str] = []
        self.tab.on("request", lambda request: self.asked.append(request.url))
        self.tab.on("console", lambda message: self.said.append(message.text))
        self.tab.on("pageerror", lambda error: self.said.append(str(error)))
        self.tab.on("dialog", lambda dialog: self.said.append(dialog.message))
        self.tab.goto(path.as_uri())

    def find(self, words: str) -> None:
        self.tab.fill("#search", words)
        self.tab.keyboard.press("Enter")

    def status(self) -> str:
        return str(self.tab.inner_text("#said"))

    def heading(self) -> str:
        return str(self.tab.text_content("#panel h2:visible"))

    def rows(self) -> dict[str, set[str]]:
        """The ids in the table, each with the words in the column of the chosen node."""
        self.tab.keyboard.press("t")
        rows = self.tab.evaluate(
            "[...document.querySelectorAll('tr[data-node]')].map(r => [r.dataset.node, r.cells[6].textContent])"
        )
        self.tab.keyboard.press("t")
        return {node: set(light.split(", ")) for node, light in rows}


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Callable[..., Opened]]:
    """Open a page's text from a file; at the end, check that it made no requests and logged no complaint."""
    opened: list[Opened] = []

    def call(text: str, **words: Any) -> Opened:
        path = tmp_path / f"{len(opened)}.html"
        path.write_text(text, encoding="utf-8")
        opened.append(Opened(chromium, path, **words))
        return opened[-1]

    yield call
    for one in opened:
        assert one.said == []
        assert [url.partition(":")[0] for url in one.asked] == ["file"]
        one.tab.close()


@pytest.fixture
def bank_page(bank: lineage.Snapshot) -> str:
    """The page of the whole bank."""
    return lineage.to_page(lineage.graph(bank), bank, title="bank.db · last crawl today")


def embedded(text: str) -> Any:
    return json.loads(text.partition('id="data">')[2].partition("</script>")[0])


def test_the_page_asks_for_nothing(open_page, bank_page: str) -> None:
    """The page opens from disk, its policy forbids requests, and it says what it is a page of."""
    opened = open_page(bank_page)
    assert opened.tab.inner_text("#subtitle") == "bank.db · last crawl today · 5 container images left out"
    assert "content=\"default-src 'none';" in bank_page
    assert re.search(r'(src|href)="(?!data:,")', bank_page.partition('id="data"')[0]) is None
    assert opened.tab.evaluate("fetch('https://example.com/').then(() => 'sent', () => 'refused')") == "refused"
    opened.said.clear()  # the browser's message that it refused
    opened.asked[1:] = []


def box_of_the_drawing(opened: Opened) -> list[float]:
    """Where the drawn pixels end, as parts of the canvas: left, top, right and bottom."""
    return list(opened.tab.evaluate(DRAWN))


@pytest.mark.parametrize("is_moved", [False, True], ids=["as it opened", "moved"])
def test_the_page_fits_a_window_of_another_size(open_page, bank_page: str, is_moved: bool) -> None:
    """A smaller window has all in sight that the page opened with, unless somebody has moved or zoomed it."""
    opened = open_page(bank_page)
    opened.tab.keyboard.press("f")
    if is_moved:
        opened.tab.keyboard.press("+")
    opened.tab.wait_for_timeout(100)
    opened.tab.set_viewport_size({"width": 700, "height": 500})
    opened.tab.wait_for_timeout(300)
    left, top, right, bottom = box_of_the_drawing(opened)
    assert (left > 0.01 and top > 0.01 and right < 0.99 and bottom < 0.99) is not is_moved


def test_search_goes_to_what_it_finds(open_page, bank_page: str, bank_graph: lineage.Graph) -> None:
    """A part of a name or a URI lists what contains it; Enter centres the first match and opens it."""
    opened = open_page(bank_page)
    opened.tab.fill("#search", "loans-FIT")
    listed = opened.tab.locator("#found li").all_inner_texts()
    assert listed[0].startswith("Loans-Fit-0042\n")
    opened.find("s3://bank-raw/loans/2026")
    assert opened.heading() == "s3://bank-raw/loans/2026-05/"
    opened.tab.keyboard.press("Escape")
    opened.tab.keyboard.press("Escape")
    assert opened.status() == f"{len(bank_graph) - 5} nodes · {len(embedded(bank_page)['edges']['source'])} edges"
    opened.find("s3://bank-raw/loans/2026")
    box = opened.tab.locator("#graph").bounding_box()
    opened.tab.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert opened.heading() == "s3://bank-raw/loans/2026-05/"
    opened.tab.fill("#search", "no such thing")
    assert "No node has this" in opened.tab.inner_text("#found")


def test_the_panel_tells_what_show_tells(open_page, bank_page: str, bank: lineage.Snapshot) -> None:
    """The record, the edges with their evidence, and the console page of a node are those of `show`."""
    opened = open_page(bank_page)
    opened.find("Loans-Fit-0042")
    shown = lineage.show(bank, "training-job/Loans-Fit-0042")
    assert json.loads(opened.tab.inner_text("#panel pre")) == shown.record
    told = opened.tab.inner_text("#panel")
    drawn = [edge for edge in (*shown.edges_in, *shown.edges_out) if "dkr.ecr" not in edge["source"]]
    for edge in drawn:
        assert f"{edge['relation']} " in told
        assert edge["path"] in told
    assert f"INCOMING: {len(drawn) - len(shown.edges_out)} EDGES" in told
    links = [one.get_attribute("href") for one in opened.tab.locator("#panel a").all()]
    assert links == ["https://eu-west-1.console.aws.amazon.com/sagemaker/home?region=eu-west-1#/jobs/Loans-Fit-0042"]
    opened.tab.click("#panel .go:text('bank-ml/loans/train/')")
    assert opened.heading() == "s3://bank-ml/loans/train/"
    assert "A location" in opened.tab.inner_text("#panel")


def test_gaps_stand_beside_what_they_are_about(open_page, bank: lineage.Snapshot) -> None:
    """Something unread is shown at its node and in a list of all; no unread list is called read."""
    opened = open_page(lineage.to_page(lineage.graph(bank), bank))
    opened.find("AML-Fit-6")
    assert "DENIED" not in opened.tab.inner_text("#panel h3 >> nth=0")
    assert "denied DescribeTrainingJob" in opened.tab.inner_text("#panel")
    opened.tab.click("#about-button")
    told = opened.tab.inner_text("#panel")
    assert opened.tab.inner_text("#about-button") == "1 gap here"
    assert all(gap.detail in told for gap in bank.gaps())
    assert "1 incomplete list; a missing node of these kinds proves nothing" in told


def test_what_was_not_listed_is_not_called_read() -> None:
    """For a crawl that listed nothing the page shows every kind as unread."""
    data = embedded(lineage.to_page(graph_of([training("fit", {"train": "s3://b/x/"})])))
    assert data["scope"]["unread"] == []  # no crawl, so no place that was to be read
    assert data["without_records"].startswith("Records are not in this page")


def flowing(graph: lineage.Graph) -> Any:
    drawn = graph.subgraph(node for node, data in graph.nodes(data=True) if data["kind"] != "image")
    return nx.DiGraph((source, target) for source, target, data in drawn.edges(data=True) if RELATIONS[data["relation"]].flows)


def test_the_light_is_what_networkx_reaches(open_page, bank_page: str, bank_graph: lineage.Graph) -> None:
    """Upstream and downstream of a chosen node are its ancestors and descendants along edges on which data flows."""
    opened, flow = open_page(bank_page), flowing(bank_graph)
    for node in ("endpoint/loans-live", "training-job/fraud-xgb-17", "endpoint/offers-loop", "training-job/loans-fit-0042"):
        identity = f"arn:aws:sagemaker:eu-west-1:111122223333:{node}"
        up, down = nx.ancestors(flow, identity), nx.descendants(flow, identity)
        opened.find(identity)
        rows = opened.rows()
        lit = [{node for node, words in rows.items() if word in words} for word in ("this", "upstream", "downstream")]
        assert lit == [{identity}, up, down]
        assert opened.status().endswith(f" · {len(up)} upstream · {len(down)} downstream")
        opened.tab.keyboard.press("Escape")


def test_filters_hide(open_page, bank_page: str, bank_graph: lineage.Graph) -> None:
    """An unchecked kind is in no list and not counted, and the highlight says how much of it is hidden."""
    opened = open_page(bank_page)
    opened.tab.keyboard.press("Escape")
    everything = set(opened.rows())
    jobs = {node for node, data in bank_graph.nodes(data=True) if data["kind"] == "training-job"}
    serving = {node for node, data in bank_graph.nodes(data=True) if data["status"] == "InService"}
    opened.tab.uncheck("#filters [name=kind][value=training-job]")
    assert set(opened.rows()) == everything - jobs
    opened.tab.uncheck("#filters [name=status][value=InService]")
    assert set(opened.rows()) == everything - jobs - serving
    assert opened.status().startswith(f"{len(everything - jobs - serving)} of {len(everything)} nodes")
    opened.find("loans-live")
    assert "(hidden by a filter)" in opened.status()
    assert "upstream" in opened.status()
    assert "(1 hidden)" in opened.status()
    opened.tab.keyboard.press("Escape")
    opened.tab.click("#filters h2:has-text('Kinds') button")
    assert set(opened.rows()) == everything - serving


def test_keys_are_enough(open_page, bank_page: str) -> None:
    """Tab reaches the search first; arrows move along edges, Enter opens, Escape closes, ? shows the keys."""
    opened = open_page(bank_page)
    press = opened.tab.keyboard.press
    press("Tab")
    opened.tab.keyboard.type("loans-live-conf")
    press("Enter")
    press("Escape")
    press("ArrowDown")  # the direction in which the data flows in the layout that this window shows larger
    assert opened.status().startswith("endpoint loans-live ·")
    for _ in range(3):
        press("ArrowUp")
    assert opened.status().startswith("artifact s3://bank-ml/models/Loans-Fit-0042/output/model.tar.gz ·")
    assert opened.tab.is_hidden("#panel")
    press("Enter")
    assert opened.heading().endswith("model.tar.gz")
    press("Escape")
    assert opened.tab.is_hidden("#panel")
    press("Escape")
    assert "upstream" not in opened.status()
    press("?")
    assert opened.tab.is_visible("#help")
    press("Escape")
    assert opened.tab.is_hidden("#help")
    press("+")
    press("0")
    press("/")
    assert opened.tab.evaluate("document.activeElement.id") == "search"


def test_mouse_moves_and_zooms(open_page, bank_page: str) -> None:
    """A dragged node moves with the pointer and opens nothing; the wheel zooms around the pointer."""
    opened = open_page(bank_page)
    opened.find("loans-live")
    box = opened.tab.locator("#graph").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.tab.keyboard.press("Escape")
    opened.tab.mouse.move(x, y)
    opened.tab.mouse.down()
    opened.tab.mouse.move(x + 150, y - 90, steps=4)
    opened.tab.mouse.up()
    assert opened.tab.is_hidden("#panel")
    opened.tab.evaluate(
        "window.turned = new Promise(done => { document.getElementById('graph').addEventListener('wheel', done, { once: true }) }); 0"
    )
    opened.tab.mouse.wheel(0, -400)
    opened.tab.evaluate("window.turned.then(() => 0)")
    opened.tab.mouse.click(x + 150, y - 90)
    assert opened.heading() == "loans-live"
    opened.tab.mouse.click(box["x"] + 8, box["y"] + 8)
    assert opened.tab.is_hidden("#panel")


def test_the_table_sorts(open_page, bank_page: str) -> None:
    """Every node is in the table, sorted by any column, up or down, and opens from there."""
    opened = open_page(bank_page)
    opened.tab.click("#table-button")
    opened.tab.click("th button:text('Id')")
    names = opened.tab.locator("tr[data-node] td:last-child").all_text_contents()
    assert names == sorted(embedded(bank_page)["nodes"]["id"])
    opened.tab.click("th button:text('Id')")
    assert opened.tab.locator("tr[data-node] td:last-child").all_text_contents() == names[::-1]
    assert opened.tab.get_attribute("th:last-child", "aria-sort") == "descending"
    opened.tab.click("tr[data-node] .go >> nth=0")
    assert opened.tab.inner_text("#panel dd >> nth=0") == names[-1]


@pytest.fixture(scope="module")
def nasty_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A snapshot of an account whose URIs, tags, hyperparameters and channels hold what could break a page."""
    folder = tmp_path_factory.mktemp("nasty")
    jobs = [
        fit(f"fit-{at}", {f"c{at}": f"s3://b/{at}/{text}"}, HyperParameters={"note": text, "api_key": "hunter2-the-secret"})
        | {"tags": [{"Key": "t", "Value": text}]}
        for at, text in enumerate(NASTY)
    ]
    account = folder / "account.jsonl"
    account.write_text("".join(json.dumps(line) + "\n" for line in (HEADER, *jobs)))
    lineage.crawl_estate(folder / "lineage.db", replay=account)
    return folder / "lineage.db"


def test_no_text_becomes_markup(open_page, nasty_path: Path) -> None:
    """Names, URIs, tags and record values that are markup or script are shown as text, and do nothing."""
    with lineage.open_snapshot(nasty_path) as snapshot:
        graph = lineage.graph(snapshot)
        text = lineage.to_page(graph, snapshot, title=NASTY[0], heading=NASTY[1])
    assert "hunter2-the-secret" not in text
    opened = open_page(text)
    assert opened.tab.inner_text("h1") == NASTY[1]
    for at, nasty in enumerate(NASTY):
        opened.find(f"fit-{at}")
        record = json.loads(opened.tab.text_content("#panel pre"))
        assert record["HyperParameters"]["note"] == nasty
        uri = f"s3://b/{at}/{nasty}"
        opened.find(lineage.visible(uri)[:40])
        name = next(data["name"] for node, data in graph.nodes(data=True) if node == uri)
        assert opened.tab.text_content("#panel h2") == lineage.visible(name)
    opened.rows()
    assert opened.tab.evaluate("window.hit") is None
    assert opened.tab.evaluate("document.querySelectorAll('img, svg, iframe, b:not(label b)').length") == 0
    assert opened.tab.evaluate("document.scripts.length") == 2


def test_a_link_leads_to_the_console_or_nowhere(nasty_path: Path) -> None:
    """Links are https to AWS's consoles, whatever a name holds; with links off there are none."""
    with lineage.open_snapshot(nasty_path) as snapshot:
        graph = lineage.graph(snapshot)
        urls = embedded(lineage.to_page(graph, snapshot))["nodes"]["url"]
        assert set(embedded(lineage.to_page(graph, snapshot, links=False))["nodes"]["url"]) == {None}
    assert all(re.match(r"https://[a-z0-9.-]+\.console\.aws\.amazon\.com/", url) for url in urls if url)


def test_dark_and_on_paper(open_page, bank_page: str) -> None:
    """The page is dark where dark is preferred; on paper it is light, on one side, and without controls."""
    light, dark = open_page(bank_page), open_page(bank_page, color_scheme="dark")
    assert min(light.tab.evaluate(CORNER)) > 230
    assert max(dark.tab.evaluate(CORNER)) < 90
    dark.find("loans-live")
    paper = dark.tab.pdf(landscape=True, prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", paper)) == 1
    dark.tab.emulate_media(media="print")
    dark.tab.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert min(dark.tab.evaluate(CORNER)) > 230
    assert dark.tab.is_hidden("#panel")
    assert dark.tab.is_hidden("#search")
    dark.tab.emulate_media(media="screen")
    dark.tab.evaluate("dispatchEvent(new Event('afterprint'))")
    assert max(dark.tab.evaluate(CORNER)) < 90  # a pale line may run there


def test_fingers_pinch(chromium: Any, tmp_path: Path, bank_page: str) -> None:
    """Two fingers that move apart zoom in, and open nothing; a tap opens what it touches."""
    path = tmp_path / "page.html"
    path.write_text(bank_page, encoding="utf-8")
    opened = Opened(chromium, path, has_touch=True)
    opened.find("loans-live")
    box = opened.tab.locator("#graph").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    opened.tab.keyboard.press("Escape")
    fingers = opened.tab.context.new_cdp_session(opened.tab)
    for kind, apart in (("touchStart", 20), ("touchMove", 40), ("touchMove", 60), ("touchEnd", 0)):
        points = [{"x": x + way * apart, "y": y, "id": way + 1} for way in (-1, 1)] if apart else []
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    opened.tab.touchscreen.tap(x - 170, y)  # the box is three times as wide now
    assert (opened.heading(), opened.said) == ("loans-live", [])
    opened.tab.touchscreen.tap(x - 170, y - 200)
    assert opened.tab.is_hidden("#panel")
    opened.tab.close()


def test_an_empty_graph_is_a_page(open_page) -> None:
    """The page of an empty graph says that it is empty."""
    opened = open_page(lineage.to_page(graph_of([])))
    assert opened.status() == "0 nodes · 0 edges"
    opened.tab.keyboard.press("ArrowRight")
    opened.find("x")
    assert "No node has this" in opened.tab.inner_text("#found")


def test_nothing_ends_the_data(nasty_path: Path) -> None:
    """No `<` is in the data, so that nothing in it can end it; read back it is unchanged, shown in its visible form."""
    with lineage.open_snapshot(nasty_path) as snapshot:
        graph = lineage.graph(snapshot)
        text = lineage.to_page(graph, snapshot)
    block = text.partition('id="data">')[2].partition("</script>\n<script>")[0]
    assert "<" not in block
    assert json.loads(block)["nodes"]["id"] == [
        lineage.visible(node) for node in sorted(graph) if graph.nodes[node]["kind"] != "image"
    ]
    assert "&lt;b&gt;" in lineage.to_page(graph, heading="<b>")
    assert unescape(re.findall("<title>(.*)</title>", lineage.to_page(graph, heading="<b>"))[0]) == "<b> · lineage"


def test_the_same_snapshot_gives_the_same_page(bank: lineage.Snapshot) -> None:
    """Two pages of one snapshot are equal."""
    assert lineage.to_page(lineage.graph(bank), bank) == lineage.to_page(lineage.graph(bank), bank)


def test_records_are_cut_and_left_out_with_a_word(bank: lineage.Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long record is cut and the page says so; a page of very many nodes has no records and says so."""
    graph = lineage.graph(bank)
    monkeypatch.setattr(pages, "MAX_RECORD", 700)
    data = embedded(lineage.to_page(graph, bank))
    cut = {at for at, record in enumerate(data["nodes"]["record"]) if record and len(record) == 700}
    assert set(data["cut"]) == cut != set()
    monkeypatch.setattr(pages, "MAX_WITH_RECORDS", 10)
    data = embedded(lineage.to_page(graph, bank))
    assert not any(data["nodes"]["record"])
    assert data["without_records"] == "Records are not in this page: it has more than 10 nodes. `lineage show` prints one."


def test_what_was_deleted_keeps_its_record(open_page) -> None:
    """A deleted model without a record is shown as only named, and never with another's record."""
    _, config, endpoint = served("s3://m/x")
    opened = open_page(lineage.to_page(graph_of([config, endpoint])))
    opened.find("shop-model")
    told = opened.tab.inner_text("#panel")
    assert "not observed" in told
    assert "No record: other records name it, but it was not observed." in told


def test_images_are_drawn_if_asked_for(bank: lineage.Snapshot) -> None:
    """Container images are left out and counted, or in the page."""
    graph = lineage.graph(bank)
    assert embedded(lineage.to_page(graph))["left_out"] == "5 container images left out"
    assert embedded(lineage.to_page(graph, images=True))["nodes"]["id"] == sorted(graph)


def test_draw_writes_the_page(ask, tmp_path: Path) -> None:
    """`lineage draw -o page.html` writes the page, of a selector or of everything."""
    ran = ask("draw", "+loans-live", "-o", "page.html", "--no-links")
    assert (ran.code, ran.err) == (0, "wrote page.html\n")
    data = embedded((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert (data["schema"], data["heading"]) == ("lineage.page/1", "loans-live with everything upstream")
    assert set(data["nodes"]["url"]) == {None}
    assert any(data["nodes"]["record"])


def test_draw_refuses_for_a_page_what_only_pictures_do(ask) -> None:
    """An option that a page cannot follow is refused, not ignored."""
    for words in (["--max-nodes", "9"], ["--highlight", "loans-live"], ["--cluster", "account"], ["--engine", "dot"]):
        ran = ask("draw", "-f", "html", *words)
        assert (ran.code, ran.out) == (2, "")
        assert f"{words[0]} does not work with html" in ran.err


def test_the_page_opens_at_what_it_is_about(open_page, ask, tmp_path: Path, bank_page: str) -> None:
    """A page of a selector opens at the selected node, one of everything at the newest endpoint in service."""
    ask("draw", "loans-live", "-o", "page.html")
    opened = open_page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert opened.status().startswith("endpoint loans-live · ")
    assert open_page(bank_page).status().startswith("endpoint renewal-price · ")
    ask("draw", "s3://bank-raw/loans/2026-05/+", "-o", "page.html")
    opened = open_page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert opened.status().startswith("dataset s3://bank-raw/loans/2026-05/ · 0 upstream · ")


# The ids under the pointer, over the whole stage, and those of them at its upper and its lower end.
SWEEP = """(() => { const graph = document.getElementById('graph'), box = graph.getBoundingClientRect();
const at = (y) => { const ids = []; for (let x = 2; x < box.width; x += 12) {
  graph.dispatchEvent(new PointerEvent('pointermove', { clientX: box.left + x, clientY: box.top + y }));
  if (graph.title) ids.push(graph.title); } return ids; };
const all = []; for (let y = 2; y < box.height; y += 8) all.push(...at(y));
return [[...new Set(all)], [...at(2), ...at(box.height - 2)]]; })()"""


@pytest.mark.parametrize("size", [(1400, 713), (1280, 633), (1920, 1080), (390, 844)], ids=str)
def test_the_page_opens_with_the_whole_lineage(open_page, ask, tmp_path: Path, size: tuple[int, int]) -> None:
    """From the raw data to the endpoint, everything is visible on a usual screen, and nothing is cut off."""
    ask("draw", "loans-live", "-o", "page.html")
    opened = open_page(
        (tmp_path / "page.html").read_text(encoding="utf-8"), viewport=dict(zip(("width", "height"), size, strict=True))
    )
    seen, at_an_end = opened.tab.evaluate(SWEEP)
    assert {"s3://bank-raw/loans/2026-05/", "s3://bank-code/loans/prepare.py"} <= set(seen)
    assert any(node.endswith(":endpoint/loans-live") for node in seen)
    assert at_an_end == []


def test_only_a_gap_on_the_lit_path_is_red(open_page, bank_page: str) -> None:
    """A gap elsewhere is shown as one of the whole snapshot, without alarm."""
    opened = open_page(bank_page)
    opened.find("loans-live")
    assert "holes" not in (opened.tab.get_attribute("#about-button", "class") or "")
    assert "no gap on the lit path" in opened.tab.get_attribute("#about-button", "title")
    assert re.fullmatch(r"Snapshot: \d+ gaps?", opened.tab.inner_text("#about-button"))
    opened.find("AML-Fit-6")
    assert "holes" in opened.tab.get_attribute("#about-button", "class")


def test_a_large_page_opens_at_a_lineage_and_shows_the_rest(
    open_page, monkeypatch: pytest.MonkeyPatch, bank: lineage.Snapshot
) -> None:
    """A page of many nodes first shows those around its start, in a layout of their own; then all, or a search result."""
    monkeypatch.setattr(pages, "_TALL", 30)
    text = lineage.to_page(lineage.graph(bank), bank, start="arn:aws:sagemaker:eu-west-1:111122223333:endpoint/loans-live")
    laid = embedded(text)["layouts"]
    assert [sum(box is not None for box in one["box"]) for one in laid] == [len(laid[0]["box"]), 10]
    opened = open_page(text)
    assert opened.status() == f"endpoint loans-live · 9 upstream · 0 downstream · ⤢ shows {len(laid[0]['box']) - 10} more"
    opened.tab.keyboard.press("0")
    assert opened.status() == "endpoint loans-live · 9 upstream · 0 downstream"
    again = open_page(text)
    again.find("fraud-ab")
    assert (again.heading(), "shows" in again.status()) == ("fraud-ab", False)


def test_a_phone_shows_the_page_whole(open_page, bank_page: str) -> None:
    """Nothing of the page lies outside of a narrow screen, and a tap on a node does not hide it behind its details."""
    opened = open_page(bank_page, has_touch=True)
    opened.tab.set_viewport_size({"width": 390, "height": 800})
    opened.tab.reload()
    assert opened.tab.evaluate("document.documentElement.scrollWidth") == 390
    wide = "[...document.querySelectorAll('header *')].filter(one => one.scrollWidth > one.clientWidth + 1 && one.clientWidth).length"
    assert opened.tab.evaluate(wide) == 0
    opened.tab.keyboard.press("Tab")
    opened.find("loans-live")
    panel = opened.tab.locator("#panel").bounding_box()
    assert (panel["x"], panel["width"]) == (0, 390)
    assert panel["y"] > 300
    opened.asked[1:] = []  # the page itself, once more


def seen_at(opened: Opened, point: tuple[float, float]) -> str:
    """The id of the part of the page that a point shows."""
    return str(opened.tab.evaluate("([x, y]) => document.elementFromPoint(x, y).id", point))


def test_nothing_covers_what_was_found(open_page, bank_page: str) -> None:
    """In a narrow window a found node is beside the details; Esc first closes the filters, which cover the graph."""
    opened = open_page(bank_page, viewport={"width": 800, "height": 700})
    opened.tab.click("#filters-button")
    opened.find("loans-live")
    assert not opened.tab.is_visible("#filters")
    stage, panel = (opened.tab.locator(one).bounding_box() for one in ("#stage", "#panel"))
    middle = (panel["x"] / 2, stage["y"] + stage["height"] / 2)
    assert seen_at(opened, middle) == "graph"
    opened.tab.mouse.move(*middle)
    assert opened.tab.get_attribute("#graph", "title").endswith("endpoint/loans-live")
    opened.tab.click("#filters-button")
    opened.tab.keyboard.press("Escape")
    assert (opened.tab.is_visible("#filters"), opened.tab.is_visible("#panel")) == (False, True)
    opened.tab.keyboard.press("Escape")
    assert not opened.tab.is_visible("#panel")


def test_rows_on_a_phone_are_one_line_high(open_page, bank_page: str) -> None:
    """In the table of a phone a long id does not make its row tall."""
    opened = open_page(bank_page, viewport={"width": 390, "height": 800})
    opened.tab.click("#table-button")
    heights = opened.tab.evaluate("[...document.querySelectorAll('tr[data-node]')].map((row) => row.offsetHeight)")
    assert max(heights) < 45


def test_details_are_in_words(open_page, bank_page: str) -> None:
    """Commands have a typeface in place of backticks, and what is true or false of a job is a yes or a no."""
    opened = open_page(bank_page)
    opened.find("Loans-Fit-0042")
    assert "network isolation\nno\n" in opened.tab.inner_text("#panel .facts")
    opened.tab.click("#about-button")
    assert "`" not in opened.tab.inner_text("#panel")
    assert "lineage trace" in opened.tab.locator("#panel code").all_inner_texts()


THEMES = {
    "": None,
    ' data-jp-theme-light="true"': "light",
    ' data-jp-theme-light="false"': "dark",
    ' class="vscode-light"': "light",
    ' class="vscode-dark"': "dark",
    ' class="vscode-high-contrast"': "dark",
    ' class="vscode-high-contrast vscode-high-contrast-light"': "light",
}


@pytest.mark.parametrize("system", ["light", "dark"])
@pytest.mark.parametrize("told", THEMES)
def test_a_picture_in_a_notebook_follows_its_theme(chromium: Any, bank_graph: lineage.Graph, system: str, told: str) -> None:
    """Where JupyterLab or VS Code says its theme the picture follows it, elsewhere the system: names are light on dark, and dark on light."""
    tab = chromium.new_page(color_scheme=system)
    tab.set_content(f"<body{told}>{lineage.view(bank_graph)._repr_html_()}</body>")
    fills = tab.evaluate("['.name', '.paper'].map((one) => getComputedStyle(document.querySelector(`svg ${one}`)).fill)")
    tab.close()
    name, paper = (sum(map(int, re.findall(r"\d+", fill)[:3])) for fill in fills)
    assert (name > paper) is ((THEMES[told] or system) == "dark")


def test_a_picture_in_a_notebook_fits_the_width(chromium: Any, bank_graph: lineage.Graph) -> None:
    """A wide picture is shown whole across, not at a corner of it, and a line says how to see more of it."""
    tab = chromium.new_page(viewport={"width": 900, "height": 700})
    tab.set_content(f"<body>{lineage.view(bank_graph)._repr_html_()}</body>")
    wide, box = tab.evaluate(
        "[document.querySelector('svg').getBoundingClientRect().width, document.querySelector('.lineage').clientWidth]"
    )
    said = tab.inner_text(".lineage")
    tab.close()
    assert 0 < wide <= box
    assert "lineage.to_page(graph)" in said
