"""Whether the package `lineage` is ours and whole: PyPI has another one of that name, about genetics.

pip lets both be installed into one environment. Then one overwrites `lineage/__init__.py` of the other, and uninstalling one
removes it: every command would end in an import error. So this is looked at before anything of `lineage` is imported.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

OURS = b"sagemaker-lineage"  # what our `lineage/__init__.py` says, and nobody else's
FAILED = 3
_MEND = "`pip install --force-reinstall --no-deps sagemaker-lineage`"


def insist_whole() -> None:
    """Exit with one line where another package lies in the place of ours, or ours has lost its first file."""
    if not (wrong := _wrong()):
        return
    if "_LINEAGE_COMPLETE" not in os.environ:  # a shell that asks for completions gets no error between what somebody types
        print(f"lineage: {wrong}", file=sys.stderr)
    sys.exit(FAILED)


def _wrong() -> str:
    """What is wrong and what to do; empty where nothing is."""
    spec = find_spec("lineage")
    if spec is None or not spec.origin:
        folders = list(spec.submodule_search_locations or ()) if spec else []
        where = f"{folders[0]}/__init__.py" if folders else "the package `lineage`"
        cause = "as after uninstalling PyPI's `lineage` (genetics)"
        return f"the installation is incomplete: {where} is missing, {cause}: run {_MEND}"
    try:
        ours = OURS in Path(spec.origin).read_bytes()
    except OSError:
        return ""  # in an archive, say: importing it tells
    if ours:
        return ""
    other = f"{spec.origin} belongs to another package (PyPI's `lineage` is about genetics)"
    return f"{other}: run `pip uninstall lineage`, then {_MEND}, or install it into its own environment (pipx)"
