"""`lineage` reads a SageMaker estate and answers, with evidence, what an auditor asks.

    import lineage

    with lineage.open_snapshot("lineage.db") as snapshot:
        graph = lineage.graph(snapshot)  # a plain networkx.MultiDiGraph
    answer = lineage.trace(graph, "loans-live")
    print(answer.verdict, [job["name"] for job in answer.training_jobs])
    print(lineage.used(graph, "s3://bank-ml/loans/train/").verdict)

Names are imported when they are first used, so that importing the package costs nothing: `__init__.pyi` lists them.
"""

import sys
from importlib import import_module
from typing import Any

import lazy_loader

from lineage.queries.showing import Shows

# This is a file of sagemaker-lineage: by this word the command line tells it from that of PyPI's `lineage`.

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)


def _notebook() -> Any:
    return import_module("lineage.outputs.pictures.notebook")


def load_ipython_extension(ipython: Any) -> None:
    """`%load_ext lineage`: graphs show themselves. Done unasked where the package is imported in a notebook."""
    _notebook().register(ipython)


Shows.forms = staticmethod(lambda shown: _notebook().forms_of(shown))
_get_ipython = getattr(sys.modules.get("IPython"), "get_ipython", None)
if _running := _get_ipython and _get_ipython():
    load_ipython_extension(_running)
