"""What the machine says of every participant segment of a run, as arrays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.gold import TextOf
from pipeline.lookup import texts_of_run
from pipeline.path_names import known_name, names_apart
from pipeline.prevalence.held import released
from pipeline.store import SEGMENTS, TRANSCRIPTS
from pipeline.tables import RunTables, open_run

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Population:
    """The segments that a run has coded, in its order.

    Attributes:
        ids: of the segments.
        interview: index into `interviews` (transcript ids) for each segment.
        files: the file name under which gold knows each interview; its id where two files of the run share a name.
        places: start and end of each segment, shape (n, 2).
        probabilities, assigned: shape (n, codes); those of segments left to a human are what the model would have given.
        uncertainty: that any code is wrongly given or withheld.
        attributes: of each segment's speaker and transcript.
    """

    tables: RunTables
    codes: tuple[str, ...]
    ids: tuple[str, ...]
    interviews: tuple[str, ...]
    interview: NDArray[np.int64]
    files: tuple[str, ...]
    places: NDArray[np.int64]
    probabilities: Floats
    assigned: NDArray[np.bool_]
    uncertainty: Floats
    attributes: tuple[dict[str, str], ...]

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def row_of(self) -> dict[str, int]:
        """From a segment's id to its row."""
        return {name: row for row, name in enumerate(self.ids)}

    @cached_property
    def labels(self) -> dict[str, str]:
        """A code's label, where the codebook has one."""
        content = self.tables.manifest["codebook"]["content"]
        codes = [
            *(content.get("codes") or ()),
            *(code for item in content.get("themes") or () for code in item["codes"]),
        ]
        return {code["name"]: code.get("label") or code["name"] for code in codes}

    @cached_property
    def text_of(self) -> TextOf:
        """For `load_gold`: the text between two offsets, by any name of the transcript."""
        return texts_of_run(self.tables)

    def values(self, attribute: str) -> list[str | None]:
        """An attribute of each segment; None where it is not known.

        Raises:
            UsageError: no segment has it.
        """
        found = [item.get(attribute) for item in self.attributes]
        if not any(found):
            known = sorted({name for item in self.attributes for name in item})
            raise UsageError(
                f"no participant of this run has the attribute {attribute!r}",
                path=self.tables.path,
                remedy=f"attributes here: {', '.join(known) or 'none; give --attributes to themes run'}",
            )
        return [value or None for value in found]


def load_population(run: Path) -> Population:
    """Read a finished run.

    Raises:
        UsageError: it is no finished run, or nothing in it was coded.
    """
    tables = open_run(run)
    codes = tuple(tables.manifest["codebook"]["codes"])
    review = tables.read("review", ["segment_id", "uncertainty", "review"])
    uncertain = dict(zip(review["segment_id"].to_pylist(), review["uncertainty"].to_pylist(), strict=True))
    held = dict(zip(review["segment_id"].to_pylist(), review["review"].to_pylist(), strict=True))
    transcripts = {
        row["transcript_id"]: row
        for row in tables.rows(TRANSCRIPTS, ["transcript_id", "path", "status", "attributes"])
        if row["status"] == "coded"
    }
    columns = ["segment_id", "transcript_id", "speaker", "start", "end"]
    rows = [row for row in tables.rows(SEGMENTS, columns) if row["segment_id"] in uncertain]
    if not rows:
        raise UsageError("holds no coded segment", path=run, remedy="see its warnings in manifest.json")
    ids = tuple(row["segment_id"] for row in rows)
    interviews = tuple(dict.fromkeys(row["transcript_id"] for row in rows))
    number = {name: i for i, name in enumerate(interviews)}
    probabilities, assigned = _scores(tables, ids, codes)
    assigned = _with_held(tables, probabilities, assigned, np.array([bool(held[name]) for name in ids]), codes)
    return Population(
        tables=tables,
        codes=codes,
        ids=ids,
        interviews=interviews,
        interview=np.array([number[row["transcript_id"]] for row in rows], dtype=np.int64),
        files=_files(interviews, transcripts),
        places=np.array([(row["start"], row["end"]) for row in rows], dtype=np.int64),
        probabilities=probabilities,
        assigned=assigned,
        uncertainty=np.array([uncertain[name] for name in ids], dtype=np.float64),
        attributes=_attributes(rows, transcripts),
    )


def _scores(tables: RunTables, ids: Sequence[str], codes: Sequence[str]) -> tuple[Floats, NDArray[np.bool_]]:
    themes = tables.themes()
    row_of, column_of = {name: i for i, name in enumerate(ids)}, {code: i for i, code in enumerate(codes)}
    rows = np.array([row_of[name] for name in themes["segment_id"].to_pylist()], dtype=np.int64)
    columns = np.array([column_of[name] for name in themes["code"].to_pylist()], dtype=np.int64)
    probabilities, assigned = np.zeros((len(ids), len(codes))), np.zeros((len(ids), len(codes)), dtype=bool)
    probabilities[rows, columns] = themes["probability"].to_numpy()
    assigned[rows, columns] = themes["assigned"].to_numpy()
    return probabilities, assigned


def _with_held(
    tables: RunTables, probabilities: Floats, assigned: NDArray[np.bool_], held: NDArray[np.bool_], codes: Sequence[str]
) -> NDArray[np.bool_]:
    """Segments left to a human have no code in the tables; here they have those that the model would have given."""
    if not held.any():
        return assigned
    found = released(probabilities, assigned, held, codes, tables.manifest.get("thresholds") or {})
    if found is None:
        raise UsageError(
            f"leaves {int(held.sum())} segments to a human, and what the model said of them cannot be told",
            path=tables.path,
            remedy="run it again without --risk: the correction needs the machine's coding of every segment",
        )
    return found


def _files(interviews: Sequence[str], transcripts: dict[str, dict[str, Any]]) -> tuple[str, ...]:
    """What gold calls each interview, as an import of the run's workbook does.

    Args:
        transcripts: all of the run that are coded, also those in which no participant speaks.
    """
    names = names_apart({name: str(row["path"]) for name, row in transcripts.items()})
    return tuple(known_name(names[name], name) for name in interviews)


def _attributes(rows: Sequence[dict[str, Any]], transcripts: dict[str, dict[str, Any]]) -> tuple[dict[str, str], ...]:
    """The transcript's attributes, overlaid with the speaker's own."""
    known: dict[tuple[str, str | None], dict[str, str]] = {}
    for row in rows:
        key = (row["transcript_id"], row["speaker"])
        if key not in known:
            own = json.loads(transcripts[key[0]]["attributes"] or "{}")
            speakers = own.pop("speakers", {})
            own |= speakers.get(key[1], {})
            known[key] = {name: str(value) for name, value in own.items()}
    return tuple(known[row["transcript_id"], row["speaker"]] for row in rows)
