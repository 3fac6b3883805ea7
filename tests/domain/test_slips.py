"""Which differences in a place's name are slips, and which are on purpose."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain.names import parse_location
from lineage.domain.slips import digits, is_bucket, is_slip, oddity, respelled

SLIPS = [
    ("trian", "train"),
    ("trin", "train"),
    ("traain", "train"),
    ("train", "trains"),
    ("secrt", "secret"),
    ("rwa", "raw"),
    ("rw", "raw"),
    ("Train", "train"),
    ("TRAIN", "train"),
    ("custamers", "customers"),
    ("bnak-ml", "bank-ml"),
    ("bankml", "bank-ml"),
    ("ban-kml", "bank-ml"),
    ("bank_ml", "bank-ml"),
    ("loans-live-", "loans-live"),
    ("trian.csv", "train.csv"),
    ("trian-2026-05", "train-2026-05"),
    ("Größe", "größe"),
    ("größse", "größe"),
    ("donn\u00e9es", "donne\u0301es"),  # the same to the eye: as Linux and as macOS write it
    ("Donne\u0301es", "donn\u00e9es"),
]
ON_PURPOSE = [
    ("fold-1", "fold-2"),
    ("fold-1", "fold-11"),
    ("fold-11", "fold-1-1"),
    ("2026-05", "2026-06"),
    ("2026-05", "2026-50"),
    ("202605", "2026-05"),
    ("train1", "train2"),
    ("train", "train1"),
    ("v1", "v11"),
    ("v1", "v2"),
    ("dt=2026-05-01", "dt=2026-05-02"),
    ("part-a", "part-b"),
    ("part-a", "part-ab"),
    ("x", "xs"),
    ("eu", "us"),
    ("us", "su"),
    ("e", "eu"),
    ("test", "text"),
    ("house", "mouse"),
    ("house", "horse"),
    ("fighter", "lighter"),
    ("train", "test"),
    ("train", "validation"),
    ("val", "valid"),
    ("male", "female"),
    ("part-00000.parquet", "part-00001.parquet"),
    ("3f2a", "3fa2"),
    ("train", "train"),
    ("", "train"),
]
WORD = st.text("abcdefghijklmnopqrstuvwxyz", min_size=4, max_size=12)


@pytest.mark.parametrize(("asked", "named"), SLIPS)
def test_slips(asked: str, named: str) -> None:
    """A swapped, missing, doubled or wrong letter, another case and another hyphen are slips, in either direction."""
    assert is_slip(asked, named)
    assert is_slip(named, asked)


@pytest.mark.parametrize(("asked", "named"), ON_PURPOSE)
def test_siblings(asked: str, named: str) -> None:
    """Names that differ in a digit, in a short word or in more than one letter differ on purpose."""
    assert not is_slip(asked, named)
    assert not is_slip(named, asked)


@given(WORD, st.data())
def test_each_slip_of_a_word_is_found(word: str, data: st.DataObject) -> None:
    """A missing, doubled or swapped letter is a slip, wherever in a word it is."""
    at = data.draw(st.integers(0, len(word) - 2))
    slips = {word[:at] + word[at + 1 :], word[: at + 1] + word[at:], word[:at] + word[at + 1] + word[at] + word[at + 2 :]}
    assert all(is_slip(slip, word) for slip in slips - {word})


@given(st.text("ab-1_", max_size=8), st.text("ab-1_", max_size=8))
def test_a_slip_goes_both_ways(one: str, other: str) -> None:
    """Whether two names are a slip of each other does not depend on their order, and no name is a slip of itself."""
    assert is_slip(one, other) == is_slip(other, one)
    assert not is_slip(one, one)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("a//b/", "a/b/"),
        ("/a/b", "a/b"),
        ("a%2Fb/", "a/b/"),
        ("a%2fb%20c", "a/b c"),
        ("a b/", "a%20b/"),
        ("//a%2F%2Fb", "a/b"),
    ],
)
def test_other_spellings(key: str, meant: str) -> None:
    """A name that was copied from a URL, or joined with one slash too many, gets its intended spelling."""
    assert meant in set(respelled(key))


def test_a_plain_key_has_no_other_spelling() -> None:
    """A key as S3 writes it in a URL has no other spelling."""
    assert not list(respelled("loans/2026-05/dt=2026-05-01/part-0.csv"))


@pytest.mark.parametrize(
    ("uri", "said", "until"),
    [
        ("s3://b/p/*", "wildcard", "p/*"),
        ("s3://b/p*/q/", "wildcard", "p*"),
        ("s3://b/p/?.csv", "wildcard", "p/?.csv"),
        ("s3://b/p/[0-9]/", "wildcard", "p/[0-9]"),
        ("s3://b/{date}/x", "wildcard", "{date}"),
        ("s3://b/p/ # the holdout", "text after", "p/ # the holdout"),
        ("s3://b/my data/x", "text after", "my data"),
        ("s3://b/p/ s3://b/q/", "two URIs", "p/ s3://b"),
        ("s3://b/p/,s3://b/q/", "two URIs", "p/,s3://b"),
        ("s3://b/p/,", "does not end", "p/,"),
        ("s3://b/p/x.csv", "", ""),
        ("s3://b/", "", ""),
    ],
)
def test_what_no_place_holds(uri: str, said: str, until: str) -> None:
    """Wildcards, two URIs and text after one are reported, with the key up to the odd part."""
    found, key = oddity(parse_location(uri))
    assert said in found
    assert (bool(found), key) == (bool(said), until)


@pytest.mark.parametrize(
    ("name", "now", "before"),
    [
        ("bank-ml", True, True),
        ("a.b.c", True, True),
        ("fraud--use1-az4--x-s3", True, True),
        ("ab", False, False),
        ("Bank", False, True),
        ("bank_ml", False, True),
        ("-bank", False, True),
        ("bank-", False, True),
        ("a..b", False, True),
        ("192.168.0.1", False, True),
        ("xn--bank", False, True),
        ("b" * 63, True, True),
        ("b" * 64, False, True),
        ("b" * 256, False, False),
        ("b%2Fp", False, False),
    ],
)
def test_what_a_bucket_can_be_called(name: str, now: bool, before: bool) -> None:
    """S3's rules of bucket names, and those of before 2018, which old buckets in us-east-1 may follow."""
    assert (is_bucket(name), is_bucket(name, old=True)) == (now, before)


NAMES = st.text(alphabet="abIß19²-_", max_size=8)


@given(
    name=NAMES,
    at=st.integers(0, 8),
    letter=st.sampled_from("abIß19²-_"),
    how=st.sampled_from(["swap", "drop", "add", "turn", "case"]),
)
def test_a_slip_keeps_the_digits(name: str, at: int, letter: str, how: str) -> None:
    """Names that differ in a digit are no slips of each other, so only names with the same digits need be compared."""
    changed = {
        "swap": name[:at] + name[at : at + 2][::-1] + name[at + 2 :],
        "drop": name[:at] + name[at + 1 :],
        "add": name[:at] + letter + name[at:],
        "turn": name[:at] + letter + name[at + 1 :],
        "case": name.swapcase(),
    }[how]
    assert not is_slip(name, changed) or digits(name) == digits(changed)
