"""Every question's answer about three accounts, as one line each: `python -m tests.queries.answers` writes `data/answers.tsv`.

A line has the account, the question, the subject, the verdict, and a digest of the JSON without what is said beside the answer
(the scope, which has times and versions, and the caveats, which are sentences). So whoever makes something faster sees whether
an answer became another one, and whoever changes an answer sees which.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import lineage
from lineage.domain.canonical import canonical, digest_of
from lineage.domain.times import now
from tests.conftest import BANK, ROOT
from tests.estate import account

LIST = Path(__file__).parent / "data" / "answers.tsv"
HEAD = "account\tquestion\tsubject\tverdict\tdigest"
BESIDE = ("scope", "caveats")
TIME = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+Z")
MOST = 60  # places of one account, evenly among all
JOBS = 600  # training jobs of the generated account: enough for a chain of a hundred and for a cycle


def accounts(folder: Path) -> Iterator[tuple[str, Path]]:
    """The snapshots that are asked: of the bank, of one record of each kind, and of a generated account."""
    lineage.crawl_estate(folder / "bank.db", replay=BANK)
    yield "bank", folder / "bank.db"
    lineage.crawl_estate(folder / "kinds.db", replay=account(folder))
    yield "kinds", folder / "kinds.db"
    generator = ROOT / "benchmarks" / "generator.py"
    subprocess.run([sys.executable, generator, folder / "made.db", "--jobs", str(JOBS)], check=True)
    yield "made", folder / "made.db"


def answers(folder: Path) -> Iterator[str]:
    """The lines of all accounts."""
    began = now()
    for called, path in accounts(folder):
        with lineage.open_snapshot(path) as snapshot:
            for question, subject in questions(snapshot):
                said = getattr(lineage, question)(snapshot, subject).as_json()
                text = canonical({key: value for key, value in said.items() if key not in BESIDE})
                yield "\t".join((called, question, subject, said["verdict"], digest_of(settled(text, began))))


def settled(text: str, began: str) -> str:
    """The text without the times since this program began: when its crawls saw things."""
    return TIME.sub(lambda time: "NOW" if time[0] >= began else time[0], text)


def questions(snapshot: lineage.Snapshot) -> Iterator[tuple[str, str]]:
    """The questions about an account: two about each endpoint, and two about its places."""
    endpoints = sorted(node for node, _ in snapshot.names_of("endpoint"))
    places = sorted(node.id for node in lineage.nodes(snapshot) if node.kind in ("dataset", "artifact", "code"))
    some = places[:: -(-len(places) // MOST)]
    yield from ((question, one) for one in endpoints for question in ("trace", "datasets"))
    yield from ((question, one) for one in some for question in ("used", "impact"))


if __name__ == "__main__":
    with TemporaryDirectory() as scratch:
        LIST.write_text("\n".join((HEAD, *answers(Path(scratch)))) + "\n", encoding="utf-8")
