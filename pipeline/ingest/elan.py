"""ELAN (`.eaf`): tiers of their own are talk; tiers that hang on others annotate it.

pympi-ling reads ELAN too, from paths alone and with a parser that is not closed to attacks; of the format little is needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipeline.errors import UnreadableInput
from pipeline.ingest.draft import Draft
from pipeline.ingest.tiers import Label, Tier, render
from pipeline.ingest.xml_tree import parsed
from pipeline.plural import listed

_SLOT = "TIME_SLOT_REF"


def read(data: bytes) -> Draft:
    """Read an ELAN file; speakers are the tiers' participants, else the tiers' names.

    Raises:
        UnreadableInput: damaged, no ELAN, or without words.
    """
    root = parsed(data, "ELAN file", "open it in ELAN and save it again")
    if root.tag != "ANNOTATION_DOCUMENT":
        raise UnreadableInput(f"XML, but no ELAN file: it holds <{root.tag}>", remedy="give the .eaf itself")
    slots = _slots(root)
    own: list[Tier] = []
    dependent: list[str] = []
    for element in root.iter("TIER"):
        name = element.get("TIER_ID") or ""
        if element.get("PARENT_REF"):
            dependent.append(name)
        else:
            speaker = " ".join((element.get("PARTICIPANT") or "").split()) or None
            own.append(Tier(name, tuple(_labels(element, slots)), speaker))
    warnings = [f"left out: tiers that hang on others ({listed(dependent, 12)})"] if dependent else []
    return render(own, attributes=_attributes(root), warnings=warnings)


def _slots(root: Any) -> dict[str, tuple[float | None, float]]:
    """Each time slot's seconds, and its place in time: those without a time stand after the one before them."""
    found: dict[str, tuple[float | None, float]] = {}
    unit = 1.0 if root.find("HEADER") is None else _UNITS.get(root.find("HEADER").get("TIME_UNITS") or "", 0.001)
    last = 0.0
    for slot in root.iter("TIME_SLOT"):
        value = slot.get("TIME_VALUE") or ""
        if value.isascii() and value.isdecimal() and len(value) < 16:
            last = int(value) * unit
            found[slot.get("TIME_SLOT_ID") or ""] = (round(last, 3), last)
        else:
            found[slot.get("TIME_SLOT_ID") or ""] = (None, last)
    return found


_UNITS = {"milliseconds": 0.001, "NTSC-frames": 1001 / 30000, "PAL-frames": 0.04}


def _labels(tier: Any, slots: dict[str, tuple[float | None, float]]) -> Iterator[Label]:
    for annotation in tier.iter("ALIGNABLE_ANNOTATION"):
        start, place = slots.get(annotation.get(_SLOT + "1") or "", (None, 0.0))
        end, _ = slots.get(annotation.get(_SLOT + "2") or "", (None, 0.0))
        if start is not None and end is not None:
            end = max(start, end)
        yield Label("".join(annotation.findtext("ANNOTATION_VALUE") or ""), start, end, place)


def _attributes(root: Any) -> dict[str, str]:
    """The document's author and date, and properties that people write."""
    found = {}
    for name in ("AUTHOR", "DATE"):
        value = " ".join((root.get(name) or "").split())
        if value and value != "unspecified":
            found[name.lower()] = value
    for one in root.iterfind("HEADER/PROPERTY"):
        name, value = (one.get("NAME") or "").strip(), " ".join((one.text or "").split())
        if value and name.lower() not in {"", "urn", "lastusedannotationid"}:
            found.setdefault("_".join(name.casefold().split()), value)
    return found
