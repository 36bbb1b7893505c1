"""REFI-QDA projects as programs write them: real ones, and each habit of theirs made small."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise

import docx
import pytest
from lxml import etree
from making import ANN, BOB, CODES, GUID, MONEY, TRUST, USERS, coded, project_xml, selection, source

from pipeline.exchange.gold_rows import gold_rows
from pipeline.exchange.project import ProjectCode
from pipeline.exchange.refi.codebook_file import read as read_codebook
from pipeline.exchange.refi.project_file import read

TEXT = "Ann: We ring them.\nThey \U0001f600 come.\n\nBob: It costs money."


def place(words: str, text: str = TEXT) -> tuple[int, int]:
    return text.index(words), text.index(words) + len(words)


def windows(text: str) -> str:
    return text.replace("\n", "\r\n")


def test_a_real_project_by_another_program(formats):
    """Every selection against the file itself: `line:N` is a line of the text."""
    path = formats / "refi-qda" / "qc_demo.qdpx"
    project = read(path)
    with zipfile.ZipFile(path) as archive:
        tree = etree.fromstring(archive.read("project.qde"))
        lines = archive.read("sources/board_2017.txt").decode().splitlines(keepends=True)
    named = {
        (int(s.get("startPosition")), int(s.get("endPosition"))): lines[int(s.get("name").removeprefix("line:"))]
        for s in tree.iter("{*}PlainTextSelection")
    }
    assert len(named) == 158 and len(project.codings) == 205 and len(project.codes) == 262
    assert {c.coder for c in project.codings} == {"cp"} and project.warnings == ()
    assert all(project.text_of(coding) == named[coding.start, coding.end] for coding in project.codings)
    assert {s.name: len(s.text) for s in project.sources} == {"board_2017.txt": 52543, "admin-1.txt": 31906}


def test_real_projects_without_text(formats):
    nvivo = read(formats / "refi-qda" / "nvivo_mac15_project.qdpx")
    assert len(nvivo.codes) == 262 and nvivo.sources == ()
    assert len(nvivo.warnings) == 2 and all("has no text" in warning for warning in nvivo.warnings)
    with zipfile.ZipFile(formats / "refi-qda" / "nvivo_mac15_project.qdpx") as archive:
        tree = etree.fromstring(archive.read("project.qde"))
    above = [(e.get("name"), e.getparent().get("name")) for e in tree.iter("{*}Code")]
    names = {code.code_id: code.name for code in nvivo.codes}
    assert [(code.name, names.get(code.parent or "")) for code in nvivo.codes] == above
    assert read(formats / "refi-qda" / "atlasti_win23_blank.qdpx").codes == ()
    names = [code.name for code in read(formats / "refi-qda" / "atlasti_win23_codes_only.qdpx").codes]
    assert names == ["Commits", "2022-05-10T02:05:59Z 19e4dce", "2022-02-11T10:39:25Z cdbfd92"]


def test_real_codebooks(formats):
    atlas = read_codebook(formats / "refi-qda" / "atlasti_win23_codebook.qdc").codes
    group = ProjectCode("eca18d76-2b8b-4f26-bc1d-19eca19fb3f0", "code group 1", None, "kategorie 1", None, False)
    code = ProjectCode("1ff58b12-6f6f-4b0c-8be5-bbdc91f55294", "code1", group.code_id, "description", "#46AA00")
    assert atlas == (group, code)
    taguette = read_codebook(formats / "taguette" / "taguette_1.4.1_codebook.qdc").codes
    assert [code.name for code in taguette] == ["xsd:element name", "CodeBook", "Variables"]


def test_codes_coders_and_several_codings_of_a_selection(project):
    both = f'<Coding guid="{GUID(91)}" creatingUser="{BOB}"><CodeRef targetGUID="{{{MONEY.upper()}}}"/></Coding>'
    xml = project_xml(source(selection(*place("It costs money."), TRUST, TRUST, inside=both)))
    found = project(xml, {"sources/a.txt": TEXT})
    assert coded(found) == [("It costs money.", "Money", "Bob"), ("It costs money.", "Trust", "Ann")]
    assert found.codes == (
        ProjectCode(TRUST, "Trust", None, "Faith.", "#00aaFF"),
        ProjectCode(MONEY, "Money", TRUST),
    )


@pytest.mark.parametrize(
    "path, inside",
    [
        ("internal://a.txt", "sources/a.txt"),
        ("internal://a.txt", "Sources/A.TXT"),
        ("a.txt", "sources/a.txt"),
        ("sources/a.txt", "sources/a.txt"),
        ("absolute://C:\\Users\\x\\a.txt", "sources/a.txt"),
    ],
)
def test_where_the_text_is(project, path, inside):
    found = project(project_xml(source(selection(*place("We ring"), TRUST), path=path)), {inside: TEXT})
    assert coded(found) == [("We ring", "Trust", "Ann")]


def test_a_text_beside_the_project_and_one_inline(make, tmp_path):
    inline = source(
        selection(0, 3, MONEY), more="<PlainTextContent>Yes &amp; no.</PlainTextContent>", path="", name="b"
    )
    path = make(project_xml(source(selection(*place("We ring"), TRUST), path="relative://a.txt") + inline))
    (tmp_path / "a.txt").write_text(TEXT, encoding="utf-8")
    found = read(path)
    assert coded(found) == [("We ring", "Trust", "Ann"), ("Yes", "Money", "Ann")]
    assert found.sources[1].text == "Yes & no." and "shares its GUID" in found.warnings[0]


@pytest.mark.parametrize(
    "path",
    [
        "relative://My%20talk.txt",
        "relative:///My talk.txt",
        "absolute://C:\\data\\My talk.txt",
        "file:///x/My%20talk.txt",
    ],
)
def test_a_text_beside_the_project_however_it_is_named(make, tmp_path, path):
    (tmp_path / "My talk.txt").write_text("We ring them.")
    assert coded(read(make(project_xml(source(selection(0, 7, TRUST), path=path))))) == [("We ring", "Trust", "Ann")]


def test_two_sources_of_one_name_stay_two(project):
    first = source(selection(0, 2, TRUST)).replace(GUID(70), GUID(71))
    second = source(selection(0, 4, MONEY), path="internal://b.txt")
    found = project(project_xml(first + second), {"sources/a.txt": "We ring.", "sources/b.txt": "They come."})
    assert coded(found) == [("We", "Trust", "Ann"), ("They", "Money", "Ann")]
    rows = gold_rows(found).codings
    assert [(row.transcript, row.text) for row in rows] == [("a", "We"), ("a 2", "They")]


def test_an_unpacked_project(tmp_path):
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "a.txt").write_text(TEXT, encoding="utf-8")
    (tmp_path / "project.qde").write_text(project_xml(source(selection(*place("We ring"), TRUST))), encoding="utf-8")
    assert coded(read(tmp_path / "project.qde")) == [("We ring", "Trust", "Ann")]


def test_the_docx_where_the_plain_text_is_empty(project):
    document, packed = docx.Document(), io.BytesIO()
    for paragraph in TEXT.split("\n"):
        document.add_paragraph(paragraph)
    document.save(packed)
    xml = project_xml(
        source(selection(*place("come."), TRUST)).replace("name=", 'richTextPath="internal://a.docx" name=', 1)
    )
    found = project(xml, {"sources/a.txt": "\n", "sources/a.docx": packed.getvalue()})
    assert coded(found) == [("come.", "Trust", "Ann")] and found.sources[0].text == TEXT
    assert "the text is that of internal://a.docx" in found.warnings[0]


WORDS = ("We ring them.", "come.", "It costs money.")
COUNTS = {
    "code points": lambda before: len(before),
    "stored": lambda before: len(windows(before)),
    "UTF-16": lambda before: len(before.encode("utf-16-le")) // 2,
    "UTF-16 stored": lambda before: len(windows(before).encode("utf-16-le")) // 2,
    "marked": lambda before: len(before) + 1,
}


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize("count", COUNTS)
def test_what_offsets_count_is_told_by_the_words(project, count, mark, ends, named):
    if count == "marked" and not mark:
        pytest.skip("there is no mark to count")
    counts = COUNTS[count]
    selections = [
        selection(
            counts(TEXT[:start]), counts(TEXT[:end]), TRUST, name=TEXT[start : start + 6] + "..." if named else ""
        )
        for start, end in map(place, WORDS)
    ]
    stored = mark + TEXT.replace("\n", ends)
    found = project(project_xml(source(*selections)), {"sources/a.txt": stored.encode()})
    assert found.sources[0].text == TEXT
    plain = {"\n": "code points", "\r\n": "stored"}[ends]
    if named or count == plain:
        assert [words for words, _, _ in coded(found)] == list(WORDS)
        assert any("offsets count" in warning for warning in found.warnings) == (count != plain)


def test_word_boundaries_tell_where_there_are_no_names(project):
    starts = [index for index, character in enumerate(TEXT) if character == " "]
    spans = [(start + 1, end) for start, end in pairwise(starts)]
    selections = [selection(start, end, TRUST) for start, end in spans]
    found = project(project_xml(source(*selections)), {"sources/a.txt": windows(TEXT)})
    assert [words for words, _, _ in coded(found)] == [TEXT[start:end] for start, end in spans]
    assert "to judge by where selections begin and end" in found.warnings[0]


def test_atlas_counts_a_stored_pair_as_one(project):
    xml = project_xml(source(selection(*place("It costs money."), TRUST)), origin="ATLAS.ti for Windows 23")
    found = project(xml, {"sources/a.txt": windows(TEXT)})
    assert coded(found) == [("It costs money.", "Trust", "Ann")] and found.warnings == ()


def test_names_that_contradict_the_offsets_are_told(project):
    found = project(project_xml(source(selection(0, 3, TRUST, name="It costs"))), {"sources/a.txt": TEXT})
    assert "1 of 1 selections are named after other words" in found.warnings[0]


def test_attributes_of_cases_and_sources(project):
    variables = "".join(
        f'<Variable guid="{GUID(50 + i)}" name="{name}" typeOfVariable="Text"/>'
        for i, name in enumerate(("rank", "years", "site"))
    )
    value = '<VariableValue><VariableRef targetGUID="{}"/><{}>{}</{}></VariableValue>'.format
    cases = (
        f'<Case guid="{GUID(60)}" name="PC Grey">{value(GUID(50), "TextValue", "constable", "TextValue")}'
        f'{value(GUID(51), "IntegerValue", "12", "IntegerValue")}<SourceRef targetGUID="{GUID(70)}"/></Case>'
        f'<Case guid="{GUID(61)}" name="PC Brown">{value(GUID(50), "TextValue", "sergeant", "TextValue")}'
        f'<SourceRef targetGUID="{GUID(70)}"/></Case>'
    )
    before = f"{USERS}{CODES}<Variables>{variables}</Variables><Cases>{cases}</Cases>"
    more = value(GUID(52), "TextValue", "north", "TextValue")
    found = project(project_xml(source(more=more), before=before), {"sources/a.txt": TEXT})
    expected = {"case": "PC Grey; PC Brown", "rank": "constable; sergeant", "years": "12", "site": "north"}
    assert found.sources[0].attributes == expected


def test_nvivos_cases_are_no_codes(project):
    before = USERS + CODES.replace("</Codes>", f'<Code guid="{GUID(60)}" name="PC Grey" isCodable="true"/></Codes>')
    before += f'<Cases><Case guid="{GUID(60)}" name="PC Grey"/></Cases>'
    found = project(
        project_xml(source(selection(0, 3, GUID(60)), selection(0, 3, TRUST)), before=before), {"sources/a.txt": TEXT}
    )
    assert coded(found) == [("Ann", "Trust", "Ann")] and [c.name for c in found.codes] == ["Trust", "Money"]


def test_memos_annotations_and_quotations_without_a_code(project):
    note = f'<Notes><Note guid="{GUID(40)}" name="n"><PlainTextContent>why so?</PlainTextContent></Note></Notes>'
    noted = selection(0, 3, TRUST).replace("</Coding>", f'<NoteRef targetGUID="{GUID(40)}"/></Coding>')
    parts = (
        noted,
        selection(5, 7, MONEY, inside="<Description>look again</Description>"),
        selection(8, 12, inside="<Description>just a remark</Description>"),
        selection(0, 18),
    )
    found = project(project_xml(source(*parts), after=note), {"sources/a.txt": TEXT})
    assert [c.memo for c in found.codings] == ["why so?", "look again", ""]
    assert coded(found)[2] == (TEXT[:18], None, "Ann")
    assert found.warnings == ("annotations without a code: 1 left out (first: a 8-12)",)


def test_pdf_text_and_transcripts_of_recordings(project):
    pdf = (
        f'<PDFSource guid="{GUID(30)}" name="report.pdf"><Representation guid="{GUID(31)}" plainTextPath="internal://a.txt">'
        f"{selection(*place('We ring'), TRUST)}</Representation></PDFSource>"
    )
    points = "".join(f'<SyncPoint guid="{GUID(20 + i)}" position="{at}"/>' for i, at in enumerate(place("It costs")))
    audio = (
        f'<AudioSource guid="{GUID(32)}" name="talk.mp3"><Transcript guid="{GUID(33)}" plainTextPath="internal://a.txt">'
        f'{points}<TranscriptSelection guid="{GUID(34)}" fromSyncPoint="{GUID(20)}" toSyncPoint="{GUID(21)}">'
        f'<Coding guid="{GUID(35)}"><CodeRef targetGUID="{MONEY}"/></Coding></TranscriptSelection></Transcript></AudioSource>'
    )
    picture = f'<PictureSource guid="{GUID(36)}" name="face.png"/>'
    found = project(project_xml(pdf + audio + picture), {"sources/a.txt": TEXT})
    assert [source.name for source in found.sources] == ["report.pdf", "talk.mp3"]
    assert coded(found) == [("We ring", "Trust", "Ann"), ("It costs", "Money", "")]
    assert found.warnings == ("face.png: a PictureSource without text was left out",)


def test_sets_group_flat_codes(project):
    pairs = ((TRUST, "Trust"), (MONEY, "Money"))
    flat = "".join(f'<Code guid="{guid}" name="{name}" isCodable="1"/>' for guid, name in pairs)
    codes = f"{USERS}<CodeBook><Codes>{flat}</Codes></CodeBook>"
    sets = f'<Sets><Set guid="{GUID(10)}" name="Group"><MemberCode targetGUID="{MONEY}"/></Set></Sets>'
    found = project(project_xml(source(), before=codes, after=sets), {"sources/a.txt": TEXT})
    assert [(c.name, c.parent, c.codable) for c in found.codes] == [
        ("Group", None, False),
        ("Trust", None, True),
        ("Money", GUID(10), True),
    ]


def test_two_users_of_one_name_stay_two(project):
    users = USERS.replace("Bob", "Ann")
    xml = project_xml(source(selection(0, 3, TRUST), selection(0, 3, TRUST, user=BOB)), before=users + CODES)
    assert [coder for _, _, coder in coded(project(xml, {"sources/a.txt": TEXT}))] == ["Ann", "Ann (2)"]
    assert ANN != BOB


@pytest.mark.parametrize("text", [TEXT, ""])
def test_codings_of_what_is_no_text_are_counted(project, text):
    def coding(code: str) -> str:
        return f'<Coding guid="{GUID(95)}"><CodeRef targetGUID="{code}"/></Coding>'

    case = GUID(60)
    whole = source(selection(*place("We ring them."), TRUST), more=coding(MONEY) + coding(case))
    pdf = (
        f'<PDFSource guid="{GUID(71)}" name="page"><PDFSelection guid="{GUID(72)}">{coding(TRUST)}{coding(MONEY)}'
        f'</PDFSelection><Representation guid="{GUID(73)}" plainTextPath="internal://b.txt">'
        f"{selection(0, 3, TRUST)}</Representation></PDFSource>"
    )
    sound = f'<AudioSource guid="{GUID(74)}" name="talk"><AudioSelection>{coding(TRUST)}</AudioSelection></AudioSource>'
    xml = project_xml(whole + pdf + sound, after=f'<Cases><Case guid="{case}" name="c"/></Cases>')
    found = project(xml, {"sources/a.txt": TEXT, "sources/b.txt": text})
    told = [warning.partition(" of what")[0] for warning in found.warnings if " of what" in warning]
    assert told == ["a: 1 coding", "page: 2 codings", "talk: 1 coding"]
    assert len(found.codings) == (2 if text else 1)
