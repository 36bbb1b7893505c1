"""Other programs that could run the encoder in torch's place: ONNX Runtime, with bytes too, and OpenVINO.

The encoder alone, without heads, on batches of similar lengths with as many tokens as our own padded ones have.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from bench_speed_rivals import Contender
from numpy.typing import NDArray

from models.encoder import find_encoder, load_encoder, load_tokenizer
from models.engines import CPU_TOKENS
from models.inputs import batches_by_tokens
from models.threads import cores

Arrays = dict[str, NDArray[np.int64]]
INPUTS = ("input_ids", "attention_mask", "token_type_ids")
LONGEST = 384


def backends(texts: Sequence[str], base: str) -> list[Contender]:
    """The three of them; each different text is computed once, as ours is.

    Raises:
        ImportError: ONNX Runtime or OpenVINO is missing, or what writes their files.
    """
    import onnx  # noqa: F401, the exporter needs it
    import onnxruntime
    import openvino
    from onnxruntime.quantization import QuantType, quantize_dynamic

    source = find_encoder(base)
    tokenizer = load_tokenizer(source)
    with tempfile.TemporaryDirectory() as place:
        plain, small = Path(place) / "encoder.onnx", Path(place) / "int8.onnx"
        _export(load_encoder(source).eval(), plain)
        quantize_dynamic(plain, small, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True)
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = cores()
        sessions = [
            onnxruntime.InferenceSession(file, settings, providers=["CPUExecutionProvider"]) for file in (plain, small)
        ]
        # Left to itself it computes in bfloat16 where the processor can.
        settled = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
        compiled = openvino.compile_model(plain, "CPU", settled)
    runs: dict[str, Callable[[Arrays], Any]] = {
        "ONNX Runtime": lambda batch: sessions[0].run(None, batch)[0],
        "ONNX Runtime, dynamic int8": lambda batch: sessions[1].run(None, batch)[0],
        "OpenVINO": lambda batch: compiled(batch)[0],
    }

    def contender(name: str, run: Callable[[Arrays], Any]) -> Contender:
        def work(items: Sequence[str]) -> Any:
            return _vectors(list(dict.fromkeys(items)), tokenizer, run)

        return Contender(
            name, work, texts, len(texts), f"the encoder alone, batches of {2 * CPU_TOKENS} tokens by length"
        )

    return [contender(name, run) for name, run in runs.items()]


def _vectors(texts: list[str], tokenizer: Any, run: Callable[[Arrays], Any]) -> NDArray[np.float32]:
    ids = tokenizer(texts, truncation=True, max_length=LONGEST, return_attention_mask=False)["input_ids"]
    found: list[Any] = [None] * len(texts)
    for rows in batches_by_tokens([len(row) for row in ids], 2 * CPU_TOKENS):
        width = max(len(ids[i]) for i in rows)
        tokens, mask = np.zeros((2, len(rows), width), dtype=np.int64)
        for place, i in enumerate(rows):
            tokens[place, : len(ids[i])], mask[place, : len(ids[i])] = ids[i], 1
        states = run(dict(zip(INPUTS, (tokens, mask, np.zeros_like(mask)), strict=True)))
        means = (states * mask[:, :, None]).sum(1) / mask.sum(1, keepdims=True)
        for i, mean in zip(rows, means, strict=True):
            found[i] = mean
    return np.stack(found).astype(np.float32)


class _Plain(torch.nn.Module):
    """The encoder's states as the only output."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        states: torch.Tensor = self.encoder(**dict(zip(INPUTS, inputs, strict=True))).last_hidden_state
        return states


def _export(encoder: Any, path: Path) -> None:
    example = tuple(torch.ones(2, 8, dtype=torch.long) for _ in INPUTS)
    axes = {name: {0: "b", 1: "t"} for name in (*INPUTS, "states")}
    torch.onnx.export(
        _Plain(encoder),
        example,
        str(path),
        input_names=list(INPUTS),
        output_names=["states"],
        dynamic_axes=axes,
        dynamo=False,
    )
