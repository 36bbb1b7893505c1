"""Bad or thin gold: each fault has a sentence of its own, naming the first unit."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from toys import table

from pipeline.commands.evaluate import Options, evaluate
from pipeline.errors import UsageError
from pipeline.evaluate.characters import compare_spans
from pipeline.evaluate.compare import Coded, compare_codes
from pipeline.evaluate.comparison import Comparison
from pipeline.evaluate.figures import undefined
from pipeline.evaluate.in_run import look_up, misplaced
from pipeline.evaluate.notices import gold_notices, pooled_notices
from pipeline.evaluate.spans import UNITS, marked_transcripts
from pipeline.gold import further_columns, load_gold
from pipeline.gold_unit import MACHINE
from pipeline.gold_waiting import Waiting
from pipeline.lookup import texts_of_run
from pipeline.store import SCHEMAS
from pipeline.tables import open_run


@pytest.fixture
def load(tmp_path, codebook):
    def call(rows, name="gold.csv"):
        path = tmp_path / name
        path.write_text(rows if isinstance(rows, str) else table(rows), encoding="utf-8")
        return load_gold([path], codes=codebook.names)

    return call


def unit(name, codes="effectiveness", group="g1", **more):
    return {"id": name, "group": group, "text": "Said.", "codes": codes, **more}


def guessing(codebook, *prevalences):
    rng = np.random.default_rng(2)
    one, two = (Coded(rng.random((400, 3)) < prevalences) for _ in range(2))
    rows = compare_codes(one, two, [f"g{i % 5}" for i in range(400)], codebook)
    return Comparison("ann", "bob", 400, 5, rows)


def test_pooled_alpha_that_is_frequencies_is_told(codebook):
    unequal, equal = guessing(codebook, 0.6, 0.05, 0.05), guessing(codebook, 0.3, 0.3, 0.3)
    (notice,) = pooled_notices([equal, unequal])
    pooled, within = (unequal.rows[-1].figures[name].value for name in ("alpha", "within_alpha"))
    assert f"(bob against ann {pooled:.2f}, within codes {within:.2f}): cite alpha within codes." in notice
    assert pooled_notices([equal]) == []
    undefined_there = [replace(row, figures=dict.fromkeys(row.figures, undefined("x"))) for row in unequal.rows]
    assert pooled_notices([replace(unequal, rows=[]), replace(unequal, rows=undefined_there)]) == []


def told(load, codebook, rows):
    return " ".join(gold_notices(load(rows), codebook))


def test_rows_that_nobody_coded_are_told_instead_of_units_to_be_listed(load, codebook):
    every = load([unit(f"u{i}", group=f"g{i}") for i in range(4)])
    some = load([unit(f"u{i}", "" if i else "effectiveness", group=f"g{i}") for i in range(4)])
    for units, too_high in ((every, True), (some, False)):
        told = " ".join(gold_notices(units, codebook, waiting=Waiting(99, 103)))
        assert "99 of 103 rows have neither code nor coder" in told and "left out of the table" not in told
        assert ("precision is too high" in told) is too_high


def test_good_gold_has_no_notice(load, codebook):
    rows = [
        unit(f"u{i}", codes, f"g{i}", coder=coder)
        for i, codes in enumerate(["effectiveness", "cost_saving", "talking_shop", ""])
        for coder in ("ann", "bob", "adjudicated")
    ]
    assert gold_notices(load(rows), codebook) == []


@pytest.mark.parametrize(
    ("rows", "fragment"),
    [
        ([unit("u1", coder="ann")], "The gold is one coder's (ann): there is no human ceiling"),
        ([unit("u1")], "The gold is one coder's (who is not named): there is no human ceiling"),
        ([unit("u1", coder="adjudicated")], "The gold holds the adjudicated coding only"),
        (
            [unit("u1", coder="a"), unit("u1", "", coder="b")],
            "1 of 1 units were coded by several people and never settled",
        ),
        ([unit("u1"), unit("u2", "")], "The gold never uses cost_saving, talking_shop"),
        ([unit("u1", ""), unit("u2", "")], "No unit of the gold carries a code"),
        ([unit("u1"), unit("u2")], "Every unit of the gold carries effectiveness"),
        ([unit("u1"), unit("u2")], "list them with empty codes"),
        ([unit("u1"), unit("u2")], "All units are of one group"),
        ([unit("u1"), unit("u2"), unit("u3", group="g2")], "The units are of 2 groups only: the intervals are no use"),
        ([unit("u1", group=""), unit("u2", group="")], "No unit has a group"),
        ([{"id": "u1", "text": "Said.", "attitude": "negative"}], "attitudes only, no codes"),
        (
            [{"id": "u1", "text": "Said.", "attitude": "negative"}],
            "Nobody gave an attitude to a mention: taken as not asked",
        ),
        (
            [{"id": "u1", "text": "Said.", "attitude": "none", "partner_type": "mention"}],
            "Nobody gave an attitude to partnership as such: taken as not asked; where they looked and found none, add a row "
            "with the attitude none and the partner_type partnership.",
        ),
    ],
)
def test_each_fault_has_its_sentence(load, codebook, rows, fragment):
    assert fragment in told(load, codebook, rows)


def test_what_this_program_coded_is_no_persons_gold(load, codebook):
    """As it comes back from REFI-QDA or from Word, where the machine is a coder like the others."""
    rows = [unit(f"u{i}", coder=MACHINE) for i in range(3)]
    alone = told(load, codebook, rows)
    assert f"3 of 3 units of the gold were coded by this program ({MACHINE})" in alone and "one coder's" not in alone
    beside = told(load, codebook, [*rows, unit("u1", coder="ann"), unit("u4", coder="ann")])
    assert "3 of 4 units of the gold were coded by this program" in beside
    assert "The gold is one coder's (ann): there is no human ceiling" in beside
    named_alike = told(load, codebook, [unit("u1", coder="transcript-themes")])
    assert "this program" not in named_alike and "one coder's (transcript-themes)" in named_alike


def test_who_looked_in_vain_was_asked(load, codebook):
    none = {"id": "u1", "text": "Said.", "coder": "ann", "attitude": "none"}
    rows = [none | {"partner_type": kind} for kind in ("mention", "partnership")]
    assert "taken as not asked" in told(load, codebook, rows[:1])
    assert "taken as not asked" not in told(load, codebook, rows)
    assert "taken as not asked" not in told(load, codebook, [unit("u1")])


def test_places_listed_twice_and_over_each_other(load, codebook):
    def at(name, start, end, codes):
        return unit(name, codes, transcript="1a.txt", start=start, end=end, coder="ann")

    seen = told(load, codebook, [at("u1", 0, 5, "effectiveness"), at("u2", 0, 5, "")])
    assert "1 place is listed more than once by one coder, in 1 of them with different codes" in seen
    assert "u1 and u2, 1a.txt 0-5, ann" in seen
    seen = told(load, codebook, [at("u1", 0, 5, ""), at("u2", 3, 9, "")])
    assert "1 pairs of units of one coder overlap (the first: u1 and u2 in 1a.txt)" in seen


@pytest.mark.parametrize(
    ("content", "fragment"),
    [
        ("", "is empty: it has no column id"),
        ("id,codes\n", "holds no coded unit"),
        ("id,text,codes\nu1,Said.,nonsense\n", "code 'nonsense' is not in the codebook"),
    ],
)
def test_unusable_gold(load, content, fragment):
    with pytest.raises(UsageError) as caught:
        load(content)
    assert fragment in str(caught.value)


@pytest.fixture
def place(made_run):
    """A participant's segment of the run made in `conftest`."""
    tables = open_run(made_run)
    row = next(row for row in tables.rows("segments") if row["role"] == "participant")
    return {"transcript": row["transcript_id"], "start": row["start"], "end": row["end"], "text": row["text"]}


def test_two_units_at_one_place_both_get_its_answer(load, made_run, place):
    machine = look_up(made_run, load([unit("u1") | place, unit("u2", "") | place]))
    assert [item.unit_id for item in machine.units] == ["u1", "u2"] and machine.missing == 0
    assert (machine.probabilities[0] == machine.probabilities[1]).all()
    assert machine.attitudes[0] == machine.attitudes[1] and machine.detects
    assert len(set(machine.segments)) == 1 and machine.notices == ()


def test_white_space_that_a_spreadsheet_changed_is_no_other_text(load, made_run, place):
    machine = look_up(made_run, load([unit("u1") | place | {"text": place["text"].replace(" ", "\r\n ", 1)}]))
    assert machine.missing == 0


@pytest.mark.parametrize(
    ("change", "fragment"),
    [
        (
            {"text": "Quite another thing."},
            "1 unit has another text than the transcript at their offsets (the first: u1: gold says",
        ),
        ({"end": 10**6}, "offsets outside the transcript (the first: u1: "),
        ({"transcript": "9z.txt"}, "a transcript that is not there (the first: u1: 9z.txt)"),
        ({"transcript": "", "start": "", "end": ""}, "no transcript, start and end (the first: u1)"),
    ],
)
def test_units_without_an_answer_say_why(load, made_run, place, change, fragment):
    machine = look_up(made_run, load([unit("u1") | place | change, unit("u2") | place]))
    assert machine.missing == 1 and fragment in machine.notices[0]


def test_types_of_partner_that_the_machine_does_not_give_are_told(made_run, place, tmp_path, capsys):
    said = {"coder": "ann", "mention_start": 0, "attitude": "neutral", "codes": ""}
    kinds = ["Youth  Offending", "counsil", ""]  # the first is a type of the vocabulary
    rows = [
        unit("u1", **said) | place | {"mention_end": end, "partner_type": kind}
        for end, kind in enumerate(kinds, start=2)
    ]
    (tmp_path / "gold.csv").write_text(table(rows), encoding="utf-8")
    arguments = {"run": made_run, "model": None, "out": tmp_path / "out", "transcripts": None, "device": "cpu"}
    evaluate([tmp_path / "gold.csv"], **arguments)
    notices = json.loads((tmp_path / "out" / "evaluation.json").read_text())["notices"]
    (told,) = [text for text in notices if "that people gave and the machine does not" in text]
    assert told.startswith("Types of partner") and "does not: 'counsil'. Each" in told


def test_units_of_other_words_are_in_no_figure_by_character_either(made_run, place, tmp_path, capsys):
    rows = [unit("u1", coder="ann") | place, unit("u2", coder="ann") | place | {"text": "Quite another thing."}]
    rows[1] |= {"start": place["start"] - 3, "end": place["end"] - 1}
    (tmp_path / "gold.csv").write_text(table(rows), encoding="utf-8")
    options = Options(extent=UNITS)
    arguments = {"run": made_run, "model": None, "out": tmp_path / "out", "transcripts": None, "device": "cpu"}
    evaluate([tmp_path / "gold.csv"], options=options, **arguments)
    assert "another text than the transcript" in capsys.readouterr().out
    (spans,) = json.loads((tmp_path / "out" / "evaluation.json").read_text(encoding="utf-8"))["spans"]
    assert spans["characters"] == len(place["text"])


@pytest.fixture
def doubled_run(made_run, tmp_path):
    """The same run, had 1a and 2b files of one stem."""
    folder = shutil.copytree(made_run, tmp_path / "doubled")
    rows = pq.read_table(folder / "transcripts.parquet").to_pylist()
    for row, path in zip(rows, ("in/1a.txt", "in/1a.docx"), strict=False):
        row["path"] = path
    pq.write_table(pa.Table.from_pylist(rows, SCHEMAS["transcripts"]), folder / "transcripts.parquet")
    return folder


def test_a_name_that_may_mean_two_transcripts_is_refused(load, doubled_run, place, codebook):
    clear = load([unit("u1") | place | {"transcript": "1a.txt"}])
    assert look_up(doubled_run, clear).missing == 0
    doubtful = load([unit("u1") | place | {"transcript": "1a"}])
    for ask in (
        lambda: look_up(doubled_run, doubtful),
        lambda: marked_transcripts(open_run(doubled_run), doubtful, codebook, UNITS),
        lambda: texts_of_run(open_run(doubled_run))("1a", 0, 5),
    ):
        with pytest.raises(UsageError, match=r"'1a' is in/1a.txt as well as in/1a.docx"):
            ask()


@pytest.fixture
def held_run(made_run, tmp_path):
    """The same run, had it left 2b to a human."""
    folder = shutil.copytree(made_run, tmp_path / "held")
    for name, column in (("review", "review"), ("themes", "assigned")):
        rows = pq.read_table(folder / f"{name}.parquet").to_pylist()
        for row in rows:
            if row["segment_id"].startswith("2b"):
                row[column] = name == "review"
        pq.write_table(pa.Table.from_pylist(rows, SCHEMAS[name]), folder / f"{name}.parquet")
    return folder


def test_what_was_left_to_a_human_is_no_answer(load, held_run, codebook):
    tables = open_run(held_run)
    rows = [row for row in tables.rows("segments") if row["role"] == "participant"]
    places = [{"transcript": r["transcript_id"], "start": r["start"], "end": r["end"], "text": r["text"]} for r in rows]
    units = load([unit(f"u{i}", group=f"g{i}") | place for i, place in enumerate(places)])
    machine = look_up(held_run, units)
    assert [item.unit_id for item in machine.units] == ["u0", "u2"] and (machine.missing, machine.held) == (0, 1)
    assert "1 of 3 units found in the run were left to a human" in machine.notices[0]
    read = [item.coders["machine"].read.all() for item in marked_transcripts(tables, units, codebook, UNITS)]
    assert read == [True, False, True]
    seen = compare_spans(marked_transcripts(tables, units, codebook, UNITS), codebook, extent=UNITS)[0]
    assert seen.characters == sum(len(place["text"]) for place in (places[0], places[2]))


def test_text_that_is_not_in_the_transcript_is_told_for_a_model_too(load):
    units = load([unit("u1", transcript="a.txt", start=0, end=5), unit("u2")])
    assert misplaced(units, lambda name, start, end: "Said.") == ()
    (notice,) = misplaced(units, lambda name, start, end: "Other"[start:end])
    assert "gold says 'Said.', the transcript 'Other'); the text in the gold was coded" in notice


def test_further_columns(load, tmp_path):
    load([unit("u1", Rank="PC"), unit("u2", Rank="", coder="a"), unit("u2", Rank="sgt", coder="b")])
    assert further_columns([tmp_path / "gold.csv"], ["rank"]) == {"u1": {"rank": "PC"}, "u2": {"rank": "sgt"}}
