"""From a run folder to the page: gather, then render one template."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.codebook import Codebook
from pipeline.errors import ThemesError
from pipeline.likeliest import IN_REPORT, likeliest
from pipeline.own_agencies_told import Known
from pipeline.pages import template
from pipeline.report.quotations import Candidate, Quotation, Quoter, choose
from pipeline.store import write_atomically
from pipeline.summary import Summary, summarise
from pipeline.tables import RunTables, open_run

QUOTATIONS = 3
KEPT = 40
"""Candidates kept per list while the tables stream past: enough to choose from many transcripts."""


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Candidates by code, and by partner type and attitude."""

    by_code: dict[str, list[Candidate]]
    by_attitude: dict[tuple[str, str], list[Candidate]]


def write_report(run: Path, out: Path) -> Path:
    """Write the page; returns where it lies.

    Raises:
        UsageError: `run` is no finished run folder.
        ThemesError: the page cannot be written.
    """
    tables = open_run(run)
    codebook = _codebook(tables)
    summary = summarise(run, codebook)
    gathered = _gather(tables)
    chosen = {key: choose(items, QUOTATIONS) for key, items in gathered.by_code.items()}
    if tables.only_orders:
        chosen = {code: [Candidate(*one) for one in best] for code, best in likeliest(tables, IN_REPORT).items()}
    stances = {key: choose(items, 2) for key, items in gathered.by_attitude.items()}
    quoter = Quoter(tables, (item.segment_id for items in (*chosen.values(), *stances.values()) for item in items))
    html = _render(
        tables,
        summary,
        codebook,
        {key: [quoter.quote(item) for item in items] for key, items in chosen.items()},
        {key: [quoter.quote(item) for item in items] for key, items in stances.items()},
    )
    try:
        write_atomically(out, html)
    except OSError as error:
        raise ThemesError(
            f"cannot be written: {error.strerror}", path=out, remedy="name another file with --out"
        ) from error
    return out


def _codebook(tables: RunTables) -> Codebook | None:
    content = tables.manifest["codebook"].get("content")
    return Codebook.model_validate(content) if content else None


def _gather(tables: RunTables) -> _Gathered:
    by_code: dict[str, list[Candidate]] = defaultdict(list)
    by_attitude: dict[tuple[str, str], list[Candidate]] = defaultdict(list)
    for batch in tables.batches("themes"):
        for row in batch.filter(batch["assigned"]).to_pylist():
            _keep(by_code[row["code"]], Candidate(row["segment_id"], row["probability"]))
    for row in tables.rows("attitudes"):
        attitude = row["attitude"]
        candidate = Candidate(row["segment_id"], row[attitude], row["start"], row["end"])
        _keep(by_attitude[row["partner_type"], attitude], candidate)
    return _Gathered(by_code, by_attitude)


def _keep(best: list[Candidate], candidate: Candidate) -> None:
    best.append(candidate)
    if len(best) > 2 * KEPT:
        best.sort(key=lambda item: (-item.score, item.segment_id))
        del best[KEPT:]


def _render(
    tables: RunTables,
    summary: Summary,
    codebook: Codebook | None,
    quotations: dict[str, list[Quotation]],
    stances: dict[tuple[str, str], list[Quotation]],
) -> str:
    definitions = {code.name: code.definition for code in codebook.all_codes} if codebook else {}
    themes = {theme.name: theme.label or theme.name for theme in codebook.themes} if codebook else {}
    largest = max((item.segments for item in summary.codes), default=0)
    return template("pipeline.report", "report.html.j2").render(
        manifest=tables.manifest,
        version=__version__,
        title=(codebook.label or codebook.name) if codebook else tables.manifest["codebook"]["name"],
        summary=summary,
        judged=tables.judges_mentions,
        own_agencies=Known.of_run(tables.manifest["transcripts"]).line(),
        definitions=definitions,
        themes=themes,
        largest=max(largest, 1),
        quotations=quotations,
        stances=stances,
        transcripts=_transcripts(tables.manifest),
    )


def _transcripts(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**note, "name": note["transcript_id"].rsplit("-", 1)[0]} for note in manifest["transcripts"]]
