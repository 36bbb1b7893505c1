"""Plain text in every speaker convention that transcribers use; also what other readers hand their lines to."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from pipeline.ingest.committee import committee
from pipeline.ingest.conventions import key_of
from pipeline.ingest.decode import decode
from pipeline.ingest.deposition import deposition
from pipeline.ingest.draft import UNKNOWN_FIRST, Draft
from pipeline.ingest.emails import emails
from pipeline.ingest.header import read_header
from pipeline.ingest.labels import Candidate, Style, candidates
from pipeline.ingest.marked import Marked
from pipeline.ingest.marked import marked as marked_lines
from pipeline.ingest.notes import (
    credit_lines,
    is_closing,
    is_note,
    is_transcript_heading,
    note_end,
    says_nothing,
    title_like,
)
from pipeline.ingest.numbering import WARNING as NUMBERED
from pipeline.ingest.numbering import without_numbers
from pipeline.ingest.one_sided import both_sides
from pipeline.ingest.overlaps import overlaps
from pipeline.ingest.pasted_captions import pasted_captions
from pipeline.ingest.running import running_heads, warning_of
from pipeline.ingest.saved_captions import saved_captions
from pipeline.ingest.saved_chat import saved_chat
from pipeline.ingest.set_off import WARNING, labels_by_form
from pipeline.ingest.slips import with_semicolons
from pipeline.ingest.speakers import choose, names_of, passed_over
from pipeline.ingest.times import INLINE, durations, has_bare_stamp, leading_stamp, seconds
from pipeline.ingest.topics import topics
from pipeline.plural import listed
from pipeline.types import Role, Stretch, Turn

_PANEL = {"m": Role.INTERVIEWER, "p": Role.PARTICIPANT, "o": Role.OTHER}


def read(data: bytes) -> Draft:
    """Read a plain-text transcript; the draft's text is the decoded file, unchanged but for numbers and saved captions."""
    text, warnings = decode(data)
    return read_lines(text.split("\n"), warnings=warnings)


def read_lines(
    lines: Sequence[str],
    *,
    silent: Collection[int] = (),
    strong: Collection[int] = (),
    by_type: Sequence[Candidate] = (),
    warnings: Sequence[str] = (),
) -> Draft:
    """Find the speech and its speakers in lines of text.

    Args:
        lines: of the text, which is the lines joined by `\\n`, without printed numbers at their heads; captions are
            rendered anew.
        silent: indices of lines that are known not to be speech (titles of a document).
        strong: indices of lines whose label, if they have one, is set off by its type (bold).
        by_type: labels that the type gives (questions in bold), for lines of which none has a label of its own.
        warnings: of earlier steps, passed on.
    """
    captions = pasted_captions(lines, warnings) or saved_captions(lines, warnings)
    if captions is not None:
        return captions
    by_mark = marked_lines(lines) or saved_chat(lines) or emails(lines)
    evidence = None if by_mark else committee(lines)
    plain: Sequence[str] | None = None if by_type or by_mark else without_numbers(lines)
    if evidence is not None and evidence.numbered:
        plain = list(evidence.lines)
    if plain is not None:
        lines, warnings = plain, (*warnings, NUMBERED)
    header = read_header(lines)
    bold = frozenset(strong)
    aside = frozenset(silent) | header.lines
    aside |= by_mark.aside if by_mark else frozenset()
    aside |= evidence.aside if evidence else frozenset()
    aside |= _summary(lines)
    overlapping = overlaps(lines)
    aside |= credit_lines(lines, aside)
    aside |= _notes(lines, aside, overlapping.talk)
    # Numbered lines have no blank ones between the turns.
    heads = candidates(_talk(lines, aside), after_sentences=plain is not None)
    pages = frozenset[int]() if by_mark else running_heads(lines, heads) - aside
    if pages:
        aside |= pages
        heads = candidates(_talk(lines, aside), after_sentences=plain is not None)
    found = [replace(one, strong=True) if one.line in bold else one for one in heads]
    speakers = _of_mark(by_mark, _talk(lines, aside)) if by_mark else _speakers(found, _talk(lines, aside), by_type)
    aside |= speakers.headings
    ends = by_mark.ends if by_mark else durations(lines)
    builder = _Builder(
        lines,
        aside,
        speakers.labels,
        stamped=not by_mark and _is_stamped(lines),
        ends=ends,
        overlapping=overlapping.talk,
    )
    turns = builder.build()
    return Draft(
        text="\n".join(lines),
        turns=tuple(turns),
        attributes=header.attributes,
        roles={**speakers.roles, **(evidence.roles(speakers.labels) if evidence else {})},
        warnings=(
            *warnings,
            *warning_of(pages),
            *overlapping.warnings(),
            *speakers.notices,
            *builder.warnings(),
            *speakers.doubts,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Speakers:
    """Who speaks where.

    Attributes:
        labels: where turns begin, and who speaks.
        headings: lines between turns that nobody says.
        roles: that the labels give.
        notices: what was done that the labels alone do not say.
        doubts: what was not done, though it may have been meant.
    """

    labels: Sequence[Candidate]
    headings: frozenset[int]
    roles: Mapping[str, Role] = field(default_factory=dict)
    notices: Sequence[str] = ()
    doubts: Sequence[str] = ()


def _of_mark(mark: Marked, talk: Sequence[str]) -> _Speakers:
    headings = topics(talk, mark.labels)
    return _Speakers([one for one in mark.labels if one.line not in headings], headings, mark.roles, mark.warnings)


def _speakers(found: Sequence[Candidate], talk: Sequence[str], by_type: Sequence[Candidate]) -> _Speakers:
    """Who speaks in lines without marks: by labels, else by the type and the form of the questions."""
    chosen = choose(found, talk)
    labels, notices = with_semicolons(chosen, talk)
    evidence = deposition(found, labels, talk)
    if evidence is not None:
        return _Speakers(evidence.labels, evidence.aside, evidence.roles, notices)
    headings = topics(talk, labels)
    talk = ["" if index in headings else line for index, line in enumerate(talk)]
    sides = both_sides([one for one in labels if one.line not in headings], found, talk)
    labels, notices = list(sides.labels), [*notices, *sides.warnings]
    if not labels and by_type:
        labels, notices = [one for one in by_type if talk[one.line].strip()], [WARNING]
    elif not labels:
        labels, notices = labels_by_form(talk)
    roles = {**_panel_roles(labels), **sides.roles}
    return _Speakers(labels, headings, roles, notices, _not_believed(passed_over(found, chosen)))


def _talk(lines: Sequence[str], aside: Collection[int]) -> list[str]:
    """The lines, those blank that nobody says."""
    return ["" if index in aside or _only_a_stamp(line) else line for index, line in enumerate(lines)]


def _not_believed(labels: Collection[str]) -> list[str]:
    if not labels:
        return []
    named = listed([f"{label}:" for label in labels], 3)
    return [
        f"not taken for speakers' labels, though several paragraphs begin so: {named} What follows is counted to the speaker "
        "before; if it is a person, write the label with capitals or a number (`Social Worker:`, `Social worker 1:`)"
    ]


def _summary(lines: Sequence[str]) -> frozenset[int]:
    """Lines above a heading `Transcript`: a program's summary of what was said is nobody's speech."""
    last = max((index for index, line in enumerate(lines) if is_transcript_heading(line)), default=-1)
    below = lines[last + 1 :]
    return frozenset(range(last + 1)) if any(line and not line.isspace() for line in below) else frozenset()


def _only_a_stamp(line: str) -> bool:
    position, time = leading_stamp(line[:40])
    return time is not None and position >= len(line.rstrip())


def _notes(lines: Sequence[str], aside: Collection[int], overlapping: Collection[int]) -> frozenset[int]:
    """Lines that are a note as a whole, and lines of a note that runs over several."""
    found: set[int] = set()
    for index, line in enumerate(lines):
        if index in aside or index in found or index in overlapping or not line:
            continue
        if is_note(line) or is_closing(line):
            found.add(index)
        else:
            found.update(range(index, note_end(lines, index)))
    return frozenset(found)


def _panel_roles(labels: Sequence[Candidate]) -> dict[str, Role]:
    """`[m1]`, `[p1]`, `[o1]` say moderator, participant and observer, where a moderator is among them."""
    if not labels or labels[0].style is not Style.BRACKET:
        return {}
    names = {one.label for one in labels}
    if not any(name[0] in "mM" and name[1:].isdecimal() for name in names):
        return {}
    return {name: _PANEL[name[0].lower()] for name in names if name[1:].isdecimal() and name[0].lower() in _PANEL}


class _Builder:
    """Walks the lines once and collects turns; offsets count from the text's start."""

    def __init__(
        self,
        lines: Sequence[str],
        aside: frozenset[int],
        labels: Sequence[Candidate],
        *,
        stamped: bool,
        ends: Mapping[int, int],
        overlapping: Collection[int],
    ) -> None:
        self._lines = lines
        self._ends = ends
        self._overlapping = overlapping
        self._aside = aside
        self._labels = {one.line: one for one in labels}
        self._names = names_of(labels)
        self._first = labels[0].line if labels else -1
        self._stamped = stamped
        self._inline = any(INLINE.search(line) for line in lines)
        self._turns: list[Turn] = []
        self._stretches: list[Stretch] = []
        self._speaker: str | None = None
        self._start = self._end = -1  # of the stretch under way
        self._time: float | None = None

    def build(self) -> list[Turn]:
        """All turns of the text."""
        offset = 0
        skipped = self._aside | self._before_talk()
        for index, line in enumerate(self._lines):
            if index in skipped:
                self._close_stretch()
            else:
                self._line(index, line, offset)
            offset += len(line) + 1
        self._close_turn()
        return self._turns

    def warnings(self) -> list[str]:
        """What the user should look at."""
        found = []
        if self._turns and not self._labels:
            found.append("no speaker labels were found: the whole text is taken as one participant's")
        elif self._turns and self._turns[0].speaker is None:
            found.append(UNKNOWN_FIRST)
        return found

    def _before_talk(self) -> frozenset[int]:
        """Lines above the first label that are titles."""
        above = (
            index
            for index in range(max(0, self._first))
            if index not in self._aside and not _only_a_stamp(self._lines[index])
        )
        return frozenset(index for index in above if title_like(self._lines[index]))

    def _line(self, index: int, line: str, offset: int) -> None:
        label = self._labels.get(index)
        if label:
            name = self._names[key_of(label.label)]
            self._close_stretch()
            if name != self._speaker:
                self._close_turn()
                self._speaker = name
            self._time = label.time if label.time is not None else self._time
            position = label.speech
            if index not in self._overlapping and says_nothing(line[position:]):
                return
        else:
            position, time = leading_stamp(line[:100], bare=self._stamped or _only_a_stamp(line))
            if time is not None:
                self._close_stretch()
                self._time = time
        rest = line[position : self._ends.get(index)].rstrip()
        if not rest:
            self._close_stretch()
            return
        end = position + len(rest)
        for match in INLINE.finditer(line, position, end) if self._inline else ():
            self._speech(line, position, match.start(), offset)
            self._close_stretch()
            self._time = seconds(match.group("time"))
            position = match.end()
        self._speech(line, position, end, offset)

    def _speech(self, line: str, start: int, end: int, offset: int) -> None:
        """Take the line's characters from `start` to `end` as speech, less the white space around them."""
        words = line[start:end]
        start += len(words) - len(words.lstrip())
        if not words or words.isspace():
            return
        if self._start < 0:
            self._start = offset + start
        self._end = offset + start + len(words.strip())

    def _close_stretch(self) -> None:
        if self._start >= 0:
            self._stretches.append(Stretch(self._start, self._end, self._time))
            self._start = self._end = -1
            self._time = None

    def _close_turn(self) -> None:
        self._close_stretch()
        if self._stretches:
            self._turns.append(Turn(self._speaker, tuple(self._stretches)))
            self._stretches = []


def _is_stamped(lines: Sequence[str]) -> bool:
    """Whether times at line heads are time stamps: there are several, and they never run backwards."""
    times = [time for line in lines if (time := has_bare_stamp(line[:30])) is not None]
    return len(times) > 1 and all(before <= after for before, after in pairwise(times))
