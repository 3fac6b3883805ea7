"""Reading a signed statement: all parts fit together, or it is no statement about a snapshot."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lineage
from lineage.signing.envelope import Envelope, Signature, load_envelope
from lineage.signing.statement import PREDICATE, STATEMENT, claim_of

ONE, TWO = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
TRUE: dict[str, Any] = {
    "_type": STATEMENT,
    "predicateType": PREDICATE,
    "subject": [
        {"name": "lineage.db", "digest": {"sha256": "f" * 64}},
        {"name": "lineage.db#seal-of-crawl-4", "digest": {"sha256": "2" * 64}},
    ],
    "predicate": {
        "file": "lineage.db",
        "seals": [{"crawl": 1, "digest": ONE}, {"crawl": 4, "digest": TWO}],
        "signed_at": "2026-01-02T03:04:05Z",
    },
}


def test_a_statement_is_read() -> None:
    """It proves the crawls up to its newest seal, of the snapshot that its first seal names, and the whole file."""
    claim = claim_of(json.dumps(TRUE).encode(), "e.json")
    proof = claim.proof("how", "seen")
    assert (proof.crawl, proof.digest, proof.first, proof.file) == (4, TWO, ONE, f"sha256:{'f' * 64}")
    assert claim.signed_at == "2026-01-02T03:04:05Z"


WRONG: dict[str, Callable[[Any], object]] = {
    "another type": lambda told: told.update(_type="x"),
    "another predicate": lambda told: told.update(predicateType="x"),
    "no seal": lambda told: told["predicate"].update(seals=[]),
    "a seal that is no subject": lambda told: told["predicate"]["seals"].append({"crawl": 5, "digest": TWO}),
    "another seal than the subject": lambda told: told["predicate"]["seals"][1].update(digest=ONE),
    "another file": lambda told: told["predicate"].update(file="other.db"),
    "a crawl that is no number": lambda told: told["predicate"]["seals"][1].update(crawl="four"),
    "no subject": lambda told: told.update(subject=[]),
    "subjects that are none": lambda told: told.update(subject=7),
    "a subject without a digest": lambda told: told["subject"][0].update(digest={}),
}


@pytest.mark.parametrize("change", WRONG.values(), ids=WRONG)
def test_what_does_not_fit_together(change: Callable[[Any], object]) -> None:
    """A statement whose parts contradict each other is refused."""
    told = copy.deepcopy(TRUE)
    change(told)
    with pytest.raises(lineage.SigningError, match=r"e\.json holds no statement about a snapshot"):
        claim_of(json.dumps(told).encode(), "e.json")


def test_a_time_that_is_none_is_not_told() -> None:
    """The time is shown only if it is one: no other text of a statement reaches a terminal."""
    told = copy.deepcopy(TRUE)
    told["predicate"]["signed_at"] = "\x1b[31mnow"
    assert claim_of(json.dumps(told).encode(), "e.json").signed_at == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.just("QUJD"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["payload", "payloadType", "signatures", "sig", "timestamps", "type", "data"]), inner)
    ),
    max_leaves=12,
)


@given(told=JSON)
def test_any_json_is_an_envelope_or_is_refused(tmp_path_factory: pytest.TempPathFactory, told: Any) -> None:
    """Whatever JSON a file holds, it is read as an envelope, or refused."""
    path = tmp_path_factory.getbasetemp() / "envelope.json"
    path.write_text(json.dumps(told))
    with suppress(lineage.SigningError):
        assert load_envelope(path).signatures


@given(payload=st.binary(max_size=40), sig=st.binary(max_size=40), stamps=st.lists(st.binary(max_size=9), max_size=2))
def test_an_envelope_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, payload: bytes, sig: bytes, stamps: list[bytes]
) -> None:
    """Writing and reading give the same bytes."""
    envelope = Envelope(payload, (Signature(sig, "key", tuple(stamps)),))
    path = tmp_path_factory.getbasetemp() / "written.json"
    path.write_text(json.dumps(envelope.as_json()))
    assert load_envelope(path) == envelope
