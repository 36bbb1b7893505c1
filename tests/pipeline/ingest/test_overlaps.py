"""What is said while somebody else speaks, in square brackets."""

import pytest
from looking import said

LINES = """N:   right SO um (0.2) how do you
D:   we (0.4) don't,
N:   [okay and °then° (.) what=]
     [so.]
D:   [laughs]
     (1.2)
D:   no (0.2) we hear
N:   they (0.2) do
D:   [the gate (0.4)
     it's got a squeak]
N:   the gate,
"""


def test_a_turn_in_brackets_of_overlap_is_talk(read):
    talk = dict(enumerate(said(read(LINES))))
    assert talk[2] == ("N", ["[okay and °then° (.) what=]\n     [so.]"])
    assert talk[3] == ("D", ["no (0.2) we hear"])
    assert talk[5] == ("D", ["[the gate (0.4)\n     it's got a squeak]"])


def test_without_timed_pauses_brackets_are_notes(read):
    text = "N: So?\nD: [hands her the form]\nD: Right.\nN: [looks it up] \nN: And then? [2.0]\nD: No.\n"
    assert said(read(text)) == [("N", ["So?"]), ("D", ["Right."]), ("N", ["And then? [2.0]"]), ("D", ["No."])]


@pytest.mark.parametrize(
    "note",
    [
        "[door opens]",
        "[phone rings, talk stops]",
        "[D leaves the room]",
        "[a baby cries]",
        "[long pause]",
        "[interruption - colleague comes in]",
        "[recording paused]",
        "[name of officer]",
    ],
)
def test_a_note_alone_on_a_turn_is_none(read, note):
    talk = read(LINES + f"D:   it does (0.2) yes\nN:   {note}\nD:   [yeah]\nN:   {note}\nD:   so (0.3) no\n")
    assert said(talk)[-3:] == [("D", ["it does (0.2) yes"]), ("D", ["[yeah]"]), ("D", ["so (0.3) no"])]


@pytest.mark.parametrize("words", ["[yeah]", "[I know]", "[she did.]", "[something like that]", "[°the gate°]"])
def test_words_in_brackets_are_talk(read, words):
    assert ("N", [words]) in said(read(LINES + f"D:   it does (0.2) yes\nN:   {words}\nD:   so (0.3) no\n"))


def test_what_may_be_a_note_or_talk_is_told(read):
    talk = read(LINES + "D:   it does (0.2) no\nN:   [the squeak]\nD:   so (0.3) no\n")
    assert "[the squeak]" not in str(said(talk)) and "taken for notes, not for talk in overlap" in talk.warnings[0]
    beside = read(LINES + "D:   it does [the (0.2) gate]\nN:   [the squeak]\nD:   so (0.3) no\n")
    assert ("N", ["[the squeak]"]) in said(beside)


@pytest.mark.parametrize("words", ["[doing it every day]", "[takes two weeks]", "[goes to housing]"])
def test_more_than_two_words_that_look_like_a_note_are_told(read, words):
    talk = read(LINES + f"D:   it does (0.2) no\nN:   {words}\nD:   so (0.3) no\n")
    assert words in str(said(talk)) or "taken for notes, not for talk in overlap" in talk.warnings[0]


@pytest.mark.parametrize("words", ["[Yeah]", "[Okay]", "[We did]"])
def test_capitals_change_nothing(read, words):
    talk = read(LINES + f"D:   it does (0.2) no\nN:   {words}\nD:   so (0.3) no\n")
    assert ("N", [words]) in said(talk) and not any("taken for notes" in warning for warning in talk.warnings)
