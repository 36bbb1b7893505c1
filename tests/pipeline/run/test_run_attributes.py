"""A table of attributes beside the transcripts, or among them."""

import json
import os

import openpyxl
import pytest
from run_folders import rows
from toys import interview, write_interviews

from pipeline.errors import UsageError
from pipeline.ingest import AttributesTable


def test_attributes_travel_with_transcripts_and_unused_rows_are_named(go, tmp_path, interviews):
    table = tmp_path / "attributes.csv"
    table.write_text("transcript,speaker,site,rank\n1a,,Docks,\n1a,PC Grey,,constable\nnobody,,Moor,\n")
    result = go(attributes=AttributesTable.read(table))
    seen = {row["transcript_id"][:2]: json.loads(row["attributes"]) for row in rows(tmp_path / "run")["transcripts"]}
    assert (seen["1a"]["site"], seen["1a"]["force"]) == ("Docks", "B")
    assert seen["1a"]["speakers"] == {"PC Grey": {"rank": "constable"}}
    assert "site" not in seen["2b"]
    assert result.manifest["warnings"] == [f"{table}: row 4: no transcript is called 'nobody'"]
    again = go(attributes=AttributesTable.read(table))  # nothing is read again
    assert again.manifest["warnings"] == result.manifest["warnings"]
    table.write_text("transcript,site\n1a,Moor\n")
    with pytest.raises(UsageError, match="other attributes"):
        go(attributes=AttributesTable.read(table))


@pytest.fixture
def folder(tmp_path):
    """Two transcripts, and tables of all kinds beside them."""
    folder = write_interviews(tmp_path / "in", ("1a", "2b"))
    (folder / "people.csv").write_text("transcript;site\n1A;Docks\n2b.txt;Moor\ngone;Moor\n")
    (folder / "gold.csv").write_text("id,group,text,codes,coder\n1a,1a,We talk.,talking_shop,ann\n")
    (folder / "codes.csv").write_text("code,definition\ncost_saving,money\n")
    book = openpyxl.Workbook()
    for row in (("Interview file", "site"), ("1a", "Docks"), ("2b", "Moor")):
        book.active.append(row)
    book.save(folder / "sites.xlsx")
    return folder


def reasons(result):
    return {item["path"].rsplit(os.sep, 1)[-1]: (item["status"], item["reason"]) for item in result.failures}


def test_a_table_among_the_transcripts_is_told_as_what_it_is(go, folder):
    seen = reasons(go(folder))
    looks = "looks like a table of attributes, as its column"
    assert seen.pop("people.csv") == ("skipped", f"{looks} transcript names transcripts (give it with --attributes)")
    what = "(save it as CSV, call that column 'transcript' and give it with --attributes)"
    assert seen.pop("sites.xlsx") == ("skipped", f"{looks} interview_file names transcripts {what}")
    assert set(seen) == {"gold.csv", "codes.csv"}
    assert not any("attributes" in reason for _, reason in seen.values())


def test_a_table_named_beside_the_transcripts_is_told_likewise(go, folder):
    """As a shell's `interviews/*` does."""
    result = go(folder / "1a.txt", folder / "2b.txt", folder / "people.csv")
    status, reason = reasons(result)["people.csv"]
    assert (result.exit_status, status) == (0, "skipped") and reason.endswith("(give it with --attributes)")


def test_a_table_with_speakers_is_not_taken_for_a_transcript(go, folder):
    """One of turns, which names its interview in each of them, is."""
    (folder / "people.csv").write_text("transcript,speaker,rank\n1a,PC Grey,constable\n2b,PC Grey,constable\n")
    turns = "".join(f"1a,{('Interviewer', 'PC Grey')[i % 2]},Turn {i} about the council.\n" for i in range(20))
    (folder / "turns.csv").write_text(f"interview,speaker,text\n{turns}")
    result = go(folder)
    assert reasons(result)["people.csv"][0] == "skipped" and "turns.csv" not in reasons(result)
    assert result.manifest["counts"]["coded"] == 3


def test_the_table_that_a_run_was_given_is_none_of_its_inputs(go, folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    table = AttributesTable.read(tmp_path / "link" / "people.csv")
    for inputs in ((folder,), (folder / "1a.txt", folder / "2b.txt", folder / "people.csv")):
        result = go(*inputs, attributes=table)
        assert "people.csv" not in reasons(result)
        assert result.manifest["counts"]["inputs"] == len(rows(tmp_path / "run")["transcripts"])


FIRST = "transcript,speaker,site,rank\n1a,,Docks,\n1a,PC Grey,,constable\n2b,,Moor,\n"


@pytest.mark.parametrize(
    ("now", "told"),
    [
        (FIRST.replace("Docks", "Dock"), "site of 1a is 'Dock', and was 'Docks' ("),
        (FIRST.replace("constable", ""), "run with other attributes: the column 'rank' is gone ("),
        (FIRST.replace("rank", "grade"), "there is a new column 'grade'; the column 'rank' is gone ("),
        (FIRST.replace("2b", "2c"), "2b has no row any more; 2c has a row now ("),
        (None, "it was begun with a table of attributes (people.csv), and none is given now"),
    ],
)
def test_what_is_another_in_the_attributes_is_told(go, tmp_path, interviews, monkeypatch, now, told):
    monkeypatch.chdir(tmp_path)

    def table(text):
        (tmp_path / "people.csv").write_text(text)
        return AttributesTable.read("people.csv")

    go(interviews / "1a.txt", attributes=table(FIRST))
    with pytest.raises(UsageError) as error:
        go(interviews / "1a.txt", attributes=table(now) if now else None)
    assert "holds a run with other attributes: " in str(error.value) and told in str(error.value)


def test_a_table_that_was_only_saved_anew_is_the_same(go, tmp_path, interviews):
    table = tmp_path / "people.csv"
    table.write_text(FIRST)
    go(interviews / "1a.txt", attributes=AttributesTable.read(table))
    table.write_bytes(b"\xef\xbb\xbf" + FIRST.replace(",", ";").replace("\n", "\r\n").encode())
    assert len(go(interviews / "1a.txt", attributes=AttributesTable.read(table)).manifest["resumed"]) == 1


def test_attributes_given_to_a_run_that_was_begun_without(go, tmp_path, interviews):
    go(interviews / "1a.txt")
    (tmp_path / "people.csv").write_text(FIRST)
    with pytest.raises(UsageError, match="holds a run with other attributes: it was begun without any"):
        go(interviews / "1a.txt", attributes=AttributesTable.read(tmp_path / "people.csv"))
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text())
    manifest |= {"attributes_sha256": "0" * 64}
    del manifest["attributes"]  # as older versions left it
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(UsageError, match=r"holds a run with other attributes \("):
        go(interviews / "1a.txt", attributes=AttributesTable.read(tmp_path / "people.csv"))


def test_own_agencies_are_noted_and_told_once_per_run(go, tmp_path, interviews):
    for name in ("x", "y"):
        told = interview(name, "The police.").replace("Force: B\nAgency: police\n", "")
        (tmp_path / f"{name}.txt").write_text(told.replace("PC Grey", "Dan Grey"))
    first = go(interviews / "1a.txt").manifest
    assert first["warnings"] == []
    assert first["transcripts"][0]["own_agencies"] == [
        {
            "speaker": "PC Grey",
            "agency": "police",
            "from": "agency",
            "mentions": {"health": 1, "housing": 1, "local_authority": 2},
        }
    ]
    inputs = interviews / "1a.txt", tmp_path / "x.txt", tmp_path / "y.txt"
    manifest = go(*inputs).manifest
    (warning,) = manifest["warnings"]
    assert warning.startswith(
        "the own agency of 2 of 3 participants is not known (x, y), so that what they say of it counts "
    )
    (unknown,) = manifest["transcripts"][1]["own_agencies"]
    assert (unknown["agency"], unknown["from"], unknown["mentions"]["police"]) == (None, None, 1)
    again = go(*inputs).manifest  # nothing is read again
    assert (again["warnings"], again["transcripts"]) == (manifest["warnings"], manifest["transcripts"])
    alone = go(*inputs, out="undisturbed", workers=1).manifest
    assert (alone["warnings"], alone["transcripts"]) == (manifest["warnings"], manifest["transcripts"])
    (warning,) = go(*inputs[1:], out="unknown").manifest["warnings"]
    assert warning.startswith("nothing says the own agency of any of 2 participants, of whom 2 mention the police")
