"""From the command line: gold on a text that programs disagree about goes out and comes back on the same words, twice."""

import csv

import pytest
import yaml

from pipeline.gold import load_gold
from pipeline.ingest import read_transcript

SAID = (
    "\ufeffInterviewer: Who do you ring?\r\n\r\n"
    "PC \u00dcnal: \U0001f46e\U0001f3fd\u200d\u2640\ufe0f we ring the council \U0001f600 and, "
    "e\u0301 well, the council again.\r\n\r\n"
    'Interviewer: And?\r\n\r\nPC \u00dcnal: "Nobody" shares the <data> & that\u2019s it \U0001f600\r\n'
)
BOOK = {
    "name": "odd",
    "themes": [
        {
            "name": "costs",
            "label": 'Costs, the "real" ones',
            "codes": [{"name": "loss", "label": 'Fire, theft & "loss"; etc.', "colour": "#aa0000"}, {"name": "money"}],
        },
        {"name": "people", "codes": [{"name": "trust", "label": "Vertrauen \U0001f600"}]},
    ],
}
CODED = [  # words, their which-th place, codes, coder
    ("\U0001f46e\U0001f3fd\u200d\u2640\ufe0f we ring the council", 0, "loss;trust", "Ann"),
    ("the council", 1, "money", "Ann"),
    ("the council", 1, "loss", "Bob, PhD"),
    ("e\u0301 well", 0, "trust", "Bob, PhD"),
    ("the <data> & that\u2019s it \U0001f600", 0, "loss", "Ann"),
]


@pytest.fixture
def gold(tmp_path):
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "talk one.txt").write_bytes(SAID.encode())
    (tmp_path / "book.yaml").write_text(yaml.safe_dump(BOOK, allow_unicode=True), encoding="utf-8")
    text = read_transcript(tmp_path / "texts" / "talk one.txt").text
    with (tmp_path / "gold.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "group", "context", "text", "codes", "coder", "transcript", "start", "end"])
        for words, which, codes, coder in CODED:
            start = -1
            for _ in range(which + 1):
                start = text.index(words, start + 1)
            end = start + len(words)
            table.writerow([f"talk one:{start}-{end}", "talk one", "", words, codes, coder, "talk one.txt", start, end])
    return tmp_path / "gold.csv"


def codings(path):
    units = load_gold([path])
    return {(c.start, c.end, c.text, c.codes, c.coder) for unit in units for c in unit.codings}


@pytest.mark.parametrize("suffix", [".qdpx", ".docx"])
def test_the_same_words_each_time(themes, gold, tmp_path, suffix):
    before, table = codings(gold), gold
    options = ["--codebook", tmp_path / "book.yaml", "--transcripts", tmp_path / "texts"]
    for turn in ("one", "two"):
        out = tmp_path / turn / f"study{suffix}"
        out.parent.mkdir()
        status, _, err = themes("export", table, "--out", out, *options)
        assert status == 0, err
        table, options = tmp_path / turn / "in" / "gold.csv", []
        status, _, err = themes("import", out, "--out", table)
        assert status == 0, err
        assert codings(table) == before
        (text,) = (table.parent / "transcripts").glob("*.txt")
        said = text.read_bytes().decode()
        assert "\r" not in said and not said.startswith("\ufeff")
        assert all(said[start:end] == words for start, end, words, _, _ in before)
        book = yaml.safe_load((table.parent / "codebook.yaml").read_text(encoding="utf-8"))
        found = {
            code["name"]: (theme["name"], code.get("label", "")) for theme in book["themes"] for code in theme["codes"]
        }
        assert found["loss"] == ("costs", 'Fire, theft & "loss"; etc.') and found["trust"] == (
            "people",
            "Vertrauen \U0001f600",
        )
