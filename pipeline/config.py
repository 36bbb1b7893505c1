"""Settings: typed, from YAML, with unknown keys refused and every fault reported at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.errors import UsageError, clipped
from pipeline.types import Role

Model = TypeVar("Model", bound=BaseModel)
Tell = Callable[[Any, Sequence[Any]], list[str]]
_UNQUOTED_SEEMS = ("mapping values are not allowed", "found character", "while scanning", "expected <block end>")
_UNQUOTED = "; put text that holds a colon or a quotation mark, or begins with another sign, in quotes"
_MOST_FAULTS = 12
"""Faults told at once; a damaged file has thousands."""


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SegmentSettings(_Settings):
    """How turns become segments."""

    max_words: int = Field(120, ge=10, le=400, description="longest segment; longer turns are cut at sentence ends")
    context_words: int = Field(60, ge=0, le=300, description="talk just before a segment, for the model and the reader")


class IngestSettings(_Settings):
    """How files are read."""

    max_megabytes: int = Field(100, ge=1, description="larger files are refused, so that one cannot take all memory")
    roles: dict[str, Role] = Field(
        default_factory=dict,
        description="speaker label (or a pattern with *) to interviewer, participant or other",
    )


class PartnerSettings(_Settings):
    """How partners are found."""

    vocabulary: Path | None = Field(None, description="a partner vocabulary; the shipped one where none is given")
    own_agency: str | None = Field(
        None, description="the partner type that speakers belong to where their attributes do not say"
    )


class RunSettings(_Settings):
    """Everything that changes what a run writes. The resolved settings are kept in the run's manifest."""

    ingest: IngestSettings = IngestSettings()
    segments: SegmentSettings = SegmentSettings()
    partners: PartnerSettings = PartnerSettings()
    risk: float | None = Field(
        None, gt=0, lt=1, description="share of wrongly coded segments allowed; more uncertain ones are left to a human"
    )
    engine: Literal["auto", "float32", "bfloat16", "float16", "int8"] = Field(
        "auto",
        description="what numbers the encoder computes with; auto is bfloat16 on processors that have it, else float32",
    )
    batch_tokens: int | None = Field(
        None, ge=256, description="tokens per batch; what suits the device where not given"
    )


def read_yaml(path: Path) -> Any:
    """Parse a YAML file.

    Raises:
        UsageError: it is missing, unreadable or not YAML.
    """
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise UsageError("is not UTF-8 text", path=path, remedy="mend the YAML: save it as UTF-8") from error
    except (ValueError, yaml.YAMLError) as error:  # ValueError: a date that does not exist
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark else None
        problem = getattr(error, "problem", None) or "not valid YAML"
        remedy = f"mend the YAML{_UNQUOTED if str(problem).startswith(_UNQUOTED_SEEMS) else ''}"
        raise UsageError(str(problem), path=path, place=place, remedy=remedy) from error


def validated(model: type[Model], content: Any, path: Path, *, tell: Tell | None = None) -> Model:
    """Check `content` of the file `path` against `model`.

    Args:
        tell: makes sentences of the content and pydantic's faults; by default each key with its fault.

    Raises:
        UsageError: naming every fault and its place at once.
    """
    if not isinstance(content, dict):
        raise UsageError("expected a mapping of keys to values", path=path, place="top level")
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = (tell or _by_key)(content, error.errors())
        more = [f"and {len(faults) - _MOST_FAULTS:,} more"] if len(faults) > _MOST_FAULTS else []
        raise UsageError("; ".join([*faults[:_MOST_FAULTS], *more]), path=path) from error


def load_run_settings(path: Path | None) -> RunSettings:
    """The run's settings: defaults, overlaid with the file where one is given."""
    return RunSettings() if path is None else validated(RunSettings, read_yaml(path) or {}, path)


def _by_key(_: Any, errors: Sequence[Any]) -> list[str]:
    return [f"{_place(fault['loc'])}: {_problem(fault)}" for fault in errors]


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(clipped(str(part)) for part in location) or "top level"


def _problem(fault: Any) -> str:
    if fault["type"] == "extra_forbidden":
        return "unknown key"
    if fault["type"] == "missing":
        return "missing"
    return str(fault["msg"]).removeprefix("Value error, ")
