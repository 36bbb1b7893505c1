"""Epochs: steps, the score on held-out gold, the best epoch, early stopping, and checkpoints between."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from torch import Tensor

from models.job import Job, Stopped
from models.plan import Epoch
from models.steps import Loop

Scores = dict[str, float]
BEST = "best."
WORTH_SAYING = 90.0
"""Seconds: of less nobody need be told."""
SAY_EVERY = 30.0
"""Seconds within an epoch after which it is said how far it is."""


@dataclass(slots=True)
class Progress:
    """Where a training stands; with the tensors beside it, all that is needed to go on.

    Attributes:
        epoch: epochs done.
        step: steps done of the next; `loss`, summed over `units`, and `seconds` are theirs.
        best: the best score so far; None before the first.
        kept: the epoch of the best score, whose weights are kept; from 1.
        waited: epochs since.
        over: nothing got better for long enough.
    """

    epoch: int = 0
    step: int = 0
    loss: float = 0.0
    units: int = 0
    seconds: float = 0.0
    best: float | None = None
    kept: int = 0
    waited: int = 0
    over: bool = False
    history: list[dict[str, float]] = field(default_factory=list)


class Fitting:
    """A training under way.

    Args:
        epochs: the plan.
        patience: epochs without a better score before training stops.
        score: scores of the network as it is, on held-out gold; asked of the leading process alone.
    """

    def __init__(
        self,
        loop: Loop,
        epochs: Sequence[Epoch],
        *,
        patience: int,
        score: Callable[[], Scores],
        job: Job,
        report: Callable[[str], None],
    ) -> None:
        self._loop, self._epochs, self._patience = loop, epochs, patience
        self._score, self._job = score, job
        self._report = report if job.team.leads else _say_nothing
        self._best = loop.weights()
        self._said = time.monotonic()
        self._saved: tuple[int, int] | None = None
        self.progress = Progress()

    def fit(self) -> dict[str, Tensor]:
        """Train to the end, from the last checkpoint where there is one; returns the best epoch's weights.

        What comes after, calibration for one, may be stopped too: a last checkpoint is left for it.

        Raises:
            Stopped: a signal asked for it; a checkpoint is written first.
            CheckpointError: what is there is no checkpoint of this training.
            TeamError: another process is gone.
        """
        with self._job.stop.deferred():
            self._resume()
            self._begin()
            while not self._over():
                self._epoch()
            self._keep_last()
        return self._best

    def _over(self) -> bool:
        return self.progress.over or self.progress.epoch >= len(self._epochs)

    def _begin(self) -> None:
        """Say what the first epoch has to do: until it is done there is nothing else to see."""
        now = self.progress
        if self._over() or now.step:
            return
        steps = self._epochs[now.epoch]
        units = sum(len(batch) for step in steps for batch in step)
        self._report(f"epoch {now.epoch + 1} of {len(self._epochs)} begins: {units} units, {len(steps)} steps")

    def _epoch(self) -> None:
        now, steps = self.progress, self._epochs[self.progress.epoch]
        self._said = time.monotonic()
        while now.step < len(steps):
            started = time.perf_counter()
            own = self._loop.step(steps[now.step], f"{now.epoch}/{now.step}")
            loss, units, asked = self._job.team.total(*own, self._job.stop.asked)
            now.loss, now.units, now.step = now.loss + loss, now.units + int(units), now.step + 1
            now.seconds += time.perf_counter() - started
            self._say_how_far(len(steps))
            self._keep(stopping=asked > 0)
        self._finish_epoch()
        (asked,) = self._job.team.total(self._job.stop.asked)
        self._keep(stopping=asked > 0, epoch_end=True)

    def _say_how_far(self, steps: int) -> None:
        now = self.progress
        if now.step < steps and time.monotonic() - self._said >= SAY_EVERY:
            self._said, loss = time.monotonic(), now.loss / max(1, now.units)
            self._report(f"epoch {now.epoch + 1}/{len(self._epochs)}: step {now.step} of {steps}, loss {loss:.4f}")

    def _finish_epoch(self) -> None:
        now, started = self.progress, time.perf_counter()
        with self._loop.averaged():
            scores = self._job.team.agree(self._score)
            weights = self._loop.weights()
        loss = now.loss / max(1, now.units)
        seconds = now.seconds + time.perf_counter() - started
        now.history.append({"epoch": now.epoch + 1, "loss": loss, "seconds": seconds, **scores})
        # Where nothing held out can be scored there is the mean of nothing alone, which is no score of 0.
        score, to_score = scores["score"], len(scores) > 1
        told = [f"loss {loss:.4f}", *(f"{name} {value:.3f}" for name, value in scores.items() if to_score)]
        self._report(f"epoch {now.epoch + 1}/{len(self._epochs)}: {', '.join(told)}, {seconds:.0f} s{self._left()}")
        now.waited = 0 if now.best is None or score > now.best or not to_score else now.waited + 1
        # Of epochs with the same score the later one: a small held-out part is soon ranked as well as it can be, by a network
        # that has hardly begun.
        if now.best is None or score >= now.best:
            now.best, now.kept, self._best = score, now.epoch + 1, weights
        now.over = now.waited >= self._patience
        now.epoch, now.step, now.loss, now.units, now.seconds = now.epoch + 1, 0, 0.0, 0, 0.0

    def _left(self) -> str:
        """How long the epochs to come will take, where that is worth saying; it may be over earlier."""
        history = self.progress.history
        ahead = (len(self._epochs) - len(history)) * sum(row["seconds"] for row in history) / len(history)
        return f"; at most {ahead / 60:.0f} min to go" if ahead >= WORTH_SAYING else ""

    def _keep(self, *, stopping: bool, epoch_end: bool = False) -> None:
        """Write a checkpoint where it is time; all processes stop after the same step, whichever of them was asked to."""
        checkpoints, team = self._job.checkpoints, self._job.team
        if stopping:
            # The others wait until it is written: whoever started them may end all as soon as one is gone.
            team.agree(self._save)
            raise Stopped
        if checkpoints and team.leads and checkpoints.due(epoch_end=epoch_end):
            self._save()

    def _keep_last(self) -> None:
        """As a checkpoint of what is over. A disk that has no room for it may still have enough for the model."""
        now = self.progress
        if not (self._job.checkpoints and self._job.team.leads) or self._saved == (now.epoch, now.step):
            return
        try:
            self._save()
        except OSError as error:
            self._report(f"no last checkpoint could be written ({error.strerror}); stopped now, all would begin anew")

    def _save(self) -> None:
        if not self._job.checkpoints:
            return
        now, over = self.progress, self._over()
        best = {f"{BEST}{name}": tensor for name, tensor in self._best.items()}
        # Of what is over nobody asks again how the optimiser stood, which takes most of the room.
        content = {"progress": asdict(now), "loop": None if over else self._loop.numbers()}
        self._job.checkpoints.save(content, best if over else self._loop.tensors() | best)
        self._saved = (now.epoch, now.step)

    def _resume(self) -> None:
        checkpoints = self._job.checkpoints
        # The leader says what there is; the tensors, of which there may be a gigabyte, each process reads itself.
        content = self._job.team.agree(lambda: checkpoints.progress() if checkpoints else None)
        if checkpoints is None or content is None:
            return
        tensors = checkpoints.tensors()
        self.progress = Progress(**content["progress"])
        self._best = {name.removeprefix(BEST): part for name, part in tensors.items() if name.startswith(BEST)}
        if content["loop"] is not None:
            self._loop.restore(tensors, content["loop"])
        now = self.progress
        self._saved = (now.epoch, now.step)
        place = f"after {now.epoch} of {len(self._epochs)} epochs" + (f" and {now.step} steps" if now.step else "")
        self._report(f"going on from a checkpoint, {place}")


def _say_nothing(line: str) -> None:
    pass
