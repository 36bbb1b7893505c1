"""Gold to a project and back, by the way of a real file; spans and segments; a run beside its coders."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import RunSettings
from pipeline.exchange.gold_files import gold_text, write_gold
from pipeline.exchange.gold_project import project_of_gold
from pipeline.exchange.gold_rows import gold_rows
from pipeline.exchange.naming import transcript_names
from pipeline.exchange.project import Project, ProjectCode, ProjectCoding, Source
from pipeline.exchange.refi.project_file import read
from pipeline.exchange.refi.writing import write
from pipeline.exchange.run_project import merged, project_of_run
from pipeline.exchange.segmenting import SourceSegmenter
from pipeline.gold import GoldUnit, load_gold
from pipeline.gold_unit import MACHINE
from pipeline.tables import open_run
from pipeline.types import PARTNERSHIP, Attitude, Coding, MentionCoding

LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp"), exclude_characters="\ufeff\ufffe\uffff;|")
NAMES = st.text(LETTERS, min_size=1, max_size=8)
WORDS = st.text(st.one_of(LETTERS, st.sampled_from("\n \U0001f600")), min_size=1, max_size=30).filter(str.strip)
ATTITUDES = st.sampled_from(Attitude)
ASKED = [flags for flags in itertools.product((True, False), repeat=3) if any(flags)]
"""What a coder may have been asked for: codes, attitudes to mentions, that to partnership as such."""


@st.composite
def codings_of(draw, unit, codes, asked):
    """All codings of a unit: a coder gave codes, attitudes, or both, as they were asked throughout."""
    coders = draw(st.lists(st.sampled_from(["ann", "bob", "adjudicated"]), min_size=1, unique=True))
    themed = {coder for coder in coders if asked[coder][0]}
    for coder in coders:
        given = draw(st.frozensets(st.sampled_from(codes), max_size=3))
        mentions = {}
        _, for_mentions, for_partnership = asked[coder]
        for _ in range(draw(st.integers(0, 2)) if for_mentions else 0):
            start = draw(st.integers(0, len(unit.text) - 1))
            end = draw(st.integers(start + 1, len(unit.text)))
            kind = draw(st.sampled_from(["local_authority", "_odd_kind", ""]))
            mentions[start, end] = MentionCoding(unit.text[start:end], start, end, kind, draw(ATTITUDES))
        if for_partnership and draw(st.booleans()):
            mentions[None] = MentionCoding(None, None, None, PARTNERSHIP, draw(ATTITUDES))
        coding = replace(unit, codes=given if coder in themed else None, coder=coder)
        if for_mentions or for_partnership:
            flags = {"mentions_asked": for_mentions, "partnership_asked": for_partnership}
            coding = replace(coding, attitudes=tuple(mentions.values()), **flags)
        yield coding


@st.composite
def golds(draw):
    """Gold units, some in transcripts, with the transcripts."""
    codes = draw(st.lists(NAMES, min_size=1, max_size=4, unique=True))
    asked = {coder: draw(st.sampled_from(ASKED)) for coder in ("ann", "bob", "adjudicated")}
    texts = {f"{name}.txt": draw(WORDS) for name in draw(st.lists(st.sampled_from("xyz"), unique=True))}
    units = []
    for number in range(draw(st.integers(1, 4))):
        name = draw(st.sampled_from([None, *texts]))
        group, context = draw(NAMES), draw(st.sampled_from(["", "What about\nthem?"]))
        if name is None:
            place, text = {}, draw(WORDS)
        else:
            start = draw(st.integers(0, len(texts[name]) - 1))
            end = draw(st.integers(start + 1, len(texts[name])))
            place, text = {"transcript": name, "start": start, "end": end}, texts[name][start:end]
        if not text.strip():
            continue
        unit_id = f"{draw(NAMES)}/{number}"
        unit = Coding(unit_id, group, text, frozenset(), "", context, **place)
        units.append(GoldUnit(unit_id, tuple(draw(codings_of(unit, codes, asked)))))
    return units, texts


def known(units, like=None):
    """What gold says, in no order."""
    rows = {}
    for unit in units:
        for c in unit.codings:
            place = (c.transcript, c.start, c.end)
            if like is not None and like[unit.unit_id, c.coder][1] == (None, None, None):
                place = (None, None, None)
            attitudes = None if c.attitudes is None else frozenset(c.attitudes)
            asked = (c.mentions_asked, c.partnership_asked)  # left out of equality
            rows[unit.unit_id, c.coder] = ((c.group, c.context, c.text, c.codes, attitudes, asked), place)
    return rows


@given(golds())
def test_gold_to_a_file_and_back_is_lossless(tmp_path_factory, drawn):
    units, texts = drawn
    if not units:
        return
    folder = tmp_path_factory.mktemp("there")
    write(project_of_gold(units, "p", text_of=texts.__getitem__), folder / "p.qdpx")
    rows = gold_rows(read(folder / "p.qdpx"))
    (folder / "g.csv").write_text(gold_text(rows.codings, ".csv"), encoding="utf-8", newline="")
    (folder / "g.jsonl").write_text(gold_text(rows.codings, ".jsonl"), encoding="utf-8", newline="")
    before = known(units)
    for name in ("g.csv", "g.jsonl"):
        assert known(load_gold([folder / name]), before) == before
    assert rows.notes == ()


@pytest.mark.parametrize("kind", ["mention", "partnership"])
@pytest.mark.parametrize("codes", ["", "trust"])
def test_what_was_looked_for_in_vain_is_known_after_a_qdpx(tmp_path, kind, codes):
    row = f"u1,Ring the council.,ann,{kind},none\n"
    theme = f"u1,Ring the council.,ann,{codes}\n"
    (tmp_path / "none.csv").write_text("id,text,coder,partner_type,attitude\n" + row, encoding="utf-8")
    (tmp_path / "codes.csv").write_text("id,text,coder,codes\n" + theme, encoding="utf-8")
    units = load_gold([tmp_path / "none.csv", *([tmp_path / "codes.csv"] if codes else [])])
    project = project_of_gold(units, "p")
    label = {"mention": "Attitude to a partner / none", "partnership": "Attitude to partnership / none"}[kind]
    assert label in {code.name for code in project.codes}
    write(project, tmp_path / "p.qdpx")
    (tmp_path / "g.csv").write_text(gold_text(gold_rows(read(tmp_path / "p.qdpx")).codings, ".csv"), encoding="utf-8")
    coding = load_gold([tmp_path / "g.csv"])[0].first
    assert (coding.codes, coding.attitudes) == ({codes} if codes else None, ())
    assert (coding.mentions_asked, coding.partnership_asked) == (kind == "mention", kind == "partnership")


def test_real_gold_is_the_same_after_a_qdpx(tmp_path, request):
    """Two coders and the adjudicated coding, with attitudes and offsets, of some of the sample interviews."""
    examples = request.config.rootpath / "examples"
    tables = [examples / "gold" / "interviews-themes.csv", examples / "gold" / "interviews-attitudes.csv"]
    units = [unit for unit in load_gold(tables) if unit.first.group in ("w5-01", "w5-02")]
    assert len(units) > 30

    def text_of(name):
        return (examples / "interviews" / name).read_text(encoding="utf-8")

    write(project_of_gold(units, "p", text_of=text_of), tmp_path / "p.qdpx")
    (tmp_path / "g.csv").write_text(gold_text(gold_rows(read(tmp_path / "p.qdpx")).codings, ".csv"), encoding="utf-8")
    assert known(load_gold([tmp_path / "g.csv"])) == known(units)


def test_where_a_transcript_is_missing_the_units_make_the_text():
    unit = Coding("u1", "g", "We ring.", frozenset({"trust"}), "ann", "And then?", transcript="a.txt", start=3, end=11)
    later = replace(unit, unit_id="u2", text="They come.", start=20, end=30)
    for text_of, told in ((None, "was not found"), (lambda name: "other words " * 9, "has other words")):
        units = [GoldUnit(c.unit_id, (c,)) for c in (unit, later)]
        project = project_of_gold(units, "p", text_of=text_of)
        assert project.sources[0].text == "And then?\n\nWe ring.\n\nThey come.\n\n"
        assert [project.text_of(c) for c in project.codings] == ["We ring.", "They come."]
        (warning,) = project.warnings
        assert f"1 transcript {told}" in warning and "(a.txt)" in warning and "--transcripts" in warning
    names = [f"{letter}.txt" for letter in "abcdefg"]
    units = [GoldUnit(name, (replace(unit, unit_id=name, transcript=name),)) for name in names]
    (warning,) = project_of_gold(units, "p", text_of=None).warnings
    assert "7 transcripts were not found (a.txt, b.txt, c.txt, d.txt, e.txt and 2 more), so their units" in warning


TALK = (
    "Interviewer: What about the council?\n\nPC Grey: We ring the council and they come. It works.\n\n"
    "Interviewer: And money?\n\nPC Grey: There is none of it.\n\nInterviewer: Thanks.\n\nPC Grey: Well then, goodbye."
)
CODES = (ProjectCode("t", "Trust & co."), ProjectCode("m", "Money"))


def on(words, code, coder, source="s", text=TALK):
    return ProjectCoding(source, text.index(words), text.index(words) + len(words), code, coder)


@pytest.fixture
def coded() -> Project:
    codings = (
        on("We ring the council", "t", "ann"),  # less than half of the segment, but all in it
        on("There is none of it.\n\nInterviewer: Thanks.", "m", "ann"),  # covers the segment
        on("And money?", "m", "ann"),  # the interviewer's words
        on("It works.", "t", "bob"),
        on("We ring the council", "t", "bob"),
    )
    return Project("p", (Source("s", "talk", TALK), Source("e", "uncoded", "PC: Hello there.")), CODES, codings)


def test_spans_are_the_coded_stretches(coded):
    rows = gold_rows(coded)
    given = {(c.text, c.coder): c.codes for c in rows.codings}
    assert given[("We ring the council", "ann")] == given["We ring the council", "bob"] == {"trust_co"}
    assert len(rows.codings) == 5 and len({c.unit_id for c in rows.codings}) == 4
    assert all(TALK[c.start : c.end] == c.text and c.transcript == "talk" for c in rows.codings)
    assert rows.codings[0].context == "What about the council?"
    (late,) = [c for c in rows.codings if c.text == "It works."]
    assert late.context == "What about the council? … We ring the council and they come."
    assert [code.label for code in rows.book.codebook.codes] == ["Trust & co.", ""]


def test_imported_coders_are_named_as_gold_names_them(coded):
    names = {"ann": "Adjudicated", "bob": " bob "}
    codings = (*(replace(coding, coder=names[coding.coder]) for coding in coded.codings), on("It works.", "m", ""))
    assert {c.coder for c in gold_rows(replace(coded, codings=codings)).codings} == {"adjudicated", "bob", "(unnamed)"}


def test_segments_are_the_participants(coded):
    segmenter = SourceSegmenter(RunSettings())
    rows = gold_rows(coded, segmenter=segmenter)
    expected = {
        ("We ring the council and they come. It works.", "ann"): {"trust_co"},
        ("We ring the council and they come. It works.", "bob"): {"trust_co"},
        ("There is none of it.", "ann"): {"Money"},
        ("There is none of it.", "bob"): set(),
        ("Well then, goodbye.", "ann"): set(),
        ("Well then, goodbye.", "bob"): set(),
    }
    assert {(c.text, c.coder): c.codes for c in rows.codings} == expected
    assert all(TALK[c.start : c.end] == c.text for c in rows.codings)
    assert rows.codings[0].context == "What about the council?" and rows.codings[0].group == "talk"
    assert rows.notes == (
        "1 coding lies on no participant's segment and was left out: 1 on the interviewer's words (the first: And money?)",
        "2 coded stretches stand together in 1 segment, which has the codes of all of its stretches",
    )


def test_what_becomes_of_utterances_is_told_by_kind():
    text = "Q: So? No?\n\nA: Yes.\n\n[sighs]\n\nA: It is.\n\nA: I do.\n\nObserver: Hm.\n\nQ: Oh?\n\nA: No.\n\n[sobs]\n\nA: Oh.\n"
    words = ("So?", "Yes.", "[sighs]", "It is.\n\nA: I do.", "It is.", "I do.", "Hm.", "Oh?", "[sobs]", "Oh.")
    codings = tuple(
        ProjectCoding("s", text.index(word), text.index(word) + len(word), "t", "ann") for word in (*words, "A: No")
    )
    project = Project("p", (Source("s", "talk", text),), (ProjectCode("t", "Trust"),), codings)
    rows = gold_rows(project, segmenter=SourceSegmenter(RunSettings()))
    assert rows.notes == (
        "5 codings lie on no participant's segment and were left out: 2 on the interviewer's words (the first: So?); "
        "2 on stage directions alone (the first: [sighs]); 1 on words of those who are not coded (the first: Hm.)",
        "3 coded stretches stand together in 2 segments, each of which has the codes of all of its stretches",
        "1 coded stretch lies on several segments, each of which has its codes",
    )


def test_a_warning_of_many_sources_is_told_once():
    segmenter = SourceSegmenter(RunSettings())
    talk = "Dan: Tell me of it.\n\nClient: There is little to tell.\n\n" * 3
    for count in (3, 4):
        for at in range(count):
            segmenter(Source(str(at), f"talk {at}", talk))
        if count == 3:
            assert len(segmenter.warnings) == 3 and segmenter.warnings[0].startswith("talk 0: 'Dan' is taken as")
    (warning,) = segmenter.warnings
    assert warning.startswith("7 sources (talk 0, talk 1, talk 2 …): 'Dan' is taken as the interviewer")


def test_attitudes_of_segments(coded):
    group = ProjectCode("a", "Attitude to local authority", codable=False)
    negative = ProjectCode("n", "Attitude to local authority / negative", "a")
    general = ProjectCode("g", "Attitude to partnership / positive")
    at = TALK.index("council and")
    codings = (*coded.codings, ProjectCoding("s", at, at + 7, "n", "bob"), on("It works.", "g", "bob"))
    project = replace(coded, codes=(*CODES, group, negative, general), codings=codings)
    rows = gold_rows(project, segmenter=SourceSegmenter(RunSettings()))
    (found,) = [c for c in rows.codings if c.attitudes]
    assert found.coder == "bob" and set(found.attitudes) == {
        MentionCoding("council", 12, 19, "local_authority", Attitude.NEGATIVE),
        MentionCoding(None, None, None, PARTNERSHIP, Attitude.POSITIVE),
    }
    assert rows.book.codebook.names == ("trust_co", "Money")


def test_a_source_that_is_not_plain_talk_gives_no_segments():
    text = "WEBVTT\n\n00:00.000 --> 00:01.000\n<v PC>Hello there.\n"
    project = Project("p", (Source("s", "a", text),), CODES, (ProjectCoding("s", 0, 6, "t"),))
    segmenter = SourceSegmenter(RunSettings())
    assert gold_rows(project, segmenter=segmenter).codings == ()
    assert any("gives no segments" in warning for warning in segmenter.warnings)


def test_everything_is_written_beside_the_gold_and_nothing_replaced(coded, tmp_path):
    from pipeline.errors import UsageError
    from pipeline.ingest import read_transcript

    sources = (replace(coded.sources[0], name="../ev|il", attributes={"rank": "PC"}), coded.sources[1])
    project = replace(coded, sources=sources)
    out = tmp_path / "inner" / "gold.csv"
    write_gold(out, project, gold_rows(project), overwrite=False)
    written = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {
        *("inner/gold.csv", "inner/codebook.yaml", "inner/attributes.csv"),
        *("inner/transcripts/_ev_il.txt", "inner/transcripts/uncoded.txt"),
    }
    assert read_transcript(tmp_path / "inner" / "transcripts" / "_ev_il.txt").text == TALK
    write_gold(out, project, gold_rows(project), overwrite=False)  # the same again is no change
    with pytest.raises(UsageError, match="is there already, with other content"):
        write_gold(out, replace(project, codings=project.codings[:1]), gold_rows(coded), overwrite=False)


def test_names_of_texts_are_safe_and_unique():
    names = ["a", "A.txt", "a.docx", "con", "..", "a/b;c", "x" * 300, " . "]
    found = transcript_names([Source(str(i), name, "") for i, name in enumerate(names)])
    assert list(found.values()) == ["a", "A 2.txt", "a.docx", "_con", "source", "a_b_c", "x" * 120, "source 2"]


def test_a_run_is_one_more_coder(made_run, tmp_path, codebook):
    project = project_of_run(open_run(made_run))
    names = {code.code_id: code.name for code in project.codes}
    council = [c for c in project.codings if project.text_of(c) == "council"]
    assert {(names[c.code_id], c.memo) for c in council} == {
        ("Attitude to local authority / negative", "probability 0.80"),
        ("Attitude to local authority / positive", "probability 0.70"),
    }
    themes = [
        (project.text_of(c)[:12], names[c.code_id], c.memo) for c in project.codings if c.code_id in codebook.names
    ]
    assert themes == [
        ("The council ", "effectiveness", "probability 0.90"),
        ("The council ", "Talking shop", "probability 0.95"),
        ("We like :smi", "effectiveness", "probability 0.70"),
    ]
    said = next(c for c in project.codings if project.text_of(c).startswith("The council"))
    human = Coding(
        "u", "1a", project.text_of(said), frozenset({"cost_saving"}), "ann", "", None, "1a", said.start, said.end
    )
    texts = {"1a": project.sources[0].text}
    both = merged(
        project, project_of_gold([GoldUnit("u", (human,))], "gold", codebook=codebook, text_of=texts.__getitem__)
    )
    assert len(both.sources) == 3 and len(both.codes) == len(project.codes)
    write(both, tmp_path / "both.qdpx")
    back = read(tmp_path / "both.qdpx")
    assert {c.coder for c in back.codings} == {MACHINE, "ann"}
    rows = {(c.coder, c.unit_id, c.codes) for c in gold_rows(back).codings if c.text == human.text}
    assert rows == {
        ("ann", "u", frozenset({"cost_saving"})),
        (MACHINE, "u", frozenset({"effectiveness", "talking_shop"})),
    }
