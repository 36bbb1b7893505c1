"""Puts a project together from what a foreign file says: names instead of ids, and offsets that are not trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.errors import clipped
from pipeline.exchange.project import Origin, Project, ProjectCode, ProjectCoding, Source
from pipeline.plural import numbered

_SHOWN = 5


class ProjectBuilder:
    """A project under way.

    Codes are known by their path of names; those that differ in capitals and white space only are one code.
    What cannot be kept is counted and ends in the project's warnings.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._sources: dict[str, Source] = {}
        self._codes: dict[str, ProjectCode] = {}
        self._spellings: dict[str, Counter[str]] = {}
        self._codings: dict[ProjectCoding, None] = {}
        self._warnings: dict[str, None] = {}
        self._counts: Counter[str] = Counter()
        self._columns: dict[str, str] = {}

    @property
    def coded(self) -> int:
        """How many codings there are so far."""
        return len(self._codings)

    def source(
        self,
        name: str,
        text: str,
        *,
        attributes: Mapping[str, str] | None = None,
        path: str | None = None,
        origin: Origin | None = None,
    ) -> str:
        """Add a text; returns its id."""
        source_id = f"{len(self._sources)}\n{name}"
        self._sources[source_id] = Source(source_id, name, text, attributes or {}, path, origin)
        return source_id

    def code(
        self, *names: str, description: str = "", colour: str | None = None, codable: bool = True, own: str = ""
    ) -> str | None:
        """Add a code, or add to it, and the groups above it; returns its id, None where it has no name.

        Args:
            names: from the topmost group down to the code.
            own: what else tells it from codes of the same name.
        """
        path = [" ".join(name.split()) for name in names]
        path = [name for name in path if name]
        if not path:
            return None
        parent = self.code(*path[:-1], codable=False) if len(path) > 1 else None
        code_id = "\n".join([name.casefold() for name in path] + [own] * bool(own))
        self._spellings.setdefault(code_id, Counter())[path[-1]] += 1
        known = self._codes.get(code_id) or ProjectCode(code_id, path[-1], parent, codable=False)
        self._codes[code_id] = replace(
            known,
            description=known.description or description.strip(),
            colour=known.colour or colour,
            codable=known.codable or codable,
        )
        return code_id

    def known_code(self, code: ProjectCode) -> None:
        """Add a code as it is; its id is its own."""
        self._codes.setdefault(code.code_id, code)
        self._spellings[code.code_id] = Counter([code.name])

    def coding(
        self,
        source_id: str,
        start: int,
        end: int,
        code_id: str | None,
        *,
        coder: str = "",
        memo: str = "",
        context: str = "",
    ) -> bool:
        """Add a coding; one that lies outside the text or on nothing is counted and left out."""
        text = self._sources[source_id].text
        if not 0 <= start < end <= len(text):
            self.count(
                "[coding lies outside its|codings lie outside their] text, or on nothing, and [was|were] left out"
            )
            return False
        if not text[start:end].strip():
            self.count("[coding lies|codings lie] on white space alone and [was|were] left out")
            return False
        self._codings[ProjectCoding(source_id, start, end, code_id, coder.strip(), memo.strip(), context=context)] = (
            None
        )
        return True

    def columns(self, named: Mapping[str, str]) -> None:
        """Say which of a table's columns was taken for what."""
        self._columns |= named

    def warn(self, warning: str) -> None:
        """Say something, once."""
        self._warnings[warning] = None

    def count(self, problem: str, number: int = 1) -> None:
        """Count a problem; the warning is the number and its name, which says both where they differ: `[span is|spans are]`."""
        self._counts[problem] += number

    def project(self) -> Project:
        """The finished project."""
        codes = [
            replace(code, name=self._spellings[code.code_id].most_common(1)[0][0]) for code in self._codes.values()
        ]
        self._tell_spellings()
        warnings = [*self._warnings, *(numbered(number, problem) for problem, number in self._counts.items() if number)]
        return Project(
            self._name,
            tuple(self._sources.values()),
            tuple(codes),
            tuple(self._codings),
            tuple(warnings),
            self._columns,
        )

    def _tell_spellings(self) -> None:
        several = [list(found) for found in self._spellings.values() if len(found) > 1]
        if several:
            shown = "; ".join(" = ".join(map(repr, map(clipped, found))) for found in several[:_SHOWN])
            more = f" and {len(several) - _SHOWN} more" if len(several) > _SHOWN else ""
            was = "[code is|codes are] spelt in several ways (capitals, spaces) and [was taken as one|were taken as one each]"
            self.warn(f"{numbered(len(several), was)}: {shown}{more}")


def path_of(name: str, separators: Sequence[str] = (" > ", ">>", "\\\\", "\\")) -> list[str]:
    """A code's name with the groups above it, as programs write them in one cell: `Costs > Money`."""
    for separator in separators:
        if separator in name:
            return [part for part in (part.strip() for part in name.split(separator)) if part]
    return [name.strip()]
