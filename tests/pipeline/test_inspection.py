"""How a file was understood: in the library, and as `themes inspect` prints it."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from rich.cells import cell_len

from pipeline.cli import main
from pipeline.config import IngestSettings, RunSettings
from pipeline.errors import UnreadableInput
from pipeline.inspection import Inspection, NotInspected, inspect_all, inspect_file
from pipeline.types import Role

TALK = (
    "Site: Leeds\n\nWhat came before.\n\n[00:01] Interviewer: Who do you ring?\n\n[laughs]\n\n"
    "[00:05] P1: Karen at the council, as ever.\n\n[00:09] Interviewer: Why?\n\n[00:12] P1: She picks up.\n"
)


@pytest.fixture
def talk(tmp_path):
    path = tmp_path / "talk.txt"
    path.write_text(TALK, encoding="utf-8")
    return path


@pytest.fixture
def themes(monkeypatch, capsys):
    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["themes", "inspect", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        seen = capsys.readouterr()
        return stop.value.code or 0, seen.out, seen.err

    return call


def test_the_whole(talk):
    seen = inspect_file(talk, first=2)
    assert (seen.format, seen.turns) == ("txt", 5)
    named = {speaker.name: speaker for speaker in seen.speakers}
    assert (named["P1"].role, named["P1"].turns, named["P1"].words) == (Role.PARTICIPANT, 2, 9)
    assert named["Interviewer"].reason == "its label"
    assert named[None].reason == "its speaker is unknown"
    assert seen.attributes == {"site": "Leeds"}
    assert (seen.segments, seen.words) == (2, 9)
    assert 0 < seen.unattributed < 0.5
    assert "[laughs]" in seen.examples and not any("Interviewer" in one for one in seen.examples)
    assert len(seen.first_turns) == 2 and seen.first_turns[1].text == "Who do you ring?"
    assert TALK[seen.first_turns[1].start : seen.first_turns[1].end] == "Who do you ring?"
    assert seen.first_turns[1].start_time == 1.0 and seen.timed == pytest.approx(4 / 5)


@pytest.mark.parametrize(
    ("text", "roles", "reasons"),
    [
        (
            "Ann: Yes.\n\nBen: No.\n" * 3,
            {"Ben": Role.INTERVIEWER},
            {"Ann": "another interviews", "Ben": "your settings"},
        ),
        ("Ann: Why?\n\nBen: We did so well that day.\n" * 3, {}, {"Ann": "who asks: asks in 100% of turns"}),
        (
            "Ann: We did so well.\n\nBen: And we did not at all.\n" * 3,
            {},
            {"Ann": "nobody clearly asks: asks in 0% of turns (fewer than 30%)"},
        ),
        (
            "Ann: Is that so, and does it go on like that at home?\n\nBen: It does.\n" * 3,
            {},
            {
                "Ann": "nobody clearly asks: asks in 100% of turns (says more than half of the words: 86%)",
                "Ben": "nobody clearly asks: asks in 0% of turns (fewer than 30%; less than twice the others' 100%)",
            },
        ),
        (
            "Therapist: It is said that you smoke a lot.\n\nClient: Is that so?\n" * 3,
            {},
            {"Therapist": "'Client' asks, but is a participant; asks in 0% of turns", "Client": "its label"},
        ),
        ("[m1] Why?\n\n[p1] We did so well.\n" * 3, {}, {"m1": "the file says so"}),
    ],
)
def test_how_roles_were_decided(tmp_path, text, roles, reasons):
    path = tmp_path / "a.txt"
    path.write_text(text)
    seen = inspect_file(path, settings=RunSettings(ingest=IngestSettings(roles=roles)))
    assert reasons.items() <= {speaker.name: speaker.reason for speaker in seen.speakers}.items()


def test_a_label_of_several_roles_is_told(themes, tmp_path):
    asked = "Dr Lee: Do you smoke?\n\nTom Hill: I do now and then, not much.\n\nSpeaker 1: Hm.\n" * 3
    told = "Dr Lee: You smoke, as we all know here.\n\nTom Hill: Do I? I do.\n\nSpeaker 1: Why?\n" * 3
    for name, text in {"a": asked, "b": told, "c": told.replace("Dr Lee", "DR LEE")}.items():
        (tmp_path / f"{name}.txt").write_text(text)
    status, out, err = themes(tmp_path, "--json")
    assert status == 0 and [file["speakers"][0]["role"] for file in json.loads(out)["files"]] == [
        "interviewer",
        "participant",
        "participant",
    ]
    assert err.splitlines() == [
        "themes: 'Dr Lee' has different roles in the transcripts: participant in 2, interviewer in 1. If it is one part in "
        'all, write what it is into a file and give it with --config: ingest: {roles: {"Dr Lee": interviewer}}'
    ]
    (tmp_path / "roles.yaml").write_text(err.partition("--config: ")[2])
    status, out, err = themes(*sorted(tmp_path.glob("*.txt")), "--config", tmp_path / "roles.yaml")
    assert (status, err, out.count("your settings")) == (0, "", 3)


def test_what_is_not_speech_and_what_is_make_up_the_words(talk):
    seen = inspect_file(talk, first=99)
    spoken = sum(speaker.words for speaker in seen.speakers)
    labels_and_times = 4 * 2
    assert spoken + seen.not_speech_words + labels_and_times == len(TALK.split())


def test_unreadable(tmp_path, talk):
    (tmp_path / "bad.docx").write_bytes(b"\xff\xd8\xff no")
    (tmp_path / "data.bin").write_bytes(b"x")
    with pytest.raises(UnreadableInput):
        inspect_file(tmp_path / "bad.docx")
    found = list(inspect_all([tmp_path]))
    assert [type(one) for one in found] == [NotInspected, NotInspected, Inspection]
    assert [one.skipped for one in found[:2]] == [False, True]


def test_the_command(themes, tmp_path, talk):
    status, out, err = themes(talk, "--turns", 1)
    assert (status, err) == (0, "")
    assert "txt; 5 turns of 3 speakers" in out and "2 segments, 9 words" in out and "site: Leeds" in out
    assert "What came before." in out and "Who do you ring?" not in out  # one turn only
    (tmp_path / "empty.txt").write_bytes(b"")
    status, out, err = themes(tmp_path / "empty.txt", talk)
    assert status == 3
    assert err.startswith("themes: ") and "empty.txt: the file is empty" in err and err.count("\n") == 1
    assert "2 segments" in out


def test_nothing_to_inspect(themes, tmp_path, talk):
    gone, empty, unknown = tmp_path / "gone.txt", tmp_path / "empty", tmp_path / "unknown"
    empty.mkdir()
    unknown.mkdir()
    (unknown / "data.bin").write_bytes(b"x")
    for path, problem in (
        (gone, "there is no such file or folder (check the path)"),
        (empty, "there is no transcript in it (0 files passed over) (the formats are"),
        (unknown, "there is no transcript in it (1 file passed over) (the formats are"),
    ):
        status, _, err = themes(path)
        assert status == 2 and problem in " ".join(err.split())
    status, out, _ = themes(unknown, "--json")
    assert status == 2 and len(json.loads(out)["skipped"]) == 1
    assert themes(gone, talk)[0] == 3  # what is there is shown


def test_json(themes, tmp_path, talk):
    (tmp_path / "empty.txt").write_bytes(b"")
    status, out, _ = themes(tmp_path, "--json", "--turns", 0)
    document = json.loads(out)
    assert status == 3 and set(document) == {"files", "failed", "skipped"}
    assert document["files"][0]["speakers"][1] == {
        "name": "Interviewer",
        "role": "interviewer",
        "reason": "its label",
        "turns": 2,
        "words": 5,
        "attributes": {},
        "own_agency": None,
        "own_agency_from": None,
        "own_agency_post": None,
    }
    assert document["files"][0]["first_turns"] == []
    assert [one["path"] for one in document["failed"]] == [str(tmp_path / "empty.txt")]


def test_settings_and_attributes(themes, tmp_path, talk):
    config, table = tmp_path / "roles.yaml", tmp_path / "people.csv"
    config.write_text(yaml.safe_dump({"ingest": {"roles": {"P1": "other"}}}))
    table.write_text("transcript,speaker,rank\ntalk,P1,sergeant\nnobody,,x\n")
    status, out, err = themes(talk, "--config", config, "--attributes", table)
    assert status == 0 and "your settings" in out and "rank: sergeant" in out and "0 segments, 0 words" in out
    assert "no transcript is called 'nobody'" in err


def test_whose_own_agency_is_known_is_told(themes, tmp_path, talk):
    status, out, err = themes(talk)
    assert (status, err) == (0, "") and "own agency   not known for 1 participant: what they say of it counts" in out
    table = tmp_path / "people.csv"
    table.write_text("transcript,speaker,rank\ntalk,P1,T/Sgt\n")
    status, out, err = themes(talk, "--attributes", table)
    assert (status, err) == (0, "") and "own agency   police (from post) for 1 participant\n" in out
    (tmp_path / "other.txt").write_text(TALK)
    status, out, err = themes(talk, tmp_path / "other.txt", "--attributes", table, "--json")
    speakers = [[one["own_agency"] for one in file["speakers"]] for file in json.loads(out)["files"]]
    assert (status, speakers) == (0, [[None, None, "police"], [None, None, None]])
    assert (
        err.startswith("themes: the own agency of 1 of 2 participants is not known (other), ") and err.count("\n") == 1
    )
    table.write_text("transcript,speaker,role,force\ntalk,P1,analyst,Northshire\n")
    status, out, err = themes(talk, "--attributes", table)
    assert status == 0 and "; to check: 1 participant counts as police by the force" in " ".join(out.split())
    assert "no police rank (analyst)" in err and err.count("\n") == 1
    (tmp_path / "run.yaml").write_text("partners: {own_agency: housing}\n")
    status, out, err = themes(talk, "--config", tmp_path / "run.yaml")
    assert (status, err) == (0, "") and "own agency   housing (from setting) for 1 participant" in out


def test_a_table_of_attributes_among_them_is_told_as_what_it_is(themes, tmp_path, talk):
    table = tmp_path / "people.csv"
    table.write_text("transcript,speaker,rank\ntalk,P1,sergeant\n")
    told = "looks like a table of attributes, as its column transcript names transcripts (give it with --attributes)"
    status, out, _ = themes(tmp_path, "--json")
    assert (status, json.loads(out)["skipped"]) == (0, [{"path": str(table), "reason": told}])
    status, out, _ = themes(talk, table, "--json")
    assert (status, [one["reason"] for one in json.loads(out)["skipped"]]) == (0, [told])
    status, out, _ = themes(tmp_path, table, "--json", "--attributes", table)
    assert status == 0 and [len(found) for found in json.loads(out).values()] == [1, 0, 0]


@pytest.mark.parametrize("word", ["word", "漢字", "e\u0301", "[bold]", "x" * 150])
def test_no_line_is_wider_than_100_columns(themes, tmp_path, word):
    path = tmp_path / "wide.txt"
    path.write_text(f"Interviewer: {word} {word}?\n\nP1: {f'{word} ' * 300}.\n\n({word} {f'{word} ' * 40})\n" * 2)
    status, out, _ = themes(path)
    assert status == 0 and word[:20] in out
    assert max(cell_len(line) for line in out.splitlines()) <= 100


def test_a_tables_columns_and_transcripts(themes, tmp_path):
    rows = ["transcript_id,interlocutor,utterance_text,topic", "1,Ann,Who rings?,x", "1,Bo,We do.,x"]
    (tmp_path / "a.csv").write_text("\n".join([*rows, "2,Ann,So?,y", "2,Bo,So.,y\n"]), encoding="utf-8")
    status, out, _ = themes(tmp_path / "a.csv")
    assert status == 0 and "a.csv/1.csv" in out and "a.csv/2.csv" in out
    assert "speaker: interlocutor; speech: utterance_text; transcript: transcript_id" in " ".join(out.split())
    status, out, _ = themes(tmp_path / "a.csv" / "2.csv", "--json")
    assert status == 0 and json.loads(out)["files"][0]["columns"]["speech"] == "utterance_text"
