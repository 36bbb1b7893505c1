"""From units of text to batches of tensors. Only the collator pads.

Notation used for tensor shapes: b units in a batch, t tokens, c codes, d encoder width, m targets in the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from models.columns import Encoded, Integers, before, flat, ragged, token_spans
from models.columns import EncodedUnit as EncodedUnit

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


@dataclass(frozen=True, slots=True)
class Unit:
    """What the network reads.

    Attributes:
        text: the segment.
        context: the talk just before; read, but never pooled over.
        targets: character spans into `text`, half-open: the mentions whose attitude is wanted.
    """

    text: str
    context: str = ""
    targets: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Padded tensors.

    Attributes:
        input_ids, attention_mask, token_type_ids: shape (b, t).
        text_mask: shape (b, t), true on the text's own tokens.
        target_rows: shape (m,), the unit of each target.
        target_mask: shape (m, t), true on the target's tokens.
    """

    input_ids: Tensor
    attention_mask: Tensor
    token_type_ids: Tensor
    text_mask: Tensor
    target_rows: Tensor
    target_mask: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        return Batch(*(getattr(self, name).to(device, non_blocking=True) for name in self.__slots__))


def _whole_texts(tokenizer: PreTrainedTokenizerFast) -> Any:
    """A tokeniser of its own that neither cuts nor pads, whatever settings came with the encoder."""
    from tokenizers import Tokenizer

    backend = Tokenizer.from_str(tokenizer.backend_tokenizer.to_str())
    backend.no_truncation()
    backend.no_padding()
    return backend


class UnitEncoder:
    """Tokenises units.

    Args:
        tokenizer: fast, with special tokens for class (or beginning) and separator.
        max_tokens: the longest input, special tokens included.
        context_tokens: the most that the context may take; it is cut at its beginning.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, *, max_tokens: int = 512, context_tokens: int = 48) -> None:
        self._backend = _whole_texts(tokenizer)
        self.max_tokens = max_tokens
        self.context_tokens = context_tokens
        self.pad_id = int(tokenizer.pad_token_id)
        self.mask_id = None if tokenizer.mask_token_id is None else int(tokenizer.mask_token_id)
        self._cls, self._sep = int(tokenizer.cls_token_id), int(tokenizer.sep_token_id)

    def encode(self, units: Sequence[Unit]) -> list[EncodedUnit]:
        """Tokenise many units at once, each on its own terms (no padding)."""
        return self.columns(units).units()

    def columns(self, units: Sequence[Unit]) -> Encoded:
        """As `encode`, in columns."""
        texts = self._backend.encode_batch([unit.text for unit in units], add_special_tokens=False)
        contexts = [unit.context if self.context_tokens else "" for unit in units]
        heads = self._backend.encode_batch_fast(contexts, add_special_tokens=False)
        ids, context_ids = flat([text.ids for text in texts]), flat([head.ids for head in heads])
        whole, said = _lengths(texts), _lengths(heads)
        room = self.max_tokens - 2
        kept = np.minimum(whole, room)
        read = np.minimum(said, np.clip(room - kept - 1, 0, self.context_tokens))
        first = np.where(read > 0, read + 2, 1)
        lengths = first + kept + 1
        starts = before(lengths)
        out = np.full(int(lengths.sum()), self._sep, dtype=np.int64)
        out[starts] = self._cls
        # A context is cut at its beginning, a text at its end.
        out[ragged(starts + 1, read)] = context_ids[ragged(np.cumsum(said) - read, read)]
        out[ragged(starts + first, kept)] = ids[ragged(before(whole), kept)]
        n_targets = np.array([len(unit.targets) for unit in units], dtype=np.int64)
        return Encoded(out, lengths, first, whole > kept, n_targets, _targets(units, texts, kept, first, n_targets))


def _lengths(encodings: Sequence[Any]) -> Integers:
    return np.array([len(encoding) for encoding in encodings], dtype=np.int64)


def _targets(
    units: Sequence[Unit], texts: Sequence[Any], kept: Integers, first: Integers, counts: Integers
) -> Integers:
    """Token spans of all targets, shape (m, 2). Offsets are asked for only where there are targets: they are slow to get."""
    with_targets = np.flatnonzero(counts)
    offsets = [np.array(texts[row].offsets, dtype=np.int64).reshape(-1, 2) for row in with_targets.tolist()]
    begin = np.zeros(len(units), dtype=np.int64)
    begin[with_targets] = before(np.array([len(part) for part in offsets], dtype=np.int64))
    rows = np.repeat(np.arange(len(units)), counts)
    spans = np.array([span for unit in units for span in unit.targets], dtype=np.int64).reshape(-1, 2)
    tokens = np.concatenate(offsets) if offsets else np.zeros((0, 2), dtype=np.int64)
    return token_spans(spans, tokens, begin[rows], kept[rows]) + first[rows, None]


def collate(units: Sequence[EncodedUnit] | Encoded, pad_id: int) -> Batch:
    """Pad units to the longest of them."""
    encoded = units if isinstance(units, Encoded) else Encoded.of(units)
    shape = (len(encoded), int(encoded.lengths.max()))
    column = np.arange(shape[1])
    ends, first = encoded.lengths[:, None], encoded.first[:, None]
    real = column < ends
    input_ids = np.full(shape, pad_id, dtype=np.int64)
    input_ids[real] = encoded.ids
    # A text without any token is read from the separator that stands in its place.
    text_mask = (column >= first) & (column < np.maximum(ends - 1, first + 1))
    types = real & (column >= first) & (first > 1)
    start, end = encoded.targets[:, :1], encoded.targets[:, 1:]
    target_mask = (column >= start) & (column < np.maximum(end, start + 1))
    arrays = (input_ids, real.astype(np.int64), types.astype(np.int64), text_mask, encoded.target_rows, target_mask)
    return Batch(*(torch.from_numpy(array) for array in arrays))


def batches_by_tokens(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Group indices so that (units x longest) stays within `budget`, longest first, hence with little padding.

    The same lengths give the same batches: a resumed run computes what an undisturbed one does.
    """
    batch: list[int] = []
    longest = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        longest = longest or lengths[index]
        if batch and (len(batch) + 1) * longest > budget:
            yield batch
            batch, longest = [], lengths[index]
        batch.append(index)
    if batch:
        yield batch
