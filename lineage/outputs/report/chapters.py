"""Sections 3 to 8 of a report, which are about one endpoint."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

from lineage.domain.kinds import ENDPOINT, MODEL
from lineage.domain.records import Json
from lineage.domain.text import counted as number
from lineage.domain.text import listed
from lineage.outputs.report.blocks import (
    NONE,
    NOT_APPLICABLE,
    NOT_KNOWN,
    NOT_ON_RECORD,
    Block,
    Cell,
    ChainPicture,
    Code,
    Facts,
    Head,
    Items,
    Para,
    Section,
    Table,
    Word,
    code,
    spaced,
    text,
)
from lineage.queries.used import UNKNOWN

_TOO_MANY = 300  # nodes above which a picture on paper is unreadable


def chapters(endpoints: list[Json]) -> Iterator[Section]:
    """The sections of each endpoint. With several endpoints, each is numbered by section and endpoint."""
    many = len(endpoints) > 1
    for place, one in enumerate(endpoints, 1):
        for section, (title, blocks) in enumerate(_SECTIONS, 3):
            own = f"{section}.{place}" if many else str(section)
            part = f"Endpoint {place} of {len(endpoints)}: {one['subject']['name']}" if many and section == 3 else ""
            yield Section(own, title, f"s{own.replace('.', '-')}", list(blocks(one)), part)


# --- 3 --------------------------------------------------------------------------------------------


def _system(one: Json) -> Iterator[Block]:
    told = one["system"]
    vpc = told["vpc"]
    yield Facts(
        [
            ("Endpoint", Code(told["arn"] or told["name"])),
            ("Status", text(told["status"])),
            ("Created", text(told["created"])),
            ("Last modified", text(told["modified"])),
            ("Endpoint config", _config(told)),
            ("KMS key", _of_config(told, told["kms_key"])),
            ("VPC", Code(f"{' '.join(vpc['subnets'])} ({' '.join(vpc['groups'])})") if vpc else _of_config(told, None)),
            ("Network isolation", _isolated(one)),
            ("Data capture", _capture(told["data_capture"])),
            ("Tags", _pairs(told["tags"])),
            ("Console", code(told["console"], NONE)),
        ]
    )
    head = ("Variant", "Use", "Model", "Traffic", "Instances", "Image by tag", "Image by digest")
    yield Table("Variants", head, [_variant(row, told["config_read"]) for row in told["variants"]], "No variant is known.")
    if len(one["nodes"]) <= _TOO_MANY:
        yield ChainPicture(f"The chain behind {told['name']}", one["nodes"], one["evidence"])
    else:
        yield Para(f"The chain has {len(one['nodes']):,} nodes: too many for a picture on paper. `lineage draw` draws it.")


def _isolated(one: Json) -> str:
    seen = sum(row["model"]["observed"] for row in one["models"] if row["model"]["kind"] == MODEL.name)
    unseen = "" if _all_read(one) else "; not known of what was not read"
    return f"{one['system']['models_isolated']} of {number(seen, 'model')}{unseen}" if seen else "not known: no model was read"


def _all_read(one: Json) -> bool:
    """Whether the config and each model that it names were read."""
    return bool(one["system"]["config_read"] and one["models"] and all(row["model"]["observed"] for row in one["models"]))


def _config(told: Json) -> Cell:
    if not told["config"]:
        return "not known"
    return Code(told["config"]["name"]) if told["config_read"] else f"{told['config']['name']} (not observed)"


def _of_config(told: Json, value: str | None) -> Cell:
    """What the config says. That it names none is known only if it was read."""
    if value:
        return Code(value)
    return "none" if told["config_read"] else "not known: the config was not read"


def _capture(capture: Json | None) -> str:
    if not capture:
        return "unknown"
    state = "on" if capture["enabled"] else "off"
    return f"{state}, {text(capture['percent'])} %, to {text(capture['destination'])}"


def _pairs(pairs: dict[str, str]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in sorted(pairs.items())) or "unknown"


def _variant(row: Json, config_read: bool) -> list[Cell]:
    """One variant. What only the config tells is not known unless it was read."""
    absent = NOT_ON_RECORD if config_read else NOT_KNOWN
    number_of = text(row["instances"], absent)
    instances = f"{number_of} × {row['instance_type']}" if row["instance_type"] else number_of
    tags, digests = ([image[key] for image in row["images"] if image[key]] for key in ("tag", "resolved"))
    return [
        row["name"],
        row["usage"],
        code(row["model"], NONE if config_read else NOT_KNOWN),
        text(row["share"], absent),
        instances,
        code(" ".join(tags)),
        code(" ".join(digests)),
    ]


# --- 4 --------------------------------------------------------------------------------------------


def _models(one: Json) -> Iterator[Block]:
    if not one["models"]:
        yield Para("No model is known.")
    for row in one["models"]:
        noun = spaced(row["model"]["kind"]).capitalize()
        yield Head(f"{noun} {row['model']['name']}")
        if not row["model"]["observed"]:
            yield Para("It is named and was not seen: it was deleted, or it could not be read.")
            continue
        yield Facts(
            [
                (noun, Code(row["arn"])),
                ("Created", text(row["created"])),
                ("Runs as", code(row["role"])),
                ("Network isolation", text(row["network_isolation"])),
                ("Tags", _pairs(row["tags"])),
            ]
        )
        yield _containers(row["containers"])
        if row["named_weights"]:
            yield Items(
                [
                    f"its environment variable {name} names {place}: no field tells whether a container loads it"
                    for name, place in row["named_weights"]
                ]
            )
    yield from _packages(one)


def _containers(rows: list[Json]) -> Table:
    head = ("Artifact", "ETag or digest", "Image", "Image by digest", "Mode", "Package or hub")
    cells = [
        [
            code(row["artifact"]),
            code(row["etag"]),
            code(row["image"]),
            code(row["image_digest"]),
            text(row["mode"]),
            code(row["package"] or row["hub"], NONE),
        ]
        for row in rows
    ]
    return Table("Containers", head, cells, "The record names no container.")


def _packages(one: Json) -> Iterator[Block]:
    rows = one["packages"]
    if not rows and _all_read(one):
        yield Para("No model package is behind it: no version and no approval is on record.")
    elif not rows:
        yield Para("Whether a model package is behind it is not known: its config or a model of it was not read.")
    for row in rows:
        yield Head(f"Model package {row['package']['name']}")
        version = f"{text(row['group'])}, version {text(row['version'])}"
        yield Facts(
            [
                ("Package", Code(row["package"]["id"])),
                ("Group and version", version),
                ("Approval", text(row["approval"])),
                ("Note on it", text(row["approval_note"])),
                ("Created", _when(row["created"], row["created_by"])),
                ("Last changed", _when(row["modified"], row["modified_by"])),
                ("Commit", text(row["commit"])),
                ("Repository", text(row["repository"])),
                ("Model card", "in the package" if row["model_card"] else "none in the package"),
            ]
        )
        yield _containers(row["containers"])


def _when(time: str | None, who: str | None) -> str:
    return f"{text(time)} by {who}" if who else f"{text(time)}, by whom is unknown"


# --- 5 --------------------------------------------------------------------------------------------


def _training(one: Json) -> Iterator[Block]:
    if not one["training"]:
        yield Para("No training job is known.")
    for row in one["training"]:
        yield Head(f"Training job {row['job']['name']}")
        if not row["trains"]:
            yield Para("It puts code beside a model or measures one, and trains nothing.", "note")
        yield Facts(_on_record(_job(row), was_read=row["job"]["observed"]))
        yield from _words("Hyperparameters", row["hyperparameters"])
        yield from _words("Environment", row["environment"])
    more = one["training_jobs"] - len(one["training"])
    if more:
        yield Para(f"{number(more, 'more training job')} further up the chain: `lineage trace` tells of them.")


def _on_record(facts: list[tuple[str, Cell]], *, was_read: bool) -> list[tuple[str, Cell]]:
    """The facts. Those that the record does not contain, or that are not known without one, are in one row at the end."""
    missing = [name for name, value in facts if value == NOT_ON_RECORD]
    why = "Not on record" if was_read else "Not known: the job was not read"
    return [*(fact for fact in facts if fact[1] != NOT_ON_RECORD), *([(why, ", ".join(missing))] if missing else [])]


def _instances(row: Json) -> str:
    spot = ", spot" if row["spot"] else ""
    return f"{text(row['instances'])} × {text(row['instance_type'])}{spot}" if row["instances"] else NOT_ON_RECORD


def _times(row: Json) -> str:
    times = [row[name] for name in ("created", "started", "ended")]
    return ", ".join(map(text, times)) if any(times) else NOT_ON_RECORD


def _job(row: Json) -> list[tuple[str, Cell]]:
    commit = row["commit"]
    ran = [f"{one['name']}{', step ' + one['step'] if one['step'] else ''}" for one in row["executions"]]
    return [
        ("Training job", Code(row["arn"] or row["job"]["id"])),
        ("Status", text(row["status"])),
        ("Created, started, ended", _times(row)),
        ("Ran as", code(row["role"])),
        ("Image", code(row["image"])),
        ("Algorithm", code(row["algorithm"])),
        ("Source", code(row["source_dir"])),
        ("Script", code(row["script"])),
        ("Commit", f"{commit['id']} ({commit['said_by']})" if commit else NOT_ON_RECORD),
        ("Instances", _instances(row)),
        ("Billed", f"{row['billable_seconds']:,} s" if row["billable_seconds"] is not None else NOT_ON_RECORD),
        ("Network isolation", text(row["network_isolation"])),
        ("Tuning job", code(row["tuning_job"])),
        ("Pipeline execution", "; ".join([*ran, *(f"reused by {one['name']}" for one in row["reused_by"])]) or NOT_ON_RECORD),
        ("Runs", ", ".join(run["name"] for run in row["runs"]) or NOT_ON_RECORD),
        ("MLflow", "; ".join(f"{key} {value}" for key, value in sorted((row["mlflow"] or {}).items())) or NOT_ON_RECORD),
        ("Artifact", code(row["output"])),
        ("Tags", _pairs(row["tags"])),
    ]


def _words(caption: str, words: dict[str, str]) -> Iterator[Block]:
    if words:
        yield Table(caption, ("Name", "Value"), [[Code(name), Code(value)] for name, value in words.items()])


# --- 6, 7, 8 --------------------------------------------------------------------------------------


def _data(one: Json) -> Iterator[Block]:
    told = one["data"]
    yield Para(f"{_counted(told['inputs'])}.")
    head = ("Channel", "For", "Place", "State", "As", "Type", "Version named", "Made by", "Job")
    direct = [row for row in told["inputs"] if not row["indirect"]]
    yield Table("What the jobs that made the models read", head, [_input(row) for row in direct], "No input is known.")
    if upstream := [row for row in told["inputs"] if row["indirect"]]:
        yield Table("What is upstream of that", head, [_input(row) for row in upstream])
    if told["overlaps"]:
        rows = [
            [row["job"]["name"], " and ".join(row["channels"]), Code(" ".join(row["uris"])), row["verdict"]]
            for row in told["overlaps"]
        ]
        yield Table("Channels of one job that share data", ("Job", "Channels", "Places", "How"), rows)
    yield Items(told["caveats"])


def _counted(rows: list[Json]) -> str:
    """How many locations there are, as the summary counts them, and what else is in the tables."""
    direct, upstream = (
        {row["uri"] for row in rows if row["usage"] == "data" and row["indirect"] is indirect} for indirect in (False, True)
    )
    others = Counter(row["usage"] for row in rows if row["usage"] != "data")
    more = [f"{usage} ({count})" for usage, count in sorted(others.items())]
    said = [number(len(direct), "declared input"), f"{len(upstream)} {'place' if len(upstream) == 1 else 'places'} upstream"]
    return f"{' and '.join(said)}{'; also ' + listed(more) if more else ''}"


def _input(row: Json) -> list[Cell]:
    mode = ", ".join(filter(None, (row["data_type"], row["input_mode"])))
    made = ", ".join(f"{one['name']}{'' if one['fit'] == 'certain' else ' (possibly)'}" for one in row["makers"])
    pinned = row["pinned"] if row["pinned"] != "no" else "no"
    return [
        text(row["channel"], NONE),
        row["usage"],
        Code(row["uri"]),
        row["state"],
        text(mode),
        text(row["content_type"]),
        text(pinned),
        text(made, "no known job"),
        row["job"]["name"],
    ]


def _evaluation(one: Json) -> Iterator[Block]:
    told = one["evaluation"]
    rows = [[row["job"], text(row["metric"]), text(row["last_value"]), text(row["time"])] for row in told["metrics"]]
    yield Table("Metrics of the training jobs", ("Job", "Metric", "Last value", "At"), rows, "No job tells a metric.")
    if rows:
        yield Para("A metric is the last value that the job wrote, which need not be its best one.", "note")
    rows = [[row["package"], row["what"], code(row["uri"], NONE), code(row["digest"])] for row in told["model_metrics"]]
    yield Table(
        "Evaluation documents of the packages",
        ("Package", "What", "Document", "Digest"),
        rows,
        "No package names one of these.",
    )
    none = "No holdouts were named for this report: `--holdouts` takes a file of them."
    rows = [
        [
            Code(row["uri"]),
            _both(row),
            text(row["job"], _nobody(row)),
            text(row["channel"], _nobody(row)),
            f"{row['location']} covers {row['cover']} of it" if row["location"] else _nobody(row),
            _holes(row),
        ]
        for row in told["holdouts"]
    ]
    yield Table("Holdouts", ("Place", "Used in making this endpoint?", "Job", "Channel", "By", "Gaps"), rows, none)
    if rows:
        yield Para(
            "Not-referenced: no job behind this endpoint that was read names this data. That is no proof that it was not used, "
            "and is about this endpoint only: `lineage used` asks about all jobs.",
            "note",
        )


def _nobody(row: Json) -> str:
    """What it means that no job is named for a holdout."""
    return NOT_KNOWN if row["verdict"] == UNKNOWN else "none known"


def _holes(row: Json) -> str:
    """How many gaps could hide a use of a holdout, and for how many people vouch."""
    vouched = row["holes"] - row.get("left_open", row["holes"])
    return f"{row['holes']}{f', {vouched} of them closed by attestations' if vouched else ''}"


def _both(row: Json) -> Cell:
    """A verdict, and what it would be without the attestations that it rests on."""
    bare, number_of = row.get("verdict_without_attestations", row["verdict"]), len(row.get("attestations", ()))
    if bare == row["verdict"]:
        return Word(row["verdict"])
    return f"{row['verdict']}, based on {number(number_of, 'attestation')}; {bare} without {'it' if number_of == 1 else 'them'}"


def _downstream(one: Json) -> Iterator[Block]:
    told = one["downstream"]
    if not told["asked"]:
        yield Para("No maker is known, so other models and endpoints that came from it could not be looked for.")
        return
    yield Para(
        "Other models and endpoints that came from the same training jobs, and which endpoints now serve what at least one of "
        "these jobs made."
    )
    head = ("Kind", "Id", "Sure", "Serves it", "Status")
    yield Table("Reached", head, [_reached(row) for row in told["reached"]], "Nothing else was found.")
    if told["not_asked"]:
        yield Para(f"{number(told['not_asked'], 'more maker')} not asked about.")
    yield Para("Shares to other accounts are not read: an account that was not crawled may hold copies.", "note")


def _reached(row: Json) -> list[Cell]:
    state = f"{text(row['status'])}, deleted {row['deleted']}" if row["deleted"] else text(row["status"])
    serves = row["serves"] if row["sure"] or row["serves"] != "now" else "perhaps"
    return [
        spaced(row["kind"]),
        Code(row["id"]),
        "sure" if row["sure"] else "possible",
        text(serves, NOT_KNOWN if row["kind"] == ENDPOINT.name else NOT_APPLICABLE),
        state,
    ]


_SECTIONS: tuple[tuple[str, Callable[[Json], Iterator[Block]]], ...] = (
    ("System overview", _system),
    ("Model identity", _models),
    ("Training provenance", _training),
    ("Data", _data),
    ("Evaluation", _evaluation),
    ("Downstream and impact", _downstream),
)
