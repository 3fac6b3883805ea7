"""Pictures that fit a page: cards with whole names, chains in rows or downward, and readable colours."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import networkx as nx
import pytest

import lineage
from lineage.graphs.build import graph_of
from lineage.outputs.pictures import cards
from lineage.outputs.pictures.dot_layout import asked_of_dot, placed_by_dot
from lineage.outputs.pictures.layout import layout
from lineage.outputs.pictures.notebook import graph_of_answer
from lineage.outputs.pictures.placing import PAGE, Placed, place
from lineage.outputs.pictures.rows import in_rows
from tests.conftest import ROOT
from tests.outputs.test_layout import overlap
from tests.outputs.test_pictures import needs_dot
from tests.records import arn, training

NAMES = [
    "loans-live",
    "bank-ml/…/Loans-Fit-0042/output/model.tar.gz",
    "Loans-Prep-0042-aws-processing-job",
    "x" * 52,
    "é漢字🙂 b",
    "a/" * 20,
]


def chain(jobs: int) -> lineage.Graph:
    """This many jobs in a row, each of which reads the output of the one before: twice as many nodes, plus one."""
    steps = range(jobs)
    return graph_of(training(f"step-{n:02}", {"train": f"s3://b/{n:02}/"}, writes=f"s3://b/{n + 1:02}/") for n in steps)


def apart(placed: Placed) -> bool:
    return not any(overlap(*pair) for pair in combinations(placed.boxes.values(), 2))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("room", "most"), [(26, 2), (22, 3)])
def test_a_name_that_fits_into_its_lines_is_whole(name: str, room: int, most: int) -> None:
    """Each line has room on the card, and no letter of a name is lost in the breaks."""
    lines = cards.name_lines(name, room, most)
    assert len(lines) <= most
    assert max(map(len, lines)) <= room
    assert "".join(lines).replace(" ", "") == name.replace(" ", "")


def test_a_name_that_does_not_fit_keeps_its_ends() -> None:
    """Names differ at their ends: a long one loses its middle, with a sign."""
    said = "".join(cards.name_lines("begin-" + "x" * 2000 + "-end"))
    assert said.startswith("begin-")
    assert said.endswith("-end")
    assert "…" in said


@pytest.mark.parametrize("jobs", [7, 14, 30])
def test_a_chain_fills_a_page(jobs: int) -> None:
    """A chain is no strip: it is no wider than a page, little higher than wide, and no cards overlap."""
    placed = place(lineage.picture(chain(jobs)))
    assert placed.width <= PAGE + 64
    assert placed.height < 1.6 * placed.width
    assert apart(placed)


def test_a_branched_lineage_runs_down_rather_than_out_of_the_page(bank_graph: lineage.Graph) -> None:
    """The history of an endpoint fits a page, and each input is above what it feeds."""
    drawn = lineage.picture(lineage.select(bank_graph, "+loans-live"))
    placed = place(drawn)
    assert placed.width <= PAGE
    assert apart(placed)
    assert all(placed.boxes[arrow.source][1] < placed.boxes[arrow.target][1] for arrow in drawn.arrows)


def test_rows_keep_every_line() -> None:
    """When a chain is cut into rows, each line still begins and ends at its boxes."""
    graph = nx.MultiDiGraph((f"{number:02}", f"{number + 1:02}") for number in range(13))
    cut = in_rows(layout(graph, graph.edges(keys=True)), 900)
    assert len({round(y) for _, y, _, _ in cut.boxes.values()}) == 4
    for (source, target, _), points in cut.lines.items():
        (x, y, wide, high), (to, down, _, deep) = cut.boxes[source], cut.boxes[target]
        assert points[0] == pytest.approx((x + wide, y + high / 2), abs=1)
        assert points[-1] == pytest.approx((to, down + deep / 2), abs=1)


def test_what_many_lines_would_lead_on_from_is_not_cut() -> None:
    """Rows are for chains: many lines from row to row are hard to follow."""
    graph = nx.MultiDiGraph((f"{layer}{one}", f"{layer + 1}{other}") for layer in range(8) for one in "abc" for other in "abc")
    laid = layout(graph, graph.edges(keys=True))
    assert in_rows(laid, 900) is laid


@needs_dot
@pytest.mark.parametrize("turned", [False, True])
def test_graphviz_places_every_card_and_line(bank_graph: lineage.Graph, turned: bool) -> None:
    """Each card of an answer has its place and each arrow its line; no cards overlap."""
    drawn = lineage.picture(bank_graph, cluster="none" if turned else "account")
    placed = placed_by_dot(drawn, lineage.render(asked_of_dot(drawn, turned=turned), "json0"))
    assert set(placed.boxes) == set(drawn.figures)
    assert set(placed.ways) == set(placed.labels) == {(one.source, one.target, one.key) for one in drawn.arrows}
    assert set(placed.frames) == set(drawn.groups.values())
    assert apart(placed)


def test_the_legend_tells_only_what_is_there() -> None:
    """Lines of one sort, and nodes without anything unusual, get no legend."""
    assert 'class="legend"' not in lineage.to_svg(chain(3))
    marked = lineage.to_svg(chain(3), highlight=[arn("training-job", "step-01")])
    assert re.findall(r'class="quiet">([^<]*)</text>', marked.partition('class="legend"')[2]) == ["what you asked for"]


def test_a_gap_beside_the_highlighted_path_is_not_red(bank_graph: lineage.Graph) -> None:
    """A gap elsewhere causes no alarm in the picture of a path."""
    gone = lineage.to_dot(bank_graph, highlight=[arn("endpoint", "loans-live")])
    touched = lineage.to_dot(bank_graph, highlight=[arn("training-job", "aml-fit-6")])
    assert ("#b3261e" in gone, "#b3261e" in touched) == (False, True)


def test_the_picture_of_datasets_is_in_one_piece(bank: lineage.Snapshot) -> None:
    """In a picture of datasets, the data is connected to its product through the jobs between."""
    for name in ("loans-live", "fraud-ab", "training-job/Loans-Fit-0042"):
        answer = lineage.datasets(bank, name)
        graph = graph_of_answer(answer.as_json() | {"making": answer.making})
        assert nx.is_weakly_connected(graph)
        assert "image" not in {data["kind"] for _, data in graph.nodes(data=True)}


def test_one_endpoint_is_drawn_with_what_made_it(ask, tmp_path: Path) -> None:
    """`draw loans-live` draws what `draw +loans-live` draws, marks the endpoint, and says so."""
    ran = ask("draw", "loans-live", "-o", "one.svg")
    assert ran.err == "loans-live is one endpoint: drawn with everything upstream of it (+loans-live)\nwrote one.svg\n"
    ask("draw", "+loans-live", "-o", "other.svg")
    text = (tmp_path / "one.svg").read_text()
    assert text == (tmp_path / "other.svg").read_text()
    assert "loans-live with everything upstream</text>" in text
    assert 'class="node kind-endpoint status-inservice subject"' in text


def test_the_picture_of_the_docs_is_what_the_command_draws(account_path: Path) -> None:
    """The picture in the docs is not older than the style."""
    with lineage.open_snapshot(account_path) as snapshot:
        graph = lineage.select(lineage.graph(snapshot), "+loans-live")
    title = "loans-live with everything upstream · lineage.db · last crawl NOW"
    drawn = lineage.picture(graph, links=False, title=title, max_nodes=500, keep=lineage.named(graph, "+loans-live"))
    kept = (ROOT / "docs" / "images" / "loans-live.svg").read_text(encoding="utf-8")
    assert re.sub(r"(?<=last crawl )[^ <]+", "NOW", kept) == lineage.draw(drawn, "svg", "builtin").decode()


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG measures it."""

    def light(colour: str) -> float:
        parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


def colours(theme: int) -> dict[str, str]:
    """The colours of the page, light or dark."""
    css = (ROOT / "lineage" / "outputs" / "page" / "page.css").read_text(encoding="utf-8")
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", css.split("@media (prefers-color-scheme: dark)")[theme]))


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ink", ["ink", "soft", "hole", "accent", "up", "down"])
def test_words_can_be_read_on_the_page(theme: int, ink: str) -> None:
    """Every colour of text has the contrast of WCAG AA on every background."""
    found = colours(theme)
    assert min(contrast(found[ink], found[ground]) for ground in ("paper", "card")) >= 4.5


@pytest.mark.parametrize(
    ("ink", "ground"),
    [("#20242c", "#e8effa"), ("#59616e", "#e8effa"), ("#59616e", "#f7f8fa"), ("#b3261e", "#ffffff"),
     ("#e7eaf0", "#26344a"), ("#a5adba", "#26344a"), ("#a5adba", "#15181d"), ("#ff8a80", "#1f252d")],
)  # fmt: skip
def test_words_can_be_read_on_cards(ink: str, ground: str) -> None:
    """Cards use the same colours with the same contrast."""
    text = lineage.to_svg(chain(1))
    assert ink in text
    assert ground in text
    assert contrast(ink, ground) >= 4.5
    assert min(float(size) for size in re.findall(r"font-size: ([\d.]+)px", cards.STYLE)) >= 11
