"""Secrets of every kind and form are cut out of a text, other text stays, and the work grows only with the text's length."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from functools import partial
from re import _constants, _parser
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.domain import cutting, token_shapes, uris, windows
from lineage.domain.records import REDACTED
from lineage.domain.redact import under_name, without_secrets
from lineage.domain.token_shapes import SHAPES
from tests.domain.examples import EXAMPLES, OF_SHAPES, Example
from tests.work import grows_straight

HOW = {
    "alone": lambda text: text,
    "in a sentence": lambda text: f"it failed: {text} (see the log)",
    "on lines": lambda text: f"first\n{text}\nlast",
    "in JSON": lambda text: json.dumps({"note": f"see\n{text}"}),
    "in JSON that was cut short": lambda text: json.dumps({"note": f"see\n{text}"})[:-2],
    "after a page of words": lambda text: "words " * 2_000 + text,
    "behind a location": lambda text: f"s3://d/x/ {text}",
}


# --- secrets are cut --------------------------------------------------------------------------------


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("example", EXAMPLES.values(), ids=EXAMPLES)
def test_secrets_of_every_kind_go(example: Example, how: str) -> None:
    """Text that looks like a secret, or stands beside the name of one, is cut, and the text says so."""
    shown = without_secrets(HOW[how](example.text))
    assert example.secret not in shown
    assert REDACTED in shown


def test_every_shape_has_an_example() -> None:
    """Each row of the table has an example and a source."""
    assert [shape.name for shape in SHAPES if not shape.source] == []
    assert sorted(shape.name for shape in SHAPES) == sorted(OF_SHAPES)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_every_shape_is_found_by_its_own_row(shape: token_shapes.Shape) -> None:
    """Each row is needed: its example is found by that row."""
    text = OF_SHAPES[shape.name].text
    assert shape in {cutting._shape_at(text, at) for at in range(len(text))}


@pytest.mark.parametrize("length", [300, 9_000, 40_000])
def test_a_secret_of_any_length_goes_whole(length: int) -> None:
    """A pattern has a bound, but a secret of any length is cut completely."""
    head = "gh" + "p_"
    for text in (f"x {head}{'a1' * length} y", f"x token={'a1' * length} y", f"x password='{'a ' * length}' y"):
        assert "a1a1" not in without_secrets(text)
        assert "a a a" not in without_secrets(text)


@given(st.integers(0, 3 * windows.WINDOW), st.sampled_from(sorted(OF_SHAPES)))
def test_a_secret_goes_wherever_it_stands(before: int, name: str) -> None:
    """No border between two windows hides a secret."""
    example = OF_SHAPES[name]
    assert example.secret not in without_secrets("x" * before + " " + example.text + " " + "y" * 100)


@given(st.sampled_from([one.text for one in EXAMPLES.values()]))
def test_what_is_cut_stays_as_it_is(text: str) -> None:
    """Cutting again changes nothing."""
    assert without_secrets(without_secrets(text)) == without_secrets(text)


@pytest.mark.parametrize("second", ["aws-access-key-id", "github", "aws-secret-access-key", "jwt"])
@pytest.mark.parametrize("first", ["aws-secret-access-key", "hugging-face", "azure-storage-key"])
def test_secrets_without_a_sign_between_them_go(first: str, second: str) -> None:
    """The last of several secrets in a row does not hide those before it, and cutting again changes nothing."""
    text = f"x {OF_SHAPES[first].text}{OF_SHAPES[second].text} y"
    shown = without_secrets(text)
    assert without_secrets(shown) == shown
    assert second != "aws-access-key-id" or OF_SHAPES[first].secret not in shown


# --- harmless text stays -----------------------------------------------------------------------------

READABLE = {
    "token_column": "text",
    "tokenColumn": "text",
    "tokenizer_path": "/opt/ml/model/tokenizer",
    "tokenizer": "bert-base-uncased",
    "password_model_s3_uri": "s3://b/password-model/",
    "secret_bucket": "raw-data",
    "credentials_file": "/etc/x/credentials.json",
    "max_tokens": "4096",
    "num_key_value_heads": "8",
    "key_prefix": "in/x",
    "author": "jo",
    "authority": "board",
    "keywords": "loans, cars",
    "learning_rate": "1e-4",
    "token_dropout": "1e-4",
    "HF_TOKEN": "${HF_TOKEN}",
    "secret_arn": "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db",
    "bucket": "sk-retail-customers-2026-all",
}


@pytest.mark.parametrize("name", READABLE)
def test_what_a_name_says_where_or_how_much_stays(name: str) -> None:
    """A column, a path, a bucket, a number and a shell variable stay readable, whatever their name begins with."""
    assert under_name(name, READABLE[name]) == READABLE[name]


@pytest.mark.parametrize(
    "text",
    [
        "git@github.com:org/repo.git",
        "ssh://git@github.com/org/repo.git",
        "abfss://container@account.dfs.core.windows.net/x/",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:prod/db",
        "111122223333.dkr.ecr.eu-west-1.amazonaws.com/loans@sha256:" + "0f" * 32,
        "commit 0123456789abcdef0123456789abcdef01234567",
        "docker run -u 1000:1000 -p 8080:80 -p 8080 x",
        "num_tokens=512 max-tokens: 512, tokenizer=bert",
        "The tokens of the key are sorted: basic introduction",
        "mysql -u root -p 3306 loans; mkdir -p/x; docker run -p8080:80 mysql -p8080:80 -P 3306",
        "the primary key: customer_id, the partition key: day, and a key: value",
        "(\"user\", \"email\") ('token_column', 'text')",
        "a digest of the data, sha256 digest abc=1",
        "owner:jo@bank.com mailto:jo@bank.com at 10:30@office pkg:v2@prod loans:1.2@sha256:0f npm:react@18",
        "the password policy asks for a passphrase of several words",
        "python train.py --key-prefix in/x --token-column text",
    ],
)
def test_harmless_texts_stay(text: str) -> None:
    """Digests, images, public users and plain words stay."""
    assert without_secrets(text) == text


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("secret: 'abc s3://b/x def'", f"secret: '{REDACTED}s3://b/x {REDACTED}'"),
        ("token=s3://b/x?sig=abc", f"token=s3://b/x {REDACTED}"),
        ("s3a://KEY:SEC/RET@b/x", f"s3a://{REDACTED}@b/x"),
        ("s3:\\/\\/b\\/x password=x1", f"s3:\\/\\/b\\/x password={REDACTED}"),
        ("path=s3://b/x&password=x1&n=1", f"path=s3://b/x {REDACTED}&n=1"),
        ("-----BEGIN PRIVATE " + "KEY-----\nabc s3://b/x", f"{REDACTED}s3://b/x"),
        ("token=[s3://b/x,s3://b/y]", "token=[s3://b/x,s3://b/y]"),
        ("('password', 's3://b/x')", "('password', 's3://b/x')"),
        ("api key: s3://b/x y", "api key: s3://b/x y"),
        ("passphrase: a horse s3://b/x", f"passphrase: {REDACTED} s3://b/x"),
        ("mysql -pa1 < s3://b/x", f"mysql -p{REDACTED} < s3://b/x"),
    ],
)
def test_locations_among_secrets_stay(given: str, kept: str) -> None:
    """Cuts keep the locations in a text, so readers of the text still find them."""
    assert without_secrets(given) == kept


# --- the work ----------------------------------------------------------------------------------------


def again(text: str) -> Callable[[int], str]:
    return lambda size: (text * (size // len(text) + 1))[:size]


def hexadecimal(size: int) -> str:
    return "".join(random.Random(1).choices("0123456789abcdef", k=size))


# Texts that once stalled a crawl, or would stall patterns that are written with less care.
ODD: dict[str, Callable[[int], str]] = {
    "a long hex string": hexadecimal,
    "a secret's name": again("token"),
    "a password's name": again("password"),
    "an open array": again("["),
    "deep JSON": lambda size: '{"password":' * min(size // 24, 400) + '"' + again("token=")(size) + '"' + "}" * min(size // 24, 400),
    "a name and a comma": lambda size: "token=" + again(",a")(size),
    "an unclosed quote": lambda size: "token='" + again("a ")(size),
    "much space": lambda size: "token=" + " " * size,
} | {
    text: again(text)
    for text in (
        *("key=", "token=", 'token="', "a_key=\"b_key='", 'a_token="\\"', "a_key=", "token=[", "token= ", "--token ", "-p=a/", "-a"),
        *("://", "@", "://a@", "s3://", "https://s3", "https://s3.", "s3%3A%2F%2F", "token=s3://b/x ", "s3://b/k&a", "arn:aws:s3a:"),
        *('"', "'", "\\", '\\"', "<token>", '{"password":', "name: token\nvalue: x\n", "bearer ", "login a password "),
        *("sk-", "sk-" + "a" * 24 + " ", "eyJ", "eyJ" + "a" * 10 + "-", "-----BEGIN ", "-----BEGIN PRIVATE " + "KEY-----\n"),
    )
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_twice_the_text_is_twice_the_work(odd: str) -> None:
    """For a text of any form, the work grows only with its length; each call reads one window at most."""
    assert grows_straight(lambda size: partial(without_secrets, ODD[odd](size)), 2 * windows.WINDOW)


@pytest.mark.parametrize("odd", ODD)
def test_a_value_of_the_longest_costs_little(odd: str) -> None:
    """A hyperparameter of 2,500 characters takes some thousand calls at most, under any name."""
    from tests.work import calls

    text = ODD[odd](2_500)
    assert calls(lambda: (under_name("extra", text), under_name("extra_token", text))) < 200_000


def test_a_megabyte_of_hex_is_gone_through_in_windows() -> None:
    """A megabyte without anything to cut takes a few calls per window."""
    from tests.work import calls

    assert calls(partial(without_secrets, hexadecimal(1_000_000))) < 40 * 1_000_000 / (windows.WINDOW - windows.LONGEST)


def repeats(pattern: Any) -> Iterator[tuple[int, Any]]:
    """Each repetition in a parsed pattern: how often it may repeat, and what."""
    for operator, argument in pattern:
        if operator in (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT):
            yield int(argument[1]), argument[2]
        parts = argument if isinstance(argument, (tuple, list)) else (argument,)
        for part in parts:
            for one in part if isinstance(part, list) else (part,):
                if isinstance(one, _parser.SubPattern):
                    yield from repeats(one)


PATTERNS = {
    **{f"shape {shape.name}": shape.pattern for shape in SHAPES},
    **{f"given by {sign}": one.pattern for sign, one in cutting._GIVEN},
    **{f"names {name}": getattr(token_shapes, name) for name in ("LIKE_A_PASSWORD", "FIELD_NAME", "TEXT_NAME", "SAYS_WHAT")},
    **{f"{room.__name__} {name}": one.pattern for room in (cutting, uris) for name, one in vars(room).items() if isinstance(one, re.Pattern)},
}  # fmt: skip


@pytest.mark.parametrize("name", PATTERNS)
def test_every_repetition_has_a_bound(name: str) -> None:
    """Every pattern has a bound, and none matches more than a window holds."""
    found = [most for most, _ in repeats(_parser.parse(PATTERNS[name]))]
    assert [most for most in found if most > windows.LONGEST] == []
