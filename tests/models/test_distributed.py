"""Two real processes (gloo) train what one does with twice the batches in each step, and neither waits for a dead one."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training_toys import learn

from models.distributed import Team, TeamError, team_of
from models.job import Job
from models.plan import plan_epochs

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import team_worker  # noqa: E402
from team_worker import SETTINGS, result, units  # noqa: E402


@pytest.fixture
def port():
    import socket

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def start_pair(program, port, *arguments):
    """A team as torchrun starts it, but does not look after it; tests/scripts/test_shell_scripts.py has torchrun itself."""
    common = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    ranks = [{"RANK": name, "LOCAL_RANK": name} for name in "01"]
    return [program(*arguments, target=team_worker.start, **common, **rank) for rank in ranks]


def test_two_processes_are_one_with_twice_the_batches(program, tiny_encoder, tmp_path, port):
    pair = start_pair(program, port, tiny_encoder, tmp_path)
    alone = learn(tiny_encoder, replace(SETTINGS, accumulate=2), units())
    ended = [process.wait() for process in pair]
    assert [status for status, _, _ in ended] == [0, 0], ended
    first, second = (torch.load(tmp_path / f"{rank}.pt", weights_only=True) for rank in range(2))
    one = result(alone)
    assert all(torch.equal(first["weights"][name], second["weights"][name]) for name in one["weights"])
    for name, tensor in one["weights"].items():
        if not name.endswith("key.bias"):  # has no gradient but noise, which Adam makes steps of
            assert torch.allclose(tensor, first["weights"][name], atol=1e-3), name
    for row, other in zip(one["history"], first["history"], strict=True):
        assert row == pytest.approx(other, rel=1e-3)
    assert first["history"] == second["history"] and first["calibrated"] != second["calibrated"]
    assert [said.count("epoch 1/2") for _, said, _ in ended] == [1, 0]  # the leader alone prints

    # What the comparison above must have gone through: a step with one batch, batches of unequal size.
    encoded = alone.encoder.encode([unit.unit for unit in units()])
    steps = [step for epoch in plan_epochs(encoded, len(encoded), SETTINGS, 2) for step in epoch]
    assert {len(step) for step in steps} == {1, 2}
    assert any(len(step) == 2 and len(step[0]) != len(step[1]) for step in steps)
    # And other steps give other weights.
    other = result(learn(tiny_encoder, SETTINGS, units()))["weights"]
    assert (other["themes.bias"] - first["weights"]["themes.bias"]).abs().max() > 5e-3


@pytest.mark.parametrize(
    ("fault", "messages"),
    [
        ("die", ("TeamError: another process", "")),
        ("stop", ("Stopped",) * 2),
        ("leader", ("ZeroDivisionError",) * 2),  # the leader alone fails, and all with it
    ],
)
def test_no_process_waits_for_one_that_is_gone(program, tiny_encoder, tmp_path, port, fault, messages):
    ended = [process.wait() for process in start_pair(program, port, tiny_encoder, tmp_path, fault)]
    for (status, _, err), message in zip(ended, messages, strict=True):
        assert status and message in err
    assert not list(tmp_path.iterdir())  # both stopped after the same step, before the end


def test_all_wait_for_the_leader_who_calibrates_and_saves(program, tiny_encoder, tmp_path, port):
    ended = [process.wait() for process in start_pair(program, port, tiny_encoder, tmp_path, "late")]
    assert [status for status, _, _ in ended] == [0, 0], ended
    assert [(tmp_path / f"{rank} left").read_text() for rank in range(2)] == ["True", "True"]


def test_none_waits_for_a_leader_who_is_lost_while_it_calibrates(program, tiny_encoder, tmp_path, port):
    (status, _, _), (other, _, err) = (
        process.wait() for process in start_pair(program, port, tiny_encoder, tmp_path, "lost")
    )
    assert status == 9 and other and "TeamError: another process" in err


def test_a_process_alone_is_its_own_team(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with team_of("cpu") as team:
        assert team == Team() and team.leads and team.total(2, 3) == (2, 3)
        parameter = torch.nn.Parameter(torch.zeros(2))
        team.sum_gradients([parameter])
        assert parameter.grad is None and team.agree(lambda: 5) == 5


def test_one_gpu_for_all_is_refused(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("MASTER_ADDR", "127.0.0.1")
    with pytest.raises(TeamError, match=r"cuda:0 is one device.*give --device cuda$"), team_of("cuda:0"):
        pass


def test_a_team_trains_on_its_own_device(tiny_encoder):
    class Elsewhere(Team):
        def copy_leaders(self, tensors):
            raise LookupError({tensor.device.type for tensor in tensors})

    with pytest.raises(LookupError, match="meta"):  # though the user's wish is the CPU
        learn(tiny_encoder, SETTINGS, units(), job=Job(Elsewhere(size=2, device="meta")))


def test_processes_that_cannot_find_each_other(monkeypatch, port):
    for name, value in {"WORLD_SIZE": "2", "RANK": "x", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(TeamError, match=r"cannot find each other.*torchrun"), team_of("cpu"):
        pass
