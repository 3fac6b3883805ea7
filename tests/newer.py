"""What the newest botocore knows about SageMaker that the lists in `tests/domain/data/` do not name.

    python -m tests.newer                  fetches the newest botocore by pip, into a folder of its own
    python -m tests.newer --model FOLDER   uses an existing model with the layout of `botocore/data`

Reports calls that describe or list what no row reads, fields of the rows' records that may refer to something, and words
of their statuses. Read each with a row of the table, or give it a line in its list; then name the version in
`tests/constraints.txt`. Exits with 0 where there is nothing new, 1 where there is, 3 where the model is not available.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from botocore.exceptions import DataNotFoundError

from tests.domain.service import CHECKED, LISTS, Service, difference, service_in


def fetch(folder: Path) -> Path:
    """The models of the newest botocore, put into the folder."""
    command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-compile", "--target", str(folder), "botocore"]
    subprocess.run(command, check=True, capture_output=True)
    return folder / "botocore" / "data"


def news(service: Service) -> Iterator[str]:
    """A line for each thing that a service has and no list names."""
    for what in LISTS:
        for added in difference(what, service).added:
            yield f"new {what}\t{added}"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tests.newer", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model", type=Path, metavar="FOLDER", help="a folder laid out as botocore/data is; nothing is fetched"
    )
    folder: Path | None = parser.parse_args(arguments).model
    with TemporaryDirectory() as empty:
        try:
            service = service_in(folder or fetch(Path(empty)))
        except subprocess.CalledProcessError as error:
            print(f"the newest botocore could not be fetched: {last_line(error.stderr)}", file=sys.stderr)
            return 3
        except DataNotFoundError:
            print(f"there is no model of SageMaker in {folder}", file=sys.stderr)
            return 3
        told = list(news(service))
    print(*told, f"{len(told) or 'nothing'} new since botocore {CHECKED}", sep="\n")
    return 1 if told else 0


def last_line(said: bytes) -> str:
    return (said.decode(errors="replace").strip().splitlines() or ["pip said nothing"])[-1]


if __name__ == "__main__":
    sys.exit(main())
