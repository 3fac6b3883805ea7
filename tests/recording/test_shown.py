"""Logged text cannot control a terminal."""

from __future__ import annotations

import pytest

from lineage.recording.service import LOGGER


def test_a_warning_is_on_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """A name of a run or a file, and a text of AWS, are shown with pictures and escapes."""
    LOGGER.warning("lineage: %s: %s", "run\x1b[2J\n100 %s", OSError(2, "no such file", "a\u202eb"))
    (record,) = caplog.records
    assert record.getMessage() == "lineage: run␛[2J 100 %s: [Errno 2] no such file: 'a\\u202eb'"
