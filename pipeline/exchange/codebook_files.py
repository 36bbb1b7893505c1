"""Codebooks as files: YAML (ours), CSV (for spreadsheets and Taguette) and QDC (REFI-QDA), told apart by suffix."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml
from pydantic import ValidationError

from pipeline.codebook import YAML_SUFFIXES, Code, Codebook, Theme, checked, load_codebook
from pipeline.errors import ThemesError, UnreadableInput, UsageError, printable
from pipeline.exchange.codebooks import book_of, identifier
from pipeline.exchange.refi.codebook_file import read_book, write_book
from pipeline.exchange.registry import FORMATS, load, reader_of
from pipeline.ingest.decode import SAVE_AS_CSV, decode
from pipeline.ingest.delimited import BrokenTable, delimiter_of, rows_of, unmarked
from pipeline.store import write_atomically

COLUMNS = (
    "name",
    "label",
    "description",
    "code_when",
    "not_when",
    "colour",
    "theme",
    "theme_label",
    "theme_description",
)
"""Of the CSV. Taguette takes `name` and `description` and passes over the rest."""
_NAMES = ("name", "code", "tag")
_WIDTH = 110


def read_codebook(source: str) -> tuple[Codebook, list[str]]:
    """A codebook from a file of any kind that holds codes, or by the name of one that ships; and warnings.

    Raises:
        UsageError, UnreadableInput: missing, faulty, or without codes.
    """
    path = Path(source)
    suffix = path.suffix.lower()
    if not path.is_file() or suffix in YAML_SUFFIXES:
        return load_codebook(source), []
    if suffix == ".qdc":
        return read_book(path)
    if suffix == ".csv" and _is_table(path):
        return _read_csv(path)
    if any(suffix in format_.suffixes and format_.reader for format_ in FORMATS):
        project = load(reader_of(path).reader or "")(path)
        try:
            return book_of(project.codes, project.name).codebook, list(project.warnings)
        except ThemesError as error:
            raise UnreadableInput(error.problem, path=path, remedy=error.remedy) from error
    if suffix == ".csv":
        raise UsageError(
            f"has none of the columns {', '.join(_NAMES)} with another beside it",
            path=path,
            place="line 1",
            remedy=f"a codebook's columns are {', '.join(COLUMNS)}",
        )
    return load_codebook(source), []


def write_codebook(codebook: Codebook, out: Path) -> list[str]:
    """Write a codebook as its file's suffix says; returns what the format cannot hold.

    Raises:
        UsageError: the suffix is none of them.
    """
    writers: Mapping[str, Callable[[Codebook, Path], list[str]]] = {
        ".yaml": _write_yaml,
        ".yml": _write_yaml,
        ".csv": _write_csv,
        ".qdc": _write_qdc,
    }
    if out.suffix.lower() not in writers:
        raise UsageError(
            f"{printable(out.suffix) or 'a name without suffix'} is no codebook's",
            path=out,
            remedy=f"end the name in {', '.join(writers)}",
        )
    return writers[out.suffix.lower()](codebook, out)


def as_yaml(codebook: Codebook) -> str:
    """The file's content; what is empty is left out."""
    content = codebook.model_dump(mode="json", exclude_defaults=True)
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=_WIDTH)


def _write_yaml(codebook: Codebook, out: Path) -> list[str]:
    write_atomically(out, as_yaml(codebook))
    return []


def _write_qdc(codebook: Codebook, out: Path) -> list[str]:
    write_book(codebook, out)
    return []


def _write_csv(codebook: Codebook, out: Path) -> list[str]:
    themes = {theme.name: theme for theme in codebook.themes}
    table = io.StringIO()
    writer = csv.DictWriter(table, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for code in codebook.all_codes:
        theme = themes.get(codebook.theme_of.get(code.name, ""))
        row = code.model_dump(exclude={"definition"}) | {"description": code.definition}
        if theme is not None:
            row |= {"theme": theme.name, "theme_label": theme.label, "theme_description": theme.definition}
        writer.writerow(row)
    write_atomically(out, table.getvalue())
    lost = [key for key in ("description", "unit", "boundaries") if getattr(codebook, key)]
    return [f"a CSV holds codes only: the codebook's own {', '.join(lost)} are not in it"] if lost else []


def _is_table(path: Path) -> bool:
    """Whether a CSV has our columns, at least a name and one of the others."""
    names = set(next(iter(_rows(path)[0]), (0, {}))[1])
    return bool(names & set(_NAMES)) and len(names & {*COLUMNS, *_NAMES, "definition"}) > 1


def _rows(path: Path) -> tuple[list[tuple[int, dict[str, str]]], list[str]]:
    """Rows with their lines, and what had to be guessed of the encoding."""
    try:
        text, guesses = decode(path.read_bytes())
    except UnreadableInput as error:
        raise UnreadableInput(error.problem, path=path, remedy=error.remedy) from error
    text, given = unmarked(text)
    try:
        found = [(line, cells) for line, cells in rows_of(text, given or delimiter_of(text)) if cells]
    except BrokenTable as error:
        place = f"line {error.line}"
        raise UsageError(
            str(error), path=path, place=place, remedy="mend the quoting, or save it again as CSV UTF-8"
        ) from error
    names = [name.strip().lower() for name in found[0][1]] if found else []
    rows = [(line, dict(zip(names, cells, strict=False))) for line, cells in found[1:]]
    return rows, [f"{guess}; {SAVE_AS_CSV}" for guess in guesses]


def _read_csv(path: Path) -> tuple[Codebook, list[str]]:
    themes: dict[str, dict[str, str]] = {}
    codes: dict[str, list[Code]] = {}
    rows, guesses = _rows(path)
    for line, row in rows:
        given = next((row[key] for key in _NAMES if row.get(key)), "").strip()
        if not given:
            continue
        theme = row.get("theme", "").strip()
        themes.setdefault(theme, row)
        name = identifier(given)
        try:
            code = Code(
                name=given if _fits(given) else name,
                label=row.get("label", "") or ("" if _fits(given) else given),
                definition=row.get("description") or row.get("definition", ""),
                code_when=row.get("code_when", ""),
                not_when=row.get("not_when", ""),
                colour=(row.get("colour") or row.get("color") or "").strip() or None,
            )
        except ValidationError as error:
            raise UsageError(str(error.errors()[0]["msg"]), path=path, place=f"line {line}") from error
        codes.setdefault(theme, []).append(code)
    content: dict[str, object] = {"name": identifier(path.stem)}
    if set(codes) == {""}:
        content["codes"] = codes[""]
    else:
        content["themes"] = [
            Theme(
                name=theme or "other_codes",
                label=themes[theme].get("theme_label", "") if theme else "Other codes",
                definition=themes[theme].get("theme_description", "") if theme else "",
                codes=tuple(inside),
            )
            for theme, inside in codes.items()
        ]
    return checked(content, path, yaml_file=False), [f"{printable(path)}: {told}" for told in guesses]


def _fits(name: str) -> bool:
    """Whether a name can be a code's as it is."""
    try:
        Code(name=name)
    except ValidationError:
        return False
    return True
