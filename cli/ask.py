"""`lineage trace` and `lineage used`: the questions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .options import fail_on_option, format_option, out_option, snapshot_option, tsv, write
from .render import trace_text, usage_text

if TYPE_CHECKING:
    import lineage

    Answer = lineage.Trace | lineage.Usage

Rows = list[list[Any]]
FAIL, INCONCLUSIVE = 1, 4


@click.command(
    epilog="""\b
    Examples:
      lineage trace loans-live
      lineage trace loans-live --format json | jq '.training_jobs[].name'
      lineage trace loans-live --fail-on partial,broken       a CI gate
    """
)
@click.argument("endpoint")
@snapshot_option
@format_option("table", "json", "tsv")
@out_option
@fail_on_option("traced", "partial", "broken")
def trace(endpoint: str, snapshot: str, form: str, out: str | None, fail_on: tuple[str, ...]) -> int:
    """Which run, training job and data made what ENDPOINT (a name or an ARN) serves.

    Prints a tree: variant, model, artifact, the job that made it, and what that job read, with the run and experiment
    beside the job. Where the chain breaks it says where, why and what would mend it.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        found = _endpoint(opened, endpoint)
        answer = lineage.trace(lineage.neighbourhood(opened, [found], "up"), found)
    _tell(answer, form, out, _trace_rows, trace_text)
    return FAIL if answer.verdict in fail_on else 0


@click.command(
    epilog="""\b
    Examples:
      lineage used s3://bank-ml/loans/holdout/
      lineage used s3://bank-ml/customers/4711.csv --fail-on used,used-indirectly,possible
    """
)
@click.argument("s3_uri")
@snapshot_option
@format_option("table", "json", "tsv")
@out_option
@fail_on_option("used", "used-indirectly", "possible", "declared-only", "not-referenced", "unknown")
def used(s3_uri: str, snapshot: str, form: str, out: str | None, fail_on: tuple[str, ...]) -> int:
    """Was the data at S3_URI (a prefix, an object, or a whole bucket) used for training?

    A yes names the jobs and the fields that say so. A no is only given where every job was read; a crawl that followed
    endpoints never proves one, and the answer is then `unknown`.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        answer = lineage.used(lineage.around_dataset(opened, s3_uri), s3_uri)
    _tell(answer, form, out, _usage_rows, usage_text)
    return _gate(answer, fail_on)


def _gate(answer: lineage.Usage, fail_on: tuple[str, ...]) -> int:
    """A verdict short of a use is inconclusive while a hole could hide one."""
    if answer.verdict in fail_on:
        return FAIL
    weak = answer.verdict == "unknown" or (answer.verdict == "declared-only" and answer.scope["holes"])
    return INCONCLUSIVE if fail_on and weak else 0


def _endpoint(snapshot: lineage.Snapshot, endpoint: str) -> str:
    """The node id of an endpoint of the snapshot, by name or ARN."""
    import lineage

    nodes = snapshot.of_kind("endpoint")
    wanted = endpoint.casefold()
    found = [node for node in nodes if wanted in (node.name.casefold(), node.id.casefold())]
    if len(found) == 1:
        return found[0].id
    if found:
        arns = ", ".join(str(node.arn) for node in found)
        raise lineage.UnknownNode(f"several endpoints are named {endpoint}: name one by its ARN: {arns}")
    names = ", ".join(node.name for node in nodes[:8]) + (", …" if len(nodes) > 8 else "")
    held = f"it holds {names}" if nodes else "it holds none"
    raise lineage.UnknownNode(
        f"no endpoint {endpoint} in {snapshot.path} ({held}); read it with `lineage crawl --endpoint {endpoint}`"
    )


def _tell(answer: Answer, form: str, out: str | None, rows: Callable[[Any], Rows], text: Callable[..., str]) -> None:
    """Print an answer in the format that was asked for."""
    if form == "json":
        write(json.dumps(answer.as_json(), indent=2, ensure_ascii=False) + "\n", out)
    elif form == "tsv":
        write(tsv(rows(answer)), out)
    else:
        write(text(answer, colour=not out), out)


def _trace_rows(answer: lineage.Trace) -> Rows:
    """The tree as rows, parents first: `level` counts the steps from the endpoint."""
    rows: Rows = [["level", "relation", "role", "kind", "name", "id", "status", "note"]]
    breaks = {found["at"]["id"]: f"broken: {found['reason']}: {found['detail']}" for found in answer.breaks}
    todo = [(0, answer.tree)]
    while todo:
        level, step = todo.pop()
        node = answer.nodes[step.node]
        note = breaks.get(step.node, step.note) if level else answer.verdict
        rows.append([level, step.relation, step.role, node["kind"], node["name"], step.node, node["status"] or "", note])
        todo += [(level + 1, below) for below in reversed(step.steps)]
    runs = [*answer.runs, *answer.experiments, *answer.pipeline_executions]
    return rows + [["", "member-of", "", row["kind"], row["name"], row["id"], row["status"] or "", ""] for row in runs]


def _usage_rows(answer: lineage.Usage) -> Rows:
    rows: Rows = [["verdict", "job", "kind", "channel", "cover", "location", "reason"]]
    for found in answer.findings:
        job = found["job"]
        rows.append([found["verdict"], job["id"], job["kind"], found["channel"], found["cover"], found["location"], ""])
    if not answer.findings:
        rows.append([answer.verdict, "", "", "", "", answer.subject["id"], ""])
    holes = answer.scope["holes"]
    return rows + [
        ["hole", hole["subject"], hole["operation"], "", "", "", f"{hole['reason']}: {hole['detail']}"] for hole in holes
    ]
