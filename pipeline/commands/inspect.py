"""`themes inspect`: how each file was understood, on at most 100 columns, or as JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipeline.commands.terminal import terminal
from pipeline.config import load_run_settings
from pipeline.errors import UnreadableInput, UsageError, printable
from pipeline.ingest import AttributesTable
from pipeline.ingest.archives import SUFFIX, place_in_archive
from pipeline.ingest.registry import BY_SUFFIX
from pipeline.ingest.several import place_in_table
from pipeline.inspection import Inspection, NotInspected, inspect_all
from pipeline.own_agencies_told import Known
from pipeline.plural import numbered
from pipeline.role_differences import RolesSeen
from pipeline.types import Role

WIDTH = 100
_HEADING = 13
_LONGEST_TURN = 400
_LONGEST_PIECE = 160


def show(files: Sequence[Path], *, turns: int, config: Path | None, attributes: Path | None, as_json: bool) -> int:
    """Inspect files and print what was found; returns the exit status.

    Raises:
        UsageError: none of the paths is there, or there is nothing in them to be read.
    """
    if not any(os.path.lexists(path) or place_in_table(path) or place_in_archive(path) for path in files):
        raise UsageError("there is no such file or folder", path=files[0], remedy="check the path")
    settings = load_run_settings(config)
    table = AttributesTable.read(attributes) if attributes else None
    console, errors = terminal(), terminal(stderr=True)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    seen: list[Inspection] = []
    left: list[NotInspected] = []
    for found in inspect_all(files, settings=settings, attributes=table, first=turns):
        if isinstance(found, NotInspected):
            left.append(found)
            if not found.skipped:
                errors.print(f"themes: {printable(found.path)}: {found.reason}")
        else:
            seen.append(found)
            if not as_json:
                _print(found, console)
    unused = table.unused() if table else []
    known = Known.of((Path(one.path).stem, _participants(one)) for one in seen)
    for warning in (*unused, *_differences(seen), *known.warnings()):
        errors.print(f"themes: {warning}")
    if as_json:
        print(json.dumps(_document(seen, left), ensure_ascii=False, indent=2))
    else:
        _print_skipped(left, console)
    if not seen and all(one.skipped for one in left):
        raise UsageError(
            f"there is no transcript in it ({numbered(len(left), '[file|files]')} passed over)",
            path=files[0],
            remedy=f"the formats are {', '.join(sorted([*BY_SUFFIX, SUFFIX]))}",
        )
    return UnreadableInput.exit_status if any(not one.skipped for one in left) else 0


def _differences(seen: Sequence[Inspection]) -> list[str]:
    roles = RolesSeen()
    for one in seen:
        roles.add((speaker.name, speaker.role) for speaker in one.speakers)
    return roles.warnings()


def _participants(one: Inspection) -> list[dict[str, str | None]]:
    """As a run would note them."""
    return [
        {
            "speaker": speaker.name,
            "agency": speaker.own_agency,
            "from": speaker.own_agency_from,
            "post": speaker.own_agency_post,
        }
        for speaker in one.speakers
        if speaker.role is Role.PARTICIPANT
    ]


def _document(seen: Sequence[Inspection], left: Sequence[NotInspected]) -> dict[str, object]:
    def named(skipped: bool) -> list[dict[str, str]]:
        return [{"path": printable(one.path), "reason": one.reason} for one in left if one.skipped is skipped]

    return {"files": [one.as_dict() for one in seen], "failed": named(False), "skipped": named(True)}


def _print(one: Inspection, console: Console) -> None:
    _wrapped(console, "", printable(one.path), style="bold")
    _line(
        console,
        "read as",
        f"{one.format}; {numbered(one.turns, '[turn|turns]')} of {numbered(len(one.speakers), '[speaker|speakers]')}",
    )
    if one.columns:
        _line(console, "columns", _pairs(one.columns))
    _line(
        console, "to be coded", f"{numbered(one.segments, '[segment|segments]')}, {numbered(one.words, '[word|words]')}"
    )
    _line(console, "no speaker", f"{one.unattributed:.1%} of the speech")
    _line(console, "times", "none" if not one.timed else f"on {one.timed:.0%} of the stretches of speech")
    _line(console, "attributes", _pairs(one.attributes) or "none")
    _line(console, "own agency", Known.of([(one.path, _participants(one))]).line() or "of nobody: no participant")
    aside = (
        f"{numbered(one.not_speech, '[piece|pieces]')}, {numbered(one.not_speech_words, '[word|words]')}"
        if one.not_speech
        else "nothing"
    )
    _line(console, "not speech", aside)
    for example in one.examples:
        _line(console, "", f"- {_short(example, _LONGEST_PIECE)}")
    for warning in one.warnings:
        _line(console, "look at", warning)
    _print_speakers(one, console)
    for turn in one.first_turns:
        time = f" at {_clock(turn.start_time)}" if turn.start_time is not None else ""
        who = _short(f"{turn.speaker or 'no speaker'} ({turn.role}){time}", 80)
        _wrapped(console, "  ", f"{who}: {_short(turn.text, _LONGEST_TURN)}", hang="    ")
    console.print()


def _print_speakers(one: Inspection, console: Console) -> None:
    if not one.speakers:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    for heading, of_numbers in (("speaker", 0), ("role", 0), ("turns", 1), ("words", 1), ("decided by", 0)):
        table.add_column(heading, justify="right" if of_numbers else "left", overflow="fold")
    for speaker in one.speakers:
        name = _short(speaker.name or "(none)", 40)
        table.add_row(name, speaker.role, f"{speaker.turns:,}", f"{speaker.words:,}", speaker.reason)
    console.print(Padding(table, (0, 0, 0, 2)))
    for speaker in one.speakers:
        if speaker.attributes:
            _wrapped(console, "  ", f"{speaker.name}: {_pairs(speaker.attributes)}", hang="    ")


def _print_skipped(left: Sequence[NotInspected], console: Console) -> None:
    for one in left:
        if one.skipped:
            _wrapped(console, "", f"passed over: {printable(one.path)}: {one.reason}", hang="  ")


def _line(console: Console, heading: str, text: str) -> None:
    _wrapped(console, f"  {heading:<{_HEADING}}", text, hang=" " * (_HEADING + 2))


def _wrapped(console: Console, lead: str, text: str, *, hang: str = "", style: str = "") -> None:
    """Print `text` after `lead`, its further lines after `hang`, within the console's width in columns."""
    lines = Text(text, style=style).wrap(console, console.width - max(len(lead), len(hang)))
    for index, line in enumerate(lines):
        line.rstrip()
        console.print(Text(hang if index else lead).append_text(line))


def _pairs(attributes: dict[str, str]) -> str:
    return "; ".join(f"{name}: {_short(value, 80)}" for name, value in attributes.items())


def _short(text: str, most: int) -> str:
    line = printable(" ".join(text.split()))
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
