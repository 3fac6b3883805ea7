"""Messages about a wrong command or option, with what was probably meant."""

from __future__ import annotations

import contextlib
import difflib
import os
import re
from shlex import quote

import click

from .constants import DEFAULT_SNAPSHOT

_ALIKE = 0.7  # how similar a word must be to a command: `trase` is to `trace`, and is not to `datasets`
_SHORT = 3  # characters of an option with one letter, and of one with two dashes and a letter
_ALIKE_OPTIONS = 0.8  # the two dashes and a common ending make options alike
_MOST = 2
# What other programs call our commands.
_SYNONYMS = {
    "describe": "show",
    "downstream": "impact",
    "find": "search",
    "get": "show",
    "graph": "draw",
    "info": "snapshot info",
    "list": "ls",
    "plot": "draw",
    "scan": "crawl",
    "sign": "snapshot sign",
    "upstream": "trace",
    "verify": "snapshot verify",
}
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
    words = more.split()
    each = words if all("=" in word[1:-1] for word in words) else [more]  # else the shell split one at its spaces
    conditions = " ".join(f"--where {quote(one)}" for one in each)
    meant = {
        "lineage trace": "trace takes one endpoint at a time",
        "lineage experiments": f"experiments lists all of them: `lineage runs {quote(more)}` lists the runs of one",
        "lineage search": f"a condition comes after --where: `{conditions}`",
        "lineage show": "show takes one thing at a time",
        "lineage impact": "impact takes one node or S3 URI at a time",
        "lineage datasets": "datasets takes one node at a time",
        "lineage gaps": f"gaps lists those of the whole snapshot: `lineage trace {quote(more)}` tells those of one endpoint",
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
    known = {name: name for name in group.commands} if isinstance(group, click.Group) else {}
    if context.parent is None:
        if word in _SYNONYMS:
            return f"{said}. Did you mean `lineage {_SYNONYMS[word]}`?"
        known = _inside(group) | _SYNONYMS | known
    alike = dict.fromkeys(known[name] for name in difflib.get_close_matches(word, known, _MOST, _ALIKE))
    return f"{said}. Did you mean {' or '.join(map(repr, alike))}?" if alike else said


def _inside(root: click.Command) -> dict[str, str]:
    """The commands of groups by their own names, each with that of its group: people forget the group."""
    groups = root.commands.values() if isinstance(root, click.Group) else ()
    return {name: f"{one.name} {name}" for one in groups if isinstance(one, click.Group) for name in one.commands}


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
    if form and isinstance(form.type, click.Choice) and word in form.type.choices:
        return f"{said}. Did you mean -f {word}?"
    return f"{said}{_option_meant(name, context)}"


def _option_meant(name: str, context: click.Context) -> str:
    """What is meant by an option that a command does not have: an argument, an option of it or one of another command."""
    options = [opt for one in context.command.params if isinstance(one, click.Option) for opt in one.opts]
    given = [one for one in context.command.params if isinstance(one, click.Argument)]
    words = {word for one in given for word in re.findall(r"[a-z]+", f"{one.name} {one.metavar}".casefold())}
    word = name.lstrip("-")
    if {word, f"{word}s"} & words:
        return f": it is an argument, so leave out {name}"
    longer = [one for one in options if one.startswith(name) or (len(one) > _SHORT and name.startswith(one))]
    if alike := longer or difflib.get_close_matches(name, options, _MOST, _ALIKE_OPTIONS):
        return f". Did you mean {' or '.join(map(repr, alike))}?"
    group = context.find_root().command
    commands = group.commands.items() if isinstance(group, click.Group) else ()
    have = [command for command, one in commands if any(name in parameter.opts for parameter in one.params)]
    return f": {' and '.join(f'`lineage {one}`' for one in have)} {'has' if len(have) == 1 else 'have'} it" if have else ""


def _before_command(name: str, said: str, context: click.Context) -> str:
    """The message about an option before the command."""
    if name in ("-v", "-V"):
        return f"{said}. Did you mean --version?"
    group = context.command
    commands = group.commands.values() if isinstance(group, click.Group) else ()
    taken = any(name in parameter.opts for command in commands for parameter in command.params)
    return f"{said} before the command: {name} goes after it" if taken else ""
