"""The laws of segmentation, on text of every kind, and the choices that a coder would notice."""

from itertools import pairwise

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.context import TalkBefore, context_before
from pipeline.errors import UsageError
from pipeline.segment import CHUNK, segment_transcript
from pipeline.types import Role, Segment, Stretch, Transcript, Turn

WORDS = st.sampled_from(
    [
        "council",
        "No.",
        "‘Yes.’",
        "why?!",
        "e.g.",
        "Mr.",
        "they,",
        "—",
        "…",
        "e\u0301te\u0301",
        "👩‍👩‍👧",
        "🙂.",
        "\u200b",
        "(",
        "I.",
    ]
)
SPACES = st.sampled_from([" ", "  ", "\t", "\n", "\n\n", "\u00a0", " \u2028"])
NOISE = st.sampled_from([" ", "\n", "[laughs]", " [00:01:02] ", "\n\nSpeaker: "])


@st.composite
def transcripts(draw):
    """Turns of one or several stretches, parted by white space or by text that is not speech."""
    text, turns, clock = draw(st.sampled_from(["", "Title\n\n"])), [], 0.0
    for number in range(draw(st.integers(0, 4))):
        stretches = []
        for _ in range(draw(st.integers(1, 4))):
            speech = "".join(word + space for word, space in draw(st.lists(st.tuples(WORDS, SPACES), max_size=25)))
            speech = draw(st.sampled_from(["", "\n"])) + speech + draw(st.sampled_from(["", "end", "\t"]))
            if speech:
                stretches.append(Stretch(len(text), len(text) + len(speech), clock, clock + 1))
                clock += 2
            text += speech + draw(NOISE)
        if stretches:
            turns.append(Turn(f"S{number}", tuple(stretches)))
    return Transcript("t-00000000", "t.txt", "0", "txt", text, tuple(turns))


def transcript(*turns: str) -> Transcript:
    text, made = "", []
    for number, speech in enumerate(turns):
        made.append(Turn(f"S{number}", (Stretch(len(text), len(text) + len(speech)),)))
        text += speech + "\n"
    return Transcript("t", "t.txt", "0", "txt", text, tuple(made))


def spoken(turn: Turn) -> list[int]:
    return [place for stretch in turn.stretches for place in range(stretch.start, stretch.end)]


@settings(max_examples=300, deadline=None)
@given(transcripts(), st.integers(1, 12), st.integers(0, 20))
def test_laws(whole: Transcript, max_words: int, context_words: int) -> None:
    segments = segment_transcript(whole, max_words=max_words, context_words=context_words)
    speech = {place for turn in whole.turns for place in spoken(turn) if not whole.text[place].isspace()}
    covered = [
        place for segment in segments for place in range(segment.start, segment.end) if not whole.text[place].isspace()
    ]
    assert sorted(speech) == covered, "all speech exactly once, in order, and nothing else"
    for segment in segments:
        assert whole.text[segment.start : segment.end] == segment.text == segment.text.strip() != ""
        assert segment.segment_id == f"t-00000000:{segment.start}-{segment.end}"
        assert len(segment.text.split()) <= max_words
        assert len([word for word in segment.context.split() if word != "…"]) <= context_words
        turn = whole.turns[segment.turn]
        assert segment.speaker == turn.speaker
        touched = [s for s in turn.stretches if s.start < segment.end and segment.start < s.end]
        assert (segment.start_time, segment.end_time) == (touched[0].start_time, touched[-1].end_time)
    assert all(before.end <= after.start for before, after in pairwise(segments))


@settings(max_examples=100, deadline=None)
@given(transcripts(), st.integers(1, 12), st.integers(0, 20))
def test_a_place_has_the_context_of_the_segment_that_begins_there(
    whole: Transcript, max_words: int, context_words: int
) -> None:
    for segment in segment_transcript(whole, max_words=max_words, context_words=context_words):
        found = context_before(whole.text, whole.turns, segment.start, context_words=context_words)
        assert found == segment.context


@settings(max_examples=100, deadline=None)
@given(transcripts(), st.integers(1, 12), st.integers(0, 20))
def test_a_table_of_segments_tells_their_contexts_whichever_are_asked_for(
    whole: Transcript, max_words: int, context_words: int
) -> None:
    talk = TalkBefore(context_words)
    for number, segment in enumerate(segment_transcript(whole, max_words=max_words, context_words=context_words)):
        assert number % 3 == 1 or talk.before(segment.turn) == segment.context
        talk.add(segment.turn, segment.text)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=400), st.integers(1, 30))
def test_any_text(speech: str, max_words: int) -> None:
    if speech:
        segments = segment_transcript(transcript(speech), max_words=max_words)
        assert "".join("".join(s.text.split()) for s in segments) == "".join(speech.split())
        assert all(len(s.text.split()) <= max_words for s in segments)


def texts(segments: list[Segment]) -> list[str]:
    return [segment.text for segment in segments]


def test_a_short_turn_is_one_segment() -> None:
    assert texts(segment_transcript(transcript("One. Two? Three!"))) == ["One. Two? Three!"]


def test_a_long_turn_is_cut_evenly_at_sentence_ends() -> None:
    turn = " ".join(f"This is sentence number {number}." for number in range(50))
    segments = segment_transcript(transcript(turn), max_words=120)
    lengths = [len(text.split()) for text in texts(segments)]
    assert lengths == [85, 85, 80]
    assert all(text.endswith(".") for text in texts(segments))


def test_abbreviations_initials_and_quotations_do_not_end_a_sentence() -> None:
    turn = 'We met Mr. Smith of St. Mary\'s and J. Patel. "Fine." said the U.K. lot. "Go on." So we all went.'
    assert texts(segment_transcript(transcript(turn), max_words=10)) == [
        "We met Mr. Smith of St. Mary's and J. Patel.",
        '"Fine." said the U.K. lot.',
        '"Go on." So we all went.',
    ]


def test_a_long_sentence_is_cut_at_clauses_then_at_spaces() -> None:
    clauses = "we went to the council, and they said no, so we went to housing instead"
    assert texts(segment_transcript(transcript(clauses), max_words=8)) == [
        "we went to the council,",
        "and they said no,",
        "so we went to housing instead",
    ]
    assert [len(t.split()) for t in texts(segment_transcript(transcript("so " * 25), max_words=10))] == [
        8,
        8,
        9,
    ]


def test_white_space_between_stretches_is_crossed_and_other_text_never() -> None:
    text = "We met\n\nthem all. [laughs] Then they left."
    turn = Turn("A", (Stretch(0, 6, 0.0, 1.0), Stretch(8, 17, 1.0, 2.0), Stretch(26, len(text), 2.5, 3.0)))
    segments = segment_transcript(Transcript("t", "t", "0", "vtt", text, (turn,)))
    assert [(s.text, s.start_time, s.end_time) for s in segments] == [
        ("We met\n\nthem all.", 0.0, 2.0),
        ("Then they left.", 2.5, 3.0),
    ]


def test_every_role_is_kept() -> None:
    text = "Why? Because."
    turns = (Turn("I", (Stretch(0, 4),), Role.INTERVIEWER), Turn("3A", (Stretch(5, 13),), Role.PARTICIPANT))
    segments = segment_transcript(Transcript("t", "t", "0", "txt", text, turns))
    assert [s.role for s in segments] == [Role.INTERVIEWER, Role.PARTICIPANT]


def test_context_is_the_question() -> None:
    question = "How do you get on with the council these days, by and large?"
    first, second = segment_transcript(transcript(question, "Fine."))
    assert (first.context, second.context) == ("", question)


def test_a_few_words_are_not_context_enough() -> None:
    *_, last = segment_transcript(
        transcript("How is the council?", "Not bad at all, really, I must say.", "Go on.", "Well")
    )
    assert last.context == "Not bad at all, really, I must say. Go on."


def test_context_of_a_later_segment_has_the_question_and_the_talk_before() -> None:
    question = " ".join(f"q{number}" for number in range(30))
    answer = " ".join(f"a{number}." for number in range(40))
    segments = segment_transcript(transcript(question, answer), max_words=20, context_words=10)
    assert texts(segments)[3].startswith("a20. ")
    assert segments[3].context == "q25 q26 q27 q28 q29 … a15. a16. a17. a18. a19."


def test_no_context_when_none_is_wanted() -> None:
    assert {s.context for s in segment_transcript(transcript("Why?", "So."), context_words=0)} == {""}


def test_a_turn_longer_than_spacy_takes_is_no_trouble() -> None:
    long = "They never came. " * 70_000  # above a million characters
    segments = segment_transcript(transcript(long, "x" * (5 * CHUNK), "(" * (5 * CHUNK), "." * (5 * CHUNK)))
    assert sum(len(s.text.split()) for s in segments) == 210_003
    assert all(s.text.endswith(".") for s in segments[:-3])


def test_a_trained_pipeline_may_find_the_sentences() -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer", config={"punct_chars": ["/"]})
    assert texts(segment_transcript(transcript("a. b c / d e. f"), max_words=4, nlp=nlp)) == [
        "a. b c /",
        "d e. f",
    ]
    with pytest.raises(UsageError, match=r"finds no sentences.*sentencizer"):
        segment_transcript(transcript("a b c"), max_words=1, nlp=spacy.blank("en"))


@pytest.mark.parametrize("wrong", [{"max_words": 0}, {"context_words": -1}])
def test_impossible_lengths_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match="max_words >= 1"):
        segment_transcript(transcript("a"), **wrong)


def test_an_empty_transcript_has_no_segments() -> None:
    assert segment_transcript(transcript()) == []
