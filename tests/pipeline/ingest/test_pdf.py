"""PDFs: what the page adds is dropped, lines are joined to paragraphs, and a PDF that cannot be read says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import check_laws, roles, said, turns_by_speaker
from printed import lines, pdf

from pipeline.errors import UnreadableInput
from pipeline.ingest import pdf as reader
from pipeline.ingest import pdf_words, read_transcript
from pipeline.ingest.draft import Draft
from pipeline.types import Role

LONG = "We meet them every week and talk about what has come up since we last met, and then"
"""As long as the longest line, so that the next word had no room in it."""


def talk(draft: Draft) -> list[tuple[str | None, list[str]]]:
    return [(turn.speaker, [draft.text[one.start : one.end] for one in turn.stretches]) for turn in draft.turns]


def test_lines_are_joined_and_labels_start_turns():
    page = lines("Anna: How do you work with them?", f"Ben: {LONG}", "we go.", "Anna: And then?", "Ben: Nothing.")
    assert talk(reader.read(pdf(page))) == [
        ("Anna", ["How do you work with them?"]),
        ("Ben", [f"{LONG} we go."]),
        ("Anna", ["And then?"]),
        ("Ben", ["Nothing."]),
    ]


def test_letters_without_an_ascent_are_no_larger_than_others():
    """LibreOffice's fonts say nothing of theirs: PDFium gives the glyphs' boxes, and that of `j` is no title's."""
    flat = [
        (*placed, "flat") for placed in lines("Anna: Is it?", f"Ben: {LONG}", "job?", "Anna: So it is.", "Ben: No.")
    ]
    assert said_words(flat) == [("Anna", "Is it?"), ("Ben", f"{LONG} job?"), ("Anna", "So it is."), ("Ben", "No.")]


def test_a_turn_goes_on_over_the_page_past_heads_and_numbers():
    head, browser = (72, 810, "Confidential: interview 7"), (72, 20, "https://example.org/talk 1/3")
    pages = [
        [head, *lines("Anna: How is it?", f"Ben: {LONG}"), (300, 30, "Page 1 of 3"), browser],
        [head, *lines("so it goes on.", "Anna: Oh?", f"Ben: {LONG}"), (300, 30, "Page 2 of 3"), browser],
        [head, *lines("it stops.", "Anna: Right.", "Ben: Yes, so."), (300, 30, "Page 3 of 3"), browser],
    ]
    draft = reader.read(pdf(*pages))
    assert talk(draft)[1] == ("Ben", [f"{LONG} so it goes on."])
    assert talk(draft)[3] == ("Ben", [f"{LONG} it stops."])
    assert not any(word in draft.text for word in ("Confidential", "Page", "example.org"))
    told = "left out as no talk: 27 words of heads and feet ('Confidential: interview 7', 'Page 1 of 3', "
    assert told in draft.warnings[0]


@pytest.mark.parametrize("left", [40, 560])
def test_line_numbers_beside_the_text_are_dropped(left):
    texts = ("Anna: How many?", f"Ben: {LONG}", "there were 12 of us.", "Anna: Oh?", "Ben: Yes, so.")
    page = [*lines(*texts), *lines("1", "2", "3", "4", "5", left=left)]
    assert said_words(page) == [
        ("Anna", "How many?"),
        ("Ben", f"{LONG} there were 12 of us."),
        ("Anna", "Oh?"),
        ("Ben", "Yes, so."),
    ]


def said_words(*pages, **options) -> list[tuple[str | None, str]]:
    return [(speaker, " ".join(parts)) for speaker, parts in talk(reader.read(pdf(*pages, **options)))]


def test_names_in_a_column_of_their_own():
    rows = [("Anna", "How do you work with them?"), ("Ben", "We meet."), ("Anna", "And then?"), ("Ben", "We talk.")]
    page = [
        placed
        for place, (name, words) in enumerate(rows)
        for placed in (
            (72, 760 - 24 * place, name),
            (200, 760 - 24 * place, words),
            (200, 748 - 24 * place, "so it is."),
        )
    ]
    assert said_words(page) == [(name, f"{words} so it is.") for name, words in rows]


def test_two_columns_are_read_one_after_the_other():
    left = lines(*(f"{name}: well said in column {n}" for n, name in enumerate(("Anna", "Ben") * 6)), left=50)
    right = lines(
        *(f"{name}: and over here it is {n}" for n, name in enumerate(("Anna", "Ben") * 6)), left=320, top=757
    )
    words = [words for _, words in said_words([*left, *right])]
    assert words == [f"well said in column {n}" for n in range(12)] + [f"and over here it is {n}" for n in range(12)]


@pytest.mark.parametrize(
    ("before", "after", "elsewhere", "joined"),
    [
        ("inter-", "view", "interview", "interview"),
        ("well-", "known", "well-known", "well-known"),
        ("multi-", "agency", "nothing", "multi-agency"),
        ("ex-", "President", "nothing", "ex-President"),
    ],
)
def test_words_divided_at_a_lines_end(before, after, elsewhere, joined):
    texts = (f"Ben: {LONG} {before}", f"{after} it.", "Anna: So?", f"Ben: Yes, {elsewhere}.", "Anna: Oh.", "Ben: So.")
    fillers = [words for n in range(40) for words in (f"Anna: Is it {n}?", f"Ben: It is {n}.")]
    pages = [lines(*texts, *fillers[:40]), lines(*fillers[40:])]
    assert said_words(*pages)[0] == ("Ben", f"{LONG} {joined} it.")


def test_titles_and_names_above_the_speech():
    page = [(72, 800, "An interview about police", "large")]
    for place, name in enumerate(("Anna Lee", "Ben Ray") * 3):
        page += [(72, 760 - 40 * place, name, "bold"), (72, 748 - 40 * place, f"It is said for the {place}th time.")]
    assert [speaker for speaker, _ in said_words(page)] == ["Anna Lee", "Ben Ray"] * 3
    assert "police" not in " ".join(words for _, words in said_words(page))
    told = reader.read(pdf(page)).warnings
    assert told == ("set in larger type and taken for titles, no talk: 4 words ('An interview about police')",)


@pytest.mark.parametrize("face", ["italic", "bold"])
def test_questions_set_off_by_their_type(face, read):
    """A question that fills its line is one nevertheless: the answer below is set in plain type."""
    full = LONG.removesuffix(", and then")
    asked = [f"{full}, do you not?", "And what comes of it?", "Do they ever say why?", "Does that help you?"]
    page = []
    for place, question in enumerate(asked):
        top = 760 - 36 * place
        page += [(72, top, question, face), (72, top - 12, f"{LONG},"), (72, top - 24, "as I say, nothing.")]
    transcript = read(pdf(page), "a.pdf")
    assert said_words(page) == [
        told
        for question in asked
        for told in (("Interviewer", question), ("Participant", f"{LONG}, as I say, nothing."))
    ]
    assert any("paragraphs in bold or italics" in warning for warning in transcript.warnings)


def test_a_turned_page_and_words_beside_the_paper():
    page = lines("Anna: How do you work with them?", "Ben: We meet.", "Anna: And then?", "Ben: We talk.")
    assert said_words(page, rotated=True) == said_words(page)
    assert said_words([*page, (72, -300, "Anna: nobody sees this")]) == said_words(page)


@given(
    st.lists(
        st.text("abcdefgh ,'()\\é", min_size=3, max_size=60).filter(lambda s: s.strip(" ,'()\\")),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=5, deadline=None)
def test_every_word_printed_is_read(texts):
    draft = reader.read(pdf(lines(*(f"{name}: {text}" for text in texts for name in ("Anna", "Ben")))))
    printed = " ".join(f"{name}: {text}" for text in texts for name in ("Anna", "Ben"))
    assert "".join(draft.text.split()) == "".join(printed.split())


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(pdf([]), "pictures of pages and no text.*OCR", id="no text"),
        pytest.param(b"Anna: Hi?\nBen: Yes.", "no PDF", id="text"),
        pytest.param(b"%PDF-1.4\nnothing", "damaged or was cut off", id="damaged"),
        pytest.param(pdf(lines("Anna: Hi"))[:300], "damaged or was cut off", id="cut off"),
    ],
)
def test_what_cannot_be_read_says_why(read, data, says):
    with pytest.raises(UnreadableInput, match=says) as caught:
        read(data, "a.pdf")
    assert caught.value.remedy


def test_encrypted(read):
    data = pdf(lines("Anna: Hi?", "Ben: Yes."))
    locked = b"<< /Filter /Standard /V 1 /R 2 /P -4 /O <%s> /U <%s> >>" % (b"28" * 32, b"77" * 32)
    data = data.replace(b"/Root 1 0 R", b"/Root 1 0 R /ID [<00><00>] /Encrypt " + locked)
    with pytest.raises(UnreadableInput, match=r"encrypted with a password .*remove the password"):
        read(data, "a.pdf")


def test_limits(monkeypatch, read):
    data = pdf(lines("Anna: Hi?", "Ben: Yes."))
    monkeypatch.setattr(pdf_words, "MAX_CHARACTERS", 3)
    assert pdf_words._read(data) == {"error": "large"}
    monkeypatch.setattr(reader, "TIME_LIMIT", 0.001)
    with pytest.raises(UnreadableInput, match="not read after"):
        read(data, "a.pdf")


def test_some_pages_without_text(read):
    transcript = read(pdf(lines("Anna: Hi?", "Ben: Yes.", "Anna: So?", "Ben: No."), []), "a.pdf")
    assert "1 of 2 pages hold no text: pictures of pages are not read" in transcript.warnings


@pytest.mark.parametrize(("name", "dan", "participant"), [("P1", 46, 46), ("P4", 54, 53)])
def test_maxqda_prints(formats: Path, name, dan, participant):
    transcript = read_transcript(formats / "pdf" / f"pdpilot_{name}.pdf")
    assert turns_by_speaker(transcript) == {"Dan": dan, "Participant": participant}
    assert roles(transcript) == {"Dan": Role.INTERVIEWER, "Participant": Role.PARTICIPANT}
    assert not any(words[:1].isdigit() or words[-2:-1] == "/" for _, parts in said(transcript) for words in parts)
    check_laws(transcript)


def test_a_print_from_a_browser_says_what_the_text_says(formats: Path):
    printed = read_transcript(formats / "delve-export" / "mlss_interview_19_coder_PO.pdf")
    plain = read_transcript(formats / "delve-export" / "mlss_interview_19.txt")
    assert turns_by_speaker(printed) == turns_by_speaker(plain)
    words = [" ".join(" ".join(parts).split()) for _, parts in said(printed)]
    expected = [" ".join(" ".join(parts).split()) for _, parts in said(plain)]
    # Turns that nobody coded are the same to the letter; the others hold the codes' names as well.
    assert sum(a == b for a, b in zip(words, expected, strict=True)) >= 0.5 * len(expected)
    assert "app.delvetool.com" not in printed.text
