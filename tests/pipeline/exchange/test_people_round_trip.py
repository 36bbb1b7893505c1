"""Gold of two people on talk that programs count differently: from Label Studio's JSON, on to REFI-QDA, on the same words."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.exchange import label_studio
from pipeline.exchange.gold_files import gold_text
from pipeline.exchange.gold_project import project_of_gold
from pipeline.exchange.gold_rows import gold_rows
from pipeline.exchange.refi.project_file import read
from pipeline.exchange.refi.writing import write
from pipeline.gold import load_gold
from pipeline.ingest import read_transcript

PIECES = st.sampled_from(
    ["We ring", " ", "e\u0301", "\U0001f46e\U0001f3fd\u200d\u2640\ufe0f", "\r\n", "\U0001f600", "the council", ". "]
)
TALK = st.lists(PIECES, min_size=3, max_size=15).map(lambda pieces: "PC: so " + "".join(pieces))
CODES = ("Trust", "Costs > Money \U0001f600", "e\u0301")


def units(text: str) -> int:
    """Length as JavaScript counts."""
    return len(text.encode("utf-16-le")) // 2


@st.composite
def annotated(draw):
    """A text with `\\n` at line ends, as tasks are shown, and stretches with codes of two people, which may overlap."""
    text = draw(TALK).replace("\r\n", "\n")
    given_ = set()
    for _ in range(draw(st.integers(1, 6))):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        if text[start:end].strip():
            given_.add((start, end, draw(st.sampled_from(CODES)), draw(st.sampled_from(["ann@x.org", "bob@x.org"]))))
    return text, given_


def of(gold):
    return {(c.start, c.end, c.text, code, c.coder) for unit in gold for c in unit.codings for code in c.codes}


@given(annotated())
def test_label_studio_and_gold_have_the_same_words(tmp_path_factory, drawn):
    text, codings = drawn
    if not codings:
        return
    people = {}
    for start, end, code, coder in sorted(codings):
        value = {"start": units(text[:start]), "end": units(text[:end]), "text": text[start:end], "labels": [code]}
        people.setdefault(coder, []).append({"type": "labels", "to_name": "text", "value": value})
    annotations = [{"completed_by": {"email": coder}, "result": result} for coder, result in people.items()]
    folder = tmp_path_factory.mktemp("people")
    task = {"id": 1, "data": {"text": text}, "annotations": annotations}
    (folder / "a.json").write_text(json.dumps([task]), encoding="utf-8")
    project = label_studio.read(folder / "a.json")
    rows = gold_rows(project)
    (folder / "g.csv").write_text(gold_text(rows.codings, ".csv"), encoding="utf-8", newline="")
    names = {code.code_id: rows.book.names[code.code_id] for code in project.codes}
    named = {code.name: names[code.code_id] for code in project.codes}
    gold = load_gold([folder / "g.csv"])
    assert of(gold) == {(start, end, text[start:end], named[code], coder) for start, end, code, coder in codings}
    assert project.sources[0].text == text and project.warnings == ()

    # The same words in a file with other line ends, and on to a project with the codebook's groups.
    (folder / "task 1.txt").write_bytes(("\ufeff" + text.replace("\n", "\r\n")).encode())
    whole = read_transcript(folder / "task 1.txt").text
    write(project_of_gold(gold, "p", codebook=rows.book.codebook, text_of=lambda name: whole), folder / "p.qdpx")
    again = gold_rows(read(folder / "p.qdpx"))
    (folder / "h.csv").write_text(gold_text(again.codings, ".csv"), encoding="utf-8", newline="")
    assert of(load_gold([folder / "h.csv"])) == of(gold)
    assert (again.book.codebook.themes, again.book.codebook.codes) == (
        rows.book.codebook.themes,
        rows.book.codebook.codes,
    )
