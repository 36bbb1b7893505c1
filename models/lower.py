"""The frozen lowest layers' output, computed once for each unit: a large encoder's top then trains at a small one's cost.

What those layers answer does not change while they are frozen and nothing in them is random: no epoch need compute it again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from models.encoder import EncoderError
from models.inputs import EncodedUnit, batches_by_tokens, collate
from models.joint import JointModel

MOST_BYTES = 4 * 2**30
"""Memory for kept states; what is beyond it is computed anew each time."""
BATCH_TOKENS = 4096

Key = tuple[int, ...]


class LowerStates:
    """Keeps what the lowest layers of a network's encoder answer, in float16: it is normalised, so that nothing outgrows that.

    Args:
        network: its encoder is one of transformers' with the layers in `encoder.layer`, embeddings and lowest layers frozen.
        layers: how many of the layers.
        most_bytes: memory for what is kept.
    """

    def __init__(self, network: JointModel, layers: int, *, most_bytes: int = MOST_BYTES) -> None:
        self._network, self._encoder = network, network.encoder
        self._layers, self._left = layers, most_bytes
        self._kept: dict[Key, Tensor] = {}
        self._asked: list[Key] = []
        self._keeping, self._in_tuple = False, False
        self._hidden: Tensor | None = None

    def __len__(self) -> int:
        """Different inputs that are kept."""
        return len(self._kept)

    @torch.inference_mode()
    def keep(self, units: Sequence[EncodedUnit], pad_id: int, device: torch.device) -> None:
        """Compute units' states, up to the memory allowed, in batches that hang on the units alone (a resumed training's too)."""
        different = list({unit.ids: unit for unit in units}.values())
        self._encoder.eval()
        self._keeping = True
        with self.installed(above=False):
            for rows in batches_by_tokens([len(unit.ids) for unit in different], BATCH_TOKENS):
                self._network.hidden(collate([different[i] for i in rows], pad_id).to(device))
        self._keeping = False

    def hide(self, tokens: Tensor) -> None:
        """In the next pass, blank the states of these tokens (b, t): what the mask token is to a whole encoder."""
        self._hidden = tokens

    @contextmanager
    def installed(self, *, above: bool = True) -> Iterator[None]:
        """Within it the encoder recalls instead of computing, where it can; without the layers `above` it ends there."""
        whole = self._encoder.encoder.layer
        watch = self._encoder.register_forward_pre_hook(self._see, with_kwargs=True)
        self._encoder.encoder.layer = nn.ModuleList(
            [_Lower(self, whole[: self._layers]), *(whole[self._layers :] if above else ())]
        )
        try:
            yield
        finally:
            self._encoder.encoder.layer = whole
            watch.remove()

    def answer(self, states: Tensor, layers: nn.ModuleList, more: Any, named: Any) -> Tensor | tuple[Tensor]:
        """What the last of the lowest layers would answer for the batch at hand, (b, t, d); padding is 0 where it is recalled."""
        if all(key in self._kept for key in self._asked):
            states = self._recalled(states)
        else:
            states = self._computed(states, layers, more, named)
        hide, self._hidden = self._hidden, None
        states = states if hide is None else states.masked_fill(hide.unsqueeze(-1), 0)
        return (states,) if self._in_tuple else states

    def _recalled(self, like: Tensor) -> Tensor:
        states = torch.zeros_like(like)
        for row, key in enumerate(self._asked):
            states[row, : len(key)] = self._kept[key].to(like)
        return states

    @torch.no_grad()
    def _computed(self, states: Tensor, layers: nn.ModuleList, more: Any, named: Any) -> Tensor:
        for layer in layers:
            output = layer(states, *more, **named)
            self._in_tuple = isinstance(output, tuple)
            if self._in_tuple and len(output) != 1:
                raise EncoderError("this encoder's layers answer more than token vectors: set keep_lower to false")
            states = output[0] if self._in_tuple else output
        for row, key in enumerate(self._asked if self._keeping else ()):
            size = 2 * len(key) * states.shape[-1]
            if size <= self._left:
                self._kept[key] = states[row, : len(key)].to("cpu", torch.float16, copy=True)
                self._left -= size
        return states

    def _see(self, _: Any, positional: Any, named: dict[str, Any]) -> None:
        lengths = named["attention_mask"].sum(1).tolist()
        self._asked = [tuple(row[:n]) for row, n in zip(named["input_ids"].tolist(), lengths, strict=True)]


class _Lower(nn.Module):
    """Stands in the place of the lowest layers."""

    def __init__(self, states: LowerStates, layers: nn.ModuleList) -> None:
        super().__init__()
        self._states, self._layers = states, layers
        self.eval()

    def train(self, mode: bool = True) -> _Lower:
        """Nothing random in what is frozen, also where it is computed anew."""
        return super().train(False)

    def forward(self, hidden: Tensor, *more: Any, **named: Any) -> Tensor | tuple[Tensor]:
        """As the last of them would."""
        return self._states.answer(hidden, self._layers, more, named)
