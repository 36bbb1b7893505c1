"""What Zoom saves of a meeting as plain text."""

import pytest
from looking import turns_by_speaker

SAID = (
    ("Sunil Rao", "So this is interview nine.\nMay I record?"),
    ("Participant 7", "That's fine."),
    ("Participant 7", "I said: go on."),
    ("Sunil Rao", "Great."),
    ("Participant 7", "There's eleven of us."),
)


def spoken(transcript):
    return " ".join(transcript.text[one.start : one.end] for turn in transcript.turns for one in turn.stretches)


@pytest.mark.parametrize(("hour", "time"), [("10", None), ("00", 120)])
def test_saved_captions(read, hour, time):
    text = "".join(f"[{name}] {hour}:02:0{i}\n{words}\n\n" for i, (name, words) in enumerate(SAID))
    transcript = read(text)
    assert turns_by_speaker(transcript) == {"Sunil Rao": 2, "Participant 7": 2}
    assert spoken(transcript) == " ".join(words for _, words in SAID)
    assert transcript.turns[0].stretches[0].start_time == time


@pytest.mark.parametrize(
    "head",
    [
        "10:02:0{} From {} (she/her) to Everyone:\n\t",
        "10:02:0{} From {} to Jo Bell (she/her)(Direct Message):\n\t",
        "2024-03-04 10:02:0{} From {} to Everyone:\n\t",
        "10:02:0{}\t From {} : ",
        "10:02:0{}\t From  {} to Jo Bell (Privately) : ",
    ],
)
def test_a_saved_chat(read, head):
    transcript = read("".join(f"{head.format(i, name)}{words}\n" for i, (name, words) in enumerate(SAID)))
    assert turns_by_speaker(transcript) == {"Sunil Rao": 2, "Participant 7": 2}
    assert spoken(transcript) == " ".join(words for _, words in SAID)


def test_what_a_message_goes_with_is_no_talk(read):
    head = "10:02:0{} From {} to Everyone:\n\t"
    said = [
        *SAID,
        ("Sunil Rao", 'Replying to "There\'s eleven of..."\n\n\tEleven?'),
        ("Jo", 'Reacted to "Great." with 👍'),
    ]
    transcript = read("".join(f"{head.format(i, name)}{words}\n" for i, (name, words) in enumerate(said)))
    assert turns_by_speaker(transcript) == {"Sunil Rao": 3, "Participant 7": 2}
    assert spoken(transcript).endswith("There's eleven of us. Eleven?")


def test_an_hour_in_somebodys_talk_is_talk(read):
    transcript = read(
        "Jo: And?\n\nAnna: 10:02:09 From the station to the cells: two minutes.\n\nJo: Oh?\n\nAnna: Yes.\n"
    )
    assert turns_by_speaker(transcript) == {"Jo": 2, "Anna": 2}
