"""A baseline: a file of known findings, by their fingerprints."""

from __future__ import annotations

import json
from pathlib import Path

from lineage.checks.check import Checked
from lineage.checks.findings import ATTESTED, SUPPRESSED
from lineage.domain.called import asking
from lineage.domain.text import json_text
from lineage.errors import MalformedPolicy
from lineage.queries.files import contents

SCHEMA = "lineage.baseline/1"


def to_baseline(checked: Checked) -> str:
    """The findings and undecided results of a check, as a file for the next check. Suppressed ones are left out.

    So are those that an attestation closes: once it has expired, they are new.
    """
    found = [one for one in (*checked.findings, *checked.undecided) if one.state not in (SUPPRESSED, ATTESTED)]
    names = ("fingerprint", "rule", "verdict", "about", "message")
    rows = [
        {name: getattr(one, name) for name in names} | {"subject": one.subject["id"]} | ({"gaps": one.gaps} if one.gaps else {})
        for one in found
    ]
    return json_text({"schema": SCHEMA, "findings": rows}, indent=2) + "\n"


def load_baseline(path: str | Path) -> frozenset[str]:
    """The `known_as` of all findings that a baseline holds.

    Raises `MalformedPolicy`, and `LineageError` if it cannot be read.
    """
    text = contents(path, "baseline")
    try:
        said = json.loads(text)
        if said["schema"] == SCHEMA:
            rows = [(str(row["fingerprint"]), row.get("gaps", [])) for row in said["findings"]]
            return frozenset(one for known, gaps in rows for one in (known, *(f"{known}/{gap}" for gap in gaps)))
    except (ValueError, TypeError, KeyError, RecursionError, AttributeError) as error:
        raise MalformedPolicy(f"{path} is not a baseline ({error}): {_write()}") from None
    raise MalformedPolicy(f"{path} is a baseline of another lineage ({said['schema']}): {_write()}")


def _write() -> str:
    return f"write one with {asking('lineage check --write-baseline', 'lineage.to_baseline')}"
