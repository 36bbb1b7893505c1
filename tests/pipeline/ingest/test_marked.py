"""Chats and live captions, whose every turn begins with a mark."""

import pytest
from looking import said, turns_by_speaker

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


def test_a_change_of_speaker_without_a_name_is_somebody_unknown(read):
    transcript = read(">> JO: So?\n>> Well.\n>> JO: And?\n>> MIRA: No.\n>> JO: Oh.\n")
    assert turns_by_speaker(transcript) == {"JO": 3, "Unknown speaker": 1, "MIRA": 1}


def test_changes_of_speaker_that_hardly_ever_name_anybody_are_no_labels(read):
    transcript = read(">> So?\n>> Well.\n>> JO: And?\n>> No.\n>> Oh.\n>> Good.\n")
    assert [turn.speaker for turn in transcript.turns] == [None]


def test_a_short_chat_with_many_lines_of_the_program(read):
    own = "\n".join(f"12/03/2024, 10:0{i} - Helen added +44 7700 90012{i}" for i in range(7))
    said = "\n".join(
        f"12/03/2024, 10:1{i} - {'Helen' if i % 2 else 'Mira'}: message {i}\n10:3{i} still" for i in range(6)
    )
    transcript = read(f"{own}\n{said}")
    assert turns_by_speaker(transcript) == {"Helen": 3, "Mira": 3}
    spans = [transcript.text[one.start : one.end] for turn in transcript.turns for one in turn.stretches]
    assert spans[0] == "message 0\n10:30 still"


def test_what_the_iphone_marks_as_its_own_is_no_speech(read):
    lines = [
        ("Diary Leeds", "\u200eHelen created this group"),
        ("Mira", "\u200eimage omitted"),
        ("Mira", "Missed voice call, tap to call back"),
    ]
    lines += [("Helen", "How was it?"), ("Mira", "Slow."), ("Helen", "And then?"), ("Mira", "Home.")]
    transcript = read("\n".join(f"[14/03/2024, 09:0{i}:11] {name}: {said}" for i, (name, said) in enumerate(lines)))
    assert turns_by_speaker(transcript) == {"Helen": 2, "Mira": 2}


def test_the_mark_of_an_edited_message_is_no_speech(read):
    said = [("Jo", "How was it?"), ("Sam", "Slow.\nThey never ring. \u200e<This message was edited>")]
    said += [("Jo", "Why?"), ("Sam", "He wrote <This message was edited> under it.")]
    transcript = read("\n".join(f"12/03/2024, 10:0{i} - {name}: {words}" for i, (name, words) in enumerate(said)))
    spans = [transcript.text[one.start : one.end] for turn in transcript.turns for one in turn.stretches]
    assert spans == ["How was it?", "Slow.\nThey never ring.", "Why?", said[3][1]]
    assert not transcript.warnings


@pytest.mark.parametrize("own", ["", "\u200e"])
def test_polls_are_no_talk_of_the_one_before(read, own):
    poll = f"{own}POLL:\nWho was there?\n{own}OPTION: Housing (2 votes)\n{own}OPTION: Probation (0 votes)\n"
    said = [
        ("Jo", "And?"),
        ("Sam", "Fine."),
        ("Jo", poll),
        ("Sam", "Housing."),
        ("Jo", "POLL: who votes?"),
        ("Sam", "I"),
    ]
    transcript = read("\n".join(f"[12/03/2024, 10:0{i}:11] {name}: {words}" for i, (name, words) in enumerate(said)))
    spans = [transcript.text[one.start : one.end] for turn in transcript.turns for one in turn.stretches]
    assert spans == ["And?", "Fine.", "Housing.", "POLL: who votes?", "I"]
    assert "polls are no talk and are left out (line 3)" in transcript.warnings


def test_words_under_a_picture_are_its_senders(read):
    said = [("Jo", "And?"), ("Sam", "Fine."), ("Jo", "a.jpg (file attached)\nThis is the board"), ("Sam", "Yes.")]
    transcript = read("\n".join(f"12/03/2024, 10:0{i} - {name}: {words}" for i, (name, words) in enumerate(said)))
    assert turns_by_speaker(transcript) == {"Jo": 2, "Sam": 2}


def test_quotations_of_an_e_mail_name_nobody(read):
    quoted = (
        "And why: is it the money?",
        "And with schools: how is that?",
        "To begin: whom do you ring?",
        "To finish: what else?",
    )
    text = "".join(f">> {one}\nWe ring them, and then they come.\n\n" for one in quoted)
    assert {speaker for speaker, _ in said(read(text))} == {None}
    named = "".join(f">> {one}: We ring them.\n" for one in ("jo", "mary b", "jo", "mary b", "O'Hara", "jo"))
    assert [speaker for speaker, _ in said(read(named))] == ["jo", "mary b", "jo", "mary b", "O'Hara", "jo"]
