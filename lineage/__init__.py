"""What made each SageMaker endpoint: which run, which training job, which data. Answered offline, with evidence.

Read an account into a snapshot file, then ask the file:

    import lineage

    lineage.crawl_estate("lineage.db")
    with lineage.open_snapshot("lineage.db") as snapshot:
        answer = lineage.used(snapshot, "s3://bank-ml/loans/train/")
        print(answer.verdict, [found["job"]["name"] for found in answer.findings])
        print(lineage.trace(snapshot, "loans-live").verdict)
        graph = lineage.graph(snapshot)  # a plain networkx.MultiDiGraph

Read:     crawl_estate, crawl_endpoints (from AWS), open_snapshot, snapshot_info, graph, neighbourhood
Ask:      trace, used, used_all, datasets, impact, path
Explore:  find_in (the id of a name), show, nodes, select, named, search, search_live (asks AWS), suggest, list_experiments,
          list_trials, list_runs, runs_scope, load_run, leaderboard, list_pipelines, list_executions, load_execution, coverage
Judge:    check, load_policy, verify, report
Show:     view (in a notebook), picture and draw, to_svg, to_page, CHARTS (of a leaderboard)
Export:   FORMATS and FOLDERS (each takes a `Chosen`), plain (for networkx's writers), read_graphml, export_parquet,
          parquet_files
Bulk:     lineage.spark (a package of its own: used and impact of thousands of subjects, over many accounts)
Record:   lineage.recording (a package of its own, the only one that writes to AWS)

In signatures, `Source` is a snapshot or a graph, `Vouched` attestations or the path of their file, `Time` an ISO text or a
datetime, and `Json` a dict with text keys.

Questions take a snapshot or a graph. An answer has a `verdict`, `as_json()`, and a picture of itself in a notebook; where it
is a "no", `answer.scope` says what was looked at, and its holes are what could not be read. What fails raises a
`LineageError` with one sentence: what failed, on which input, and how to fix it.
"""

import sys
from importlib import import_module
from typing import Any

import lazy_loader

from lineage.queries.showing import WAYS as _WAYS

# Names are imported when they are first used, so that importing the package costs nothing: `__init__.pyi` lists them.
# This is a file of sagemaker-lineage: by this word the command line tells it from that of PyPI's `lineage`.
_public, _listed, _ = lazy_loader.attach_stub(__name__, __file__)
# The functions of the page above: `help` tells what each takes, and with more names it is thousands of lines.
__all__ = [
    "CHARTS", "FOLDERS", "FORMATS", "check", "coverage", "crawl_endpoints", "crawl_estate", "datasets", "draw",
    "export_parquet", "find_in", "graph", "impact", "leaderboard", "list_executions", "list_experiments", "list_pipelines",
    "list_runs", "list_trials", "load_execution", "load_policy", "load_run", "named", "neighbourhood", "nodes",
    "open_snapshot", "parquet_files", "path", "picture", "plain", "read_graphml", "report", "runs_scope", "search",
    "search_live", "select", "show", "snapshot_info", "suggest", "to_page", "to_svg", "trace", "used", "used_all", "verify",
    "view",
]  # fmt: skip
# Of the list, what the command line alone needs.
_HELPERS = frozenset({
    "DEMO_ACCOUNT", "LISTED", "MADE", "MOST", "MOST_CHARACTERS", "NOT_READ", "NO_HOLDOUTS", "NO_POLICY", "RELATIONS",
    "UNNAMED", "arguments_called", "bytes_digest", "check_places", "check_role", "counted", "csv_line", "did_you_mean",
    "engine_for", "envelope_beside", "from_url", "hints", "impact_heads", "impact_row_by_row", "insist_signed",
    "is_as_expected", "is_location", "is_place", "json_text", "kind_json", "listed", "no_such", "one_line", "only_old",
    "policy_size", "safe_json", "sentence", "shows_nothing", "visible",
})  # fmt: skip


def __getattr__(name: str) -> Any:
    """A public name, imported now; two rooms that are packages of their own also without an import of theirs."""
    if name in ("recording", "spark"):
        return import_module(f"lineage.{name}")
    try:
        return _public(name)
    except AttributeError:
        meant = "" if name.startswith("_") else import_module("lineage.domain.spelling").did_you_mean(__dir__(), name)
        raise AttributeError(f"lineage has no {name!r}{meant}", name=name) from None


def __dir__() -> list[str]:
    return [name for name in _listed() if name not in _HELPERS]


def _notebook() -> Any:
    return import_module("lineage.outputs.pictures.notebook")


def load_ipython_extension(ipython: Any) -> None:
    """`%load_ext lineage`: graphs show themselves. Done unasked where the package is imported in a notebook."""
    _notebook().register(ipython)


_WAYS.forms = lambda shown: _notebook().forms_of(shown)
# The command line is built upon this package and is always beside it: only here does the package know of it.
_WAYS.text = lambda answer: import_module("lineage_cli.render.texts").text_of(answer)
_WAYS.table = lambda answer: import_module("lineage_cli.commands.tabled").table_of(answer)
_get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
if _running := _get_ipython and _get_ipython():
    load_ipython_extension(_running)
