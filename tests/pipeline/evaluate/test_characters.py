"""Gold that is cut otherwise than the run: characters and ends by hand, on the run made in `conftest`."""

import numpy as np
import pytest
from krippendorff import alpha
from toys import table

from pipeline.evaluate.characters import compare_spans, matched
from pipeline.evaluate.spans import TRANSCRIPTS, UNITS, extent_of, marked_transcripts, runs
from pipeline.gold import load_gold
from pipeline.tables import open_run


@pytest.fixture
def gold_in(made_run, tmp_path):
    tables = open_run(made_run)
    texts = {row["transcript_id"].split("-")[0]: row["text"] for row in tables.rows("transcripts") if row["text"]}
    segments = {
        row["transcript_id"].split("-")[0]: (row["start"], row["end"])
        for row in tables.rows("segments")
        if row["role"] == "participant"
    }

    def load(rows):
        path = tmp_path / "spans.csv"
        path.write_text(
            table(
                [
                    {
                        "id": i,
                        "text": texts[name][a:b],
                        "transcript": f"{name}.txt",
                        "start": a,
                        "end": b,
                        "codes": codes,
                        "coder": coder,
                    }
                    for i, (name, a, b, codes, coder) in enumerate(rows)
                ]
            ),
            encoding="utf-8",
        )
        return load_gold([path])

    return tables, segments, load


def test_by_character_by_hand(gold_in, codebook):
    tables, segments, load = gold_in
    (a, b), (c, d) = segments["1a"], segments["2b"]
    # The machine gave 1a and 2b what `conftest` says; a person coded only the first ten characters of each.
    units = load([("1a", a, a + 10, "effectiveness", "ann"), ("2b", c, c + 10, "effectiveness", "ann")])
    assert extent_of(units) == TRANSCRIPTS
    marked = marked_transcripts(tables, units, codebook, TRANSCRIPTS)
    seen = compare_spans(marked, codebook, extent=TRANSCRIPTS, tolerance=3)[0]
    assert (seen.gold, seen.other, seen.transcripts, seen.characters) == ("reference", "machine", 2, b - a + d - c)
    machine = [
        row["segment_id"].split("-")[0]
        for row in tables.rows("themes")
        if row["code"] == "effectiveness" and row["assigned"]
    ]
    mine = np.concatenate([np.arange(n) < 10 for n in (b - a, d - c)])
    yours = np.concatenate([np.full(n, name in machine) for name, n in (("1a", b - a), ("2b", d - c))])
    figures = seen.figures["effectiveness"]
    assert figures["recall"].value == pytest.approx((mine & yours).sum() / 20, abs=1e-4)
    assert figures["precision"].value == pytest.approx((mine & yours).sum() / yours.sum(), abs=1e-4)
    theirs = alpha(np.stack([mine, yours]).astype(int), level_of_measurement="nominal")
    assert figures["alpha"].value == pytest.approx(theirs, abs=1e-4)
    assert figures["exact_f1"].value == 0 and figures["exact_recall"].n == 2


def test_listed_units_bound_what_was_read(gold_in, codebook):
    tables, segments, load = gold_in
    a, _ = segments["1a"]
    units = load([("1a", a, a + 10, "effectiveness", "ann"), ("1a", a + 10, a + 16, "", "ann")])
    assert extent_of(units) == UNITS
    marked = marked_transcripts(tables, units, codebook, UNITS)
    seen = compare_spans(marked, codebook, extent=UNITS)[0]
    assert seen.characters == 16 and seen.figures["overall"]["alpha"].n == 48


def test_people_who_cut_each_in_their_own_way_have_no_reference(gold_in, codebook):
    tables, segments, load = gold_in
    a, b = segments["1a"]
    units = load([("1a", a, a + 10, "effectiveness", "ann"), ("1a", a + 2, b, "effectiveness", "bob")])
    seen = compare_spans(marked_transcripts(tables, units, codebook, TRANSCRIPTS), codebook, extent=TRANSCRIPTS)
    assert [(item.gold, item.other) for item in seen] == [("ann", "machine"), ("bob", "machine"), ("ann", "bob")]
    assert seen[2].figures["effectiveness"]["recall"].value == 0.8
    assert 0 < seen[2].figures["overall"]["f1"].value < 1


def test_runs_join_over_white_space():
    flags = np.array([1, 1, 0, 1, 0, 0, 1], dtype=bool)
    assert runs(flags) == [(0, 2), (3, 4), (6, 7)]
    assert runs(flags, "ab c. d") == [(0, 4), (6, 7)] and runs(np.zeros(3, bool)) == []


def test_ends_within_the_tolerance_pair_off_once():
    assert matched([(0, 10), (20, 30)], [(1, 9), (18, 30)], 2) == 2
    assert matched([(0, 10), (20, 30)], [(1, 9), (18, 30)], 1) == 1
    assert matched([(0, 10), (1, 11)], [(0, 10)], 5) == 1 and matched([], [(0, 1)], 5) == 0
