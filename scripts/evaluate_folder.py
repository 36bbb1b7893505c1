"""A run against every gold table of a folder, as one evaluation.

    python scripts/evaluate_folder.py RUN GOLD_FOLDER --out EVALUATION [--by rank,length] [--attributes CSV]

Takes the folder's CSV and JSONL files that have the columns of a gold table, and says which files it leaves out.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.commands.evaluate import Options, evaluate
from pipeline.errors import ThemesError, UsageError
from pipeline.gold import further_columns


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--by", default="")
    parser.add_argument("--attributes", type=Path)
    options = parser.parse_args(arguments)
    more = Options(tuple(name.strip() for name in options.by.split(",") if name.strip()), options.attributes)
    try:
        tables = gold_tables(options.folder, options.out)
        evaluate(tables, run=options.run, model=None, out=options.out, transcripts=None, device="cpu", options=more)
    except ThemesError as error:
        print(f"evaluate_folder: {error}", file=sys.stderr)
        return error.exit_status
    return 0


def gold_tables(folder: Path, out: Path | None = None) -> list[Path]:
    """The folder's gold tables, in order of their names; others are named on standard error.

    What lies in `out`, or in any folder of an evaluation, is the machine's answers and not a coder's.

    Raises:
        UsageError: there is none.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".csv", ".jsonl") and path.is_file() and not _evaluated(path, folder, out):
            try:
                further_columns([path], [])
            except UsageError as error:
                print(f"left out: {error}", file=sys.stderr)
            else:
                found.append(path)
    if not found:
        raise UsageError("holds no gold table", path=folder, remedy="CSV or JSONL with the columns of docs/gold.md")
    return found


def _evaluated(path: Path, folder: Path, out: Path | None) -> bool:
    inside = [parent for parent in path.parents if parent == folder or folder in parent.parents]
    own = out is not None and out.resolve() != folder.resolve() and out.resolve() in path.resolve().parents
    return own or any((parent / "evaluation.json").is_file() for parent in inside)


if __name__ == "__main__":
    raise SystemExit(main())
