"""The sections of a report and their texts, which are the same in HTML and in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lineage.checks.findings import ATTESTED, NEW
from lineage.domain.names import is_arn
from lineage.domain.records import Json
from lineage.domain.text import counted as number
from lineage.domain.text import listed
from lineage.outputs.report.blocks import (
    NONE,
    NOT_APPLICABLE,
    NOT_KNOWN,
    Block,
    Cell,
    Code,
    Facts,
    Head,
    Items,
    Listing,
    Paper,
    Para,
    Section,
    Table,
    Verdict,
    WayBack,
    Word,
    code,
    spaced,
    text,
)
from lineage.outputs.report.chapters import chapters
from lineage.outputs.report.controls import EVIDENCED, NOT_DERIVABLE, PARTIAL
from lineage.outputs.report.evidence import METHODS
from lineage.outputs.report.facts import FACTS
from lineage.outputs.report.first_page import below_the_verdict
from lineage.outputs.report.vouching import control, warnings
from lineage.queries.attested import left_open

QUESTION = "Which run, which training job and which data produced what this endpoint serves?"
_NO_FIELD = "no such field"
_FEW = 3  # endpoints whose answers are on the first page in full


def paper(report: Json) -> Paper:
    """The sections of a report that is given as JSON."""
    document, endpoints = report["document"], report["endpoints"]
    sections = [
        Section("0", "Document control", "s0", list(_control(report))),
        Section("1", "The answer", "s1", list(_answers(endpoints))),
        Section("2", "Coverage and limitations", "s2", list(_coverage(report["coverage"]))),
        *chapters(endpoints),
        Section("9", "Findings", "s9", list(_findings(report["findings"]))),
        Section("10", "Change history", "s10", list(_changes(report["changes"]))),
        Section("11", "Control mapping", "s11", list(_controls(report["controls"]))),
        Section("12", "Evidence appendix", "s12", list(_evidence(endpoints))),
        Section("13", "How to reproduce this", "s13", list(_reproduce(report["reproduce"], document))),
    ]
    names = [one["subject"]["name"] for one in report["endpoints"]]
    under = [
        f"Endpoint {names[0]}" if len(names) == 1 else number(len(names), "endpoint"),
        f"as of {document['generated_at']}",
        f"report {document['report_id']}",
    ]
    foot = f"{document['report_id']} · {document['report_digest']}"
    first = [*warnings(document["snapshot"]), *_first_page(endpoints), *below_the_verdict(report)]
    return Paper(document["title"], document["classification"], under, first, sections, foot)


def _first_page(endpoints: list[Json]) -> list[Block]:
    if len(endpoints) <= _FEW:
        return [_verdict(one) for one in endpoints]
    counted = Counter(one["answer"]["verdict"] for one in endpoints)
    said = ", ".join(f"{counted[word]} {word}" for word in ("traced", "partial", "broken") if counted[word])
    head = ("Endpoint", "Verdict", "Made by", "Inputs", "Breaks", "Gaps")
    return [
        Para(f"Of {number(len(endpoints), 'endpoint')}: {said}.", "lead"),
        Table("Every endpoint", head, [_summed(one) for one in endpoints]),
    ]


def _verdict(one: Json) -> Verdict:
    told = one["answer"]
    return Verdict(Word(told["verdict"].upper()), one["subject"]["name"], told["sentence"])


def _summed(one: Json) -> list[Cell]:
    told, counts = one["answer"], one["answer"]["counts"]
    cells = (counts["datasets"], counts["breaks"], _gaps_counted(told["gaps"]))
    makers = [row["job"]["name"] for row in one["training"] if row["trains"]] or [f"run {name}" for name in one["runs"]]
    return [
        one["subject"]["name"],
        Word(told["verdict"].upper()),
        (", ".join(makers[:2]) + (f" and {len(makers) - 2} more" if len(makers) > 2 else "")) or "not known",
        *map(str, cells),
    ]


# --- 0, 1, 2 --------------------------------------------------------------------------------------


def _control(report: Json) -> Iterator[Block]:
    document = report["document"]
    tool, snapshot, earlier = document["tool"], document["snapshot"], document["previous"]
    asked = ", ".join(document["subject"]) or "all endpoints of the snapshot"
    yield Facts(
        [
            ("Report", Code(document["report_id"])),
            ("Report digest", Code(document["report_digest"])),
            ("Classification", text(document["classification"], NONE)),
            ("Subject, as typed", Code(asked)),
            ("As of", document["generated_at"]),
            *control(snapshot),
            ("Made with", f"{tool['name']} {tool['version']}, {document['schema']}"),
            *((f"Rests on {row['role']}", Code(f"{row['file']} {row['digest']}")) for row in document["rests_on"]),
            ("Command", code(report["reproduce"]["command"])),
            ("Previous", Code(f"{earlier['id'] or earlier['name']} {earlier['digest']}") if earlier else "none was named"),
        ]
    )
    yield Para(
        "The report digest is the SHA-256 of the report's JSON without its own id and digest "
        f"({document['canonicalization']}). It shows only that a report is unchanged since it was hashed.",
        "note",
    )
    yield Para("Not on record: a record that was read has no such field, or an empty one. Not known: it was not read.", "note")


def _answers(endpoints: list[Json]) -> Iterator[Block]:
    yield Para(QUESTION, "lead")
    for one in endpoints:
        if len(endpoints) > 1:
            yield _verdict(one)
        told = one["answer"]
        yield WayBack([_way_step(step) for step in told["way"]])
        yield from _of_variant(told)
        yield from _each_way(told["ways"])
        yield Para(", ".join(_counted(told["counts"])) + ".")
        if told["breaks"]:
            rows = [[Code(row["at"]["name"]), row["reason"], row["detail"], row["repair"]] for row in told["breaks"]]
            yield Table("Where the chain breaks", ("At", "Why", "Detail", "How to fix it"), rows)
        yield from _open_and_closed(told, one["system"])
        if told["caveats"]:
            yield Items(told["caveats"])
        if told.get("attestations"):
            yield _vouched("Attestations that close gaps of this answer", told["attestations"])


def _open_and_closed(told: Json, system: Json) -> Iterator[Block]:
    """The gaps that could change the answer, and apart from them those that attestations close."""
    left = left_open(told["gaps"])
    closed = [gap for gap in told["gaps"] if gap not in left]
    if left:
        yield _gaps("Gaps that could change this answer", left)
    elif closed:
        yield Para(f"No open gap could change this answer: attestations close {number(len(closed), 'gap')}.")
    else:
        yield Para(_no_gap(told, system))
    if closed:
        yield _gaps("Gaps of this answer that attestations close", closed)


def _of_variant(told: Json) -> Iterator[Block]:
    """The variant that a path is about, if an endpoint has several models."""
    variant = next((step["role"] for step in told["way"] if step["relation"] in ("deploys", "hosts") and step["role"]), "")
    if variant and told["counts"]["models"] > 1:
        yield Para(f"This is the path of variant {variant}. Section 3 shows the chain of all variants.", "note")


def _each_way(ways: list[Json]) -> Iterator[Block]:
    """The way into each model, where there are several."""
    if ways:
        rows = [[way["variant"], Code(way["model"]["name"]), way["said"]] for way in ways]
        yield Table("What made each model", ("Variant", "Model", "Made by"), rows)


def _way_step(step: Json) -> tuple[str, Code, str]:
    said = " ".join(filter(None, (step["relation"], step["role"])))
    how = f"{said}: {step['path']} ({step['evidence']})" if step["path"] else said
    seen = "" if step["observed"] else " · not observed"
    return spaced(step["kind"]) + seen, Code(step["name"]), how


def _counted(counts: Json) -> Iterator[str]:
    nouns = {
        "models": "model",
        "training_jobs": "training job",
        "datasets": "declared input",
        "upstream_datasets": "place upstream",
        "runs": "run",
        "pipeline_executions": "pipeline execution",
        "images": "image",
        "evidence": "edge of evidence",
    }
    for key, noun in nouns.items():
        yield (
            number(counts[key], noun)
            .replace("edge of evidences", "edges of evidence")
            .replace("place upstreams", "places upstream")
        )


def _no_gap(told: Json, system: Json) -> str:
    """The text if no gap is open. A break or a note below it may still change the answer."""
    if told["breaks"]:
        return "Repairing a break could change the answer; no other gap on this path could."
    if told["caveats"]:
        unknown = [name for name in ("tags", "data_capture") if not system[name]]
        but = f"; unknown: {listed(unknown).replace('_', ' ')}" if unknown else ""
        return f"Every record on this path was read{but}. What no record shows, and what could change the answer:"
    return "No gap on this path could change the answer."


def _gaps(caption: str, gaps: list[Json]) -> Table:
    rows = [
        [row["reason"], text(row["operation"], NONE), Code(row["subject"]), text(row["detail"], NONE) + _by(row)]
        for row in gaps
    ]
    return Table(caption, ("Reason", "Call", "Subject", "Detail"), rows, "No gap is open.")


def _gaps_counted(gaps: list[Json]) -> str:
    """How many gaps there are, and for how many of them people vouch."""
    vouched = sum(bool(gap.get("attested")) for gap in gaps)
    return f"{len(gaps)}{f', {vouched} of them closed by attestations' if vouched else ''}"


def _by(gap: Json) -> str:
    ids = gap.get("attested", ())
    return f" (closed by {'attestation' if len(ids) == 1 else 'attestations'} {listed(ids)})" if ids else ""


def _vouched(caption: str, rows: list[Json]) -> Table:
    """Who vouches for which gap. This is what people say; no record says it."""
    head = ("Attestation", "Gap", "Subject", "Who", "When", "Until", "Why", "State")
    return Table(caption, head, [_attestation(row) for row in rows])


def _attestation(row: Json) -> list[Cell]:
    hole = row["hole"]
    beside = [f"{name} {hole[name]}" for name in ("channel", "manifest", "output") if name in hole]
    subject = Code(", ".join([hole["subject"], *beside]))
    days = [row["when"], row["until"]]
    return [Code(row["id"]), hole["kind"], subject, row["who"], *days, row["why"], row.get("state", "counts")]


def _coverage(told: Json) -> Iterator[Block]:
    yield Items([row["text"] for row in told["statements"]], numbered=True)
    crawls = [_crawl(row) for row in told["crawls"]]
    yield Table("Crawls", ("Crawl", "From", "To", "Caller", "Accounts", "Regions", "What", "With"), crawls)
    head = ("Account", "Region", "Kind", "Call", "Calls", "Pages", "Records", "State")
    yield from _lists(told["lists"], head)
    if told["lookups"]:
        yield Table("Deletions looked up in CloudTrail", head, [_list_row(row) for row in told["lookups"]])
    unread = ", ".join(told["not_crawled"])
    yield Para(f"Kinds that were not listed: {unread}." if unread else "Every kind that can be listed was listed.")
    yield _gaps("Gaps of the whole snapshot", told["gaps"])
    if told.get("attestations"):
        yield _vouched("Gaps for which people vouch", told["attestations"])
        yield Items(told["warnings"])
    rows = [
        [spaced(row["kind"]), Code(row["id"]), text(row["account"], NOT_KNOWN), text(row["region"], NOT_KNOWN)]
        for row in told["dangling"]
    ]
    yield Table("Named on these chains, but not read", ("Kind", "Id", "Account", "Region"), rows, "Nothing.")


def _lists(rows: list[Json], head: tuple[str, ...]) -> Iterator[Block]:
    """The lists. Those that are complete and empty are in one sentence for each account and region."""
    empty: dict[str, list[str]] = {}
    for row in rows:
        if _is_empty(row):
            empty.setdefault(f"account {row['account']}, {row['region']}", []).append(spaced(row["kind"]))
    none = "No list was read: the crawl followed endpoints." if not rows else "No list has a record."
    yield Table("Lists that were read", head, [_list_row(row) for row in rows if not _is_empty(row)], none)
    said = "{} complete and empty, {}: {}."
    yield Items([said.format(number(len(kinds), "list"), where, listed(kinds)) for where, kinds in empty.items()])


def _is_empty(row: Json) -> bool:
    return bool(row["state"] == "complete" and not row["records"] and not row["since"] and not row["detail"])


def _crawl(row: Json) -> list[Cell]:
    what = f"from {', '.join(row['roots'])}" if row["roots"] else "whole accounts"
    end = row["finished"] or "cut short"
    where = (", ".join(row["accounts"]), ", ".join(row["regions"]))
    tools = f"lineage {row['tool']}, botocore {row['botocore']}"
    return [str(row["id"]), row["started"], end, Code(row["caller"]), *where, what, tools]


def _list_row(row: Json) -> list[Cell]:
    state = f"{row['state']}{' of what came since ' + row['since'] if row['since'] else ''}"
    said = f"{state}: {row['detail']}" if row["detail"] else state
    counts = (f"{row[name]:,}" for name in ("calls", "pages", "records"))
    return [
        row["account"],
        row["region"],
        spaced(row["kind"]),
        row["operation"],
        *counts,
        Word(said) if row["state"] == "complete" else said,
    ]


# --- 9 to 13 --------------------------------------------------------------------------------------


_NEW = (
    "New: no policy accepts it. A report knows no baseline of earlier findings; `lineage check --baseline` compares with one. "
    "What has changed behind the endpoints is in section 10."
)
_COUNTED = ("findings", "undecided", "known", "suppressed", "attested")
_ALWAYS = ("findings", "undecided")
_WORDS = {"attested": "closed by attestations"}


def _findings(told: Json) -> Iterator[Block]:
    counted = {word: sum(row[word] for row in told["rules"]) for word in _COUNTED}
    counts = ((_WORDS.get(word, word), count) for word, count in counted.items() if count or word in _ALWAYS)
    said = ", ".join(f"{count} {word}" for word, count in counts)
    policy = f"the policy {told['policy']}" if told["policy"] else "no policy file"
    without = told.get("verdict_without_attestations", told["verdict"])
    said += f"; {told['verdict']}, and {without} without attestations" if without != told["verdict"] else ""
    yield Para(f"The rules of `lineage check`, with {policy} and {number(len(told['holdouts']), 'holdout')}: {said}.", "lead")
    for caption, key in (("Findings", "findings"), ("What could not be decided", "undecided")):
        head = ("Rule", "Severity", "Subject", "What", "How to fix it", "State")
        yield Table(caption, head, [_finding(row) for row in told[key]])
    if any(row["state"] == NEW for row in (*told["findings"], *told["undecided"])):
        yield Para(_NEW, "note")
    columns = ("Rule", "Name", "Severity", "Outcome", "Findings", "Undecided", "Passed")
    names = ("findings", "undecided", "passed")
    rules = [
        [row["id"], row["name"], row["severity"], Word(row["outcome"]), *(str(row[name]) for name in names)]
        for row in told["rules"]
    ]
    yield Table("Rules", columns, rules)
    yield Items([*told["notes"], *told["caveats"]])


def _finding(row: Json) -> list[Cell]:
    subject = f"{spaced(row['subject']['kind'])} {row['subject']['name']}"
    message = f"{row['message']} (confidence {row['confidence']})" if row["confidence"] else row["message"]
    return [f"{row['rule']} {row['name']}", Word(row["severity"]), subject, message, row["repair"], _state(row)]


def _state(row: Json) -> str:
    accepted = row["suppression"]
    if row["state"] == ATTESTED:
        return f"attested: {', '.join(one['id'] for one in row['attestations'])}"
    if not accepted:
        return "new: nobody has accepted it" if row["state"] == NEW else str(row["state"])
    until = f", until {accepted['expires']}" if accepted["expires"] else ""
    owner = f" ({accepted['owner']})" if accepted["owner"] else ""
    return f"{row['state']}: {accepted['reason']}{owner}{until}"


def _changes(told: Json) -> Iterator[Block]:
    if not told["compared"]:
        yield Para("The snapshot holds one crawl, and no earlier snapshot or report was named: nothing was compared.")
        return
    against = told["compared"]
    yield Para(f"Compared with {against['with']} {against['name']} of {against['at']}.".replace("crawl crawl", "crawl"))
    if against["with"] == "crawl":
        yield Para(
            "A snapshot keeps each version of a record, but the chains of its last crawl only: edges "
            "that are gone show only in a comparison with an earlier file.",
            "note",
        )
    for one in told["endpoints"]:
        yield from _changed(one)


def _changed(one: Json) -> Iterator[Block]:
    quiet = not any(one[key] for key in ("added", "removed", "changed", "edges_added", "edges_removed"))
    before = f" (before: {one['verdict_before']})" if one["verdict_before"] and one["verdict_before"] != one["verdict"] else ""
    if quiet and not before:
        yield Para(f"{one['endpoint']}: nothing behind it is new, gone or different.")
        return
    yield Head(f"{one['endpoint']}: {one['verdict']}{before}")
    for caption, key in (("New", "added"), ("Gone", "removed")):
        if one[key]:
            yield Table(caption, ("Kind", "Id"), [[spaced(row["kind"]), Code(row["id"])] for row in one[key]])
    if one["changed"]:
        rows = [
            [Code(row["id"]), Code(row["field"]), code(row["before"], _NO_FIELD), code(row["after"], _NO_FIELD)]
            for row in one["changed"]
        ]
        yield Table("Different", ("Record", "Field", "Before", "Now"), rows)
    for caption, key in (("New edges", "edges_added"), ("Edges that are gone", "edges_removed")):
        if one[key]:
            rows = [
                [Code(row["source"]), " ".join(filter(None, (row["relation"], row["role"]))), Code(row["target"])]
                for row in one[key]
            ]
            yield Table(caption, ("From", "Relation", "To"), rows)


def _controls(frameworks: list[Json]) -> Iterator[Block]:
    second = [one["title"] for one in frameworks if "secondary sources" in one["state"] or "not opened" in one["state"]]
    if second:
        yield Para(
            f"In part from secondary sources, or from texts that were not opened: {'; '.join(second)}. Each says which part.",
            "lead",
        )
    yield Para(
        "What this report shows about the clauses of each framework. `evidenced`: everything that the tool looks for is in "
        "this report, for every endpoint, and the clause requires nothing beyond records. `partial`: some of it is. "
        "`not derivable`: records of SageMaker, or this snapshot, say nothing about it. Whether a duty is met is for people "
        "to judge; nothing here is legal advice.",
        "note",
    )
    for one in frameworks:
        yield Head(one["title"])
        counted = Counter(row["status"] for row in one["clauses"])
        said = ", ".join(f"{counted[word]} {word}" for word in ("evidenced", "partial", "not derivable"))
        yield Para(f"{one['state']} Table as of {one['as_of']}: {one['looked_at']}. Of these, {said}.")
        yield from _clauses(one["clauses"])
        yield Para(f"Sources: {'; '.join(one['sources'])}", "note")


def _clauses(rows: list[Json]) -> Iterator[Block]:
    """Partial clauses in full, because somebody has to complete them; the rest by name. The JSON report has every fact."""
    by: dict[str, list[Json]] = {}
    for row in rows:
        by.setdefault(row["status"], []).append(row)
    if partial := by.get(PARTIAL):
        head = ("Clause", "Requires", "Sections", "Missing in this report", "Not derivable from records")
        yield Table("Partial: complete these by hand", head, [_clause(row) for row in partial])
    names = [f"{_named(row)} (section {', '.join(map(str, row['sections']))})" for row in by.get(EVIDENCED, ())]
    yield Items(
        [
            *([f"`evidenced`: {'; '.join(names)}."] if names else []),
            *([f"`not derivable`: {'; '.join(map(_named, rows))}."] if (rows := by.get(NOT_DERIVABLE, [])) else []),
        ]
    )


def _named(row: Json) -> str:
    return f"{row['id']} {row['title']}"


def _clause(row: Json) -> list[Cell]:
    missing = [f"{FACTS[fact['fact']].lacks}{_held(fact)}" for fact in row["facts"] if fact["holds"] < fact["of"]]
    wants = f"{row['title']}. {row['wants']}".rstrip(". ")
    sections = ", ".join(map(str, row["sections"]))
    return [row["id"], wants, sections or NONE, "; ".join(missing) or "nothing", "; ".join(row["beyond"]) or "nothing"]


def _held(fact: Json) -> str:
    return "" if fact["of"] == 1 else f" ({fact['of'] - fact['holds']} of {fact['of']})"


def _evidence(endpoints: list[Json]) -> Iterator[Block]:
    used = {edge["method"] for one in endpoints for edge in one["evidence"]}
    yield Items([f"{name}: {said}" for name, said in METHODS.items() if name in used])
    for one in endpoints:
        name = one["subject"]["name"]
        yield Head(name)
        said = _short_names(one["nodes"])
        rows = [_edge(edge, said) for edge in one["evidence"]]
        yield Table(f"Edges behind {name}", ("From", "Relation", "To", "Field", "Method", "Read at"), rows, "No edge is known.")
        rows = [[_short(row["id"], said), Code(row["id"]), Code(row["digest"]), row["last_read"]] for row in one["records"]]
        yield Table(
            f"Records behind {name}",
            ("Named above", "Record", "Digest of the stored record, secrets removed", "Last read"),
            rows,
        )


def _short_names(nodes: list[Json]) -> dict[str, str]:
    """Nodes with an ARN by kind and name, if these are unique in the chain. The records give the ARN."""
    names = {row["id"]: f"{spaced(row['kind'])} {row['name']}" for row in nodes if is_arn(row["id"]) and row["observed"]}
    held = Counter(names.values())
    return {identity: name for identity, name in names.items() if held[name] == 1}


def _short(identity: str, names: dict[str, str]) -> Cell:
    return names.get(identity) or Code(identity)


def _edge(edge: Json, names: dict[str, str]) -> list[Cell]:
    relation = " ".join(filter(None, (edge["relation"], edge["role"], edge["usage"] if edge["usage"] != edge["role"] else "")))
    ends = (_short(edge[end], names) for end in ("source", "target"))
    source, target = ends
    unread = NOT_APPLICABLE if edge["method"] == "matched" else NOT_KNOWN  # two records say so, each read at its own time
    return [source, relation, target, code(edge["path"], NONE), edge["method"], text(edge["observed_at"], unread)]


def _reproduce(told: Json, document: Json) -> Iterator[Block]:
    yield Para("The same snapshot and the same version of the tool give the same report, byte by byte:")
    yield Listing(told["command"] or "lineage.report(snapshot)")
    yield Para("Whether the snapshot is the one that this report was made of:")
    yield Listing(told["verify"])
    yield Facts([("Snapshot", Code(told["snapshot"]["digest"])), ("Report", Code(document["report_digest"]))])
