"""Reports for auditors: one model of a report, written as JSON, Markdown and HTML."""

from collections.abc import Callable
from typing import Final

from lineage.domain.records import Json
from lineage.domain.text import json_text
from lineage.outputs.report.markdown import markdown
from lineage.outputs.report.webpage import webpage

REPORTS: Final[dict[str, Callable[[Json], str]]] = {
    "html": webpage,
    "md": markdown,
    "json": lambda report: json_text(report, indent=2, sort_keys=True) + "\n",
}
