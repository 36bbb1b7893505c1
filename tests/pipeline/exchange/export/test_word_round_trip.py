"""Codes out as Word comments and back: the same codes on the same words by the same coders, whatever the codes are called."""

from dataclasses import replace

import docx
import pytest
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.cells import writable
from pipeline.exchange import comment_codes, word_comments
from pipeline.exchange.codebooks import book_of
from pipeline.exchange.comment_codes import Said, codes_in, comment_names, comment_of
from pipeline.exchange.export.word import write, write_run
from pipeline.exchange.gold_rows import gold_rows
from pipeline.exchange.project import Project, ProjectCode, ProjectCoding, Source
from pipeline.exchange.run_project import project_of_run
from pipeline.gold_unit import MACHINE
from pipeline.tables import open_run

ODD = st.sampled_from([*";|\"'() ,", "none", "(0.61)", '"', "Trust", "trust", " ", "é", "\U0001f600", "\n", "1 - None"])
names = st.lists(ODD, min_size=1, max_size=6).map("".join)
memos = st.sampled_from(["", "probability 0.61", "probability 1.00"])


@given(st.lists(names, min_size=1, max_size=6), st.data())
def test_any_names_survive_in_a_comment(given_names, data):
    codes = [ProjectCode(str(number), name) for number, name in enumerate(given_names)]
    shown = comment_names(codes)
    assert len({name.casefold() for name in shown.values()}) == len(codes)
    said = [Said(name, data.draw(memos)) for name in shown.values()]
    assert codes_in(comment_of(said)) == said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Trust (0.61); Talking shop (0.90)", [("Trust", "0.61"), ("Talking shop", "0.90")]),
        ("Trust(0.61)", [("Trust(0.61)", "")]),
        ('"Fire; theft" (0.61) ;Trust;; none\nMoney', [("Fire; theft", "0.61"), ("Trust", ""), ("Money", "")]),
        ('"just" muddling; "Trust', [('"just" muddling', ""), ('"Trust', "")]),
        ('"""just"""', [('"just"', "")]),
        ("(0.61)", [("(0.61)", "")]),
    ],
)
def test_comments_that_somebody_edited(words, expected):
    assert [(name, memo.removeprefix(comment_codes.CHANCE)) for name, memo in codes_in(words)] == expected


def seen(project):
    """Each coding with the words, by the code's name in a codebook."""
    names = book_of(project.codes, "p").names
    return {
        (project.text_of(c), names.get(c.code_id, c.code_id), c.coder, c.memo)
        for c in project.codings
        if c.code_id is not None
    }


TEXT = "Ann: We ring them.\nBob: They come; never.\nAnn: So it goes on."
WORDS = ["We ring", "them.\nBob: They", "They come", "never", "So it goes on."]


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(names.filter(str.strip), min_size=1, max_size=4),
    st.lists(
        st.tuples(st.sampled_from(WORDS), st.integers(0, 3), st.sampled_from(["Ann", MACHINE]), memos), max_size=6
    ),
)
def test_a_project_comes_back(tmp_path, given_names, given_codings):
    codes = [ProjectCode(f"c{number}", " ".join(name.split())) for number, name in enumerate(given_names)]
    codes.append(ProjectCode("group", "Partners", codable=False))
    codes.append(ProjectCode("own", given_names[0].strip(), parent="group", description="Identifier: own; not"))
    once = {}
    for words, number, coder, memo in given_codings:
        start = TEXT.index(words)
        once[start, codes[number % len(given_names)].code_id, coder] = memo, start + len(words)
    codings = [ProjectCoding("s", key[0], end, key[1], key[2], memo) for key, (memo, end) in once.items()]
    codings.append(ProjectCoding("s", 5, 12, "own", "Bob"))
    project = Project("p", (Source("s", "s.txt", TEXT),), tuple(codes), tuple(codings))
    write(project, tmp_path / "s.docx")
    again = word_comments.read(tmp_path / "s.docx")
    assert again.sources[0].text == TEXT and seen(again) == seen(project)
    assert book_of(again.codes, "p").codebook == book_of(project.codes, "p").codebook


def test_a_run_comes_back_with_its_codebook(one_run, tmp_path):
    tables = open_run(one_run)
    write_run(tables, tmp_path / "run.docx")
    again, run = word_comments.read(tmp_path / "run.docx"), project_of_run(tables)
    assert book_of(again.codes, "p").codebook == book_of(run.codes, "p").codebook
    assert again.sources[0].name == run.sources[0].name == "talk.txt"
    assert gold_rows(again).codings == tuple(
        replace(row, text=writable(row.text), context=writable(row.context)) for row in gold_rows(run).codings
    )


def test_names_that_the_export_made_unique_are_told_by_the_id(odd, tmp_path):
    write_run(odd, tmp_path)
    assert word_comments.read(tmp_path / "talk (b-talk-01).docx").sources[0].name == "b-talk-01"


def test_other_peoples_documents_are_read_as_before(tmp_path):
    document = docx.Document()
    run = document.add_paragraph("Ann: ").add_run("We ring.")
    document.add_comment([run], text='"just muddling"; Trust (0.61)', author="Ann")
    document.save(tmp_path / "a.docx")
    found = word_comments.read(tmp_path / "a.docx")
    assert [code.name for code in found.codes] == ['"just muddling"', "Trust (0.61)"]


@pytest.mark.parametrize("gone", ["w:del", "w:moveFrom"])
@pytest.mark.parametrize(("mark", "place"), [("w:commentRangeStart", "after"), ("w:commentRangeEnd", "before")])
def test_a_mark_that_went_with_deleted_or_moved_words(tmp_path, gone, mark, place):
    document = docx.Document()
    paragraph = document.add_paragraph("Ann: ")
    run = paragraph.add_run("We ring")
    paragraph.add_run(" them.")
    document.add_comment([run], text="Trust", author="Ann")
    (found,) = paragraph._p.iter(qn(mark))
    away = OxmlElement(gone)
    found.addprevious(away)
    away.append(found)
    words = OxmlElement("w:r")
    words.append(OxmlElement("w:delText"))
    words[0].text = "never "
    away.insert(1 if place == "after" else 0, words)
    document.save(tmp_path / "a.docx")
    project = word_comments.read(tmp_path / "a.docx")
    assert project.sources[0].text.strip() == "Ann: We ring them."
    assert [(project.text_of(coding), coding.coder) for coding in project.codings] == [("We ring", "Ann")]
