"""Binary Word documents go through LibreOffice: with it, without it, and where it never ends."""

from __future__ import annotations

import os
import shutil
import stat
import time
from pathlib import Path

import pytest
from looking import check_laws, turns_by_speaker

from pipeline.errors import UnreadableInput
from pipeline.ingest import doc, read_transcript

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "WordDocument".encode("utf-16-le") + bytes(900)


@pytest.mark.skipif(doc._program() is None, reason="LibreOffice is not installed")
def test_real_file(formats: Path):
    transcript = read_transcript(formats / "doc" / "unix_ritchie.doc")
    check_laws(transcript)
    assert transcript.format == "doc"
    assert turns_by_speaker(transcript) == {"Ritchie": 45, "MSM": 43}


def test_without_libreoffice(read, monkeypatch):
    monkeypatch.setattr(doc, "_program", lambda: None)
    with pytest.raises(UnreadableInput, match="which is not installed .save it as .docx"):
        read(OLE, "a.doc")


def program(folder: Path, script: str) -> None:
    path = folder / "soffice"
    path.write_text(f"#!{shutil.which('sh')}\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_a_program_that_never_ends_is_ended_with_all_it_started(read, monkeypatch, tmp_path):
    program(tmp_path, f"(sleep 2; touch {tmp_path}/alive) & sleep 60")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(doc, "TIME_LIMIT", 0.5)
    start = time.perf_counter()
    with pytest.raises(UnreadableInput, match="not done after"):
        read(OLE, "a.doc")
    assert time.perf_counter() - start < 2
    time.sleep(2)
    assert not (tmp_path / "alive").exists()


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_a_program_that_makes_nothing(read, monkeypatch, tmp_path):
    program(tmp_path, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(UnreadableInput, match="LibreOffice cannot read it"):
        read(OLE, "a.doc")


def test_what_is_no_word_document(read):
    with pytest.raises(UnreadableInput, match="named .doc but is an old Office file"):
        read(OLE.replace("Word".encode("utf-16-le"), b"\0" * 8), "a.doc")
    with pytest.raises(UnreadableInput, match="password"):
        read(OLE + "EncryptedPackage".encode("utf-16-le"), "a.doc")
