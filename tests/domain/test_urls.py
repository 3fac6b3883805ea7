"""Pasted URLs: from a page of the console or of Studio, and from calls to the runtime."""

from __future__ import annotations

import boto3
import pytest

from lineage.domain.kinds import KINDS
from lineage.domain.regions import REGION, check_places
from lineage.domain.spelling import did_you_mean, near, no_such
from lineage.domain.urls import from_url, page_of, place_of
from lineage.errors import MalformedName
from tests.records import arn

HOME = "https://eu-west-1.console.aws.amazon.com/sagemaker/home?region=eu-west-1#"
STUDIO = "https://d-abcdefghijkl.studio.eu-west-1.sagemaker.aws"
RUNTIME = "https://runtime.sagemaker.eu-west-1.amazonaws.com/endpoints"
ACCESS_POINT = "arn:aws:s3:eu-west-1:111122223333:accesspoint/ap"
PAGES = [
    (f"{HOME}/endpoints/live", "endpoint:/eu-west-1/live"),
    (f"{HOME}/jobs/Fit-1", "training-job:/eu-west-1/Fit-1"),
    (f"{HOME}/processing-jobs/Prep-1", "processing-job:/eu-west-1/Prep-1"),
    (f"{HOME}/endpointConfig/live", "endpoint-config:/eu-west-1/live"),
    (f"{HOME}/labeling-jobs/details/l", "labeling-job:/eu-west-1/l"),
    (f"{HOME}/models/a%20b", "model:/eu-west-1/a b"),
    ("https://console.aws.amazon.com/sagemaker/home?region=us-east-2#/models/m", "model:/us-east-2/m"),
    (
        "https://111122223333-abcd1234.eu-north-1.console.aws.amazon.com/sagemaker/home#/models/m",
        "model:111122223333/eu-north-1/m",
    ),
    ("https://cn-north-1.console.amazonaws.cn/sagemaker/home?region=cn-north-1#/models/m", "model:/cn-north-1/m"),
    (f"{HOME}/model-packages/{arn('model-package', 'group/3').replace('/', '%2F')}", arn("model-package", "group/3")),
    (f"{STUDIO}/pipelines/P/executions/abc/graph", "pipeline-execution:/eu-west-1/P/execution/abc"),
    (f"{STUDIO}/pipelines/view/P", "pipeline:/eu-west-1/P"),
    (f"{STUDIO}/experiments/House", "experiment:/eu-west-1/House"),
    (f"{STUDIO}/models/registered-models/Group/versions/2", "model-package:/eu-west-1/Group/2"),
    (f"{RUNTIME}/live/invocations", "endpoint:/eu-west-1/live"),
    (f"{RUNTIME}/live/async-invocations", "endpoint:/eu-west-1/live"),
    (f"{RUNTIME}/live/invocations-response-stream", "endpoint:/eu-west-1/live"),
    ("https://runtime-fips.sagemaker.us-gov-west-1.amazonaws.com/endpoints/live/invocations", "endpoint:/us-gov-west-1/live"),
    ("https://vpce-1.runtime.sagemaker.eu-west-1.vpce.amazonaws.com/endpoints/live/invocations", "endpoint:/eu-west-1/live"),
    ("https://s3.console.aws.amazon.com/s3/buckets/bank-ml?prefix=loans/a%20b/&region=eu-west-1", "s3://bank-ml/loans/a b/"),
    ("https://eu-west-1.console.aws.amazon.com/s3/object/bank-ml?region=eu-west-1&prefix=x.csv", "s3://bank-ml/x.csv"),
    ("https://s3.console.aws.amazon.com/s3/buckets/bank-ml", "s3://bank-ml/"),
    ("https://s3.console.aws.amazon.com/s3/buckets/bank-ml/", "s3://bank-ml/"),
    ("https://s3.console.aws.amazon.com/s3/buckets/bank-ml/loans/train/?tab=objects", "s3://bank-ml/loans/train/"),
    ("https://s3.console.aws.amazon.com/s3/buckets/bank-ml?prefix=arn:aws:s3:::x/", "s3://bank-ml/arn:aws:s3:::x/"),
    ("https://s3.console.aws.amazon.com/s3/buckets/arn%3Aaws%3As3%3A%3A%3Abank-ml?prefix=loans/", "s3://bank-ml/loans/"),
    (f"https://s3.console.aws.amazon.com/s3/buckets/{ACCESS_POINT}?prefix=loans/", f"{ACCESS_POINT}/object/loans/"),
    (f"{RUNTIME}/models/invocations", "endpoint:/eu-west-1/models"),
    (f"{RUNTIME}/view/invocations", "endpoint:/eu-west-1/view"),
]


@pytest.mark.parametrize(("url", "meant"), PAGES)
def test_what_a_url_means(url: str, meant: str) -> None:
    """A pasted URL is the ARN or the S3 URI in it, or a kind, a region and a name; pasted again, it stays that."""
    assert from_url(url) == meant
    assert from_url(meant) == meant


@pytest.mark.parametrize(
    "text",
    [
        "loans-live", "", "s3://bank-ml/x", arn("model", "m"), "https://example.com/endpoints/x", "https://[", "https://",
        "https://bank-ml.s3.eu-west-1.amazonaws.com/loans/", f"{HOME}/dashboard", "http://console.aws.amazon.com",
        "https://console.aws.amazon.com.evil.example/sagemaker/home#/endpoints/x", RUNTIME, f"{RUNTIME}/",
        "https://eu-west-1.console.aws.amazon.com/bedrock/home?region=eu-west-1#/models/m",
        "https://eu-west-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/P/view?region=eu-west-1",
        "https://s3.console.aws.amazon.com/s3/buckets", "https://s3.console.aws.amazon.com/s3/buckets/",
    ],
)  # fmt: skip
def test_what_is_no_page_stays(text: str) -> None:
    """Any other text, including the URL of an object, is unchanged."""
    assert from_url(text) == text
    assert page_of(text) is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS.values() if kind.console], ids=lambda kind: kind.name)
def test_the_urls_that_we_link_to_are_understood(kind) -> None:
    """Each page that a picture links to can be pasted back."""
    page = page_of(from_url(HOME + kind.console.format(name="x")))
    assert page == (kind.name, "eu-west-1", "x", "")


def test_a_page_shows_what_lies_in_its_region() -> None:
    """A name of another region, or of another kind, does not match a page; one without a region may be any."""
    page = page_of("endpoint:/eu-west-1/Live")
    assert page.shows(arn("endpoint", "live"), "endpoint", "live")
    assert not page.shows(arn("endpoint", "live").replace("eu-west-1", "us-east-1"), "endpoint", "live")
    assert not page.shows(arn("model", "live"), "model", "live")
    assert page_of("endpoint://live").shows("endpoint:111122223333/us-east-1/live", "endpoint", "live")
    own = page_of("endpoint:111122223333/eu-west-1/live")
    foreign = arn("endpoint", "live", account="444455556666")
    assert [own.shows(node, "endpoint", "live") for node in (arn("endpoint", "live"), foreign)] == [True, False]
    assert own.elsewhere([(foreign, "endpoint", "live")]) == "444455556666 eu-west-1"
    assert (place_of("endpoint:1/us-east-1/x"), place_of("s3://b/x")) == (("1", "us-east-1"), ("", ""))


def test_every_region_of_aws_is_one() -> None:
    """No region that boto3 knows is refused."""
    session = boto3.Session()
    regions = {one for part in session.get_available_partitions() for one in session.get_available_regions("sagemaker", part)}
    assert len(regions) > 20
    check_places(["111122223333"], regions)


@pytest.mark.parametrize("region", ["eu-wset-1", "eu-west", "euwest1", "eu-west-1a", "EU-WEST-1", "", "global"])
def test_what_is_no_region(region: str) -> None:
    """A misspelled region is refused, whatever was crawled."""
    with pytest.raises(MalformedName, match="is not an AWS region"):
        check_places([], [region])
    assert REGION


def test_near_misses() -> None:
    """The nearest name comes first, in any case; where none is near, a short list is shown completely."""
    assert near(["loans-live", "loans-life", "cards"], "LOANS-LIV")[0] in ("loans-live", "loans-life")
    assert near(["a" * 300], "a" * 299) == ["a" * 300]
    assert did_you_mean(["cards"], "loans", "; look") == "; look"
    assert no_such("kind", "modle", ["model", "endpoint"]) == "no kind 'modle'; did you mean model?"
    assert no_such("kind", "x", ["model", "endpoint"]) == "no kind 'x' (expected one of model, endpoint)"
