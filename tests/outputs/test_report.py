"""The report: the same snapshot gives the same bytes, it says what is unknown, and nothing in it is markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import lineage
from cli.render.indented import indented
from lineage.domain.records import Gap, Resource
from lineage.outputs.report.controls import EVIDENCED, NOT_DERIVABLE, PARTIAL, _status, framework
from lineage.outputs.report.facts import FACTS
from tests.conftest import BANK, ROOT
from tests.estate import account, fit, line
from tests.records import ACCOUNT, REGION, arn, channel, processing, record, served, training
from tests.swept import swept

FORMS = tuple(lineage.REPORTS)
SCHEMA = json.loads(files("lineage.outputs.report").joinpath("report.schema.json").read_text(encoding="utf-8"))
NASTY = 'a"b<script>alert(1)</script>&amp;`c`|d\\e\n*f*_g_[h](i)~é漢'


def told(snapshot: lineage.Snapshot, *endpoints: str, **words: Any) -> dict[str, Any]:
    return lineage.report(snapshot, endpoints, **words).as_json()


@pytest.fixture
def loans(bank: lineage.Snapshot) -> dict[str, Any]:
    """The report about loans-live."""
    return told(bank, "loans-live")


@pytest.fixture(scope="session")
def whole(account_path: Path) -> dict[str, Any]:
    """The report about every endpoint of the bank, from a crawl of its whole account."""
    with lineage.open_snapshot(account_path) as snapshot:
        return told(snapshot, holdouts=["s3://bank-ml/loans/validation/"])


@pytest.mark.parametrize("more", [{}, {"é\u007f": ["\u2028", [], {}, None, True]}, {"cut": "\ud800"}, {"large": 1 << 80}])
def test_a_report_as_json_is_laid_out_as_python_does_it(whole: dict[str, Any], more: dict[str, Any]) -> None:
    """Keys are sorted and indented by two, and whatever a record holds is written as `json.dumps` writes it, also in pieces."""
    written = lineage.json_text(whole | more, indent=2, sort_keys=True) + "\n"
    assert lineage.REPORTS["json"](whole | more) == written
    assert "".join(indented(whole | more, sort_keys=True, at_once=2)) == written


def crawled(folder: Path, records: list[dict[str, Any]], name: str = "own.db") -> Path:
    """A snapshot of an account of these records."""
    lineage.crawl_estate(folder / name, replay=account(folder, records=records))
    return folder / name


def deployed(name: str = "shop", artifact: str = "s3://models/fit/output/model.tar.gz", **body: Any) -> list[dict[str, Any]]:
    """An endpoint with its config and its model, which loads an artifact, one day after the training."""
    later = {"CreationTime": "2026-02-01T10:00:00Z", "LastModifiedTime": "2026-02-01T10:30:00Z"}
    variants = [{"VariantName": "all", "ModelName": f"{name}-model", "InstanceType": "ml.m5.large", "InitialInstanceCount": 1}]
    return [
        line("model", f"{name}-model", {"PrimaryContainer": {"Image": "image:1", "ModelDataUrl": artifact}} | later),
        line("endpoint-config", f"{name}-config", {"ProductionVariants": variants} | later),
        line("endpoint", name, {"EndpointConfigName": f"{name}-config", "EndpointStatus": "InService"} | later | body),
    ]


# --- the model ------------------------------------------------------------------------------------


def test_the_json_holds_to_the_shipped_schema(loans: dict[str, Any], whole: dict[str, Any]) -> None:
    """A report about one endpoint and one about all match the schema, which is itself a valid schema."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for report in (loans, whole):
        jsonschema.Draft202012Validator(SCHEMA).validate(report)


def test_the_schema_notices_a_missing_member(loans: dict[str, Any]) -> None:
    """The schema is not so loose that everything matches it."""
    del loans["endpoints"][0]["answer"]["sentence"]
    with pytest.raises(jsonschema.ValidationError, match="sentence"):
        jsonschema.Draft202012Validator(SCHEMA).validate(loans)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_snapshot_gives_the_same_bytes(bank: lineage.Snapshot, form: str) -> None:
    """Two reports of one snapshot are equal, byte by byte."""
    first, second = (lineage.REPORTS[form](told(bank, "fraud-ab")) for _ in range(2))
    assert first == second


def test_the_digest_is_over_the_body(loans: dict[str, Any]) -> None:
    """The digest in a report is the one of its JSON, and a change of any part gives another one."""
    assert loans["document"]["report_digest"] == lineage.report_digest(json.loads(lineage.REPORTS["json"](loans)))
    assert loans["document"]["report_id"] == f"LR-{loans['document']['report_digest'][7:23].upper()}"
    loans["endpoints"][0]["system"]["status"] = "Failed"
    assert loans["document"]["report_digest"] != lineage.report_digest(loans)


def test_the_time_is_that_of_the_last_crawl(bank: lineage.Snapshot, loans: dict[str, Any]) -> None:
    """A report has the time of the end of the last crawl, unless another time is given."""
    assert loans["document"]["generated_at"] == bank.crawls()[-1].finished
    asked = told(bank, "loans-live", generated_at="2026-12-01T00:00:00Z")
    assert asked["document"]["generated_at"] == "2026-12-01T00:00:00Z"


@pytest.mark.parametrize(
    ("endpoint", "verdict", "says"),
    [
        (
            "loans-live",
            "traced",
            "Endpoint loans-live serves what training job Loans-Fit-0042 made from its declared input s3://bank-ml/loans/train/ "
            "and measured on s3://bank-ml/loans/validation/ (channel validation, by its name)",
        ),
        (
            "fraud-ab",
            "traced",
            "Endpoint fraud-ab: its variants together serve what training jobs Fraud-NN-1, Fraud-XGB-17 and "
            "Fraud-XGB-18 made from its declared input s3://bank-ml/fraud/features/ and measured on s3://bank-ml/fraud/holdout/ "
            "(channel test, by its name)",
        ),
        ("ledger-old", "partial", "as far as records show. Another part could not be traced: model ledger-0 is missing"),
        (
            "vendor-scores",
            "broken",
            "Nothing that endpoint vendor-scores serves could be traced to the data it was made of: s3://bank-vendor/",
        ),
    ],
)
def test_the_answer_comes_first(bank: lineage.Snapshot, endpoint: str, verdict: str, says: str) -> None:
    """The answer is the verdict of `trace` with a sentence that says why, and the shortest path begins at the endpoint."""
    answer = told(bank, endpoint)["endpoints"][0]["answer"]
    assert answer["verdict"] == verdict
    assert says in answer["sentence"]
    assert answer["way"][0]["name"] == endpoint


WAYS = {
    "fraud-ab": [
        ("challenger", "Fraud-XGB-18-model", "training job Fraud-XGB-18, from s3://bank-ml/fraud/features/"),
        ("champion", "Fraud-XGB-17-model", "training job Fraud-XGB-17, from s3://bank-ml/fraud/features/"),
        (
            "next",
            "Fraud-NN-1-model",
            "training job Fraud-NN-1, from s3://bank-ml/fraud/features/, measured on s3://bank-ml/fraud/holdout/ (by the names of channels)",
        ),
    ],
    "ledger-old": [
        ("kept", "ledger-1", "training job Ledger-Fit-1, from s3://bank-ml/ledger/"),
        ("lost", "ledger-0", "not traced: ledger-0 is missing"),
    ],
    "loans-live": [],
}


@pytest.mark.parametrize("endpoint", WAYS)
def test_each_model_of_several_has_its_way_in(bank: lineage.Snapshot, endpoint: str) -> None:
    """Section 1 says in one line for each of several models which job and data made it, or where that is lost."""
    report = told(bank, endpoint)
    ways = report["endpoints"][0]["answer"]["ways"]
    assert [(way["variant"], way["model"]["name"], way["said"]) for way in ways] == WAYS[endpoint]
    first = lineage.REPORTS["md"](report).partition("## 1 The answer")[2].partition("\n## ")[0]
    assert all(f"| {variant} | <code>{model}</code> | {said} |" in first for variant, model, said in WAYS[endpoint])
    assert ("What made each model" in first) is bool(ways)


def test_a_way_in_names_the_jobs_of_its_own_model(whole: dict[str, Any]) -> None:
    """A job is named for the models it made alone, and a component's base model by its own job."""
    (found,) = (one for one in whole["endpoints"] if one["subject"]["name"] == "assist-components")
    jobs = {way["model"]["name"]: [job["name"] for job in way["training_jobs"]] for way in found["answer"]["ways"]}
    assert jobs == {"assist-base-ic": ["Assist-Pretrain-1"], "assist-lora-ic": ["Assist-Lora-2", "Assist-Pretrain-1"]}


def test_the_path_of_several_is_that_of_one_variant(bank: lineage.Snapshot, loans: dict[str, Any]) -> None:
    """Where an endpoint has several models, the path says to which variant it belongs; with one model there is no such line."""
    assert "This is the path of variant challenger." in lineage.REPORTS["md"](told(bank, "fraud-ab"))
    assert "This is the path of variant" not in lineage.REPORTS["md"](loans)


def test_the_first_page_says_what_nobody_may_miss(whole: dict[str, Any], loans: dict[str, Any]) -> None:
    """Findings by severity, the holdouts, and that nothing was read from AWS stand between the verdict and the contents."""
    first = lineage.REPORTS["md"](whole).partition("## Contents")[0]
    found = whole["findings"]
    errors = sum(row["severity"] == "error" for row in found["findings"])
    assert f"- Findings: {errors} error{'' if errors == 1 else 's'}, " in first
    assert f"; {sum(row['undecided'] for row in found['rules'])} undecided (section 9)" in first
    assert "- Holdouts: 1 of 1 used (section 7)" in first
    assert "Demo data or a replay, not read from AWS" in first
    assert "Holdouts:" not in lineage.REPORTS["md"](loans).partition("## Contents")[0]
    from_aws = loans | {"coverage": loans["coverage"] | {"crawls": [loans["coverage"]["crawls"][0] | {"tool": "1.0.0"}]}}
    assert "not read from AWS" not in lineage.REPORTS["md"](from_aws).partition("## Contents")[0]


def test_an_artifact_that_may_have_changed_is_told_with_the_answer(whole: dict[str, Any]) -> None:
    """The list of what could change the answer names artifacts without a checksum, where there are some."""
    for one in whole["endpoints"]:
        containers = [row for model in one["models"] for row in model["containers"] if row["artifact"]]
        said = any("S3 was not asked whether" in caveat for caveat in one["answer"]["caveats"])
        assert said == any(not row["etag"] for row in containers)


@pytest.mark.parametrize(("pin", "hosted", "loose"), [("", False, 1), ("", True, 2), ("abc", True, 1), ("abc", False, 0)])
def test_each_artifact_that_is_served_may_have_changed(tmp_path: Path, pin: str, hosted: bool, loose: int) -> None:
    """The artifact of an inference component, and that of a package which a model names, count as the model's own do."""
    model, config, endpoint = deployed()
    held = {"Image": "image:1", "ModelDataUrl": "s3://models/fit/output/model.tar.gz"} | ({"ModelDataETag": pin} if pin else {})
    registered = {"ModelPackageStatus": "Completed", "InferenceSpecification": {"Containers": [held]}}
    package = line("model-package", "shop", registered | {"ModelPackageName": "shop"})
    model["record"]["PrimaryContainer"] = {"ModelPackageName": arn("model-package", "shop")}
    where = {
        "EndpointArn": arn("endpoint", "shop"),
        "EndpointName": "shop",
        "VariantName": "all",
        "InferenceComponentStatus": "InService",
    }
    where |= {"CreationTime": "2026-02-02T10:00:00Z"}
    own = {"ArtifactUrl": "s3://models/other/output/model.tar.gz", "DeployedImage": {"SpecifiedImage": "image:2"}}
    part = line("inference-component", "part", where | {"Specification": {"Container": own}})
    made = [fit("fit", {"train": "s3://data/x/"}), fit("other", {"train": "s3://data/x/"})]
    with lineage.open_snapshot(
        crawled(tmp_path, [*made, package, model, config, endpoint, *([part] if hosted else [])])
    ) as snapshot:
        (one,) = told(snapshot, "shop")["endpoints"]
    said = [caveat for caveat in one["answer"]["caveats"] if "S3 was not asked whether" in caveat]
    assert [caveat.split(" changed")[0] for caveat in said] == (
        [f"S3 was not asked whether {loose} of {1 + hosted} artifact{'s' * hosted}"] if loose else []
    )
    assert ("the model file itself was not checked" in one["answer"]["sentence"]) == bool(loose)
    assert [row["model"]["name"] for row in one["models"]] == ["shop-model", *(["part"] if hosted else [])]
    assert [row["model"] for row in one["system"]["variants"]] == ["shop-model, part" if hosted else "shop-model"]


def test_a_variant_tells_all_models_that_run_in_it(tmp_path: Path) -> None:
    """A variant without a model of its own has that of its components, and one with instance pools has those of the pools."""
    model, config, endpoint = deployed()
    pools = [{"InstanceType": "ml.g5.xlarge", "Priority": 1, "ModelNameOverride": "small"}]
    config["record"]["ProductionVariants"][0] |= {"InstancePools": pools}
    config["record"]["ProductionVariants"].append({"VariantName": "hosting"})
    small = line("model", "small", model["record"] | {"ModelName": "small", "ModelArn": arn("model", "small")})
    where = {
        "EndpointArn": arn("endpoint", "shop"),
        "EndpointName": "shop",
        "VariantName": "hosting",
        "InferenceComponentStatus": "InService",
    }
    part = line("inference-component", "part", where | {"Specification": {"ModelName": "shop-model"}})
    with lineage.open_snapshot(crawled(tmp_path, [model, small, config, endpoint, part])) as snapshot:
        (one,) = told(snapshot, "shop")["endpoints"]
    assert [(row["name"], row["model"]) for row in one["system"]["variants"]] == [
        ("all", "shop-model, small"),
        ("hosting", "part"),
    ]


def test_a_weak_step_is_told_with_the_answer(whole: dict[str, Any]) -> None:
    """Where only people's word leads to the maker, the sentence says so, and does not call the chain complete."""
    said = {one["subject"]["name"]: one["answer"]["sentence"] for one in whole["endpoints"]}
    assert "told only by a text or by people" in said["appraisal-notebook"]
    assert "Record fields name each step" not in said["appraisal-notebook"]
    assert said["loans-live"].endswith("Record fields name each step of this chain; the model file itself was not checked.")
    assert said["mortgage-tuned"].endswith("What 1 manifest listed was not read: the chain may lack inputs.")
    assert said["travel-promoted"].endswith("The chain reaches that data, with 1 step known only by the same content.")


VENDORS = "s3://jumpstart-cache-prod-eu-west-1/x/model.tar.gz"
UNTOLD = "a model of a vendor, whose training data is not known here"


@pytest.mark.parametrize(
    ("records", "says"),
    [
        (served(VENDORS), f"serves {UNTOLD}. Record"),
        (
            [
                training("fit", [channel("model", VENDORS), channel("train", "s3://d/")]),
                *served("s3://models/fit/output/model.tar.gz"),
            ],
            f"serves what training job fit made from its declared input s3://d/; part of it is {UNTOLD}. Record",
        ),
        (
            [processing("made", {"in": "s3://d/"}, {"out": "s3://models/made/"}), *served("s3://models/made/model.tar.gz")],
            "serves what another job or a logged run (no training job is known) made from s3://d/. Record",
        ),
    ],
    ids=["a vendor's model", "fine-tuned from a vendor's model", "made by a processing job"],
)
def test_who_made_what_no_training_job_of_ours_made(tmp_path: Path, records: list[Resource], says: str) -> None:
    """A vendor's model gets no invented maker, and the first sentence says what is unknown about it."""
    swept(tmp_path / "s.db", records)
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        answer = told(snapshot, "shop")["endpoints"][0]["answer"]
    assert (answer["verdict"], says in answer["sentence"]) == ("traced", True)


def test_the_way_leads_to_the_data(loans: dict[str, Any]) -> None:
    """The shortest path goes from the endpoint to data, and each step after the first names its field."""
    way = loans["endpoints"][0]["answer"]["way"]
    assert [step["kind"] for step in way] == ["endpoint", "endpoint-config", "model", "artifact", "training-job", "dataset"]
    assert all(step["path"] for step in way[1:])


def test_the_records_are_told(loans: dict[str, Any]) -> None:
    """The parts hold what the records say: the variant, the image by digest, the job's hyperparameters, the channels."""
    (one,) = loans["endpoints"]
    (variant,) = one["system"]["variants"]
    assert (variant["model"], variant["instance_type"], variant["share"]) == ("Loans-Model-42", "ml.m5.large", "100 %")
    assert one["models"][0]["containers"][0]["image_digest"].endswith("4f1c" * 16)
    (job,) = one["training"]
    assert job["hyperparameters"]["max_depth"] == "6"
    assert job["environment"] == {"DB_PASSWORD": "(redacted)", "STAGE": "live"}
    assert {row["channel"] for row in one["data"]["inputs"] if not row["indirect"]} == {"train", "validation"}
    assert one["evaluation"]["metrics"][0]["last_value"] == "0.87"
    assert [row["serves"] for row in one["downstream"]["reached"] if row["kind"] == "endpoint"] == ["now"]


def test_what_serves_the_most_counts(bank: lineage.Snapshot) -> None:
    """An endpoint that serves one maker's model now, and as a shadow another's, is said to serve it now."""
    reached = told(bank, "fraud-ab")["endpoints"][0]["downstream"]["reached"]
    assert [row["serves"] for row in reached if row["name"] == "fraud-ab"] == ["now"]


def test_the_makers_of_each_variant_are_asked_what_they_led_to(tmp_path: Path) -> None:
    """A model that was compiled has a maker as well, however many more jobs lie between than before another variant's."""
    compiled = line("compilation-job", "neo", {
        "CompilationJobStatus": "COMPLETED", "CompilationStartTime": "2026-01-03T10:00:00Z", "CompilationEndTime": "2026-01-03T11:00:00Z",
        "InputConfig": {"S3Uri": "s3://models/other/output/model.tar.gz"}, "OutputConfig": {"S3OutputLocation": "s3://neo/"},
        "ModelArtifacts": {"S3ModelArtifacts": "s3://neo/model.tar.gz"},
    })  # fmt: skip
    model, config, endpoint = deployed()
    config["record"]["ProductionVariants"].append({"VariantName": "small", "ModelName": "small"})
    small = line("model", "small", {"PrimaryContainer": {"Image": "image:1", "ModelDataUrl": "s3://neo/model.tar.gz"}})
    small["record"] |= {"CreationTime": "2026-02-01T10:00:00Z"}
    made = [fit("fit", {"train": "s3://data/x/"}), fit("other", {"train": "s3://data/y/"}), compiled]
    beside = deployed("beside", "s3://models/other/output/model.tar.gz")
    with lineage.open_snapshot(crawled(tmp_path, [*made, model, small, config, endpoint, *beside])) as snapshot:
        (one,) = told(snapshot, "shop")["endpoints"]
    assert [job.rpartition("/")[2] for job in one["downstream"]["asked"]] == ["fit", "other"]
    assert {row["name"] for row in one["downstream"]["reached"] if row["kind"] == "endpoint"} == {"shop", "beside"}


def test_a_break_is_never_told_as_no_gap(whole: dict[str, Any]) -> None:
    """The report says that nothing could change the answer only for endpoints without a break, a gap or a note."""
    text = lineage.REPORTS["md"](whole)
    answers = [one["answer"] for one in whole["endpoints"]]
    quiet = [not (one["counts"]["breaks"] or one["counts"]["gaps"] or one["caveats"]) for one in answers]
    assert text.count("No gap on this path could change the answer") == sum(quiet)
    noted = [not (one["counts"]["breaks"] or one["counts"]["gaps"]) and bool(one["caveats"]) for one in answers]
    assert text.count("What no record shows, and what could change the answer:") == sum(noted) > 0
    assert "Repairing a break could change the answer" in text


def test_what_the_records_do_not_hold_is_not_called_read(loans: dict[str, Any]) -> None:
    """Where tags and data capture are unknown, the report does not say that everything could be read."""
    system = loans["endpoints"][0]["system"]
    without = loans | {"endpoints": [loans["endpoints"][0] | {"system": system | {"tags": {}, "data_capture": None}}]}
    said = "Every record on this path was read; unknown: tags and data capture. What no record shows"
    assert said in lineage.REPORTS["md"](without)
    tagged = {"tags": {"team": "loans"}, "data_capture": {"enabled": True, "percent": 5, "destination": "s3://x/"}}
    with_both = loans | {"endpoints": [loans["endpoints"][0] | {"system": system | tagged}]}
    assert "Every record on this path was read. What no record shows" in lineage.REPORTS["md"](with_both)


def test_a_no_about_a_holdout_has_its_scope(bank: lineage.Snapshot, loans: dict[str, Any]) -> None:
    """Below the holdouts stands that the verdicts are about this endpoint only; without holdouts there is no such note."""
    text = lineage.REPORTS["md"](told(bank, "loans-live", holdouts=["s3://bank-ml/loans/secret-test/"]))
    assert "| Used in making this endpoint? |" in text
    assert "is about this endpoint only: `lineage used` asks about all jobs." in text
    assert "is about this endpoint only" not in lineage.REPORTS["md"](loans)


def test_a_mapping_says_first_what_it_rests_on(bank: lineage.Snapshot, loans: dict[str, Any]) -> None:
    """Section 11 begins with the frameworks whose text was not opened for the mapping, and only with these."""
    text = lineage.REPORTS["md"](told(bank, "loans-live", frameworks=["iso42001", "gdpr"])).partition("## 11 ")[2]
    said = next(line for line in text.splitlines() if "secondary sources" in line)
    assert "42001" in said
    assert "GDPR" not in said


def test_a_digest_says_what_it_is_of(loans: dict[str, Any]) -> None:
    """The digest of a record is that of the stored record, from which secrets were cut: nobody can recompute it from the API."""
    assert "| Digest of the stored record, secrets removed |" in lineage.REPORTS["md"](loans)


def test_numbers_agree(whole: dict[str, Any]) -> None:
    """The summary and the section about data count the same places; the first sentence names them where they are few."""
    text = lineage.REPORTS["md"](whole)
    for one in whole["endpoints"]:
        counts, rows = one["answer"]["counts"], [row for row in one["data"]["inputs"] if row["usage"] == "data"]
        direct, upstream = (sorted({row["uri"] for row in rows if row["indirect"] is far}) for far in (False, True))
        assert (counts["datasets"], counts["upstream_datasets"]) == (len(direct), len(upstream))
        places = f"{len(upstream)} place{'' if len(upstream) == 1 else 's'} upstream"
        assert f"{len(direct)} declared input{'' if len(direct) == 1 else 's'} and {places}" in text
    loans = next(one for one in whole["endpoints"] if one["subject"]["name"] == "loans-live")
    named = ("loans-live", "s3://bank-ml/loans/train/", "s3://bank-ml/loans/validation/", "s3://bank-raw/loans/2026-05/")
    assert all(name in loans["answer"]["sentence"].partition(". ")[0] for name in named)


def test_each_edge_names_the_record_that_says_so(whole: dict[str, Any]) -> None:
    """Each edge from a field has the digest of a record in the appendix, and the time at which it was read."""
    for one in whole["endpoints"]:
        digests = {row["id"]: row["digest"] for row in one["records"]}
        declared = [edge for edge in one["evidence"] if edge["method"] == "declared"]
        assert all(edge["digest"] == digests[edge["record"]] and edge["observed_at"] for edge in declared)


def test_what_is_in_an_unread_config_is_not_known(bank: lineage.Snapshot) -> None:
    """Where the endpoint config is deleted, its KMS key is unknown, and never reported as none."""
    report = told(bank, "pension-frozen")
    assert report["endpoints"][0]["system"]["config_read"] is False
    assert "not known: the config was not read" in lineage.REPORTS["md"](report)


def test_what_is_in_an_unread_model_is_not_known(bank: lineage.Snapshot) -> None:
    """Where no model was read, the report makes no statement about isolation, packages or other facts of models."""
    unread, read = (lineage.REPORTS["md"](told(bank, name)) for name in ("pension-frozen", "loans-live"))
    assert "not known: no model was read" in unread
    assert "Whether a model package is behind it is not known" in unread
    assert "No model package is behind it" not in unread
    facts = [fact for row in told(bank, "pension-frozen")["controls"][0]["clauses"] for fact in row["facts"]]
    assert {fact["holds"] for fact in facts if fact["says"] == "training jobs tell hyperparameters"} == {0}
    assert "| 0 of 1 model |" in read
    assert "No model package is behind it" in read


def test_the_limitations_have_numbers(whole: dict[str, Any]) -> None:
    """A note that applies has the numbers of this snapshot; one that does not apply is absent."""
    said = {row["id"]: row["text"] for row in whole["coverage"]["statements"]}
    assert "33 of 35 in the snapshot" in said["network"]
    assert (
        "Open gaps: 1 (1 missing), of what the crawls asked for; gaps that appear only in an answer are in section 1."
        in said["unread"]
    )
    assert "1 container in multi-model mode" in said["multi-model"]
    assert "No record shows what a script downloaded" in said["network"]
    assert "1 other job that trains and 5 processing jobs; 39 of 47 training channels" in said["unread"]


def test_a_holdout_that_was_used_is_told_and_found(whole: dict[str, Any]) -> None:
    """Each endpoint has an answer about each holdout, and the checks use the same holdouts."""
    answered = {one["subject"]["name"]: one["evaluation"]["holdouts"][0]["verdict"] for one in whole["endpoints"]}
    assert answered["loans-live"] == "used"
    assert answered["cards-repack"] == "not-referenced"
    assert whole["findings"]["holdouts"] == ["s3://bank-ml/loans/validation/"]
    assert any(row["subject"]["name"] == "Loans-Fit-0042" for row in whole["findings"]["findings"])


# --- what changed ---------------------------------------------------------------------------------


def retrained(folder: Path) -> tuple[Path, Path]:
    """Two snapshots of one account: in the second the endpoint serves another model, of another job."""
    old = [fit("fit", {"train": "s3://data/old/"}), *deployed()]
    new = [*old[:1], fit("fit-2", {"train": "s3://data/new/"}), *deployed(artifact="s3://models/fit-2/output/model.tar.gz")]
    return crawled(folder, old, "old.db"), crawled(folder, new, "new.db")


def test_an_earlier_snapshot_is_compared(tmp_path: Path) -> None:
    """The report lists what is new, gone and different behind an endpoint, with its edges and fields."""
    before, now = retrained(tmp_path)
    with lineage.open_snapshot(now) as snapshot:
        report = told(snapshot, "shop", previous=before)
    (one,) = report["changes"]["endpoints"]
    assert "s3://data/new/" in {row["id"] for row in one["added"]}
    assert "s3://data/old/" in {row["id"] for row in one["removed"]}
    fields = {row["field"]: (row["before"], row["after"]) for row in one["changed"]}
    assert fields["PrimaryContainer.ModelDataUrl"] == tuple(
        f"s3://models/{name}/output/model.tar.gz" for name in ("fit", "fit-2")
    )
    assert any(edge["target"].endswith("/fit-2") and edge["relation"] == "reads" for edge in one["edges_added"])
    assert report["document"]["previous"]["kind"] == "snapshot"


def test_an_earlier_report_is_cited_and_compared(tmp_path: Path) -> None:
    """An earlier report is named by its id, and what is behind the endpoint is compared with it."""
    before, now = retrained(tmp_path)
    with lineage.open_snapshot(before) as snapshot:
        earlier = told(snapshot, "shop")
    (tmp_path / "r.json").write_text(lineage.REPORTS["json"](earlier))
    with lineage.open_snapshot(now) as snapshot:
        report = told(snapshot, "shop", previous=tmp_path / "r.json")
    assert report["document"]["previous"]["id"] == earlier["document"]["report_id"]
    assert "s3://data/new/" in {row["id"] for row in report["changes"]["endpoints"][0]["added"]}


def test_an_altered_report_is_refused(bank: lineage.Snapshot, loans: dict[str, Any], tmp_path: Path) -> None:
    """An earlier report that was changed since is not used for a comparison."""
    loans["endpoints"][0]["answer"]["verdict"] = "broken"
    (tmp_path / "r.json").write_text(json.dumps(loans))
    with pytest.raises(lineage.SnapshotError, match="has changed since it was written"):
        told(bank, "loans-live", previous=tmp_path / "r.json")


def test_a_second_crawl_is_compared_with_the_first(tmp_path: Path) -> None:
    """Without an earlier file, the versions of the records show the changes that the last crawl found."""
    records = [fit("fit", {"train": "s3://data/old/"}), *deployed()]
    path = crawled(tmp_path, records)
    records[-1]["record"] |= {"EndpointStatus": "Failed", "LastModifiedTime": "2026-02-02T10:30:00Z"}
    crawled(tmp_path, records)
    with lineage.open_snapshot(path) as snapshot:
        changes = told(snapshot, "shop")["changes"]
    assert changes["compared"]["name"] == "crawl 1"
    assert ("EndpointStatus", "InService", "Failed") in {
        (row["field"], row["before"], row["after"]) for row in changes["endpoints"][0]["changed"]
    }


# --- the controls ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "beyond", "status"),
    [
        ({"a": (2, 2), "b": (1, 1)}, [], EVIDENCED),
        ({"a": (2, 2)}, ["something"], PARTIAL),
        ({"a": (1, 2)}, [], PARTIAL),
        ({"a": (2, 2), "b": (0, 1)}, [], PARTIAL),
        ({"a": (0, 2)}, [], NOT_DERIVABLE),
        ({}, ["something"], NOT_DERIVABLE),
    ],
)
def test_when_a_clause_is_evidenced(held: dict[str, tuple[int, int]], beyond: list[str], status: str) -> None:
    """A clause is evidenced only where all its facts hold everywhere, and it needs nothing beyond records."""
    assert _status(held, beyond) == status


@pytest.mark.parametrize("name", lineage.FRAMEWORKS)
def test_a_framework_is_dated_and_rests_on_known_facts(name: str) -> None:
    """Each table has its day and its sources, names existing sections, and rests on facts that are checked."""
    table = framework(name)
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", table["as_of"])
    assert table["sources"]
    for clause in table["clause"]:
        assert set(clause["facts"]) <= FACTS.keys()
        assert set(clause["sections"]) <= set(range(14))
        assert clause["facts"] or clause["beyond"]


def test_the_elements_of_the_g7_are_fifty() -> None:
    """The SBOM for AI has 50 elements in 7 clusters."""
    ids = [clause["id"].rpartition(" ")[0] for clause in framework("g7")["clause"]]
    assert (len(ids), len(set(ids))) == (50, 7)


def test_a_broken_endpoint_evidences_less(bank: lineage.Snapshot) -> None:
    """A clause rests on what the report holds: an untraceable endpoint has no training data to report."""

    def status(endpoint: str) -> dict[str, str]:
        (mapped,) = told(bank, endpoint, frameworks=["iso42001"])["controls"]
        return {clause["id"]: clause["status"] for clause in mapped["clauses"]}

    assert (status("loans-live")["A.4.3"], status("vendor-scores")["A.4.3"]) == (PARTIAL, NOT_DERIVABLE)


def test_nothing_is_evidenced_by_an_empty_field(bank: lineage.Snapshot) -> None:
    """An empty field, unread KPIs and an unread standard evidence nothing."""
    g7, iso = told(bank, "loans-live", frameworks=["g7", "iso42001"])["controls"]
    status = {clause["title"]: clause["status"] for clause in g7["clauses"]}
    assert EVIDENCED not in {status[title] for title in ("Content type", "Operational KPIs", "SBOM version")}
    assert EVIDENCED not in {clause["status"] for clause in iso["clauses"]}
    assert iso["looked_at"] == "12 of 38 controls of Annex A; the others are not mapped"


def test_what_is_missing_is_worded_as_missing(loans: dict[str, Any]) -> None:
    """The table of what to complete by hand words a missing thing as missing, never as present."""
    text = lineage.REPORTS["md"](loans)
    assert "| Missing in this report |" in text
    assert "no holdouts were checked" in text
    assert "holdouts were checked" not in text.replace("no holdouts were checked", "")


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_called_compliant(whole: dict[str, Any], form: str) -> None:
    """No report calls anything compliant or certified."""
    assert not re.search(r"complian(t|ce with)|certified|immutable", lineage.REPORTS[form](whole), re.IGNORECASE)


# --- the documents --------------------------------------------------------------------------------


class Page(HTMLParser):
    """The elements of a page, with their attributes; raises where an element is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open += [] if tag in ("meta", "br") else [tag]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def test_the_page_needs_nothing_else(whole: dict[str, Any]) -> None:
    """The HTML has no script, makes no requests, and each line of its contents leads somewhere."""
    text = lineage.REPORTS["html"](whole)
    page = Page(text)
    assert {tag for tag, _ in page.tags} & {"script", "link", "img", "iframe", "object", "form"} == set()
    assert not re.search(r"@import|url\((?!#)|\ssrc=", text)
    ids = {attributes["id"] for _, attributes in page.tags if attributes.get("id")}
    assert {str(found["href"])[1:] for tag, found in page.tags if tag == "a"} <= ids
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


class Cells(HTMLParser):
    """The titles of the columns of each wide table, and the labels of its cells, row by row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tables: list[tuple[list[str], list[list[str]]]] = []
        self.is_title = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "thead":
            self.tables.append(([], []))
        self.is_title = told.get("scope") == "col"
        if tag == "tr" and self.tables:
            self.tables[-1][1].append([])
        if "data-label" in told:
            self.tables[-1][1][-1].append(told["data-label"] or "")

    def handle_data(self, data: str) -> None:
        if self.is_title:
            self.tables[-1][0].append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "th":
            self.is_title = False


def test_each_cell_knows_the_title_of_its_column(whole: dict[str, Any]) -> None:
    """On a phone a row is a block, whose lines begin with the titles of their columns."""
    tables = Cells(lineage.REPORTS["html"](whole)).tables
    assert len(tables) > 10
    for titles, rows in tables:
        labelled = [row for row in rows if row]
        assert labelled
        assert all(row == titles for row in labelled)


def test_the_picture_shows_the_chain(loans: dict[str, Any]) -> None:
    """The picture has a box for each node except images, and each of its lines arrives straight down."""
    (picture,) = re.findall(r"<svg.*?</svg>", lineage.REPORTS["html"](loans), re.DOTALL)
    nodes = [node for node in loans["endpoints"][0]["nodes"] if node["kind"] != "image"]
    assert picture.count('class="card"') == len(nodes)
    ends = [re.findall(r"[-\d.]+ [-\d.]+", path)[-2:] for path in re.findall(r' d="(M.*?)" marker-end', picture)]
    assert ends
    assert all(before != end and before.split()[0] == end.split()[0] for before, end in ends)


def test_the_answer_stands_before_the_contents(loans: dict[str, Any]) -> None:
    """The first thing on a page after its title is the verdict."""
    text = lineage.REPORTS["html"](loans)
    assert text.index("<h1>") < text.index("TRACED") < text.index("<nav")


def test_the_sections_are_all_there(loans: dict[str, Any]) -> None:
    """Both documents have the sections 0 to 13 in their order."""
    for form, pattern in (("html", r'<h2 id="s\d+-title"><span class="number">(\d+)<'), ("md", r"(?m)^## (\d+) ")):
        assert re.findall(pattern, lineage.REPORTS[form](loans)) == [str(number) for number in range(14)]


def test_a_row_of_markdown_has_the_cells_of_its_head(whole: dict[str, Any]) -> None:
    """No value breaks a Markdown table: each row has as many cells as the one before."""
    lines = lineage.REPORTS["md"](whole).splitlines()
    counts = [len(re.findall(r"(?<!\\)\|", text)) if text.startswith("|") else 0 for text in lines]
    assert all(0 in (a, b) or a == b for a, b in pairwise(counts))


def test_nasty_names_are_text(tmp_path: Path) -> None:
    """A value of a record is complete in each format, and is markup in none."""
    records = [fit("fit", {"train": "s3://data/x/"}, HyperParameters={"note": NASTY}), *deployed()]
    with lineage.open_snapshot(crawled(tmp_path, records)) as snapshot:
        report = told(snapshot, "shop", title=NASTY, classification=NASTY)
    assert report["endpoints"][0]["training"][0]["hyperparameters"]["note"] == NASTY
    page = Page(lineage.REPORTS["html"](report))
    assert page.words.count(NASTY) >= 4
    assert "script" not in {tag for tag, _ in page.tags}
    text = lineage.REPORTS["md"](report)
    assert "<script" not in text
    assert "[h](i)" not in text


def test_a_secret_is_in_no_report(tmp_path: Path) -> None:
    """Text that looks like a secret is cut out before a report could show it."""
    secret = "hunter2-Zebra"
    words = {"api_token": secret, "password": secret, "depth": "6"}
    records = [fit("fit", {"train": "s3://data/x/"}, HyperParameters=words, Environment={"DB_PASSWORD": secret}), *deployed()]
    with lineage.open_snapshot(crawled(tmp_path, records)) as snapshot:
        report = told(snapshot, "shop")
    assert report["endpoints"][0]["training"][0]["hyperparameters"]["depth"] == "6"
    assert not any(secret in lineage.REPORTS[form](report) for form in FORMS)


# --- the command ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "begins"), [("r.html", "<!DOCTYPE html>"), ("r.md", "# Model"), ("r.json", "{")])
def test_the_name_of_the_file_says_the_format(ask, tmp_path: Path, name: str, begins: str) -> None:
    """`-o r.html` writes HTML, and says on stderr which report it is."""
    ran = ask("report", "loans-live", "-o", name)
    assert (ran.code, ran.out) == (0, "")
    assert re.match(rf"{re.escape(name)}: report LR-[0-9A-F]{{16}} of 1 endpoint, sha256:", ran.err)
    assert (tmp_path / name).read_text(encoding="utf-8").startswith(begins)


def test_the_command_is_told_without_folders(ask, bank_path: Path) -> None:
    """A report names the command that makes it again, and no folder of its author."""
    holdouts = str(ROOT / "fixtures" / "holdouts.txt")
    ran = ask("report", "loans-live", "-f", "json", "--holdouts", holdouts, "--framework", "gdpr,nist")
    command = json.loads(ran.out)["reproduce"]["command"]
    assert command == "lineage report loans-live --snapshot lineage.db --holdouts holdouts.txt --framework gdpr,nist"
    assert str(bank_path.parent) not in ran.out


def cells(markdown: str, head: str) -> list[list[str]]:
    """The rows of the tables whose head begins with some words."""
    tables = re.findall(rf"^\| {re.escape(head)}.*\n\| ---.*\n((?:\|.*\n)+)", markdown, re.MULTILINE)
    return [row.strip("| ").split(" | ") for table in tables for row in table.splitlines()]


def test_a_cell_says_why_it_is_empty(run, account_path: Path) -> None:
    """What is not on record, not known, not there or not applicable is told in words, and an open gap is never a "none"."""
    report = run("report", "--snapshot", str(account_path), "--holdouts", str(ROOT / "fixtures/holdouts.txt"), "-f", "md").out
    assert re.findall(r"\| – \||: – |× –", report) == []
    holdouts = cells(report, "Place | Used in making")
    assert {(row[1], row[2]) for row in holdouts if "none" in row[2] or "not" in row[2]} == {
        ("unknown", "not known"),
        ("not-referenced", "none known"),
    }
    assert {row[2] for row in cells(report, "Variant | Use | Model") if not row[2].startswith("<code>")} == {"not known"}
    assert {row[3] for row in cells(report, "Kind | Id | Sure") if row[0] == "model"} == {"does not apply"}


def test_states_and_counts_say_what_they_mean(run, account_path: Path) -> None:
    """A new finding says that nobody has accepted it, and a count of gaps how many of them people vouch for."""
    vouched = ("--attestations", str(ROOT / "fixtures/lineage-attestations.toml"))
    names = ("kyc-multi", "mortgage-tuned", "loans-live", "ledger-old")
    report = run(
        "report",
        "--snapshot",
        str(account_path),
        *names,
        "--holdouts",
        str(ROOT / "fixtures/holdouts.txt"),
        *vouched,
        "-f",
        "md",
    ).out
    assert "| new: nobody has accepted it |" in report
    assert "New: no policy accepts it. A report knows no baseline" in report
    assert {row[-1].split(", ")[-1] for row in cells(report, "Endpoint | Verdict | Made by")[:2]} == {
        "1 of them closed by attestations"
    }
    assert "1, 1 of them closed by attestations" in {row[-1] for row in cells(report, "Place | Used in making")}
    assert " closed by attestations." in report


def test_the_epoch_gives_the_time(ask, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOURCE_DATE_EPOCH is the time of a report, is shown with its command, and must be a number."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1800000000")
    report = json.loads(ask("report", "loans-live", "-f", "json").out)
    assert report["document"]["generated_at"] == "2027-01-15T08:00:00Z"
    assert report["reproduce"]["command"].startswith("SOURCE_DATE_EPOCH=1800000000 lineage report")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "noon")
    assert ask("report", "loans-live").code == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["nobody"], 2, "no endpoint 'nobody' in the snapshot"),
        (["loans-live", "--framework", "soc2"], 2, "no framework 'soc2'"),
        (["loans-live", "--previous", "none.db"], 3, "none.db"),
        (["loans-live", "--previous", str(BANK)], 3, "neither a snapshot nor a report"),
    ],
)
def test_what_cannot_be_reported_is_told_in_a_line(ask, arguments: list[str], code: int, says: str) -> None:
    """An unknown endpoint, an unknown framework and an unreadable earlier file give one line and their code."""
    ran = ask("report", *arguments)
    assert ran.code == code
    assert says in ran.err
    assert ran.err.count("\n") == 1


def test_the_findings_are_those_of_check(tmp_path: Path) -> None:
    """The rules find the same in the traces of a report, which also say what the jobs belong to, as in their own."""
    parents = {"Parents": [{"TrialName": "trial", "ExperimentName": "fraud"}]}
    run = record("trial-component", "run", parents | {"Source": {"SourceArn": arn("training-job", "fit")}})
    gaps = [
        Gap(ACCOUNT, REGION, operation, arn(kind, name), "denied", "said so")
        for operation, kind, name in (("DescribeTrial", "trial", "trial"), ("DescribeExperiment", "experiment", "fraud"))
    ]
    made = training("fit", {"train": "s3://d/"}, "s3://m/fit/model.tar.gz")
    swept(tmp_path / "s.db", [run, made, *gaps, *served("s3://m/fit/model.tar.gz")])
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        reported = lineage.report(snapshot).findings
        checked = lineage.check(snapshot, lineage.Policy(), ["shop"]).as_json()
    for which in ("findings", "undecided"):
        said = [[(row["rule"], row["verdict"], row["message"]) for row in told[which]] for told in (reported, checked)]
        assert said[0] == said[1]
