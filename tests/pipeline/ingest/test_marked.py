"""Chats and live captions, whose every turn begins with a mark."""

import pytest
from looking import turns_by_speaker

SAID = (
    ("Interviewer", "\u200eMessages and calls are end-to-end encrypted. No one else can read them."),
    ("Interviewer", "What do you do?\nAnd since when?"),
    ("~ Martin W", "I'm a sergeant: in town.\nSix years now."),
    ("~ Martin W", "<Media omitted>"),
    ("Interviewer", "Right.\nGo on.\n\nAll of it."),
    ("+44 7700 900123", "Is this the right group?"),
    ("~ Martin W", "It was a shock.\nReally."),
    ("~ Martin W", "You deleted this message"),
)


@pytest.mark.parametrize(
    "stamp",
    [
        "12/03/2024, 10:1{} - ",
        "12/03/2024, 10:1{} p. m. - ",
        "[12.03.24, 10:1{}:07] ",
        "\u200e[3/12/24, 10:1{}:44\u202fPM] ",
        "[10:1{}, 12/03/2024] ",
    ],
)
def test_an_exported_chat(read, stamp):
    chat = [f"{stamp.format(i)}{name}: {words}" for i, (name, words) in enumerate(SAID)]
    chat[1:1] = [f"{stamp.format(9)}Jo created this group"]
    transcript = read("\n".join(chat))
    assert turns_by_speaker(transcript) == {"Interviewer": 2, "Martin W": 2, "+44 7700 900123": 1}
    spans = [one for turn in transcript.turns for one in turn.stretches]
    said = "|".join(transcript.text[one.start : one.end] for one in spans)
    assert SAID[2][1] in said and "created" not in said and "omitted" not in said and "deleted" not in said
    assert "encrypted" not in said
    # The hour of the day is no time of a recording.
    assert all(one.start_time is None for one in spans)


@pytest.mark.parametrize("mark", [">> ", "[00:0{}] >> ", "&gt;&gt; "])
def test_live_captions_with_a_sign_of_change(read, mark):
    said = [("JO BELL", "Thanks for coming\nin. What do you do?"), ("SGT. WALSH", "I'm a\nsergeant >> here.")]
    transcript = read("\n".join(f"{mark.format(i)}{name}: {words}" for i, (name, words) in enumerate(said * 2)))
    assert turns_by_speaker(transcript) == {"JO BELL": 2, "SGT. WALSH": 2}
    spans = [transcript.text[one.start : one.end] for turn in transcript.turns for one in turn.stretches]
    assert spans[:2] == [words for _, words in said]


@pytest.mark.parametrize(
    "line",
    [
        "12/03/2024 10:14 - two officers at the door.",
        ">> we never met.",
        "Messages to this group were end-to-end encrypted, so we never got them.",
        "Messages and calls on WhatsApp are end-to-end encrypted, and the gang knew.",
    ],
)
def test_the_same_in_somebodys_talk_is_talk(read, line):
    transcript = read(f"Interviewer: And?\n\nAnna: {line}\n\n{line}\n\nInterviewer: Oh?\n\nAnna: We tried.\n")
    assert turns_by_speaker(transcript) == {"Interviewer": 2, "Anna": 2}
    assert transcript.text.count(line) == 2
    spans = "|".join(transcript.text[one.start : one.end] for turn in transcript.turns for one in turn.stretches)
    assert spans.count(line) == 2


def test_changes_of_speaker_without_names_are_no_labels(read):
    transcript = read(">> JO: So?\n>> Well.\n>> JO: And?\n>> No.\n>> JO: Oh.\n")
    assert all(turn.speaker in {None, "JO"} for turn in transcript.turns)
