"""The file that a report is made from: whether it has changed since it was sealed, and who signed what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from lineage.domain.records import Json
from lineage.domain.text import counted as number
from lineage.errors import SigningError
from lineage.outputs.report.blocks import NONE, Block, Cell, Code, Items, Verdict, Word, code
from lineage.queries.anchors import Anchor
from lineage.queries.verify import CHANGED, IN_PART, UNCHANGED, verify
from lineage.signing.signed import REFUSED, UNCHECKED, VALID, Signed, Signer, check_signature, crawls_up_to
from lineage.snapshot.reading import Snapshot

_TOLD = 20  # differences that a report names; the rest are counted, and `lineage snapshot verify` names them


def file_told(snapshot: Snapshot, signature: str | Path, signer: Signer, anchors: Iterable[Anchor]) -> Json:
    """The snapshot as a report describes it. The seals of a changed file are left out, because they no longer apply."""
    signed = _signed(signature, signer) if signature else None
    proofs = [*([signed.proof] if signed and signed.proof else []), *(one.proof for one in anchors)]
    done = verify(snapshot, proofs=proofs)
    sealed = {one["crawl"]: one["digest"] for one in done.seals if done.verdict != CHANGED}
    return {
        "file": done.file,
        "bytes": snapshot.path.stat().st_size,
        "digest": done.digest,
        "seals": [{"crawl": one.id, "seal": sealed.get(one.id)} for one in snapshot.crawls()],
        "verified": {
            "verdict": done.verdict,
            "differences": [asdict(one) for one in done.differences[:_TOLD]],
            "differences_more": max(0, len(done.differences) - _TOLD),
            "notes": done.notes,
            "proved": done.proved,
            "rolled_back": done.rolled_back,
        },
        "signature": signed.as_json() | {"when": signed.when} if signed else None,
    }


def _signed(signature: str | Path, signer: Signer) -> Signed:
    """The signature. If it can't be checked, the report says so instead of failing."""
    try:
        return check_signature(signature, signer)
    except SigningError as error:
        return Signed(Path(signature).name, UNCHECKED, "", "", 0, "", "", "", str(error))


def warnings(snapshot: Json) -> Iterator[Block]:
    """The warnings at the top: that the file has changed, or that a signature is not the signer's."""
    told, signed = snapshot["verified"], snapshot["signature"]
    if told["verdict"] == CHANGED:
        count = number(len(told["differences"]) + told["differences_more"], "difference")
        said = f"this file was changed after the crawl ({count}). Do not use this report until you know why."
        yield Verdict(Word("CHANGED"), snapshot["file"], said)
        more = [f"and {told['differences_more']} more"] if told["differences_more"] else []
        yield Items([*(f"{one['table']} {one['where']}: {one['said']}" for one in told["differences"]), *more])
    if signed and signed["state"] == REFUSED:
        yield Verdict(Word("NOT VALID"), signed["envelope"], f"the signature was checked and refused: {signed['said']}.")


def control(snapshot: Json) -> list[tuple[str, Cell]]:
    """The rows about the file in the document control."""
    return [
        ("Snapshot", Code(snapshot["file"])),
        ("Snapshot digest", Code(snapshot["digest"])),
        ("Newest seal", _newest(snapshot)),
        ("Verified", _verified(snapshot["verified"])),
        ("Signature", _signature(snapshot)),
    ]


def _newest(snapshot: Json) -> Cell:
    if snapshot["verified"]["verdict"] == CHANGED:
        return "not told: the file is CHANGED, and no seal holds"
    return code(next((one["seal"] for one in reversed(snapshot["seals"]) if one["seal"]), None), NONE)


def _verified(told: Json) -> str:
    words = {UNCHANGED: "no change was found in what its crawls sealed", CHANGED: "CHANGED", IN_PART: "proved in part"}
    return "; ".join([words.get(told["verdict"], "no crawl has sealed it"), *told["notes"]])


def _signature(snapshot: Json) -> str:
    signed: Json | None = snapshot["signature"]
    if signed is None:
        return "none"
    if signed["state"] != VALID:
        return f"{'NOT VALID' if signed['state'] == REFUSED else 'signature not checked'}: {signed['said']}"
    known = signed["key"] or signed["issuer"]
    by = f"{signed['signer']} ({known})" if known else signed["signer"]
    said = f"by {by}, {signed['when']}; it covers {crawls_up_to(signed['covers'])}"
    changed = snapshot["verified"]["verdict"] == CHANGED
    return f"the signature is genuine, but this file is not what was signed: {said}, as they were then" if changed else said
