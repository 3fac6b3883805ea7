"""`lineage help` and `lineage version`."""

from __future__ import annotations

import click


def _complete_command(context: click.Context, _: click.Parameter, begins: str) -> list[str]:
    return [name for name in _root(context).commands if name.startswith(begins)]


def _root(context: click.Context) -> click.Group:
    root = context.find_root().command
    assert isinstance(root, click.Group)  # the commands here are commands of it
    return root


@click.command(
    "help",
    short_help="Show the help of a command.",
    epilog="""\b
    Examples:
      lineage help
      lineage help snapshot verify
    """,
)
@click.argument("names", metavar="[COMMAND]...", nargs=-1, shell_complete=_complete_command)
@click.pass_context
def help_command(context: click.Context, names: tuple[str, ...]) -> None:
    """Show the help of COMMAND, or the list of all commands."""
    shown = context.find_root()
    for name in names:
        if not isinstance(shown.command, click.Group):
            raise click.UsageError(f"{shown.command_path} has no subcommands", shown)
        _, command, _ = shown.command.resolve_command(shown, [name])
        shown = click.Context(command or shown.command, info_name=name, parent=shown)
    click.echo(shown.get_help())


@click.command(short_help="Show the version.", epilog="Examples: lineage version")
def version() -> None:
    """Show the version of lineage."""
    import lineage

    click.echo(f"lineage, version {lineage.__version__}")
