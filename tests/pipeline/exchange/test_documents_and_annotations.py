"""Word comments, Delve's prints, Label Studio and Prodigy: real files against what they themselves say, and made ones."""

from __future__ import annotations

import json
import re
import zipfile
from collections import Counter

import docx
import pytest
from lxml import etree
from making import coded

from pipeline.errors import ThemesError, UnreadableInput
from pipeline.exchange import delve, label_studio, prodigy, word_comments
from pipeline.exchange.placing import squashed
from pipeline.exchange.registry import reader_of
from pipeline.ingest import read_transcript

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
FACE = "\U0001f600"


@pytest.mark.parametrize("name, comments", [("", 199), ("_2", 119)])
def test_real_comments_cover_the_words_between_their_marks(formats, name, comments):
    path = formats / "word-comments" / f"llmcode_bopp_coded_in_comments{name}.docx"
    with zipfile.ZipFile(path) as archive:
        body = etree.fromstring(archive.read("word/document.xml"))
    open_: dict[str, str] = {}
    words: dict[str, str] = {}
    for element in body.iter():
        if element.tag == W + "commentRangeStart":
            open_[element.get(W + "id")] = ""
        elif element.tag == W + "commentRangeEnd":
            words[element.get(W + "id")] = open_.pop(element.get(W + "id"))
        elif element.tag == W + "t":
            open_ = {key: said + (element.text or "") for key, said in open_.items()}
    found = word_comments.read(path)
    places = {(c.start, c.end) for c in found.codings}
    said = Counter(squashed(found.sources[0].text[start:end]) for start, end in places)
    assert said == Counter(map(squashed, words.values())) and len(places) == comments
    assert found.sources[0].text == read_transcript(path).text
    assert all(code.name == code.name.strip() and not re.search(r"[;\n]", code.name) for code in found.codes)


def test_comments_made_by_hand(tmp_path):
    document = docx.Document()
    first = document.add_paragraph("Ann: We ")
    runs = [first.add_run("ring them"), first.add_run(" often.")]
    second = document.add_paragraph("Bob: They come.")
    document.add_comment(runs[0], text="calls ;\nPartners;; ", author="Ann  B")
    document.add_comment([runs[1], second.runs[0]], text="often", author="Bob")
    path = tmp_path / "a.docx"
    document.save(path)
    ann, ann_too, bob = coded(word_comments.read(path))
    assert (ann, ann_too) == (("ring them", "calls", "Ann B"), ("ring them", "Partners", "Ann B"))
    assert squashed(bob[0]) == "often.Bob:Theycome." and bob[1:] == ("often", "Bob")
    docx.Document().save(path)
    with pytest.raises(UnreadableInput, match="no comments"):
        word_comments.read(path)


def test_comments_stay_with_their_rows_in_a_table(tmp_path):
    """The table's head is not in the text; that its word is in a later turn must move nothing."""
    rows = [("Speaker", "Text"), ("Ann", "We ring."), ("Bob", "We ring them."), ("Ann", "The text came. We ring.")]
    document = docx.Document()
    table = document.add_table(len(rows), 2)
    for cells, row in zip(table.rows, rows, strict=True):
        for cell, words in zip(cells.cells, row, strict=True):
            cell.paragraphs[0].add_run(words)
            document.add_comment(cell.paragraphs[0].runs, text=words, author="Ann")
    path = tmp_path / "a.docx"
    document.save(path)
    found = word_comments.read(path)
    said = [(words, code) for words, code, _ in coded(found) if code not in ("Ann", "Bob")]
    assert said == [(words, words) for _, words in rows[1:]]
    starts = [
        c.start for c, (_, code, _) in zip(found.codings, coded(found), strict=True) if code not in ("Ann", "Bob")
    ]
    assert len(starts) == 3 and starts == sorted(starts)
    assert not any(code in ("Text", "Speaker") for _, code, _ in coded(found))
    assert "comments lie on no words of the text and were left out" in found.warnings[0]


WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


@pytest.fixture
def commented(tmp_path):
    """The words of the first comment of a document with this body, and the warnings; `[` and `]` are the comment's marks."""

    def words(body):
        document = docx.Document()
        document.add_comment([document.add_paragraph().add_run("x")], text="Trust", author="Ann")
        document.save(tmp_path / "made.docx")
        path = tmp_path / "a.docx"
        body = body.replace("[", '<w:commentRangeStart w:id="0"/>').replace("]", '<w:commentRangeEnd w:id="0"/>')
        body = re.sub("'([^']*)'", r'<w:r><w:t xml:space="preserve">\1</w:t></w:r>', body)
        with zipfile.ZipFile(tmp_path / "made.docx") as made, zipfile.ZipFile(path, "w") as archive:
            for name in made.namelist():
                new = f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'
                archive.writestr(name, new if name == "word/document.xml" else made.read(name))
        found = word_comments.read(path)
        return [text for text, _, _ in coded(found)], found.warnings

    return words


ROW = "<w:tr><w:tc><w:p>{}</w:p></w:tc><w:tc><w:p>{}</w:p></w:tc></w:tr>"
GONE = '<w:del w:id="9" w:author="B">{}<w:r><w:delText>never </w:delText></w:r>{}</w:del>'


@pytest.mark.parametrize(
    "body, words",
    [
        ("<w:p>'I: What '['of them?'</w:p><w:p>'PC: We ring']' them.'</w:p>", "of them?\nPC: We ring"),
        ("<w:p>'PC: '" + GONE.format("[", "") + "'We ring']' them.'</w:p>", "We ring"),
        ("<w:p>'PC: '['We ring '" + GONE.format("", "]") + "'them.'</w:p>", "We ring"),
        ("<w:p>'PC: We '<w:ins>['always ']'and ever '</w:ins>'ring them.'</w:p>", "always"),
        (
            "<w:p><w:pPr><w:rPr><w:del/></w:rPr></w:pPr>'PC: We ['ring '</w:p><w:p>'them']' now.'</w:p>".replace(
                "We [", "We '["
            ),
            "ring them",
        ),
        (
            "<w:tbl>" + ROW.format("'PC'", "'We '['ring them.'") + ROW.format("'I'", "'And then?']") + "</w:tbl>",
            "ring them.\nI: And then?",
        ),
        (
            "<w:p>'PC: Before '['we begin.'</w:p><w:tbl>" + ROW.format("'PC'", "'We ring']' them.'") + "</w:tbl>",
            "we begin.\nPC: We ring",
        ),
    ],
)
def test_comments_across_paragraphs_cells_and_tracked_changes(commented, body, words):
    assert commented(body) == ([words], ())


def test_a_comment_on_deleted_words_alone_is_told(commented):
    found = commented("<w:p>'PC: '" + GONE.format("[", "]") + "'We ring them.'</w:p>")
    assert found == ([], ("1 comment lies on no words of the text and was left out",))


def test_real_delve_print(formats):
    """The text is the uncoded transcript's, and the underlined words are those that the page shows."""
    path = formats / "delve-export" / "mlss_interview_19_coder_PO.pdf"
    found = delve.read(path)
    text = (formats / "delve-export" / "mlss_interview_19.txt").read_text(encoding="utf-8")
    assert squashed(found.sources[0].text) == squashed(text) and found.sources[0].name == "Interview 19"
    by_eye = [
        ("first problem that I face, uh, is the, maybe it's acquiring the data", "Data-low-quantity", "PO"),
        ("eah, sometimes I, I have, uh, connection string,", "Data-integration-issues", "PO"),
    ]
    assert [
        (words[: len(seen[0])], *rest) for (words, *rest), seen in zip(coded(found), by_eye, strict=False)
    ] == by_eye
    assert coded(found)[1][0].endswith("files, like Excel files.") and len(found.codings) == 28


def test_label_studio_counts_utf16_units(tmp_path):
    text = f"{FACE}{FACE} We ring them."
    start = len(text[: text.index("ring")].encode("utf-16-le")) // 2
    span = {
        "type": "labels",
        "to_name": "text",
        "value": {"start": start, "end": start + 4, "text": "ring", "labels": ["calls"]},
    }
    choice = {"type": "choices", "to_name": "text", "value": {"choices": ["good", "short"]}}
    lost = {
        "type": "labels",
        "to_name": "text",
        "value": {"start": 900, "end": 990, "text": "gone", "labels": ["calls"]},
    }
    annotations = [
        {"completed_by": {"email": "ann@x.org"}, "result": [span, lost]},
        {"completed_by": 7, "result": [choice]},
        {"completed_by": 8, "result": []},
        {"completed_by": 9, "was_cancelled": True, "result": [span]},
    ]
    path = tmp_path / "a.json"
    path.write_text(json.dumps([{"id": 3, "data": {"text": text}, "annotations": annotations}]))
    assert reader_of(path).name == "label-studio"
    found = label_studio.read(path)
    assert coded(found) == [
        ("ring", "calls", "ann@x.org"),
        (text, "good", "7"),
        (text, "short", "7"),
        (text, None, "8"),
    ]
    assert len(found.warnings) == 2


@pytest.mark.parametrize("field", ["text", "talk"])
def test_an_empty_annotation_is_on_the_text_and_not_on_its_context(tmp_path, field):
    path = tmp_path / "a.json"
    data = {"context": "Said long before, and at length.", field: "Yes."}
    path.write_text(json.dumps([{"id": 1, "data": data, "annotations": [{"completed_by": 7, "result": []}]}]))
    assert coded(label_studio.read(path)) == [("Yes.", None, "7")]


def test_prodigy_spans_choices_and_answers(tmp_path):
    text = f"{FACE} We ring."
    at = text.index("ring")
    lines = [
        {
            "text": text,
            "spans": [{"start": at, "end": at + 4, "label": "calls"}],
            "answer": "accept",
            "_annotator_id": "set-ann",
        },
        {
            "text": "Two.",
            "options": [{"id": 1, "text": "good"}, {"id": 2, "text": "bad"}],
            "accept": [1],
            "answer": "accept",
        },
        {"text": "Three.", "label": "good", "answer": "reject", "_session_id": "2020-01-02_03-04-05"},
        {"text": "Four.", "label": "good", "answer": "ignore"},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)) + "\n")
    assert reader_of(path).name == "prodigy"
    found = prodigy.read(path)
    assert coded(found) == [("ring", "calls", "ann"), ("Two.", "good", ""), ("Three.", None, "")]
    assert [code.name for code in found.codes] == ["calls", "good", "bad"]


def test_a_part_whose_name_is_damaged(tmp_path):
    path = tmp_path / "a.docx"
    document = docx.Document()
    document.add_comment(document.add_paragraph("We ring them.").runs[0], "calls", "Ann")
    document.save(path)
    data = path.read_bytes()
    at = data.rindex(b"docProps/app.xml")  # in the directory, which then names another part than the part itself does
    path.write_bytes(data[:at] + b"docProps/app.xol" + data[at + 16 :])
    with pytest.raises(UnreadableInput, match="damaged") as caught:
        word_comments.read(path)
    assert "a.docx" in str(caught.value)


def test_prodigy_where_lists_are_none(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"text": "We ring.", "options": true, "spans": 3, "accept": [1], "answer": "accept"}')
    assert coded(prodigy.read(path)) == [("We ring.", "1", "")]
    path.write_text('{"text": "We ring.", "options": [{"id": {}, "text": "x"}], "accept": [1], "answer": "accept"}')
    assert coded(prodigy.read(path)) == [("We ring.", "1", "")]


def test_half_a_character_is_a_lost_one(tmp_path):
    path = tmp_path / "a.jsonl"
    span = '{"start": 5, "end": 9, "label": "calls \\ud800"}'
    path.write_text(f'{{"text": "\\ud83d\\ude00\\udc00We ring.", "spans": [{span}], "answer": "accept", "\\udfff": 1}}')
    found = prodigy.read(path)
    assert [source.text for source in found.sources] == [f"{FACE}\ufffdWe ring."]
    assert coded(found) == [("ring", "calls \ufffd", "")]


@pytest.mark.parametrize("module", [label_studio, prodigy, delve, word_comments])
@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b'{"text": 5}', b"%PDF-1.4 nothing", b"PK\x03\x04nothing"])
def test_what_is_broken_gets_a_clear_message(tmp_path, module, content):
    path = tmp_path / "broken.x"
    path.write_bytes(content)
    with pytest.raises(ThemesError) as caught:
        module.read(path)
    assert "broken.x" in str(caught.value) and caught.value.remedy
