"""A tracked function: its arguments are the parameters of a run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest

from lineage.recording import RefusedValue, Run, current_run, load_run, track
from tests.recording.stand_in import StandIn
from tests.recording.test_run import parameters, status, values


def test_each_call_is_a_run_with_its_arguments(service: StandIn) -> None:
    """Given and default arguments are recorded, the function's result is returned, and each call is a run of its own."""

    @track("churn")
    def train(depth: int, eta: float = 0.1, *more: int, **options: Any) -> int:
        """Fit it."""
        assert current_run()
        return depth + len(more) + len(options)

    assert train(6, 0.2, 7, booster="gbtree") == 8
    assert train(3) == 3
    assert (train.__name__, train.__doc__) == ("train", "Fit it.")
    runs = sorted(service.components)
    assert len(runs) == 2
    recorded = sorted((parameters(service, run) for run in runs), key=lambda one: one["depth"])
    assert recorded == [{"depth": 3.0, "eta": 0.1}, {"depth": 6.0, "eta": 0.2, "more": "[7]", "booster": "gbtree"}]
    assert {one["Status"]["PrimaryStatus"] for one in service.components.values()} == {"Completed"}


def test_inside_a_run_its_arguments_go_into_that_one(service: StandIn) -> None:
    """A tracked function without an experiment needs a run around it, and leaves that open."""

    @track()
    def train(depth: int) -> None:
        pass

    with Run("churn", "first") as run:
        train(6)
        run.log_parameter("after", 1)
    assert parameters(service, "churn-first") == {"depth": 6.0, "after": 1.0}
    with pytest.raises(RefusedValue, match="train is tracked outside of a run"):
        train(6)


def test_what_is_large_or_secret_is_not_recorded(service: StandIn) -> None:
    """Data is recorded by its type, secrets are cut out, long texts are shortened, and none of it breaks the call."""

    @track("churn", "first")
    def train(data: Any, api_key: str, note: str, rate: float, scale: Any) -> None:
        pass

    train(np.zeros((100, 100)), "abc123", "x" * 3000, float("nan"), np.float64(2))
    recorded = parameters(service, "churn-first")
    assert recorded["data"] == "<numpy.ndarray>"
    assert recorded["api_key"] == "(redacted)"
    assert len(recorded["note"]) == 2500
    assert recorded["rate"] == "nan"
    assert recorded["scale"] == 2.0


def test_a_function_that_fails_leaves_a_failed_run(service: StandIn) -> None:
    """The exception reaches the caller."""

    @track("churn", "first")
    def train() -> None:
        raise ValueError("no data")

    with pytest.raises(ValueError, match="no data"):
        train()
    assert service.components["churn-first"]["Status"] == {"PrimaryStatus": "Failed", "Message": "ValueError: no data"}


def test_a_coroutine_is_tracked_too(service: StandIn) -> None:
    """An async function is awaited inside its run."""

    @track("churn", "first")
    async def train(depth: int) -> int:
        await asyncio.sleep(0)
        assert current_run()
        return depth

    assert asyncio.run(train(6)) == 6
    assert parameters(service, "churn-first") == {"depth": 6.0}


def test_a_generator_is_tracked_while_it_is_gone_through(service: StandIn) -> None:
    """The body of a generator, and of an async one, runs inside its run, which ends with it."""

    @track("churn", "first")
    def epochs(count: int) -> Iterator[int]:
        for epoch in range(count):
            load_run().log_metric("loss", 1 / (epoch + 1))
            yield epoch

    @track("churn", "second")
    async def later(count: int) -> AsyncIterator[int]:
        for epoch in range(count):
            load_run().log_metric("loss", epoch)
            yield epoch

    async def all_later() -> list[int]:
        return [epoch async for epoch in later(2)]

    assert list(epochs(3)) == [0, 1, 2]
    assert asyncio.run(all_later()) == [0, 1]
    for name, count in (("churn-first", 3), ("churn-second", 2)):
        assert parameters(service, name) == {"count": count}
        assert len(values(service, component=name)) == count
        assert status(service, name)[0] == "Completed"
    assert current_run() is None


def test_a_bare_decorator_tracks_into_the_run_around_it(service: StandIn) -> None:
    """`@track` without brackets is `@track()`."""

    @track
    def train(depth: int) -> int:
        return depth

    with Run("churn", "first"):
        assert train(6) == 6
    assert parameters(service, "churn-first") == {"depth": 6.0}


def test_what_can_not_be_recorded_does_not_keep_a_call_from_being_made(service: StandIn) -> None:
    """More arguments than a run accepts give a warning; wrong arguments make no run."""

    @track("churn", "first")
    def train(**options: int) -> int:
        return len(options)

    assert train(**{f"p{at}": at for at in range(301)}) == 301
    assert len(parameters(service, "churn-first")) == 300
    with pytest.raises(TypeError):
        train(1)
    assert len(service.components) == 1
