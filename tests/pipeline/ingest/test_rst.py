"""Hearings in reStructuredText: labels, what is no speech, and who gives evidence."""

from __future__ import annotations

from pathlib import Path

import pytest
from looking import check_laws, roles, said, turns_by_speaker

from pipeline.ingest import read_transcript
from pipeline.ingest.hearing import is_witness, witnesses
from pipeline.types import Role

HEARING = """\
*(10.00 am)*

**Lady Hallett**: Ms Grey.

**The Witness**: Thank you.

1. Ms Sue Gray
==============

*MS SUE GRAY (affirmed).*

Questions From Counsel to the Inquiry

**Mr Scott**: Good morning, Ms Gray.

**Ms Sue Gray**: Good morning.

It is a fine one.

**Counsel Inquiry**: Is it?

**Ms Sue Gray**: Well.

**Sars**: that was hard to say.

*(Pause)*

**Ms Mitchell KC**: And so?

**Ms Gray**: Yes.

**Hearings Manager**: We stop.
"""


def test_hearing(read):
    transcript = read(HEARING, "a.rst")
    assert said(transcript)[1] == ("Ms Sue Gray", ["Thank you."])
    assert ("Ms Sue Gray", ["Good morning.", "It is a fine one."]) in said(transcript)
    assert ("Ms Sue Gray", ["Well.", "Sars: that was hard to say."]) in said(transcript)
    assert roles(transcript) == {
        "Lady Hallett": Role.INTERVIEWER,
        "Ms Sue Gray": Role.PARTICIPANT,
        "Mr Scott": Role.INTERVIEWER,
        "Counsel Inquiry": Role.INTERVIEWER,
        "Ms Mitchell KC": Role.INTERVIEWER,
        "Hearings Manager": Role.OTHER,
    }
    assert not any("Pause" in part or "Questions From" in part for _, parts in said(transcript) for part in parts)


def test_a_speech_with_nobody_asking_is_a_participants(read):
    speech = "**Mr Phillips**: " + "My Lady, we say so. " * 40 + "\n\n**Lady Hallett**: Thank you.\n"
    transcript = read("5. Submissions by Mr Phillips KC\n" + "=" * 40 + "\n\n" + speech, "a.rst")
    assert roles(transcript) == {"Mr Phillips": Role.PARTICIPANT, "Lady Hallett": Role.INTERVIEWER}


@pytest.mark.parametrize(
    ("speaker", "gives"),
    [
        ("Professor Dame McLean", True),
        ("Dame Angela McLean", True),
        ("Professor O’Connor", True),
        ("Mr O'Connor", False),
        ("Professor Thomas KC", False),
        ("Lady Hallett", False),
    ],
)
def test_who_is_the_witness(speaker, gives):
    names = witnesses(
        [
            "PROFESSOR DAME ANGELA McLEAN (affirmed).",
            "2. Professor Karl O'Connor",
            "3. Professor Alex Thomas",
            "Questions From Lead Counsel to the Inquiry (continued)",
            "4. Submissions on Behalf of the Police by Mr Phillips KC",
        ]
    )
    assert len(names) == 3
    assert is_witness(speaker, names) is gives


def test_hostile_rst(read):
    transcript = read(
        "**A**: hi :unknown:`there` `x <y\n\n.. include:: /etc/hostname\n\n.. raw:: html\n\n   <b>\n", "a.rst"
    )
    assert said(transcript)[0] == ("A", ["hi there `x <y"])
    assert "hostname" not in transcript.text


@pytest.mark.parametrize(
    ("name", "speakers"),
    [
        ("covid_inquiry_NPCC_submission", {"Mr Phillips": 1, "Lady Hallett": 1}),
        ("covid_inquiry_Sue_Gray", {"Ms Sue Gray": 75, "Counsel Inquiry": 57, "Lady Hallett": 19, "Mr Scott": 6}),
    ],
)
def test_real_hearings(formats: Path, name, speakers):
    transcript = read_transcript(formats / "rst" / f"{name}.rst")
    check_laws(transcript)
    assert turns_by_speaker(transcript) == speakers


# Read by eye: those who give evidence, in files where that is hard to tell.
GIVE_EVIDENCE = {
    "2023-06-16_module-1__1_Professor_Sir_Marmot": {"Professor Marmot", "Professor Bambra"},
    "2023-07-17_module-1__2_Ms_Kate_Bell": {"Ms Bell", "Mr Murphy"},
    "2023-10-05_module-2__3_Professor_Philip_Banfield": {"Professor Philip Banfield"},
    "2023-10-09_module-2__2_Professor_Nicholas_Watson": {"Professor Watson", "Professor Shakespeare"},
    "2023-10-13_module-2__3_Professor_Christopher": {"Professor Brightling", "Dr Evans"},
    "2023-11-22_module-2__1_Professor_Sir_Whitty": {"Professor Sir Whitty"},
    "2023-12-07_module-2__1_Mr_Boris_Johnson": {"Mr Boris Johnson"},
    "2024-01-17_module-2A__6_Mr_Scott_Heald": {"Mr Heald", "Mr Halliday"},
    "2024-01-19_module-2A__4_Professor_Nick_Phin": {"Dr Phin", "Dr McMenamin"},
    "2024-05-08_module-2C__3_Ms_Deirdre_Hargey": {"Ms Deirdre Hargey"},
    "2024-05-13_module-2C__3_Professor_Karl": {"Professor O'Connor", "Professor Gray"},
}


@pytest.mark.parametrize("name", GIVE_EVIDENCE)
def test_real_witnesses(inquiry: Path, name):
    (path,) = (path for path in inquiry.iterdir() if path.name.startswith(name))
    found = roles(read_transcript(path))
    assert {speaker for speaker, role in found.items() if role is Role.PARTICIPANT} == GIVE_EVIDENCE[name]
    assert found["Lady Hallett"] is Role.INTERVIEWER


@pytest.mark.parametrize("words", ["word " * 50_000, "*a " * 20_000, "[a]_ `b |c " * 9_000, "http://a.b/c_d " * 5_000])
def test_long_and_crammed_paragraphs(read, words):
    transcript = read(f"**Anna Lee**: {words}\n\n**Ben Ray**: Yes?\n", "a.rst")
    assert said(transcript) == [("Anna Lee", [words.strip()]), ("Ben Ray", ["Yes?"])]
