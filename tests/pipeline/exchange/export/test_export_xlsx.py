"""The workbook, read back by another library."""

import openpyxl
import pytest

from pipeline.exchange.export import csv
from pipeline.exchange.export.sheets import LONGEST_CELL, Book, Column
from pipeline.exchange.export.stream import transcripts_of
from pipeline.exchange.export.xlsx import write
from pipeline.tables import open_run


@pytest.fixture(scope="module")
def written(odd, tmp_path_factory):
    path = tmp_path_factory.mktemp("xlsx") / "run.xlsx"
    told = write(odd, path)
    return openpyxl.load_workbook(path), told


def rows(sheet):
    heading, *found = sheet.iter_rows(values_only=True)
    return [dict(zip(heading, row, strict=True)) for row in found]


def test_sheets_with_frozen_heads_and_filters(written):
    book, _ = written
    shown = [sheet for sheet in book if sheet.sheet_state == "visible"]
    counts = ["Attitude counts", "Attitudes by group"]
    assert [sheet.title for sheet in shown] == ["Segments", "Codes", "Code counts", "Attitudes", *counts, "About"]
    assert {sheet.sheet_state for sheet in book} == {"visible", "veryHidden"} and book.active.title == "Segments"
    for sheet in shown:
        assert sheet.freeze_panes == "A2"
        assert sheet.auto_filter.ref == sheet.dimensions
    text = next(cell for cell in book["Segments"][1] if cell.value == "Text")
    assert book["Segments"].column_dimensions[text.column_letter].width > 60
    assert book["Segments"].cell(2, text.column).alignment.wrap_text


def test_segments_are_what_was_said(written, odd):
    book, told = written
    found = rows(book["Segments"])
    items = [(t, i.segment) for t in transcripts_of(odd) for i in t.segments]
    assert [row["Segment"] for row in found] == [segment.segment_id for _, segment in items]
    for row, (transcript, segment) in zip(found, items, strict=True):
        said = segment.text.replace("\x07", "\ufffd").replace("\x0b", "\ufffd")
        assert row["Text"] == said.replace("_x0041_", "_x005F_x0041_")  # how the format writes such a text
        assert transcript.text[row["Start"] : row["End"]] == segment.text
    assert found[1]["Codes"] == "Cost saving; Talking shop"
    assert found[1]["Probabilities"] == "Cost saving 0.61; Talking shop 0.90"
    assert (found[1]["rank"], found[1]["attribute: role"], found[1]["Role"]) == ("PC", "-", "participant")
    assert found[1]["Attitudes"] == "local_authority: negative; police: positive"
    # The text stands in three sheets.
    assert told[0].startswith("3 cells held control characters") and "left to a human" in told[1]


def test_nothing_said_is_a_formula(written):
    for sheet in written[0]:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", cell.value
    texts = [cell for row in written[0]["Segments"].iter_rows() for cell in row if cell.value == "=SUM(1;2)"]
    assert [(cell.data_type, cell.quotePrefix) for cell in texts] == [("s", True)]


def test_codes_counts_and_attitudes(written, odd):
    book, _ = written
    assigned = [(r["segment_id"], round(r["probability"], 6)) for r in odd.themes().to_pylist() if r["assigned"]]
    assert [(row["Segment"], row["Probability"]) for row in rows(book["Codes"])] == assigned
    counts = {row["Identifier"]: (row["Segments"], row["Transcripts"]) for row in rows(book["Code counts"])}
    assert counts["talking_shop"] == (2, 2) and counts["cost_saving"] == (2, 1)
    assert sum(number for number, _ in counts.values()) == len(assigned)
    attitudes = rows(book["Attitudes"])
    assert [row["Mention"] for row in attitudes] == ["the council \U0001f600\n\nand", "police", "council", None]
    assert [(row["Attitude"], row["Negative"]) for row in attitudes[:2]] == [("negative", 0.8), ("positive", 0.05)]
    about = dict(book["About"].iter_rows(min_row=2, values_only=True))
    assert "toy" in about["Model"] and "5 of 8" in about["Participants' segments"]


def test_attitudes_are_counted_as_codes_are(written, odd):
    book, _ = written
    counts = rows(book["Attitude counts"])
    of_what = [(row["Partner type"], row["Counted"], row["Number"], row["Negative"], row["Positive"]) for row in counts]
    assert of_what == [
        ("local_authority", "mentions", 2, 2, 0),
        ("police", "mentions", 1, 0, 1),
        ("partnership", "segments", 1, 0, 1),
    ]
    council = counts[0]
    assert (council["Transcripts"], council["Speakers"], council["Most in one transcript"]) == (1, 1, 2)
    assert council["Mean probability: negative"] == pytest.approx(0.8)
    by = {(row["By"], row["Group"], row["Partner type"]): row["Number"] for row in rows(book["Attitudes by group"])}
    assert by["speaker", "PC Ünal", "local_authority"] == by["rank", "PC", "local_authority"] == 2
    assert by["site", "+44 North", "partnership"] == 1 and ("rank", "PC", "partnership") not in by
    assert dict(book["About"].iter_rows(min_row=2, values_only=True))["Attitudes by group"].startswith("The same")


def test_more_rows_than_a_sheet_takes_go_on_in_a_further_one(odd, tmp_path):
    told = write(odd, tmp_path / "run.xlsx", most_rows=4)
    book = openpyxl.load_workbook(tmp_path / "run.xlsx")
    found = [row for name in ("Segments", "Segments 2", "Segments 3") for row in rows(book[name])]
    assert [row["Segment"] for row in found] == odd.segments()["segment_id"].to_pylist()
    assert all(sheet.max_row <= 4 for sheet in book)
    assert any("it goes on in Segments 2 to Segments 3" in line for line in told)


@pytest.mark.parametrize("character", ["a", "\U0001f600"])
def test_a_cell_that_is_too_long_is_cut_and_told(tmp_path, character):
    book = Book(tmp_path / "long.xlsx")
    fits = character * (LONGEST_CELL // (2 if character != "a" else 1))
    book.sheet("S", [Column("A", 10), Column("B", 10)]).add([fits, fits + character])
    book.close()
    one, two = next(openpyxl.load_workbook(tmp_path / "long.xlsx")["S"].iter_rows(min_row=2, values_only=True))
    assert one == fits
    assert two.endswith(" … [cut]") and fits.startswith(two.removesuffix(" … [cut]"))
    assert LONGEST_CELL - 1 <= len(two.encode("utf-16-le")) // 2 <= LONGEST_CELL
    assert book.warnings == ["1 cell was longer than Excel's 32,767 characters and was cut"]


def test_of_a_model_without_codes_the_likeliest_segments_and_no_uncertainty(run_without, tmp_path):
    run = open_run(run_without("themes"))
    assert write(run, tmp_path / "run.xlsx") == []
    book = openpyxl.load_workbook(tmp_path / "run.xlsx")
    found = rows(book["Likeliest"])
    ranked = [(row["Place"], row["Probability"]) for row in found if row["Code"] == "Talking shop"]
    assert ranked == [(place, pytest.approx(share)) for place, share in ((1, 0.95), (2, 0.3), (3, 0.3))]
    assert {row["Code"] for row in found} == {row["Code"] for row in rows(book["Code counts"])}
    assert all(row["Text"] and row["Segment"] and row["Speaker"] == "PC Grey" for row in found)
    assert {row["Uncertainty"] for row in rows(book["Segments"])} == {None}
    csv.write(run, tmp_path / "run.csv")
    assert ",uncertainty," in (tmp_path / "run.csv").read_text(encoding="utf-8")
    items = [item for transcript in transcripts_of(run) for item in transcript.segments]
    assert {item.uncertainty for item in items} == {None}
