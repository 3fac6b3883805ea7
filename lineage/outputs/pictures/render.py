"""Graphviz lays out pictures and draws PNG: the `dot` on the PATH, else the pygraphviz wheel (extra `render`)."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import sys

from lineage.domain.called import argument
from lineage.domain.spelling import one_of
from lineage.errors import RenderError
from lineage.outputs.pictures.dot import to_dot
from lineage.outputs.pictures.dot_layout import asked_of_dot, placed_by_dot
from lineage.outputs.pictures.figures import Picture
from lineage.outputs.pictures.graph_svg import to_svg
from lineage.outputs.pictures.placing import Placed, best_shaped, may_turn, place

_GET = "`apt install graphviz`, `brew install graphviz` or `pip install 'sagemaker-lineage[render]'`"

TIMEOUT = 300  # seconds; dot takes 143 s for 16,000 nodes
_FORMS, _ENGINES = ("svg", "png"), ("auto", "dot", "builtin")
WELL = 3000  # nodes that Graphviz lays out well, and in seconds


def engine_for(drawn: Picture, form: str, engine: str = "auto") -> tuple[str, str]:
    """The engine for `svg` or `png`: `dot` (Graphviz) or `builtin`, and the reason if it was not asked for.

    Raises `RenderError` for a PNG without Graphviz, or one that is too large for it.
    """
    if engine != "auto":
        why = ""
    elif len(drawn.figures) > WELL:
        engine, why = "builtin", f"more than {WELL:,} nodes"
    else:
        engine, why = ("dot", "") if has_graphviz() else ("builtin", f"Graphviz is not installed ({_GET})")
    if form == "png" and engine == "builtin":
        if not why:
            said = f"leave out {argument('engine')}, or use {argument('form', value='svg')}"
            raise RenderError(f"the built-in engine cannot draw PNG: {said}")
        raise RenderError(f"a PNG needs Graphviz: {why}; or use {argument('form', value='svg')}")
    return engine, why


def has_graphviz() -> bool:
    """Whether there is a `dot`, or the wheel that ships one."""
    try:
        return bool(shutil.which("dot") or importlib.util.find_spec("pygraphviz"))
    except ValueError:  # the wheel was removed meanwhile
        return False


def draw(drawn: Picture, form: str, engine: str = "auto") -> bytes:
    """A picture as `svg` or `png`. Raises `RenderError`."""
    if not isinstance(drawn, Picture):
        raise TypeError(f"draw takes a picture, lineage.picture(graph); this is an object of type {type(drawn).__name__}")
    if form not in _FORMS:
        raise RenderError(one_of("format of a picture", form, _FORMS))
    if engine not in _ENGINES:
        raise RenderError(one_of("engine", engine, _ENGINES))
    if engine_for(drawn, form, engine)[0] == "builtin":
        return to_svg(drawn).encode()
    shapes = _shapes(drawn)
    if form == "svg":  # Graphviz stacks connected parts in one column, and cuts no chain into rows: our layout may fit better
        return to_svg(drawn, best_shaped([*shapes, *([] if engine == "dot" else [place(drawn)])])).encode()
    return render(to_dot(drawn, turned=best_shaped(shapes) is not shapes[0]), form)


def _shapes(drawn: Picture) -> list[Placed]:
    """The positions by Graphviz: to the right, and also down if that may fill a page better."""
    right = placed_by_dot(drawn, render(asked_of_dot(drawn), "json0"))
    turned = may_turn(drawn, right.width)
    return [right, *([placed_by_dot(drawn, render(asked_of_dot(drawn, turned=True), "json0"))] if turned else [])]


def render(dot: str, form: str) -> bytes:
    """A picture of a DOT text: `form` is `svg`, `png`, or any other format of Graphviz. Raises `RenderError`."""
    program = shutil.which("dot")
    if program:
        return _run([program, f"-T{form}"], dot)
    try:
        import pygraphviz  # noqa: F401  (an optional extra; asked for by importing it)
    except ImportError:
        none = f"`{argument('form', value='dot')}` and `{argument('engine', value='builtin')}` need none"
        raise RenderError(f"Graphviz is not installed: {_GET}; {none}") from None
    # A separate process, because a picture that Graphviz can't finish must not block the caller for ever.
    code = (
        "import sys, pygraphviz; graph = pygraphviz.AGraph(string=sys.stdin.read());"
        f"sys.stdout.buffer.write(graph.draw(format={form!r}, prog='dot'))"
    )
    return _run([sys.executable, "-c", code], dot)


def _run(command: list[str], dot: str) -> bytes:
    try:
        done = subprocess.run(command, input=dot.encode(), capture_output=True, timeout=TIMEOUT, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        less = f"draw fewer nodes, or use {argument('form', value='dot')}"
        raise RenderError(f"Graphviz did not finish within {TIMEOUT} s: {less}") from None
    if done.returncode or not done.stdout:
        said = done.stderr.decode(errors="replace").strip().splitlines() or ["it said nothing"]
        raise RenderError(f"Graphviz failed: {said[-1]}")
    return done.stdout
