"""Which segments are quoted."""

import pytest

from pipeline.report.quotations import Candidate, Quoter, choose
from pipeline.tables import open_run


def test_the_surest_of_each_transcript_come_first():
    candidates = [
        Candidate("a-1:0-9", 0.9),
        Candidate("a-1:9-19", 0.8),
        Candidate("b-2:0-9", 0.5),
        Candidate("c-3:0-9", 0.4),
    ]
    assert [item.segment_id for item in choose(candidates, 3)] == ["a-1:0-9", "b-2:0-9", "c-3:0-9"]
    assert [item.segment_id for item in choose(candidates[:3], 3)] == ["a-1:0-9", "b-2:0-9", "a-1:9-19"]
    assert [item.segment_id for item in choose(reversed(candidates), 2)] == ["a-1:0-9", "b-2:0-9"]
    assert choose([], 3) == []


def test_a_segment_is_quoted_once():
    same = [Candidate("a-1:0-9", 0.9, 0, 3), Candidate("a-1:0-9", 0.8, 4, 7)]
    assert choose(same, 3) == same[:1]


def test_the_mention_is_marked_and_the_question_goes_before(made_run):
    tables = open_run(made_run)
    row = next(row for row in tables.rows("attitudes") if row["mention"])
    candidate = Candidate(row["segment_id"], row["negative"], row["start"], row["end"])
    quotation = Quoter(tables, [row["segment_id"]]).quote(candidate)
    assert [text for text, marked in quotation.parts if marked] == ["council"]
    segment = next(item for item in tables.rows("segments") if item["segment_id"] == row["segment_id"])
    assert "".join(text for text, _ in quotation.parts) == segment["text"]
    assert (quotation.before_speaker, quotation.speaker, quotation.transcript) == ("I", "PC Grey", "1a")
    assert quotation.before.startswith("What about")
    assert quotation.score == pytest.approx(0.8)


def test_the_first_segment_of_a_transcript_has_nothing_before(made_run):
    tables = open_run(made_run)
    first = [row["segment_id"] for row in tables.rows("segments") if row["turn"] == 0]
    quoter = Quoter(tables, first)
    assert {quoter.quote(Candidate(name, 0.5)).before for name in first} == {""}
