"""ELAN: tiers of speakers, interleaved by time; what hangs on them is no speech."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import check_laws, said

from pipeline.errors import UnreadableInput
from pipeline.ingest.elan import read as read_eaf


def eaf(tiers: list[tuple[str, str, list[tuple[int, int, str]]]], dependent: str = "") -> bytes:
    """Tiers of (name, participant, labels)."""
    slots, bodies = [], []
    for name, participant, labels in tiers:
        annotations = []
        for start, end, text in labels:
            first, last = f"ts{len(slots)}", f"ts{len(slots) + 1}"
            slots += [f'<TIME_SLOT TIME_SLOT_ID="{first}" TIME_VALUE="{start}"/>']
            slots += [f'<TIME_SLOT TIME_SLOT_ID="{last}" TIME_VALUE="{end}"/>']
            annotations.append(
                f'<ANNOTATION><ALIGNABLE_ANNOTATION ANNOTATION_ID="a{len(slots)}" TIME_SLOT_REF1="{first}" '
                f'TIME_SLOT_REF2="{last}"><ANNOTATION_VALUE>{escape(text)}</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
                "</ANNOTATION>"
            )
        who = f" PARTICIPANT={quoteattr(participant)}" if participant else ""
        bodies.append(f"<TIER TIER_ID={quoteattr(name)}{who}>{''.join(annotations)}</TIER>")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ANNOTATION_DOCUMENT AUTHOR="Kim" DATE="2024-01-02">'
        '<HEADER TIME_UNITS="milliseconds"><PROPERTY NAME="site">Leeds</PROPERTY></HEADER>'
        f"<TIME_ORDER>{''.join(slots)}</TIME_ORDER>{''.join(bodies)}{dependent}</ANNOTATION_DOCUMENT>"
    ).encode()


GLOSS = (
    '<TIER TIER_ID="gloss@P1" PARENT_REF="P1"><ANNOTATION><REF_ANNOTATION ANNOTATION_ID="r" ANNOTATION_REF="a2">'
    "<ANNOTATION_VALUE>GLOSS WORDS</ANNOTATION_VALUE></REF_ANNOTATION></ANNOTATION></TIER>"
)
TIERS = [
    ("P1", "Ben", [(1500, 3000, "We ring Karen & co."), (5000, 6000, "She comes.")]),
    ("INT", "", [(0, 1400, "Who do you ring?"), (3100, 4000, "0."), (4100, 4900, "And then?")]),
    ("notes", "", [(0, 9000, "A noisy room.")]),
]


def test_tiers_are_interleaved_by_time(read):
    transcript = read(eaf(TIERS, GLOSS), "a.eaf")
    assert transcript.format == "eaf"
    assert said(transcript) == [
        ("INT", ["Who do you ring?"]),
        ("Ben", ["We ring Karen & co."]),
        ("INT", ["And then?"]),
        ("Ben", ["She comes."]),
    ]
    assert transcript.turns[1].stretches[0].start_time == 1.5
    assert transcript.attributes == {"author": "Kim", "date": "2024-01-02", "site": "Leeds"}
    assert "GLOSS" not in transcript.text and "noisy" not in transcript.text
    warnings = " ".join(transcript.warnings)
    assert "gloss@P1" in warnings and "(notes)" in warnings
    check_laws(transcript)


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from(["Anna", "Ben"])), min_size=1, max_size=20, unique=True)
)
def test_every_label_comes_out_once_in_the_order_of_time(said_at):
    tiers = [
        (name, name, [(at, at + 10, f"at {at} said") for at, who in said_at if who == name]) for name in ("Anna", "Ben")
    ]
    draft = read_eaf(eaf(tiers))
    found = [(t.speaker, draft.text[s.start : s.end]) for t in draft.turns for s in t.stretches]
    assert sorted(found) == sorted((who, f"at {at} said") for at, who in said_at)
    times = [s.start_time for t in draft.turns for s in t.stretches]
    assert times == sorted(times)


def test_slots_without_times(read):
    data = eaf(TIERS).replace(b' TIME_VALUE="5000"', b"")
    transcript = read(data, "a.eaf")
    assert said(transcript)[-1] == ("Ben", ["She comes."]) or "She comes." in transcript.text
    assert None in [s.start_time for t in transcript.turns for s in t.stretches]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (eaf(TIERS)[:-40], "the ELAN file is damaged.*save it again"),
        (eaf([("CHI", "", [(0, 1, "0.")])]), "no tier holds words"),
        (eaf(TIERS).replace(b"ANNOTATION_DOCUMENT", b"SOMETHING"), "no ELAN file: it holds <SOMETHING>"),
        (b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e "x">]><ANNOTATION_DOCUMENT/>', "entities"),
    ],
)
def test_refusals(read, data, says):
    with pytest.raises(UnreadableInput, match=says):
        read(data, "a.eaf")


def test_real_files(formats):
    child, abui, na = (read_eaf(path.read_bytes()) for path in sorted((formats / "eaf").iterdir()))
    assert {turn.speaker for turn in child.turns} == {"FA1", "FA2"}
    assert child.text.startswith("FA1: a fish, right. d'you? yup.")
    assert "0." not in child.text.split() and "xxx" not in child.text
    assert abui.text.strip() == "SL: amakaang di kaai hada muila"
    assert len(na.turns) == 1 and na.turns[0].stretches[0].start_time == 2.801
