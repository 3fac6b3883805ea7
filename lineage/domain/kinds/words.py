"""The words that rows of the table use.

A path is plain: `A.B[].C`, where `[]` is each element of a list, a last `*` is each value of a map, and `{}` is the JSON
document that a text holds (botocore knows nothing of what is in it). The
sibling fields that a reference needs (`role`, `data_type`, …) are looked up as a variable is: in the object
that holds the field, then in each object around it, so a root field may be named as well. A `*[]` is each
element of each value of a map, and `A{}` is the object that the text `A` holds as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from lineage.domain.names import Span

LOCATION: Final = "location"  # what a reference is "to" when it names a place, not a resource
IMAGE: Final = "image"
WEIGHTS: Final = "weights"
ANY: Final = ""  # whatever kind the ARN says
ALLOWED: Final = "allowed"  # the evidence of a write to a place that a job was given: nothing says that it wrote there
REUSED: Final = "reused"  # the usage of what a record took over from another one


class Relation(NamedTuple):
    """What an edge means: whether data flows along it, and whether it points into the record that names it."""

    flows: bool
    inward: bool


RELATIONS: Final[dict[str, Relation]] = {
    "reads": Relation(flows=True, inward=True),
    "writes": Relation(flows=True, inward=False),
    # a job names the place in a text, and by no field as what it reads or writes
    "may-read": Relation(flows=True, inward=True),
    "may-write": Relation(flows=True, inward=False),
    "overlaps": Relation(flows=True, inward=True),
    "loads": Relation(flows=True, inward=True),
    "provides": Relation(flows=True, inward=True),
    "instantiates": Relation(flows=True, inward=True),
    "deploys": Relation(flows=True, inward=True),
    "configures": Relation(flows=True, inward=True),
    "hosts": Relation(flows=True, inward=False),
    "recorded-by": Relation(flows=False, inward=True),
    "member-of": Relation(flows=False, inward=False),
    "mentions": Relation(flows=False, inward=True),
    "associated": Relation(flows=False, inward=False),
}

# From what a model is made of to the endpoint that serves it.
SERVING: Final = ("configures", "hosts", "deploys", "instantiates", "loads", "provides")

TAKING: Final = ("reads", "may-read")
WRITING: Final = ("writes", "may-write")


def carries_model(relation: str, usage: str) -> bool:
    """Whether an edge leads from what a model is made of on to the endpoint that serves it: an image is no model."""
    return relation in SERVING and (relation != "provides" or usage == "model")


def takes_model(relation: str, usage: str) -> bool:
    """Whether what an edge brings is a model, not data to make one of."""
    return relation == "loads" or usage == "model"


# The channels of the SDK's remote functions, steps and notebook jobs: what such a job reads stands in its code.
OPAQUE_CHANNELS: Final = frozenset(
    {
        "sagemaker_remote_function_bootstrap",
        "pre_exec_script_and_dependencies",
        "sagemaker_headless_execution_pipelinestep",
    }
)

# What a channel is for, by its name: the only thing that tells. Lower case; what is not here is data.
# The technical channels are those of the SageMaker Python SDK (remote functions, steps, notebook jobs).
CHANNEL_USAGE: Final[dict[str, str]] = {
    "model": "model",
    "sagemaker.modelartifact": "model",  # so trial components name it
    "code": "code",
    "conf": "code",
} | dict.fromkeys(OPAQUE_CHANNELS, "code")


# What a text that people give a job is for, by its name: the code that the SDK puts beside it, and what a repack job unpacks.
MENTIONED_USAGE: Final[dict[str, str]] = {
    "sagemaker_submit_directory": "code",
    "source_dir": "code",
    "model_archive": "model",
}


class Trait(StrEnum):
    """What a kind is to the questions, where no field of the API tells."""

    PLACE = "place"  # it is no record, but data, an artifact or code that lies somewhere
    SHOWN_BESIDE = "shown-beside"  # pictures leave it out, unless it is asked for
    SERVES = "serves"  # what it is asked gets out of it only where it writes
    HOLDS_MODEL = "holds-model"  # it has containers, and one that names no artifact hides what it was made of
    REGISTERS = "registers"  # it is a version in the registry: of its specifications, who uses it names one
    LEARNS = "learns"  # what it reads as data, its own model learnt; what others read that it spawned or came after is indirect
    MEASURES = "measures"  # it asks a model of data, or looks at data beside one: who reads for it does not train by that
    REPACKS = "repacks"  # one that trains nothing put code beside a model, or measured one
    PREPARES = "prepares"  # it makes data of data: it is told with the place that it wrote
    RECORDS = "records"  # it is a run: it stands for what somebody did, with a job or without
    GROUPS = "groups"  # a crawl follows its members to it
    VERSIONED = "versioned"  # its ARN ends in a version, and others may own it: it is read by its ARN
    TRAINED_UNREAD = "trained-unread"  # another service trained it, on what no record here tells
    TAKES_OUT = "takes-out"  # another service takes a model there, where nothing follows it


@dataclass(frozen=True, slots=True)
class Reference:
    """One field that names something else.

    `template` builds the location from sibling fields where the field alone is not the whole of it.
    """

    path: str
    relation: str
    to: str = LOCATION
    role: str = ""  # the sibling field that tells the role, or "=text" for the text itself
    usage: str = ""  # data, model, code, checkpoint, baseline; for a channel that says nothing else: by its name
    span: Span | None = None  # how many keys a location stands for; None: as `data_type` and `input_mode` say
    data_type: str = ""
    attributes: str = ""  # the sibling that names what is read of each line of an augmented manifest
    input_mode: tuple[str, ...] = ()
    template: str = ""
    bare: str = ""  # the switch that means, where it is on: the field alone is the whole location, and no template fills it
    digest: str = ""  # the sibling that holds the ETag of what lies there
    content: str = ""  # the map whose entries may say, for a role, which content was there (`pins.py`)
    paired: bool = False  # of several values, one may name a bucket and another one the prefix in it
    definition: str = ""  # the sibling that is the pipeline's definition, which says what this is for
    sql: bool = False  # it is a query, in the language of the template's scheme: each table that it names is meant
    continuous: str = ""  # the sibling whose value "Continuous" means: written all the while, not at the end
    open_ended: str = ""  # the sibling whose value "MultiModel" means: a whole prefix, read for ever
    select: str = ""  # the sibling that says which part of the target is meant; it becomes the usage
    when: tuple[str, str] = ("", "")  # a sibling, and the value without which the field means something else
    reused: tuple[str, ...] = ()  # siblings of which one's presence means: made by another record; the usage says `reused`
    own: str = ""  # `place`: what this record is the name of lies here; `name`: it is called so, too
    weights: bool | None = None  # of a map of variables, those alone that name weights (`weights.py`), or all the others
    inverse: bool = False  # the named thing says it of the record, not the record of the named thing
    evidence: str = "declared"


@dataclass(frozen=True, slots=True)
class Finder:
    """How the records of another kind that belong to this one are found: a List call filtered by one of our fields.

    `parents` names the field under which the found names join the record of the asking kind (and not the other way).
    """

    kind: str
    operation: str
    parameter: str
    value: str
    parents: str = ""


@dataclass(frozen=True, slots=True)
class Extra:
    """A member of the record that only another List call gives: filtered by `parameter`, put into the body as `member`."""

    member: str
    operation: str
    parameter: str
    value: str


@dataclass(frozen=True, slots=True)
class Kind:
    """One resource kind. What is left empty follows the API's own naming (`DescribeX` gives `XName`, `XArn`, …)."""

    name: str
    describe: str = ""
    list: str = ""
    search: str = ""
    search_within: str = ""  # the member of a Search record that is the record: a dashboard stands around it
    search_time: str = "CreationTime"  # by what a Search for all of them is ordered and cut into windows; "": not known
    called: str = ""  # what its Name and Arn fields begin with, where `describe` does not tell
    listed_as: str = ""  # the same in the summaries of its List call
    wrapped: str = ""  # the member of Describe's answer that holds the whole record
    keys: tuple[str, ...] = ()  # the parameters of `describe`, where there are several: in the order of its ARN
    list_with: tuple[tuple[str, str], ...] = ()  # what its List call must be told to list all
    list_by: tuple[str, str] = ("", "")  # a parameter, and the kind whose every name it takes; no kind: each of `list_values`
    list_values: tuple[str, ...] = ()  # what that parameter can be, where it is no name: a service may not know all of it
    carried_by: str = ""  # the kind whose Search records hold whole records of this one, as their source
    doubts: tuple[str, ...] = ()  # `A.B`, `!A.B`, `A.B!=x`, `…&…`: a Search record of which one holds leaves something out
    search_lacks: tuple[str, ...] = ()  # what no Search record has, and what can be done without
    extras: tuple[Extra, ...] = ()
    unpublished: tuple[str, ...] = ()  # switches that answers have and no botocore knows: one that is on changes other fields
    summaries: bool = False  # the List call's summary is the record
    between: tuple[str, ...] = ()  # it is no node, but an edge: the fields of its source, its target and its role
    borrows: tuple[str, str, str] = ("", "", "")  # of a record of a kind, which a field names, a member: below that kind's noun
    accrues: bool = False  # only new ones come and what has ended stays as it is: a later crawl asks for the new ones
    tells_use: bool = False  # "not used" needs every one of them: a record may show that data went into training
    hints: bool = False  # people and SageMaker write it beside the records: by itself it shows no use
    trains: str = ""  # it fits models: `always`, or where it has this detail
    arn: str = ""  # the resource part of its ARN, as a pattern; default `<name>/.+`
    status: str = ""
    job: bool = False  # it runs: it reads and writes at times
    times: tuple[str, str] = ("", "")  # the fields that open and close the time in which it ran
    download: str = ""  # the secondary status during which File mode reads
    upload: str = ""  # the secondary status during which it writes what it made
    parts: tuple[str, ...] = ()  # what it consists of: each part should load a model of its own
    traits: tuple[Trait, ...] = ()
    references: tuple[Reference, ...] = ()
    finders: tuple[Finder, ...] = ()
    details: tuple[tuple[str, str], ...] = ()  # node attribute, path: what the answers need beyond the common ones
    console: str = ""  # the fragment of its console page
    shape: str = "box"
    colour: str = "#ffffff"

    @property
    def noun(self) -> str:
        """The API's own noun: `TrainingJob`."""
        return self.called or self.describe.removeprefix("Describe")

    @property
    def has_arns(self) -> bool:
        """Whether there are ARNs of this kind: not of places, of images, and of what no row knows."""
        return self.arn != "-"

    @property
    def only_named(self) -> bool:
        """Whether one is found only by whoever names it: no List call tells all of them."""
        return bool(self.describe and not self.list)


def reads(path: str, **words: object) -> Reference:
    return Reference(path, "reads", **words)  # type: ignore[arg-type]


def writes(path: str, **words: object) -> Reference:
    return Reference(path, "writes", **({"span": Span.FOLDER} | words))  # type: ignore[arg-type]


def loads(path: str, **words: object) -> Reference:
    return Reference(path, "loads", **({"usage": "model"} | words))  # type: ignore[arg-type]


def provides(path: str, to: str = IMAGE, **words: object) -> Reference:
    return Reference(path, "provides", to, **words)  # type: ignore[arg-type]


def refers(path: str, to: str, relation: str, **words: object) -> Reference:
    return Reference(path, relation, to, **words)  # type: ignore[arg-type]


def mentions(path: str, **words: object) -> Reference:
    """A field in which people may write an S3 URI, and nothing says what for."""
    return Reference(path, "mentions", **({"evidence": "logged"} | words))  # type: ignore[arg-type]


def named_weights(path: str, relation: str = "loads", **words: object) -> Reference:
    """The weights that variables of an environment name: people write them there, and a container may load them."""
    return Reference(path, relation, **({"usage": "model", "span": Span.FOLDER, "evidence": "logged", "weights": True} | words))  # type: ignore[arg-type]


def owns(path: str, to: str, **words: object) -> Reference:
    """A field that names a member of this record."""
    return refers(path, to, "member-of", inverse=True, **words)


def generated_by(path: str = "MetadataProperties.GeneratedBy") -> Reference:
    """Pipelines write the execution's ARN here; people may write anything."""
    return refers(path, ANY, "member-of", evidence="logged")
