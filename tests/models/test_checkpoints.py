"""Checkpoints: whole or not there, refused where they are another training's; and a training that goes on from one."""

import os
import signal
from contextlib import nullcontext
from dataclasses import replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from training_toys import learn, toy, weights

from models.checkpoints import STATE, CheckpointError, Checkpoints
from models.job import Job, Stop, Stopped
from models.settings import TrainingSettings

# All that a checkpoint must bring back: average, memory of the optimiser, rates, what is random.
FULL = TrainingSettings(
    epochs=3,
    least_steps=0,
    batch_tokens=256,
    head_rate=1e-2,
    average=0.8,
    mask_share=0.2,
    encoder_dropout=0.1,
    patience=2,
)


def checkpoints(folder, **fingerprint):
    return Checkpoints(folder / "checkpoint", every=0, fingerprint=fingerprint)


def test_what_is_saved_comes_back(tmp_path):
    one = checkpoints(tmp_path, gold="a", settings={"seed": 1, "rate": 1e-4})
    assert one.load() is None and not one.folder.exists()
    tensors = {"w": torch.randn(3, 2), "n": torch.tensor(7.0), "t": torch.arange(6).reshape(2, 3).T}
    for epoch in (1, 2):
        one.save({"epoch": epoch, "loss": 0.1 + epoch / 3, "best": None}, tensors)
        progress, found = one.load()
        assert progress == {"epoch": epoch, "loss": 0.1 + epoch / 3, "best": None}
        assert all(torch.equal(found[name], tensors[name]) for name in tensors) and set(found) == set(tensors)
    assert [entry.name for entry in one.folder.iterdir()] == [STATE]
    one.part("0.25").save({}, tensors)
    one.remove()
    assert not one.folder.exists()


def test_what_was_being_written_when_all_ended_is_passed_over(tmp_path):
    one = checkpoints(tmp_path)
    one.folder.mkdir()
    (one.folder / f"{STATE}.tmp").write_bytes(b"half")
    assert one.load() is None
    one.save({"epoch": 1}, {"w": torch.ones(1)})
    (one.folder / f"{STATE}.tmp").write_bytes(b"half")
    assert one.load()[0] == {"epoch": 1}
    (one.folder / "mine.txt").touch()
    one.remove()
    assert [entry.name for entry in one.folder.iterdir()] == ["mine.txt"]


def test_another_trainings_checkpoint_is_refused(tmp_path):
    checkpoints(tmp_path, gold="a", settings={"seed": 1, "rate": 0.1}).save({}, {"w": torch.ones(1)})
    checkpoints(tmp_path, gold="a", settings={"seed": 1, "rate": 0.1}).check()
    for given_, named in (
        ({"gold": "b", "settings": {"seed": 1, "rate": 0.1}}, "another gold$"),
        ({"gold": "a", "settings": {"seed": 2, "rate": 0.2}}, "another rate, another seed$"),
        ({"gold": "a", "settings": {"seed": 1, "rate": 0.1}, "base": "c"}, "another base$"),
    ):
        with pytest.raises(CheckpointError, match=named):
            checkpoints(tmp_path, **given_).check()


def test_only_another_trainings_checkpoint_is_thrown_away(tmp_path):
    checkpoints(tmp_path, gold="a").save({"epoch": 1}, {"w": torch.ones(1)})
    checkpoints(tmp_path, gold="a").part("0.5").save({"epoch": 1}, {"w": torch.ones(1)})
    same, other = checkpoints(tmp_path, gold="a"), checkpoints(tmp_path, gold="b")
    same.replace = other.replace = True
    assert same.check() and same.load()[0] == {"epoch": 1}
    assert other.part("0.5").replace and not other.check() and not other.folder.exists() and not same.check()


def test_a_part_alone_is_an_unfinished_training_too(tmp_path):
    """What is stopped in a fold, or in a part of a learning curve, has no other checkpoint yet."""
    fold = checkpoints(tmp_path, gold="a").part("fold-1")
    fold.save({"epoch": 1}, {"w": torch.ones(1)})
    same, other = checkpoints(tmp_path, gold="a"), checkpoints(tmp_path, gold="b")
    assert same.check() and same.progress() is None
    for one in (other, other.part("fold-1")):
        with pytest.raises(CheckpointError, match=rf"^{tmp_path}: holds an unfinished training with another gold$"):
            one.check()
    same.save({"epoch": 2}, {"w": torch.ones(1)})
    (fold.folder / STATE).write_bytes(b"")
    with pytest.raises(CheckpointError, match=r"part-fold-1.*is damaged"):
        same.check()  # though the whole's own is sound
    other.replace = True
    assert not other.check() and not other.folder.exists()


@pytest.mark.parametrize("content", [b"", b"\xff" * 40, b"\x02\0\0\0\0\0\0\0{}", None])
def test_a_damaged_checkpoint_is_refused(tmp_path, content):
    one = checkpoints(tmp_path)
    one.save({"epoch": 1}, {"w": torch.ones(100)})
    path = one.folder / STATE
    path.write_bytes(path.read_bytes()[:-50] if content is None else content)
    with pytest.raises(CheckpointError, match="is damaged"):
        one.load()


# --- going on


class After:
    """Asks to stop after so many looks, as a signal at that moment would."""

    def __init__(self, looks):
        self.looks = looks

    @property
    def asked(self):
        self.looks -= 1
        return self.looks < 0

    def deferred(self):
        return nullcontext()


def what_came(trained):
    history = [{name: value for name, value in row.items() if name != "seconds"} for row in trained.history]
    return weights(trained), history, trained.decisions.to_dict(), trained.lexical is None


def same(one, other):
    return all(torch.equal(one[0][name], other[0][name]) for name in one[0]) and one[1:] == other[1:]


@pytest.fixture(scope="module")
def undisturbed(tiny_encoder):
    return what_came(learn(tiny_encoder, FULL, toy(24)))


@settings(max_examples=8)
@given(moments=st.lists(st.integers(0, 8), min_size=1, max_size=3))
def test_interrupted_and_gone_on_with_is_undisturbed(tmp_path_factory, tiny_encoder, undisturbed, moments):
    folder = tmp_path_factory.mktemp("interrupted")
    for looks in moments:
        job = Job(stop=After(looks), checkpoints=Checkpoints(folder / "checkpoint", every=1e9))
        try:
            learn(tiny_encoder, FULL, toy(24), job=job)
        except Stopped:
            assert (folder / "checkpoint" / STATE).is_file()
    lines = []
    job = Job(checkpoints=Checkpoints(folder / "checkpoint"))
    trained = learn(tiny_encoder, FULL, toy(24), job=job, say=lines.append)
    assert same(what_came(trained), undisturbed)
    assert lines[0].startswith("going on from a checkpoint, after ")


def test_the_test_above_can_fail(tiny_encoder, undisturbed):
    assert same(what_came(learn(tiny_encoder, FULL, toy(24))), undisturbed)
    assert not same(what_came(learn(tiny_encoder, replace(FULL, seed=2), toy(24))), undisturbed)


def test_a_finished_training_is_not_trained_again(tmp_path, tiny_encoder, undisturbed):
    one = Checkpoints(tmp_path, every=0)
    learn(tiny_encoder, FULL, toy(24), job=Job(checkpoints=one))
    lines = []
    again = learn(tiny_encoder, FULL, toy(24), job=Job(checkpoints=one), say=lines.append)
    assert same(what_came(again), undisturbed) and len(lines) == 1


def test_what_comes_after_the_last_step_finds_a_checkpoint(tmp_path, tiny_encoder, undisturbed):
    """Where none was due: calibration may be stopped too. It holds no more than what is still asked for."""
    one = Checkpoints(tmp_path / "checkpoint", every=1e9)
    learn(tiny_encoder, FULL, toy(24), job=Job(checkpoints=one))
    progress, tensors = one.load()
    assert progress["progress"]["epoch"] == 3 and {name.split(".")[0] for name in tensors} == {"best"}
    assert same(what_came(learn(tiny_encoder, FULL, toy(24), job=Job(checkpoints=one))), undisturbed)


def test_a_last_checkpoint_that_finds_no_room_does_not_cost_the_training(tmp_path, tiny_encoder, undisturbed):
    (tmp_path / "checkpoint").touch()  # a file, where its folder should be
    lines, job = [], Job(checkpoints=Checkpoints(tmp_path / "checkpoint", every=1e9))
    assert same(what_came(learn(tiny_encoder, FULL, toy(24), job=job, say=lines.append)), undisturbed)
    assert "no last checkpoint could be written" in lines[-1]


# --- signals


@pytest.mark.parametrize("name", ["SIGTERM", "SIGUSR1", "SIGINT"])
def test_a_signal_stops_at_once_or_when_it_suits(name, capfd):
    number = getattr(signal, name)
    before = signal.getsignal(number)
    stop = Stop()
    with stop.listening(), pytest.raises(Stopped):
        os.kill(os.getpid(), number)
    assert stop.asked and signal.getsignal(number) is before
    stop, reached = Stop(), False
    with stop.listening(), pytest.raises(Stopped), stop.deferred():
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)  # a second warning changes nothing
        reached = stop.asked
    assert reached and signal.getsignal(number) is before
    assert capfd.readouterr().err.count("asked to stop: ending the step and writing a checkpoint\n") == 1


def test_ctrl_c_gets_its_old_meaning_back_from_the_second_on():
    before = signal.getsignal(signal.SIGINT)
    with Stop().listening() as stop, pytest.raises(Stopped), stop.deferred():
        for _ in range(2):
            assert signal.getsignal(signal.SIGINT) is not before
            os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is before
        assert signal.getsignal(signal.SIGTERM) == stop._heard
    assert signal.getsignal(signal.SIGINT) is before
