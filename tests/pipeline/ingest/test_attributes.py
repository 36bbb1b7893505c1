"""The attributes table: keys, speakers, dialects, and what is wrong with a wrong one."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import UsageError
from pipeline.ingest import AttributesTable

TALK = "Interview: 7B\nForce: B\n\nI: So?\n7B: Yes.\nI: And?\n7B: No.\n"


def table(tmp_path: Path, content: str | bytes) -> AttributesTable:
    path = tmp_path / "attributes.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return AttributesTable.read(path)


@pytest.mark.parametrize("key", ["talk", "talk.txt", "TALK", "7b"])
@pytest.mark.parametrize("column", ["transcript", "file", "Interview", "id"])
def test_rows_find_their_transcript(read, tmp_path, column, key):
    found = table(tmp_path, f"{column},Force,Years in service\n{key},C,19\n")
    assert read(TALK, attributes=found).attributes == {"interview": "7B", "force": "C", "years_in_service": "19"}
    assert found.unused() == []


def test_speakers_and_unused_rows(read, tmp_path):
    found = table(tmp_path, "transcript,speaker,rank\ntalk,7b,sergeant\ntalk,9Z,none\nother,,x\n")
    transcript = read(TALK, attributes=found)
    assert transcript.speakers == {"7B": {"rank": "sergeant"}}
    assert transcript.attributes_of("7B") == {"interview": "7B", "force": "B", "rank": "sergeant"}
    assert transcript.attributes_of("I") == {"interview": "7B", "force": "B"}
    assert [warning for warning in transcript.warnings if "row 3" in warning and "'9Z'" in warning]
    assert [warning.split(": ", 1)[1] for warning in found.unused()] == ["row 4: no transcript is called 'other'"]


def test_many_unused_rows_are_told_in_one_line(read, tmp_path):
    found = table(tmp_path, "transcript,rank\ntalk,x\n" + "".join(f"t{n},x\n" for n in range(60)))
    read(TALK, attributes=found)
    assert [warning.split(": ", 1)[1] for warning in found.unused()] == [
        "60 of 61 rows: no transcript is called 't0' in row 3, 't1' in row 4, 't2' in row 5, 't3' in row 6, 't4' in row 7 "
        "and 55 more"
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_dialects(read, tmp_path, delimiter):
    content = (
        delimiter.join(["transcript", "site"]) + "\r\n" + delimiter.join(["talk", f'"a{delimiter} ""b"""']) + "\r\n\r\n"
    )
    found = table(tmp_path, b"\xef\xbb\xbf" + content.encode())
    assert read(TALK, attributes=found).attributes["site"] == f'a{delimiter} "b"'
    marked = table(tmp_path, f"sep={delimiter}\n{content}".encode())
    assert [(row.line, row.values) for row in marked.rows] == [(3, {"site": f'a{delimiter} "b"'})]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "empty"),
        ("name,force\na,b\n", "no column says"),
        ("transcript,force,Force\na,b,c\n", "twice"),
        ("transcript,force\na,b,c\n", "row 2: 3 cells under 2"),
        ("transcript,force\nx,y\n,b\n", "row 3: the cell under 'transcript' is empty"),
        (
            "file,name,rank\nx,Ruth,PC\ny,Amy,PC\nX,Dan,PS\n",
            "rows 2 and 4 are both .* differ in 'name', .*name the column .* 'speaker'",
        ),
        ('transcript,force\na,"b" c\n', "not a CSV table"),
        (b"\x00\x01\x02" * 99, "not text"),
    ],
)
def test_malformed_tables_are_named(tmp_path, content, says):
    with pytest.raises(UsageError, match=says) as caught:
        table(tmp_path, content)
    assert str(caught.value).startswith(str(tmp_path / "attributes.csv"))


def test_missing_table(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        AttributesTable.read(tmp_path / "none.csv")


def test_rows_of_one_transcript_may_add_to_each_other(read, tmp_path):
    found = table(tmp_path, "file,force,site\ntalk,C,\ntalk,C,North\n")
    assert read(TALK, attributes=found).attributes == {"interview": "7B", "force": "C", "site": "North"}


@pytest.mark.parametrize("order", [1, -1])
def test_the_row_that_says_more_of_the_path_wins(read, tmp_path, order):
    rows = ["1a.txt,north", f"{tmp_path.name}/1a.txt,south"][::order]
    transcript = read("P1: Yes.\n\nI: No?\n\nP1: Yes.\n", "1a.txt")
    found = table(tmp_path, "\n".join(["transcript,force", *rows]))
    assert found.attributes_for(tmp_path / "1a.txt", transcript)[0]["force"] == "south"
    assert found.attributes_for(tmp_path / "elsewhere" / "1a.txt", transcript)[0]["force"] == "north"
