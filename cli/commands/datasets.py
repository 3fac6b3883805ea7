"""`lineage datasets`: what data something was made of, and whether that includes any of a list of holdouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from ..render.attested import attestation_said
from ..render.datasets import datasets_text, holdouts_text, rest_of
from ..render.html import About
from ..render.indented import indented
from ..render.lines import attested_by
from ..render.listing import FORMS, cells_as, json_lines
from ..render.words import first_line
from .completing import complete_node
from .options import attestations_option, fail_on_option, format_option, out_option, snapshot_option, uncollected, write
from .questions import USAGE_VERDICTS, gate, gated_all, verdict_on
from .scoped import tell_about
from .subjects import asked_for, exact_option, from_option, insisted

if TYPE_CHECKING:
    import lineage

Row = dict[str, Any]
_DATA = ("how", "job", "channel", "usage", "uri", "state", "data_type", "input_mode", "covers", "pinned", "time")
_DATASETS = (*_DATA, "made_by", "variants", "id")
_RESTS = ("without", "attestations")
_HOLDOUTS = ("uri", "verdict", "job", "channel", "cover", "location", "through", "variants", "holes", "id")


@click.command(
    short_help="What data was this model or endpoint made of?",
    epilog="""\b
    Examples:
      lineage datasets loans-live                             an endpoint, variant by variant
      lineage datasets training-job/Loans-Fit-0042 -f csv     or a job, a model, a package
      lineage datasets loans-live --holdouts holdouts.txt --fail-on used,used-indirectly,possible
    """,
)
@click.argument("node", shell_complete=complete_node)
@from_option("Check whether any S3 URI in this file was used, one per line (- for stdin). # lines are skipped.", "--holdouts")
@exact_option
@snapshot_option
@format_option(*FORMS)
@out_option
@fail_on_option(*USAGE_VERDICTS, more=" Exit with 4 where a gap could hide one of them. Needs --holdouts.")
@attestations_option
@uncollected
def datasets(
    node: str,
    sources: tuple[str, ...],
    exact: bool,
    snapshot: str,
    form: str,
    out: str | None,
    fail_on: tuple[str, ...],
    vouched: dict[str, Any],
) -> int:
    """List the data that NODE (a job, model, package or endpoint) was made of.

    NODE is a name, `kind/name`, an ARN, a console URL or an id. The answer lists each channel of the jobs that made it, and of
    the jobs upstream of them: whether and when it was read, how much of the location the job read, who wrote it, and whether a
    version is pinned. Base models, checkpoints and code are listed separately. Data that a job both trained and evaluated on
    is reported.

    With --holdouts, the answer says for each S3 URI whether it was used to make NODE. `lineage used` asks the same of the whole
    account.
    """
    import lineage

    if fail_on and not sources:
        raise click.UsageError("--fail-on needs --holdouts FILE")
    holdouts = asked_for((), sources) if sources else []
    with lineage.open_snapshot(snapshot) as opened:
        answer = lineage.datasets(opened, node, holdouts=insisted(opened, holdouts, exact=exact), **vouched)
    text = holdouts_text if sources else datasets_text
    about = About(lambda: first_line(text(answer, colour=False)), lambda: rest_of(answer))
    if form == "json":
        write(indented(answer.as_json()), out)
    elif form == "jsonl":
        write(json_lines(answer.holdouts if sources else answer.datasets), out)
    elif form == "table":
        write(text(answer, colour=not out), out)
    else:
        table = holdouts_table(answer, vouched=bool(vouched)) if sources else datasets_table(answer)
        write(cells_as(form, *table, about=about), out)
    if form not in ("json", "table"):
        tell_about(about, form)
    left = "left_open" if vouched else "holes"
    codes: dict[int, str] = {}
    for row in answer.holdouts:
        codes.setdefault(gate(row["verdict"], range(row[left]), fail_on), verdict_on(row["uri"], row["verdict"]))
    return gated_all(codes, fail_on)


def datasets_table(answer: lineage.Datasets) -> tuple[list[str], list[list[Any]]]:
    """The columns and rows of what something was made of."""
    return list(_DATASETS), [[row[name] for name in _DATASETS] for row in map(_dataset, _told(answer))]


def holdouts_table(answer: lineage.Datasets, *, vouched: bool) -> tuple[list[str], list[list[Any]]]:
    """The columns and rows of the holdouts; where it is `vouched` for holes, with what each verdict rests on."""
    columns = [*_HOLDOUTS[:-1], *(_RESTS if vouched else ()), _HOLDOUTS[-1]]
    return columns, [[row[name] for name in columns] for row in map(_holdout, answer.holdouts)]


def _told(answer: lineage.Datasets) -> list[Row]:
    """The reads, then what is odd about them, and what is unknown."""
    odd = [
        {
            "how": found["verdict"],
            "job": found["job"],
            "channel": " and ".join(found["channels"]),
            "uri": " ".join(found["uris"]),
        }
        for found in answer.overlaps
    ]
    broken = [{"how": "broken", "job": one["at"], "uri": one["at"]["id"], "state": one["reason"]} for one in answer.breaks]
    holes = [{"how": "hole", "uri": one["subject"], "state": one["reason"] + attested_by(one)} for one in answer.scope["holes"]]
    rests = [
        {"how": "attestation", "uri": row["hole"]["subject"], "state": attestation_said(row)}
        for row in answer.rests.attestations
    ]
    return [*answer.datasets, *odd, *broken, *holes, *rests]


def _dataset(row: Row) -> Row:
    job = row.get("job") or {"name": "", "id": ""}
    how = row.get("how") or ("indirect" if row["indirect"] else "direct")
    made_by = ",".join(one["name"] for one in row.get("makers", ()))
    variants = ",".join(filter(None, (one["variant"] for one in row.get("models", ()))))
    told = {"how": how, "job": job["name"], "id": job["id"], "made_by": made_by, "variants": variants}
    return {name: row.get(name) for name in _DATASETS} | told


def _holdout(row: Row) -> Row:
    job = row["job"] or {"name": "", "id": ""}
    through = ",".join(one["name"] for one in row["through"])
    variants = ",".join(one["variant"] for one in row["models"])
    ids = ",".join(one["id"] for one in row.get("attestations", ()))
    rests = {"without": row.get("verdict_without_attestations", ""), "attestations": ids}
    return row | {"job": job["name"], "id": job["id"], "through": through, "variants": variants} | rests
