"""Which of several processes this is, according to the launcher's variables."""

from __future__ import annotations

from pathlib import Path

import pytest

from lineage.recording import surroundings
from tests.recording.conftest import AROUND

CASES: dict[str, tuple[dict[str, str], int | None]] = {
    "nothing": ({}, None),
    "torchrun": ({"RANK": "3"}, 3),
    "the first of torchrun": ({"RANK": "0"}, 0),
    "Open MPI": ({"OMPI_COMM_WORLD_RANK": "1"}, 1),
    "Slurm": ({"SLURM_PROCID": "2"}, 2),
    "the first of two machines of a job": ({"SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": "algo-1"}, None),
    "the second of two machines": ({"SM_HOSTS": '["algo-2", "algo-1"]', "SM_CURRENT_HOST": "algo-2"}, 1),
    "the tenth of ten machines": (
        {"SM_HOSTS": str([f"algo-{at}" for at in range(1, 11)]).replace("'", '"'), "SM_CURRENT_HOST": "algo-10"},
        9,
    ),
    "a job on one machine": ({"SM_HOSTS": '["algo-1"]', "SM_CURRENT_HOST": "algo-1"}, None),
    "a launcher on two machines": ({"RANK": "5", "SM_HOSTS": '["algo-1", "algo-2"]', "SM_CURRENT_HOST": "algo-1"}, 5),
    "no JSON": ({"SM_HOSTS": "algo-1", "SM_CURRENT_HOST": "algo-1"}, None),
}


@pytest.mark.parametrize("case", CASES)
def test_a_process_is_numbered_by_its_launcher(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of a process among all of its program, over all machines; none where nothing says that there are several."""
    environment, number = CASES[case]
    for variable in AROUND:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in environment.items():
        monkeypatch.setenv(variable, value)
    assert surroundings.rank() == number


MACHINES: dict[str, tuple[str, int | None]] = {
    "the first machine": ('{"current_host": "algo-1", "hosts": ["algo-2", "algo-1"]}', None),
    "the second one": ('{"current_host": "algo-2", "hosts": ["algo-2", "algo-1"]}', 1),
    "the only one": ('{"current_host": "algo-1", "hosts": ["algo-1"]}', None),
    "no machines": ("{}", None),
    "no map": ("[]", None),
    "no JSON": ("algo-1", None),
}


@pytest.mark.parametrize("case", MACHINES)
def test_a_job_of_a_users_own_container_is_numbered_by_its_file(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the toolkit's variables, the file that SageMaker puts into each container names the machines of a job."""
    for variable in AROUND:
        monkeypatch.delenv(variable, raising=False)
    text, number = MACHINES[case]
    (tmp_path / "resourceconfig.json").write_text(text, encoding="utf-8")
    monkeypatch.setattr(surroundings, "_MACHINES", (tmp_path / "none.json", tmp_path / "resourceconfig.json"))
    assert surroundings.rank() == number
