"""Places of models without a certain maker: the snapshot's set agrees with the rule for a single read."""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lineage
from lineage.domain.records import Resource
from lineage.queries.flow.links import Flow, links_out_of
from lineage.queries.flow.writers import is_surely_made
from tests.conftest import examples
from tests.graphs.test_copies import COPY, FIT, MADE, package
from tests.records import processing, record, training
from tests.snapshot.test_file import crawl

KEYS = st.sampled_from(["m", "m/", "m/a", "m/a/model.tar.gz", "m/b", "n"])
DAYS = st.integers(1, 4)
ENDED = st.sampled_from(["Completed", "Completed", "Failed", "Stopped", "InProgress", "Deleting"])
JOBS = st.lists(st.tuples(st.sampled_from("tpr"), KEYS, DAYS, ENDED), max_size=5)
MODELS = st.lists(st.tuples(KEYS, DAYS, st.sampled_from(["SingleModel", "MultiModel"])), min_size=1, max_size=4)


def job(number: int, sort: str, key: str, day: int, status: str) -> Resource:
    """A job that wrote there, or a run for which a person only logged that it did."""
    when, place = f"2026-01-0{day}", f"s3://x/{key}"
    if sort == "r":
        times = {"CreationTime": f"{when}T08:00:00Z", "StartTime": f"{when}T08:00:00Z", "EndTime": f"{when}T09:00:00Z"}
        return record("trial-component", f"r{number}", times | {"OutputArtifacts": {"model": {"Value": place}}})
    over = {} if status != "InProgress" else {"TrainingEndTime": None, "ProcessingEndTime": None}
    if sort == "t":
        return training(f"t{number}", {}, place, day=when, **(over | {"TrainingJobStatus": status}))
    return processing(f"p{number}", {}, {"o": place}, day=when, **(over | {"ProcessingJobStatus": status}))


def model(number: int, key: str, day: int, mode: str) -> Resource:
    container = {"ModelDataUrl": f"s3://x/{key}", "Mode": mode}
    return record("model", f"m{number}", {"CreationTime": f"2026-01-0{day}T10:00:00Z", "PrimaryContainer": container})


def serving(one: Resource) -> list[Resource]:
    """An endpoint that serves a model or a package, with its config: only what one serves can hide anything."""
    if one.kind not in ("model", "model-package"):
        return []
    name = one.name.replace("/", "-")
    late = {"CreationTime": "2026-01-28T10:00:00Z", "PrimaryContainer": {"ModelPackageName": one.arn}}
    packed = [record("model", f"of-{name}", late)] if one.kind != "model" else []
    variant = {"VariantName": "all", "ModelName": packed[0].name if packed else one.name}
    config = record("endpoint-config", f"c-{name}", {"ProductionVariants": [variant]})
    return [
        *packed,
        config,
        record("endpoint", f"e-{name}", {"EndpointConfigName": config.name, "EndpointStatus": "InService"}),
    ]


def both(*records: Resource) -> tuple[set[str], set[str]]:
    """The places that the snapshot has as unexplained, and those with a read that has no certain maker."""
    with tempfile.TemporaryDirectory() as folder:
        crawl(Path(folder) / "s.db", *records, *(one for record in records for one in serving(record)))
        with lineage.open_snapshot(Path(folder) / "s.db") as snapshot:
            flow = Flow(lineage.graph(snapshot))
            loads = [link for node in flow.nodes if "://" in node for link in links_out_of(flow, node, "loads")]
            unsure = {link.source for link in loads if not is_surely_made(flow, link)}
            return {one for one in snapshot.unexplained() if "://" in one}, unsure


@settings(max_examples=examples(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(JOBS, MODELS)
def test_the_set_is_what_the_rule_says(jobs: list, models: list) -> None:
    """A place is unexplained exactly where some read of it has no certain maker, whatever ended how and when."""
    records = [job(number, *one) for number, one in enumerate(jobs)] + [
        model(number, *one) for number, one in enumerate(models)
    ]
    held, unsure = both(*records)
    assert held == unsure


def test_each_side_is_met() -> None:
    """A model that was written in time is explained; one that was written too late, or that only a run claims, is not."""
    made, late, claimed = (job(n, sort, f"m/{n}", day, "Completed") for n, sort, day in ((1, "t", 1), (2, "t", 3), (3, "r", 1)))
    held, unsure = both(made, late, claimed, *(model(n, f"m/{n}", 2, "SingleModel") for n in (1, 2, 3)))
    assert held == unsure == {"s3://x/m/2", "s3://x/m/3"}


def test_what_no_endpoint_serves_is_left_out(tmp_path: Path) -> None:
    """A model of unknown origin that no endpoint serves can hide nothing, so no question looks at it."""
    crawl(tmp_path / "s.db", model(1, "m/1", 2, "SingleModel"))
    with lineage.open_snapshot(tmp_path / "s.db") as snapshot:
        assert list(snapshot.unexplained()) == []


def test_a_copy_stands_in_the_set_though_its_maker_is_sure() -> None:
    """The origin of a copy is not followed here: the set may hold more than the truth, and never less."""
    held, unsure = both(FIT, package("dev", MADE, "a"), package("prod", COPY, "a"))
    assert (held, unsure) == ({COPY}, set())
