"""The words that rows of the table use.

A path is plain: `A.B[].C`, where `[]` is each element of a list, a last `*` is each value of a map, and `{}` is the JSON
document in a text (botocore does not know its members). The sibling fields that a reference needs (`role`, `data_type`, …) are
looked up like variables. The lookup begins in the object that holds the field, then goes to each object around it, so a root
field may be named as well. A `*[]` is each element of each value of a map, and `A{}` is the JSON object in the text `A`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from lineage.domain.names import Span

LOCATION: Final = "location"  # the `to` of a reference that names a place, not a resource
IMAGE: Final = "image"
WEIGHTS: Final = "weights"
ANY: Final = ""  # the kind that the ARN says
ALLOWED: Final = "allowed"  # the evidence of a write to a place that a job was given, though no field says that it wrote there
REUSED: Final = "reused"  # the usage of what a record inherited from another one


class Relation(NamedTuple):
    """The meaning of an edge: whether data flows along it, whether it points to the record that names it, and in words.

    `verb` stands between source and target. The name of a relation is the word of the record that names it, so beside an
    arrow it would often read backwards.
    """

    flows: bool
    inward: bool
    verb: str


RELATIONS: Final[dict[str, Relation]] = {
    "reads": Relation(flows=True, inward=True, verb="is read by"),
    "writes": Relation(flows=True, inward=False, verb="writes"),
    # a job names the place in a text, not in a field for what it reads or writes
    "may-read": Relation(flows=True, inward=True, verb="may be read by"),
    "may-write": Relation(flows=True, inward=False, verb="may write"),
    # a record names a thing in a text, by its ARN or in an option: what the thing holds, made or answers may have gone into it
    "may-take": Relation(flows=True, inward=True, verb="may go into"),
    "overlaps": Relation(flows=True, inward=True, verb="shares keys with"),
    "loads": Relation(flows=True, inward=True, verb="is loaded by"),
    "provides": Relation(flows=True, inward=True, verb="is given to"),
    "instantiates": Relation(flows=True, inward=True, verb="is made into"),
    "deploys": Relation(flows=True, inward=True, verb="is deployed by"),
    "configures": Relation(flows=True, inward=True, verb="configures"),
    "hosts": Relation(flows=True, inward=False, verb="runs on"),
    "recorded-by": Relation(flows=False, inward=True, verb="is recorded by"),
    "member-of": Relation(flows=False, inward=False, verb="belongs to"),
    "mentions": Relation(flows=False, inward=True, verb="is named by"),
    "associated": Relation(flows=False, inward=False, verb="is associated with"),
}

# From a model's parts to the endpoint that serves it.
SERVING: Final = ("configures", "hosts", "deploys", "instantiates", "loads", "provides")

TAKING: Final = ("reads", "may-read")
WRITING: Final = ("writes", "may-write")


def carries_model(relation: str, usage: str) -> bool:
    """Whether an edge leads from a model's parts to the endpoint that serves it; an image is not such a part."""
    return relation in SERVING and (relation != "provides" or usage == "model")


def takes_model(relation: str, usage: str) -> bool:
    """Whether an edge carries a model, not data to make one from."""
    return relation == "loads" or usage == "model"


# The channels of the SDK's remote functions, steps and notebook jobs: only the code of such a job says what it reads.
OPAQUE_CHANNELS: Final = frozenset(
    {
        "sagemaker_remote_function_bootstrap",
        "pre_exec_script_and_dependencies",
        "sagemaker_headless_execution_pipelinestep",
        # the scheduler of notebooks in Studio, in JupyterLab, and outside SageMaker
        "sagemaker_headless_execution",
        "sagemaker_headless_execution_jupyterlab",
        "sagemaker_headless_execution_vanilla",
    }
)

# What a channel is for, by its name: no other field says it. Lower case; a channel that is not here is data.
# The technical channels are those of the SageMaker Python SDK (remote functions, steps, notebook jobs).
CHANNEL_USAGE: Final[dict[str, str]] = {
    "model": "model",
    "sagemaker.modelartifact": "model",  # its name in trial components
    "code": "code",
    "conf": "code",
    "sm_drivers": "code",
} | dict.fromkeys(OPAQUE_CHANNELS, "code")

# The names that the SDK, Data Wrangler, Clarify and Model Monitor give to what a program needs beside its data: scripts,
# libraries, a recipe. Somebody's data may be called so as well, so it is read as data; but it is not all that a job read.
BESIDE_DATA: Final = (
    "analysis_config",
    "entrypoint",
    "files",
    "flow",
    "jars",
    "post_analytics_processor_script_input",
    "py-files",
    "recipe",
    "record_preprocessor_script_input",
)


# What a text of a job is for, by its name: the code that the SDK passes, and what a repack job unpacks.
MENTIONED_USAGE: Final[dict[str, str]] = {
    "sagemaker_submit_directory": "code",
    "source_dir": "code",
    "model_archive": "model",
}


class Trait(StrEnum):
    """What a kind means to the questions, if no field of the API says it."""

    PLACE = "place"  # it is not a record, but stored data, an artifact or code
    SHOWN_BESIDE = "shown-beside"  # pictures show it only on request
    SERVES = "serves"  # the data of its requests leaves it only where it writes
    HOLDS_MODEL = "holds-model"  # it has containers, and one without an artifact hides what it was made from
    REGISTERS = "registers"  # it is a version in the registry: its user names one of its specifications
    LEARNS = "learns"  # its own model learnt what it reads as data; what its child jobs or predecessors read is indirect
    MEASURES = "measures"  # it asks a model about data, or inspects data beside one: jobs that read for it do not train on it
    REPACKS = "repacks"  # a job of it that trains nothing added code to a model, or measured one
    PREPARES = "prepares"  # it makes data from data: it is shown with the place that it wrote
    RECORDS = "records"  # it is a run: it stands for what somebody did, with or without a job
    GROUPS = "groups"  # a crawl follows its members to it
    VERSIONED = "versioned"  # its ARN ends with a version, and others may own it: it is read by its ARN
    TRAINED_UNREAD = "trained-unread"  # another service trained it, and no record here says on what
    TAKES_OUT = "takes-out"  # another service takes a model there, and nothing follows it


@dataclass(frozen=True, slots=True)
class Reference:
    """One field that names something else.

    `template` builds the location from sibling fields if the field alone is not the whole location.
    """

    path: str
    relation: str
    to: str = LOCATION
    role: str = ""  # the sibling field that gives the role, or "=text" for the text itself
    usage: str = ""  # data, model, code, checkpoint, baseline; for a channel without any: by its name
    span: Span | None = None  # how many keys a location stands for; None: `data_type` and `input_mode` say it
    data_type: str = ""
    attributes: str = ""  # the sibling that names what is read from each line of an augmented manifest
    input_mode: tuple[str, ...] = ()
    template: str = ""
    bare: str = ""  # a switch; if on, the field alone is the whole location, without the template
    digest: str = ""  # the sibling that holds the ETag of the object there
    content: str = ""  # the map whose entries may say, for a role, which content was there (`pins.py`)
    paired: bool = False  # one of its values may name a bucket and another one the prefix in it
    definition: str = ""  # the sibling with the pipeline's definition, which says what this is for
    sql: bool = False  # it is a query, in the language of the template's scheme: refers to each table in it
    continuous: str = ""  # the sibling whose value "Continuous" means: written during the whole run, not at the end
    open_ended: str = ""  # the sibling whose value "MultiModel" means: a whole prefix, read without end
    select: str = ""  # the sibling that says which part of the target is meant; it becomes the usage
    when: tuple[str, str] = ("", "")  # a sibling and its value: with another value the field means something else
    reused: tuple[str, ...] = ()  # if one of these siblings is present, another record made it; the usage says `reused`
    own: str = ""  # `place`: the thing that this record names is here; `name`: it also has this name
    weights: bool | None = None  # in a map of variables: only those that name weights (`weights.py`), or all others
    guessed: bool = False  # with `weights`: also the variables that are somebody's own and sound like weights
    varies: bool = False  # a later version of the record may name another thing there, even that of a job
    inverse: bool = False  # the named thing says it about the record, not the other way round
    evidence: str = "declared"


@dataclass(frozen=True, slots=True)
class Finder:
    """How to find the records of another kind that belong to this one: a List call filtered by one of our fields.

    `parents` names the field in which the asking record gets the found names (and not the other way round).
    """

    kind: str
    operation: str
    parameter: str
    value: str
    parents: str = ""


@dataclass(frozen=True, slots=True)
class Extra:
    """A part of the record that only another List call gives: filtered by `parameter`, put into the body as `member`."""

    member: str
    operation: str
    parameter: str
    value: str


@dataclass(frozen=True, slots=True, eq=False)  # there is one object for each kind: fast as a key
class Kind:
    """One resource kind. Empty words follow the API's own naming (`DescribeX` gives `XName`, `XArn`, …)."""

    name: str
    describe: str = ""
    list: str = ""
    search: str = ""
    search_within: str = ""  # the member of a Search record that is the record, inside a dashboard record
    search_time: str = "CreationTime"  # the property by which a Search for all is sorted and cut into windows; "": unknown
    called: str = ""  # how its Name and Arn fields begin, if `describe` does not say
    listed_as: str = ""  # the same in the summaries of its List call
    wrapped: str = ""  # the member of Describe's answer that holds the whole record
    keys: tuple[str, ...] = ()  # the parameters of `describe`, if several: in the order of its ARN
    list_with: tuple[tuple[str, str], ...] = ()  # the arguments with which its List call lists all
    list_by: tuple[str, str] = ("", "")  # a parameter, and the kind whose names it takes one by one; no kind: `list_values`
    list_values: tuple[str, ...] = ()  # the values of that parameter, if not names: a service may not know all of them
    carried_by: str = ""  # the kind whose Search records hold whole records of this one, as their source
    doubts: tuple[str, ...] = ()  # `A.B`, `!A.B`, `A.B!=x`, `…&…`: if one is true for a Search record, it is incomplete
    search_lacks: tuple[str, ...] = ()  # members that no Search record has and that are not needed
    extras: tuple[Extra, ...] = ()
    unpublished: tuple[str, ...] = ()  # switches in answers that no botocore knows: if on, they change other fields
    summaries: bool = False  # the List call's summary is the record
    between: tuple[str, ...] = ()  # it is an edge, not a node: the fields of its source, its target and its role
    borrows: tuple[str, str, str] = ("", "", "")  # a member of another kind's record that a field names: below its noun
    accrues: bool = False  # ended ones never change: a later crawl asks only for new ones
    constant: bool = False  # no call changes it: an ended one, or one without a status, is described only once
    tells_use: bool = False  # "not used" needs all of them: a record may show that data went into training
    hints: bool = False  # people and SageMaker write it beside the records: it does not prove a use
    trains: str = ""  # it fits models: `always`, or if it has this detail
    options: str = ""  # how options end whose values name one, in small letters without signs between words, as a pattern
    arn: str = ""  # the resource part of its ARN, as a pattern; default `<name>/.+`
    status: str = ""
    job: bool = False  # it runs: its reads and writes have times
    times: tuple[str, str] = ("", "")  # the fields that open and close the time in which it ran
    download: str = ""  # the secondary status during which File mode reads
    upload: str = ""  # the secondary status during which it writes what it made
    parts: tuple[str, ...] = ()  # its parts: each should load a model of its own
    traits: tuple[Trait, ...] = ()
    references: tuple[Reference, ...] = ()
    finders: tuple[Finder, ...] = ()
    details: tuple[tuple[str, str], ...] = ()  # node attribute and path, for answers that need more than the common ones
    console: str = ""  # the fragment of its console page
    shape: str = "box"
    colour: str = "#ffffff"

    def __repr__(self) -> str:
        return f"<Kind {self.name}>"

    @property
    def noun(self) -> str:
        """The API's own noun: `TrainingJob`."""
        return self.called or self.describe.removeprefix("Describe")

    @property
    def has_arns(self) -> bool:
        """Whether things of this kind have ARNs: places, images and things without a row do not."""
        return self.arn != "-"

    @property
    def only_named(self) -> bool:
        """Whether a record is found only through another that names it, because no List call returns all."""
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
    """A field in which people may write an S3 URI without a stated purpose."""
    return Reference(path, "mentions", **({"evidence": "logged"} | words))  # type: ignore[arg-type]


def named_weights(path: str, relation: str = "loads", **words: object) -> Reference:
    """The weights that environment variables name: people write them there, and a container may load them."""
    return Reference(path, relation, **({"usage": "model", "span": Span.FOLDER, "evidence": "logged", "weights": True} | words))  # type: ignore[arg-type]


def owns(path: str, to: str, **words: object) -> Reference:
    """A field that names a member of this record."""
    return refers(path, to, "member-of", inverse=True, **words)


def generated_by(path: str = "MetadataProperties.GeneratedBy") -> Reference:
    """Pipelines write the execution's ARN here; people may write anything."""
    return refers(path, ANY, "member-of", evidence="logged")
