"""Side by side: our engines, the rivals and the bare products, in the same rounds on the same segments."""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import bench_speed_backends as backends
import bench_speed_ours as ours
import bench_speed_rivals as rivals
import torch
from bench_speed_data import Sample, draw_sample
from bench_speed_flops import Products, Shape, fastest_products, needed, peak_of
from bench_speed_ours import Engine
from bench_speed_rivals import Contender
from bench_speed_rounds import Ratio, Timed, ratio, share_of, time_in_rounds

from models.encoder import DEFAULT_ENCODER
from models.engines import BFLOAT16

RIVALS = ("pipeline", "sentence-transformers", "setfit", "per-target", "backends")
TARGETS: dict[str, float | None] = {
    "pipeline, batch 1": 3.0,
    "pipeline, best batch": 3.0,
    "pipeline, batch 32": 5.0,
    "sentence-transformers encode": 2.2,
    "SetFit predict": 2.2,
    "ONNX Runtime": None,
    "ONNX Runtime, dynamic int8": None,
    "OpenVINO": None,
}
PER_TARGET = {"per target, batch 1": 3.0, "per target, batch 32": None}
SHARE_OF_LIMIT, SHARE_OF_LIMIT_NARROW = 0.8, 1.2
LIMIT = "bare products"
Say = Callable[[str], None]


def measure_side_by_side(options: argparse.Namespace, device: torch.device, say: Say) -> dict[str, Any]:
    """The parts of the record that come from one process: sample, speeds, ratios, limits, agreement."""
    sample = draw_sample(options.inquiry, options.segments, options.files, options.seed)
    say(f"sample: {sample.describe()}")
    engines, unable = ours.load_engines(
        options.model, options.engines, options.device, options.batch_tokens, large=options.base_sized
    )
    labels = len(engines[0].predictor.model.codes)
    against, missing = _rivals(options.rivals, sample, labels, device)
    limits = {engine.size: _Limit.of(engine, sample, device) for engine in engines}
    own = {
        engine.label: _Limit.of(engine, sample, device, torch.bfloat16) for engine in engines if engine.name == BFLOAT16
    }
    contenders = [
        *against,
        *(contender for engine in engines for contender in ours.contenders(engine, sample)),
        *(limit.contender for limit in [*limits.values(), *own.values()]),
    ]
    say(f"{len(contenders)} contenders, {options.rounds} rounds")
    timed = time_in_rounds(contenders, options.rounds, report=say)
    return {
        "sample": sample.describe(),
        "speeds": [_speed(item, engines) for item in timed.values()],
        "ratios": [
            row.to_dict()
            for engine in engines
            for row in _ratios(engine, sample, timed, limits[engine.size], own.get(engine.label))
        ],
        "limits": [_limit_record(limit, engines, sample, timed) for limit in [*limits.values(), *own.values()]],
        "agreement": _agreement(engines, timed),
        "missing": unable | missing,
    }


def _rivals(
    wanted: list[str], sample: Sample, labels: int, device: torch.device
) -> tuple[list[Contender], dict[str, str]]:
    """Those that are installed; of the others why not."""
    texts, base = sample.texts, DEFAULT_ENCODER
    makers: dict[str, Callable[[], list[Contender]]] = {
        "pipeline": partial(rivals.pipelines, texts, labels, base, device),
        "sentence-transformers": lambda: [rivals.sentence_encoder(texts, base, device)],
        "setfit": lambda: [rivals.setfit(texts, labels, base, device)],
        "per-target": partial(rivals.per_target, sample.mentioning, base, device),
        "backends": lambda: backends.backends(texts, base) if device.type == "cpu" else [],
    }
    found: list[Contender] = []
    missing = {}
    for name in wanted:
        try:
            found += makers[name]()
        except ImportError as error:
            missing[name] = str(error)
    return [contender for contender in found if contender.items], missing


@dataclass(frozen=True, slots=True)
class _Limit:
    """The bare products of one encoder's shapes, as many as the tokens of the sample's distinct segments with context need."""

    contender: Contender
    products: Products
    tokens: int
    tried: dict[int, float]
    type: str

    @classmethod
    def of(cls, engine: Engine, sample: Sample, device: torch.device, dtype: torch.dtype | None = None) -> _Limit:
        dtype = dtype or (torch.float32 if device.type == "cpu" else torch.float16)
        shape = Shape.of(engine.predictor.model.network.encoder.config)
        products, tried = fastest_products(shape, device, dtype)
        tokens = sum(ours.lengths(engine, sample.units))

        def work(items: Any) -> None:
            products.run(sum(items))

        kind = str(dtype).removeprefix("torch.")
        contender = Contender(
            f"{LIMIT} ({engine.size}, {kind})", work, [tokens], len(sample.units), f"{products.rows} rows"
        )
        return cls(contender, products, tokens, tried, kind)

    @property
    def operations(self) -> float:
        return self.products.operations(self.tokens)


def _ratios(
    engine: Engine, sample: Sample, timed: Mapping[str, Timed], limit: _Limit, own: _Limit | None
) -> list[Ratio]:
    """Against the rivals, against float32's bare products, and against those of the engine's own numbers where measured."""
    rows = []
    if engine.is_shipped:
        rows += [ratio(timed, engine.alone, name, goal) for name, goal in TARGETS.items() if name in timed]
        rows += [ratio(timed, engine.whole, name, None) for name in TARGETS if name in timed]
        rows += [ratio(timed, engine.mentions, name, goal) for name, goal in PER_TARGET.items() if name in timed]
    goal = SHARE_OF_LIMIT_NARROW if engine.is_narrow else SHARE_OF_LIMIT
    for name, units in ((engine.alone, sample.alone), (engine.whole, sample.units)):
        work = needed(ours.lengths(engine, units), limit.products.shape)
        wanted = goal if limit.products.device.type == "cpu" else None
        rows.append(share_of(timed, name, work, limit.contender.name, limit.operations, wanted))
        if own is not None:
            rows.append(share_of(timed, name, work, own.contender.name, own.operations, None))
    return rows


def _limit_record(limit: _Limit, engines: list[Engine], sample: Sample, timed: Mapping[str, Timed]) -> dict[str, Any]:
    device, shape = limit.products.device, limit.products.shape
    peak = peak_of(torch.cuda.get_device_name(device)) if device.type == "cuda" else None
    needs = {}
    for engine in engines:
        if Shape.of(engine.predictor.model.network.encoder.config) != shape:
            continue
        for name, units in ((engine.alone, sample.alone), (engine.whole, sample.units)):
            lengths = ours.lengths(engine, units)
            work = needed(lengths, shape)
            achieved = work / statistics.median(timed[name].seconds)
            needs[name] = {
                "gflop_per_segment": work / len(lengths) / 1e9,
                "achieved": achieved,
                "mfu": None if peak is None else achieved / peak,
            }
    return {
        "name": limit.contender.name,
        "type": limit.type,
        "rows": limit.products.rows,
        "tried": limit.tried,
        "rate": limit.operations / statistics.median(timed[limit.contender.name].seconds),
        "peak": peak,
        "needs": needs,
    }


def _speed(item: Timed, engines: list[Engine]) -> dict[str, Any]:
    loading = {name: engine.load_seconds for engine in engines for name in (engine.alone,)}
    bare = item.contender.name.startswith(LIMIT)
    return {
        "name": item.contender.name,
        "segments_per_second": None if bare else round(item.rate, 2),
        "seconds": [round(value, 3) for value in item.seconds],
        "load_seconds": loading.get(item.contender.name),
        "settings": item.contender.settings,
    }


def _agreement(engines: list[Engine], timed: Mapping[str, Timed]) -> dict[str, Any]:
    """Every engine with the shipped model against the reference, on what a run gives it."""
    shipped = [engine for engine in engines if engine.is_shipped]
    reference = next((engine for engine in shipped if engine.name == ours.REFERENCE), None)
    if reference is None:
        return {}
    answers = {engine.label: timed[engine.whole].answer for engine in shipped if engine is not reference}
    return {label: ours.agreement(timed[reference.whole].answer, answer) for label, answer in answers.items()}
