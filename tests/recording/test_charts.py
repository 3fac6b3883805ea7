"""Charts: their numbers, the members that the SDK writes, their names, and inputs that give no chart."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import metrics

from lineage.errors import RecordingError, RefusedValue
from lineage.recording.charts import Chart, artifact_name, confusion_matrix, file_name, precision_recall, roc_curve

TRUTH, SCORES = [0, 1, 1, 0], [0.1, 0.9, 0.4, 0.5]
ROC = {"falsePositiveRate": [0.0, 0.0, 0.5, 0.5, 1.0], "truePositiveRate": [0.0, 0.5, 0.5, 1.0, 1.0], "areaUnderCurve": 0.75}
AVERAGE = "averagePrecisionScore"
PR: dict[str, Any] = {
    "precision": [
        2 / 4,
        2 / 3,
        1 / 2,
        1.0,
        1.0,
    ],  # of all four, of the best three, two and one; and the end that is always drawn
    "recall": [1.0, 1.0, 0.5, 0.5, 0.0],
    AVERAGE: 0.5 * 1 + 0.5 * 2 / 3,
    "noSkill": None,
}


# --- numbers --------------------------------------------------------------------------------------


def test_a_precision_recall_curve_is_what_it_is_by_hand() -> None:
    """Precision, recall and average precision of four examples, under the members that the SDK writes."""
    chart = precision_recall(TRUTH, SCORES, title="by hand")
    assert chart.document == {
        "type": "PrecisionRecallCurve",
        "version": 0,
        "title": "by hand",
        **PR,
        AVERAGE: pytest.approx(PR[AVERAGE]),
    }
    assert (chart.kind, chart.title) == ("PrecisionRecallCurve", "by hand")


def test_a_roc_curve_is_what_it_is_by_hand() -> None:
    """Both rates and the area of four examples, under the members that the SDK writes."""
    assert roc_curve(TRUTH, SCORES, "by hand").document == {"type": "ROCCurve", "version": 0, "title": "by hand", **ROC}


def test_a_confusion_matrix_is_what_it_is_by_hand() -> None:
    """A matrix has a row for each true class and a column for each predicted one, also for classes in only one of them."""
    chart = confusion_matrix(["cat", "dog", "dog", "dog"], ["cat", "dog", "dog", "ape"], "by hand")
    assert chart.document == {
        "type": "ConfusionMatrix",
        "version": 0,
        "title": "by hand",
        "confusionMatrix": [[0, 0, 0], [0, 1, 0], [1, 0, 2]],  # ape, cat, dog
    }


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1))
def test_a_confusion_matrix_is_that_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    """The counts are those of scikit-learn."""
    truth, said = zip(*pairs, strict=True)
    labels = sorted({*truth, *said})
    assume(len(labels) > 1)  # otherwise scikit-learn warns
    assert (
        confusion_matrix(truth, said).document["confusionMatrix"]
        == metrics.confusion_matrix(truth, said, labels=labels).tolist()
    )


def test_a_matrix_of_one_class_is_one_cell() -> None:
    """A model that predicts examples of one class correctly has a matrix, without a warning."""
    assert confusion_matrix(["a", "a"], ["a", "a"]).document["confusionMatrix"] == [[2]]


LIKE = {
    "lists": (list, list),
    "tuples": (tuple, tuple),
    "numpy": (np.array, np.array),
    "numpy, 32 bits": (np.int32, np.float32),
    "numpy columns": (lambda some: np.array(some).reshape(-1, 1), lambda some: np.array(some).reshape(-1, 1)),
    "lists of numpy scalars": (lambda some: list(np.array(some)), lambda some: list(np.array(some))),
    "lists of arrays of one": (lambda some: [np.array(one) for one in some], lambda some: [np.array(one) for one in some]),
    "pandas": (pd.Series, pd.Series),
    "pandas, another index": (lambda some: pd.Series(some, index=[7, 7, 8, 9]), pd.Series),
    "pandas, one column": (pd.DataFrame, pd.DataFrame),
    "pandas categories": (lambda some: pd.Series(some, dtype="category"), pd.Series),
    "truths": (lambda some: [bool(one) for one in some], list),
    "-1 and 1": (lambda some: [2 * one - 1 for one in some], list),
    "decimals": (list, lambda some: [Decimal(str(one)) for one in some]),
    "generators": (iter, iter),
}


@pytest.mark.parametrize(("labels", "scores"), LIKE.values(), ids=LIKE)
def test_labels_and_scores_may_be_of_any_sort(labels: Callable[[Any], Any], scores: Callable[[Any], Any]) -> None:
    """The same numbers give the same charts, whatever container holds them, and JSON holds plain numbers."""
    curves = precision_recall(labels(TRUTH), scores(SCORES)), roc_curve(labels(TRUTH), scores(SCORES))
    whole = confusion_matrix(labels(TRUTH), labels([0, 1, 0, 0]))
    for chart, members in zip(curves, (PR, ROC), strict=True):
        document = json.loads(json.dumps(chart.document, allow_nan=False))
        assert [document[name] for name in members] == [pytest.approx(number) for number in members.values()]
    assert json.loads(json.dumps(whole.document))["confusionMatrix"] == [[2, 0], [1, 1]]


@pytest.mark.parametrize(
    ("truth", "positive"),
    [
        pytest.param(["no", "yes", "yes", "no"], "yes", id="texts"),
        pytest.param([1, 2, 2, 1], 2, id="other numbers"),
        pytest.param(["b", "a", "a", "c"], "a", id="one of three against the others"),
        pytest.param(np.array([7, 8, 8, 7]), np.int64(8), id="numpy"),
    ],
)
def test_a_positive_label_is_against_all_others(truth: Any, positive: Any) -> None:
    """With `positive_label`, labels may have any type and any number."""
    assert precision_recall(truth, SCORES, positive_label=positive).document == precision_recall(TRUTH, SCORES).document


def test_no_skill_is_kept() -> None:
    """The no-skill line is in the document as it was given."""
    assert precision_recall(TRUTH, SCORES, no_skill=np.float64(0.25)).document["noSkill"] == 0.25
    assert json.dumps(precision_recall(TRUTH, SCORES, no_skill=0).document["noSkill"]) == "0"


# --- what is refused ------------------------------------------------------------------------------

CURVES = pytest.mark.parametrize("curve", [precision_recall, roc_curve])


@CURVES
@pytest.mark.parametrize(
    ("truth", "scores", "said"),
    [
        pytest.param([0, 1], [0.5], "2 true labels and 1", id="lengths that differ"),
        pytest.param([], [], "are empty", id="nothing"),
        pytest.param(np.array([]), np.array([]), "are empty", id="nothing of numpy"),
        pytest.param([0, 1], [0.5, float("nan")], "score number 1 is nan", id="nan"),
        pytest.param([0, 1], np.array([np.inf, 0.1]), "score number 0 is inf", id="infinity"),
        pytest.param([0, 1], [0.5, None], "score number 1 is not a number: None", id="a missing score"),
        pytest.param([0, 1], ["0.5", "0.1"], "score number 0 is not a number: '0.5'", id="texts for scores"),
        pytest.param([0, 1], [10**400, 1], "score number 0 is not a number", id="a number that no float holds"),
        pytest.param([0, 1], [[0.1, 0.9], [0.5, 0.5]], "one score for each example", id="a column for each class"),
        pytest.param([1, 1], [0.1, 0.9], "one class only (1)", id="positives only"),
        pytest.param([0, 0], [0.1, 0.9], "one class only (0)", id="negatives only"),
        pytest.param(
            ["a", "b"],
            [0.1, 0.9],
            "which label is the positive one is unknown: the true labels are 'a', 'b'",
            id="texts for labels",
        ),
        pytest.param([0, 1, 2], [0.1, 0.9, 0.2], "which label is the positive one", id="three classes"),
        pytest.param([0, None], [0.1, 0.9], "missing value: number 1", id="a missing label"),
        pytest.param([0.0, float("nan")], [0.1, 0.9], "missing value: number 1", id="nan for a label"),
        pytest.param(pd.Series([0, pd.NA]), [0.1, 0.9], "missing value: number 1", id="pandas' missing label"),
        pytest.param([[0, 1], [1, 0]], [0.1, 0.9], "one for each example", id="one-hot labels"),
        pytest.param([{}, {}], [0.1, 0.9], "one for each example", id="objects for labels"),
        pytest.param("01", [0.1, 0.9], "must be a list or an array, not str", id="a text"),
        pytest.param(None, [0.1, 0.9], "must be a list or an array, not NoneType", id="none"),
        pytest.param(np.array(3), [0.1, 0.9], "must be a list or an array", id="a single number"),
        pytest.param([0, 1], 0.5, "must be a list or an array, not float", id="a single score"),
    ],
)
def test_no_curve_is_drawn_of_what_is_none(curve: Callable[..., Chart], truth: Any, scores: Any, said: str) -> None:
    """Data that gives no curve is refused at the call, with what is wrong and where."""
    with pytest.raises(RefusedValue, match=re.escape(said)):
        curve(truth, scores)


def test_a_positive_label_that_none_has_is_told() -> None:
    """A positive label that is misspelt leaves one class."""
    with pytest.raises(RefusedValue, match="one class only .*'Yes' as the positive label"):
        precision_recall(["no", "yes"], [0.1, 0.9], positive_label="Yes")


@pytest.mark.parametrize(
    ("truth", "said_labels", "said"),
    [
        pytest.param([0, 1], [1], "2 true labels and 1 predicted labels", id="lengths that differ"),
        pytest.param([], [], "are empty", id="nothing"),
        pytest.param([0, 1], [0.2, 0.9], "0.2 is a score", id="probabilities"),
        pytest.param([0, 1], ["0", "1"], "of one type", id="numbers and texts"),
        pytest.param(list(range(1001)), list(range(1001)), "1001 classes is too large", id="too many classes"),
        pytest.param([0, 1], [0, None], "predicted labels have a missing value", id="a missing prediction"),
        pytest.param([0, 1], [0, float("inf")], "inf is a score", id="infinity"),
    ],
)
def test_no_matrix_is_counted_of_what_is_none(truth: Any, said_labels: Any, said: str) -> None:
    """Data that gives no confusion matrix is refused at the call."""
    with pytest.raises(RefusedValue, match=re.escape(said)):
        confusion_matrix(truth, said_labels)


def test_a_title_is_a_text() -> None:
    """An invalid title is refused, and text in a title that looks like a secret is cut out."""
    with pytest.raises(RefusedValue, match="must be a text, not 3"):
        roc_curve(TRUTH, SCORES, title=3)
    assert "AKIAABCDEFGHIJKLMNOP" not in str(roc_curve(TRUTH, SCORES, title="of AKIAABCDEFGHIJKLMNOP"))


@CURVES
def test_a_missing_scikit_learn_is_told(curve: Callable[..., Chart], monkeypatch: pytest.MonkeyPatch) -> None:
    """Without scikit-learn the message says what to install."""
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(RecordingError, match=re.escape("run `pip install 'sagemaker-lineage[charts]'`")):
        curve(TRUTH, SCORES)


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("title", "name"),
    [
        (None, "ROCCurve"),
        ("", "ROCCurve"),
        ("loans, fold 3", "loans-fold-3"),
        ("  -- a__b -- ", "a-b"),
        ("Übersicht á la carte", "Ubersicht-a-la-carte"),
        ("混同行列", "ROCCurve"),
        ("../../etc", "etc"),
        ("x" * 119 + " y", "x" * 119),
        ("x" * 200, "x" * 120),
    ],
)
def test_a_title_gives_a_name(title: str | None, name: str) -> None:
    """A title becomes a similar name; the kind replaces it where no character can stay."""
    assert artifact_name(title, "ROCCurve") == name


@given(st.none() | st.text(max_size=300))
def test_any_title_works(title: str | None) -> None:
    """Whatever the title, CreateArtifact accepts the name, the key is short and the document keeps the title."""
    chart = Chart("ROCCurve", title, {"title": title})
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}", artifact_name(title, chart.kind))
    assert re.fullmatch(r"[a-zA-Z0-9-]{1,80}-[0-9a-f]{16}\.json", file_name(chart))


def test_equal_charts_have_one_key_and_others_their_own() -> None:
    """A chart that is logged twice is one object; another one of the same title never replaces it."""
    one, same, other = (roc_curve(TRUTH, scores, "loans") for scores in (SCORES, np.array(SCORES), [0.1, 0.9, 0.6, 0.5]))
    assert file_name(one) == file_name(same) != file_name(other)
    assert file_name(one).startswith("loans-")
    assert len(file_name(roc_curve(TRUTH, SCORES, "x" * 79 + " " + "y" * 40))) == len("x" * 79 + "-0123456789abcdef.json")
    assert file_name(roc_curve(TRUTH, SCORES, "loans!")) != file_name(one)
