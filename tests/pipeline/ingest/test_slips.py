"""Labels with a semicolon for the colon that the same label has elsewhere."""

import pytest
from looking import said


def test_a_semicolon_after_a_known_label(read):
    transcript = read(
        "Interviewer: What do you do?\n\nPC Jones; I'm in response.\nI like it.\n\n[00:12] Interviewer; Right.\n\nPC Jones: OK.\n"
    )
    assert said(transcript) == [
        ("Interviewer", ["What do you do?"]),
        ("PC Jones", ["I'm in response.\nI like it."]),
        ("Interviewer", ["Right."]),
        ("PC Jones", ["OK."]),
    ]
    assert transcript.turns[2].stretches[0].start_time == 12
    assert "a semicolon after a label is read as a colon (lines 3, 6)" in transcript.warnings


def test_semicolons_in_sentences_are_none(read):
    spoken = "We rang\nPC Jones; He came.\nPC Jones; he did.\nOsei; Housing; all of them."
    transcript = read(f"Interviewer: Who came?\n\nPC Jones: {spoken}\n\nInterviewer: And?\n\nPC Jones: No.\n")
    assert said(transcript)[1] == ("PC Jones", [spoken])
    assert not transcript.warnings


LISTS = ("They were:\nJo; Bill was there too.", "All.\nJo; Bill; old Mrs Pryce; and the vicar. All of them.")


@pytest.mark.parametrize("spoken", LISTS)
def test_lists_with_semicolons_stay_with_who_says_them(read, spoken):
    transcript = read(
        f"Interviewer: Who came?\nAnn: {spoken}\nInterviewer: And you?\nJo: Yes.\nAnn: No.\nJo: Both.\nAnn: No.\n"
    )
    assert said(transcript)[1] == ("Ann", [spoken])
    assert not transcript.warnings
