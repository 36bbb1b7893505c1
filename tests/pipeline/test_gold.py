"""The gold table: what is read, and every fault it can have."""

import json
import shlex
from pathlib import Path

import openpyxl
import pytest
from toys import CODES, gold_rows, table
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.errors import UsageError
from pipeline.evaluate.notices import gold_notices
from pipeline.gold import ADJUDICATED, load_gold, read_gold
from pipeline.gold_waiting import Waiting
from pipeline.types import Attitude

THEMES = {"id": "u1", "group": "g1", "text": "Ring the council.", "codes": "effectiveness", "coder": "ann"}
MENTION = {
    "id": "u1",
    "coder": "ann",
    "mention": "council",
    "mention_start": 9,
    "mention_end": 16,
    "attitude": "positive",
}

AS_SUCH = {"mention": "", "mention_start": "", "mention_end": ""}


def test_rows_of_a_sample_that_still_wait_are_counted(tmp_path):
    path = tmp_path / "gold.csv"
    rows = [
        {"id": f"u{i}", "text": "Said.", "codes": codes, "coder": coder, "sampled": "yes"}
        for i, (codes, coder) in enumerate([("x", "ann"), ("x", ""), ("", "ann"), ("", ""), ("", " ")])
    ]
    path.write_text(table(rows), encoding="utf-8")
    found = read_gold([path])
    assert [unit.unit_id for unit in found.units] == ["u0", "u1", "u2"] and found.waiting == Waiting(2, 5)
    assert found.waiting.notice.startswith("2 of 5 rows have neither code nor coder: taken as not coded yet")
    assert Waiting(1, 5).notice.endswith("where you read it and found none") and Waiting(0, 5).notice == ""


@pytest.fixture
def load(tmp_path):
    def write_and_load(content, name="gold.csv", **options):
        path = tmp_path / name
        content = content if isinstance(content, (str, bytes)) else table(content)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_gold([path], **options)

    return write_and_load


def test_units_with_several_coders_and_attitudes_from_another_file(gold):
    rows, attitudes = gold_rows()
    assert len(gold) == len(rows) / 3
    unit = gold[1]
    assert [coding.coder for coding in unit.codings] == ["ann", "bob", ADJUDICATED]
    assert unit.by("bob").text == unit.first.text == rows[3]["text"]
    assert unit.by("bob").context == "what do you think ?"
    assert unit.reference is unit.by(ADJUDICATED)
    assert unit.by("nobody") is None
    assert sum(len(coding.attitudes) for item in gold for coding in item.codings) == len(attitudes)
    stance, mention = sorted(unit.first.attitudes, key=lambda item: item.start or -1)
    assert (stance.start, stance.partner_type, stance.attitude) == (None, "partnership", Attitude.NEUTRAL)
    assert unit.first.text[mention.start : mention.end] == mention.mention


def test_jsonl_says_the_same_as_csv(load):
    rows = [THEMES | {"codes": "effectiveness;cost_saving"}, MENTION]
    as_json = [THEMES | {"codes": ["effectiveness", "cost_saving"], "start": None}, MENTION]
    lines = "\n\n".join(json.dumps(row) for row in as_json)
    assert load(rows) == load(lines, "gold.jsonl") == load(lines, "GOLD.JSONL")


def test_byte_order_mark_multi_line_text_and_quotes(load):
    text = 'Line one.\n\nLine two; "quoted", with a comma.'
    units = load("\ufeff" + table([THEMES | {"text": text}, THEMES | {"id": "u2", "text": "Two."}]))
    assert [unit.first.text for unit in units] == [text, "Two."]


def test_spaces_around_codes_and_empty_codes(load):
    units = load(
        [THEMES | {"codes": " effectiveness ;; cost_saving;"}, THEMES | {"id": "u2", "codes": ""}], codes=CODES
    )
    assert [unit.first.codes for unit in units] == [{"effectiveness", "cost_saving"}, frozenset()]


def test_a_coder_who_coded_no_attitudes_was_not_asked(load):
    units = load([THEMES, THEMES | {"coder": "bob"}, THEMES | {"id": "u2"}, MENTION])
    assert units[0].by("bob").attitudes is None
    assert units[1].by("ann").attitudes == ()
    assert units[0].reference is None  # two coders, never settled
    assert units[1].reference is units[1].first


def test_none_says_that_a_coder_was_asked_and_found_none(load):
    none = {"id": "u1", "text": "We ring them.", "coder": "ann", "attitude": "None", "partner_type": "Mention"}
    stance = {"id": "u2", "text": "Good.", "coder": "bob", "attitude": "positive"}
    of_partnership = none | {"id": "u3", "coder": "bob", "attitude": "none", "partner_type": "partnership"}
    first, second, third = (unit.first for unit in load([none, stance, of_partnership]))
    assert (first.codes, first.attitudes, first.mentions_asked, first.partnership_asked) == (None, (), True, False)
    assert (third.codes, third.attitudes, third.mentions_asked, third.partnership_asked) == (None, (), False, True)
    assert not second.mentions_asked and second.partnership_asked


NONE = {"id": "u1", "text": "Ring the council.", "coder": "ann", "attitude": "none", "partner_type": "mention"}


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([NONE | {"mention": "council"}], "row 2: has a mention and the attitude 'none' (leave"),
        ([NONE | {"mention_start": 9}], "row 2: has a mention and the attitude 'none'"),
        ([NONE | {"mention_end": 16}], "row 2: has a mention and the attitude 'none'"),
        (
            [NONE | {"partner_type": ""}],
            "with no partner_type (say in partner_type what was looked for: partnership, or",
        ),
        ([NONE | {"partner_type": "police"}], "row 2: attitude 'none' with partner_type 'police' (say in partner_type"),
        ([NONE, MENTION], "row 2: attitude 'none', but another row has an attitude to a mention of unit u1 by ann"),
        ([MENTION, NONE], "row 3: attitude 'none', but another row has an attitude to a mention of unit u1 by ann"),
        (
            [NONE | {"partner_type": "partnership"}, {"id": "u1", "coder": "ann", "attitude": "neutral"}],
            "row 2: attitude 'none', but another row has an attitude to partnership in unit u1 by ann",
        ),
    ],
)
def test_none_that_is_not_clear_or_contradicts_another_row(load, rows, problem):
    with pytest.raises(UsageError) as caught:
        load(rows)
    assert problem in str(caught.value)


def test_none_goes_with_what_does_not_contradict_it(load):
    of_bob, as_such = NONE | {"coder": "bob"}, {"id": "u1", "coder": "ann", "attitude": "neutral"}
    (unit,) = load([NONE, of_bob, of_bob, as_such])
    assert [len(coding.attitudes) for coding in unit.codings] == [1, 0]
    assert [(coding.mentions_asked, coding.partnership_asked) for coding in unit.codings] == [
        (True, True),
        (True, False),
    ]


def test_a_code_may_be_written_by_its_label_and_in_other_capitals(load):
    labels = {"cost_saving": "Saving money", "other": "Talking shop", "talking_shop": "", "trust": "Trust"}
    rows = [
        THEMES | {"id": name, "codes": codes}
        for name, codes in (("u1", "saving  Money; COST SAVING"), ("u2", "trust;Talking Shop"), ("u3", "talking_shop"))
    ]
    units = load(rows, labels=labels)
    # What is the name of one code and the label of another is neither, unless it is the name to the letter.
    assert [unit.first.codes for unit in units] == [{"cost_saving"}, {"trust", "Talking Shop"}, {"talking_shop"}]
    with pytest.raises(UsageError, match="row 3: code 'Talking Shop' is not in the codebook"):
        load(rows, codes=labels, labels=labels)


def test_commas_and_line_ends_separate_codes_where_every_part_is_one(load):
    labels = {"cost_saving": "Saving money", "trust": "Trust, and faith"}
    written = ("cost_saving, trust", "Saving money\nTrust", "Trust, and faith", "trust, gossip")
    units = load([THEMES | {"id": f"u{k}", "codes": codes} for k, codes in enumerate(written)], labels=labels)
    both = {"cost_saving", "trust"}
    assert [unit.first.codes for unit in units] == [both, both, {"trust"}, {"trust, gossip"}]


def test_a_sample_that_waits_for_its_coder_says_so(load):
    waiting = {"id": "u1", "text": "a", "codes": "", "coder": "", "sampled": "1"}
    with pytest.raises(UsageError, match=r"none of its 2 rows is coded yet .*write your name under `coder`"):
        load([waiting, waiting | {"id": "u2"}])


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("p.qdpx", b"PK\x03\x04...", "p.qdpx: is no table"),
        ("p.sqlite3", b"SQLite format 3\x00", "is no table"),
        ("t.csv", b"Quote,b\na,b\n", "row 1: has no column id"),
        ("t.jsonl", b'{"text": "a", "spans": []}\n', "line 1: has no id"),
    ],
)
def test_what_other_programs_wrote_is_imported_first(tmp_path, name, content, problem):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=f"{problem}.*first `themes import {tmp_path / name} --out gold.csv`"):
        load_gold([tmp_path / name])


def test_the_import_that_is_named_can_be_typed_as_it_stands(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = Path("my study")
    folder.mkdir()
    content = "Document,Code,Segment\nAnn,trust,We ring them.\n"
    for path, out in ((Path("gold.csv"), "imported.csv"), (folder / "Ann's.csv", "gold.csv")):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(UsageError) as caught:
            load_gold([path])
        command = caught.value.remedy.split("`")[1]
        assert shlex.split(command)[:5] == ["themes", "import", str(path), "--out", out] and f"give {out}" in str(
            caught.value
        )
    result = CliRunner().invoke(app, ["import", "gold.csv", "--out", "imported.csv"])
    assert result.exit_code == 0 and load_gold([Path("imported.csv")]), result.output


@pytest.mark.parametrize("name", ["old.xls", "MACROS.XLSM", "old.csv"])
def test_a_workbook_that_no_import_reads_is_saved_otherwise(tmp_path, name):
    (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    with pytest.raises(UsageError, match="save it as xlsx or CSV UTF-8") as caught:
        load_gold([tmp_path / name])
    assert "themes import" not in str(caught.value)


def test_an_empty_table_is_not_to_be_imported(load):
    with pytest.raises(UsageError) as caught:
        load("")
    assert "is empty" in str(caught.value) and "import" not in str(caught.value)


def test_a_row_may_carry_codes_and_an_attitude(load):
    unit = load([THEMES | MENTION, MENTION | {"codes": "effectiveness"} | AS_SUCH])[0]
    assert unit.first.codes == {"effectiveness"}
    assert [item.start for item in unit.first.attitudes] == [9, None]
    with pytest.raises(UsageError) as caught:
        load([THEMES | MENTION | {"codes": "trust"}], codes=CODES)
    assert str(caught.value).count("'trust'") == 1


PLACED = {"id": "u1", "coder": "ann", "attitude": "positive", "partner_type": "housing"}


def test_a_mention_of_which_only_the_words_are_given_is_where_they_stand(load):
    text = "The council rings\nHousing  Officer Jo; the council tax people, PCSOs and a PC."
    rows = [
        THEMES | {"text": text},
        MENTION | {"mention_start": 4, "mention_end": 11},
        *(PLACED | {"mention": words} for words in ("housing officer Jo", "council", "PC")),
        PLACED | {"attitude": "neutral", "partner_type": "partnership", "mention": "partnership"},
    ]
    found = load(rows)[0].first.attitudes
    placed = [item for item in found if item.start is not None]
    assert [text[item.start : item.end] for item in placed] == ["council", "Housing  Officer Jo", "council", "PC"]
    assert placed[2].start == text.rindex("council") and placed[3].start == len(text) - 3
    assert [item.mention for item in found if item.start is None] == [None]


@pytest.mark.parametrize(
    ("mention", "problem"),
    [
        ("council", "row 3: mention 'council' occurs 2 times in the text (write more of the words around it"),
        ("police", "row 3: mention 'police' does not occur in the text (write the words as they stand there"),
    ],
)
def test_words_that_have_no_one_place_are_a_fault(load, mention, problem):
    with pytest.raises(UsageError) as caught:
        load([THEMES | {"text": "The council and the council."}, PLACED | {"mention": mention}])
    assert problem in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words", "mention"),
    [
        ("I rang  St Cuthbert’s, twice.", "St Cuthbert's", "St Cuthbert’s"),
        ("I rang St\nCuthbert's.", "St Cuthbert’s", "St\nCuthbert's"),
        ("A multi‑agency\u00a0 team’s.", "multi-agency team's", "multi‑agency\u00a0 team’s"),
        ("The Mind of the council; mind you.", "Mind", "Mind"),
        ("I rang the Women’s Aid.", "women's aid", "Women’s Aid"),
    ],
)
def test_words_are_found_however_apostrophes_and_gaps_are_written(load, text, words, mention):
    (found,) = load([THEMES | {"text": text}, PLACED | {"mention": words}])[0].first.attitudes
    assert (found.mention, found.start) == (mention, text.index(mention))
    assert text[found.start : found.end] == mention


@pytest.mark.parametrize("place", [{"mention_start": 4, "mention_end": 11}, {}])
def test_partner_types_are_read_as_vocabularies_name_them(load, place):
    row = MENTION | {"mention_start": "", "mention_end": "", "mention": "council"} | place
    (unit,) = load([THEMES | {"text": "The council."}, row | {"partner_type": " Local  Authority "}])
    assert [item.partner_type for item in unit.first.attitudes] == ["local_authority"]


def test_words_of_a_mention_without_an_attitude_are_a_fault(load):
    with pytest.raises(UsageError, match="row 3: has a mention without an attitude"):
        load([THEMES, {"id": "u2", "text": "Ring housing.", "coder": "ann", "mention": "housing"}])


def test_an_empty_cell_beside_an_attitude_is_no_code_where_the_coder_writes_codes_there(load):
    rows = [
        THEMES | MENTION | {"partner_type": "police"},
        NONE | {"id": "u2", "codes": ""},
        {"id": "u3", "text": "Good.", "coder": "ann", "codes": "", "attitude": "positive"},
        NONE | {"id": "u2", "codes": "", "coder": "bob"},
        MENTION | {"codes": "", "mention": "Ring", "mention_start": 0, "mention_end": 4},
    ]
    first, second, third = load(rows)
    assert (first.first.codes, third.first.codes) == ({"effectiveness"}, set())
    assert [(coding.coder, coding.codes) for coding in second.codings] == [("ann", set()), ("bob", None)]
    # Codes in rows of their own say nothing of attitude rows.
    apart = [THEMES, *rows[1:]]
    assert [unit.by("ann").codes for unit in load(apart)] == [{"effectiveness"}, None, None]


def test_group_falls_back_on_the_unit_and_coder_has_a_name(load):
    unit = load([{"id": "u1", "text": "Yes.", "codes": ""}])[0]
    assert (unit.first.group, unit.first.coder) == ("u1", "(unnamed)")


def test_a_coder_is_one_however_the_name_is_written(load):
    rows = [THEMES | {"coder": name} for name in ("ben ", "\tann", " Adjudicated\n")]
    (unit,) = load([*rows, MENTION | {"coder": "ben"}])
    assert [coding.coder for coding in unit.codings] == ["ben", "ann", ADJUDICATED]
    assert unit.reference.codes == unit.by(ADJUDICATED).codes
    assert [len(coding.attitudes or ()) for coding in unit.codings] == [1, 0, 0]
    (blank,) = load([THEMES | {"coder": "  "}])
    assert blank.first.coder == "(unnamed)"
    with pytest.raises(UsageError, match="row 3: unit u1 is coded twice by adjudicated"):
        load([THEMES | {"coder": ADJUDICATED.upper()}, THEMES | {"coder": ADJUDICATED}])


@pytest.mark.parametrize("other", ["BEN  DOE", "ben doe", "Ben_Doe"])
def test_a_coder_by_two_names_is_a_fault(load, other):
    rows = [THEMES | {"id": f"u{i}", "coder": name} for i, name in enumerate(("Ben Doe", "ann", other, other))]
    with pytest.raises(UsageError, match=rf"row 4 and 1 more: coder '{other}' is 'Ben Doe' in row 2 \(one person\?"):
        load(rows)
    assert load(rows[:2])


def test_where_a_coder_has_another_name_is_told_by_table(tmp_path):
    paths = [tmp_path / name for name in ("a.csv", "b.csv")]
    for path, names in zip(paths, (("ann", "Ben", "Ann"), ("ann", "ben")), strict=True):
        rows = [THEMES | {"id": f"{path.stem}{i}", "coder": name} for i, name in enumerate(names)]
        path.write_text(table(rows), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_gold(paths)
    assert caught.value.path == str(paths[0]) and caught.value.problem.startswith(
        "row 4: coder 'Ann' is 'ann' in row 2 ("
    )
    assert f"; {paths[1]}: row 3: coder 'ben' is 'Ben' in row 3 of {paths[0]} (one person?" in caught.value.problem


def test_rows_without_a_coder_are_told_beside_named_ones(tmp_path):
    plain, named = tmp_path / "plain.csv", tmp_path / "named.csv"
    plain.write_text("id,text,codes\nu1,Said.,a\nu2,Said too.,\n", encoding="utf-8")
    named.write_text("id,text,codes,coder\nu1,,a,Anna\nu3,So.,,Anna\nu4,No.,a,\n", encoding="utf-8")
    assert read_gold([plain]).unnamed == ""
    gold = read_gold([plain, named])
    assert [coding.coder for coding in gold.units[0].codings] == ["(unnamed)", "Anna"]
    assert f"shown as (unnamed): all 2 of {plain}; 1 of the 3 of {named}. " in gold.unnamed
    assert "a column `coder` of that table" in gold.unnamed
    named.write_text("id,text,codes,coder\nu1,,a,Anna\n", encoding="utf-8")
    assert f"all 2 of {plain}." in read_gold([plain, named]).unnamed
    plain.write_text("id,text,codes\nu1,Said.,a\nu1,Said.,\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"unit u1 is coded twice by \(unnamed\) \(by two people\? name each"):
        read_gold([plain])


def test_text_is_looked_up_by_transcript(load):
    talk = {"a.txt": "Well. Ring the council."}

    def text_of(name, start, end):
        return talk[name][start:end]

    row = {"id": "u1", "codes": "", "transcript": "a.txt", "start": 6, "end": 23}
    coding = load([row], text_of=text_of)[0].first
    assert (coding.text, coding.transcript, coding.start, coding.end) == ("Ring the council.", "a.txt", 6, 23)
    for change, problem in (
        ({"transcript": "b.txt"}, "unit u1: its transcript b.txt was not found"),
        ({"transcript": ""}, "unit u1: has no text"),
        ({"end": ""}, "unit u1: start and end are not offsets"),
        ({"end": "²"}, "unit u1: start and end are not offsets"),
        ({"start": -1}, "unit u1: start and end are not offsets"),
    ):
        with pytest.raises(UsageError, match=problem):
            load([row | change], text_of=text_of)
    with pytest.raises(UsageError, match="has no text"):
        load([row])


@pytest.mark.parametrize(
    ("rows", "fragments"),
    [
        pytest.param([THEMES | {"id": ""}], ["row 2: has no id"], id="no id"),
        pytest.param([THEMES, THEMES], ["row 3: unit u1 is coded twice by ann"], id="twice"),
        pytest.param([THEMES | {"codes": "trust"}], ["row 2: code 'trust' is not in the codebook"], id="unknown code"),
        pytest.param([THEMES | {"codes": "Cost saving"}], ["(is 'cost_saving' meant?"], id="a label"),
        pytest.param([THEMES | {"text": ""}], ["unit u1: has no text"], id="no text"),
        pytest.param(
            [THEMES, MENTION | {"attitude": "warm"}],
            ["row 3: attitude 'warm' is none of negative, neutral, positive"],
            id="attitude",
        ),
        pytest.param([THEMES, MENTION | {"mention_end": ""}], ["mention_start '9' and mention_end '' are"], id="half"),
        pytest.param([THEMES, MENTION | {"mention_end": 9}], ["are not offsets"], id="empty span"),
        pytest.param([THEMES, MENTION | {"mention_end": "1²"}], ["are not offsets"], id="superscript"),
        pytest.param(
            [THEMES, MENTION | {"mention_end": 99}], ["a mention ends at 99, the text at 17"], id="past the end"
        ),
        pytest.param(
            [THEMES, MENTION | {"mention_start": 8}],
            ["unit u1: mention 'council', but the text there is ' council'"],
            id="moved",
        ),
        pytest.param(
            [THEMES, MENTION | {"attitude": ""}], ["row 3: has a mention without an attitude"], id="no attitude"
        ),
        pytest.param(
            [THEMES, MENTION | {"codes": "cost_saving"}],
            ["row 3: gives other codes than another row of unit u1 by ann"],
            id="both",
        ),
        pytest.param(
            [THEMES | {"codes": "x"}, THEMES | {"id": ""}, MENTION | {"mention_end": "z"}],
            ["row 2: code 'x'", "row 3: has no id", "row 4: mention_start"],
            id="all at once",
        ),
        pytest.param([THEMES | {"id": ""}] * 12, ["row 2 and 11 more: has no id"], id="shared"),
        pytest.param(
            [THEMES | {"id": f"u{i}", "attitude": f"x{i}"} for i in range(12)],
            ["row 11: attitude 'x9' is none of", "; and 2 more"],
            id="many",
        ),
    ],
)
def test_faults(load, tmp_path, rows, fragments):
    with pytest.raises(UsageError) as caught:
        load(rows, codes=CODES)
    for fragment in (str(tmp_path / "gold.csv"), *fragments, "docs/gold.md"):
        assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("content", "name", "fragment"),
    [
        ("", "gold.csv", "is empty: it has no column id, no column codes"),
        ("unit,text\n1,Yes\n", "gold.csv", "row 1: has no column id, no column codes or attitude (found: unit, text)"),
        (
            "id,text,Code\n1,Yes,x\n",
            "gold.csv",
            "row 1: has no column codes or attitude (found: id, text, code; Code may be codes)",
        ),
        ("id,codes\n", "gold.csv", "holds no coded unit"),
        ("\n\n", "gold.jsonl", "holds no coded unit"),
        ('id,codes\n1,"Yes\n', "gold.csv", "unexpected end of data"),
        ('id,"text\n', "gold.csv", "line 1: unexpected end of data"),
        ('id,codes\n1,"Yes"no\n', "gold.csv", "line 2: ',' expected after"),
        (b"id,text\n1,caf\xe9\n", "gold.csv", "is not UTF-8 text (save it as CSV UTF-8)"),
        ('{"id": "1", "text": "Yes"}\n{"id": \n', "gold.jsonl", "line 2: is not JSON (one object per line)"),
        ('["1", "Yes"]\n', "gold.jsonl", "line 1: is not an object (one object per line)"),
    ],
)
def test_unusable_files(load, content, name, fragment):
    with pytest.raises(UsageError) as caught:
        load(content, name)
    assert fragment in str(caught.value)


def test_missing_file_and_folder(tmp_path):
    for path, why in ((tmp_path / "no.csv", "No such file"), (tmp_path, "directory")):
        with pytest.raises(UsageError, match="cannot be read") as caught:
            load_gold([path])
        assert why in str(caught.value) and str(path) in str(caught.value)


def test_rows_are_numbered_as_a_spreadsheet_shows_them(load):
    with pytest.raises(UsageError, match="row 3: has no id"):
        load([THEMES | {"text": "One.\nTwo.\nThree."}, THEMES | {"id": ""}])


def test_codes_and_attitudes_are_settled_each_for_itself(load, codebook):
    def row(name, coder, codes, **more):
        return {"id": name, "text": "The council.", "coder": coder, "codes": codes} | more

    rows = [row("u1", "ann", "effectiveness"), row("u1", ADJUDICATED, "", attitude="negative")]
    rows += [row("u2", "ann", "effectiveness"), row("u2", "bob", ""), row("u2", ADJUDICATED, "", attitude="negative")]
    first, second = load(rows)
    assert first.reference.codes == {"effectiveness"} and len(first.reference.attitudes) == 1
    assert second.reference.codes is None and len(second.reference.attitudes) == 1
    assert second.unsettled("codes") and not second.unsettled("attitudes") and not first.unsettled("codes")
    assert "1 of 2 units were coded by several people" in " ".join(gold_notices([first, second], codebook))


@pytest.mark.parametrize("sign", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_columns_parted_otherwise_are_read(tmp_path, sign, encoding):
    path = tmp_path / "gold.csv"
    head, row = ["id", "text", "codes"], ["1", "words, and more", '"x; y"']
    path.write_text(f"{sign.join(head)}\r\n{sign.join(row)}\r\n", encoding=encoding, newline="")
    assert load_gold([path])[0].first.codes == {"x", "y"} and load_gold([path])[0].first.text == "words, and more"
    path.write_text(f"{sign.join(head)}\n\n{sign.join([*row, 'astray'])}\n", encoding=encoding)
    with pytest.raises(UsageError, match="row 3: 4 cells under 3 columns"):
        load_gold([path])


def test_a_guess_at_the_encoding_is_told_or_is_none(tmp_path):
    path, told = tmp_path / "gold.csv", []
    path.write_bytes("id;text;codes\n1;words;vérité\n".encode("cp1252"))
    with pytest.raises(UsageError, match="is not UTF-8"):
        load_gold([path])
    (unit,) = load_gold([path], tell=lambda *guess: told.append(guess))
    assert unit.first.codes == {"vérité"} and [at for at, _ in told] == [path]
    assert "read as Windows-1252" in told[0][1]


def test_a_table_that_is_given_twice_is_told_in_a_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("gold.csv", "copy.csv"):
        Path(name).write_text(table([THEMES]))
    for paths, problem in (
        (("gold.csv", "gold.csv"), "gold.csv: was given twice (give"),
        (("gold.csv", tmp_path / "gold.csv"), "gold.csv: was given twice, also as gold.csv"),
        (("gold.csv", "copy.csv"), "copy.csv: holds the same rows as gold.csv (give one of the two"),
    ):
        with pytest.raises(UsageError) as caught:
            load_gold([Path(path) for path in paths])
        assert problem in str(caught.value) and "coded twice" not in str(caught.value)


@pytest.mark.parametrize("sign", [",", ";", "\t"])
def test_all_missing_columns_are_told_with_the_import_that_does(tmp_path, monkeypatch, sign):
    monkeypatch.chdir(tmp_path)
    rows = [["Interview", "Quote", "My Themes"], ["n1", "We ring them.", "trust"], ["n2", "No.", "distrust"]]
    Path("hand.csv").write_text("".join(f"{sign.join(row)}\n" for row in rows), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_gold([Path("hand.csv")])
    problem = "no column id, no column codes or attitude, no column text (or transcript, start, end)"
    assert problem in caught.value.problem
    assert "Interview may be group, Quote may be text, My Themes may be codes" in caught.value.problem
    command = shlex.split(caught.value.remedy.split("`")[1])
    maps = ["--map", "Interview=document", "--map", "Quote=text", "--map", "My Themes=code"]
    assert command == ["themes", "import", "hand.csv", "--out", "gold.csv", *maps]
    result = CliRunner().invoke(app, command[1:])
    assert result.exit_code == 0, result.output
    assert {unit.first.group: unit.first.codes for unit in load_gold([Path("gold.csv")])} == {
        "n1": {"trust"},
        "n2": {"distrust"},
    }


def test_columns_that_say_nothing_are_to_be_mapped(load):
    with pytest.raises(UsageError, match=r"--map 'COLUMN=text' --map 'OTHER=code'"):
        load("a,b\n1,2\n")


def workbook(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_a_workbook_is_read(tmp_path):
    gold = [["id", "Text", "codes", "start"], ["u", "One\ntwo.", "x; y", 12]]
    path = workbook(tmp_path / "gold.xlsx", ("notes", [["what"], ["mine"]]), ("gold", gold))
    first = load_gold([path])[0].first
    assert (first.text, first.codes, first.start) == ("One\ntwo.", {"x", "y"}, 12)
    with pytest.raises(UsageError, match="several sheets of gold: a, b"):
        load_gold([workbook(tmp_path / "two.xlsx", ("a", gold), ("b", gold))])
    with pytest.raises(UsageError, match="has no column id"):
        load_gold([workbook(tmp_path / "none.xlsx", ("a", [["x"], ["y"]]))])
    (tmp_path / "broken.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(UsageError, match=r"broken\.xlsx"):
        load_gold([tmp_path / "broken.xlsx"])


def test_gold_of_another_codebook_is_told_as_that(load):
    rows = [{"id": str(number), "text": "Yes.", "codes": code} for number, code in enumerate("abcd")]
    with pytest.raises(UsageError, match=r"another codebook: of its 4 codes 3 are unknown .*give its own codebook"):
        load(rows, codes=["a", "z"])
    with pytest.raises(UsageError, match="code 'd' is not in the codebook"):
        load(rows, codes=["a", "b", "c"])
