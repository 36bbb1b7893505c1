"""Steps of the optimiser, with the weights' running average beside them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor

from models.bfloat16 import multiplies_bfloat16
from models.decisions import Labels
from models.distributed import Team
from models.inputs import Batch, EncodedUnit, UnitEncoder, collate
from models.joint import JointModel
from models.losses import joint_loss
from models.lower import LowerStates
from models.settings import TrainingSettings, TrainingUnit

WIDE = 512
"""Numbers in a vector from which on an encoder counts as a large one."""


class Loop:
    """Optimiser's steps over batches.

    What is random in a batch (hidden tokens, dropout) hangs on the seed and the batch's place in the plan alone, so that a
    training that was interrupted, or is shared among processes, draws what an undisturbed single process draws.
    """

    def __init__(
        self,
        network: JointModel,
        encoder: UnitEncoder,
        units: Sequence[TrainingUnit],
        encoded: Sequence[EncodedUnit],
        optimiser: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        settings: TrainingSettings,
        labels: Labels,
        device: torch.device,
        team: Team | None = None,
        lower: LowerStates | None = None,
    ) -> None:
        self._network, self._settings = network, settings
        self._lower = lower
        self._pad, self._mask = encoder.pad_id, encoder.mask_id
        self._units, self._encoded = units, encoded
        self._optimiser, self._schedule = optimiser, schedule
        self._labels, self._device = labels, device
        self._team = team or Team()
        trainable: dict[str, Tensor] = {name: part for name, part in network.named_parameters() if part.requires_grad}
        self._names, self._trainable = list(trainable), list(trainable.values())
        self._team.copy_leaders([parameter.detach() for parameter in self._trainable])
        self._average = [parameter.detach().clone() for parameter in self._trainable]
        self._steps = 0

    def step(self, batches: Sequence[list[int]], place: str) -> tuple[float, int]:
        """One step on some batches, which weigh by their units, as if they were one; each process takes its share of them.

        Args:
            place: where in the plan the step stands; with the batch's number it decides what is random.

        Returns:
            the loss, summed over this process's units, and their number.
        """
        self._network.train()
        self._optimiser.zero_grad(set_to_none=True)
        together = sum(map(len, batches))
        total, count = 0.0, 0
        for number in range(self._team.rank, len(batches), self._team.size):
            indices = batches[number]
            torch.manual_seed(random.Random(f"{self._settings.seed}/{place}/{number}").getrandbits(63))
            with self._lower.installed() if self._lower is not None else nullcontext():
                loss = self._loss(indices) * len(indices)
            (loss / together).backward()  # type: ignore[no-untyped-call]
            total, count = total + float(loss.detach()), count + len(indices)
        self._team.sum_gradients(self._trainable)
        torch.nn.utils.clip_grad_norm_(self._trainable, 1.0)
        self._optimiser.step()
        self._schedule.step()
        self._follow()
        return total, count

    def averaged(self) -> AbstractContextManager[None]:
        """Within it the network has the averaged weights, where the settings ask for them."""
        return _Swapped(self._trainable, self._average) if self._settings.average else nullcontext()

    def weights(self) -> dict[str, Tensor]:
        """A copy of what learns, by name."""
        return {name: part.detach().cpu().clone() for name, part in zip(self._names, self._trainable, strict=True)}

    def tensors(self) -> dict[str, Tensor]:
        """Weights, their average and the optimiser's memory, for a checkpoint."""
        kept = dict(zip((f"weight.{name}" for name in self._names), self._trainable, strict=True))
        if self._settings.average:
            kept |= dict(zip((f"average.{name}" for name in self._names), self._average, strict=True))
        for number, memory in self._optimiser.state_dict()["state"].items():
            kept |= {f"optimiser.{number}.{key}": value for key, value in memory.items()}
        return kept

    def numbers(self) -> dict[str, Any]:
        """What else a checkpoint must keep, as plain data."""
        schedule = {key: value for key, value in self._schedule.state_dict().items() if key != "lr_lambdas"}
        return {"steps": self._steps, "schedule": schedule}

    @torch.no_grad()
    def restore(self, tensors: Mapping[str, Tensor], numbers: Mapping[str, Any]) -> None:
        """Put back what `tensors` and `numbers` gave."""
        for name, parameter, mean in zip(self._names, self._trainable, self._average, strict=True):
            parameter.copy_(tensors[f"weight.{name}"])
            mean.copy_(tensors.get(f"average.{name}", parameter))
        memory: dict[int, dict[str, Tensor]] = {}
        for name, tensor in tensors.items():
            kind, _, rest = name.partition(".")
            if kind == "optimiser":
                number, _, key = rest.partition(".")
                memory.setdefault(int(number), {})[key] = tensor
        groups = self._optimiser.state_dict()["param_groups"]
        self._optimiser.load_state_dict({"state": memory, "param_groups": groups})
        whole = self._schedule.state_dict() | numbers["schedule"]
        self._schedule.load_state_dict(whole)
        for group, rate in zip(self._optimiser.param_groups, self._schedule.get_last_lr(), strict=True):
            group["lr"] = rate
        self._steps = numbers["steps"]

    def _loss(self, indices: list[int]) -> Tensor:
        batch = collate([self._encoded[i] for i in indices], self._pad).to(self._device)
        if self._lower is None:
            hide_tokens(batch, self._settings.mask_share, self._mask)
        elif self._settings.mask_share:
            self._lower.hide(random_tokens(batch, self._settings.mask_share))
        with _autocast(self._settings.precision, self._device):
            output = self._network(batch)
        return joint_loss(output.float(), [self._units[i] for i in indices], self._settings, self._labels)

    def _follow(self) -> None:
        if not self._settings.average:
            return
        self._steps += 1
        # The first steps must not weigh for ever on a short training's average.
        decay = min(self._settings.average, (1 + self._steps) / (10 + self._steps))
        with torch.no_grad():
            for mean, parameter in zip(self._average, self._trainable, strict=True):
                mean.lerp_(parameter, 1 - decay)


class _Swapped(AbstractContextManager[None]):
    """Puts other values into parameters, and the old ones back."""

    def __init__(self, parameters: Sequence[Tensor], values: Sequence[Tensor]) -> None:
        self._parameters, self._values = parameters, values
        self._kept: list[Tensor] = []

    def __enter__(self) -> None:
        self._kept = [parameter.detach().clone() for parameter in self._parameters]
        self._put(self._values)

    def __exit__(self, *_: object) -> None:
        self._put(self._kept)

    @torch.no_grad()
    def _put(self, values: Sequence[Tensor]) -> None:
        for parameter, value in zip(self._parameters, values, strict=True):
            parameter.copy_(value)


def hide_tokens(batch: Batch, share: float, mask_id: int | None) -> None:
    """Replace a random share of the texts' own tokens by the mask token, in place; context and targets stay."""
    if share and mask_id is not None:
        batch.input_ids[random_tokens(batch, share)] = mask_id


def random_tokens(batch: Batch, share: float) -> Tensor:
    """A random share of the texts' own tokens, true in (b, t); neither context nor targets."""
    hidden = (torch.rand(batch.input_ids.shape, device=batch.input_ids.device) < share) & batch.text_mask
    if len(batch.target_rows):
        marked = torch.zeros_like(batch.text_mask)
        marked.index_put_((batch.target_rows,), batch.target_mask, accumulate=True)
        hidden &= ~marked
    return hidden


def optimiser_for(network: JointModel, settings: TrainingSettings) -> torch.optim.Optimizer:
    """AdamW (Loshchilov and Hutter 2019) with a rate for the encoder and one for the heads; no decay on biases and norms."""
    groups: dict[tuple[bool, bool], list[Tensor]] = {}
    rate = encoder_rate_for(settings.encoder_rate, network.width, adapters=bool(settings.lora_rank))
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            groups.setdefault((name.startswith("encoder."), parameter.ndim > 1), []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "lr": rate if in_encoder else settings.head_rate,
                "weight_decay": settings.weight_decay if is_matrix else 0.0,
            }
            for (in_encoder, is_matrix), parameters in groups.items()
        ],
        fused=True,
    )


def encoder_rate_for(wish: float | None, width: int, *, adapters: bool = False) -> float:
    """A learning rate for an encoder whose vectors have so many numbers, where none is asked for.

    Larger encoders want smaller steps (the 2e-5 to 5e-5 of Devlin et al. 2019 are for 768 numbers), low-rank additions, which
    start at nothing, larger ones (Hu et al. 2022).
    """
    if wish is not None:
        return wish
    return 5e-4 if adapters else 1e-4 if width < WIDE else 3e-5


def schedule_for(optimiser: torch.optim.Optimizer, steps: int, warmup: float) -> torch.optim.lr_scheduler.LRScheduler:
    """Linear warm-up, then linear decay to nothing."""
    first = max(1, int(steps * warmup))

    def factor(step: int) -> float:
        return (step + 1) / first if step < first else max(0.0, (steps - step) / max(1, steps - first))

    return torch.optim.lr_scheduler.LambdaLR(optimiser, factor)


def precision_for(wish: str, device: torch.device) -> str:
    """What `auto` comes to: mixed with bfloat16 where the device has instructions for it, float32 elsewhere."""
    if wish != "auto":
        return wish
    return "bfloat16" if multiplies_bfloat16(device) else "float32"


def _autocast(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """Mixed precision (Micikevicius et al. 2018), where that is what `precision_for` gave."""
    return torch.autocast(device.type, torch.bfloat16) if precision == "bfloat16" else nullcontext()
