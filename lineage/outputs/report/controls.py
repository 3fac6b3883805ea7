"""Which clauses of a framework this report has evidence for, and how much. It never says whether anybody complies.

A framework is a dated table in `frameworks/`. A clause is `evidenced` if all its facts hold for every endpoint of the report
and it needs nothing beyond records. It is `partial` if some facts hold, and otherwise `not derivable`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Final

from lineage.domain.records import Json
from lineage.domain.spelling import no_such
from lineage.errors import MalformedName
from lineage.outputs.report.facts import FACTS, holding

EVIDENCED, PARTIAL, NOT_DERIVABLE = "evidenced", "partial", "not derivable"
FRAMEWORKS: Final = ("eu-ai-act", "g7", "iso42001", "sr26-2", "gdpr", "nist")


@cache
def framework(name: str) -> Json:
    """The table of a framework. Raises `MalformedName` for an unknown name."""
    if name not in FRAMEWORKS:
        raise MalformedName(no_such("framework", name, FRAMEWORKS))
    text = files("lineage.outputs.report").joinpath("frameworks", f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def controls(report: Json, names: Iterable[str]) -> list[Json]:
    """The clauses of the given frameworks, each with the parts of this report that support it."""
    tables = {name: framework(name) for name in names}
    return [
        {"framework": name}
        | {kept: table[kept] for kept in ("title", "as_of", "state", "sources")}
        | {"looked_at": table["looked_at"].format(len(table["clause"]))}
        | {"clauses": [_clause(report, clause) for clause in table["clause"]]}
        for name, table in tables.items()
    ]


def _clause(report: Json, clause: Json) -> Json:
    held = {name: holding(report, name) for name in clause.get("facts", ())}
    beyond = list(clause.get("beyond", ()))
    return {
        "id": clause["id"],
        "title": clause["title"],
        "wants": clause.get("wants", ""),
        "sections": list(clause.get("sections", ())),
        "status": _status(held, beyond),
        "facts": [{"fact": name, "says": FACTS[name].says, "holds": held[name][0], "of": held[name][1]} for name in held],
        "beyond": beyond,
    }


def _status(held: dict[str, tuple[int, int]], beyond: list[str]) -> str:
    if not any(holds for holds, _ in held.values()):
        return NOT_DERIVABLE
    whole = all(holds == of for holds, of in held.values())
    return EVIDENCED if whole and not beyond else PARTIAL
