"""What is said while somebody else speaks, in square brackets."""

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
