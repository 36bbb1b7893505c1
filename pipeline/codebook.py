"""Codebooks: themes, codes and their definitions, read from YAML and checked."""

from __future__ import annotations

import hashlib
import json
import re
from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from pipeline.codebook_faults import TWICE, tell_of
from pipeline.config import read_yaml, validated
from pipeline.errors import UsageError, printable
from pipeline.resources import config_folder

YAML_SUFFIXES = (".yaml", ".yml")
SHORTEST_FACET = 4
"""Characters; what is shorter says nothing."""

CodeName = Annotated[str, Field(pattern=r"^[^;|\s]([^;|\n]*[^;|\s])?$", max_length=120)]


class Code(BaseModel):
    """One code: what the model assigns.

    Attributes:
        name: the identifier that stands in gold tables and run folders; no `;` (it separates codes).
        definition: one sentence; also the theme head's starting point for the code.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: CodeName
    label: str = ""
    definition: str = ""
    code_when: str = ""
    not_when: str = ""
    colour: str | None = Field(None, pattern=r"^#[0-9A-Fa-f]{6}$")

    @property
    def description(self) -> str:
        """All that tells a reader, or the encoder, what the code means."""
        label = self.label or self.name.replace("_", " ")
        return ". ".join(part.rstrip(". ") for part in (label, self.definition, self.code_when) if part.strip())

    @property
    def facets(self) -> tuple[str, ...]:
        """The description's parts one by one: a text need only be near one of them to be about the code."""
        phrases = (phrase.strip(" \"'“”.") for phrase in re.split(r"[;,]", self.code_when))
        parts = (self.label or self.name.replace("_", " "), self.definition, *phrases)
        return tuple(part for part in parts if len(part.strip()) >= SHORTEST_FACET) or (self.description,)

    @property
    def is_bare(self) -> bool:
        """Whether nothing but its name or label tells what it means."""
        return not (self.definition.strip() or self.code_when.strip())


class Theme(BaseModel):
    """A group of codes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: CodeName
    label: str = ""
    definition: str = ""
    codes: tuple[Code, ...] = Field(min_length=1)


class Codebook(BaseModel):
    """A codebook: nested (`themes`) or flat (`codes`), never both."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    version: Annotated[str, Field(coerce_numbers_to_str=True)] = "1"
    label: str = ""
    description: str = ""
    unit: str = ""
    themes: tuple[Theme, ...] = ()
    codes: tuple[Code, ...] = ()
    boundaries: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _check(self) -> Codebook:
        if bool(self.themes) == bool(self.codes):
            raise ValueError("give either `themes` (with codes under them) or a flat list `codes`")
        names = self.names
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise PydanticCustomError(
                TWICE, "code names must be unique; given twice: {names}", {"names": ", ".join(twice)}
            )
        return self

    @property
    def all_codes(self) -> tuple[Code, ...]:
        """Every code, in the codebook's order."""
        return self.codes or tuple(code for theme in self.themes for code in theme.codes)

    @property
    def names(self) -> tuple[str, ...]:
        """Code names, in the codebook's order: the order of the model's outputs."""
        return tuple(code.name for code in self.all_codes)

    @cached_property
    def theme_of(self) -> dict[str, str]:
        """Code name to theme name; empty for a flat codebook."""
        return {code.name: theme.name for theme in self.themes for code in theme.codes}

    def label_of(self, name: str) -> str:
        """What people read for a code or theme name."""
        labels = {theme.name: theme.label for theme in self.themes} | {code.name: code.label for code in self.all_codes}
        return labels.get(name) or name.replace("_", " ")

    @property
    def labels(self) -> dict[str, str]:
        """What people read for each code, by its name."""
        return {name: self.label_of(name) for name in self.names}

    @property
    def sha256(self) -> str:
        """Hash of the content, whatever its layout on disk."""
        content = json.dumps(self.model_dump(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode()).hexdigest()


def load_codebook(source: str | Path) -> Codebook:
    """Read a codebook from a YAML file, or by the name of one that ships (`partnership-culture`).

    Raises:
        UsageError: missing or faulty, with the place and the remedy.
    """
    path = Path(source)
    if not path.is_file():
        folder = config_folder() / "codebooks"
        shipped = folder / f"{path.name}.yaml"
        names = sorted(file.stem for file in folder.glob("*.yaml"))
        if str(source) not in names:
            raise UsageError("no such codebook", path=source, remedy=f"a YAML file, or one of: {', '.join(names)}")
        path = shipped
    return checked(_content(path), path, yaml_file=True)


def checked(content: object, path: Path, *, yaml_file: bool) -> Codebook:
    """The codebook that a file holds.

    Raises:
        UsageError: naming every fault at once, with the code that it is in.
    """
    return validated(Codebook, content, path, tell=tell_of(path, yaml_file=yaml_file))


def _content(path: Path) -> object:
    """What a YAML file holds; a codebook in another format is no YAML to mend, and is told from it by the suffix."""
    other = None if path.suffix.lower() in YAML_SUFFIXES else path.suffix
    try:
        content: object = read_yaml(path)
    except UsageError as error:
        if other is None or error.remedy is None:
            raise
        content = None
    if other is None or isinstance(content, dict):
        return content
    raise UsageError(
        f"is no codebook in YAML ({printable(other) or 'a name without suffix'})",
        path=path,
        remedy="from QDC, CSV or a coded project it is made by `themes codebook FILE --out codebook.yaml`",
    )
