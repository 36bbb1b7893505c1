"""A run made by hand, whose every number is known: for summary, report and what reads a run folder."""

import json
import shutil
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toys import part_of, table

from pipeline.cli import main
from pipeline.codebook import load_codebook
from pipeline.gold import load_gold
from pipeline.run_folder import RunFolder
from pipeline.store import failure_row
from pipeline.types import (
    Attitude,
    AttitudeScore,
    CodedSegment,
    Mention,
    Role,
    Segment,
    Stretch,
    ThemeScore,
    Transcript,
    Turn,
)

QUESTION = "What about [/b] <i>meetings</i>?"
TALK = {
    "1a": ("The council is <script>alert(1)</script> useless & late. [laughs]", (0.9, 0.2, 0.95), Attitude.NEGATIVE),
    "2b": ("We like :smile: the council, [/inaudible] honest.", (0.7, 0.1, 0.3), Attitude.POSITIVE),
    "3c": ("Nothing about anybody at all.", (0.1, 0.2, 0.3), None),
}
ASSIGNED_FROM = 0.5


def save(folder: RunFolder, name: str, codes: tuple[str, ...]) -> None:
    said, probabilities, attitude = TALK[name]
    text = f"I: {QUESTION}\n\nPC Grey: {said}"
    start, transcript_id = text.index(said), f"{name}-0123abcd"
    turns = (
        Turn("I", (Stretch(3, 3 + len(QUESTION)),), Role.INTERVIEWER),
        Turn("PC Grey", (Stretch(start, len(text)),), Role.PARTICIPANT),
    )
    transcript = Transcript(transcript_id, f"{name}.txt", name * 32, "txt", text, turns)
    segments = [
        Segment(
            transcript_id,
            f"{transcript_id}:{turn.start}-{turn.end}",
            i,
            turn.speaker,
            turn.role,
            turn.start,
            turn.end,
            part,
        )
        for i, (turn, part) in enumerate(zip(turns, (QUESTION, said), strict=True))
    ]
    themes = tuple(ThemeScore(code, p, p >= ASSIGNED_FROM) for code, p in zip(codes, probabilities, strict=True))
    attitudes: tuple[AttitudeScore, ...] = ()
    if attitude:
        at = text.index("council")
        shares = (0.8, 0.1, 0.1) if attitude is Attitude.NEGATIVE else (0.1, 0.2, 0.7)
        attitudes = (AttitudeScore(Mention(at, at + 7, "council", "local_authority"), attitude, *shares),)
        attitudes += (AttitudeScore(None, attitude, *shares),)
    notes = {
        "transcript_id": transcript_id,
        "turns": 2,
        "segments": 2,
        "coded_segments": 1,
        "words": 20,
        "coded_words": 9,
        "mentions": 1,
        "own_agencies": [
            {"speaker": "PC Grey", "agency": "police", "from": "force", "mentions": {"local_authority": 1}}
        ],
        "attribute_rows": [],
        "unattributed_share": 0.25,
        "warnings": ["<b>odd</b> label"],
    }
    folder.save_parts([part_of(transcript, segments, [CodedSegment(segments[1], themes, attitudes)], notes)])


@pytest.fixture(scope="session")
def made_run(tmp_path_factory, codebook_file) -> Path:
    codebook = load_codebook(codebook_file)
    folder = RunFolder(tmp_path_factory.mktemp("made") / "run")
    for name in TALK:
        save(folder, name, codebook.names)
    ids = [f"{name}-0123abcd" for name in TALK]
    failure = {"path": "<b>.pdf", "status": "failed", "reason": "is a PDF & no text"}
    folder.join([*ids, failure_row(failure["path"], failure["status"], failure["reason"])])
    folder.write_manifest(
        {
            "status": "complete",
            "command": "themes run 'a<b>' --out run",
            "finished": "2026-01-31T12:00:00+00:00",
            "model": {"name": "toy", "sha256": "ab" * 32, "base": "tiny"},
            "codebook": {
                "name": "toy",
                "sha256": codebook.sha256,
                "codes": list(codebook.names),
                "content": codebook.model_dump(mode="json", exclude_none=True),
            },
            "counts": {"inputs": 4, "coded": 3, "failed": 1, "coded_words": 27, "mentions": 2},
            "failures": [failure],
            "transcripts": folder.notes(ids),
        }
    )
    return folder.path


@pytest.fixture
def run_without(made_run, tmp_path):
    """A run whose model never learnt these things, and gave none of them."""

    def make(*unlearnt):
        run = shutil.copytree(made_run, tmp_path / "-".join(unlearnt))
        manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
        manifest["model"]["learnt"] = {name: name not in unlearnt for name in ("themes", "attitudes", "partnership")}
        (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
        kinds = {"partnership": ["partnership"], "attitudes": ["local_authority"]}
        gone = [kind for name in unlearnt for kind in kinds.get(name, [])]
        rows = pq.read_table(run / "attitudes.parquet")
        kept = [kind not in gone for kind in rows["partner_type"].to_pylist()]
        pq.write_table(rows.filter(pa.array(kept)), run / "attitudes.parquet")
        if "themes" in unlearnt:
            rows = pq.read_table(run / "themes.parquet")
            place = rows.schema.get_field_index("assigned")
            rows = rows.set_column(place, "assigned", pa.array([False] * len(rows)))
            pq.write_table(rows, run / "themes.parquet")
        return run

    return make


@pytest.fixture
def themes(monkeypatch, capsys):
    """Run the command in this process; gives its exit status and what it printed."""

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["themes", *map(str, arguments)])
        try:
            main()
            status = 0
        except SystemExit as stop:
            status = stop.code or 0
        seen = capsys.readouterr()
        assert "Traceback" not in seen.err + seen.out
        return status, seen.out, seen.err

    return call


@pytest.fixture
def load(tmp_path):
    """Read gold from rows, or from a file's content."""

    def write_and_load(content, name="gold.csv", **options):
        path = tmp_path / name
        content = content if isinstance(content, (str, bytes)) else table(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_gold([path], **options)

    return write_and_load
