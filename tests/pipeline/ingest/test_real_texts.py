"""Real files of plain text."""

from __future__ import annotations

from pathlib import Path

import pytest
from looking import said, turns_by_speaker

from pipeline.ingest import read_transcript

REAL = {
    "bristlenose_s1_bracket_time_bracket_role": {"m1": 4, "p1": 4},
    "ethereum_ep007_SPEAKER_caps_assemblyai": {"SPEAKER_00": 55, "SPEAKER_01": 55},
    "ethereum_ep007_label_on_own_line_whisperx": {"SPEAKER_00": 16, "SPEAKER_01": 16},
    "ladybug_62_otter_export": {"Emma": 58, "Unknown Speaker": 60, "Sidney": 19, "Kelly": 3, "Tailor": 1},
    "mlss_interview_02_french_space_before_colon": {"Interviewer1": 43, "Interviewee1": 44, "Interviewer2": 2},
    "mlss_interview_07_inconsistent_labels": {
        "Interviewer1": 35,
        "Interviewee": 34,
        "Interviewer2": 1,
        "Interviewer 3": 1,
    },
    "mlss_interview_10_lowercase_labels": {"interviewer": 55, "interviewee": 55},
    "ohd_mohammad_initials_frontmatter": {"Devin Becker": 131, "Kasey Mohammad": 131},
    "qualcoder_focus_group_bracket_ids": {"id1": 3, "id2": 2, "id3": 2},
    "simple_exmaralda": {"TOM": 6, "TIM": 6, "WUM": 1, "KIM": 1, "WIM": 1},
    "talkpython_145_timestamps_no_speakers": {None: 1},
    "uoe_lecture_cp1252": {None: 1},
}


@pytest.mark.parametrize("name", REAL)
def test_real_files(formats: Path, name):
    transcript = read_transcript(formats / "txt" / f"{name}.txt")
    assert turns_by_speaker(transcript) == REAL[name]


def test_real_files_word_for_word(formats: Path):
    kim = next(s for n, s in said(read_transcript(formats / "txt" / "simple_exmaralda.txt")) if n == "KIM")
    assert [" ".join(part.split()) for part in kim] == [
        "Dem (.) stimme (..) ich (...) zu! Das (+++ ++++++ (gampf lechtes)) Beispiel! "
        "Das (+++ gampf ++++++ lechtes) Beispiel!"
    ]
    python = read_transcript(formats / "txt" / "talkpython_145_timestamps_no_speakers.txt")
    assert python.turns[0].stretches[2].start_time == 10.0
    assert "00:00:10" not in said(python)[0][1][2]
    lecture = read_transcript(formats / "txt" / "uoe_lecture_cp1252.txt")
    assert said(lecture)[0][1][0].startswith("Hi everyone, I’m Dr Federico Andreis")
    otter = said(read_transcript(formats / "txt" / "ladybug_62_otter_export.txt"))
    assert otter[2] == ("Unknown Speaker", ["I'm Kelly. I'm Allie."])
    assert "otter.ai" not in otter[-1][1][-1]
    mohammad = said(read_transcript(formats / "txt" / "ohd_mohammad_initials_frontmatter.txt"))
    assert mohammad[0] == ("Devin Becker", ["Thank you very much for agreeing to do this, Kasey."])
