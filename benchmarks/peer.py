"""Runs DataHub's SageMaker source against `server.py`, for the row `datahub` of `all.py`: `python benchmarks/peer.py FOLDER`.

It runs in another Python, which `$DATAHUB_PYTHON` names, because DataHub is no dependency of ours:
`python3 -m venv V && V/bin/pip install 'acryl-datahub[sagemaker]==1.7.0.17'`, then `DATAHUB_PYTHON=V/bin/python`. It prints the
seconds by the clock and those of the processor, without the start of Python.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main() -> None:
    from datahub.ingestion.run.pipeline import Pipeline  # type: ignore[import-not-found]

    source = {"type": "sagemaker", "config": {"aws_region": "eu-west-1"}}
    sink = {"type": "file", "config": {"filename": str(Path(sys.argv[1]) / "datahub.json")}}
    pipeline = Pipeline.create({"source": source, "sink": sink})
    began, used = time.monotonic(), time.process_time()
    pipeline.run()
    taken = {"wall": time.monotonic() - began, "used": time.process_time() - used}
    pipeline.raise_from_status()
    print(json.dumps(taken))


if __name__ == "__main__":
    main()
