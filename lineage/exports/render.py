"""DOT to SVG or PNG: the `dot` on the PATH, else the pygraphviz wheel (extra `render`), which ships Graphviz."""

from __future__ import annotations

import shutil
import subprocess
import sys

from lineage.errors import RenderError

TIMEOUT = 300  # seconds; dot takes 143 s for 16,000 nodes


def render(dot: str, form: str) -> bytes:
    """A picture of a DOT text: `form` is `svg` or `png`. Raises `RenderError`."""
    program = shutil.which("dot")
    if program:
        return _run([program, f"-T{form}"], dot)
    try:
        import pygraphviz  # noqa: F401  (an optional extra; asked for by importing it)
    except ImportError:
        raise RenderError(
            "no Graphviz: install it (`apt install graphviz`, `brew install graphviz`) or `pip install "
            "'sagemaker-lineage[render]'`; `--format dot` needs none"
        ) from None
    # A process of its own: a picture that Graphviz can't finish must not hold the caller for ever.
    code = (
        "import sys, pygraphviz; graph = pygraphviz.AGraph(string=sys.stdin.read());"
        f"sys.stdout.buffer.write(graph.draw(format={form!r}, prog='dot'))"
    )
    return _run([sys.executable, "-c", code], dot)


def _run(command: list[str], dot: str) -> bytes:
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=TIMEOUT, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise RenderError(f"Graphviz did not finish within {TIMEOUT} s: draw less, or take --format dot") from error
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise RenderError(f"Graphviz failed: {said[-1]}")
    return done.stdout
