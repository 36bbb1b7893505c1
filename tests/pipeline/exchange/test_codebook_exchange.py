"""Codebooks between YAML, CSV and QDC, and projects' codes as codebooks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.codebook import Code, Codebook, Theme, load_codebook
from pipeline.errors import ThemesError, UnreadableInput, UsageError
from pipeline.exchange import sections
from pipeline.exchange.codebook_codes import codes_of
from pipeline.exchange.codebook_files import read_codebook, write_codebook
from pipeline.exchange.codebooks import book_of, identifier
from pipeline.exchange.project import ProjectCode
from pipeline.exchange.refi.codebook_file import read_book, write_book

PLAIN = st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff")
LINES = st.text(st.one_of(PLAIN, st.sampled_from("\n\\ :")), max_size=20)
TEXTS = st.one_of(LINES, st.sampled_from(["Code when: x", "a\n\nNot when: b", "\\Label: y", "Identifier: z\n\n", "\n"]))
NAMES = st.one_of(
    st.from_regex(r"[a-z]{1,3}(_[a-z])?", fullmatch=True),
    st.text(PLAIN, min_size=1, max_size=8).map(str.strip).filter(lambda s: s and not set(s) & set(";|")),
)
COLOURS = st.sampled_from([None, "#00aaFF"])


@st.composite
def codebooks(draw):
    names = iter(draw(st.lists(NAMES, min_size=8, max_size=8, unique=True)))

    def code():
        name = next(names)
        label = draw(st.one_of(st.just(""), TEXTS, st.sampled_from([name, identifier(name), "Same label", "-"])))
        texts = {key: draw(TEXTS) for key in ("definition", "code_when", "not_when")}
        return Code(name=name, label=label, colour=draw(COLOURS), **texts)

    facts = {key: draw(TEXTS) for key in ("label", "description", "unit")}
    facts |= {"name": draw(NAMES), "version": draw(NAMES)}
    facts["boundaries"] = tuple(draw(st.lists(TEXTS.filter(bool), max_size=2)))
    if draw(st.booleans()):
        return Codebook(codes=tuple(code() for _ in range(draw(st.integers(1, 4)))), **facts)
    heads = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
    themes = tuple(
        Theme(
            name=head,
            label=draw(TEXTS),
            definition=draw(TEXTS),
            codes=tuple(code() for _ in range(draw(st.integers(1, 2)))),
        )
        for head in heads
    )
    return Codebook(themes=themes, **facts)


@given(codebooks())
def test_to_qdc_and_back_is_lossless(tmp_path_factory, codebook):
    path = tmp_path_factory.mktemp("books") / "book.qdc"
    write_book(codebook, path)
    assert read_book(path) == (codebook, [])


@given(codebooks())
def test_to_yaml_and_back_is_lossless(tmp_path_factory, codebook):
    path = tmp_path_factory.mktemp("books") / "book.yaml"
    write_codebook(codebook, path)
    assert load_codebook(path) == codebook


@given(TEXTS, st.lists(st.tuples(st.sampled_from(["Code when", "Not when"]), TEXTS.filter(bool)), max_size=3))
def test_facts_in_a_description_are_read_as_they_were_written(head, facts):
    headings = ("Code when", "Not when")
    assert sections.parse(sections.compose(head, facts, headings), headings) == (head, facts)


def test_the_shipped_codebook_through_every_format(tmp_path):
    book = load_codebook("partnership-culture")
    write_codebook(book, tmp_path / "a.qdc")
    write_codebook(read_codebook(str(tmp_path / "a.qdc"))[0], tmp_path / "a.yaml")
    assert load_codebook(tmp_path / "a.yaml") == book
    told = write_codebook(book, tmp_path / "partnership-culture.csv")
    assert "description, unit, boundaries" in told[0]
    back, _ = read_codebook(str(tmp_path / "partnership-culture.csv"))
    assert back.themes == book.themes and back.name == book.name


def test_real_codebooks(formats):
    atlas, _ = read_codebook(str(formats / "refi-qda" / "atlasti_win23_codebook.qdc"))
    assert [(t.label, t.definition, [(c.name, c.definition, c.colour) for c in t.codes]) for t in atlas.themes] == [
        ("code group 1", "kategorie 1", [("code1", "description", "#46AA00")])
    ]
    taguette, _ = read_codebook(str(formats / "taguette" / "taguette_1.4.1_codebook.qdc"))
    assert [(c.name, c.label) for c in taguette.codes] == [
        ("xsd_element_name", "xsd:element name"),
        ("CodeBook", ""),
        ("Variables", ""),
    ]
    nvivo, _ = read_codebook(str(formats / "refi-qda" / "nvivo_mac15_project.qdpx"))
    assert len(nvivo.names) == 262 and len(nvivo.themes) == 3
    assert nvivo.themes[0].codes[2].label == "competencies / programming"


def test_a_guess_at_a_tables_encoding_and_codes_given_twice_are_told(tmp_path):
    path = tmp_path / "t.csv"
    path.write_bytes("code;definition\nfamily;Familie für sich\n".encode("cp1252"))
    book, (told,) = read_codebook(str(path))
    assert book.all_codes[0].definition == "Familie für sich"
    assert told.startswith(f"{path}: not UTF-8; read as Windows-1252") and told.endswith("nothing is guessed")
    path.write_text("code,definition,theme\na,x,t\nb,y,t\na,z,u\n", encoding="utf-8")
    with pytest.raises(UsageError, match=r"code 'a' is given twice \(theme 1, code 1, theme 2, code 1\)"):
        read_codebook(str(path))


def test_taguettes_csv(tmp_path):
    (tmp_path / "t.csv").write_text("tag,description,number of highlights\nMoney: own,what it costs,3\ntrust,,1\n")
    book, _ = read_codebook(str(tmp_path / "t.csv"))
    assert [(c.name, c.label, c.definition) for c in book.codes] == [
        ("Money: own", "", "what it costs"),
        ("trust", "", ""),
    ]


def test_names_that_would_be_alike_are_told_apart():
    codes = [
        ProjectCode("1", "Trust"),
        ProjectCode("2", "Other", "1"),
        ProjectCode("3", "Money"),
        ProjectCode("4", "Other", "3"),
        ProjectCode("5", "Other", "3"),
        ProjectCode("6", "Alone"),
    ]
    book = book_of(codes, "My project").codebook
    assert book.name == "my_project" and book.label == "My project"
    assert [(t.name, [c.name for c in t.codes]) for t in book.themes] == [
        ("Trust_theme", ["Trust", "Other"]),
        ("Money_theme", ["Money", "money_other", "money_other_2"]),
        ("other_codes", ["Alone"]),
    ]


def test_a_project_without_codes_is_no_codebook():
    with pytest.raises(ThemesError, match="holds no code"):
        book_of([ProjectCode("1", "A group", codable=False)], "p")


def test_a_circle_of_codes_is_broken():
    codes = [ProjectCode("1", "A", "2"), ProjectCode("2", "B", "1"), ProjectCode("3", "C", "3")]
    assert sorted(book_of(codes, "p").codebook.names) == ["A", "B", "C"]


@pytest.mark.parametrize(
    "name, content, error, problem",
    [
        ("a.csv", "name,label\nx;y|z,\n,\n", None, ""),
        ("a.csv", "what,ever\n1,2\n", (UsageError, UnreadableInput), "columns|known kind"),
        ("a.csv", 'name,label\n"x,y', UsageError, "mend the quoting"),
        ("a.csv", "name,colour\nx,red\n", UsageError, "line 2"),
        ("a.qdc", "<CodeBook/>", UnreadableInput, "holds no code"),
        ("a.qdc", "PK\x03\x04", UnreadableInput, "not well-formed"),
        ("a.qdc", "<html/>", UnreadableInput, "its root is 'html'"),
    ],
)
def test_faulty_codebooks(tmp_path, name, content, error, problem):
    (tmp_path / name).write_text(content)
    if error is None:
        assert read_codebook(str(tmp_path / name))[0].names == ("x_y_z",)
        return
    with pytest.raises(error, match=problem):
        read_codebook(str(tmp_path / name))


def test_a_refusal_quotes_little(tmp_path):
    keys = ", ".join(f"{letter * 900}: 1" for letter in "abcdefghijklmnop")
    (tmp_path / "a.yaml").write_text(f"name: b\nthemes:\n- name: t\n  codes:\n  - {{name: {'x' * 5000}, {keys}}}\n")
    with pytest.raises(UsageError, match="unknown key") as caught:
        read_codebook(str(tmp_path / "a.yaml"))
    assert len(caught.value.reason) < 1500 and "more" in caught.value.reason


def test_the_sign_between_cells_is_told_by_all_rows(tmp_path):
    rows = "name;kept by (Ann, Bob, Cem, Dee);definition\nx;Ann;faith, hope\ny;Bob;love, too, and more\n"
    (tmp_path / "a.csv").write_text(rows)
    book, _ = read_codebook(str(tmp_path / "a.csv"))
    assert {code.name: code.definition for code in book.all_codes} == {"x": "faith, hope", "y": "love, too, and more"}


def test_an_unknown_suffix(tmp_path, codebook):
    with pytest.raises(UsageError, match=r"\.txt is no codebook's"):
        write_codebook(codebook, tmp_path / "a.txt")


def test_the_codes_of_a_codebook_are_what_people_read(codebook):
    codes = {code.code_id: code for code in codes_of(codebook)}
    assert (codes["cost_saving"].name, codes["cost_saving"].parent) == ("Cost saving", "theme\nway_forward")
    assert codes["effectiveness"].description == "partnership works\n\nCode when: working together is good"
    assert not codes["theme\nway_forward"].codable
