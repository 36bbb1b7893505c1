"""The attitude table of a sample: what its filled rows say, and what its empty ones do not."""

import pytest
from toys import table

from pipeline.errors import UsageError
from pipeline.gold import read_gold
from pipeline.types import Attitude

TEXT = "Ring the council, or the housing people."
HEAD = {"sampled": "attitudes"}
AS_SUCH = HEAD | {"text": TEXT, "context": "Whom?", "partner_type": "partnership"}  # the text stands in this row only
COUNCIL = HEAD | {"mention": "council", "mention_start": 9, "mention_end": 16, "partner_type": "local_authority"}
HOUSING = HEAD | {"mention": "housing", "mention_start": 25, "mention_end": 32, "partner_type": "housing"}


def unit(name, *given, coder="ann"):
    """The rows of a unit with two mentions: attitudes to partnership as such, to the council, to housing; empty as a blank."""
    rows = zip((AS_SUCH, COUNCIL, HOUSING), given, strict=False)
    return [row | {"id": name, "attitude": attitude, "coder": attitude and coder} for row, attitude in rows]


@pytest.fixture
def read(tmp_path):
    def write_and_read(*tables):
        paths = [tmp_path / f"g{number}.csv" for number in range(len(tables))]
        for path, rows in zip(paths, tables, strict=True):
            path.write_text(table(rows), encoding="utf-8")
        return read_gold(paths)

    return write_and_read


def said(gold):
    """Of each unit by ann: whether mentions and partnership were asked, and how many mentions and stances she gave."""
    out = {}
    for item in gold.units:
        coding = item.by("ann")
        given = None if coding is None else coding.attitudes
        if given is None:
            out[item.unit_id] = None
            continue
        marks = sum(mention.start is not None for mention in given)
        out[item.unit_id] = (coding.mentions_asked, coding.partnership_asked, marks, len(given) - marks)
    return out


def test_what_is_filled_counts_and_what_is_empty_was_not_coded(read):
    rows = [
        *unit("all", "positive", "neutral", "negative"),
        *unit("mentions", "", "neutral", "none"),
        *unit("part", "negative", "neutral", ""),
        *unit("partnership", "none", "", ""),
        *unit("nothing", "", "", ""),
        *unit("empty", "none"),
        AS_SUCH | {"id": "read", "coder": "ann", "attitude": ""},
        AS_SUCH | {"id": "unread", "coder": "", "attitude": ""},
    ]
    codes = [{"id": row["id"], "text": TEXT, "codes": "x", "coder": "ann"} for row in rows if "mention" not in row]
    expected = {
        "all": (True, True, 2, 1),
        "mentions": (True, False, 1, 0),  # one of the two is no mention
        "part": (False, True, 1, 1),  # what she gave is hers; that there is no other mention she has not said
        "partnership": (False, True, 0, 0),
        "nothing": None,
        "empty": (True, True, 0, 0),
        "read": (True, False, 0, 0),
        "unread": None,
    }
    alone, both = read(rows), read(codes, rows)
    assert said(alone) == {name: value for name, value in expected.items() if value is not None}
    assert said(both) == expected
    assert [item.by("ann").codes for item in alone.units] == [None] * 6
    assert all(item.by("ann").codes == {"x"} for item in both.units)
    assert Attitude.NEUTRAL not in {mention.attitude for mention in alone.units[3].first.attitudes}
    assert (alone.waiting.rows, alone.waiting.attitudes, alone.waiting.of_attitudes) == (0, 9, 18)
    assert alone.waiting.attitude_notice.startswith("9 of 18 rows of the attitude table have no attitude: taken as not")
    assert both.waiting.notice == "" == read(codes).waiting.attitude_notice


def test_the_text_of_a_row_that_waits_is_that_of_the_units_mentions(read):
    rows = unit("u1", "", "neutral", "positive")
    (alone,) = read(rows).units
    assert (alone.first.text, alone.first.context) == (TEXT, "Whom?")
    # What a row that counts says of its unit goes before what a spreadsheet made of the empty one.
    spoilt = [row | ({"text": TEXT + " #"} if "text" in row else {}) for row in rows]
    (beside,) = read([{"id": "u1", "text": TEXT, "codes": "x", "coder": "ann"}], spoilt).units
    assert beside.first.text == TEXT and len(beside.first.attitudes) == 2


def test_a_name_drawn_down_the_whole_column_judges_no_mention(read):
    rows = [row | {"coder": "ann"} for row in [*unit("u1", "none", "neutral", "neutral"), *unit("u2", "", "", "")]]
    assert said(read(rows)) == {"u1": (True, True, 2, 0)}


def test_a_name_that_one_row_has_is_that_of_the_table_and_of_two_none_is(read):
    first, second = unit("u1", "none", "neutral", "positive"), unit("u2", "none", "neutral", "positive", coder="")
    assert said(read(first + second)) == dict.fromkeys(("u1", "u2"), (True, True, 2, 0))
    third = unit("u3", "none", "neutral", "positive", coder="bob")
    assert {coding.coder for item in read(first + second + third).units for coding in item.codings} == {
        *("ann", "bob", "(unnamed)")
    }


def test_each_coder_of_a_table_has_judged_what_is_theirs(read):
    ann, bob = unit("u1", "none", "neutral", "positive"), unit("u1", "none", "neutral", "", coder="bob")
    (both,) = read(ann, bob).units
    assert [(coding.coder, coding.mentions_asked) for coding in both.codings] == [("ann", True), ("bob", False)]


def test_offsets_that_two_programs_wrote_in_two_ways_are_the_same(read):
    place = {"transcript": "t", "start": "0", "end": "40"}
    ann, bob = (
        [row | place for row in unit("u1", "none", "neutral", "positive", coder=name)] for name in ("ann", "bob")
    )
    as_floats = [{name: f"{v}.0" if name in ("end", "mention_end") and v else v for name, v in r.items()} for r in bob]
    (both,) = read(ann, as_floats).units
    assert [(coding.coder, coding.mentions_asked) for coding in both.codings] == [("ann", True), ("bob", True)]
    assert both.by("ann").attitudes == both.by("bob").attitudes


def test_a_mention_that_the_finder_missed_is_a_row_with_its_words(read):
    text = TEXT + " The council pays."
    rows = [row | ({"text": text} if "text" in row else {}) for row in unit("u1", "none", "neutral", "positive")]
    missed = {"id": "u1", "mention": "council", "partner_type": "local_authority", "attitude": "negative", "coder": ""}
    for added in (missed, missed | {"sampled": "attitudes"}):
        gold = read([*rows, added])
        assert said(gold) == {"u1": (True, True, 3, 0)} and gold.waiting.of == 0
        last = gold.units[0].by("ann").attitudes[-1]
        assert (last.start, last.attitude) == (text.index("council pays"), Attitude.NEGATIVE)


def test_the_wrong_boundaries_of_a_listed_mention_are_mended_by_words(read):
    wider = {
        "id": "u1",
        "mention": "the housing people",
        "partner_type": "housing",
        "attitude": "negative",
        "coder": "ann",
    }
    gold = read([wider, *unit("u1", "none", "neutral", "none")])
    assert said(gold) == {"u1": (True, True, 2, 0)}
    assert gold.units[0].by("ann").attitudes[-1].start == TEXT.index("the housing")
    with pytest.raises(UsageError, match="does not occur in the text beside the mentions that are listed"):
        read([wider, *unit("u1", "none", "neutral", "positive")])
    # What the finder took for a mention elsewhere makes no words ambiguous.
    rows = [row | ({"text": "A council. " * 2} if "text" in row else {}) for row in unit("u1", "none", "none")]
    rows = [row | ({"mention_start": 2, "mention_end": 9} if row.get("mention") else {}) for row in rows]
    (other,) = read([*rows, wider | {"mention": "council"}]).units
    assert [mention.start for mention in other.first.attitudes] == [13]


def test_gold_that_lists_what_people_found_is_read_beside_it_as_before(read):
    plain = [
        {"id": "p1", "text": TEXT, "codes": "", "coder": "ann"},
        {"id": "p2", "text": TEXT, "coder": "ann", "attitude": "positive"},
    ]
    sheet = unit("u1", "", "neutral", "positive")
    assert said(read([*plain, {"id": "u1", "text": TEXT, "codes": "", "coder": "ann"}], sheet)) == {
        "p1": (False, True, 0, 0),
        "p2": (False, True, 0, 1),
        "u1": (True, False, 2, 0),
    }


def test_faults(read):
    with pytest.raises(UsageError, match=r"none of its 3 rows is coded yet.*fill `attitude`"):
        read(unit("u1", "", "", ""))
    with pytest.raises(UsageError, match="attitude 'fine' is none of negative, neutral, positive"):
        read(unit("u1", "none", "fine", ""))
