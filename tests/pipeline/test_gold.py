"""Gold as it comes together from rows: coders, codes, texts, and every fault that rows can have."""

from pathlib import Path

import pytest
from gold_row import MENTION, THEMES
from toys import CODES, gold_rows, table

from pipeline.errors import UsageError
from pipeline.evaluate.notices import gold_notices
from pipeline.gold import ADJUDICATED, load_gold, read_gold
from pipeline.types import Attitude

AS_SUCH = {"mention": "", "mention_start": "", "mention_end": ""}


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


def test_spaces_around_codes_and_empty_codes(load):
    units = load(
        [THEMES | {"codes": " effectiveness ;; cost_saving;"}, THEMES | {"id": "u2", "codes": ""}], codes=CODES
    )
    assert [unit.first.codes for unit in units] == [{"effectiveness", "cost_saving"}, frozenset()]


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


def test_a_row_may_carry_codes_and_an_attitude(load):
    unit = load([THEMES | MENTION, MENTION | {"codes": "effectiveness"} | AS_SUCH])[0]
    assert unit.first.codes == {"effectiveness"}
    assert [item.start for item in unit.first.attitudes] == [9, None]
    with pytest.raises(UsageError) as caught:
        load([THEMES | MENTION | {"codes": "trust"}], codes=CODES)
    assert str(caught.value).count("'trust'") == 1


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


def test_one_place_is_one_unit_whatever_talk_before_it_was_shown(load):
    rows = [
        {"id": "u", "text": "We rang them.", "context": context, "codes": "", "coder": coder}
        | {"transcript": "a.txt", "start": "10", "end": "23"}
        for coder, context in (("ann", "And then?"), ("bob", "Right. And then?"))
    ]
    (unit,) = load(rows)
    assert unit.first.context == "And then?" and unit.by("bob")


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


def test_gold_of_another_codebook_is_told_as_that(load):
    rows = [{"id": str(number), "text": "Yes.", "codes": code} for number, code in enumerate("abcd")]
    with pytest.raises(UsageError, match=r"another codebook: of its 4 codes 3 are unknown .*give its own codebook"):
        load(rows, codes=["a", "z"])
    with pytest.raises(UsageError, match="code 'd' is not in the codebook"):
        load(rows, codes=["a", "b", "c"])
