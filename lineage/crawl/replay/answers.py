"""Answers like SageMaker from the records of an account file: Describe, List, Search and ListTags.

Facts: a List call first cuts its page and then filters it, so an empty page with a token is normal; the parent that it
lists (a pipeline, an endpoint, a category) is applied before the cut. Search reduces its records to its own shape,
and refuses what `lineage.search_language` says it refuses.

Time is linear in the account: a sort, group or search is stored for the following pages, and only the
records of one page are put into the answer's shape. Threads that ask for the same at once may compute it twice.
"""

from __future__ import annotations

import json
import math
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from lineage.crawl.aws.shapes import described_shape, list_member, search_member
from lineage.crawl.replay.account import Account, AccountRecord, Shelf
from lineage.crawl.replay.faults import Failure
from lineage.crawl.replay.pages import ASKED_OF, Order, cut_page, extra_items, on_the_wire, order_of, passes, sort_key, summary
from lineage.domain.kinds import CARRIED_JOBS, KINDS, MODEL_PACKAGE, PIPELINE, RUNS, TRIAL_COMPONENT, Kind, kind_of_arn
from lineage.domain.names import is_arn, parse_arn
from lineage.errors import SearchRefused
from lineage.search_language.expressions import DEFAULT_SORT, Expression, Matcher, Sorting, moment_of
from lineage.search_language.properties import begins_with, chosen_names, steps_of, values_at

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel

_NOT_FOUND = {
    "TrainingJob": ("ValidationException", "Requested resource not found."),
    "ProcessingJob": ("ValidationException", 'Could not find requested job with name: "{name}"'),
    "Endpoint": ("ValidationException", 'Could not find endpoint "{name}".'),
    "EndpointConfig": ("ValidationException", 'Could not find endpoint configuration "{name}".'),
    "Model": ("ValidationException", 'Could not find model "{name}".'),
    "ModelPackage": ("ValidationException", "ModelPackage {name} does not exist."),
    "InferenceComponent": ("ValidationException", 'Could not find inference component "{name}".'),
}
_EDGES = {
    "GreaterThan": (True, False),
    "GreaterThanOrEqualTo": (True, False),
    "LessThan": (False, True),
    "LessThanOrEqualTo": (False, True),
    "Equals": (True, True),
}


class Where(NamedTuple):
    """The caller, and the region of the call."""

    account: str
    region: str


class _Sorted(NamedTuple):
    """Records in an order; for an order by time, also the times, negative if descending."""

    records: Sequence[AccountRecord]
    times: Sequence[float]


class _Cut(NamedTuple):
    """The part of a shape that decides what is cut."""

    members: Mapping[str, Any]


class Answers:
    """Answers of SageMaker itself; every method raises `Failure` where SageMaker would answer with an error."""

    def __init__(self, account: Account, model: ServiceModel) -> None:
        self._account = account
        self._model = model
        self._search_record: Any = model.shape_for("SearchRecord")
        self._described = {kind.describe: kind for kind in KINDS.values() if kind.describe}
        self._listed = {kind.list: kind for kind in KINDS.values() if kind.list}
        self._searched = {kind.search: kind for kind in KINDS.values() if kind.search}
        self._extras = {extra.operation: (kind, extra) for kind in KINDS.values() for extra in kind.extras}
        self._by_name = cache(self._index_names)
        self._by_keys = cache(self._index_keys)
        self._sorted = cache(self._sort)
        self._group = cache(self._index_group)
        self._components = cache(self._index_components)
        self._ranked = cache(self._rank)
        self._found = lru_cache(256)(self._find)
        self._cut = cache(self._cut_of)

    def answer(self, operation: OperationModel, parameters: dict[str, Any], where: Where, fault: str = "") -> dict[str, Any]:
        """The answer in the JSON protocol; `fault` is one that spoils a page and is not an error."""
        name = operation.name
        if name.startswith("Describe"):
            record = self._describe(operation, parameters, where)
            body = {record.kind.wrapped: record.body} if record.kind.wrapped else record.body
            wire: dict[str, Any] = on_the_wire(body, operation.output_shape)
            return wire
        ways: dict[str, Callable[..., dict[str, Any]]] = {
            "Search": self._search,
            "GetSearchSuggestions": self._suggest,
            "ListTags": self._list_tags,
        }
        way = ways.get(name) or (self._list_extra if name in self._extras else self._list)
        return way(operation, parameters, where, fault)

    def kind_of(self, operation: str, parameters: Mapping[str, Any]) -> Kind | None:
        """The kind that a call asks for."""
        if operation in ("Search", "GetSearchSuggestions"):
            return self._searched.get(parameters.get("Resource", ""))
        return self._listed.get(operation) or self._described.get(operation)

    # --- describe -------------------------------------------------------------------------------

    def _describe(self, operation: OperationModel, parameters: Mapping[str, Any], where: Where) -> AccountRecord:
        kind = self._described.get(operation.name)
        required = operation.input_shape.required_members if operation.input_shape else []
        for key in required:
            _refuse_name(operation, key, parameters[key])
        found = self._of_keys(kind, parameters, where) if kind and kind.keys else None
        if kind and not kind.keys:
            found = self._named(kind, parameters[required[0]], where)
        if found is None:
            raise not_found(operation.name, parameters)
        return found

    def _named(self, kind: Kind, name: str, where: Where) -> AccountRecord | None:
        """The record with a name in the caller's own account, or with an ARN, in the ARN's account."""
        if not is_arn(name):
            return self._by_name((kind.name, where.account, where.region)).get(name.casefold())
        arn = parse_arn(name)
        return self._account.records.get((kind.name, arn.account, where.region), {}).get(arn.id)

    def _index_names(self, shelf: Shelf) -> dict[str, AccountRecord]:
        records = self._account.records.get(shelf, {}).values()
        noun = KINDS[shelf[0]].noun
        names = {str(record.body.get(f"{noun}Name") or record.tail).casefold(): record for record in records}
        return names | {record.tail.casefold(): record for record in records}

    def _of_keys(self, kind: Kind, parameters: Mapping[str, Any], where: Where) -> AccountRecord | None:
        """The record that several parameters name together: the caller's or AWS's; its newest version."""
        first = parameters[kind.keys[0]]
        owners = (parse_arn(first).account,) if is_arn(first) else (where.account, "aws")
        asked = [str(parameters[key]).casefold() for key in kind.keys if key in parameters]
        asked[0] = asked[0].rpartition("/")[2]
        for owner in owners:
            found = self._by_keys((kind.name, owner, where.region)).get(tuple(asked))
            if found:
                return max(found, key=lambda record: _numbers(record.body.get(kind.keys[-1])))
        return None

    def _index_keys(self, shelf: Shelf) -> dict[tuple[str, ...], list[AccountRecord]]:
        """Records by all of their keys, and by all except the last."""
        index = defaultdict(list)
        for record in self._account.records.get(shelf, {}).values():
            values = tuple(str(record.body.get(key)).casefold() for key in KINDS[shelf[0]].keys)
            index[values].append(record)
            index[values[:-1]].append(record)
        return index

    # --- list -----------------------------------------------------------------------------------

    def _list(self, operation: OperationModel, parameters: dict[str, Any], where: Where, fault: str) -> dict[str, Any]:
        kind = self._listed.get(operation.name)
        if kind is None:
            raise Failure("UnknownOperationException", f"{operation.name} is not a call that an account file can answer")
        result, shape = list_member(operation)
        page, token = cut_page(self._asked_of(kind, parameters, where), parameters, operation, fault)
        kept = [record for record in page if passes(record, parameters)]
        return {result: [on_the_wire(summary(record, shape), shape) for record in kept]} | token

    def _asked_of(self, kind: Kind, parameters: Mapping[str, Any], where: Where) -> Sequence[AccountRecord]:
        """The records that a List call walks, in its order."""
        if parameters.get("CrossAccountFilterOption") == "CrossAccount":
            return ()  # nothing in a file is shared
        shelf, order = (kind.name, *where), order_of(parameters, "Ascending")
        of = [(name, str(value).casefold()) for name, value in parameters.items() if name in ASKED_OF.get(kind.name, {})]
        if kind is MODEL_PACKAGE and not of:
            of = [("ModelPackageType", "unversioned")]
        if not of:
            return self._sorted(shelf, order).records
        (name, value), *others = of
        records: Sequence[AccountRecord] = self._group(shelf, order, name).get(value, ())
        if not records and name == "PipelineName" and not self._named(PIPELINE, parameters[name], where):
            raise Failure("ResourceNotFound", f"Pipeline '{parameters[name]}' does not exist.")
        return [record for record in records if all(value in self._of(record, name) for name, value in others)]

    def _index_group(self, shelf: Shelf, order: Order, parameter: str) -> dict[str, list[AccountRecord]]:
        """The records of a shelf by the values of a List call's parameter."""
        index = defaultdict(list)
        for record in self._sorted(shelf, order).records:
            for value in self._of(record, parameter):
                index[value].append(record)
        return dict(index)

    def _of(self, record: AccountRecord, parameter: str) -> set[str]:
        """The values of a parameter for which a List call gives this record, casefolded."""
        if parameter == "ModelPackageType":
            return {"both", "versioned" if _group_of(record) else "unversioned"}
        if parameter == "ModelPackageGroupName":
            group = _group_of(record)
            return {group, record.arn.casefold().replace(f":model-package/{record.tail}", f":model-package-group/{group}")}
        if parameter == "TrialComponentName":
            return self._components(record.account, record.region).get(str(record.body["TrialName"]).casefold(), set())
        values = {str(value).casefold() for value in values_at(record.whole, steps_of(ASKED_OF[record.kind.name][parameter]))}
        if parameter == "PipelineName":
            values.add(record.arn.casefold().partition("/execution/")[0])
        return values | {value.partition("/")[2] for value in values if is_arn(value)}

    def _index_components(self, account: str, region: str) -> dict[str, set[str]]:
        """The names of the trial components of each trial."""
        index = defaultdict(set)
        for record in self._account.records.get((TRIAL_COMPONENT.name, account, region), {}).values():
            for trial in values_at(record.whole, ("Parents", "TrialName")):
                index[str(trial).casefold()].add(str(record.body["TrialComponentName"]).casefold())
        return index

    def _sort(self, shelf: Shelf, order: Order) -> _Sorted:
        records = sorted(self._account.records.get(shelf, {}).values(), key=lambda record: record.id)
        if not order.by:
            return _Sorted(records[::-1] if order.descending else records, ())
        keys = {record.id: sort_key(record, order.by) for record in records}
        records.sort(key=lambda record: keys[record.id], reverse=order.descending)
        times = order.by == "CreationTime"
        sign = -1 if order.descending else 1
        return _Sorted(records, [sign * keys[record.id] for record in records] if times else ())

    # --- tags and extras ------------------------------------------------------------------------

    def _list_tags(self, operation: OperationModel, parameters: dict[str, Any], where: Where, fault: str) -> dict[str, Any]:
        arn = parameters["ResourceArn"]
        kind = kind_of_arn(arn) if is_arn(arn) else None
        record = self._named(kind, arn, where) if kind else None
        if record is None or record.account != where.account:
            raise Failure("ValidationException", f"Could not find resource {arn}.")
        page, token = cut_page(record.whole.get("Tags") or (), parameters, operation, fault, size=50)
        return {"Tags": list(page)} | token

    def _list_extra(self, operation: OperationModel, parameters: dict[str, Any], where: Where, fault: str) -> dict[str, Any]:
        kind, extra = self._extras[operation.name]
        record = self._named(kind, parameters[extra.parameter], where)
        if record is None:
            raise not_found(kind.describe, {extra.parameter: parameters[extra.parameter]})
        page, token = cut_page(extra_items(record, extra, parameters), parameters, operation, fault)
        wire: dict[str, Any] = on_the_wire({extra.member: list(page)}, operation.output_shape)
        return wire | token

    # --- search ---------------------------------------------------------------------------------

    def _search(self, operation: OperationModel, parameters: dict[str, Any], where: Where, fault: str) -> dict[str, Any]:
        resource, expression = parameters["Resource"], parameters.get("SearchExpression")
        member = search_member(resource)
        shape = self._search_record.members.get(member)  # none for images, for which Search gives empty records
        kind = self._searched.get(resource)
        if shape is None or kind is None or parameters.get("CrossAccountFilterOption") == "CrossAccount":
            return {"Results": [], "TotalHits": {"Value": 0, "Relation": "EqualTo"}}
        by, descending = parameters.get("SortBy", DEFAULT_SORT), parameters.get("SortOrder", "Descending") == "Descending"
        text = "" if expression is None else json.dumps(expression, sort_keys=True)
        try:
            found = self._found((kind.name, *where), Order(by, descending), text)
        except SearchRefused as refused:
            raise Failure("ValidationException", refused.reason) from refused
        page, token = cut_page(found, parameters, operation, fault)
        results = [{member: on_the_wire(self._searchable(record), shape, self._cut(kind))} for record in page]
        return {"Results": results, "TotalHits": {"Value": len(found), "Relation": "EqualTo"}} | token

    def _find(self, shelf: Shelf, order: Order, expression_text: str) -> Sequence[AccountRecord]:
        """What an expression finds; if sorted by creation, only the records between its bounds are read."""
        resource = KINDS[shelf[0]].search
        expression = json.loads(expression_text) if expression_text else None
        holds = Matcher(resource, expression).holds
        records, times = self._ranked(shelf, order)
        if times and expression:
            opens, closes = _bounds(expression)
            low, high = (-closes, -opens) if order.descending else (opens, closes)
            records = records[bisect_left(times, low) : bisect_right(times, high)]
        return [record for record in records if holds(self._searchable(record))] if expression else records

    def _rank(self, shelf: Shelf, order: Order) -> _Sorted:
        """The records of a shelf in the order of a Search."""
        sorting = Sorting(KINDS[shelf[0]].search, order.by, descending=order.descending)
        records = self._account.records.get(shelf, {}).values()
        ranked = sorting.ordered([(sorting.key(self._searchable(record)), record.id, record) for record in records])
        sign = -1 if order.descending else 1
        times = [sign * float(key[1]) if key else math.inf for key, _, _ in ranked] if order.by == "CreationTime" else ()
        return _Sorted([record for _, _, record in ranked], times)

    def _searchable(self, record: AccountRecord) -> Mapping[str, Any]:
        """A record in the form of Search: a model inside its dashboard record, a trial component with its job."""
        if record.kind.search_within:
            return {record.kind.search_within: record.whole, **record.whole}
        if record.kind.name in RUNS and (source := self._source(record)):
            return {"SourceDetail": source, **record.whole}
        return record.whole

    def _cut_of(self, kind: Kind) -> _Cut:
        """The shapes that Search reduces: Describe's shape of the record, and of its source."""
        own = described_shape(self._model, kind)
        sources = {noun: described_shape(self._model, KINDS[name]) for noun, name in CARRIED_JOBS.items()}
        return _Cut({**own.members, kind.search_within: own, "SourceDetail": _Cut(sources)})

    def _suggest(self, _: OperationModel, parameters: dict[str, Any], where: Where, __: str) -> dict[str, Any]:
        """Names that people chose and that begin like this; the service's samples write its own prefix in lower case."""
        kind = self._searched.get(parameters["Resource"])
        hint = parameters.get("SuggestionQuery", {}).get("PropertyNameQuery", {}).get("PropertyNameHint", "")
        records = self._account.records.get((kind.name, *where), {}).values() if kind else ()
        names = {name for record in records for name in chosen_names(record.kind.search, self._searchable(record))}
        told = [name.partition(".") for name in sorted(names) if begins_with(name, hint)]
        return {"PropertyNameSuggestions": [{"PropertyName": f"{word.lower()}.{own}"} for word, _, own in told]}

    def _source(self, component: AccountRecord) -> dict[str, Any] | None:
        text = str((component.whole.get("Source") or {}).get("SourceArn"))
        if not is_arn(text):
            return None
        arn = parse_arn(text)
        for member, kind in CARRIED_JOBS.items():
            job = self._account.records.get((kind, arn.account, arn.region), {}).get(arn.id)
            if job:
                return {"SourceArn": job.arn, member: job.whole}
        return None


# --- names ----------------------------------------------------------------------------------------


def not_found(operation: str, parameters: Mapping[str, Any]) -> Failure:
    """An operation's error for a missing record."""
    noun = re.sub(r"^(Describe|List)", "", operation)
    name = next((value for value in parameters.values() if isinstance(value, str)), "")
    code, message = _NOT_FOUND.get(noun, ("ResourceNotFound", f"{noun} '{{name}}' does not exist."))
    return Failure(code, message.format(name=name))


def _refuse_name(operation: OperationModel, key: str, name: str) -> None:
    """What Describe refuses before it looks: a name that is too long, or an ARN where only names are allowed."""
    words = operation.input_shape.members[key].metadata if operation.input_shape else {}
    fits = re.fullmatch(str(words.get("pattern") or ".*"), name)
    if not fits or len(name) > int(words.get("max") or len(name)):
        said = f"1 validation error detected: Value '{name}' at '{key}' failed to satisfy constraint"
        raise Failure("ValidationException", said)


def _numbers(version: Any) -> list[int]:
    """A sort key for versions, with 10 after 9."""
    return [int(number) for number in re.findall(r"\d+", str(version))]


def _group_of(package: AccountRecord) -> str:
    """The group of a model package, in lower case; a package without a group has no version in its ARN."""
    group, _, version = package.tail.partition("/")
    return str(package.body.get("ModelPackageGroupName") or (group if version else "")).casefold()


# --- expressions ----------------------------------------------------------------------------------


def _bounds(expression: Expression) -> tuple[float, float]:
    """The range of creation times of everything that an expression can find."""
    opens, closes = float("-inf"), float("inf")
    filters: Iterable[Mapping[str, Any]] = expression.get("Filters") or ()
    for one in filters if expression.get("Operator") != "Or" else ():
        moment = moment_of(one.get("Value")) if one["Name"] == "CreationTime" else None
        if moment:
            lower, upper = _EDGES.get(one.get("Operator", "Equals"), (False, False))
            opens = max(opens, moment.timestamp()) if lower else opens
            closes = min(closes, moment.timestamp()) if upper else closes
    return opens, closes
