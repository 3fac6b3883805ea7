"""`--account` and `--region`: which part of a snapshot a command lists or asks about."""

from __future__ import annotations

import contextlib
import functools
from shlex import quote
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from ..render.words import a_kind, say
from .options import Command, Decorator
from .strict import option

if TYPE_CHECKING:
    import lineage


def within_options(what: str) -> Decorator:
    """`--account` and `--region`, which may be repeated. The function gets them as `within`, for `checked`."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(*args: Any, accounts: tuple[str, ...], regions: tuple[str, ...], **words: Any) -> Any:
            return command(*args, within={"accounts": accounts, "regions": regions}, **words)

        decorated: Any = cast("Command", run)
        for name, end, metavar in (("--region", "regions", "R"), ("--account", "accounts", "ID")):
            said = f"Only {what} of this {name.removeprefix('--')}; repeats."
            decorated = option(name, end, metavar=metavar, multiple=True, help=said)(decorated)
        return cast("Command", decorated)

    return decorate


def checked(opened: lineage.Snapshot, within: dict[str, Any]) -> dict[str, Any]:
    """The accounts and regions that were given. Raises `MalformedName` for an impossible one."""
    import lineage

    if any(within.values()):
        scope = opened.scope()
        lineage.check_places(within["accounts"], within["regions"], scope.accounts, scope.regions)
    return within


def read_in_part(opened: lineage.Snapshot, within: dict[str, Any]) -> dict[str, Any]:
    """The same, for output without a scope: stderr names those that no crawl has read."""
    import lineage

    if any(checked(opened, within).values()):
        holes = lineage.coverage(opened, **within)["empty"]
        unread = [f"{one['account']} {one['region']}".strip() for one in holes if one["reason"] == "not-enumerated"]
        if 0 < len(unread) < len(within["accounts"] or "1") * len(within["regions"] or "1"):  # else an error says it
            say(f"lineage: no crawl has read anything in {', '.join(unread)}: `lineage crawl` reads it")
    return within


def endpoints_in(opened: lineage.Snapshot, within: dict[str, Any]) -> list[tuple[str, str]]:
    """The id and the name of each endpoint of these accounts and regions. Raises `UnknownNode` if there is none."""
    import lineage

    known = list(opened.names_of("endpoint"))
    if not any(checked(opened, within).values()):
        return known
    kept = {node.id for node in lineage.nodes(opened, "kind:endpoint", **within)} if known else set()
    return [(node, name) for node, name in known if node in kept]


def is_endpoint(opened: lineage.Snapshot, node: str) -> bool:
    return next(opened.nodes([node])).kind == "endpoint"


def endpoint_in(opened: lineage.Snapshot, wanted: str, within: dict[str, Any]) -> str:
    """The endpoint that a name, an ARN or a console URL means. Raises `UnknownNode`."""
    import lineage

    if not wanted.strip():
        raise lineage.UnknownNode("the name of the endpoint is empty")
    try:
        return lineage.find_endpoint(endpoints_in(opened, within) if any(within.values()) else opened, wanted)
    except lineage.UnknownNode:
        if said := _not_an_endpoint(opened, wanted):
            raise lineage.UnknownNode(said) from None
        raise


def _not_an_endpoint(opened: lineage.Snapshot, wanted: str) -> str:
    """Why a text can't be the name of an endpoint, with commands that take what it names; empty if it can."""
    import lineage

    if lineage.shows_nothing(wanted):
        return "this URL names no endpoint: open the endpoint's own page and copy its URL, or give its name"
    meant = lineage.from_url(wanted)
    if lineage.is_location(meant):
        place = quote(meant)
        return (
            f"{wanted!r} is a location, not an endpoint: `lineage impact {place}` tells what its data led to, "
            f"`lineage used {place}` whether it was used for training"
        )
    if set("*?") & set(meant):
        glob = quote(meant if meant.startswith("endpoint/") else f"endpoint/{meant}")
        return f"a wildcard names no one endpoint: `lineage ls {glob}` lists those that match"
    if node := _something_else(opened, meant):
        return f"{node.name!r} is {a_kind(node.kind)}, not an endpoint: {_who_takes(opened, node)}"
    kind, slash, name = meant.partition("/")
    if slash and name and kind in lineage.KINDS and not meant.startswith("endpoint/"):
        return f"{meant!r} names {a_kind(kind)}, not an endpoint: give the name, the ARN or the console URL of one"
    return ""


class _Thing(NamedTuple):
    """A node as `Snapshot.names` gives it."""

    id: str
    kind: str
    name: str


def _something_else(opened: lineage.Snapshot, meant: str) -> _Thing | None:
    """What a text means that is no endpoint: of several with a name, one that was made of data if there is one."""
    import lineage

    with contextlib.suppress(lineage.UnknownNode):
        node = next(opened.nodes([lineage.find_in(opened, meant)]))
        return None if is_endpoint(opened, node.id) else _Thing(node.id, node.kind, node.name)
    named = [_Thing(*one) for one in opened.names(meant)]
    others = [one for one in named if not is_endpoint(opened, one.id)]
    return min(others, key=lambda one: (not is_made(one.kind), one.id), default=None)


def is_made(kind: str) -> bool:
    """Whether `datasets` takes a kind."""
    import lineage

    return kind in lineage.MADE or kind.endswith("-job")


def _who_takes(opened: lineage.Snapshot, node: _Thing) -> str:
    """The commands that take a node, with what to call it."""
    what = quote(_shortest(opened, node))
    if is_made(node.kind):
        return f"`lineage datasets {what}` lists its data, `lineage impact {what}` tells what it led to"
    return f"`lineage show {what}` shows it"


def _shortest(opened: lineage.Snapshot, node: _Thing) -> str:
    """The shortest text that means a node and no other."""
    import lineage

    for text in (node.name, f"{node.kind}/{node.name}"):
        with contextlib.suppress(lineage.UnknownNode):
            if lineage.find_in(opened, text) == node.id:
                return text
    return node.id
