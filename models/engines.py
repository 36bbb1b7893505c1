"""What runs the encoder: in which numbers, on which device, and on what form of batch.

Every engine gives the same thing, the token vectors of the texts; the heads are float32 always. `auto` is bfloat16 on a
processor that multiplies it, as its codings are nearly float32's (docs/engines.md says how nearly), and float32
everywhere else; that float16 gives the same codings has not been measured. A BERT runs on packed tokens (`models.packed`), any
other encoder as transformers has it, on padded ones.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor

from models.bfloat16 import bfloat16_linear, keep_few_products, multiplies_bfloat16
from models.columns import Encoded, Integers, ragged
from models.encoder import EncoderError
from models.inputs import Batch, batches_by_tokens, collate
from models.int8 import int8_available, int8_linear
from models.joint import JointModel, JointOutput
from models.packed import Packed, PackedBert, is_bert, pack

AUTO, FLOAT32, FLOAT16, BFLOAT16, INT8 = "auto", "float32", "float16", "bfloat16", "int8"
ENGINES = (AUTO, FLOAT32, FLOAT16, BFLOAT16, INT8)
CPU_TOKENS, GPU_TOKENS = 2048, 65_536
"""Tokens per batch: on a CPU so few that what a layer gives is still in the cache for the next one; a GPU wants much to do."""

DTYPES = {FLOAT16: torch.float16, BFLOAT16: torch.bfloat16}
"""What is computed in, where it is not float32."""

PADDED = 4
"""How many times the batch's tokens the heads may be given, padding included."""

Tokens = TypeVar("Tokens", Packed, Batch)


@dataclass(frozen=True, slots=True)
class Work(Generic[Tokens]):
    """A batch, ready for the network. b units, w tokens in the longest text, k read by the heads, m targets.

    Attributes:
        tokens: what the encoder reads.
        places: shape (k,), where each of its vectors goes in the flattened (b, w).
        text_mask: shape (b, w).
        target_rows: shape (m,).
        target_mask: shape (m, w).
    """

    tokens: Tokens
    places: Tensor
    text_mask: Tensor
    target_rows: Tensor
    target_mask: Tensor


class Engine(Generic[Tokens]):
    """Runs the joint model on batches.

    Args:
        name: what the numbers are.
        prepare: from units to what the encoder reads; may run in another thread.
        encode: from that, on the device, to the texts' token vectors (k, d).
        packed: whether the encoder pads nothing.
    """

    def __init__(
        self,
        name: str,
        network: JointModel,
        device: torch.device,
        *,
        prepare: Callable[[Encoded], Tokens],
        encode: Callable[[Tokens, Tensor], Tensor],
        packed: bool,
    ) -> None:
        self.name, self.device = name, device
        self._prepare: Callable[[Encoded], Tokens] = prepare
        self._encode: Callable[[Tokens, Tensor], Tensor] = encode
        self._network, self._packed = network, packed

    @property
    def n_codes(self) -> int:
        """Codes that the theme head knows."""
        return int(self._network.themes.bias.shape[0])

    @property
    def batch_tokens(self) -> int:
        """A good size of batches."""
        return GPU_TOKENS if self.device.type == "cuda" else CPU_TOKENS if self._packed else 2 * CPU_TOKENS

    def batches(self, lengths: Integers, budget: int) -> list[Integers]:
        """Rows of batches of about `budget` tokens, longest units first; equal lengths lie together."""
        if not self._packed:
            return [np.array(rows, dtype=np.int64) for rows in batches_by_tokens(lengths.tolist(), budget)]
        order = np.argsort(-lengths, kind="stable")
        number = (np.cumsum(lengths[order]) - 1) // budget
        batches = (rows for rows in np.split(order, np.flatnonzero(np.diff(number)) + 1) if len(rows))
        # The heads pad: a long unit shares its batch with so many short ones at most.
        return [part for rows in batches for part in _narrow(rows, int(lengths[rows[0]]), PADDED * budget)]

    def prepare(self, units: Encoded) -> Work[Tokens]:
        """Everything that can be done without the network."""
        lengths = np.maximum(units.text_lengths, 1)
        width, column = int(lengths.max()), np.arange(lengths.max())
        targets = units.targets - np.repeat(units.first, units.n_targets)[:, None]
        start, end = targets[:, :1], targets[:, 1:]
        places = ragged(np.arange(len(units)) * width, lengths)
        target_mask = (column >= start) & (column < np.maximum(end, start + 1))
        arrays = (places, column < lengths[:, None], units.target_rows, target_mask)
        work = Work(self._prepare(units), *(torch.from_numpy(array) for array in arrays))
        return moved(work, Tensor.pin_memory) if self.device.type == "cuda" else work

    def run(self, work: Work[Tokens]) -> Callable[[], JointOutput]:
        """Give the network a batch; what comes back waits for its answers, which are in this machine's own memory then.

        A GPU is not waited for here: its answers are on their way before it is given the next batch, so that fetching them
        does not wait for that one too.
        """
        if self.device.type == "cuda":
            work = moved(work, lambda tensor: tensor.to(self.device, non_blocking=True))
        vectors = self._encode(work.tokens, work.places).float()
        hidden = vectors.new_zeros(work.text_mask.numel(), vectors.shape[1])
        hidden[work.places] = vectors
        return _fetched(
            self._network.answer(
                hidden.view(*work.text_mask.shape, -1), work.text_mask, work.target_rows, work.target_mask
            )
        )


def _fetched(output: JointOutput) -> Callable[[], JointOutput]:
    if output.themes.device.type != "cuda":
        return lambda: output
    here = JointOutput(*(getattr(output, name).to("cpu", non_blocking=True) for name in output.__slots__))
    there = torch.cuda.Event()  # type: ignore[no-untyped-call]
    there.record(torch.cuda.current_stream(output.themes.device))

    def wait() -> JointOutput:
        there.synchronize()
        return here

    return wait


def _narrow(rows: Integers, longest: int, room: int) -> list[Integers]:
    most = max(1, room // max(1, longest))
    return [rows[start : start + most] for start in range(0, len(rows), most)]


def moved(work: Any, move: Callable[[Tensor], Tensor]) -> Any:
    """The same dataclass with each of its tensors moved, those of the dataclasses in it too."""
    if isinstance(work, Tensor):
        return move(work)
    if isinstance(work, (Work, Packed, Batch)):
        return type(work)(*(moved(getattr(work, name), move) for name in work.__slots__))
    return work


def auto_engine(device: torch.device) -> str:
    """The fastest engine that is known to give float32's codings on this device."""
    return BFLOAT16 if device.type == "cpu" and multiplies_bfloat16(device) else FLOAT32


def make_engine(wish: str, network: JointModel, pad_id: int, device: torch.device) -> Engine[Any]:
    """The engine that was asked for.

    Raises:
        EncoderError: there is none of that name, or it cannot run this encoder on this device.
    """
    if wish not in ENGINES:
        raise EncoderError(f"there is no engine {wish!r}; set engine to one of {', '.join(ENGINES)}")
    name = auto_engine(device) if wish == AUTO else wish
    if name == FLOAT32 and device.type == "cuda":
        torch.set_float32_matmul_precision("highest")  # no TF32, which has float16's precision
    bert = is_bert(network.encoder)
    if name == INT8 and not (bert and device.type == "cpu" and int8_available()):
        raise EncoderError("the engine int8 needs a CPU of the x86 kind and a BERT encoder; set engine to auto")
    if name == FLOAT16 and device.type == "cpu":
        raise EncoderError("the engine float16 needs a GPU; set engine to auto")
    if name == BFLOAT16 and not multiplies_bfloat16(device):
        raise EncoderError(
            "the engine bfloat16 needs a processor or GPU that multiplies bfloat16; set engine to float32, from the beginning"
        )
    if name == BFLOAT16 and device.type == "cpu":
        keep_few_products()
    if not bert:
        return _padded_engine(name, network, pad_id, device)
    linear = int8_linear if name == INT8 else bfloat16_linear if name == BFLOAT16 and device.type == "cpu" else None
    encoder = PackedBert(network.encoder, dtype=DTYPES.get(name, torch.float32), linear=linear)
    return Engine(name, network, device, prepare=pack, encode=lambda tokens, places: encoder(tokens), packed=True)


def _padded_engine(name: str, network: JointModel, pad_id: int, device: torch.device) -> Engine[Batch]:
    def autocast() -> AbstractContextManager[Any]:
        # bfloat16 has float32's range: nothing is known of what numbers get large in an encoder of unknown make. The name is
        # float16 all the same: it says what was asked for (docs/engines.md).
        return torch.autocast(device.type, torch.bfloat16) if name in DTYPES else nullcontext()

    def encode(batch: Batch, places: Tensor) -> Tensor:
        with autocast():
            hidden = network.hidden(batch)
        return hidden.flatten(0, 1)[batch.text_mask.flatten()]

    return Engine(name, network, device, prepare=lambda units: collate(units, pad_id), encode=encode, packed=False)
