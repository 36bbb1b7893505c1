"""A gold table as a project that other programs can be given."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import replace

from pipeline.codebook import Codebook
from pipeline.exchange.attitudes import ATTITUDES_ONLY, NONE_CODES, attitude_codes, code_id
from pipeline.exchange.codebook_codes import code_of, codes_of
from pipeline.exchange.naming import NO_CONTEXT, default_group, default_unit, transcript_names
from pipeline.exchange.project import Project, ProjectCode, ProjectCoding, Source
from pipeline.exchange.talk_before import talk_before
from pipeline.gold import GoldUnit
from pipeline.gold_none import LookedFor, kinds_given, nones_of
from pipeline.plural import listed, numbered
from pipeline.types import Coding, MentionCoding

WholeText = Callable[[str], str]
"""A transcript's text by the name that a gold table gives it; raises KeyError where there is none."""

Places = dict[str, tuple[str, int]]
"""For each unit the id of its source and where it starts there."""


def project_of_gold(
    units: Sequence[GoldUnit], name: str, *, codebook: Codebook | None = None, text_of: WholeText | None = None
) -> Project:
    """The units on their transcripts; where a transcript is not found, on a text made of the units themselves.

    Args:
        codebook: for the codes' labels, definitions, themes and colours; codes that it lacks are added.
        text_of: finds transcripts.
    """
    sources, places, warnings = _placed(units, text_of)
    transcripts = transcript_names(sources)
    texts = {source.source_id: source.text for source in sources}
    codings: list[ProjectCoding] = []
    given = kinds_given(coding for unit in units for coding in unit.codings)
    nones: set[LookedFor] = set()
    alone = 0
    for unit in units:
        source_id, start = places[unit.unit_id]
        base = _whole(unit.first, source_id, start, transcripts[source_id], texts[source_id])
        attitudes_only = all(coding.codes is None for coding in unit.codings)
        alone += attitudes_only
        for coding in unit.codings:
            own = replace(base, coder=coding.coder)
            if coding.codes is not None:
                codings += [replace(own, code_id=code) for code in sorted(coding.codes)] or [own]
            elif attitudes_only:
                codings.append(replace(own, code_id=ATTITUDES_ONLY.code_id))
            codings += [_attitude(own, item) for item in coding.attitudes or ()]
            none = nones_of(coding, given)
            codings += [replace(own, code_id=NONE_CODES[kind].code_id) for kind in none]
            nones.update(none)
    if alone:
        told = "[unit was|units were] coded for attitudes only; other programs show [it|them] with a code that says so"
        warnings.append(f"{numbered(alone, told)}, {ATTITUDES_ONLY.name!r}")
    codes = [*_codes(units, codebook), *(code for kind, code in NONE_CODES.items() if kind in nones)]
    codes += [ATTITUDES_ONLY] * bool(alone)
    return Project(name, tuple(sources), tuple(codes), tuple(codings), tuple(warnings))


def _whole(first: Coding, source_id: str, start: int, transcript: str, text: str) -> ProjectCoding:
    """The unit without a code, with what of it cannot be had from its place."""
    end = start + len(first.text)
    given = first.unit_id, first.group, first.context or NO_CONTEXT
    before = talk_before(text, start) or NO_CONTEXT
    usual = default_unit(transcript, start, end), default_group(transcript), before
    unit, group, context = ("" if own == default else own for own, default in zip(given, usual, strict=True))
    return ProjectCoding(source_id, start, end, None, unit=unit, group=group, context=context)


def _attitude(unit: ProjectCoding, item: MentionCoding) -> ProjectCoding:
    """An attitude as a coding of the mention's words; of the whole unit's where it is to partnership as such."""
    start, end = unit.start, unit.end
    if item.start is not None and item.end is not None:
        start, end = unit.start + item.start, unit.start + item.end
    code = code_id(item.partner_type, item.attitude)
    return ProjectCoding(unit.source_id, start, end, code, unit.coder, unit=unit.unit)


def _codes(units: Sequence[GoldUnit], codebook: Codebook | None) -> list[ProjectCode]:
    codes = codes_of(codebook) if codebook is not None else []
    known = {code.code_id for code in codes}
    codings = [coding for unit in units for coding in unit.codings]
    used = dict.fromkeys(code for coding in codings for code in sorted(coding.codes or ()))
    types = dict.fromkeys(item.partner_type for coding in codings for item in coding.attitudes or ())
    return [
        *codes,
        *(code_of(code) for code in used if code not in known),
        *attitude_codes(list(types)),
    ]


def _placed(units: Sequence[GoldUnit], text_of: WholeText | None) -> tuple[list[Source], Places, list[str]]:
    """Sources, and each unit's place in them."""
    by_transcript: dict[str, list[Coding]] = defaultdict(list)
    for unit in units:
        by_transcript[unit.first.transcript or ""].append(unit.first)
    sources: list[Source] = []
    places: Places = {}
    made: list[Coding] = []
    missing: list[str] = []
    unlike: list[str] = []
    for transcript, firsts in by_transcript.items():
        text = _text(transcript, text_of)
        if text is None or not all(_stands(first, text) for first in firsts):
            made += firsts
            if transcript:
                (missing if text is None else unlike).append(transcript)
            continue
        source_id = f"transcript\n{transcript}"
        sources.append(Source(source_id, transcript, text))
        places |= {first.unit_id: (source_id, first.start or 0) for first in firsts}
    _make(made, sources, places)
    reasons = {"[was|were] not found": missing, "[has|have] other words at the gold's offsets": unlike}
    return sources, places, [_unplaced(reason, names) for reason, names in reasons.items() if names]


def _unplaced(reason: str, names: Sequence[str]) -> str:
    """One sentence on all transcripts in which gold has no place for one reason."""
    told = numbered(len(names), f"[transcript|transcripts] {reason}")
    made = "its units stand in a text" if len(names) == 1 else "their units stand in texts"
    return (
        f"{told} ({listed(names)}), so {made} made of them, one after another (--transcripts FOLDER says where "
        f"{'it is' if len(names) == 1 else 'they are'})"
    )


def _text(transcript: str, text_of: WholeText | None) -> str | None:
    if not transcript or text_of is None:
        return None
    try:
        return text_of(transcript)
    except KeyError:
        return None


def _stands(first: Coding, text: str) -> bool:
    return first.start is not None and first.end is not None and text[first.start : first.end] == first.text


def _make(firsts: Sequence[Coding], sources: list[Source], places: Places) -> None:
    """A text for each group: its units in order, each after its context where that is new."""
    groups: dict[str, list[Coding]] = defaultdict(list)
    for first in firsts:
        groups[first.group].append(first)
    for group, members in groups.items():
        source_id, parts, length, context = f"units\n{group}", list[str](), 0, ""
        for first in members:
            if first.context and first.context != context:
                parts += [first.context, "\n\n"]
                length += len(first.context) + 2
                context = first.context
            places[first.unit_id] = (source_id, length)
            parts += [first.text, "\n\n"]
            length += len(first.text) + 2
        sources.append(Source(source_id, group, "".join(parts)))
