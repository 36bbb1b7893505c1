"""Word documents, read back: the text is the transcript's, and each comment stands on exactly its words."""

import docx
import pytest
from docx.oxml.ns import qn
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from reading_word import text_and_anchors

from pipeline.cells import writable
from pipeline.errors import UsageError
from pipeline.exchange.export.stream import transcripts_of
from pipeline.exchange.export.word import write, write_run
from pipeline.exchange.export.word_body import Note, paragraphs
from pipeline.exchange.project import Project, ProjectCode, ProjectCoding, Source
from pipeline.gold_unit import MACHINE
from pipeline.tables import open_run

COUNCIL = "the council \U0001f600\n\nand"


@pytest.fixture(scope="module")
def folder(odd, tmp_path_factory):
    out = tmp_path_factory.mktemp("word") / "run"
    return out, write_run(odd, out)


def comments_of(document):
    _, anchors = text_and_anchors(document.element.body)
    return [(anchors[comment.comment_id], comment.author, comment.text) for comment in document.comments]


def test_a_document_for_each_transcript_with_its_text(folder, odd):
    out, told = folder
    assert sorted(path.name for path in out.iterdir()) == [
        "silent.docx",
        "talk (a-talk-01).docx",
        "talk (b-talk-01).docx",
    ]
    for transcript in transcripts_of(odd):
        document = docx.Document(out / transcript.name.replace(".txt", ".docx"))
        assert text_and_anchors(document.element.body)[0] == writable(transcript.text)
        assert "\n".join(p.text for p in document.paragraphs) == writable(transcript.text)
        assert document.sections[0].header.paragraphs[0].text == transcript.name
    assert told == [
        "1 text held control characters, which stand as \ufffd",
        "1 segment that the run left to a human carry no code",
    ]


def test_comments_stand_on_exactly_the_coded_words(folder):
    segment = f"\U0001f46e\U0001f3fd we ring\n{COUNCIL}\tthe police."
    assert comments_of(docx.Document(folder[0] / "talk (a-talk-01).docx")) == [
        (segment, MACHINE, "Cost saving (0.61); Talking shop (0.90)"),
        (COUNCIL, MACHINE, "Attitude to local authority / negative (0.80)"),
        ("police", MACHINE, "Attitude to police / positive (0.80)"),
        ("@council, \ufffd control \ufffd", MACHINE, "Cost saving (0.55)"),
        ("council", MACHINE, "Attitude to local authority / negative (0.80)"),
    ]
    assert comments_of(docx.Document(folder[0] / "silent.docx")) == []


def test_speakers_stand_out(folder):
    document = docx.Document(folder[0] / "talk (a-talk-01).docx")
    bold = [run.text for paragraph in document.paragraphs for run in paragraph.runs if run.bold]
    assert bold == ["I", "PC Ünal", "I", "PC Ünal", "PC Ünal"]


def test_one_transcript_is_one_file_and_several_are_none(odd, one_run, tmp_path):
    write_run(open_run(one_run), tmp_path / "one.docx")
    assert len(comments_of(docx.Document(tmp_path / "one.docx"))) == 5
    with pytest.raises(UsageError, match="3 transcripts"):
        write_run(odd, tmp_path / "three.docx")
    assert [path.name for path in tmp_path.iterdir()] == ["one.docx"]


def test_each_coder_has_comments_of_their_own(tmp_path):
    codes = (ProjectCode("t", "Trust"), ProjectCode("m", "Money"))
    coded = [(0, 4, "t", "ann"), (0, 4, "m", "ann"), (2, 9, "t", "bob"), (5, 9, None, "bob"), (2, 9, "m", MACHINE)]
    codings = tuple(
        ProjectCoding("s", *place, coder, "probability 0.40" if coder == MACHINE else "a memo")
        for *place, coder in coded
    )
    project = Project("p", (Source("s", "s.txt", "one\ntwo\nthree"),), codes, codings)
    assert write(project, tmp_path / "s.docx") == []
    assert comments_of(docx.Document(tmp_path / "s.docx")) == [
        ("one\n", "ann", "Trust; Money"),
        ("e\ntwo\nt", "bob", "Trust"),
        ("e\ntwo\nt", MACHINE, "Money (0.40)"),
    ]


texts = st.text(
    st.one_of(
        st.sampled_from("\n\t ab😀\x00\x0c\ufffe"), st.characters(exclude_categories=["Cs"], exclude_characters="\r")
    )
)


@st.composite
def annotated(draw):
    text = draw(texts.filter(bool))
    places = st.integers(0, len(text) - 1).flatmap(lambda a: st.tuples(st.just(a), st.integers(a + 1, len(text))))
    return text, draw(st.lists(places, max_size=6))


@given(annotated())
def test_any_text_and_any_places_survive(example):
    text, places = example
    body = etree.Element(qn("w:body"))
    body.extend(paragraphs(text, [Note(*place, "a", "b") for place in places]))
    again, anchors = text_and_anchors(etree.fromstring(etree.tostring(body, encoding="utf-8")))
    assert again == writable(text) and len(again) == len(text)
    assert [anchors[number] for number in range(len(places))] == [writable(text)[start:end] for start, end in places]
