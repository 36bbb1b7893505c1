"""What `themes import` leaves: the gold table, its codebook, the sources' texts, and their attributes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError, printable
from pipeline.exchange.codebook_files import as_yaml
from pipeline.exchange.gold_rows import GoldRows
from pipeline.exchange.naming import file_name
from pipeline.exchange.outputs import spare
from pipeline.exchange.project import Project
from pipeline.gold_none import NONE, LookedFor, kinds_given, nones_of
from pipeline.gold_table import CODE_SEPARATOR
from pipeline.store import write_atomically
from pipeline.types import Coding

TRANSCRIPTS, CODEBOOK, ATTRIBUTES = "transcripts", "codebook.yaml", "attributes.csv"
"""Beside the gold table: a folder of the sources' texts; the codes; the sources' attributes, where there are any."""
COLUMNS = (
    *("id", "group", "context", "text", "codes", "coder", "transcript", "start", "end"),
    *("mention", "mention_start", "mention_end", "partner_type", "attitude"),
)
_SUFFIXES = (".csv", ".jsonl")


def check_suffix(out: Path) -> None:
    """Refuse a name that no gold table has.

    Raises:
        UsageError: it ends in neither `.csv` nor `.jsonl`.
    """
    if out.suffix.lower() not in _SUFFIXES:
        raise UsageError("a gold table is a .csv or a .jsonl", path=out, remedy="end the name in one of them")


def texts_beside(
    out: Path, project: Project, transcripts: Mapping[str, str], given: Path | None = None
) -> dict[Path, str]:
    """The files of the sources' texts, and what goes into them.

    Args:
        given: the folder in which transcripts were looked for. Where it is the one to write to, what was found there stays
            as it is: a second file of its name would leave the gold's transcript in doubt.

    Raises:
        UsageError: another file of the same stem is in the folder.
    """
    folder = out.parent / TRANSCRIPTS
    there = [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.name.startswith((".", "~$"))]
    own = given is not None and given.resolve() == folder.resolve()
    texts = {}
    for source in project.sources:
        if source.origin is not None:
            continue  # a piece; the whole is the run's
        name = transcripts[source.source_id]
        file = folder / file_name(name)
        alike = [path for path in there if name in (path.name, path.stem) or path.stem == file.stem]
        if own and any(path.name == source.path for path in alike):
            continue
        others = [path for path in alike if path != file]
        if others:
            raise UsageError(
                f"is there, and the text of {printable(source.name)} would stand beside it under the same name",
                path=others[0],
                remedy="name another folder with --out",
            )
        texts[file] = source.text
    return texts


def gold_text(rows: Sequence[Coding], suffix: str) -> str:
    """The table's content, as CSV or JSONL; what no row has is no column."""
    given = kinds_given(rows)
    content = [row for coding in rows for row in _rows(coding, nones_of(coding, given))]
    used = [name for name in COLUMNS if name in COLUMNS[:6] or any(row.get(name) not in (None, "") for row in content)]
    if suffix.lower() == ".jsonl":
        lines = ({name: row[name] for name in used if row.get(name) is not None} for row in content)
        return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    table = io.StringIO()
    writer = csv.DictWriter(table, used, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows(content)
    return table.getvalue()


def write_gold(
    out: Path,
    project: Project,
    gold: GoldRows,
    *,
    inputs: Sequence[Path] = (),
    transcripts: Path | None = None,
    overwrite: bool,
) -> list[Path]:
    """Write everything, the table last; returns the paths.

    Args:
        inputs: what was read, and is not to be written over.
        transcripts: the folder in which the sources' texts were looked for.

    Raises:
        UsageError: a file is there already, with other content, and `overwrite` is not given; or it is one of `inputs`.
    """
    files = texts_beside(out, project, gold.transcripts, transcripts)
    alone = _is_alone(out)
    if not alone:
        _spare_others(files)
    if gold.book is not None:
        content = as_yaml(gold.book.codebook)
        files[_beside(out, CODEBOOK, content, alone)] = content
    attributes = _attributes(project, gold.transcripts)
    if attributes:
        files[_beside(out, ATTRIBUTES, attributes, alone)] = attributes
    files[out] = gold_text(gold.codings, out.suffix)
    spare(files, inputs)
    write_files(files, overwrite=overwrite)
    return list(files)


def own_file(out: Path, name: str) -> Path:
    """Where a gold table's codebook or attributes stand in a folder in which the usual name is another's."""
    return out.with_name(f"{out.stem}.{name}")


def _beside(out: Path, name: str, content: str, alone: bool) -> Path:
    """The file for what goes with a table: the usual one, unless it is there with other content and may be another table's."""
    usual, own = out.parent / name, own_file(out, name)
    free = not usual.exists() or (usual.is_file() and usual.read_bytes() == content.encode())
    return own if own.exists() or not (alone or free) else usual


def _is_alone(out: Path) -> bool:
    """Whether the table is there and no other beside it, so that what lies in the folder is its own."""
    tables = {path for path in out.parent.glob("*") if path.suffix.lower() in _SUFFIXES}
    return {path for path in tables if not path.name.endswith(ATTRIBUTES)} == {out}


def _spare_others(texts: Mapping[Path, str]) -> None:
    """Refuse to change a transcript that may be another table's, which no `--overwrite` means.

    Raises:
        UsageError: naming the first.
    """
    for path, content in texts.items():
        if path.exists() and (not path.is_file() or path.read_bytes() != content.encode()):
            raise UsageError(
                "is another import's, with other content", path=path, remedy="name another folder with --out"
            )


def write_files(files: Mapping[Path, str], *, overwrite: bool) -> None:
    """Write files; none of them where one would replace another content.

    Raises:
        UsageError: naming the first of those.
    """
    for path, content in files.items():
        if not overwrite and path.exists() and (not path.is_file() or path.read_bytes() != content.encode()):
            raise UsageError(
                "is there already, with other content",
                path=path,
                remedy="name another folder with --out, or replace it with --overwrite",
            )
    for path, content in files.items():
        write_atomically(path, content)


def _rows(coding: Coding, nones: Sequence[LookedFor]) -> Iterator[dict[str, Any]]:
    """The row of a coding, and one for each attitude.

    Args:
        nones: what needs a row that says that there was none.
    """
    place = {"transcript": coding.transcript, "start": coding.start, "end": coding.end}
    unit = {"id": coding.unit_id, "group": coding.group, "context": coding.context, "text": coding.text}
    if coding.codes is not None:
        codes = CODE_SEPARATOR.join(sorted(coding.codes))
        yield {**unit, "codes": codes, "coder": coding.coder, **place}
    for kind in nones:
        yield {**unit, "coder": coding.coder, **place, "partner_type": kind, "attitude": NONE}
    for item in coding.attitudes or ():
        yield {
            **unit,
            "coder": coding.coder,
            **place,
            "mention": item.mention,
            "mention_start": item.start,
            "mention_end": item.end,
            "partner_type": item.partner_type,
            "attitude": item.attitude.value,
        }


def _attributes(project: Project, transcripts: Mapping[str, str]) -> str:
    """As `themes run --attributes` takes them; "" where there are none."""
    names = list(dict.fromkeys(name for source in project.sources for name in source.attributes))
    if not names:
        return ""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    # A variable that is itself called `transcript` would say which transcript the row is of.
    writer.writerow(
        ["transcript", *(f"{name}_" if name.lower() in ("transcript", "speaker") else name for name in names)]
    )
    for source in project.sources:
        if source.attributes:
            values = (source.attributes.get(name, "") for name in names)
            writer.writerow([file_name(transcripts[source.source_id]), *values])
    return table.getvalue()
