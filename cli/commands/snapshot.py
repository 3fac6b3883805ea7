"""`lineage snapshot`: what the file is, and whether it is as its crawls left it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..render.lines import printed, styled
from ..render.listing import FORMS, cells_as
from ..render.words import plural, say
from .options import format_option, out_option, snapshot_option, write
from .vouching import Vouching, anchors_option, said_if_slow, vouching_options

if TYPE_CHECKING:
    import lineage

CHANGED, IN_PART = 1, 4
_COLOURS = {"unchanged": "bold green", "changed": "bold red", "unsealed": "bold yellow", "proved-in-part": "bold yellow"}


@click.group(
    short_help="The snapshot file itself: its digests, its signature, and whether it was changed.",
    epilog="""\b
    Examples:
      lineage snapshot info                          the digests, to be kept somewhere else
      lineage snapshot verify                        is the file as its crawls left it?
      lineage snapshot verify --against copy.db      and does it go on from an earlier copy?
      lineage snapshot sign --key ~/.ssh/id_ed25519  a signature beside it
    """,
)
def snapshot() -> None:
    """Each finished crawl seals the file: a digest of what it wrote, of all that was there, and of the seal before.

    A digest says that nothing was changed since it was made, and no more. Whoever can write the file can seal it anew:
    keep the digest somewhere else, or sign it.
    """


@snapshot.command(
    short_help="Its crawls and digests.",
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
    """Print the digest of FILE (else of the snapshot that --snapshot names), its crawls, and the seal of each.

    sha256 is a line that `sha256sum -c` reads.
    """
    import lineage

    told = lineage.snapshot_info(file or snapshot)
    forms = {"json": _json, "sha256": _sums, "table": lambda _: _info_text(told, colour=not out)}
    write(forms[form](told) if form in forms else cells_as(form, *_info_rows(told)), out)


@snapshot.command(
    short_help="Is it as its crawls left it?",
    epilog="""\b
    Examples:
      lineage snapshot verify
      lineage snapshot verify audit-2026.db --digest sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      lineage snapshot verify --against last-year.db      what the earlier copy holds is the beginning of this one
      lineage snapshot verify --signer jo.pub             what is signed in lineage.db.dsse.json

    \b
    Exit codes: 0 unchanged, as far as can be said; 1 changed, or rolled back; 3 a signature is refused or can't be checked;
    4 what was given proves earlier crawls only.
    """,
)
@click.argument("file", required=False)
@snapshot_option
@click.option(
    "--digest", metavar="SHA256", default="", help="The digest of the file, or of one of its seals, that was kept elsewhere."
)
@click.option("--against", metavar="FILE", default="", help="An earlier copy of the file.")
@vouching_options
@format_option(*FORMS)
@out_option
def verify(file: str | None, snapshot: str, digest: str, against: str, vouching: Vouching, form: str, out: str | None) -> int:
    """Hold FILE (else the snapshot that --snapshot names) against its seals, and name what was changed. Exit code 1 if so.

    Looked at are every row and every record's body, and SQLite's own structure. Bytes that hold nothing, such as free
    pages, are told by the digest of the whole file only.

    A digest, an earlier copy or a signature proves what was there when it was made: the answer says up to which crawl. What is
    proved so is added to the --anchors. Nothing goes over the network, unless --signer names a key of KMS.
    """
    import lineage

    path = file or snapshot
    with said_if_slow(path):
        signed, notes = _signed(path, vouching)
        proofs = [*([signed.proof] if signed and signed.proof else []), *(one.proof for one in vouching.known())]
        done = lineage.verify(path, digest=digest, against=against, proofs=proofs)
    done.notes.extend(notes)
    newly = lineage.proved(done) if vouching.anchors and (digest or against or signed) else None
    if newly:
        lineage.anchor(vouching.anchors, newly)
    forms = {"json": _json, "table": lambda _: _verified_text(done, colour=not out)}
    write(forms[form](done) if form in forms else cells_as(form, *_verified_rows(done)), out)
    return {"changed": CHANGED, "proved-in-part": IN_PART}.get(done.verdict, 0)


def _signed(path: str, vouching: Vouching) -> tuple[lineage.Signed | None, list[str]]:
    """The checked signature, or a note that none was checked."""
    import lineage

    envelope = vouching.envelope(path)
    if not vouching.signer:
        said = f"signature in {Path(envelope).name} not checked: no signer given (--signer, --allowed-signers)"
        return None, [said] if envelope else []
    if not envelope:
        raise click.UsageError(f"{path}.dsse.json is not there: name the envelope with --signature")
    signed = lineage.insist_signed(envelope, vouching.signer)
    key = f" ({signed.key})" if signed.key else ""
    return signed, [f"signed by {signed.signer}{key}, {signed.when}: the crawls up to {signed.covers}"]


@snapshot.command(
    short_help="Sign it with a key of yours.",
    epilog="""\b
    Keys:
      ~/.ssh/id_ed25519        an SSH key; of one with a passphrase, or in an agent, name the .pub file
      awskms:///alias/NAME     an asymmetric key of AWS KMS, also by its ARN: AWS is asked kms:GetPublicKey and kms:Sign

    \b
    Examples:
      lineage snapshot sign --key ~/.ssh/id_ed25519                 writes lineage.db.dsse.json
      lineage snapshot sign --key awskms:///alias/audit --public-key audit.pem
      lineage snapshot sign --key id.pub --timestamp https://freetsa.org/tsr --anchors /audit/anchors.jsonl
    """,
)
@click.argument("file", required=False)
@snapshot_option
@click.option("--key", metavar="KEY", required=True, help="What to sign with; see below.")
@click.option("--timestamp", metavar="URL", default="", help="Ask this authority for a time stamp of the signature (RFC 3161).")
@click.option("--public-key", metavar="FILE", default="", help="Of KMS: write the public key here, to check without AWS.")
@anchors_option
@click.option("--out", "-o", metavar="FILE", help="Write the envelope to this file; - is stdout. Else FILE.dsse.json.")
def sign(file: str | None, snapshot: str, key: str, timestamp: str, public_key: str, anchors: str, out: str | None) -> None:
    """Sign FILE (else the snapshot that --snapshot names): a statement of its digest, its seals and what it covers.

    The file is verified first, and is not touched: the signature is a DSSE envelope beside it. Nothing goes over the network
    but to KMS for a key there, and to the host of --timestamp; neither gets anything of the snapshot but a digest.
    """
    import lineage

    path = file or snapshot
    with said_if_slow(path):
        made = lineage.sign_snapshot(path, key, timestamp=timestamp)
    if public_key and not made.pem:
        raise click.UsageError("--public-key is of a key of KMS: an SSH key has its .pub file")
    if public_key:
        write(made.pem, public_key)
    write(made.text, out or f"{path}.dsse.json")
    if anchors:
        lineage.anchor(anchors, made.proof)
    if out != "-":
        said = f"signed {Path(path).name} up to crawl {made.proof.crawl} with {made.envelope.signatures[0].keyid or key}"
        say(f"{out or f'{path}.dsse.json'}: {said}")


def _json(told: Any) -> str:
    import lineage

    return lineage.json_text(told.as_json(), indent=2) + "\n"


def _sums(told: lineage.SnapshotInfo) -> str:
    import lineage

    return f"{told.digest.removeprefix('sha256:')}  {lineage.one_line(told.file)}\n"


def _info_rows(told: lineage.SnapshotInfo) -> tuple[list[str], list[list[Any]]]:
    head = ["crawl", "started", "finished", "caller", "seal"]
    return head, [
        [one["id"], one["started"], one["finished"] or "", one["caller"], one["seal"] or ""] for one in told.crawls
    ]


def _info_text(told: lineage.SnapshotInfo, *, colour: bool) -> str:
    lines = [styled((told.file, "bold"), f"  {told.bytes:,} bytes"), f"  file  {told.digest}"]
    for one in told.crawls:
        lines.append(
            f"crawl {one['id']}  {one['started']} to {one['finished'] or 'no end'}  as {one['caller'].rpartition(':')[2]}"
        )
        lines.append(f"  seal  {one['seal'] or 'none: it did not finish'}")
    return printed(*lines, colour=colour)


def _verified_rows(done: lineage.Verified) -> tuple[list[str], list[list[Any]]]:
    differences = [[done.verdict, one.table, one.where, one.said] for one in done.differences]
    notes = [["note", "", "", note] for note in done.notes]
    return ["verdict", "table", "where", "said"], [*(differences or [[done.verdict, "", "", ""]]), *notes]


def _verified_text(done: lineage.Verified, *, colour: bool) -> str:
    proved = (done.proved or {}).get("crawl")
    said = {
        "proved-in-part": f"what was given proves {done.file} up to crawl {proved}, and nothing that came later",
        "unchanged": f"nothing in {done.file} was changed since {plural(len(done.seals), 'crawl')} sealed it",
        "changed": f"{done.file} is not as it was sealed: {plural(len(done.differences), 'difference')}",
        "unsealed": f"no crawl has sealed {done.file}: nothing can be said",
    }
    lines = [styled((done.verdict.replace("-", " ").upper(), _COLOURS[done.verdict]), "  ", said[done.verdict])]
    lines += [styled("  ", (one.table, "bold"), f"  {one.where}  {one.said}") for one in done.differences]
    lines += [styled(("  seal", "dim"), f" of crawl {one['crawl']}  {one['digest']}") for one in done.seals[-1:]]
    lines += [styled(("Note: ", "dim"), f"{note}.") for note in done.notes]
    return printed(*lines, colour=colour)
