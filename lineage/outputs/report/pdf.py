"""A report as PDF: its HTML, printed by a Chromium that is installed, or by WeasyPrint. Neither loads anything."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from lineage.errors import RenderError

_BROWSERS: Final = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
_SECONDS: Final = 300
_FLAGS: Final = (
    "--headless",
    "--disable-gpu",
    "--no-sandbox",  # the sandbox fails in containers; the page is our own, runs no script and loads nothing
    "--disable-extensions",
    "--no-first-run",
    "--no-pdf-header-footer",
)
_HOW: Final = "a PDF takes Chromium, Chrome, or WeasyPrint (`pip install weasyprint`); or print the .html from any browser"


def to_pdf(html: str) -> bytes:
    """An HTML report as PDF. Raises `RenderError` if no program to print it is installed, or if printing failed.

    The bytes contain the time of printing, so they differ from call to call.
    """
    browser = next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if browser:
        return _by_browser(browser, html)
    try:
        weasyprint = importlib.import_module("weasyprint")
    except (ImportError, OSError):  # its own libraries may be missing
        raise RenderError(f"no program that writes PDF is installed: {_HOW}") from None
    return bytes(weasyprint.HTML(string=html).write_pdf())


def _by_browser(browser: str, html: str) -> bytes:
    with tempfile.TemporaryDirectory(prefix="lineage-", ignore_cleanup_errors=True) as folder:
        page, pdf = Path(folder, "report.html"), Path(folder, "report.pdf")
        page.write_text(html, "utf-8")
        told = [f"--user-data-dir={folder}/profile", f"--print-to-pdf={pdf}", page.as_uri()]
        try:
            done = subprocess.run([browser, *_FLAGS, *told], capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
        except (OSError, subprocess.TimeoutExpired) as error:
            raise RenderError(f"{browser} did not print the PDF ({type(error).__name__}): {_HOW}") from error
        if not pdf.exists():
            said = " ".join(done.stderr.decode(errors="replace").split())[-200:]
            raise RenderError(f"{browser} did not print the PDF ({said or f'exit code {done.returncode}'}): {_HOW}")
        return pdf.read_bytes()
