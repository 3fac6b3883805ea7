"""Pictures of a leaderboard: complete, self-contained, and with every candidate in them."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import pytest

import lineage
from lineage.domain.records import Resource
from lineage.errors import LeaderboardError
from lineage.outputs.pictures.scales import scale_of
from lineage.outputs.pictures.svg import words
from tests.boards import DATA, MAX, TRAIN, fit

SVG = "{http://www.w3.org/2000/svg}"
OTHER = TRAIN | {"validation": "s3://d/val-2/"}
NASTY = "<b>\"a\" & 'b'</b> \x01 & so on and on and on, further than there is room for"


def trials(count: int, **parameters: Any) -> list[Resource]:
    """Jobs with parameters: each is a function of the job's number; None leaves it out."""

    def given(number: int) -> dict[str, str]:
        values = {name: of(number) for name, of in parameters.items()}
        return {name: str(value) for name, value in values.items() if value is not None}

    return [fit(f"job-{number:03}", 0.5 + number / 1000, HyperParameters=given(number)) for number in range(count)]


PLAIN = {
    "eta": lambda number: 10.0 ** -(number % 5),
    "depth": lambda number: number % 4,
    "kind": lambda number: "ab"[number % 2],
}


def shapes(svg: str) -> dict[str, list[ET.Element]]:
    """The lines and the marks of candidates in a picture, which must be well-formed. A sample in the legend does not count."""
    root = ET.fromstring(svg)
    found = {
        tag: [one for one in root.iter(f"{SVG}{tag}") if one.find(f"{SVG}title") is not None] for tag in ("polyline", "path")
    }
    return found | {"text": list(root.iter(f"{SVG}text"))}


@pytest.mark.parametrize("count", [2, 5, 60])
def test_each_ranked_candidate_has_its_line_and_its_marks(board, count: int) -> None:
    """Each candidate has a line with a corner on each axis, and a mark in each small picture; one of them is marked best."""
    answer = board(*trials(count, **PLAIN), fit("none"), **MAX)
    lines = shapes(lineage.CHARTS["parallel"](answer))["polyline"]
    assert len(lines) == count
    assert {len(one.get("points", "").split()) for one in lines} == {len(answer.parameters) + 1}
    assert sum("best" in one.get("class", "") for one in lines) == 1
    marks = shapes(lineage.CHARTS["scatter"](answer))["path"]
    assert len(marks) == count * len(answer.parameters)


CASES: list[tuple[str, list[Resource], dict[str, Any]]] = [
    ("two", trials(2, **PLAIN), {}),
    ("a crowd", trials(200, **PLAIN), {}),
    ("a constant one", trials(4, **PLAIN, same=lambda _: 7, word=lambda _: "x"), {"all_parameters": True}),
    ("missing values", trials(9, **PLAIN, some=lambda number: None if number % 2 else number), {}),
    ("missing words", trials(9, some=lambda number: None if number % 2 else "w"), {}),
    ("all of one value", [fit("a", 0.5, HyperParameters={"x": "1"}), fit("b", 0.5, HyperParameters={"x": "2"})], {}),
    ("zero and less", trials(5, x=lambda number: number - 3, y=lambda number: number * 1e9), {}),
    ("more than there is room for", trials(3, **{f"p{name}": (lambda number: number) for name in range(40)}), {}),
    (
        "only what still runs has it",
        [*trials(2, **PLAIN), fit("r", HyperParameters={"x": "1"}, TrainingJobStatus="InProgress")],
        {},
    ),
    ("many words", trials(60, word=lambda number: f"word-{number}"), {}),
    ("nasty words", trials(3, **{NASTY: lambda number: f"{NASTY}{number}"}), {}),
]


@pytest.mark.parametrize("chart", ["parallel", "scatter"])
@pytest.mark.parametrize(("why", "records", "asked"), CASES, ids=[case[0] for case in CASES])
def test_a_picture_is_whole_and_stands_alone(
    board, chart: str, why: str, records: list[Resource], asked: dict[str, Any]
) -> None:
    """A picture is well-formed, all coordinates are numbers inside it, and it loads nothing; drawn twice it is the same."""
    answer = board(*records, **MAX)
    svg = lineage.CHARTS[chart](answer, **asked)
    root = ET.fromstring(svg)
    assert svg == lineage.CHARTS[chart](answer, **asked)
    assert not re.search(r"nan|inf|<script|https?://(?!www\.w3\.org/2000/svg\")|url\(|@import|@font-face", svg)
    width, height = float(root.get("width", "")), float(root.get("height", ""))
    assert all(
        0 <= float(one.get("x", "")) <= width and 0 <= float(one.get("y", "")) <= height for one in root.iter(f"{SVG}text")
    )
    corners = [corner.split(",") for one in root.iter(f"{SVG}polyline") for corner in one.get("points", "").split()]
    assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in corners)


def test_names_are_escaped_and_shortened(board) -> None:
    """A name that is XML itself is shown as text, in full under the pointer."""
    answer = board(*trials(3, **{NASTY: lambda number: number}), **MAX)
    root = ET.fromstring(lineage.CHARTS["parallel"](answer))
    assert NASTY.replace("\x01", "␁") in [one.text for one in root.iter(f"{SVG}title")]
    assert root.find(f".//{SVG}b") is None
    assert words("a\x00\ud800\uffffb<") == "a␀\\ud800\\uffffb&lt;"
    assert any("…" in (one.text or "") for one in root.iter(f"{SVG}text"))


def test_a_picture_says_what_it_does_not_show(board) -> None:
    """A picture says that values are the last, which direction is better, what is not drawn, and that data differ."""
    records = [fit("a", 0.1, HyperParameters={"x": "1"}), fit("b", 0.2, OTHER, HyperParameters={"x": "2"})]
    records += [fit("c", 0.9, TrainingJobStatus="Failed"), fit("d")]
    answer = board(*records, **MAX)
    for chart in lineage.CHARTS.values():
        said = " ".join("".join(one.itertext()) for one in shapes(chart(answer))["text"])
        assert "last value, not the best · higher is better (your choice) · 2 of 4 drawn, 1 failed" in said
        assert "Warning: validation:auc was measured on 2 different sets of data" in said
        assert "B: s3://d/val" in said


def test_each_set_of_data_has_its_own_best(board) -> None:
    """Where candidates were measured on different data, the best of each set stands out, in a colour of its own."""
    jobs = [
        fit(f"{name}{number}", number / 10, reads, HyperParameters={"x": str(number)})
        for number in range(4)
        for name, reads in (("a", DATA), ("b", OTHER))
    ]
    lines = shapes(lineage.CHARTS["parallel"](board(*jobs, **MAX)))["polyline"]
    assert sorted(one.get("class", "") for one in lines if "best" in one.get("class", "")) == ["line0 best", "line1 best"]


NOTHING: list[tuple[str, list[Resource], str]] = [
    ("nobody is ranked", [fit("a", "nan", HyperParameters={"x": "1"})], "no candidate is ranked"),
    ("nothing differs", trials(2, x=lambda _: 1), "no parameter differs; ask for all of them"),
]


@pytest.mark.parametrize(("why", "records", "said"), NOTHING, ids=[case[0] for case in NOTHING])
def test_nothing_to_draw(board, why: str, records: list[Resource], said: str) -> None:
    """Where nothing can be drawn, the error says what is missing."""
    with pytest.raises(LeaderboardError, match=f"there is nothing to draw: {said}"):
        lineage.CHARTS["parallel"](board(*records, **MAX))


SCALES: list[tuple[str, list[Any], bool, list[str], list[float]]] = [
    ("few whole numbers", [3, 4, 6], False, ["3", "4", "6"], [0, 1 / 3, 1]),
    ("round numbers and the ends", [0.0, 0.97], False, ["0", "0.2", "0.4", "0.6", "0.8", "0.97"], [0, 1]),
    ("several magnitudes", [1e-4, 1e-2, 1.0], True, ["0.0001", "0.001", "0.01", "0.1", "1"], [0, 0.5, 1]),
    ("magnitudes from zero have no logarithm", [0, 1000], False, ["0", "1000"], [0, 1]),
    (
        "many whole numbers",
        list(range(0, 1001, 10)),
        False,
        ["0", "200", "400", "600", "800", "1000"],
        [number / 100 for number in range(101)],
    ),
    ("less than zero has none", [-5.0, 5.0], False, ["-5", "-4", "-2", "0", "2", "4", "5"], [0, 1]),
    ("one value", [7, 7], False, ["7"], [0.5, 0.5]),
    ("words, in the order people have them", ["m5.12x", "m5.2x"], False, ["m5.2x", "m5.12x"], [0.75, 0.25]),
    ("words and numbers", ["auto", 3], False, ["3", "auto"], [0.75, 0.25]),
    ("nothing", [None], False, [], []),
]


@pytest.mark.parametrize(("why", "values", "logarithmic", "ticks", "places"), SCALES, ids=[case[0] for case in SCALES])
def test_scales(why: str, values: list[Any], logarithmic: bool, ticks: list[str], places: list[float]) -> None:
    """Numbers are placed by size, by magnitude for a wide range, words side by side; ticks are round, and include both ends."""
    scale = scale_of(values)
    assert scale.logarithmic is logarithmic
    assert [said for _, said in scale.ticks] == ticks
    assert [scale.at(value) for value in values if value is not None] == pytest.approx(places)
