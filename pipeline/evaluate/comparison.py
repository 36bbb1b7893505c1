"""What comparing two coders gives."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.evaluate.calibration import Calibration
from pipeline.evaluate.compare import Row
from pipeline.evaluate.figures import Figure


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two coders on the units that both coded.

    Attributes:
        rows: per code, theme and overall; empty where the gold has no codes.
        partnership: one of (none, negative, neutral, positive), on the `stances` units for which both coded attitudes.
        attitudes: on the mentions that both gave an attitude.
        partner_types: the same, by partner type.
        detection: whether mentions were found, of all and by partner type; empty where they were not looked for.
        calibration: of the machine's probabilities, per code and overall.
        attitude_calibration: the same of attitudes to mentions, per attitude and overall.
        adjudicated: how many of the units have a gold coding that was adjudicated, rather than one coder's.
    """

    gold: str
    other: str
    units: int
    groups: int
    rows: list[Row]
    partnership: dict[str, Figure] = field(default_factory=dict)
    attitudes: dict[str, Figure] = field(default_factory=dict)
    mentions: int = 0
    stances: int = 0
    adjudicated: int = 0
    partner_types: dict[str, dict[str, Figure]] = field(default_factory=dict)
    detection: dict[str, dict[str, Figure]] = field(default_factory=dict)
    calibration: list[Calibration] = field(default_factory=list)
    attitude_calibration: list[Calibration] = field(default_factory=list)
