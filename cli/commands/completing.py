"""What the shell offers on Tab for arguments and options: names from the snapshot, kinds, selectors, files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

Completer = Callable[[click.Context, click.Parameter, str], list[str]]


def _hints(context: click.Context, what: str, begins: str, kinds: tuple[str, ...] = ()) -> list[str]:
    import lineage

    return [one for one in lineage.hints(context.params["snapshot"], what, begins, kinds) if one.isprintable()]


def names_of(*kinds: str) -> Completer:
    """Offers the names of some kinds, or ARNs."""

    def complete(context: click.Context, _: click.Parameter, begins: str) -> list[str]:
        is_arn = begins.startswith("arn:")
        return _hints(context, "ids", begins) if is_arn else _hints(context, "names", begins, kinds)

    return complete


def complete_uri(context: click.Context, _: click.Parameter, begins: str) -> list[str]:
    """Offers S3 URIs, folder by folder."""
    is_uri = begins.startswith("s3://") or "s3://".startswith(begins)
    return _hints(context, "ids", f"s3://{begins[5:]}") if is_uri else []


def complete_node(context: click.Context, _: click.Parameter, begins: str) -> list[str]:
    """Offers names, ARNs and S3 URIs."""
    if begins.startswith("arn:"):
        return _hints(context, "ids", begins)
    if len(begins) > 1 and (found := complete_uri(context, _, begins)):
        return found
    return _hints(context, "names", begins)


def complete_selector(context: click.Context, parameter: click.Parameter, begins: str) -> list[str]:
    """Offers the same and `kind:`, also after the `+` of a selector."""
    plus = "+" if begins.startswith("+") else ""
    word = begins.removeprefix("+")
    if word.startswith("kind:"):
        return [f"{plus}kind:{kind}" for kind in _hints(context, "kinds", word.removeprefix("kind:"))]
    heads = [head for head in ("kind:", "tag:") if head.startswith(word)]
    return [plus + one for one in (*heads, *complete_node(context, parameter, word))]


def complete_kind(_: click.Context, __: click.Parameter, begins: str) -> list[str]:
    """Offers every kind that can be read, whatever the snapshot holds."""
    import lineage

    return [name for name, kind in lineage.KINDS.items() if (kind.list or kind.describe) and name.startswith(begins)]


def complete_list(words: Sequence[str]) -> Completer:
    """Offers the words that a list with commas does not contain yet."""

    def complete(_: click.Context, __: click.Parameter, begins: str) -> list[str]:
        head, comma, last = begins.rpartition(",")
        taken = head.split(",")
        return [f"{head}{comma}{word}" for word in words if word.startswith(last) and word not in taken]

    return complete


def complete_file(_: click.Context, __: click.Parameter, begins: str) -> list[CompletionItem[str]]:
    """Lets the shell offer files."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(begins, type="file")]
