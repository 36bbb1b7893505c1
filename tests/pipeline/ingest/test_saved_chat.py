"""The chat that Zoom saves of a meeting."""

import pytest
from looking import check_laws, said, turns_by_speaker

SAID = (
    ("Sunil Rao", "So this is interview nine.\nMay I record?"),
    ("Participant 7", "That's fine."),
    ("Participant 7", "I said: go on."),
    ("Sunil Rao", "Great."),
    ("Participant 7", "There's eleven of us."),
)


def spoken(transcript):
    return " ".join(transcript.text[one.start : one.end] for turn in transcript.turns for one in turn.stretches)


@pytest.mark.parametrize(
    "head",
    [
        "10:02:0{} From {} (she/her) to Everyone:\n\t",
        "10:02:0{} From {} To Everyone:\n\t",
        "10:02:0{} From {} to Jo Bell (she/her)(Direct Message):\n\t",
        "10:02:0{} From {} To Jo Bell(Direct Message):\n\t",
        "2024-03-04 10:02:0{} From {} to Everyone:\n\t",
        "10:02:0{}\t From {} : ",
        "10:02:0{}\t From  {} to Jo Bell (Privately) : ",
    ],
)
def test_a_saved_chat(read, head):
    transcript = read("".join(f"{head.format(i, name)}{words}\n" for i, (name, words) in enumerate(SAID)))
    assert turns_by_speaker(transcript) == {"Sunil Rao": 2, "Participant 7": 2}
    assert spoken(transcript) == " ".join(words for _, words in SAID)


HEAD = "10:02:{:02} From {} to Everyone:\n\t"
CLOUD = "00:02:{:02}\t{}:\t"


def chat(head, *more):
    return "".join(f"{head.format(i, name)}{words}\n" for i, (name, words) in enumerate([*SAID, *more]))


@pytest.mark.parametrize("head", [HEAD, "10:02:{:02}\t From {} : ", CLOUD, "00:02:{:02}\t{} (she/her):\t"])
def test_what_a_message_goes_with_is_no_talk(read, head):
    transcript = read(
        chat(
            head,
            ("Sunil Rao", 'Replying to "There\'s eleven of..."\n\n\tEleven?'),
            ("Jo", 'Reacted to "Great." with 👍🏽'),
            ("Jo", 'Removed a 👍🏽 reaction from "Great."'),
            ("Jo", 'Reacted to ""Good," she said..." with ❤️  '),
        )
    )
    assert turns_by_speaker(transcript) == {"Sunil Rao": 3, "Participant 7": 2}
    assert spoken(transcript).endswith("There's eleven of us. Eleven?")
    check_laws(transcript)


@pytest.mark.parametrize("head", [HEAD, CLOUD])
@pytest.mark.parametrize(
    ("quoted", "reply"),
    [
        ('Replying to "Great."', "Is it?"),
        ('Replying to ""Good," she said..."', 'Who said "good"?'),
        ('Replying to "say "hi" to us"', "Hi."),
        ('Replying to "Great...":\n\t', "Is it?"),
        ("Replying to “Great.”\n\n", "Is it?"),
    ],
)
def test_a_reply_begins_after_what_it_quotes(read, head, quoted, reply):
    transcript = read(chat(head, ("Jo", f"{quoted} {reply}"), ("Sunil Rao", "Fine.")))
    assert said(transcript)[-2:] == [("Jo", [reply]), ("Sunil Rao", ["Fine."])]


@pytest.mark.parametrize("head", [HEAD, CLOUD])
@pytest.mark.parametrize(
    "words",
    [
        'Replying to "their letter took us a year.',
        "Reacted to the letter with anger.",
        'We replied. Replying to "them" is hard.',
        "One thing: 👍",
    ],
)
def test_talk_that_looks_so_is_talk(read, head, words):
    transcript = read(chat(head, ("Jo", words), ("Sunil Rao", 'Reacted to "Great." with 👍')))
    assert said(transcript)[-1] == ("Jo", [words])


def test_who_reacted_below_a_message_is_no_talk(read):
    transcript = read(chat(HEAD, ("Jo", "We are twelve.\n\tSunil Rao:👍\n\tAnn (B):❤️")))
    assert said(transcript)[-1] == ("Jo", ["We are twelve."])


def test_times_of_a_chat_count_from_the_start_of_the_recording(read):
    reply = ("Sunil Rao", 'Replying to "There..."\n\nEleven?')
    for head, time in ((CLOUD, 120), (HEAD, None), (HEAD.replace("10:02:", "00:"), None)):
        assert read(chat(head, reply)).turns[0].stretches[0].start_time == time


def test_a_transcript_of_the_same_form_is_no_chat(read):
    more = ("Participant 7", "We meet.\n\nSunil Rao: Where?\n\nParticipant 7: Here.")
    assert said(read(chat(CLOUD, more)))[-3:] == [
        ("Participant 7", ["There's eleven of us.", "We meet."]),
        ("Sunil Rao", ["Where?"]),
        ("Participant 7", ["Here."]),
    ]


@pytest.mark.parametrize(
    ("head", "private", "line"),
    [
        (HEAD, "10:03:01 From Sunil Rao To Participant 7(Direct Message):\n\t", 12),
        (HEAD, "10:03:01 From Sunil Rao to Participant 7 (she/her):\n\t", 12),
        ("10:02:{:02}\t From {} : ", "10:03:01\t From Sunil Rao to Me (Privately) : ", 7),
        (CLOUD, "00:03:01\tSunil Rao to Participant 7 (Direct Message):\t", 7),
    ],
)
def test_private_messages_are_kept_and_told(read, head, private, line):
    transcript = read(f"{chat(head)}{private}Are you well?\n{private}Stop if not.\n")
    assert said(transcript)[-1] == ("Sunil Rao", ["Are you well?", "Stop if not."])
    (told,) = [one for one in transcript.warnings if "private" in one]
    assert told.startswith(f"2 private messages in the chat, the first in line {line}: ")
    assert "take them out of the file" in told


@pytest.mark.parametrize("to", ["Everyone", "Hosts and panelists", "Meeting Group Chat"])
def test_messages_to_all_are_not_private(read, to):
    transcript = read(chat(HEAD.replace("Everyone", to)))
    assert turns_by_speaker(transcript) == {"Sunil Rao": 2, "Participant 7": 2}
    assert not any("private" in one for one in transcript.warnings)


def test_an_hour_in_somebodys_talk_is_talk(read):
    transcript = read(
        "Jo: And?\n\nAnna: 10:02:09 From the station to the cells: two minutes.\n\nJo: Oh?\n\nAnna: Yes.\n"
    )
    assert turns_by_speaker(transcript) == {"Jo": 2, "Anna": 2}


def test_a_line_that_ends_in_an_emoji_is_talk_unless_it_says_who_reacted(read):
    more = ("Participant 7", "It is all about\n\ttrust:🤝\n\tAnn Ray:👍")
    assert spoken(read(chat(HEAD, more))).endswith("It is all about\n\ttrust:🤝")
