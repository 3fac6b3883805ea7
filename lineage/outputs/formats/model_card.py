"""The content of a SageMaker model card, as a draft: what the records say of an endpoint, a model or a training job.

It keeps the limits of the model card's schema, and lists what was cut for them. What nobody recorded (purpose, owner, risk) is
left out for a person to write. It is one line, because the API takes no line ends. Nothing is sent to AWS.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Any

from lineage.domain.kinds import ENDPOINT, HOLDERS, MODEL, TRAINING_JOB
from lineage.domain.names import is_place
from lineage.domain.records import Json
from lineage.domain.text import one_line, sentence
from lineage.errors import MalformedName
from lineage.outputs.formats.chosen import Chosen
from lineage.outputs.formats.subject import made_of, makers, traced
from lineage.outputs.formats.text import dumped

MAX_DATASETS = MAX_IMAGES = MAX_ARTIFACTS = 15
MAX_METRICS, MAX_HYPERPARAMETERS = 50, 100
MAX_CARD, _ROOM = 90_000, 10_000  # characters of JSON, and how many are reserved for what was cut
MAX_TEXT, MAX_NOTES, MAX_PARAMETER = 1024, 2048, 255


def write_model_card(chosen: Chosen) -> Iterator[str]:
    """The draft for what is named. Raises `MalformedName` if several training jobs made it, because a card describes one."""
    yield dumped(_Draft(chosen, made_of(chosen, "model-card", (ENDPOINT.name, MODEL.name, TRAINING_JOB.name))).card())


class _Draft:
    """Builds a draft from the trace of its subject, and notes what had to be cut."""

    def __init__(self, chosen: Chosen, node: str) -> None:
        self.chosen = chosen
        self.node = node
        self.graph, self.answer = traced(chosen, node)
        jobs = sorted(makers(self.graph, self.answer.evidence, node))
        if len(jobs) > 1:
            names = ", ".join(self.graph.nodes[job]["name"] for job in jobs)
            raise MalformedName(
                f"{chosen.selector} was made by {len(jobs)} training jobs, and a card tells of one: name {names}"
            )
        self.job = jobs[0] if jobs else ""
        self.cut: list[str] = []  # each thing once, however often it is named

    def card(self) -> Json:
        """The content: first what may be cut, then what was cut."""
        overview = self._overview()
        told = [f"lineage: {self.answer.verdict}.", *(f"{row['reason']}: {row['detail']}." for row in self.answer.breaks)]
        told += [sentence(caveat) for caveat in self.answer.caveats]
        training: Json = {"training_observations": self._text(" ".join(told), MAX_TEXT, "the observations")}
        training |= {"training_job_details": self._job()} if self.job else {}
        if len(dumped([overview, training])) > MAX_CARD:
            training["training_job_details"].pop("hyper_parameters", None)
            self._cut(f"the hyperparameters are left out: a model card takes {MAX_CARD + _ROOM:,} characters")
        card = {"model_overview": overview, "training_details": training, "additional_information": self._additional()}
        self.chosen.notes += self.cut
        return card

    def _overview(self) -> Json:
        artifacts = {
            edge["source"] for edge in self.answer.evidence if edge["relation"] == "loads" and is_place(edge["source"])
        }
        images = {edge["source"] for edge in self._images() if edge["target"] != self.job}
        overview: Json = {"model_name": self._text(self.graph.nodes[self.node]["name"], MAX_TEXT, "the name")}
        overview |= _filled("model_artifact", self._few(sorted(artifacts), MAX_ARTIFACTS, "model artifacts"))
        served = self._few(sorted(images), MAX_IMAGES, "container images that serve")
        return overview | ({"inference_environment": {"container_image": served}} if served else {})

    def _images(self) -> list[Json]:
        """Which image the job and the endpoint run in, without the jobs further upstream."""
        kinds = (ENDPOINT.name, *HOLDERS)
        images = {row["id"] for row in self.answer.images}
        here = {node for node, data in self.graph.nodes.items() if data["kind"] in kinds} | {self.job}
        return [edge for edge in self.answer.evidence if edge["source"] in images and edge["target"] in here]

    def _job(self) -> Json:
        record = self.chosen.record(self.graph.nodes[self.job])
        images = sorted({edge["source"] for edge in self._images() if edge["target"] == self.job})
        data = sorted({row["uri"] for row in self.answer.datasets if row["job"] == self.job})
        hyper = sorted((record.get("HyperParameters") or {}).items())
        details: Json = {"training_arn": self._text(self.graph.nodes[self.job]["arn"], MAX_TEXT, "the ARN")}
        details |= _filled("training_datasets", self._few(data, MAX_DATASETS, "datasets"))
        environment = self._few(images, MAX_IMAGES, "container images that train")
        details |= {"training_environment": {"container_image": environment}} if environment else {}
        # The last value of each metric. JSON cannot express one that is not a number.
        found = record.get("FinalMetricDataList") or ()
        kept = [one for one in found if isinstance(one["Value"], (int, float)) and math.isfinite(one["Value"])]
        if len(kept) < len(found):
            self._cut(f"{len(found) - len(kept)} metrics whose value is not a number are left out")
        metrics = [{"name": self._parameter(one["MetricName"]), "value": one["Value"]} for one in kept]
        details |= _filled("training_metrics", self._first(metrics, MAX_METRICS, "metrics"))
        pairs = [{"name": self._parameter(name), "value": self._parameter(value)} for name, value in hyper]
        return details | _filled("hyper_parameters", self._first(pairs, MAX_HYPERPARAMETERS, "hyperparameters"))

    def _additional(self) -> Json:
        holes = [_hole(hole) for hole in self.answer.scope["holes"]]
        holes += [f"attestation {row['id']} of {row['who']}: {row['why']}" for row in self.answer.rests.attestations]
        told = ["A draft of what SageMaker recorded; purpose, owner and risk are for a person to write.", *holes]
        told = [*(f"{one}." for one in self.cut), *told]
        crawled = {"lineage-crawled": self.chosen.crawled(), "lineage-verdict": self.answer.verdict}
        notes = self._text(" ".join(told), MAX_NOTES, "the caveats")
        return {"caveats_and_recommendations": notes, "custom_details": crawled}

    # --- the limits -----------------------------------------------------------------------------

    def _cut(self, said: str) -> None:
        if said not in self.cut:
            self.cut.append(said)

    def _text(self, text: str, limit: int, what: str) -> str:
        if len(text) <= limit:
            return text
        self._cut(f"{what} was cut to {limit:,} characters")
        return text[: limit - 1] + "…"

    def _parameter(self, text: Any) -> str:
        return self._text(one_line(str(text)), MAX_PARAMETER, "at least one hyperparameter or metric")

    def _few(self, texts: list[str], limit: int, what: str) -> list[str]:
        return [self._text(one, MAX_TEXT, f"at least one of the {what}") for one in self._first(texts, limit, what)]

    def _first(self, some: list[Any], limit: int, what: str) -> list[Any]:
        if len(some) > limit:
            self._cut(f"{len(some) - limit} of {len(some)} {what} are left out: a model card takes {limit}")
        return some[:limit]


def _filled(name: str, values: Iterable[Any]) -> Json:
    """A member, unless it is empty."""
    kept = list(values)
    return {name: kept} if kept else {}


def _hole(hole: Json) -> str:
    by = f" [attested: {', '.join(hole['attested'])}]" if hole.get("attested") else ""
    return f"{hole['reason']}: {hole['detail'] or hole['subject']}{by}"
