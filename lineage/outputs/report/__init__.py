"""Reports for auditors: one model of a report, written as JSON, Markdown and HTML."""

from collections.abc import Callable
from typing import Final

import orjson

from lineage.domain.records import Json
from lineage.domain.text import json_text, safe_json


def _html(report: Json) -> str:
    from lineage.outputs.report.webpage import webpage  # its pictures take longer to import than some reports to write

    return webpage(report)


def _markdown(report: Json) -> str:
    from lineage.outputs.report.markdown import markdown

    return markdown(report)


def _json(report: Json) -> str:
    """The same bytes as `json_text`, in a tenth of the time: a report holds no numbers but integers."""
    try:
        return safe_json(orjson.dumps(report, option=_LAYOUT).decode())
    except TypeError:  # orjson refuses a lone surrogate, and a number of more than 64 bits
        return json_text(report, indent=2, sort_keys=True) + "\n"


_LAYOUT: Final = orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE
REPORTS: Final[dict[str, Callable[[Json], str]]] = {"html": _html, "md": _markdown, "json": _json}
