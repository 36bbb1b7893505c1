"""What tables for people have in common: columns of attributes, lists in a cell, and what to know of the run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.codebook import Codebook
from pipeline.gold_unit import MACHINE
from pipeline.tables import RunTables
from pipeline.types import PARTNERSHIP, AttitudeScore, CodedSegment

SEPARATOR = "; "
_CALIBRATED = (
    "The model's own estimate, calibrated on held-out hand-coded interviews. A code is assigned above a threshold of its own, "
    "which lies low for seldom codes: a probability of 0.3 may well be an assigned code."
)
_ORDER = (
    "Not calibrated, and nothing is assigned: the model has learnt no codes. Only the order of a code's probabilities means "
    "anything."
)


def attribute_columns(names: Sequence[str], taken: Iterable[str]) -> list[str]:
    """A heading for each attribute: its name, or `attribute: NAME` where a column of the table is called so."""
    used = {heading.casefold() for heading in taken}
    headings = []
    for name in names:
        heading = name
        while heading.casefold() in used:
            heading = f"attribute: {heading}"
        used.add(heading.casefold())
        headings.append(heading)
    return headings


def partner_type(score: AttitudeScore) -> str:
    """The type of the partner, or partnership as such."""
    return score.mention.partner_type if score.mention else PARTNERSHIP


def probability(score: AttitudeScore) -> float:
    """That of the attitude which is given."""
    return float(getattr(score, score.attitude.value))


def attitudes_in_words(item: CodedSegment) -> str:
    """All attitudes of a segment in a cell."""
    return SEPARATOR.join(f"{partner_type(score)}: {score.attitude.value}" for score in item.attitudes)


def theme_label(codebook: Codebook, code: str) -> str:
    """The label of the theme that the code stands under."""
    name = codebook.theme_of.get(code, "")
    return next((theme.label or theme.name for theme in codebook.themes if theme.name == name), "")


def held_back(count: int) -> list[str]:
    """What to tell of segments that the run left to a human."""
    if not count:
        return []
    return [f"{count} segment{'' if count == 1 else 's'} that the run left to a human carry no code"]


def about(tables: RunTables) -> list[tuple[str, str]]:
    """Where the codings come from and how they are to be read."""
    manifest = tables.manifest
    codebook, counts, model = manifest["codebook"], manifest["counts"], manifest["model"]
    label = codebook["content"].get("label") or codebook["name"]
    edition = codebook["content"].get("version", "1")
    unlearnt = " ".join(filter(None, (tables.no_codes, tables.no_attitudes)))
    return [
        ("Coded by", f"{MACHINE}, version {manifest.get('version', 'unknown')}"),
        ("Model", f"{model['name']} (sha256 {model['sha256']})"),
        ("Codebook", f"{label}, version {edition} ({len(codebook['codes'])} codes; sha256 {codebook['sha256']})"),
        *([("Not learnt", unlearnt)] if unlearnt else []),
        ("Date of the run", str(manifest.get("finished", "unknown"))),
        ("Transcripts", str(counts["coded"])),
        (
            "Participants' segments",
            f"{counts.get('coded_segments', 'some')} of {counts.get('segments', 'all')} segments; only these are coded",
        ),
        ("Left to a human", f"{counts.get('for_review', 0)} segments, which carry no code; their attitudes stand"),
        ("Probability", _ORDER if tables.only_orders else _CALIBRATED),
        (
            "Attitude",
            "The speaker's attitude to the partner mentioned: negative, neutral or positive, with the probability of each. "
            f"'{PARTNERSHIP}' is the attitude to working together as such and has no words of its own.",
        ),
        (
            "Places",
            "Start and end count the characters of the transcript's text (Unicode code points), from 0; the end is not included.",
        ),
        (
            "Trust",
            "A machine's suggestion, to be checked. How well it agrees with human coders is told by `themes evaluate`.",
        ),
    ]
