"""What lineage depends on, directly and through others, with versions and licences from the installed metadata.

python -m tests.dependencies           name, version and licence of each run-time dependency, as TSV
python -m tests.dependencies --all     also what the tests and pictures need (extras `render` and `test`)
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS: Final = "sagemaker-lineage"
EXTRAS: Final = ("render", "test")
# The lock and the bill of materials are for one Python and one system, wherever they are checked.
WHERE: Final[Mapping[str, str]] = {
    "python_version": "3.11",
    "python_full_version": "3.11.0",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "os_name": "posix",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
}
# SPDX names for what packages without an SPDX expression (PEP 639) write into License or their classifiers.
SPDX: Final[Mapping[str, str]] = {
    "Apache License 2.0": "Apache-2.0",
    "Dual License": "Apache-2.0 OR BSD-3-Clause",  # python-dateutil: Apache for new code, BSD for the old
    "License :: OSI Approved :: BSD License": "BSD-3-Clause",
    "License :: OSI Approved :: MIT License": "MIT",
}
# Permissive licences, and MPL-2.0, which applies to changes of its own files only. Any other licence needs a decision.
ALLOWED: Final = frozenset({"Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "MIT", "MPL-2.0"})


def needed(requirements: Sequence[str], extras: Collection[str] = ()) -> dict[str, set[str]]:
    """The names that these requirements need, each with its own needs. A package that is not installed needs nothing."""
    found: dict[str, set[str]] = {}
    asked: set[tuple[str, str]] = set()
    todo = [("", one) for one in _applying(requirements, extras)]
    while todo:
        parent, requirement = todo.pop()
        name = canonicalize_name(requirement.name)
        found.setdefault(name, set())
        if parent:
            found[parent].add(name)
        for extra in {"", *requirement.extras}:
            if (name, extra) not in asked:
                asked.add((name, extra))
                todo += [(name, one) for one in _applying(_requirements(name), {extra})]
    return found


def direct(requirements: Sequence[str]) -> list[str]:
    """The names that these requirements list themselves, without extras."""
    return sorted({canonicalize_name(one.name) for one in _applying(requirements, ())})


def _requirements(name: str) -> list[str]:
    try:
        return distribution(name).requires or []
    except PackageNotFoundError:
        return []


def _applying(requirements: Sequence[str], extras: Collection[str]) -> list[Requirement]:
    """The requirements whose marker is true in `WHERE`, without an extra or with one of these."""
    read = map(Requirement, requirements)
    environments = [{**WHERE, "extra": extra} for extra in {"", *extras}]
    return [one for one in read if not one.marker or any(one.marker.evaluate(place) for place in environments)]


def licence(of: Distribution) -> str:
    """The licence as an SPDX expression. ValueError: the metadata has none, or words that `SPDX` does not know."""
    metadata = of.metadata
    classified = [one for one in metadata.get_all("Classifier") or [] if one.startswith("License ::")]
    stated = metadata.get("License-Expression") or metadata.get("License") or (classified[0] if len(classified) == 1 else "")
    expression = SPDX.get(stated, stated)
    if not stated or set(licences_in(expression)) - ALLOWED:
        raise ValueError(f"{metadata['Name']}: {stated or 'no licence'!r} is not one of {', '.join(sorted(ALLOWED))}")
    return expression


def licences_in(expression: str) -> list[str]:
    """The licences that an SPDX expression names."""
    words = expression.replace("(", " ").replace(")", " ").split()
    return [word for word in words if word not in ("AND", "OR")]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tests.dependencies", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="also what the extras render and test need, licences as stated")
    every = parser.parse_args(arguments).all
    for name in sorted(needed(_requirements(OURS), EXTRAS if every else ())):
        installed = distribution(name)
        stated = installed.metadata.get("License-Expression") or (installed.metadata.get("License") or "").partition("\n")[0]
        print(name, installed.version, stated if every else licence(installed), sep="\t")
    return 0


if __name__ == "__main__":
    sys.exit(main())
