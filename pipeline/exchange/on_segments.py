"""What becomes of coded stretches where the participants' segments are the units: left out, together in one segment, or cut."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.errors import clipped
from pipeline.exchange.gold_units import UnitDraft, touched
from pipeline.exchange.project import ProjectCoding, Source
from pipeline.ingest.notes import is_note
from pipeline.plural import numbered
from pipeline.types import Role, Segment

_OF_ROLE = {
    Role.INTERVIEWER: "on the interviewer's words",
    Role.OTHER: "on words of those who are not coded",
    Role.PARTICIPANT: "on too little of a participant's segment",
}
_SHOWN = 30


@dataclass(slots=True)
class Placed:
    """Counts over all sources.

    Attributes:
        left: of each kind of place that is no participant's segment, the codings there and the first one's words.
        stretches, units: coded stretches that stand together with others, and the segments that hold them.
        cut: stretches that lie on several segments.
    """

    left: dict[str, tuple[int, str]] = field(default_factory=dict)
    stretches: int = 0
    units: int = 0
    cut: int = 0

    def leave(self, source: Source, coding: ProjectCoding, segments: Sequence[Segment]) -> None:
        """Count a coding that lies mostly on none of the participants' segments, of all segments of its source."""
        words = " ".join(source.text[coding.start : coding.end].split())
        kind = _kind(source.text[coding.start : coding.end], touched(segments, coding))
        count, first = self.left.get(kind, (0, words))
        self.left[kind] = count + 1, first

    def place(self, on: Sequence[tuple[ProjectCoding, Sequence[UnitDraft]]]) -> None:
        """Count one source's codings, those without a code too, with the units that each lies on."""
        held: defaultdict[str, set[tuple[int, int]]] = defaultdict(set)
        cut = set()
        for coding, units in on:
            stretch = coding.start, coding.end
            for unit in units:
                held[unit.unit_id].add(stretch)
            if len(units) > 1:
                cut.add(stretch)
        several = [stretches for stretches in held.values() if len(stretches) > 1]
        self.stretches += len(set[tuple[int, int]]().union(*several))
        self.units += len(several)
        self.cut += len(cut)

    def notes(self) -> list[str]:
        """What the user should know."""
        found = []
        if self.left:
            on = (
                f"{count:,} {kind} (the first: {clipped(first, _SHOWN)})" for kind, (count, first) in self.left.items()
            )
            told = "[coding lies|codings lie] on no participant's segment and [was|were] left out"
            found.append(f"{numbered(sum(count for count, _ in self.left.values()), told)}: {'; '.join(on)}")
        if self.stretches:
            held = numbered(self.units, "[segment, which has|segments, each of which has]")
            found.append(
                f"{self.stretches:,} coded stretches stand together in {held} the codes of all of its stretches"
            )
        if self.cut:
            told = "[coded stretch lies|coded stretches lie] on several segments, each of which has [its|their] codes"
            found.append(numbered(self.cut, told))
        return found


def _kind(text: str, segments: Sequence[Segment]) -> str:
    """Where a coding lies that is left out."""
    roles = [segment.role for segment in segments]
    role = next((role for role in _OF_ROLE if role in roles), None)
    if role is not None:
        return _OF_ROLE[role]
    lines = [line for line in text.splitlines() if line.strip()]
    return "on stage directions alone" if lines and all(map(is_note, lines)) else "on what is no speech"
