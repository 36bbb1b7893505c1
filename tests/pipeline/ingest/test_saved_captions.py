"""The captions that Zoom saves of a meeting as plain text."""

import pytest
from looking import check_laws, said

from pipeline.segment import segment_transcript

ASKED = ("So thank you for coming, and", "could you tell me how the hub", "came about?")
TOLD = (
    "Well it was the council who first asked us to",
    "share the office with the police, and I",
    "thought that it would never work.",
)


def captions(hour="00"):
    cues = [("Sunil Rao", one) for one in ASKED] + [("Participant 7", one) for one in TOLD]
    cues += [("Sunil Rao", "And now?\nI mean this year."), ("Participant 7", "We trust each other.")]
    return "".join(f"[{name}] {hour}:02:{i:02}\n{words}\n\n" for i, (name, words) in enumerate(cues))


@pytest.mark.parametrize(("hour", "times"), [("10", [None] * 4), ("00", [120, 123, 126, 127])])
def test_captions_of_one_speaker_are_one_turn_and_not_cut_where_they_end(read, hour, times):
    transcript = read(captions(hour))
    assert said(transcript)[:2] == [("Sunil Rao", [*ASKED]), ("Participant 7", [*TOLD])]
    check_laws(transcript)
    segments = segment_transcript(transcript)
    assert [one.text for one in segments] == [
        " ".join(ASKED),
        " ".join(TOLD),
        "And now? I mean this year.",
        "We trust each other.",
    ]
    assert [one.start_time for one in segments] == times
    assert all(transcript.text[one.start : one.end] == one.text for one in segments)


def test_each_caption_keeps_its_time(read):
    turns = read(captions()).turns
    assert [one.start_time for one in turns[1].stretches] == [123, 124, 125]
    assert [one.start_time for one in turns[2].stretches] == [126, 126]


def test_a_long_turn_is_cut_at_sentences_and_has_the_times_of_its_captions(read):
    segments = segment_transcript(read(captions() + "[Participant 7] 00:02:09\nIt works. It is good.\n"), max_words=6)
    assert [(one.text, one.start_time) for one in segments[-2:]] == [
        ("We trust each other.", 127),
        ("It works. It is good.", 129),
    ]


def test_what_stands_above_the_captions_and_notes_in_them_are_no_talk(read):
    above = "Hub study, interview 4\n\nDate: 4 March 2024\nPlace: the hub\n\n"
    transcript = read(
        above
        + captions()
        + "[Participant 7] 00:02:09\n(laughs)\n\n[Participant 7] 00:02:10\nStill.\n\nEnd of interview\n"
    )
    assert transcript.attributes == {"date": "4 March 2024", "place": "the hub"}
    assert transcript.text.startswith(above)
    assert said(transcript)[-1] == ("Participant 7", ["We trust each other.", "Still."])
    assert not transcript.warnings


def test_a_caption_that_could_close_a_transcript_is_talk_in_the_middle(read):
    more = "[Participant 7] 00:02:09\nEnd of the session\n\n[Participant 7] 00:02:10\nwe had tea.\n"
    assert said(read(captions() + more))[-1] == (
        "Participant 7",
        ["We trust each other.", "End of the session", "we had tea."],
    )


def test_talk_above_the_captions_is_nobodys_with_a_warning(read):
    transcript = read("We had begun before the captions did.\n\n" + captions())
    assert said(transcript)[0] == (None, ["We had begun before the captions did."])
    assert any("before the first speaker label" in one for one in transcript.warnings)


@pytest.mark.parametrize("words", ["(Yes.)", "[We did.]", "--and so we went--"])
def test_what_a_name_stands_above_is_said_unless_it_is_a_sound(read, words):
    text = captions("00") + f"[Participant 7] 00:03:01\n{words}\n\n[Sunil Rao] 00:03:02\n[laughs]\n"
    assert said(read(text))[-1] == ("Participant 7", ["We trust each other.", words])
