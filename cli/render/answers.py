"""Answers as a person reads them: a tree for `trace`, a few lines for `used`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from shlex import quote
from typing import TYPE_CHECKING, Any

import lineage

from .attested import attestation_said, rest_lines, verdict_word
from .contents import contents_said
from .lines import (
    Line,
    footer,
    hole_line,
    hole_lines,
    is_terminal,
    listed,
    looked_and_noted,
    looked_lines,
    note_lines,
    printed,
    spaced,
    styled,
)
from .tables import table_lines
from .words import is_any, plural

if TYPE_CHECKING:
    from rich.tree import Tree

COLOURS = {
    "traced": "bold green",
    "partial": "bold yellow",
    "broken": "bold red",
    "used": "bold red",
    "used-indirectly": "bold red",
    "possible": "bold yellow",
    "declared-only": "yellow",
    "not-referenced": "bold green",
    "unknown": "bold magenta",
}
_MAX_MAKERS = 3
_NO_LISTS = "No list was read: the crawls only followed endpoints upstream."
_QUESTIONS_MEET = "gaps that appear only in answers are not listed here: `lineage gaps --attest-template` lists them."
_LOGGED = "  (logged: no job record says that it made this)"
_NOTES = {
    "above": "  (shown in full elsewhere in this tree)",
    "possible": "  (possible: its times are inconclusive)",
    "possible-around": "  (possible: another job also wrote there)",
    "possible-later": "  (possible: it wrote there after the first read)",
    "copy": "  (matched by content: what is served is a copy)",
    "possible-by-name": "  (possible: only a container's environment names what it made)",
    "possible-touched": "  (possible: the object was modified after that)",
    "possible-name": "  (possible: its name was used before)",
    "possible-changed": "  (possible: the package that names it was changed)",
    "possible-said": "  (possible: only text that people wrote says so)",
    "beside": "  (logged: a run also says that it made this)",
    "vendor": "  (vendor model: its training data is not known here)",
    "possible-copy": "  (possible: a copy, if its content was the same at the time)",
}
_NAMED_ONLY = "  (possible: only a text of the job names the location)"
_DEPLOYS = {"pending": " · is being deployed", "past": " · served before"}


def trace_text(answer: lineage.Trace, *, colour: bool) -> str:
    """The tree from the endpoint up to the data, and the scope under it."""
    tree = _TraceTree(answer).build()
    return printed(tree, *_trace_footer(answer), colour=colour)


def usage_text(answer: lineage.Usage, *, colour: bool) -> str:
    """The verdict, the findings, and what was looked at."""
    return printed(*_usage_lines(answer), colour=colour)


def usages_text(
    rows: list[dict[str, Any]],
    scope: dict[str, Any],
    caveats: list[str],
    rests: list[dict[str, Any]],
    *,
    left_open: str,
    colour: bool,
) -> str:
    """Many answers, one line each without the id, then what applies to all of them and the attestations that count.

    `left_open`: the first URI whose answer has a gap for which nobody vouches.
    """
    columns = list(rows[0])[:-1]
    head_row = ["gaps" if name == "holes" else name for name in columns]  # people say gap; `holes` is the name for programs
    head = printed(verdicts_line(Counter(row["verdict"] for row in rows)), colour=colour)
    table = rows_text([head_row, *([row[name] for name in columns] for row in rows)], colour=colour, least=("findings",))
    below = [*vouched_lines(rests), *more_lines(left_open), *looked_and_noted(looked_lines(scope), caveats)]
    return head + table + printed(*below, colour=colour)


def verdicts_line(counts: Counter[str]) -> Line:
    """How many URIs were asked about, by verdict."""
    said = ", ".join(f"{counts[verdict]:,} {verdict}" for verdict in COLOURS if counts[verdict])
    return styled((f"{plural(counts.total(), 'URI')}: ", "bold"), said)


def vouched_lines(rests: Iterable[dict[str, Any]]) -> list[Line]:
    """The attestations that some of many answers rest on."""
    return [styled(f"  {attestation_said(row)}") for row in rests]


def more_lines(left_open: str) -> list[Line]:
    """The note that gaps could hide more, if they could: of which URI, among others."""
    hint = f"gaps could hide more; `lineage used {quote(left_open)}` lists those of one URI."
    return [styled(("Note: ", "dim"), hint)] if left_open else []


def gaps_text(said: dict[str, Any], *, colour: bool) -> str:
    """The crawls, place by place what was listed, and what could not be read."""
    lines = [_crawl_line(crawl) for crawl in said["crawls"]]
    for place in dict.fromkeys((one["account"], one["region"]) for one in said["lists"]):
        lines += _place_lines(*place, [one for one in said["lists"] if (one["account"], one["region"]) == place])
    lines += [_lookup_line(one) for one in said["lookups"]]
    told = {one["kind"] for one in (*said["lists"], *said["lookups"])}
    gaps = [gap for gap in said["gaps"] if gap["subject"] not in told]
    lines += [styled(_NO_LISTS)] * _followed_only(said)
    lines += [hole_line(gap) for gap in said["empty"]]
    lines += [styled((f"{plural(len(gaps), 'other gap')}:" if gaps else "No other gaps.", "bold"))]
    lines += [hole_line(gap) for gap in gaps]
    if "attestations" not in said:
        lines += [styled(("Note: ", "dim"), _QUESTIONS_MEET)]
    else:
        lines += [styled((f"{plural(len(said['holes']), 'gap')} that appear only in answers:", "bold"))]
        lines += [hole_line(hole) for hole in said["holes"]]
        lines += [styled((f"{plural(len(said['attestations']), 'attestation')}:", "bold"))]
        lines += [styled(f"  {row['state']}  {attestation_said(row)}") for row in said["attestations"]]
    return printed(*lines, *_unknown_lines(said["notes"]), colour=colour)


def _followed_only(said: dict[str, Any]) -> bool:
    """Whether no crawl read a list. For accounts or regions that nobody has read, a gap says it."""
    return not said["lists"] and "narrowed" not in said


def beside_gaps(said: dict[str, Any], *, crawls: bool) -> list[Line]:
    """What lists and gaps do not show: the crawls, that they read no list, and which gaps are not listed here."""
    lines = [*map(_crawl_line, said["crawls"]), *([styled(_NO_LISTS)] * _followed_only(said))] if crawls else []
    return lines if "attestations" in said else [*lines, styled(("Note: ", "dim"), _QUESTIONS_MEET)]


def _unknown_lines(notes: list[dict[str, Any]]) -> list[Line]:
    """A line for each kind with response members that botocore does not know and that name nothing."""
    members: dict[str, set[str]] = {}
    for note in notes:
        members.setdefault(note["kind"], set()).add(note["member"])
    return [
        styled(
            ("Note: ", "dim"), f"botocore does not know {kind} members {', '.join(sorted(names))}: their values name nothing."
        )
        for kind, names in sorted(members.items())
    ]


def _crawl_line(crawl: dict[str, Any]) -> Line:
    what = "upstream of " + ", ".join(crawl["roots"]) if crawl["roots"] else f"{len(crawl['kinds'])} kinds"
    end = f"to {crawl['finished']}" if crawl["finished"] else "cut short"
    where = f"{plural(len(crawl['accounts']), 'account')}, {plural(len(crawl['regions']), 'region')}"
    who = f"by {crawl['caller'].rpartition(':')[2]}, lineage {crawl['tool']}, botocore {crawl['botocore']}"
    return styled((f"crawl {crawl['id']}", "bold"), f"  {crawl['started']} {end}  {where}  {what}  {who}")


def _place_lines(account: str, region: str, lists: list[dict[str, Any]]) -> list[Line]:
    """One line for each list that has records or did not finish; the empty ones are counted."""
    finished = [one for one in lists if one["state"] == "finished"]
    told = [one for one in lists if one not in finished or one["records"]]
    width = max((len(one["kind"]) for one in told), default=0)
    calls = sum(one["calls"] for one in lists)
    head = f"  {len(finished)} of {plural(len(lists), 'list')} finished, {plural(calls, 'call')}"
    lines = [styled((f"{account} {region}", "bold"), head)]
    for one in told:
        records = f"  {one['kind']:<{width}}  {one['records']:>9,}  "
        since = f" new since {one['since']}" if one["since"] else ""
        state = (one["state"], "green" if one["state"] == "finished" else "yellow")
        lines.append(styled(records, state, f"{since}  {one['operation']}", f": {one['detail']}" if one["detail"] else ""))
    empty = len(lists) - len(told)
    new = "new " if any(one["since"] for one in lists) else ""
    return [*lines, styled(f"  and {plural(empty, 'kind')} with no {new}records")] if empty else lines


def _lookup_line(one: dict[str, Any]) -> Line:
    """What CloudTrail said about one account and region."""
    state = (one["state"], "green" if one["state"] == "finished" else "yellow")
    found = f"  {plural(one['records'], 'deletion')} since {one['since']}, {plural(one['calls'], 'call')}  "
    said = f"  {one['operation']}{': ' if one['detail'] else ''}{one['detail']}"
    return styled(
        (f"{one['account']} {one['region']}", "bold"), f"  CloudTrail, asked {one['started']}: {found.strip()}  ", state, said
    )


def rows_text(rows: list[list[Any]], *, colour: bool, least: Sequence[str] = ()) -> str:
    """Rows as a table, the first one as its head. A terminal that is too narrow leaves out the `least` important columns."""
    return printed(*table_lines(rows, terminal=is_terminal(colour=colour), least=least), colour=colour)


class _TraceTree:
    """The tree of the answer. What fits on one line is put on one line."""

    def __init__(self, answer: lineage.Trace) -> None:
        self._answer = answer
        self._breaks: dict[str, list[dict[str, Any]]] = {}
        for found in answer.breaks:
            self._breaks.setdefault(found["at"]["id"], []).append(found)
        self._runs: dict[str, list[dict[str, Any]]] = {}  # of a job, and by their own ids
        for run in answer.runs:
            for one in dict.fromkeys((*run["jobs"], run["id"])):
                self._runs.setdefault(one, []).append(run)
        self._jobs = {row["id"]: row for row in answer.training_jobs}
        self._weights = _traffic(answer)
        self._not_yet: set[int] = set()  # the steps of a config that is being deployed: its variants have no traffic yet
        self._told = {step.node: step for step in _steps(answer.tree) if step.note != "above"}

    def build(self) -> Tree:
        from rich.tree import Tree

        root = self._answer.tree
        node = self._answer.nodes[root.node]
        verdict = self._answer.verdict
        place = f"{node['account']} {node['region']}"
        head = (node["name"], "bold"), f" · endpoint · {node['status'] or 'status unknown'} · {place}"
        logged = self._made_as_logged()
        only = f" · as people logged it: no job record says what made {listed(logged)}" if logged else ""
        tree = Tree(styled((verdict.upper(), COLOURS[verdict]), "  ", *head, only), guide_style="dim")
        # An explicit stack, because a chain of continued trainings may be longer than Python's own stack.
        todo: list[tuple[Tree, Any]] = [(tree, step) for step in reversed(_skip_configs(root, self._answer))]
        self._broken(tree, root.node)
        while todo:
            above, step = todo.pop()
            branch = above.add(self._line(step))
            if step.relation == "configures" and step.role == "pending":
                self._not_yet.update(map(id, step.steps))
            if step.note != "above":
                self._beside(branch, step.node)
            self._broken(branch, step.node)
            todo += [(branch, one) for one in reversed(step.steps) if not self._is_told_by(step, one)]
        return tree

    def _line(self, step: Any) -> Line:
        node = self._answer.nodes[step.node]
        kind, note = node["kind"], self._note(step)
        if step.relation in ("deploys", "hosts"):
            return styled(self._variant(step), f"{spaced(kind)} ", (node["name"], "bold"), _state(node), note)
        if is_any(kind, "place", "shown-beside"):
            role = f"{step.role}  " if step.role else ""
            usage = f"  ({step.usage})" if step.usage not in ("data", "model", "", step.role) else ""
            list_only = "  (a manifest: what it lists was not read)" if step.manifest else ""
            told = note if step.note in ("vendor", "possible-said", "possible-changed") else ""
            return styled((role, "cyan"), step.node, usage, list_only, told, self._made_by(step))
        note = _LOGGED if is_any(kind, "records") and step.evidence and step.note in ("", "possible") else note
        role = f"{step.role}  " if step.role and step.relation == "reads" else ""
        deploys = _DEPLOYS.get(step.role, "") if step.relation == "configures" else ""
        return styled((role, "cyan"), (node["name"], "bold"), f" · {spaced(kind)}", deploys, _state(node), note)

    def _made_as_logged(self) -> list[str]:
        """The artifacts that only a run names as its output: its people wrote that, and no job record."""
        made = (step for step in self._told.values() if step.steps and step.usage != "data" and lineage.is_place(step.node))
        return [step.node for step in made if all(one.evidence == "logged" for one in step.steps)]

    def _variant(self, step: Any) -> str:
        share = None if id(step) in self._not_yet else self._weights.get(step.role)
        words = {"shadow": "shadow", "instance-pool": "on an instance pool of its own"}
        said = words.get(step.usage) or (f"{share:.0%} of traffic".replace("%", " %") if share is not None else "")
        if not step.role or step.relation == "hosts":
            said = ""
        return "".join(f"{part} · " for part in [", ".join(filter(None, (step.role, said)))] if part)

    def _made_by(self, step: Any) -> str:
        """The makers of a dataset, on its own line. They are shown in full below it only if there is more to say about them."""
        makers = [one for one in step.steps if is_any(self._answer.nodes[one.node]["kind"], "prepares")]
        if not makers or step.usage != "data":
            return ""
        names = [self._maker(one) for one in makers[:_MAX_MAKERS]]
        more = f" and {len(makers) - _MAX_MAKERS} more" if len(makers) > _MAX_MAKERS else ""
        return f"  made by {', '.join(names)}{more}"

    def _maker(self, step: Any) -> str:
        name = str(self._answer.nodes[step.node]["name"])
        inputs = sorted({one.node for one in self._told.get(step.node, step).steps if one.usage == "data"})
        return f"{name}{self._note(step) if step.note.startswith('possible') else ''}" + (
            f" from {', '.join(inputs)}" if inputs else ""
        )

    def _note(self, step: Any) -> str:
        """How certain a step is, and how it is known."""
        return _NAMED_ONLY if step.relation == "may-write" and step.note == "possible" else _NOTES.get(step.note, "")

    def _is_told_by(self, above: Any, step: Any) -> bool:
        """Whether the line above says everything about this step: a processing job whose inputs nobody made."""
        if above.usage != "data" or not is_any(self._answer.nodes[step.node]["kind"], "prepares"):
            return False
        inputs = self._told.get(step.node, step).steps
        plain = all(not one.steps and one.node not in self._breaks for one in inputs)
        return plain and step in above.steps[:_MAX_MAKERS]

    def _beside(self, branch: Tree, node: str) -> None:
        """The runs that recorded a job, the subject of a run, or the execution that registered a package, one line each."""
        for run in self._runs.get(node, ()):
            if node in run["jobs"]:
                branch.add(styled(("run ", "dim"), run["name"], *self._memberships(run["id"])))
            if node == run["id"]:
                for job in run["other_jobs"]:
                    branch.add(styled(("of ", "dim"), job["name"], f" · {spaced(job['kind'])}", _state(job)))
        if is_any(self._answer.nodes[node]["kind"], "registers", "records"):
            for part in self._memberships(node):
                branch.add(styled(part.removeprefix(" · ")))
        for said in self._ran(node):
            branch.add(styled(said))

    def _ran(self, node: str) -> list[str]:
        """The pipeline executions that ran or reused a job, if the lines of its runs do not name them."""
        job = self._jobs.get(node)
        told = [run["id"] for run in self._runs.get(node, ()) if node in run["jobs"]]
        known = {part for run in told for part in self._memberships(run)}
        names = {row["id"]: str(row["name"]) for row in self._answer.pipeline_executions}
        ran, reused = ([names[one] for one in job[key]] if job else [] for key in ("ran_in", "reused_by"))
        if not reused and all(f" · pipeline execution {name}" in known for name in ran):
            return []
        parts = (("ran in pipeline execution ", ran), ("reused by ", reused))
        return [", ".join(word + " and ".join(some) for word, some in parts if some)]

    def _memberships(self, node: str) -> list[str]:
        """The experiments and pipeline executions that a run or a package belongs to; `logged` if only people say so."""
        edges = [edge for edge in self._answer.evidence if edge["relation"] == "member-of"]
        sure = _reached(node, [edge for edge in edges if edge["evidence"] != "logged"])
        reached = _reached(node, edges)
        rows = [row for row in (*self._answer.experiments, *self._answer.pipeline_executions) if row["id"] in reached]
        return [f" · {spaced(row['kind'])} {row['name']}{'' if row['id'] in sure else '  (logged)'}" for row in rows]

    def _broken(self, branch: Tree, node: str) -> None:
        for found in self._breaks.get(node, ()):
            said = f"{found['reason']}: {found['detail']}"
            broken = branch.add(styled(("broken here", "bold red"), f"  {said}"))
            broken.add(styled(("to fix it", "dim"), f"  {found['repair']}"))


def _reached(node: str, edges: list[dict[str, Any]]) -> set[str]:
    """All that a node belongs to, directly or not."""
    reached, frontier = {node}, {node}
    while frontier:
        frontier = {edge["target"] for edge in edges if edge["source"] in frontier} - reached
        reached |= frontier
    return reached


def _steps(root: Any) -> list[Any]:
    """Every step of a tree, parents first."""
    found, todo = [], [root]
    while todo:
        step = todo.pop()
        found.append(step)
        todo += step.steps
    return found


def _skip_configs(root: Any, answer: lineage.Trace) -> list[Any]:
    """Leaves out an endpoint config that was read and is the only one, because it adds nothing for a reader."""
    steps: list[Any] = []
    for step in root.steps:
        node = answer.nodes[step.node]
        plain = step.relation == "configures" and node["observed"] and not step.role
        broken = any(found["at"]["id"] == step.node for found in answer.breaks)
        steps += step.steps if plain and not broken else [step]
    return steps


def _traffic(answer: lineage.Trace) -> dict[str, float]:
    """Each production variant's share of the traffic, by the endpoint's current weights."""
    node = answer.nodes[answer.tree.node]
    pairs = dict(zip(node.get("variants") or (), node.get("weights") or (), strict=False))
    total = sum(pairs.values())
    return {name: weight / total for name, weight in pairs.items()} if total else {}


def _state(node: dict[str, Any]) -> str:
    if not node["observed"]:
        return " · not observed"
    if is_any(node["kind"], "repacks", "prepares"):
        day = str(node.get("ended") or node["created"] or "")[:10]
        idle = "" if node.get("trains", True) else " · adds code to a model, trains nothing"
        return f" · {str(node['status'] or 'status unknown').lower()} {day}".rstrip() + idle
    approval = f" · {node['approval']}" if node.get("approval") else ""
    return approval + ("" if lineage.is_as_expected(node["status"]) else f" · {node['status']}")


def gaps_said(answer: lineage.Trace) -> str:
    """How many gaps are on the path, as text after what was looked at. Where it is broken, that is one."""
    number = len(answer.scope["holes"])
    if answer.breaks and not number:
        at = listed(list(dict.fromkeys(str(found["at"]["name"]) for found in answer.breaks)))
        return f" {plural(len(answer.breaks), 'gap')} on this path: broken at {at}."
    return f" {plural(number, 'gap')} on this path:" if number else " No gaps on this path."


def _trace_footer(answer: lineage.Trace) -> list[Line]:
    return [
        *looked_lines(answer.scope, gaps_said(answer), hole_lines(answer.scope["holes"])),
        *rest_lines(answer.verdict, answer.rests),
        *note_lines(answer.caveats),
    ]


def _usage_lines(answer: lineage.Usage) -> list[Line]:
    verdict = answer.verdict
    lines = [styled((verdict_word(verdict, answer.rests), COLOURS[verdict]), "  ", _usage_head(answer))]
    lines += [_finding(found) for found in answer.findings]
    lines += [styled(f"  {found['job']['name']}  read it, and trains nothing") for found in answer.also_read]
    lines += rest_lines(verdict, answer.rests)
    return [*lines, *footer(answer, found=verdict in ("used", "used-indirectly"))]


def _usage_head(answer: lineage.Usage) -> str:
    """The verdict as a sentence, with 'at least' if gaps are open."""
    uri, holes = answer.subject["id"], lineage.left_open(answer.scope["holes"])
    jobs: dict[str, set[str]] = {}
    counted: set[str] = set()
    for found in answer.findings:  # the strongest first: a job counts once, by its strongest finding
        if found["job"]["id"] not in counted:
            jobs.setdefault(found["verdict"], set()).add(found["job"]["id"])
            counted.add(found["job"]["id"])
    if not jobs:
        but = f", but {plural(len(holes), 'gap')} could hide a use" if holes else ""
        return f"none of the training jobs that were read names {uri}{but}"
    words = {
        "used": "read {uri}",
        "used-indirectly": "used data from {uri}{stop} through a model or another job",
        "possible": "may have read {uri}",
        "declared-only": "named {uri} but read nothing from it",
    }
    first, *rest = jobs
    least = "at least " if holes else ""
    nouns = {verdict: _noun(answer.findings, some) for verdict, some in jobs.items()}
    around = _covered([found for found in answer.findings if found["job"]["id"] in jobs[first]], uri)
    what = words[first].format(uri=around or uri, stop="," if around else "")
    said = [f"{least}{plural(len(jobs[first]), nouns[first])} {what}"]
    sure = sum(verdict in ("used", "used-indirectly") for verdict in jobs)
    for one in rest:
        more = f"{len(jobs[one]):,} more" if nouns[one] == nouns[first] else plural(len(jobs[one]), nouns[one])
        said.append(f"{more} {words[one].format(uri='it', stop='')}")
    if channels := answer.only_measured():
        said[sure - 1] += _measured(channels, all_of=sure > 1)
    return "; ".join(said)


def _measured(channels: list[str], *, all_of: bool) -> str:
    """That what is proved is no more than a use for evaluation, as far as names of channels tell."""
    names = f"channel {channels[0]}, by its name an evaluation channel"
    if len(channels) > 1:
        names = f"channels {listed(channels)}, by their names evaluation channels"
    return f", {'all ' if all_of else ''}only as {names}"


def _covered(found: list[dict[str, Any]], uri: str) -> str:
    """The wider locations that cover this one, if some jobs read only these and no list names it; otherwise empty."""
    places = {one["evidence"][0]["source"] for one in found}
    wide = all(uri.startswith(place) and place.rstrip("/") != uri.rstrip("/") for place in places)
    if not wide or any(one["entry"] for one in found):
        return ""
    return f"{places.pop()}, which covers {uri}" if len(places) == 1 else f"{len(places)} locations that cover {uri}"


def _noun(findings: list[dict[str, Any]], some: set[str]) -> str:
    """The kind of these jobs, if they share one."""
    kinds = {found["job"]["kind"] for found in findings if found["job"]["id"] in some}
    return spaced(kinds.pop()) if len(kinds) == 1 else "resource"


def _finding(found: dict[str, Any]) -> Line:
    first = found["evidence"][0]
    covers = {"all": "covers all of it", "part": "covers part of it"}[found["cover"]]
    what = f"channel {found['channel']} = {found['location']}" if found["channel"] else found["location"]
    made = [job["name"] for job in reversed(found["through"])]
    weak = any(edge["relation"] == "may-write" or edge["evidence"] == "logged" for edge in found["evidence"])
    perhaps = "perhaps " if weak else ""
    via = f", {perhaps}made by {' and '.join(made)} from {first['source']}" if made else ""
    if first["relation"] == "mentions":
        what, via = f"{first['path'].removesuffix('.*')} {first['role']} names {first['source']}".replace("  ", " "), ""
    covers = f"lists {found['entry']} and {covers}" if found["entry"] else covers
    usage = f" (as {first['usage']})" if first["usage"] not in ("data", "") else ""
    opens = (found["time"] or "").partition("/")[0]
    when = f"  {'perhaps ' if found['verdict'] == 'possible' else ''}read from {opens}" if opens else ""
    status = found["job"]["status"]
    state = "" if lineage.is_as_expected(status) else f" ({status})"
    fits = ", and a model loads what it wrote" if found["evidence"][-1]["relation"] == "loads" else ""
    name, content = (found["job"]["name"], "bold"), contents_said(found["content"])
    said = f"{state}  {what}{via}, which {covers}{usage}{when}{fits}{content}"
    return styled("  ", (found["verdict"], "yellow"), "  ", name, said)
