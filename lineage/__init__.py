"""`lineage` reads a SageMaker estate and answers, with evidence, what an auditor asks.

    import lineage

    with lineage.open_snapshot("lineage.db") as snapshot:
        graph = lineage.graph(snapshot)  # a plain networkx.MultiDiGraph
    answer = lineage.trace(graph, "loans-live")
    print(answer.verdict, [job["name"] for job in answer.training_jobs])
    print(lineage.used(graph, "s3://bank-ml/loans/train/").verdict)

Names are imported when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lineage.checks.baseline import load_baseline as load_baseline
    from lineage.checks.baseline import to_baseline as to_baseline
    from lineage.checks.check import Checked as Checked
    from lineage.checks.check import check as check
    from lineage.checks.check import load_policy as load_policy
    from lineage.checks.findings import Finding as Finding
    from lineage.checks.policy import POLICY_FILE as POLICY_FILE
    from lineage.checks.policy import Policy as Policy
    from lineage.checks.rules import RULES as RULES
    from lineage.errors import CrawlError as CrawlError
    from lineage.errors import LeaderboardError as LeaderboardError
    from lineage.errors import LineageError as LineageError
    from lineage.errors import MalformedDefinition as MalformedDefinition
    from lineage.errors import MalformedName as MalformedName
    from lineage.errors import MalformedPolicy as MalformedPolicy
    from lineage.errors import RenderError as RenderError
    from lineage.errors import SearchRefused as SearchRefused
    from lineage.errors import SnapshotError as SnapshotError
    from lineage.errors import UnknownNode as UnknownNode
    from lineage.estate import LISTED as LISTED
    from lineage.estate import crawl_estate as crawl_estate
    from lineage.exports import FORMATS as FORMATS
    from lineage.exports.charts import CHARTS as CHARTS
    from lineage.exports.chosen import Chosen as Chosen
    from lineage.exports.dot import to_dot as to_dot
    from lineage.exports.figures import MOST as MOST
    from lineage.exports.figures import Picture as Picture
    from lineage.exports.figures import picture as picture
    from lineage.exports.graphml import read_graphml as read_graphml
    from lineage.exports.junit import to_junit as to_junit
    from lineage.exports.notebook import view as view
    from lineage.exports.page import to_page as to_page
    from lineage.exports.picture import to_svg as to_svg
    from lineage.exports.render import draw as draw
    from lineage.exports.render import engine_for as engine_for
    from lineage.exports.render import render as render
    from lineage.exports.sarif import to_sarif as to_sarif
    from lineage.graphs import Graph as Graph
    from lineage.graphs import around_dataset as around_dataset
    from lineage.graphs import around_subject as around_subject
    from lineage.graphs import graph as graph
    from lineage.graphs import graph_of as graph_of
    from lineage.graphs import neighbourhood as neighbourhood
    from lineage.kinds import KINDS as KINDS
    from lineage.kinds import Kind as Kind
    from lineage.kinds import kind_json as kind_json
    from lineage.live import search_live as search_live
    from lineage.live import suggest_live as suggest_live
    from lineage.names import is_location as is_location
    from lineage.names import parse_location as parse_location
    from lineage.pipelines import ExperimentNames as ExperimentNames
    from lineage.pipelines import experiment_names as experiment_names
    from lineage.policy import iam_policy as iam_policy
    from lineage.queries.coverage import coverage as coverage
    from lineage.queries.datasets import Datasets as Datasets
    from lineage.queries.datasets import datasets as datasets
    from lineage.queries.executions import ExecutionSteps as ExecutionSteps
    from lineage.queries.executions import load_execution as load_execution
    from lineage.queries.impact import Impact as Impact
    from lineage.queries.impact import impact as impact
    from lineage.queries.leaderboard import Leaderboard as Leaderboard
    from lineage.queries.leaderboard import leaderboard as leaderboard
    from lineage.queries.paths import Path as Path
    from lineage.queries.paths import path as path
    from lineage.queries.pipelines import Execution as Execution
    from lineage.queries.pipelines import Pipeline as Pipeline
    from lineage.queries.pipelines import list_executions as list_executions
    from lineage.queries.pipelines import list_pipelines as list_pipelines
    from lineage.queries.pipelines import pipelines_scope as pipelines_scope
    from lineage.queries.run_records import Run as Run
    from lineage.queries.runs import Experiment as Experiment
    from lineage.queries.runs import SortByType as SortByType
    from lineage.queries.runs import SortOrderType as SortOrderType
    from lineage.queries.runs import Trial as Trial
    from lineage.queries.runs import list_experiments as list_experiments
    from lineage.queries.runs import list_runs as list_runs
    from lineage.queries.runs import list_trials as list_trials
    from lineage.queries.runs import load_run as load_run
    from lineage.queries.runs import runs_scope as runs_scope
    from lineage.queries.select import find_in as find_in
    from lineage.queries.select import find_node as find_node
    from lineage.queries.select import named as named
    from lineage.queries.select import nodes as nodes
    from lineage.queries.select import select as select
    from lineage.queries.show import Shown as Shown
    from lineage.queries.show import show as show
    from lineage.queries.trace import Trace as Trace
    from lineage.queries.trace import find_endpoint as find_endpoint
    from lineage.queries.trace import trace as trace
    from lineage.queries.usage import Usage as Usage
    from lineage.queries.usage import used as used
    from lineage.queries.usage import used_all as used_all
    from lineage.queries.verify import SnapshotInfo as SnapshotInfo
    from lineage.queries.verify import Verified as Verified
    from lineage.queries.verify import snapshot_info as snapshot_info
    from lineage.queries.verify import verify as verify
    from lineage.recording import Progress as Progress
    from lineage.recording import crawl_endpoints as crawl_endpoints
    from lineage.reports import REPORTS as REPORTS
    from lineage.reports.controls import FRAMEWORKS as FRAMEWORKS
    from lineage.reports.model import Report as Report
    from lineage.reports.model import report as report
    from lineage.reports.model import report_digest as report_digest
    from lineage.searching import Found as Found
    from lineage.searching import Match as Match
    from lineage.searching import Suggested as Suggested
    from lineage.searching import search as search
    from lineage.searching import suggest as suggest
    from lineage.snapshot import Snapshot as Snapshot
    from lineage.snapshot import open_snapshot as open_snapshot

_HOMES = {
    "load_baseline": "checks.baseline",
    "to_baseline": "checks.baseline",
    "Checked": "checks.check",
    "check": "checks.check",
    "load_policy": "checks.check",
    "Finding": "checks.findings",
    "POLICY_FILE": "checks.policy",
    "Policy": "checks.policy",
    "RULES": "checks.rules",
    "CrawlError": "errors",
    "LeaderboardError": "errors",
    "LineageError": "errors",
    "MalformedDefinition": "errors",
    "MalformedName": "errors",
    "MalformedPolicy": "errors",
    "RenderError": "errors",
    "SearchRefused": "errors",
    "SnapshotError": "errors",
    "UnknownNode": "errors",
    "LISTED": "estate",
    "crawl_estate": "estate",
    "FORMATS": "exports",
    "CHARTS": "exports.charts",
    "Chosen": "exports.chosen",
    "to_dot": "exports.dot",
    "MOST": "exports.figures",
    "Picture": "exports.figures",
    "picture": "exports.figures",
    "read_graphml": "exports.graphml",
    "to_junit": "exports.junit",
    "view": "exports.notebook",
    "to_page": "exports.page",
    "to_svg": "exports.picture",
    "draw": "exports.render",
    "engine_for": "exports.render",
    "render": "exports.render",
    "to_sarif": "exports.sarif",
    "Graph": "graphs",
    "around_dataset": "graphs",
    "around_subject": "graphs",
    "graph": "graphs",
    "graph_of": "graphs",
    "neighbourhood": "graphs",
    "KINDS": "kinds",
    "Kind": "kinds",
    "kind_json": "kinds",
    "search_live": "live",
    "suggest_live": "live",
    "is_location": "names",
    "parse_location": "names",
    "ExperimentNames": "pipelines",
    "experiment_names": "pipelines",
    "iam_policy": "policy",
    "coverage": "queries.coverage",
    "Datasets": "queries.datasets",
    "datasets": "queries.datasets",
    "ExecutionSteps": "queries.executions",
    "load_execution": "queries.executions",
    "Impact": "queries.impact",
    "impact": "queries.impact",
    "Leaderboard": "queries.leaderboard",
    "leaderboard": "queries.leaderboard",
    "Path": "queries.paths",
    "path": "queries.paths",
    "Execution": "queries.pipelines",
    "Pipeline": "queries.pipelines",
    "list_executions": "queries.pipelines",
    "list_pipelines": "queries.pipelines",
    "pipelines_scope": "queries.pipelines",
    "Run": "queries.run_records",
    "Experiment": "queries.runs",
    "SortByType": "queries.runs",
    "SortOrderType": "queries.runs",
    "Trial": "queries.runs",
    "list_experiments": "queries.runs",
    "list_runs": "queries.runs",
    "list_trials": "queries.runs",
    "load_run": "queries.runs",
    "runs_scope": "queries.runs",
    "find_in": "queries.select",
    "find_node": "queries.select",
    "named": "queries.select",
    "nodes": "queries.select",
    "select": "queries.select",
    "Shown": "queries.show",
    "show": "queries.show",
    "Trace": "queries.trace",
    "find_endpoint": "queries.trace",
    "trace": "queries.trace",
    "Usage": "queries.usage",
    "used": "queries.usage",
    "used_all": "queries.usage",
    "SnapshotInfo": "queries.verify",
    "Verified": "queries.verify",
    "snapshot_info": "queries.verify",
    "verify": "queries.verify",
    "Progress": "recording",
    "crawl_endpoints": "recording",
    "REPORTS": "reports",
    "FRAMEWORKS": "reports.controls",
    "Report": "reports.model",
    "report_digest": "reports.model",
    "report": "reports.model",
    "Found": "searching",
    "Match": "searching",
    "Suggested": "searching",
    "search": "searching",
    "suggest": "searching",
    "Snapshot": "snapshot",
    "open_snapshot": "snapshot",
}
__all__ = sorted(_HOMES)  # noqa: PLE0605  (a list, made of the table above)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'lineage' has no attribute {name!r}")
    value = getattr(import_module(f"lineage.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def load_ipython_extension(ipython: Any) -> None:
    """`%load_ext lineage`: graphs show themselves. Done unasked where the package is imported in a notebook."""
    import_module("lineage.showing").register(ipython)


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]


_get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
if _running := _get_ipython and _get_ipython():
    load_ipython_extension(_running)
