"""Label Studio's annotations of a run's segments, made with the set-up that the export writes: codes, partners, attitudes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.exchange.building import ProjectBuilder
from pipeline.exchange.files import number
from pipeline.exchange.offsets import Unit
from pipeline.exchange.placing import Placer
from pipeline.exchange.run_tasks import AS_SUCH, CODES, PARTNERS, STANCE, give_attitude, give_codes
from pipeline.types import PARTNERSHIP, Attitude

_UNITS = (Unit.UTF16, Unit.CODE_POINT)
_ATTITUDES = {attitude.value: attitude for attitude in Attitude}


@dataclass(slots=True)
class _Region:
    """Words that somebody marked as naming a partner."""

    place: tuple[int, int] | None = None
    partner_type: str = ""
    attitude: Attitude | None = None


def read_annotations(
    builder: ProjectBuilder, source_id: str, text: str, annotations: Sequence[tuple[str, Mapping[str, Any]]]
) -> None:
    """Read a segment's annotations; of several by one coder the latest, since each is an answer to the whole task.

    Args:
        annotations: with their coders.
    """
    latest: dict[str, Mapping[str, Any]] = {}
    for coder, annotation in annotations:
        if coder in latest:
            builder.count(
                "[annotation was|annotations were] replaced by a later one of the same coder on the same segment"
            )
        if coder not in latest or _when(annotation) >= _when(latest[coder]):
            latest[coder] = annotation
    for coder, annotation in latest.items():
        _read(builder, source_id, text, coder, annotation.get("result") or ())


def _when(annotation: Mapping[str, Any]) -> tuple[str, int]:
    return str(annotation.get("updated_at") or annotation.get("created_at") or ""), number(annotation.get("id"))


def _read(builder: ProjectBuilder, source_id: str, text: str, coder: str, results: Sequence[Mapping[str, Any]]) -> None:
    placer = Placer(text)
    codes: list[str] = []
    regions: dict[str, _Region] = {}
    for result in results:
        control, value = result.get("from_name"), result.get("value") or {}
        given = [str(item) for item in value.get(str(result.get("type"))) or ()]
        if control == CODES:
            codes += given
        elif control == AS_SUCH and given[:1] and given[0] in _ATTITUDES:
            give_attitude(builder, source_id, (0, len(text)), PARTNERSHIP, _ATTITUDES[given[0]], coder)
        elif control in (PARTNERS, STANCE) and given:
            region = regions.setdefault(str(result.get("id")), _Region())
            found = placer.place(
                number(value.get("start")), number(value.get("end")), str(value.get("text") or ""), _UNITS
            )
            region.place = (found.start, found.end) if found else region.place
            if control == PARTNERS:
                region.partner_type = given[0]
            else:
                region.attitude = _ATTITUDES.get(given[0])
        else:
            builder.count(
                "[result is of a control|results are of controls] that the run's labelling set-up does not have and "
                "[was|were] left out"
            )
    give_codes(builder, source_id, len(text), codes, coder)
    for region in regions.values():
        if region.place is None or not region.partner_type or region.attitude is None:
            builder.count(
                "marked [partner has|partners have] no attitude, no type, or no words in the text and [was|were] left out"
            )
        else:
            give_attitude(builder, source_id, region.place, region.partner_type, region.attitude, coder)
