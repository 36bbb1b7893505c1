"""Praat's TextGrid: both forms, quotes and line breaks, tiers as speakers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from looking import check_laws, said

from pipeline.errors import UnreadableInput
from pipeline.ingest.praat import read as read_grid

Grid = dict[str, list[tuple[float, float, str]]]


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def long_form(tiers: Grid, kind: str = "IntervalTier") -> str:
    lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "xmin = 0 ", "xmax = 9 "]
    lines += ["tiers? <exists> ", f"size = {len(tiers)} ", "item []: "]
    for number, (name, labels) in enumerate(tiers.items(), 1):
        lines += [f"    item [{number}]:", f'        class = "{kind}" ', f"        name = {quoted(name)} "]
        lines += ["        xmin = 0 ", "        xmax = 9 ", f"        intervals: size = {len(labels)} "]
        for place, (start, end, text) in enumerate(labels, 1):
            lines += [f"        intervals [{place}]:", f"            xmin = {start} ", f"            xmax = {end} "]
            lines += [f"            text = {quoted(text)} "]
    return "\n".join(lines) + "\n"


def short_form(tiers: Grid) -> str:
    lines: list[object] = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", 0, 9, "<exists>", len(tiers)]
    for name, labels in tiers.items():
        lines += ['"IntervalTier"', quoted(name), 0, 9, len(labels)]
        lines += [value for start, end, text in labels for value in (start, end, quoted(text))]
    return "\r\n".join(map(str, lines))


TALK: Grid = {
    "Interviewer": [(0, 1, 'Who do you "ring"?'), (1, 3, ""), (3, 4, "item [1]: why?\nwhy?")],
    "P1": [(0, 1, "sil"), (1, 3, "Karen, 3 times."), (4, 6, "She picks up.")],
}
SAID = [
    ("Interviewer", ['Who do you "ring"?']),
    ("P1", ["Karen, 3 times."]),
    ("Interviewer", ["item [1]: why? why?"]),
    ("P1", ["She picks up."]),
]


def test_point_tiers_left_out_are_counted(read):
    content = short_form(TALK | {f"marks {i}": [] for i in range(14)})
    content = content.replace('"IntervalTier"\r\n"marks', '"TextTier"\r\n"marks')
    (told,) = [line for line in read(content.encode(), "a.TextGrid").warnings if "point tiers" in line]
    assert "marks 0, marks 1" in told and told.endswith("marks 11 and 2 more)")


@pytest.mark.parametrize("form", [long_form, short_form])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-8-sig"])
def test_both_forms(read, form, encoding):
    transcript = read(form(TALK).encode(encoding), "a.TextGrid")
    assert transcript.format == "textgrid"
    assert said(transcript) == SAID
    assert [(t.stretches[0].start_time, t.stretches[0].end_time) for t in transcript.turns] == [
        (0, 1),
        (1, 3),
        (3, 4),
        (4, 6),
    ]
    check_laws(transcript)


LABEL = st.text(st.sampled_from('ab "[]!1\n.<>é漢'), max_size=12).map("w".__add__)


@given(st.lists(LABEL, min_size=1, max_size=6))
def test_both_forms_give_what_was_put_in(labels):
    tiers = {"Anna": [(float(at), at + 0.5, label) for at, label in enumerate(labels)]}
    long, short = (read_grid(form(tiers).encode()) for form in (long_form, short_form))
    assert long.text == short.text
    assert [long.text[s.start : s.end] for s in long.turns[0].stretches] == [
        " ".join(label.split()) for label in labels
    ]


def test_words_of_a_speaker_are_joined_and_sounds_left_out(read):
    words = [(i / 2, i / 2 + 0.5, word) for i, word in enumerate(["we", "ring", "them", "and", "they", "come"])]
    words += [(7.0, 7.5, "always")]
    sounds = [(i / 9, i / 9 + 0.1, sound) for i, sound in enumerate("wirINDmandð")]
    grid = {"Anna - words": words, "Anna - phones": sounds, "Ben - words": [(5.0, 6.0, "no")]}
    transcript = read(long_form(grid), "a.TextGrid")
    assert said(transcript) == [("Anna", ["we ring them and they come"]), ("Ben", ["no"]), ("Anna", ["always"])]
    assert any("Anna - phones" in warning for warning in transcript.warnings)


def test_utterances_win_over_the_words_that_repeat_them(read):
    grid = {"word": [(0, 1, "bobby"), (1, 2, "ripped")], "phrase": [(0, 2, "bobby ripped")]}
    transcript = read(short_form(grid), "a.TextGrid")
    assert said(transcript) == [(None, ["bobby ripped"])]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (long_form(TALK)[:550], "tier 1, label 3: the TextGrid is cut off here.*Praat"),
        (long_form(TALK).replace("xmax = 3", "xmax = x"), "tier 1, label 2: the TextGrid is damaged here"),
        (long_form({"CHI": [(0, 1, "1")], "MOT": [(0, 1, "")]}), "no tier holds words .CHI, MOT."),
        (long_form(TALK, kind="TextTeer"), "unknown kind"),
        ('File type = "ooTextFile"\nObject class = "PitchTier"\n0 1', "no TextGrid"),
        ("ooBinaryFile\x08TextGrid\0\0", "binary form"),
    ],
)
def test_refusals(read, content, says):
    with pytest.raises(UnreadableInput, match=says) as caught:
        read(content, "a.TextGrid")
    assert caught.value.remedy


def test_real_files(formats):
    folder = formats / "textgrid"
    mary = ["mary rolled the barrel"]
    found = {}
    for path in sorted(folder.iterdir()):
        try:
            draft = read_grid(path.read_bytes())
        except UnreadableInput as error:
            found[path.name] = error.problem.split(" (")[0]
        else:
            found[path.name] = [draft.text[t.start : t.end] for t in draft.turns]
    assert found == {
        "childproject_crlf_11_tiers.TextGrid": "no tier holds words",
        "praatio_mary_short_format.TextGrid": mary,
        "praatio_mary_utf16be.TextGrid": mary,
        "praatio_newlines_and_quotes_in_labels.TextGrid": ["BOBBY RIPPED THE LEDGER"],
    }
