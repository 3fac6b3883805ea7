"""Messages about a wrong command or option, with what was probably meant."""

from __future__ import annotations

import contextlib
import difflib
import os
from shlex import quote

import click

from .constants import DEFAULT_SNAPSHOT

_ALIKE = 0.7  # how similar a word must be to a command: `trase` is to `trace`, and is not to `datasets`
_MOST = 2
_USUAL = {"job": "training-job", "run": "trial-component"}  # the kinds that these words probably mean


def guessed(error: click.UsageError) -> str:
    """The message about a word that is not a command or option; empty if click's own message is enough."""
    context = error.ctx
    if context and isinstance(error, click.exceptions.NoSuchCommand):
        return _of_command(error.command_name, context)
    if context and isinstance(error, click.NoSuchOption):
        return _of_option(error.option_name, context)
    if context and error.message.startswith("Got unexpected extra argument"):
        return _of_more(context, error.message.partition("(")[2].rpartition(")")[0])
    return ""


def _of_more(context: click.Context, more: str) -> str:
    """What to do about more arguments than a command takes."""
    meant = {
        "lineage trace": "trace takes one endpoint at a time",
        "lineage experiments": f"experiments lists all of them: `lineage runs {quote(more)}` lists the runs of one",
        "lineage search": f"a condition comes after --where: `--where {quote(more)}`",
        "lineage demo": "demo takes no argument: name the file with --snapshot",
    }
    return meant.get(context.command_path, "")


def command_of(arguments: list[str], group: click.Group) -> str:
    """The command that a command line names, for an error that click raises without naming it."""
    names, command = ["lineage"], group
    for word in arguments:
        found = command.commands.get(word)
        if found:
            names.append(word)
        if isinstance(found, click.Group):
            command = found
        elif found:
            break
    return " ".join(names)


def _of_command(word: str, context: click.Context) -> str:
    said = f"No such command {word!r}"
    group = context.command
    if context.parent is None and (meant := _kind(word) or _thing(word, context)):
        return f"{said}: {meant}"
    known = group.commands if isinstance(group, click.Group) else ()
    alike = difflib.get_close_matches(word, known, _MOST, _ALIKE)
    return f"{said}. Did you mean {' or '.join(map(repr, alike))}?" if alike else said


def _kind(word: str) -> str:
    """The command that lists a kind, if a word is its name in the singular or the plural."""
    import lineage

    one = word.lower().removesuffix("s")
    kind = _USUAL.get(one, one)
    return f"`lineage ls kind:{kind}` lists what there is" if kind in lineage.KINDS else ""


def _thing(word: str, context: click.Context) -> str:
    """The command that asks about a thing whose name was given without a command."""
    import lineage

    if word.startswith("s3://"):
        return f"to ask about data, `lineage used {word}`"
    file = context.ensure_object(dict).get("snapshot") or os.environ.get("LINEAGE_SNAPSHOT") or DEFAULT_SNAPSHOT
    kinds: set[str] = set()
    with contextlib.suppress(lineage.LineageError, OSError), lineage.open_snapshot(file) as opened:
        kinds = {kind for _, kind, _ in opened.names(word)}
    if "endpoint" in kinds:
        return f"it is an endpoint: `lineage trace {word}`"
    return f"the snapshot has something of that name: `lineage show {word}`" if kinds else ""


def _of_option(name: str, context: click.Context) -> str:
    said = f"No such option {name!r}"
    if context.parent is None:
        return _before_command(name, said, context)
    if any(name in one.opts for one in context.find_root().command.params if name != "--snapshot"):
        return f"{said} after the command: {name} goes before it"
    parameters = {one.name: one for one in context.command.params}
    if name == "--kind" and "selector" in parameters:
        return f"{said}: the selector says it, as in `{context.command_path} kind:endpoint`"
    form = parameters.get("form")
    word = name.lstrip("-")
    return (
        f"{said}. Did you mean -f {word}?" if form and isinstance(form.type, click.Choice) and word in form.type.choices else ""
    )


def _before_command(name: str, said: str, context: click.Context) -> str:
    """The message about an option before the command."""
    if name in ("-v", "-V"):
        return f"{said}. Did you mean --version?"
    group = context.command
    commands = group.commands.values() if isinstance(group, click.Group) else ()
    taken = any(name in parameter.opts for command in commands for parameter in command.params)
    return f"{said} before the command: {name} goes after it" if taken else ""
