"""Gives our exports to other programs, and reads what they export: qualitative-coding (qc) and Taguette.

    python scripts/try_other_programs.py [--folder FOLDER]

Builds a virtual environment for each program in the folder (kept for the next time; the package index is needed once) and prints
what happened. Nothing of them is imported here: they run as programs of their own.
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

from pipeline.codebook import load_codebook
from pipeline.exchange.codebook_files import read_codebook, write_codebook
from pipeline.exchange.project import Project
from pipeline.exchange.refi.project_file import read

FOLDER = Path(tempfile.gettempdir()) / "themes-other-programs"
PACKAGES = {"qc": "qualitative-coding", "taguette": "taguette"}
GOLD = (
    ("u1", "a", "Who do you ring?", "I ring the council.", "named_contacts;effectiveness", "ann"),
    ("u1", "a", "Who do you ring?", "I ring the council.", "effectiveness", "bob"),
    ("u2", "a", "And then?", "Nothing — no café \U0001f600 comes of it.", "talking_shop", "ann"),
    ("u3", "b", "Why is that?", "Well.\nWho knows.", "", "ann"),
)
CODE_LINES = """
import pathlib
from qualitative_coding.corpus import QCCorpus
corpus = QCCorpus(pathlib.Path("settings.yaml"))
with corpus.session():
    corpus.update_coded_lines("talk.txt", "eve", [{"line": 0, "code_id": "first"}, {"line": 2, "code_id": "last"}])
    corpus.update_coded_lines("talk.txt", "joe", [{"line": 2, "code_id": "last"}, {"line": 2, "code_id": "odd"}])
"""
TALK = "Ann: the first — line\nBob: \U0001f600 between\nAnn: the café is last\n"
LINES = TALK.splitlines(keepends=True)
CODED_LINES = {
    (LINES[0], "first", "eve"),
    (LINES[2], "last", "eve"),
    (LINES[2], "last", "joe"),
    (LINES[2], "odd", "joe"),
}
TAGS = """
import sys
from types import SimpleNamespace
from taguette import export, import_codebook
with open(sys.argv[1], "rb") as file:
    tags = import_codebook.list_tags(file)
export.codebook_xml([SimpleNamespace(**tag) for tag in tags], sys.argv[2])
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, default=FOLDER)
    folder = parser.parse_args().folder
    for program in PACKAGES:
        _install(folder, program)
    for name, attempt in ATTEMPTS.items():
        with tempfile.TemporaryDirectory(prefix="themes-other-") as work:
            print(f"{name}: {attempt(folder, Path(work))}")


def interpreter(folder: Path, program: str) -> Path:
    """The Python that has the program."""
    return folder / program / ("Scripts" if os.name == "nt" else "bin") / "python"


def gold_into_qc(folder: Path, work: Path) -> str:
    """Our project into qc, out again, and back to us; raises AssertionError where something was lost that qc can hold."""
    with (work / "gold.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("id", "group", "context", "text", "codes", "coder"), *GOLD])
    _themes("export", work / "gold.csv", "--codebook", "partnership-culture", "--out", work / "ours.qdpx")
    ours = read(work / "ours.qdpx")
    inner = work / "project"
    inner.mkdir()
    _qc(folder, inner, "init", "--import", work / "ours.qdpx")
    for source in ours.sources:
        assert (inner / "corpus" / f"{source.name}.txt").read_text(encoding="utf-8") == source.text
    _qc(folder, inner, "export", work / "theirs.qdpx")
    theirs = read(work / "theirs.qdpx")
    assert {source.text for source in theirs.sources} == {source.text for source in ours.sources}
    assert _paths(theirs) == _paths(ours)
    assert _who_gave_what(theirs) == _who_gave_what(ours)
    moved = sum(coding.start != 0 for coding in ours.codings if coding.code_id)
    first = all(coding.start == 0 for coding in theirs.codings)
    where = f"put all codings on line 0, {moved} of which stood elsewhere" if first else "kept their places"
    return (
        f"validated and imported it; texts, nested codes, coders and who gave which code came back the same; qc {where}"
    )


def qc_into_gold(folder: Path, work: Path) -> str:
    """A project that qc made itself, read by us: every coding against the lines that qc was told to code."""
    _qc(folder, work, "init")
    (work / "talk.txt").write_text(TALK, encoding="utf-8")
    _qc(folder, work, "corpus", "import", "talk.txt", "--importer", "verbatim")
    _run([interpreter(folder, "qc"), "-c", CODE_LINES], work)
    _qc(folder, work, "export", work / "theirs.qdpx")
    project = read(work / "theirs.qdpx")
    names = {code.code_id: code.name for code in project.codes}
    found = {(project.text_of(c), names[c.code_id or ""], c.coder) for c in project.codings}
    assert found == CODED_LINES, found
    return f"{len(found)} codings by 2 coders read on exactly their lines"


def codebook_through_taguette(folder: Path, work: Path) -> str:
    """Our codebook as CSV into Taguette, its own QDC export back to us."""
    book = load_codebook("partnership-culture")
    write_codebook(book, work / "book.csv")
    _run([interpreter(folder, "taguette"), "-c", TAGS, work / "book.csv", work / "theirs.qdc"], work)
    back, _ = read_codebook(str(work / "theirs.qdc"))
    assert back.names == book.names, back.names
    return f"{len(back.names)} codes read from our CSV, and from its QDC by us, with the same names (it exports no descriptions)"


ATTEMPTS: dict[str, Callable[[Path, Path], str]] = {
    "gold into qc and back": gold_into_qc,
    "qc's own project into gold": qc_into_gold,
    "codebook through Taguette": codebook_through_taguette,
}


def _who_gave_what(project: Project) -> set[tuple[str, str, str]]:
    sources = {source.source_id: source.text for source in project.sources}
    names = {code.code_id: code.name for code in project.codes}
    return {(sources[c.source_id], names[c.code_id], c.coder) for c in project.codings if c.code_id}


def _paths(project: Project) -> set[tuple[str, str]]:
    """Each code with the one above it."""
    names = {code.code_id: code.name for code in project.codes}
    return {(names.get(code.parent or "", ""), code.name) for code in project.codes}


def _install(folder: Path, program: str) -> None:
    if not interpreter(folder, program).exists():
        venv.create(folder / program, with_pip=True)
        pip = [interpreter(folder, program), "-m", "pip", "install", "--quiet", PACKAGES[program]]
        subprocess.run([*map(str, pip)], check=True)


def _themes(*arguments: object) -> None:
    _run([sys.executable, "-m", "pipeline.cli", *arguments], Path.cwd())


def _qc(folder: Path, work: Path, *arguments: object) -> None:
    # qc 1.7.8 left a breakpoint() in its import; without this it waits for a debugger's commands.
    _run([interpreter(folder, "qc").with_name("qc"), *arguments], work, PYTHONBREAKPOINT="0")


def _run(command: list[object], work: Path, **environment: str) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    if command[0] == sys.executable:
        kept = dict(os.environ)
    done = subprocess.run(
        [*map(str, command)], cwd=work, env=kept | environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} gave {done.returncode}: {done.stdout[-500:]}{done.stderr[-1500:]}")


if __name__ == "__main__":
    main()
