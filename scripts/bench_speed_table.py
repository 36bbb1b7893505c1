"""The record as markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def markdown(record: Mapping[str, Any]) -> str:
    """The whole record; parts that were not measured are left out."""
    parts = [_machine(record)]
    if record.get("sample"):
        parts.append(_sample(record["sample"]))
    if record.get("ratios"):
        parts.append("## Ratios\n\n" + ratios(record["ratios"]))
    parts += [_limit(limit) for limit in record.get("limits", ())]
    if record.get("speeds"):
        parts.append("## Speeds\n\n" + speeds(record["speeds"]))
    if record.get("agreement"):
        parts.append("## Agreement with float32\n\n" + agreement(record["agreement"]))
    if record.get("scaling"):
        parts += ["## Whole runs", runs(record["scaling"]), _about_runs(record["scaling"]), worst(record["verdicts"])]
    return "\n\n".join(parts) + "\n"


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A markdown table; upright bars within cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def ratios(rows: Sequence[Mapping[str, Any]]) -> str:
    """Medians of the rounds' ratios with their range."""
    return table(
        ("ours", "against", "ratio (rounds' range)", "target", "met"),
        (
            (
                row["ours"],
                row["against"],
                f"{row['median']:.2f} ({row['least']:.2f}–{row['most']:.2f})",
                "" if row["target"] is None else f"{row['target']:g}",
                {None: "", True: "yes", False: "no"}[row["met"]],
            )
            for row in rows
        ),
    )


def speeds(rows: Sequence[Mapping[str, Any]]) -> str:
    """Segments per second."""
    return table(
        ("", "segments/s", "rounds, s", "to load, s", "settings"),
        (
            (
                row["name"],
                f"{row['segments_per_second']:.1f}" if row["segments_per_second"] else "",
                " ".join(f"{value:.1f}" for value in row["seconds"]),
                "" if row.get("load_seconds") is None else f"{row['load_seconds']:.1f}",
                row["settings"],
            )
            for row in rows
        ),
    )


def agreement(rows: Mapping[str, Mapping[str, float]]) -> str:
    """One column per engine."""
    figures = list(next(iter(rows.values())))
    return table(
        ("", *rows),
        ((figure.replace("_", " "), *(f"{row[figure]:g}" for row in rows.values())) for figure in figures),
    )


_RUN_COLUMNS: dict[str, tuple[str, str]] = {
    "times the corpus": ("size", "d"),
    "files": ("files", "d"),
    "words coded": ("coded_words", ",d"),
    "run, s": ("seconds", ".1f"),
    "words/s": ("coded_words_per_second", ".0f"),
    "time per word against the first": ("time_against_linear", ".3f"),
    "peak MB": ("peak_mb", ".0f"),
    "memory against the first": ("memory_against_first", ".3f"),
    "against its first group": ("memory_against_first_group", ".3f"),
    "a helper's peak MB": ("helper_peak_mb", ".0f"),
    "all but the network": ("steps", ".1%"),
    "model not at work": ("waiting", ".1%"),
    "loading, s": ("loading_seconds", ".1f"),
}
"""Heading to the figure's key and format."""


def runs(rows: Sequence[Mapping[str, Any]]) -> str:
    """Time and memory at each size."""
    columns = list(_RUN_COLUMNS.values())
    return table(
        list(_RUN_COLUMNS),
        (["" if row[key] is None else format(row[key], style) for key, style in columns] for row in rows),
    )


def worst(rows: Sequence[Mapping[str, Any]]) -> str:
    """The whole runs' targets."""
    return table(
        ("whole runs", "at most", "target", "met"),
        ((row["what"], f"{row['most']:.3f}", f"{row['target']:g}", "yes" if row["met"] else "no") for row in rows),
    )


def _about_runs(rows: Sequence[Mapping[str, Any]]) -> str:
    last = rows[-1]
    minutes = 1e6 / last["coded_words_per_second"] / 60
    return (
        f"Engine {last['engine']}, {last['workers']} workers; a million coded words would take {minutes:.1f} minutes."
    )


def _machine(record: Mapping[str, Any]) -> str:
    machine, meanwhile = record["machine"], record["meanwhile"]
    others = meanwhile["others_share"]
    busy = "" if others is None else f"; others took {others:.1%} of the processors' time"
    gpu = f", {machine['gpu']} (CUDA {machine['cuda']})" if "gpu" in machine else ""
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    variables = ", ".join(f"{name}={value}" for name, value in machine["environment"].items())
    load = f"load average {meanwhile['load_before']} before, {meanwhile['load_after']} after"
    lines = [
        "# Speed\n",
        *(f"> **Warning**: {warning}\n" for warning in record["warnings"]),
        f"- {machine['processor']}, {machine['cores']} cores ({machine['vector_instructions']}), {machine['memory_gb']} GB{gpu}",
        f"- {machine['system']}, Python {machine['python']}, {versions}; commit {machine['commit']}",
        f"- device {machine['device']}; {machine['threads_of_torch']} threads in torch; {variables or 'no variable set'}",
        f"- {meanwhile['seconds']:.0f} s in all; {load}{busy}",
        *(f"- left out: {name} ({reason})" for name, reason in record.get("missing", {}).items()),
    ]
    return "\n".join(lines)


def _sample(sample: Mapping[str, float]) -> str:
    text = (
        "{segments} segments ({distinct_segments} distinct; {words_per_segment} words each on average; {with_mentions} mention "
        "partners, {mentions} times in all), drawn from {drawn_from_segments} in {drawn_from_files} files."
    )
    return text.format(**sample)


def _limit(limit: Mapping[str, Any]) -> str:
    sizes = ", ".join(f"{rows} rows {rate / 1e9:.0f}" for rows, rate in limit["tried"].items())
    name = limit["name"][0].upper() + limit["name"][1:]
    text = (
        f"## {name}\n\nGFLOP/s of the encoder's shapes, by rows of the batch: {sizes}. "
        f"In the rounds, with {limit['rows']} rows: {limit['rate'] / 1e9:.0f} GFLOP/s."
    )
    rows = [
        (name, f"{item['gflop_per_segment']:.3f}", f"{item['achieved'] / 1e9:.0f}", _mfu(item))
        for name, item in limit["needs"].items()
    ]
    header = ("", "GFLOP per segment", "GFLOP/s achieved", "share of the device's peak (MFU)")
    return text + "\n\n" + table(header, rows)


def _mfu(item: Mapping[str, Any]) -> str:
    return "" if item["mfu"] is None else f"{item['mfu']:.1%}"
