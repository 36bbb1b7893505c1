"""A run as a project: the machine is one more coder, and says how sure it was in each coding's memo."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from pipeline.codebook import Codebook
from pipeline.exchange.attitudes import attitude_codes, code_id
from pipeline.exchange.codebook_codes import codes_of
from pipeline.exchange.project import Project, ProjectCoding, Source
from pipeline.gold_unit import MACHINE
from pipeline.path_names import names_apart
from pipeline.plural import numbered
from pipeline.store import REVIEW
from pipeline.tables import RunTables
from pipeline.types import PARTNERSHIP, Attitude


def project_of_run(tables: RunTables) -> Project:
    """All that a run assigned: codes on segments, attitudes on mentions."""
    codebook = codebook_of_run(tables)
    sources = list(_sources(tables))
    place = {
        row["segment_id"]: (row["transcript_id"], row["start"], row["end"])
        for row in tables.rows("segments", ["segment_id", "transcript_id", "start", "end"])
    }
    codings = [*_themes(tables, place), *_attitudes(tables, place)]
    types = dict.fromkeys(row["partner_type"] for row in tables.rows("attitudes", ["partner_type"]))
    held = sum(row["review"] for row in tables.rows(REVIEW, ["review"]))
    warnings = (
        (numbered(held, "[segment|segments] that the run left to a human [carries|carry] no code"),) if held else ()
    )
    codes = (*codes_of(codebook), *attitude_codes(list(types)))
    return Project(codebook.label or codebook.name, tuple(sources), codes, tuple(codings), warnings)


def codebook_of_run(tables: RunTables) -> Codebook:
    """The codebook that a run coded with."""
    return Codebook.model_validate(tables.manifest["codebook"]["content"])


def merged(first: Project, second: Project) -> Project:
    """Two projects over the same texts as one: sources of the same text and name, and codes of one id, become one."""
    sources, codes = list(first.sources), list(first.codes)
    same = {(Path(source.name).stem, source.text): source.source_id for source in sources}
    ids: dict[str, str] = {}
    taken = {source.source_id for source in sources}
    for source in second.sources:
        known = same.get((Path(source.name).stem, source.text))
        ids[source.source_id] = known or (f"{source.source_id}\n2" if source.source_id in taken else source.source_id)
        if known is None:
            sources.append(replace(source, source_id=ids[source.source_id]))
    known_codes = {code.code_id for code in codes}
    codes += [code for code in second.codes if code.code_id not in known_codes]
    codings = (*first.codings, *(replace(coding, source_id=ids[coding.source_id]) for coding in second.codings))
    return Project(first.name, tuple(sources), tuple(codes), codings, (*first.warnings, *second.warnings))


def _sources(tables: RunTables) -> Iterator[Source]:
    columns = ["transcript_id", "path", "text", "attributes", "status"]
    rows = [row for row in tables.rows("transcripts", columns) if row["status"] == "coded"]
    names = names_apart({row["transcript_id"]: row["path"] for row in rows})
    for row in rows:
        attributes: dict[str, str] = {}
        for key, value in json.loads(row["attributes"] or "{}").items():
            if isinstance(value, dict):  # of single speakers
                attributes |= {f"{who}: {k}": str(v) for who, facts in value.items() for k, v in facts.items()}
            else:
                attributes[key] = str(value)
        yield Source(row["transcript_id"], names[row["transcript_id"]], row["text"], attributes, row["path"])


def _themes(tables: RunTables, place: dict[str, tuple[str, int, int]]) -> Iterator[ProjectCoding]:
    for row in tables.rows("themes"):
        if row["assigned"]:
            yield ProjectCoding(
                *place[row["segment_id"]], row["code"], MACHINE, f"probability {row['probability']:.2f}"
            )


def _attitudes(tables: RunTables, place: dict[str, tuple[str, int, int]]) -> Iterator[ProjectCoding]:
    for row in tables.rows("attitudes"):
        transcript_id, start, end = place[row["segment_id"]]
        if row["partner_type"] != PARTNERSHIP:
            start, end = row["start"], row["end"]
        code = code_id(row["partner_type"], Attitude(row["attitude"]))
        yield ProjectCoding(transcript_id, start, end, code, MACHINE, f"probability {row[row['attitude']]:.2f}")
