"""Who interviews: settings over hints over labels over questions."""

from __future__ import annotations

import pytest
from looking import roles

from pipeline.ingest.conventions import key_of, role_beside_a_name, role_by_convention
from pipeline.types import Role

I, P, O = Role.INTERVIEWER, Role.PARTICIPANT, Role.OTHER  # noqa: E741

ASKING = "Anna: Why is that?\nBen: Because it always was, I think.\nAnna: And now?\nBen: Now it is not.\nAnna: Oh?\nBen: No.\n"


@pytest.mark.parametrize(
    ("label", "role"),
    [
        *[(label, I) for label in ("Interviewer", "interviewer 2", "INTERVIEWER1", "Int", "I", "Q", "Moderator")],
        *[(label, I) for label in ("Second interviewer", "Counsel Inquiry", "Lead 2A", "The Chair", "Facilitator")],
        *[(label, P) for label in ("Interviewee", "Participant 12", "P1", "Respondent", "The Witness", "R2", "A")],
        *[(label, O) for label in ("Unknown Speaker", "Break", "Clerk", "Observer", "Unidentified male")],
        *[(label, O) for label in ("Note-taker 2", "Silent observer", "Dolmetscherin", "Interprète", "Minute-taker")],
        *[(label, None) for label in ("Anna", "7B", "SPEAKER_00", "Ian", "Quentin", "Agnes")],
    ],
)
def test_labels_that_say_their_role(label, role):
    assert role_by_convention(label) is role


@pytest.mark.parametrize(
    ("label", "role"),
    [
        *[
            (label, I)
            for label in ("Sarah (Moderator)", "Moderator Sarah", "Dr Smith, interviewer", "M1 [Facilitator]")
        ],
        *[
            (label, O)
            for label in ("Jamie (observer)", "Observer Jamie Reeves", "Ann - note-taker", "Interpreter (female)")
        ],
        *[(label, P) for label in ("PC Smith (Participant 3)", "Joe | Respondent")],
        *[(label, None) for label in ("Host, Guest", "Participant observer", "Simon (@siladu) | Besu", "Anna Subject")],
    ],
)
def test_roles_beside_names(label, role):
    assert role_beside_a_name(label) is role


def test_a_focus_group(read):
    talk = "Moderator Sarah: And you?\nMaya Johal: I think not.\nChris Park: Nor I.\nJamie Reeves (Observer): So?\n" * 3
    wanted = {"Moderator Sarah": I, "Maya Johal": P, "Chris Park": P, "Jamie Reeves (Observer)": O}
    assert roles(read(talk)) == wanted


def test_role_words_in_headings_start_no_speaker(read):
    head = "Participant Number: 12\nInterviewer Name: Jane Smith\nObserver Notes: none\n\n"
    assert set(roles(read(head + ASKING))) == {"Anna", "Ben"}


def test_who_talks_with_participants_interviews(read):
    talk = "Dan: Tell me of it.\nParticipant: There is little to tell.\n" * 3
    transcript = read(talk)
    assert roles(transcript) == {"Dan": I, "Participant": P}
    assert any("'Dan' is taken as the interviewer" in warning for warning in transcript.warnings)
    called = read(talk.replace("Participant", "Customer"))
    assert set(roles(called).values()) == {P} and any("nobody clearly asks" in warning for warning in called.warnings)
    assert roles(read(talk + "Eva: And I listen.\nParticipant: Yes.\n" * 2)) == {"Dan": P, "Participant": P, "Eva": P}


@pytest.mark.parametrize(
    "label", ["Client", "client 2", "Client1", "Client_1", "Patient", "Patientin", "Student", "Pupils", "Sam (Client)"]
)
def test_who_talks_with_clients_interviews(read, label):
    talk = f"Therapist: It is said that you smoke a lot at home, is it not?\n{label}: Less now?\n" * 3
    assert roles(read(talk)) == {"Therapist": I, label: P}


def test_few_short_turns_beside_one_client_interview(read):
    said, long = "Therapist: What was it?\n", f"Client: {'There is little to tell. ' * 9}\n"
    talk = read(said + long + "Therapist: I see.\n" + long)
    assert roles(talk) == {"Therapist": I, "Client": P}
    assert any("'Therapist' is taken as the interviewer" in warning for warning in talk.warnings)
    other = long.replace("Client", "Patient")
    assert roles(read(said + long + other + "Therapist: I see.\n" + long + other))["Therapist"] is P
    assert roles(read(f"Wife: Tell them of it.\n{long}" * 2))["Wife"] is P
    assert roles(read("Therapist: I have it all to tell.\nClient: Hm.\n" * 2))["Therapist"] is P


def test_a_client_who_asks_is_said_to(read):
    talk = read("Therapist: It is said that you smoke a lot, as many do.\nClient: Is that so?\n" * 3)
    assert roles(talk) == {"Therapist": P, "Client": P}
    (warning,) = talk.warnings
    assert warning.startswith("'Client' asks the questions, but is named as a participant: every speaker is taken as")


def test_a_profession_is_no_role(read):
    asked = "Anna: Whom do you ring?\nTherapist: The social worker, who then rings me back.\n" * 3
    assert roles(read(asked)) == {"Anna": I, "Therapist": P}
    assert set(roles(read("Doctor: I say so.\nNurse: So do I.\n" * 3)).values()) == {P}


def test_a_student_who_asks_does_not_make_an_interviewer(read):
    talk = read("Student: Whom do you ring?\nDoctor: The social worker, who then rings me back.\n" * 3)
    assert set(roles(talk).values()) == {P} and any(
        "'Student' asks the questions" in warning for warning in talk.warnings
    )


def test_who_is_left_out_is_told(read):
    talk = f"Interviewer: So?\nObserver: {'They ring her daily. ' * 9}\nParticipant: Da.\n" * 2
    assert any("'Observer' says more (72 words)" in warning for warning in read(talk).warnings)
    assert any("nothing is coded" in warning for warning in read("Interviewer: So?\nFacilitator: Well.\n" * 3).warnings)
    assert not any("coded" in warning for warning in read(ASKING).warnings)


def test_who_asks_interviews(read):
    assert roles(read(ASKING)) == {"Anna": I, "Ben": P}


def test_short_turns_ask_where_question_marks_are_lost(read):
    text = "".join(
        f"SPEAKER_00: So {n}{'?' if n == 3 else '.'}\nSPEAKER_01: {'I do think so. ' * 9}\n" for n in range(6)
    )
    assert roles(read(text)) == {"SPEAKER_00": I, "SPEAKER_01": P}


def test_others_beside_a_named_interviewer_are_participants(read):
    text = "Interviewer: So?\nAnna: Why do you ask?\nBen: Yes, why?\nUnknown Speaker: Hm?\n" * 3
    assert roles(read(text)) == {"Interviewer": I, "Anna": P, "Ben": P, "Unknown Speaker": O}


def test_group_talk_without_a_questioner_is_all_participants(read):
    transcript = read("Anna: I say.\nBen: So do I.\nCarl: And I.\n" * 3)
    assert set(roles(transcript).values()) == {P}
    assert any("nobody clearly asks" in warning for warning in transcript.warnings)


def test_a_beside_b_is_no_answer(read):
    assert roles(read(ASKING.replace("Anna", "A").replace("Ben", "B"))) == {"A": I, "B": P}


def test_settings_win(read):
    wanted = {"ben": I, "An*": O}
    assert roles(read(ASKING, roles=wanted)) == {"Anna": O, "Ben": I}
    assert roles(read("Interviewer: So?\nP1: Yes.\n", roles={"interviewer": P, "P?": I})) == {"Interviewer": P, "P1": I}


def test_format_hints(read):
    text = "[m1] Hello.\n[p1] I see?\n[o1] Hm?\n[m1] So.\n[p1] No?\n[o1] Hm?\n"
    assert roles(read(text)) == {"m1": I, "p1": P, "o1": O}


def test_spellings_have_one_key():
    assert len({key_of(label) for label in ("Interviewer 1", " interviewer1", "INTERVIEWER_1", "Ｉnterviewer 1.")}) == 1
    assert key_of("Interviewer 1") != key_of("Interviewer 2")


ANSWER = "Gareth: It went wrong that year, and nobody in the whole of the room had said a word of it before.\n"
FIRST = f"Alan: What happened?\n{ANSWER}" * 5


def test_a_second_interviewer_who_nearly_always_asks(read):
    talk = read(FIRST + f"Chloe: Who decides?\n{ANSWER}" * 4 + "Chloe: Thank you.\n")
    assert roles(talk) == {"Alan": I, "Gareth": P, "Chloe": I}
    (warning,) = talk.warnings
    assert "'Chloe' asks in 80% of 5 turns, and is taken as a second interviewer" in warning


def test_a_second_interviewer_who_is_introduced(read):
    asks = f"Chloe: Can I ask, who decides?\n{ANSWER}Chloe: Thank you.\n{ANSWER}"
    assert roles(read(FIRST + asks))["Chloe"] is P
    introduced = read("Alan: Chloe will come in on the rest. All right?\n" + FIRST + asks)
    assert roles(introduced)["Chloe"] is I and "'Chloe' asks in 50%" in introduced.warnings[0]


def test_who_asks_often_beside_an_interviewer_is_told(read):
    asks = f"Chloe: Who decides?\n{ANSWER}Chloe: I see.\n{ANSWER}"
    told = read(FIRST + asks * 3)
    assert roles(told)["Chloe"] is P and "'Chloe' asks in 50% of 6 turns" in told.warnings[0]
    assert "say so in the configuration's roles" in told.warnings[0]
    labelled = read((FIRST + f"Chloe: Who decides?\n{ANSWER}" * 4).replace("Alan", "Interviewer"))
    assert roles(labelled)["Chloe"] is P and "'Chloe' asks in 100%" in labelled.warnings[0]
    assert not read(FIRST + asks).warnings


def test_one_who_asks_once_in_a_focus_group_is_a_participant(read):
    group = f"Alan: And you?\n{ANSWER}Chloe: I do not think that any of us knew what it was for.\n" * 4
    talk = read(group + f"Chloe: Did you, Gareth?\n{ANSWER}")
    assert roles(talk) == {"Alan": I, "Gareth": P, "Chloe": P} and not talk.warnings


@pytest.mark.parametrize("first", ["Alan", "Interviewer"])
@pytest.mark.parametrize(
    "words",
    [
        (
            "We do, don't we?",
            "It's awful, isn't it?",
            "They always refuse don't they?",
            "Nobody ever comes, do they?",
            "Right?",
        ),
        ("Isn't it?", "We do, don't we?", "Sorry?", "It's the same for all, you know?", "Oh, really?"),
    ],
)
def test_questions_that_ask_to_be_agreed_with_make_no_interviewer(read, words, first):
    talk = read("".join(f"{first}: What happened?\n{ANSWER}Chloe: {one}\n" for one in words))
    assert roles(talk) == {first: I, "Gareth": P, "Chloe": P} and not talk.warnings
    introduced = read(
        f"{first}: Chloe will come in on this. All right?\n"
        + "".join(f"{first}: So?\n{ANSWER}Chloe: {one}\n" for one in words)
    )
    assert roles(introduced)["Chloe"] is P


def test_who_answers_the_interviewer_by_asking_is_interviewed(read):
    asks = ("Whom do you mean?", "Why would they?", "Who told you?", "When was it?", "Which one?")
    talk = read(
        "".join(f"Alan: What happened?\nChloe: {one}\nAlan: The last time they came?\n{ANSWER}" for one in asks)
    )
    assert roles(talk) == {"Alan": I, "Chloe": P, "Gareth": P} and not talk.warnings


def test_an_interviewer_who_only_asks_to_be_agreed_with_is_told(read):
    talk = read(
        "Jo: Tell me of the council, and how it is to work with them these days.\nSue: They never come, do they?\n" * 4
    )
    assert roles(talk)["Sue"] is I and "'Sue' is taken as the interviewer" in talk.warnings[0]
