"""Projects kept in SQLite: real ones, ones made with each program's own schema, and what is no project at all."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from making import coded

from pipeline.errors import UnreadableInput
from pipeline.exchange import qualcoder, qualitative_coding, requal, taguette
from pipeline.exchange.registry import reader_of

HTML = (
    "<h1>Talk</h1><p>We <b>ring</b> them &amp; they \U0001f600 come.</p>"
    "<p>Café, said Zoë.</p>\n<ul><li>one</li><li>two</li></ul>"
)
COUNTED = "TalkWe ring them & they \U0001f600 come.Café, said Zoë.\nonetwo"
"""The text nodes of `HTML`, as Taguette strings them together."""


def at(words: str) -> tuple[int, int]:
    start = len(COUNTED[: COUNTED.index(words)].encode())
    return start, start + len(words.encode())


@pytest.fixture
def tag(tmp_path):
    """A Taguette database: highlights as (start, end, snippet, tags)."""

    def make(*highlights, log: bool = True) -> Path:
        path = tmp_path / "t.sqlite3"
        with sqlite3.connect(path) as base:
            base.executescript(
                "CREATE TABLE projects(id INTEGER PRIMARY KEY, name TEXT);"
                "CREATE TABLE documents(id INTEGER PRIMARY KEY, name TEXT, contents TEXT);"
                "CREATE TABLE tags(id INTEGER PRIMARY KEY, path TEXT, description TEXT);"
                "CREATE TABLE highlights(id INTEGER PRIMARY KEY, document_id, start_offset, end_offset, snippet);"
                "CREATE TABLE highlight_tags(highlight_id, tag_id);"
                "CREATE TABLE commands(id INTEGER PRIMARY KEY, user_login, payload);"
                "INSERT INTO projects VALUES(1, 'P');"
                "INSERT INTO tags VALUES(1, 'calls', 'by phone'), (2, 'people', '');"
            )
            base.execute("INSERT INTO documents VALUES(1, 'a', ?)", (HTML,))
            for key, (start, end, snippet, tags) in enumerate(highlights, 1):
                base.execute("INSERT INTO highlights VALUES(?, 1, ?, ?, ?)", (key, start, end, snippet))
                base.executemany("INSERT INTO highlight_tags VALUES(?, ?)", [(key, one) for one in tags])
                if log:
                    payload = f'{{"type": "highlight_add", "highlight_id": {key}}}'
                    base.execute("INSERT INTO commands(user_login, payload) VALUES('ann', ?)", (payload,))
        return path

    return make


def test_taguette_counts_bytes_of_the_text_nodes(tag):
    words = ["ring them & they \U0001f600 come", "Café", "Zoë.\none", "two"]
    found = taguette.read(tag(*[(*at(part), "", [1]) for part in words]))
    shown = [part.replace(".\none", ".\n\none") for part in words]  # a list starts on a line of its own
    assert coded(found) == [(part, "calls", "ann") for part in shown]
    assert (
        found.sources[0].text
        == "Talk\nWe ring them & they \U0001f600 come.\nCafé, said Zoë.\n\none\ntwo\n".rstrip("\n") + "\n"
    )
    assert found.codes[0].description == "by phone" and found.warnings == ()


def test_taguette_snippets_have_the_last_word(tag):
    path = tag((*at("Café"), "<p>Zoë</p>", [1, 2]), (*at("two"), "<li>twelve</li>", [1]), (*at("one"), "one", []))
    found = taguette.read(path)
    assert [part[:2] for part in coded(found)] == [("Zoë", "calls"), ("Zoë", "people")]
    assert len(found.warnings) == 3 and "no tag" in " ".join(found.warnings)


def test_taguette_offsets_beyond_reason(tag):
    found = taguette.read(tag((-5, 3, "", [1]), (0, "1e30", "", [1]), (9, 2, "", [1]), ("x", None, "", [1]), log=False))
    assert found.codings == () and "4 highlights lie outside" in found.warnings[0]


@given(
    st.lists(
        st.sampled_from(["a", "é", "\U0001f600", "\n", " ", "<b>", "</b>", "</p><p>", "&lt;", "<br>"]), max_size=25
    )
)
def test_taguettes_characters_all_have_their_place(parts):
    page = taguette.Page.of("<p>" + "".join(parts) + "</p>")
    assert "".join(page.text[place] for place in page.places) == page.counted
    assert page.places == sorted(set(page.places))
    assert page.counted == "".join({"&lt;": "<"}.get(part, "" if part[0] == "<" else part) for part in parts)


def test_a_real_taguette_database(formats):
    path = formats / "taguette" / "taguette_project_guide_only_derived.sqlite3"
    assert reader_of(path).name == "taguette"
    found = taguette.read(path)
    assert [code.name for code in found.codes][-1] == "deductive: stake" and len(found.codes) == 6
    assert "Project Title\n\nConnecting communities of practice" in found.sources[0].text


def test_real_requal_segments_are_word_for_word_what_requal_quotes(formats):
    path = formats / "requal" / "mock.requal"
    with sqlite3.connect(f"{path.as_uri()}?mode=ro&immutable=1", uri=True) as base:
        query = "SELECT segment_text, code_name FROM segments JOIN codes USING(code_id) ORDER BY segment_id"
        quoted = base.execute(query).fetchall()
    found = requal.read(path)
    assert [part[:2] for part in coded(found)] == quoted and len(quoted) == 19
    assert {part[2] for part in coded(found)} == {"Requal User1"}
    assert any("4 segments carry a memo" in warning for warning in found.warnings)
    assert next(code.colour for code in found.codes if code.codable) == "#ffff00"


def test_qualcoder_folder(tmp_path):
    text = "Ann: \U0001f600 we ring.\r\nBob: no money."
    with sqlite3.connect(tmp_path / "data.qda") as base:
        base.executescript(
            "CREATE TABLE source(id INTEGER, name, fulltext); CREATE TABLE code_cat(catid, name, memo, supercatid);"
            "CREATE TABLE code_name(cid INTEGER, name, memo, catid, color);"
            "CREATE TABLE code_text(cid, fid, seltext, pos0, pos1, owner, memo);"
            "INSERT INTO code_cat VALUES(1, 'Top', '', NULL), (2, 'Sub', '', 1);"
            "INSERT INTO code_name VALUES(1, 'Calls', 'memo', 2, '#ff0000'), (2, 'Money', '', NULL, '');"
        )
        base.execute("INSERT INTO source VALUES(1, 'a.txt', ?)", (text,))
        start = text.index("money")  # stored line ends count as two
        rows = [
            (1, 1, "we ring", 7, 14, "ann", "sure"),
            (2, 1, "money", start, start + 5, "bob", ""),
            (2, 1, "gold", 0, 4, "bob", ""),
        ]
        base.executemany("INSERT INTO code_text VALUES(?, ?, ?, ?, ?, ?, ?)", rows)
    found = qualcoder.read(tmp_path)
    assert reader_of(tmp_path).name == "qualcoder"
    assert sorted(coded(found)) == [("money", "Money", "bob"), ("we ring", "Calls", "ann")]
    assert found.codes[2].parent == found.codes[1].code_id and len(found.warnings) == 1


@pytest.fixture
def qc(tmp_path):
    settings = {"corpus_dir": "corpus", "database": "qc.sqlite3", "codebook": "codebook.yaml", "memos_dir": "memos"}
    (tmp_path / "settings.yaml").write_text(yaml.safe_dump(settings))
    (tmp_path / "codebook.yaml").write_text("- People:\n  - Ann\n- Money\n")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text("nought\none\ntwo\n")
    with sqlite3.connect(tmp_path / "qc.sqlite3") as base:
        base.executescript(
            "CREATE TABLE document_index(id INTEGER, document_id); CREATE TABLE location(id INTEGER, document_index_id);"
            "CREATE TABLE coded_line(id INTEGER, line INTEGER, coder_id, code_id);"
            "CREATE TABLE coded_line_location_association(coded_line_id, location_id);"
            "INSERT INTO document_index VALUES(1, 'a.txt'); INSERT INTO location VALUES(1, 1);"
            "INSERT INTO coded_line VALUES(1, 0, 'cp', 'Ann'), (2, 2, 'cp', 'Money'), (3, 99, 'cp', 'Money'), (4, 1, 'x', 'New');"
            "INSERT INTO coded_line_location_association VALUES(1, 1), (2, 1), (3, 1), (4, 1);"
        )
    return tmp_path


def test_whole_lines_of_qualitative_coding(qc):
    assert reader_of(qc).name == "qualitative-coding"
    found = qualitative_coding.read(qc)
    assert coded(found) == [("nought", "Ann", "cp"), ("two", "Money", "cp"), ("one", "New", "x")]
    assert "1 coded line is not in its text" in found.warnings[0]


BOMB = "a0: &a0 []\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))


@pytest.mark.parametrize("codebook", ["&a [x, *a]", "&a {x: *a}", "&a [*a]", BOMB, "d: 2024-02-31", "[" * 5000])
def test_a_codebook_that_never_ends(qc, codebook):
    (qc / "codebook.yaml").write_text(codebook)
    with pytest.raises(UnreadableInput, match="codebook"):
        qualitative_coding.read(qc)


def test_settings_that_are_no_settings(qc):
    (qc / "settings.yaml").write_text("date: 2024-02-31\n")
    assert not qualitative_coding.recognise(qc)


def test_a_log_nested_beyond_reason(tag):
    path = tag((*at("ring"), "ring", ["calls"]))
    with sqlite3.connect(path) as base:
        base.execute("INSERT INTO commands(user_login, payload) VALUES('x', ?)", ("[" * 200_000,))
    assert taguette.read(path).sources


def test_nothing_is_read_outside_the_project(qc):
    with sqlite3.connect(qc / "qc.sqlite3") as base:
        base.execute("UPDATE document_index SET document_id = '../../secret.txt'")
    with pytest.raises(UnreadableInput, match="outside the project"):
        qualitative_coding.read(qc)


@pytest.mark.parametrize("content", [b"hello", b"", b"SQLite format 3\0" + b"\xff" * 5000])
@pytest.mark.parametrize("module", [taguette, requal, qualcoder])
def test_what_is_no_database(tmp_path, content, module):
    path = tmp_path / "x.db"
    path.write_bytes(content)
    assert not module.recognise(path)
    with pytest.raises(UnreadableInput) as caught:
        module.read(path)
    assert "x.db" in str(caught.value) and caught.value.remedy


def test_another_programs_database(tag, formats):
    with pytest.raises(UnreadableInput, match="not a project of requal"):
        requal.read(tag())
    with pytest.raises(UnreadableInput, match="not a project of Taguette"):
        taguette.read(formats / "requal" / "mock.requal")
