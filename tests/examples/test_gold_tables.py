"""The gold that ships: it loads with the shipped codebook, stands where it says, and is split by whole groups."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from toys import table

from pipeline.codebook import load_codebook
from pipeline.gold import load_gold
from pipeline.lookup import texts_in, transcripts_in

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
GOLD = EXAMPLES / "gold"
INQUIRY = EXAMPLES.parents[1] / "shared" / "data" / "inquiry"
OF_MENTIONS_ALONE = {"llm-c", "llm-d"}
"""Coders who gave attitudes to single partners and neither codes nor attitudes to partnership."""


def tables(name):
    return [GOLD / f"{name}-{kind}.csv" for kind in ("themes", "attitudes")]


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def interviews():
    return load_gold(tables("interviews"), codes=load_codebook("partnership-culture").names)


def test_interviews_load_and_stand_where_they_say(interviews):
    assert len(interviews) > 1000
    transcript_of = transcripts_in(EXAMPLES / "interviews")
    moved = [
        unit.unit_id
        for unit in interviews
        if transcript_of(unit.first.transcript).text[unit.first.start : unit.first.end] != unit.first.text
    ]
    assert moved == []


@pytest.mark.skipif(not INQUIRY.is_dir(), reason="the hearings are not beside this checkout")
def test_inquiry_loads_and_its_mentions_stand_where_they_say(tmp_path):
    """On the shortest hearings, for they take long to read; their text is not in the table, but that of mentions is."""
    themes, attitudes = (rows(path) for path in tables("inquiry"))
    spoken = {row["id"] for row in attitudes if row["mention"]}
    told = {row["transcript"] for row in themes if row["transcript"] and row["id"] in spoken}
    sizes = {name: (INQUIRY / name).stat().st_size for name in told}
    shortest = sorted(sizes, key=sizes.get)[:5]
    ids = {row["id"] for row in themes if row["transcript"] in shortest}
    paths = [tmp_path / "themes.csv", tmp_path / "attitudes.csv"]
    for path, content in zip(paths, (themes, attitudes), strict=True):
        path.write_text(table([row for row in content if row["id"] in ids]), encoding="utf-8")
    units = load_gold(paths, codes=load_codebook("partnership-culture").names, text_of=texts_in(INQUIRY))
    assert {unit.unit_id for unit in units} == ids
    mentions = [item for unit in units for coding in unit.codings for item in coding.attitudes or () if item.mention]
    assert len(mentions) > 10
    assert all(unit.first.text == unit.first.text.strip() != "" for unit in units)


def test_what_is_coded_is_of_use(interviews):
    codes = Counter(code for unit in interviews for coding in unit.codings for code in coding.codes or ())
    assert set(codes) == set(load_codebook("partnership-culture").names)
    attitudes = Counter(
        item.attitude for unit in interviews for coding in unit.codings for item in coding.attitudes or ()
    )
    assert len(attitudes) == 3
    assert all(unit.first.group == Path(unit.first.transcript).stem for unit in interviews)


def test_contrasts_are_for_attitudes_alone_and_settled():
    units = load_gold([GOLD / "contrasts.csv"])
    assert len(units) > 900
    assert {coding.codes for unit in units for coding in unit.codings} == {None}
    assert all(unit.settled("attitudes") for unit in units)
    assert all(
        unit.first.text[item.start : item.end] == item.mention
        for unit in units
        for coding in unit.codings
        for item in coding.attitudes
    )


def test_the_split_covers_every_group_once():
    split = rows(GOLD / "split.csv")
    assert list(split[0]) == ["group", "part"]
    assert {row["part"] for row in split} == {"train", "validation", "test", "unused"}
    times = Counter(row["group"] for row in split)
    assert {group for group, count in times.items() if count > 1} == set()
    groups = {
        row["group"]
        for name in ("interviews-themes", "inquiry-themes", "contrasts")
        for row in rows(GOLD / f"{name}.csv")
        if row["group"]
    }
    assert set(times) == groups


def test_no_witness_and_no_hearing_day_of_the_test_part_was_trained_on():
    """A file's name is date, module, number, witness; a witness may be heard on several days."""
    split = [row for row in rows(GOLD / "split.csv") if "__" in row["group"]]
    part_of = {part: [row["group"] for row in split if row["part"] == part] for part in ("train", "validation", "test")}
    assert part_of["test"]
    witnesses = {part: {name.rsplit("_", 1)[-1] for name in names} for part, names in part_of.items()}
    assert not witnesses["test"] & (witnesses["train"] | witnesses["validation"])
    assert not {name[:10] for name in part_of["test"]} & {name[:10] for name in part_of["train"]}


def test_every_unit_has_one_group():
    for name in ("interviews", "inquiry"):
        groups = {}
        for row in rows(GOLD / f"{name}-themes.csv"):
            if row["group"]:
                assert groups.setdefault(row["id"], row["group"]) == row["group"], row["id"]
        assert groups


def test_every_attitude_is_of_a_coded_unit():
    for name in ("interviews", "inquiry"):
        themes, attitudes = (
            {(row["id"], row["coder"]) for row in rows(path) if row["coder"] not in OF_MENTIONS_ALONE}
            for path in tables(name)
        )
        assert attitudes - themes == set()


def test_who_coded_mentions_alone_coded_units_that_others_coded_and_nothing_else(interviews):
    mine = [(unit, coding) for unit in interviews for coding in unit.codings if coding.coder in OF_MENTIONS_ALONE]
    assert {coding.coder for _, coding in mine} == OF_MENTIONS_ALONE
    assert all(coding.codes is None and coding.mentions_asked and not coding.partnership_asked for _, coding in mine)
    assert all(unit.settled("codes") for unit, _ in mine)
    assert all(unit.first.text[item.start : item.end] == item.mention for unit, c in mine for item in c.attitudes)
