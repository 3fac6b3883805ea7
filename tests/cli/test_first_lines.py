"""The first lines of an answer, and the lines below them: counts of what is certain, and no contradiction."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import lineage
from cli.render.lines import hole_lines
from lineage.domain.records import Resource
from lineage.graphs.build import graph_of
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.mermaid import write_mermaid
from tests.queries.test_entities import entity, linked
from tests.records import arn, processing, record, served, training
from tests.swept import swept

RAW, WEIGHTS = "s3://raw/customers/", "s3://m/fit/output/model.tar.gz"
FIT = training("fit", {"train": RAW}, WEIGHTS)


def by_environment(*, name: str = "shop") -> list[Resource]:
    """An endpoint whose weights only a variable of its container's environment names."""
    model, config, endpoint = served("", name=name)
    model.body["PrimaryContainer"] = {"Image": "image:1", "Environment": {"HF_MODEL_ID": "s3://m/fit/output/"}}
    return [model, config, endpoint]


def updating() -> list[Resource]:
    """The endpoint `shop` with a model of FIT, and one of another job that is being deployed to it."""
    model, config, endpoint = served(WEIGHTS)
    pending = {"EndpointStatus": "Updating", "PendingDeploymentSummary": {"EndpointConfigName": "next"}}
    return [
        FIT,
        model,
        config,
        training("new", {"train": "s3://new/"}, "s3://m/new.tar.gz"),
        record("model", "new", {"PrimaryContainer": {"ModelDataUrl": "s3://m/new.tar.gz"}}),
        record("endpoint-config", "next", {"ProductionVariants": [{"VariantName": "next", "ModelName": "new"}]}),
        record("endpoint", "shop", endpoint.body | pending),
    ]


@pytest.fixture
def told(run, tmp_path: Path):
    """The output of a question over an account of these records, line by line."""

    def ask(question: str, subject: str, *records: Resource) -> list[str]:
        swept(tmp_path / "s.db", records)
        return run(question, subject, "-f", "table", "--snapshot", str(tmp_path / "s.db")).out.splitlines()

    return ask


@pytest.mark.parametrize(
    ("records", "said"),
    [
        ([FIT, *served(WEIGHTS)], "{} reached 1 training job, 1 model and 1 endpoint. 1 endpoint serves it now"),
        (
            [FIT, *by_environment()],
            "{} reached 1 training job; it may have reached 1 model and 1 endpoint. "
            "No SageMaker endpoint is known to serve it; 1 may serve it",
        ),
        (
            [FIT, *served(WEIGHTS), *by_environment(name="other")],
            "{} reached 1 training job, 1 model and 1 endpoint; it may have reached 1 more model and 1 more endpoint. "
            "1 endpoint serves it now; 1 other may serve it",
        ),
        (
            [processing("prep", {"raw": RAW}, {}, AppSpecification={"ContainerArguments": ["--out", "s3://clean/"]}),
             training("late", {"train": "s3://clean/"}, WEIGHTS, day="2026-01-05")],
            "{} reached 1 processing job; it may have reached 1 training job. No SageMaker endpoint is known to serve it",
        ),
    ],
    ids=["surely", "by its environment alone", "one surely, one perhaps", "a job that names where it may have written"],
)  # fmt: skip
def test_impact_counts_apart_what_is_sure(told, records: list[Resource], said: str) -> None:
    """The first line counts what surely got the data, and separately what may have; no row says that the latter serves it."""
    head, *lines = told("impact", RAW, *records)
    assert head.removeprefix("REACHED  ").replace("at least ", "") == said.format(RAW)
    assert [line for line in lines if "  possible  " in line and "serves it now" in line] == []
    assert sum("may serve it now" in line for line in lines) == ("may serve it" in said)


def test_an_endpoint_to_which_it_is_being_deployed_is_counted(told) -> None:
    """An endpoint with a pending deployment is counted, but not said to serve it."""
    head, row, *_ = told("impact", "s3://new/", *updating())
    assert head.endswith(". No SageMaker endpoint is known to serve it; it is being deployed to 1")
    assert "is being deployed (next)" in row
    assert [line for line in told("trace", "shop", *updating()) if "next · endpoint config · is being deployed" in line]


def test_a_config_that_is_being_deployed_has_no_traffic_yet(told) -> None:
    """The traffic of a variant is not shown again for the variant of that name in a config that is only being deployed."""
    *rest, config, endpoint = updating()
    config.body["ProductionVariants"][0]["VariantName"] = "all"
    endpoint.body["ProductionVariants"] = [{"VariantName": "all", "CurrentWeight": 1.0}]
    lines = [line for line in told("trace", "shop", *rest, config, endpoint) if "─ all" in line]
    assert ["100 % of traffic" in line for line in lines] == [True, False]


@pytest.mark.parametrize(
    ("endpoint", "variants", "said"),
    [
        ({}, {"ShadowProductionVariants": [{"VariantName": "all", "ModelName": "shop-model"}]}, "as a shadow variant"),
        ({"EndpointStatus": "Failed"}, {}, "but not in service"),
    ],
)
def test_an_endpoint_that_runs_it_without_answering_is_counted(told, endpoint: Any, variants: Any, said: str) -> None:
    """The first line does not say that no endpoint serves it where one has it deployed, as a shadow or out of service."""
    model, config, shop = served(WEIGHTS)
    changed = [model, replace(config, body={**config.body, **({"ProductionVariants": []} if variants else {}), **variants})]
    head = told(
        "impact", RAW, FIT, *changed, replace(shop, body={**shop.body, **endpoint}, status=endpoint.get("EndpointStatus"))
    )[0]
    assert head.endswith(f"{RAW} reached 1 training job, 1 model and 1 endpoint. 1 endpoint runs it {said} (shop)")


def test_people_s_word_on_an_endpoint_is_told(told) -> None:
    """An endpoint that only people name as made from the data says that it may serve it, though they name no variant."""
    records = [entity("artifact/1", RAW), linked("artifact/1", "endpoint/shop"), *served("s3://m/other.tar.gz")]
    rows = [line for line in told("impact", RAW, *records, training("other", {})) if line.startswith("  endpoint ")]
    assert [line.split("  ")[-1] for line in rows if "shop" in line] == ["may serve it now"]


def test_more_of_another_kind_are_told_by_their_kind(told) -> None:
    """A processing job that may have made a model from the data is no "1 more" beside training jobs."""
    prep = processing("prep", {"raw": RAW}, {"model": "s3://m/prep/"}, day="2026-01-01")
    model = record("model", "scorer", {"PrimaryContainer": {"ModelDataUrl": "s3://m/prep/model.tar.gz"}})
    head, *lines = told("used", RAW, FIT, prep, model)
    assert head.endswith(f"1 training job read {RAW}; 1 processing job may have read it")
    (line,) = [line for line in lines if line.startswith("  possible  prep")]
    assert "  perhaps read from " in line
    assert line.endswith(", and a model loads what it wrote")


def test_the_numbers_count_every_job_that_trains(told) -> None:
    """No "0 training jobs" stands beside a note about a job that trained: those of other kinds are counted, too."""
    job = record("automl-job", "auto", {"AutoMLJobStatus": "Completed", "InputDataConfig": []})
    lines = told("used", "s3://nobody/names/", job)
    assert [line for line in lines if "0 training jobs, 1 other job that trains and 0 processing jobs" in line]


def test_many_models_of_one_vendor_are_one_note(told) -> None:
    """Each answer about data reports vendors' models; many of one vendor are counted on one line."""
    sold = "arn:aws:sagemaker:us-east-1:865070037744:model-package/nim-{}"
    shops = [
        replace(one, body=one.body | {"PrimaryContainer": {"ModelPackageName": sold.format(at)}})
        if one.kind == "model"
        else one
        for at in range(1, 7)
        for one in served("", name=f"shop-{at}")
    ]
    notes = [line for line in told("used", "s3://nobody/names/", FIT, *shops) if "AWS Marketplace" in line]
    named = "model package nim-1, model package nim-2, model package nim-3 and 3 more"
    assert notes == [f"Note: {named} are each a seller's on AWS Marketplace: their training data is not known here."]


def test_holes_stand_below_the_line_that_counts_them(ask) -> None:
    """In `trace` and `datasets` nothing comes between "1 gap on this path:" and that gap."""
    for question in ("trace", "datasets"):
        lines = ask(question, "mortgage-tuned", "-f", "table").out.splitlines()
        (at,) = [number for number, line in enumerate(lines) if line.startswith("Looked at: ")]
        assert (lines[at][-1], "unread-manifest" in lines[at + 1]) == (":", True)


def test_open_holes_come_before_attested_ones() -> None:
    """Open gaps come before attested ones."""
    hole = {"account": "1", "region": "r", "operation": "", "subject": "s3://l", "reason": "denied"}
    lines = hole_lines([hole | {"detail": "first", "attested": ["4711"]}, hole | {"detail": "second"}])
    assert [line.plain for line in lines] == ["  1 r  denied  second", "  1 r  denied  first  [attested: 4711]"]


def test_a_report_tells_what_is_only_being_deployed(told, run, tmp_path: Path) -> None:
    """The report's first sentence does not say that a pending config's jobs made what is served."""
    told("trace", "shop", *updating())
    page = run("report", "shop", "-f", "html", "--snapshot", str(tmp_path / "s.db")).out
    assert "; some of this comes by a config that is still being deployed." in page
    assert page.count('class="line beside"') == 1


def test_what_does_not_serve_now_is_drawn_pale() -> None:
    """A config that an endpoint is about to run is distinct from the one that it runs, in each picture."""
    graph = graph_of(updating())
    pale = {arrow.source: arrow.pale for arrow in lineage.picture(graph).arrows if arrow.label.startswith("configures")}
    assert pale == {arn("endpoint-config", "shop-config"): False, arn("endpoint-config", "next"): True}
    assert "pale line: no data flows along this" in lineage.to_dot(graph)
    assert "no data flows along this" in lineage.to_svg(graph)
    assert '-. "configures #40;pending#41;" .->' in "".join(write_mermaid(Chosen(graph)))


def test_a_report_tells_weights_that_an_environment_names(told, run, tmp_path: Path) -> None:
    """Section 4 names the variable and the place, and the endpoint is not said to certainly serve what it may only load."""
    told("trace", "shop", FIT, *by_environment())
    page = run("report", "shop", "-f", "md", "--snapshot", str(tmp_path / "s.db")).out
    assert r"its environment variable HF\_MODEL\_ID names s3://m/fit/output/" in page
    assert "| possible | perhaps | InService |" in page
    assert "1 step only possible and 1 step told only by a text or by people" in page
