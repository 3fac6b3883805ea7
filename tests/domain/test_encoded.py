"""S3 URIs in Base64."""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode

import pytest

from lineage.domain.encoded import texts_in_base64

CONFIG = json.dumps({"data": "s3://b/x/", "more": "s3://c/y/ \u00fe?~"}, ensure_ascii=False)


@pytest.mark.parametrize("shift", range(4))
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("around", ["{}", "--config={}", '{{"config": "{}"}}'])
def test_a_text_with_a_uri_is_decoded(shift: int, encode: type[bytes], around: str) -> None:
    """Wherever the URI begins, in either alphabet, with or without padding: the whole text around it is decoded."""
    text = " " * shift + CONFIG
    coded = encode(text.encode()).decode()
    for written in (coded, coded.rstrip("=")):
        assert list(texts_in_base64(around.format(written))) == [text]


@pytest.mark.parametrize("text", ["", "s3://b/x/", b64encode(b"no location").decode(), "eyJkIjog" * 100_000])
def test_other_texts_are_left(text: str) -> None:
    """A text without an S3 URI in Base64 gives nothing, however long it is."""
    assert list(texts_in_base64(text)) == []
