"""Attributes of experiments, trials and components: the service's name, the Python value, and what a change sends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from datetime import datetime
from typing import Any, Generic, NamedTuple, Protocol, Self, TypeVar, overload

from lineage.domain.experiments import RUN_TAG
from lineage.domain.redact import without_secrets
from lineage.domain.status import RunStatus
from lineage.errors import RefusedValue
from lineage.recording import limits

Json = dict[str, Any]
Tags = list[dict[str, str]]
T = TypeVar("T")
V = TypeVar("V")

_DESCRIPTION_LENGTH = 3072


class ArtifactValue(NamedTuple):
    """An artifact of a component: its URI, and its media type if known."""

    value: str
    media_type: str | None = None


class State:
    """What is known about an entity, and what the user changed."""

    def __init__(self, word: str, known: Json, fetch: Callable[[], Json] | None) -> None:
        """`fetch` asks the service for everything; None if everything is known. `word` is its kind in plain words."""
        self.word = word
        self.known = {key: value for key, value in known.items() if key != "ResponseMetadata"}  # by the service's keys
        self.given: Json = {}  # changed values, and dicts that may be changed in place, by attribute name
        self.base: Json = {}  # the service's values of a dict when the user got it, to find its changes
        self.fetch = fetch

    def value(self, key: str) -> Any:
        """The service's value for a key; asks the service once if it is not known yet."""
        if key not in self.known and self.fetch:
            self.known |= self.fetch()
            self.fetch = None
        return self.known.get(key)


class Holder(Protocol):
    """An object with attributes."""

    _state: State


class Attribute(Generic[T]):
    """A single value.

    `plain` converts the service's value to Python's; `sent` converts (word, value) back, or raises `RefusedValue`.
    """

    def __init__(self, plain: Callable[[Any], T] | None = None, sent: Callable[[str, Any], Any] | None = None) -> None:
        """An attribute without `sent` can't be changed."""
        self.plain: Callable[[Any], T] = plain or deepcopy
        self.sent = sent

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name
        self.key = pascal(name)

    @overload
    def __get__(self, entity: None, owner: type) -> Self: ...
    @overload
    def __get__(self, entity: Holder, owner: type) -> T: ...
    def __get__(self, entity: Holder | None, owner: type) -> Self | T:
        return self if entity is None else self.read(entity._state)  # noqa: SLF001  (the entity's other half)

    def __set__(self, entity: Holder, value: Any) -> None:
        if self.sent is None:
            raise AttributeError(f"{self.name} can't be changed")
        entity._state.given[self.name] = value  # noqa: SLF001

    def changes(self, state: State) -> Json:
        """What an update must send, by the service's keys; empty if nothing has changed. Raises `RefusedValue`."""
        if self.name not in state.given or self.sent is None:
            return {}
        new = self.sent(state.word, state.given[self.name])
        if new is None:
            raise RefusedValue(f"{self.name} can't be None: SageMaker can change it, but not remove it")
        return {} if new == state.known.get(self.key) else {self.key: new}

    def settle(self, state: State, changes: Json) -> None:
        """An update was acknowledged: the service now has the given value."""
        if self.key in changes:
            state.known[self.key] = changes[self.key]
        state.given.pop(self.name, None)

    def read(self, state: State) -> T:
        """The changed value, else the service's."""
        if self.name in state.given:
            given: T = state.given[self.name]
            return given
        return self.plain(state.value(self.key))


class Map(Attribute[dict[str, V]]):
    """A dict that the user may change in place: only changed keys are sent, and missing keys are removed."""

    def __init__(self, each: Callable[[Any], V], sent: Callable[[str, Any], Any], most: int) -> None:
        """`each` and `sent` are for one value (and its key); SageMaker accepts at most `most` of them."""
        super().__init__(lambda values: {key: each(value) for key, value in (values or {}).items()}, sent)
        self.most = most

    def changes(self, state: State) -> Json:
        """See `Attribute.changes`."""
        if self.name not in state.given or self.sent is None:
            return {}
        was, given = self.plain(self._base(state)), state.given[self.name]
        if not isinstance(given, Mapping):
            raise RefusedValue(f"{self.name} must be a dict, not {type(given).__name__}")
        new = {key: self.sent(key, value) for key, value in given.items() if key not in was or not _same(was[key], value)}
        if not new.keys() <= was.keys():
            limits.room_for(was.keys() & given.keys(), new, self.most, self.name.replace("_", " "))
        gone = [key for key in was if key not in given]
        return {**({self.key: new} if new else {}), **({self._removal: gone} if gone else {})}

    def settle(self, state: State, changes: Json) -> None:
        """See `Attribute.settle`. The caller's dict stays the current one, with the recorded values."""
        if self.name not in state.given:
            return
        gone = changes.get(self._removal, ())
        kept = {key: value for key, value in self._base(state).items() if key not in gone}
        state.base[self.name] = state.known[self.key] = {**kept, **changes.get(self.key, {})}
        recorded = self.plain(state.known[self.key])
        if isinstance(state.given[self.name], dict):
            state.given[self.name].update(recorded)
        else:
            state.given[self.name] = recorded

    def _base(self, state: State) -> Json:
        if self.name not in state.base:
            state.base[self.name] = state.value(self.key) or {}
        base: Json = state.base[self.name]
        return base

    @property
    def _removal(self) -> str:
        return f"{self.key}ToRemove"

    def read(self, state: State) -> dict[str, V]:
        """The dict, the same object each time."""
        if state.given.get(self.name) is None:
            state.given[self.name] = self.plain(self._base(state))
        held: dict[str, V] = state.given[self.name]
        return held


def pascal(name: str) -> str:
    """The service's key for a Python name: `trial_name` is `TrialName`."""
    return "".join(word.capitalize() for word in name.split("_"))


def request(what: str, given: Json) -> Json:
    """What to send for the arguments of a call: each is checked, and None is left out. Raises `RefusedValue`."""
    return {pascal(name): _CHECKS.get(name, _as_it_is)(what, value) for name, value in given.items() if value is not None}


def sent_description(what: str, text: str) -> str:
    """A description, without secrets: one line, at most 3,072 characters. Raises `RefusedValue`."""
    if not isinstance(text, str) or len(text) > _DESCRIPTION_LENGTH or len(text.splitlines()) > 1:
        raise RefusedValue(f"the description of the {what} must be one line of at most {_DESCRIPTION_LENGTH:,} characters")
    return without_secrets(text)


def sent_display_name(what: str, text: str) -> str | None:
    """A display name. Raises `RefusedValue`."""
    return limits.display_name(text, what)


def sent_status(_what: str, value: Any) -> Json:
    """A status: one of SageMaker's words, or a dict of PrimaryStatus and Message. Raises `RefusedValue`."""
    given = {"PrimaryStatus": value} if isinstance(value, str) else value
    if (
        not isinstance(given, Mapping)
        or given.get("PrimaryStatus") not in {*RunStatus}
        or not set(given) <= {"PrimaryStatus", "Message"}
    ):
        raise RefusedValue(f"{value!r} is not a status (expected one of {', '.join(RunStatus)})")
    told = {"Message": limits.message(str(given["Message"]))} if given.get("Message") else {}
    return {"PrimaryStatus": given["PrimaryStatus"], **told}


def sent_time(_what: str, value: Any) -> datetime:
    """A time; local time if it has no zone. Raises `RefusedValue`."""
    if not isinstance(value, datetime):
        raise RefusedValue(f"{value!r} is not a time (expected a datetime)")
    return limits.with_zone(value)


def read_parameter(value: Json) -> float | str:
    """A parameter, from the service's form."""
    found: float | str = value["NumberValue"] if "NumberValue" in value else value.get("StringValue", "")
    return found


def read_artifact(value: Json) -> ArtifactValue:
    """An artifact, from the service's form."""
    return ArtifactValue(value["Value"], value.get("MediaType"))


def sent_artifact(name: str, value: Any) -> Json:
    """What to send for an artifact: a URI, a pair of URI and media type, or an object with `value` and `media_type`."""
    if isinstance(value, tuple):
        return limits.artifact(name, *value)
    return limits.artifact(name, getattr(value, "value", value), getattr(value, "media_type", None))


def _as_it_is(_what: str, value: Any) -> Any:
    return value


def _tags(what: str, given: Any) -> Tags:
    """A copy without the tag of runs, which only a component may have."""
    copied: Tags = limits.tags(given)
    return [tag for tag in copied if what == "trial component" or tag["Key"] != RUN_TAG["Key"]]


def _same(was: Any, value: Any) -> bool:
    """Whether a value is the recorded one; a value that is not plain (an array) is not compared."""
    return isinstance(value, (str, int, float, tuple)) and bool(was == value)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "experiment_name": lambda _, name: limits.entity_name(name, "experiment"),
    "trial_name": lambda _, name: limits.entity_name(name, "trial"),
    "trial_component_name": lambda _, name: limits.entity_name(name, "trial component"),
    "display_name": sent_display_name,
    "description": sent_description,
    "tags": _tags,
}
