"""Expressions: what they find, what is refused, and how conditions are written. The service's reference decides."""

from __future__ import annotations

from typing import Any

import pytest

from lineage.errors import SearchRefused
from lineage.search_language.conditions import expression_of, filter_of
from lineage.search_language.expressions import Matcher, Sorting

JOB: dict[str, Any] = {
    "TrainingJobName": "Fit-1",
    "TrainingJobStatus": "Completed",
    "CreationTime": "2026-05-04T08:00:00Z",
    "BillableTimeInSeconds": 2940,
    "EnableNetworkIsolation": False,
    "HyperParameters": {"eta": "0.7", "depth": "6", "loss": "log", "low": "-0.5", "big": "1e3"},
    "FinalMetricDataList": [
        {"MetricName": "auc", "Value": 0.91},
        {"MetricName": "loss", "Value": "nan"},
        {"MetricName": "gap", "Value": "inf"},
    ],
    "Tags": [{"Key": "team", "Value": "fraud"}],
    "InputDataConfig": [
        {"ChannelName": "train", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/cats/"}}},
        {"ChannelName": "test", "DataSource": {"S3DataSource": {"S3Uri": "s3://b/dogs/"}}},
    ],
}
URI = "InputDataConfig.DataSource.S3DataSource.S3Uri"


def one(name: str, operator: str | None = None, value: str | None = None) -> dict[str, str]:
    said = {"Name": name, "Operator": operator, "Value": value}
    return {key: text for key, text in said.items() if text is not None}


def nested(*filters: dict[str, str], name: str = "InputDataConfig") -> dict[str, Any]:
    return {"NestedFilters": [{"NestedPropertyName": name, "Filters": list(filters)}]}


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (one("TrainingJobStatus", "Equals", "Completed"), True),
        (one("TrainingJobStatus", None, "Completed"), True),
        (one("TrainingJobStatus", None, "completed"), False),
        (one("TrainingJobStatus"), True),
        (one("FailureReason"), False),
        (one("FailureReason", "NotExists"), True),
        (one("FailureReason", "NotEquals", "x"), True),
        (one("TrainingJobStatus", "NotEquals", "Completed"), False),
        (one("TrainingJobStatus", "In", "Failed,Completed"), True),
        (one("TrainingJobStatus", "In", "Failed, Completed"), False),
        (one("TrainingJobStatus", "Contains", "plet"), True),
        (one("BillableTimeInSeconds", "Equals", "2940.0"), True),
        (one("BillableTimeInSeconds", "GreaterThan", "2940"), False),
        (one("BillableTimeInSeconds", "GreaterThanOrEqualTo", "2.94e3"), True),
        (one("EnableNetworkIsolation", "Equals", "false"), True),
        (one("EnableNetworkIsolation", "Equals", "True"), False),
        (one("EnableNetworkIsolation", "Exists"), True),
        (one("CreationTime", "LessThan", "2026-05-04T08:00:01"), True),
        (one("CreationTime", "GreaterThanOrEqualTo", "2026-05-04T08:00:00"), True),
        (one("CreationTime", "NotEquals", "2026-05-04T08:00:00"), False),
        (one("Metrics.auc", "GreaterThan", "0.9"), True),
        (one("Metrics.auc", "Exists"), True),
        (one("Metrics.f1", "LessThan", "1"), False),
        (one("Metrics.loss", "LessThan", "1"), False),
        (one("Metrics.loss", "GreaterThan", "1"), False),
        (one("Metrics.gap", "GreaterThan", "1e300"), True),
        (one("HyperParameters.eta", "LessThan", "0.71"), True),
        (one("HyperParameters.eta", "GreaterThan", "0"), False),  # a decimal beside an integer counts as one
        (one("HyperParameters.eta", "GreaterThan", "0.0"), True),
        (one("HyperParameters.eta", "Equals", "0"), True),
        (one("HyperParameters.low", "Equals", "0"), True),
        (one("HyperParameters.depth", "Equals", "6.0"), True),
        (one("HyperParameters.big", "Equals", "1000"), True),
        (one("HyperParameters.loss", "Equals", "log"), True),
        (one("HyperParameters.loss", "GreaterThan", "1"), False),
        (one("HyperParameters.loss", "Contains", "og"), True),
        (one("HyperParameters.depth", "In", "5,6"), True),
        (one("Tags.team", "Equals", "fraud"), True),
        (one("Tags.owner", "NotExists"), True),
        (one(URI, "Contains", "dogs"), True),
        (one(URI, "NotEquals", "s3://b/dogs/"), False),
    ],
)
def test_a_filter(filters: dict[str, str], holds: bool) -> None:
    """Each operator does what the reference says, by the type of the property."""
    assert Matcher("TrainingJob", {"Filters": [filters]}).holds(JOB) == holds


RUN: dict[str, Any] = {
    "Parameters": {"hp": {"NumberValue": 10.5}, "kind": {"StringValue": "tree"}},
    "Metrics": [{"MetricName": "loss", "Max": 2.0, "Last": 0.5, "Count": 3}],
    "OutputArtifacts": {"model": {"Value": "s3://b/m.tar.gz"}},
    "Tags": [{"Key": "sagemaker:trial-component-source", "Value": "run"}],
    "Parents": [{"TrialName": "t", "ExperimentName": "e"}, {"TrialName": "u", "ExperimentName": "f"}],
}


@pytest.mark.parametrize(
    ("filters", "holds"),
    [
        (one("Parameters.hp", "GreaterThan", "10"), True),  # the rule of whole numbers is for hyperparameters
        (one("Parameters.kind", "Equals", "tree"), True),
        (one("Metrics.loss.Last", "LessThan", "1"), True),
        (one("metrics.loss.max", "LessThan", "1"), False),
        (one("Metrics.loss", "Exists"), True),
        (one("OutputArtifacts", "Contains", "m.tar"), True),
        (one("Tags", "Contains", "trial-component"), True),
        (one("Tags.sagemaker:trial-component-source", "Equals", "run"), True),
        (one("Parents.ExperimentName", "Equals", "f"), True),
    ],
)
def test_a_filter_of_trial_components(filters: dict[str, str], holds: bool) -> None:
    """Parameters, the numbers of a metric, artifacts and parents are found."""
    assert Matcher("ExperimentTrialComponent", {"Filters": [filters]}).holds(RUN) == holds


YES, NO = one("TrainingJobStatus", None, "Completed"), one("TrainingJobStatus", None, "Failed")


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ({"Filters": [YES, NO]}, False),
        ({"Filters": [YES, NO], "Operator": "Or"}, True),
        ({"Filters": [YES], "SubExpressions": [{"Filters": [NO]}]}, False),
        ({"Filters": [YES], "SubExpressions": [{"Filters": [NO]}], "Operator": "Or"}, True),
        ({"SubExpressions": [{"Filters": [YES, NO], "Operator": "Or"}, {"Filters": [YES]}]}, True),
        (nested(one("InputDataConfig.ChannelName", None, "train"), one(URI, None, "s3://b/cats/")), True),
        (nested(one("InputDataConfig.ChannelName", None, "train"), one(URI, None, "s3://b/dogs/")), False),
        ({"Filters": [one("InputDataConfig.ChannelName", None, "train"), one(URI, None, "s3://b/dogs/")]}, True),
        (nested(one("Tags.Key", None, "team"), one("Tags.Value", None, "fraud"), name="Tags"), True),
        ({"Filters": [YES, *[NO] * 19], "SubExpressions": [{"Filters": [YES] * 20}, {"Filters": [NO] * 8}], "Operator": "Or"}, True),
    ],
    ids=str,
)  # fmt: skip
def test_an_expression(expression: dict[str, Any], holds: bool) -> None:
    """And, Or, nested filters that one element must all satisfy, and subexpressions; up to the limits."""
    assert Matcher("TrainingJob", expression).holds(JOB) == holds


def test_none_finds_all() -> None:
    """No expression holds for every record."""
    assert Matcher("TrainingJob", None).holds({})


LONG = "1 validation error detected: Value '{}' at 'searchExpression.{}' failed to satisfy constraint: {}"
TOO_LONG = "Member must have length less than or equal to "


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ({}, "You must specify at least one subexpression, filter, or nested filter"),
        ({"Operator": "And"}, "You must specify at least one subexpression, filter, or nested filter"),
        ([], "Invalid type for parameter searchExpression: an object is wanted, not list"),
        ({"Filter": []}, 'Unknown parameter in searchExpression: "Filter", must be one of: Filters, NestedFilters,'),
        ({"Filters": {}}, "Invalid type for parameter searchExpression.Filters: a list is wanted, not dict"),
        ({"Filters": []}, "at 'searchExpression.filters' failed to satisfy constraint: Member must have length greater than or equal to 1"),
        ({"Filters": [YES] * 21}, LONG.format("[21 members]", "filters", TOO_LONG + "20")),
        ({"SubExpressions": [{"Filters": [YES]}] * 21}, LONG.format("[21 members]", "subExpressions", TOO_LONG + "20")),
        ({"NestedFilters": nested(YES)["NestedFilters"] * 21}, LONG.format("[21 members]", "nestedFilters", TOO_LONG + "20")),
        (nested(*[YES] * 21), LONG.format("[21 members]", "nestedFilters.1.member.filters", TOO_LONG + "20")),
        ({"SubExpressions": [{"Filters": [YES] * 20}] * 3}, "The maximum number of recursive SubExpressions, NestedFilters, and Filters"),
        ({"SubExpressions": [{"Filters": [YES] * 16}] * 3}, "in a SearchExpression is 50"),
        ({"Filters": [YES], "Operator": "Xor"}, LONG.format("Xor", "operator", "Member must satisfy enum value set: [And, Or]")),
        ({"Filters": ["x"]}, "Invalid type for parameter searchExpression.filters.1.member: an object is wanted, not str"),
        ({"Filters": [{"Value": "x"}]}, 'Missing required parameter in searchExpression.filters.1.member: "Name"'),
        ({"Filters": [one("BillableTimeInSeconds", "Equals") | {"Value": 3}]}, "member.Value: a text is wanted, not int"),
        ({"Filters": [one("TrainingJobName", "Like", "x")]}, "at 'searchExpression.filters.1.member.operator' failed to satisfy constraint"),
        ({"Filters": [one("TrainingJobName", None, "x" * 1025)]}, f"filters.1.member.value' failed to satisfy constraint: {TOO_LONG}1024"),
        ({"Filters": [one("TrainingJobName", None, "")]}, "Member must have length greater than or equal to 1"),
        ({"Filters": [one("TrainingJobName", None, "a\nb")]}, "Member must satisfy regular expression pattern: .+"),
        ({"Filters": [one("x" * 256, None, "x")]}, f"filters.1.member.name' failed to satisfy constraint: {TOO_LONG}255"),
        ({"Filters": [one("Nonsense", None, "x")]}, "Unknown property name: Nonsense"),
        ({"Filters": [one("TrainingJobName", "Equals")]}, "The operator Equals on TrainingJobName needs a Value"),
        ({"Filters": [one("TrainingJobName", "GreaterThan", "a")]}, "The operator GreaterThan is not supported for the text property TrainingJobName"),
        ({"Filters": [one("Tags.team", "LessThan", "1")]}, "The operator LessThan is not supported for the text property Tags.team"),
        ({"Filters": [one("Metrics.auc", "Contains", "0.9")]}, "The operator Contains is not supported for the numerical property Metrics.auc"),
        ({"Filters": [one("Metrics.auc", "In", "1,2")]}, "The operator In is not supported for the numerical property Metrics.auc"),
        ({"Filters": [one("EnableNetworkIsolation", "LessThan", "true")]}, "not supported for the boolean property"),
        ({"Filters": [one("CreationTime", "Contains", "2026")]}, "The operator Contains is not supported for the timestamp property CreationTime"),
        ({"Filters": [one("InputDataConfig", "Equals", "x")]}, "not supported for the list property InputDataConfig; name one of its fields"),
        ({"Filters": [one("HyperParameters", "Contains", "x")]}, "not supported for the map property HyperParameters"),
        ({"Filters": [one("Metrics.auc", "Equals", "high")]}, "The value 'high' of Metrics.auc is not an integer or floating-point decimal"),
        ({"Filters": [one("Metrics.auc", "Equals", "1_0")]}, "is not an integer or floating-point decimal"),
        ({"Filters": [one("HyperParameters.eta", "LessThan", "low")]}, "is not an integer or floating-point decimal"),
        ({"Filters": [one("CreationTime", "LessThan", "yesterday")]}, "is not an ISO 8601 date-time string of the format YYYY-mm-dd'T'HH:MM:SS"),
        ({"Filters": [one("CreationTime", "LessThan", "2026-13-01T00:00:00")]}, "is not an ISO 8601 date-time string"),
        ({"Filters": [one("EnableNetworkIsolation", "Equals", "yes")]}, "is not true or false"),
        ({"Filters": [one("RoleArn", "Contains", "x"), one("RoleArn", "Contains", "y")]}, "'CONTAINS' operator usage limit of 1 exceeded"),
        ({"Filters": [one("RoleArn", "Contains", "x")]} | nested(one(URI, "Contains", "y")), "'CONTAINS' operator usage limit of 1 exceeded"),
        (nested(one("ChannelName", None, "x")), "The name ChannelName in NestedFilters does not begin with InputDataConfig; write InputDataConfig.ChannelName"),
        (nested(one("ModelArtifacts.S3ModelArtifacts", None, "x"), name="ModelArtifacts"), "NestedPropertyName ModelArtifacts is not a list of objects"),
        (nested(one("InputDataConfig.Nonsense", None, "x")), "Unknown property name: InputDataConfig.Nonsense"),
        (nested(one("Nonsense.x", None, "x"), name="Nonsense"), "Unknown property name: Nonsense"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_is_refused(expression: Any, said: str) -> None:
    """What the service would refuse is refused, with the same reason."""
    with pytest.raises(SearchRefused) as refused:
        Matcher("TrainingJob", expression)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("resource", "names", "allowed"),
    [
        ("ExperimentTrialComponent", ["DisplayName", "TrialComponentName", "Tags.team", "InputArtifacts", "OutputArtifacts.m"], True),
        ("ExperimentTrialComponent", ["tags.team", "Tags", "Source.SourceArn"], True),
        ("ExperimentTrialComponent", ["Source.SourceArn", "Source.SourceType"], False),
        ("Experiment", ["ExperimentName", "DisplayName", "Description"], True),
        ("ExperimentTrial", ["TrialName", "Tags.team"], True),
        ("ExperimentTrial", ["ExperimentName", "ExperimentName"], False),
        ("TrainingJob", ["Tags.team", "Tags.owner"], False),
    ],
)  # fmt: skip
def test_more_than_one_contains(resource: str, names: list[str], allowed: bool) -> None:
    """A second `Contains` is for the names, tags and artifacts of experiments only."""
    expression = {"Filters": [one(name, "Contains", "x") for name in names]}
    if allowed:
        Matcher(resource, expression)
        return
    with pytest.raises(SearchRefused, match="usage limit"):
        Matcher(resource, expression)


def test_what_an_answer_must_say() -> None:
    """A value that was cut out as a secret, and a decimal that counts as an integer, are reported."""
    matcher = Matcher("TrainingJob", {"Filters": [one("HyperParameters.eta", "Equals", "1"), one("HyperParameters.key", None, "x")], "Operator": "Or"})  # fmt: skip
    assert not matcher.holds({"HyperParameters": {"eta": "2.0", "key": "y"}})
    assert (matcher.cut, matcher.whole) == (set(), set())
    assert not matcher.holds({"HyperParameters": {"eta": "0.7", "key": "(redacted)"}})
    assert (matcher.cut, matcher.whole) == ({"HyperParameters.key"}, {"HyperParameters.eta"})


@pytest.mark.parametrize(
    ("by", "descending", "order"),
    [
        ("Metrics.auc", True, "cabd"),
        ("Metrics.auc", False, "bacd"),
        ("HyperParameters.x", False, "bacd"),
        ("HyperParameters.x", True, "cabd"),
        ("LastModifiedTime", True, "dcba"),
        ("LastModifiedTime", False, "abcd"),
        ("InputDataConfig.ChannelName", False, "badc"),
        ("InputDataConfig.ChannelName", True, "adbc"),
        ("TrainingJobStatus", True, "abcd"),
    ],
)
def test_order(by: str, descending: bool, order: str) -> None:
    """Numbers sort as numbers and before texts, times as times; records without the property come last; then the id decides."""
    records: dict[str, Any] = {
        "a": {"FinalMetricDataList": [{"MetricName": "auc", "Value": 9}], "HyperParameters": {"x": "9"}, "CreationTime": "2026-01-01T00:00:00Z", "InputDataConfig": [{"ChannelName": "a"}, {"ChannelName": "z"}]},
        "b": {"FinalMetricDataList": [{"MetricName": "auc", "Value": -1}], "HyperParameters": {"x": "-1"}, "LastModifiedTime": "2026-01-01T00:00:00.5Z", "InputDataConfig": [{"ChannelName": "A"}]},
        "c": {"FinalMetricDataList": [{"MetricName": "auc", "Value": 10}], "HyperParameters": {"x": "z"}, "LastModifiedTime": "2026-01-01T02:00:00+01:00"},
        "d": {"FinalMetricDataList": [{"MetricName": "auc", "Value": "nan"}], "LastModifiedTime": "2026-01-02T00:00:00Z", "InputDataConfig": [{"ChannelName": "b"}]},
    }  # fmt: skip
    sorting = Sorting("TrainingJob", by, descending=descending)
    found = sorting.ordered([(sorting.key(records[name]), name, name) for name in "dbca"])
    assert "".join(name for _, _, name in found) == order


@pytest.mark.parametrize("by", ["Nonsense", "InputDataConfig", "HyperParameters", "Metrics"])
def test_what_nothing_is_sorted_by(by: str) -> None:
    """An unknown property, a list and a map are refused."""
    with pytest.raises(SearchRefused, match=by):
        Sorting("TrainingJob", by)


@pytest.mark.parametrize(
    ("condition", "name", "operator", "value"),
    [
        ("TrainingJobName = x", "TrainingJobName", "Equals", "x"),
        ("TrainingJobName=x", "TrainingJobName", "Equals", "x"),
        ("TrainingJobName == a = b", "TrainingJobName", "Equals", "a = b"),
        ("Metrics.validation:auc>=.9", "Metrics.validation:auc", "GreaterThanOrEqualTo", ".9"),
        ("Metrics.validation:auc > 0.9", "Metrics.validation:auc", "GreaterThan", "0.9"),
        ("Metrics.a/b.c <= -1e3", "Metrics.a/b.c", "LessThanOrEqualTo", "-1e3"),
        ("Metrics.a < 1", "Metrics.a", "LessThan", "1"),
        ("RoleArn != x", "RoleArn", "NotEquals", "x"),
        ("RoleArn contains my role", "RoleArn", "Contains", "my role"),
        ("RoleArn CONTAINS x", "RoleArn", "Contains", "x"),
        ("TrainingJobStatus in Failed, Stopped", "TrainingJobStatus", "In", "Failed,Stopped"),
        ("TrainingJobStatus in 'Failed, Stopped'", "TrainingJobStatus", "In", "Failed, Stopped"),
        ("FailureReason exists", "FailureReason", "Exists", None),
        ("FailureReason not-exists", "FailureReason", "NotExists", None),
        ('"Tags.cost center" = 4711', "Tags.cost center", "Equals", "4711"),
        ("'Tags.a=b' != 'x'", "Tags.a=b", "NotEquals", "x"),
        ("Tags.team = ' fraud '", "Tags.team", "Equals", " fraud "),
        (r'HyperParameters.p = "\"train.py\""', "HyperParameters.p", "Equals", '"train.py"'),
        ("HyperParameters.p = '\"train.py\"'", "HyperParameters.p", "Equals", '"train.py"'),
        (r"HyperParameters.p = 'a\\b'", "HyperParameters.p", "Equals", r"a\b"),
        ("HyperParameters.p = it's", "HyperParameters.p", "Equals", "it's"),
        ("Tags.contains contains contains", "Tags.contains", "Contains", "contains"),
        ("Tags.in in in", "Tags.in", "In", "in"),
        ("CreationTime >= 2026-05-04", "CreationTime", "GreaterThanOrEqualTo", "2026-05-04T00:00:00"),
        ("CreationTime < 2026-05-04T08:00:00Z", "CreationTime", "LessThan", "2026-05-04T08:00:00"),
        ("CreationTime < 2026-05-04T08:00:00+02:00", "CreationTime", "LessThan", "2026-05-04T06:00:00"),
        ("CreationTime < soon", "CreationTime", "LessThan", "soon"),
        ("HyperParameters.day = 2026-05-04", "HyperParameters.day", "Equals", "2026-05-04"),
    ],
)
def test_how_conditions_are_written(condition: str, name: str, operator: str, value: str | None) -> None:
    """A condition is the filter that a reader would expect."""
    assert filter_of("TrainingJob", condition) == one(name, operator, value)


@pytest.mark.parametrize(
    "condition",
    ["", "TrainingJobName", "= x", "TrainingJobName x", "TrainingJobName =", "a b = c", "FailureReason exists x",
     "TrainingJobName = 'x", "TrainingJobName = 'x' y", "'Name = x", "TrainingJobName =< x", "TrainingJobName containsx y"],
)  # fmt: skip
def test_what_is_no_condition(condition: str) -> None:
    """A text that is not NAME OP VALUE is refused, with the right notation."""
    with pytest.raises(SearchRefused, match="condition|names no value"):
        filter_of("TrainingJob", condition)


def test_conditions_together() -> None:
    """Several conditions must all hold, or any; none is no expression."""
    filters = [one("A", "Equals", "1"), one("B", "Exists")]
    assert expression_of("TrainingJob", ["A = 1", "B exists"]) == {"Filters": filters}
    assert expression_of("TrainingJob", ["A = 1", "B exists"], any_of=True) == {"Filters": filters, "Operator": "Or"}
    assert expression_of("TrainingJob", []) is None
