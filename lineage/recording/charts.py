"""The charts of a run as JSON documents: precision-recall curve, ROC curve and confusion matrix. Pure.

The members are those that sagemaker 2.257.7 writes and Studio draws (`_log_graph_artifact`): `type`, `version` 0, `title`
and the numbers as plain JSON. scikit-learn computes those of the curves; the extra `charts` installs it.
Labels and scores may be lists, numpy or torch arrays, or pandas columns.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from lineage.domain.redact import without_secrets
from lineage.errors import RecordingError, RefusedValue
from lineage.recording.limits import ENTITY_NAME_LENGTH

CLASSES: Final = 1000  # of a confusion matrix, which has their square of cells: a page cannot draw more

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart: `kind` is the type of its lineage artifact, `document` what goes to S3."""

    kind: str  # "PrecisionRecallCurve", "ROCCurve" or "ConfusionMatrix"
    title: str | None
    document: Json


def precision_recall(
    y_true: Any,
    predicted_probabilities: Any,
    positive_label: Any = None,
    title: str | None = None,
    no_skill: float | None = None,
) -> Chart:
    """The precision-recall curve, with its average precision.

    Document: `precision` and `recall` (lists, one longer than the thresholds), `averagePrecisionScore`, `noSkill`.
    With more than two classes, `positive_label` against all others. Raises `RefusedValue` for different lengths, no values,
    a score that is not a finite number, labels of one class; `RecordingError` if scikit-learn is not installed.
    """
    truth, scores = _scored(y_true, predicted_probabilities, positive_label, "predicted probabilities")
    metrics = _metrics()
    precision, recall, _ = metrics.precision_recall_curve(truth, scores)
    numbers = {
        "precision": precision.tolist(),
        "recall": recall.tolist(),
        "averagePrecisionScore": float(metrics.average_precision_score(truth, scores)),
        "noSkill": None if no_skill is None else _score(no_skill, "no_skill"),
    }
    return _chart("PrecisionRecallCurve", title, numbers)


def roc_curve(y_true: Any, y_score: Any, title: str | None = None) -> Chart:
    """The ROC curve, with the area under it; the labels are 0 and 1, -1 and 1, or False and True.

    Document: `falsePositiveRate` and `truePositiveRate` (lists of one length), `areaUnderCurve`. Raises as
    `precision_recall` does.
    """
    truth, scores = _scored(y_true, y_score, None, "scores")
    metrics = _metrics()
    false_positive, true_positive, _ = metrics.roc_curve(truth, scores)
    numbers = {
        "falsePositiveRate": false_positive.tolist(),
        "truePositiveRate": true_positive.tolist(),
        "areaUnderCurve": float(metrics.auc(false_positive, true_positive)),
    }
    return _chart("ROCCurve", title, numbers)


def confusion_matrix(y_true: Any, y_pred: Any, title: str | None = None) -> Chart:
    """The confusion matrix: a row for each true class and a column for each predicted one, in the order of the labels.

    Document: `confusionMatrix`, a list of rows of counts. Raises `RefusedValue` for different lengths, no values,
    probabilities as predictions, labels without an order, more than 1,000 classes. Counted here in the same way as
    scikit-learn.
    """
    truth, predicted = _labels(y_true, "true labels"), _labels(y_pred, "predicted labels")
    _same_length(truth, predicted, "predicted labels")
    classes = _classes(truth, predicted)
    counts = Counter(zip(truth, predicted, strict=True))
    matrix = [[counts[true, said] for said in classes] for true in classes]
    return _chart("ConfusionMatrix", title, {"confusionMatrix": matrix})


def artifact_name(title: str | None, kind: str) -> str:
    """A name that CreateArtifact accepts, `[a-zA-Z0-9](-*[a-zA-Z0-9])*` of at most 120; the kind if the title gives none."""
    plain = unicodedata.normalize("NFKD", title or "").encode("ascii", "ignore").decode()
    return re.sub(r"[^a-zA-Z0-9]+", "-", plain).strip("-")[:ENTITY_NAME_LENGTH].strip("-") or kind


def file_name(chart: Chart) -> str:
    """The last part of the chart's key in S3: its name, and a digest of its document.

    A chart that is logged again is the same object; a different one with that title gets another key.
    """
    text = json.dumps(chart.document, sort_keys=True, allow_nan=False)
    digest = hashlib.sha256(text.encode()).hexdigest()[:16]
    return f"{artifact_name(chart.title, chart.kind)[:80].strip('-')}-{digest}.json"


def _chart(kind: str, title: str | None, numbers: Json) -> Chart:
    if title is not None and not isinstance(title, str):
        raise RefusedValue(f"the title of a chart must be a text, not {title!r}")
    said = None if title is None else without_secrets(title)
    return Chart(kind, said, {"type": kind, "version": 0, "title": said, **numbers})


def _metrics() -> Any:
    try:
        from sklearn import metrics
    except ImportError as error:
        raise RecordingError("charts need scikit-learn: run `pip install 'sagemaker-lineage[charts]'`") from error
    return metrics


def _plain(values: Any, what: str) -> list[Any]:
    """The values of a list, an array, a tensor or a column as Python values; a table with one column becomes flat."""
    if isinstance(values, (str, bytes, dict)) or values is None:
        raise RefusedValue(f"the {what} must be a list or an array, not {type(values).__name__}")
    if not hasattr(values, "tolist") and hasattr(values, "to_numpy"):  # a DataFrame
        values = values.to_numpy()
    try:
        listed = list(values.tolist() if hasattr(values, "tolist") else values)
    except TypeError:
        raise RefusedValue(f"the {what} must be a list or an array, not {type(values).__name__}") from None
    if not listed:
        raise RefusedValue(f"the {what} are empty: a chart needs at least one")
    flat = [one[0] if isinstance(one, (list, tuple)) and len(one) == 1 else one for one in listed]
    return [one.item() if hasattr(one, "item") and getattr(one, "size", 1) == 1 else one for one in flat]


def _labels(values: Any, what: str) -> list[Any]:
    """One label for each example. Refuses tables and missing values."""
    labels = _plain(values, what)
    for number, label in enumerate(labels):
        if isinstance(label, (list, tuple)) or not _hashable(label):
            raise RefusedValue(f"the {what} must be one for each example, and number {number} is {_cut(label)}")
        if _missing(label):
            raise RefusedValue(f"the {what} have a missing value: number {number} is {label!r}")
    return labels


def _hashable(value: Any) -> bool:
    try:
        hash(value)
    except TypeError:
        return False
    return True


def _missing(value: Any) -> bool:
    """None, NaN, and pandas's missing value, which is not even equal to itself."""
    try:
        return value is None or bool(value != value)  # noqa: PLR0124
    except TypeError:
        return True


def _scores(values: Any) -> list[float]:
    return [_score(one, f"the score number {number}") for number, one in enumerate(_plain(values, "scores"))]


def _score(value: Any, what: str) -> float:
    """A finite number; an integer stays an integer."""
    if isinstance(value, (list, tuple)):
        raise RefusedValue(f"{what} is {_cut(value)}: give one score for each example, that of the positive class")
    try:
        number = value if isinstance(value, int) and not isinstance(value, bool) else float(_no_text(value))
        finite = math.isfinite(number)
    except (TypeError, ValueError, OverflowError):
        raise RefusedValue(f"{what} is not a number: {_cut(value)}") from None
    if not finite:
        raise RefusedValue(f"{what} is {number}: scores must be finite numbers")
    return number


def _no_text(value: Any) -> Any:
    if isinstance(value, (str, bytes)):
        raise TypeError
    return value


def _scored(y_true: Any, given: Any, positive: Any, what: str) -> tuple[list[int], list[float]]:
    """The labels as 0 and 1, and as many scores."""
    scores = _scores(given)
    truth = _positives(_labels(y_true, "true labels"), positive)
    _same_length(truth, scores, what)
    return truth, scores


def _positives(labels: list[Any], positive: Any) -> list[int]:
    """1 for each positive label, and 0 for the others. Refuses labels of one class."""
    classes = dict.fromkeys(labels)
    if positive is None and not (classes.keys() <= {0, 1} or classes.keys() <= {-1, 1}):
        raise RefusedValue(
            f"which label is the positive one is unknown: the true labels are {_some(classes)}. Give 0 and 1 (such as "
            f"`[int(y == {list(classes)[-1]!r}) for y in y_true]`), or `positive_label=` where the chart takes one"
        )
    truth = [int(label == (1 if positive is None else positive)) for label in labels]
    if len(set(truth)) < 2:
        of = "" if positive is None else f", with {positive!r} as the positive label"
        raise RefusedValue(f"the true labels are of one class only ({_some(classes)}{of}): a curve needs both")
    return truth


def _classes(truth: list[Any], predicted: list[Any]) -> list[Any]:
    """The labels of both, in order."""
    classes = {*truth, *predicted}
    broken = next((one for one in classes if isinstance(one, float) and not one.is_integer()), None)
    if broken is not None:
        raise RefusedValue(f"a confusion matrix needs labels, and {broken!r} is a score: give the class that was predicted")
    if len(classes) > CLASSES:
        raise RefusedValue(f"a confusion matrix of {len(classes)} classes is too large: at most {CLASSES}")
    try:
        return sorted(classes)
    except TypeError:
        raise RefusedValue(f"the labels must be of one type, and they are {_some(classes)}") from None


def _same_length(truth: list[Any], others: list[Any], what: str) -> None:
    if len(truth) != len(others):
        raise RefusedValue(f"there are {len(truth)} true labels and {len(others)} {what}: each example needs both")


def _some(classes: Iterable[Any]) -> str:
    known = [_cut(one) for one in classes]
    return f"{', '.join(known[:3])}{' …' if len(known) > 3 else ''}"


def _cut(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"
