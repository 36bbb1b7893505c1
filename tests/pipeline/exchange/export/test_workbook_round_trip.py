"""What people corrected in a run's workbook comes back as theirs; what they did not touch is no gold."""

import csv

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.codebook import Codebook
from pipeline.errors import ThemesError, UnreadableInput, UsageError
from pipeline.evaluate.evaluation import machine_against_coder
from pipeline.evaluate.in_run import look_up
from pipeline.exchange import run_workbook, workbook, workbook_rows
from pipeline.exchange.codebooks import book_of
from pipeline.exchange.export.csv import write as write_csv
from pipeline.exchange.export.jsonl import write as write_jsonl
from pipeline.exchange.export.sheets import Book, Column
from pipeline.exchange.export.tasks import tasks_of
from pipeline.exchange.export.xlsx import write
from pipeline.exchange.gold_files import write_gold
from pipeline.exchange.gold_rows import gold_rows
from pipeline.exchange.registry import reader_of
from pipeline.exchange.run_project import project_of_run
from pipeline.gold import load_gold
from pipeline.gold_unit import MACHINE
from pipeline.ingest import sheets
from pipeline.ingest.sheets import xlsx_sheets
from pipeline.types import Attitude

FIRST, FORMULA, CONTROL = "\U0001f46e", "=SUM(1;2)", "@council"


class Edited:
    """The workbook in the hands of a person: cells by the beginning of their segment's text."""

    def __init__(self, path):
        self.path = path
        self.book = openpyxl.load_workbook(path)

    def rows(self, sheet, text=""):
        heads, *rows = self.book[sheet].iter_rows()
        for row in rows:
            cells = dict(zip([cell.value for cell in heads], row, strict=True))
            if (cells["Text"].value or "").startswith(text):
                yield cells

    def set(self, sheet, text, *, mention=None, **cells):
        for row in self.rows(sheet, text):
            if mention is None or row["Mention"].value == mention:
                for name, value in cells.items():
                    row[name.replace("_", " ")].value = value

    def read(self):
        self.book.save(self.path)
        assert reader_of(self.path).name == "xlsx"
        return workbook.read(self.path)


@pytest.fixture
def edited(odd, tmp_path):
    write(odd, tmp_path / "run.xlsx")
    return Edited(tmp_path / "run.xlsx")


def gold_of(project, folder):
    *_, table = write_gold(folder / "gold" / "gold.csv", project, gold_rows(project), overwrite=False)
    return {unit.first.text[:1]: unit for unit in load_gold([table])}


@pytest.mark.parametrize("other", ["b/talk.txt", "b/Talk.txt"])
@pytest.mark.parametrize("said", ["Jo", "I"])  # "I" is the interviewer
def test_a_unit_has_the_same_id_and_group_as_in_the_runs_sample(run_of, themes, tmp_path, other, said):
    """Two files of one name in two folders; of one that holds no participant's talk nothing is drawn."""
    talk = {"a/talk.txt": [("Ann", "We ring the council.", {}, [])], other: [(said, "Nobody came.", {}, [])]}
    run = run_of(talk).path
    assert themes("sample", run, "--n", 9, "--out", tmp_path / "s.csv")[0] == 0
    assert themes("export", run, "--out", tmp_path / "run.xlsx")[0] == 0
    checked = Edited(tmp_path / "run.xlsx")
    checked.set("Segments", "", Checked_by="ann")
    checked.book.save(checked.path)
    assert themes("import", tmp_path / "run.xlsx", "--out", tmp_path / "gold" / "g.csv")[0] == 0

    def named(table):
        with table.open(encoding="utf-8-sig", newline="") as file:
            return {tuple(row[name] for name in ("id", "group", "transcript")) for row in csv.DictReader(file)}

    assert named(tmp_path / "s.csv") == named(tmp_path / "gold" / "g.csv")
    assert len({group for _, group, _ in named(tmp_path / "s.csv")}) == (2 if said == "Jo" else 1)


def test_a_workbook_of_an_earlier_version_gives_the_segment_before(edited):
    machine = edited.book[run_workbook.MACHINE_GAVE]
    (place,) = (cell.column for cell in machine[1] if cell.value == run_workbook.CONTEXT)
    machine.delete_cols(place)
    edited.set("Segments", FIRST, Checked_by="Ann")
    assert [source.origin.context for source in edited.read().sources] == ["\U0001f600 Who do you ring?"]


def test_sample_and_workbook_of_a_run_are_one_gold(run_of, themes, tmp_path):
    said = [("Ann", f"We ring the council {n} times a week. " * 40, {}, []) for n in range(3)]
    run = run_of(
        {"talk.txt": [item for one in said for item in (("I", "And how often is that then?", {}, []), one)]}
    ).path
    assert themes("sample", run, "--n", 9, "--out", tmp_path / "s.csv")[0] == 0
    assert themes("export", run, "--out", tmp_path / "run.xlsx")[0] == 0
    checked = Edited(tmp_path / "run.xlsx")
    checked.set("Segments", "We", Checked_by="ann")
    checked.book.save(checked.path)
    assert themes("import", tmp_path / "run.xlsx", "--out", tmp_path / "gold" / "g.csv")[0] == 0
    units = load_gold([tmp_path / "s.csv", tmp_path / "gold" / "g.csv"])
    assert units and all(unit.by("ann") for unit in units)


def test_what_nobody_touched_is_refused(odd, edited, themes, tmp_path):
    with pytest.raises(ThemesError, match="nothing in it was changed or checked by a person"):
        edited.read()
    status, out, err = themes("import", edited.path, "--out", tmp_path / "gold.csv")
    assert (status, out) == (1, "") and "is no gold (in the sheet Segments correct the column Codes" in " ".join(
        err.split()
    )
    # Nor is a run that was exported to other tables.
    write_csv(odd, tmp_path / "run.csv")
    write_jsonl(odd, tmp_path / "run.jsonl")
    write_csv(odd, tmp_path / "tables")
    for name in ("run.csv", "run.jsonl", "tables/segments.csv"):
        status, _, err = themes("import", tmp_path / name, "--out", tmp_path / "gold.csv")
        assert status in (2, 3) and "is a run as it was exported" in " ".join(err.split())
    assert not (tmp_path / "gold.csv").exists()


def test_a_checked_run_is_the_run_again(odd_run, odd, edited, tmp_path):
    for sheet in ("Segments", "Attitudes"):
        edited.set(sheet, "", Checked_by="Ann")
    project = edited.read()
    # Checking the interviewer's talk says nothing.
    assert [warning for warning in project.warnings if "no participant's" in warning] == [
        "3 segments are no participant's, which alone are coded, and were left out"
    ]
    run = project_of_run(odd)
    assert book_of(project.codes, "p").codebook == book_of(run.codes, "p").codebook
    gold = list(gold_of(project, tmp_path).values())
    machine = look_up(odd_run, gold)
    assert (machine.missing, machine.held, len(machine.units)) == (0, 1, 4)
    for unit, assigned, attitudes in zip(machine.units, machine.assigned, machine.attitudes, strict=True):
        coding = unit.by("Ann")
        assert coding.codes == {code for code, given in zip(machine.codes, assigned, strict=True) if given}
        assert {
            (*((-1, -1) if item.start is None else (item.start, item.end)), item.attitude) for item in coding.attitudes
        } == {(*place, said.attitude) for place, said in attitudes.items()}
    read = {task.item.segment.segment_id: task.context for task in tasks_of(odd)}
    assert {source.origin.unit: source.origin.context for source in project.sources} == read
    texts = {source.source_id: source.text for source in run.sources}
    for unit in gold:  # two transcripts are called talk.txt, so that their ids name them
        text = texts[unit.first.transcript]
        assert (
            unit.first.text == text[unit.first.start : unit.first.end]
        )  # control characters too, which no cell can hold


def test_only_what_a_person_changed_is_theirs(odd_run, edited, tmp_path):
    edited.set("Segments", FIRST, Codes="talking shop | effectiveness")
    edited.set("Segments", CONTROL, Codes=None, Checked_by="Bob")
    edited.book.properties.lastModifiedBy = "Ann of the police"
    project = edited.read()
    gold = gold_of(project, tmp_path)
    assert {key: (unit.first.coder, unit.first.codes) for key, unit in gold.items()} == {
        FIRST: ("Bob", {"talking_shop", "effectiveness"}),  # the only name in the workbook
        "@": ("Bob", frozenset()),
    }
    assert all(unit.first.attitudes is None for unit in gold.values())
    assert any(warning.startswith("3 segments were neither changed nor checked") for warning in project.warnings)
    assert look_up(odd_run, list(gold.values())).missing == 0


def test_given_as_gold_it_says_what_to_do_first(edited):
    edited.set("Segments", FIRST, Codes="Talking shop")
    edited.read()
    with pytest.raises(UsageError, match=r"is a run's workbook.*first `themes import \S*run.xlsx --out gold.csv`"):
        load_gold([edited.path])


def test_who_changed_it_is_the_user_who_saved_it(edited):
    edited.set("Segments", FIRST, Codes="Talking shop")
    edited.book.properties.lastModifiedBy = "Ann"
    project = edited.read()
    assert {coding.coder for coding in project.codings} == {"Ann"}
    assert any("the machine looks worse than it is" in warning for warning in project.warnings)
    edited.book.properties.lastModifiedBy = MACHINE
    assert {coding.coder for coding in edited.read().codings} == {""}


def test_order_and_spelling_of_codes_are_no_change(edited):
    edited.set("Segments", FIRST, Codes="talking_shop;;COST SAVING")
    with pytest.raises(ThemesError, match="nothing in it was changed"):
        edited.read()
    edited.set("Segments", FIRST, Codes='Talking shops; trust me, "really"')
    project = edited.read()
    assert (
        "the codebook has no code 'Talking shops' (is 'Talking shop' meant?); it becomes a code of its own"
        in project.warnings
    )
    names = book_of(project.codes, "p").names
    assert {names[coding.code_id] for coding in project.codings} == {"talking_shops", "trust_me_really"}


def test_a_theme_is_no_code_and_commas_separate_codes_that_are_some(edited, tmp_path):
    edited.set("Segments", FIRST, Codes="The way forward", Checked_by="Ann")
    edited.set("Segments", CONTROL, Codes="talking shop, Cost saving", Checked_by="Ann")
    project = edited.read()
    assert {key: unit.first.codes for key, unit in gold_of(project, tmp_path).items()} == {
        "@": {"talking_shop", "cost_saving"}
    }
    start, end = (
        "'The way forward' under Codes in segment ",
        "only groups codes and is none itself: the segment was left out",
    )
    assert any(warning.startswith(start) and end in warning for warning in project.warnings)


def add_attitude(edited, text, mention, attitude):
    sheet = edited.book["Attitudes"]
    segment = next(edited.rows("Segments", text))["Segment"].value
    added = {"Segment": segment, "Mention": mention, "Partner type": "Local Authority", "Attitude": attitude}
    sheet.append([added.get(cell.value) for cell in sheet[1]])
    return segment


def test_attitudes(edited, tmp_path):
    edited.set("Attitudes", FIRST, mention="police", Attitude="Neutral ")
    edited.set("Attitudes", FIRST, mention="the council \U0001f600\n\nand", Attitude=None)
    add_attitude(edited, FIRST, "we", "positive")
    edited.set("Segments", CONTROL, Checked_by="Ann")
    project = edited.read()
    gold = gold_of(project, tmp_path)
    given = {key: unit.by("Ann") for key, unit in gold.items()}
    assert [(item.mention, item.partner_type, item.attitude) for item in given[FIRST].attitudes] == [
        ("police", "police", "neutral"),
        ("we", "local_authority", "positive"),
    ]
    assert given[FIRST].codes is None  # only the attitudes were changed
    assert [(item.mention, item.attitude) for item in given["@"].attitudes] == [("council", "negative")]
    assert given["@"].codes == {"cost_saving"}


@pytest.mark.parametrize(
    ("mention", "attitude", "problem"),
    [
        ("ring", "postive", "attitudes are none of negative, neutral, positive"),
        ("nobody said this", "negative", "attitudes are on words that are not in their segment"),
    ],
)
def test_attitudes_that_cannot_be_read_are_no_judgement(edited, tmp_path, mention, attitude, problem):
    segment = add_attitude(edited, FIRST, mention, attitude)
    with pytest.raises(ThemesError, match=f"nothing that people changed in it can be kept: {problem}: in segment"):
        edited.read()
    edited.set("Segments", FIRST, Checked_by="Bob")
    project = edited.read()
    assert any(warning.startswith(f"{problem}: in segment {segment}, whose") for warning in project.warnings)
    assert gold_of(project, tmp_path)[FIRST].by("Bob").attitudes is None
    # Whoever gave attitudes elsewhere would by gold's rule have found none here.
    edited.set("Attitudes", CONTROL, Checked_by="Bob")
    assert set(gold_of(edited.read(), tmp_path / "2")) == {"@"}


def test_rows_that_are_gone_say_nothing(edited):
    edited.book["Attitudes"].delete_rows(2, 10)
    edited.book["Codes"].delete_rows(2, 2)
    with pytest.raises(ThemesError, match="nothing in it was changed"):
        edited.read()
    edited.book["Segments"].delete_rows(2)  # the question
    edited.set("Segments", FIRST, Checked_by="Ann")
    project = edited.read()
    assert [source.origin.context for source in project.sources] == ["\U0001f600 Who do you ring?"]


def test_what_the_machine_gave_stays_where_its_row_is_gone(edited, tmp_path):
    sheet = edited.book["Attitudes"]
    for row in reversed(list(edited.rows("Attitudes"))):
        if row["Mention"].value in ("council", "police") or row["Partner type"].value == "partnership":
            sheet.delete_rows(row["Text"].row)
    edited.set("Attitudes", FIRST, Attitude=None)  # the one row that is left
    edited.set("Segments", "", Checked_by="Ann")
    given = {key: unit.by("Ann").attitudes for key, unit in gold_of(edited.read(), tmp_path).items()}
    assert {key: [(item.mention, item.attitude) for item in items] for key, items in given.items() if items} == {
        FIRST: [("police", "positive")],
        "@": [("council", "negative")],
        "_": [(None, "positive")],
    }


def test_a_row_that_was_changed_takes_the_place_of_the_machines(edited, tmp_path):
    edited.set("Attitudes", FIRST, mention="police", Mention="the police", Partner_type="council")
    edited.set("Attitudes", "_", Attitude="negative")
    edited.set("Segments", "", Checked_by="Ann")
    given = {key: unit.by("Ann").attitudes for key, unit in gold_of(edited.read(), tmp_path).items()}
    assert [(item.mention, item.partner_type) for item in given[FIRST]][1:] == [("the police", "council")]
    assert len(given[FIRST]) == 2 and [item.attitude for item in given["_"]] == ["negative"]


def test_a_mention_with_a_character_that_no_cell_holds_is_no_change(run_of, tmp_path):
    talk = [
        ("the \x07council\x0bof", "local_authority", Attitude.NEGATIVE),
        ("police\x0c", "police", Attitude.POSITIVE),
    ]
    write(
        run_of({"a.txt": [("Jo", "So the \x07council\x0bof Bath and the police\x0c", {}, talk)]}), tmp_path / "run.xlsx"
    )
    edited = Edited(tmp_path / "run.xlsx")
    with pytest.raises(ThemesError, match="nothing in it was changed"):
        edited.read()
    edited.set("Attitudes", "So", mention="police\ufffd", Attitude="neutral")
    edited.set("Segments", "So", Checked_by="Ann")
    project = edited.read()
    given = gold_of(project, tmp_path)["S"].by("Ann").attitudes
    assert [(item.mention, item.attitude) for item in given] == [(talk[0][0], "negative"), (talk[1][0], "neutral")]


def test_emptied_attitudes_are_a_judgement(edited, tmp_path):
    edited.set("Attitudes", FIRST, Attitude=None)
    edited.book.properties.lastModifiedBy = "Ann"
    (unit,) = gold_of(edited.read(), tmp_path).values()
    assert (unit.first.coder, unit.first.codes, unit.first.attitudes) == ("Ann", None, ())
    edited.set("Segments", FIRST, Checked_by="Ann")
    project = edited.read()
    assert not any("emptied" in told for told in project.warnings)
    (unit,) = gold_of(project, tmp_path / "2").values()
    assert unit.first.codes and (unit.first.attitudes, unit.first.mentions_asked) == ((), True)


@pytest.mark.parametrize("codes_too", [True, False])
def test_all_attitudes_of_a_workbook_emptied_with_a_name(odd_run, odd, edited, tmp_path, codes_too):
    edited.set("Attitudes", "", Attitude=None, Checked_by="Ann")
    if codes_too:
        edited.set("Segments", "", Checked_by="Ann")
    project = edited.read()
    assert any(told.startswith("Ann emptied all attitudes to partnership as such") for told in project.warnings)
    gold = list(gold_of(project, tmp_path).values())
    assert {(unit.first.coder, unit.first.attitudes, unit.first.mentions_asked) for unit in gold} == {("Ann", (), True)}
    assert all((unit.first.codes is not None) == codes_too for unit in gold)
    machine = look_up(odd_run, gold)
    book = Codebook.model_validate(odd.manifest["codebook"]["content"])
    assert machine_against_coder(machine, "Ann", book).detection["all"]["exact_precision"].value == 0


def test_corrections_in_the_wrong_sheet_are_told(edited):
    edited.set("Segments", CONTROL, Checked_by="Ann")
    edited.set("Codes", FIRST, Code="Effectiveness")
    assert any(
        warning.startswith("1 segment was given other codes in the sheet Codes") for warning in edited.read().warnings
    )


@pytest.mark.parametrize("harm", [lambda book: book.remove(book["Codes"]), lambda book: book["Codes"].delete_rows(1)])
def test_a_sheet_that_is_not_read_may_go(edited, harm):
    harm(edited.book)
    edited.set("Segments", CONTROL, Checked_by="Ann")
    assert len(edited.read().sources) == 1


def test_a_large_workbook_has_a_limit_and_remedy_of_its_own(edited, monkeypatch):
    edited.set("Segments", CONTROL, Checked_by="Ann")
    monkeypatch.setattr(sheets, "MOST_CELLS", 100)  # of transcripts
    assert len(edited.read().sources) == 1
    monkeypatch.setattr(workbook_rows, "_LIMIT", workbook_rows._LIMIT._replace(cells=100))
    with pytest.raises(UnreadableInput, match="more than 100 cells") as caught:
        edited.read()
    assert "delete the sheet Codes" in caught.value.remedy and "keep all other sheets" in caught.value.remedy


def test_texts_that_somebody_edited_are_left_out(edited):
    edited.set("Segments", FIRST, Text="Something else.", Checked_by="Ann")
    with pytest.raises(
        ThemesError, match="nothing that people changed in it can be kept: 1 segment holds another text"
    ):
        edited.read()
    edited.set("Segments", CONTROL, Checked_by="Ann")
    project = edited.read()
    assert (
        len(project.sources) == 1 and "1 segment holds another text than the run's and was left out" in project.warnings
    )


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        (lambda book: book["Segments"].delete_rows(1), "the first row has no column"),
        (lambda book: book.remove(book["Attitudes"]), "has no sheet Attitudes"),
        (lambda book: book.remove(book["Codebook of the machine"]), "has no sheet Codebook of the machine"),
        (lambda book: book["Codebook of the machine"].delete_rows(2), "the codebook that it carries is gone"),
        (lambda book: book["Coded by the machine"].__setitem__("G3", "[[1]]"), "what the machine gave was changed"),
        (
            lambda book: book["Coded by the machine"].__setitem__("G3", "[[1e999, 2, 3, 4]]"),
            "what the machine gave was changed",
        ),
        (lambda book: book["Coded by the machine"].__setitem__("D3", "x"), "what the machine gave was changed"),
    ],
)
def test_what_it_needs_is_gone(edited, harm, problem):
    harm(edited.book)
    with pytest.raises(UnreadableInput, match=problem):
        edited.read()


def test_sheets_that_went_on_in_further_ones(odd, tmp_path):
    write(odd, tmp_path / "run.xlsx", most_rows=4)
    edited = Edited(tmp_path / "run.xlsx")
    for name in ("Segments", "Segments 2", "Segments 3"):
        edited.set(name, "", Checked_by="Ann")
    assert len(edited.read().sources) == 5


def test_names_that_hold_separators_are_quoted(odd, tmp_path):
    codes = [
        {"name": name, "label": label}
        for name, label in (("a", "Fire; theft"), ("b", "none"), ("c", 'A, "B"'), ("d", "A"))
    ]
    content = Codebook.model_validate({"name": "odd", "codes": codes}).model_dump(mode="json")
    names = [*odd.manifest["codebook"]["codes"]]
    book = dict(zip(("a", "b", "c", "d"), names, strict=False))
    for code in content["codes"]:
        code["name"] = book.get(code["name"], code["name"])
    odd.manifest["codebook"]["content"], before = content, odd.manifest["codebook"]["content"]
    try:
        write(odd, tmp_path / "run.xlsx")
    finally:
        odd.manifest["codebook"]["content"] = before
    edited = Edited(tmp_path / "run.xlsx")
    with pytest.raises(ThemesError, match="nothing in it was changed"):
        edited.read()
    edited.set("Segments", FORMULA, Codes='"none"; "Fire; theft"; A, "B"')
    project = edited.read()
    names = {code.code_id: code.name for code in project.codes}
    assert {names[coding.code_id] for coding in project.codings} == {"none", "Fire; theft", 'A, "B"'}


def test_what_the_format_escapes_is_read_as_it_was(tmp_path):
    odd = ["_x0041_", "_x005F_", "_x000D_ a", "_xD83D_", "\U0001f600 e\u0301", "a_x0007_b"]
    book = Book(tmp_path / "a.xlsx")
    book.sheet("S", [Column(str(n), 5) for n in range(len(odd))]).add(odd)
    book.close()
    assert xlsx_sheets((tmp_path / "a.xlsx").read_bytes())[0].rows[1] == odd


HARD = (
    *(
        "=1+1",
        "'",
        "''=",
        "-",
        "+44",
        "@x",
        "\t",
        "\r",
        "\n",
        "\x00",
        "\x07",
        "\x0b",
        "\ufffe",
        "_x0041_",
        "_x000D_",
        "\u2028",
    ),
    *("#N/A", "#REF!", "\ufeff", "\U0001f46e\U0001f3fd", "e\u0301", "<r>&", " ", "yes", ";", ",", " … [cut]"),
)
SIGNS = st.sampled_from(HARD)
PIECES = st.lists(st.one_of(SIGNS, st.text(st.characters(exclude_categories=["Cs"]), max_size=5)), max_size=6).map(
    "".join
)
LONG = st.tuples(
    st.sampled_from(["so ", "\U0001f600 ", "_x0041_", "\x07=", "'x"]), st.sampled_from([4_700, 16_400, 33_000])
)
TEXTS = st.one_of(PIECES, st.sampled_from(["#N/A", "=1+1", "'yes", "0012"]), LONG.map(lambda of: of[0] * of[1]))


@given(st.lists(st.tuples(TEXTS, st.sets(st.sampled_from(["talking_shop", "cost_saving"]))), min_size=1, max_size=3))
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_said_its_units_and_codes_are_the_same(run_of, tmp_path, said):
    """A person checks all of it and changes nothing: all of it is theirs, word for word, whatever a cell can hold."""
    talk = [("Jo", text, dict.fromkeys(codes, 0.9), []) for text, codes in said if text.strip()]
    if not talk:
        return
    path = tmp_path / "run.xlsx"
    run = run_of({"a.txt": talk})
    write(run, path)
    checked = Edited(path)
    for row in checked.rows("Segments"):
        row["Checked by"].value = "Ann"
    (source,) = project_of_run(run).sources
    rows = gold_rows(checked.read())
    assert [(source.text[row.start : row.end], row.codes, row.coder) for row in rows.codings] == [
        (text, set(given), "Ann") for _, text, given, _ in talk
    ]
    assert [row.text for row in rows.codings] == [text for _, text, _, _ in talk] and rows.notes == ()
