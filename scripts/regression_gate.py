"""Fails (exit status 1) when agreement has fallen by more than a given amount against a kept evaluation.

    python scripts/regression_gate.py evaluation/evaluation.json kept.json [--fall 0.02] [--code-fall 0.15] [--figure alpha]

Compares the machine with the reference: overall by `--fall`, each code by `--code-fall` (a single code rests on few units),
and macro-F1 of attitudes to mentions and to partnership by `--fall`. A figure that was defined and is not any more fails too, and
so does one that is missing. Exit status 2: a file that is no evaluation, or only one of the two is weighted by inclusion.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ATTITUDE_FIGURE = "macro_f1"


@dataclass(frozen=True, slots=True)
class Fall:
    """A figure that fell too far; `now` is None where it is undefined or missing."""

    name: str
    kept: float
    now: float | None


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("new", type=Path)
    parser.add_argument("kept", type=Path)
    parser.add_argument("--fall", type=float, default=0.02)
    parser.add_argument("--code-fall", type=float, default=0.15)
    parser.add_argument("--figure", default="alpha")
    options = parser.parse_args(arguments)
    try:
        new, kept = (_figures(path, options.figure) for path in (options.new, options.kept))
    except (OSError, ValueError, KeyError, IndexError, TypeError) as error:
        print(f"regression_gate: not an evaluation.json with {options.figure}: {error}", file=sys.stderr)
        return 2
    if weighted(options.new) != weighted(options.kept):
        print("regression_gate: one evaluation weights units by inclusion, the other does not", file=sys.stderr)
        return 2
    if not any(value is not None for value in kept.values()):
        print("regression_gate: the kept evaluation has no defined figure to compare with", file=sys.stderr)
        return 2
    falls = fallen(new, kept, fall=options.fall, code_fall=options.code_fall)
    for item in falls:
        now = "undefined or missing" if item.now is None else f"{item.now:.4f}"
        print(f"fallen: {item.name}: {item.kept:.4f} -> {now}")
    overall = f"overall {options.figure}"
    print(f"{overall}: {kept.get(overall)} kept, {new.get(overall)} now; {len(falls)} figures fell too far")
    return 1 if falls else 0


def weighted(path: Path) -> bool:
    """Whether an evaluation's units count for 1 / inclusion; none did before format 3."""
    return bool(json.loads(path.read_text(encoding="utf-8")).get("weighting", {}).get("weighted", False))


def fallen(
    new: Mapping[str, float | None], kept: Mapping[str, float | None], *, fall: float, code_fall: float
) -> list[Fall]:
    """What was defined in `kept` and is lower now by more than is allowed, or undefined, or missing."""
    found = []
    for name, value in kept.items():
        allowed = code_fall if name.startswith("code ") else fall
        now = new.get(name)
        if value is not None and (now is None or value - now > allowed + 1e-9):
            found.append(Fall(name, value, now))
    return found


def _figures(path: Path, figure: str) -> dict[str, float | None]:
    content = json.loads(path.read_text(encoding="utf-8"))
    return dict(_named(content["comparisons"][0], figure))


def _named(comparison: Mapping[str, Any], figure: str) -> Iterator[tuple[str, float | None]]:
    if comparison["rows"] and not any(figure in row["figures"] for row in comparison["rows"]):
        raise KeyError(figure)
    for row in comparison["rows"]:
        if row["level"] in ("overall", "code") and figure in row["figures"]:  # some are of all codes together alone
            name = "overall" if row["level"] == "overall" else f"code {row['name']}"
            yield f"{name} {figure}", row["figures"][figure]["value"]
    for kind in ("attitudes", "partnership"):
        if comparison[kind]:
            yield f"{kind} {ATTITUDE_FIGURE}", comparison[kind][ATTITUDE_FIGURE]["value"]


if __name__ == "__main__":
    raise SystemExit(main())
