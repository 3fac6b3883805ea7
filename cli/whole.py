"""Checks that the package `lineage` is ours and complete: PyPI has another one of that name, about genetics.

pip can install both into one environment. Then one overwrites `lineage/__init__.py` of the other, and uninstalling one removes
it. Every command would then end in an import error. So this is checked before `lineage` is imported.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

from .constants import COMPLETING

OURS = b"sagemaker-lineage"  # text that only our `lineage/__init__.py` contains
FAILED = 3
_MEND = "`pip install --force-reinstall --no-deps sagemaker-lineage`"


def insist_whole() -> None:
    """Exit with one line if another package is in the place of ours, or if ours has lost its `__init__.py`."""
    if not (wrong := _wrong()):
        return
    if COMPLETING not in os.environ:  # no error goes into the line that somebody types
        print(f"lineage: {wrong}", file=sys.stderr)
    sys.exit(FAILED)


def _wrong() -> str:
    """What is wrong and what to do; empty if nothing is."""
    spec = find_spec("lineage")
    if spec is None or not spec.origin:
        folders = list(spec.submodule_search_locations or ()) if spec else []
        where = f"{folders[0]}/__init__.py" if folders else "the package `lineage`"
        cause = "as after uninstalling PyPI's `lineage` (genetics)"
        return f"the installation is incomplete: {where} is missing, {cause}: run {_MEND}"
    try:
        ours = OURS in Path(spec.origin).read_bytes()
    except OSError:
        return ""  # for example in an archive: the import will show it
    if ours:
        return ""
    other = f"{spec.origin} belongs to another package (PyPI's `lineage` is about genetics)"
    return f"{other}: run `pip uninstall lineage`, then {_MEND}, or install it into its own environment (pipx)"
