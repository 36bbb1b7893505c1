"""What we write: valid against the standard, the same when read back, with the same GUIDs every time."""

from __future__ import annotations

import zipfile
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from pipeline.exchange.project import Project, ProjectCode, ProjectCoding, Source
from pipeline.exchange.refi.project_file import read
from pipeline.exchange.refi.writing import project_element, write

PLAIN = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufeff\ufffe\uffff")
NAMES = st.text(PLAIN, min_size=1, max_size=12).filter(str.strip).map(str.strip)
TEXTS = st.text(st.one_of(PLAIN, st.sampled_from("\n\t \U0001f600")), min_size=1, max_size=60).filter(str.strip)


@st.composite
def projects(draw):
    names = draw(st.lists(NAMES, min_size=1, max_size=4))
    ids = [f"c{i}" for i in range(len(names))]
    codes = tuple(
        ProjectCode(
            code_id,
            name,
            draw(st.sampled_from([None, *ids[:i]])),
            draw(st.text(PLAIN, max_size=20)),
            draw(st.sampled_from([None, "#00ffAA"])),
            draw(st.booleans()),
        )
        for i, (code_id, name) in enumerate(zip(ids, names, strict=True))
    )
    texts = draw(st.lists(TEXTS, min_size=1, max_size=3))
    attributes = st.dictionaries(NAMES, NAMES, max_size=2)
    sources = tuple(Source(f"s{i}", f"{i} {draw(NAMES)}", text, draw(attributes)) for i, text in enumerate(texts))
    codings = {}
    for _ in range(draw(st.integers(0, 8))):
        source = draw(st.sampled_from(sources))
        start = draw(st.integers(0, len(source.text) - 1))
        end = draw(st.integers(start + 1, len(source.text)))
        coder, memo = (
            draw(st.sampled_from(["Ann", "Bob", "é;\U0001f600"])),
            draw(st.sampled_from(["", "why", "p: 0.5"])),
        )
        code = draw(st.sampled_from([None, *ids]))
        codings[source.source_id, start, end, coder, code] = ProjectCoding(
            source.source_id, start, end, code, coder, memo
        )
    empty = {(s, a, b, coder) for s, a, b, coder, code in codings if code is not None}
    kept = (c for key, c in codings.items() if key[4] is not None or key[:4] not in empty)
    return Project(draw(NAMES), sources, codes, tuple(kept))


def known(project):
    """A project as people know it, without ids."""
    names = {source.source_id: source.name for source in project.sources}
    codes = {code.code_id: code for code in project.codes}

    def line(code_id):
        names = []
        while code_id is not None:
            names.append(codes[code_id].name)
            code_id = codes[code_id].parent
        return tuple(names)

    return (
        project.name,
        sorted((s.name, s.text, sorted(s.attributes.items())) for s in project.sources),
        sorted((line(c.code_id), c.description, c.colour or "", c.codable) for c in project.codes),
        sorted(
            (names[c.source_id], c.start, c.end, line(c.code_id), c.coder, c.memo, project.text_of(c))
            for c in project.codings
        ),
    )


@given(projects())
def test_there_and_back(tmp_path_factory, project):
    path = tmp_path_factory.mktemp("written") / "p.qdpx"
    write(project, path)
    back = read(path)
    assert known(back) == known(project)
    assert [w for w in back.warnings if "shares" not in w] == []


@given(projects())
def test_valid_against_the_standard(schema, project):
    element = project_element(project)
    assert schema.validate(etree.fromstring(etree.tostring(element))), schema.error_log.last_error


def test_what_xml_cannot_hold_is_replaced(schema, tmp_path):
    code = ProjectCode("c", "bell \a", description="\x00 and \ud800", parent="nowhere", colour="red")
    source = Source("s", "a\x1f", "\ufeffsome words", {"k\b": "\x02"})
    project = Project("\x03", (source,), (code,), (ProjectCoding("s", 1, 5, "c", "An\x04n", "\x05"),))
    assert schema.validate(etree.fromstring(etree.tostring(project_element(project))))
    write(project, tmp_path / "p.qdpx")
    back = read(tmp_path / "p.qdpx")
    assert back.text_of(back.codings[0]) == "some" and len(back.sources[0].text) == len(source.text)


def test_codes_in_a_circle_are_all_written(schema):
    codes = (ProjectCode("a", "A", "b"), ProjectCode("b", "B", "a"), ProjectCode("c", "C", "c"), ProjectCode("d", "D"))
    element = project_element(Project("p", (), codes, ()))
    assert schema.validate(etree.fromstring(etree.tostring(element)))
    assert sorted(e.get("name") for e in element.iter("{*}Code")) == ["A", "B", "C", "D"]


def test_a_project_of_nothing(schema, tmp_path):
    project = Project("", (), (), ())
    assert schema.validate(etree.fromstring(etree.tostring(project_element(project))))
    write(project, tmp_path / "p.qdpx")
    assert read(tmp_path / "p.qdpx").codings == ()


def test_guids_are_the_same_in_every_export_and_each_things_own():
    source = Source("s", "a", "some words here")
    coding = ProjectCoding("s", 0, 4, "c", "Ann")
    codings = (coding, replace(coding, coder="Bob"), replace(coding, end=10), replace(coding, code_id="d"))
    project = Project("p", (source,), (ProjectCode("c", "C"), ProjectCode("d", "D")), codings)
    first, second = ([e.get("guid") for e in project_element(project).iter() if e.get("guid")] for _ in range(2))
    assert first == second and len(set(first)) == len(first)


def test_what_other_programs_look_for(tmp_path):
    """Texts are named by their source's GUID in `sources/`, UTF-8 without a mark, `\\n` at line ends."""
    write(Project("p", (Source("s", "a", "one\ntwo é"),), (), ()), tmp_path / "p.qdpx")
    with zipfile.ZipFile(tmp_path / "p.qdpx") as archive:
        element = etree.fromstring(archive.read("project.qde")).find(".//{*}TextSource")
        name = element.get("plainTextPath").removeprefix("internal://")
        assert name == f"{element.get('guid')}.txt" and archive.read(f"sources/{name}") == "one\ntwo é".encode()


def test_our_codings_survive_another_programs_counting(tmp_path):
    """Rewritten by a program that stores CRLF and counts it, the codings are still on the same words."""
    text = "one\ntwo\nthree words"
    codings = (ProjectCoding("s", 4, 7, "c", "Ann"), ProjectCoding("s", 8, 13, "c", "Ann"))
    write(Project("p", (Source("s", "a", text),), (ProjectCode("c", "C"),), codings), tmp_path / "p.qdpx")
    with zipfile.ZipFile(tmp_path / "p.qdpx") as archive:
        tree, names = etree.fromstring(archive.read("project.qde")), archive.namelist()
    tree.set("origin", "NVivo 14")
    for element in tree.iter("{*}PlainTextSelection"):
        for key in ("startPosition", "endPosition"):
            at = int(element.get(key))
            element.set(key, str(at + text[:at].count("\n")))
    with zipfile.ZipFile(tmp_path / "q.qdpx", "w") as archive:
        archive.writestr("project.qde", etree.tostring(tree))
        archive.writestr(next(n for n in names if n.startswith("sources/")), "\ufeff" + text.replace("\n", "\r\n"))
    back = read(tmp_path / "q.qdpx")
    assert [back.text_of(coding) for coding in back.codings] == ["two", "three"]


def test_a_project_says_of_itself_what_nvivo_and_atlas_ti_say(tmp_path):
    codes, codings = (ProjectCode("c", "Trust"),), (ProjectCoding("s", 0, 2, "c", "Ann Bell"),)
    write(Project("p", (Source("s", "s.txt", "We ring."),), codes, codings), tmp_path / "p.qdpx")
    content = zipfile.ZipFile(tmp_path / "p.qdpx").read("project.qde")
    assert content.startswith(b'<?xml version="1.0" encoding="utf-8"?>\n<Project xmlns')
    root = etree.fromstring(content)
    where = root.get("{http://www.w3.org/2001/XMLSchema-instance}schemaLocation").split()
    assert where[0] == "urn:QDA-XML:project:1.0" and where[1].endswith("Project.xsd")
    (user,) = root.iter("{*}User")
    assert (user.get("name"), user.get("id")) == ("Ann Bell", "AB")
    assert root.get("modifyingUserGUID") == root.get("creatingUserGUID") == user.get("guid")
    assert root.get("modifiedDateTime") == root.get("creationDateTime")
