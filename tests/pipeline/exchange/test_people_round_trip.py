"""Gold of two people on talk that programs count differently goes to Label Studio's JSON and comes back on the same words."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from pipeline.exchange import label_studio
from pipeline.exchange.gold_files import gold_text
from pipeline.exchange.gold_rows import gold_rows
from pipeline.gold import load_gold

PIECES = st.sampled_from(
    ["We ring", " ", "e\u0301", "\U0001f46e\U0001f3fd\u200d\u2640\ufe0f", "\r\n", "\U0001f600", "the council", ". "]
)
TALK = st.lists(PIECES, min_size=3, max_size=15).map("".join).filter(str.strip)
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
    found = {
        (c.start, c.end, c.text, code, c.coder)
        for unit in load_gold([folder / "g.csv"])
        for c in unit.codings
        for code in c.codes
    }
    assert found == {(start, end, text[start:end], named[code], coder) for start, end, code, coder in codings}
    assert project.sources[0].text == text and project.warnings == ()
