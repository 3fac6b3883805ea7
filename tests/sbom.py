"""The bill of materials of a built wheel: CycloneDX 1.6 as JSON, on stdout.

    python -m build --wheel && python -m tests.sbom dist/sagemaker_lineage-*.whl > sbom.json

It names the wheel with its SHA-256, each run-time dependency with the version installed here and its licence, and which needs which. The
same wheel and the same installed versions give the same bytes: the serial number comes from the digest, and there is no time.
Exits with 2 where the file is no wheel, 3 where a dependency is not installed.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
import zipfile
from collections.abc import Sequence
from email.parser import BytesParser
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from tests.dependencies import direct, licence, needed


def bill(wheel: Path) -> str:
    """The bill of a wheel as JSON. BadZipFile, StopIteration: no wheel; PackageNotFoundError: a dependency is not installed."""
    with zipfile.ZipFile(wheel) as opened:
        metadata = BytesParser().parsebytes(
            opened.read(next(name for name in opened.namelist() if name.endswith(".dist-info/METADATA")))
        )
    digest = sha256(wheel.read_bytes()).hexdigest()
    tree = needed(metadata.get_all("Requires-Dist") or [])
    parts = {name: _component(name, distribution(name).version, licence(distribution(name))) for name in sorted(tree)}
    whole = _component(metadata["Name"], metadata["Version"], metadata["License-Expression"])
    whole.type = ComponentType.APPLICATION
    whole.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=digest))
    bom = Bom(components=parts.values(), serial_number=uuid.uuid5(uuid.NAMESPACE_URL, f"sha256:{digest}"))
    bom.metadata.component = whole
    bom.register_dependency(whole, [parts[name] for name in direct(metadata.get_all("Requires-Dist") or [])])
    for name, children in tree.items():
        bom.register_dependency(parts[name], [parts[child] for child in sorted(children)])
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    del written["metadata"]["timestamp"]
    return json.dumps(written, indent=2, sort_keys=True) + "\n"


def _component(name: str, version: str, expression: str) -> Component:
    url = PackageURL("pypi", name=name, version=version)
    licences = [LicenseExpression(value=expression)]
    return Component(name=name, version=version, type=ComponentType.LIBRARY, purl=url, bom_ref=str(url), licenses=licences)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tests.sbom", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("wheel", type=Path)
    wheel: Path = parser.parse_args(arguments).wheel
    try:
        print(bill(wheel), end="")
    except (OSError, zipfile.BadZipFile, StopIteration):
        print(f"{wheel} is not a wheel: build one with `python -m build --wheel`", file=sys.stderr)
        return 2
    except PackageNotFoundError as error:
        print(f"{error.name} is not installed: `pip install` the wheel first", file=sys.stderr)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
