"""The table names the kinds: elsewhere a literal needs a reason, and each rule about kinds, edges and places exists once.

Of all literals that are spelled like a kind, these mean one:

* a name with a hyphen, anywhere: nothing else has such a name;
* a plain word (`model`, `job`, `code`, …) where it is compared with something called kind, is the value of a key `kind`, is
  looked up in `KINDS`, is in a collection or among keys that are all names of kinds, or is an argument beside no other word.

So these mean none: the keys of JSON objects, usages and evidences (beside `data` or compared with a usage), columns, the
nouns of a sentence, and names that click gets.
"""

from __future__ import annotations

import ast
import sqlite3
from collections import Counter
from collections.abc import Iterable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

import lineage
from lineage.domain import kinds
from lineage.domain.kinds import KINDS, PLACES, RELATIONS, SERVING, Trait, carries_model, takes_model
from lineage.domain.names import is_place
from lineage.domain.training import is_training_job, only_repacks, trains
from lineage.graphs.tables import SERVES
from tests.conftest import ROOT

TABLE = ROOT / "lineage" / "domain" / "kinds"
SOURCES = [path for room in ("lineage", "cli") for path in sorted((ROOT / room).rglob("*.py")) if TABLE not in path.parents]
LIST = Path(__file__).parent / "data" / "kind_names.tsv"
NOUNS = (".get", ".pop", "plural", "number", "_name", "_key", "_some", "_apart", "few")  # functions that take a key or a noun
Parents = dict[ast.AST, ast.AST]


def are_kinds(nodes: Iterable[ast.expr | None], *, only: bool = False) -> bool:
    """Whether all words among some expressions are names of kinds; `only`: and there is nothing else."""
    given = list(nodes)
    words = [node.value for node in given if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return all(word in KINDS for word in words) and (not only or len(words) == len(given))


def is_called_kind(node: ast.expr) -> bool:
    return ast.unparse(node).rstrip("'\"]").endswith(("kind", "kind.name"))


def means_kind(node: ast.Constant, parents: Parents) -> bool:
    """Whether a literal with the name of a kind means one, by the rule above."""
    parent = parents[node]
    if "-" in node.value:
        return True
    match parent:
        case ast.Subscript(value=ast.Name("KINDS")):
            return True
        case ast.Compare(left=left, comparators=others):
            return any(map(is_called_kind, (left, *others)))
        case ast.Tuple(elts=words) | ast.List(elts=words) | ast.Set(elts=words):
            beside = parents[parent]
            compared = isinstance(beside, ast.Compare) and not any(map(is_called_kind, (beside.left, *beside.comparators)))
            return are_kinds(words, only=True) and not compared
        case ast.Dict(keys=keys, values=values) if node in values:
            key = keys[values.index(node)]
            return isinstance(key, ast.Constant) and key.value == "kind"
        case ast.Dict(keys=keys):
            return are_kinds(keys) and any("-" in key.value for key in keys if isinstance(key, ast.Constant))
        case ast.Call(func=function, args=words):
            called = ast.unparse(function)
            return node in words and are_kinds(words) and not called.endswith(NOUNS) and not called.startswith("click.")
    return False


def literals(path: Path) -> Counter[str]:
    """The names of kinds that a file contains as literals, and how often."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    words = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str))
    return Counter(word.value for word in words if word.value in KINDS and means_kind(word, parents))


def test_kinds_are_named_by_the_table() -> None:
    """Each name of a kind outside the table is in the list, with a reason; there are fewer than fifty."""
    header, *listed = [line.split("\t") for line in LIST.read_text(encoding="utf-8").splitlines()]
    found = [(path.relative_to(ROOT).as_posix(), *one) for path in SOURCES for one in sorted(literals(path).items())]
    assert header == ["file", "name", "times", "why"]
    assert [(file, name, int(times)) for file, name, times, why in listed if why] == found
    assert sum(times for *_, times in found) < 50


@pytest.mark.parametrize(
    ("code", "means"),
    [
        ("node['kind'] == 'model'", True),
        ("one.kind in ('model', 'endpoint')", True),
        ("{'kind': 'dataset'}", True),
        ("KINDS['endpoint']", True),
        ("names_of('endpoint')", True),
        ("SHOWN = ('endpoint', 'model')", True),
        ("{'model': 1, 'model-package': 2}", True),
        ("'training-job'", True),
        ("link.data['usage'] == 'model'", False),
        ("usages == {'code'}", False),
        ("('data', 'model')", False),
        ("(link.source, 'model')", False),
        ("row['job']", False),
        ("row.get('model')", False),
        ("{'model': 1, 'weight': 2}", False),
        ("plural(3, 'endpoint')", False),
        ("click.argument('endpoint')", False),
        ("'model' in usages", False),
    ],
)
def test_what_means_a_kind(code: str, means: bool) -> None:
    """The rule tells a kind's name from a key, a usage and a noun."""
    tree = ast.parse(code)
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
    words = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in KINDS]
    assert {means_kind(word, parents) for word in words} == {means}


# --- the words of the rows ------------------------------------------------------------------------


@pytest.mark.parametrize("trait", Trait)
def test_each_trait_is_had(trait: Trait) -> None:
    """A trait that no kind has is removed from the table."""
    assert any(trait in kind.traits for kind in KINDS.values())


def test_sets_of_kinds() -> None:
    """The complete sets that questions rest on: a kind that joins one of them shows up here."""
    assert kinds.PLACES == ("dataset", "artifact", "code")
    assert kinds.SHOWN_BESIDE == ("image",)
    assert kinds.SERVERS == ("endpoint", "endpoint-config", "inference-component")
    assert kinds.HOLDERS == ("inference-component", "model", "model-package")
    assert kinds.REGISTERED == ("model-package",)
    assert kinds.LEARNERS == ("training-job", "trial-component", "job", "training-session")
    assert kinds.REPACKERS == ("training-job", "job")
    assert kinds.MEASURERS == (
        "transform-job",
        "monitoring-schedule",
        "data-quality-job-definition",
        "model-quality-job-definition",
        "model-bias-job-definition",
        "model-explainability-job-definition",
    )
    assert kinds.PREPARERS == ("processing-job",)
    assert kinds.RUNS == ("trial-component",)
    assert kinds.GROUPS == ("model-package-group", "trial", "experiment")
    assert kinds.VERSIONED == ("model-package", "hub-content")
    assert kinds.ONLY_NAMED == ("hub-content",)
    assert kinds.OF_VARIANTS == ("endpoint", "endpoint-config")
    assert {*kinds.MADE} == {*kinds.SERVERS, *kinds.HOLDERS, *kinds.RUNS}
    assert kinds.CARRIED_JOBS == {
        "TrainingJob": "training-job",
        "ProcessingJob": "processing-job",
        "TransformJob": "transform-job",
    }


def test_traits_are_no_part_of_the_contract() -> None:
    """`lineage kinds -f json` shows what the API has, not how the questions here use it."""
    assert not {"traits", "search_within"} & kinds.kind_json(KINDS["model"]).keys()


# --- rules that exist once ------------------------------------------------------------------------

EDGES = list(product(RELATIONS, ("", "data", "model", "code", "shadow")))


@pytest.mark.parametrize(("relation", "usage"), EDGES)
def test_sql_and_python_agree_on_what_carries_a_model(relation: str, usage: str) -> None:
    """The SQL of the join and the walk in Python use the same edges from a model to its endpoint."""
    row = sqlite3.connect(":memory:").execute(f"SELECT {SERVES} FROM (SELECT ? AS relation, ? AS usage)", (relation, usage))
    assert bool(row.fetchone()[0]) == carries_model(relation, usage)


def test_what_carries_a_model() -> None:
    """An image is provided like a model, and carries none; something that is loaded is a model whatever the usage says."""
    assert {edge for edge in EDGES if edge[0] in SERVING and not carries_model(*edge)} == {
        ("provides", usage) for usage in ("", "data", "code", "shadow")
    }
    assert takes_model("loads", "")
    assert takes_model("reads", "model")
    assert not takes_model("reads", "data")


def test_places_are_those_with_a_scheme(bank_graph: lineage.Graph) -> None:
    """In the fixture account a node's id and its kind agree on whether it is a place."""
    assert [node for node, data in bank_graph.nodes(data=True) if is_place(node) != (data["kind"] in PLACES)] == []


@pytest.mark.parametrize(
    ("attributes", "told"),
    [
        ({"kind": "training-job"}, (True, False, True)),
        ({"kind": "training-job", "program": '"_repack_model.py"'}, (False, True, False)),
        ({"kind": "training-job", "program": "/opt/ml/_repack_script_launcher.sh"}, (False, True, False)),
        ({"kind": "training-job", "program": "repack_model.py"}, (True, False, True)),
        ({"kind": "training-job", "job_type": "Evaluation"}, (False, True, False)),
        ({"kind": "tuning-job"}, (True, False, False)),
        ({"kind": "labeling-job"}, (False, False, False)),
        ({"kind": "labeling-job", "labels_itself": "arn"}, (True, False, False)),
        ({"kind": "processing-job"}, (False, False, False)),
        ({"kind": "never-heard-of"}, (False, False, False)),
    ],
)
def test_who_trains_and_who_only_repacks(attributes: dict[str, Any], told: tuple[bool, bool, bool]) -> None:
    """The rule says whether a job trains, only puts code beside a model or measures one, or is a training job that trains."""
    assert (trains(attributes), only_repacks(attributes), is_training_job(attributes)) == told
