"""What `snapshot verify` and `report` share: the signature and the anchors that a snapshot is checked against."""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from ..render.words import say
from .strict import option

if TYPE_CHECKING:
    import lineage

SLOW_SECONDS = 2.0
Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Vouching:
    """Whom to trust: an envelope, its signer, a list of signers, a time stamp authority, an issuer, and anchors."""

    signature: str
    who: str
    allowed: str
    authority: str
    issuer: str
    anchors: str

    @property
    def signer(self) -> lineage.Signer:
        """Whose signature is trusted. A key or an issuer overrides the list named in the environment."""
        import lineage

        if self.issuer:
            return lineage.Signer(self.who, issuer=self.issuer)
        key = lineage.Signer(self.who).names_key and (Path(self.who).is_file() or ":" in self.who)
        allowed = self.allowed or ("" if key else os.environ.get("LINEAGE_ALLOWED_SIGNERS", ""))
        return lineage.Signer(self.who, allowed, self.authority)

    def envelope(self, path: str) -> str:
        """The envelope that was named, otherwise the one beside the snapshot; empty if there is none."""
        import lineage

        return self.signature or lineage.envelope_beside(path, bundle=bool(self.issuer))

    def known(self) -> list[lineage.Anchor]:
        """The anchors. If the named file has none, stderr says so, because it may be the wrong file."""
        import lineage

        anchors = lineage.load_anchors(self.anchors) if self.anchors else []
        if self.anchors and not anchors:
            say(
                f"{self.anchors}: no anchors {'in it' if Path(self.anchors).exists() else 'file there'} yet, so none is checked"
            )
        return anchors

    def files(self) -> dict[str, str | None]:
        """The options that were given, as on the command line."""
        words = {"--signature": self.signature, "--signer": self.who, "--allowed-signers": self.allowed}
        words |= {"--timestamp-authority": self.authority, "--issuer": self.issuer, "--anchors": self.anchors}
        return {name: value or None for name, value in words.items()}


def anchors_option(command: Command) -> Command:
    """`--anchors`. The function gets the file, or an empty text."""
    said = (
        "Check against the seals recorded in this file, and add what is proved; keep it where no crawl can write "
        "(environment: LINEAGE_ANCHORS)."
    )
    return option("--anchors", metavar="FILE", envvar="LINEAGE_ANCHORS", default="", help=said)(command)


def vouching_options(command: Command) -> Command:
    """The options that say whom to trust, as one argument `vouching`."""

    @functools.wraps(command)
    def run(*args: Any, anchors: str, **words: Any) -> Any:
        names = ("signature", "signer", "allowed_signers", "timestamp_authority", "issuer")
        signature, who, allowed, authority, issuer = (str(words.pop(name)) for name in names)
        vouching = Vouching(signature, who, allowed, authority, issuer, anchors)
        if issuer and not who:
            raise click.UsageError("--issuer needs --signer, the identity that it vouches for")
        if issuer and (allowed or authority):
            raise click.UsageError("--issuer is for a sigstore bundle: leave --allowed-signers and --timestamp-authority out")
        if vouching.authority and not vouching.signer:
            raise click.UsageError("--timestamp-authority needs --signer")
        return command(*args, vouching=vouching, **words)

    options = (
        ("--signature", "FILE", "The signed envelope (default FILE.dsse.json beside the snapshot)."),
        (
            "--signer",
            "KEY|WHO",
            "Whose signature is trusted: an SSH .pub file, a PEM file, an identity in --allowed-signers or of --issuer, or a "
            "KMS key, whose public part is read from AWS (kms:GetPublicKey).",
        ),
        (
            "--allowed-signers",
            "FILE",
            "Trusted signers, in the format of git and ssh-keygen(1) (environment: LINEAGE_ALLOWED_SIGNERS).",
        ),
        (
            "--timestamp-authority",
            "FILE",
            "Root certificates (PEM) of the authority that must have time-stamped the signature.",
        ),
        (
            "--issuer",
            "URL",
            "Check a sigstore bundle (default FILE.sigstore.json): this identity provider must have vouched for --signer.",
        ),
    )
    decorated: Any = anchors_option(cast("Command", run))
    for name, metavar, text in reversed(options):
        decorated = option(name, metavar=metavar, default="", help=text)(decorated)
    return cast("Command", decorated)


@contextmanager
def said_if_slow(path: str) -> Iterator[None]:
    """Say on stderr that a file is being verified, if that takes longer than people wait without a message."""
    line = f"lineage: verifying {Path(path).name}: every row of it is read"
    timer = threading.Timer(SLOW_SECONDS, lambda: say(line))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
