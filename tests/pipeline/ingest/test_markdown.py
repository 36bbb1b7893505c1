"""Markdown: bold names in their conventions, titles, escapes; whatever is in it, the words come out once."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import check_laws, said, turns_by_speaker

from pipeline.ingest import markdown, read_transcript


@pytest.mark.parametrize(
    "source",
    [
        "**Anna Lee:** Hi, *you*?\n\n**Ben Ray:** It is \\[so\\] &amp; so.\n\n",
        "**Anna Lee**: Hi, _you_?\n\n**Ben Ray**: It is [so](http://x.y) &#38; so.\n\n",
        "**Anna Lee** [0:00] Hi, you?\n\n**Ben Ray** [0:09] It is so & so.\n\n",
        "**Anna Lee** 0:00  \nHi, you?\n\n**Ben Ray** 0:09\nIt is so & so.\n\n",
        "Anna Lee  0:00  \nHi, you?\n\nBen Ray  0:09  \nIt is so & so.\n\n",
        "### Anna Lee\n\nHi, you?\n\n### Ben Ray\n\nIt is so & so.\n\n",
        "Anna Lee: Hi, you?  \nBen Ray: It is so &amp; so.  \n",
    ],
)
def test_conventions(read, source):
    transcript = read("# An interview: with notes\n\n" + source * 2, "a.md")
    words = [(speaker, parts[0].replace("[so]", "so")) for speaker, parts in said(transcript)]
    assert words == [("Anna Lee", "Hi, you?"), ("Ben Ray", "It is so & so.")] * 2
    if "0:0" in source:
        assert [turn.stretches[0].start_time for turn in transcript.turns] == [0.0, 9.0] * 2


def test_front_matter_comments_rulers_and_tables(read):
    source = (
        "---\ntitle: One\nforce: B\n---\n<!-- Anna: nothing\n\n-->\n\n***\n\n"
        "| Time | Speaker | Text |\n|---|---|---|\n| 0:01 | Anna | Hi **you**? |\n| 0:02 | Ben | Yes. |\n"
    )
    transcript = read(source, "a.md")
    assert said(transcript) == [("Anna", ["Hi you?"]), ("Ben", ["Yes."])]
    plain = read(source.replace("| ", "").replace(" |", ":"), "b.md")
    assert plain.attributes == {"title": "One", "force": "B"}


def test_a_name_that_is_no_word_and_one_that_speaks_once(read):
    source = (
        "**$OUT:** I rap.\n\n**Anna Lee:** Do you?\n\n**$OUT:** I do.\n\n**Anna Lee:** Oh?\n\n"
        "**Break:** \\[1:02\\]\n\n**$OUT:** So.\n"
    )
    assert [speaker for speaker, _ in said(read(source, "a.md"))] == ["$OUT", "Anna Lee", "$OUT", "Anna Lee", "$OUT"]


WORDS = st.text(st.sampled_from("ab *_`[]()<>!&|\\#~-1.:\n\t\u00e9"), max_size=300)


@given(WORDS)
@settings(max_examples=150, deadline=None)
def test_any_marks_give_a_reading(source):
    draft = markdown.read(b"x" + source.encode())
    kept = sum(character.isalnum() for character in draft.text)
    assert 0 < kept <= sum(character.isalnum() for character in source) + 1
    last = 0
    for turn in draft.turns:
        for stretch in turn.stretches:
            assert last <= stretch.start < stretch.end <= len(draft.text)
            last = stretch.end


@pytest.mark.parametrize("mark", ["*a ", "[", "![](", "`a``", "<a ", "_a", "> ", "&#1;", "|a", "<!--", "\\["])
def test_crammed_marks_take_no_time(mark):
    start = time.process_time()
    markdown.read(b"Anna: " + mark.encode() * 20_000)
    assert time.process_time() - start < 3


def test_real_files(formats: Path):
    found = {path.name: read_transcript(path) for path in sorted((formats / "md").glob("*.md"))}
    for transcript in found.values():
        check_laws(transcript)
        assert "**" not in transcript.text and "\\[" not in transcript.text
    assert turns_by_speaker(found["changelog_466.md"]) == {"$STDOUT": 25, "Jerod Santo": 24}
    assert set(turns_by_speaker(found["changelog_253.md"])) == {"Jerod Santo", "Pam Selle", "Adam Stacoviak"}
    own_line = found["ladybug_27_bold_name_own_line.md"]
    assert turns_by_speaker(own_line) == {"Ali": 68, "Kelly": 58, "Emma": 80, "Unknown Speaker": 3}
    assert own_line.turns[2].stretches[0].start_time == 19.0
