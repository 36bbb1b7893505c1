"""From units of text to batches of tensors. Only the collator pads.

Notation used for tensor shapes: b units in a batch, t tokens, c codes, d encoder width, m targets in the batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import Tensor

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
class EncodedUnit:
    """A tokenised unit: `[CLS] context [SEP] text [SEP]`, or `[CLS] text [SEP]` where there is no context.

    Attributes:
        first: index of the text's first token; the text ends before the last `[SEP]`.
        targets: token spans, half-open; a target that was cut off takes the whole text's span.
        truncated: whether the text was longer than the encoder takes.
    """

    ids: tuple[int, ...]
    first: int
    targets: tuple[tuple[int, int], ...]
    truncated: bool


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


class UnitEncoder:
    """Tokenises units.

    Args:
        tokenizer: fast, with special tokens for class (or beginning) and separator.
        max_tokens: the longest input, special tokens included.
        context_tokens: the most that the context may take; it is cut at its beginning.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerFast, *, max_tokens: int = 512, context_tokens: int = 48) -> None:
        self._tokenizer = tokenizer
        self.max_tokens = max_tokens
        self.context_tokens = context_tokens
        self.pad_id = int(tokenizer.pad_token_id)
        self.mask_id = None if tokenizer.mask_token_id is None else int(tokenizer.mask_token_id)
        self._cls, self._sep = int(tokenizer.cls_token_id), int(tokenizer.sep_token_id)

    def encode(self, units: Sequence[Unit]) -> list[EncodedUnit]:
        """Tokenise many units at once, each on its own terms (no padding)."""
        if not units:
            return []
        texts = self._tokens([unit.text for unit in units])
        contexts = self._tokens([unit.context for unit in units]) if self.context_tokens else texts
        return [
            self._assemble(unit, ids, offsets, context_ids if self.context_tokens else [])
            for unit, (ids, offsets), (context_ids, _) in zip(units, texts, contexts, strict=True)
        ]

    def _tokens(self, texts: list[str]) -> list[tuple[list[int], list[tuple[int, int]]]]:
        encodings = self._tokenizer(
            texts,
            add_special_tokens=False,
            return_offsets_mapping=True,
            return_attention_mask=False,
            verbose=False,
        )
        return list(zip(encodings["input_ids"], encodings["offset_mapping"], strict=True))

    def _assemble(
        self, unit: Unit, ids: list[int], offsets: list[tuple[int, int]], context_ids: list[int]
    ) -> EncodedUnit:
        room = self.max_tokens - 2
        kept = ids[:room]
        spare = max(0, min(self.context_tokens, room - len(kept) - 1))
        context = context_ids[-spare:] if spare else []
        head = [self._cls, *context, self._sep] if context else [self._cls]
        first = len(head)
        targets = tuple(_token_span(offsets[: len(kept)], span, first) for span in unit.targets)
        return EncodedUnit((*head, *kept, self._sep), first, targets, truncated=len(kept) < len(ids))


def _token_span(offsets: list[tuple[int, int]], span: tuple[int, int], first: int) -> tuple[int, int]:
    """The tokens that overlap a character span; the whole text where none does."""
    start, end = span
    inside = [i for i, (a, b) in enumerate(offsets) if a < end and b > start]
    return (first + inside[0], first + inside[-1] + 1) if inside else (first, first + len(offsets))


def collate(units: Sequence[EncodedUnit], pad_id: int) -> Batch:
    """Pad units to the longest of them."""
    longest = max(len(unit.ids) for unit in units)
    input_ids = torch.full((len(units), longest), pad_id, dtype=torch.long)
    attention_mask = torch.zeros((len(units), longest), dtype=torch.long)
    token_type_ids = torch.zeros((len(units), longest), dtype=torch.long)
    text_mask = torch.zeros((len(units), longest), dtype=torch.bool)
    spans: list[tuple[int, int, int]] = []
    for row, unit in enumerate(units):
        length = len(unit.ids)
        input_ids[row, :length] = torch.tensor(unit.ids)
        attention_mask[row, :length] = 1
        if unit.first > 1:
            token_type_ids[row, unit.first : length] = 1
        text_mask[row, unit.first : max(length - 1, unit.first + 1)] = True
        spans.extend((row, start, max(end, start + 1)) for start, end in unit.targets)
    target_mask = torch.zeros((len(spans), longest), dtype=torch.bool)
    for i, (_, start, end) in enumerate(spans):
        target_mask[i, start:end] = True
    rows = torch.tensor([row for row, _, _ in spans], dtype=torch.long)
    return Batch(input_ids, attention_mask, token_type_ids, text_mask, rows, target_mask)


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
