"""Labels whose role differs between the transcripts of one command, which are mostly one part in all of them."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

from pipeline.ingest.conventions import key_of
from pipeline.plural import numbered
from pipeline.store import SEGMENTS
from pipeline.tables import RunTables
from pipeline.types import Role

_SHOWN = 3
_NUMBERED = re.compile(r"(?:speaker|spk|s|person|channel|voice)?(?:\d+|[a-z])", re.ASCII)
"""Keys of labels that a machine or a transcriber gives anew in each transcript: they say nothing across transcripts."""


@dataclass(slots=True)
class RolesSeen:
    """In how many transcripts each label had which role; spellings of one label are counted together.

    Attributes:
        spelling: of each label, as first seen.
        counts: of each label, transcripts by role.
    """

    spelling: dict[str, str] = field(default_factory=dict)
    counts: defaultdict[str, Counter[Role]] = field(default_factory=lambda: defaultdict(Counter))

    def add(self, speakers: Iterable[tuple[str | None, Role]]) -> None:
        """Count the speakers of one transcript."""
        for key, (name, role) in {key_of(name): (name, role) for name, role in speakers if name}.items():
            if not _NUMBERED.fullmatch(key):
                self.spelling.setdefault(key, name)
                self.counts[key][role] += 1

    def warnings(self) -> list[str]:
        """A line for each of the most frequent labels that differ, with the settings that would make them one."""
        differ = sorted(
            (key for key, roles in self.counts.items() if len(roles) > 1), key=lambda key: -self.counts[key].total()
        )
        lines = [_line(self.spelling[key], self.counts[key]) for key in differ[:_SHOWN]]
        if len(differ) > _SHOWN:
            lines.append(
                f"the roles of {numbered(len(differ) - _SHOWN, '[other label|other labels]')} differ between transcripts too"
            )
        return lines


def differences_in(tables: RunTables) -> list[str]:
    """The warnings for a finished run, whose segments stand together by transcript; reads three of their columns."""
    seen, last = RolesSeen(), ""
    speakers: set[tuple[str | None, Role]] = set()
    columns = ["transcript_id", "speaker", "role"]
    for batch in tables.batches(SEGMENTS, columns):
        different = pa.Table.from_batches([batch]).group_by(columns, use_threads=False).aggregate([])  # in their order
        for row in different.to_pylist():
            if row["transcript_id"] != last:
                seen.add(speakers)
                last, speakers = row["transcript_id"], set()
            speakers.add((row["speaker"], Role(row["role"])))
    seen.add(speakers)
    return seen.warnings()


def _line(label: str, roles: Counter[Role]) -> str:
    counts = ", ".join(f"{role} in {count:,}" for role, count in roles.most_common())
    likely = Role.INTERVIEWER if Role.INTERVIEWER in roles else Role.PARTICIPANT  # who is unsure is made a participant
    name = json.dumps(label, ensure_ascii=False)  # as YAML reads it too
    return (
        f"{label!r} has different roles in the transcripts: {counts}. If it is one part in all, write what it is into a file "
        f"and give it with --config: ingest: {{roles: {{{name}: {likely}}}}}"
    )
