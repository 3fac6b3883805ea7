"""`lineage trace`, `used`, `impact` and `path`."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from itertools import chain
from typing import TYPE_CHECKING, Any

import click

from ..render.answers import gaps_said, more_lines, trace_text, usage_text, usages_text, verdicts_line, vouched_lines
from ..render.attested import attestation_said, rest_said
from ..render.html import About
from ..render.impact import impact_pieces, may_serve, path_text, share
from ..render.indented import indented
from ..render.lines import Line, attested_by
from ..render.listing import FORMS, cells_as, json_line, json_lines, json_list, rows_as
from ..render.words import first_line, plural, say
from .completing import complete_node, complete_uri, names_of
from .filters import checked, endpoint_in, within_options
from .options import attestations_option, fail_on_option, format_option, out_option, snapshot_option, uncollected, write
from .scoped import HOLDING_SCOPE, aside, tell_about
from .subjects import AskedFor, asked_for, exact_option, from_option, insisted

if TYPE_CHECKING:
    import lineage

    Answer = lineage.Trace | lineage.Usage | lineage.Impact | lineage.Path

Rows = list[list[Any]]
Row = dict[str, Any]
FAIL, INCONCLUSIVE = 1, 4
_INCONCLUSIVE = " Exit with 4 where a gap could hide one of them."
USAGE_VERDICTS = ("used", "used-indirectly", "possible", "declared-only", "not-referenced", "unknown")  # strongest first
IMPACT_VERDICTS = ("reached", "possible", "nothing-found", "unknown")
TRACE_VERDICTS = ("broken", "partial", "traced")
PATH_VERDICTS = ("found", "possible", "nothing-found", "unknown")


@click.command(
    short_help="What made the models that an endpoint serves?",
    epilog="""\b
    Examples:
      lineage trace loans-live
      lineage trace loans-live --format json | jq '.training_jobs[].name'
      lineage trace loans-live --fail-on partial,broken       a CI gate
    """,
)
@click.argument("endpoint", shell_complete=names_of("endpoint"))
@snapshot_option
@within_options("endpoints")
@format_option(*FORMS)
@out_option
@fail_on_option("traced", "partial", "broken")
@attestations_option
@uncollected
def trace(
    endpoint: str,
    snapshot: str,
    form: str,
    out: str | None,
    fail_on: tuple[str, ...],
    within: dict[str, Any],
    vouched: dict[str, Any],
) -> int:
    """Show which run, training job and data made the models that ENDPOINT serves.

    ENDPOINT is a name, an ARN, or a URL of the console or of the runtime. The answer is a tree: variant, model, artifact, the
    job that made it, and the data that the job read. Where the chain breaks, it says where, why, and how to fix it.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        found = endpoint_in(opened, endpoint, within)
        answer = lineage.trace(opened, found, **vouched)
    _tell(answer, form, out, trace_rows, trace_text, gaps_said(answer))
    return gated(answer.verdict, (), fail_on, TRACE_VERDICTS)


@click.command(
    short_help="Was this data used for training?",
    epilog="""\b
    Examples:
      lineage used s3://bank-ml/loans/holdout/
      lineage used s3://bank-ml/customers/4711.csv --fail-on used,used-indirectly,possible
      lineage used s3://bank-ml/loans/ --account 111122223333 --region eu-west-1
      lineage used --from holdouts.txt --fail-on used,used-indirectly,possible    one line for each URI
      grep bank-ml holdouts.txt | lineage used --from - --format csv
    """,
)
@click.argument("s3_uris", metavar="[S3_URI]...", nargs=-1, shell_complete=complete_uri)
@from_option("Also ask about each S3 URI in this file, one per line (- for stdin). Blank lines and # lines are skipped.")
@snapshot_option
@format_option(*FORMS)
@out_option
@fail_on_option(*USAGE_VERDICTS, more=f"{_INCONCLUSIVE} With several URIs the worst answer counts.")
@exact_option
@within_options("jobs")
@attestations_option
@uncollected
def used(
    s3_uris: tuple[str, ...],
    sources: tuple[str, ...],
    snapshot: str,
    form: str,
    out: str | None,
    fail_on: tuple[str, ...],
    exact: bool,
    vouched: dict[str, Any],
    within: dict[str, Any],
) -> int:
    """Find out whether the data at S3_URI (a prefix, an object, or a whole bucket) was used for training.

    A yes names the jobs and the record fields that prove it. A no requires that every job was read, and every input of these
    jobs. If some were not, as after `crawl --endpoint`, the answer is `unknown`.

    With several URIs, each gets one line: the verdict, the number of findings, the job and channel of the strongest finding,
    and the number of gaps.
    """
    import lineage

    asked = asked_for(s3_uris, sources)
    with lineage.open_snapshot(snapshot) as opened:
        places = insisted(opened, asked, exact=exact)
        answers = lineage.used_all(opened, places, **checked(opened, within), **vouched)
    if not sources and len(asked) == 1:
        answer = next(answers)
        _tell(answer, form, out, usage_rows, usage_text)
        return gated(answer.verdict, lineage.left_open(answer.scope["holes"]), fail_on)
    codes: dict[int, str] = {}
    told = _Told(answers, codes, fail_on)
    columns = (*_USAGES[:-1], *(_RESTS if vouched else ()), _USAGES[-1])
    about = About(below=lambda: [*([told.summary()] if form == "html" else []), *told.below()])
    write(_usages(told, form, columns, about, colour=not out), out)
    if form not in HOLDING_SCOPE:
        tell_about(about, form)
    return gated_all(codes, fail_on)


class _Told:
    """Many answers, one after the other. Each may have thousands of findings, so only what applies to all answers is kept."""

    def __init__(self, answers: Iterable[lineage.Usage], codes: dict[int, str], fail_on: tuple[str, ...]) -> None:
        self._answers = answers
        self._codes = codes
        self._fail_on = fail_on
        self._caveats: dict[str, None] = {}
        self._unnamed: list[str] = []
        self.verdicts: Counter[str] = Counter()
        self.scope: dict[str, Any] = {}
        self.rests: dict[str, Row] = {}
        self.left_open = ""  # the first URI whose answer has a gap for which nobody vouches

    def __iter__(self) -> Iterator[lineage.Usage]:
        import lineage

        for answer in self._answers:
            left = lineage.left_open(answer.scope["holes"])
            code = gate(answer.verdict, left, self._fail_on)
            self._codes.setdefault(code, verdict_on(answer.subject["id"], answer.verdict))
            self.verdicts[answer.verdict] += 1
            self.left_open = self.left_open or (answer.subject["id"] if left else "")
            self.scope = answer.scope
            self.rests |= {row["id"]: row for row in answer.rests.attestations}
            self._unnamed += [] if answer.named else [answer.subject["id"]]
            self._caveats |= dict.fromkeys(answer.caveats[not answer.named :])
            yield answer

    def below(self) -> list[Line]:
        """What is said below the rows, when all of them were told."""
        return aside(self.scope, self.notes(), [*vouched_lines(self.rests.values()), *more_lines(self.left_open)])

    def summary(self) -> Line:
        """How many URIs there were, by verdict, when all of them were told."""
        return verdicts_line(self.verdicts)

    def notes(self) -> list[str]:
        """What applies to all of them, and which of them no record names."""
        import lineage

        more = f" and {len(self._unnamed) - _SHOWN:,} more" if len(self._unnamed) > _SHOWN else ""
        unnamed = [f"{lineage.UNNAMED} {', '.join(self._unnamed[:_SHOWN])}{more}"] if self._unnamed else []
        return [*unnamed, *self._caveats]


def _usages(answers: _Told, form: str, columns: tuple[str, ...], about: About, *, colour: bool) -> Iterator[str]:
    """Many answers: one line each, or as complete JSON."""
    if form == "jsonl":
        return json_lines(answer.as_json() for answer in answers)
    if form == "json":
        return json_list({"schema": "lineage.usages/1", "question": "usage"}, "answers", (one.as_json() for one in answers))
    if form == "table":
        rows = [{name: row[name] for name in columns} for row in map(_usage_line, answers)]
        said = answers.scope, answers.notes(), list(answers.rests.values())
        return iter([usages_text(rows, *said, left_open=answers.left_open, colour=colour)])
    return rows_as(form, columns, map(_usage_line, answers), about=about)


_SHOWN = 5  # places that a note names; the rest are counted
_USAGES = ("uri", "verdict", "findings", "job", "channel", "holes", "id")
_RESTS = ("without", "attestations")  # the verdict without attestations, and the attestations that count


def _usage_line(answer: lineage.Usage) -> dict[str, Any]:
    """One answer as a row: the first finding is the strongest one."""
    name, identity, channel = "", "", ""
    for first in answer.findings[:1]:
        name, identity, channel = first["job"]["name"], first["job"]["id"], first["channel"]
    found, holes = len(answer.findings), len(answer.scope["holes"])
    cells = (answer.subject["id"], answer.verdict, found, name, channel, holes, identity)
    rests = (answer.rests.without, ",".join(row["id"] for row in answer.rests.attestations))
    return dict(zip((*_USAGES, *_RESTS), (*cells, *rests), strict=True))


@click.command(
    short_help="Erasure request: which models were trained on this data?",
    epilog="""\b
    Examples:
      lineage impact s3://bank-raw/customers/4711.csv
      lineage impact Loans-Fit-0042                        or a training job, model, package, endpoint, experiment
      lineage impact model/Loans-Model-42 --format json | jq -r '.serving[]'
      lineage impact s3://bank-raw/customers/4711.csv --fail-on reached,possible        a CI gate
    """,
)
@click.argument("subject", metavar="NODE|S3_URI", shell_complete=complete_node)
@exact_option
@snapshot_option
@format_option(*FORMS)
@out_option
@fail_on_option(*IMPACT_VERDICTS, more=_INCONCLUSIVE)
@attestations_option
@uncollected
def impact(
    subject: str,
    exact: bool,
    snapshot: str,
    form: str,
    out: str | None,
    fail_on: tuple[str, ...],
    vouched: dict[str, Any],
) -> int:
    """Show everything that data, or a node, reached: jobs, artifacts, models, packages and endpoints.

    NODE is a name, `kind/name`, an ARN, a console URL or an id. The answer says which endpoints serve it now, and gives the
    path to each thing it reached, job by job and in order of time. `possible` means that the records do not prove it.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        asked = _end(opened, subject, exact=exact)
        answer = lineage.impact_row_by_row(opened, asked, **vouched)
    _tell(answer, form, out, impact_rows, impact_pieces)
    return gated(answer.verdict, lineage.left_open(answer.scope["holes"]), fail_on, IMPACT_VERDICTS)


@click.command(
    short_help="Show the shortest path between two things.",
    epilog="""\b
    Examples:
      lineage path s3://bank-raw/loans/2026-05/ loans-live
      lineage path training-job/Loans-Fit-0042 endpoint/loans-live --format json | jq '.evidence[].path'
      lineage path s3://bank-ml/loans/holdout/ loans-live --fail-on found,possible      a CI gate
    """,
)
@click.argument("source", metavar="FROM", shell_complete=complete_node)
@click.argument("target", metavar="TO", shell_complete=complete_node)
@exact_option
@snapshot_option
@format_option(*FORMS)
@out_option
@fail_on_option(*PATH_VERDICTS, more=_INCONCLUSIVE)
@attestations_option
@uncollected
def path(
    source: str,
    target: str,
    exact: bool,
    snapshot: str,
    form: str,
    out: str | None,
    fail_on: tuple[str, ...],
    vouched: dict[str, Any],
) -> int:
    """Show the shortest path of data from FROM to TO, with the record fields that prove each step.

    Each end is an S3 URI or a node (see `impact`). A proven path comes before a shorter one that is only possible. If both
    ends are the same node, the path is a loop.
    """
    import lineage

    with lineage.open_snapshot(snapshot) as opened:
        ends = [_end(opened, end, exact=exact) for end in (source, target)]
        answer = lineage.path(opened, *ends, **vouched)
        backwards = (
            not answer.evidence and answer.verdict != "found" and lineage.path(opened, *reversed(ends), **vouched).evidence
        )
    if backwards:
        say(f"lineage: there is a path the other way: lineage path {shlex.join((target, source))}")
    _tell(answer, form, out, path_rows, path_text)
    return gated(answer.verdict, lineage.left_open(answer.scope["holes"]), fail_on, PATH_VERDICTS)


def _end(opened: lineage.Snapshot, asked: str, *, exact: bool) -> str:
    """The S3 URI or the node that is asked about."""
    import lineage

    nothing = lineage.shows_nothing(asked)  # which is told as such, and not as a wrong S3 URI
    asked = lineage.from_url(asked)
    if nothing or not lineage.is_location(asked):
        return lineage.find_in(opened, asked)
    return insisted(opened, [AskedFor("", asked)], exact=exact)[0]


def gate(verdict: str, holes: Sized, fail_on: tuple[str, ...], verdicts: tuple[str, ...] = USAGE_VERDICTS) -> int:
    """The exit code.

    It is inconclusive if a gap could hide a verdict that the gate names. `verdicts` begins with the strongest.
    """
    if verdict in fail_on:
        return FAIL
    stronger = verdicts[: verdicts.index(verdict)]
    hidden = holes and set(stronger) & set(fail_on)
    return INCONCLUSIVE if hidden or (fail_on and verdict == "unknown") else 0


def gated(verdict: str, holes: Sized, fail_on: tuple[str, ...], verdicts: tuple[str, ...] = USAGE_VERDICTS) -> int:
    """The exit code of one answer. If it is not 0, stderr says why."""
    code = gate(verdict, holes, fail_on, verdicts)
    if code == FAIL:
        say(f"lineage: exit {FAIL}: the verdict is {verdict}, which --fail-on names")
    elif code:
        hidden = [one for one in verdicts[: verdicts.index(verdict)] if one in fail_on]
        _say_hidden(plural(len(holes), "gap") if holes else "what was not read", hidden)
    return code


def verdict_on(uri: str, verdict: str) -> str:
    return f"the verdict on {uri} is {verdict}"


def gated_all(codes: Mapping[int, str], fail_on: tuple[str, ...], verdicts: tuple[str, ...] = USAGE_VERDICTS) -> int:
    """The exit code of several answers: the worst one. If it is not 0, stderr says why.

    `codes` are those of the answers, each with the verdict that was the first to give it.
    """
    if FAIL in codes:
        say(f"lineage: exit {FAIL}: {codes[FAIL]}, which --fail-on names")
        return FAIL
    if INCONCLUSIVE in codes:
        _say_hidden(f"{codes[INCONCLUSIVE]}: what was not read", [one for one in verdicts[:-1] if one in fail_on])
    return max(codes, default=0)


def _say_hidden(what: str, hidden: list[str]) -> None:
    *most, last = hidden
    listed = f"{', '.join(most)} or {last}" if most else last
    say(f"lineage: exit {INCONCLUSIVE}: {what} could hide a verdict that --fail-on names ({listed})")


def _tell(
    answer: Answer,
    form: str,
    out: str | None,
    rows: Callable[[Any], Iterable[list[Any]]],
    text: Callable[..., Iterable[str]],
    more: str = "",
) -> None:
    """Print an answer in the requested format, with `more` about what was looked at. `rows` and `text` may come in pieces."""
    if form == "json":
        write(indented(answer.as_json()), out)
    elif form == "jsonl":
        write(json_line(answer.as_json()), out)
    elif form == "table":
        write(text(answer, colour=not out), out)
    else:
        about = About(lambda: first_line(text(answer, colour=False)), lambda: aside(answer.scope, answer.caveats, more=more))
        write(cells_as(form, *whole_rows(answer, rows), about=about), out)
        tell_about(about, form)


def whole_rows(answer: Any, rows: Callable[[Any], Iterable[list[Any]]]) -> tuple[list[Any], Iterator[list[Any]]]:
    """The columns of an answer, and its rows with those of what the verdict rests on."""
    body = iter(rows(answer))
    head = next(body)
    return head, chain(body, _rest_rows(answer, head))


def _rest_rows(answer: Answer, head: list[Any]) -> Rows:
    """What the verdict rests on, in the columns of the gaps: both verdicts, then each attestation."""
    what, last = "relation" if head[0] == "level" else head[0], head[-1]
    which = "id" if "id" in head else "source"
    said = rest_said(answer.verdict, answer.rests.without, len(answer.rests.attestations))
    rests = [{what: "rests", last: said}] * bool(said)
    rests += [
        {what: "attestation", which: row["hole"]["subject"], last: attestation_said(row)} for row in answer.rests.attestations
    ]
    return [[row.get(name, "") for name in head] for row in rests]


def trace_rows(answer: lineage.Trace) -> Rows:
    """The tree as rows, parents first, then what the nodes belong to. `level` counts the steps from the endpoint."""
    rows: Rows = [["level", "relation", "role", "usage", "kind", "name", "id", "status", "note"]]
    breaks: dict[str, str] = {}
    for found in answer.breaks:
        at, said = found["at"]["id"], f"broken: {found['reason']}: {found['detail']}"
        breaks[at] = "; ".join(filter(None, (breaks.get(at), said)))
    todo = [(0, answer.tree)]
    while todo:
        level, step = todo.pop()
        node = answer.nodes[step.node]
        notes = [breaks.get(step.node, ""), step.note, step.evidence, "manifest not read" if step.manifest else ""]
        notes += ["" if node.get("trains", True) else "trains nothing", "" if level else answer.verdict]
        common = [node["kind"], node["name"], step.node, node["status"] or ""]
        rows.append([level, step.relation, step.role, step.usage, *common, "; ".join(filter(None, notes))])
        todo += [(level + 1, below) for below in reversed(step.steps)]
    belongs = [edge for edge in answer.evidence if edge["relation"] in ("recorded-by", "member-of")]
    known = {row["id"]: row for row in [*answer.runs, *answer.experiments, *answer.pipeline_executions]}
    for edge in belongs:
        if row := known.get(edge["target"]):
            common = [row["kind"], row["name"], row["id"], row["status"] or ""]
            said = "; logged" if edge["evidence"] == "logged" else ""
            rows.append(["", edge["relation"], edge["role"], edge["usage"], *common, f"of {edge['source']}{said}"])
    holes = answer.scope["holes"]
    return [*rows, *(["", "hole", "", "", "", "", hole["subject"], hole["reason"], _said(hole)] for hole in holes)]


def usage_rows(answer: lineage.Usage) -> Rows:
    """A row for each finding, or one for the verdict; then the holes."""
    rows: Rows = [["verdict", "id", "channel", "cover", "location", "through", "time", "detail"]]
    for found in answer.findings:
        through = ",".join(job["id"] for job in found["through"])
        first = found["evidence"][0]
        detail = f"{first['relation']} {first['source']} {first['path']}"
        where = (found["channel"], found["cover"], found["location"], through)
        rows.append([found["verdict"], found["job"]["id"], *where, found["time"] or "", detail])
    if not answer.findings:
        rows.append([answer.verdict, answer.subject["id"], "", "", "", "", "", ""])
    return rows + [["hole", hole["subject"], "", "", "", "", "", _said(hole)] for hole in answer.scope["holes"]]


def impact_rows(answer: lineage.Impact) -> Iterator[list[Any]]:
    """A row for each thing that was reached, or one for the verdict; then what may serve it, and the holes."""
    yield ["sure", "kind", "name", "id", "status", "serves", "variants", "deleted", "through", "detail"]
    for row in answer.reached:
        variants = ",".join(share(one) for one in row.get("variants", ()))
        common = [row["kind"], row["name"], row["id"], row["status"] or "", row.get("serves") or "", variants]
        last = row["evidence"][-1]
        detail = f"{last['relation']} {last['source']} {last['path']}"
        sure = "sure" if row["sure"] else "possible"
        yield [sure, *common, row["deleted"] or "", ",".join(one["id"] for one in row["through"]), detail]
    if not answer.reached:
        yield [answer.verdict, answer.subject["kind"], "", answer.subject["id"], *[""] * 6]
    for row in may_serve(answer):
        yield ["possible", "endpoint", row["name"], row["id"], "", "perhaps", *[""] * 3, row["why"]]
    yield from (["hole", "", "", hole["subject"], *[""] * 5, _said(hole)] for hole in answer.scope["holes"])


def path_rows(answer: lineage.Path) -> Rows:
    """A row for each step; one for the verdict where it is not `found`; then the holes."""
    rows: Rows = [["step", "source", "relation", "target", "role", "usage", "path", "evidence", "time"]]
    for number, edge in enumerate(answer.evidence, 1):
        said = [edge["role"], edge["usage"], edge["path"], edge["evidence"], edge["time"] or ""]
        rows.append([number, edge["source"], edge["relation"], edge["target"], *said])
    if not answer.evidence and answer.verdict == "found":
        rows.append([0, answer.subject["id"], "", answer.target["id"], *[""] * 5])
    if answer.verdict != "found":
        rows.append([answer.verdict, answer.subject["id"], "", answer.target["id"], *[""] * 5])
    return rows + [["hole", hole["subject"], *[""] * 6, _said(hole)] for hole in answer.scope["holes"]]


def _said(hole: dict[str, Any]) -> str:
    return ": ".join(filter(None, (hole["reason"], hole["operation"], hole["detail"]))) + attested_by(hole)
