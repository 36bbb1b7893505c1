"""LibreOffice at the other end, where it is installed: it opens what we write and finds the same words."""

import csv
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from lxml import etree

from pipeline.exchange.export.stream import transcripts_of
from pipeline.exchange.export.word import write_run
from pipeline.exchange.export.xlsx import write
from pipeline.tables import open_run

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
CALC = OFFICE is not None and (Path(OFFICE).resolve().parent / "libsclo.so").exists()
pytestmark = pytest.mark.skipif(OFFICE is None, reason="LibreOffice is not installed")
ODF = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
TEXT, OFFICE_NS = ODF % "text", ODF % "office"


def convert(file, kind, suffix):
    profile = f"-env:UserInstallation={(file.parent / 'profile').as_uri()}"
    command = [OFFICE, profile, "--headless", "--convert-to", kind, "--outdir", str(file.parent), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=180)
    return file.with_suffix(suffix)


def annotated(body):
    """The words of each comment, in the order of the document."""
    found, open_ = {}, set()

    def say(words):
        for name in open_:
            found[name] += words or ""

    def walk(element):
        if element.tag == f"{OFFICE_NS}annotation":
            name = element.get(f"{OFFICE_NS}name")
            found[name] = ""
            open_.add(name)
        elif element.tag == f"{OFFICE_NS}annotation-end":
            open_.discard(element.get(f"{OFFICE_NS}name"))
        else:
            if element.tag == f"{TEXT}tab":
                say("\t")
            elif element.tag == f"{TEXT}s":
                say(" " * int(element.get(f"{TEXT}c", "1")))
            say(element.text)
            for child in element:
                walk(child)
                say(child.tail)
            if element.tag == f"{TEXT}p":
                say("\n")

    walk(body)
    return found


def test_writer_finds_the_comments_on_their_words(one_run, tmp_path):
    write_run(open_run(one_run), tmp_path / "one.docx")
    with zipfile.ZipFile(convert(tmp_path / "one.docx", "odt", ".odt")) as odt:
        body = etree.fromstring(odt.read("content.xml")).find(f".//{OFFICE_NS}text")
    assert sorted(annotated(body).values()) == sorted(
        [
            "\U0001f46e\U0001f3fd we ring\nthe council \U0001f600\n\nand\tthe police.",
            "the council \U0001f600\n\nand",
            "police",
            "@council, \ufffd control \ufffd",
            "council",
        ]
    )


@pytest.mark.skipif(not CALC, reason="LibreOffice is installed without Calc")
def test_calc_reads_the_same_words(one_run, tmp_path):
    run = open_run(one_run)
    write(run, tmp_path / "one.xlsx")
    converted = convert(tmp_path / "one.xlsx", "csv:Text - txt - csv (StarCalc):44,34,76,1", ".csv")
    with converted.open(encoding="utf-8", newline="") as file:
        found = [row["Text"].rstrip() for row in csv.DictReader(file)]
    (transcript,) = transcripts_of(run)
    said = [item.segment.text.replace("\x07", "\ufffd").replace("\x0b", "\ufffd") for item in transcript.segments]
    assert found == said
