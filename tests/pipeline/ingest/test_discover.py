"""Finding inputs: order, links, what is skipped and what fails."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import pytest

from pipeline.ingest import Failed, Found, Skipped, discover


def fill(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")


def names(entries, kind, folder: Path) -> list[str]:
    return [str(entry.path.relative_to(folder)) for entry in entries if isinstance(entry, kind)]


def test_a_folder_in_order(tmp_path):
    fill(tmp_path, "b.txt", "A.docx", "sub/z.VTT", "sub/deep/a.srt", "c.rst", "new\nline.txt", "интервью.txt")
    fill(tmp_path, ".hidden.txt", "~$A.docx", ".git/x.txt", "data.csv", "README")
    (tmp_path / "data.csv").write_text("tag,description\na,b\n")
    entries = list(discover([tmp_path]))
    assert names(entries, Found, tmp_path) == [
        "A.docx",
        "b.txt",
        "c.rst",
        "new\nline.txt",
        "sub/deep/a.srt",
        "sub/z.VTT",
        "интервью.txt",
    ]
    assert {(e.path.name, e.suffix) for e in entries if isinstance(e, Skipped)} == {
        ("data.csv", ".csv"),
        ("README", ""),
    }
    assert not [entry for entry in entries if isinstance(entry, Failed)]


def test_what_tells_of_the_other_files_is_read_only_where_it_is_named(tmp_path):
    fill(tmp_path, "a.txt", "README.md", "Licence.TXT", "readme notes.txt")
    entries = list(discover([tmp_path]))
    assert names(entries, Found, tmp_path) == ["a.txt", "readme notes.txt"]
    assert names(entries, Skipped, tmp_path) == ["Licence.TXT", "README.md"]
    assert names(discover([tmp_path / "README.md"]), Found, tmp_path) == ["README.md"]


def test_explicit_paths(tmp_path):
    fill(tmp_path, "a.txt", "b.wpd", ".hidden.txt", "c")
    given = [tmp_path / name for name in ("a.txt", "b.wpd", "none.txt", ".hidden.txt", "c", "a.txt")]
    entries = list(discover(given))
    assert names(entries, Found, tmp_path) == ["a.txt", ".hidden.txt"]
    assert [(e.path.name, e.reason.split(" (")[0]) for e in entries if isinstance(e, Failed)] == [
        ("b.wpd", ".wpd is not a format that is read"),
        ("none.txt", "there is no such file or folder"),
        ("c", "a name without suffix is not a format that is read"),
    ]


def test_links(tmp_path):
    fill(tmp_path, "a/one.txt")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "gone.txt").symlink_to(tmp_path / "nowhere")
    entries = list(discover([tmp_path, tmp_path / "b"]))
    assert names(entries, Found, tmp_path) == ["a/one.txt"]
    assert names(entries, Failed, tmp_path) == ["gone.txt"]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_unreadable_folder(tmp_path):
    fill(tmp_path, "a.txt", "shut/b.txt")
    (tmp_path / "shut").chmod(0)
    entries = list(discover([tmp_path]))
    (tmp_path / "shut").chmod(0o700)
    assert names(entries, Found, tmp_path) == ["a.txt"]
    assert names(entries, Failed, tmp_path) == ["shut"]


def test_it_is_lazy_and_takes_any_depth(tmp_path):
    fill(tmp_path, "a.txt")
    endless = itertools.chain([tmp_path], itertools.repeat(tmp_path / "none.txt"))
    assert isinstance(next(discover(endless)), Found)
    folder = tmp_path
    for _ in range(300):
        folder = folder / "d"
        folder.mkdir()
    (folder / "z.txt").write_text("x")
    assert len(names(discover([tmp_path]), Found, tmp_path)) == 2


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.txt")
    assert list(discover([tmp_path])) == []
    assert isinstance(next(discover([tmp_path / "a.txt"])), Failed)
