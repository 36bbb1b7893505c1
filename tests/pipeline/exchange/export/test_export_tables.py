"""CSV and JSON Lines, read back."""

import csv
import io
import zipfile
from dataclasses import replace

import pytest

from pipeline.exchange.export import csv as tables
from pipeline.exchange.export import jsonl
from pipeline.exchange.export.attitude_counts import AttitudeCounts
from pipeline.exchange.export.stream import transcripts_of

NAMES = {
    "about.csv",
    "attitude_counts.csv",
    "attitudes.csv",
    "codebook.csv",
    "codings.csv",
    "segments.csv",
    "transcripts.csv",
}


def rows(text):
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def read(path, encoding="utf-8"):
    return rows(path.read_bytes().decode(encoding))


def test_the_wide_table_has_a_row_for_each_participants_segment(odd, tmp_path):
    told = tables.write(odd, tmp_path / "run.csv")
    found = read(tmp_path / "run.csv")
    items = [(t, i) for t in transcripts_of(odd) for i in t.segments if i.themes]
    assert [(row["segment_id"], row["text"]) for row in found] == [
        (i.segment.segment_id, i.segment.text) for _, i in items
    ]
    for row, (_, item) in zip(found, items, strict=True):
        for theme in item.themes:
            assert (row[theme.code], float(row[f"{theme.code}_probability"])) == (
                str(int(theme.assigned)),
                theme.probability,
            )
    assert (found[0]["codes"], found[0]["rank"], found[0]["role"]) == ("cost_saving; talking_shop", "PC", "-")
    assert [row["partnership"] for row in found] == ["", "", "", "", "positive"]
    assert found[0]["attitudes"] == "local_authority: negative; police: positive"
    assert told == ["1 segment that the run left to a human carry no code"]


def test_the_tables_belong_together_in_a_folder_and_in_a_zip(odd, tmp_path):
    tables.write(odd, tmp_path / "run")
    assert {path.name for path in (tmp_path / "run").iterdir()} == NAMES
    found = {path.name: read(path) for path in (tmp_path / "run").iterdir()}
    assert len(found["segments.csv"]) == 8 and len(found["codings.csv"]) == odd.themes().num_rows
    ids = {row["segment_id"] for row in found["segments.csv"]}
    assert {row["segment_id"] for name in ("codings.csv", "attitudes.csv") for row in found[name]} <= ids
    assert [row["attribute: role"] for row in found["segments.csv"]] == ["-"] * 8
    texts = {t.transcript_id: t.text for t in transcripts_of(odd)}
    where = {row["segment_id"]: texts[row["transcript_id"]] for row in found["segments.csv"]}
    mentions = [row for row in found["attitudes.csv"] if row["mention"]]
    assert (
        [where[row["segment_id"]][int(row["start"]) : int(row["end"])] for row in mentions]
        == [row["mention"] for row in mentions]
        == ["the council \U0001f600\n\nand", "police", "council"]
    )
    tables.write(odd, tmp_path / "run.zip")
    with zipfile.ZipFile(tmp_path / "run.zip") as archive:
        assert {name: rows(archive.read(name).decode()) for name in archive.namelist()} == found


def test_attitudes_are_counted_over_all_by_speaker_and_by_attribute(odd, tmp_path):
    tables.write(odd, tmp_path / "run")
    found = read(tmp_path / "run" / "attitude_counts.csv")
    names = {name for transcript in transcripts_of(odd) for name in [transcript.name] if "talk" in name}
    one, two = sorted(names)
    negative, positive = ("0.8", "0.15", "0.05"), ("0.05", "0.15", "0.8")
    council = ("local_authority", "mentions", "2", "2", "0", "0", *negative, "1", "1", "2", one)
    police = ("police", "mentions", "1", "0", "0", "1", *positive, "1", "1", "1", one)
    as_such = ("partnership", "segments", "1", "0", "0", "1", *positive, "1", "1", "1", two)
    groups = {("speaker", "PC Ünal", one): [council, police], ("speaker", "Jo", two): [as_such]}
    groups |= {("rank", "PC", ""): [council, police]}
    groups |= {(by, value, ""): [council, police, as_such] for by, value in (("role", "-"), ("site", "+44 North"))}
    rest = list(next(iter(found)))[3:]
    seen: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
    for row in found:
        seen.setdefault((row["by"], row["group"], row["transcript"]), []).append(tuple(row[name] for name in rest))
    assert seen == {("", "", ""): [council, police, as_such], **groups}
    # Every mention is of one speaker, and of one value of an attribute at most.
    rows_of = {by: sum(int(row["number"]) for row in found if row["by"] == by) for by in ("", "speaker", "role")}
    assert set(rows_of.values()) == {odd.attitudes().num_rows}


def test_an_attribute_that_is_called_speaker_stays_apart_from_speakers(odd):
    counts = AttitudeCounts(["speaker"])
    for transcript in transcripts_of(odd):
        for item in transcript.segments:
            counts.add(replace(transcript, attributes={"speaker": "guest"}), item)
    by = {(row.by, row.group): row.tally.count for row in counts.by_group()}
    assert by["attribute: speaker", "guest"] == by["speaker", "Jo"] == 1


@pytest.mark.parametrize("name", ["run.csv", "run/segments.csv"])
def test_for_excel_there_is_a_mark_and_no_formula(odd, tmp_path, name):
    told = tables.write_for_excel(odd, tmp_path / name.split("/")[0])
    path = tmp_path / name
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    cells = [cell for row in read(path, "utf-8-sig") for cell in row.values()]
    assert {"'=SUM(1;2)", "'+44 North", "-"} <= set(cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-")) and cell != "-"]
    assert "cells got an apostrophe" in told[0]


def test_json_lines_hold_all_of_it(odd, tmp_path, lines):
    assert jsonl.write(odd, tmp_path / "run.jsonl") == ["1 segment that the run left to a human carry no code"]
    found = lines(tmp_path / "run.jsonl")
    texts = {t.transcript_id: t.text for t in transcripts_of(odd)}
    assert [line["segment_id"] for line in found] == odd.segments()["segment_id"].to_pylist()
    for line in found:
        text = texts[line["transcript_id"]]
        assert text[line["start"] : line["end"]] == line["text"]
        assert ("codes" in line) == (line["role"] == "participant")
        for attitude in line.get("attitudes", ()):
            if attitude["mention"] is not None:
                assert text[attitude["start"] : attitude["end"]] == attitude["mention"]
    given = {(row["segment_id"], row["code"]): row["probability"] for row in odd.themes().to_pylist()}
    assert {(line["segment_id"], c): p for line in found for c, p in line.get("probabilities", {}).items()} == given
    assert [line["codes"] for line in found if "codes" in line] == [
        ["cost_saving", "talking_shop"],
        [],
        ["cost_saving"],
        ["talking_shop"],
        [],
    ]
