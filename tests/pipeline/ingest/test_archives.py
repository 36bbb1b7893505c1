"""Zip archives: members as inputs of their own, and archives that would do harm."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from looking import said

from pipeline.errors import ThemesError, UnreadableInput
from pipeline.ingest import Failed, Found, Skipped, archives, discover, identify, read_transcript

TALK = b"Anna: Hi?\nBen: Yes.\n"


def packed(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


@pytest.fixture
def pack(tmp_path: Path):
    """Write an archive; returns its path."""

    def write(files: dict[str, bytes] | bytes, name: str = "corpus.zip") -> Path:
        path = tmp_path / name
        path.write_bytes(files if isinstance(files, bytes) else packed(files))
        return path

    return write


def found(path: Path) -> list[str]:
    return [str(one.path.relative_to(path)) for one in discover([path]) if isinstance(one, Found)]


def failed(path: Path) -> dict[str, str]:
    return {str(one.path)[len(str(path)) + 1 :]: one.reason for one in discover([path]) if isinstance(one, Failed)}


def test_members_are_inputs_of_their_own(pack, tmp_path):
    path = pack(
        {"b/two.txt": TALK, "a one.vtt": b"WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Hi\n", "b/": b"", "x.png": b"x"}
    )
    assert found(path) == ["a one.vtt", "b/two.txt"]
    assert [one.path.name for one in discover([tmp_path]) if isinstance(one, Skipped)] == ["x.png"]
    transcript = read_transcript(path / "b" / "two.txt")
    assert said(transcript) == [("Anna", ["Hi?"]), ("Ben", ["Yes."])]
    assert transcript.path == str(path / "b" / "two.txt")
    assert transcript.sha256 == hashlib.sha256(TALK).hexdigest()
    assert (transcript.transcript_id, transcript.sha256) == identify(path / "b" / "two.txt")[:2]
    (tmp_path / "two.txt").write_bytes(TALK)
    assert identify(tmp_path / "two.txt") == identify(path / "b" / "two.txt")


def test_nothing_is_written_to_disk(pack, tmp_path):
    path = pack({"a.txt": TALK, "in.zip": packed({"b.txt": TALK})})
    for one in discover([path]):
        read_transcript(one.path)
    assert list(tmp_path.iterdir()) == [path]


def test_a_member_can_be_named_on_its_own(pack):
    path = pack({"a.txt": TALK})
    assert list(discover([path / "a.txt"])) == [Found(path / "a.txt")]
    with pytest.raises(UnreadableInput, match="no such file in the archive"):
        read_transcript(path / "b.txt")


def test_one_archive_within_another_is_opened_and_no_more(pack):
    inner = packed({"c.txt": TALK, "deep.zip": packed({"d.txt": TALK})})
    path = pack({"a.txt": TALK, "sub/in.zip": inner})
    assert found(path) == ["a.txt", "sub/in.zip/c.txt"]
    assert "archive in an archive in an archive" in failed(path)["sub/in.zip/deep.zip"]
    assert said(read_transcript(path / "sub" / "in.zip" / "c.txt"))[0] == ("Anna", ["Hi?"])


@pytest.mark.parametrize(
    "name", ["../a.txt", "x/../../a.txt", "/etc/a.txt", "C:\\a.txt", "..\\a.txt", "\\\\server\\a.txt"]
)
def test_names_that_lead_out_are_refused(pack, name):
    path = pack({"good.txt": TALK, name: TALK})
    assert found(path) == ["good.txt"]
    assert [reason.split(",")[0] for reason in failed(path).values()] == ["its name leads out of the archive"]


def test_names_of_other_systems(pack):
    path = pack(
        {
            "dir\\a.txt": TALK,
            "./b.txt": TALK,
            "__MACOSX/._b.txt": TALK,
            ".c.txt": TALK,
            "x/~$d.docx": TALK,
            "е.txt": TALK,
        }
    )
    assert found(path) == ["b.txt", "dir/a.txt", "е.txt"]
    assert all(said(read_transcript(path / name)) for name in found(path))


def test_names_in_utf8_that_are_not_marked_as_such(pack):
    """As macOS packs them."""
    data = packed({"M__ller.txt": TALK}).replace(b"M__ller", "M\u00fcller".encode())
    (member,) = archives.members(pack(data))
    assert (member.name, member.reason) == ("M\u00fcller.txt", "")
    assert archives.read_member(pack(data), member.name, 100) == TALK
    old = packed({"M_ller.txt": TALK}).replace(b"M_ller", "M\u00fcller".encode("cp437"))  # as Windows packed them
    assert [one.name for one in archives.members(pack(old, "old.zip"))] == ["M\u00fcller.txt"]


@pytest.mark.parametrize(
    "page, names",
    [
        ("cp850", ["João Ørsted.txt", "Señor Ángel.txt"]),
        ("cp1252", ["Größe Übung.txt", "café.txt"]),
        ("cp1251", ["Интервью 1.txt", "Иванов.txt"]),
        ("cp866", ["Интервью 1.txt", "Иванов.txt"]),
        ("cp932", ["インタビュー1.txt", "田中さん.txt"]),
        ("gbk", ["访谈一.txt", "张伟.txt"]),
    ],
)
def test_names_in_the_code_page_of_the_machine_that_packed_them(pack, page, names):
    path = pack(with_names([name.encode(page) for name in names]))
    assert found(path) == sorted(names, key=lambda name: (name.casefold(), name))
    texts = [archives.read_member(path, name, 100) for name in names]
    assert texts == [TALK + str(number).encode() for number in range(len(names))]


RAW = st.binary(min_size=1, max_size=8).filter(
    lambda raw: not set(raw) & set(b"\0/\\:.~") and any(byte > 127 for byte in raw)
)


@given(st.lists(RAW, min_size=1, max_size=4, unique=True))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_bytes_of_names_no_two_files_are_taken_for_one(pack, names):
    path = pack(with_names([name + b".txt" for name in names]))
    assert len(found(path)) == len(names) and failed(path) == {}
    contents = {archives.read_member(path, name, 100) for name in found(path)}
    assert contents == {TALK + str(number).encode() for number in range(len(names))}


def test_a_name_marked_and_another_unmarked_are_two_files(pack):
    data = with_names(["Müller.txt".encode(), "Müller.txt".encode("cp850")])
    assert found(pack(data)) == ["Müller (2).txt", "Müller.txt"]


def with_names(names: list[bytes]) -> bytes:
    """An archive of members with these bytes for names, no mark that says what they are, each with its number in its text."""
    own = ["ABCD"[number] * len(name) for number, name in enumerate(names)]
    data = packed({place: TALK + str(number).encode() for number, place in enumerate(own)})
    for place, name in zip(own, names, strict=True):
        data = data.replace(place.encode(), name)
    return data


def test_two_members_of_one_name(pack):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("a.txt", TALK)
        archive.writestr("a.txt", b"other")
    path = pack(out.getvalue())
    assert found(path) == [] and "several files of this name" in failed(path)["a.txt"]


def edited(data: bytes, offset: int, value: bytes) -> bytes:
    """The first member's record in the central directory (and, for flags, the local one) with other bytes."""
    changed = bytearray(data)
    at = changed.index(b"PK\x01\x02") + offset
    changed[at : at + len(value)] = value
    return bytes(changed)


@pytest.mark.parametrize(
    ("offset", "value", "says"),
    [
        (8, b"\x01", "is encrypted.*password"),
        (10, b"\x63", "packed in a way that is not read"),
        (38, struct.pack("<I", 0o120777 << 16), "is a link"),
        (24, struct.pack("<I", 50_000_000), "would unpack from"),
    ],
)
def test_members_that_cannot_be_read(pack, offset, value, says):
    path = pack(edited(packed({"a.txt": TALK, "b.txt": TALK}), offset, value))
    assert found(path) == ["b.txt"]
    with pytest.raises(UnreadableInput, match=says):
        read_transcript(path / "a.txt")


def test_a_member_with_a_wrong_checksum(pack):
    path = pack(edited(packed({"a.txt": TALK}), 16, b"\0\0\0\0"))
    with pytest.raises(UnreadableInput, match="is damaged in the archive"):
        read_transcript(path / "a.txt")


def test_bombs(pack, monkeypatch):
    path = pack({"bomb.txt": bytes(60_000_000), "a.txt": TALK})
    assert found(path) == ["a.txt"]
    assert "would unpack from" in failed(path)["bomb.txt"]
    monkeypatch.setattr(archives, "MAX_UNPACKED", 1000)
    with pytest.raises(UnreadableInput, match="limits are 1,000"):
        list(archives.members(pack({"a.txt": bytes(2000)}, "b.zip")))
    nested = pack({f"{n}.zip": packed({"a.txt": TALK * 20}) for n in range(4)}, "c.zip")
    assert found(nested) == ["0.zip/a.txt"]
    assert all("limits are 1,000" in reason for reason in failed(nested).values())
    monkeypatch.setattr(archives, "MAX_MEMBERS", 2)
    assert "in 3 files" in failed(pack({str(n): b"" for n in range(3)}, "d.zip"))[""]


def test_a_member_that_hides_its_size_is_not_unpacked_in_full(pack):
    """The directory says 100 bytes; the packed data hold 60 million."""
    data = packed({"a.txt": bytes(60_000_000)})
    path = pack(edited(data, 24, struct.pack("<I", 100)))
    tracemalloc.start()
    with pytest.raises(UnreadableInput):
        read_transcript(path / "a.txt")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_larger_members_than_wanted(pack):
    path = pack({"a.txt": TALK * 10})
    with pytest.raises(UnreadableInput, match="200 bytes are more than the limit of 50"):
        read_transcript(path / "a.txt", max_bytes=50)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"Anna: Hi?", "no zip archive"),
        (packed({"a.txt": TALK * 50})[:-30], "no zip archive, or one that is damaged"),
        (packed({}), "archive is empty"),
        (packed({"[Content_Types].xml": b"<x/>", "word/document.xml": b"<x/>"}), "not an archive of transcripts"),
    ],
)
def test_what_is_no_archive_of_transcripts(pack, data, says):
    assert says in failed(pack(data))[""]


def test_tables_and_json_in_folders_are_read_where_they_are_transcripts(pack, tmp_path):
    talk = b"speaker,text\nAnna,Hi?\nBen,Yes.\n"
    names = {
        "talk.csv": talk,
        "codes.csv": b"tag,description\na,b\n",
        "package.json": b'{"name": "x"}',
        "cut.json": b'{"a": ',
    }
    path = pack(names)
    for name, data in names.items():
        (tmp_path / name).write_bytes(data)
    assert found(path) == ["cut.json", "talk.csv"]
    path.unlink()
    entries = {one.path.name: one for one in discover([tmp_path / "codes.csv", tmp_path])}
    assert isinstance(entries["talk.csv"], Found) and isinstance(entries["cut.json"], Found)
    assert isinstance(entries["codes.csv"], Found), "what the user names is read, and told where it fails"
    assert isinstance(entries["package.json"], Skipped) and "known are" in entries["package.json"].reason


def test_real_members(formats: Path, pack):
    names = ["json/podcastindex_example.json", "docx/qualcoder_ID1_unlabelled.docx", "csv-coded/ohd_gluck.csv"]
    path = pack({name: (formats / name).read_bytes() for name in names})
    assert sorted(found(path)) == sorted(names)
    for name in names:
        inside, outside = read_transcript(path / name), read_transcript(formats / name)
        assert (inside.transcript_id, inside.text, inside.turns) == (outside.transcript_id, outside.text, outside.turns)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), value=st.integers(0, 255), cut=st.booleans())
def test_any_damage_gives_a_reading_or_a_reason(pack, place, value, cut):
    data = bytearray(packed({"a.txt": TALK, "in.zip": packed({"b.json": json.dumps({"segments": []}).encode()})}))
    at = int(place * len(data))
    data[at] = value
    path = pack(bytes(data[:at] if cut and at else data))
    for one in discover([path]):
        if isinstance(one, Found):
            try:
                read_transcript(one.path)
            except ThemesError as error:
                assert error.reason
        else:
            assert one.reason
