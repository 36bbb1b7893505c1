"""WebVTT and SRT: voices, labels, continuation, roll-up, damage."""

from __future__ import annotations

from pathlib import Path

import pytest
from looking import roles, said, turns_by_speaker

from pipeline.errors import UnreadableInput
from pipeline.ingest import read_transcript
from pipeline.types import Role


def vtt(*cues: str, head: str = "WEBVTT") -> str:
    times = [f"00:00:{n:02d}.000 --> 00:00:{n + 1:02d}.500\n{cue}" for n, cue in enumerate(cues)]
    return "\n\n".join([head, *times]) + "\n"


def srt(*cues: str) -> str:
    return "\n".join(f"{n + 1}\n00:00:{n:02d},000 --> 00:00:{n + 1:02d},500\n{cue}\n" for n, cue in enumerate(cues))


@pytest.mark.parametrize("end", ["</v>", ""])
def test_voices_closed_unclosed_and_repeated(read, end):
    transcript = read(
        vtt(
            f"<v Sarah Chen>Hi &amp; welcome,{end}",
            f"<v.loud Sarah Chen>how <i>are</i>\nyou?{end}",
            f"<v Tom>Fine.{end}",
        ),
        "a.vtt",
    )
    assert said(transcript) == [("Sarah Chen", ["Hi & welcome,", "how are you?"]), ("Tom", ["Fine."])]
    assert transcript.text == "Sarah Chen: Hi & welcome, how are you?\n\nTom: Fine.\n\n"
    assert [(s.start_time, s.end_time) for s in transcript.turns[0].stretches] == [(0.0, 1.5), (1.0, 2.5)]


def test_two_voices_in_a_cue(read):
    assert said(read(vtt("<v A B>Hi.</v> <v C D>Ho.</v>"), "a.vtt")) == [("A B", ["Hi."]), ("C D", ["Ho."])]


def test_zoom_labels(read):
    transcript = read(
        vtt(
            "Akash | ECH: Real life: yes.", "Simon (@siladu) | Besu: Hi.", "Akash | ECH: So?", "At 10:30 then."
        ).replace("\n", "\r\n"),
        "a.vtt",
    )
    assert said(transcript) == [
        ("Akash | ECH", ["Real life: yes."]),
        ("Simon (@siladu) | Besu", ["Hi."]),
        ("Akash | ECH", ["So?", "At 10:30 then."]),
    ]


def test_notes_styles_ids_and_odd_line_ends(read):
    body = vtt("<v A>one\u2028two\u0085three", "[Music]", "<v A>four", head="WEBVTT - a talk")
    body = body.replace("00:00:00.000", "NOTE nothing\n\nSTYLE\n::cue {}\n\nid-1\n00:00:00.000")
    assert said(read("\ufeff" + body, "a.vtt")) == [("A", ["one\u2028two\u0085three", "four"])]


def test_srt_label_holds_for_unlabelled_cues(read):
    transcript = read(srt("Travis: When you first\nget started", "in podcasting,", "Sarah: Hi: there", "all."), "a.srt")
    assert said(transcript) == [
        ("Travis", ["When you first get started", "in podcasting,"]),
        ("Sarah", ["Hi: there", "all."]),
    ]


def test_srt_of_numbers_and_blank_lines(read):
    body = srt("How many?", "17\n", "Oh.").rstrip("\n")
    transcript = read(body, "a.srt")
    assert said(transcript) == [(None, ["How many?", "17", "Oh."])]
    assert roles(transcript) == {None: Role.PARTICIPANT}


def test_roll_up_captions_are_said_once(read):
    transcript = read(vtt("so we", "so we\nwent to", "went to\ntown and", "town and\nback"), "a.vtt")
    assert said(transcript) == [(None, ["so we", "went to", "town and", "back"])]


def test_captions_saved_as_text_are_captions(read):
    assert read(vtt("<v A>Hi."), "a.txt").format == "vtt"
    assert read(srt("Hi there."), "a.txt").format == "srt"


def test_damage_is_refused(read):
    with pytest.raises(UnreadableInput, match="WEBVTT"):
        read("00:00:01.000 --> 00:00:02.000\nHi\n", "a.vtt")
    with pytest.raises(UnreadableInput, match="no captions"):
        read("Hello there.\n", "a.srt")


REAL = {
    "vtt/bristlenose_climbing_S1_teams_style.vtt": {"Sarah Chen": 9, "Tom Baker": 9},
    "vtt/bristlenose_climbing_S4_teams_style_group.vtt": {
        "Sarah Chen": 9,
        "Maya Johal": 6,
        "Chris Park": 7,
        "Jamie Reeves": 2,
    },
    "vtt/bristlenose_session1_unclosed_v.vtt": {"Sarah Chen": 4, "Tom Baker": 4},
    "vtt/podcastindex_example.vtt": {"Sarah": 1, "Gillian": 1},
    "srt/podcastindex_example.srt": {"Travis": 5, "Sarah": 2, "Gilon": 3},
}


@pytest.mark.parametrize("name", REAL)
def test_real_files(formats: Path, name):
    assert turns_by_speaker(read_transcript(formats / name)) == REAL[name]


def test_real_zoom_calls(formats: Path):
    transcript = read_transcript(formats / "vtt" / "ethereum_acdt_062_zoom.vtt")
    assert sum(len(turn.stretches) for turn in transcript.turns) == 291
    assert {"Akash | ECH", "Simon (@siladu) | Besu", "jochem-brouwer"} <= set(turns_by_speaker(transcript))
    assert transcript.turns[0].stretches[0].start_time == 927.31
    assert all(turn.speaker for turn in transcript.turns)


CHANGES = (
    ">> JO: What do you do?",
    ">> MARTIN: I'm a sergeant. >> JO: And since when?",
    ">> MARTIN: Six years.",
    "A shock. >> Was it?",
    ">> MARTIN: Yes. >> JO: Go on.",
)


@pytest.mark.parametrize(("written", "name"), [(srt, "a.srt"), (vtt, "a.vtt")])
def test_a_change_of_speaker_within_a_cue(read, written, name):
    transcript = read(written(*CHANGES), name)
    assert said(transcript) == [
        ("JO", ["What do you do?"]),
        ("MARTIN", ["I'm a sergeant."]),
        ("JO", ["And since when?"]),
        ("MARTIN", ["Six years.", "A shock."]),
        ("Unknown speaker", ["Was it?"]),
        ("MARTIN", ["Yes."]),
        ("JO", ["Go on."]),
    ]
    assert any("1 change of speaker" in warning and "Unknown speaker" in warning for warning in transcript.warnings)


def test_changes_that_mostly_name_nobody_are_told(read):
    transcript = read(srt(">> JO: So. >> Well.", ">> MARTIN: And? >> No.", ">> Oh. >> JO: Hm. >> Yes."), "a.srt")
    assert turns_by_speaker(transcript) == {"JO": 2, "MARTIN": 1}
    assert any("counted to the speaker before" in warning for warning in transcript.warnings)


def test_the_same_sign_in_somebodys_words_is_no_change(read):
    words = ("Jo: What do you type?", "Mira: A cat file >> log, and b >> log.", "Jo: And?", "Mira: Or x >> y.")
    assert [one for _, spans in said(read(srt(*words), "a.srt")) for one in spans] == [
        one.split(": ")[1] for one in words
    ]


TALK = (
    ("Jo", "What is your role?"),
    ("Martin", "I'm a sergeant - in town."),
    ("", "Six years now."),
    ("Jo", "Right."),
    ("Martin", "It was a shock."),
    ("", "[laughs] On response you see nobody."),
)


@pytest.mark.parametrize("head", ["[{}] ", "({}) ", "({}): ", "{} - ", "{} – "])
def test_names_at_cues_without_a_colon(read, head):
    transcript = read(srt(*(f"{head.format(name)}{words}" if name else words for name, words in TALK)), "a.srt")
    words = [one for _, one in TALK]
    assert said(transcript) == [("Jo", words[:1]), ("Martin", words[1:3]), ("Jo", words[3:4]), ("Martin", words[4:])]


@pytest.mark.parametrize(
    "cues",
    [
        ("[Music] Welcome.", "[Applause] Thank you.", "[Music] So we went.", "[Applause] Indeed."),
        ("Where were you?", "(JOHN) Out.", "You never ask.", "(ANNA) Leave it.", "(JOHN) Fine.", "(ANNA) Good."),
        ("Council - we ring them.", "Housing - they come too.", "Council - late.", "Housing - never."),
        ("[Jo] So we went.", "[Jo] And then home.", "[Jo] That was it.", "[Anna] Bye."),
    ],
)
def test_sounds_lists_and_names_now_and_then_are_words(read, cues):
    transcript = read(srt(*cues), "a.srt")
    assert said(transcript) == [(None, list(cues))]


def test_webex_names_who_speaks_at_the_number_of_the_cue(read):
    cues = vtt("Right, it's on.", "So:\nthe first one?", "<i>Through</i> the back door.").split("\n\n")
    names = ("Joanna Pryce", "Joanna Pryce", "Amara Okafor")
    heads = [f'{n} "{name}" (2874630912)' for n, name in enumerate(names, 1)]
    text = "\n\n".join([cues[0], *(f"{head}\n{cue}" for head, cue in zip(heads, cues[1:], strict=True))])
    assert said(read(text, "webex.vtt")) == [
        ("Joanna Pryce", ["Right, it's on.", "So: the first one?"]),
        ("Amara Okafor", ["Through the back door."]),
    ]


@pytest.mark.parametrize(
    "heads",
    [
        ("[Sirens]", "[Wind]"),
        ("[PII]", "[REDACTED]"),
        ("[Name]", "[Redacted]"),
        ("(Sniffs)", "(Coughing)"),
        ("[Dog barking]", "[Baby cries]"),
        ("[BLANK_AUDIO]", "[Typing]"),
        ("Right -", "Look -"),
        ("Police -", "Housing -"),
        ("Well -", "No -"),
    ],
)
def test_sounds_and_openings_at_cues_are_nobody(read, heads):
    words = ("So who came?", "The police and housing did.", "They wait.", "We ring.") * 3
    cues = [f"{heads[n % 2]} {one}" for n, one in enumerate(words)]
    assert said(read(srt(*cues), "a.srt")) == [(None, cues)]


def test_a_sign_within_a_clause_is_no_change(read):
    cues = (
        ">> JO: So?",
        ">> MARTIN: I drive. >> JO: Do you? >> MARTIN: Yes.",
        "We type >> in the file.",
        ">> JO: Who with?",
    )
    talk = said(read(srt(*cues), "a.srt"))
    assert talk[3] == ("MARTIN", ["Yes.", "We type >> in the file."]) and len(talk) == 5


@pytest.mark.parametrize("names", [("Keating", "Osei"), ("Manning", "Harding")])
def test_surnames_that_end_as_verbs_do_are_names_where_they_come_again(read, names):
    cues = [f"[{names[n % 2]}] And that was the {n}th job." for n in range(6)]
    stamps = [f"00:00:0{n}.000 --> 00:00:0{n}.900\n{cue}\n" for n, cue in enumerate(cues)]
    transcript = read("WEBVTT\n\n" + "\n".join(stamps), "talk.vtt")
    assert [turn.speaker for turn in transcript.turns] == [*names] * 3
