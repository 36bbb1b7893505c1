"""What stands above the talk in a plain text: keys and values, front matter, titles."""

from __future__ import annotations

import pytest
from looking import roles, said

from pipeline.types import Role


def test_header_block_gives_attributes(read):
    transcript = read(
        "Interview: 7B\nForce: B\nRank: constable\nYears in service: 19\nRole: neighbourhood constable\n\n"
        "Interviewer: Hello?\n\n7B: Right: hello.\n\nInterviewer: [laughs] Why?\n\n7B: So.\n"
    )
    assert transcript.attributes == {
        "interview": "7B",
        "force": "B",
        "rank": "constable",
        "years_in_service": "19",
        "role": "neighbourhood constable",
    }
    assert roles(transcript) == {"Interviewer": Role.INTERVIEWER, "7B": Role.PARTICIPANT}
    assert said(transcript)[2] == ("Interviewer", ["[laughs] Why?"])


@pytest.mark.parametrize(
    ("text", "attributes", "first"),
    [
        ("Date: 3 May\nInterviewer: Jane\nParticipant: P4\n\nI: Hi\nP4: Hello\nI: So?\nP4: No\n", 3, "Hi"),
        ("---\ntitle: A talk\n# text of it\n---\nAnna: Hi?\n\nBen: Yes.\n", 1, "Hi?"),
        (
            "# Transcript: s1\n# Date: 2026-01-20\n\n[00:02] [m1] Hi?\n[00:10] [p1] Yes.\n[00:11] [m1] So?\n[00:12] [p1] No.\n",
            2,
            "Hi?",
        ),
        ("Interview with Anna\n\nDate: today\nPlace: here\n\nAnna: Hi?\n\nBen: Yes.\n", 2, "Hi?"),
        ("Interviewer: Hello there.\n\nAnna: Yes.\n", 0, "Hello there."),
        (
            "Interviewer: Jo Marsh\nInterviewee: Ruth Bell\n\nJo: So?\n\nRuth: Well.\n\nJo: And?\n\nRuth: No.\n",
            2,
            "So?",
        ),
        ("Interviewer: Jo Marsh\n\nJo: So?\n\nRuth: Well.\n\nJo: And?\n\nRuth: No.\n", 1, "So?"),
        ("Interviewer: Ruth\n\nAnna: Yes.\n\nInterviewer: So?\n\nRuth: Well.\n\nRuth: No.\n", 0, "Ruth"),
        ("INTERVIEWER: (Pause)\nP1: yes\n", 0, "yes"),
        ("Date: 3 May\nInterviewer: Jo Marsh\n\nInterviewer: So?\nP4: Well.\nInterviewer: And?\nP4: No.\n", 2, "So?"),
        ("Date: 3 May\nInterviewer: Jo Marsh\nInterviewer: So?\nP4: Well.\nInterviewer: And?\nP4: No.\n", 2, "So?"),
        (
            "Place: here\nInterviewer: Jo Marsh\nInterviewee: Ruth Bell\n\n"
            "Interviewer: So?\nInterviewee: Well.\nInterviewer: And?\nInterviewee: No.\n",
            3,
            "So?",
        ),
        ("Date: 3 May\nInterviewer: Ruth Bell\n\nP4: Yes.\nInterviewer: So?\nP4: Well.\n", 1, "Ruth Bell"),
        (
            "Date: 3 May\nInterviewer: Hello\n\nInterviewer: So?\nP4: Well.\nInterviewer: And?\n",
            1,
            "Hello",
        ),
        (
            "Interviewee: Ruth Bell\nDate: 3 May\nPlace: here\nTape 1, Side A\n\nJO: So?\n\nBELL: Yes.\n\nJO: No?\n",
            3,
            "So?",
        ),
        ("Interviewee: Ruth Bell\nDate: 3 May\nPlace: here\n-----\nJO: So?\n\nBELL: Yes.\n\nJO: No?\n", 3, "So?"),
    ],
)
def test_headers(read, text, attributes, first):
    transcript = read(text)
    assert len(transcript.attributes) == attributes
    assert said(transcript)[0][1][0] == first


TALK = "{0}: So?\n\n{1}: Well.\n\n{0}: And?\n\n{1}: No.\n"


@pytest.mark.parametrize("sign", [". ", "; ", ", ", " | ", "\t", "    "])
@pytest.mark.parametrize("names", [("Interviewer", "P1"), ("Joel", "Ruth"), ("JA", "RB")])
def test_a_line_of_several_keys_gives_each_its_own_value(read, sign, names):
    transcript = read(f"Interviewer: Joel Adeyemi{sign}Date: 3 March 2024{sign}Place: Leeds\n\n{TALK.format(*names)}")
    assert transcript.attributes == {"interviewer": "Joel Adeyemi", "date": "3 March 2024", "place": "Leeds"}
    assert said(transcript)[0] == (names[0], ["So?"])


@pytest.mark.parametrize(
    ("line", "attributes"),
    [
        ("Date: 3 March 2024, at noon", {"date": "3 March 2024, at noon"}),
        ("Place: Leeds, Room: 4", {"place": "Leeds, Room: 4"}),
        ("Start time: 10:02. Duration: 1:02:03", {"start_time": "10:02", "duration": "1:02:03"}),
        ('---\ntitle: "Trust. Date: unknown"\n---', {"title": "Trust. Date: unknown"}),
    ],
)
def test_only_known_keys_part_a_line(read, line, attributes):
    assert read(f"{line}\n\n{TALK.format('Interviewer', 'P1')}").attributes == attributes


@pytest.mark.parametrize(
    "line", ["Interviewer: Thank you. Date: what is it today?", "Interviewer: It is late. Time: ten, I think."]
)
def test_talk_with_a_known_key_in_it_is_talk(read, line):
    transcript = read(f"{line}\n\nP1: Three.\n\n{TALK.format('Interviewer', 'P1')}")
    assert said(transcript)[0] == ("Interviewer", [line.partition(": ")[2]])
    assert not transcript.attributes


def test_full_names_above_first_names_speak(read):
    talk = read(
        "Joanna Bell: Hello, both. Who starts?\nDC Tom Hall: Me. I'm in the unit.\nDC Tim Reed: No relation!\n"
        + "Joanna: So who do you work with?\nTom: The council.\nTim: And health visitors.\n" * 3
    )
    assert talk.text[talk.turns[0].stretches[0].start :].startswith("Hello, both.") and not talk.attributes
