"""A run made by hand of talk that is hard on writers: astral characters, line breaks, formulas, control characters, XML."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from toys import part_of

from pipeline.codebook import load_codebook
from pipeline.run_folder import RunFolder
from pipeline.store import failure_row
from pipeline.tables import open_run
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

NEGATIVE, POSITIVE = Attitude.NEGATIVE, Attitude.POSITIVE
TALK = {
    "a/talk.txt": [
        ("I", "\U0001f600 Who do you ring?", {}, []),
        (
            "PC Ünal",
            "\U0001f46e\U0001f3fd we ring\nthe council \U0001f600\n\nand\tthe police.",
            {"talking_shop": 0.9, "cost_saving": 0.61},
            [("the council \U0001f600\n\nand", "local_authority", NEGATIVE), ("police", "police", POSITIVE)],
        ),
        ("I", "And?", {}, []),
        ("PC Ünal", "=SUM(1;2)", {}, []),
        ("PC Ünal", "@council, \x07 control \x0b", {"cost_saving": 0.55}, [("council", "local_authority", NEGATIVE)]),
    ],
    "b/talk.txt": [
        ("Jo", "<r>not <b>XML</b> & that</r>", {"talking_shop": 0.7}, []),
        ("Jo", "_x0041_ e\u0301 \u200b\ufeff\u2028end", {}, [(None, "partnership", POSITIVE)]),
    ],
    "silent.txt": [("I", "Nobody came.", {}, [])],
}
ATTRIBUTES = {"role": "-", "site": "+44 North"}


def _transcript(path: str, parts) -> tuple[Transcript, list[tuple[int, int]]]:
    text, places, turns = "", [], []
    for speaker, said, _, _ in parts:
        text += f"{speaker}: "
        places.append((len(text), len(text) + len(said)))
        role = Role.INTERVIEWER if speaker == "I" else Role.PARTICIPANT
        turns.append(Turn(speaker, (Stretch(*places[-1]),), role))
        text += said + "\n\n"
    name = path.replace("/", "-").removesuffix(".txt")
    speakers = {"PC Ünal": {"rank": "PC"}} if "PC Ünal" in text else {}
    return Transcript(f"{name}-01", path, "ab" * 32, "txt", text, tuple(turns), ATTRIBUTES, speakers), places


def save(folder: RunFolder, path: str, parts, codes) -> str:
    transcript, places = _transcript(path, parts)
    segments, coded = [], []
    for number, ((speaker, said, given, mentions), (start, end)) in enumerate(zip(parts, places, strict=True)):
        role = transcript.turns[number].role
        segment_id = f"{transcript.transcript_id}:{start}-{end}"
        segment = Segment(transcript.transcript_id, segment_id, number, speaker, role, start, end, said)
        segments.append(segment)
        if role is Role.PARTICIPANT:
            scores = []
            for words, partner_type, attitude in mentions:
                at = start + said.index(words) if words else 0
                mention = Mention(at, at + len(words), words, partner_type) if words else None
                shares = (0.8, 0.15, 0.05) if attitude is NEGATIVE else (0.05, 0.15, 0.8)
                scores.append(AttitudeScore(mention, attitude, *shares))
            themes = tuple(ThemeScore(code, given.get(code, 0.01), code in given) for code in codes)
            coded.append(CodedSegment(segment, themes, tuple(scores), 0.25, said.startswith("=")))
    folder.save_parts([part_of(transcript, segments, coded, {})])
    return transcript.transcript_id


def make(path: Path, codebook_file: Path, talk) -> Path:
    codebook = load_codebook(codebook_file)
    folder = RunFolder(path)
    ids = [save(folder, name, parts, codebook.names) for name, parts in talk.items()]
    folder.join([*ids, failure_row("c.pdf", "failed", "no text")])
    content = codebook.model_dump(mode="json", exclude_none=True)
    folder.write_manifest(
        {
            "status": "complete",
            "version": "0",
            "finished": "2026-01-31T12:00:00+00:00",
            "model": {"name": "toy", "sha256": "ab" * 32, "base": "tiny"},
            "codebook": {"name": "toy", "sha256": "cd", "codes": list(codebook.names), "content": content},
            "counts": {"coded": 3, "segments": 8, "coded_segments": 5, "for_review": 1},
        }
    )
    return path


@pytest.fixture(scope="session")
def odd_run(tmp_path_factory, codebook_file) -> Path:
    return make(tmp_path_factory.mktemp("odd") / "run", codebook_file, TALK)


@pytest.fixture(scope="session")
def odd(odd_run):
    return open_run(odd_run)


@pytest.fixture(scope="session")
def one_run(tmp_path_factory, codebook_file) -> Path:
    """The first transcript alone."""
    name = next(iter(TALK))
    return make(tmp_path_factory.mktemp("one") / "run", codebook_file, {name: TALK[name]})


@pytest.fixture
def run_of(tmp_path, codebook_file):
    """Makes runs of talk like `TALK`."""
    number = itertools.count(1)
    return lambda talk: open_run(make(tmp_path / f"made-run-{next(number)}", codebook_file, talk))


@pytest.fixture
def lines():
    return lambda path: [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line]
