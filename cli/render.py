"""Answers as a person reads them: a tree for `trace`, a few lines for `used`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .options import plural

if TYPE_CHECKING:
    from rich.text import Text
    from rich.tree import Tree

    import lineage

_COLOURS = {
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
_SILENT_STATUS = ("InService", "Completed", None)
_WIDE = 10_000  # columns, where the output is no terminal: nothing is ever wrapped or cut there
_MAX_MAKERS = 3
_NOTES = {"above": "  (told in full elsewhere in this tree)", "possible": "  (possible: its times do not tell)"}


def trace_text(answer: lineage.Trace, *, colour: bool) -> str:
    """The tree from the endpoint up to the data, and the scope under it."""
    tree = _TraceTree(answer).build()
    return _printed(tree, *_trace_footer(answer), colour=colour)


def usage_text(answer: lineage.Usage, *, colour: bool) -> str:
    """The verdict, the findings, and what was looked at."""
    return _printed(*_usage_lines(answer), colour=colour)


def _printed(*parts: Any, colour: bool) -> str:
    from rich.console import Console

    terminal = sys.stdout.isatty() and colour
    console = Console(
        force_terminal=terminal,
        width=None if terminal else _WIDE,
        no_color=None if terminal else True,
        highlight=False,
        markup=False,
        emoji=False,
        soft_wrap=not terminal,
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part, overflow="fold")
    return "".join(f"{line.rstrip()}\n" for line in captured.get().splitlines())


def _text(*parts: str | tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*parts, overflow="fold")


class _TraceTree:
    """The answer's tree, with what one line can say put on one line."""

    def __init__(self, answer: lineage.Trace) -> None:
        self._answer = answer
        self._breaks = {found["at"]["id"]: found for found in answer.breaks}
        self._weights = _traffic(answer)

    def build(self) -> Tree:
        from rich.tree import Tree

        root = self._answer.tree
        node = self._answer.nodes[root.node]
        verdict = self._answer.verdict
        place = f"{node['account']} {node['region']}"
        head = (node["name"], "bold"), f" · endpoint · {node['status'] or 'status unknown'} · {place}"
        tree = Tree(_text((verdict.upper(), _COLOURS[verdict]), "  ", *head), guide_style="dim")
        # An explicit stack: a chain of continued trainings may be longer than Python's own.
        todo: list[tuple[Tree, Any]] = [(tree, step) for step in reversed(_skip_configs(root, self._answer))]
        self._broken(tree, root.node)
        while todo:
            above, step = todo.pop()
            branch = above.add(self._line(step))
            self._beside(branch, step.node)
            self._broken(branch, step.node)
            below = [one for one in step.steps if not self._makers(branch, step, one)]
            todo += [(branch, one) for one in reversed(below)]
        return tree

    def _line(self, step: Any) -> Text:
        node = self._answer.nodes[step.node]
        kind = node["kind"]
        if step.relation in ("deploys", "configures", "hosts") and kind != "endpoint-config":
            return _text(
                *self._variant(step), f"{_spaced(kind)} ", (node["name"], "bold"), _state(node), _NOTES.get(step.note, "")
            )
        if kind in ("dataset", "artifact", "code", "image"):
            role = f"{step.role}  " if step.role else ""
            usage = f"  ({step.usage})" if step.usage not in ("data", "model", "") and step.usage != step.role else ""
            list_only = "  (a manifest: what it lists was not read)" if step.manifest else ""
            return _text((role, "cyan"), step.node, usage, list_only, self._made_by(step))
        note = _NOTES.get(step.note, "")
        role = f"{step.role}  " if step.role and step.relation == "reads" else ""
        return _text((role, "cyan"), (node["name"], "bold"), f" · {_spaced(kind)}", _state(node), note)

    def _variant(self, step: Any) -> list[str]:
        if not step.role:
            return []
        if step.usage == "shadow":
            return [f"{step.role}, shadow · "]
        if step.usage == "instance-pool":
            return [f"{step.role}, on an instance pool of its own · "]
        if step.relation == "hosts":
            return [f"{step.role} · "]
        share = self._weights.get(step.role)
        return [f"{step.role}, {share:.0%} of traffic · ".replace("%", " %") if share is not None else f"{step.role} · "]

    def _made_by(self, step: Any) -> str:
        """A dataset's makers on its own line: they are told in full below it only where they have more to say."""
        makers = [one for one in step.steps if self._answer.nodes[one.node]["kind"] == "processing-job"]
        if not makers or step.usage != "data":
            return ""
        names = [self._maker(one) for one in makers[:_MAX_MAKERS]]
        more = f" and {len(makers) - _MAX_MAKERS} more" if len(makers) > _MAX_MAKERS else ""
        return f"  made by {', '.join(names)}{more}"

    def _maker(self, step: Any) -> str:
        name = str(self._answer.nodes[step.node]["name"])
        inputs = sorted({one.node for one in step.steps if one.usage == "data"})
        possible = " (possible: its times do not tell)" if step.note == "possible" else ""
        return f"{name}{possible}" + (f" from {', '.join(inputs)}" if inputs else "")

    def _makers(self, _: Tree, above: Any, step: Any) -> bool:
        """Whether the line above has said all of this step: a processing job whose inputs nobody made."""
        if above.usage != "data" or self._answer.nodes[step.node]["kind"] != "processing-job":
            return False
        plain = all(not one.steps and one.node not in self._breaks for one in step.steps)
        return plain and step in above.steps[:_MAX_MAKERS]

    def _beside(self, branch: Tree, node: str) -> None:
        """The runs that recorded a job, and their experiments, on a line of their own."""
        for run in self._answer.runs:
            if node in run["jobs"]:
                names = [row["name"] for row in self._experiments(run["id"])]
                branch.add(_text(("run ", "dim"), run["name"], *(f" · experiment {name}" for name in names)))

    def _experiments(self, run: str) -> list[dict[str, Any]]:
        members: dict[str, list[str]] = {}
        for edge in self._answer.evidence:
            if edge["relation"] == "member-of":
                members.setdefault(edge["source"], []).append(edge["target"])
        reached = {run, *members.get(run, ())}
        reached |= {above for trial in reached for above in members.get(trial, ())}
        return [row for row in self._answer.experiments if row["id"] in reached]

    def _broken(self, branch: Tree, node: str) -> None:
        found = self._breaks.get(node)
        if found:
            said = f"{found['reason']}: {found['detail']}"
            broken = branch.add(_text(("broken here", "bold red"), f"  {said}"))
            broken.add(_text(("to mend it", "dim"), f"  {found['repair']}"))


def _skip_configs(root: Any, answer: lineage.Trace) -> list[Any]:
    """The endpoint config says nothing to a person while it can be read; a second, pending one does."""
    steps: list[Any] = []
    for step in root.steps:
        node = answer.nodes[step.node]
        plain = node["kind"] == "endpoint-config" and node["observed"] and not step.role
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
    if node["kind"] in ("training-job", "processing-job"):
        day = str(node.get("ended") or node["created"] or "")[:10]
        idle = "" if node.get("trains", True) else " · puts code beside a model, trains nothing"
        return f" · {str(node['status'] or 'status unknown').lower()} {day}".rstrip() + idle
    approval = f" · {node['approval']}" if node.get("approval") else ""
    return approval + ("" if node["status"] in _SILENT_STATUS else f" · {node['status']}")


def _spaced(kind: str) -> str:
    return kind.replace("-", " ")


def _trace_footer(answer: lineage.Trace) -> list[Text]:
    holes = answer.scope["holes"]
    gaps = f"{plural(len(holes), 'gap')} on this path:" if holes else "No gaps on this path."
    return [
        _text(("Looked at: ", "dim"), f"{_looked_at(answer.scope)}. {gaps}"),
        *(_hole(hole) for hole in holes),
        *_notes(answer.caveats),
    ]


def _notes(caveats: list[str]) -> list[Text]:
    return [_text(("Note: ", "dim"), f"{caveat}.") for caveat in caveats]


def _looked_at(scope: dict[str, Any]) -> str:
    crawls = scope["crawls"]
    where = f"{plural(len(scope['accounts']), 'account')}, {plural(len(scope['regions']), 'region')}"
    if not crawls:
        return where
    last = crawls[-1]
    return f"{where}, crawled {last['started']} as {last['caller'].rpartition(':')[2]}"


def _usage_lines(answer: lineage.Usage) -> list[Text]:
    verdict, uri = answer.verdict, answer.subject["id"]
    jobs = {found["job"]["id"] for found in answer.findings}
    said = {
        "used": f"{plural(len(jobs), 'training job')} read {uri}",
        "used-indirectly": f"{plural(len(jobs), 'training job')} got something of {uri} through other jobs",
        "possible": f"{plural(len(jobs), 'job')} may have read {uri}",
        "declared-only": f"{plural(len(jobs), 'training job')} names {uri}, and never started reading",
        "not-referenced": f"no training names {uri}",
        "unknown": f"no training names {uri}, but {plural(len(answer.scope['holes']), 'hole')} could hide a use",
    }[verdict]
    lines = [_text((verdict.upper(), _COLOURS[verdict]), "  ", said)]
    lines += [_finding(found) for found in answer.findings]
    lines += [_text(f"  {found['job']['name']}  read it too, and trains nothing") for found in answer.also_read]
    lines += [_hole(hole) for hole in answer.scope["holes"]] if verdict not in ("used", "used-indirectly") else []
    return [*lines, _text(("Looked at: ", "dim"), f"{_looked_at(answer.scope)}."), *_notes(answer.caveats)]


def _finding(found: dict[str, Any]) -> Text:
    first, *rest = found["evidence"]
    covers = {"all": "covers all of it", "part": "covers part of it"}[found["cover"]]
    channel = f"channel {found['channel']} = {found['location']}" if found["channel"] else found["location"]
    makers = [edge["source"].rpartition("/")[2] for edge in rest if edge["relation"] == "writes"]
    via = f", made by {' and '.join(reversed(makers))} from {first['source']}" if makers else ""
    how = "names" if first["relation"] == "mentions" and not rest else "reads"
    return _text("  ", (found["job"]["name"], "bold"), f"  {how} {channel}{via}, which {covers}", _when(found["time"]))


def _when(time: str | None) -> str:
    begins = (time or "").partition("/")[0]
    return f"  {begins[:16].replace('T', ' ')}Z" if begins else ""


def _hole(hole: dict[str, Any]) -> Text:
    asked = f"{hole['operation']}: " if hole["operation"] else ""
    return _text(f"  {hole['region']}  ", (hole["reason"], "yellow"), f"  {asked}{hole['detail'] or hole['subject']}")
