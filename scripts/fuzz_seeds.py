"""What is damaged: real files by the reader that takes them, and small ones made by hand where there are no real ones."""

from __future__ import annotations

import sqlite3
import zipfile
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pypdfium2

from pipeline.errors import ThemesError
from pipeline.exchange import run_workbook as wb
from pipeline.exchange.codebook_codes import code_of
from pipeline.exchange.comment_codes import packed
from pipeline.exchange.registry import FORMATS, reader_of
from pipeline.ingest.registry import BY_SUFFIX

READ, IMPORT, CODEBOOK = "read", "import", "codebook"
"""What a target does with a file: `themes run`, `themes import` or `themes codebook`; then a dot and the format's name."""
PDF_PAGES = 2
_SMALL = 6_000
_SLOW = (".pdf", ".doc")
_CODEBOOKS = {"csv": (".csv",), "qdc": (".qdc",), "yaml": (".yaml", ".yml")}

_SEGMENTS = "Document name,Code,Beginning,End,Segment,Created by,Comment\nP1,Costs\\Money,3,3,It costs.,Ann,why\n" * 3
_LABEL_STUDIO = """[{"id": 1, "data": {"text": "We ring them 😀 daily."}, "annotations": [{"completed_by": {"email": "a@x.org"},
"result": [{"type": "labels", "to_name": "text", "value": {"start": 3, "end": 7, "text": "ring", "labels": ["calls"]}},
{"type": "choices", "to_name": "text", "value": {"choices": ["good"]}}]}, {"completed_by": 7, "result": []}]}]"""
_PRODIGY = """{"text": "We ring.", "spans": [{"start": 3, "end": 7, "label": "calls"}], "answer": "accept", "_annotator_id": "a"}
{"text": "Two.", "options": [{"id": 1, "text": "good"}], "accept": [1], "answer": "accept"}
{"text": "Three.", "label": "good", "answer": "reject", "_session_id": "2020-01-02_03-04-05"}
"""
_HIGHLIGHTS = """<!DOCTYPE html><html><body><h1>Taguette highlights</h1><p>It <b>costs</b> &amp; hurts.</p><p>
<strong>Document:</strong> P1 <strong>Tags:</strong> money, pain</p><hr></body></html>"""
_OTRANSCRIBE = (
    '{"text": "<p><span class=\\"timestamp\\" data-timestamp=\\"3.0\\">00:03</span>&nbsp;I: Who?</p><p>P: Karen.</p>"}'
)
_AKOMA_NTOSO = "<akomaNtoso><debate><speech by='#a'><from>A:</from><p>Who?</p></speech></debate></akomaNtoso>"
_BOOK = "name: b\nthemes:\n- name: t\n  codes:\n  - {name: trust, label: Trust, definition: They rely., colour: '#aa0000'}\n"
_QUALCODER = """
CREATE TABLE source(id INTEGER, name, fulltext); CREATE TABLE code_cat(catid, name, memo, supercatid);
CREATE TABLE code_name(cid INTEGER, name, memo, catid, color);
CREATE TABLE code_text(cid, fid, seltext, pos0, pos1, owner, memo);
INSERT INTO source VALUES(1, 'a.txt', 'Ann: we ring.'); INSERT INTO code_cat VALUES(1, 'Top', '', NULL), (2, 'Sub', '', 1);
INSERT INTO code_name VALUES(1, 'Calls', 'memo', 2, '#ff0000'), (2, 'Money', '', NULL, '');
INSERT INTO code_text VALUES(1, 1, 'we ring', 5, 12, 'ann', 'sure');
"""
_LINES = """
CREATE TABLE document_index(id INTEGER, document_id); CREATE TABLE location(id INTEGER, document_index_id);
CREATE TABLE coded_line(id INTEGER, line INTEGER, coder_id, code_id);
CREATE TABLE coded_line_location_association(coded_line_id, location_id);
INSERT INTO document_index VALUES(1, 'a.txt'); INSERT INTO location VALUES(1, 1);
INSERT INTO coded_line VALUES(1, 0, 'cp', 'Ann'), (2, 2, 'cp', 'Money'), (3, 99, 'cp', 'Money');
INSERT INTO coded_line_location_association VALUES(1, 1), (2, 1), (3, 1);
"""
_LINES_SETTINGS = "corpus_dir: corpus\ndatabase: qc.sqlite3\ncodebook: codebook.yaml\nmemos_dir: memos\n"


@dataclass(frozen=True, slots=True)
class Seed:
    """A file to damage; `root` is the folder that is read in its place, where the format is a folder."""

    path: Path
    root: Path | None = None


def seeds(data: Iterable[Path], made: Path, largest: int) -> dict[str, list[Seed]]:
    """The files to damage, by target.

    Args:
        data: folders of real files.
        made: an empty folder for those made by hand, and for PDFs cut to their first pages.
        largest: bytes; of a target whose files are all larger the smallest is taken.
    """
    files = [path for folder in data for path in sorted(folder.rglob("*")) if path.is_file()]
    found: dict[str, list[Path]] = defaultdict(list)
    for path in files:
        usable = _cut(path, made) if path.suffix.lower() == ".pdf" else path
        for target in _targets(usable):
            found[target].append(usable)
    chosen = {
        name: [Seed(path) for path in ([p for p in paths if p.stat().st_size <= largest] or [min(paths, key=_size)])]
        for name, paths in found.items()
    }
    for name, seed in _made_by_hand(made):
        chosen.setdefault(name, []).append(seed)
    archive = _archive([path for path in files if path.suffix.lower() in BY_SUFFIX], made / "archive.zip")
    if archive is not None:
        chosen[f"{READ}.zip"] = [Seed(archive)]
    return dict(sorted(chosen.items()))


def _size(path: Path) -> int:
    return path.stat().st_size


def _targets(path: Path) -> list[str]:
    """Every command that takes the file, with its format."""
    suffix = path.suffix.lower()
    found = [f"{READ}.{BY_SUFFIX[suffix].name}"] if suffix in BY_SUFFIX else []
    if any(suffix in format_.suffixes and format_.reader for format_ in FORMATS):
        with suppress(ThemesError):
            found.append(f"{IMPORT}.{reader_of(path).name}")
    return found + [f"{CODEBOOK}.{name}" for name, suffixes in _CODEBOOKS.items() if suffix in suffixes]


def _cut(path: Path, made: Path) -> Path:
    """A PDF's first pages: most of a PDF's time goes into its pages, which are all alike."""
    short = made / "pdf" / f"{path.stem}.pdf"
    short.parent.mkdir(exist_ok=True)
    try:
        whole, first = pypdfium2.PdfDocument(path), pypdfium2.PdfDocument.new()
        first.import_pages(whole, list(range(min(PDF_PAGES, len(whole)))))
        first.save(str(short))
    except pypdfium2.PdfiumError:
        return path
    return short


def _archive(files: list[Path], out: Path) -> Path | None:
    """One small file of each suffix, zipped."""
    small = {path.suffix.lower(): path for path in files if path.stat().st_size < _SMALL}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix, path in small.items():
            if suffix not in _SLOW:
                archive.write(path, f"talk/{path.name}")
    return out if small else None


def _made_by_hand(made: Path) -> list[tuple[str, Seed]]:
    """For formats of which no real file may be copied."""
    texts = {
        f"{IMPORT}.segments": ("segments.csv", _SEGMENTS),
        f"{IMPORT}.label-studio": ("tasks.json", _LABEL_STUDIO),
        f"{IMPORT}.prodigy": ("prodigy.jsonl", _PRODIGY),
        f"{IMPORT}.taguette-highlights": ("all_tags.html", _HIGHLIGHTS),
        f"{READ}.akn": ("debate.akn", _AKOMA_NTOSO),
        f"{READ}.otr": ("talk.otr", _OTRANSCRIBE),
        f"{CODEBOOK}.yaml": ("book.yaml", _BOOK),
    }
    found = [(target, Seed(_written(made / name, text))) for target, (name, text) in texts.items()]
    qualcoder, lines = made / "qualcoder", made / "lines"
    found.append((f"{IMPORT}.qualcoder", Seed(_database(qualcoder / "data.qda", _QUALCODER), qualcoder)))
    parts = [
        _database(lines / "qc.sqlite3", _LINES),
        _written(lines / "settings.yaml", _LINES_SETTINGS),
        _written(lines / "codebook.yaml", "- People:\n  - Ann\n- Money\n"),
        _written(lines / "corpus" / "a.txt", "nought\none\ntwo\n"),
    ]
    found.append((f"{IMPORT}.xlsx", Seed(_workbook(made / "run.xlsx"))))
    return found + [(f"{IMPORT}.qualitative-coding", Seed(part, lines)) for part in parts]


def _workbook(path: Path) -> Path:
    """A run's workbook in which somebody changed a code and an attitude, and checked another segment."""
    codes = packed([code_of("trust"), code_of("money")]).decode()
    first, second = "We ring the council 😀 daily.", "It costs."
    sheets: dict[str, list[list[str | int]]] = {
        wb.SEGMENTS: [
            [wb.TRANSCRIPT, wb.ROLE, wb.TEXT, wb.CODES, wb.CHECKED_BY, wb.SEGMENT],
            ["a.txt", "participant", first, "money; pain", "", "a:0-28"],
            ["a.txt", "participant", second, "money", "Ann", "a:30-39"],
        ],
        wb.CODINGS: [[wb.CODE, wb.SEGMENT], ["money", "a:30-39"]],
        wb.ATTITUDES: [
            [wb.PARTNER_TYPE, wb.MENTION, wb.ATTITUDE, wb.CHECKED_BY, wb.SEGMENT, wb.MENTION_START, wb.MENTION_END],
            ["council", "the council", "positive", "", "a:0-28", 8, 19],
        ],
        wb.MACHINE_GAVE: [
            list(wb.MACHINE_COLUMNS),
            ["a:0-28", "a.txt", "participant", 0, 28, "trust", '[[8, 19, "council", "negative"]]', ""],
            ["a:30-39", "a.txt", "participant", 30, 39, "money", "", '"It costs."'],
        ],
        wb.CODEBOOK: [[wb.CODEBOOK], [codes]],
    }
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def _written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def _database(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    base = sqlite3.connect(path)
    base.executescript(script)
    base.close()
    return path
