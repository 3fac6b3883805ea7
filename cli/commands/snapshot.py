"""`lineage snapshot`: what the file is, and whether it has changed since it was crawled."""

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
    short_help="Inspect, verify or sign the snapshot file.",
    epilog="""\b
    Examples:
      lineage snapshot info                          the digests, to keep somewhere else
      lineage snapshot verify                        was the file changed since it was crawled?
      lineage snapshot verify --against copy.db      and does it continue an earlier copy?
      lineage snapshot sign --key ~/.ssh/id_ed25519  write a signature beside it
    """,
)
def snapshot() -> None:
    """Each finished crawl seals the file: with a digest of what it wrote, of everything there, and of the previous seal.

    A digest proves that nothing changed since it was made. Anyone who can write the file can also seal it again, so keep the
    digest somewhere else, or sign the file.
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
    """Print the digest of FILE (default: the snapshot), its crawls, and the seal of each.

    -f sha256 prints a line for `sha256sum -c`.
    """
    import lineage

    told = lineage.snapshot_info(file or snapshot)
    if form == "table":
        write(_info_text(told, colour=not out), out)
    else:
        forms = {"json": _json, "sha256": _sums}
        write(forms[form](told) if form in forms else cells_as(form, *_info_rows(told)), out)


@snapshot.command(
    short_help="Verify that it has not changed since it was crawled.",
    epilog="""\b
    Examples:
      lineage snapshot verify
      lineage snapshot verify audit-2026.db --digest sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
      lineage snapshot verify --against last-year.db      this file begins with what the earlier copy holds
      lineage snapshot verify --signer jo.pub             check the signature in lineage.db.dsse.json

    \b
    Exit codes: 0 unchanged, or never sealed; 1 changed, or rolled back; 3 the signature is refused or can't be checked;
    4 only earlier crawls are proved.
    """,
)
@click.argument("file", required=False)
@snapshot_option
@click.option("--digest", metavar="SHA256", default="", help="A digest of the file, or of one of its seals, that you kept.")
@click.option("--against", metavar="FILE", default="", help="An earlier copy of the file.")
@vouching_options
@format_option(*FORMS)
@out_option
def verify(file: str | None, snapshot: str, digest: str, against: str, vouching: Vouching, form: str, out: str | None) -> int:
    """Verify that FILE (default: the snapshot) has not changed since it was crawled. Exit with 1 if it has, and say where.

    Every row, every record and SQLite's own structure are checked. Unused bytes, such as free pages, are covered only by the
    digest of the whole file.

    A digest, an earlier copy or a signature proves what was there when it was made: the answer says up to which crawl, and adds
    that to --anchors. Nothing is sent over the network, unless --signer is a KMS key.
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
    if form == "table":
        write(_verified_text(done, colour=not out), out)
    else:
        write(_json(done) if form == "json" else cells_as(form, *_verified_rows(done)), out)
    return {"changed": CHANGED, "proved-in-part": IN_PART}.get(done.verdict, 0)


def _signed(path: str, vouching: Vouching) -> tuple[lineage.Signed | None, list[str]]:
    """The checked signature, or a note that none was checked."""
    import lineage

    envelope = vouching.envelope(path)
    if not vouching.signer:
        said = f"signature in {Path(envelope).name} not checked: no signer given (--signer, --allowed-signers)"
        return None, [said] if envelope else []
    if not envelope:
        raise click.UsageError(f"{path}.dsse.json does not exist: name the envelope with --signature")
    signed = lineage.insist_signed(envelope, vouching.signer)
    key = f" ({signed.key})" if signed.key else ""
    return signed, [f"signed by {signed.signer}{key}, {signed.when}: the crawls up to {signed.covers}"]


@snapshot.command(
    short_help="Sign it with your key.",
    epilog="""\b
    Keys:
      ~/.ssh/id_ed25519        an SSH key; with a passphrase or an agent, name the .pub file
      awskms:///alias/NAME     an asymmetric AWS KMS key, or its ARN: needs kms:GetPublicKey and kms:Sign

    \b
    Examples:
      lineage snapshot sign --key ~/.ssh/id_ed25519                 writes lineage.db.dsse.json
      lineage snapshot sign --key awskms:///alias/audit --public-key audit.pem
      lineage snapshot sign --key id.pub --timestamp https://freetsa.org/tsr --anchors /audit/anchors.jsonl
    """,
)
@click.argument("file", required=False)
@snapshot_option
@click.option("--key", metavar="KEY", required=True, help="The key to sign with; see below.")
@click.option(
    "--timestamp", metavar="URL", default="", help="Get a time stamp for the signature from this authority (RFC 3161)."
)
@click.option(
    "--public-key", metavar="FILE", default="", help="For KMS: write the public key to this file, to check without AWS."
)
@anchors_option
@click.option("--out", "-o", metavar="FILE", help="Write the envelope to this file (- for stdout; default FILE.dsse.json).")
def sign(file: str | None, snapshot: str, key: str, timestamp: str, public_key: str, anchors: str, out: str | None) -> None:
    """Sign FILE (default: the snapshot): a statement of its digest, its seals and what it covers.

    The file is verified first, and is not modified: the signature is a DSSE envelope beside it. Only KMS (for a KMS key) and
    the host of --timestamp are contacted; they get nothing but a digest.
    """
    import lineage

    path = file or snapshot
    with said_if_slow(path):
        made = lineage.sign_snapshot(path, key, timestamp=timestamp)
    if public_key and not made.pem:
        raise click.UsageError("--public-key is for a KMS key: an SSH key has its .pub file")
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
    return head, [[one["id"], one["started"], one["finished"] or "", one["caller"], one["seal"] or ""] for one in told.crawls]


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
