"""`lineage completion`: the script with which a shell completes `lineage`, and the answers to the shell."""

from __future__ import annotations

import os
import shlex
from typing import Any

import click
from click.shell_completion import BashComplete, CompletionItem, ShellComplete, add_completion_class, get_completion_class

from ..constants import COMPLETING

SHELLS = ("bash", "zsh", "fish")
# Bash cuts words at `:` and `=`, which occur in S3 URIs, ARNs and selectors. So the script passes the whole line, and replaces
# only the part after the last cut.
_BASH = """\
%(complete_func)s() {
    local IFS=$'\\n' response type value
    response=$(env COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
        %(complete_var)s=bash_complete "$1" 2>/dev/null)
    COMPREPLY=()
    for completion in $response; do
        IFS=',' read -r type value <<< "$completion"
        if [[ $type == file ]]; then
            compopt -o default
        elif [[ $type == dir ]]; then
            compopt -o dirnames
        else
            COMPREPLY+=("$value")
        fi
    done
    if [[ ${#COMPREPLY[@]} == 1 && $COMPREPLY == *[/:] ]]; then
        compopt -o nospace
    fi
}
complete -o nosort -F %(complete_func)s %(prog_name)s
"""


class Bash(BashComplete):
    """Bash, for words that contain `:` and `=`."""

    source_template = _BASH

    def get_completion_args(self) -> tuple[list[str], str]:
        """The whole words before the cursor, and the word at it."""
        if "COMP_LINE" not in os.environ:
            return super().get_completion_args()
        line = os.environ["COMP_LINE"]
        words = click.shell_completion.split_arg_string(line)[1:]
        return (words, "") if not words or line[-1].isspace() else (words[:-1], words[-1])

    def format_completion(self, item: CompletionItem[Any]) -> str:
        """The part of the typed word after the last cut."""
        if item.type != "plain" or "COMP_LINE" not in os.environ:
            return super().format_completion(item)
        typed, cuts = self.get_completion_args()[1], os.environ.get("COMP_WORDBREAKS", "")
        at = max((typed.rfind(cut) + 1 for cut in ":=" if cut in cuts), default=0)
        value = item.value[at:] if item.value.startswith(typed[:at]) else item.value
        return f"{item.type},{shlex.quote(value) if value else value}"


class _Shell(click.Choice[str]):
    """The name of a shell, or its path, as in $SHELL."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return super().convert(value.rpartition("/")[2], param, ctx)


@click.command(
    short_help="Print the script that completes commands on Tab.",
    epilog="""\b
    Examples:
      eval "$(lineage completion bash)"      in ~/.bashrc
      eval "$(lineage completion zsh)"       in ~/.zshrc, after compinit
      lineage completion fish > ~/.config/fish/completions/lineage.fish
    """,
)
@click.argument("shell", type=_Shell(SHELLS))
def completion(shell: str) -> None:
    """Print a shell script that completes commands and options, and names, kinds, selectors and S3 URIs of the snapshot."""
    click.echo(_of_shell(shell, click.get_current_context().find_root().command).source(), nl=False)


def complete(group: click.Group) -> None:
    """Answer the shell, which asks through the variable. The answer is empty if there is nothing to offer."""
    shell, _, asked = os.environ[COMPLETING].partition("_")
    answering = _of_shell(shell, group)
    said = answering.source() if asked == "source" else answering.complete()
    click.echo(said, nl=bool(said) and asked != "source")


def _of_shell(shell: str, group: click.Command) -> ShellComplete:
    add_completion_class(Bash)
    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"{shell!r} is not a supported shell (expected one of {', '.join(SHELLS)})")
    return found(group, {"obj": {}}, "lineage", COMPLETING)
