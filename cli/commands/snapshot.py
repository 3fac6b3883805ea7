"""`lineage snapshot`: what the file is, whether it has changed since it was crawled, and who signed it."""

from __future__ import annotations

from contextlib import nullcontext
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..render.html import About
from ..render.listing import FORMS, cells_as
from ..render.snapshot import REPLAYED, file_lines, info_text, seal_lines, there_text, verified_notes, verified_text
from ..render.words import first_line, say, steps
from .options import format_option, out_option, snapshot_option, write
from .scoped import tell_about
from .strict import option
from .vouching import Vouching, anchors_option, said_if_slow, vouching_options

if TYPE_CHECKING:
    import lineage

CHANGED, IN_PART = 1, 4
SIGSTORE = (
    "sigstore: contacts tuf-repo-cdn.sigstore.dev, oauth2.sigstore.dev (in a CI job its own provider), fulcio.sigstore.dev, "
    "timestamp.sigstore.dev and rekor.sigstore.dev; your identity stays in Rekor, a public log, and Rekor is sent the statement"
)


@click.group(
    short_help="Inspect, verify or sign the snapshot file.",
    epilog="""\b
    Examples:
      lineage snapshot info                          the digests, to keep somewhere else
      lineage snapshot verify                        has the file changed since it was crawled?
      lineage snapshot verify --against copy.db      and does it continue an earlier copy?
      lineage snapshot sign --key ~/.ssh/id_ed25519  a signature beside it
    """,
)
def snapshot() -> None:
    """Inspect, verify or sign the snapshot file.

    Each finished crawl seals the file with digests of what it wrote, of everything in the file, and of the previous seal.

    A digest shows only that nothing has changed since it was made. Whoever can write the file can also seal it again: keep the
    digest somewhere else, or sign it.
    """


@snapshot.command(
    short_help="Show its crawls and digests.",
    epilog="""\b
    Examples:
      lineage snapshot info
      lineage snapshot info -f sha256 -o lineage.db.sha256    then: sha256sum -c lineage.db.sha256
    """,
)
@click.argument("file", required=False)
@snapshot_option
@format_option(*FORMS, "sha256")
@out_option
def info(file: str | None, snapshot: str, form: str, out: str | None) -> None:
    """Print the digest of FILE (default: the snapshot that --snapshot names), its crawls, and the seal of each.

    -f sha256 prints a line for `sha256sum -c`.
    """
    import lineage

    told = lineage.snapshot_info(file or snapshot)
    if form == "table":
        write(info_text(told, colour=not out), out)
        return
    forms = {"json": _json, "sha256": _sums}
    about = About(lambda: first_line(info_text(told, colour=False)), lambda: file_lines(told))
    write(forms[form](told) if form in forms else cells_as(form, *info_rows(told), about=about), out)
    if form not in forms:
        tell_about(about, form)


@snapshot.command(
    short_help="Verify that the file has not changed since it was crawled.",
    epilog="""\b
    Examples:
      lineage snapshot verify
      lineage snapshot verify audit-2026.db --digest sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      lineage snapshot verify --against last-year.db      this file begins as the earlier copy ended
      lineage snapshot verify --signer jo.pub             the signature in lineage.db.dsse.json is Jo's
      lineage snapshot verify --signer jo@bank.example --issuer https://accounts.google.com    in lineage.db.sigstore.json

    \b
    Exit codes: 0 no change found: without --digest, --against, --signer or --require-proof that proves nothing;
    1 changed, or rolled back; 3 a signature is refused or can't be checked;
    4 what was given proves earlier crawls only, or --require-proof and the newest crawl is not proved.
    """,
)
@click.argument("file", required=False)
@snapshot_option
@option(
    "--digest",
    metavar="SHA256",
    default="",
    help="A digest of the file or of one of its seals, kept elsewhere.",
)
@option("--against", metavar="FILE", default="", help="An earlier copy of the file.")
@option("--require-proof", is_flag=True, help="Exit with 4 unless the file is proved up to its newest crawl.")
@vouching_options
@format_option(*FORMS)
@out_option
def verify(
    file: str | None,
    snapshot: str,
    digest: str,
    against: str,
    require_proof: bool,
    vouching: Vouching,
    form: str,
    out: str | None,
) -> int:
    """Check FILE (default: the snapshot that --snapshot names) against its seals, and name what changed.

    Exits with 1 if it changed.

    Every row, every record's body and SQLite's own structure are checked. Bytes that hold nothing, such as free pages, are
    covered by the digest of the whole file only.

    A digest, an earlier copy or a signature proves what was there when it was made: the answer says up to which crawl. What it
    proves is added to the --anchors file. Nothing goes over the network, unless --signer names a KMS key.
    """
    import lineage

    path = file or snapshot
    with said_if_slow(path):
        signed, notes = _signed(path, vouching)
        proofs = [*([signed.proof] if signed and signed.proof else []), *(one.proof for one in vouching.known())]
        done = lineage.verify(path, digest=digest, against=against, proofs=proofs)
    genuine = "the signature is genuine, but this file is not what was signed: " if signed and done.verdict == "changed" else ""
    done.notes.extend(f"{genuine}{note}" for note in notes)
    about = About(lambda: first_line(verified_text(done, colour=False)), lambda: seal_lines(done))
    if form == "table":
        write(verified_text(done, colour=not out), out)
    else:
        write(_json(done) if form == "json" else cells_as(form, *verified_rows(done), about=about), out)
    if form not in ("table", "json"):
        tell_about(about, form)
    if vouching.anchors and (digest or against or signed):
        _anchored(done, vouching.anchors)
    unproved = IN_PART if require_proof and not done.proved_all else 0
    return {"changed": CHANGED, "proved-in-part": IN_PART}.get(done.verdict, unproved)


@snapshot.command(
    short_help="Upgrade a file of an earlier version.",
    epilog="""\b
    Examples:
      lineage snapshot upgrade
      lineage snapshot upgrade audit-2026.db
    """,
)
@click.argument("file", required=False)
@snapshot_option
def upgrade(file: str | None, snapshot: str) -> None:
    """Upgrade FILE (default: the snapshot that --snapshot names), which lineage 1.0.0 wrote, to the format of this version.

    The earlier file is kept beside it as FILE.schema-7. A signature or a digest that you kept belongs to that file. The new
    file has a new seal, and its answers are those of this version. A file that has changed since it was sealed is refused.
    """
    import lineage

    path = file or snapshot
    done = lineage.upgrade_snapshot(path, on_progress=steps())
    say(f"{done.path} is upgraded; the earlier file is {done.kept}")
    if done.seal:
        say(f"its newest seal is {done.seal}: keep it somewhere else, or sign the file again")


def _anchored(done: lineage.Verified, anchors: str) -> None:
    """Add what was proved to a file of anchors. If it can't be written, the answer stays the same and stderr says so."""
    import lineage

    newly = lineage.proved(done)
    try:
        if newly:
            lineage.anchor(anchors, newly)
    except OSError as error:
        say(f"{anchors}: {error.strerror}: what was proved is not added to these anchors")


def _signed(path: str, vouching: Vouching) -> tuple[lineage.Signed | None, list[str]]:
    """The checked signature, or a note that none was checked."""
    import lineage

    envelope = vouching.envelope(path)
    if not vouching.signer:
        said = f"signature in {Path(envelope).name} not checked: no signer given (--signer, --allowed-signers, --issuer)"
        return None, [said] if envelope else []
    if not envelope:
        beside = "sigstore" if vouching.issuer else "dsse"
        raise click.UsageError(f"{path}.{beside}.json does not exist: name the envelope with --signature")
    signed = lineage.insist_signed(envelope, vouching.signer)
    known = f" ({signed.key or signed.issuer})" if signed.key or signed.issuer else ""
    return signed, [f"signed by {signed.signer}{known}, {signed.when}; it covers {signed.covered}"]


@snapshot.command(
    short_help="Sign the file with your key.",
    epilog="""\b
    Keys:
      ~/.ssh/id_ed25519        an SSH key; with a passphrase or an agent, name the .pub file
      awskms:///alias/NAME     an asymmetric AWS KMS key, or its ARN: needs kms:GetPublicKey and kms:Sign
      sigstore                 no key: log in in a browser, or run in a CI job. Your identity stays in a public log

    \b
    Examples:
      lineage snapshot sign --key ~/.ssh/id_ed25519                 writes lineage.db.dsse.json
      lineage snapshot sign --key awskms:///alias/audit --public-key audit.pem
      lineage snapshot sign --key id.pub --timestamp https://freetsa.org/tsr --anchors /audit/anchors.jsonl
      lineage snapshot sign --key sigstore                          writes lineage.db.sigstore.json
    """,
)
@click.argument("file", required=False)
@snapshot_option
@option("--key", metavar="KEY", required=True, help="What to sign with; see below.")
@option("--timestamp", metavar="URL", default="", help="Ask this authority to time-stamp the signature (RFC 3161).")
@option("--public-key", metavar="FILE", default="", help="With a KMS key: write its public key here, to check without AWS.")
@anchors_option
@option(
    "--out",
    "-o",
    metavar="FILE",
    default="",
    help="Write the envelope to this file; - is stdout. Default: the snapshot's name and .dsse.json, or .sigstore.json.",
)
def sign(file: str | None, snapshot: str, key: str, timestamp: str, public_key: str, anchors: str, out: str) -> None:
    """Sign FILE (default: the snapshot that --snapshot names): a statement of its digest, its seals and what it covers.

    The file is verified first and is not changed: the signature is a DSSE envelope beside it. The network is used only for a
    KMS key and for --timestamp, which get a digest and nothing else of the snapshot, and for sigstore, whose log gets the
    statement.
    """
    import lineage

    path = file or snapshot
    if key == "sigstore" and find_spec("sigstore"):
        say(SIGSTORE)
    with nullcontext() if key == "sigstore" else said_if_slow(path):  # a login is slow as well
        made = lineage.sign_snapshot(path, key, timestamp=timestamp)
    if public_key and not made.pem:
        raise click.UsageError("--public-key is for a KMS key: an SSH key has its .pub file, and sigstore has no key")
    if public_key:
        write(made.pem, public_key)
    envelope = out or f"{path}{made.beside}"
    earlier = "; the envelope that was there is replaced" if Path(envelope).is_file() else ""
    write(made.text, envelope)
    _say_if_replayed(path)
    if out != "-":
        said = f"signed {Path(path).name} up to crawl {made.proof.crawl} with {made.envelope.signatures[0].keyid or key}"
        say(f"{envelope}: {said}{earlier}")
    if anchors:
        lineage.anchor(anchors, made.proof)


def _say_if_replayed(path: str) -> None:
    """A signature says nothing about where the records are from."""
    import lineage

    with lineage.open_snapshot(path) as opened:
        if any(crawl.replayed for crawl in opened.crawls()):
            say(f"lineage: {Path(path).name}: {REPLAYED}")


def _json(told: Any) -> str:
    import lineage

    return lineage.json_text(told.as_json(), indent=2) + "\n"


def _sums(told: lineage.SnapshotInfo) -> str:
    import lineage

    return f"{told.digest.removeprefix('sha256:')}  {lineage.one_line(told.file)}\n"


def info_rows(told: lineage.SnapshotInfo) -> tuple[list[str], list[list[Any]]]:
    """The columns, and a row for each crawl."""
    head = ["crawl", "started", "finished", "caller", "seal", "merged"]
    rows = [[one["id"], one["started"], one["finished"] or "", one["caller"], one["seal"] or ""] for one in told.crawls]
    return head, [[*row, "; ".join(map(there_text, one["merged"]))] for row, one in zip(rows, told.crawls, strict=True)]


def verified_rows(done: lineage.Verified) -> tuple[list[str], list[list[Any]]]:
    """The columns, and a row for each difference, or one for the verdict; then the notes."""
    differences = [[done.verdict, one.table, one.where, one.said] for one in done.differences]
    notes = [["note", "", "", note] for note in verified_notes(done)]
    bare = "not proved" if done.verdict == "unchanged" and not done.proved else ""
    return ["verdict", "table", "where", "said"], [*(differences or [[done.verdict, "", "", bare]]), *notes]
