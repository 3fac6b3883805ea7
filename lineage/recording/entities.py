"""Experiments, trials and trial components: created, loaded, listed, searched, changed and deleted.

    from lineage.recording import Experiment

    experiment = Experiment.create("churn", description="who leaves", exist_ok=True)
    for trial in experiment.list_trials():
        print(trial.trial_name, trial.creation_time)

They work like those of the `sagemaker-experiments` package. An unknown attribute is fetched when it is first used: once, with
one Describe call. `list` and `search` fetch a page when it is needed, and nothing for each entity.

A `session` is a `boto3.Session`, one of the SageMaker SDK, or None for boto3's default. Every call may raise `RefusedValue`
before anything is sent, and `NotRecorded` if the service cannot be reached or does not allow it.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime
from itertools import islice
from typing import Any, ClassVar, NamedTuple, Self

from lineage.errors import AlreadyExists, NotThere, RefusedValue
from lineage.recording import deleting, limits
from lineage.recording.attributes import (
    ArtifactValue,
    Attribute,
    Json,
    Map,
    State,
    Tags,
    pascal,
    read_artifact,
    read_parameter,
    request,
    sent_artifact,
    sent_description,
    sent_display_name,
    sent_status,
    sent_time,
)
from lineage.recording.service import PAGE, Service, now

_NAMES = ("ExperimentName", "TrialName", "TrialComponentName")
_WITH_ALL = "delete_all('--force') deletes what it holds as well"


class Row(NamedTuple):
    """How the service names a class: the noun of its calls, its resource of Search, and the word for messages."""

    noun: str
    word: str
    searched: str
    shown: tuple[str, ...]  # attributes that `repr` shows, if they are known
    hint: str  # advice if the service does not allow the deletion


class Entity:
    """The base of experiments, trials and components. Names are unique, ignoring case."""

    _row: ClassVar[Row]
    _attributes: ClassVar[tuple[Attribute[Any], ...]]

    display_name = Attribute[str](sent=sent_display_name)
    source = Attribute[Json | None]()
    creation_time = Attribute[datetime]()
    created_by = Attribute[Json | None]()
    last_modified_time = Attribute[datetime]()
    last_modified_by = Attribute[Json | None]()

    def __init_subclass__(cls) -> None:
        cls._attributes = tuple(one for kind in cls.__mro__ for one in vars(kind).values() if isinstance(one, Attribute))

    def __init__(self, service: Service, known: Json, *, whole: bool) -> None:
        """From the service's answer; `whole` if that is complete. Users call `create`, `load`, `list` or `search`."""
        self._service = service
        fetch = None if whole else lambda: self._described(service, self._name)
        self._state = State(self._row.word, known, fetch)

    def __repr__(self) -> str:
        shown = ((name, self._state.given.get(name) or self._state.known.get(pascal(name))) for name in self._row.shown)
        told = [f"{name}={_briefly(value)}" for name, value in shown if value]
        return f"{type(self).__name__}({', '.join([repr(self._name), *told])})"

    @property
    def tags(self) -> Tags:
        """A copy of its tags; fetched when first asked for."""
        known = self._state.known
        if "Tags" not in known:
            pages = self._service.pages("ListTags", ResourceArn=self._state.value(f"{self._row.noun}Arn"))
            known["Tags"] = [tag for page in pages for tag in page.get("Tags", ())]
        return deepcopy(known["Tags"])

    @classmethod
    def search(
        cls,
        search_expression: Any = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
        max_results: int | None = None,
        *,
        session: Any = None,
    ) -> Iterator[Self]:
        """Those that a search finds, complete as in Search: tags (and a component's parents) need no further call.

        `search_expression` is the API's dict, or an object with `to_boto()`; `max_results` is the maximum number. Pages are
        fetched as they are needed. Search may lag some seconds behind writes.
        """
        if max_results is not None and max_results < 1:
            raise RefusedValue(f"max_results must be at least 1, not {max_results}")
        expression = search_expression.to_boto() if hasattr(search_expression, "to_boto") else search_expression
        service, noun = service_of(session), cls._row.noun
        asked = request(cls._row.word, {"search_expression": expression, "sort_by": sort_by, "sort_order": sort_order})
        pages = service.pages("Search", Resource=cls._row.searched, MaxResults=min(max_results or PAGE, PAGE), **asked)
        found = (one[noun] for page in pages for one in page.get("Results", ()) if noun in one)
        return (cls(service, record, whole=True) for record in islice(found, max_results))

    def save(self) -> None:
        """Send only what was changed since it was read; makes no call if nothing was.

        If one value is refused (`RefusedValue`), none is sent; they stay as given. Raises `NotThere` if it was
        deleted.
        """
        changes = {key: value for one in self._attributes for key, value in one.changes(self._state).items()}
        if changes:
            self._do("Update", **changes)
        for one in self._attributes:
            one.settle(self._state, changes)

    def delete(self) -> None:
        """Delete it. Raises `NotThere` if it was deleted before, `RefusedValue` if something else must be deleted first."""
        try:
            self._do("Delete")
        except RefusedValue as error:
            raise RefusedValue(f"{error} ({self._row.hint})") from None

    @property
    def _name(self) -> str:
        return str(self._state.known[f"{self._row.noun}Name"])

    def _do(self, verb: str, **more: Any) -> None:
        noun = self._row.noun
        try:
            self._service.steadily(f"{verb}{noun}", **{f"{noun}Name": self._name}, **more)
        except NotThere:
            raise self._absent(self._service, self._name) from None

    @classmethod
    def _create(cls, session: Any, exist_ok: bool, given: Json) -> Self:
        service, noun, asked = service_of(session), cls._row.noun, request(cls._row.word, given)
        try:
            answer = service.steadily(f"Create{noun}", **asked)
        except AlreadyExists as error:
            return cls._existing(service, asked, exist_ok, error)
        except NotThere as error:
            raise NotThere(
                f"the {cls._row.word} {asked[f'{noun}Name']!r} was not created: {error}; create that first"
            ) from None
        empty: Json = {one.key: {} for one in cls._attributes if isinstance(one, Map)}
        return cls(service, {**asked, **answer, **empty}, whole=False)

    @classmethod
    def _existing(cls, service: Service, asked: Json, exist_ok: bool, error: AlreadyExists) -> Self:
        """The existing one with the name of a new one, if the caller accepts it."""
        name = f"{cls._row.noun}Name"
        try:
            there = cls._described(service, asked[name])
        except NotThere:
            raise AlreadyExists(f"{error}; in another case: {cls.__name__}.list() shows how it is written") from None
        told = f"the {cls._row.word} {there[name]!r} already exists"
        for key in _NAMES:
            if key in asked and str(there.get(key)).lower() != asked[key].lower():
                raise AlreadyExists(f"{told}, in the {key[:-4].lower()} {there.get(key)!r}: take another name") from None
        if not exist_ok:
            raise AlreadyExists(f"{told}: load it, give exist_ok=True, or take another name (case is ignored)") from None
        return cls(service, there, whole=True)

    @classmethod
    def _load(cls, session: Any, name: str) -> Self:
        service = service_of(session)
        return cls(service, cls._described(service, limits.entity_name(name, cls._row.word)), whole=True)

    @classmethod
    def _described(cls, service: Service, name: str) -> Json:
        try:
            return service.steadily(f"Describe{cls._row.noun}", **{f"{cls._row.noun}Name": name})
        except NotThere:
            raise cls._absent(service, name) from None

    @classmethod
    def _absent(cls, service: Service, name: str) -> NotThere:
        kind = cls.__name__
        return NotThere(
            f"there is no {cls._row.word} {name!r} in {service.region} (is it the right account?): "
            f"{kind}.list() shows what is there, {kind}.create(…) makes one"
        )

    @classmethod
    def _list(cls, session: Any, given: Json) -> Iterator[Self]:
        service, noun = service_of(session), cls._row.noun
        pages = service.pages(f"List{noun}s", MaxResults=PAGE, **request(cls._row.word, given))
        found = (one for page in pages for one in page.get(f"{noun}Summaries", ()))
        return (cls(service, {**one, "Source": one.get(f"{noun}Source")}, whole=False) for one in found)


class Experiment(Entity):
    """An experiment: trials of one question. `display_name` and `description` may be changed; `save` sends them."""

    _row = Row("Experiment", "experiment", "Experiment", ("display_name", "creation_time"), _WITH_ALL)

    experiment_name = Attribute[str]()
    experiment_arn = Attribute[str]()
    description = Attribute[str | None](sent=sent_description)

    @classmethod
    def create(
        cls,
        experiment_name: str,
        display_name: str | None = None,
        description: str | None = None,
        tags: Tags | None = None,
        *,
        session: Any = None,
        exist_ok: bool = False,
    ) -> Self:
        """Create one. If it exists, `exist_ok=True` loads it unchanged; otherwise raises `AlreadyExists`."""
        given = {"experiment_name": experiment_name, "display_name": display_name, "description": description, "tags": tags}
        return cls._create(session, exist_ok, given)

    @classmethod
    def load(cls, experiment_name: str, *, session: Any = None) -> Self:
        """Load one. Raises `NotThere`."""
        return cls._load(session, experiment_name)

    @classmethod
    def list(
        cls,
        created_before: datetime | None = None,
        created_after: datetime | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
        *,
        session: Any = None,
    ) -> Iterator[Self]:
        """All experiments, a page at a time. `sort_by`: Name or CreationTime; `sort_order`: Ascending or Descending."""
        return cls._list(session, _when_and_how(created_before, created_after, sort_by, sort_order))

    def create_trial(self, trial_name: str | None = None, trial_name_prefix: str = "Trial") -> Trial:
        """A new trial in it; the default name is made from the prefix, the time and random characters."""
        name = trial_name or f"{trial_name_prefix}-{now():%Y-%m-%d-%H%M%S}-{uuid.uuid4().hex[:6]}"
        return Trial.create(name, self._name, session=self._service)

    def list_trials(
        self,
        created_before: datetime | None = None,
        created_after: datetime | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Iterator[Trial]:
        """Its trials, a page at a time. Sorted as in `list`."""
        return Trial.list(self._name, None, created_before, created_after, sort_by, sort_order, session=self._service)

    def delete_all(self, action: str = "") -> None:
        """Delete it, its trials, and its components that no other experiment holds. `action` must be "--force".

        May be called again after an error, by anyone: it continues with what is left, and what is already deleted is no
        error. Raises `NotRecorded`, which says what is left, `RefusedValue` without the word.
        """
        deleting.force(action, f"the experiment {self._name!r}, its trials, and the components that no other experiment holds")
        deleting.experiment(self._service, self._name)


class Trial(Entity):
    """A trial of an experiment: components that belong together. `display_name` may be changed; `save` sends it."""

    _row = Row("Trial", "trial", "ExperimentTrial", ("experiment_name", "display_name", "creation_time"), _WITH_ALL)

    trial_name = Attribute[str]()
    trial_arn = Attribute[str]()
    experiment_name = Attribute[str]()

    @classmethod
    def create(
        cls,
        trial_name: str,
        experiment_name: str,
        display_name: str | None = None,
        tags: Tags | None = None,
        *,
        session: Any = None,
        exist_ok: bool = False,
    ) -> Self:
        """Create one in an existing experiment (else `NotThere`). The SDKs take the two names in the other order.

        If it exists, `exist_ok=True` loads it unchanged; otherwise, and always for a trial of another experiment, raises
        `AlreadyExists`.
        """
        given = {"trial_name": trial_name, "experiment_name": experiment_name, "display_name": display_name, "tags": tags}
        try:
            return cls._create(session, exist_ok, given)
        except NotThere as error:
            raise NotThere(f"{error} (Trial.create takes the trial's name first, and then its experiment's)") from None

    @classmethod
    def load(cls, trial_name: str, *, session: Any = None) -> Self:
        """Load one. Raises `NotThere`."""
        return cls._load(session, trial_name)

    @classmethod
    def list(
        cls,
        experiment_name: str | None = None,
        trial_component_name: str | None = None,
        created_before: datetime | None = None,
        created_after: datetime | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
        *,
        session: Any = None,
    ) -> Iterator[Self]:
        """All trials, those of an experiment, or those that hold a component; a page at a time. Sorted like experiments."""
        of = {"experiment_name": experiment_name, "trial_component_name": trial_component_name}
        return cls._list(session, of | _when_and_how(created_before, created_after, sort_by, sort_order))

    def add_trial_component(self, trial_component: TrialComponent | str) -> None:
        """Put a component (or the one with a name) into it, if it is not in it yet. Raises `NotThere` if either was deleted."""
        with contextlib.suppress(AlreadyExists):
            self._service.steadily("AssociateTrialComponent", **self._with(trial_component))

    def remove_trial_component(self, trial_component: TrialComponent | str) -> None:
        """Take a component out of it; the component itself stays. Raises `NotThere` if it is not in it."""
        self._service.steadily("DisassociateTrialComponent", **self._with(trial_component))

    def list_trial_components(
        self,
        created_before: datetime | None = None,
        created_after: datetime | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
    ) -> Iterator[TrialComponent]:
        """Its components, a page at a time. Sorted as in `list`."""
        when_and_how = _when_and_how(created_before, created_after, sort_by, sort_order)
        return TrialComponent.list(trial_name=self._name, **when_and_how, session=self._service)

    def delete_all(self, action: str = "") -> None:
        """Delete it, and its components that no other trial holds. `action` must be "--force".

        May be called again, and raises, like `Experiment.delete_all`.
        """
        deleting.force(action, f"the trial {self._name!r}, and the components that no other trial holds")
        deleting.trial(self._service, self._name)

    def _with(self, component: TrialComponent | str) -> Json:
        name: Any = getattr(component, "trial_component_name", component)
        return {"TrialName": self._name, "TrialComponentName": limits.entity_name(name, "trial component")}


class TrialComponent(Entity):
    """A step of a trial: a run, or a job's record. Its parameters and artifacts are dicts; `save` sends changes in them.

    Give an artifact as its URI, or as (URI, media type). `status` is one of SageMaker's words, or a dict with PrimaryStatus
    and Message.
    """

    _row = Row(
        "TrialComponent",
        "trial component",
        "ExperimentTrialComponent",
        ("display_name", "status", "creation_time"),
        "delete(force_disassociate=True) takes it out of its trials first",
    )

    trial_component_name = Attribute[str]()
    trial_component_arn = Attribute[str]()
    status = Attribute[Json | None](sent=sent_status)
    start_time = Attribute[datetime | None](sent=sent_time)
    end_time = Attribute[datetime | None](sent=sent_time)
    parameters = Map[float | str](read_parameter, limits.parameter, limits.PARAMETERS)
    input_artifacts = Map[ArtifactValue](read_artifact, sent_artifact, limits.ARTIFACTS)
    output_artifacts = Map[ArtifactValue](read_artifact, sent_artifact, limits.ARTIFACTS)
    metrics = Attribute[list[Json]](lambda found: deepcopy(found or []))

    @classmethod
    def create(
        cls,
        trial_component_name: str,
        display_name: str | None = None,
        tags: Tags | None = None,
        *,
        session: Any = None,
        exist_ok: bool = False,
    ) -> Self:
        """Create one, in no trial yet. If it exists, `exist_ok=True` loads it unchanged; otherwise raises `AlreadyExists`."""
        given = {"trial_component_name": trial_component_name, "display_name": display_name, "tags": tags}
        return cls._create(session, exist_ok, given)

    @classmethod
    def load(cls, trial_component_name: str, *, session: Any = None) -> Self:
        """Load one. Raises `NotThere`."""
        return cls._load(session, trial_component_name)

    @classmethod
    def list(
        cls,
        source_arn: str | None = None,
        created_before: datetime | None = None,
        created_after: datetime | None = None,
        sort_by: str | None = None,
        sort_order: str | None = None,
        *,
        experiment_name: str | None = None,
        trial_name: str | None = None,
        session: Any = None,
    ) -> Iterator[Self]:
        """All components, or those of a job (by its ARN), experiment or trial; a page at a time. Sorted like experiments."""
        of = {"source_arn": source_arn, "experiment_name": experiment_name, "trial_name": trial_name}
        if sum(one is not None for one in of.values()) > 1:
            raise RefusedValue(f"components are listed by one of {', '.join(of)}: leave the others out")
        return cls._list(session, of | _when_and_how(created_before, created_after, sort_by, sort_order))

    @property
    def parents(self) -> list[Json]:  # type: ignore[valid-type]
        """The trials that hold it now, each with its experiment (from Search, if a search found it).

        Makes one call for the trials, and one for each of them.
        """
        if "Parents" in self._state.known:
            return deepcopy(self._state.known["Parents"] or [])
        found = []
        for trial in self.list_trials():
            with contextlib.suppress(NotThere):  # deleted meanwhile
                found.append({"ExperimentName": trial.experiment_name, "TrialName": trial.trial_name})
        return found

    def list_trials(self) -> Iterator[Trial]:
        """The trials that hold it, a page at a time."""
        return Trial.list(trial_component_name=self._name, session=self._service)

    def delete(self, force_disassociate: bool = False) -> None:  # noqa: FBT002  (as in the old package)
        """Delete it; `force_disassociate` takes it out of its trials first. Raises like the others' `delete`."""
        if force_disassociate:
            deleting.disassociate(self._service, self._name)
        super().delete()


def service_of(session: Any) -> Service:
    """The calls for a session; a `Service` is returned unchanged."""
    return session if isinstance(session, Service) else Service(session)


def _when_and_how(created_before: Any, created_after: Any, sort_by: Any, sort_order: Any) -> Json:
    return {"created_before": created_before, "created_after": created_after, "sort_by": sort_by, "sort_order": sort_order}


def _briefly(value: Any) -> str:
    """A value for `repr`."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    return repr(value["PrimaryStatus"] if isinstance(value, dict) else value)
