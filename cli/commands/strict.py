"""Options that refuse what would silently turn off a check: an empty value, and a second value where they take one."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import click
from click.core import ParameterSource


class Option(click.Option):
    """An option that refuses an empty value, and a second value where it takes one.

    Otherwise the last value would win silently, and an unset shell variable would turn off a check. `need` says what to do
    about an empty value. An option that gives it a meaning has `may_be_empty`.
    """

    def __init__(
        self, *names: Any, need: str = "give a value, or leave it out", may_be_empty: bool = False, **words: Any
    ) -> None:
        super().__init__(*names, **words)
        self._need = need
        self._may_be_empty = may_be_empty

    def add_to_parser(self, parser: Any, ctx: click.Context) -> None:
        """Have each value kept, where click keeps only the last."""
        if self.is_flag or self.multiple:
            super().add_to_parser(parser, ctx)
        else:
            parser.add_option(obj=self, opts=self.opts, dest=self.name, action="append", nargs=self.nargs)

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """The value, and where it comes from."""
        given = opts.get(str(self.name))
        if isinstance(given, list) and not self.is_flag:
            self._insist(given, ctx)
            opts = {**opts, str(self.name): given if self.multiple else given[-1]}
        value, source = super().consume_value(ctx, opts)
        if source is ParameterSource.ENVIRONMENT:
            self._insist([value], ctx)
        return value, source

    def _insist(self, given: list[str], ctx: click.Context) -> None:
        """Refuse values that would turn off a check, unless the shell only asks for completions."""
        if ctx.resilient_parsing:
            return
        if not self._may_be_empty and not all(map(str.strip, given)):
            raise click.UsageError(f"{self._called()} is empty: {self._need}", ctx)
        if not self.multiple and len(set(given)) > 1:
            raise click.UsageError(twice(self._called(), given), ctx)

    def _called(self) -> str:
        return max(self.opts, key=len)


option = functools.partial(click.option, cls=Option)


def twice(name: str, values: Iterable[str]) -> str:
    """The message about an option that takes one value and was given several."""
    return f"give {name} once: it is given as {' and '.join(dict.fromkeys(values))}"
