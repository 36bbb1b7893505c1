"""Projects that are damaged or mean harm: a clear error or a reading with warnings, and nothing written."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import CODES, GUID, MONEY, TRUST, USERS, coded, project_xml, selection, source

from pipeline import safety
from pipeline.errors import ThemesError, UnreadableInput, UsageError
from pipeline.exchange.refi import archive
from pipeline.exchange.refi.codebook_file import read as read_codebook
from pipeline.exchange.refi.project_file import read
from pipeline.exchange.registry import reader_of
from pipeline.ingest.office import open_archive

TEXT = "We ring them."
GOOD = project_xml(source(selection(0, 2, TRUST)))
BOMB = '<!DOCTYPE p [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>' + GOOD.replace('name="p"', 'name="&b;"')
FILE = '<!DOCTYPE p [<!ENTITY a SYSTEM "file:///etc/hostname">]>' + GOOD.replace('name="p"', 'name="&a;"')


@pytest.mark.parametrize(
    "xml, problem",
    [
        (BOMB, "document type declaration"),
        (FILE, "document type declaration"),
        (BOMB.encode("utf-16"), "document type declaration"),
        (GOOD[: len(GOOD) // 2], "not well-formed XML, perhaps cut off"),
        ("", "not well-formed XML"),
        (GOOD.replace("Project", "CodeBook"), "its root is 'CodeBook', not 'Project'"),
        ('<?xml version="1.0" encoding="klingon"?>' + GOOD, "not well-formed XML"),
        (GOOD.replace('name="p"', 'name="\xe9"').encode("latin-1"), "not well-formed"),
        (
            GOOD.replace("<Codes>", "<Codes>" + f'<Code guid="{GUID(9)}" name="x" isCodable="true">' * 5000),
            "not well-formed",
        ),
    ],
)
def test_xml_that_is_refused(make, xml, problem):
    with pytest.raises(UnreadableInput, match=problem) as caught:
        read(make(xml, {"sources/a.txt": TEXT}))
    assert "project.qdpx" in str(caught.value) and caught.value.remedy


def test_a_refusal_quotes_little(make):
    with pytest.raises(UnreadableInput, match="not well-formed") as caught:
        read(make(GOOD.replace("<Codes>", f'<Codes xmlns:a="{"9" * 5000} %zz">'), {}))
    assert len(caught.value.reason) < 500


def packed(content=GOOD):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("project.qde", content)
        file.writestr("sources/a.txt", TEXT)
    return out.getvalue()


def encrypted():
    data = bytearray(packed())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1
    return bytes(data)


def lying():
    """A part that says it is small and is not."""
    data = bytearray(packed(GOOD + " " * 1000))
    at = data.index(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 10)
    return bytes(data)


@pytest.mark.parametrize(
    "data, problem",
    [
        (packed()[:200], "damaged or was cut off"),
        (b"PK\x05\x06" + b"\0" * 18, "no project.qde"),
        (b"not a project", "neither a zip archive nor XML"),
        (b"", "neither a zip archive nor XML"),
        (encrypted(), "encrypted"),
        (lying(), "damaged or was cut off|not well-formed"),
    ],
)
def test_archives_that_are_refused(tmp_path, data, problem):
    path = tmp_path / "bad.qdpx"
    path.write_bytes(data)
    with pytest.raises(UnreadableInput, match=problem):
        read(path)


def test_a_zip_bomb(make, monkeypatch):
    monkeypatch.setattr(safety, "RATIO_FROM", 100_000)
    with pytest.raises(UnreadableInput, match="would unpack to 1,000,"):
        read(make(GOOD + " " * 1_000_000, {}))


def test_a_bare_project_that_is_too_large(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MAX_PART", 1000)
    (tmp_path / "p.qde").write_text(GOOD + " " * 1000)
    with pytest.raises(UnreadableInput, match="larger than the limit of 1,000"):
        read(tmp_path / "p.qde")


def test_members_packed_in_another_way(tmp_path):
    path = tmp_path / "p.qdpx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("project.qde", GOOD)
    with pytest.raises(UnreadableInput, match="packed in a way that is not read"):
        read(path)
    with pytest.raises(UnreadableInput, match="packed in a way that no office program uses"):
        open_archive(path.read_bytes(), "odt")


def test_what_is_not_there(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        reader_of(tmp_path / "none.qdpx")
    (tmp_path / "a.xyz").touch()
    with pytest.raises(UnreadableInput, match=r"\.xyz is not read"):
        reader_of(tmp_path / "a.xyz")
    with pytest.raises(UnreadableInput, match="cannot be read"):
        read(tmp_path)


@pytest.mark.parametrize(
    "path",
    [
        "../secret.txt",
        "relative://..%2fsecret.txt",
        "internal://../../secret.txt",
        "absolute:///etc/hostname",
        "..\\secret.txt",
        "\0",
        "internal://",
    ],
)
def test_a_path_that_leads_out_of_the_project(tmp_path, make, path):
    inner = tmp_path / "inner"
    inner.mkdir()
    (tmp_path / "secret.txt").write_text("Secret words.")
    (inner / "link.txt").symlink_to(tmp_path / "secret.txt")
    for leads_out in (path.replace("\0", "&#9;"), "link.txt"):
        xml = project_xml(source(selection(0, 2, TRUST), path=leads_out))
        found = read(make(xml, name="inner/p.qdpx"))
        assert found.sources == () and found.warnings[-1] == "a: has no text and was left out with 1 coding"


def test_names_in_the_archive_that_lead_out_are_never_written(tmp_path, make):
    before = set(tmp_path.rglob("*"))
    path = make(GOOD, {"../../evil.txt": "x", "/evil": "x", "sources/a.txt": TEXT})
    assert coded(read(path)) == [("We", "Trust", "Ann")]
    assert set(tmp_path.rglob("*")) - before == {path}


@pytest.mark.parametrize(
    "start, end",
    [(-5, 2), (5, 2), (0, 99), (10**30, 10**31), ("x", 3), ("", ""), ("1.5", 3), (3, 3), (-3, -1), ("²", 3)],
)
def test_absurd_offsets_are_left_out(project, start, end):
    found = project(project_xml(source(selection(start, end, TRUST), selection(0, 2, TRUST))), {"sources/a.txt": TEXT})
    assert coded(found) == [("We", "Trust", "Ann")]
    assert any("not within their text: 1 left out" in warning for warning in found.warnings)


def test_an_end_just_past_the_text_is_cut(project):
    found = project(project_xml(source(selection(8, len(TEXT) + 1, TRUST))), {"sources/a.txt": TEXT})
    assert coded(found) == [("them.", "Trust", "Ann")]


def test_a_code_inside_itself_and_guids_given_twice(project):
    code = f'<Code guid="{TRUST}" name="Trust again" isCodable="true"/>'
    before = USERS + CODES.replace(f'<Code guid="{MONEY}"', f'{code}<Code guid="{MONEY}"')
    found = project(project_xml(source(selection(0, 2, TRUST)), before=before), {"sources/a.txt": TEXT})
    assert [(c.name, c.parent) for c in found.codes] == [("Trust", None), ("Trust again", TRUST), ("Money", TRUST)]
    assert coded(found) == [("We", "Trust", "Ann")] and "share the GUID" in found.warnings[0]


def test_a_code_that_the_codebook_lacks(project):
    found = project(
        project_xml(source(selection(0, 2, GUID(99)), selection(0, 2, TRUST, GUID(98)))), {"sources/a.txt": TEXT}
    )
    assert coded(found) == [("We", "Trust", "Ann")]
    assert "codings with a code that the codebook lacks: 2 left out" in found.warnings[0]


def test_a_text_in_another_encoding(project):
    words = "Café talk, “quoted” – a naïve résumé it isn’t.".encode("cp1252")
    found = project(project_xml(source(selection(0, 4, TRUST))), {"sources/a.txt": words})
    assert coded(found) == [("Café", "Trust", "Ann")] and "not UTF-8; read as" in found.warnings[0]


def test_a_source_that_is_no_text(project):
    found = project(project_xml(source(selection(0, 2, TRUST))), {"sources/a.txt": bytes(range(256)) * 9})
    assert found.sources == () and any("cannot be read" in warning for warning in found.warnings)


def test_a_real_codebook_that_was_cut_off(formats):
    with pytest.raises(UnreadableInput, match=r"truncated\.qdc: line 1[78]: is not well-formed XML, perhaps cut off"):
        read_codebook(formats / "refi-qda" / "atlasti_win23_codebook_truncated.qdc")


@given(st.data())
def test_bytes_changed_anywhere_never_give_another_error(tmp_path_factory, data):
    content = bytearray(packed())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("fuzz") / "p.qdpx"
    path.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        read(path)
    except ThemesError as error:
        assert error.remedy
