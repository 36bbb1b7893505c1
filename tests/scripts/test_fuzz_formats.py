"""A few hundred damaged files of every format: clear refusals or lawful transcripts, and the fuzzer sees faults."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from random import Random

import docx
import pytest

from pipeline.ingest.registry import BY_SUFFIX

REPO = Path(__file__).resolve().parents[2]
SCRIPT = REPO / "scripts" / "fuzz_formats.py"
REAL = REPO.parent / "shared" / "data" / "formats"
MUTATIONS = 300
SMALL, MOST = 8_000, 60_000

SEEDS = {
    "a.txt": "Interviewer: Who do you ring?\n\n[00:10] P1: Karen at the council, every day.\n" * 5,
    "a.vtt": "WEBVTT\n\n00:01.000 --> 00:02.000\n<v Ann>Who?</v>\n\n00:03.000 --> 00:04.000\n<v Ben>Karen &amp; co.\n",
    "a.srt": "1\n00:00:01,000 --> 00:00:02,000\nAnn: Who?\n\n2\n00:00:03,000 --> 00:00:04,000\nBen: Karen.\n",
    "a.rst": "Hearing\n=======\n\n**Counsel**: Who?\n\n*(a pause)*\n\n**The Witness**: Karen, at the council.\n",
    "a.cha": "@UTF8\n@Begin\n@Participants:\tINV Ann Investigator, PAR Ben Participant\n*INV:\twho ? \x150_9\x15\n"
    "%mor:\tpro|who\n*PAR:\tKaren (.) at <the> [/] the council [+ x] . \x159_80\x15\n@End\n",
    "a.eaf": '<?xml version="1.0"?><ANNOTATION_DOCUMENT><TIME_ORDER><TIME_SLOT TIME_SLOT_ID="a" TIME_VALUE="1"/>'
    '<TIME_SLOT TIME_SLOT_ID="b" TIME_VALUE="9"/></TIME_ORDER><TIER TIER_ID="Ben"><ANNOTATION><ALIGNABLE_ANNOTATION '
    'TIME_SLOT_REF1="a" TIME_SLOT_REF2="b"><ANNOTATION_VALUE>Karen</ANNOTATION_VALUE></ALIGNABLE_ANNOTATION>'
    "</ANNOTATION></TIER></ANNOTATION_DOCUMENT>",
    "a.TextGrid": 'File type = "ooTextFile"\nObject class = "TextGrid"\n\n0\n9\n<exists>\n1\n"IntervalTier"\n"Ben"\n0\n9\n2\n'
    '0\n1\n"Karen ""K."" Roy"\n1\n9\n"at the\ncouncil"\n',
    "a.xml": "<TEI><text><body><head>x</head><u who='#a'>Who?</u><u who='#b'><seg>Karen</seg></u></body></text></TEI>",
    "a.otr": '{"text": "<p><span class=\\"timestamp\\">00:03</span>&nbsp;I: Who?</p><p>P: Karen.</p>", "media": "a.mp3"}',
    "a.akn": "<akomaNtoso><debate><speech by='#a'><from>A:</from><p>Who?</p></speech></debate></akomaNtoso>",
}


def fuzz(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=REPO, env={"PYTHONPATH": str(REPO)}, check=False)


@pytest.fixture(scope="module")
def seeds(tmp_path_factory) -> Path:
    """Small files of every format: made by hand, and real ones where they are at hand."""
    folder = tmp_path_factory.mktemp("seeds")
    for name, text in SEEDS.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    document = docx.Document()
    for line in ("Interviewer: Who?", "P1: Karen, at the council."):
        document.add_paragraph(line)
    document.save(str(folder / "a.docx"))
    for path in sorted(REAL.rglob("*")) if REAL.is_dir() else ():
        slow = path.suffix.lower() in {".doc", ".pdf"}  # other programs and libraries do the work there
        if path.suffix.lower() in BY_SUFFIX and path.stat().st_size < SMALL and not slow:
            (folder / f"real {path.name}").write_bytes(path.read_bytes())
    return folder


def test_damaged_files_are_refused_or_read(seeds):
    done = fuzz("--data", seeds, "--mutations", MUTATIONS, "--seed", 7, "--most", MOST)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = {line.split()[0]: line.split() for line in done.stdout.splitlines()[1:]}
    read = {
        f"read.{name}" for name in ("txt", "docx", "vtt", "srt", "rst", "cha", "eaf", "textgrid", "tei", "akn", "zip")
    }
    assert read | {
        "import.segments",
        "import.xlsx",
        "import.qualcoder",
        "import.qualitative-coding",
        "codebook.yaml",
    } <= set(rows)
    assert sum(map(int, rows["all"][1:6])) == MUTATIONS


def test_a_run_goes_on_where_it_stopped(tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "a.txt").write_text(SEEDS["a.txt"])
    given = ["--data", tmp_path / "data", "--targets", "read.txt", "--state", tmp_path / "state.json"]
    assert fuzz(*given, "--mutations", 60).returncode == 0
    gone_on, whole = fuzz(*given, "--mutations", 120), fuzz(*given[:4], "--mutations", 120)
    counts = [done.stdout.splitlines()[-1] for done in (gone_on, whole)]
    assert counts[0] == counts[1] and counts[0].startswith("all")


def test_the_fuzzer_sees_crashes_and_hangs(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    import fuzz_formats

    worker = fuzz_formats.Worker(megabytes=2000, seconds=0.3, place=tmp_path)
    worker._command = [sys.executable, "-c", _FAULTY]
    assert worker.read("read.txt", Path("crash"))[0] == fuzz_formats.CRASH
    assert worker.read("read.txt", Path("hang"))[0] == fuzz_formats.HANG
    assert worker.read("read.txt", Path("well")) == ("read", "", 0.5)
    worker.end()


_FAULTY = """
import os, resource
print("ready", flush=True)
resource.setrlimit(resource.RLIMIT_CPU, (1, 2))
name = input().split("\\t")[1]
if name == "crash":
    os._exit(9)
while name == "hang":
    pass
print('["read", "", 0.5]', flush=True)
input()
"""


def test_the_laws_are_checked(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    from fuzz_worker import law_broken, project_law_broken

    from pipeline.exchange.project import Project, ProjectCode
    from pipeline.types import Stretch, Transcript, Turn

    def transcript(text: str, *stretches: Stretch) -> Transcript:
        return Transcript("i", "p", "s", "txt", text, (Turn("A", stretches),))

    assert law_broken(transcript("a b", Stretch(0, 1), Stretch(2, 3, 1.0, 2.0))) == ""
    assert "white space" in law_broken(transcript("a b", Stretch(0, 2)))
    assert "times" in law_broken(transcript("a b", Stretch(0, 1, float("inf"))))
    assert "no file can hold" in law_broken(transcript("a \ud800", Stretch(0, 1)))
    circle = (ProjectCode("1", "One", parent="2"), ProjectCode("2", "Two", parent="1"))
    assert "above itself" in project_law_broken(Project("p", (), circle, ()))
    assert (
        project_law_broken(Project("p", (), (ProjectCode("1", "One"), ProjectCode("2", "Two", parent="1")), ())) == ""
    )


def test_what_is_written_elsewhere_is_seen(tmp_path):
    """In a process of its own, as an audit hook cannot be taken away."""
    (tmp_path / "own").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", _WRITES, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=SCRIPT.parent,
        env={"PYTHONPATH": str(REPO)},
        check=True,
    )
    assert done.stdout.split() == [
        "open",
        f"{tmp_path}/else",
        "os.mkdir",
        f"{tmp_path}/new",
        "os.rename",
        f"{tmp_path}/there",
    ]


_WRITES = """
import os, shutil, sys
from pathlib import Path
from fuzz_worker import Watch
folder = Path(sys.argv[1])
watch = Watch(folder / "own")
(folder / "own" / "a").write_text("x")
(folder / "own" / "a").read_text()
(folder / "else").write_text("x")
(folder / "new").mkdir()
(folder / "own" / "deep" / "er").mkdir(parents=True)
(folder / "own" / "deep" / "er" / "b").write_text("x")
shutil.rmtree(folder / "own" / "deep")
os.rename(folder / "own" / "a", folder / "there")
print(*watch.outside)
"""


@pytest.mark.parametrize("seed", range(20))
def test_the_same_seed_makes_the_same_damage(monkeypatch, seed):
    monkeypatch.syspath_prepend(str(SCRIPT.parent))
    from fuzz_mutations import mutated

    data = SEEDS["a.cha"].encode()
    first, second = mutated(Random(seed), data, MOST), mutated(Random(seed), data, MOST)
    assert first == second and len(first[0]) <= MOST
