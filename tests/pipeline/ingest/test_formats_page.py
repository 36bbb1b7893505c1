"""The page on formats says of every file at hand how it is read; what it says is what the program does."""

import re
from collections import Counter
from pathlib import Path

from pipeline.ingest import read_transcript

PAGE = Path(__file__).parents[3] / "docs" / "formats.md"
SLOW = {".pdf", ".doc"}
SHORTENED = re.compile(r"\b(?:more|each|as above)\b")
"""In a cell of speakers that does not give each with a count."""


def rows() -> dict[str, list[list[str]]]:
    """The cells of the rows on each file."""
    found: dict[str, list[list[str]]] = {}
    for line in PAGE.read_text(encoding="utf-8").split("\n"):
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| "):
            found.setdefault(cells[0].strip("`"), []).append(cells)
    return found


def test_every_file_has_a_row_with_a_time(formats: Path):
    files = {str(path.relative_to(formats)) for path in formats.rglob("*") if path.is_file()}
    assert files <= set(rows())
    assert [name for name in files for cells in rows()[name] if not re.fullmatch(r"\d+(\.\d+)?", cells[-1])] == []


def test_turns_and_speakers_are_those_of_the_page(formats: Path):
    compared = 0
    for name, of_file in rows().items():
        if not (formats / name).is_file() or Path(name).suffix in SLOW:
            continue
        for _, _, turns, speakers, _, _ in (cells for cells in of_file if len(cells) == 6 and cells[2]):
            read = Counter(str(turn.speaker) for turn in read_transcript(formats / name).turns)
            assert (name, read.total()) == (name, int(turns))
            said = dict(re.findall(r"(?:^|, )([^,]+) (\d+)(?=,|$)", speakers))
            if not SHORTENED.search(speakers):
                expected = {who: int(often) for who, often in said.items()}
                assert (name, {"None": int(turns)} if speakers == "none" else expected) == (name, dict(read))
                compared += 1
    assert compared > 30
